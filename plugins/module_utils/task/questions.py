# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan asks before it is one: how many hosts have observed an indicator, and what was deleted.

The decision stays one pure function: it names what it has to know, that is asked here, and it decides again with the
answers as input. Each indicator is asked for once in a run, whatever lists name it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, Iterable, List

from ..api.client import Client
from ..api.sightings import count_hosts
from ..ioc.plan import Plan
from ..ioc.policy import Policy
from ..ioc.reach import Sighting
from ..ioc.reasons import name_of
from ..ioc.record import Record, identity
from ..ioc.values import Identity
from ..ioc.wording import some
from .base import Context


class Questions:
    """The answers of one run."""

    def __init__(self, client: Client, api: Any, legacy: bool) -> None:
        self._client = client
        self._api = api
        self._legacy = legacy
        self._sightings: Dict[Identity, Sighting] = {}
        self._buried: Dict[Identity, List[Record]] = {}

    def answered(self, policy: Policy) -> Policy:
        """The policy with all that is known."""
        return replace(policy, sightings=self._sightings, buried=self._buried)

    def ask(self, plans: Iterable[Plan]) -> bool:
        """Ask what the plans have to know. Returns whether there was anything to ask."""
        plans = list(plans)
        counts = [key for plan in plans for key in plan.life.questions if key not in self._sightings]
        history = [key for plan in plans for key in plan.life.history if key not in self._buried]
        if counts:
            self._sightings.update(count_hosts(self._client, counts, self._legacy))
        if history:
            self._look_back(list(dict.fromkeys(history)))
        return bool(counts or history)

    def _look_back(self, wanted: List[Identity]) -> None:
        values = list(dict.fromkeys(value for _kind, value in wanted))
        self._buried.update((key, []) for key in wanted)
        for record in self._api.search({"deleted": True, "values": values}).records:
            found = self._buried.get(identity(record))
            if found is not None and record.get("deleted") is True:
                found.append(record)

    def say(self, plans: Iterable[Plan], context: Context) -> None:
        """Name what Falcon knows nothing of: nobody having seen it is taken from that."""
        unseen = list(dict.fromkeys(name_of(*key) for plan in plans for key in plan.life.unseen))
        if unseen:
            context.warn(
                f"Falcon knows of no host that observed {some(unseen)} (404); they count as observed by none"
            )

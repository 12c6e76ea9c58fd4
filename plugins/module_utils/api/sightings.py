# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many hosts have observed each of many indicators, where a decision depends on it.

Other than a look-up for people (`devices.counts`), this one says of every single indicator whether it was counted: a
count that cannot be had must not pass for none, and must not keep the others from being counted.
"""

from __future__ import annotations

import threading
from typing import Dict, Optional, Sequence

from ..ioc.reach import Sighting
from ..ioc.values import Identity
from .client import Client
from .devices import OBSERVED_TYPES
from .envelope import Answer
from .errors import FalconError, PermissionRefused, RequestRefused, Unavailable
from .workers import side_by_side

CURRENT_PATH = "/iocs/aggregates/indicators/device-count/v1"
LEGACY_PATH = "/indicators/aggregates/devices-count/v1"
#: After so many counts in a row that Falcon was not available for, the rest is not asked for.
_MOST_IN_VAIN = 3


class _Counter:
    def __init__(self, client: Client, path: str) -> None:
        self._client = client
        self._path = path
        self._lock = threading.Lock()
        self._in_vain = 0
        self._stopped: Optional[str] = None

    def count(self, ioc: Identity) -> Sighting:
        kind, value = ioc
        if kind not in OBSERVED_TYPES:
            return Sighting(unknown=True)  # no sensor reports this type
        if self._stopped is not None:
            return Sighting(problem=self._stopped)
        try:
            answer = self._client.request(
                "GET",
                self._path,
                params=[("type", kind), ("value", value)],
                purpose=f"count the hosts that observed {kind} {value}",
            )
        except RequestRefused as error:
            if error.status == 404:
                return self._counted(Sighting(unknown=True))
            return Sighting(problem=str(error))
        except FalconError as error:
            self._note(error)
            return Sighting(problem=str(error))
        return self._counted(self._read(answer))

    def _counted(self, sighting: Sighting) -> Sighting:
        with self._lock:
            self._in_vain = 0
        return sighting

    def _note(self, error: FalconError) -> None:
        """A missing scope, or a Falcon that stays away, is the same for every further indicator."""
        with self._lock:
            self._in_vain += 1
            lasting = isinstance(error, PermissionRefused) or not isinstance(error, Unavailable)
            if lasting or self._in_vain >= _MOST_IN_VAIN:
                self._stopped = str(error)

    def _read(self, answer: Answer) -> Sighting:
        row = answer.resources[0] if answer.resources else None
        if row is None and all(one.get("code") == 404 for one in answer.errors):
            return Sighting(unknown=True)
        number = row.get("device_count") if isinstance(row, dict) else None
        if not isinstance(row, dict) or not isinstance(number, int) or isinstance(number, bool) or number < 0:
            said = f", trace id {answer.trace_id}" if answer.trace_id else ""
            return Sighting(problem=f"Falcon answered HTTP {answer.status} without a count of hosts{said}")
        return Sighting(number, row.get("limit_exceeded") is True)


def count_hosts(client: Client, iocs: Sequence[Identity], legacy: bool = False) -> Dict[Identity, Sighting]:
    """Count the hosts of each indicator once, side by side on the client's connections.

    Falcon's 404 counts as none and is marked `unknown`. What cannot be counted has a `problem`; nothing is raised for
    it. With `legacy` the path of the legacy API is asked, otherwise today's alone.
    """
    unique = list(dict.fromkeys(iocs))
    counter = _Counter(client, LEGACY_PATH if legacy else CURRENT_PATH)
    return dict(zip(unique, side_by_side(client, counter.count, unique)))

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a block reaches: when an indicator begins to block, and how many hosts have observed it.

Pure: the counts are an input. What still has to be counted is a question that the plan returns.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, Dict, FrozenSet, Mapping, Optional, Set, Tuple

from . import rules
from .fields import STORED
from .record import Record, has_expired

#: Actions that stop what they match.
BLOCKING: FrozenSet[str] = frozenset(("prevent", "prevent_no_ui"))
#: What each action may do to a host, weakest first. An `allow` is of another kind and never compared.
STRENGTH: Dict[str, int] = {"no_action": 0, "detect": 1, "prevent": 2, "prevent_no_ui": 3}


@dataclass(frozen=True)
class Sighting:
    """How many hosts have observed an indicator, as far as Falcon says.

    `limit_exceeded`: at least so many, Falcon has stopped counting. `unknown`: Falcon answered 404, which counts as
    none. `problem` says why there is no count at all.
    """

    devices: int = 0
    limit_exceeded: bool = False
    unknown: bool = False
    problem: str = ""

    def exceeds(self, most: Optional[int]) -> bool:
        """Whether more hosts than allowed have observed it; a count that Falcon gave up is more than any number."""
        return most is not None and (self.limit_exceeded or self.devices > most)

    def as_dict(self) -> Dict[str, Any]:
        return {"device_count": self.devices, "limit_exceeded": self.limit_exceeded}


def blocks_on(record: Mapping[str, Any]) -> FrozenSet[str]:
    """The platforms on which a record blocks, by its actions alone."""
    platforms = STORED["platforms"](record)
    found: Set[str] = set()
    for name, used in (("action", rules.is_desktop), ("mobile_action", rules.is_mobile)):
        if STORED[name](record) in BLOCKING:
            found.update(platform for platform in platforms if used((platform,)))
    return frozenset(found)


def begins_to_block(before: Optional[Record], after: Record, now: datetime.datetime) -> bool:
    """Whether a write makes a record block where it did not: by its action, its platforms, its scope or its end."""
    blocked = blocks_on(after)
    if not blocked:
        return False
    if before is None or has_expired(before, now) or not blocked <= blocks_on(before):
        return True
    return not within(scope(after), scope(before))


#: None is every host; otherwise the ids of host groups.
Scope = Optional[FrozenSet[str]]


def scope(record: Mapping[str, Any]) -> Scope:
    if STORED["applied_globally"](record):
        return None
    return frozenset(STORED["host_groups"](record))


def within(inner: Scope, outer: Scope) -> bool:
    """Whether one scope lies in another, as far as the groups' names tell."""
    if outer is None:
        return True
    return inner is not None and inner <= outer


def capped_action(action: str, most: str) -> str:
    """The weaker of two actions. An action that is on no scale (`allow`) as the most stays what it is."""
    if most not in STRENGTH:
        return most
    return action if STRENGTH.get(action, 0) <= STRENGTH[most] else most


def stronger(action: str, other: str) -> bool:
    return STRENGTH.get(action, 0) > STRENGTH.get(other, 0)


def strengths(record: Mapping[str, Any]) -> Tuple[int, int]:
    """How strongly a record acts, on desktop and on mobile platforms; 0 where it is not used."""
    platforms = STORED["platforms"](record)
    return (
        STRENGTH.get(STORED["action"](record), 0) if rules.is_desktop(platforms) else 0,
        STRENGTH.get(STORED["mobile_action"](record), 0) if rules.is_mobile(platforms) else 0,
    )

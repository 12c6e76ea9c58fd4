# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One ring, and the option `rings` that describes them in their order."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, replace
from typing import Any, List, Mapping, Optional, Tuple

from . import durations
from .fields import ACTIONS, FieldProblem
from .reach import STRENGTH
from .reading import Fields, truth
from .wording import quoted

_KEYS = ("name", "host_groups", "applied_globally", "action", "mobile_action", "hold", "max_hosts")
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Ring:
    """One stage: where its indicators apply, the most that they do there, and what has to pass before the next one.

    `host_groups` is empty where the ring is global. `hold` is how long an indicator stays before it may go on.
    `max_hosts` is how many hosts may have observed it by then; None asks nobody.
    """

    name: str
    host_groups: Tuple[str, ...] = ()
    action: str = ""
    mobile_action: str = ""
    hold: datetime.timedelta = datetime.timedelta()
    max_hosts: Optional[int] = None

    def with_groups(self, ids: Mapping[str, str]) -> Ring:
        """The ring with its host groups by their ids."""
        groups = tuple(dict.fromkeys(ids.get(group, group) for group in self.host_groups))
        return replace(self, host_groups=groups)

    @property
    def scope(self) -> Fields:
        if self.host_groups:
            return {"applied_globally": False, "host_groups": self.host_groups}
        return {"applied_globally": True}


def read_rings(raw: object, called: str = "rings") -> Tuple[Ring, ...]:
    """Read the option `rings`.

    `called` is what the user calls it. Raises FieldProblem where a ring cannot be used.
    """
    if not isinstance(raw, (list, tuple)):
        raise FieldProblem(called, "must be a list of rings, each a mapping")
    found: List[Ring] = []
    for number, each in enumerate(raw):
        ring = _read_ring(each, f"{called}[{number}]")
        if any(ring.name == other.name for other in found):
            raise FieldProblem(f"{called}[{number}].name", f"{quoted(ring.name)} is used by an earlier ring")
        found.append(ring)
    return tuple(found)


def _read_ring(raw: object, place: str) -> Ring:
    if not isinstance(raw, Mapping):
        raise FieldProblem(place, "must be a mapping with name, and host_groups or applied_globally: true")
    unknown = [str(key) for key in raw if key not in _KEYS]
    if unknown:
        raise FieldProblem(f"{place}.{unknown[0]}", f"is unknown; a ring has {', '.join(_KEYS)}")
    given = {key: value for key, value in raw.items() if value is not None}
    name = str(given.get("name", "")).strip()
    if not name or "@" in name or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise FieldProblem(
            f"{place}.name", f"must be a short text without @, got {quoted(given.get('name', ''))}"
        )
    groups = _groups(given, place)
    return Ring(
        name,
        groups,
        _action(given, "action", place),
        _action(given, "mobile_action", place),
        _hold(given, place),
        _most(given, place),
    )


def _groups(given: Mapping[str, Any], place: str) -> Tuple[str, ...]:
    groups = given.get("host_groups") or ()
    if isinstance(groups, str):
        groups = [part for part in groups.split(",") if part.strip()]
    if not isinstance(groups, (list, tuple)):
        raise FieldProblem(f"{place}.host_groups", "must be a list of names or ids of host groups")
    try:
        everywhere = truth(given.get("applied_globally", False))
    except ValueError as problem:
        raise FieldProblem(f"{place}.applied_globally", str(problem)) from problem
    named = tuple(dict.fromkeys(str(group).strip() for group in groups))
    if everywhere == bool(named) or "" in named:
        raise FieldProblem(place, "needs host_groups or applied_globally: true, and not both")
    return named


def _action(given: Mapping[str, Any], name: str, place: str) -> str:
    action = str(given.get(name, ""))
    if action and action not in STRENGTH:
        choices = ", ".join(each for each in ACTIONS if each in STRENGTH)
        raise FieldProblem(f"{place}.{name}", f"must be one of {choices}, got {quoted(action)}")
    return action


def _hold(given: Mapping[str, Any], place: str) -> datetime.timedelta:
    try:
        return durations.duration(given.get("hold", "0"))
    except ValueError as problem:
        raise FieldProblem(f"{place}.hold", str(problem)) from problem


def _most(given: Mapping[str, Any], place: str) -> Optional[int]:
    if "max_hosts" not in given:
        return None
    text = str(given["max_hosts"]).strip()
    if isinstance(given["max_hosts"], bool) or re.fullmatch("[0-9]{1,9}", text, re.ASCII) is None:
        raise FieldProblem(
            f"{place}.max_hosts", f"must be a number of hosts from 0, got {quoted(given['max_hosts'])}"
        )
    return int(text)

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a search asks for, by field, and how it reads in FQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Tuple

from ..ioc.record import Record
from . import fql

#: Lists ``types values actions severities platforms sources tags host_groups created_by modified_by``;
#: booleans ``expired deleted include_deleted``; instants (RFC 3339) ``expires_after expires_before created_after
#: created_before``; ``deleted_by``; ``share_levels``, which only the legacy API has; ``filter``, FQL of the user's own,
#: which cannot be combined with the others.
Selection = Mapping[str, Any]


@dataclass
class Found:
    """What a search has found: ``total`` counts all matches, whatever the limit; ``fql`` is the filter as sent."""

    records: List[Record]
    total: int
    fql: str


LISTS: Dict[str, str] = {
    "types": "type",
    "values": "value",
    "actions": "action",
    "severities": "severity",
    "platforms": "platforms",
    "sources": "source",
    "tags": "tags",
    "host_groups": "host_groups",
    "created_by": "created_by",
    "modified_by": "modified_by",
}
_INSTANTS = {"expires": "expiration", "created": "created_on"}


def to_fql(selection: Selection) -> Tuple[str, Dict[str, List[str]]]:
    """The filter, and what of the selection it cannot hold (see matches()). A raw ``filter`` is returned as it is."""
    raw = selection.get("filter")
    if raw:
        return str(raw), {}
    if selection.get("deleted_by"):  # a deleted record's last change is its deletion
        selection = {**selection, "deleted": True, "modified_by": [selection["deleted_by"]]}
    terms: List[str] = []
    unsent: Dict[str, List[str]] = {}
    for name, prop in LISTS.items():
        given = selection.get(name)
        if not given:
            continue
        wanted = [given] if isinstance(given, str) else [str(value) for value in given]
        if all(fql.quotable(value) for value in wanted):
            terms.append(fql.one_of(prop, wanted))
        else:
            unsent[prop] = wanted
    if selection.get("expired") is not None:
        terms.append(f"expired:{fql.truth(selection['expired'])}")
    for name, prop in _INSTANTS.items():
        for side, sign in (("after", ">="), ("before", "<=")):
            instant = selection.get(f"{name}_{side}")
            if instant:
                terms.append(f"{prop}:{sign}{fql.literal(str(instant))}")
    if selection.get("deleted") is not None:
        terms.append(f"deleted:{fql.truth(selection['deleted'])}")
    elif selection.get("include_deleted"):
        terms.append(fql.either(["deleted:true", "deleted:false"]))
    else:
        terms.append("deleted:false")
    return fql.both(terms), unsent


def matches(record: Mapping[str, Any], unsent: Mapping[str, List[str]]) -> bool:
    """Whether a record is as the unsent part of a selection wants it."""
    return all(_holds(record.get(prop), wanted) for prop, wanted in unsent.items())


def in_order(records: List[Record], sort: str) -> None:
    """Put records into the order of a sort, such as ``value.desc``, ``value|desc`` or ``value``."""
    name, _separator, direction = sort.replace("|", ".").rpartition(".")
    if direction not in ("asc", "desc"):
        name, direction = sort, "asc"
    records.sort(key=lambda record: str(record.get(name) or ""), reverse=direction == "desc")


def _holds(found: Any, wanted: List[str]) -> bool:
    values: List[Any] = found if isinstance(found, list) else [found]
    return any(value in wanted for value in values)

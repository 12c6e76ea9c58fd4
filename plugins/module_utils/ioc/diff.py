# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a reviewer reads: the changes of a plan as two texts, and as the lists that the modules return.

Every line names its indicator, so that no field can be read as another's. Deletions come first, then updates, then
creations, each capped with a count of its own. What all entries have in common is said once, in the first line. No
value is shortened.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from .change import CREATE, DELETE, UPDATE, Change
from .fields import FIELDS
from .record import to_item
from .wording import number, visible

__all__ = ("created", "deleted", "lines", "lists", "summary", "texts", "updated", "visible")

#: Entries of each kind that a diff shows. Ansible compares the two texts line by line, which is slow for long ones.
MOST_SHOWN = 200

_ORDER = (DELETE, UPDATE, CREATE)
_NOUNS = {DELETE: "deletion", UPDATE: "update", CREATE: "creation"}
_NAMING = frozenset(("type", "value", "id"))
_SCOPE = ("applied_globally", "host_groups")
#: Fields that every indicator has, so that what most of them have can be said once.
_ALWAYS = ("platforms", "scope")
#: A change of these shows the scope, since it says whom they reach.
_REACHING = frozenset(("action", "mobile_action", "platforms", *_SCOPE))

Shown = Dict[str, str]


class _Entry(NamedTuple):
    """One change: its fields as texts before and after, and all that the indicator is (or was) made of."""

    change: Change
    before: Shown
    after: Shown
    state: Shown


class Common(NamedTuple):
    """What entries have in common: `whole` where none differs, otherwise those that differ say so themselves."""

    fields: Shown
    whole: bool


def texts(
    changes: Sequence[Change], name: str = "", groups: Optional[Mapping[str, str]] = None
) -> Dict[str, str]:
    """The diff in the form that Ansible shows: before and after, and headers where the list has a name.

    `groups` are the names of host groups by their ids.
    """
    shown = _shown_changes(changes, groups or {})
    headers = {"before_header": f"tenant: {visible(name)}", "after_header": f"inventory: {visible(name)}"}
    first = [shown.first] if len(changes) > 1 else []
    before, after = list(first), list(first)
    for verb in _ORDER:
        for was, becomes in shown.entries[verb]:
            before.extend(filter(None, [was]))
            after.extend(filter(None, [becomes]))
        (before if verb == DELETE else after).extend(filter(None, [shown.rest[verb]]))
    if not changes:
        return {"before": "", "after": ""}
    return {
        "before": "".join(line + "\n" for line in before),
        "after": "".join(line + "\n" for line in after),
        **(headers if name else {}),
    }


def lines(changes: Sequence[Change], name: str = "", groups: Optional[Mapping[str, str]] = None) -> List[str]:
    """The same as the lines of a unified diff, with the changes of one update grouped together."""
    if not changes:
        return []
    shown = _shown_changes(changes, groups or {})
    told = [f"--- tenant: {visible(name)}", f"+++ inventory: {visible(name)}", f"@@ {shown.first} @@"]
    for verb in _ORDER:
        for was, becomes in shown.entries[verb]:
            told.extend(f"-{line}" for line in [was] if line)
            told.extend(f"+{line}" for line in [becomes] if line)
        told.extend(f" {line}" for line in [shown.rest[verb]] if line)
    return told


class _Changes(NamedTuple):
    """The changes as lines: what is said first, a line before and after for each entry, and what is left out."""

    first: str
    entries: Dict[str, List[Tuple[str, str]]]
    rest: Dict[str, str]


def _shown_changes(changes: Sequence[Change], groups: Mapping[str, str]) -> _Changes:
    of_kind = {verb: [change for change in changes if change.operation == verb] for verb in _ORDER}
    entries = {
        verb: [_entry(change, groups) for change in found[:MOST_SHOWN]] for verb, found in of_kind.items()
    }
    shown = [entry for found in entries.values() for entry in found]
    common = _common(shown)
    first = summary(changes)
    if common.fields:
        whom = "all" if len(shown) == len(changes) else "all shown here"
        first += f"; {whom if common.whole else 'unless shown'}: {_joined(common.fields)}"
    written = {
        verb: [
            (
                _line(entry, entry.before, common.fields) if verb != CREATE else "",
                _line(entry, entry.after, common.fields) if verb != DELETE else "",
            )
            for entry in found
        ]
        for verb, found in entries.items()
    }
    left = {verb: len(of_kind[verb]) - len(entries[verb]) for verb in _ORDER}
    rest = {
        verb: f"... and {number(count, f'more {_NOUNS[verb]}')}" if count else ""
        for verb, count in left.items()
    }
    return _Changes(first, written, rest)


def summary(changes: Iterable[Change]) -> str:
    """How many indicators are deleted, updated and created: "1 to delete, 2 to create"."""
    counts = Counter(change.operation for change in changes)
    return ", ".join(f"{counts[verb]:,} to {verb}" for verb in _ORDER if counts[verb]) or number(0, "change")


def _entry(change: Change, groups: Mapping[str, str]) -> _Entry:
    if change.operation == CREATE:
        state = _shown(change.after, groups)
        return _Entry(change, {}, state, state)
    record = to_item(change.record or {})
    if change.operation == DELETE:
        state = _shown(record, groups)
        return _Entry(change, state, {}, state)
    before, after = _shown(change.before, groups), _shown(change.after, groups)
    state = {**_shown(record, groups), **after}
    if not _REACHING.isdisjoint(after):
        scope = {} if "scope" in after else {"scope": state["scope"]}
        before, after = {**before, **scope}, {**after, **scope}
    return _Entry(change, before, after, state)


def _shown(fields: Mapping[str, Any], groups: Mapping[str, str]) -> Shown:
    """Fields as texts, by name and in the order of the table; the scope is one of them."""
    shown = {
        name: f"{name}={_value(fields[name])}"
        for name in FIELDS
        if name in fields and name not in _NAMING and name not in _SCOPE
    }
    if fields.get("host_groups"):
        named = [groups.get(group, group) for group in fields["host_groups"]]
        shown["scope"] = f"host_groups={_value(named)}"
    elif "applied_globally" in fields:
        shown["scope"] = f"applied_globally={_value(fields['applied_globally'])}"
    elif "host_groups" in fields:
        shown["scope"] = "host_groups=[]"
    return shown


def _common(entries: Sequence[_Entry]) -> Common:
    """What every entry says, and of the fields that each has what most say."""
    if len(entries) < 2:
        return Common({}, True)
    fields: Shown = {}
    whole = True
    for name in [name for name in (*FIELDS, "scope") if any(name in entry.state for entry in entries)]:
        counts = Counter(entry.state.get(name, "") for entry in entries)
        text, most = counts.most_common(1)[0]
        changed = any(
            name in entry.after and entry.before.get(name) != entry.after[name]
            for entry in entries
            if entry.change.operation == UPDATE
        )
        if changed or not text:
            continue
        if most == len(entries):
            fields[name] = text
        elif name in _ALWAYS and most * 2 > len(entries) and "" not in counts:
            fields[name] = text
            whole = False
    return Common(fields, whole)


def _line(entry: _Entry, fields: Shown, common: Shown) -> str:
    """One line: what is done to which indicator, and what of its fields is particular."""
    change = entry.change
    wanted: Set[str] = {name for name in fields if common.get(name) != fields[name]}
    if change.operation == UPDATE:
        wanted.update(fields)
        for name in common:
            if entry.state.get(name) != common[name] and name not in fields:
                fields = {**fields, name: entry.state[name]}
                wanted.add(name)
    particular = {name: fields[name] for name in (*FIELDS, "scope") if name in wanted and name in fields}
    return f"{change.operation} {visible(change.kind)} {visible(change.value)}" + (
        f": {_joined(particular)}" if particular else ""
    )


def _joined(fields: Shown) -> str:
    return " ".join(fields.values())


def _value(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ",".join(_value(element) for element in value) or "[]"
    if isinstance(value, str) and value and not set(value) & set(" ,\"'="):
        return visible(value)
    return visible(json.dumps(value, ensure_ascii=False))


def created(change: Change) -> Dict[str, Any]:
    return {"type": change.kind, "value": change.value, **change.after}


def updated(change: Change) -> Dict[str, Any]:
    return {
        "id": change.id,
        "type": change.kind,
        "value": change.value,
        "before": change.before,
        "after": change.after,
    }


def deleted(change: Change) -> Dict[str, Any]:
    return to_item(change.record or {})


def lists(changes: Sequence[Change]) -> Dict[str, List[Dict[str, Any]]]:
    """The changes as `created_iocs`, `updated_iocs` and `deleted_iocs`."""
    return {
        "created_iocs": [created(change) for change in changes if change.operation == CREATE],
        "updated_iocs": [updated(change) for change in changes if change.operation == UPDATE],
        "deleted_iocs": [deleted(change) for change in changes if change.operation == DELETE],
    }

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a reviewer reads: the changes of a plan as two texts, and as the lists that the modules return."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Mapping, Sequence

from .change import CREATE, DELETE, UPDATE, Change
from .fields import FIELDS
from .record import to_item
from .wording import visible

#: Entries that a diff shows. Ansible compares the two texts line by line, which is slow for long ones.
MOST_SHOWN = 200

__all__ = ("created", "deleted", "lists", "texts", "updated", "visible")

_NAMING = ("type", "value", "id")


def texts(changes: Sequence[Change]) -> Dict[str, str]:
    """The diff as Ansible shows it: only what changes, at most L{MOST_SHOWN} entries.

    What is created or deleted takes a line each, an update a line for each field that changes.
    """
    before: List[str] = []
    after: List[str] = []
    for change in changes[:MOST_SHOWN]:
        if change.operation == CREATE:
            after.append(_line(change, change.after))
        elif change.operation == DELETE:
            before.append(_line(change, to_item(change.record or {})))
        else:
            before.extend(_lines(change, change.before))
            after.extend(_lines(change, change.after))
    rest = len(changes) - MOST_SHOWN
    if rest > 0:
        after.append(f"... and {rest} more changes")
    return {
        "before": "".join(line + "\n" for line in before),
        "after": "".join(line + "\n" for line in after),
    }


def _name(change: Change) -> str:
    return f"{change.kind} {visible(change.value)}:"


def _line(change: Change, fields: Mapping[str, Any]) -> str:
    shown = (f"{name}={_value(fields[name])}" for name in FIELDS if name in fields and name not in _NAMING)
    return " ".join((_name(change), *shown))


def _lines(change: Change, fields: Mapping[str, Any]) -> List[str]:
    return [_name(change), *(f"  {name}: {_value(fields[name])}" for name in FIELDS if name in fields)]


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
    """The changes as C{created_iocs}, C{updated_iocs} and C{deleted_iocs}."""
    return {
        "created_iocs": [created(change) for change in changes if change.operation == CREATE],
        "updated_iocs": [updated(change) for change in changes if change.operation == UPDATE],
        "deleted_iocs": [deleted(change) for change in changes if change.operation == DELETE],
    }

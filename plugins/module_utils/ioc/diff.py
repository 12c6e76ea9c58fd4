# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a reviewer reads: the changes of a plan as two texts, and as the lists that the modules return."""

from __future__ import annotations

import json
import unicodedata
from typing import Any, Dict, List, Mapping, Sequence

from .plan import CREATE, DELETE, UPDATE, Change
from .record import to_item

#: Entries that a diff shows. Ansible compares the two texts line by line, which is slow for long ones.
MOST_SHOWN = 200


def visible(text: str) -> str:
    """A text without characters that a terminal would act on or hide; they are shown as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char if unicodedata.category(char)[0] != "C" else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def texts(changes: Sequence[Change]) -> Dict[str, str]:
    """The diff as Ansible shows it: only what changes, keyed by type and value, at most L{MOST_SHOWN} entries."""
    before: List[str] = []
    after: List[str] = []
    for change in changes[:MOST_SHOWN]:
        if change.operation != CREATE:
            old = to_item(change.record or {}) if change.operation == DELETE else change.before
            before.extend(_entry(change, old))
        if change.operation != DELETE:
            after.extend(_entry(change, change.after))
    rest = len(changes) - MOST_SHOWN
    if rest > 0:
        after.append(f"... and {rest} more changes")
    return {
        "before": "".join(line + "\n" for line in before),
        "after": "".join(line + "\n" for line in after),
    }


def _entry(change: Change, fields: Mapping[str, Any]) -> List[str]:
    lines = [f"{change.kind} {visible(change.value)}:"]
    for name in sorted(fields):
        if name not in ("type", "value", "id"):
            lines.append(f"  {name}: {_value(fields[name])}")
    return lines


def _value(value: Any) -> str:
    if isinstance(value, str) and value:
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

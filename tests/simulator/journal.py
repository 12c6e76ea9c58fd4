# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was asked of the tenant: one entry a request, without secrets."""

from __future__ import annotations

from collections import deque
from typing import Any

_KEPT = 200_000
_VALUES_SHOWN = 20

Entry = dict[str, Any]


class Journal:
    """The newest requests, oldest first."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=_KEPT)
        self._number = 0

    def add(self, entry: Entry) -> Entry:
        """Append an entry; it is completed when the answer is known."""
        self._number += 1
        entry["number"] = self._number
        self.entries.append(entry)
        return entry

    def clear(self) -> None:
        """Forget all entries; numbers go on."""
        self.entries.clear()

    def violations(self) -> list[Entry]:
        """Entries of requests that a careful client would not have sent."""
        return [entry for entry in self.entries if entry["violations"]]


def summary(body: object) -> dict[str, Any]:
    """What an entry shows of a JSON body: how much, and the first values."""
    if isinstance(body, list):
        return {"items": len(body)}
    if not isinstance(body, dict):
        return {}
    shown: dict[str, Any] = {
        name: body[name]
        for name in ("comment", "field", "type", "value", "policy")
        if isinstance(body.get(name), str)
    }
    rows = body.get("indicators")
    if isinstance(rows, list):
        shown["indicators"] = len(rows)
        first = [row.get("value") or row.get("id") for row in rows[:_VALUES_SHOWN] if isinstance(row, dict)]
        shown["first"] = [str(value)[:200] for value in first]
    if isinstance(body.get("ids"), list):
        shown["ids"] = len(body["ids"])
    if isinstance(body.get("bulk_update"), dict):
        shown["bulk_filter"] = body["bulk_update"].get("filter")
    return shown

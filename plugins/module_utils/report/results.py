# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``falcon_iocs`` returned, as evidence and reports keep it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# Keys of a task's result that say nothing about the indicators.
_NOISE = ("diff", "invocation", "item", "exception", "skipped", "stdout", "stderr")
_NOISY = ("ansible_", "_", "changed_when", "failed_when")


def documented(
    lists: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """One entry a list: its ``name`` and ``source``, and what ``falcon_iocs`` returned for it; {} where it
    never ran.
    """
    entries = []
    for number, one in enumerate(lists):
        result = results[number] if number < len(results) else {}
        kept = {key: result[key] for key in result if key not in _NOISE and not key.startswith(_NOISY)}
        entries.append({**kept, "name": str(one.get("name") or ""), "source": str(one.get("source") or "")})
    return entries


def changes_of(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The fields of one of ``updated_iocs``, sorted: ``field``, ``before``, ``after``."""
    before, after = item.get("before") or {}, item.get("after") or {}
    return [
        {"field": field, "before": before.get(field), "after": after.get(field)}
        for field in sorted({*before, *after})
        if before.get(field) != after.get(field)
    ]

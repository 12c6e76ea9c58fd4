# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of an answer is an indicator that the rest of the collection can rely on."""

from __future__ import annotations

from typing import Any

_TEXTS = ("type", "value", "action", "mobile_action", "severity", "description", "source", "expiration")
_LISTS = ("platforms", "host_groups", "tags")


def well_formed(row: Any) -> bool:
    """Whether a resource is an indicator, each known field of the type that C{api.IndicatorV1} gives it, or absent."""
    if not isinstance(row, dict) or not row.get("id") or not isinstance(row["id"], str):
        return False
    for name in _TEXTS:
        if not isinstance(row.get(name), (str, type(None))):
            return False
    for name in _LISTS:
        elements = row.get(name)
        if elements is not None and not (
            isinstance(elements, list) and all(isinstance(one, str) for one in elements)
        ):
            return False
    return isinstance(row.get("metadata"), (dict, type(None)))

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a record looks: api.IndicatorV1."""

from __future__ import annotations

from .rules import Fields
from .store import Record

FIELD_ORDER = (
    "id",
    "type",
    "value",
    "source",
    "action",
    "mobile_action",
    "severity",
    "description",
    "metadata",
    "platforms",
    "tags",
    "expiration",
    "expired",
    "deleted",
    "applied_globally",
    "host_groups",
    "from_parent",
    "parent_cid_name",
    "created_on",
    "created_by",
    "modified_on",
    "modified_by",
)


_OMIT_EMPTY = frozenset(
    ["source", "severity", "description", "metadata", "tags", "expiration", "host_groups", "parent_cid_name"]
)


def assemble(fields: Fields) -> Record:
    """A record as api.IndicatorV1 shows it: empty texts and lists are left out, booleans never."""
    return {
        name: fields[name]
        for name in FIELD_ORDER
        if name in fields and (fields[name] or name not in _OMIT_EMPTY)
    }

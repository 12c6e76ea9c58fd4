# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a record looks: api.IndicatorV1."""

from __future__ import annotations

from .quirks import Quirks
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


_OMIT_EMPTY = frozenset(["source", "description", "tags", "expiration", "host_groups", "parent_cid_name"])


def assemble(fields: Fields, quirks: Quirks) -> Record:
    """A record as api.IndicatorV1 shows it.

    Empty texts and lists are left out, but for the severity; booleans never are. ``mobile_action`` and ``metadata``
    are shown where the caller gives them, since not every record has them.
    """
    omit = _OMIT_EMPTY if quirks.text("empty_severity") == "shown" else _OMIT_EMPTY | {"severity"}
    complete = {"severity": "", **fields}
    return {
        name: complete[name]
        for name in FIELD_ORDER
        if name in complete and (complete[name] or name not in omit)
    }

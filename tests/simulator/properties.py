# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The properties of an indicator that filters and sorts may name, with the column or expression behind each."""

from __future__ import annotations

from .fql import Field
from .quirks import Quirks


def _text(path: str) -> str:
    return f"IFNULL(json_extract(record, '$.{path}'), '')"


def _array(name: str) -> str:
    return f"IFNULL(json_extract(record, '$.{name}'), '[]')"


_FILE_TEXTS = {
    f"metadata.{name}.raw": _text(f"metadata.{name}")
    for name in ("filename", "company_name", "original_filename", "product_name")
}
_FILE_TEXTS["metadata.product_version"] = _text("metadata.product_version")
_PEOPLE = {name: _text(name) for name in ("created_by", "modified_by")}
_HITS = "json_extract(record, '$.metadata.av_hits')"

FILTERS: dict[str, Field] = {
    **{
        name: Field("text", name)
        for name in ("id", "type", "value", "action", "mobile_action", "severity", "source")
    },
    **{name: Field("bool", name) for name in ("applied_globally", "expired", "deleted", "from_parent")},
    **{name: Field("array", _array(name)) for name in ("platforms", "tags", "host_groups")},
    **{name: Field("text", sql) for name, sql in {**_PEOPLE, **_FILE_TEXTS}.items()},
    "severity_number": Field("number", "severity_number"),
    "metadata.av_hits": Field("number", _HITS),
    "expiration": Field("date", "expiration_ms"),
    "created_on": Field("date", "created_ms"),
    "modified_on": Field("date", "modified_ms"),
}
"""``description`` is not a property of the vendor's either."""

SORTS: dict[str, str] = {
    **{
        name: name
        for name in ("action", "applied_globally", "expired", "severity_number", "source", "type", "value")
    },
    **_PEOPLE,
    **_FILE_TEXTS,
    "created_on": "created_ms",
    "expiration": "IFNULL(expiration_ms, 0)",
    "metadata.av_hits": f"IFNULL({_HITS}, -1)",
    "modified_on": "modified_ms",
}
SEVERITY_NUMBERS = {"": 0, "informational": 10, "low": 30, "medium": 50, "high": 70, "critical": 90}

_RANKS = {**FILTERS, "severity_number": Field("number", "(severity_number + 10) / 20")}


def filters(quirks: Quirks) -> dict[str, Field]:
    """What a filter may name."""
    return FILTERS if quirks.text("severity_number") == "10_to_90" else _RANKS

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole tenant to resemble: a named bundle of quirks, or what a doctor's report says of a real one.

``--like NAME`` or ``--like FILE``. A report is the ``doctor.json`` of threatops.falcon.doctor, or the file that
``doctor_share`` wrote. ``--quirk`` goes before both.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .quirks import CHOICES, Quirks, UnknownQuirk

Values = dict[str, Any]

BUNDLES: dict[str, tuple[str, Values]] = {
    "us-1-2026": (
        "a commercial tenant of today as far as it is known: searches are a second behind writes",
        {"region": "us-1", "search_lag": 1},
    ),
    "strict": (
        "whatever can be refused is refused, and sizes are the smallest that were reported",
        {
            "max_page": 500,
            "max_batch": 200,
            "max_ids": 100,
            "max_url": 18_500,
            "duplicate_with_ignore": "same",
            "severity_case": "strict",
            "severity_with_allow": "refuse",
            "date_only_expiration": "refuse",
            "mobile_licence": "no",
            "action_on_create": "required",
            "bulk_update_alone": "refuse",
            "mixed_ids": "refuse",
            "unknown_property": "400",
            "beyond_10000": "400",
            "ran_on_scope": "iocs",
            "removed_routes": "403",
        },
    ),
    "generous": (
        "whatever can be accepted is accepted, and answers come in the least usual form",
        {
            "too_large": "cap",
            "source_max": 256,
            "normalise": "keep",
            "duplicate_with_ignore": "second",
            "create_partial": "on",
            "row_errors_status": "200",
            "scope_both": "groups",
            "unknown_host_group": "accept",
            "list_order": "sorted",
            "null_expiration": "clear",
            "unknown_id": "200",
            "ids_and_filter": "filter",
            "deleted_in_search": "include",
            "offset_and_after": "after",
            "resources_order": "reversed",
            "empty_resources": "null",
            "ran_on_unseen": "200",
            "unknown_device": "200",
            "group_name_match": "exact",
            "group_name_case": "any",
        },
    ),
    "2021": (
        "the months in which both collections of operations were served, with the texts of that time",
        {
            "legacy": True,
            "region": "none",
            "scope_refusal": "authorization_failed",
            "ran_on_route": "off",
            "severity_number": "1_to_5",
            "default_order": "created_on",
            "console_records": "complete",
            "empty_severity": "absent",
            "delete_pagination": "shown",
            "entities_pagination": "shown",
            "errors_on_success": "list",
            "action_on_create": "required",
        },
    ),
}

FACTS: Mapping[tuple[str, str], Values] = {
    ("U1", "404"): {"removed_routes": "404"},
    ("U1", "403"): {"removed_routes": "403"},
    ("U1", "200"): {"legacy": True},
    ("U3", "all_or_nothing"): {"create_partial": "off"},
    ("U3", "partial"): {"create_partial": "on"},
    ("U4", "upsert"): {"duplicate_with_ignore": "upsert"},
    ("U4", "second_record"): {"duplicate_with_ignore": "second"},
    ("U4", "unchanged"): {"duplicate_with_ignore": "same"},
    ("U6", "lower_case"): {"normalise": "lower"},
    ("U6", "kept"): {"normalise": "keep"},
    ("U7", "accepted"): {"severity_case": "any"},
    ("U7", "refused"): {"severity_case": "strict"},
    ("U11", "excluded"): {"deleted_in_search": "exclude"},
    ("U11", "included"): {"deleted_in_search": "include"},
    ("U12", "404"): {"unknown_id": "404"},
    ("U12", "200"): {"unknown_id": "200"},
    ("U14", "nothing"): {"unknown_property": "nothing"},
    ("U14", "refused"): {"unknown_property": "400"},
    ("U15", "400"): {"beyond_10000": "400"},
    ("U15", "500"): {"beyond_10000": "500"},
    ("U18", "404"): {"unknown_device": "404"},
    ("U18", "200"): {"unknown_device": "200"},
    ("U20", "unchanged"): {"null_expiration": "keep"},
    ("U20", "cleared"): {"null_expiration": "clear"},
    ("U26", "accepted"): {"mobile_licence": "yes"},
    ("U26", "refused"): {"mobile_licence": "no"},
    ("U29", "absent"): {"entities_pagination": "absent"},
    ("U29", "shown"): {"entities_pagination": "shown"},
}
"""What the simulator does where the doctor has seen this. Facts that are numbers are below."""

_NUMBERS = {"U2": "max_page", "U9": "source_max", "U28": "expiry_delay", "U30": "search_lag"}
_MOST_BYTES = 16 << 20


def resemble(text: str) -> Values:
    """The quirks (with ``legacy``, ``strict``) of a bundle or of a report. Raises UnknownQuirk."""
    if text in BUNDLES:
        return dict(BUNDLES[text][1])
    names = ", ".join(sorted(BUNDLES))
    try:
        if Path(text).stat().st_size > _MOST_BYTES:
            raise UnknownQuirk(f"{text} is too large for a report")
        content = json.loads(Path(text).read_text(encoding="utf-8"))
    except OSError as problem:
        raise UnknownQuirk(
            f"{text!r} is neither one of {names} nor a report that can be read: {problem.strerror}"
        ) from None
    except ValueError:
        raise UnknownQuirk(f"{text} is not a JSON report of the doctor") from None
    facts = content.get("facts") if isinstance(content, dict) else None
    if not isinstance(facts, list):
        raise UnknownQuirk(f"{text} is not a report of the doctor: it has no facts")
    found: Values = {}
    for fact in facts:
        if isinstance(fact, dict):
            found.update(_quirks_of(str(fact.get("id")), fact.get("seen")))
    region = content.get("region")
    if isinstance(region, str) and region in CHOICES["region"].values:
        found["region"] = region
    return found


def _quirks_of(number: str, seen: object) -> Values:
    if number in _NUMBERS and seen is not None and str(seen).isdigit():
        return {_NUMBERS[number]: int(str(seen))}
    return FACTS.get((number, str(seen)), {})


def apply(quirks: Quirks, values: Mapping[str, Any]) -> None:
    """Set quirks; what is not a quirk (legacy, strict) is left to the caller."""
    quirks.update({name: value for name, value in values.items() if name in CHOICES})

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which fields and combinations the tenant accepts in api.IndicatorCreateReqV1 and api.IndicatorUpdateReqV1.

A problem is one row of the answer: ``row`` counts from 1, ``message_type`` is error or warning.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable

from .clock import ZERO_TIME, instant_text, parse_instant
from .quirks import Quirks

DESKTOP = ("windows", "mac", "linux")
MOBILE = ("ios", "android")
PLATFORMS = DESKTOP + MOBILE
ACTIONS = ("no_action", "allow", "prevent_no_ui", "prevent", "detect")
SEVERITIES = ("informational", "low", "medium", "high", "critical")
NETWORK_ACTIONS = ("detect", "no_action")
ALERTING = ("detect", "prevent")
HASH_LENGTHS = {"sha256": 64, "md5": 32}
TYPES = ("sha256", "md5", "domain", "ipv4", "ipv6", "all_subdomains")
PLATFORMS_BY_TYPE = {
    "sha256": DESKTOP,
    "md5": DESKTOP,
    "domain": PLATFORMS,
    "ipv4": PLATFORMS,
    "ipv6": PLATFORMS,
    "all_subdomains": MOBILE,
}

REQUIRED = "required string is missing"
ROWS_INVALID = "One or more indicators have a warning or invalid input"
INPUTS_INVALID = "one or more inputs are invalid"

_DOMAIN_MAX = 200
_LABEL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_GROUP_ID = re.compile(r"[0-9a-f]{32}")
_STRINGS = ("type", "value", "action", "mobile_action", "severity", "expiration", "description", "source")
_LISTS = ("platforms", "host_groups", "tags")
_CHANGEABLE = frozenset(
    [
        "action",
        "mobile_action",
        "severity",
        "platforms",
        "applied_globally",
        "host_groups",
        "expiration",
        "description",
        "source",
        "tags",
        "metadata",
    ]
)
CREATE_FIELDS: frozenset[str] = _CHANGEABLE | {"type", "value"}
UPDATE_FIELDS: frozenset[str] = _CHANGEABLE | {"id"}
BULK_FIELDS: frozenset[str] = _CHANGEABLE | {"filter", "from_parent"}

Fields = dict[str, Any]
Problem = dict[str, Any]


@dataclass
class Rules:
    """The rules with what they depend on: the answers in force, the time, the tenant's host groups, strictness."""

    quirks: Quirks
    now_ns: int
    has_group: Callable[[str], bool]
    strict: bool


@dataclass
class Row:
    """One submitted row: the cleaned fields and what is wrong with them."""

    number: int
    sent: Mapping[str, Any]
    fields: Fields = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def error(self, name: str, message: str) -> None:
        """Something that is never accepted."""
        self.problems.append(
            {**self._place(), "message_type": "error", "field_name": name, "message": message}
        )

    def warning(self, message: str) -> None:
        """Something that ignore_warnings lets through."""
        self.problems.append({**self._place(), "message_type": "warning", "message": message})

    @property
    def has_error(self) -> bool:
        """Whether the row can never be stored."""
        return any(problem["message_type"] == "error" for problem in self.problems)

    def _place(self) -> Problem:
        return {
            "row": self.number,
            "value": _echo(self.sent.get("value")),
            "type": _echo(self.sent.get("type")),
        }


def _echo(value: object) -> object | None:
    return value if isinstance(value, str) and value else None


def read_row(number: int, sent: object, known: frozenset[str], rules: Rules) -> Row:
    """Check the JSON types of a submitted row and bring its values into the stored form."""
    if not isinstance(sent, dict):
        row = Row(number, {})
        row.error("indicators", "each indicator must be an object")
        return row
    row = Row(number, sent)
    for name, value in sent.items():
        if name not in known:
            # The vendor ignores what it does not know; a strict tenant makes the misspelling visible.
            if rules.strict:
                row.error(name, f"unknown field '{name}'")
        elif value is None:
            if name == "expiration" and rules.quirks.text("null_expiration") == "clear":
                row.fields["expiration"] = ""
        else:
            _read_field(row, name, value, rules)
    return row


def _read_field(row: Row, name: str, value: Any, rules: Rules) -> None:
    if name in _STRINGS or name in ("id", "filter"):
        if not isinstance(value, str):
            row.error(name, f"invalid value '{value}'")
            return
        row.fields[name] = value
        if name == "expiration":
            _read_expiration(row, value, rules)
    elif name in _LISTS:
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            row.error(name, f"invalid value '{value}'")
            return
        items = list(dict.fromkeys(value))
        row.fields[name] = sorted(items) if rules.quirks.text("list_order") == "sorted" else items
    elif name == "metadata":
        _read_metadata(row, value, rules)
    elif isinstance(value, bool):
        row.fields[name] = value
    else:
        row.error(name, f"invalid value '{value}'")


def _read_metadata(row: Row, value: Any, rules: Rules) -> None:
    if not isinstance(value, dict) or not isinstance(value.get("filename", ""), str):
        row.error("metadata", f"invalid value '{value}'")
        return
    for name in value:
        if name != "filename" and rules.strict:
            row.error(f"metadata.{name}", f"unknown field 'metadata.{name}'")
    if "filename" in value:
        row.fields["metadata"] = {"filename": value["filename"]}


def _read_expiration(row: Row, text: str, rules: Rules) -> None:
    moment = parse_instant(text, date_only=rules.quirks.text("date_only_expiration") == "accept")
    if moment is None:
        row.error("expiration", f"invalid value '{text}'")
    elif moment == parse_instant(ZERO_TIME):
        row.fields["expiration"] = ""
    elif moment <= rules.now_ns:
        row.error("expiration", "expiration must be in the future")
    else:
        row.fields["expiration"] = instant_text(moment)


def check_new(row: Row, rules: Rules) -> None:
    """Complete and check the fields of a row that is to be created."""
    fields = row.fields
    wrong = {problem["field_name"] for problem in row.problems if "field_name" in problem}
    for name in ("type", "value"):
        if not fields.get(name) and name not in wrong:
            row.error(name, REQUIRED)
    if not fields.get("platforms") and "platforms" not in wrong:
        row.error("platforms", "required list is missing")
    if "applied_globally" not in fields and not fields.get("host_groups") and "applied_globally" not in wrong:
        row.error("applied_globally", "required: applied_globally or host_groups")
    if fields.get("type") and fields["type"] not in TYPES:
        row.error("type", f"invalid value '{fields['type']}'")
    elif fields.get("type") and fields.get("value"):
        _check_value(row, rules)
    if row.has_error:
        return
    desktop, mobile = _kinds(fields["platforms"])
    required = rules.quirks.text("action_on_create") == "required"
    for name, needed in (("action", desktop), ("mobile_action", mobile)):
        if required and needed and not fields.get(name):
            row.error(name, REQUIRED)
    if not row.has_error:
        check_combination(row, fields, rules)


def check_changes(row: Row, stored: Mapping[str, Any], rules: Rules) -> Fields:
    """The record that an update leads to; problems go to the row. Empty text clears, a list replaces."""
    merged: Fields = dict(stored)
    changes = dict(row.fields)
    changes.pop("id", None)
    if changes.get("host_groups") and "applied_globally" not in changes:
        changes["applied_globally"] = False
    if changes.get("applied_globally") and "host_groups" not in changes:
        changes["host_groups"] = []
    if "metadata" in changes:
        changes["metadata"] = {**stored.get("metadata", {}), **changes["metadata"]}
    merged.update(changes)
    for name in ("action", "platforms"):
        if name in changes and not changes[name]:
            row.error(name, "cannot be empty")
    if not row.has_error:
        check_combination(row, merged, rules)
    return merged


def check_combination(row: Row, fields: Fields, rules: Rules) -> None:
    """The matrix of type, platforms, actions, severity and scope. What does not apply is silently set to no_action."""
    quirks = rules.quirks
    kind = fields["type"]
    for platform in fields["platforms"]:
        if platform not in PLATFORMS_BY_TYPE[kind]:
            row.error("platforms", f"invalid value '{platform}' for type '{kind}'")
        elif platform in MOBILE and quirks.text("mobile_licence") == "no":
            row.error("platforms", f"platform '{platform}' needs a Falcon for Mobile subscription")
    desktop, mobile = _kinds(fields["platforms"])
    allowed = ACTIONS if kind in HASH_LENGTHS else NETWORK_ACTIONS
    fields["action"] = fields.get("action") or "no_action" if desktop else "no_action"
    fields["mobile_action"] = fields.get("mobile_action") or "no_action" if mobile else "no_action"
    if fields["action"] not in allowed:
        row.error("action", f"invalid value '{fields['action']}' for type '{kind}'")
    if fields["mobile_action"] not in ACTIONS:
        row.error("mobile_action", f"invalid value '{fields['mobile_action']}'")
    _check_severity(row, fields, quirks)
    _check_scope(row, fields, rules)
    for name, longest in (
        ("source", quirks.number("source_max")),
        ("description", quirks.number("description_max")),
    ):
        if len(row.fields.get(name, "")) > longest:
            row.error(name, f"longer than {longest} characters")


def _kinds(platforms: list[str]) -> tuple[bool, bool]:
    return any(item in DESKTOP for item in platforms), any(item in MOBILE for item in platforms)


def _check_severity(row: Row, fields: Fields, quirks: Quirks) -> None:
    severity = fields.get("severity", "")
    if quirks.text("severity_case") == "any":
        severity = severity.lower()
        if "severity" in fields:
            fields["severity"] = severity
    actions = (fields["action"], fields["mobile_action"])
    if severity and severity not in SEVERITIES:
        row.error("severity", f"invalid value '{severity}'")
    elif not severity and any(action in ALERTING for action in actions):
        row.error("severity", REQUIRED)
    elif (
        severity
        and "allow" in actions
        and not any(action in ALERTING for action in actions)
        and quirks.text("severity_with_allow") == "refuse"
    ):
        row.error("severity", "not accepted with the action 'allow'")


def _check_scope(row: Row, fields: Fields, rules: Rules) -> None:
    groups = fields.get("host_groups") or []
    # Only groups that were sent are looked at: a stored one may have been removed since.
    for group in row.fields.get("host_groups") or []:
        if not _GROUP_ID.fullmatch(group) or (
            rules.quirks.text("unknown_host_group") == "refuse" and not rules.has_group(group)
        ):
            row.error("host_groups", f"invalid value '{group}'")
    if fields.get("applied_globally") and groups:
        winner = rules.quirks.text("scope_both")
        if winner == "refuse":
            row.error("host_groups", "must be empty when applied_globally is true")
        elif winner == "global":
            fields["host_groups"] = []
        else:
            fields["applied_globally"] = False
    elif not fields.get("applied_globally") and not groups:
        row.error("applied_globally", "required: applied_globally or host_groups")
    fields["applied_globally"] = bool(fields.get("applied_globally"))


def _check_value(row: Row, rules: Rules) -> None:
    kind, value = row.fields["type"], row.fields["value"]
    if kind in HASH_LENGTHS:
        good = re.fullmatch(f"[0-9A-Fa-f]{{{HASH_LENGTHS[kind]}}}", value) is not None
    elif kind in ("ipv4", "ipv6"):
        good = _is_address(value, 4 if kind == "ipv4" else 6)
    else:
        good = len(value) <= _DOMAIN_MAX and all(_LABEL.fullmatch(label) for label in value.split("."))
    if not good:
        row.error("value", f"invalid value '{value}'")
    elif rules.quirks.text("normalise") == "lower" and kind not in ("ipv4", "ipv6"):
        row.fields["value"] = value.lower()


def _is_address(text: str, version: int) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return address.version == version and "%" not in text


def duplicate_warning(sent_type: str, sent_value: str) -> str:
    """The vendor's text for a pair that exists."""
    return f"Warning: Duplicate type: '{sent_type}' and value: '{sent_value}' combination."

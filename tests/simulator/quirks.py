# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Points on which public sources are silent or disagree: the simulator's default, and the other answers.

A client must be right under every answer, so each is a switch: ``--quirk NAME=VALUE`` or ``POST /simulator/quirk``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Union

Value = Union[int, float, str]

NUMBER, SECONDS = "an integer", "seconds"


class UnknownQuirk(ValueError):
    """An unknown name, or a value that it does not take."""


@dataclass(frozen=True)
class Choice:
    """One open point. ``values`` is empty for a number; then ``kind`` is NUMBER or SECONDS (which takes decimals)."""

    default: Value
    values: tuple[str, ...]
    meaning: str
    kind: str = ""


def _number(default: int, meaning: str) -> Choice:
    return Choice(default, (), meaning, NUMBER)


def _seconds(default: float, meaning: str) -> Choice:
    return Choice(default, (), meaning, SECONDS)


def _choice(values: str, meaning: str) -> Choice:
    names = tuple(values.split())
    return Choice(names[0], names, meaning)


CHOICES: dict[str, Choice] = {
    # sizes
    "max_page": _number(2000, "largest `limit` of a search or combined read"),
    "too_large": _choice(
        "400 html html_200 500 cap",
        "answer to a `limit` above max_page: an envelope (400, 500), an HTML page (400, 200), or a shorter page",
    ),
    "max_batch": _number(2000, "most rows of one create or update; more is refused with 400"),
    "max_ids": _number(500, "most `ids` of one GET or DELETE of indicators; more is refused with 400"),
    "max_url": _number(32768, "longest request target in bytes; longer is refused with 414"),
    "quota": _number(1000000, "most indicators of a tenant, expired ones included"),
    "source_max": _number(200, "longest `source` in characters (256 is the other documented value)"),
    "description_max": _number(200, "longest `description` in characters"),
    # create
    "normalise": _choice("lower keep", "whether hashes and domains are stored in lower case or as sent"),
    "duplicate_with_ignore": _choice(
        "upsert second same",
        "create of a known pair with ignore_warnings: overwrite it, add a second record, or return it unchanged",
    ),
    "create_partial": _choice(
        "off on", "on: rows in order are stored and the answer is 201 with `errors` for the others"
    ),
    "row_errors_status": _choice("400 200", "status of an answer that carries row problems"),
    "severity_case": _choice("any strict", "whether HIGH is taken for high"),
    "severity_with_allow": _choice("accept refuse", "a severity together with the action allow"),
    "scope_both": _choice(
        "refuse global groups",
        "applied_globally true together with host_groups: an error, or which of them wins",
    ),
    "unknown_host_group": _choice("refuse accept", "a host group id that the tenant does not have"),
    "mobile_licence": _choice("yes no", "no: the platforms ios and android are refused"),
    "date_only_expiration": _choice("accept refuse", "an expiration of the form YYYY-MM-DD"),
    "list_order": _choice("kept sorted", "order in which platforms, tags and host groups come back"),
    "action_on_create": _choice(
        "optional required", "create without an action: stored as no_action, or refused"
    ),
    "console_records": _choice(
        "bare complete",
        "seeded indicators as the console makes them (no mobile_action, metadata {}), or complete as API writes",
    ),
    "empty_severity": _choice("shown absent", 'severity of a record that has none: "" or no such field'),
    # update and delete
    "delete_pagination": _choice("absent shown", "meta.pagination in the answer to a DELETE"),
    "null_expiration": _choice("keep clear", "`expiration: null` in an update"),
    "bulk_update_alone": _choice("accept refuse", "bulk_update with no indicators beside it"),
    "unknown_id": _choice("404 200", "answer to a GET, PATCH or DELETE of which no id is known"),
    "mixed_ids": _choice(
        "partial refuse",
        "GET or DELETE of known and unknown ids: 200 with a 404 entry in `errors`, or 404 and nothing done",
    ),
    "ids_and_filter": _choice("400 filter", "DELETE with both selectors: refused, or the filter wins"),
    "parent_edit": _choice("403 400", "status of a change to an indicator that comes from the parent CID"),
    # search
    "deleted_in_search": _choice(
        "exclude include", "deleted records in a search whose filter does not name `deleted`"
    ),
    "beyond_10000": _choice("500 400", "status when offset + limit passes 10,000"),
    "offset_and_after": _choice("400 after", "both given: refused, or `after` wins"),
    "unknown_property": _choice(
        "nothing 400", "a filter on a property that does not exist: no match, or refused"
    ),
    "severity_number": _choice(
        "10_to_90 1_to_5", "values of severity_number: 10, 30, 50, 70, 90, or 1 to 5; 0 for none"
    ),
    "entities_pagination": _choice(
        "absent shown", "meta.pagination in reads by id and in answers that carry row problems"
    ),
    "errors_on_success": _choice("null list", "`errors` of an answer of the indicator service that has none"),
    "resources_order": _choice(
        "asked reversed", "order of records in the answers to GET by id, POST and PATCH"
    ),
    "after_on_last_page": _choice("present missing", "whether the last page carries an `after` token"),
    "empty_resources": _choice("list null", "`resources` of an empty page"),
    "parent_omitted": _choice(
        "both own", "search without from_parent: own and inherited indicators, or own ones only"
    ),
    "search_lag": _seconds(
        0,
        "seconds by which searches, aggregates and changes by filter are behind writes; reads by id are current",
    ),
    "total_lag": _seconds(0, "seconds by which the total of a search is behind writes (0: as the search is)"),
    "default_order": _choice(
        "modified_on modified_on.desc created_on",
        "order of a search without `sort`; a record that is written while a listing is read moves in the first two",
    ),
    "expiry_delay": _number(0, "seconds between the expiration and the moment the record shows it"),
    # observations, hosts, groups
    "ran_on_unseen": _choice("404 200", "device and process queries of an indicator nobody has seen"),
    "ran_on_route": _choice(
        "on off", "off: the three observation routes under /iocs answer 404 and only the older ones are left"
    ),
    "ran_on_scope": _choice(
        "either ioc_management iocs", "scope that the observation routes under /iocs ask for"
    ),
    "process_id_prefix": _choice("shown missing", "`pid:` before the process_id of process details"),
    "unknown_device": _choice("404 200", "device details of which no id is known"),
    "group_name_match": _choice(
        "partial exact", "filter name:'x' on host groups; name:['x'] is always exact"
    ),
    "group_name_case": _choice(
        "lower any", "whether a host-group name in a filter must be written in lower case to match"
    ),
    # removed operations
    "removed_routes": _choice("404 403", "answer of the five removed operations when --legacy is off"),
    # tokens, regions and limits
    "scope_refusal": _choice(
        "not_permitted authorization_failed",
        "message of the 403 for a missing scope: since about 2025, and before",
    ),
    "region": _choice(
        "us-1 us-2 us-3 eu-1 us-gov-1 us-gov-2 none",
        "X-Cs-Region header of ordinary answers and of refused tokens",
    ),
    "token_region": _choice(
        "none us-1 us-2 us-3 eu-1 us-gov-1 us-gov-2",
        "X-Cs-Region header of the token answer (FalconPy leaves the base URL when it is sent)",
    ),
    "token_lifetime": _number(1799, "seconds a token lives"),
    "rate_limit": _number(6000, "requests a minute for one CID; 0 is no limit"),
    "token_rate_limit": _number(300, "token requests a minute for one address; 0 is no limit"),
    "bad_token_rate_limit": _number(15, "requests a minute with a bad token for one address; 0 is no limit"),
    "retry_after": _choice(
        "seconds milliseconds missing",
        "form of X-Ratelimit-Retryafter on a 429: epoch seconds, epoch milliseconds, or no header",
    ),
    "retry_after_short_by": _seconds(
        0, "seconds by which X-Ratelimit-Retryafter is too early: requests until then are refused again"
    ),
}


class Quirks:
    """The values in force."""

    def __init__(self) -> None:
        self._values: dict[str, Value] = {}
        self._start: dict[str, Value] = {name: choice.default for name, choice in CHOICES.items()}
        self.reset()

    def reset(self) -> None:
        """Back to the values that the simulator was started with."""
        self._values = dict(self._start)

    def keep(self) -> None:
        """Let reset() come back to the values of now."""
        self._start = dict(self._values)

    def set(self, name: str, value: object) -> None:
        """Set one quirk. Raises UnknownQuirk."""
        choice = CHOICES.get(name)
        if choice is None:
            raise UnknownQuirk(f"unknown quirk {name!r}; the quirks are {', '.join(sorted(CHOICES))}")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if choice.values:
            if text not in choice.values:
                raise UnknownQuirk(f"{name} must be one of {', '.join(choice.values)}, not {text!r}")
            self._values[name] = text
            return
        whole, dot, decimals = text.partition(".")
        decimal = choice.kind == SECONDS and dot and decimals.isdigit()
        if not whole.isdigit() or not (decimal or not dot):
            raise UnknownQuirk(f"{name} must be {choice.kind}, not {text!r}")
        self._values[name] = float(text) if choice.kind == SECONDS else int(text)

    def update(self, values: Mapping[str, object]) -> None:
        """Set several quirks. Raises UnknownQuirk."""
        for name, value in values.items():
            self.set(name, value)

    def number(self, name: str) -> int:
        """The value of a quirk that is an integer."""
        return int(self._values[name])

    def seconds(self, name: str) -> float:
        """The value of a quirk that is a duration in seconds."""
        return float(self._values[name])

    def text(self, name: str) -> str:
        """The value of a quirk that is a word."""
        return str(self._values[name])

    def all(self) -> dict[str, Value]:
        """Every quirk with its value."""
        return dict(self._values)

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripted trouble: rules that pick requests and say what goes wrong with them.

A rule is ``{match: {...}, do: {...}}``. ``match`` may name method, path (a regular expression for the whole path),
query_contains, body_contains, nth (one number or a list, counted over the requests that match otherwise), every,
times, and for_seconds (from the first time on). The first rule that picks a request decides. See README.md for what
``do`` can be.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ACTIONS: Mapping[str, str] = {
    "status": "answer with this status; nothing is done",
    "status_after_commit": "do what was asked, then answer with this status",
    "html": "answer with an HTML page of this status; nothing is done",
    "html_after_commit": "do what was asked, then answer with an HTML page of this status",
    "redirect": "answer 308 with this Location (and X-Cs-Region when `region` is beside it); nothing is done",
    "reset_before": "close the connection abruptly; nothing is done",
    "reset_after_commit": "do what was asked, then close the connection abruptly",
    "hang_before": "wait this many seconds, then close the connection; nothing is done",
    "hang_after_commit": "do what was asked, wait this many seconds, then answer",
    "latency": "wait this many milliseconds, then go on as usual",
    "truncate": "send half of the body and close the connection",
    "wrong_content_type": "answer as usual under this content type",
    "expire_token": "the token of this request is no longer valid",
    "revoke_token": "all tokens are revoked before this request",
    "total_shifts": "add this number to pagination.total",
    "repeat_after": "give back the `after` token of the request",
    "after_missing": "leave the `after` token out",
    "resources_null": "`resources` is null",
    "resources_missing": "there is no `resources`",
    "drop_rows": "leave this many rows out of the page",
    "errors_on_2xx": "put this message into `errors` of the usual answer",
    "seed_before": "seed content that somebody else writes just before this request",
    "seed_after": "seed content that somebody else writes just after this request",
    "delete_before": "a filter; somebody else deletes what it matches just before this request",
}
"""Every action with its meaning."""

EXTRAS = frozenset(["message", "retry_after", "form", "region", "headers", "code"])
"""Keys beside an action: message, retry_after (seconds from now), form (of the 429 header), region, headers, code."""

_MATCH_KEYS = frozenset(
    ["method", "path", "query_contains", "body_contains", "nth", "every", "times", "for_seconds"]
)


class BadRule(ValueError):
    """A rule that is not understood."""


@dataclass
class Rule:
    """One rule with its counters."""

    match: Mapping[str, Any]
    do: dict[str, Any]
    seen: int = 0
    fired: int = 0
    since: float = 0.0
    path: re.Pattern[str] | None = None
    nth: frozenset[int] = field(default_factory=frozenset)

    def picks(self, method: str, path: str, query: str, body: str) -> bool:
        """Whether the rule applies to a request; counts it when it does."""
        match = self.match
        if "method" in match and match["method"].upper() != method:
            return False
        if self.path and not self.path.fullmatch(path):
            return False
        if match.get("query_contains", "") not in query or match.get("body_contains", "") not in body:
            return False
        self.seen += 1
        if self.nth and self.seen not in self.nth:
            return False
        if self.seen % match.get("every", 1) or ("times" in match and self.fired >= match["times"]):
            return False
        now = time.monotonic()
        self.since = self.since or now
        if "for_seconds" in match and now - self.since > match["for_seconds"]:
            return False
        self.fired += 1
        return True


class Faults:
    """The rules in force, in order."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def set(self, rules: object) -> None:
        """Replace all rules. Raises BadRule."""
        if not isinstance(rules, list):
            raise BadRule("faults must be a list of rules")
        self.rules = [_rule(number, rule) for number, rule in enumerate(rules, 1)]

    def pick(self, method: str, path: str, query: str, body: bytes) -> dict[str, Any]:
        """What goes wrong with a request; empty when nothing does."""
        if not self.rules:
            return {}
        text = body.decode("utf-8", "replace")
        for rule in self.rules:
            if rule.picks(method, path, query, text):
                return rule.do
        return {}

    def shown(self) -> Sequence[dict[str, Any]]:
        """The rules with how often each was seen and fired."""
        return [
            {"match": dict(rule.match), "do": rule.do, "seen": rule.seen, "fired": rule.fired}
            for rule in self.rules
        ]


def _rule(number: int, rule: object) -> Rule:
    if not isinstance(rule, dict) or "do" not in rule or set(rule) - {"match", "do"}:
        raise BadRule(f"rule {number}: a rule is {{match: {{...}}, do: {{...}}}}")
    match, do = rule.get("match") or {}, rule["do"]
    if isinstance(do, str):
        do = {do: True}
    if not isinstance(match, dict) or set(match) - _MATCH_KEYS:
        raise BadRule(f"rule {number}: match takes {', '.join(sorted(_MATCH_KEYS))}")
    if not isinstance(do, dict) or not set(do) & set(ACTIONS) or set(do) - set(ACTIONS) - EXTRAS:
        raise BadRule(
            f"rule {number}: do takes {', '.join(sorted(ACTIONS))}, and beside them {', '.join(sorted(EXTRAS))}"
        )
    nth = match.get("nth", [])
    try:
        path = re.compile(match["path"]) if "path" in match else None
    except re.error as problem:
        raise BadRule(f"rule {number}: path: {problem}") from None
    return Rule(match, do, path=path, nth=frozenset(nth if isinstance(nth, list) else [nth]))

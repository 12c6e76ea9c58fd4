# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report that can be shared: what was seen, with a stand-in for everything that could name somebody.

A value is kept only where it is known to be of the API itself: numbers, booleans, and the words below. Every other
text is replaced, the same text always by the same stand-in, which has the form of what it replaces.
"""

from __future__ import annotations

import re
from typing import Any, Sequence

from ..api.regions import REGIONS
from ..api.version import VERSION
from .doctor_findings import Findings
from .doctor_probe import Exchange

#: What the file says that it is.
FORMAT = "threatops.falcon.doctor/1"

_WORDS = frozenset(
    [
        *("", "true", "false"),
        *("sha256", "md5", "domain", "ipv4", "ipv6", "all_subdomains"),
        *("no_action", "allow", "detect", "prevent", "prevent_no_ui"),
        *("informational", "low", "medium", "high", "critical"),
        *("windows", "mac", "linux", "ios", "android", "Windows", "Mac", "Linux"),
        *("ioc-manager", "crowdstrike-api-gateway", "csam", "device-api", "msa-api", "bearer"),
        *("static", "dynamic", "staticByID", "normal", "contained", "error", "warning", "application/json"),
        *("created_on.asc", "name.asc", "an HTML page", *REGIONS),
    ]
)
# The vendor's sentences, as far as they are known; of others only the quoted and the odd parts could name somebody.
_SENTENCES = (
    re.compile(r"access denied, (?:scope not permitted|authorization failed|invalid bearer token)"),
    re.compile(r"Failed to issue access token - Not Authorized"),
    re.compile(r"check fql filter|required string is missing|one or more inputs are invalid"),
    re.compile(r"One or more indicators have a warning or invalid input"),
    re.compile(r"Limit of 1 million indicators reached\.?"),
    re.compile(r"Provided data does not match expected format"),
    re.compile(r"(?:\d{3}: )?(?:Page Not Found|Method Not Allowed)|API rate limit exceeded\.?"),
)
# A larger one is no count or limit, but could be an id or a time.
_LARGEST_NUMBER = 10**9
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,39}")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z?")
_HEX = re.compile(r"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_PID = re.compile(r"(?:pid:)?([0-9A-Fa-f]{32}):\d+")
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")


class StandIns:
    """Texts and what is put in their place, numbered in the order in which they came up."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._numbers: dict[str, int] = {}

    def of(self, text: str) -> str:
        """The stand-in for a text."""
        if text not in self._known:
            self._known[text] = self._new(text)
        return self._known[text]

    def _next(self, form: str) -> int:
        self._numbers[form] = self._numbers.get(form, 0) + 1
        return self._numbers[form]

    def _new(self, text: str) -> str:
        if _HEX.fullmatch(text):
            return f"{self._next(f'hex {len(text)}'):0{len(text)}x}"
        if _UUID.fullmatch(text):
            return f"00000000-0000-4000-8000-{self._next('uuid'):012x}"
        if _PID.fullmatch(text):
            return f"pid:{'0' * 32}:{self._next('pid')}"
        instant = _INSTANT.fullmatch(text)
        if instant:  # how many decimals there are is a fact of the API
            digits = len(instant[1] or ".") - 1
            number = self._next("instant")
            decimals = f".{number:0{digits}d}"[: digits + 1] if digits else ""
            clock = f"{number // 60 % 60:02d}:{number % 60:02d}"
            return f"2026-01-01T00:{clock}{decimals}{'Z' if text.endswith('Z') else ''}"
        if _IPV4.fullmatch(text):
            return f"192.0.2.{self._next('ipv4') % 256}"
        if "@" in text:
            return f"user-{self._next('user')}@example.com"
        if re.fullmatch(r"[^\s.]+(?:\.[^\s.]+)+", text):
            return f"name-{self._next('name')}.example"
        return f"text-{self._next('text')}"


class _Cleaner:
    def __init__(self) -> None:
        self._stand_ins = StandIns()

    def value(self, value: Any) -> Any:
        """A JSON value without anything that could name somebody."""
        if isinstance(value, dict):
            return {self._key(str(name)): self.value(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.value(inner) for inner in value]
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, float):
            return 0.01  # query_time, which no two answers share
        return value if isinstance(value, bool) or value is None or abs(value) < _LARGEST_NUMBER else 0

    def _key(self, name: str) -> str:
        return name if _FIELD.fullmatch(name) else self._stand_ins.of(name)

    def text(self, text: str) -> str:
        """A text, or its stand-in."""
        if (
            text in _WORDS
            or re.fullmatch(r"\d{1,2}", text)
            or any(sentence.fullmatch(text) for sentence in _SENTENCES)
        ):
            return text
        return self._stand_ins.of(text)

    def parameter(self, name: str, text: str) -> str:
        """A query parameter: of a filter the values are replaced, of the others all that is not a number."""
        if name == "filter":
            return _QUOTED.sub(lambda quoted: f"'{self.text(quoted[0][1:-1])}'", text)
        return text if text.isdigit() else self.text(text)

    def exchange(self, exchange: Exchange) -> dict[str, Any]:
        """One request and its answer."""
        return {
            "method": exchange.method,
            "path": exchange.path,
            "params": [[self._key(name), self.parameter(name, text)] for name, text in exchange.params],
            "status": exchange.status,
            "headers": {
                name: text if text.isdigit() else self.text(text) for name, text in exchange.headers.items()
            },
            "body": self.value(exchange.body),
        }


def share(findings: Findings, exchanges: Sequence[Exchange]) -> dict[str, Any]:
    """The content of the file: facts, statuses of checks without their texts, and cleaned exchanges."""
    cleaner = _Cleaner()
    return {
        "format": FORMAT,
        "collection": VERSION,
        "region": findings.region,
        "checks": [{"name": check["name"], "status": check["status"]} for check in findings.checks],
        "facts": findings.facts(),
        "exchanges": [cleaner.exchange(one) for one in exchanges],
    }

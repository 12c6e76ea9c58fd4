# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read files of values that must not be blocked: MISP warning lists, and plain lists of values.

A list of which nothing, or not everything, protects anything says so in a warning.
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, FrozenSet, List, NamedTuple, Set, Tuple

from ..values import ValueProblem, normalise, recognise
from .matcher import Rules
from .patterns import PatternProblem

#: Largest file, in bytes. The largest list that MISP ships is about 12 MB.
MAX_FILE = 64 << 20

# Which indicator types a warning list is about, by its matching_attributes (MISP attribute types).
_ATTRIBUTES: Dict[str, Tuple[str, ...]] = {
    "md5": ("md5",),
    "sha256": ("sha256",),
    "malware-sample": ("md5",),
    "ip": ("ipv4", "ipv6"),
    "ip-src": ("ipv4", "ipv6"),
    "ip-dst": ("ipv4", "ipv6"),
    "domain": ("domain",),
    "hostname": ("domain",),
    "url": ("domain",),
    "uri": ("domain",),
    "link": ("domain",),
}
# Attribute types of MISP's own lists that Falcon has no indicator for.
# fmt: off
_OTHER_ATTRIBUTES = frozenset((
    "sha1", "sha224", "sha384", "sha512", "sha512/224", "sha512/256", "sha3-224", "sha3-256", "sha3-384",
    "sha3-512", "ssdeep", "tlsh", "imphash", "authentihash", "pehash", "vhash", "impfuzzy", "cdhash",
    "filename", "filepath", "port", "AS", "btc", "xmr", "email", "email-src", "email-dst", "email-reply-to",
    "email-subject", "email-body", "email-attachment", "email-src-display-name", "email-dst-display-name",
    "target-email", "user-agent", "http-method", "ja3-fingerprint-md5", "hasshserver-md5",
    "x509-fingerprint-md5", "x509-fingerprint-sha1", "x509-fingerprint-sha256", "regkey", "value",
    "phone-number", "whois-registrant-phone", "whois-registrant-email", "mac-address", "iban", "bic",
    "bank-account-nr", "cc-number", "attachment", "mutex", "text", "comment", "other",
))
# fmt: on
_ALL_TYPES = frozenset(("md5", "sha256", "ipv4", "ipv6", "domain"))
_KINDS = ("string", "hostname", "cidr", "substring", "regex")
# Hashes of other algorithms, and ssdeep, which lists of hashes hold beside those of Falcon's types.
_OTHER_HASH = re.compile(
    r"(?:[0-9A-Fa-f]{40}|[0-9A-Fa-f]{56}|[0-9A-Fa-f]{96}|[0-9A-Fa-f]{128}|\d+:[^:]*:.*)\Z"
)
_FLAGS = re.compile(r"[a-zA-Z]*\Z")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{2,63}(?<!-)\Z")


class ProtectionProblem(ValueError):
    """A rule that cannot be read; the text names the option or file."""


class Notice(NamedTuple):
    """What people should know about a list that was read.

    code is warning_list_without_effect (it protects nothing), warning_list_entries (some entries protect nothing),
    warning_list_attributes (unknown matching_attributes) or warning_list_top_level (an entry covers a whole top-level
    domain).
    """

    code: str
    message: str


def add_file(rules: Rules, path: str, text: str) -> List[Notice]:
    """Add what a file protects to rules. Raises ProtectionProblem where it is no list that can be read."""
    if not text.lstrip("\ufeff \t\r\n").startswith("{"):
        return _add_plain(rules, path, text)
    try:
        document = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as problem:
        raise ProtectionProblem(f"{path}: this is not JSON: {problem}") from problem
    if not isinstance(document.get("list"), list):
        raise ProtectionProblem(f"{path}: a MISP warning list has a list of entries under 'list'")
    try:
        return _WarningList(rules, path, document).add()
    except ProtectionProblem as problem:
        raise ProtectionProblem(f"{path}: {problem}") from problem


def _add_plain(rules: Rules, path: str, text: str) -> List[Notice]:
    before = 0
    for number, line in enumerate(text.splitlines(), 1):
        value = line.partition("#")[0].strip().lstrip("\ufeff")
        if not value:
            continue
        before += 1
        known = recognise(value)
        if known is not None:
            rules.add_value(known, f"{path}: {known[1]}")
        elif "/" in value:
            add_network(rules, value, f"{path}: line {number}")
        else:
            raise ProtectionProblem(
                f"{path}: line {number}: {value[:80]!r} is not a hash, address, network or domain"
            )
    return [] if before else [Notice("warning_list_without_effect", f"{path} is empty and protects nothing")]


def add_network(rules: Rules, text: str, origin: str) -> None:
    """Add a network in CIDR notation. Raises ProtectionProblem where it is none."""
    try:
        rules.add_network(text.strip(), f"{origin}: {text.strip()}")
    except ValueError as problem:
        raise ProtectionProblem(f"{origin}: {text[:80]!r} is no network in CIDR notation") from problem


class _WarningList:
    """One MISP warning list on its way into rules."""

    def __init__(self, rules: Rules, path: str, document: Dict[str, Any]) -> None:
        kind = document.get("type", "string")
        if kind not in _KINDS:
            raise ProtectionProblem(f"type {str(kind)[:40]!r} must be one of {', '.join(_KINDS)}")
        self._kind = str(kind)
        self._rules = rules
        self._entries: List[Any] = document["list"]
        self._origin = " ".join(str(document.get("name") or path)[:200].split())
        self._types, self._unknown = _types_of(document.get("matching_attributes"))
        self._idle: List[str] = []  # entries that protect nothing
        self._top_levels: List[str] = []

    def add(self) -> List[Notice]:
        """Add the entries, and tell what of them has no effect."""
        effective = 0
        for entry in self._entries:
            text = str(entry).strip() if isinstance(entry, (str, int)) else ""
            if self._types and text and self._add_entry(text):
                effective += 1
            elif not (text and _OTHER_HASH.match(text)):
                self._idle.append(text[:80])
        return self._notices(effective)

    def _notices(self, effective: int) -> List[Notice]:
        found: List[Notice] = []
        name = f"the warning list {self._origin!r}"
        if self._unknown:
            named = ", ".join(sorted(repr(one[:40]) for one in self._unknown)[:5])
            found.append(
                Notice("warning_list_attributes", f"{name} has matching_attributes that are unknown: {named}")
            )
        if not effective:
            why = (
                "it is about no type that Falcon takes"
                if not self._types
                else "none of its entries is usable"
            )
            found.append(Notice("warning_list_without_effect", f"{name} protects nothing: {why}"))
        elif self._idle:
            count = f"{len(self._idle)} of {len(self._entries)} entries"
            found.append(
                Notice(
                    "warning_list_entries", f"{count} of {name} protect nothing, such as {self._idle[0]!r}"
                )
            )
        if self._top_levels:
            found.append(
                Notice(
                    "warning_list_top_level",
                    f"{name} protects every domain under {self._top_levels[0]!r}, a whole top-level domain",
                )
            )
        return found

    def _add_entry(self, entry: str) -> bool:
        """Add one entry; whether it protects anything."""
        if self._kind == "substring":
            self._rules.add_substring(entry.lower(), self._types, f"{self._origin}: {entry[:80]}")
            return True
        if self._kind == "regex":
            self._add_pattern(entry)
            return True
        if "/" in entry and self._kind in ("cidr", "string") and recognise(entry) is None:
            if ("ipv6" if ":" in entry else "ipv4") not in self._types:
                return False
            if self._kind == "string" and not entry[:1].isalnum() and entry[:1] != ":":
                return False
            return self._add_network(entry)
        known = recognise(entry.lstrip("*").lstrip("."))
        if self._kind == "hostname" and known is None:
            return self._add_top_level(entry)
        if known is None or known[0] not in self._types:
            return False
        if known[0] == "domain" and self._kind == "hostname":
            self._rules.add_domain(known[1], f"{self._origin}: {known[1]}")
        else:
            self._rules.add_value(known, f"{self._origin}: {known[1]}")
        return True

    def _add_network(self, entry: str) -> bool:
        try:
            add_network(self._rules, entry, self._origin)
        except ProtectionProblem:
            if self._kind == "cidr":
                raise
            return False
        return True

    def _add_top_level(self, entry: str) -> bool:
        """MISP compares the ends of names, so that gov covers every domain under it."""
        name = entry.lstrip("*").strip(".").lower()
        if "domain" not in self._types or not _LABEL.match(name):
            return False
        try:
            name = normalise("domain", name)
        except ValueProblem:
            return False
        self._top_levels.append(name)
        self._rules.add_domain(name, f"{self._origin}: {name}")
        return True

    def _add_pattern(self, entry: str) -> None:
        text = entry
        if len(text) > 1 and text[0] == "/" and _FLAGS.match(text.rpartition("/")[2]):
            text = text[1:].rpartition("/")[0]  # MISP writes them as PHP does: /pattern/flags
        try:
            self._rules.add_pattern(text, self._types, f"{self._origin}: {entry[:80]}")
        except PatternProblem as problem:
            raise ProtectionProblem(
                f"{self._origin}: {entry[:80]!r} is no regular expression that can be used: {problem}"
            ) from problem


def _types_of(attributes: Any) -> Tuple[FrozenSet[str], Set[str]]:
    """The types that a list is about, and attributes that nobody knows."""
    if not isinstance(attributes, list) or not attributes:
        return _ALL_TYPES, set()
    halves = {half for attribute in attributes for half in str(attribute)[:80].split("|")}
    types = frozenset(kind for half in halves for kind in _ATTRIBUTES.get(half, ()))
    return types, {half for half in halves if half not in _ATTRIBUTES and half not in _OTHER_ATTRIBUTES}

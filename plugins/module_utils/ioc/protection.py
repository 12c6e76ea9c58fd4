# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is never detected or prevented: addresses, domains and hashes whose blocking hurts the blocker.

Only values are judged here; whether an indicator's action is one that is guarded is for the caller to say.
"""

from __future__ import annotations

import ipaddress
import json
import re
import socket
from functools import lru_cache
from typing import Any, Callable, Dict, FrozenSet, Iterable, List, Mapping, Optional, Set, Tuple

from .values import Identity, ValueProblem, normalise, recognise

_ADDRESSES: Tuple[Tuple[str, str], ...] = (
    # IANA IPv4 and IPv6 special-purpose address registries. The documentation ranges (RFC 5737, RFC 3849) are left
    # out on purpose: nobody can be harmed there, and examples and tests use them.
    ("10.0.0.0/8", "private (RFC 1918)"),
    ("172.16.0.0/12", "private (RFC 1918)"),
    ("192.168.0.0/16", "private (RFC 1918)"),
    ("100.64.0.0/10", "shared by carriers (RFC 6598)"),
    ("fc00::/7", "private (RFC 4193)"),
    ("127.0.0.0/8", "loopback (RFC 1122)"),
    ("::1/128", "loopback (RFC 4291)"),
    ("169.254.0.0/16", "link-local (RFC 3927)"),
    ("fe80::/10", "link-local (RFC 4291)"),
    ("224.0.0.0/4", "multicast (RFC 5771)"),
    ("ff00::/8", "multicast (RFC 4291)"),
    ("255.255.255.255/32", "broadcast (RFC 919)"),
    ("0.0.0.0/8", "unspecified (RFC 1122)"),
    ("::/128", "unspecified (RFC 4291)"),
)
_RESOLVERS: Tuple[Tuple[str, str], ...] = (
    # As each operator publishes them.
    ("Google", "8.8.8.8 8.8.4.4 2001:4860:4860::8888 2001:4860:4860::8844"),
    ("Cloudflare", "1.1.1.1 1.0.0.1 2606:4700:4700::1111 2606:4700:4700::1001"),
    ("Cloudflare for families", "1.1.1.2 1.0.0.2 1.1.1.3 1.0.0.3 2606:4700:4700::1112 2606:4700:4700::1002"),
    ("Cloudflare for families", "2606:4700:4700::1113 2606:4700:4700::1003"),
    (
        "Quad9",
        "9.9.9.9 149.112.112.112 2620:fe::fe 2620:fe::9 9.9.9.10 149.112.112.10 2620:fe::10 2620:fe::fe:10",
    ),
    ("Quad9", "9.9.9.11 149.112.112.11 2620:fe::11 2620:fe::fe:11"),
    (
        "OpenDNS",
        "208.67.222.222 208.67.220.220 2620:119:35::35 2620:119:53::53 208.67.222.123 208.67.220.123",
    ),
    ("AdGuard", "94.140.14.14 94.140.15.15 2a10:50c0::ad1:ff 2a10:50c0::ad2:ff"),
    ("Level 3", "4.2.2.1 4.2.2.2 4.2.2.3 4.2.2.4 4.2.2.5 4.2.2.6"),
)
# The hashes of no bytes at all (RFC 1321 appendix A.5; NIST FIPS 180-4 example values).
_EMPTY_FILE: Tuple[Identity, ...] = (
    ("md5", "d41d8cd98f00b204e9800998ecf8427e"),
    ("sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
)
# Console, API and sensor cloud of every region, as the vendor's sensor guides and its SDKs name them.
_VENDOR_DOMAINS = ("crowdstrike.com", "crowdstrike.mil", "cloudsink.net", "humio.com")

#: Which indicator types a warning list is about, by its C{matching_attributes} (MISP attribute types).
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
_ALL_TYPES = frozenset(("md5", "sha256", "ipv4", "ipv6", "domain"))

# Numbers or names of groups, conditions and flags, which mean something else within a longer pattern.
_STANDS_ALONE = re.compile(r"\\[1-9]|\(\?[a-zA-Z(-]")

#: Characters by which substrings are found; shorter ones are found by all of theirs.
PREFIX = 8

Load = Callable[[str], str]


class ProtectionProblem(ValueError):
    """A rule that cannot be read; the text names the option or file."""


def _wrapped(number: int) -> Optional[int]:
    """The IPv4 address that an IPv6 address leads to: mapped (RFC 4291), NAT64 (RFC 6052) or 6to4 (RFC 3056)."""
    if number >> 32 in (0xFFFF, 0x64FF9B << 64):
        return number & 0xFFFFFFFF
    return number >> 80 & 0xFFFFFFFF if number >> 112 == 0x2002 else None


class _Networks:
    """Networks by version and prefix length, so that a look-up costs one set per length, however many there are."""

    def __init__(self) -> None:
        self.rules: Dict[int, Dict[int, Dict[int, str]]] = {4: {}, 6: {}}

    def add(self, text: str, rule: str) -> None:
        network = ipaddress.ip_network(text, strict=False)
        mapped = getattr(network.network_address, "ipv4_mapped", None)
        if mapped is not None and network.prefixlen >= 96:
            network = ipaddress.ip_network(f"{mapped}/{network.prefixlen - 96}", strict=False)
        shift = network.max_prefixlen - network.prefixlen
        table = self.rules[network.version].setdefault(shift, {})
        table.setdefault(int(network.network_address) >> shift, rule)

    def rule_of(self, kind: str, value: str) -> Optional[str]:
        # Of a value in normal form the system reads the number several times as fast as the module ipaddress.
        family = socket.AF_INET if kind == "ipv4" else socket.AF_INET6
        number = int.from_bytes(socket.inet_pton(family, value), "big")
        if kind == "ipv4":
            return self._rule_of(4, number)
        inner = _wrapped(number)
        return self._rule_of(6, number) or (None if inner is None else self._rule_of(4, inner))

    def _rule_of(self, version: int, number: int) -> Optional[str]:
        for shift, table in self.rules[version].items():
            rule = table.get(number >> shift)
            if rule is not None:
                return rule
        return None


class Protection:
    """The values that are protected, and the rule that protects each.

    @ivar overridden: identities that a rule protects and C{override} lets pass, in the order they were asked for
    """

    def __init__(self) -> None:
        self._exact: Dict[Identity, str] = {}
        self._domains: Dict[str, str] = {}
        self._above: Dict[str, str] = {}
        self._networks = _Networks()
        # Substrings by their first characters, so that a value is compared with the few that can be in it.
        self._substrings: Dict[str, Dict[int, Dict[str, List[Tuple[str, str]]]]] = {}
        self._patterns: Dict[str, Dict[str, str]] = {}
        self._together: Dict[str, Optional[re.Pattern[str]]] = {}
        self._override: Set[str] = set()
        self.overridden: List[Identity] = []

    @classmethod
    def build(cls, options: Optional[Mapping[str, Any]], load: Optional[Load] = None) -> Protection:
        """Make a protection from the option C{protect}.

        @param options: C{builtin} (true unless given), C{values}, C{networks}, C{domains}, C{files}, C{override}
        @param load: how a file is read; from disk where omitted
        @raise ProtectionProblem: a value is none, or a file cannot be read or is no warning list
        """
        options = options or {}
        made = cls()
        if options.get("builtin") is not False:
            made._take(_builtin())
        for value in options.get("values") or ():
            made._add_value(str(value))
        for text in options.get("networks") or ():
            made._add_network(str(text), "networks")
        for name in options.get("domains") or ():
            made._add_domain(str(name), "domains")
        for path in options.get("files") or ():
            made._add_file(str(path), (load or _from_disk)(str(path)))
        for value in options.get("override") or ():
            known = recognise(str(value))
            if known is None:
                raise ProtectionProblem(f"override: {str(value)[:80]!r} is no hash, address or domain")
            made._override.add(known[1])
        return made

    def reason(self, kind: str, value: str) -> Optional[str]:
        """Why a value must not be detected or prevented, or C{None} if it may be.

        @param kind: an indicator type
        @param value: the value in normal form
        """
        rule = self._rule(kind, value)
        if rule is not None and value in self._override:
            self.overridden.append((kind, value))
            return None
        return rule

    def _rule(self, kind: str, value: str) -> Optional[str]:
        if kind in ("domain", "all_subdomains"):
            return self._domain_rule(kind, value)
        rule = self._exact.get((kind, value))
        if rule is None and kind in ("ipv4", "ipv6"):
            rule = self._networks.rule_of(kind, value)
        return rule or self._text_rule(kind, value)

    def _domain_rule(self, kind: str, value: str) -> Optional[str]:
        rule = self._exact.get(("domain", value))
        if rule is None and kind == "all_subdomains":
            rule = self._above.get(value)  # it would block a protected domain beneath it
        suffix = value
        while rule is None and suffix:
            rule = self._domains.get(suffix)
            suffix = suffix.partition(".")[2]
        return rule or self._text_rule("domain", value)

    def _text_rule(self, kind: str, value: str) -> Optional[str]:
        for length, table in self._substrings.get(kind, {}).items():
            pieces = [value[start : start + length] for start in range(len(value) - length + 1)]
            for piece in filter(table.__contains__, pieces):
                for text, rule in table[piece]:
                    if text in value:
                        return rule
        patterns = self._patterns.get(kind)
        together = self._all_patterns(kind) if patterns else None
        if not patterns or (together is not None and not together.search(value)):
            return None
        return next((rule for text, rule in patterns.items() if re.search(text, value, re.IGNORECASE)), None)

    def _all_patterns(self, kind: str) -> Optional[re.Pattern[str]]:
        """All patterns as one; C{None} where they cannot be joined, since one refers to its groups or sets flags."""
        if kind not in self._together:
            texts = self._patterns[kind]
            joined = None
            if not any(map(_STANDS_ALONE.search, texts)):
                joined = re.compile("|".join(f"(?:{text})" for text in texts), re.IGNORECASE)
            self._together[kind] = joined
        return self._together[kind]

    def _take(self, other: Protection) -> None:
        self._exact.update(other._exact)
        self._domains.update(other._domains)
        self._above.update(other._above)
        for version, tables in other._networks.rules.items():
            for shift, table in tables.items():
                self._networks.rules[version].setdefault(shift, {}).update(table)

    def _add_builtin(self) -> None:
        for network, what in _ADDRESSES:
            self._networks.add(network, f"built in: {network} is {what}")
        for operator, addresses in _RESOLVERS:
            for address in addresses.split():
                self._networks.add(address, f"built in: a public resolver of {operator}")
        for identity in _EMPTY_FILE:
            self._exact[identity] = "built in: the hash of an empty file"
        for domain in _VENDOR_DOMAINS:
            self._guard(domain, f"built in: {domain} is the vendor's own")

    def _guard(self, domain: str, rule: str) -> None:
        """Protect a domain and all beneath it, and the parents against C{all_subdomains}."""
        self._domains.setdefault(domain, rule)
        self._guard_exact(domain, rule)

    def _guard_exact(self, domain: str, rule: str) -> None:
        self._exact.setdefault(("domain", domain), rule)
        parent = domain
        while parent:
            if parent in self._above:
                return
            self._above[parent] = rule
            parent = parent.partition(".")[2]

    def _add_value(self, text: str) -> None:
        known = recognise(text)
        if known is None:
            raise ProtectionProblem(f"values: {text[:80]!r} is no hash, address or domain")
        self._add_known(known, "values")

    def _add_known(self, known: Identity, origin: str) -> None:
        kind, value = known
        rule = f"{origin}: {value}"
        if kind in ("ipv4", "ipv6"):
            self._networks.add(value, rule)
        elif kind == "domain":
            self._guard_exact(value, rule)
        else:
            self._exact.setdefault(known, rule)

    def _add_network(self, text: str, origin: str) -> None:
        try:
            self._networks.add(text.strip(), f"{origin}: {text.strip()}")
        except ValueError as problem:
            raise ProtectionProblem(f"{origin}: {text[:80]!r} is no network in CIDR notation") from problem

    def _add_domain(self, name: str, origin: str) -> None:
        try:
            domain = normalise("domain", name.strip().lstrip("*").lstrip("."))
        except ValueProblem as problem:
            raise ProtectionProblem(f"{origin}: {problem}") from problem
        self._guard(domain, f"{origin}: {domain}")

    def _add_file(self, path: str, text: str) -> None:
        if not text.lstrip("\ufeff \t\r\n").startswith("{"):
            self._add_plain(path, text)
            return
        try:
            document = json.loads(text.lstrip("\ufeff"))
        except (ValueError, RecursionError) as problem:
            raise ProtectionProblem(f"{path}: this is not JSON: {problem}") from problem
        entries = document.get("list")
        if not isinstance(entries, list):
            raise ProtectionProblem(f"{path}: a MISP warning list has a list of entries under 'list'")
        kind = document.get("type", "string")
        if kind not in ("string", "hostname", "cidr", "substring", "regex"):
            raise ProtectionProblem(f"{path}: {str(kind)[:40]!r} is no type of a MISP warning list")
        types = _types_of(document.get("matching_attributes"))
        origin = str(document.get("name") or path)
        try:
            for entry in entries:
                self._add_entry(kind, str(entry).strip(), types, origin)
        except ProtectionProblem as problem:
            raise ProtectionProblem(f"{path}: {problem}") from problem

    def _add_plain(self, path: str, text: str) -> None:
        for number, line in enumerate(text.splitlines(), 1):
            value = line.partition("#")[0].strip().lstrip("\ufeff")
            if not value:
                continue
            known = recognise(value)
            if known is not None:
                self._add_known(known, path)
            elif "/" in value:
                self._add_network(value, f"{path}: line {number}")
            else:
                raise ProtectionProblem(
                    f"{path}: line {number}: {value[:80]!r} is no hash, address, network or domain"
                )

    def _add_entry(self, kind: str, entry: str, types: FrozenSet[str], origin: str) -> None:
        if kind == "substring":
            self._add_substring(entry.lower(), types, origin)
        elif kind == "regex":
            self._add_regex(entry, types, origin)
        elif kind == "cidr" and "/" in entry:
            if ("ipv6" if ":" in entry else "ipv4") in types:
                self._add_network(entry, origin)
        else:
            # What cannot be recognised is of a type that Falcon does not take, such as sha512.
            known = recognise(entry.lstrip("*").lstrip("."))
            if known is None or known[0] not in types:
                return
            if known[0] == "domain" and kind == "hostname":
                self._guard(known[1], f"{origin}: {known[1]}")
            else:
                self._add_known(known, origin)

    def _add_substring(self, text: str, types: FrozenSet[str], origin: str) -> None:
        first = text[:PREFIX]
        for kind in types if text else ():
            tables = self._substrings.setdefault(kind, {})
            tables.setdefault(len(first), {}).setdefault(first, []).append((text, f"{origin}: {text[:80]}"))

    def _add_regex(self, entry: str, types: FrozenSet[str], origin: str) -> None:
        text = entry
        if len(text) > 1 and text[0] == "/" and re.fullmatch(r"[a-zA-Z]*", text.rpartition("/")[2]):
            text = text[1:].rpartition("/")[0]  # MISP writes them as PHP does: /pattern/flags
        try:
            re.compile(text)
        except re.error as problem:
            raise ProtectionProblem(
                f"{origin}: {entry[:80]!r} is no regular expression: {problem}"
            ) from problem
        for kind in types:
            self._patterns.setdefault(kind, {}).setdefault(text, f"{origin}: {entry[:80]}")


@lru_cache(maxsize=1)
def _builtin() -> Protection:
    """Made once, since the items of a loop each ask for it."""
    made = Protection()
    made._add_builtin()
    return made


def _types_of(attributes: Any) -> FrozenSet[str]:
    if not isinstance(attributes, list) or not attributes:
        return _ALL_TYPES
    halves: Iterable[str] = (half for attribute in attributes for half in str(attribute).split("|"))
    return frozenset(kind for half in halves for kind in _ATTRIBUTES.get(half, ()))


def _from_disk(path: str) -> str:
    try:
        with open(path, encoding="utf-8-sig") as stream:
            return stream.read()
    except OSError as problem:
        raise ProtectionProblem(f"{path}: cannot be read: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise ProtectionProblem(f"{path}: is not UTF-8 text") from problem

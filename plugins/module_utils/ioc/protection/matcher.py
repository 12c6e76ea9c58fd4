# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of a protection, and which of them a value falls under.

Each look-up costs the same however many rules there are: networks by their length, domains by their parents,
substrings by their first characters, expressions by one automaton.
"""

from __future__ import annotations

import ipaddress
import socket
from functools import lru_cache
from typing import Dict, FrozenSet, List, Optional, Tuple

from ..values import Identity
from .builtin import ADDRESSES, EMPTY_FILE, RESOLVERS, VENDOR_DOMAINS
from .patterns import Patterns

#: Characters by which substrings are found; shorter ones are found by all of theirs.
PREFIX = 8


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


class Rules:
    """Rules by what they are about; of two that cover one value, the first that was added is told."""

    def __init__(self) -> None:
        self._exact: Dict[Identity, str] = {}
        self._domains: Dict[str, str] = {}
        self._above: Dict[str, str] = {}
        self._networks = _Networks()
        # Substrings by their first characters, so that a value is compared with the few that can be in it.
        self._substrings: Dict[str, Dict[int, Dict[str, List[Tuple[str, str]]]]] = {}
        self._patterns: Dict[str, Patterns] = {}

    def rule_of(self, kind: str, value: str) -> Optional[str]:
        """The rule that protects a value in normal form, or None."""
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
        return None if patterns is None else patterns.rule_of(value)

    def take(self, other: Rules) -> None:
        """Add the exact values, domains and networks of other rules."""
        self._exact.update(other._exact)
        self._domains.update(other._domains)
        self._above.update(other._above)
        for version, tables in other._networks.rules.items():
            for shift, table in tables.items():
                self._networks.rules[version].setdefault(shift, {}).update(table)

    def add_value(self, known: Identity, rule: str) -> None:
        """Protect one value; of a domain, only itself."""
        kind, value = known
        if kind in ("ipv4", "ipv6"):
            self._networks.add(value, rule)
        elif kind == "domain":
            self._add_exact_domain(value, rule)
        else:
            self._exact.setdefault(known, rule)

    def add_network(self, text: str, rule: str) -> None:
        """Protect a network. Raises ValueError where it is none."""
        self._networks.add(text, rule)

    def add_domain(self, domain: str, rule: str) -> None:
        """Protect a domain and all beneath it, and the parents against all_subdomains."""
        self._domains.setdefault(domain, rule)
        self._add_exact_domain(domain, rule)

    def _add_exact_domain(self, domain: str, rule: str) -> None:
        self._exact.setdefault(("domain", domain), rule)
        parent = domain
        while parent:
            if parent in self._above:
                return
            self._above[parent] = rule
            parent = parent.partition(".")[2]

    def add_substring(self, text: str, types: FrozenSet[str], rule: str) -> None:
        """Protect the values of some types that hold a text in lower case."""
        first = text[:PREFIX]
        for kind in types:
            tables = self._substrings.setdefault(kind, {})
            tables.setdefault(len(first), {}).setdefault(first, []).append((text, rule))

    def add_pattern(self, text: str, types: FrozenSet[str], rule: str) -> None:
        """Protect the values of some types that an expression matches. Raises PatternProblem."""
        for kind in types:
            self._patterns.setdefault(kind, Patterns()).add(text, rule)


@lru_cache(maxsize=1)
def builtin_rules() -> Rules:
    """What is protected without being asked. Made once, since the items of a loop each ask for it."""
    made = Rules()
    for network, what in ADDRESSES:
        made.add_network(network, f"built in: {network} is {what}")
    for operator, addresses in RESOLVERS:
        for address in addresses.split():
            made.add_network(address, f"built in: a public resolver of {operator}")
    for identity in EMPTY_FILE:
        made.add_value(identity, "built in: the hash of an empty file")
    for domain in VENDOR_DOMAINS:
        made.add_domain(domain, f"built in: {domain} is the vendor's own")
    return made

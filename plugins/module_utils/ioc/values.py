# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The identity of an indicator: its type and its value in normal form.

Two spellings of one hash, domain or address are one indicator. Everything that compares, looks up or counts
indicators does so by `Identity`, the pair of type and normalised value.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Optional, Tuple

from .hints import hint
from .wording import quoted

try:
    import idna
except ImportError:  # pragma: no cover
    # It comes with requests; without it only plain ASCII domains can be judged.
    idna = None  # type: ignore[assignment]

Identity = Tuple[str, str]

#: The types of custom indicators that Falcon takes (`ioc_type_query_v1`).
TYPES = ("sha256", "md5", "domain", "ipv4", "ipv6", "all_subdomains")

#: Hexadecimal digits of each hash type.
HASH_LENGTHS = {"sha256": 64, "md5": 32}

#: Longest domain that Falcon takes, in characters of its ASCII form.
DOMAIN_LENGTH = 200

_HEX = re.compile(r"[0-9a-f]+\Z")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
_TOP_LEVEL = re.compile(r"(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})\Z")
_IPV4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}\Z")


class ValueProblem(ValueError):
    """A value that cannot be the value of an indicator of its type; the text says why."""


def _hash(kind: str, text: str) -> str:
    digits = text.lower()
    length = HASH_LENGTHS[kind]
    if len(digits) != length or not _HEX.match(digits):
        raise ValueProblem(f"a {kind} is {length} hexadecimal digits, got {quoted(text)}")
    return digits


def _domain(_kind: str, text: str) -> str:
    name = text.rstrip(".") if text.endswith(".") and not text.endswith("..") else text
    if not name.isascii():
        name = _ascii_domain(name)
    name = name.lower()
    if not 1 <= len(name) <= DOMAIN_LENGTH:
        raise ValueProblem(f"a domain has 1 to {DOMAIN_LENGTH} characters, got {len(name)}")
    labels = name.split(".")
    if labels[0] == "*":
        raise ValueProblem(
            f"a domain takes no wildcard, got {quoted(text)}; "
            "type all_subdomains covers subdomains, on mobile platforms only"
        )
    if not all(_LABEL.match(label) for label in labels):
        raise ValueProblem(f"{quoted(text)} is not a domain name")
    if not _TOP_LEVEL.match(labels[-1]):
        raise ValueProblem(f"{quoted(text)} is not a domain name: it does not end in a top-level domain")
    return name


def _ascii_domain(name: str) -> str:
    if idna is None:
        raise ValueProblem(f"{quoted(name)} needs the Python library idna (it comes with requests)")
    try:
        return idna.encode(name, uts46=True, transitional=False).decode("ascii")
    except (idna.IDNAError, UnicodeError) as problem:
        raise ValueProblem(f"{quoted(name)} is not a domain name: {problem}") from problem


def _ipv4(_kind: str, text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError as problem:
        raise ValueProblem(f"{quoted(text)} is not an IPv4 address") from problem


def _ipv6(_kind: str, text: str) -> str:
    try:
        if "%" in text:
            raise ValueError("a zone is no part of an indicator")
        address = ipaddress.IPv6Address(text)
    except ValueError as problem:
        raise ValueProblem(f"{quoted(text)} is not an IPv6 address") from problem
    if address.ipv4_mapped is not None:
        return f"::ffff:{address.ipv4_mapped}"  # Python releases disagree on the text of a mapped address
    return str(address)


_NORMAL_FORMS = {
    "sha256": _hash,
    "md5": _hash,
    "domain": _domain,
    "all_subdomains": _domain,
    "ipv4": _ipv4,
    "ipv6": _ipv6,
}


def normalise(kind: str, value: object) -> str:
    """Give the normal form of a value.

    Hashes and domains in lower case, domains without the trailing dot and as UTS-46 punycode, addresses in
    canonical text. White space around the value is no part of it. `kind` is one of `TYPES`. Raises ValueProblem where
    it is not, or where the value is not one of that type.
    """
    form = _NORMAL_FORMS.get(kind) if isinstance(kind, str) else None
    if form is None:
        raise ValueProblem(f"an indicator type must be one of {', '.join(TYPES)}, got {quoted(kind)}")
    if not isinstance(value, str):
        raise ValueProblem(f"a value must be text, got {type(value).__name__}")
    text = value.strip()
    if not text:
        raise ValueProblem("the value is empty")
    try:
        normal = form(kind, text)
    except ValueProblem as problem:
        raise ValueProblem(f"{problem}{hint(kind, text)}") from problem
    # Of a long list most are normal already: one text in memory, not two.
    return text if normal == text else normal


def spellings(kind: str, normal: str, written: str) -> Tuple[str, ...]:
    """How a tenant may have kept a value: in normal form, as it is written, and a hash in capitals as well."""
    capitals = (normal.upper(),) if kind in HASH_LENGTHS else ()
    return tuple(dict.fromkeys((normal, written.strip(), *capitals)))


def recognise(text: str) -> Optional[Identity]:
    """Tell what a bare value is: its type and normal form, or None where it is no indicator.

    Only what cannot be taken for something else counts: a domain needs at least two labels.
    """
    text = text.strip()
    if len(text) > 253 or not text:
        return None
    for hash_type, length in HASH_LENGTHS.items():
        if len(text) == length and _HEX.match(text.lower()):
            return hash_type, text.lower()
    if _IPV4.match(text):
        kind = "ipv4"
    elif ":" in text:
        kind = "ipv6"
    elif "." in text.rstrip("."):
        kind = "domain"
    else:
        return None
    try:
        return kind, _NORMAL_FORMS[kind](kind, text)
    except ValueProblem:
        return None

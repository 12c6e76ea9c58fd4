# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge one value of a feed: which indicators it is, or why it is none."""

from __future__ import annotations

import ipaddress
import re
from typing import List, Optional, Tuple, Union

from ..values import HASH_LENGTHS, Identity, ValueProblem, normalise, recognise
from .kinds import Kind
from .model import NOT_TAKEN, Fault, words
from .names import is_plausible_domain, name_fault
from .refang import host_of, refang, without_port

RANGE = Fault("a range of addresses; Falcon takes single addresses", False, "range")

#: Hashes that Falcon does not take, by their hexadecimal digits.
_OTHER_HASHES = {40: "sha1", 56: "sha224", 96: "sha384", 128: "sha512"}
_HEX = re.compile(r"[0-9A-Fa-f]+\Z")
_IPV4_LIKE = re.compile(r"\d{1,4}(?:[.,]\d{1,4}){3}\Z")
# What a typing error does not make of an address: four digits in one place (6.1.7601.1), or how object identifiers of
# ISO and ITU begin (2.16.840.1).
_VERSION = re.compile(r"\d{4}(?:\.|\Z)|(?:2\.16|1\.[23]|2\.5)\.(?:25[6-9]|2[6-9]\d|[3-9]\d\d)\.")
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}\Z")
_SEPARATORS = re.compile(r"[\s,;|]+")
_LIST_SEPARATORS = re.compile(r"[,;|\n]+")
# Kinds of which no part of a broken value is a value.
_WHOLE = words("sha256 md5 hash file address")
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:[/\\]{1,3}|//")
_SPACED_DOT = re.compile(r" dot | ?\. ?", re.IGNORECASE)  # of a text with single blanks
_PREFIX = re.compile(r"(?:sha-?(?:1|224|256|384|512)|md5)\s*[:=\s]\s*", re.IGNORECASE)
_EDGES = " \t\r\n'\"`\u2018\u2019\u201c\u201d\xab\xbb<>,;"


def tidy(text: str) -> str:
    """Refang a value, and take off the quotes, brackets and stray characters around it."""
    text = refang(text).strip(_EDGES)
    for opening, closing in ("[]", "()", "{}"):
        if text.startswith(opening) and text.endswith(closing) and text.count(opening) == 1:
            text = text[1:-1].strip(_EDGES)
    return (
        text.lstrip("?\ufffd").rstrip("\ufffd").strip(_EDGES)
    )  # what an editor made of an invisible character


def judge(kind: Kind, raw: str, url_to: str = "domain") -> List[Union[Identity, Fault]]:
    """Read one value of a feed.

    ``kind``: what the feed says that it is
    ``url_to``: ``domain`` gives the host of a URL, ``skip`` rejects it
    Returns one identity or fault for each half of a composite value, for each value of a cell that holds several
    """
    if isinstance(kind, tuple):
        return _composite(kind, raw, url_to)
    text = tidy(raw)
    found = _single(kind, text, url_to)
    if isinstance(found, Fault) and (found.malformed or kind in ("file", "any")):
        return _several(kind, text, url_to) or [found]
    return [found]


def _several(kind: str, text: str, url_to: str) -> List[Union[Identity, Fault]]:
    """The values of a cell that is a list of them; empty where it is none, or holds words as well."""
    for separators in (_SEPARATORS, _LIST_SEPARATORS):
        parts = [part for part in map(tidy, separators.split(text)[:1001]) if part]
        if not 1 < len(parts) <= 1000:
            continue
        found = [_single(kind, part, url_to) for part in parts]
        # A hash of another algorithm, say, is a value too, though not one to take.
        broken = [one for one in found if isinstance(one, Fault) and one.code not in NOT_TAKEN]
        if broken and (kind not in _WHOLE or separators is _SEPARATORS):
            continue  # half a misspelt domain would be another domain: "evil,com.example"
        if not all(isinstance(one, Fault) for one in found):
            return found
    return []


def _composite(kinds: Tuple[str, ...], raw: str, url_to: str) -> List[Union[Identity, Fault]]:
    halves = raw.split("|")
    if len(halves) != len(kinds):
        halves, kinds = [raw], tuple(kind for kind in kinds if kind not in ("filename", "port"))[:1]
    return [
        outcome
        for kind, half in zip(kinds, halves)
        if kind not in ("filename", "port")
        for outcome in judge(kind, half, url_to)
    ]


def _single(kind: str, text: str, url_to: str) -> Union[Identity, Fault]:
    if not text:
        return Fault("there is no value", True, "no_value")
    if kind in ("address", "domain"):
        text = _SPACED_DOT.sub(".", " ".join(text.split()))
    try:
        if kind == "file" and not _HEX.match(text):
            return Fault("a file name; Falcon does not take them", False, "file_name")
        if kind in ("sha256", "md5", "hash", "file"):
            return _hash_value(kind, text)
        if kind == "address":
            return _address(text, url_to)
        if (kind == "uri" and not SCHEME.match(text)) or (kind == "url" and re.match(r"/(?!/)", text)):
            return Fault("a path with no host", False, "no_host")
        if kind in ("url", "uri"):
            return _url(text, url_to)
        if kind == "domain":
            return _domain(text, url_to)
        if kind == "all_subdomains":
            return kind, normalise(kind, text)
        return _any(text, url_to)
    except ValueProblem as problem:
        return Fault(str(problem), True, "invalid_value")


def _hash_value(kind: str, text: str) -> Union[Identity, Fault]:
    digits = "".join(_PREFIX.sub("", text).split())
    if _HEX.match(digits):
        for hash_type, length in HASH_LENGTHS.items():
            if len(digits) == length:  # the length is the type, whatever the label says
                return hash_type, digits.lower()
        if len(digits) in _OTHER_HASHES:
            return Fault(
                f"a {_OTHER_HASHES[len(digits)]}; Falcon takes sha256 and md5",
                kind in HASH_LENGTHS,
                "hash_not_taken",
            )
    if kind not in HASH_LENGTHS:
        return Fault(f"{digits[:80]!r} is neither a sha256 nor an md5", True, "invalid_value")
    return kind, normalise(kind, digits)


def network_of(text: str) -> Optional[Union[ipaddress.IPv4Network, ipaddress.IPv6Network]]:
    """The network that a text in CIDR notation names, or ``None``."""
    address, slash, length = text.partition("/")
    if not slash or not length.strip().isdigit():
        return None
    try:
        return ipaddress.ip_network(f"{address.strip()}/{length.strip()}", strict=False)
    except ValueError:
        return None


def _address(text: str, url_to: str) -> Union[Identity, Fault]:
    network = network_of(text)
    if network is not None:
        return _of_network(network)
    if SCHEME.match(text):
        return _url(text, url_to)
    host = without_port(text)
    first, dash, last = host.partition("-")
    if dash and _IPV4.match(first.strip()) and _IPV4.match(last.strip()):
        return RANGE
    return _host("ipv6" if ":" in host else "ipv4", host)


def _of_network(network: Union[ipaddress.IPv4Network, ipaddress.IPv6Network]) -> Union[Identity, Fault]:
    if network.prefixlen < network.max_prefixlen:
        return Fault("a network (CIDR); Falcon takes single addresses", False, "network")
    return _host(f"ipv{network.version}", str(network.network_address))


def _host(kind: str, host: str) -> Identity:
    return kind, normalise(kind, host)


def _domain(text: str, url_to: str) -> Union[Identity, Fault]:
    if "/" in text or "\\" in text:
        network = network_of(text)
        return _of_network(network) if network is not None else _url(text, url_to)
    if "@" in text:
        return Fault("an e-mail address; Falcon does not take them", False, "email")
    host = without_port(text)
    if host.startswith(("*.", ".")):
        return Fault("a wildcard; Falcon takes single domains", False, "wildcard")
    return _name_or_address(host)


def _name_or_address(host: str) -> Identity:
    if _IPV4_LIKE.match(host):
        return _host("ipv4", host)
    if ":" in host:
        return _host("ipv6", host)
    if "." not in host.strip("."):
        raise ValueProblem(f"{host[:80]!r} is not a domain name")
    return _host("domain", host)


def _url(text: str, url_to: str) -> Union[Identity, Fault]:
    if not SCHEME.match(text) and not re.search(r"[/\\?#]", text):
        return _domain(text, url_to)  # a bare host in a column of URLs
    if url_to == "skip":
        return Fault("a URL, and url_to is skip", False, "url_skipped")
    host = host_of(text)
    if not host:
        return Fault("a URL with no host", False, "no_host")
    if host.startswith(("*.", ".")):
        return Fault("a wildcard; Falcon takes single domains", False, "wildcard")
    return _name_or_address(host)


def _any(text: str, url_to: str) -> Union[Identity, Fault]:
    known = recognise(text) or recognise(without_port(text))
    if known is not None:
        fault = name_fault(known[1], text) if known[0] == "domain" else None
        return known if fault is None else fault
    if SCHEME.match(text):
        return _url(text, url_to)
    if _PREFIX.match(text) and _HEX.match(_PREFIX.sub("", text, count=1)):
        return _hash_value("hash", text)
    broken = broken_value(text)
    if broken is not None:
        return broken
    network = network_of(text)
    if network is not None:
        return _of_network(network)
    if "@" in text:
        return Fault("an e-mail address; Falcon does not take them", False, "email")
    host = host_of(text)
    known = recognise(host) if "/" in text and "." in host else None
    if known is not None and (known[0] != "domain" or is_plausible_domain(known[1], host)):
        return _url(text, url_to)
    return Fault("no hash, address, domain or URL", False, "no_indicator")


def broken_value(text: str) -> Optional[Fault]:
    """Why a token that cannot be read is a hash or an address all the same, or ``None`` where it is neither."""
    if _HEX.match(text):
        if len(text) in _OTHER_HASHES:
            return Fault(
                f"a {_OTHER_HASHES[len(text)]}; Falcon takes sha256 and md5", False, "hash_not_taken"
            )
        for hash_type, length in HASH_LENGTHS.items():
            if 0 < abs(len(text) - length) <= 2:
                return Fault(
                    f"a {hash_type} is {length} hexadecimal digits, got {len(text)}", True, "invalid_value"
                )
    elif _IPV4_LIKE.match(text):
        if _VERSION.search(text):
            return Fault("a version number or an object identifier, not an address", False, "not_an_address")
        return Fault(f"{text!r} is not an IPv4 address", True, "invalid_value")
    return None

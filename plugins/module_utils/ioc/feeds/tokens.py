# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands among other words: defanged domains, addresses and URLs, and hashes."""

from __future__ import annotations

import re
from typing import Iterator, List, NamedTuple, Optional, Tuple, Union

from ..values import recognise
from .labels import broken_value
from .model import Fault
from .names import is_plausible_domain
from .refang import AT, COLON, DOT, has_defanged_scheme, host_of, is_defanged, unmark

#: A value of a line: its kind (see labels) and its text, or why it is none.
Value = Union[Tuple[str, str], Fault]

_WORD = rf"[\w{DOT}-]"
_TOKEN = re.compile(
    rf"(?P<url>(?<![A-Za-z0-9])(?:(?:h[tx*_]{{2}}ps?|f[tx]{{1,2}}ps?)(?:{COLON}|:)[/\\]{{1,3}}"
    rf"|[A-Za-z][A-Za-z0-9+.-]{{1,30}}(?:{COLON}|:)//)(?:\[[^\]\s]{{0,60}}\])?[^\s\"'<>`|\[\]()]*)"
    rf"|(?P<mail>(?<![\w.+%{DOT}-])[\w.+%{DOT}-]+(?:@|{AT})[\w.{DOT}-]+)"
    rf"|(?P<host>(?<!{_WORD})(?:\*[.{DOT}])?[\w-]+(?:[.{DOT}]+[\w-]+)+(?:(?::|{COLON})\d+)?(?:/[^\s\"'<>`|]*)?)"
    rf"|(?P<v6>(?<![\w:])(?:[0-9A-Fa-f]{{0,4}}(?::|{COLON})){{2,7}}(?:[0-9A-Fa-f]{{0,4}}|[0-9.{DOT}]{{1,20}})(?![\w:]))",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[\d.]+(?::\d+)?(?:/\d+)?\Z")
_HEX = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{30,130}(?![0-9A-Za-z])")
# What malware analysts call by its algorithm though it is no hash of a file.
_NOT_OF_A_FILE = re.compile(
    r"(?:imphash|import hash|vhash|ja3s?|jarm|pehash|richhash|telfhash|ssdeep|tlsh)"
    r"(?:\W{0,2}(?:hash|fingerprint|digest|md5))?\W{1,4}\Z",
    re.IGNORECASE,
)
# How build tools name what a page loads: application-<hash>.css, main.<hash>.js.
_ASSET_BEFORE = re.compile(r"\w[-._~]\Z")
_ASSET_AFTER = re.compile(
    r"(?:\.(?:min|chunk|bundle))?\.(?:css|m?js|map|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|eot|otf|json|wasm)\b",
    re.IGNORECASE,
)
_CHUNK = re.compile(r"[^\s\"'<>`|]+")
_PUNCTUATION = re.compile(rf"[{DOT}{COLON}{AT}@:]|[\w{DOT}]\.\w")
_AUTHORITY = re.compile(r"[^/\\]*[/\\]{1,3}([^/\\?#]*)")
_EVIDENCE = re.compile(rf"[{DOT}{COLON}{AT}.:]|[0-9A-Fa-f]{{30}}")
NOT_ALONE = "is neither defanged nor alone on its line"
PLAIN_URL = Fault(f"a URL that {NOT_ALONE}", False, "not_defanged")
PLAIN_ADDRESS = Fault(f"an address that {NOT_ALONE}", False, "not_defanged")


class Found(NamedTuple):
    """What a line holds: values and faults, and the first value as it is written ("" where there is none)."""

    values: List[Value]
    faults: List[Value]
    first: str


def has_evidence(text: str) -> bool:
    """Whether a marked line can hold anything at all: a dot, a colon, or thirty digits of a hash."""
    return _EVIDENCE.search(text) is not None


def has_hash(text: str) -> bool:
    """Whether digits of the length of a hash stand in a text."""
    return _HEX.search(text) is not None


def find(text: str) -> Found:
    """The values among the words of a marked line: what is defanged, in order, and then hashes outside of URLs."""
    found = Found([], [], "")
    rest: List[str] = []  # what is left for hashes
    end = 0
    for match in _tokens(text):
        token = match.group().rstrip(".,:;)]}*").lstrip("-")
        value = _value_of(str(match.lastgroup), token)
        if value is None:
            continue
        found = _with(found, value, token)
        rest.append(text[end : match.start()])
        end = match.end()
    plain = " ".join([*rest, text[end:]])
    for match in _HEX.finditer(plain) if len(plain) >= 30 else ():
        value = _hash_at(plain, match)
        if value is not None:
            found = _with(found, value, match.group())
    return found


def _with(found: Found, value: Value, written: str) -> Found:
    if isinstance(value, Fault):
        found.faults.append(value)
        return found
    found.values.append(value)
    return found if found.first else found._replace(first=written)


def _tokens(text: str) -> Iterator[re.Match[str]]:
    for chunk in _CHUNK.finditer(text):
        if _PUNCTUATION.search(chunk.group()):
            yield from _TOKEN.finditer(text, chunk.start(), chunk.end())


def _hash_at(plain: str, match: re.Match[str]) -> Optional[Value]:
    digits = match.group()
    broken = broken_value(digits)
    if broken is not None:
        return broken
    if len(digits) not in (32, 64):
        return None
    before = plain[max(0, match.start() - 30) : match.start()]
    if _NOT_OF_A_FILE.search(before):
        return Fault("not the hash of a file", False, "type_not_taken")
    if _ASSET_BEFORE.search(before) and _ASSET_AFTER.match(plain, match.end()):
        return Fault(
            "a fingerprint in the name of a web page's file, not the hash of a file", False, "asset_name"
        )
    return ("hash", digits)


def _value_of(group: str, token: str) -> Optional[Value]:
    """A token among others: its value if it is defanged, a fault if it should be, None for a word."""
    if group == "mail":
        return _of_mail(token)
    if group == "url":
        if is_defanged(token.partition("/")[0]) or is_defanged(_authority(token)):
            return ("url", unmark(token))
        return PLAIN_URL
    if group == "v6":
        return _of_ipv6(token)
    return _of_host(token)


def _of_mail(token: str) -> Value:
    host = unmark(token).rpartition("@")[2]
    if DOT in token and _ADDRESS.match(host):
        return ("address", host)  # user@address, as in a URL
    return Fault("an e-mail address; Falcon does not take them", False, "email")


def _of_ipv6(token: str) -> Optional[Value]:
    plain = unmark(token)
    if COLON in token:
        return ("address", plain)
    if plain.count(":") > 2 and recognise(plain):
        return PLAIN_ADDRESS
    return None


def _of_host(token: str) -> Optional[Value]:
    plain = unmark(token)
    host = token.partition("/")[0]
    name = host_of(plain)
    if DOT in host or COLON in host:
        if _ADDRESS.match(plain):
            return ("address", plain)
        if name.startswith("*."):
            return Fault("a wildcard; Falcon takes single domains", False, "wildcard")
        if not is_plausible_domain(name.lower(), name, True):
            return Fault("a file name; Falcon does not take them", False, "file_name")
        return ("url" if "/" in plain else "domain", plain)
    if _ADDRESS.match(name):
        return PLAIN_ADDRESS if recognise(name) else None
    if ("/" in plain or _HEX.search(plain)) and is_domain(plain, False):
        return PLAIN_URL
    return None


def is_domain(plain: str, defanged: bool) -> bool:
    """Whether the host of a plain text is a domain, and not the name of a file or a program."""
    host = host_of(plain)
    known = recognise(host)
    return known is not None and known[0] == "domain" and is_plausible_domain(known[1], host, defanged)


def is_address(plain: str) -> bool:
    """Whether a plain text is an address, with or without a port."""
    known = recognise(host_of(plain)) if "/" not in plain else None
    return known is not None and known[0] in ("ipv4", "ipv6")


def is_defanging(marked: str) -> bool:
    """Whether an author who wrote a line defangs: a marked dot or colon, or a scheme such as hxxp."""
    return DOT in marked or COLON in marked or any(map(has_defanged_scheme, marked.split()))


def _authority(token: str) -> str:
    match = _AUTHORITY.match(token)
    return match.group(1) if match else token

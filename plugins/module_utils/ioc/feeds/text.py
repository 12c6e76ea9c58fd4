# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text and Markdown: hashes anywhere but in a URL; domains, addresses and URLs where defanged or alone on a line."""

from __future__ import annotations

import re
from typing import Any, Iterator, List, Tuple

from ..values import recognise
from .labels import broken_value, is_plausible_domain, judge
from .model import Fault, Row
from .refang import AT, COLON, DOT, clean, host_of, is_defanged, mark, unmark

# The mark of a list, a box to tick, or both.
_BULLET = re.compile(
    r"(?:[-*+•·–—]+|>|\(?\d{1,4}[.)]|\[\d{1,4}\]|\(?[A-Za-z]\))\s+(?:\[[ xX]\]\s+)?|[•·]+|\[[ xX]\]\s+"
)
_COMMENT = re.compile(r"#(?!#)|//|;")
# A remark, or a port written apart from its address.
_TRAILER = re.compile(r"\s+(?:(?:#|//|;|<--).*|\(?(?::|port |tcp[ /]|udp[ /])\d{1,5}\)?)\Z", re.IGNORECASE)
_EDGES = " \t'\"`\u2018\u2019\u201c\u201d<>|,;!"
_NAME = re.compile(r"[\w.*-]+\Z")

_WORD = rf"[\w{DOT}-]"
_TOKEN = re.compile(
    rf"(?P<url>(?<![A-Za-z0-9])(?:(?:h[tx*_]{{2}}ps?|f[tx]{{1,2}}ps?)(?:{COLON}|:)[/\\]{{1,3}}"
    rf"|[A-Za-z][A-Za-z0-9+.-]+(?:{COLON}|:)//)(?:\[[^\]\s]*\])?[^\s\"'<>`|\[\]()]*)"
    rf"|(?P<mail>(?<![\w.+%{DOT}-])[\w.+%{DOT}-]+(?:@|{AT})[\w.{DOT}-]+)"
    rf"|(?P<host>(?<!{_WORD})(?:\*[.{DOT}])?{_WORD}+(?:[.{DOT}]{_WORD}+)+(?:(?::|{COLON})\d+)?(?:/[^\s\"'<>`|]*)?)"
    rf"|(?P<v6>(?<![\w:])(?:[0-9A-Fa-f]{{0,4}}(?::|{COLON})){{2,7}}(?:[0-9A-Fa-f]{{0,4}}|[0-9.{DOT}]+)(?![\w:]))",
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
_CHUNK = re.compile(r"[^\s\"'<>`|]+")
_PUNCTUATION = re.compile(rf"[{DOT}{COLON}{AT}@:]|[\w{DOT}]\.\w")
_EVIDENCE = re.compile(rf"[{DOT}{COLON}{AT}.:]|[0-9A-Fa-f]{{30}}")
_NOT_ALONE = "is neither defanged nor alone on its line"


def rows(numbered: Iterator[Tuple[int, str]]) -> Iterator[Row]:
    """Read a report or a plain list; every line is a row, unless it is blank or a comment."""
    for number, written in numbered:
        text = clean(written).strip()
        if not text or not any(map(str.isalnum, text)):
            continue
        values, rest = _values(mark(text))
        if _COMMENT.match(text):
            if values:
                yield Row(number, written, [Fault("a comment", False, "comment")], {})
            continue
        fields = {"description": rest} if rest else {}
        yield Row(
            number, written, values or [Fault("no indicator in this line", False, "no_indicator")], fields
        )


def _values(text: str) -> Tuple[List[Any], str]:
    """What is in one marked line, and what the line says besides."""
    if not _EVIDENCE.search(text):
        return [], ""
    bullet = _BULLET.match(text)
    bare = _TRAILER.sub("", text[bullet.end() :] if bullet else text).strip(_EDGES).rstrip(".")
    bare = bare[2:-2].strip(_EDGES) if bare.startswith("**") and bare.endswith("**") else bare
    bare = bare.lstrip("-") if is_defanged(bare) else bare  # a bullet with no space
    is_table = "|" in bare and is_defanged(bare)
    if bare and " " not in bare and "\t" not in bare and not is_table:
        alone = _alone(bare, bool(bullet))
        if alone:
            return alone, ""
    values: List[Any] = []
    faults: List[Any] = []
    pieces: List[str] = []  # what is left for hashes
    end = 0
    first = ""
    for match in _tokens(text):
        token = match.group().rstrip(".,:;)]}*").lstrip("-")
        outcome = _defanged(str(match.lastgroup), token)
        if outcome is None:
            continue
        if isinstance(outcome, Fault):
            faults.append(outcome)
        else:
            values.append(outcome)
            first = first or token
        pieces.append(text[end : match.start()])
        end = match.end()
    plain = " ".join([*pieces, text[end:]])
    for match in _HEX.finditer(plain) if len(plain) >= 30 else ():
        digits = match.group()
        broken = broken_value(digits)
        if broken is not None:
            faults.append(broken)
        elif len(digits) in (32, 64):
            if _NOT_OF_A_FILE.search(plain[max(0, match.start() - 30) : match.start()]):
                faults.append(Fault("not the hash of a file", False, "type_not_taken"))
            else:
                values.append(("hash", digits))
                first = first or digits
    about = text.replace(first, " ", 1) if _HEX.fullmatch(first) else text
    return values + faults, unmark(about.strip(" \t-–—|:,;#*>`'\"→")) if values else ""


def _tokens(text: str) -> Iterator[re.Match[str]]:
    for chunk in _CHUNK.finditer(text):
        if _PUNCTUATION.search(chunk.group()):
            yield from _TOKEN.finditer(text, chunk.start(), chunk.end())


def _alone(bare: str, in_list: bool) -> List[Any]:
    """The value of a line that holds nothing else, if it is one."""
    defanged = is_defanged(bare)
    plain = unmark(bare)
    if bare.endswith(".*") or "](" in bare or ("@" in plain and "://" not in plain):
        return []  # a pattern of names; a link of Markdown; an e-mail address: what is in them is told by tokens
    if "://" in plain and in_list and not defanged:
        return []  # a link in a list is how a report cites its sources
    if plain.count(":") > 1 and "://" not in plain and not any(map(str.isdigit, plain)):
        return []
    if (
        defanged
        and "://" not in plain
        and "/" not in plain
        and not any(map(str.isdigit, plain.rpartition(".")[2]))
    ):
        host = host_of(plain)
        if not _NAME.match(host):
            return []  # code or a pattern: the names in it are told by tokens
        kind = "domain" if _is_domain(plain, True) or recognise(host) is None else ""
    else:
        kind = "any"
    outcomes = (
        judge(kind, plain) if kind else [Fault("a file name; Falcon does not take them", False, "file_name")]
    )
    outcome = outcomes[0]
    if len(outcomes) > 1 or (isinstance(outcome, Fault) and outcome.code == "no_indicator"):
        return []
    return [(kind, plain) if not isinstance(outcome, Fault) or outcome.malformed else outcome]


def _is_domain(plain: str, defanged: bool) -> bool:
    known = recognise(host_of(plain))
    return (
        known is not None and known[0] == "domain" and is_plausible_domain(known[1], host_of(plain), defanged)
    )


def _defanged(group: str, token: str) -> Any:
    """A token among others: its kind and text if it is defanged, a fault if it should be, C{None} if it is a word."""
    plain = unmark(token)
    if group == "mail":
        host = plain.rpartition("@")[2]
        if DOT in token and _ADDRESS.match(host):
            return ("address", host)  # user@address, as in a URL
        return Fault("an e-mail address; Falcon does not take them", False, "email")
    if group == "url":
        return (
            ("url", plain)
            if is_defanged(token.partition("/")[0]) or is_defanged(_authority(token))
            else Fault(f"a URL that {_NOT_ALONE}", False, "not_defanged")
        )
    if group == "v6":
        if COLON in token:
            return ("address", plain)
        return (
            Fault(f"an address that {_NOT_ALONE}", False, "not_defanged")
            if recognise(plain) and plain.count(":") > 2
            else None
        )
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
        return Fault(f"an address that {_NOT_ALONE}", False, "not_defanged") if recognise(name) else None
    if ("/" in plain or _HEX.search(plain)) and _is_domain(plain, False):
        return Fault(f"a URL that {_NOT_ALONE}", False, "not_defanged")
    return None


def _authority(token: str) -> str:
    match = re.match(r"[^/\\]*[/\\]{1,3}([^/\\?#]*)", token)
    return match.group(1) if match else token

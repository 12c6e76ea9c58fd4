# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""STIX 2.0 and 2.1 (OASIS): the patterns of indicators, and cyber-observable objects."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Mapping, Sequence, Tuple, Union

from .model import Fault, Row

_HASH_PATHS = {"sha256": "sha256", "md5": "md5"}
_OBJECTS = {"domain-name": "domain", "ipv4-addr": "address", "ipv6-addr": "address", "url": "url"}
_OBSERVABLES = frozenset(
    "artifact autonomous-system directory domain-name email-addr email-message file ipv4-addr ipv6-addr mac-addr mutex "
    "network-traffic process software url user-account windows-registry-key x509-certificate".split()
)
_LEXEMES = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<join>AND|OR|FOLLOWEDBY|NOT|IN|LIKE|MATCHES|ISSUBSET|ISSUPERSET|EXISTS|WITHIN"
    r"|REPEATS|START|STOP)\b|(?P<path>[A-Za-z][\w-]*:(?:'[^']*'|\"[^\"]*\"|[\w.*\[\]-])+)|(?P<sign>!=|<=|>=|[=<>\[\](),])"
    r"|(?P<other>[^\s\[\](),=<>!]+|.))",
    re.DOTALL,
)


def rows(document: Any) -> Iterator[Row]:
    """Read a bundle, a list of objects, or one object.

    Objects that only tell a story (malware, relationships, reports ...) are no rows.
    """
    objects = document.get("objects", [document]) if isinstance(document, Mapping) else document
    for number, one in enumerate(objects if isinstance(objects, list) else [], 1):
        if not isinstance(one, Mapping):
            yield Row(number, str(one), [Fault("not a STIX object", False)], {})
        elif one.get("type") == "indicator":
            yield _indicator(number, one)
        elif one.get("type") in _OBSERVABLES:
            yield Row(number, _name(one), _observable(one), _fields(one))
        elif one.get("type") == "observed-data" and isinstance(one.get("objects"), Mapping):  # STIX 2.0
            for inner in one["objects"].values():
                if isinstance(inner, Mapping):
                    yield Row(number, _name(inner), _observable(inner), _fields(inner))


def _name(one: Mapping[str, Any]) -> str:
    return str(one.get("value") or one.get("name") or one.get("id") or one.get("type"))


def _fields(one: Mapping[str, Any]) -> Dict[str, Any]:
    fields: Dict[str, Any] = {}
    words = [one[key] for key in ("name", "description") if isinstance(one.get(key), str)]
    if one.get("type") == "indicator" and words:
        fields["description"] = ": ".join(words)
    if one.get("type") == "file" and isinstance(one.get("name"), str):
        fields["filename"] = one["name"]
    if isinstance(one.get("labels"), list):
        fields["tags"] = [label for label in one["labels"] if isinstance(label, str)]
    return fields


def _indicator(number: int, one: Mapping[str, Any]) -> Row:
    pattern = one.get("pattern")
    text = pattern if isinstance(pattern, str) else _name(one)
    words = [*_list(one.get("indicator_types")), *_list(one.get("labels"))]
    values: Sequence[Any]
    if one.get("revoked") is True:
        values = [Fault("revoked by its publisher", False)]
    elif "benign" in words:
        values = [Fault("called benign by its publisher", False)]
    elif one.get("pattern_type", "stix") != "stix":
        values = [Fault(f"a pattern in {str(one['pattern_type'])[:40]}, not in STIX", False)]
    elif not isinstance(pattern, str) or not pattern.strip():
        values = [Fault("an indicator without a pattern", True)]
    else:
        try:
            values = [_comparison(path, value) for path, value in comparisons(pattern)]
        except ValueError as problem:
            values = [Fault(str(problem), False)]
    return Row(number, text, list(values), _fields(one))


def _list(value: Any) -> List[Any]:
    return value if isinstance(value, list) else []


def comparisons(pattern: str) -> List[Tuple[str, str]]:
    """The paths and values of a pattern that is equality comparisons joined by OR.

    @raise ValueError: the pattern needs more than that, or is broken; the text says what
    """
    lexemes = [(str(match.lastgroup), match.group(str(match.lastgroup))) for match in _LEXEMES.finditer(pattern.strip())]
    found: List[Tuple[str, str]] = []
    depth: List[str] = []
    place = 0

    def take(group: str) -> str:
        nonlocal place
        if place >= len(lexemes) or lexemes[place][0] != group:
            raise ValueError(_needs(lexemes[place] if place < len(lexemes) else ("", "an end")))
        place += 1
        return lexemes[place - 1][1]

    while True:
        while place < len(lexemes) and lexemes[place][1] in ("[", "(") and lexemes[place][0] == "sign":
            depth.append(take("sign"))
        path = take("path")
        if lexemes[place : place + 1] == [("join", "IN")]:
            take("join")
            if take("sign") != "(":
                raise ValueError("the pattern is broken after IN")
            found.append((path, take("text")))
            while take("sign") == ",":
                found.append((path, take("text")))
        else:
            if lexemes[place : place + 1] != [("sign", "=")]:
                raise ValueError(_needs(lexemes[place] if place < len(lexemes) else ("", "an end")))
            take("sign")
            found.append((path, take("text")))
        while depth and place < len(lexemes) and lexemes[place] == ("sign", {"[": "]", "(": ")"}[depth[-1]]):
            take("sign")
            depth.pop()
        if place == len(lexemes):
            if depth:
                raise ValueError("the pattern is cut")
            return [(path, re.sub(r"\\(.)", r"\1", text[1:-1])) for path, text in found]
        if lexemes[place] != ("join", "OR"):
            raise ValueError(_needs(lexemes[place]))
        take("join")


def _needs(lexeme: Tuple[str, str]) -> str:
    if lexeme[0] == "join" or lexeme[1] in ("!=", "<", ">", "<=", ">="):
        return f"the pattern needs {lexeme[1]}; an indicator is one value"
    return f"the pattern is not understood at {lexeme[1][:40]!r}"


def _comparison(path: str, value: str) -> Union[Fault, Tuple[str, str]]:
    kind, _colon, rest = path.partition(":")
    algorithm = re.search(r"(?:^|\.)hashes\.(.+)\Z", rest)
    if algorithm:
        return _hash(algorithm.group(1), value)
    if rest == "value" and kind in _OBJECTS:
        return _OBJECTS[kind], value
    if kind == "network-traffic" and rest in ("dst_ref.value", "src_ref.value"):
        return "domain", value
    return Fault(f"{path[:60]} is not something that Falcon takes", False)


def _hash(algorithm: str, value: Any) -> Union[Fault, Tuple[str, str]]:
    kind = _HASH_PATHS.get(re.sub(r"[^a-z0-9]", "", algorithm.lower()))
    if kind is None:
        return Fault(f"a {algorithm.strip(chr(39))[:20]}; Falcon takes sha256 and md5", False)
    return kind, value if isinstance(value, str) else str(value)


def _observable(one: Mapping[str, Any]) -> List[Any]:
    kind = one.get("type")
    hashes = one.get("hashes")
    if isinstance(hashes, Mapping) and hashes:
        return [_hash(str(algorithm), value) for algorithm, value in hashes.items()]
    if kind in _OBJECTS and isinstance(one.get("value"), str):
        return [(_OBJECTS[str(kind)], one["value"])]
    return [Fault(f"{kind} is not something that Falcon takes", kind in _OBJECTS)]

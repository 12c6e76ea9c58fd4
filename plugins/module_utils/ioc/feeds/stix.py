# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""STIX 2.0 and 2.1 (OASIS): the patterns of indicators, and cyber-observable objects."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Mapping, Sequence, Tuple, Union

from .model import Fault, Row, words

_HASH_PATHS = {"sha256": "sha256", "md5": "md5"}
_OBJECTS = {"domain-name": "domain", "ipv4-addr": "address", "ipv6-addr": "address", "url": "url"}
_OBSERVABLES = words(
    "artifact autonomous-system directory domain-name email-addr email-message file ipv4-addr ipv6-addr "
    "mac-addr mutex network-traffic process software url user-account windows-registry-key "
    "x509-certificate"
)
_TAKEN = re.compile(r"(?:domain-name|ipv4-addr|ipv6-addr|url):value|file:hashes")
_END = ("", "its end")
_LEXEMES = re.compile(
    r"(?:(?P<skip>\s+|/\*.*?\*/|//[^\n]*)|(?P<text>'(?:[^'\\]|\\.)*')"
    r"|(?P<path>[A-Za-z][\w-]*:(?:'[^']*'|\"[^\"]*\"|[\w.*\[\]-])+)"
    r"|(?P<join>(?:AND|OR|FOLLOWEDBY|NOT|IN|LIKE|MATCHES|ISSUBSET|ISSUPERSET|EXISTS|WITHIN|REPEATS|START|STOP)\b)"
    r"|(?P<sign>!=|<=|>=|==|[=<>\[\](),])"
    r"|(?P<other>[^\s\[\](),=<>!]+|.))",
    re.DOTALL | re.IGNORECASE,
)
# The hashes of a whole file, by itself or by what refers to it; an executable's sections have hashes too.
_FILE_HASH = re.compile(r"(?:\w+_refs?(?:\[[^\]]*\])?\.)*hashes\.(.+)\Z")
_WITH_FILE_HASH = words("file artifact process network-traffic directory email-message")


def is_object(one: Any) -> bool:
    """Whether something is a STIX object: its id is its type and a UUID."""
    return isinstance(one, Mapping) and str(one.get("id")).startswith(f"{one.get('type')}--")


def is_stix(document: Any) -> bool:
    """Whether a document is a bundle, an envelope of TAXII, a list of objects, or one object."""
    if isinstance(document, list):
        return bool(document) and all(map(is_object, document[:5]))
    return isinstance(document, Mapping) and (
        isinstance(document.get("objects"), list) or document.get("type") == "bundle" or is_object(document)
    )


def rows(document: Any) -> Iterator[Row]:
    """Read a bundle, a list of objects, or one object.

    Objects that only tell a story (malware, relationships, reports ...) are no rows.
    """
    objects = document.get("objects", [document]) if isinstance(document, Mapping) else document
    for number, one in enumerate(objects if isinstance(objects, list) else [], 1):
        if not isinstance(one, Mapping):
            yield Row(number, str(one), [Fault("not a STIX object", False, "no_object")], {})
        elif one.get("type") == "indicator":
            yield _indicator(number, one)
        elif str(one.get("type")) in _OBSERVABLES:
            yield Row(number, _name(one), _observable(one), _fields(one))
        elif one.get("type") == "observed-data" and isinstance(one.get("objects"), Mapping):  # STIX 2.0
            for inner in filter(lambda inner: isinstance(inner, Mapping), one["objects"].values()):
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
        values = [Fault("revoked by its publisher", False, "revoked")]
    elif "benign" in words:
        values = [Fault("called benign by its publisher", False, "benign")]
    elif str(one.get("pattern_type") or "stix").lower() != "stix":
        values = [
            Fault(f"a pattern in {str(one['pattern_type'])[:40]}, not in STIX", False, "pattern_language")
        ]
    elif not isinstance(pattern, str) or not pattern.strip():
        values = [Fault("an indicator without a pattern", True, "no_value")]
    else:
        try:
            values = [_comparison(path, value) for path, value in comparisons(pattern)]
        except ValueError as problem:
            values = [
                Fault(
                    str(problem), bool("not understood" in str(problem) and _TAKEN.search(pattern)), "pattern"
                )
            ]
    return Row(number, text, list(values), _fields(one))


def _list(value: Any) -> List[Any]:
    return value if isinstance(value, list) else []


def comparisons(pattern: str) -> List[Tuple[str, str]]:
    """The paths and values of a pattern that is equality comparisons joined by OR.

    @raise ValueError: the pattern needs more than that, or is broken; the text says what
    """
    found: List[Tuple[str, str]] = []
    lexemes = _Lexemes(pattern)
    closings: List[str] = []
    while True:
        while lexemes.next in (("sign", "["), ("sign", "(")):
            closings.append({"[": "]", "(": ")"}[lexemes.take("sign")])
        path = lexemes.take("path")
        found += [(path, value) for value in lexemes.values()]
        while closings and lexemes.next == ("sign", closings[-1]):
            lexemes.take("sign")
            closings.pop()
        if lexemes.next == _END and not closings:
            return found
        if lexemes.next != ("join", "OR"):
            raise ValueError(lexemes.problem())
        lexemes.take("join")


class _Lexemes:
    """The lexemes of a pattern, read one by one."""

    def __init__(self, pattern: str) -> None:
        self._matches = _LEXEMES.finditer(pattern.strip())
        self.next = _END
        self._advance()

    def _advance(self) -> None:
        match = next((match for match in self._matches if match.lastgroup != "skip"), None)
        if match is None:
            self.next = _END
        else:
            group = str(match.lastgroup)
            text = match.group(group)
            self.next = (group, text.upper() if group == "join" else text)

    def take(self, group: str, *texts: str) -> str:
        """Take the next lexeme, which must be of a group and, where given, one of some texts."""
        if self.next[0] != group or (texts and self.next[1] not in texts):
            raise ValueError(self.problem())
        taken = self.next[1]
        self._advance()
        return taken

    def values(self) -> List[str]:
        """Take what a path is compared with: C{= 'a'} or C{IN ('a', 'b')}."""
        if self.next == ("join", "IN"):
            self.take("join")
            self.take("sign", "(")
            found = [self.take("text")]
            while self.take("sign", ",", ")") == ",":
                found.append(self.take("text"))
        else:
            self.take("sign", "=", "==")
            found = [self.take("text")]
        return [re.sub(r"\\(.)", r"\1", text[1:-1]) for text in found]

    def problem(self) -> str:
        """Why the next lexeme ends the reading."""
        group, text = self.next
        if group == "join" or text in ("!=", "<", ">", "<=", ">="):
            return f"the pattern needs {text}; an indicator is one value"
        return f"the pattern is not understood at {text[:40]!r}"


def _comparison(path: str, value: str) -> Union[Fault, Tuple[str, str]]:
    kind, _colon, rest = path.partition(":")
    algorithm = _FILE_HASH.match(rest)
    if algorithm and kind in _WITH_FILE_HASH:
        return _hash(algorithm.group(1), value)
    if rest == "value" and kind in _OBJECTS:
        return _OBJECTS[kind], value
    if kind == "network-traffic" and rest in ("dst_ref.value", "src_ref.value"):
        return "domain", value
    return Fault(f"{path[:60]} is not something that Falcon takes", False, "type_not_taken")


def _hash(algorithm: str, value: Any) -> Union[Fault, Tuple[str, str]]:
    kind = _HASH_PATHS.get(re.sub(r"[^a-z0-9]", "", algorithm.lower()))
    if kind is None:
        return Fault(
            f"a {algorithm.strip(chr(39))[:20]}; Falcon takes sha256 and md5", False, "hash_not_taken"
        )
    return kind, value if isinstance(value, str) else str(value)


def _observable(one: Mapping[str, Any]) -> List[Any]:
    kind = one.get("type")
    hashes = one.get("hashes")
    if kind in _WITH_FILE_HASH and isinstance(hashes, Mapping) and hashes:
        return [_hash(str(algorithm), value) for algorithm, value in hashes.items()]
    if kind in _OBJECTS and isinstance(one.get("value"), str):
        return [(_OBJECTS[str(kind)], one["value"])]
    return [Fault(f"{kind} is not something that Falcon takes", kind in _OBJECTS, "type_not_taken")]

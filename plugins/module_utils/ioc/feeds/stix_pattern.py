# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""STIX patterns (OASIS STIX 2.1, section 9): which single values they stand for.

An indicator of Falcon is one value. A pattern stands for values where it compares for equality and joins by OR, and
where what AND adds narrows nothing: the type of the value restated, other hashes of the same file, its name or size,
a port beside an address. What else AND joins is narrower than any one value, and is rejected.
"""

from __future__ import annotations

import re
from typing import Any, List, NamedTuple, Tuple

from .model import Fault, words

#: Objects whose value property Falcon takes. OpenCTI writes hostname for a domain that names a host.
VALUE_OBJECTS = {
    "domain-name": "domain",
    "hostname": "domain",
    "x-opencti-hostname": "domain",
    "ipv4-addr": "address",
    "ipv6-addr": "address",
    "url": "url",
}
#: Objects that can hold, or refer to, the hashes of a whole file.
HASH_OBJECTS = words("file artifact process network-traffic directory email-message")

_HASHES = {"sha256": "sha256", "md5": "md5"}
#: The most alternatives that a pattern may come to: brackets multiply them.
_MOST = 10_000
_DEEPEST = 100
_END = ("", "its end")
_BEGINNING = re.compile(r"\s{0,20}[\[(]{1,20}\s{0,20}[A-Za-z][\w-]{1,60}:['\w]")
_LEXEMES = re.compile(
    r"(?:(?P<skip>\s+|/\*.*?\*/|//[^\n]*)|(?P<text>[bht]?'(?:[^'\\]|\\.)*')"
    r"|(?P<path>[A-Za-z][\w-]*:(?:'[^']*'|\"[^\"]*\"|[\w.*\[\]-])+)"
    r"|(?P<join>(?:AND|OR|FOLLOWEDBY|NOT|IN|LIKE|MATCHES|ISSUBSET|ISSUPERSET|EXISTS|WITHIN|REPEATS|START|STOP)\b)"
    r"|(?P<sign>!=|<=|>=|==|[=<>\[\](),])"
    r"|(?P<other>[^\s\[\](),=<>!']+|.))",
    re.DOTALL | re.IGNORECASE,
)
# The hashes of a whole file, by itself or by what refers to it; an executable's sections have hashes too.
_FILE_HASH = re.compile(r"((?:\w{1,60}_refs?(?:\[[^\]]{0,20}\])?\.){0,5})hashes\.(.+)\Z")
_NARROWS_NO_FILE = words("name size mime_type magic_number_hex name_enc")
_NARROWS_NO_IMAGE = re.compile(r"process:(?:image|binary)_ref\.(?:name|size)\Z")
_NARROWS_NO_ADDRESS = re.compile(
    r"network-traffic:(?:(?:dst|src)_ref\.type|(?:dst|src)_port|protocols(?:\[[^\]]{0,20}\])?)\Z"
)

_SPEAKS_OF_VALUES = re.compile(r"(?:domain-name|hostname|ipv4-addr|ipv6-addr|url):value|file:hashes")


class Comparison(NamedTuple):
    """A path, such as file:hashes.MD5, and the text that it is to be equal to."""

    path: str
    value: str


class NotUnderstood(ValueError):
    """A pattern that is broken, as opposed to one that says more than an indicator can."""


Alternative = Tuple[Comparison, ...]


def is_pattern(text: str) -> bool:
    """Whether a text, such as the cell of a table, begins like a pattern."""
    return text.lstrip()[:1] in ("[", "(") and _BEGINNING.match(text) is not None


def read(pattern: str) -> List[Any]:
    """The kinds and values that a pattern stands for, and a Fault for each alternative that is none."""
    try:
        alternatives = _Parser(pattern).pattern()
    except NotUnderstood as problem:
        return [Fault(str(problem), bool(_SPEAKS_OF_VALUES.search(pattern)), "pattern_invalid")]
    except ValueError as problem:
        return [Fault(str(problem), False, "pattern")]
    found = [one for alternative in alternatives for one in _values(alternative)]
    return list(dict.fromkeys(found))


def _values(alternative: Alternative) -> List[Any]:
    """What one alternative stands for: its comparisons are joined by AND."""
    comparisons = list(dict.fromkeys(alternative))
    hashes = [one for one in comparisons if _is_file_hash(one.path)]
    if hashes:
        rest = [one for one in comparisons if one not in hashes and not _narrows_no_file(one.path)]
        files = {_owner_of_hash(one.path) for one in hashes}
        algorithms = [_algorithm(one.path) for one in hashes]
        if rest or len(files) > 1 or len(set(algorithms)) < len(algorithms):
            return [_narrower(comparisons)]
        found = [_hash(algorithm, one.value) for algorithm, one in zip(algorithms, hashes)]
        taken = [one for one in found if not isinstance(one, Fault)]
        return taken or found[:1]
    rest = [one for one in comparisons if not _NARROWS_NO_ADDRESS.match(one.path)]
    if len(rest) > 1:
        return [_narrower(comparisons)]
    return [_single(rest[0] if rest else comparisons[0])]


def _narrower(comparisons: List[Comparison]) -> Fault:
    names = list(dict.fromkeys(one.path[:60] for one in comparisons))
    both = " and ".join(names[:2]) if len(names) > 1 else f"two values of {names[0]}"
    return Fault(f"the pattern needs {both} together; an indicator is one value", False, "pattern")


def _single(comparison: Comparison) -> Any:
    kind, _colon, rest = comparison.path.partition(":")
    if rest == "value" and kind in VALUE_OBJECTS:
        return VALUE_OBJECTS[kind], comparison.value
    if kind == "network-traffic" and rest in ("dst_ref.value", "src_ref.value"):
        return "domain", comparison.value
    return Fault(f"{comparison.path[:60]} is not something that Falcon takes", False, "type_not_taken")


def _is_file_hash(path: str) -> bool:
    kind, _colon, rest = path.partition(":")
    return kind in HASH_OBJECTS and _FILE_HASH.match(rest) is not None


def _owner_of_hash(path: str) -> str:
    return path[: path.rindex("hashes.")]


def _algorithm(path: str) -> str:
    return path[path.rindex("hashes.") + len("hashes.") :].strip("'\"")


def _narrows_no_file(path: str) -> bool:
    kind, _colon, rest = path.partition(":")
    return (kind == "file" and rest in _NARROWS_NO_FILE) or _NARROWS_NO_IMAGE.match(path) is not None


def hash_of(algorithm: str, value: Any) -> Any:
    """A hash by the name of its algorithm: its kind and text, or a Fault where Falcon does not take it."""
    return _hash(algorithm, value if isinstance(value, str) else str(value))


def _hash(algorithm: str, value: str) -> Any:
    kind = _HASHES.get(re.sub(r"[^a-z0-9]", "", algorithm.lower()))
    if kind is None:
        return Fault(
            f"a {algorithm.strip(chr(39))[:20]}; Falcon takes sha256 and md5", False, "hash_not_taken"
        )
    return kind, value


class _Parser:
    """Reads a pattern into its alternatives. Each method reads one rule of the grammar."""

    def __init__(self, pattern: str) -> None:
        self._matches = _LEXEMES.finditer(pattern.strip())
        self._depth = 0
        self.next = _END
        self._advance()

    def pattern(self) -> List[Alternative]:
        found = self._observations()
        if self.next != _END:
            raise self._problem()
        return found

    def _observations(self) -> List[Alternative]:
        found = self._observation()
        while self.next == ("join", "OR"):
            self._advance()
            found.extend(self._observation())
        return found

    def _observation(self) -> List[Alternative]:
        if self.next == ("sign", "["):
            self._advance()
            found = self._any()
            self._take("sign", "]")
        elif self.next == ("sign", "("):
            self._open()
            found = self._observations()
            self._close()
        else:
            raise self._problem()
        return found

    def _any(self) -> List[Alternative]:
        found = self._all()
        while self.next == ("join", "OR"):
            self._advance()
            found.extend(self._all())
        return found

    def _all(self) -> List[Alternative]:
        found = self._comparison()
        while self.next == ("join", "AND"):
            self._advance()
            others = self._comparison()
            if len(found) * len(others) > _MOST:
                raise ValueError(f"the pattern has more than {_MOST} alternatives")
            found = [one + other for one in found for other in others]
        return found

    def _comparison(self) -> List[Alternative]:
        if self.next == ("sign", "("):
            self._open()
            found = self._any()
            self._close()
            return found
        path = self._take("path")
        return [(Comparison(path, value),) for value in self._compared(path)]

    def _compared(self, path: str) -> List[str]:
        """What a path is compared with: = 'a', IN ('a', 'b'), or ISSUBSET '203.0.113.5/32'."""
        if self.next == ("join", "IN"):
            self._advance()
            self._take("sign", "(")
            found = [self._literal()]
            while self.next == ("sign", ","):
                self._advance()
                found.append(self._literal())
            self._take("sign", ")")
            return found
        if self.next == ("join", "ISSUBSET") and VALUE_OBJECTS.get(path.partition(":")[0]) == "address":
            self._advance()
            return [self._literal()]
        self._take("sign", "=", "==")
        return [self._literal()]

    def _literal(self) -> str:
        """A text, or the number of a port or a size."""
        if self.next[0] == "other" and self.next[1].isalnum():
            return self._take("other")
        text = self._take("text")
        return re.sub(r"\\(.)", r"\1", text[text.index("'") + 1 : -1])

    def _open(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError("the pattern is nested too deeply")
        self._advance()

    def _close(self) -> None:
        self._take("sign", ")")
        self._depth -= 1

    def _advance(self) -> None:
        match = next((match for match in self._matches if match.lastgroup != "skip"), None)
        if match is None:
            self.next = _END
        else:
            group = str(match.lastgroup)
            text = match.group(group)
            self.next = (group, text.upper() if group == "join" else text)

    def _take(self, group: str, *texts: str) -> str:
        if self.next[0] != group or (texts and self.next[1] not in texts):
            raise self._problem()
        taken = self.next[1]
        self._advance()
        return taken

    def _problem(self) -> ValueError:
        """Why the next lexeme ends the reading."""
        group, text = self.next
        if group == "join" or text in ("!=", "<", ">", "<=", ">="):
            return ValueError(f"the pattern needs {text}; an indicator is one value")
        return NotUnderstood(f"the pattern is not understood at {text[:40]!r}")

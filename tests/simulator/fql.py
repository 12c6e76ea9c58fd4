# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Falcon Query Language: a grammar, and its translation to an SQL condition.

Every value becomes a bound parameter. ``+`` (and) binds tighter than ``,`` (or).
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from lark import Lark, Token, Transformer, UnexpectedInput, v_args
from lark.exceptions import VisitError

from .clock import parse_filter_instant

MAX_PROPERTIES = 20
"""Properties of one statement (documented for the Falcon Query Language in general)."""

_GRAMMAR = r"""
    ?start: alternative
    ?alternative: conjunction ("," conjunction)*
    ?conjunction: _factor ("+" _factor)*
    _factor: term | "(" alternative ")"
    term: PROPERTY ":" [OPERATOR] _value
    _value: text | bare | list
    list: "[" [_item ("," _item)*] "]"
    _item: text | bare
    text: QUOTED
    bare: BARE

    PROPERTY: /[A-Za-z_][A-Za-z0-9_.]*/
    OPERATOR: /!~|!\*|!|~|\*|>=|<=|>|</
    QUOTED: /'(?:[^'\\]|\\.)*'/ | /"(?:[^"\\]|\\.)*"/
    BARE: /[^\s'"\[\](),+!~<>*=:\\][^\s'"\[\](),+]*/
    %ignore /\s+/
"""
_PARSER = Lark(_GRAMMAR, parser="lalr", maybe_placeholders=True)
_ESCAPE = re.compile(r"\\(.)", re.S)
_WORDS = re.compile(r"[^\W_]+")


class FqlError(ValueError):
    """A filter that cannot be understood."""


class UnknownProperty(FqlError):
    """A filter on a property that the collection does not have."""


@dataclass(frozen=True)
class Field:
    """A filterable property: ``kind`` is text, name, bool, number, date or array; ``sql`` its column or expression."""

    kind: str
    sql: str


@dataclass(frozen=True)
class Condition:
    """An SQL condition with its bound parameters."""

    sql: str = "1"
    parameters: tuple[object, ...] = ()
    properties: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Value:
    """One value as written; ``quoted`` tells 'null' from null."""

    text: str
    quoted: bool


def text_match(stored: object, wanted: object) -> bool:
    """The ``~`` operator: the words of ``wanted`` are among those of ``stored``, whatever the case and punctuation."""
    have = set(_WORDS.findall(str(stored or "").lower()))
    want = _WORDS.findall(str(wanted).lower())
    return bool(want) and all(word in have for word in want)


def compile_filter(
    text: str,
    fields: Mapping[str, Field],
    now_ms: int,
    *,
    names_partial: bool = False,
    names_any_case: bool = False,
) -> Condition:
    """Translate a filter. Raises FqlError, or UnknownProperty for a property that is not in ``fields``."""
    if not text.strip():
        return Condition()
    try:
        tree = _PARSER.parse(text)
    except UnexpectedInput as problem:
        raise FqlError(f"unexpected input at character {(problem.pos_in_stream or 0) + 1}") from None
    try:
        compiled: Condition = _Compiler(fields, now_ms, names_partial, names_any_case).transform(tree)
    except VisitError as problem:
        if isinstance(problem.orig_exc, FqlError):
            raise problem.orig_exc from None
        raise
    return compiled


@v_args(inline=True)
class _Compiler(Transformer):  # type: ignore[type-arg]
    """Turns the parse tree into a Condition from the leaves upwards."""

    def __init__(
        self, fields: Mapping[str, Field], now_ms: int, names_partial: bool, names_any_case: bool
    ) -> None:
        super().__init__()
        self.fields = fields
        self.now_ms = now_ms
        self.names_partial = names_partial
        self.names_any_case = names_any_case
        self.terms = 0

    def text(self, token: Token) -> Value:
        return Value(_ESCAPE.sub(r"\1", str(token)[1:-1]), True)

    def bare(self, token: Token) -> Value:
        return Value(str(token), False)

    def list(self, *items: Value | None) -> builtins.list[Value]:
        values = [item for item in items if item is not None]
        if not values:
            raise FqlError("an empty list")
        return values

    def conjunction(self, *parts: Condition) -> Condition:
        return _join(" AND ", parts)

    def alternative(self, *parts: Condition) -> Condition:
        return _join(" OR ", parts)

    def term(self, name: Token, operator: Token | None, value: Value | builtins.list[Value]) -> Condition:
        self.terms += 1
        if self.terms > MAX_PROPERTIES:
            raise FqlError(f"more than {MAX_PROPERTIES} properties")
        field = self.fields.get(str(name))
        if field is None:
            raise UnknownProperty(f"unknown property '{name}'")
        values = value if isinstance(value, list) else [value]
        sign = str(operator or "")
        negated = sign.startswith("!")
        sign = sign.lstrip("!")
        sql, parameters = self._compare(field, sign, values, isinstance(value, list))
        if negated:
            sql = f"NOT ({sql})"
        return Condition(f"({sql})", tuple(parameters), frozenset([str(name)]))

    def _compare(
        self, field: Field, sign: str, values: Sequence[Value], is_list: bool
    ) -> tuple[str, builtins.list[object]]:
        if not is_list and values[0].text == "null" and not values[0].quoted and not sign:
            return f"{_optional(field)} IS NULL", []
        if field.kind == "array":
            test, parameters = self._scalar(Field("text", "element.value"), sign, values)
            return f"EXISTS (SELECT 1 FROM json_each({field.sql}) AS element WHERE {test})", parameters
        if field.kind == "name":
            return self._name(field, sign, values, is_list)
        return self._scalar(field, sign, values)

    def _name(
        self, field: Field, sign: str, values: Sequence[Value], is_list: bool
    ) -> tuple[str, builtins.list[object]]:
        """Host-group names are compared in lower case; the filter itself has to be written so."""
        wanted = [
            Value(value.text.lower() if self.names_any_case else value.text, value.quoted) for value in values
        ]
        if sign or is_list or not self.names_partial:
            return self._scalar(Field("text", f"lower({field.sql})"), sign, wanted)
        return f"instr(lower({field.sql}), ?) > 0", [wanted[0].text]

    def _scalar(self, field: Field, sign: str, values: Sequence[Value]) -> tuple[str, builtins.list[object]]:
        if sign in ("~", "*"):
            if field.kind != "text":
                raise FqlError(f"operator {sign} on a property that is not text")
            test = f"fql_text_match({field.sql}, ?)" if sign == "~" else f"{field.sql} GLOB ?"
            # Without quotes the operator is the pattern's own first star: value:*bad* finds "a bad one".
            parameters = [
                value.text if sign == "~" else _glob(value.text if value.quoted else f"*{value.text}")
                for value in values
            ]
            return " OR ".join([test] * len(values)), list(parameters)
        bound = [self._convert(field, value) for value in values]
        if sign:
            if field.kind not in ("date", "number"):
                raise FqlError(f"operator {sign} on a property that is neither a date nor a number")
            return " OR ".join([f"{field.sql} {sign} ?"] * len(bound)), bound
        if field.kind in ("date", "number"):
            return f"IFNULL({field.sql} IN ({_marks(bound)}), 0)", bound
        if len(bound) == 1:
            return f"{field.sql} = ?", bound
        return f"{field.sql} IN ({_marks(bound)})", bound

    def _convert(self, field: Field, value: Value) -> object:
        if field.kind == "text":
            return value.text
        if field.kind == "bool":
            if value.text not in ("true", "false"):
                raise FqlError(f"'{value.text}' is neither true nor false")
            return int(value.text == "true")
        if field.kind == "date":
            moment = parse_filter_instant(value.text, self.now_ms)
            if moment is None:
                raise FqlError(f"'{value.text}' is not a date")
            return moment
        try:
            return float(value.text)
        except ValueError:
            raise FqlError(f"'{value.text}' is not a number") from None


def _join(word: str, parts: Sequence[Condition]) -> Condition:
    parameters: list[object] = [parameter for part in parts for parameter in part.parameters]
    properties = frozenset(name for part in parts for name in part.properties)
    return Condition(f"({word.join(part.sql for part in parts)})", tuple(parameters), properties)


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


def _optional(field: Field) -> str:
    """The expression that is NULL where the record has no such field."""
    return f"NULLIF({field.sql}, '')" if field.kind in ("text", "name") else field.sql


@lru_cache(maxsize=256)
def _glob(pattern: str) -> str:
    """An FQL pattern, in which only ``*`` is special, as an SQLite GLOB."""
    specials: dict[str, str] = {"?": "[?]", "[": "[[]"}
    return "".join(specials.get(letter, letter) for letter in pattern)

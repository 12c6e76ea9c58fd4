# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Falcon Query Language (FQL): filters in which no value can mean more than itself."""

from __future__ import annotations

import re
from typing import Iterable, Sequence, Tuple
from urllib.parse import quote

# Legal in the query of a URL (RFC 3986) and no separator of parameters to any server; "+" is, so it is encoded.
_LEGAL = "-._~'(),:/!*@"

# Values of indicators, nearly all of them: nothing in them is encoded.
_PLAIN = re.compile(r"[A-Za-z0-9.:_-]*")


def quotable(text: str) -> bool:
    """Whether a filter can hold the text as a literal.

    FQL has no documented way to escape: text with both kinds of quote, a backslash, a wildcard or a control
    character has none. Its callers ask for more than they want and compare themselves.
    """
    return not ("'" in text and '"' in text) and "\\" not in text and "*" not in text and text.isprintable()


def literal(text: str) -> str:
    """The text in quotes, of the kind that it does not contain. Raises ValueError when quotable() says no."""
    if not quotable(text):
        raise ValueError("not quotable in FQL")
    return f'"{text}"' if "'" in text else f"'{text}'"


def room_of(text: str) -> int:
    """How many characters of a URL a literal takes in a list, with its quotes and comma."""
    if _PLAIN.fullmatch(text):
        return len(text) + 3
    return len(quote(literal(text), safe=_LEGAL)) + 1


def one_of(field: str, values: Iterable[str]) -> str:
    """An exact match of any of the values; brackets keep Falcon from matching a part of the text."""
    return f"{field}:[{','.join(literal(value) for value in values)}]"


def both(terms: Iterable[str]) -> str:
    """All of the terms (``+`` binds before ``,``; either() puts its terms in parentheses)."""
    return "+".join(term for term in terms if term)


def either(terms: Sequence[str]) -> str:
    """Any of the terms, in parentheses because the precedence of a bare comma is not documented."""
    return f"({','.join(terms)})"


def truth(value: bool) -> str:
    """A boolean as Falcon reads it in filters and query strings: lower-case."""
    return "true" if value else "false"


def encode(params: Iterable[Tuple[str, str]]) -> str:
    """A query string. Keys may repeat; ``+`` is sent as ``%2B``, or it would be read as a space."""
    return "&".join(f"{name}={quote(value, safe=_LEGAL, errors='replace')}" for name, value in params)

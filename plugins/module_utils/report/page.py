# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a report holds, whatever it is written as: a verdict, facts, counts, a chart and tables.

Everything a tenant or a feed can put into a report is hostile. ``clean`` makes it harmless text: renderers
escape what it returns for their own format and never see the raw value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Optional

LONGEST_CELL = 2000
"""Characters of one value that a report shows. Falcon's own longest field has 200."""

EMPTY = "(empty)"
"""How an empty side of a change is shown."""

TONES = ("good", "warning", "bad", "neutral")

# What a terminal, a browser or an eye may take for something else: control characters, invisible and
# direction-changing ones, line separators, and what XML and UTF-8 cannot hold.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff\ud800-\udfff]"
    "|[\U000e0000-\U000e007f]"
)


def _visible(match: re.Match[str]) -> str:
    number = ord(match.group())
    if number < 0x20:
        return chr(0x2400 + number)  # the Control Pictures block: ESC becomes one visible sign
    if number == 0x7F:
        return "\u2421"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def clean(value: object, longest: int = LONGEST_CELL) -> str:
    """Any value as one line of harmless text, at most ``longest`` characters and a note of what was cut."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return clean(", ".join(f"{key}: {clean(value[key])}" for key in sorted(value, key=str)), longest)
    if isinstance(value, (list, tuple, set, frozenset)):
        return clean(", ".join(clean(item) for item in value), longest)
    text = str(value)
    cut = len(text) - longest
    text = _UNSAFE.sub(_visible, text[:longest])
    return f"{text}\u2026 ({cut} characters more)" if cut > 0 else text


_INITIALS = ("api", "cid", "id", "url")


def heading(name: str) -> str:
    """A key, such as ``change_id``, as a reader's words."""
    words = " ".join(
        word.upper() if word in _INITIALS else word for word in name.replace("_", " ").strip().split(" ")
    )
    return words[:1].upper() + words[1:]


@dataclass(frozen=True)
class Change:
    """One field of a record before and after; a cell of a ``changes`` column is a list of these."""

    field: str
    before: object
    after: object

    def __str__(self) -> str:
        return f"{self.field}: {_shown(self.before)} -> {_shown(self.after)}"


def _shown(value: object) -> str:
    return clean(value) or EMPTY


@dataclass(frozen=True)
class Column:
    """A table column. ``kind`` is one of

    ``text``; ``code`` (hashes, names, set in a fixed width); ``number``; ``time``; ``list`` (a list of
    texts); ``changes`` (a list of ``Change``); ``label`` (one of a few words, with a filter of its own).
    """

    name: str
    kind: str = "text"


@dataclass(frozen=True)
class Table:
    """Rows are sequences of cells in the order of ``columns``; ``tones`` colours the words of ``label``
    columns.
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[object]]
    note: str = ""
    empty: str = "Nothing to show."
    tones: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Count:
    """A number with a name: a tile at the top of a report, or a bar of its chart."""

    name: str
    number: int
    tone: str = "neutral"


@dataclass(frozen=True)
class Chart:
    """Horizontal bars, one a count, drawn to one scale."""

    title: str
    bars: Sequence[Count]


@dataclass(frozen=True)
class Page:
    """One report: ``verdict`` is the sentence to read first, ``tone`` (one of ``TONES``) how it is meant."""

    title: str
    verdict: str
    tone: str
    facts: Sequence[tuple[str, object]] = ()
    counts: Sequence[Count] = ()
    chart: Optional[Chart] = None
    tables: Sequence[Table] = ()

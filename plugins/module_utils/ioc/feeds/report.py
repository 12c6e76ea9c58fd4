# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the text around a line says about it: headings, sections of references, columns of a Markdown table."""

from __future__ import annotations

import re
from typing import List, Optional, Sequence, Tuple

from .kinds import Kind, kind_of
from .model import words
from .refang import clean, mark
from .tokens import is_defanging

_RULER = re.compile(r"[ |:-]+\Z")
_CELLS = re.compile(r"(?<![ \t])(?:\t| {2})[ \t]*")
_PLAIN_URL = re.compile(r"[a-z][a-z0-9+.-]{1,10}://\S+\Z", re.IGNORECASE)
_NAMED = re.compile(r"\w\.\w|[0-9A-Fa-f]{30}")
_TITLE = re.compile(r"[^\W\d_a-z][^\W\d_]*(?:[ &/'()-]+[^\W\d_]+)*\)?\Z")
_LABEL = re.compile(r"[^\W\d_]+")
_VERSION = re.compile(r"\b(?:versions?|ver|build|release|firmware)\b", re.IGNORECASE)
_CORE = words("references reference sources source links link citations bibliography resources")
_PHRASES = ("further reading", "related reading", "see also", "read more", "learn more", "more information")
_BESIDE = words(
    "initial additional external related other useful further and more see also the of for original public reading "
    "report reports article articles blog blogs post posts research media news web online general list"
)
_LONGEST_HEADING = 12  # words
_SENTENCE = 7  # words that make a line prose


def is_report(sample: Sequence[str]) -> bool:
    """Whether plain links in a text are its sources: it defangs its indicators, or most of it is prose."""
    links = prose = 0
    for written in sample:
        text = clean(written).strip()
        if not text or text.startswith(("#", ";", "//", "!")):
            continue
        if is_defanging(mark(text)):
            return True
        links += bool(_PLAIN_URL.match(text))
        prose += len(_LABEL.findall(text)) >= _SENTENCE and " " in text and not _PLAIN_URL.match(text)
    return prose > 0 and prose >= links


class Outline:
    """Follows a text line by line.

    in_references is true below a heading such as References, until the next heading. columns are the kinds of the
    columns of the Markdown table that the text is in, with None for a column of no type.
    """

    def __init__(self) -> None:
        self.in_references = False
        self.columns: Optional[List[Optional[Kind]]] = None
        self._headings: List[str] = []
        self._is_first_row = False
        self._before: Tuple[bool, bool] = (
            True,
            True,
        )  # whether the line before this one, and this one, is blank

    def rule(self, text: str) -> None:
        """A line without letters or digits: a blank one, or what rules off the header of a table."""
        if "|" in text and "-" in text and _RULER.match(text) and self._headings:
            self.columns = [_kind_of_column(cell) for cell in self._headings]
            return
        self._before = (self._before[1], True)

    def heading(self, text: str, has_bullet: bool) -> bool:
        """Whether a line that holds no value is a heading or a title; remembers whether it is one of references."""
        is_one = not has_bullet and self._looks_like_heading(text)
        if is_one:
            self.in_references = is_of_references(text)
        return is_one

    def _looks_like_heading(self, text: str) -> bool:
        if text[0] == "|":
            return self.columns is None and self._is_first_row
        bare = text.strip("#*_ \t")
        if _NAMED.search(bare):
            return False  # whatever it mentions, people want to know that it was not taken
        is_title = bare.isupper() or bare.endswith(":")
        if bare.lower().startswith("sep="):
            return True  # how a spreadsheet is told its delimiter
        if not bare or bare[-1] in ".!?,;" or len(bare.split()) > _LONGEST_HEADING * (1 + is_title):
            return False
        if text[0] == "#" or (text.startswith("**") and text.rstrip(":").endswith("**")):
            return True
        if is_title:
            return True
        return (
            (self._before[0] and _TITLE.match(bare) is not None)
            or kind_of(bare, whole=True) is not None
            or is_of_references(bare)
        )

    def row(self, text: str) -> List[str]:
        """The cells of a line that is a row of a Markdown table or has columns of blanks; [] for another line."""
        self._before = (self._before[1], False)
        if text.startswith("|") or (self.columns is not None and "|" in text):
            cells = [cell.strip(" \t`*") for cell in text.strip("|").split("|")]
            self._is_first_row = not self._headings
            self._headings = self._headings or cells
            return cells
        self.columns = None
        self._headings = []
        return [cell.strip(" `") for cell in _CELLS.split(text)] if _CELLS.search(text) else []

    def kind_at(self, position: int) -> Optional[Kind]:
        """What the heading of a column says that its cells are."""
        return self.columns[position] if self.columns is not None and position < len(self.columns) else None


def _kind_of_column(heading: str) -> Optional[Kind]:
    return None if is_of_references(heading) else kind_of(heading, whole=True)


def is_of_references(heading: str) -> bool:
    """Whether a heading says that what follows are the sources of a report."""
    named = [word.lower() for word in _LABEL.findall(heading)]
    if " ".join(named) in _PHRASES:
        return True
    return any(word in _CORE for word in named) and all(word in _CORE or word in _BESIDE for word in named)


def speaks_of_versions(cells: Sequence[str]) -> bool:
    """Whether a row is about versions, whose numbers look like addresses."""
    return any(map(_VERSION.search, cells))


def is_plain_url(text: str) -> bool:
    """Whether a text is one URL with its scheme."""
    return _PLAIN_URL.match(text) is not None

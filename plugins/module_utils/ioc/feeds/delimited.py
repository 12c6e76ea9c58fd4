# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables with a delimiter: cut a text into rows and cells, and read them under the layout that is found in them."""

from __future__ import annotations

import csv
import re
from collections import deque
from itertools import islice
from typing import Any, Deque, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from . import headings, layout, source, stix_pattern, user_columns
from .columns import gives_indicator, reads_as_value
from .layout import Layout, is_firm_header, is_header
from .model import ColumnsRead, Fault, Feed, Row
from .refang import clean
from .rows import RowReader

DELIMITERS = ",\t;|"
#: Rows from which columns are guessed, lines that one quoted field may go over, and rows in which a header is sought.
SAMPLE, SPAN, TITLES = 100, 50, 15

#: Lines of a comment at the top of a table before its rows are no longer waited for.
_LONGEST_COMMENT = 10_000
_SEP = re.compile(r"\s*\"?sep=(.)\"?\s*\Z", re.IGNORECASE)
_NO_HEADING = frozenset("./@[")
_LONGEST_HEADING = 40
Numbered = Tuple[int, str]


class Table(NamedTuple):
    """How a text is a table.

    begins is the place of its first row of values among the rows of the sample; what is before are titles, and the
    header where there is one.
    """

    delimiter: str
    layout: Layout
    begins: int


def is_table(sample: Sequence[str]) -> bool:
    """Whether the beginning of a text is that of a table of indicators."""
    return recognize(sample) is not None


def is_firm_table(sample: Sequence[str]) -> bool:
    """Whether the beginning of a text is a table beyond doubt, by its header."""
    table = recognize(sample)
    return table is not None and is_firm_header(table.layout.header)


def rows(feed: Feed) -> Iterator[Any]:
    """Read a table.

    Raises FeedProblem where a column that the user names is not there.
    """
    records = _Records(source.lines(feed.path))
    sample = records.beginning(SAMPLE * 2)
    table = _table_of(sample, feed)
    if table is None:
        for number, text in records.rest():
            if any(map(str.isalnum, text)) and not text.lstrip().startswith("#"):
                yield Row(
                    number, text, [Fault("no column of this table holds indicators", False, "no_column")], {}
                )
        return
    reader = RowReader(table.layout, feed)
    yield ColumnsRead(reader.layout.columns_read())
    skip = table.begins
    for number, text, cells in records.cut(table.delimiter, table.layout):
        if not is_row(cells):
            if _is_comment(cells) and _is_indicator(
                split(text.lstrip("# \t"), table.delimiter), reader.layout
            ):
                yield Row(number, text, [Fault("a comment", False, "comment")], {})
            continue
        if skip:
            skip -= 1
            continue
        if not feed.columns and _is_new_header(cells):
            new = _next_layout(cells, records.peek(SAMPLE), table.delimiter)
            if new is not None and new != reader.layout:
                yield from reader.warnings()
                reader = RowReader(new, feed)
                yield ColumnsRead(new.columns_read())
            continue
        yield reader.row(number, text, cells)
    yield from reader.warnings()


def _table_of(sample: Sequence[str], feed: Feed) -> Optional[Table]:
    if feed.columns:
        return _by_user(sample, feed)
    table = recognize(sample)
    if table is not None:
        return table
    delimiter = guess_delimiter(sample)
    return _analyze(sample, delimiter)


def _by_user(sample: Sequence[str], feed: Feed) -> Table:
    delimiter = guess_delimiter(sample)
    table, _comment = _cut(sample, delimiter)
    place = user_columns.header_place(feed.columns, table[:TITLES])
    begins = 0 if place is None else place + 1
    header = None if place is None else table[place]
    return Table(
        delimiter, user_columns.find(feed.columns, header, table[begins : begins + SAMPLE], feed.path), begins
    )


def recognize(sample: Sequence[str]) -> Optional[Table]:
    """How a text is a table of indicators, or None where it is none.

    It is one where most lines have the delimiter, and either its header is beyond doubt or its rows give indicators.
    Of several delimiters the one that gives most headings counts.
    """
    best: Tuple[int, Optional[Table]] = (-1, None)
    for delimiter in _possible_delimiters(sample):
        table = _analyze(sample, delimiter)
        if table is None:
            continue
        header = table.layout.header
        if not is_firm_header(header) and not _gives_indicators(sample, table):
            continue
        known = headings.count(header)
        if known > best[0]:
            best = (known, table)
    return best[1]


def _possible_delimiters(sample: Sequence[str]) -> str:
    said = _said_delimiter(sample)
    if said:
        return said
    filled = [text for text in sample if text.strip() and not text.lstrip().startswith("#")]
    if filled and not any(delimiter in text for delimiter in DELIMITERS for text in filled):
        return "," if _is_list_under_heading(filled) else ""
    found = ""
    for delimiter in DELIMITERS:
        # A table of Markdown begins with its delimiter, and is part of a text.
        having = sum(
            1 for text in filled if delimiter in text and not (delimiter == "|" and text.strip()[0] == "|")
        )
        if having and having >= 0.6 * len(filled):
            found += delimiter
    return found


def _is_list_under_heading(filled: Sequence[str]) -> bool:
    """Whether a text is a table of one column: a heading that names a type, and values of that type below."""
    role = headings.role_of(clean(filled[0]).strip().strip('"'))
    if role is None or role.name not in ("kind", "either", "value") or len(filled) < 2:
        return False
    kind = role.kind or "any"
    below = filled[1 : SAMPLE + 1]
    return sum(1 for text in below if gives_indicator(kind, text)) >= 0.8 * len(below)


def _said_delimiter(sample: Sequence[str]) -> str:
    """The delimiter that the first line tells spreadsheets (sep=;)."""
    said = _SEP.match(clean(sample[0])) if sample else None
    return said.group(1) if said else ""


def _gives_indicators(sample: Sequence[str], table: Table) -> bool:
    found, _comment = _cut(sample, table.delimiter)
    return any(_is_indicator(cells, table.layout) for cells in found[table.begins :])


def _cut(sample: Sequence[str], delimiter: str) -> Tuple[List[List[str]], List[str]]:
    """The rows of a sample, and the cells of the last comment before them, which may be the header."""
    table: List[List[str]] = []
    comment: List[str] = []
    for text in sample:
        cells = split(text, delimiter)
        if is_row(cells):
            table.append(cells)
        elif text.lstrip().startswith("#") and not table:
            comment = split(text.lstrip("# \t"), delimiter)
    return table, comment


def _analyze(sample: Sequence[str], delimiter: str) -> Optional[Table]:
    """Find the header and the layout of a sample that is cut by one delimiter."""
    table, comment = _cut(sample, delimiter)
    if not table:
        if headings.count(comment) < 2 or not is_firm_header(comment):
            return None
        found = layout.find(comment, [])
        return None if found is None else Table(delimiter, found, 0)
    place = _header_place(table)
    if place is None and len(comment) == len(table[0]) > 1 and is_header(comment):
        found = layout.find(comment, table[:SAMPLE])
        return None if found is None else Table(delimiter, found, 0)
    header = None if place is None else table[place]
    begins = 0 if place is None else place + 1
    found = layout.find(header, table[begins : begins + SAMPLE])
    return None if found is None else Table(delimiter, found, begins)


def _header_place(table: Sequence[Sequence[str]]) -> Optional[int]:
    """The row of headings: of the first rows, until one holds a value, that with most headings that we know."""
    best, most = None, 0
    for place, cells in enumerate(table[:TITLES]):
        if any(map(reads_as_value, cells)):
            break
        known = headings.count(cells) if is_header(cells) else 0
        if known > most or (is_header(cells) and best is None):
            best, most = place, known
    return best if best is not None else _place_of_unknown_headings(table)


def _place_of_unknown_headings(table: Sequence[Sequence[str]]) -> Optional[int]:
    """The first row, where it is of short words that we do not know, the second has values, and all are as wide."""
    if len(table) < 2 or any(map(reads_as_value, table[0])) or not any(map(reads_as_value, table[1])):
        return None
    if len({len(cells) for cells in table[:TITLES]}) > 1:
        return None
    filled = [cell for cell in table[0] if cell.strip()]
    return 0 if len(filled) > 1 and all(len(cell) <= _LONGEST_HEADING for cell in filled) else None


def _is_new_header(cells: Sequence[str]) -> bool:
    """Whether a row further down is one of headings again, as where several tables stand in one file."""
    known = 0
    for cell in cells:
        # Most cells are values, which this tells without looking any word up.
        if len(cell) > 40 or not _NO_HEADING.isdisjoint(cell):
            return False
        known += headings.role_of(cell.strip()) is not None
    return known >= 2 and is_firm_header(cells)


def _next_layout(header: Sequence[str], sample: Sequence[str], delimiter: str) -> Optional[Layout]:
    body, _comment = _cut(sample, delimiter)
    end = next((place for place, cells in enumerate(body) if _is_new_header(cells)), len(body))
    return layout.find(header, body[:end])


def guess_delimiter(sample: Sequence[str]) -> str:
    """The delimiter that the text tells, or that stands in most lines."""
    return _said_delimiter(sample) or max(
        DELIMITERS, key=lambda delimiter: sum(delimiter in text for text in sample)
    )


def split(text: str, delimiter: str) -> List[str]:
    """The cells of one line; a quote that does not close is a character like any other."""
    text = clean(text)
    if delimiter == "," and "[,]" in text:
        text = text.replace("[,]", "[.]")  # a dot that was defanged and then mistyped; it parts no cells
    if '"' not in text:
        return text.split(delimiter)
    reader = csv.reader([text + "\n", "\n"], delimiter=delimiter, skipinitialspace=True)
    try:
        cells = next(reader, [])
    except csv.Error:  # a field of more than 128 KiB
        return text.split(delimiter)
    return cells if reader.line_num == 1 else text.split(delimiter)


def is_row(cells: Sequence[str]) -> bool:
    """Whether a line is a row, and neither blank, nor a comment, nor an instruction for spreadsheets."""
    if _is_comment(cells) or not any(map(str.isalnum, "".join(cells))):
        return False
    return len(cells) > 2 or not cells[0].lower().startswith("sep=")


def _is_comment(cells: Sequence[str]) -> bool:
    return bool(cells) and cells[0].lstrip().startswith("#")


def _is_indicator(cells: Sequence[str], found: Layout) -> bool:
    """Whether a row gives an indicator."""
    if found.patterns is not None:
        return found.patterns < len(cells) and stix_pattern.is_pattern(cells[found.patterns])
    return any(gives_indicator(kind, cells[column]) for column, kind in found.values if column < len(cells))


class _Records:
    """The lines of a table, cut into rows as they are needed. A quoted field may go over lines, unless they are rows
    themselves: a forgotten quote must not swallow the indicators below it."""

    def __init__(self, numbered: Iterator[Numbered]) -> None:
        self._numbered = numbered
        self._pending: Deque[Numbered] = deque()

    def peek(self, count: int) -> List[str]:
        """The next lines, which stay to be read."""
        self._pending.extend(islice(self._numbered, max(0, count - len(self._pending))))
        return [text for _number, text in islice(self._pending, count)]

    def beginning(self, count: int) -> List[str]:
        """The first lines; where they are all part of a long comment, those below it."""
        while source.is_comment_block(self.peek(count)) and len(self._pending) == count < _LONGEST_COMMENT:
            count *= 2
        return source.without_comment_block(self.peek(count))

    def rest(self) -> Iterator[Numbered]:
        """The lines that were not read, as they are."""
        while self._pending:
            yield self._pending.popleft()
        yield from self._numbered

    def cut(self, delimiter: str, found: Layout) -> Iterator[Tuple[int, str, List[str]]]:
        """The rows, each with the number of its first line, its text, and its cells."""
        while True:
            if not self._pending:
                self._pending.extend(islice(self._numbered, 1))
                if not self._pending:
                    return
            number, text = self._pending.popleft()
            cells = self._over_lines(text, delimiter, found) if text.count('"') % 2 else None
            yield number, text, split(text, delimiter) if cells is None else cells

    def _over_lines(self, text: str, delimiter: str, found: Layout) -> Optional[List[str]]:
        """The cells of a row one of whose fields goes on in the next lines; None where it does not."""
        self.peek(SPAN)
        ahead = [line for _number, line in islice(self._pending, SPAN)]
        reader = csv.reader(
            [clean(line) + "\n" for line in (text, *ahead)] + ["\n"],
            delimiter=delimiter,
            skipinitialspace=True,
        )
        try:
            cells = next(reader, [])
        except csv.Error:
            return None
        more = reader.line_num - 1
        if not cells or not 0 < more <= len(ahead):
            return None
        if any(_is_indicator(split(line, delimiter), found) for line in ahead[:more]):
            return None
        for _line in range(more):
            self._pending.popleft()
        return cells

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables with a delimiter: which columns hold type and value, found by name, by content, or told by the user."""

from __future__ import annotations

import csv
import re
from collections import deque
from itertools import islice
from typing import Any, Deque, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .labels import Kind, is_unknown, judge, kind_of, not_taken
from .model import VALUE_LIKE, Fault, FeedProblem, Row, words
from .refang import clean

DELIMITERS = ",\t;|"
#: Rows from which columns are guessed, and lines that one quoted field may go over.
SAMPLE, SPAN = 100, 50

_TYPE = words("type indicatortype ioctype kind observabletype attributetype indicatorkind")
_VALUE = words("data value indicatorvalue iocvalue indicatordata observablevalue artifact attributevalue")
_EITHER = words("indicator indicators ioc iocs observable")
_FIELDS = {
    "description": words(
        "note notes comment comments description desc context details info remarks additionalinfo "
        "confidenceadditionalinfo"
    ),
    "filename": words("filename filenames"),
    "tags": words("tag tags labels"),
}
#: What the C{columns} option of a feed may name.
COLUMNS = ("type", "value", *_FIELDS)


class Layout(NamedTuple):
    """Where in a row things are.

    @ivar values: column and kind of each value; the kind C{any} where the type column, or nothing, tells it
    """

    type_column: Optional[int]
    values: Tuple[Tuple[int, Kind], ...]
    fields: Dict[str, int]
    header: bool


def rows(numbered: Iterator[Tuple[int, str]], path: str, columns: Mapping[str, Any]) -> Iterator[Row]:
    """Read a table.

    @param columns: the user's mapping of L{COLUMNS} to headings, or to numbers from 1
    @raise FeedProblem: a column that the user names is not there
    """
    pending = deque(islice(numbered, SAMPLE * 2))
    sample = [text for _number, text in pending]
    delimiter, layout = recognised(sample) or (guess_delimiter(sample), None)
    if columns:
        layout = _by_user(columns, _table(sample, delimiter)[0], path)
    if layout is None:
        layout = _layout(sample, delimiter) or Layout(None, (), {}, False)
    skip_header = layout.header
    for number, text, cells in _records(pending, numbered, delimiter, layout):
        if not is_row(cells):
            if _is_comment(cells) and _is_indicator(split(text.lstrip("# \t"), delimiter), layout):
                yield Row(number, text, [Fault("a comment", False, "comment")], {})
            continue
        if skip_header:
            skip_header = False
            continue
        yield _row(number, text, cells, layout)


def recognised(sample: Sequence[str]) -> Optional[Tuple[str, Layout]]:
    """The delimiter and layout of a text that is a table of indicators, or C{None} where it is none."""
    lines = [text for text in sample if text.strip() and not text.lstrip().startswith("#")]
    for delimiter in DELIMITERS:
        # A table of Markdown begins with its delimiter, and is part of a text.
        rows_of_it = [
            text for text in lines if delimiter in text and not (delimiter == "|" and text.strip()[0] == "|")
        ]
        if len(rows_of_it) < 0.6 * len(lines) or not lines:
            continue
        layout = _layout(sample, delimiter)
        if layout is not None and any(_is_indicator(cells, layout) for cells in _table(sample, delimiter)[0]):
            return delimiter, layout
    return None


def _table(sample: Sequence[str], delimiter: str) -> Tuple[List[List[str]], List[str]]:
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


def _layout(sample: Sequence[str], delimiter: str) -> Optional[Layout]:
    table, comment = _table(sample, delimiter)
    if table and len(comment) == len(table[0]) > 1 and _is_header(comment) and not _is_header(table[0]):
        layout = find_layout([comment, *table])
        return None if layout is None else layout._replace(header=False)
    return find_layout(table)


def guess_delimiter(sample: Sequence[str]) -> str:
    """The delimiter that stands in most lines."""
    return max(DELIMITERS, key=lambda delimiter: sum(delimiter in text for text in sample))


def split(text: str, delimiter: str) -> List[str]:
    """The cells of one line; a quote that does not close is a character like any other."""
    text = clean(text)
    if '"' not in text:
        return text.split(delimiter)
    reader = csv.reader([text + "\n", "\n"], delimiter=delimiter, skipinitialspace=True)
    try:
        cells = next(reader, [])
    except csv.Error:  # a field of more than 128 KiB
        return text.split(delimiter)
    return cells if reader.line_num == 1 else text.split(delimiter)


def is_row(cells: Sequence[str]) -> bool:
    """Whether a line is a row, and neither blank nor a comment."""
    return not _is_comment(cells) and any(map(str.isalnum, "".join(cells)))


def _is_comment(cells: Sequence[str]) -> bool:
    return bool(cells) and cells[0].lstrip().startswith("#")


def _records(
    pending: Deque[Tuple[int, str]], numbered: Iterator[Tuple[int, str]], delimiter: str, layout: Layout
) -> Iterator[Tuple[int, str, List[str]]]:
    """Rows with the number of their first line. A quoted field may go over lines, unless they are rows themselves:
    a forgotten quote must not swallow the indicators below it."""
    while True:
        if not pending:
            pending.extend(islice(numbered, 1))
            if not pending:
                return
        number, text = pending.popleft()
        if text.count('"') % 2:
            pending.extend(islice(numbered, max(0, SPAN - len(pending))))
            ahead = list(islice(pending, SPAN))
            reader = csv.reader(
                [clean(text) + "\n", *(clean(line) + "\n" for _number, line in ahead), "\n"],
                delimiter=delimiter,
                skipinitialspace=True,
            )
            try:
                cells = next(reader, [])
            except csv.Error:
                cells = []
            more = reader.line_num - 1
            if (
                cells
                and 0 < more <= len(ahead)
                and not any(_is_indicator(split(line, delimiter), layout) for _number, line in ahead[:more])
            ):
                for _line in range(more):
                    pending.popleft()
                yield number, text, cells
                continue
        yield number, text, split(text, delimiter)


def _is_indicator(cells: Sequence[str], layout: Layout) -> bool:
    row = _row(0, "", cells, layout)
    return any(
        not isinstance(outcome, Fault)
        for value in row.values
        for outcome in ([value] if isinstance(value, Fault) else judge(value[0], value[1]))
    )


def _row(number: int, text: str, cells: Sequence[str], layout: Layout) -> Row:
    fields: Dict[str, Any] = {}
    for name, column in layout.fields.items():
        cell = cells[column].strip() if column < len(cells) else ""
        fields[name] = cell.replace('"', "") if cell.count('"') == 1 else cell  # one that never closed
    if "tags" in fields:
        fields["tags"] = [tag.strip() for tag in re.split(r"[,;|]", fields["tags"]) if tag.strip()]
    return Row(number, text, _values(cells, layout), fields)


def _values(cells: Sequence[str], layout: Layout) -> List[Any]:
    if not layout.values:
        return [Fault("no column of this table holds indicators", False, "no_column")]
    if layout.type_column is not None:
        label = cells[layout.type_column].strip() if layout.type_column < len(cells) else ""
        column = layout.values[0][0]
        value = cells[column] if column < len(cells) else ""
        kind = kind_of(label) if label else "any"
        if kind is not None:
            return [(kind, value)]
        known = judge("any", value)[0]
        if is_unknown(label) and not isinstance(known, Fault) and known[0] != "domain":
            return [
                Fault(
                    f"{label[:40]!r} is no known type, though the value reads as {known[0]}",
                    True,
                    "type_unknown",
                )
            ]
        return [not_taken(label)]
    found = [
        (kind, cells[column])
        for column, kind in layout.values
        if column < len(cells) and cells[column].strip()
    ]
    return found or [Fault("there is no value", False, "no_value")]


def _heading(cell: str) -> str:
    return re.sub(r"[^a-z0-9]", "", cell.lower())


def find_layout(table: Sequence[Sequence[str]]) -> Optional[Layout]:
    """Find the columns of type and value by their headings and contents; C{None} where there are none."""
    if not table:
        return None
    header = [_heading(cell) for cell in table[0]]
    named = {word: column for column, word in reversed(list(enumerate(header)))}
    if not _is_header(table[0]):
        header, named = [], {}
    body = table[1 : SAMPLE + 1] if header else table[:SAMPLE]
    width = max(len(cells) for cells in table[:SAMPLE])
    fields = {
        name: named[word]
        for name, words in _FIELDS.items()
        for word in sorted(words & named.keys(), reverse=True)
    }
    taken = set(fields.values())
    labels = [
        _share(body, column, lambda cell: kind_of(cell) not in (None, "any")) for column in range(width)
    ]
    type_column = next((named[word] for word in _TYPE if word in named), None)
    if type_column is None:
        type_column = next(
            (column for column in range(width) if column not in taken and labels[column] >= 0.5), None
        )
    if type_column is None:
        either = [column for column, word in enumerate(header) if word in _EITHER]
        type_column = either[0] if either and any(word in named for word in _VALUE) else None
    if type_column is not None:
        value_column = _value_column(body, width, header, taken | {type_column})
        return (
            None
            if value_column is None
            else Layout(type_column, ((value_column, "any"),), fields, bool(header))
        )
    typed = tuple(
        (column, kind)
        for column, cell in enumerate(table[0] if header else ())
        for kind in [kind_of(cell, whole=True)]
        if kind is not None and column not in taken
    )
    exact = tuple((column, kind) for column, kind in typed if kind != "any")
    if exact:  # a column of anything, such as "C2", counts beside them where it holds values
        exact = tuple(
            (column, kind)
            for column, kind in typed
            if kind != "any" or _share(body, column, _reads_as_value) >= 0.5
        )
    if exact or typed:
        return Layout(None, exact or typed, fields, True)
    value_column = _value_column(body, width, header, taken)
    if value_column is None or (not header and _share(body, value_column, _reads_as_value) < 0.6):
        return None
    return Layout(None, ((value_column, "any"),), fields, bool(header))


def _is_header(cells: Sequence[str]) -> bool:
    known = _TYPE | _VALUE | _EITHER | frozenset().union(*_FIELDS.values())
    return any(_heading(cell) in known or kind_of(cell, whole=True) for cell in cells) and not any(
        map(_reads_as_value, cells)
    )


def _value_column(
    body: Sequence[Sequence[str]], width: int, header: Sequence[str], taken: set[int]
) -> Optional[int]:
    for column, word in enumerate(header):
        if column not in taken and word in _VALUE:
            return column
    shares = {
        column: _share(body, column, _reads_as_value)
        + (0.2 if header[column : column + 1] and header[column] in _EITHER else 0)
        for column in range(width)
        if column not in taken
    }
    best = max(shares, key=lambda column: shares[column], default=None)
    return best if best is not None and shares[best] > 0.2 else None


def _reads_as_value(cell: str) -> bool:
    if not cell.strip() or len(cell) > 2000:
        return False
    found = judge("any", cell)[0]
    return not isinstance(found, Fault) or (found.code in VALUE_LIKE and " " not in cell.strip())


def _share(body: Sequence[Sequence[str]], column: int, test: Any) -> float:
    cells = [cells[column] for cells in body if column < len(cells) and cells[column].strip()]
    return sum(1 for cell in cells if test(cell)) / len(body) if cells else 0.0


def _by_user(columns: Mapping[str, Any], table: Sequence[Sequence[str]], path: str) -> Layout:
    first = [cell.strip().strip('"').lower() for cell in table[0]] if table else []
    places: Dict[str, int] = {}
    by_name = False
    for role, name in columns.items():
        if role not in COLUMNS:
            raise FeedProblem(f"{path}: columns: {role!r} is none of {', '.join(COLUMNS)}")
        text = str(name).strip()
        if text.lower() in first:
            places[role], by_name = first.index(text.lower()), True
        elif text.isdigit() and int(text) > 0:
            places[role] = int(text) - 1
        else:
            raise FeedProblem(f"{path}: columns: the first row has no column {text!r} ({', '.join(first)})")
    if "value" not in places:
        raise FeedProblem(f"{path}: columns: say which column is the value")
    fields = {role: column for role, column in places.items() if role in _FIELDS}
    value = places["value"]
    kind: Kind = "any"
    if table and "type" not in places and value < len(table[0]):
        kind = kind_of(table[0][value], whole=True) or "any"
    header = by_name or bool(table and value < len(table[0]) and not _reads_as_value(table[0][value]))
    return Layout(places.get("type"), ((value, kind),), fields, header)

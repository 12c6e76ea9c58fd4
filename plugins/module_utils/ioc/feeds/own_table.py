# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables that our own export wrote: their header is exactly ours, and each line is one row.

Cells are taken as they are, so that what goes out comes in again equal. A type in other words, or a value that is
defanged, is read as in any table.
"""

from __future__ import annotations

import csv
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence

from . import exchange, source
from .kinds import kind_of, not_taken
from .model import ColumnsRead, Fault, Feed, Row

_DELIMITERS = ",;\t"


def is_export(sample: Sequence[str]) -> bool:
    """Whether a table begins with the header of an export."""
    return bool(sample) and _delimiter(sample[0]) is not None


def _delimiter(line: str) -> Optional[str]:
    """The delimiter of an exported header: a comma, or what a spreadsheet has saved instead."""
    for delimiter in _DELIMITERS:
        names = _cells(line, delimiter) or []
        if sorted(names) == sorted(exchange.COLUMNS):
            return delimiter
    return None


def _cells(line: str, delimiter: str) -> Optional[List[str]]:
    """The cells of a line, or None where a quote does not close."""
    try:
        return next(csv.reader([line.lstrip("\ufeff")], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None


def rows(feed: Feed) -> Iterator[Any]:
    """Read a table that begins with the header of an export."""
    lines = source.lines(feed.path)
    header = next((text for _number, text in lines if _delimiter(text)), "")  # comments may come before it
    delimiter = _delimiter(header) or ","
    names = _cells(header, delimiter) or []
    yield ColumnsRead({name: name for name in names})
    for number, text in lines:
        cells = _cells(text, delimiter)
        if cells is None or len(cells) > len(names):
            problem = (
                "a quote does not close" if cells is None else f"more cells than the {len(names)} columns"
            )
            yield Row(number, text, [Fault(problem, True, "invalid_row")], {})
        elif any(map(str.strip, cells)):
            yield _row(number, text, dict(zip(names, cells)))


def _row(number: int, text: str, cells: Mapping[str, str]) -> Row:
    kind, value = exchange.of_cell("type", cells["type"]), exchange.of_cell("value", cells.get("value", ""))
    fields: Dict[str, Any] = {
        name: exchange.of_cell(name, cells[name])
        for name in exchange.FIELD_NAMES
        if cells.get(name, "").strip()
    }
    if exchange.identity(kind, value) is not None:
        return Row(number, text, [(f"exactly {kind}", value)], fields, True)
    known = kind_of(kind)
    return Row(number, text, [not_taken(kind) if known is None else (known, value)], fields, True)

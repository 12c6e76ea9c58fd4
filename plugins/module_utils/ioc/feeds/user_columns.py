# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Columns that the user names: the option columns of a feed, over what is found without it."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from . import layout
from .cells import FIELDS
from .columns import reads_as_value
from .kinds import Kind, kind_of
from .layout import Layout, is_header
from .model import FeedProblem

#: What the option may name.
NAMES = ("type", "value", *FIELDS)


def header_place(columns: Mapping[str, Any], table: Sequence[Sequence[str]]) -> Optional[int]:
    """The first of the rows that holds all headings that the user names, or the first row where it is no values."""
    names = [str(name).strip().lower() for name in columns.values() if not str(name).strip().isdigit()]
    for place, cells in enumerate(table):
        found = _lower(cells)
        if names and all(name in found for name in names):
            return place
    if not table or names:
        return 0 if table else None
    if "value" not in columns:
        return 0 if is_header(table[0]) else None
    index = int(str(columns["value"])) - 1
    return 0 if 0 <= index < len(table[0]) and not reads_as_value(table[0][index]) else None


def find(
    columns: Mapping[str, Any], header: Optional[Sequence[str]], body: Sequence[Sequence[str]], path: str
) -> Layout:
    """The layout that is found, with the columns that the user names in their places.

    Raises FeedProblem where a name is unknown, a column is not there, or no column holds the values.
    """
    places = _places(columns, header or (), path)
    known = layout.find(header, body)
    fields = {name: place for name, place in places.items() if name in FIELDS}
    if "value" in places:
        values: Tuple[Tuple[int, Kind], ...] = ((places["value"], _kind(places["value"], header)),)
        if "type" in places:
            values = ((places["value"], "any"),)
        base = known or Layout(())
        base = base._replace(values=values, type_column=places.get("type"), patterns=None, strict=True)
    elif known is None:
        raise FeedProblem(f"{path}: columns: say which column is the value")
    else:
        base = known
        if "type" in places:
            base = base._replace(type_column=places["type"], values=base.values[:1])
    named = set(places.values())
    merged = {name: place for name, place in base.fields.items() if place not in named}
    return base._replace(
        fields={**merged, **fields},
        switches=tuple(switch for switch in base.switches if switch[0] not in named),
        end=None if base.end in named else base.end,
        header=tuple(header or ()),
        warnings=(),
    )


def _places(columns: Mapping[str, Any], header: Sequence[str], path: str) -> Dict[str, int]:
    first = _lower(header)
    places: Dict[str, int] = {}
    for name, column in columns.items():
        if name not in NAMES:
            raise FeedProblem(f"{path}: columns: {name!r} must be one of {', '.join(NAMES)}")
        text = str(column).strip()
        if text.lower() in first:
            places[name] = first.index(text.lower())
        elif text.isdigit() and int(text) > 0:
            places[name] = int(text) - 1
        else:
            raise FeedProblem(
                f"{path}: columns: the table has no column {text!r} ({', '.join(first)[:200] or 'no headings'})"
            )
    return places


def _kind(place: int, header: Optional[Sequence[str]]) -> Kind:
    heading = header[place] if header and place < len(header) else ""
    return kind_of(heading, whole=True) or "any"


def _lower(cells: Sequence[str]) -> List[str]:
    return [cell.strip().strip('"').lower() for cell in cells]

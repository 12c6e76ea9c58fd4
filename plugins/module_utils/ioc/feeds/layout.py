# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which columns of a table hold what.

The headings decide where they say something; what is in the cells decides where they do not. In this order:

1. a column of types beside a column of values ("type, value"),
2. columns that name the type of their values ("sha256, domain, ip"),
3. columns that read as values.

Columns of links are never values, unless they are defanged.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from . import headings
from .cells import API_ACTIONS
from .columns import (
    Column,
    names_type,
    reads_as_defanged,
    reads_as_hash,
    reads_as_indicator,
    reads_as_value,
)
from .kinds import Kind, is_something_else, is_type_word
from .labels import RANGE, SCHEME
from .model import Fault


class Layout(NamedTuple):
    """Where in a row things are.

    values are the columns of values with the kind of each; the kind is any where the type column, or nothing, tells
    it. refused is why no row of the table can give an indicator. fields are the columns of fields by name of the
    field, switches the columns that switch a row off.
    """

    values: Tuple[Tuple[int, Kind], ...]
    type_column: Optional[int] = None
    fields: Mapping[str, int] = MappingProxyType({})
    switches: Tuple[Tuple[int, str], ...] = ()
    end: Optional[int] = None
    patterns: Optional[int] = None
    refused: Optional[Fault] = None
    strict: bool = True
    header: Tuple[str, ...] = ()
    warnings: Tuple[str, ...] = ()

    def name(self, column: int) -> str:
        """How people call a column: its heading, or its number from 1."""
        heading = self.header[column].strip() if column < len(self.header) else ""
        return heading or str(column + 1)

    def columns_read(self) -> Dict[str, str]:
        """Which column is read as which field."""
        found = {column: "value" for column, _kind in self.values}
        if self.patterns is not None:
            found[self.patterns] = "value"
        if self.type_column is not None:
            found[self.type_column] = "type"
        found.update(dict(self.switches))
        if self.end is not None:
            found[self.end] = "expiration"
        found.update({column: field for field, column in self.fields.items()})
        return {self.name(column): field for column, field in sorted(found.items())}


def is_header(cells: Sequence[str]) -> bool:
    """Whether a row is one of headings: none of its cells is a value, and one of them names types or values, or all
    of them are headings that we know."""
    filled = sum(1 for cell in cells if cell.strip())
    known = headings.count(cells)
    named = _names_indicators(cells) or known == filled > 1 or any(map(names_type, cells))
    return named and not any(map(reads_as_value, cells))


def is_firm_header(cells: Sequence[str]) -> bool:
    """Whether a row is beyond doubt one of headings of indicators, whatever is below it."""
    known = headings.count(cells)
    filled = sum(1 for cell in cells if cell.strip())
    return known >= 2 and known >= 0.5 * filled and _names_indicators(cells) and is_header(cells)


def _names_indicators(cells: Sequence[str]) -> bool:
    return any(headings.holds_indicators(headings.role_of(cell.strip())) for cell in cells)


def find(header: Optional[Sequence[str]], body: Sequence[Sequence[str]]) -> Optional[Layout]:
    """Find out where in a table things are; None where nothing in it looks like a column of values."""
    width = max([len(header or ()), *(len(cells) for cells in body)], default=0)
    columns = [
        Column(
            index,
            header[index] if header and index < len(header) else "",
            [cells[index] if index < len(cells) else "" for cells in body],
        )
        for index in range(width)
    ]
    layout = (
        _of_ranges(columns)
        or _of_patterns(columns)
        or _of_type_and_value(columns)
        or _of_named_types(columns)
        or _of_values_of_any_type(columns)
        or _of_looks(columns, bool(header))
    )
    if layout is None:
        return None
    return _with_fields(layout, columns)._replace(header=tuple(header or ()))


def _of_ranges(columns: Sequence[Column]) -> Optional[Layout]:
    """Columns of the first and the last address of ranges: neither is an indicator."""
    start = next((column for column in columns if column.is_a("range start")), None)
    end = next((column for column in columns if column.is_a("range end")), None)
    if start is None or end is None or not start.share(reads_as_indicator):
        return None
    return Layout((), refused=RANGE)


def _of_patterns(columns: Sequence[Column]) -> Optional[Layout]:
    """A column of STIX patterns, as OpenCTI exports indicators."""
    column = next((column for column in columns if column.is_a("pattern")), None)
    return None if column is None else Layout((), patterns=column.index)


def _of_type_and_value(columns: Sequence[Column]) -> Optional[Layout]:
    type_column = _type_column(columns)
    if type_column is None:
        return None
    others = [column for column in columns if column is not type_column]
    value = (
        next((column for column in others if column.is_a("value")), None)
        or next((column for column in others if column.is_a("either")), None)
        or _best(others)
    )
    if value is None:
        return None
    return Layout(((value.index, "any"),), type_column.index, strict=type_column.share(is_type_word) > 0)


def _type_column(columns: Sequence[Column]) -> Optional[Column]:
    typed = any(column.is_a("kind") and column.role and column.role.kind != "any" for column in columns)
    has_value = any(column.is_a("value", "either") for column in columns)
    for column in columns:
        if column.is_a("type") and (not typed or has_value or column.share(names_type) >= 0.5):
            return column
    if any(column.is_a("value") for column in columns):
        either = next((column for column in columns if column.is_a("either")), None)
        if either is not None:
            return either
    if typed:
        return None
    return next(
        (column for column in columns if not column.is_a("field") and column.share(names_type) >= 0.5), None
    )


def _best(columns: Sequence[Column]) -> Optional[Column]:
    """The column that looks most like one of values."""
    able = [column for column in columns if not column.is_a("field", "link", "known", "switch", "end")]
    best = max(able, key=lambda column: column.share(reads_as_value), default=None)
    return best if best is not None and best.share(reads_as_value) > 0.2 else None


def _of_named_types(columns: Sequence[Column]) -> Optional[Layout]:
    typed: List[Tuple[int, Kind]] = []
    names: Dict[str, int] = {}
    for column in columns:
        kind = column.role.kind if column.is_a("kind") and column.role else ""
        if kind == "file" and not column.share(reads_as_hash):
            if headings.squash(column.heading) in ("file", "files") and "filename" not in names:
                names["filename"] = column.index
        elif kind == "any" or column.is_a("either"):
            if column.share(reads_as_value) >= 0.5:
                typed.append((column.index, "any"))
        elif kind:
            typed.append((column.index, kind))
    if not any(kind != "any" for _index, kind in typed):
        return None
    return Layout(tuple(typed), fields=names)


def _of_values_of_any_type(columns: Sequence[Column]) -> Optional[Layout]:
    for names in (("value",), ("either", "kind")):
        found = [column for column in columns if column.is_a(*names)]
        if not found:
            continue
        best = max(found, key=lambda column: column.share(reads_as_value))
        if best.share(reads_as_value) > 0 or names == ("value",) or len(columns) == 1:
            return Layout(((best.index, "any"),))
    return None


def _of_looks(columns: Sequence[Column], has_header: bool) -> Optional[Layout]:
    able = [
        column
        for column in columns
        if not column.is_a("field", "known", "switch", "end")
        and not is_something_else(column.heading)
        and (not column.is_a("link") or column.share(reads_as_defanged) >= 0.5)
        and column.share(reads_as_value) >= (0.3 if has_header else 0.6)
    ]
    varied = [column for column in able if not column.is_constant] or able
    found = [column for column in varied if not column.holds_links] or varied
    found = [column for column in found if column.share(reads_as_indicator)]
    if not found:
        return None
    return Layout(
        tuple((column.index, "any") for column in found),
        warnings=tuple(
            f"column {column.heading or column.index + 1} looks like values, but was not read: "
            + ("every row has the same" if column.is_constant else "it holds links")
            for column in able
            if column not in found and column.share(reads_as_indicator)
        ),
    )


def _with_fields(layout: Layout, columns: Sequence[Column]) -> Layout:
    """Add the columns of fields, of switches and of the publisher's end, and warn of those that nobody reads."""
    used: Set[Optional[int]] = {layout.type_column, layout.patterns}
    used.update(column for column, _kind in layout.values)
    fields, ranks = dict(layout.fields), dict.fromkeys(layout.fields, 99)
    switches: List[Tuple[int, str]] = []
    ends: List[int] = []
    warnings = list(layout.warnings)
    speaks_falcon = _speaks_falcon(columns)
    for column in columns:
        role = column.role
        if column.index in used or role is None:
            continue
        if role.switch and not (role.field and speaks_falcon):
            switches.append((column.index, role.switch))
            if role.field:
                warnings.append(
                    f"column {column.heading!r} was read as the publisher's verdict, since it holds other words than "
                    f"the actions of Falcon; name it in columns to read it as {role.field}"
                )
        elif role.field and _may_be(role.field, column):
            if role.rank < ranks.get(role.field, 100):
                fields[role.field], ranks[role.field] = column.index, role.rank
        elif role.name == "end":
            ends.append(column.index)
    warnings += _unread(
        columns, used | set(fields.values()) | {index for index, _name in switches} | set(ends)
    )
    return layout._replace(
        fields=fields, switches=tuple(switches), end=ends[0] if ends else None, warnings=tuple(warnings)
    )


def _speaks_falcon(columns: Sequence[Column]) -> bool:
    """Whether a column of actions holds the actions of Falcon, and not a publisher's own words.

    "allow" is both: it is Falcon's where the table has columns that only Falcon has, or other actions of Falcon.
    """
    if any(
        column.role is not None
        and column.role.field in ("platforms", "applied_globally", "host_groups", "mobile_action")
        for column in columns
    ):
        return True
    actions = {
        cell.strip().lower()
        for column in columns
        if column.role is not None and column.role.field == "action"
        for cell in column.cells
    }
    return not actions or (actions <= API_ACTIONS and actions != {"allow"})


def _may_be(field: str, column: Column) -> bool:
    """Whether a column can hold a field: a source that is a link is the publisher's reference."""
    return field != "source" or not any(SCHEME.match(cell.strip()) for cell in column.cells)


def _unread(columns: Sequence[Column], used: Set[Optional[int]]) -> List[str]:
    found = []
    for column in columns:
        if column.index in used or not column.heading:
            continue
        meant = headings.meant(column.heading)
        if meant:
            found.append(
                f"column {column.heading!r} looks like {meant}, but was not read; "
                f"name it in columns, such as columns: {{{meant}: {column.heading}}}"
            )
        elif (
            column.role is None
            and not is_something_else(column.heading)
            and column.share(reads_as_indicator) >= 0.6
            and not column.is_constant
            and not column.holds_links
        ):
            found.append(
                f"column {column.heading!r} holds values, but its heading does not say so; it was not read"
            )
    return found

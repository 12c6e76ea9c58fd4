# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One row of a table, or one record of a list: its values, its fields, and whether it counts at all."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ..expiry import shown
from ..reading import truth
from . import dates, stix_pattern
from .cells import LOST_LIST, read_field
from .headings import squash
from .kinds import is_unknown, kind_of, misspelt, not_taken
from .labels import judge
from .layout import Layout
from .model import Fault, Feed, Row, Warned, words

_BENIGN = words(
    "benign allow allowed allowlist allowlisted whitelist whitelisted safe clean goodware legitimate legit "
    "falsepositive fp trusted harmless notmalicious knowngood good nonmalicious"
)
_INACTIVE = words("inactive disabled revoked deprecated retired expired removed deleted obsolete")
_BENIGN_FAULT = Fault("marked as benign, allowed or a false positive by its publisher", False, "benign")
#: A switch: the fault where its cell is true, and where it is false.
_SWITCHES: Dict[str, Dict[bool, Fault]] = {
    "to_ids": {False: Fault("flagged as not for detection (to_ids is false)", False, "not_for_detection")},
    "active": {False: Fault("marked as no longer active by its publisher", False, "inactive")},
    "revoked": {True: Fault("revoked by its publisher", False, "revoked")},
    "deleted": {True: Fault("a record that was deleted", False, "deleted")},
    "from_parent": {True: Fault("a record that a parent CID hands down", False, "inherited")},
    "benign": {True: _BENIGN_FAULT},
    "malicious": {False: _BENIGN_FAULT},
}
#: Fields that say where an indicator acts: where their list was lost, the indicator would act in more places.
_SCOPE = "host_groups"
#: Fields that rows hardly ever have in common; the others are read once for all rows that are alike in them.
_OWN = words("description filename")
_MOST_ALIKE = 4096


@lru_cache(maxsize=4096)
def _switched_off(switch: str, text: str) -> Optional[Fault]:
    if switch == "verdict":
        word = squash(text)
        if word in _BENIGN:
            return _BENIGN_FAULT
        return _SWITCHES["active"][False] if word in _INACTIVE else None
    if switch == "pattern_type":
        other = text.lower() not in ("", "stix", "none", "null")
        return Fault(f"a pattern in {text[:40]}, not in STIX", False, "pattern_language") if other else None
    try:
        return _SWITCHES[switch].get(truth(text))
    except ValueError:
        return None


class RowReader:
    """Reads the rows of one table under one layout, and remembers which cells it could not read."""

    def __init__(self, layout: Layout, feed: Feed) -> None:
        self.layout = layout
        self._feed = feed
        fields = {
            field: column
            for field, column in layout.fields.items()
            if field in feed.fields and not (field == "source" and feed.owner)
        }
        self._own = [(field, column) for field, column in fields.items() if field in _OWN]
        self._alike = [(field, column) for field, column in fields.items() if field not in _OWN]
        self._known: Dict[Tuple[Any, ...], Tuple[Dict[str, Any], Optional[Fault]]] = {}
        self._switches = [
            (column, switch)
            for column, switch in layout.switches
            if not (switch == "to_ids" and feed.to_ids == "ignore")
        ]
        self._unread: Dict[str, List[Any]] = {}

    def row(self, number: int, text: str, cells: Sequence[Any]) -> Row:
        """Read one row; number is its place in the file, text how it is shown where it gives no indicator."""
        fault = self._off(cells) if self._switches else None
        fields, lost = self._shared(cells) if self._alike else ({}, None)
        until: Any = self._until(cells) if self.layout.end is not None else ""
        if isinstance(until, Fault):
            lost, until = until, ""
        if fault or lost:
            return Row(number, text, [fault or lost], {})
        for field, column in self._own:
            if column < len(cells) and cells[column]:
                self._read(field, column, cells[column], fields)
        return Row(number, text, self._values(cells), fields, until=until)

    def warnings(self) -> List[Warned]:
        """What could not be read, and what was left out on purpose."""
        found = [Warned(text) for text in self.layout.warnings]
        if self._feed.owner and "source" in self.layout.fields:
            name = self.layout.name(self.layout.fields["source"])
            found.append(
                Warned(f"column {name!r} was ignored: the list has an owner, which is written as source")
            )
        for name, (field, count, example, problem) in self._unread.items():
            rows = "1 row" if count == 1 else f"{count} rows"
            found.append(Warned(f"column {name!r}: {field} was not set in {rows}: {example!r} {problem}"))
        return found

    def _shared(self, cells: Sequence[Any]) -> Tuple[Dict[str, Any], Optional[Fault]]:
        """The fields in which many rows are alike, and what speaks against the row; read once for all that are."""
        key = tuple(str(cells[column]) if column < len(cells) else "" for _field, column in self._alike)
        known = self._known.get(key)
        if known is None:
            fields: Dict[str, Any] = {}
            for field, column in self._alike:
                if column < len(cells):
                    self._read(field, column, cells[column], fields)
            known = (fields, self._lost_scope(cells, fields))
            if len(self._known) < _MOST_ALIKE and not self._unread:
                self._known[key] = known
        return dict(known[0]), known[1]

    def _read(self, field: str, column: int, cell: Any, fields: Dict[str, Any]) -> None:
        if cell is None or cell == "" or (isinstance(cell, str) and cell.isspace()):
            return
        if isinstance(cell, str) and cell.count('"') == 1:
            cell = cell.replace('"', "")  # a quote that never closed
        try:
            fields[field] = read_field(field, cell)
        except ValueError as problem:
            self._note(field, column, cell, str(problem))

    def _note(self, field: str, column: int, cell: Any, problem: str) -> None:
        known = self._unread.setdefault(self.layout.name(column), [field, 0, str(cell)[:40], problem])
        known[1] += 1

    def _off(self, cells: Sequence[Any]) -> Optional[Fault]:
        for column, switch in self._switches:
            cell = cells[column] if column < len(cells) else None
            fault = None if cell is None else _switched_off(switch, str(cell)[:80].strip())
            if fault is not None:
                return fault
        return None

    def _lost_scope(self, cells: Sequence[Any], fields: Mapping[str, Any]) -> Optional[Fault]:
        column = dict(self._alike).get(_SCOPE)
        if column is None or column >= len(cells) or LOST_LIST not in str(cells[column]):
            return None
        if fields.get("applied_globally"):
            return None
        return Fault(
            f"its host groups were lost when the file was written ({LOST_LIST}); export it as JSON",
            True,
            "lost_list",
        )

    def _until(self, cells: Sequence[Any]) -> Any:
        column = self.layout.end
        if column is None or column >= len(cells) or not str(cells[column] or "").strip():
            return ""
        text = str(cells[column]).strip()
        if not dates.is_never(text) and dates.instant(text) is None:
            self._note("expiration", column, text, "is not a date that can be read in one way only")
        return end_of(text, self._feed)

    def _values(self, cells: Sequence[Any]) -> List[Any]:
        layout = self.layout
        if layout.refused is not None:
            return [layout.refused]
        if layout.patterns is not None:
            return stix_pattern.read(_text(cells, layout.patterns))
        if layout.type_column is not None:
            return self._typed(_text(cells, layout.type_column).strip(), _text(cells, layout.values[0][0]))
        found: List[Any] = []
        for column, kind in layout.values:
            cell = _text(cells, column)
            if cell and not cell.isspace():
                found.extend(stix_pattern.read(cell) if stix_pattern.is_pattern(cell) else [(kind, cell)])
        return found or [Fault("there is no value", False, "no_value")]

    def _typed(self, label: str, value: str) -> List[Any]:
        if stix_pattern.is_pattern(value):
            return stix_pattern.read(value)
        kind = kind_of(label) if label and self.layout.strict else "any"
        if kind is not None:
            return [(kind, value)]
        near = misspelt(label)
        known = judge("any", value)[0]
        if near and not isinstance(known, Fault):
            return [Fault(f"{label[:40]!r} is not a known type; did you mean {near}?", True, "type_unknown")]
        if is_unknown(label) and not isinstance(known, Fault) and known[0] != "domain":
            reason = f"{label[:40]!r} is not a known type, though the value reads as {known[0]}"
            return [Fault(reason, True, "type_unknown")]
        return [not_taken(label)]


def end_of(text: str, feed: Feed) -> Any:
    """The publisher's own end of an indicator as items write it; a Fault where it has passed, empty where there is
    none, or none that can be read."""
    end = None if dates.is_never(text) else dates.instant(text)
    if end is None:
        return ""
    if end <= feed.now:
        return Fault(f"ended by its publisher on {end:%Y-%m-%d}", False, "ended")
    return shown(end.replace(microsecond=0))


def _text(cells: Sequence[Any], column: int) -> str:
    cell = cells[column] if column < len(cells) else ""
    if isinstance(cell, list):
        return ", ".join(str(one) for one in cell if isinstance(one, (str, int)))
    return cell if isinstance(cell, str) else str(cell) if isinstance(cell, (int, float)) else ""

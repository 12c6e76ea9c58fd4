# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A search index that learns of a write some seconds after it was made.

The vendor searches an Elasticsearch index beside its store. Reads by id and the check for duplicates use the store
and are current; searches, totals, aggregates, and changes by filter use the index.
"""

from __future__ import annotations

import sqlite3
import time
from collections import deque
from collections.abc import Iterable, Sequence

Row = tuple[object, ...]

STORE = "indicators"
_INDEXED = ("id", "tenant, value", "tenant, deleted, created_ms", "tenant, deleted, modified_ms")


class Index:
    """A copy of the table of indicators that is ``seconds`` behind it; without a lag it is the table itself."""

    def __init__(self, database: sqlite3.Connection, name: str, columns: Sequence[str]) -> None:
        self._database = database
        self._name = name
        places = ",".join("?" * len(columns))
        self._insert = (
            f"INSERT INTO temp.{name} (seq,{','.join(columns)}) SELECT seq,{places} FROM {STORE} WHERE id = ?"
        )
        self._pending: deque[tuple[float, Row]] = deque()
        self.seconds = 0.0

    @property
    def table(self) -> str:
        """The table to search in."""
        return f"temp.{self._name}" if self.seconds else STORE

    def set_lag(self, seconds: float) -> None:
        """Start, change or end the lag. What is stored when it starts is in the index."""
        started, self.seconds = bool(self.seconds), seconds
        if bool(seconds) != started:
            self.rebuild()

    def rebuild(self) -> None:
        """Index everything that is stored now."""
        self._pending.clear()
        self._database.execute(f"DROP TABLE IF EXISTS temp.{self._name}")
        if not self.seconds:
            return
        self._database.execute(f"CREATE TEMP TABLE {self._name} AS SELECT * FROM {STORE}")
        for number, columns in enumerate(_INDEXED):
            self._database.execute(f"CREATE INDEX temp.{self._name}_{number} ON {self._name} ({columns})")
        self._database.execute(f"ANALYZE temp.{self._name}")

    def note(self, rows: Iterable[Row], *, at_once: bool) -> None:
        """Remember written rows (in the order of the columns, the id first) for when their time has come."""
        if not self.seconds:
            return
        written = list(rows)
        if at_once:
            ids = {row[0] for row in written}
            self._pending = deque(entry for entry in self._pending if entry[1][0] not in ids)
            self._take(written)
        else:
            now = time.monotonic()
            self._pending.extend((now, row) for row in written)

    def catch_up(self) -> bool:
        """Take up the writes that are old enough. Returns whether there were any."""
        due = []
        newest = time.monotonic() - self.seconds
        while self._pending and self._pending[0][0] <= newest:
            due.append(self._pending.popleft()[1])
        self._take(due)
        return bool(due)

    def _take(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._database.execute(f"DELETE FROM temp.{self._name} WHERE id = ?", (row[0],))
            self._database.execute(self._insert, (*row, row[0]))

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenants' indicators in SQLite.

A record is kept as the JSON text that the API answers with; beside it stand the columns that filters and orders use.
Every order ends with ``seq``, the row number, so a page continues from a key and never counts rows to skip.
"""

from __future__ import annotations

import base64
import binascii
import json
import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from . import database
from .clock import parse_instant
from .fql import Condition, Field
from .lag import STORE, Index
from .properties import SEVERITY_NUMBERS, SORTS
from .things import Sightings, Things

Record = dict[str, Any]
Pair = tuple[str, str]

_COLUMNS = (
    *(
        "id",
        "tenant",
        "type",
        "value",
        "copy",
        "action",
        "mobile_action",
        "severity",
        "severity_number",
        "source",
    ),
    *(
        "applied_globally",
        "expiration_ms",
        "expired",
        "deleted",
        "from_parent",
        "created_ms",
        "modified_ms",
        "record",
    ),
)
_INSERT = f"INSERT INTO indicators ({','.join(_COLUMNS)}) VALUES ({','.join('?' * len(_COLUMNS))})"
_UPDATE = f"UPDATE indicators SET {','.join(f'{name}=?' for name in _COLUMNS)} WHERE seq=?"
_COUNTS_KEPT = 512
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode

LIVE = Condition("deleted = 0")
"""Every indicator that is not deleted."""


class BadToken(ValueError):
    """An ``after`` token that this tenant did not give out."""


@dataclass(frozen=True)
class Order:
    """What a page is sorted by."""

    name: str
    descending: bool = False


@dataclass(frozen=True)
class Page:
    """One page of a search: ``texts`` are JSON records or ids in JSON, ``after`` continues behind the last one."""

    texts: list[str]
    total: int
    after: str | None
    is_last: bool


class Store:
    """All tenants of one simulator. One thread uses it: the server's event loop."""

    def __init__(self, path: str = ":memory:") -> None:
        self._connection = database.connect(path)
        self.things = Things(self._connection)
        self.sightings = Sightings(self._connection)
        self._tenants: dict[str, int] = dict(self._connection.execute("SELECT cid, number FROM tenants"))
        counts = self._connection.execute(
            "SELECT tenant, COUNT(*) FROM indicators WHERE deleted = 0 GROUP BY tenant"
        )
        self._live: dict[int, int] = dict(counts)
        self._searched = Index(self._connection, "searched", _COLUMNS)
        self._counted = Index(self._connection, "counted", _COLUMNS)
        self._at_once = False
        self._version = 0
        self._counts: OrderedDict[tuple[object, ...], tuple[int, int]] = OrderedDict()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def clear(self) -> None:
        """Forget everything."""
        for table in ("indicators", "things", "sightings"):
            self._connection.execute(f"DELETE FROM {table}")
        self._searched.rebuild()
        self._counted.rebuild()
        self._live.clear()
        self._version += 1

    def is_empty(self) -> bool:
        """Whether nothing is stored."""
        query = "SELECT EXISTS (SELECT 1 FROM indicators) OR EXISTS (SELECT 1 FROM things)"
        return not self._connection.execute(query).fetchone()[0]

    def tenant(self, cid: str) -> int:
        """The row number of a CID, which is made known if it is new."""
        if cid not in self._tenants:
            made = self._connection.execute("INSERT INTO tenants (cid) VALUES (?)", (cid,))
            self._tenants[cid] = int(made.lastrowid or 0)
        return self._tenants[cid]

    def cid(self, tenant: int) -> str:
        """The CID of a row number."""
        return next(cid for cid, number in self._tenants.items() if number == tenant)

    # writing

    def add(self, tenant: int, records: Sequence[Record], *, copies: bool = False) -> None:
        """Store new records, all or none. With ``copies`` a pair may exist already."""
        first_copy = 0
        if copies:
            # The row number of a copy is unique, so it lifts the copy out of the unique index of pairs.
            query = "SELECT IFNULL(MAX(seq), 0) + 1 FROM indicators"
            first_copy = self._connection.execute(query).fetchone()[0]
        rows = [
            _row(tenant, record, first_copy + place if copies else 0) for place, record in enumerate(records)
        ]
        database.write(self._connection, _INSERT, rows)
        self._note(rows)
        self._changed(tenant, sum(not record["deleted"] for record in records))

    def add_many(self, tenant: int, rows: Iterable[tuple[object, ...]], count: int) -> None:
        """Store ready rows of new live indicators: the way to load a million."""
        database.write_many(self._connection, _INSERT, rows)
        self._searched.rebuild()
        self._counted.rebuild()
        self._changed(tenant, count)

    def change(self, tenant: int, records: Sequence[Record]) -> None:
        """Overwrite stored records, all or none."""
        rows = []
        more_live = 0
        for record in records:
            query = "SELECT seq, copy, deleted FROM indicators WHERE id = ?"
            seq, copy, deleted = self._connection.execute(query, (record["id"],)).fetchone()
            more_live += deleted - int(record["deleted"])
            rows.append((*_row(tenant, record, copy), seq))
        database.write(self._connection, _UPDATE, rows)
        self._note([row[:-1] for row in rows])
        self._changed(tenant, more_live)

    def expire(self, now_ms: int) -> None:
        """What the passing of an expiration does: ``expired`` is set and both actions become no_action."""
        query = (
            "SELECT tenant, record FROM indicators WHERE expired = 0 AND deleted = 0 AND expiration_ms <= ?"
        )
        by_tenant: dict[int, list[Record]] = {}
        for tenant, text in self._connection.execute(query, (now_ms,)).fetchall():
            record = {**json.loads(text), "expired": True, "action": "no_action"}
            if "mobile_action" in record:
                record["mobile_action"] = "no_action"
            by_tenant.setdefault(tenant, []).append(record)
        for tenant, records in by_tenant.items():
            self.change(tenant, records)

    @contextmanager
    def visible_at_once(self) -> Iterator[None]:
        """Writes within are found by searches immediately, whatever the lag: content that was there before."""
        self._at_once = True
        try:
            yield
        finally:
            self._at_once = False

    def _note(self, rows: Sequence[tuple[object, ...]]) -> None:
        self._searched.note(rows, at_once=self._at_once)
        self._counted.note(rows, at_once=self._at_once)

    def _changed(self, tenant: int, more_live: int) -> None:
        self._live[tenant] = self._live.get(tenant, 0) + more_live
        self._version += 1

    # reading

    def index(self, search_lag: float, total_lag: float) -> None:
        """Bring the search index up to the moment: seconds by which searches, and their totals, are behind."""
        self._searched.set_lag(search_lag)
        self._counted.set_lag(total_lag)
        if self._searched.catch_up() | self._counted.catch_up():
            self._version += 1

    def live_count(self, tenant: int) -> int:
        """Indicators that are not deleted."""
        return self._live.get(tenant, 0)

    def by_id(self, tenant: int, ids: Sequence[str]) -> dict[str, Record]:
        """The records of the ids that exist, deleted ones included."""
        found: dict[str, Record] = {}
        for one in ids:
            query = "SELECT record FROM indicators WHERE id = ? AND tenant = ?"
            row = self._connection.execute(query, (one, tenant)).fetchone()
            if row:
                found[one] = json.loads(row[0])
        return found

    def by_pair(self, tenant: int, pairs: Iterable[Pair]) -> dict[Pair, Record]:
        """The live records of the (type, value) pairs that exist."""
        query = "SELECT record FROM indicators WHERE tenant = ? AND type = ? AND value = ? AND deleted = 0 LIMIT 1"
        found: dict[Pair, Record] = {}
        for pair in pairs:
            row = self._connection.execute(query, (tenant, *pair)).fetchone()
            if row:
                found[pair] = json.loads(row[0])
        return found

    def found(self, tenant: int, condition: Condition) -> list[Record]:
        """The records, as they are now, that a search with this condition shows."""
        query = f"SELECT id FROM {self._searched.table} WHERE tenant = ? AND {condition.sql} ORDER BY seq"
        ids = [one for (one,) in self._connection.execute(query, (tenant, *condition.parameters))]
        return list(self.by_id(tenant, ids).values())

    def matching(self, tenant: int, condition: Condition) -> list[Record]:
        """Every stored record that a condition matches, whatever a search shows."""
        query = f"SELECT record FROM indicators WHERE tenant = ? AND {condition.sql} ORDER BY seq"
        return [
            json.loads(text) for (text,) in self._connection.execute(query, (tenant, *condition.parameters))
        ]

    def buckets(self, tenant: int, condition: Condition, field: Field, size: int) -> list[tuple[str, int]]:
        """Values of a field with the number of records that have them, most first."""
        chosen = f"(SELECT * FROM {self._searched.table} WHERE tenant = ? AND {condition.sql}) AS chosen"
        label = field.sql
        if field.kind == "array":
            chosen, label = f"{chosen}, json_each({field.sql}) AS bucket", "bucket.value"
        rows = self._connection.execute(
            f"SELECT {label}, COUNT(*) FROM {chosen} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ?",
            (tenant, *condition.parameters, size),
        )
        return [(str(text), count) for text, count in rows]

    def count(self, tenant: int, condition: Condition) -> int:
        """How many records a search says it matches. Counted once after each change, not once a page."""
        table = self._counted.table if self._counted.seconds else self._searched.table
        if condition.sql == LIVE.sql and table == STORE:
            return self.live_count(tenant)
        key = (table, tenant, condition.sql, condition.parameters)
        known = self._counts.get(key)
        if known and known[0] == self._version:
            return known[1]
        query = f"SELECT COUNT(*) FROM {table} WHERE tenant = ? AND {condition.sql}"
        total = int(self._connection.execute(query, (tenant, *condition.parameters)).fetchone()[0])
        self._counts[key] = (self._version, total)
        if len(self._counts) > _COUNTS_KEPT:
            self._counts.popitem(last=False)
        return total

    def page(
        self,
        tenant: int,
        condition: Condition,
        order: Order,
        limit: int,
        *,
        offset: int = 0,
        after: str | None = None,
        ids_only: bool = False,
    ) -> Page:
        """One page. Raises BadToken when ``after`` was not given out by this tenant."""
        key = SORTS[order.name]
        direction, sign = ("DESC", "<") if order.descending else ("ASC", ">")
        where, parameters = f"tenant = ? AND {condition.sql}", [tenant, *condition.parameters]
        if after is not None:
            where += f" AND ({key}, seq) {sign} (?, ?)"
            parameters += self._position(after)
        # One row more than asked tells whether this is the last page.
        rows = self._connection.execute(
            f"SELECT {key}, id, {'id' if ids_only else 'record'} FROM {self._searched.table} WHERE {where}"
            f" ORDER BY {key} {direction}, seq {direction} LIMIT ? OFFSET ?",
            (*parameters, limit + 1, offset),
        ).fetchall()
        shown = rows[:limit]
        texts = [row[2] for row in shown]
        if ids_only:
            texts = [f'"{one}"' for one in texts]
        token = _token(shown[-1][0], shown[-1][1]) if shown else None
        return Page(texts, self.count(tenant, condition), token, len(rows) <= limit)

    def _position(self, token: str) -> list[object]:
        """Sort key and row number of the record that a token names. The record may be deleted since."""
        try:
            key, last_id = json.loads(base64.b64decode(token, validate=True))
            row = self._connection.execute("SELECT seq FROM indicators WHERE id = ?", (last_id,)).fetchone()
        except (binascii.Error, ValueError, TypeError, OverflowError, sqlite3.Error):
            raise BadToken("invalid after token") from None
        if row is None or isinstance(key, (list, dict)):
            raise BadToken("invalid after token")
        return [key, row[0]]


def _row(tenant: int, record: Record, copy: int) -> tuple[object, ...]:
    """The columns of a record, in the order of _COLUMNS."""
    expiration = record.get("expiration")
    severity = record.get("severity", "")
    return (
        record["id"],
        tenant,
        record["type"],
        record["value"],
        copy,
        record["action"],
        record.get("mobile_action", ""),
        severity,
        SEVERITY_NUMBERS.get(severity, 0),
        record.get("source", ""),
        int(record["applied_globally"]),
        _milliseconds(expiration) if expiration else None,
        int(record["expired"]),
        int(record["deleted"]),
        int(record["from_parent"]),
        _milliseconds(record["created_on"]),
        _milliseconds(record["modified_on"]),
        _encode(record),
    )


def _milliseconds(text: str) -> int:
    return (parse_instant(text) or 0) // 1_000_000


def _token(key: object, last_id: str) -> str:
    return base64.b64encode(json.dumps([key, last_id]).encode()).decode()

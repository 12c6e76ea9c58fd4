# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant's indicators in SQLite.

A record is kept as the JSON text that the API answers with; beside it stand the columns that filters and orders use. Every
order the API offers ends with ``seq``, the row number, so a page continues from a key and never counts rows to skip.
"""

from __future__ import annotations

import base64
import binascii
import json
import sqlite3
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from .clock import parse_instant
from .fql import Condition, Field, text_match

Record = Dict[str, Any]
Pair = Tuple[str, str]

SEVERITY_NUMBERS = {"": 0, "informational": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}

_SCHEMA = """
CREATE TABLE IF NOT EXISTS tenants (number INTEGER PRIMARY KEY, cid TEXT UNIQUE NOT NULL);
CREATE TABLE IF NOT EXISTS indicators (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL, tenant INTEGER NOT NULL, type TEXT NOT NULL, value TEXT NOT NULL,
    copy INTEGER NOT NULL, action TEXT NOT NULL, mobile_action TEXT NOT NULL, severity TEXT NOT NULL, severity_number INTEGER NOT NULL,
    source TEXT NOT NULL, applied_globally INTEGER NOT NULL, expiration_ms INTEGER, expired INTEGER NOT NULL, deleted INTEGER NOT NULL,
    from_parent INTEGER NOT NULL, created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL, record TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS by_id ON indicators (id);
CREATE UNIQUE INDEX IF NOT EXISTS by_pair ON indicators (tenant, type, value, copy) WHERE deleted = 0;
CREATE INDEX IF NOT EXISTS by_value ON indicators (tenant, value);
CREATE INDEX IF NOT EXISTS by_creation ON indicators (tenant, deleted, created_ms);
CREATE INDEX IF NOT EXISTS by_change ON indicators (tenant, deleted, modified_ms);
CREATE INDEX IF NOT EXISTS by_owner ON indicators (tenant, deleted, source, created_ms);
CREATE INDEX IF NOT EXISTS to_expire ON indicators (expiration_ms) WHERE expired = 0 AND deleted = 0;
CREATE TABLE IF NOT EXISTS things (kind TEXT NOT NULL, tenant INTEGER NOT NULL, id TEXT NOT NULL, record TEXT NOT NULL,
    PRIMARY KEY (kind, tenant, id));
CREATE TABLE IF NOT EXISTS sightings (tenant INTEGER NOT NULL, type TEXT NOT NULL, value TEXT NOT NULL, device_id TEXT NOT NULL,
    process_id TEXT NOT NULL, PRIMARY KEY (tenant, type, value, device_id, process_id)) WITHOUT ROWID;
"""

_COLUMNS = ("id", "tenant", "type", "value", "copy", "action", "mobile_action", "severity", "severity_number", "source", "applied_globally",
            "expiration_ms", "expired", "deleted", "from_parent", "created_ms", "modified_ms", "record")
_INSERT = f"INSERT INTO indicators ({','.join(_COLUMNS)}) VALUES ({','.join('?' * len(_COLUMNS))})"
_UPDATE = f"UPDATE indicators SET {','.join(f'{name}=?' for name in _COLUMNS)} WHERE seq=?"
_COUNTS_KEPT = 512

LIVE = Condition("deleted = 0")
"""Every indicator that is not deleted."""


def _json_text(path: str) -> str:
    return f"IFNULL(json_extract(record, '$.{path}'), '')"


def _json_array(name: str) -> str:
    return f"IFNULL(json_extract(record, '$.{name}'), '[]')"


FILTER_FIELDS: Dict[str, Field] = {
    "id": Field("text", "id"),
    "type": Field("text", "type"),
    "value": Field("text", "value"),
    "action": Field("text", "action"),
    "mobile_action": Field("text", "mobile_action"),
    "severity": Field("text", "severity"),
    "severity_number": Field("number", "severity_number"),
    "source": Field("text", "source"),
    "applied_globally": Field("bool", "applied_globally"),
    "expired": Field("bool", "expired"),
    "deleted": Field("bool", "deleted"),
    "expiration": Field("date", "expiration_ms"),
    "created_on": Field("date", "created_ms"),
    "modified_on": Field("date", "modified_ms"),
    "created_by": Field("text", _json_text("created_by")),
    "modified_by": Field("text", _json_text("modified_by")),
    "platforms": Field("array", _json_array("platforms")),
    "tags": Field("array", _json_array("tags")),
    "host_groups": Field("array", _json_array("host_groups")),
    "metadata.filename.raw": Field("text", _json_text("metadata.filename")),
    "metadata.company_name.raw": Field("text", _json_text("metadata.company_name")),
    "metadata.original_filename.raw": Field("text", _json_text("metadata.original_filename")),
    "metadata.product_name.raw": Field("text", _json_text("metadata.product_name")),
    "metadata.product_version": Field("text", _json_text("metadata.product_version")),
    "metadata.av_hits": Field("number", "json_extract(record, '$.metadata.av_hits')"),
}

SORT_KEYS: Dict[str, str] = {
    "action": "action",
    "applied_globally": "applied_globally",
    "created_by": _json_text("created_by"),
    "created_on": "created_ms",
    "expiration": "IFNULL(expiration_ms, 0)",
    "expired": "expired",
    "metadata.av_hits": "IFNULL(json_extract(record, '$.metadata.av_hits'), -1)",
    "metadata.company_name.raw": _json_text("metadata.company_name"),
    "metadata.filename.raw": _json_text("metadata.filename"),
    "metadata.original_filename.raw": _json_text("metadata.original_filename"),
    "metadata.product_name.raw": _json_text("metadata.product_name"),
    "metadata.product_version": _json_text("metadata.product_version"),
    "modified_by": _json_text("modified_by"),
    "modified_on": "modified_ms",
    "severity_number": "severity_number",
    "source": "source",
    "type": "type",
    "value": "value",
}
DEFAULT_SORT = "created_on"


class BadToken(ValueError):
    """An ``after`` token that this tenant did not give out."""


@dataclass(frozen=True)
class Order:
    """What a page is sorted by."""

    name: str = DEFAULT_SORT
    descending: bool = False


@dataclass(frozen=True)
class Page:
    """One page of a search: ``texts`` are JSON records or ids in JSON, ``after`` continues behind the last one."""

    texts: List[str]
    total: int
    after: Optional[str]
    is_last: bool


def _milliseconds(text: str) -> int:
    return (parse_instant(text) or 0) // 1_000_000


def _row(tenant: int, record: Record, copy: int) -> Tuple[object, ...]:
    expiration = record.get("expiration")
    severity = record.get("severity", "")
    return (record["id"], tenant, record["type"], record["value"], copy, record["action"], record["mobile_action"], severity,
            SEVERITY_NUMBERS.get(severity, 0), record.get("source", ""), int(record["applied_globally"]),
            _milliseconds(expiration) if expiration else None, int(record["expired"]), int(record["deleted"]), int(record["from_parent"]),
            _milliseconds(record["created_on"]), _milliseconds(record["modified_on"]),
            json.dumps(record, separators=(",", ":"), ensure_ascii=False))


class Store:
    """All tenants of one simulator. One thread uses it: the server's event loop."""

    def __init__(self, path: str = ":memory:") -> None:
        self.database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.database.create_function("fql_text_match", 2, text_match, deterministic=True)
        self.database.execute("PRAGMA journal_mode = WAL" if path != ":memory:" else "PRAGMA journal_mode = MEMORY")
        self.database.execute("PRAGMA synchronous = NORMAL")
        self.database.executescript(_SCHEMA)
        self._tenants: Dict[str, int] = dict(self.database.execute("SELECT cid, number FROM tenants"))
        self._version = 0
        self._counts: "OrderedDict[Tuple[object, ...], Tuple[int, int]]" = OrderedDict()
        self._live: Dict[int, int] = dict(self.database.execute("SELECT tenant, COUNT(*) FROM indicators WHERE deleted = 0 GROUP BY tenant"))

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    def clear(self) -> None:
        """Forget everything."""
        for table in ("indicators", "things", "sightings"):
            self.database.execute(f"DELETE FROM {table}")
        self._live.clear()
        self._version += 1

    def is_empty(self) -> bool:
        """Whether nothing was ever stored."""
        return not self.database.execute("SELECT EXISTS (SELECT 1 FROM indicators) OR EXISTS (SELECT 1 FROM things)").fetchone()[0]

    def tenant(self, cid: str) -> int:
        """The row number of a CID, which is made known if it is new."""
        if cid not in self._tenants:
            made = self.database.execute("INSERT INTO tenants (cid) VALUES (?)", (cid,))
            self._tenants[cid] = int(made.lastrowid or 0)
        return self._tenants[cid]

    def cids(self) -> Dict[str, int]:
        """Every CID with its row number."""
        return dict(self._tenants)

    # indicators: writing

    def add(self, tenant: int, records: Sequence[Record], *, copies: bool = False) -> None:
        """Store new records, all or none. With ``copies`` a pair may exist already."""
        # The row number of a copy is unique, so it lifts the copy out of the unique index of pairs.
        first_copy = self.database.execute("SELECT IFNULL(MAX(seq), 0) + 1 FROM indicators").fetchone()[0] if copies else 0
        rows = [_row(tenant, record, first_copy + place if copies else 0) for place, record in enumerate(records)]
        self._write(_INSERT, rows)
        self._count_live(tenant, sum(not record["deleted"] for record in records))

    def add_rows(self, tenant: int, rows: Iterable[Tuple[object, ...]], count: int) -> None:
        """Store ready rows of live indicators: the way to load a million."""
        self._write(_INSERT, rows)
        self._count_live(tenant, count)

    def change(self, tenant: int, records: Sequence[Record]) -> None:
        """Overwrite stored records, all or none."""
        rows = []
        gone = 0
        for record in records:
            seq, copy, deleted = self.database.execute("SELECT seq, copy, deleted FROM indicators WHERE id = ?", (record["id"],)).fetchone()
            gone += int(record["deleted"]) - deleted
            rows.append((*_row(tenant, record, copy), seq))
        self._write(_UPDATE, rows)
        self._count_live(tenant, -gone)

    def expire(self, now_ms: int) -> None:
        """What the passing of an expiration does: ``expired`` is set and both actions become no_action."""
        due = self.database.execute("SELECT tenant, record FROM indicators WHERE expired = 0 AND deleted = 0 AND expiration_ms <= ?", (now_ms,)).fetchall()
        by_tenant: Dict[int, List[Record]] = {}
        for tenant, text in due:
            record = json.loads(text)
            record.update(expired=True, action="no_action", mobile_action="no_action")
            by_tenant.setdefault(tenant, []).append(record)
        for tenant, records in by_tenant.items():
            self.change(tenant, records)

    def _write(self, statement: str, rows: Iterable[Tuple[object, ...]]) -> None:
        self.database.execute("BEGIN")
        try:
            self.database.executemany(statement, rows)
        except sqlite3.Error:
            self.database.execute("ROLLBACK")
            raise
        self.database.execute("COMMIT")
        self._version += 1

    def _count_live(self, tenant: int, more: int) -> None:
        self._live[tenant] = self._live.get(tenant, 0) + more

    # indicators: reading

    def live_count(self, tenant: int) -> int:
        """Indicators that are not deleted."""
        return self._live.get(tenant, 0)

    def by_id(self, tenant: int, ids: Sequence[str]) -> Dict[str, Record]:
        """The records of some ids, deleted ones included."""
        found: Dict[str, Record] = {}
        for one in ids:
            row = self.database.execute("SELECT record FROM indicators WHERE id = ? AND tenant = ?", (one, tenant)).fetchone()
            if row:
                found[one] = json.loads(row[0])
        return found

    def by_pair(self, tenant: int, pairs: Iterable[Pair]) -> Dict[Pair, Record]:
        """The live records of some (type, value) pairs."""
        found: Dict[Pair, Record] = {}
        for pair in pairs:
            row = self.database.execute("SELECT record FROM indicators WHERE tenant = ? AND type = ? AND value = ? AND deleted = 0 LIMIT 1", (tenant, *pair)).fetchone()
            if row:
                found[pair] = json.loads(row[0])
        return found

    def matching(self, tenant: int, condition: Condition) -> List[Record]:
        """Every record that a condition matches."""
        rows = self.database.execute(f"SELECT record FROM indicators WHERE tenant = ? AND {condition.sql} ORDER BY seq", (tenant, *condition.parameters))
        return [json.loads(text) for (text,) in rows]

    def buckets(self, tenant: int, condition: Condition, field: Field, size: int) -> List[Tuple[str, int]]:
        """Values of a field with the number of records that have them, most first."""
        source = f"indicators, json_each({field.sql}) AS bucket" if field.kind == "array" else "indicators"
        key = "bucket.value" if field.kind == "array" else field.sql
        rows = self.database.execute(f"SELECT {key} AS label, COUNT(*) FROM {source} WHERE tenant = ? AND {condition.sql} GROUP BY label ORDER BY 2 DESC, 1 LIMIT ?", (tenant, *condition.parameters, size))
        return [(str(label), count) for label, count in rows]

    def count(self, tenant: int, condition: Condition) -> int:
        """How many records a condition matches. Counted once for each change of the tenant, not once a page."""
        if condition.sql == LIVE.sql:
            return self.live_count(tenant)
        key = (tenant, condition.sql, condition.parameters)
        known = self._counts.get(key)
        if known and known[0] == self._version:
            return known[1]
        total = int(self.database.execute(f"SELECT COUNT(*) FROM indicators WHERE tenant = ? AND {condition.sql}", (tenant, *condition.parameters)).fetchone()[0])
        self._counts[key] = (self._version, total)
        if len(self._counts) > _COUNTS_KEPT:
            self._counts.popitem(last=False)
        return total

    def page(self, tenant: int, condition: Condition, order: Order, limit: int, *, offset: int = 0, after: Optional[str] = None, ids_only: bool = False) -> Page:
        """One page. Raises BadToken when ``after`` was not given out by this tenant."""
        key = SORT_KEYS[order.name]
        if condition.properties & {"value", "id"}:
            # A few values are looked up in their own index and then sorted; walking the whole order would be slower.
            key = f"+{key}"
        direction, sign = ("DESC", "<") if order.descending else ("ASC", ">")
        where, parameters = f"tenant = ? AND {condition.sql}", [tenant, *condition.parameters]
        if after is not None:
            where += f" AND ({key}, seq) {sign} (?, ?)"
            parameters += self._position(after)
        # One row more than asked tells whether this is the last page.
        rows = self.database.execute(
            f"SELECT {key}, id, {'id' if ids_only else 'record'} FROM indicators WHERE {where} ORDER BY {key} {direction}, seq {direction} LIMIT ? OFFSET ?",
            (*parameters, limit + 1, offset)).fetchall()
        shown = rows[:limit]
        texts = [f'"{text}"' for _, _, text in shown] if ids_only else [text for _, _, text in shown]
        token = _token(shown[-1][0], shown[-1][1]) if shown else None
        return Page(texts, self.count(tenant, condition), token, len(rows) <= limit)

    def _position(self, token: str) -> List[object]:
        try:
            key, last_id = json.loads(base64.b64decode(token, validate=True))
            row = self.database.execute("SELECT seq FROM indicators WHERE id = ?", (last_id,)).fetchone()
        except (binascii.Error, ValueError, TypeError, sqlite3.Error):
            raise BadToken("invalid after token") from None
        if row is None or isinstance(key, (list, dict)):
            raise BadToken("invalid after token")
        return [key, row[0]]

    # hosts, host groups, processes: small collections of records

    def put_things(self, kind: str, tenant: int, things: Mapping[str, Record]) -> None:
        """Store records of a kind by id."""
        self._write("INSERT OR REPLACE INTO things (kind, tenant, id, record) VALUES (?, ?, ?, ?)",
                    [(kind, tenant, one, json.dumps(record, separators=(",", ":"), ensure_ascii=False)) for one, record in things.items()])

    def things(self, kind: str, tenant: int, ids: Sequence[str]) -> Dict[str, str]:
        """JSON texts of some ids."""
        found: Dict[str, str] = {}
        for one in ids:
            row = self.database.execute("SELECT record FROM things WHERE kind = ? AND tenant = ? AND id = ?", (kind, tenant, one)).fetchone()
            if row:
                found[one] = row[0]
        return found

    def drop_thing(self, kind: str, tenant: int, one: str) -> None:
        """Forget a record."""
        self._write("DELETE FROM things WHERE kind = ? AND tenant = ? AND id = ?", [(kind, tenant, one)])

    def all_things(self, kind: str, tenant: int) -> List[Record]:
        """Every record of a kind."""
        return [json.loads(text) for (text,) in self.database.execute("SELECT record FROM things WHERE kind = ? AND tenant = ? ORDER BY id", (kind, tenant))]

    def page_of_things(self, kind: str, tenant: int, condition: Condition, sort: str, descending: bool, limit: int, offset: int) -> Tuple[List[str], List[str], int]:
        """Ids and JSON texts of a page of records, and how many match. ``sort`` is a field that the caller has checked."""
        where, parameters = f"kind = ? AND tenant = ? AND {condition.sql}", (kind, tenant, *condition.parameters)
        direction = "DESC" if descending else "ASC"
        rows = self.database.execute(f"SELECT id, record FROM things WHERE {where} ORDER BY json_extract(record, '$.{sort}') {direction}, id LIMIT ? OFFSET ?",
                                     (*parameters, limit, offset)).fetchall()
        total = int(self.database.execute(f"SELECT COUNT(*) FROM things WHERE {where}", parameters).fetchone()[0])
        return [one for one, _ in rows], [text for _, text in rows], total

    # sightings

    def put_sightings(self, tenant: int, rows: Iterable[Tuple[str, str, str, str]]) -> None:
        """Store (type, value, device id, process id or empty) observations."""
        self._write("INSERT OR REPLACE INTO sightings (tenant, type, value, device_id, process_id) VALUES (?, ?, ?, ?, ?)", [(tenant, *row) for row in rows])

    def device_count(self, tenant: int, pair: Pair) -> int:
        """How many hosts saw an indicator."""
        return int(self.database.execute("SELECT COUNT(DISTINCT device_id) FROM sightings WHERE tenant = ? AND type = ? AND value = ?", (tenant, *pair)).fetchone()[0])

    def devices_of(self, tenant: int, pair: Pair, after: str, limit: int) -> List[str]:
        """Device ids that saw an indicator, in order, behind ``after``."""
        rows = self.database.execute("SELECT DISTINCT device_id FROM sightings WHERE tenant = ? AND type = ? AND value = ? AND device_id > ? ORDER BY device_id LIMIT ?", (tenant, *pair, after, limit))
        return [one for (one,) in rows]

    def processes_of(self, tenant: int, pair: Pair, device_id: str, after: str, limit: int) -> List[str]:
        """Process ids on one device, in order, behind ``after``."""
        rows = self.database.execute("SELECT process_id FROM sightings WHERE tenant = ? AND type = ? AND value = ? AND device_id = ? AND process_id > ? ORDER BY process_id LIMIT ?",
                                     (tenant, *pair, device_id, after or "", limit))
        return [one for (one,) in rows]

    def all_sightings(self, tenant: int) -> List[Dict[str, str]]:
        """Every observation."""
        names = ("type", "value", "device_id", "process_id")
        return [dict(zip(names, row)) for row in self.database.execute("SELECT type, value, device_id, process_id FROM sightings WHERE tenant = ?", (tenant,))]


def _token(key: object, last_id: str) -> str:
    return base64.b64encode(json.dumps([key, last_id]).encode()).decode()

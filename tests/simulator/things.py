# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts, host groups, processes and older indicators: small collections of JSON records. And who saw what."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import database
from .fql import Condition

Record = dict[str, Any]
Pair = tuple[str, str]


class Things:
    """Records by kind, tenant and id."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put(self, kind: str, tenant: int, records: Mapping[str, Record]) -> None:
        """Store records, each under its id."""
        rows = [
            (kind, tenant, one, json.dumps(record, separators=(",", ":"), ensure_ascii=False))
            for one, record in records.items()
        ]
        database.write(self._connection, "INSERT OR REPLACE INTO things VALUES (?, ?, ?, ?)", rows)

    def texts(self, kind: str, tenant: int, ids: Sequence[str]) -> dict[str, str]:
        """JSON texts of the ids that exist."""
        query = "SELECT record FROM things WHERE kind = ? AND tenant = ? AND id = ?"
        found: dict[str, str] = {}
        for one in ids:
            row = self._connection.execute(query, (kind, tenant, one)).fetchone()
            if row:
                found[one] = row[0]
        return found

    def everything(self, kind: str, tenant: int) -> list[Record]:
        """Every record of a kind."""
        query = "SELECT record FROM things WHERE kind = ? AND tenant = ? ORDER BY id"
        return [json.loads(text) for (text,) in self._connection.execute(query, (kind, tenant))]

    def page(
        self,
        kind: str,
        tenant: int,
        condition: Condition,
        sort: str,
        descending: bool,
        limit: int,
        offset: int,
    ) -> tuple[list[str], list[str], int]:
        """Ids and JSON texts of a page, and how many match. ``sort`` is a field that the caller has checked."""
        where = f"kind = ? AND tenant = ? AND {condition.sql}"
        parameters = (kind, tenant, *condition.parameters)
        order = f"json_extract(record, '$.{sort}') {'DESC' if descending else 'ASC'}, id"
        rows = self._connection.execute(
            f"SELECT id, record FROM things WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?",
            (*parameters, limit, offset),
        ).fetchall()
        total = self._connection.execute(f"SELECT COUNT(*) FROM things WHERE {where}", parameters).fetchone()[
            0
        ]
        return [row[0] for row in rows], [row[1] for row in rows], int(total)


class Sightings:
    """Which host, and which process on it, saw which value. A row without a process stands for the host alone."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put(self, tenant: int, rows: Iterable[tuple[str, str, str, str]]) -> None:
        """Store (type, value, device id, process id or empty)."""
        statement = "INSERT OR REPLACE INTO sightings VALUES (?, ?, ?, ?, ?)"
        database.write(self._connection, statement, [(tenant, *row) for row in rows])

    def device_count(self, tenant: int, pair: Pair) -> int:
        """How many hosts saw a value."""
        query = "SELECT COUNT(DISTINCT device_id) FROM sightings WHERE tenant = ? AND type = ? AND value = ?"
        return int(self._connection.execute(query, (tenant, *pair)).fetchone()[0])

    def devices(self, tenant: int, pair: Pair, after: str, limit: int) -> list[str]:
        """Ids of hosts that saw a value, in order, behind ``after``."""
        query = (
            "SELECT DISTINCT device_id FROM sightings"
            " WHERE tenant = ? AND type = ? AND value = ? AND device_id > ? ORDER BY device_id LIMIT ?"
        )
        return [one for (one,) in self._connection.execute(query, (tenant, *pair, after, limit))]

    def processes(self, tenant: int, pair: Pair, device_id: str, after: str, limit: int) -> list[str]:
        """Ids of processes on one host, in order, behind ``after``."""
        query = (
            "SELECT process_id FROM sightings"
            " WHERE tenant = ? AND type = ? AND value = ? AND device_id = ? AND process_id > ?"
            " ORDER BY process_id LIMIT ?"
        )
        return [one for (one,) in self._connection.execute(query, (tenant, *pair, device_id, after, limit))]

    def everything(self, tenant: int) -> list[dict[str, str]]:
        """Every row."""
        names = ("type", "value", "device_id", "process_id")
        query = f"SELECT {','.join(names)} FROM sightings WHERE tenant = ?"
        return [dict(zip(names, row)) for row in self._connection.execute(query, (tenant,))]

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SQLite file or memory of a simulator: tables, indexes, and all-or-nothing writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from .fql import text_match

_SCHEMA = """
CREATE TABLE IF NOT EXISTS tenants (number INTEGER PRIMARY KEY, cid TEXT UNIQUE NOT NULL);
CREATE TABLE IF NOT EXISTS indicators (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    tenant INTEGER NOT NULL,
    type TEXT NOT NULL,
    value TEXT NOT NULL,
    copy INTEGER NOT NULL,
    action TEXT NOT NULL,
    mobile_action TEXT NOT NULL,
    severity TEXT NOT NULL,
    severity_number INTEGER NOT NULL,
    source TEXT NOT NULL,
    applied_globally INTEGER NOT NULL,
    expiration_ms INTEGER,
    expired INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    from_parent INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    record TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS things (
    kind TEXT NOT NULL,
    tenant INTEGER NOT NULL,
    id TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (kind, tenant, id));
CREATE TABLE IF NOT EXISTS sightings (
    tenant INTEGER NOT NULL,
    type TEXT NOT NULL,
    value TEXT NOT NULL,
    device_id TEXT NOT NULL,
    process_id TEXT NOT NULL,
    PRIMARY KEY (tenant, type, value, device_id, process_id)) WITHOUT ROWID;
"""

_INDEXES = """
CREATE UNIQUE INDEX IF NOT EXISTS by_id ON indicators (id);
CREATE UNIQUE INDEX IF NOT EXISTS by_pair ON indicators (tenant, type, value, copy) WHERE deleted = 0;
CREATE INDEX IF NOT EXISTS by_value ON indicators (tenant, value);
CREATE INDEX IF NOT EXISTS by_creation ON indicators (tenant, deleted, created_ms);
CREATE INDEX IF NOT EXISTS by_change ON indicators (tenant, deleted, modified_ms);
CREATE INDEX IF NOT EXISTS by_owner ON indicators (tenant, deleted, source, created_ms);
CREATE INDEX IF NOT EXISTS to_expire ON indicators (expiration_ms) WHERE expired = 0 AND deleted = 0;
"""

# What a full tenant looks like: rows in all, then rows that share the first column, the first two, and so on. SQLite
# plans by these figures; without them it takes a tenant for ten rows and would walk it to find one value.
_STATISTICS = {
    "by_id": "1000000 1",
    "by_pair": "1000000 1000000 200000 1 1",
    "by_value": "1000000 1000000 1",
    "by_creation": "1000000 1000000 900000 200",
    "by_change": "1000000 1000000 900000 200",
    "by_owner": "1000000 1000000 900000 50000 200",
    "to_expire": "10000 10",
}


def connect(path: str) -> sqlite3.Connection:
    """Open (or make) a database; ``:memory:`` is one that ends with the process. One thread at a time uses it."""
    database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    database.create_function("fql_text_match", 2, text_match, deterministic=True)
    database.execute(f"PRAGMA journal_mode = {'MEMORY' if path == ':memory:' else 'WAL'}")
    database.execute("PRAGMA synchronous = NORMAL")
    database.executescript(_SCHEMA)
    _build_indexes(database)
    return database


def write_many(database: sqlite3.Connection, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
    """As write(), for so many indicators that it is quicker to build the indexes afterwards."""
    for name in _STATISTICS:
        database.execute(f"DROP INDEX {name}")
    try:
        write(database, statement, rows)
    finally:
        _build_indexes(database)


def write(database: sqlite3.Connection, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Run a statement for each row, for all or for none."""
    database.execute("BEGIN")
    try:
        database.executemany(statement, rows)
    except sqlite3.Error:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def _build_indexes(database: sqlite3.Connection) -> None:
    database.executescript(_INDEXES)
    database.execute("ANALYZE sqlite_schema")  # makes the table of figures
    database.execute("DELETE FROM sqlite_stat1")
    figures = [("indicators", name, text) for name, text in _STATISTICS.items()]
    database.executemany("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", figures)
    database.execute("ANALYZE sqlite_schema")  # reads them

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of one deployment: plan and result as documents, and the page that shows them.

A run applies one or more lists. Its plan is what ``falcon_iocs`` returned for each of them in check mode,
its result what it returned when it applied them. Both are kept as they were returned, less what only a
terminal needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .approval import OPERATIONS, fields_of
from .page import Change, Column, Count, Page, Table, clean, heading

PLAN_SCHEMA = "threatops.falcon/plan/1"
RESULT_SCHEMA = "threatops.falcon/result/1"

#: What an auditor looks for: which change, who, why, when, where and what exactly.
_FIRST_FACTS = (
    *("change_id", "requester", "reason", "rollback_of", "started", "finished"),
    *("base_url", "cloud", "member_cid", "client_id", "plan_digest", "approved_plan"),
)


#: What a reviewer has to see first comes first.
_REVIEWED = ("delete", "update", "create")
_TONES = {"create": "good", "update": "warning", "delete": "bad"}


def changes_table(entries: Sequence[Mapping[str, Any]], title: str) -> Table:
    """One row for each write, deletions first: the CSV file."""
    return Table(title, _columns(), _rows(entries, _REVIEWED), tones=_TONES, empty="Nothing to change.")


def _columns() -> list[Column]:
    return [
        Column("Operation", "label"),
        Column("Type", "label"),
        Column("Value", "code"),
        Column("List"),
        Column("Before \u2192 after", "changes"),
    ]


def _rows(entries: Sequence[Mapping[str, Any]], operations: Iterable[str]) -> list[list[Any]]:
    return [
        [
            operation,
            item.get("type"),
            item.get("value"),
            entry["name"],
            [Change(*one) for one in fields_of(operation, item)],
        ]
        for operation in operations
        for entry in entries
        for item in entry.get(OPERATIONS[operation]) or ()
    ]


def _changes(entries: Sequence[Mapping[str, Any]], ahead: bool) -> Iterable[Table]:
    """One table for each operation, deletions first, so that none hides another."""
    found = [(operation, rows) for operation in _REVIEWED if (rows := _rows(entries, [operation]))]
    for operation, rows in found:
        rows, note = _folded(rows) if operation != "update" else (rows, "")
        title = f"To {operation}" if ahead else f"{operation}d".capitalize()
        yield Table(title, _columns()[1:], [row[1:] for row in rows], note=note)
    if not found:
        yield Table("Changes", _columns(), [], empty="Nothing to change.")


def _folded(rows: list[list[Any]]) -> tuple[list[list[Any]], str]:
    """Rows without the fields that are the same in all of them, and a sentence that says these once."""
    if len(rows) < 2:
        return rows, ""
    told = [{str(change): change for change in row[-1]} for row in rows]
    same = set(told[0]).intersection(*told[1:])
    if not same:
        return rows, ""
    shared = [change for text, change in told[0].items() if text in same]
    common = "; ".join(
        f"{one.field}: {clean(one.after if one.before is None else one.before)}" for one in shared
    )
    kept = [
        [*row[:-1], [change for text, change in own.items() if text not in same]]
        for row, own in zip(rows, told)
    ]
    return kept, f"The same in all: {common}."


def run_page(document: Mapping[str, Any]) -> Page:
    """A plan or a result, for people."""
    entries, status = document["lists"], document["status"]
    writes = {name: sum(len(entry.get(key) or ()) for entry in entries) for name, key in OPERATIONS.items()}
    verdict, tone = _verdict(status, writes)
    ahead = status in ("planned", "started", "refused")
    labels = [f"to {name}" if ahead else f"{name}d" for name in OPERATIONS]
    counts = [
        Count(name, number, one)
        for name, number, one in zip(labels, writes.values(), ("good", "warning", "bad"))
    ]
    for key in ("unchanged", "foreign", "protected", "reached", "rejected", "failed"):
        number = sum(int((entry.get("counts") or {}).get(key, 0)) for entry in entries)
        if number or key == "failed":
            counts.append(Count(key, number, "bad" if key == "failed" and number else "neutral"))
    known = {**document["facts"], "plan_digest": document["plan_digest"]}
    names = [name for name in _FIRST_FACTS if name in known]
    names += [name for name in known if name not in _FIRST_FACTS]
    facts = [(heading(name), known[name]) for name in names if known[name] not in ("", None)]
    tables = [*_changes(entries, ahead), *_left_out(entries)]
    messages = document.get("messages") or ()
    if messages:
        tables.append(Table("Messages", [Column("Message")], [[message] for message in messages]))
    return Page(
        title=f"Plan: {document['title']}" if status in ("planned", "refused") else document["title"],
        verdict=verdict,
        tone=tone,
        facts=facts,
        counts=counts,
        tables=tables,
    )


def _verdict(status: str, writes: Mapping[str, int]) -> tuple[str, str]:
    """The sentence to read first, and its tone. Its reasons are the messages below the changes."""
    done = ", ".join(f"{number:,} {name}d" for name, number in writes.items())
    to_do = ", ".join(f"{number:,} to {name}" for name, number in writes.items())
    if status == "failed":
        return f"Failed after {done}; the messages below say why.", "bad"
    if status == "refused":
        return f"Refused before the first write: {to_do}; the messages below say why.", "bad"
    if status == "started":
        return f"Started and not finished: {to_do}. What was written is not known here.", "warning"
    if not any(writes.values()):
        return "The tenant matches the lists: nothing to change.", "good"
    return (
        (f"Applied: {done}.", "good")
        if status == "applied"
        else (f"Planned, not applied: {to_do}.", "warning")
    )


def _left_out(entries: Sequence[Mapping[str, Any]]) -> Iterable[Table]:
    """What was not written, and why; each table only where there is something in it."""
    shapes: dict[str, tuple[str, tuple[str, ...]]] = {
        "failed_iocs": ("Failed", ("type", "value", "operation", "message")),
        "foreign_iocs": ("Owned by another source", ("type", "value", "source")),
        "protected_iocs": ("Protected", ("type", "value", "reason")),
        "overridden_iocs": ("Protected, and overridden", ("type", "value")),
        "promoted_iocs": ("Promoted to another ring", ("type", "value", "from", "to")),
        "held_iocs": ("Held in a ring", ("type", "value", "ring", "device_count", "max_hosts")),
        "waiting_iocs": ("Waiting in a ring", ("type", "value", "ring", "until")),
        "ring_notes": ("Ring not as tagged", ("type", "value", "ring", "message")),
        "reach": ("Observed by too many hosts to block", ("type", "value", "device_count", "limit_exceeded")),
        "rejected": ("Rejected feed lines", ("path", "line", "text", "reason")),
    }
    for key, (title, names) in shapes.items():
        rows = [
            [entry["name"], *(item.get(name) for name in names)]
            for entry in entries
            for item in entry.get(key) or ()
        ]
        if rows:
            kinds = {"value": "code", "text": "code", "type": "label", "line": "number"}
            columns = [Column(name.capitalize(), kinds.get(name, "text")) for name in names]
            yield Table(title, [Column("List"), *columns], rows)

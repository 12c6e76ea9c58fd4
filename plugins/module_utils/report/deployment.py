# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of one deployment: plan and result as documents, their approval, and the way back.

A run applies one or more lists. Its plan is what ``falcon_iocs`` returned for each of them in check mode,
its result what it returned when it applied them. Both are kept as they were returned, less what only a
terminal needs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .page import Change, Chart, Column, Count, Page, Table, heading
from .results import changes_of

PLAN_SCHEMA = "threatops.falcon/plan/1"
RESULT_SCHEMA = "threatops.falcon/result/1"

OPERATIONS = {"create": "created_iocs", "update": "updated_iocs", "delete": "deleted_iocs"}

_MOBILE = ("ios", "android")

#: What an auditor looks for: which change, who, why, when, where and what exactly.
_FIRST_FACTS = (
    *("change_id", "requester", "reason", "rollback_of", "started", "finished"),
    *("base_url", "cloud", "member_cid", "client_id", "plan_digest", "approved_plan"),
)


def run_digest(entries: Sequence[Mapping[str, Any]]) -> str:
    """The digest of a whole run: that of its only list, or SHA-256 over the names and digests of all of them.

    Empty if a list has none, because it could not be planned.
    """
    digests = [(entry["name"], str(entry.get("plan_digest") or "")) for entry in entries]
    if not digests or not all(digest for _name, digest in digests):
        return ""
    if len(digests) == 1:
        return digests[0][1]
    return hashlib.sha256(json.dumps(digests, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


def is_digest(text: str) -> bool:
    """Whether a text is a SHA-256 in hexadecimal digits."""
    return len(text) == 64 and all(char in "0123456789abcdefABCDEF" for char in text)


def changing(entry: Mapping[str, Any]) -> int:
    """How many writes a list's plan or result holds."""
    return sum(len(entry.get(key) or ()) for key in OPERATIONS.values())


def differences(approved: Sequence[Mapping[str, Any]], planned: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a plan has that the approved one has not, and the other way round: one sentence a write,
    sorted.
    """
    before, after = dict(_writes(approved)), dict(_writes(planned))
    told = []
    for key in sorted({*before, *after}):
        name = " ".join(
            part for part in (key[1], key[2], key[3], f"(list {key[0]})" if key[0] else "") if part
        )
        if key not in before:
            told.append(f"{name}: not in the approved plan{_told(after[key])}")
        elif key not in after:
            told.append(f"{name}: approved, and no longer in the plan")
        elif not _same_fields(before[key], after[key]):
            was = [field for field in before[key] if field not in after[key]]
            becomes = [field for field in after[key] if field not in before[key]]
            told.append(
                f"{name}: approved{_told(was) or ' without'};{' now' + _told(becomes) if becomes else ' no longer'}"
            )
    return told


def _writes(
    entries: Iterable[Mapping[str, Any]],
) -> Iterable[tuple[tuple[str, str, str, str], list[tuple[str, Any, Any]]]]:
    """Every write as (list, operation, type, value) and its fields as (name, before, after)."""
    for entry in entries:
        for operation, key in OPERATIONS.items():
            for item in entry.get(key) or ():
                identity = (
                    str(entry.get("name") or ""),
                    operation,
                    str(item.get("type")),
                    str(item.get("value")),
                )
                yield identity, fields_of(operation, item)


def _same_fields(one: Sequence[tuple[str, Any, Any]], other: Sequence[tuple[str, Any, Any]]) -> bool:
    """Whether two writes do the same; that both set an expiration is enough.

    One that is counted from the moment of the run differs from run to run within the same plan. A fixed one
    that differs shows in the digest of the plan.
    """
    return [field for field in one if field[0] != "expiration"] == [
        field for field in other if field[0] != "expiration"
    ] and {field[0] for field in one} == {field[0] for field in other}


def fields_of(operation: str, item: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """The fields that one write changes: (name, before, after), sorted by name."""
    if operation == "update":
        return [(change["field"], change["before"], change["after"]) for change in changes_of(item)]
    fields = [(name, item[name]) for name in sorted(item) if name not in ("id", "type", "value")]
    if operation == "create":
        return [(name, None, value) for name, value in fields]
    return [(name, value, None) for name, value in fields]


def _told(fields: Sequence[tuple[str, Any, Any]]) -> str:
    return f" {'; '.join(str(Change(*field)) for field in fields)}" if fields else ""


def approval(
    entries: Sequence[Mapping[str, Any]], approved: object, documents: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """What keeps a plan from being the approved one, a sentence each; nothing where it is.

    ``approved`` is a digest, the path of a ``plan.json``, or a mapping of list names to either.
    ``documents`` holds the plans that are known by these digests and paths. A plan that changes nothing
    needs no approval.
    """
    if not any(changing(entry) for entry in entries):
        return []
    if isinstance(approved, Mapping):
        return [
            sentence
            for entry in entries
            for sentence in approval([entry], approved.get(entry["name"], ""), documents)
        ]
    wanted = str(approved or "").strip()
    then = _same_lists(documents[wanted]["lists"], entries) if wanted in documents else None
    digest = (wanted if then is None or is_digest(wanted) else run_digest(then)).lower()
    now = run_digest(entries)
    told = differences(then, entries) if then is not None else []
    if not now or now != digest:
        name = f" of list {entries[0]['name']}" if len(entries) == 1 and entries[0]["name"] else ""
        return [f"the plan{name} is {now or 'incomplete'}, approved is {digest or 'none'}", *told]
    return told


def _same_lists(
    known: Sequence[Mapping[str, Any]], entries: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Of the lists of an approved plan those that a plan is about."""
    names = {entry["name"] for entry in entries}
    return [one for one in known if one.get("name") in names] if len(entries) < len(known) else list(known)


def rollback(result: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What undoes a run, and what its records must look like now, both as items for ``falcon_iocs``.

    ``result`` is a document of schema ``RESULT_SCHEMA``. Where several lists wrote to one indicator, what
    it was before the first of them comes back.
    """
    before: dict[tuple[str, str], dict[str, Any]] = {}
    now: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in result.get("lists") or ():
        for operation, key in OPERATIONS.items():
            for item in entry.get(key) or ():
                _undo(operation, item, before, now)
    undone = [{**_item(fields), "type": key[0], "value": key[1]} for key, fields in sorted(before.items())]
    expected = [{**_item(fields), "type": key[0], "value": key[1]} for key, fields in sorted(now.items())]
    return undone, expected


def _undo(
    operation: str,
    item: Mapping[str, Any],
    before: dict[tuple[str, str], dict[str, Any]],
    now: dict[tuple[str, str], dict[str, Any]],
) -> None:
    """Note what one write changed: the oldest state in ``before``, the newest in ``now``."""
    key = (str(item["type"]), str(item["value"]))
    absent = {"state": "absent"}
    was: dict[str, Any]
    if operation == "create":
        was, becomes = absent, {**item, "state": "present"}
    elif operation == "delete":
        was, becomes = {**item, "state": "present"}, absent
    else:
        was, becomes = {**item["before"], "state": "present"}, {**item["after"], "state": "present"}
    first, last = before.get(key), now.get(key)
    if first is None:
        before[key] = was
    elif first["state"] == "present":
        # Updated by an earlier list: what that one found wins over what this one found.
        before[key] = {**was, **first} if was["state"] == "present" else first
    now[key] = becomes if last is None or operation != "update" else {**last, **becomes}


def _item(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as ``falcon_iocs`` returned them, in the form that it takes."""
    item = {name: value for name, value in fields.items() if name != "id"}
    if "expiration" in item and not item["expiration"]:
        item["expiration"] = "never"
    platforms = item.get("platforms")
    if platforms and not any(platform in _MOBILE for platform in platforms):
        item.pop("mobile_action", None)
    if platforms and all(platform in _MOBILE for platform in platforms):
        item.pop("action", None)
    return item


def changed_since(result: Mapping[str, Any], check: Mapping[str, Any], plan: Mapping[str, Any]) -> list[str]:
    """Who was changed by somebody else since a run: a sentence an indicator, sorted.

    ``check`` is what ``falcon_iocs`` returned in check mode for the ``expected`` items of ``rollback``:
    whatever it would write is a change since. ``plan`` is what it returned for the items that undo the run:
    a created indicator that would be deleted must hold nothing that the run did not write.
    """
    told = [f"{item['type']} {item['value']} was deleted since" for item in check.get("created_iocs") or ()]
    told += [
        f"{item['type']} {item['value']} was created again since" for item in check.get("deleted_iocs") or ()
    ]
    for item in check.get("updated_iocs") or ():
        changes = "; ".join(
            str(Change(one["field"], one["after"], one["before"])) for one in changes_of(item)
        )
        told.append(f"{item['type']} {item['value']} was changed since: {changes}")
    told += [
        f"{item['type']} {item['value']}: {item.get('message')}" for item in check.get("failed_iocs") or ()
    ]
    known = {(item["type"], item["value"]) for item in check.get("updated_iocs") or ()}
    created = {
        (item["type"], item["value"]): item
        for entry in result.get("lists") or ()
        for item in entry.get("created_iocs") or ()
    }
    for item in plan.get("deleted_iocs") or ():
        key = (item["type"], item["value"])
        ours = created.get(key)
        if ours is None or key in known:
            continue
        added = [Change(name, None, item[name]) for name in sorted(item) if name not in ours and name != "id"]
        if added:
            told.append(f"{key[0]} {key[1]} was changed since: {'; '.join(str(one) for one in added)}")
    return sorted(told)


def changes_table(entries: Sequence[Mapping[str, Any]], title: str) -> Table:
    """One row a write: the table of the page, and the CSV file."""
    columns = [
        Column("Operation", "label"),
        Column("Type", "label"),
        Column("Value", "code"),
        Column("List"),
        Column("Before \u2192 after", "changes"),
    ]
    rows = [
        [
            operation,
            item.get("type"),
            item.get("value"),
            entry["name"],
            [Change(*one) for one in fields_of(operation, item)],
        ]
        for entry in entries
        for operation, key in OPERATIONS.items()
        for item in entry.get(key) or ()
    ]
    tones = {"create": "good", "update": "warning", "delete": "bad"}
    return Table(title, columns, rows, tones=tones, empty="Nothing to change.")


def run_page(document: Mapping[str, Any]) -> Page:
    """A plan or a result, for people."""
    entries, status = document["lists"], document["status"]
    writes = {name: sum(len(entry.get(key) or ()) for entry in entries) for name, key in OPERATIONS.items()}
    verdict, tone = _verdict(status, writes, document.get("messages") or ())
    ahead = status in ("planned", "started", "refused")
    labels = [f"to {name}" if ahead else f"{name}d" for name in OPERATIONS]
    counts = [
        Count(name, number, one)
        for name, number, one in zip(labels, writes.values(), ("good", "warning", "bad"))
    ]
    for key in ("unchanged", "foreign", "protected", "rejected", "failed"):
        number = sum(int((entry.get("counts") or {}).get(key, 0)) for entry in entries)
        if number or key == "failed":
            counts.append(Count(key, number, "bad" if key == "failed" and number else "neutral"))
    known = {**document["facts"], "plan_digest": document["plan_digest"]}
    names = [name for name in _FIRST_FACTS if name in known]
    names += [name for name in known if name not in _FIRST_FACTS]
    facts = [(heading(name), known[name]) for name in names if known[name] not in ("", None)]
    tables = [changes_table(entries, "Changes"), *_left_out(entries)]
    messages = document.get("messages") or ()
    if messages:
        tables.insert(0, Table("Messages", [Column("Message")], [[message] for message in messages]))
    return Page(
        title=document["title"],
        verdict=verdict,
        tone=tone,
        facts=facts,
        counts=counts,
        chart=Chart("By outcome", counts) if any(count.number for count in counts) else None,
        tables=tables,
    )


def _verdict(status: str, writes: Mapping[str, int], messages: Sequence[str]) -> tuple[str, str]:
    """The sentence to read first, and its tone."""
    done = ", ".join(f"{number:,} {name}d" for name, number in writes.items())
    to_do = ", ".join(f"{number:,} to {name}" for name, number in writes.items())
    if status == "failed":
        return f"Failed, after {done}: {messages[0] if messages else 'see the result'}", "bad"
    if status == "refused":
        return f"Refused before the first write: {messages[0] if messages else 'see the plan'}", "bad"
    if status == "started":
        return f"Started and not finished: {to_do}. What was written is not known here.", "warning"
    if not any(writes.values()):
        return "The tenant is as the lists say: nothing to change.", "good"
    return (
        (f"Applied: {done}.", "good")
        if status == "applied"
        else (f"Planned, not applied: {to_do}.", "warning")
    )


def _left_out(entries: Sequence[Mapping[str, Any]]) -> Iterable[Table]:
    """What was not written, and why; each table only where there is something in it."""
    shapes: dict[str, tuple[str, tuple[str, ...]]] = {
        "failed_iocs": ("Failed", ("type", "value", "operation", "message")),
        "foreign_iocs": ("Owned by somebody else", ("type", "value", "source")),
        "protected_iocs": ("Protected", ("type", "value", "reason")),
        "overridden_iocs": ("Protected, and overridden", ("type", "value")),
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

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing custom indicators: POST, PATCH and DELETE of /iocs/entities/indicators/v1."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from typing import Any

from . import rules
from .answers import Answer, Refusal, error, values
from .clock import instant_text
from .context import Call
from .record import assemble
from .rules import Fields, Row, Rules
from .search import entities_pagination, in_order, not_found, read_filter, read_ids, with_missing
from .store import Record

_ABSENT = {"mobile_action": "no_action"}


def create(call: Call) -> Answer:
    """indicator_create_v1: all rows or none, unless ignore_warnings lets warnings through."""
    body = call.object_body()
    call.know_fields(body, ("comment", "indicators"))
    context = _rules(call)
    rows = [
        rules.read_row(number, sent, rules.CREATE_FIELDS, context)
        for number, sent in enumerate(_submitted(call, body), 1)
    ]
    for row in rows:
        rules.check_new(row, context)
    stored = _mark_duplicates(call, rows)
    ignore = bool(call.flag("ignore_warnings"))
    refused = [row for row in rows if row.has_error or (row.problems and not ignore)]
    if refused and call.quirks.text("create_partial") == "off":
        return _row_problems(call, rows)
    refused_numbers = {row.number for row in refused}
    accepted = [row for row in rows if row.number not in refused_numbers]
    new = accepted
    if call.quirks.text("duplicate_with_ignore") != "second":
        new = [row for row in {_pair(row): row for row in accepted}.values() if row.number not in stored]
    if call.store.live_count(call.tenant) + len(new) > call.quirks.number("quota"):
        raise Refusal(400, "Limit of 1 million indicators reached.")
    result = in_order(call, _store_new(call, accepted, stored))
    reply = values(result, status=201, pagination={"limit": 0, "total": len(result)})
    if refused:
        reply.errors = [error(400, rules.ROWS_INVALID)]
        reply.resources = (reply.resources or []) + [
            json.dumps(problem) for row in refused for problem in row.problems
        ]
    return reply


def _mark_duplicates(call: Call, rows: Sequence[Row]) -> dict[int, Record]:
    """Warn of pairs that exist, in the tenant or earlier in the batch. Returns the stored record by row number."""
    known = call.store.by_pair(call.tenant, {_pair(row) for row in rows if not row.has_error})
    found: dict[int, Record] = {}
    seen = set()
    for row in rows:
        if row.has_error:
            continue
        pair = _pair(row)
        if pair in known:
            found[row.number] = known[pair]
        if pair in known or pair in seen:
            row.warning(rules.duplicate_warning(row.sent["type"], row.sent["value"]))
        seen.add(pair)
    return found


def _store_new(call: Call, rows: Sequence[Row], stored: dict[int, Record]) -> list[Record]:
    """Write accepted rows; what a repeated pair does is a quirk."""
    repeated = call.quirks.text("duplicate_with_ignore")
    now = instant_text(call.simulator.clock.nanoseconds())
    fresh: dict[tuple[str, str], Record] = {}
    copies: list[Record] = []
    changed: list[Record] = []
    result: list[Record] = []
    for row in rows:
        old = stored.get(row.number) or fresh.get(_pair(row))
        if old is None or repeated == "second":
            record = _new_record(call, row.fields, now)
            if old is None:
                fresh[_pair(row)] = record
            else:
                copies.append(record)
        elif repeated == "same":
            record = old
        else:
            record = assemble(
                {
                    **_new_record(call, row.fields, now),
                    "id": old["id"],
                    "created_on": old["created_on"],
                    "created_by": old["created_by"],
                },
                call.quirks,
            )
            if old.get("from_parent"):
                _refuse_parent(call)
            if row.number in stored:
                changed.append(record)
            else:
                fresh[_pair(row)] = record
        result.append(record)
    call.store.add(call.tenant, list(fresh.values()))
    if copies:
        call.store.add(call.tenant, copies, copies=True)
    if changed:
        call.store.change(call.tenant, changed)
    return result


def _new_record(call: Call, fields: Fields, now: str) -> Record:
    who = call.client.client_id
    fields = dict(fields)
    metadata = fields.pop("metadata", {})
    if fields["type"] in rules.HASH_LENGTHS:
        fields["metadata"] = {**metadata, "signed": False, "av_hits": -1}
    return assemble(
        {
            **fields,
            "id": secrets.token_hex(32),
            "expired": False,
            "deleted": False,
            "from_parent": False,
            "created_on": now,
            "created_by": who,
            "modified_on": now,
            "modified_by": who,
        },
        call.quirks,
    )


def update(call: Call) -> Answer:
    """indicator_update_v1: by id, or by filter with bulk_update."""
    body = call.object_body()
    call.know_fields(body, ("comment", "indicators", "bulk_update"))
    if body.get("bulk_update") is not None:
        return _bulk_update(call, body)
    context = _rules(call)
    rows = [
        rules.read_row(number, sent, rules.UPDATE_FIELDS, context)
        for number, sent in enumerate(_submitted(call, body), 1)
    ]
    for row in rows:
        if not row.fields.get("id") and not row.has_error:
            row.error("ID", rules.REQUIRED)
    if any(row.has_error for row in rows):
        return _row_problems(call, rows)
    stored = call.store.by_id(call.tenant, [row.fields["id"] for row in rows])
    missing = [row.fields["id"] for row in rows if stored.get(row.fields["id"], {"deleted": True})["deleted"]]
    if missing:
        if call.quirks.text("unknown_id") == "404":
            return not_found(missing)
        rows = [row for row in rows if row.fields["id"] not in missing]
    changed: dict[str, Record] = {}
    for row in rows:
        one = row.fields["id"]
        changed[one] = _changed_record(call, row, changed.get(one, stored[one]), context)
    if any(row.has_error for row in rows):
        return _row_problems(call, rows)
    if all(_same(stored[one], record) for one, record in changed.items()):
        call.violations.append("useless write: nothing changes")
    call.store.change(call.tenant, list(changed.values()))
    return values(in_order(call, list(changed.values())), pagination={"limit": 0, "total": len(changed)})


def _bulk_update(call: Call, body: dict[str, Any]) -> Answer:
    context = _rules(call)
    row = rules.read_row(1, body["bulk_update"], rules.BULK_FIELDS, context)
    from_parent = row.fields.pop("from_parent", None)
    text = row.fields.pop("filter", "")
    others = [one for one in body.get("indicators") or [] if one]
    if others or ("indicators" not in body and call.quirks.text("bulk_update_alone") == "refuse"):
        row.error("ID", rules.REQUIRED)
    if not text and not row.has_error:
        row.error("filter", rules.REQUIRED)
    if row.has_error:
        return _row_problems(call, [row])
    stored = [
        record
        for record in call.store.found(call.tenant, read_filter(call, text, from_parent))
        if not record["deleted"]
    ]
    changed = [_changed_record(call, row, record, context) for record in stored]
    if row.has_error:
        return _row_problems(call, [row])
    call.store.change(call.tenant, changed)
    return values(changed, pagination={"limit": 0, "total": len(changed)})


def _changed_record(call: Call, row: Row, stored: Record, context: Rules) -> Record:
    if stored.get("from_parent"):
        _refuse_parent(call)
    merged = rules.check_changes(row, stored, context)
    if row.fields.get("expiration") or ("expiration" in row.fields and stored.get("expired")):
        merged["expired"] = False
    merged["modified_on"] = instant_text(call.simulator.clock.nanoseconds())
    merged["modified_by"] = call.client.client_id
    return assemble(merged, call.quirks)


def _same(stored: Record, changed: Record) -> bool:
    """Whether an update left a record as it was; an absent field is the same as an empty one, or as no action."""
    ignored = ("modified_on", "modified_by")
    names = {*stored, *changed} - {*ignored}
    return all(
        (stored.get(name) or _ABSENT.get(name)) == (changed.get(name) or _ABSENT.get(name)) for name in names
    )


def delete(call: Call) -> Answer:
    """indicator_delete_v1: by ids or by filter; the record stays, marked as deleted."""
    has_filter, has_ids = bool(call.text("filter").strip()), "ids" in call.parameters
    if has_filter == has_ids and not (has_filter and call.quirks.text("ids_and_filter") == "filter"):
        raise Refusal(
            400,
            "Either IDs or the FQL filter must be provided, not both",
            violation="DELETE needs one of ids and filter",
        )
    missing: list[str] = []
    if has_filter:
        condition = read_filter(call, call.text("filter"), call.flag("from_parent"))
        doomed = [
            record
            for record in call.store.found(call.tenant, condition)
            if not record["deleted"] and not record["from_parent"]
        ]
    else:
        ids = read_ids(call)
        found = call.store.by_id(call.tenant, ids)
        doomed = [found[one] for one in ids if one in found and not found[one]["deleted"]]
        gone = {record["id"] for record in doomed}
        missing = [one for one in ids if one not in gone]
        if any(record["from_parent"] for record in doomed):
            _refuse_parent(call)
        if (
            missing
            and (not doomed or call.quirks.text("mixed_ids") == "refuse")
            and call.quirks.text("unknown_id") == "404"
        ):
            return not_found(missing)
    now = instant_text(call.simulator.clock.nanoseconds())
    call.store.change(
        call.tenant,
        [
            {**record, "deleted": True, "modified_on": now, "modified_by": call.client.client_id}
            for record in doomed
        ],
    )
    reply = values([record["id"] for record in doomed])
    if call.quirks.text("delete_pagination") == "shown":
        reply.pagination = {"limit": 0, "total": len(doomed)}
    return with_missing(call, reply, missing)


def _rules(call: Call) -> Rules:
    return Rules(
        call.quirks,
        call.simulator.clock.nanoseconds(),
        lambda group: bool(call.store.things.texts("host_group", call.tenant, [group])),
        call.simulator.strict,
    )


def _pair(row: Row) -> tuple[str, str]:
    return row.fields["type"], row.fields["value"]


def _submitted(call: Call, body: dict[str, Any]) -> list[Any]:
    rows = body.get("indicators")
    if not isinstance(rows, list) or not rows:
        raise Refusal(400, rules.INPUTS_INVALID, resources=[], violation="no indicators in the body")
    most = call.quirks.number("max_batch")
    if len(rows) > most:
        raise Refusal(
            400,
            f"a request must not have more than {most} indicators",
            violation=f"{len(rows)} rows, above {most}",
        )
    return rows


def _row_problems(call: Call, rows: Sequence[Row]) -> Answer:
    problems = [problem for row in rows for problem in row.problems]
    call.violations += sorted(
        {
            f"row problem: {problem.get('field_name', 'duplicate')}: {problem['message']}"
            for problem in problems
        }
    )[:20]
    only_missing = all(problem["message"] == rules.REQUIRED for problem in problems) and all(
        "id" not in row.sent and row.sent.get("value") in (None, "") for row in rows
    )
    message = (
        rules.INPUTS_INVALID
        if only_missing and not any(problem["field_name"] == "ID" for problem in problems)
        else rules.ROWS_INVALID
    )
    return values(
        problems,
        status=int(call.quirks.text("row_errors_status")),
        errors=[error(400, message)],
        pagination=entities_pagination(call, 0),
    )


def _refuse_parent(call: Call) -> None:
    raise Refusal(
        int(call.quirks.text("parent_edit")),
        "indicator belongs to the parent CID and cannot be changed",
        violation="change of a parent's indicator",
    )

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operations on custom indicators: /iocs/entities, /iocs/queries, /iocs/combined and /iocs/aggregates."""

from __future__ import annotations

import json
import re
import secrets
from typing import Any, Dict, List, Optional, Sequence, Tuple

from . import rules
from .answers import Answer, HtmlPage, Refusal, error, records, values
from .clock import instant_text
from .context import Call
from .fql import Condition, FqlError, UnknownProperty, compile_filter
from .rules import Fields, Row, Rules
from .store import FILTER_FIELDS, LIVE, SORT_KEYS, BadToken, Order, Record

DEFAULT_PAGE = 100
SCROLL_LIMIT = 10_000
_ID = re.compile(r"[0-9a-fA-F]{64}")
_SORT = re.compile(r"([a-z_.]+?)(?:[.|](asc|desc))?")
_NOTHING = Condition("0")

FIELD_ORDER = ("id", "type", "value", "source", "action", "mobile_action", "severity", "description", "metadata", "platforms", "tags",
               "expiration", "expired", "deleted", "applied_globally", "host_groups", "from_parent", "parent_cid_name",
               "created_on", "created_by", "modified_on", "modified_by")
_OMIT_EMPTY = frozenset(["source", "severity", "description", "metadata", "tags", "expiration", "host_groups", "parent_cid_name"])


def assemble(fields: Fields) -> Record:
    """A record as api.IndicatorV1 shows it: empty texts and lists are left out, booleans never."""
    return {name: fields[name] for name in FIELD_ORDER if name in fields and (fields[name] or name not in _OMIT_EMPTY)}


def read_filter(call: Call, text: str, from_parent: Optional[bool]) -> Condition:
    """The condition of a search. Deleted records are left out unless the filter names them. Raises Refusal."""
    try:
        condition = compile_filter(text, FILTER_FIELDS, call.simulator.clock.milliseconds())
    except UnknownProperty as problem:
        if call.stances.text("unknown_property") == "nothing":
            return _NOTHING
        raise Refusal(400, f"invalid filter, please check fql filter: {problem}", objection=str(problem)) from None
    except FqlError as problem:
        raise Refusal(400, f"invalid filter, please check fql filter: {problem}", objection=f"bad filter: {problem}") from None
    if from_parent is None and call.stances.text("parent_omitted") == "own":
        from_parent = False
    terms = [condition.sql] if text.strip() else []
    if "deleted" not in condition.properties and call.stances.text("deleted_in_search") == "exclude":
        terms.append(LIVE.sql)
    if from_parent is not None:
        terms.append(f"from_parent = {int(from_parent)}")
    return Condition(" AND ".join(terms) or "1", condition.parameters, condition.properties)


def combined(call: Call) -> Answer:
    """indicator_combined_v1: full records of a page."""
    return _search(call, ids_only=False)


def search(call: Call) -> Answer:
    """indicator_search_v1: ids of a page."""
    return _search(call, ids_only=True)


def _search(call: Call, *, ids_only: bool) -> Answer:
    limit, offset = _read_page(call)
    after = call.text("after") or None
    if after and "offset" in call.parameters:
        if call.stances.text("offset_and_after") == "400":
            raise Refusal(400, "offset and after are mutually exclusive", objection="offset and after in one request")
        offset = 0
    if offset + limit > SCROLL_LIMIT and not after:
        raise Refusal(int(call.stances.text("beyond_10000")), "offset + limit exceeds 10000, please use after", objection="offset + limit above 10,000")
    condition = read_filter(call, call.text("filter"), call.flag("from_parent"))
    try:
        page = call.store.page(call.tenant, condition, _read_order(call.text("sort")), limit, offset=offset, after=after, ids_only=ids_only)
    except BadToken as problem:
        raise Refusal(400, str(problem), objection=str(problem)) from None
    pagination: Dict[str, Any] = {"limit": limit, "total": page.total, "offset": offset + len(page.texts)}
    if page.after and not (page.is_last and call.stances.text("after_on_last_page") == "missing"):
        pagination["after"] = page.after
    reply = records(page.texts, pagination=pagination)
    if not page.texts and call.stances.text("empty_resources") == "null":
        reply.resources = None
    return reply


def _read_page(call: Call) -> Tuple[int, int]:
    limit, offset = call.number("limit", DEFAULT_PAGE), call.number("offset", 0)
    if limit < 1 or offset < 0:
        raise Refusal(400, "limit must be at least 1 and offset at least 0", objection="limit or offset out of range")
    most = call.stances.number("max_page")
    if limit > most:
        reaction = call.stances.text("too_large")
        if reaction == "cap":
            return most, offset
        call.objections.append(f"limit {limit} above {most}")
        if reaction.startswith("html"):
            raise HtmlPage(200 if reaction == "html_200" else 400, "Bad Request")
        raise Refusal(int(reaction), f"limit must not exceed {most}")
    return limit, offset


def _read_order(text: str) -> Order:
    if not text:
        return Order()
    found = _SORT.fullmatch(text)
    if not found or found.group(1) not in SORT_KEYS:
        raise Refusal(400, f"invalid sort '{text}'", objection=f"bad sort {text}")
    return Order(found.group(1), found.group(2) == "desc")


def get(call: Call) -> Answer:
    """indicator_get_v1: full records by id, deleted ones included."""
    ids = _read_ids(call)
    found = call.store.by_id(call.tenant, ids)
    reply = values([found[one] for one in ids if one in found])
    reply.pagination = {"limit": 0, "total": len(found)}
    return _with_missing(call, reply, [one for one in ids if one not in found])


def create(call: Call) -> Answer:
    """indicator_create_v1: all rows or none, unless ignore_warnings lets warnings through."""
    body = call.object_body()
    call.know_fields(body, ("comment", "indicators"))
    context = _rules(call)
    rows = [rules.read_row(number, sent, rules.CREATE_FIELDS, context) for number, sent in enumerate(_submitted(call, body), 1)]
    for row in rows:
        rules.check_new(row, context)
    stored = _mark_duplicates(call, rows)
    ignore = bool(call.flag("ignore_warnings"))
    refused = [row for row in rows if row.has_error or (row.problems and not ignore)]
    if refused and call.stances.text("create_partial") == "off":
        return _row_problems(call, rows)
    refused_numbers = {row.number for row in refused}
    accepted = [row for row in rows if row.number not in refused_numbers]
    if call.store.live_count(call.tenant) + len(accepted) > call.stances.number("quota"):
        raise Refusal(400, "Limit of 1 million indicators reached.")
    result = _store_new(call, accepted, stored)
    reply = values(result, status=201, errors=None, pagination={"limit": 0, "total": len(result)})
    if refused:
        reply.errors = [error(400, rules.ROWS_INVALID)]
        reply.resources = (reply.resources or []) + [json.dumps(problem) for row in refused for problem in row.problems]
    return reply


def _mark_duplicates(call: Call, rows: Sequence[Row]) -> Dict[int, Record]:
    """Warn of pairs that exist, in the tenant or earlier in the batch. Returns the stored record by row number."""
    known = call.store.by_pair(call.tenant, {_pair(row) for row in rows if not row.has_error})
    found: Dict[int, Record] = {}
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


def _store_new(call: Call, rows: Sequence[Row], stored: Dict[int, Record]) -> List[Record]:
    """Write accepted rows; what a repeated pair does is a stance."""
    repeated = call.stances.text("duplicate_with_ignore")
    now = instant_text(call.simulator.clock.nanoseconds())
    fresh: Dict[Tuple[str, str], Record] = {}
    copies: List[Record] = []
    changed: List[Record] = []
    result: List[Record] = []
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
            record = assemble({**_new_record(call, row.fields, now), "id": old["id"], "created_on": old["created_on"], "created_by": old["created_by"]})
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
    metadata = {}
    if fields["type"] in rules.HASH_LENGTHS:
        metadata = {**fields.get("metadata", {}), "signed": False, "av_hits": -1}
    return assemble({**fields, "metadata": metadata, "id": secrets.token_hex(32), "expired": False, "deleted": False, "from_parent": False,
                     "created_on": now, "created_by": who, "modified_on": now, "modified_by": who})


def update(call: Call) -> Answer:
    """indicator_update_v1: by id, or by filter with bulk_update."""
    body = call.object_body()
    call.know_fields(body, ("comment", "indicators", "bulk_update"))
    if body.get("bulk_update") is not None:
        return _bulk_update(call, body)
    context = _rules(call)
    rows = [rules.read_row(number, sent, rules.UPDATE_FIELDS, context) for number, sent in enumerate(_submitted(call, body), 1)]
    for row in rows:
        if not row.fields.get("id") and not row.has_error:
            row.error("ID", rules.REQUIRED)
    if any(row.has_error for row in rows):
        return _row_problems(call, rows)
    stored = call.store.by_id(call.tenant, [row.fields["id"] for row in rows])
    missing = [row.fields["id"] for row in rows if stored.get(row.fields["id"], {"deleted": True})["deleted"]]
    if missing:
        if call.stances.text("unknown_id") == "404":
            return _not_found(missing)
        rows = [row for row in rows if row.fields["id"] not in missing]
    changed: Dict[str, Record] = {}
    for row in rows:
        one = row.fields["id"]
        changed[one] = _changed_record(call, row, changed.get(one, stored[one]), context)
    if any(row.has_error for row in rows):
        return _row_problems(call, rows)
    if all(_same(stored[one], record) for one, record in changed.items()):
        call.objections.append("useless write: nothing changes")
    call.store.change(call.tenant, list(changed.values()))
    return values(list(changed.values()), errors=None, pagination={"limit": 0, "total": len(changed)})


def _bulk_update(call: Call, body: Dict[str, Any]) -> Answer:
    context = _rules(call)
    row = rules.read_row(1, body["bulk_update"], rules.BULK_FIELDS, context)
    from_parent = row.fields.pop("from_parent", None)
    text = row.fields.pop("filter", "")
    others = [one for one in body.get("indicators") or [] if one]
    if others or ("indicators" not in body and call.stances.text("bulk_update_alone") == "refuse"):
        row.error("ID", rules.REQUIRED)
    if not text and not row.has_error:
        row.error("filter", rules.REQUIRED)
    if row.has_error:
        return _row_problems(call, [row])
    stored = [record for record in call.store.matching(call.tenant, read_filter(call, text, from_parent)) if not record["deleted"]]
    changed = [_changed_record(call, row, record, context) for record in stored]
    if row.has_error:
        return _row_problems(call, [row])
    call.store.change(call.tenant, changed)
    return values(changed, errors=None, pagination={"limit": 0, "total": len(changed)})


def _changed_record(call: Call, row: Row, stored: Record, context: Rules) -> Record:
    if stored.get("from_parent"):
        _refuse_parent(call)
    merged = rules.check_changes(row, stored, context)
    if row.fields.get("expiration") or ("expiration" in row.fields and stored.get("expired")):
        merged["expired"] = False
    merged["modified_on"] = instant_text(call.simulator.clock.nanoseconds())
    merged["modified_by"] = call.client.client_id
    return assemble(merged)


def _same(stored: Record, changed: Record) -> bool:
    ignored = ("modified_on", "modified_by")
    return {name: value for name, value in stored.items() if name not in ignored} == {name: value for name, value in changed.items() if name not in ignored}


def delete(call: Call) -> Answer:
    """indicator_delete_v1: by ids or by filter; the record stays, marked as deleted."""
    has_filter, has_ids = "filter" in call.parameters, "ids" in call.parameters
    if has_filter == has_ids and not (has_filter and call.stances.text("ids_and_filter") == "filter"):
        raise Refusal(400, "Either IDs or the FQL filter must be provided, not both", objection="DELETE needs one of ids and filter")
    missing: List[str] = []
    if has_filter:
        condition = read_filter(call, call.text("filter"), call.flag("from_parent"))
        doomed = [record for record in call.store.matching(call.tenant, condition) if not record["deleted"] and not record["from_parent"]]
    else:
        ids = _read_ids(call)
        found = call.store.by_id(call.tenant, ids)
        doomed = [found[one] for one in ids if one in found and not found[one]["deleted"]]
        gone = {record["id"] for record in doomed}
        missing = [one for one in ids if one not in gone]
        if any(record["from_parent"] for record in doomed):
            _refuse_parent(call)
        if missing and (not doomed or call.stances.text("mixed_ids") == "refuse") and call.stances.text("unknown_id") == "404":
            return _not_found(missing)
    now = instant_text(call.simulator.clock.nanoseconds())
    call.store.change(call.tenant, [{**record, "deleted": True, "modified_on": now, "modified_by": call.client.client_id} for record in doomed])
    reply = values([record["id"] for record in doomed], errors=None, pagination={"limit": 0, "total": len(doomed)})
    return _with_missing(call, reply, missing)


def aggregate(call: Call) -> Answer:
    """indicator_aggregate_v1: number of records for each value of a field (type terms)."""
    body = call.object_body()
    if body.get("type", "terms") != "terms" or body.get("field") not in FILTER_FIELDS:
        raise Refusal(400, "only aggregations of type 'terms' over a filterable field are supported")
    filters = [text for text in (call.text("filter"), body.get("filter")) if isinstance(text, str) and text]
    condition = read_filter(call, "+".join(f"({text})" for text in filters), call.flag("from_parent"))
    size = body.get("size")
    buckets = call.store.buckets(call.tenant, condition, FILTER_FIELDS[body["field"]], size if isinstance(size, int) and 0 < size <= 1000 else 10)
    return values([{"name": str(body.get("name") or body["field"]), "buckets": [{"label": label, "count": count} for label, count in buckets],
                    "sum_other_doc_count": 0, "doc_count_error_upper_bound": 0}])


def report(call: Call) -> Answer:
    """GetIndicatorsReport: its result is delivered outside the API, so no client of this tenant may ask for one."""
    raise Refusal(403, "access denied, authorization failed")


def _rules(call: Call) -> Rules:
    return Rules(call.stances, call.simulator.clock.nanoseconds(), lambda group: bool(call.store.things("host_group", call.tenant, [group])), call.simulator.strict)


def _pair(row: Row) -> Tuple[str, str]:
    return row.fields["type"], row.fields["value"]


def _submitted(call: Call, body: Dict[str, Any]) -> List[Any]:
    rows = body.get("indicators")
    if not isinstance(rows, list) or not rows:
        raise Refusal(400, rules.INPUTS_INVALID, resources=[], objection="no indicators in the body")
    most = call.stances.number("max_batch")
    if len(rows) > most:
        raise Refusal(400, f"a request must not have more than {most} indicators", objection=f"{len(rows)} rows, above {most}")
    return rows


def _read_ids(call: Call) -> List[str]:
    ids = call.many("ids")
    most = call.stances.number("max_ids")
    if len(ids) > most:
        raise Refusal(400, f"a request must not have more than {most} ids", objection=f"{len(ids)} ids, above {most}")
    for one in ids:
        if not _ID.fullmatch(one):
            raise Refusal(400, f"invalid id '{one}'", objection="malformed id")
    return [one.lower() for one in ids]


def _row_problems(call: Call, rows: Sequence[Row]) -> Answer:
    problems = [problem for row in rows for problem in row.problems]
    call.objections += sorted({f"row problem: {problem.get('field_name', 'duplicate')}: {problem['message']}" for problem in problems})[:20]
    only_missing = all(problem["message"] == rules.REQUIRED for problem in problems) and all("id" not in row.sent and row.sent.get("value") in (None, "") for row in rows)
    message = rules.INPUTS_INVALID if only_missing and not any(problem["field_name"] == "ID" for problem in problems) else rules.ROWS_INVALID
    return values(problems, status=int(call.stances.text("row_errors_status")), errors=[error(400, message)], pagination={"limit": 0, "total": 0})


def _not_found(ids: Sequence[str]) -> Answer:
    return Answer(status=404, errors=[error(404, f"{one} - Resource Not Found") for one in ids], pagination={"limit": 0, "total": 0})


def _with_missing(call: Call, reply: Answer, missing: Sequence[str]) -> Answer:
    if not missing:
        return reply
    nothing_found = not reply.resources
    if call.stances.text("unknown_id") == "200" and nothing_found:
        return reply
    if nothing_found or call.stances.text("mixed_ids") == "refuse":
        return _not_found(missing)
    reply.errors = [error(404, f"{one} - Resource Not Found") for one in missing]
    return reply


def _refuse_parent(call: Call) -> None:
    raise Refusal(int(call.stances.text("parent_edit")), "indicator belongs to the parent CID and cannot be changed", objection="change of a parent's indicator")


# lookups: the fixed sets

def _fixed(call: Call, names: Sequence[str]) -> Answer:
    offset = call.text("offset")
    if offset and not offset.isdigit():
        raise Refusal(400, f"invalid offset '{offset}'")
    limit = call.number("limit", DEFAULT_PAGE)
    if limit < 1:
        raise Refusal(400, "limit must be at least 1")
    start = int(offset or 0)
    return values(names[start:start + limit], pagination={"limit": limit, "total": len(names), "offset": start})


def query_actions(call: Call) -> Answer:
    """action_query_v1."""
    return _fixed(call, rules.ACTIONS)


def query_platforms(call: Call) -> Answer:
    """platform_query_v1."""
    return _fixed(call, rules.PLATFORMS)


def query_severities(call: Call) -> Answer:
    """severity_query_v1."""
    return _fixed(call, rules.SEVERITIES)


def query_types(call: Call) -> Answer:
    """ioc_type_query_v1."""
    return _fixed(call, rules.TYPES)


def get_actions(call: Call) -> Answer:
    """action_get_v1: for each action, where it can be used."""
    wanted = call.many("ids") or list(rules.ACTIONS)
    known = [name for name in wanted if name in rules.ACTIONS]
    reply = values([_action(name) for name in known])
    reply.pagination = {"limit": 0, "total": len(known)}
    missing = [name for name in wanted if name not in rules.ACTIONS]
    return _with_missing(call, reply, missing)


def _action(name: str) -> Dict[str, Any]:
    by_type: Dict[str, List[str]] = {}
    for kind, platforms in rules.PLATFORMS_BY_TYPE.items():
        desktop_too = kind in rules.HASH_LENGTHS or name in rules.NETWORK_ACTIONS
        fitting = [platform for platform in platforms if platform in rules.MOBILE or desktop_too]
        if fitting:
            by_type[kind] = fitting
    return {"id": name, "platforms_by_type": by_type, "severities": [] if name == "allow" else list(rules.SEVERITIES)}

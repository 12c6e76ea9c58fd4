# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading custom indicators: /iocs/combined, /iocs/queries, /iocs/entities by id, /iocs/aggregates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from .answers import Answer, HtmlPage, Refusal, error, records, values
from .context import Call
from .fql import Condition, FqlError, UnknownProperty, compile_filter
from .properties import FILTERS, SORTS, filters
from .store import LIVE, BadToken, Order, Record

DEFAULT_PAGE = 100
SCROLL_LIMIT = 10_000
_BUCKETS_MAX = 1000
_ID = re.compile(r"[0-9a-fA-F]{64}")
_SORT = re.compile(r"([a-z_.]+?)(?:[.|](asc|desc))?")
_NOTHING = Condition("0")
_BAD_FILTER = "check fql filter"


def read_filter(call: Call, text: str, from_parent: bool | None) -> Condition:
    """The condition of a search. Deleted records are left out unless the filter names them. Raises Refusal."""
    try:
        condition = compile_filter(text, filters(call.quirks), call.simulator.clock.milliseconds())
    except UnknownProperty as problem:
        if call.quirks.text("unknown_property") == "nothing":
            call.violations.append(str(problem))
            return _NOTHING
        raise Refusal(400, _BAD_FILTER, violation=str(problem)) from None
    except FqlError as problem:
        raise Refusal(400, _BAD_FILTER, violation=f"bad filter: {problem}") from None
    if from_parent is None and call.quirks.text("parent_omitted") == "own":
        from_parent = False
    terms = [condition.sql] if text.strip() else []
    if "deleted" not in condition.properties and call.quirks.text("deleted_in_search") == "exclude":
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
        if call.quirks.text("offset_and_after") == "400":
            raise Refusal(
                400, "offset and after are mutually exclusive", violation="offset and after in one request"
            )
        offset = 0
    if offset + limit > SCROLL_LIMIT and not after:
        raise Refusal(
            int(call.quirks.text("beyond_10000")),
            "offset + limit exceeds 10000, please use after",
            violation="offset + limit above 10,000",
        )
    condition = read_filter(call, call.text("filter"), call.flag("from_parent"))
    try:
        page = call.store.page(
            call.tenant,
            condition,
            _read_order(call.text("sort") or call.quirks.text("default_order")),
            limit,
            offset=offset,
            after=after,
            ids_only=ids_only,
        )
    except BadToken as problem:
        raise Refusal(400, str(problem), violation=str(problem)) from None
    pagination: dict[str, Any] = {"limit": limit, "total": page.total, "offset": offset + len(page.texts)}
    if page.after and not (page.is_last and call.quirks.text("after_on_last_page") == "missing"):
        pagination["after"] = page.after
    reply = records(page.texts, pagination=pagination)
    if not page.texts and call.quirks.text("empty_resources") == "null":
        reply.resources = None
    return reply


def _read_page(call: Call) -> tuple[int, int]:
    limit, offset = call.number("limit", DEFAULT_PAGE), call.number("offset", 0)
    if limit < 1 or offset < 0:
        raise Refusal(
            400, "limit must be at least 1 and offset at least 0", violation="limit or offset out of range"
        )
    most = call.quirks.number("max_page")
    if limit > most:
        reaction = call.quirks.text("too_large")
        if reaction == "cap":
            return most, offset
        call.violations.append(f"limit {limit} above {most}")
        if reaction.startswith("html"):
            raise HtmlPage(200 if reaction == "html_200" else 400, "Bad Request")
        raise Refusal(int(reaction), f"limit must not exceed {most}")
    return limit, offset


def _read_order(text: str) -> Order:
    found = _SORT.fullmatch(text)
    if not found or found.group(1) not in SORTS:
        raise Refusal(400, f"invalid sort '{text}'", violation=f"bad sort {text}")
    return Order(found.group(1), found.group(2) == "desc")


def get(call: Call) -> Answer:
    """indicator_get_v1: full records by id, deleted ones included."""
    ids = read_ids(call)
    found = call.store.by_id(call.tenant, ids)
    reply = values(in_order(call, [found[one] for one in ids if one in found]))
    reply.pagination = entities_pagination(call, len(found))
    return with_missing(call, reply, [one for one in ids if one not in found])


def in_order(call: Call, found: list[Record]) -> list[Record]:
    """Records as they were asked for, or the other way round: no client should rely on their order."""
    return found if call.quirks.text("resources_order") == "asked" else found[::-1]


def aggregate(call: Call) -> Answer:
    """indicator_aggregate_v1: number of records for each value of a field (type terms)."""
    body = call.object_body()
    field = body.get("field")
    if body.get("type", "terms") != "terms" or not isinstance(field, str) or field not in FILTERS:
        raise Refusal(400, "only aggregations of type 'terms' over a filterable field are supported")
    for name in ("name", "filter"):
        if not isinstance(body.get(name, ""), str):
            raise Refusal(400, f"{name} must be a string")
    filters = [text for text in (call.text("filter"), body.get("filter")) if text]
    condition = read_filter(call, "+".join(f"({text})" for text in filters), call.flag("from_parent"))
    size = body.get("size", 10)
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= _BUCKETS_MAX:
        raise Refusal(400, f"size must be between 1 and {_BUCKETS_MAX}")
    buckets = call.store.buckets(call.tenant, condition, FILTERS[field], size)
    return values(
        [
            {
                "name": body.get("name") or field,
                "buckets": [{"label": label, "count": count} for label, count in buckets],
                "sum_other_doc_count": 0,
                "doc_count_error_upper_bound": 0,
            }
        ]
    )


def report(call: Call) -> Answer:
    """GetIndicatorsReport: its result is delivered outside the API, so no client of this tenant may ask for one."""
    raise Refusal(403, "access denied, authorization failed")


def read_ids(call: Call) -> list[str]:
    ids = call.many("ids")
    most = call.quirks.number("max_ids")
    if len(ids) > most:
        raise Refusal(
            400, f"a request must not have more than {most} ids", violation=f"{len(ids)} ids, above {most}"
        )
    for one in ids:
        if not _ID.fullmatch(one):
            raise Refusal(400, f"invalid id '{one}'", violation="malformed id")
    return [one.lower() for one in ids]


def not_found(ids: Sequence[str]) -> Answer:
    return Answer(
        status=404,
        errors=[error(404, f"{one} - Resource Not Found") for one in ids],
    )


def entities_pagination(call: Call, total: int) -> dict[str, Any] | None:
    """The pagination of a read by id and of an answer that carries row problems."""
    return {"limit": 0, "total": total} if call.quirks.text("entities_pagination") == "shown" else None


def with_missing(call: Call, reply: Answer, missing: Sequence[str]) -> Answer:
    if not missing:
        return reply
    nothing_found = not reply.resources
    if call.quirks.text("unknown_id") == "200" and nothing_found:
        return reply
    if nothing_found or call.quirks.text("mixed_ids") == "refuse":
        return not_found(missing)
    reply.errors = [error(404, f"{one} - Resource Not Found") for one in missing]
    return reply

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The five operations that the vendor removed in November 2021 (GetIOC, CreateIOC, UpdateIOC, DeleteIOC, QueryIOCs).

They are served with --legacy only. A record is known by "type:value"; creating a known one replaces it.
"""

from __future__ import annotations

import json
from typing import Any

from .answers import Answer, Refusal, error, values
from .clock import instant_text, parse_instant
from .context import Call
from .rules import HASH_LENGTHS

KIND = "legacy_ioc"
TYPES = ("sha256", "md5", "domain", "ipv4", "ipv6")
_DEFAULT_DAYS = 30
_DAYS_MAX = 36_500
_TEXT_MAX = 200
_QUERY_MAX = 500
_DAY_NS = 86_400 * 1_000_000_000
_CREATE = ("type", "value", "policy", "share_level", "expiration_days", "source", "description")
_UPDATE = ("policy", "share_level", "expiration_days", "source", "description")
_SORTS = ("type", "value", "policy", "share_level", "expiration_timestamp")

Record = dict[str, Any]


def get(call: Call) -> Answer:
    """GetIOC: an unknown one is a 404 entry inside a 200."""
    ids = _selected(call)
    found = call.store.things.texts(KIND, call.tenant, ids)
    live = [json.loads(found[one]) for one in ids if one in found]
    shown = {f"{record['type']}:{record['value']}": record for record in live if not record.get("deleted")}
    return values(
        list(shown.values()), errors=_missing([one for one in ids if one not in shown]), powered_by=""
    )


def create(call: Call) -> Answer:
    """CreateIOC: an upsert of an array of records."""
    if not isinstance(call.body, list) or not call.body:
        raise Refusal(400, "the request body must be an array of indicators")
    made: dict[str, Record] = {}
    for row in call.body:
        if not isinstance(row, dict):
            raise Refusal(400, "each indicator must be an object")
        call.know_fields(row, _CREATE)
        kind, value = row.get("type"), row.get("value")
        if kind not in TYPES or not isinstance(value, str) or not value:
            raise Refusal(400, f"invalid type '{kind}' or value '{value}'")
        if kind in HASH_LENGTHS and len(value) != HASH_LENGTHS[kind]:
            raise Refusal(400, f"invalid value '{value}' for type '{kind}'")
        value = value if kind in ("ipv4", "ipv6") else value.lower()
        fields = _checked(
            call, {"expiration_days": _DEFAULT_DAYS, **row} if kind not in HASH_LENGTHS else row, kind
        )
        if "policy" not in fields:
            raise Refusal(400, "policy is required")
        now = instant_text(call.simulator.clock.nanoseconds())
        made[f"{kind}:{value}"] = {
            "type": kind,
            "value": value,
            "share_level": "red",
            **fields,
            "created_by": call.client.client_id,
            "created_timestamp": now,
            "modified_by": call.client.client_id,
            "modified_timestamp": now,
        }
    call.store.things.put(KIND, call.tenant, made)
    return Answer(powered_by="")


def update(call: Call) -> Answer:
    """UpdateIOC: one object for every selected record."""
    body = call.object_body()
    call.know_fields(body, _UPDATE)
    ids = _selected(call)
    found = {one: json.loads(text) for one, text in call.store.things.texts(KIND, call.tenant, ids).items()}
    found = {one: record for one, record in found.items() if not record.get("deleted")}
    missing = _missing([one for one in ids if one not in found])
    changes = {one: _checked(call, body, one.partition(":")[0]) for one in ids}
    if not missing:
        for one, record in found.items():
            record.update(changes[one], **_stamp(call))
        call.store.things.put(KIND, call.tenant, found)
    return Answer(errors=missing, powered_by="")


def delete(call: Call) -> Answer:
    """DeleteIOC: the record stays for include_deleted."""
    ids = _selected(call)
    found = {one: json.loads(text) for one, text in call.store.things.texts(KIND, call.tenant, ids).items()}
    live = {one: record for one, record in found.items() if not record.get("deleted")}
    for record in live.values():
        record.update(deleted=True, deleted_by=call.client.client_id, **_stamp(call))
    call.store.things.put(KIND, call.tenant, live)
    return Answer(errors=_missing([one for one in ids if one not in live]), powered_by="")


def query(call: Call) -> Answer:
    """QueryIOCs: ids by discrete parameters."""
    limit, offset = call.number("limit", 100), call.number("offset", 0)
    if not 1 <= limit <= _QUERY_MAX or offset < 0:
        raise Refusal(400, f"limit must be between 1 and {_QUERY_MAX}")
    matches = [record for record in call.store.things.everything(KIND, call.tenant) if _matches(call, record)]
    name, _dot, direction = (call.text("sort") or "type.asc").partition(".")
    if name not in _SORTS or direction not in ("", "asc", "desc"):
        raise Refusal(400, f"invalid sort '{call.text('sort')}'")
    matches.sort(key=lambda record: str(record.get(name, "")), reverse=direction == "desc")
    shown = matches[offset : offset + limit]
    return values(
        [f"{record['type']}:{record['value']}" for record in shown],
        pagination={"limit": limit, "offset": offset + len(shown), "total": len(matches), "next_page": ""},
        powered_by="",
    )


def _matches(call: Call, record: Record) -> bool:
    if record.get("deleted") and call.text("include_deleted") != "true":
        return False
    for parameter, name in (
        ("types", "type"),
        ("values", "value"),
        ("policies", "policy"),
        ("sources", "source"),
        ("share_levels", "share_level"),
        ("created_by", "created_by"),
        ("deleted_by", "deleted_by"),
    ):
        wanted = [one for text in call.many(parameter) for one in text.split(",")]
        if wanted and record.get(name) not in wanted:
            return False
    return _within(call, record.get("expiration_timestamp"))


def _within(call: Call, expiration: Any) -> bool:
    lower, upper = call.text("from.expiration_timestamp"), call.text("to.expiration_timestamp")
    if not lower and not upper:
        return True
    moment = parse_instant(expiration or "")
    if moment is None:
        return False
    bounds = [parse_instant(text) for text in (lower, upper) if text]
    if None in bounds:
        raise Refusal(400, "invalid expiration_timestamp")
    return (not lower or moment >= (parse_instant(lower) or 0)) and (
        not upper or moment <= (parse_instant(upper) or 0)
    )


def _selected(call: Call) -> list[str]:
    ids = call.many("ids")
    kind, value = call.text("type"), call.text("value")
    if kind and kind not in TYPES:
        raise Refusal(400, f"invalid type '{kind}'")
    if ids:
        return ids
    if not kind or not value:
        raise Refusal(400, "type and value are required")
    return [f"{kind}:{value if kind in ('ipv4', 'ipv6') else value.lower()}"]


def _checked(call: Call, sent: Record, kind: str) -> Record:
    fields: Record = {}
    for name, allowed in (("policy", ("detect", "none")), ("share_level", ("red",))):
        if name in sent:
            if sent[name] not in allowed:
                raise Refusal(400, f"invalid {name} '{sent[name]}'")
            fields[name] = sent[name]
    for name in ("source", "description"):
        if name in sent:
            if not isinstance(sent[name], str) or len(sent[name]) > _TEXT_MAX:
                raise Refusal(400, f"invalid {name}")
            fields[name] = sent[name]
    if "expiration_days" in sent:
        days = sent["expiration_days"]
        whole = isinstance(days, int) and not isinstance(days, bool)
        if kind in HASH_LENGTHS or not whole or not 1 <= days <= _DAYS_MAX:
            raise Refusal(400, f"invalid expiration_days '{days}' for type '{kind}'")
        end = call.simulator.clock.nanoseconds() + days * _DAY_NS
        fields["expiration_timestamp"] = instant_text(end - end % _DAY_NS)
    return fields


def _stamp(call: Call) -> Record:
    return {
        "modified_by": call.client.client_id,
        "modified_timestamp": instant_text(call.simulator.clock.nanoseconds()),
    }


def _missing(ids: list[str]) -> list[dict[str, Any]]:
    return [error(404, f"{one} - Resource Not Found") for one in ids]


def seeded(record: Record) -> tuple[str, Record]:
    """A record of a seed file, with its id."""
    return f"{record['type']}:{record['value']}", {"policy": "detect", "share_level": "red", **record}

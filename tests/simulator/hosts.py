# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Device details, device queries and host groups."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .answers import Answer, Refusal, error, records, values
from .context import Call
from .fql import Condition, Field, FqlError, compile_filter

GET_MOST = 100
POST_MOST = 5000
PAGE_MOST = 5000
OFFSET_MOST = 10_000
_SERVICE = "device-api"
_DEVICE_ID = re.compile(r"[0-9a-fA-F]{32}")


def _text(name: str) -> Field:
    return Field("text", f"IFNULL(json_extract(record, '$.{name}'), '')")


_DEVICE_TEXTS = (
    "device_id",
    "hostname",
    "platform_name",
    "os_version",
    "status",
    "local_ip",
    "external_ip",
    "mac_address",
    "agent_version",
    "machine_domain",
    "site_name",
    "product_type_desc",
    "service_provider",
    "serial_number",
)
_DEVICE_FIELDS: dict[str, Field] = {
    **{name: _text(name) for name in _DEVICE_TEXTS},
    "groups": Field("array", "IFNULL(json_extract(record, '$.groups'), '[]')"),
    "tags": Field("array", "IFNULL(json_extract(record, '$.tags'), '[]')"),
}
_GROUP_FIELDS: dict[str, Field] = {
    "name": Field("name", "IFNULL(json_extract(record, '$.name'), '')"),
    **{name: _text(name) for name in ("group_type", "created_by", "modified_by")},
    **{
        name: Field("date", f"CAST(strftime('%s', json_extract(record, '$.{name}')) AS INTEGER) * 1000")
        for name in ("created_timestamp", "modified_timestamp")
    },
}
_DEVICE_SORTS = ("hostname", "device_id", "platform_name", "last_seen", "first_seen", "status")
_GROUP_SORTS = ("created_by", "created_timestamp", "group_type", "modified_by", "modified_timestamp", "name")


def get_devices(call: Call) -> Answer:
    """GetDeviceDetailsV2: at most 100 ids."""
    return _details(call, call.many("ids"), GET_MOST)


def post_devices(call: Call) -> Answer:
    """PostDeviceDetailsV2: at most 5,000 ids in the body."""
    body = call.object_body()
    call.know_fields(body, ("ids",))
    ids = body.get("ids")
    if not isinstance(ids, list) or not ids or not all(isinstance(one, str) for one in ids):
        raise Refusal(400, "ids is required", powered_by=_SERVICE, violation="no ids")
    return _details(call, list(dict.fromkeys(ids)), POST_MOST)


def _details(call: Call, ids: list[str], most: int) -> Answer:
    if len(ids) > most:
        raise Refusal(
            400,
            f"maximum number of ids is {most}",
            powered_by=_SERVICE,
            violation=f"{len(ids)} ids, above {most}",
        )
    for one in ids:
        if not _DEVICE_ID.fullmatch(one):
            raise Refusal(
                400, f"invalid device id [{one}]", powered_by=_SERVICE, violation="malformed device id"
            )
    found = call.store.things.texts("host", call.tenant, [one.lower() for one in ids])
    missing = [error(404, f"device not found: {one}") for one in ids if one.lower() not in found]
    reply = records(
        [found[one.lower()] for one in ids if one.lower() in found], errors=missing, powered_by=_SERVICE
    )
    if not found and call.quirks.text("unknown_device") == "404":
        reply.status = 404
    return reply


def query_devices(call: Call) -> Answer:
    """QueryDevicesByFilter: device ids."""
    condition = _condition(call, _DEVICE_FIELDS)
    return _page(call, "host", condition, _DEVICE_SORTS, "hostname", ids_only=True)


def combined_groups(call: Call) -> Answer:
    """queryCombinedHostGroups: full groups."""
    return _page(call, "host_group", _condition(call, _GROUP_FIELDS), _GROUP_SORTS, "name", ids_only=False)


def query_groups(call: Call) -> Answer:
    """queryHostGroups: group ids."""
    return _page(call, "host_group", _condition(call, _GROUP_FIELDS), _GROUP_SORTS, "name", ids_only=True)


def get_groups(call: Call) -> Answer:
    """getHostGroups."""
    ids = call.many("ids")
    found = call.store.things.texts("host_group", call.tenant, ids)
    reply = records(
        [found[one] for one in ids if one in found],
        errors=[error(404, f"host group not found: {one}") for one in ids if one not in found],
        powered_by=_SERVICE,
    )
    if not found:
        reply.status = 404
    return reply


def _condition(call: Call, fields: Mapping[str, Field]) -> Condition:
    try:
        return compile_filter(
            call.text("filter"),
            fields,
            call.simulator.clock.milliseconds(),
            names_partial=call.quirks.text("group_name_match") == "partial",
            names_any_case=call.quirks.text("group_name_case") == "any",
        )
    except FqlError as problem:
        raise Refusal(
            400, f"invalid filter: {problem}", powered_by=_SERVICE, violation=f"bad filter: {problem}"
        ) from None


def _page(
    call: Call, kind: str, condition: Condition, sorts: tuple[str, ...], default: str, *, ids_only: bool
) -> Answer:
    limit, offset = call.number("limit", 100), call.number("offset", 0)
    if not 1 <= limit <= PAGE_MOST or offset < 0 or offset + limit > OFFSET_MOST:
        raise Refusal(
            400,
            f"limit must be between 1 and {PAGE_MOST}, and offset + limit at most {OFFSET_MOST}",
            powered_by=_SERVICE,
            violation="limit or offset out of range",
        )
    sort, _dot, direction = call.text("sort").replace("|", ".").partition(".")
    if (sort and sort not in sorts) or direction not in ("", "asc", "desc"):
        raise Refusal(400, f"invalid sort '{call.text('sort')}'", powered_by=_SERVICE, violation="bad sort")
    ids, texts, total = call.store.things.page(
        kind, call.tenant, condition, sort or default, direction == "desc", limit, offset
    )
    pagination = {"offset": offset, "limit": limit, "total": total}
    if ids_only:
        return values(ids, pagination=pagination, powered_by=_SERVICE)
    return records(texts, pagination=pagination, powered_by=_SERVICE)

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of C{falcon_ioc_info}: what a tenant holds."""

from __future__ import annotations

from typing import Any, Dict, List

from ..api import fql
from ..api.client import Client
from ..api.current import Current
from ..api.devices import device_count
from ..api.errors import RequestRefused
from ..api.observe import SHORTEST_URL, TOO_LONG, chunks
from ..api.selection import Found
from ..api.workers import side_by_side
from ..ioc import expiry
from ..ioc.fields import ACTIONS, PLATFORMS, SEVERITIES
from ..ioc.values import TYPES, Identity, ValueProblem, normalise, recognise, spellings
from .base import Context, Params, Result, TaskFailed
from .connection import connect
from .groups import ids_of
from .options import CONNECTION, ArgumentSpec
from .tenant import open_api

_CONNECTIONS = 4
_LISTS = (
    ("types", TYPES), ("values", ()), ("actions", ACTIONS), ("severities", SEVERITIES), ("platforms", PLATFORMS),
    ("sources", ()), ("tags", ()), ("host_groups", ()), ("created_by", ()), ("modified_by", ()),
    ("policies", ("detect", "none")), ("share_levels", ("red",)),
)  # fmt: skip
_INSTANTS = ("expires_after", "expires_before", "created_after", "created_before")
_SELECTIONS = (
    tuple(name for name, _choices in _LISTS)
    + _INSTANTS
    + ("expired", "deleted", "include_deleted", "deleted_by")
)


def _list_option(choices: Any) -> Dict[str, Any]:
    option: Dict[str, Any] = {"type": "list", "elements": "str"}
    return {**option, "choices": list(choices)} if choices else option


SPEC = CONNECTION + ArgumentSpec(
    {
        "type": {"type": "str", "choices": list(TYPES)},
        "value": {"type": "str"},
        "filter": {"type": "str"},
        **{name: _list_option(choices) for name, choices in _LISTS},
        **{name: {"type": "str"} for name in _INSTANTS},
        "expired": {"type": "bool"},
        "deleted": {"type": "bool"},
        "include_deleted": {"type": "bool"},
        "deleted_by": {"type": "str"},
        "sort": {"type": "str"},
        "limit": {"type": "int"},
        "device_count": {"type": "bool", "default": False},
        "from_parent": {"type": "bool"},
    },
    required_together=[("type", "value")],
    mutually_exclusive=[("type", "filter")]
    + [(one, name) for one in ("type", "filter") for name in _SELECTIONS]
    + [("policies", "actions"), ("deleted", "include_deleted"), ("deleted", "deleted_by")],
)


def run(params: Params, context: Context) -> Result:
    """Find indicators.

    @raise TaskFailed: an option cannot be used
    @raise FalconError: the tenant could not be read whole
    """
    limit = params.get("limit")
    if limit is not None and limit < 1:
        raise TaskFailed(f"limit is at least 1, got {limit}")
    selection = _selection(params)
    client = connect(params, context, _CONNECTIONS)
    try:
        if selection.get("host_groups") and params.get("api") != "legacy":
            selection["host_groups"] = ids_of(client, selection["host_groups"])
        found = _find(open_api(client, params), client, selection, params)
        iocs = found.records
        if params.get("device_count"):
            legacy = params.get("api") == "legacy"
            counts = side_by_side(
                client, lambda record: device_count(client, record["type"], record["value"], legacy), iocs
            )
            iocs = [{**record, **count} for record, count in zip(iocs, counts)]
        requests = client.requests.dict()
    finally:
        client.close()
    return {"changed": False, "iocs": iocs, "total": found.total, "fql": found.fql, "requests": requests}


def _selection(params: Params) -> Dict[str, Any]:
    """The options as the API layer takes them: values in normal form, the founding API's words in today's."""
    if params.get("filter"):
        return {"filter": params["filter"]}
    for name, _choices in _LISTS:
        if params.get(name) == []:
            raise TaskFailed(f"{name} is empty; leave it out to select without it")
    selection: Dict[str, Any] = {
        name: params[name] for name, _choices in _LISTS if params.get(name) is not None and name != "policies"
    }
    selection.update(_values(params))
    if params.get("policies") is not None:
        selection["actions"] = [
            "detect" if policy == "detect" else "no_action" for policy in params["policies"]
        ]
    selection.update(_instants(params))
    for name in ("expired", "deleted", "include_deleted"):
        if params.get(name) is not None:
            selection[name] = params[name]
    if params.get("deleted_by"):
        selection["deleted_by"] = params["deleted_by"]
    return selection


def _values(params: Params) -> Dict[str, List[str]]:
    """Values in every spelling that a tenant may have kept."""
    if params.get("type"):
        try:
            value = normalise(params["type"], params["value"])
        except ValueProblem as problem:
            raise TaskFailed(f"value: {problem}") from problem
        return {
            "types": [params["type"]],
            "values": list(spellings(params["type"], value, params["value"])),
        }
    if params.get("values") is None:
        return {}
    types = params.get("types")
    return {"values": [one for value in params["values"] for one in spellings(*_normal(value, types), value)]}


def _instants(params: Params) -> Dict[str, str]:
    found = {}
    for name in _INSTANTS:
        if params.get(name):
            try:
                instant = expiry.parse(params[name], whole_day=name.endswith("before"))
            except ValueError as problem:
                raise TaskFailed(f"{name}: {problem}") from problem
            if instant is None:
                raise TaskFailed(f"{name}: a time is wanted, got never")
            found[name] = expiry.wire(instant)
    return found


def _normal(value: str, types: Any) -> Identity:
    """The normal form of a value whose type may not be known: it is empty then."""
    for kind in types or ():
        try:
            return kind, normalise(kind, value)
        except ValueProblem:
            continue
    return recognise(value) or ("", value.strip())


def _find(api: Any, client: Client, selection: Dict[str, Any], params: Params) -> Found:
    """Search; a tenant that refuses a long filter is asked for fewer values at a time."""
    room = fql.LONGEST_URL - 4000
    while True:
        try:
            return _find_in_parts(api, client, selection, params, room)
        except RequestRefused as error:
            length = sum(len(value) for value in selection.get("values") or ())
            room = min(room, length) // 2
            if error.status not in TOO_LONG or room < SHORTEST_URL:
                raise


def _find_in_parts(api: Any, client: Client, selection: Dict[str, Any], params: Params, room: int) -> Found:
    """Search; with more values than one URL holds, in several searches side by side."""
    sort, limit, from_parent = params.get("sort"), params.get("limit"), params.get("from_parent")
    values = selection.get("values") or []
    parts = (
        chunks([value for value in values if fql.quotable(value)], room) if isinstance(api, Current) else []
    )
    if len(parts) < 2:
        found: Found = api.find(selection, sort, limit, from_parent)
        return found
    pieces = side_by_side(
        client, lambda part: api.find({**selection, "values": part}, sort, None, from_parent), parts
    )
    records = list({record["id"]: record for piece in pieces for record in piece.records}.values())
    if sort:
        name, _separator, direction = sort.replace("|", ".").rpartition(".")
        name = name or sort
        records.sort(key=lambda record: str(record.get(name) or ""), reverse=direction == "desc")
    return Found(records if limit is None else records[:limit], len(records), pieces[0].fql)

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of `falcon_ioc_info`: what a tenant holds."""

from __future__ import annotations

import datetime
from typing import Any, Dict, List

from ..api.devices import Devices
from ..ioc import expiry
from ..ioc.fields import ACTIONS, PLATFORMS, SEVERITIES
from ..ioc.instants import instant
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
INSTANTS = ("expires_after", "expires_before", "created_after", "created_before")
_SELECTIONS = (
    tuple(name for name, _choices in _LISTS)
    + INSTANTS
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
        **{name: {"type": "str"} for name in INSTANTS},
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
    """Find indicators. Raises TaskFailed for an option that cannot be used, FalconError when the tenant cannot be
    read whole.
    """
    limit = params.get("limit")
    if limit is not None and limit < 1:
        raise TaskFailed(f"limit must be at least 1, got {limit}")
    selection = _selection(params)
    client = connect(params, context, _CONNECTIONS)
    try:
        api = open_api(client, params)
        if selection.get("host_groups") and api.capabilities.host_groups:
            selection["host_groups"] = ids_of(client, selection["host_groups"])
        found = api.search(selection, params.get("sort"), limit, params.get("from_parent"))
        iocs = found.records
        if params.get("device_count"):
            devices = Devices(client, legacy=params.get("api") == "legacy")
            counts = devices.counts([(record["type"], record["value"]) for record in iocs])
            iocs = [{**record, **count.as_dict()} for record, count in zip(iocs, counts)]
        requests = client.requests.dict()
    finally:
        client.close()
    return {"changed": False, "iocs": iocs, "total": found.total, "fql": found.fql, "requests": requests}


def _selection(params: Params) -> Dict[str, Any]:
    """The options as the API layer takes them: values in normal form, legacy words in current ones."""
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
    now = datetime.datetime.now(datetime.timezone.utc)
    for name in INSTANTS:
        if params.get(name):
            try:
                found[name] = expiry.wire(instant(params[name], now, whole_day=name.endswith("before")))
            except ValueError as problem:
                raise TaskFailed(f"{name}: {problem}") from problem
    return found


def _normal(value: str, types: Any) -> Identity:
    """The normal form of a value whose type may not be known: it is empty then."""
    for kind in types or ():
        try:
            return kind, normalise(kind, value)
        except ValueProblem:
            continue
    return recognise(value) or ("", value.strip())

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tasks of `falcon_ioc_hosts_info` and `falcon_ioc_processes_info`: who observed an IOC, and what ran."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Set

from ..api.client import Client
from ..api.devices import OBSERVED_TYPES, Devices
from ..api.host_groups import HostGroups
from ..ioc.values import Identity, ValueProblem, normalise
from .base import Context, Params, Result, TaskFailed
from .connection import connect
from .options import CONNECTION, ArgumentSpec

_CONNECTIONS = 4
_SHOWN = 5  # of many in one warning
#: Why a task fails that was given nothing to look for: an empty list is no all-clear.
NOTHING = "nothing_to_look_for"
_DEVICE_ID = re.compile(r"[0-9a-f]{32}\Z")

_IOCS = CONNECTION + ArgumentSpec(
    {
        "type": {"type": "str", "choices": list(OBSERVED_TYPES)},
        "value": {"type": "str"},
        "iocs": {"type": "list", "elements": "dict"},
        "details": {"type": "bool", "default": True},
    },
    required_together=[("type", "value")],
    mutually_exclusive=[("type", "iocs")],
    required_one_of=[("type", "iocs")],
)

HOSTS = _IOCS + ArgumentSpec({"host_group_names": {"type": "bool", "default": False}})

PROCESSES = _IOCS + ArgumentSpec({"device_ids": {"type": "list", "elements": "str"}})


@dataclass
class Sighting:
    """One IOC, and the hosts that observed it as Falcon counts and as it lists them.

    `limit_exceeded`: Falcon stopped counting, so `device_count` is a lower bound. `device_ids` is None until it is
    known.
    """

    kind: str
    value: str
    device_count: int = 0
    limit_exceeded: bool = False
    device_ids: Optional[List[str]] = None

    @property
    def observed(self) -> Dict[str, str]:
        return {"type": self.kind, "value": self.value}

    def as_dict(self) -> Dict[str, Any]:
        return {
            **self.observed,
            "device_count": self.device_count,
            "limit_exceeded": self.limit_exceeded,
            "device_ids": self.device_ids or [],
        }


def hosts(params: Params, context: Context) -> Result:
    """Find the hosts that observed IOCs. Raises TaskFailed for an option that cannot be used, FalconError when Falcon
    cannot be asked.
    """
    sightings = _sightings(params)
    client = connect(params, context, _CONNECTIONS)
    try:
        devices = _look_up(client, params, sightings)
        observed: Dict[str, List[Dict[str, str]]] = {}
        for sighting in sightings:
            for device_id in sighting.device_ids or ():
                observed.setdefault(device_id, []).append(sighting.observed)
        records = devices.details(observed) if params["details"] else {}
        if params.get("host_group_names"):
            _name_groups(client, records)
        requests = client.requests.dict()
    finally:
        client.close()
    found = [{"device_id": one, **records.get(one, {}), "observed": seen} for one, seen in observed.items()]
    if params["details"]:
        _say_unknown(context, "hosts", [one for one in observed if one not in records])
    return _result(context, sightings, {"hosts": found}, requests)


def _name_groups(client: Client, records: Mapping[str, Dict[str, Any]]) -> None:
    """Put the names of its host groups into the record of each host, as `host_groups`."""
    ids = {str(one) for record in records.values() for one in record.get("groups") or ()}
    names = HostGroups(client).names(sorted(ids)) if ids else {}
    for record in records.values():
        record["host_groups"] = [names.get(str(one), str(one)) for one in record.get("groups") or ()]


def processes(params: Params, context: Context) -> Result:
    """Find the processes by which hosts observed IOCs. Raises TaskFailed for an option that cannot be used,
    FalconError when Falcon cannot be asked.
    """
    sightings = _sightings(params)
    only = _device_ids(params)
    client = connect(params, context, _CONNECTIONS)
    try:
        devices = _look_up(client, params, sightings)
        # Falcon answers this question for one host at a time only.
        questions = [
            (sighting, device_id)
            for sighting in sightings
            for device_id in sighting.device_ids or ()
            if only is None or device_id in only
        ]
        answers = devices.processes_of([(one.kind, one.value, device_id) for one, device_id in questions])
        found: Dict[str, Dict[str, Any]] = {}
        for (sighting, device_id), process_ids in zip(questions, answers):
            for process_id in process_ids:
                process = found.setdefault(
                    process_id, {"process_id": process_id, "device_id": device_id, "observed": []}
                )
                process["observed"].append(sighting.observed)
        records = devices.process_details(found) if params["details"] else {}
        requests = client.requests.dict()
    finally:
        client.close()
    if params["details"]:
        _say_unknown(context, "processes", [one for one in found if one not in records])
    listed = [{**process, **records.get(one, {})} for one, process in found.items()]
    return _result(context, sightings, {"processes": listed}, requests)


def _sightings(params: Params) -> List[Sighting]:
    """The IOCs to look for, each once, in the order in which they are given."""
    if params.get("type"):
        return [_sighting(params, "")]
    if not params["iocs"]:
        raise TaskFailed("iocs is empty: there is nothing to look for", {"code": NOTHING})
    found: Dict[Identity, Sighting] = {}
    for index, item in enumerate(params["iocs"]):
        sighting = _sighting(item, f"iocs, item {index}: ")
        found.setdefault((sighting.kind, sighting.value), sighting)
    return list(found.values())


def _sighting(item: Mapping[str, Any], place: str) -> Sighting:
    kind = item.get("type")
    if kind not in OBSERVED_TYPES:
        raise TaskFailed(
            f"{place}Falcon cannot say who observed an indicator of type {kind!r}; "
            f"it can for {', '.join(OBSERVED_TYPES)}"
        )
    try:
        sighting = Sighting(str(kind), normalise(str(kind), item.get("value")))
    except ValueProblem as problem:
        raise TaskFailed(f"{place}value: {problem}") from problem
    if isinstance(item.get("device_count"), int) and isinstance(item.get("device_ids"), list):
        # What falcon_ioc_hosts_info has found is not asked for again.
        sighting.device_count = item["device_count"]
        sighting.limit_exceeded = item.get("limit_exceeded") is True
        sighting.device_ids = [str(one) for one in item["device_ids"]]
    return sighting


def _device_ids(params: Params) -> Optional[Set[str]]:
    """The hosts to keep to; None for all. An empty list means no host."""
    if params.get("device_ids") is None:
        return None
    wanted = {one.strip().lower() for one in params["device_ids"]}
    for one in sorted(wanted):
        if not _DEVICE_ID.match(one):
            raise TaskFailed(f"device_ids: {one[:80]!r} is not the id of a host (32 hexadecimal digits)")
    return wanted


def _look_up(client: Client, params: Params, sightings: Sequence[Sighting]) -> Devices:
    """Count and list the hosts of each IOC whose hosts are not known yet."""
    devices = Devices(client, legacy=params.get("api") == "legacy")
    new = [sighting for sighting in sightings if sighting.device_ids is None]
    pairs = [(sighting.kind, sighting.value) for sighting in new]
    counts = devices.counts(pairs)
    for sighting, count, device_ids in zip(new, counts, devices.observers_of(pairs, counts)):
        sighting.device_count = count.devices
        sighting.limit_exceeded = count.limit_exceeded
        sighting.device_ids = device_ids
    return devices


def _result(
    context: Context, sightings: Sequence[Sighting], found: Result, requests: Dict[str, Any]
) -> Result:
    _say_disagreement(context, sightings)
    return {
        "changed": False,
        **found,
        "iocs": [sighting.as_dict() for sighting in sightings],
        "requests": requests,
    }


def _say_disagreement(context: Context, sightings: Sequence[Sighting]) -> None:
    """Falcon counts and lists by two services, of which one may lag behind the other."""
    differing = []
    for sighting in sightings:
        listed = len(sighting.device_ids or ())
        fits = listed >= sighting.device_count if sighting.limit_exceeded else listed == sighting.device_count
        if not fits:
            differing.append(
                f"{sighting.kind} {sighting.value}: {sighting.device_count} counted, {listed} listed"
            )
    if differing:
        context.warn("Falcon's count of hosts differs from its list of them, " + _some(differing))


def _say_unknown(context: Context, things: str, ids: Sequence[str]) -> None:
    if ids:
        context.warn(f"Falcon has no record any more of {len(ids)} of the {things}: {_some(ids)}")


def _some(texts: Sequence[str]) -> str:
    more = len(texts) - _SHOWN
    return "; ".join(texts[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")

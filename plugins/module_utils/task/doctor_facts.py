# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The open points of the API that reading alone answers."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from datetime import datetime
from typing import Any

from ..api.errors import FalconError, PermissionRefused, RequestRefused
from ..ioc.record import Record
from .doctor_findings import FAILED, PASSED, Findings
from .doctor_probe import COMBINED, ENTITIES, Probe

#: An id that no indicator has.
UNKNOWN_ID = hashlib.sha256(b"threatops.falcon doctor: an id that does not exist").hexdigest()
_UNKNOWN_HOST = UNKNOWN_ID[:32]
_SAMPLE = [("type", "ipv4"), ("value", "192.0.2.1")]


def read_facts(findings: Findings, probe: Probe) -> None:
    """Answer what can be answered without a write, as far as the scopes allow."""
    if findings.status("scope:IOC Management:read") == PASSED:
        findings.fact("U12", probe.status_of(ENTITIES, [("ids", UNKNOWN_ID)], purpose="read an unknown id"))
        findings.fact("U14", _unknown_property(probe))
        findings.fact("U15", _beyond_10000(probe))
        _look_at_a_record(findings, probe)
        _look_at_deleted(findings, probe)
    findings.fact("U1", _removed_operations(probe))
    findings.fact("U17", _scope_of_observations(findings, probe))
    if findings.status("scope:Hosts:read") == PASSED:
        findings.fact("U18", _unknown_host(probe))
    if findings.status("scope:Host Groups:read") == PASSED:
        findings.fact("U19", _group_names(probe))
    for number in ("U1", "U12", "U15", "U18"):
        if number in findings.seen:
            findings.seen[number] = str(findings.seen[number])


def _unknown_property(probe: Probe) -> str | None:
    query = [("filter", "threatops_doctor:'x'"), ("limit", "1")]
    try:
        answer = probe.ask(COMBINED, query, purpose="filter by an unknown property")
    except RequestRefused as error:
        return "refused" if error.status == 400 else None
    except FalconError:
        return None
    return "nothing" if not answer.resources else None


def _beyond_10000(probe: Probe) -> int | None:
    query = [("offset", "10000"), ("limit", "1")]
    return probe.status_of(COMBINED, query, purpose="list beyond 10,000 indicators", size_may_be_refused=True)


def _removed_operations(probe: Probe) -> int | None:
    return probe.status_of("/indicators/entities/iocs/v1", _SAMPLE, purpose="use a removed operation")


def _unknown_host(probe: Probe) -> int | None:
    return probe.status_of(
        "/devices/entities/devices/v2",
        method="POST",
        body={"ids": [_UNKNOWN_HOST]},
        purpose="read an unknown host",
    )


def _scope_of_observations(findings: Findings, probe: Probe) -> str | None:
    """Only a client that has one of the two scopes can tell."""
    granted = [
        findings.status(f"scope:{name}:read")
        for name in ("IOC Management", "IOCs (Indicators of Compromise)")
    ]
    if sorted(granted) != sorted([PASSED, FAILED]):
        return None
    words = ("ioc_management", "iocs") if granted[0] == PASSED else ("iocs", "ioc_management")
    try:
        probe.ask("/iocs/queries/indicators/devices/v1", _SAMPLE, purpose="ask which hosts saw an indicator")
    except PermissionRefused:
        return words[1]
    except RequestRefused:
        return words[0]
    except FalconError:
        return None
    return words[0]


def _group_names(probe: Probe) -> str | None:
    """Whether a part of a group's name finds it."""
    path = "/devices/combined/host-groups/v1"
    try:
        groups = probe.ask(path, [("limit", "1")], purpose="list host groups").resources
        name = str(groups[0].get("name", "")).lower() if groups and isinstance(groups[0], dict) else ""
        part = name[: len(name) // 2]
        if len(part) < 3 or not part.replace(" ", "").isalnum():
            return None
        query = [("filter", f"name:'{part}'"), ("limit", "100")]
        found = probe.ask(path, query, purpose="find a host group by a part of its name").resources
    except FalconError:
        return None
    names = [str(group.get("name", "")).lower() for group in found if isinstance(group, dict)]
    if name in names:
        return "partial"
    return "exact" if all(one == part for one in names) else None


def _look_at_a_record(findings: Findings, probe: Probe) -> None:
    """The default order, read off the token that continues a listing, and the answer to a read by id."""
    try:
        answer = probe.ask(COMBINED, [("limit", "1")], purpose="read an indicator")
        rows = [row for row in answer.resources if isinstance(row, dict)]
        if not rows:
            return
        findings.fact("U31", order_of(rows[0], answer.pagination.get("after")))
        note_by_id(findings, probe, str(rows[0].get("id")))
    except FalconError:
        return


def note_by_id(findings: Findings, probe: Probe, one: str) -> None:
    """Whether a read by id has a pagination. Raises FalconError."""
    answer = probe.ask(ENTITIES, [("ids", one)], purpose="read an indicator by id")
    findings.fact("U29", "shown" if answer.pagination else "absent")


def order_of(record: Record, token: Any) -> str | None:
    """What a listing is ordered by: its token starts with the sort key of the last record, in milliseconds."""
    try:
        key = json.loads(base64.b64decode(str(token), validate=True))[0]
    except (binascii.Error, ValueError, TypeError, IndexError, KeyError):
        return None
    fits = [name for name in ("modified_on", "created_on") if _milliseconds(record.get(name)) == key]
    return fits[0] if len(fits) == 1 else None


def _milliseconds(instant: Any) -> int | None:
    whole, _dot, fraction = str(instant).rstrip("Z").partition(".")
    try:
        seconds = datetime.fromisoformat(whole + "+00:00").timestamp()
        return round(seconds) * 1000 + int((fraction + "000")[:3])
    except ValueError:
        return None


def _look_at_deleted(findings: Findings, probe: Probe) -> None:
    """Whether a search that does not mention deleted indicators counts them; open where none are deleted."""
    try:
        everything, live, gone = (probe.total(fql) for fql in ("", "deleted:false", "deleted:true"))
    except FalconError:
        return
    if everything is None or live is None or not gone:
        return
    if everything == live:
        findings.fact("U11", "excluded")
    elif everything == live + gone:
        findings.fact("U11", "included")

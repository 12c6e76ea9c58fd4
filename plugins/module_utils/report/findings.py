# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit found: one pure function from a plan that was not applied and the tenant's records.

A finding is a dictionary with the same keys whatever its kind: ``kind``, ``type``, ``value``, ``list``,
``owner``, ``detail`` (a sentence) and ``changes`` (a list of ``field``, ``before``, ``after``: what the
tenant has, what the list says; empty where nothing is compared).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Callable, Optional

from ..ioc.expiry import stored
from ..ioc.record import identity
from ..ioc.rules import GUARDED_ACTIONS
from .results import changes_of

KINDS = {
    "missing": "in the list, not in the tenant",
    "changed": "in both, and not the same",
    "disabled": "stored without effect (no_action) where the list wants one",
    "extra": "owned by this source, and not in the list",
    "foreign": "in the list, and owned by another source or unowned",
    "unprotected": "acts on something that must never be detected or blocked",
    "expired": "its expiration has passed: Falcon keeps it without effect",
    "expiring": "its expiration is near",
    "held": "held in its ring, since more hosts have observed it than the ring allows",
    "protected": "in the list, and left out because it is protected",
    "invalid": "in the list, and impossible",
    "rejected": "a feed line that yields no indicator",
}
"""Every kind of finding, in the order of reports, with what it means."""

TONES = {
    "missing": "bad",
    "changed": "bad",
    "disabled": "bad",
    "extra": "bad",
    "foreign": "warning",
    "unprotected": "bad",
    "expired": "warning",
    "expiring": "warning",
    "held": "warning",
    "protected": "warning",
    "invalid": "bad",
    "rejected": "neutral",
}

Finding = dict[str, Any]


def findings(
    lists: Sequence[Mapping[str, Any]],
    records: Iterable[Mapping[str, Any]],
    now: datetime,
    expiring_days: int,
    guarded: Optional[Callable[[str, str], Optional[str]]] = None,
) -> list[Finding]:
    """All findings, sorted by kind, type and value.

    ``lists`` are check-mode results of ``falcon_iocs``, each with the ``name`` of its list and its
    ``source``. ``records`` are indicators as ``falcon_ioc_info`` returns them (``api.IndicatorV1``).
    ``guarded`` says why a (type, value) must never be acted on, or None. ``now`` has a time zone.
    """
    kept = [record for record in records if not record.get("deleted")]
    expired = {identity(record) for record in kept if record.get("expired")}
    found: list[Finding] = []
    for result in lists:
        found.extend(_of_list(result, expired))
    sources = {str(result.get("source") or ""): str(result.get("name") or "") for result in lists}
    for record in kept:
        owner = record.get("source") or ""
        name = sources.get(owner, "") if owner else ""
        if "" in sources or owner in sources:
            found.extend(_of_time(record, now, expiring_days, name))
        if guarded is not None:
            found.extend(_of_guard(record, guarded, name))
    place = {kind: number for number, kind in enumerate(KINDS)}
    return sorted(
        found, key=lambda one: (place[one["kind"]], one["type"], one["value"], one["list"], one["detail"])
    )


def count(found: Iterable[Finding]) -> dict[str, int]:
    """How many findings of each kind, zeros included."""
    counts = dict.fromkeys(KINDS, 0)
    for one in found:
        counts[one["kind"]] += 1
    return counts


def _finding(
    kind: str,
    of: Mapping[str, Any],
    name: str,
    detail: str,
    owner: object = "",
    changes: Sequence[Mapping[str, Any]] = (),
) -> Finding:
    return {
        "kind": kind,
        "type": str(of.get("type") or ""),
        "value": str(of.get("value") or ""),
        "list": name,
        "owner": str(owner or ""),
        "detail": detail,
        "changes": list(changes),
    }


def _of_list(result: Mapping[str, Any], expired: set[tuple[str, str]]) -> Iterable[Finding]:
    name, source = str(result.get("name") or ""), result.get("source") or ""
    for item in result.get("created_iocs") or ():
        wanted = [
            {"field": field, "before": None, "after": item[field]}
            for field in sorted(item)
            if field not in ("id", "type", "value")
        ]
        yield _finding("missing", item, name, "not in the tenant", source, wanted)
    for item in result.get("updated_iocs") or ():
        changes = changes_of(item)
        fields = ", ".join(change["field"] for change in changes)
        if identity(item) not in expired and _switched_off(changes):
            yield _finding(
                "disabled",
                item,
                name,
                f"the tenant stores it as no_action; differs in {fields}",
                source,
                changes,
            )
        else:
            yield _finding("changed", item, name, f"differs in {fields}", source, changes)
    for item in result.get("deleted_iocs") or ():
        owner = item.get("source") or ""
        yield _finding("extra", item, name, "not in the list", owner)
    for item in result.get("foreign_iocs") or ():
        owner = item.get("owner") or item.get("source") or ""
        yield _finding("foreign", item, name, f"owned by {owner}" if owner else "has no owner", owner)
    for item in result.get("held_iocs") or ():
        more = "more than " if item.get("limit_exceeded") else ""
        detail = (
            f"held in ring {item.get('ring')}: observed by {more}{item.get('device_count')} hosts, "
            f"max_hosts is {item.get('max_hosts')}"
        )
        yield _finding("held", item, name, detail, source)
    for item in result.get("protected_iocs") or ():
        yield _finding("protected", item, name, str(item.get("reason") or "protected"), source)
    for item in result.get("failed_iocs") or ():
        yield _finding("invalid", item, name, str(item.get("message") or "cannot be applied"), source)
    for line in result.get("rejected") or ():
        where = f"{line.get('path', '')} line {line.get('line', '')}: {line.get('reason', '')}"
        yield _finding("rejected", {"value": line.get("text", "")}, name, where, source)


def _switched_off(changes: Iterable[Mapping[str, Any]]) -> bool:
    return any(
        change["field"] in ("action", "mobile_action")
        and change["before"] == "no_action"
        and change["after"] in GUARDED_ACTIONS
        for change in changes
    )


def _of_time(record: Mapping[str, Any], now: datetime, expiring_days: int, name: str) -> Iterable[Finding]:
    owner, expiration = record.get("source") or "", str(record.get("expiration") or "")
    end = stored(expiration)
    if record.get("expired") or (end is not None and end <= now):
        yield _finding("expired", record, name, f"expired {expiration}".strip(), owner)
    elif end is not None and end <= now + timedelta(days=expiring_days):
        yield _finding("expiring", record, name, f"expires {expiration}", owner)


def _of_guard(
    record: Mapping[str, Any], guarded: Callable[[str, str], Optional[str]], name: str
) -> Iterable[Finding]:
    active = [name for name in ("action", "mobile_action") if record.get(name) in GUARDED_ACTIONS]
    reason = guarded(*identity(record)) if active else None
    if reason:
        yield _finding("unprotected", record, name, f"{record[active[0]]}: {reason}", record.get("source"))

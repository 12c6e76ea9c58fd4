# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tenant holds: how full it is, what has expired, who owns what, and what should not be blocked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Sequence

from ..api.errors import FalconError
from ..api.host_groups import HostGroups
from ..ioc.record import Record
from ..ioc.wording import number, visible
from .base import Params
from .doctor_findings import FAILED, PASSED, SKIPPED, WARNING, Findings
from .doctor_probe import COMBINED, Probe
from .protection import Guard

QUOTA = 1_000_000
_NEARLY = 0.9
_NAMED = 5
_GUARDED = ("detect", "prevent", "prevent_no_ui")


@dataclass
class Census:
    """Counts over the indicators that were read, ``whole`` where that is all of them."""

    read: int = 0
    whole: bool = False
    expired: int = 0
    owners: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    aimless: list[str] = field(default_factory=list)

    def count(self, record: Record, guard: Guard) -> None:
        """Count one record."""
        self.read += 1
        self.expired += bool(record.get("expired"))
        self.owners[str(record.get("source") or "")] += 1
        action = str(record.get("action") or "no_action")
        mobile = str(record.get("mobile_action") or "no_action")
        self.actions[action if action != "no_action" else mobile] += 1
        if action not in _GUARDED and mobile not in _GUARDED:
            return
        name = f"{record.get('type')} {visible(str(record.get('value')))}"
        if guard.reason(str(record.get("type")), str(record.get("value"))):
            self.refused.append(name)
        if not record.get("applied_globally") and not record.get("host_groups"):
            self.aimless.append(name)


def check_tenant(findings: Findings, params: Params, probe: Probe, page_size: int) -> None:
    """Quota, expired indicators, owners and actions, and protection."""
    names = ("quota", "expired", "owners", "protection")
    if not page_size:
        for name in names:
            findings.add(name, SKIPPED, "Indicators cannot be read")
        return
    try:
        total = probe.total("deleted:false")
        census = _read(probe, Guard(params), page_size, int(params.get("max_indicators") or 0))
    except FalconError as error:
        for name in names:
            findings.add(name, WARNING, error.message, error.hint)
        return
    held = total if total is not None else census.read
    share = f"{held:,} of {QUOTA:,} indicators"
    if held >= QUOTA:
        findings.add(
            "quota", FAILED, f"The tenant is full: {share}", "Delete expired indicators (purge_expired)."
        )
    elif held >= QUOTA * _NEARLY:
        findings.add(
            "quota",
            WARNING,
            f"The tenant is nearly full: {share}",
            "Delete expired indicators (purge_expired).",
        )
    else:
        findings.add("quota", PASSED, f"The tenant holds {share}")
    _report_census(findings, census, held)


def _report_census(findings: Findings, census: Census, held: int) -> None:
    of = "" if census.whole else f" (of the first {census.read:,} of {held:,})"
    if census.expired:
        findings.add(
            "expired",
            WARNING,
            f"{number(census.expired, 'expired indicator still counts', 'expired indicators still count')}{of}",
            "Delete them: falcon_iocs with purge_expired, or expired: delete.",
        )
    else:
        findings.add("expired", PASSED, f"No indicator has expired{of}")
    owners = ", ".join(f"{visible(name) or 'no owner'} {count:,}" for name, count in _most(census.owners))
    actions = ", ".join(f"{name} {count:,}" for name, count in _most(census.actions))
    findings.add(
        "owners", PASSED, f"By owner: {owners}; by action: {actions}{of}" if owners else "No indicators"
    )
    if census.refused or census.aimless:
        parts = []
        if census.refused:
            parts.append(
                f"{len(census.refused):,} detect or prevent what protection would refuse: {_some(census.refused)}"
            )
        if census.aimless:
            parts.append(
                f"{len(census.aimless):,} apply to no host, since their host groups are gone: {_some(census.aimless)}"
            )
        findings.add(
            "protection",
            WARNING,
            "; ".join(parts) + of,
            "Review them, or name exceptions in protect.override.",
        )
    else:
        findings.add("protection", PASSED, f"No indicator blocks what protection would refuse{of}")


def _most(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[: 2 * _NAMED]


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _read(probe: Probe, guard: Guard, page_size: int, most: int) -> Census:
    """Count page by page: a report needs no view that is proved complete, but says how much it saw."""
    census = Census()
    after: list[tuple[str, str]] = []
    seen: set[str] = set()
    total: int | None = None
    while census.read < most:
        query = [("filter", "deleted:false"), ("sort", "created_on.asc"), ("limit", str(page_size)), *after]
        answer = probe.ask(COMBINED, query, purpose="count indicators")
        rows = [row for row in answer.resources if isinstance(row, dict) and str(row.get("id")) not in seen]
        for row in rows[: most - census.read]:
            census.count(row, guard)
        seen.update(str(row.get("id")) for row in rows)
        told = answer.pagination.get("total")
        total = told if isinstance(told, int) else total
        token = answer.pagination.get("after")
        probe.client.report("reading", census.read, total)
        if not rows or not token or (total is not None and census.read >= total):
            census.whole = census.read == len(seen) and (total is None or census.read >= total)
            return census
        after = [("after", str(token))]
    return census


def named_groups(value: Any) -> list[str]:
    """Every host group that a structure of variables names: what stands under ``host_groups``, at any depth."""
    found: list[str] = []
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "host_groups":
                found += [str(one) for one in (inner if isinstance(inner, list) else [inner]) if one]
            else:
                found += named_groups(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            found += named_groups(inner)
    return list(dict.fromkeys(found))


def check_host_groups(findings: Findings, params: Params, probe: Probe) -> None:
    """The host groups that the inventory names."""
    groups = [str(name) for name in params.get("host_groups") or []]
    groups = list(dict.fromkeys([*groups, *named_groups(params.get("variables"))]))
    ids = [name for name in groups if len(name) == 32 and not set(name.lower()) - set("0123456789abcdef")]
    names = [name for name in groups if name not in ids]
    if not groups:
        findings.add("host_groups", SKIPPED, "The inventory names no host groups")
        return
    if findings.status("scope:Host Groups:read") == FAILED:
        findings.add("host_groups", SKIPPED, "Host groups cannot be read", "Grant Host Groups:read.")
        return
    try:
        api = HostGroups(probe.client)
        known = api.resolve(names) if names else {}
        known_ids = api.names(ids) if ids else {}
    except FalconError as error:
        findings.add("host_groups", WARNING, error.message, error.hint)
        return
    missing = [name for name in names if not known.get(name.lower())] + [
        one for one in ids if one not in known_ids
    ]
    double = [name for name in names if len(known.get(name.lower()) or []) > 1]
    if missing:
        findings.add(
            "host_groups",
            FAILED,
            f"These host groups do not exist: {_some([visible(one) for one in missing])}",
            "Check their names in the Falcon console.",
        )
    elif double:
        findings.add(
            "host_groups",
            WARNING,
            f"Several host groups have these names: {_some([visible(one) for one in double])}",
            "Use their ids.",
        )
    else:
        findings.add("host_groups", PASSED, f"All {len(groups)} host groups that the inventory names exist")

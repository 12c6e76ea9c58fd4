# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What forbids a plan, or its purge, before anything is written."""

from __future__ import annotations

from typing import Any, Iterator, List, Mapping, Optional, Sequence

from .change import CREATE, DELETE, UPDATE, Change
from .decision import Plan
from .durations import shown
from .item import Desired
from .policy import Policy
from .reasons import FOREIGN, PROTECTED, Refusal, name_of
from .wording import number, some

MAX_DELETIONS, EMPTY_LIST, NOT_APPROVED = "max_deletions", "empty_list", "not_approved"
PURGE_UNREADABLE, FEED_SHRUNK = "purge_unreadable", "feed_shrunk"


def refusals(policy: Policy, plan: Plan) -> Iterator[Refusal]:
    """What forbids the whole of a list's plan, its approval and an empty list aside."""
    yield from _failures(policy, plan)
    yield from _protected(policy, plan)
    yield from _foreign(policy, plan)
    yield from _deletions(policy, plan)
    yield from _life(policy, plan)


def _life(policy: Policy, plan: Plan) -> Iterator[Refusal]:
    """What would live too long, reach too far, or be held where that is to be a gate."""
    life = plan.life
    if policy.on_max_life == "fail" and life.too_long and policy.max_life is not None:
        count = number(len(life.too_long), "indicator")
        message = f"{count} would live longer than max_life {shown(policy.max_life)}: {some(life.too_long)}"
        yield Refusal("max_life", message, life.too_long, "max_life")
    if policy.on_reach == "fail" and life.reach:
        named = [_counted(entry) for entry in life.reach]
        message = (
            f"{number(len(named), 'indicator')} would begin to block, observed by more hosts than "
            f"max_hosts {policy.max_hosts} allows: {some(named)}; set on_reach to detect or skip"
        )
        yield Refusal("reach", message, named, "max_hosts")
    if policy.on_held == "fail" and life.held:
        named = [
            f"{_counted(entry)} in ring {entry['ring']}, max_hosts {entry['max_hosts']}"
            for entry in life.held
        ]
        message = (
            f"{number(len(named), 'indicator is', 'indicators are')} held in a ring: {some(named, '; ')}"
        )
        yield Refusal("held", message, named, "on_held")


def _counted(entry: Mapping[str, Any]) -> str:
    more = "more than " if entry["limit_exceeded"] else ""
    return f"{name_of(entry['type'], entry['value'])} ({more}{number(entry['device_count'], 'host')})"


def _failures(policy: Policy, plan: Plan) -> Iterator[Refusal]:
    if policy.on_error != "fail":
        return
    if plan.failures:
        named = [str(failure) for failure in plan.failures]
        yield Refusal("invalid", f"{some(named, '; ')} (on_error is fail)", named, "on_error")
    if plan.purge_stopped is not None:
        stop = plan.purge_stopped
        yield Refusal(stop.code, f"{stop.message} (on_error is fail)", stop.items, "on_error")


def _protected(policy: Policy, plan: Plan) -> Iterator[Refusal]:
    found = plan.aside(PROTECTED)
    if policy.on_protected == "fail" and found:
        named = [f"{name_of(entry.kind, entry.value)} ({entry.message})" for entry in found]
        message = f"protected indicators must not be detected or prevented: {some(named)}"
        yield Refusal("protected", message, named, "on_protected")


def _foreign(policy: Policy, plan: Plan) -> Iterator[Refusal]:
    found = plan.aside(FOREIGN)
    if policy.on_foreign == "fail" and found:
        named = [f"{name_of(entry.kind, entry.value)} ({entry.message})" for entry in found]
        message = (
            f"{number(len(found), 'indicator is', 'indicators are')} owned by another source, or unowned: "
            f"{some(named)}; set on_foreign to skip or adopt"
        )
        yield Refusal("foreign", message, named, "on_foreign")


def _deletions(policy: Policy, plan: Plan) -> Iterator[Refusal]:
    deletions = list(plan.of(DELETE))
    limit = policy.max_deletions
    allowed = limit.allows(plan.owned) if limit is not None else None
    if limit is None or allowed is None or len(deletions) <= allowed:
        return
    named = [name_of(change.kind, change.value) for change in deletions]
    share = limit.explained(plan.owned)
    message = (
        f"{number(len(deletions), 'deletion')}, and max_deletions allows {allowed:,}"
        f"{f' ({share})' if share else ''}: {some(named)}"
    )
    yield Refusal(MAX_DELETIONS, message, named, "max_deletions")


def approval(changes: Sequence[Change], digest: str, approved: str) -> Iterator[Refusal]:
    """Nothing but exactly the approved plan is applied. An empty plan is always allowed."""
    wanted = approved.strip()
    if not changes or digest == wanted.lower():
        return
    counted = ", ".join(
        f"{sum(1 for change in changes if change.operation == verb):,} to {verb}"
        for verb in (CREATE, UPDATE, DELETE)
    )
    message = (
        f"the plan is not the approved one: approved {wanted}, but the list and the tenant now give {digest} "
        f"({counted}); one of them has changed since"
    )
    yield Refusal(NOT_APPROVED, message, [digest], "approved_plan")


def empty_list(policy: Policy, extra: int) -> Refusal:
    message = (
        f"the list has no item left that is to be present, so purge would delete all {number(extra, 'indicator')} "
        f"of source {policy.source!r}; set purge_allow_empty if that is intended"
    )
    return Refusal(EMPTY_LIST, message, [], "purge_allow_empty")


def purge_stopped(desired: Sequence[Desired], policy: Policy, owned: int, extra: int) -> Optional[Refusal]:
    """Why a purge that would delete something must not: the list may say more than what was read of it."""
    unreadable = [item.place or name_of(item.kind, item.value) for item in desired if not item.identified]
    unreadable.extend(policy.malformed)
    found: List[Refusal] = []
    if unreadable:
        message = (
            f"{some(unreadable)} cannot be read and may name one of the "
            f"{number(extra, 'indicator')} that purge would delete"
        )
        found.append(Refusal(PURGE_UNREADABLE, message, unreadable))
    found.extend(policy.stops)
    found.extend(_shrunk(desired, policy, owned))
    if not found:
        return None
    items = [item for refusal in found for item in refusal.items]
    message = "nothing was purged: " + "; ".join(refusal.message for refusal in found)
    return Refusal(found[0].code, message, items, found[0].option)


def _shrunk(desired: Sequence[Desired], policy: Policy, owned: int) -> Iterator[Refusal]:
    """A feed that holds much less than the tenant holds of its owner is more likely broken than right.

    Items of `iocs` beside it are left out on both sides, so that they do not make up for what the feed has lost.
    """
    if policy.max_shrink is None:
        return
    lines = sum(1 for item in desired if item.index is None and item.identified)
    beside = sum(1 for item in desired if item.index is not None and item.identified)
    before = owned - beside
    if before > 0 and (before - lines) * 100 > before * policy.max_shrink:
        message = (
            f"the feeds hold {number(lines, 'indicator')} and the tenant {before:,} of source {policy.source!r}: "
            f"they shrank by more than max_shrink {policy.max_shrink}%"
        )
        yield Refusal(FEED_SHRUNK, message, [], "max_shrink")

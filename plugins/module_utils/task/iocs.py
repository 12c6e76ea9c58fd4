# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of C{falcon_iocs}: a whole list, owned by somebody."""

from __future__ import annotations

import datetime
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ..ioc import diff
from ..ioc.change import CREATE, DELETE, UPDATE
from ..ioc.fields import FieldProblem
from ..ioc.item import Desired, Fields, ItemReader, read_defaults
from ..ioc.plan import Plan
from ..ioc.policy import DeletionLimit, Policy, parse_share
from ..ioc.reasons import Failure, Refusal
from ..ioc.values import Identity
from ..ioc.wording import some
from .base import Context, Params, Result, TaskFailed
from .feed import Loaded, load
from .feed_options import FEEDS
from .options import CONNECTION, PROTECTION, WRITING, ArgumentSpec
from .protection import Guard
from .reconcile import Account, Reconciliation

LARGEST_BATCH = 2000  # rows that PSFalcon submits at once
MOST_CONNECTIONS = 32

SPEC = (
    CONNECTION
    + FEEDS
    + PROTECTION
    + WRITING
    + ArgumentSpec(
        {
            "iocs": {"type": "list", "elements": "raw", "default": [], "aliases": ["indicators"]},
            "defaults": {"type": "dict", "default": {}},
            "defaults_by_type": {"type": "dict", "default": {}},
            "source": {"type": "str"},
            "purge": {"type": "bool", "default": False, "aliases": ["prune"]},
            "purge_allow_empty": {"type": "bool", "default": False},
            "purge_allow_rejects": {"type": "bool", "default": False},
            "max_deletions": {"type": "str"},
            "max_shrink": {"type": "str", "default": "50%"},
            "on_foreign": {"type": "str", "choices": ["fail", "skip", "adopt"], "default": "fail"},
            "on_error": {"type": "str", "choices": ["continue", "fail"], "default": "continue"},
            "approved_plan": {"type": "str"},
            "batch_size": {"type": "int", "default": 200},
            "page_size": {"type": "int", "default": 2000},
            "concurrency": {"type": "int", "default": 4},
        }
    )
)


def run(params: Params, context: Context) -> Result:
    """Bring what a tenant holds to what a list says.

    @raise TaskFailed: the options contradict each other, the plan was refused, or not all of it could be done
    @raise FalconError: the tenant could not be asked
    """
    feeds = load(
        params.get("feeds") or [],
        (params.get("source") or "").strip(),
        params.get("defaults"),
        params.get("defaults_by_type"),
    )
    guard = Guard(params, context.warn)
    policy = _policy(params, feeds, guard)
    desired = _desired(params, feeds, policy.source)
    feeds.items.clear()  # a long feed need not be held twice
    reconciliation = Reconciliation(params, context, policy, params["concurrency"])
    try:
        account = reconciliation.run(desired)
        requests = reconciliation.client.requests.dict()
        trace_ids = list(reconciliation.client.trace_ids)
    finally:
        reconciliation.close()
    result = {**_result(account, feeds, guard, requests), "trace_ids": trace_ids}
    _warn(account, feeds, guard, context)
    message = _message(account, policy, context)
    if message:
        raise TaskFailed(message, result)
    return result


def _policy(params: Params, feeds: Loaded, guard: Guard) -> Policy:
    source = (params.get("source") or "").strip()
    if params["purge"] and not source:
        raise TaskFailed(
            "purge needs source: without an owner nothing says which indicators are the list's to delete"
        )
    limit: Optional[DeletionLimit] = None
    if params.get("max_deletions") not in (None, ""):
        try:
            limit = DeletionLimit.parse(params["max_deletions"])
        except ValueError as problem:
            raise TaskFailed(f"max_deletions: {problem}") from problem
        if limit.percent and not limit.counts and not source:
            raise TaskFailed(
                "max_deletions: a share needs source, since it is a share of what the source owns"
            )
    for name, most in (
        ("batch_size", LARGEST_BATCH),
        ("page_size", LARGEST_BATCH),
        ("concurrency", MOST_CONNECTIONS),
    ):
        if not 1 <= params[name] <= most:
            raise TaskFailed(f"{name} is a number from 1 to {most}, got {params[name]}")
    malformed = [] if params["purge_allow_rejects"] else [
        f"{reject.path} line {reject.line}" for reject in feeds.rejected if reject.malformed
    ]  # fmt: skip
    return Policy(
        now=datetime.datetime.now(datetime.timezone.utc),
        source=source,
        purge=params["purge"],
        purge_allow_empty=params["purge_allow_empty"],
        max_deletions=limit,
        on_foreign=params["on_foreign"],
        on_error=params["on_error"],
        on_protected=params["on_protected"],
        approved_plan=params.get("approved_plan") or "",
        protected=guard.reason,
        malformed=malformed,
        stops=[Refusal(stop.code, f"{stop.path}: {stop.message}", [stop.path]) for stop in feeds.stops],
        max_shrink=_max_shrink(params),
    )


def _max_shrink(params: Params) -> Optional[int]:
    """By how many percent the feeds may shrink; None where there are none."""
    try:
        share = parse_share(params["max_shrink"])
    except ValueError as problem:
        raise TaskFailed(f"max_shrink: {problem}") from problem
    return share if params.get("feeds") else None


def _desired(params: Params, feeds: Loaded, source: str) -> List[Desired]:
    """Read the items of C{iocs}, then those of the feeds that C{iocs} does not name.

    @raise TaskFailed: the defaults are wrong, or an indicator stands twice in C{iocs}
    """
    try:
        reader = ItemReader(params.get("defaults"), params.get("defaults_by_type"), source)
        desired = [
            reader.read(raw, index, f"iocs[{index}]") for index, raw in enumerate(params.get("iocs") or [])
        ]
        named = _places(desired)
        read: Dict[int, Tuple[Any, Fields]] = {}  # the defaults of each feed, read once
        for entry in feeds.items:
            known = read.get(id(entry.defaults))
            if known is None:
                known = (
                    entry.defaults,
                    read_defaults(entry.defaults or {}, f"the defaults of feed {entry.path}"),
                )
                read[id(entry.defaults)] = known
            item = reader.read(entry.item, None, f"{entry.path} line {entry.line}", known[1])
            if item.identity not in named:
                desired.append(item)
    except FieldProblem as problem:
        raise TaskFailed(str(problem)) from problem
    return desired


def _places(desired: Sequence[Desired]) -> Dict[Identity, str]:
    places: Dict[Identity, str] = {}
    twice = []
    for item in desired:
        if not item.identified:
            continue
        first = places.setdefault(item.identity, item.place)
        if first != item.place:
            twice.append(f"{item.kind} {item.value} stands at {first} and again at {item.place}")
    if twice:
        more = f" and {len(twice) - 10} more" if len(twice) > 10 else ""
        raise TaskFailed("; ".join(twice[:10]) + more)
    return places


def _result(account: Account, feeds: Loaded, guard: Guard, requests: Dict[str, Any]) -> Result:
    decided: Plan = account.plan
    return {
        "changed": bool(account.done),
        "planned": decided.planned(len(feeds.rejected)),
        "counts": {
            "desired": decided.desired,
            "created": account.count(CREATE),
            "updated": account.count(UPDATE),
            "deleted": account.count(DELETE),
            "unchanged": account.unchanged,
            "ignored": decided.ignored,
            "foreign": len(decided.foreign),
            "protected": len(decided.protected),
            "rejected": len(feeds.rejected),
            "failed": account.failed(),
            "purge_failed": account.purge_failed(),
        },
        "refusals": [refusal.as_dict() for refusal in decided.refusals],
        "purge_stopped": decided.purge_stopped.as_dict() if decided.purge_stopped else {},
        **diff.lists(account.shown),
        "failed_iocs": [failure.as_dict() for failure in account.failures],
        "foreign_iocs": decided.foreign,
        "protected_iocs": decided.protected,
        "overridden_iocs": guard.overridden(),
        "rejected": [reject.as_dict() for reject in feeds.rejected],
        "columns_read": feeds.columns_read,
        "requests": requests,
        "plan_digest": decided.digest(),
        "diff": diff.texts(account.shown, groups=account.groups),
    }


def _warn(account: Account, feeds: Loaded, guard: Guard, context: Context) -> None:
    if account.plan.expired:
        context.warn(
            f"{account.plan.expired} indicators of the list have expired in the tenant and are no longer enforced; "
            "give them a new expiration"
        )
    for warning in feeds.warnings:
        context.warn(warning)
    if account.plan.odd:
        context.warn(f"Left alone: {some([str(entry) for entry in account.plan.odd], '; ')}")
    if feeds.duplicates:
        context.warn(f"{feeds.duplicates} feed lines repeat an indicator that stands in a feed before them")
    overridden = guard.overridden()
    if overridden:
        names = ", ".join(f"{entry['type']} {entry['value']}" for entry in overridden[:10])
        context.warn(f"protection was overridden for {len(overridden)} indicators: {names}")


def _message(account: Account, policy: Policy, context: Context) -> str:
    """Why the task fails, or nothing where it does not."""
    if account.plan.refusals:
        reasons = [refusal.message for refusal in account.plan.refusals]
        if account.failures and policy.on_error != "fail":  # with fail they are a reason already
            reasons.append(_failures(account.failures, account.plan.desired))
        return "Nothing was written: " + "; ".join(reasons)
    parts = []
    if account.failures:
        parts.append(_failures(account.failures, account.plan.desired))
    if account.plan.purge_stopped:
        parts.append(account.plan.purge_stopped.message)
    if parts and not context.check_mode:
        done = [f"{account.count(operation)} {operation}d" for operation in (CREATE, UPDATE, DELETE)]
        parts.append(f"the rest was applied: {', '.join(done)}" if account.done else "nothing was written")
    return "; ".join(parts)


def _failures(failures: Sequence[Failure], desired: int) -> str:
    purged = sum(1 for failure in failures if failure.purge)
    items = len({failure.place for failure in failures if not failure.purge})
    counted = [f"{items} of {desired} items"] if items else []
    if purged:
        counted.append(f"{purged} deletions of the purge")
    alike: Dict[str, List[str]] = {}  # what stops one batch stops many items, and need be read once
    for failure in failures:
        alike.setdefault(failure.message, []).append(failure.where)
    named = "; ".join(f"{some(places)}: {message}" for message, places in list(alike.items())[:10])
    more = f" and {len(alike) - 10} more reasons" if len(alike) > 10 else ""
    hint = "; see failed_iocs for all" if len(failures) > 10 else ""
    return f"{' and '.join(counted)} failed: {named}{more}{hint}"

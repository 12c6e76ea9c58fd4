# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of C{falcon_ioc}: one indicator."""

from __future__ import annotations

import datetime

from ..ioc import diff
from ..ioc.change import DELETE
from ..ioc.deployment import ListRequest
from ..ioc.fields import FIELDS
from ..ioc.item import Desired, ItemReader
from ..ioc.policy import Policy
from ..ioc.reasons import PROTECTED
from ..ioc.record import Record
from .account import Account, as_dicts, refusal_message
from .base import Context, Params, Result, TaskFailed
from .indicator_options import INDICATOR
from .options import CONNECTION, PROTECTION, WRITING
from .protection import Guard
from .reconcile import Reconciliation, Sending

SPEC = CONNECTION + INDICATOR + PROTECTION + WRITING

_OPERATIONS = {"create": "created", "update": "updated", "delete": "deleted"}


def run(params: Params, context: Context) -> Result:
    """Bring one indicator to what the options say.

    @raise TaskFailed: the options contradict each other, or what they ask for was refused
    @raise FalconError: Falcon could not be asked
    """
    item = ItemReader(None, None).read({name: params.get(name) for name in FIELDS if name in params})
    if item.problem:
        raise TaskFailed(item.problem)
    guard = Guard(params, context.warn)
    policy = Policy(
        now=datetime.datetime.now(datetime.timezone.utc),
        on_protected=params["on_protected"],
        protected=guard.reason,
    )
    reconciliation = Reconciliation(params, context, Sending.parse(params), concurrency=1)
    try:
        (account,) = reconciliation.apply(reconciliation.plan([ListRequest("", [item], policy)]))
        requests = reconciliation.client.requests.dict()
    finally:
        reconciliation.close()
    result: Result = {
        "changed": bool(account.done),
        "operation": _OPERATIONS[account.done[0].operation] if account.done else "none",
        "indicator": _indicator(item, account, context),
        "protected_iocs": as_dicts(account.aside(PROTECTED)),
        "requests": requests,
        "refusals": as_dicts(account.plan.refusals),
        "diff": diff.texts(account.shown, groups=reconciliation.groups),
    }
    _warn(item, account, guard, context)
    if account.plan.refusals:
        raise TaskFailed(refusal_message([refusal.message for refusal in account.plan.refusals]), result)
    if account.failures:
        raise TaskFailed(
            "; ".join(str(failure) for failure in account.failures),
            {**result, **reconciliation.fault_details()},
        )
    return result


def _indicator(item: Desired, account: Account, context: Context) -> Record:
    """The record as it is afterwards, as it would be in check mode, or as it was before its deletion."""
    found = account.records.get(item.identity, {})
    if not account.done:
        return found if item.state == "present" else {}
    change = account.done[0]
    if change.operation == DELETE:
        return change.record or {}
    return change.predicted() if context.check_mode else found


def _warn(item: Desired, account: Account, guard: Guard, context: Context) -> None:
    if account.plan.expired:
        context.warn(
            f"{item.kind} {item.value} has expired in the tenant and is no longer enforced; give it a new expiration"
        )
    for odd in account.plan.odd:
        context.warn(f"Left alone: {odd}")
    for entry in account.aside(PROTECTED):
        context.warn(f"{entry.kind} {entry.value} was left alone, since it is protected: {entry.message}")
    if guard.overridden():
        context.warn(f"protection was overridden for {item.kind} {item.value}")

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of ``falcon_ioc``: one indicator."""

from __future__ import annotations

import datetime
from typing import Any

from ..ioc import diff
from ..ioc.change import DELETE
from ..ioc.deployment import ListRequest
from ..ioc.fields import FIELDS
from ..ioc.item import Desired, ItemReader
from ..ioc.owners import EITHER
from ..ioc.policy import Policy
from ..ioc.reasons import FOREIGN, PROTECTED, REACHED, name_of
from ..ioc.record import Record, identity
from .account import Account, as_dicts, refusal_message
from .base import Context, Params, Result, TaskFailed
from .indicator_options import INDICATOR
from .lifecycle_options import REACH
from .options import CONNECTION, PROTECTION, WRITING, ArgumentSpec
from .protection import Guard
from .reconcile import Reconciliation, Sending

SPEC = (
    CONNECTION
    + INDICATOR
    + PROTECTION
    + REACH
    + WRITING
    + ArgumentSpec({"on_foreign": {"type": "str", "choices": ["fail", "skip", "adopt"], "default": "fail"}})
)

_OPERATIONS = {"create": "created", "update": "updated", "delete": "deleted"}


def run(params: Params, context: Context) -> Result:
    """Bring one indicator to what the options say.

    Raises TaskFailed if the options contradict each other, or what they ask for was refused.
    Raises FalconError if Falcon could not be queried.
    """
    if params.get("id") and params["state"] != "absent":
        raise TaskFailed(
            "id is only for state: absent; an indicator that is to be present is known by type and value"
        )
    item = None if params.get("id") else _item(params)
    guard = Guard(params, context.warn)
    policy = Policy(
        now=datetime.datetime.now(datetime.timezone.utc),
        source=(params.get("source") or "").strip(),
        owned_by=EITHER,
        on_foreign=params["on_foreign"],
        adopt_unowned=True,
        on_protected=params["on_protected"],
        protected=guard.reason,
        max_hosts=params.get("max_hosts"),
        on_reach=params["on_reach"],
    )
    if (policy.max_hosts or 0) < 0:
        raise TaskFailed(f"max_hosts must be a number of hosts from 0, got {policy.max_hosts}")
    reconciliation = Reconciliation(params, context, Sending.parse(params), concurrency=1)
    try:
        if item is None:
            item = _by_id(params, reconciliation)
            plan = reconciliation.plan_met([ListRequest("", [item], policy)])
        else:
            plan = reconciliation.plan([ListRequest("", [item], policy)])
        (account,) = reconciliation.apply(plan)
        requests = reconciliation.client.requests.dict()
    finally:
        reconciliation.close()
    result: Result = {
        "changed": bool(account.done),
        "operation": _OPERATIONS[account.done[0].operation] if account.done else "none",
        "indicator": _indicator(item, account, context),
        "protected_iocs": as_dicts(account.aside(PROTECTED)),
        "foreign_iocs": as_dicts(account.aside(FOREIGN)),
        "reach": account.plan.life.reach,
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


def _item(params: Params, **known: Any) -> Desired:
    given = {name: params.get(name) for name in FIELDS if name in params and name != "id"}
    item = ItemReader(None, None).read({**given, **known})
    if item.problem:
        raise TaskFailed(item.problem)
    return item


def _by_id(params: Params, reconciliation: Reconciliation) -> Desired:
    """The item for an indicator that is known by its id; ignored where there is none any more.

    Raises TaskFailed where the id is that of another type or value than given.
    """
    record = reconciliation.meet(params["id"])
    if record is None:
        nobody = Desired(params.get("type") or "", params.get("value") or "")
        return nobody.replaced(state="absent", ignore=True)
    if params.get("type"):
        wanted = _item(params)
        if wanted.identity != identity(record):
            raise TaskFailed(
                f"id {params['id']} is that of {name_of(*identity(record))}, "
                f"not of {name_of(*wanted.identity)}; nothing was deleted"
            )
    return _item(params, type=record["type"], value=record["value"], id=record["id"])


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
    for entry in account.aside(FOREIGN):
        if not account.refused:
            context.warn(f"{entry.kind} {entry.value} was left alone: {entry.message} (on_foreign)")
    for entry in account.aside(REACHED):
        context.warn(f"{entry.kind} {entry.value} was left out: {entry.message} (on_reach)")
    for entry in account.aside(PROTECTED):
        context.warn(f"{entry.kind} {entry.value} was left alone, since it is protected: {entry.message}")
    if guard.overridden():
        context.warn(f"protection was overridden for {item.kind} {item.value}")

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one decision: what has to be done to a tenant so that it is as desired, and whether it may be done.

Pure: no clock, no network, no Ansible. Check mode, `changed`, the diff, the counts and every returned list are read
off the `Plan` that `plan` gives. A deployment of several lists is planned by `deployment.plan_deployment`, one list
after the other with what is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import AbstractSet, Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from . import guards, lifecycle, lifetime, rules
from .change import CREATE, DELETE, UPDATE, Change
from .decision import Plan
from .fields import FIELDS, STORED, FieldProblem, misshapen
from .item import Desired
from .policy import DeletionLimit, Policy
from .reasons import (
    FOREIGN,
    IGNORED,
    INHERITED,
    INVALID,
    LEFT,
    ODD,
    PROTECTED,
    REACHED,
    Failure,
    Refusal,
    SetAside,
)
from .record import Record, has_expired, identity
from .update import updated
from .values import Identity

__all__ = ("DeletionLimit", "Failure", "Plan", "Policy", "Refusal", "SetAside", "plan")

Records = Mapping[Identity, Sequence[Record]]


@dataclass(frozen=True)
class View:
    """What is there: the records that exist, by what they identify, and what is odd about some of them."""

    records: Records
    odd: Mapping[Identity, str]

    @classmethod
    def of(cls, observed: Iterable[Record]) -> View:
        records: Dict[Identity, List[Record]] = {}
        odd: Dict[Identity, str] = {}
        for record in observed:
            if record.get("deleted"):
                continue
            key = identity(record)
            records.setdefault(key, []).append(record)
            wrong = misshapen(record)
            if wrong:
                odd[key] = f"its record in Falcon has unexpected content in {', '.join(wrong)}"
        return cls(records, odd)


def plan(desired: Sequence[Desired], observed: Sequence[Record], policy: Policy) -> Plan:
    """Decide what has to be done for one list.

    `desired` is every item, in the order of the list, one for each (type, value). `observed` is every record of the
    tenant that an item names; with a purge, or a limit that is a share, also every record that the source owns.
    """
    view = View.of(observed)
    result = decide(settled(desired, view), view, policy)
    if policy.approved_plan:
        result.refusals.extend(guards.approval(result.changes, result.digest(), policy.approved_plan))
    return result


#: No earlier list names anything.
NOTHING_TAKEN: Mapping[Identity, str] = MappingProxyType({})


def decide(
    desired: Sequence[Desired],
    view: View,
    policy: Policy,
    name: str = "",
    taken: Mapping[Identity, str] = NOTHING_TAKEN,
    named: Optional[AbstractSet[Identity]] = None,
) -> Plan:
    """Decide on one list of a deployment.

    `taken` is what earlier lists name, each with the name of its list: it is left to them. `named` is what any list
    names: no purge deletes it. Approval is not judged here.
    """
    result = Plan(name, desired=len(desired))
    if policy.source:
        result.owned = sum(1 for found in view.records.values() for record in found if policy.owns(record))
    records, odd = view.records, view.odd
    remaining = 0
    for item in desired:
        found = records.get(item.identity, ())
        if item.ignore and item.identified:
            result.set_aside.append(_aside(IGNORED, item, "the item says ignore"))
        elif item.problem or not item.identified:
            result.failures.append(_failure(item, "validate", item.problem))
        elif item.identity in taken:
            first = taken[item.identity]
            result.set_aside.append(_aside(LEFT, item, f"left to {first}, which names it first", list=first))
        elif item.identity in odd:
            result.set_aside.append(_aside(ODD, item, odd[item.identity]))
            result.odd.append(result.set_aside[-1])
        elif item.state == "absent" or _retired(item, found, policy, result):
            _absent(item, found, policy, result)
        else:
            remaining += _present(item, found, policy, result)
    if policy.purge or policy.purge_expired:
        own = {item.identity for item in desired}
        _purge(desired, view, own if named is None else named, policy, remaining, result)
    result.changes.sort(key=lambda change: (CREATE, UPDATE, DELETE).index(change.operation))
    result.refusals.extend(guards.refusals(policy, result))
    for refusal in result.refusals:
        refusal.list = name
    return result


def settled(desired: Iterable[Desired], view: View) -> List[Desired]:
    """The items, those that hold what only a newer Falcon knows judged by what the tenant holds.

    A type, platform or action that this collection does not know is a mistake, unless the tenant's record has it.
    """
    return [_settled(item, view.records.get(item.identity, ())) if item.doubts else item for item in desired]


def _settled(item: Desired, found: Sequence[Record]) -> Desired:
    for doubt in item.doubts:
        if doubt.field == "type":
            if not found:
                return item
        elif not any(_known(item, doubt.field, record) for record in found):
            return item
    return item.replaced(problem="", doubts=(), identified=True)


def _known(item: Desired, name: str, record: Record) -> bool:
    """Whether a record has every value of an item's field that is not among the choices."""
    asked, stored = item.fields[name], STORED[name](record)
    if isinstance(asked, str):
        return bool(asked == stored)
    return set(asked).difference(FIELDS[name].choices) <= set(stored)


def _aside(code: str, item: Desired, message: str, **details: Any) -> SetAside:
    return SetAside(code, item.kind, item.value, message, item.index, item.place, details)


def _failure(item: Desired, operation: str, message: str, code: str = INVALID) -> Failure:
    return Failure(item.kind, item.value, operation, message, item.index, item.place, code)


def _present(item: Desired, found: Sequence[Record], policy: Policy, result: Plan) -> int:
    """Decide on one item that is to be present. Returns 1 where the list still wants it present, else 0."""
    item = lifetime.renewed(item, policy.expired, policy.now)
    inherited, own = _apart(found)
    mine = _mine(own, policy)
    known = mine or own or inherited
    reason = _protection(lifecycle.utmost(item, policy), known[0] if known else None, policy)
    if reason is not None:
        result.set_aside.append(_aside(PROTECTED, item, reason, reason=reason))
        return 0
    if own and not mine:
        result.set_aside.append(_foreign(item, own[0], policy))
        return 1
    try:
        if mine:
            writes = [lifecycle.written(item, record, policy) for record in mine]
        elif any(_same(item, record, policy) for record in inherited):
            writes = []  # the parent CID says the same already
        else:
            writes = [lifecycle.written(item, None, policy)]
    except FieldProblem as problem:
        code = problem.code if isinstance(problem, lifecycle.NoCount) else INVALID
        result.failures.append(_failure(item, UPDATE if found else CREATE, str(problem), code))
        return 0
    for write in writes:
        result.life.add(write.account)
    if any(write.over for write in writes):
        message = f"observed by more hosts than max_hosts {policy.max_hosts} allows"
        result.set_aside.append(_aside(REACHED, item, message))
        return 1
    needed = [write.change for write in writes if write.change is not None]
    if not needed:
        result.unchanged += 1
        if any(has_expired(record, policy.now) for record in mine):
            result.expired += 1
    result.changes.extend(needed)
    return 1


def _retired(item: Desired, found: Sequence[Record], policy: Policy, result: Plan) -> bool:
    """Whether a listed indicator counts as absent, since its time is over and expired ones are deleted."""
    if policy.expired != lifetime.DELETE_EXPIRED:
        return False
    inherited, own = _apart(found)
    mine = _mine(own, policy)
    if not mine and (own or inherited):
        return False  # foreign, or the parent CID's
    if item.identity not in policy.buried and lifetime.needs_history(item, mine):
        result.life.history[item.identity] = None
    buried = _mine(list(policy.buried.get(item.identity, ())), policy)
    return lifetime.retired(item, mine, buried, policy.now)


def _same(item: Desired, inherited: Record, policy: Policy) -> bool:
    """Whether a record that a parent CID hands down is as the item asks, so that no own one is needed.

    What the item cannot make of it is no problem: it may ask for another scope or for other platforms.
    """
    try:
        return updated(item, inherited, policy.now, policy.vocabulary) is None
    except FieldProblem:
        return False


def _absent(item: Desired, found: Sequence[Record], policy: Policy, result: Plan) -> None:
    inherited, own = _apart(found)
    if inherited and not own:
        message = "the indicator is inherited from the parent CID and can be deleted only there"
        result.failures.append(_failure(item, DELETE, message, INHERITED))
        return
    mine = _mine(own, policy)
    if own and not mine:
        result.set_aside.append(_foreign(item, own[0], policy))
        return
    gone = own if policy.on_foreign == "adopt" else mine
    result.absent += 1
    result.changes.extend(Change(DELETE, item.kind, item.value, item, record) for record in gone)


def _apart(found: Sequence[Record]) -> Tuple[List[Record], List[Record]]:
    """The records that a parent CID hands down, and those of this CID."""
    inherited = [record for record in found if record.get("from_parent")]
    return inherited, [record for record in found if not record.get("from_parent")]


def _mine(own: List[Record], policy: Policy) -> List[Record]:
    """The records that the list may write.

    Its own; else those that another list of the deployment hands over; else what may be adopted.
    """
    if not policy.source:
        return own
    mine = [record for record in own if policy.owns(record)]
    mine = mine or [record for record in own if policy.owner_of(record) in policy.handed_over]
    if not mine and policy.adopt_unowned:
        mine = [record for record in own if not policy.owner_of(record)]
    return mine or (own if policy.on_foreign == "adopt" else [])


def _foreign(item: Desired, record: Record, policy: Policy) -> SetAside:
    owner = policy.owner_of(record)
    return _aside(FOREIGN, item, f"owned by {owner}" if owner else "has no owner", source=owner)


def _protection(item: Desired, record: Optional[Record], policy: Policy) -> Optional[str]:
    merged: Dict[str, Any] = {}
    for name in ("platforms", "action", "mobile_action"):
        if name in item.fields:
            merged[name] = item.fields[name]
        elif record is not None:
            merged[name] = STORED[name](record)
    merged.setdefault("platforms", rules.default_platforms(item.kind))
    if rules.effective_actions(merged).isdisjoint(rules.GUARDED_ACTIONS):
        return None
    return policy.protected(item.kind, item.value)


def _purge(
    desired: Sequence[Desired],
    view: View,
    named: AbstractSet[Identity],
    policy: Policy,
    remaining: int,
    result: Plan,
) -> None:
    extra: List[Change] = []
    for (kind, value), found in view.records.items():
        owned = [record for record in found if policy.owns(record)] if (kind, value) not in named else []
        if not policy.purge:
            owned = [record for record in owned if has_expired(record, policy.now)]
        if owned and (kind, value) in view.odd:
            result.odd.append(SetAside(ODD, kind, value, view.odd[kind, value]))
        else:
            extra.extend(Change(DELETE, kind, value, None, record) for record in owned)
    if not extra:
        return
    # Where only expired ones go, what a feed has dropped stays until then: that it shrank says nothing.
    limits = policy if policy.purge else replace(policy, max_shrink=None)
    result.purge_stopped = guards.purge_stopped(desired, limits, result.owned, len(extra))
    if result.purge_stopped is not None:
        result.purge_stopped.list = result.name
        return
    if policy.purge and not remaining and not policy.purge_allow_empty:
        result.refusals.append(guards.empty_list(policy, len(extra)))
    result.changes.extend(extra)

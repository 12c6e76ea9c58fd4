# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one decision: what has to be done to a tenant so that it is as desired, and whether it may be done.

Pure: no clock, no network, no Ansible. Check mode, C{changed}, the diff, the counts and every returned list are
read off the L{Plan} that L{plan} gives.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Set

from . import rules
from .change import CREATE, CURRENT, DELETE, UPDATE, Change, Vocabulary, created, no_objection, updated
from .diff import visible
from .fields import FieldProblem
from .item import Desired
from .record import STORED, Record, has_expired, identity
from .values import DOMAIN_LENGTH, Identity


@dataclass(frozen=True)
class DeletionLimit:
    """At most so many deletions: a count, or a share in percent of what the source owned before."""

    number: int
    percent: bool = False

    @classmethod
    def parse(cls, text: str) -> DeletionLimit:
        """@raise ValueError: it is neither a count nor a share"""
        written = re.fullmatch(r"\s*([0-9]{1,9})\s*(%?)\s*", text)
        if written is None or (written[2] and int(written[1]) > 100):
            raise ValueError(f"{text!r} is neither a count such as 25 nor a share such as 10%")
        return cls(int(written[1]), bool(written[2]))

    def allows(self, owned: int) -> int:
        return owned * self.number // 100 if self.percent else self.number

    def __str__(self) -> str:
        return f"{self.number}%" if self.percent else str(self.number)


@dataclass(frozen=True)
class Policy:
    """How far a run may go. The fields are the options of C{falcon_iocs} by the same names.

    @ivar now: the instant that expirations are judged by
    @ivar protected: why an indicator must never be detected or prevented; C{None} where it may
    @ivar malformed: places of broken feed lines, each of which stops a purge
    """

    now: datetime.datetime
    source: str = ""
    purge: bool = False
    purge_allow_empty: bool = False
    max_deletions: Optional[DeletionLimit] = None
    on_foreign: str = "fail"
    on_error: str = "continue"
    on_protected: str = "fail"
    approved_plan: str = ""
    protected: Callable[[str, str], Optional[str]] = no_objection
    malformed: Sequence[str] = ()
    vocabulary: Vocabulary = CURRENT


@dataclass
class Failure:
    """An item, or an owned indicator, that was not brought to what was asked."""

    kind: str
    value: str
    operation: str
    message: str
    index: Optional[int] = None
    place: str = ""

    def as_dict(self) -> Dict[str, Any]:
        return {
            "index": self.index,
            "type": self.kind,
            "value": self.value,
            "operation": self.operation,
            "message": self.message,
        }

    @property
    def where(self) -> str:
        """The place in the list and the indicator, as far as they are known."""
        value = self.value if len(self.value) <= DOMAIN_LENGTH else self.value[:77] + "..."
        name = " ".join(part for part in (self.kind, visible(value)) if part)
        return " ".join(part for part in (self.place, f"({name})" if name and self.place else name) if part)

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


@dataclass
class Plan:
    """What is to be done, what is left alone and why, and what forbids doing any of it.

    @ivar refusals: why nothing at all may be written
    @ivar purge_stopped: why nothing was purged though it was asked for; the rest may be written
    @ivar absent: items that are to be absent and neither failed nor foreign
    @ivar owned: how many indicators the source owned before
    """

    changes: List[Change] = field(default_factory=list)
    desired: int = 0
    unchanged: int = 0
    ignored: int = 0
    absent: int = 0
    owned: int = 0
    expired: int = 0
    foreign: List[Dict[str, Any]] = field(default_factory=list)
    protected: List[Dict[str, Any]] = field(default_factory=list)
    failures: List[Failure] = field(default_factory=list)
    refusals: List[str] = field(default_factory=list)
    purge_stopped: str = ""

    def of(self, operation: str) -> Iterator[Change]:
        return (change for change in self.changes if change.operation == operation)

    def digest(self) -> str:
        """SHA-256 of the changes in canonical form, in hexadecimal digits."""
        lines = sorted(
            json.dumps(change.canonical(), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
            for change in self.changes
        )
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def plan(desired: Sequence[Desired], observed: Sequence[Record], policy: Policy) -> Plan:
    """Decide what has to be done.

    @param desired: every item, in the order of the list; one a (type, value)
    @param observed: every record of the tenant that an item names; with a purge, or a limit that is a share, also
        every record that the source owns
    @param policy: how far the run may go
    """
    result = Plan(desired=len(desired))
    records: Dict[Identity, List[Record]] = {}
    for record in observed:
        if not record.get("deleted"):
            records.setdefault(identity(record), []).append(record)
    if policy.source:
        result.owned = sum(1 for found in records.values() for record in found if _owns(policy, record))
    remaining = 0
    for item in desired:
        if item.ignore and item.identified:
            result.ignored += 1
        elif item.problem or not item.identified:
            result.failures.append(_failure(item, "validate", item.problem))
        elif item.state == "absent":
            _absent(item, records.get(item.identity, []), policy, result)
        else:
            remaining += _present(item, records.get(item.identity, []), policy, result)
    if policy.purge:
        _purge(desired, records, policy, remaining, result)
    result.changes.sort(key=lambda change: (CREATE, UPDATE, DELETE).index(change.operation))
    _guard(policy, result)
    return result


def _owns(policy: Policy, record: Record) -> bool:
    return bool(policy.source) and STORED["source"](record) == policy.source and not record.get("from_parent")


def _failure(item: Desired, operation: str, message: str) -> Failure:
    return Failure(item.kind, item.value, operation, message, item.index, item.place)


def _present(item: Desired, found: List[Record], policy: Policy, result: Plan) -> int:
    """Decide on one item that is to be present.

    @return: 1 where it counts as one that the list still wants present, else 0
    """
    inherited = [record for record in found if record.get("from_parent")]
    own = [record for record in found if not record.get("from_parent")]
    mine = [record for record in own if _owns(policy, record)] if policy.source else own
    known = mine or own or inherited
    reason = _protection(item, known[0] if known else None, policy)
    if reason is not None:
        result.protected.append({"type": item.kind, "value": item.value, "reason": reason})
        return 0
    if own and not mine:
        if policy.on_foreign != "adopt":
            _foreign(item, own[0], result)
            return 1
        mine = own
    try:
        if mine:
            changes = [updated(item, record, policy.now, policy.vocabulary) for record in mine]
        elif inherited and not any(
            updated(item, record, policy.now, policy.vocabulary) for record in inherited
        ):
            changes = []  # the parent CID says the same already
        else:
            changes = [created(item, policy.now, policy.vocabulary)]
    except FieldProblem as problem:
        result.failures.append(_failure(item, UPDATE if found else CREATE, str(problem)))
        return 0
    needed = [change for change in changes if change is not None]
    if not needed:
        result.unchanged += 1
        if any(has_expired(record, policy.now) for record in mine):
            result.expired += 1
    result.changes.extend(needed)
    return 1


_INHERITED = "the indicator is inherited from the parent CID and can be deleted only there"


def _absent(item: Desired, found: List[Record], policy: Policy, result: Plan) -> None:
    own = [record for record in found if not record.get("from_parent")]
    if found and not own:
        result.failures.append(_failure(item, DELETE, _INHERITED))
        return
    if policy.source and policy.on_foreign != "adopt":
        mine = [record for record in own if _owns(policy, record)]
        if own and not mine:
            _foreign(item, own[0], result)
            return
        own = mine
    result.absent += 1
    result.changes.extend(Change(DELETE, item.kind, item.value, item, record) for record in own)


def _foreign(item: Desired, record: Record, result: Plan) -> None:
    result.foreign.append({"type": item.kind, "value": item.value, "source": STORED["source"](record)})


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
    records: Mapping[Identity, List[Record]],
    policy: Policy,
    remaining: int,
    result: Plan,
) -> None:
    obstacles = [item.place or f"{item.kind} {item.value}" for item in desired if not item.identified]
    obstacles.extend(policy.malformed)
    named: Set[Identity] = {item.identity for item in desired}
    extra = [
        Change(DELETE, kind, value, None, record)
        for (kind, value), found in records.items()
        if (kind, value) not in named
        for record in found
        if _owns(policy, record)
    ]
    if obstacles:
        result.purge_stopped = (
            f"nothing was purged, since {some(obstacles)} cannot be read and may name one of the "
            f"{len(extra)} indicators that purge would delete"
        )
        return
    if extra and not remaining and not policy.purge_allow_empty:
        result.refusals.append(
            f"the list has no item left that is to be present, so purge would delete all {len(extra)} indicators "
            f"of source {policy.source!r}; set purge_allow_empty if that is meant"
        )
    result.changes.extend(extra)


def _guard(policy: Policy, result: Plan) -> None:
    """Find what forbids the whole plan, before anything is written."""
    if policy.on_error == "fail":
        problems = [str(failure) for failure in result.failures]
        problems += [result.purge_stopped] if result.purge_stopped else []
        if problems:
            result.refusals.append(f"on_error is fail: {some(problems, '; ')}")
    if policy.on_protected == "fail" and result.protected:
        named = [f"{entry['type']} {entry['value']} ({entry['reason']})" for entry in result.protected]
        result.refusals.append(f"protected indicators must not be detected or prevented: {some(named)}")
    if policy.on_foreign == "fail" and result.foreign:
        named = [f"{entry['type']} {entry['value']} ({_owner(entry['source'])})" for entry in result.foreign]
        result.refusals.append(
            f"indicators of the list belong to somebody else: {some(named)}; set on_foreign to skip or adopt"
        )
    deletions = list(result.of(DELETE))
    if policy.max_deletions is not None:
        allowed = policy.max_deletions.allows(result.owned)
        if len(deletions) > allowed:
            named = [f"{change.kind} {change.value}" for change in deletions]
            share = f", which is {allowed} of {result.owned} owned" if policy.max_deletions.percent else ""
            result.refusals.append(
                f"{len(deletions)} deletions are more than max_deletions {policy.max_deletions}{share}: {some(named)}"
            )
    if policy.approved_plan and result.changes:
        digest = result.digest()
        if digest != policy.approved_plan.strip().lower():
            result.refusals.append(
                f"the plan is not the approved one: approved {policy.approved_plan.strip()}, but the "
                f"list and the tenant now give {digest} ({_numbers(result)}); one of them has changed since"
            )


def _numbers(result: Plan) -> str:
    return ", ".join(
        f"{sum(1 for _change in result.of(operation))} to {operation}"
        for operation in (CREATE, UPDATE, DELETE)
    )


def _owner(source: str) -> str:
    return f"owned by {source!r}" if source else "without an owner"


def some(names: Sequence[str], separator: str = ", ") -> str:
    """The first ten, and how many more there are."""
    rest = len(names) - 10
    return separator.join(names[:10]) + (f" and {rest} more" if rest > 0 else "")

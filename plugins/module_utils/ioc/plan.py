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
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Set

from . import expiry, rules
from .fields import DESKTOP_PLATFORMS, MOBILE_PLATFORMS, FieldProblem
from .item import Desired, Fields
from .record import STORED, Record, has_expired, holds, identity, to_item
from .values import Identity

#: Longest C{description} and C{source} that are sent, in characters (the founding API's limit).
LONGEST_TEXT = 200

CREATE, UPDATE, DELETE = "create", "update", "delete"


def _nothing(*_about: Any) -> None:
    """No objection."""


@dataclass(frozen=True)
class Vocabulary:
    """What the API that a plan is for can express.

    @ivar severities: it has severities
    @ivar counts_days: it takes a number of days instead of an expiration
    @ivar refuse: says why a body cannot be written, naming the option; C{None} where it can
    """

    severities: bool = True
    counts_days: bool = False
    refuse: Callable[[str, Mapping[str, Any]], Optional[str]] = _nothing


@dataclass(frozen=True)
class DeletionLimit:
    """At most so many deletions: a count, or a share in percent of what the source owned before."""

    number: int
    percent: bool = False

    @classmethod
    def parse(cls, text: str) -> DeletionLimit:
        """@raise ValueError: it is neither a count nor a share"""
        digits = text.strip()
        percent = digits.endswith("%")
        digits = digits.rstrip("%").strip()
        if not digits.isdigit() or (percent and int(digits) > 100):
            raise ValueError(f"{text!r} is neither a count such as 25 nor a share such as 10%")
        return cls(int(digits), percent)

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
    protected: Callable[[str, str], Optional[str]] = _nothing
    malformed: Sequence[str] = ()
    vocabulary: Vocabulary = Vocabulary()


@dataclass
class Change:
    """One write.

    @ivar body: what is sent, without C{id}
    @ivar before: the fields that change, in the vocabulary of items, as they are; C{after} as they will be
    @ivar days: the expiration is stamped this many days ahead
    """

    operation: str
    kind: str
    value: str
    desired: Optional[Desired] = None
    record: Optional[Record] = None
    body: Dict[str, Any] = field(default_factory=dict)
    before: Dict[str, Any] = field(default_factory=dict)
    after: Dict[str, Any] = field(default_factory=dict)
    days: Optional[int] = None

    @property
    def identity(self) -> Identity:
        return self.kind, self.value

    @property
    def id(self) -> str:
        return str(self.record.get("id", "")) if self.record else ""

    def canonical(self) -> List[Any]:
        """What a plan's digest is made of: what changes, from what to what, on which record."""
        after = dict(self.after)
        if self.days is not None and "expiration" in after:
            after["expiration"] = f"+{self.days}d"
        before = to_item(self.record) if self.operation == DELETE and self.record else self.before
        return [self.operation, self.kind, self.value, self.id, before, after]


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

    def __str__(self) -> str:
        name = " ".join(part for part in (self.kind, self.value) if part)
        where = " ".join(part for part in (self.place, f"({name})" if name and self.place else name) if part)
        return f"{where}: {self.message}" if where else self.message


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
            changes = [_updated(item, record, policy) for record in mine]
        elif inherited and not any(_updated(item, record, policy) for record in inherited):
            changes = []  # the parent CID says the same already
        else:
            changes = [_created(item, policy)]
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
    merged: Dict[str, Any] = {"platforms": rules.default_platforms(item.kind)}
    if record is not None:
        merged = {name: STORED[name](record) for name in ("platforms", "action", "mobile_action")}
    merged.update(
        (name, item.fields[name])
        for name in merged.keys() | {"action", "mobile_action"}
        if name in item.fields
    )
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
            f"nothing was purged, since {_some(obstacles)} cannot be read and may name one of the "
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
            result.refusals.append(f"on_error is fail: {_some(problems, '; ')}")
    if policy.on_protected == "fail" and result.protected:
        named = [f"{entry['type']} {entry['value']} ({entry['reason']})" for entry in result.protected]
        result.refusals.append(f"protected indicators must not be detected or prevented: {_some(named)}")
    if policy.on_foreign == "fail" and result.foreign:
        named = [f"{entry['type']} {entry['value']} ({_owner(entry['source'])})" for entry in result.foreign]
        result.refusals.append(
            f"indicators of the list belong to somebody else: {_some(named)}; set on_foreign to skip or adopt"
        )
    deletions = list(result.of(DELETE))
    if policy.max_deletions is not None:
        allowed = policy.max_deletions.allows(result.owned)
        if len(deletions) > allowed:
            named = [f"{change.kind} {change.value}" for change in deletions]
            share = f", which is {allowed} of {result.owned} owned" if policy.max_deletions.percent else ""
            result.refusals.append(
                f"{len(deletions)} deletions are more than max_deletions {policy.max_deletions}{share}: {_some(named)}"
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


def _some(names: Sequence[str], separator: str = ", ") -> str:
    """The first ten, and how many more there are."""
    rest = len(names) - 10
    return separator.join(names[:10]) + (f" and {rest} more" if rest > 0 else "")


def _created(item: Desired, policy: Policy) -> Change:
    """The write that brings a new indicator into being.

    @raise FieldProblem: something that a new indicator needs is missing, or does not fit
    """
    fields = dict(item.fields)
    platforms = fields.setdefault("platforms", rules.default_platforms(item.kind))
    _drop_unfit(item, fields, platforms)
    _check_fit(item, platforms)
    if rules.is_desktop(platforms) and "action" not in fields:
        raise FieldProblem("action", "is required for a new indicator")
    if rules.is_mobile(platforms) and "mobile_action" not in fields:
        raise FieldProblem(
            "mobile_action", f"is required for a new indicator on {' or '.join(MOBILE_PLATFORMS)}"
        )
    actions = rules.effective_actions(fields)
    severity = _severity(item, actions, fields.pop("severity", ""), policy)
    if fields.get("host_groups"):
        fields["applied_globally"] = False
    elif fields.get("applied_globally") is False:
        raise FieldProblem("applied_globally", "false needs host_groups")
    else:
        fields["applied_globally"] = True
        fields.pop("host_groups", None)
    wanted = {name: value for name, value in fields.items() if value or name == "applied_globally"}
    if severity:
        wanted["severity"] = severity
    days = None
    if item.days is not None:
        days = item.days
        wanted["expiration"] = _stamp(days, policy)
    elif fields.get("expiration") is not None and fields["expiration"] <= policy.now:
        raise FieldProblem(
            "expiration", f"{expiry.shown(fields['expiration'])} has passed; a new one lies ahead"
        )
    _check_lengths(wanted)
    body = {"type": item.kind, "value": item.value, **_body(wanted, days, policy)}
    after = _as_item(wanted)
    _check_vocabulary(item.kind, body, policy)
    return Change(CREATE, item.kind, item.value, item, None, body, {}, after, days)


def _updated(item: Desired, record: Record, policy: Policy) -> Optional[Change]:
    """The write that brings a record to what an item asks, or C{None} where it is so already.

    @raise FieldProblem: the item asks for what the record cannot become
    """
    fields = item.fields
    wanted = {name: value for name, value in fields.items() if not holds(record, name, value)}
    if not wanted and item.days is None and not _needs_groups(fields, record):
        if "action" not in fields and "mobile_action" not in fields and "severity" not in fields:
            return None
        if _fits(item, record):
            return None
    platforms = wanted.get("platforms") or STORED["platforms"](record)
    _drop_unfit(item, wanted, platforms)
    _check_fit(item, platforms)
    _scope(fields, record, wanted)
    days = _expire(item, record, wanted, policy)
    if has_expired(record, policy.now) and "expiration" not in wanted:
        for name in ("action", "mobile_action"):  # expiry has reset them: not drift
            wanted.pop(name, None)
    _act(item, record, wanted, platforms, policy)
    if not wanted:
        return None
    _check_lengths(wanted)
    before = _as_item({name: STORED[name](record) for name in wanted})
    after = _as_item(wanted)
    if "applied_globally" in wanted:
        before["host_groups"] = list(STORED["host_groups"](record))
        after.setdefault("host_groups", [])
    body = _body(_resend_actions(record, wanted, platforms), days, policy)
    _check_vocabulary(item.kind, body, policy)
    return Change(UPDATE, item.kind, item.value, item, record, body, before, after, days)


def _fits(item: Desired, record: Record) -> bool:
    """Whether an item without drift asks for nothing impossible of the record as it is."""
    platforms = STORED["platforms"](record)
    if "action" in item.fields and not rules.is_desktop(platforms):
        return False
    if "mobile_action" in item.fields and not rules.is_mobile(platforms):
        return False
    return not item.fields.get("severity") or not rules.severity_refused(rules.effective_actions(record))


def _needs_groups(fields: Fields, record: Record) -> bool:
    return bool(fields.get("host_groups")) and STORED["applied_globally"](record)


def _drop_unfit(item: Desired, fields: Fields, platforms: Sequence[str]) -> None:
    """Take out the defaults that turn out not to fit the platforms."""
    for name, used in (
        ("action", rules.is_desktop(platforms)),
        ("mobile_action", rules.is_mobile(platforms)),
    ):
        if not used and name in item.defaulted:
            fields.pop(name, None)


def _check_fit(item: Desired, platforms: Sequence[str]) -> None:
    own = set(item.fields).difference(item.defaulted)
    if "action" in own and not rules.is_desktop(platforms):
        raise FieldProblem(
            "action", f"needs one of the platforms {', '.join(DESKTOP_PLATFORMS)}; use mobile_action"
        )
    if "mobile_action" in own and not rules.is_mobile(platforms):
        raise FieldProblem("mobile_action", f"needs one of the platforms {', '.join(MOBILE_PLATFORMS)}")


def _scope(fields: Fields, record: Record, wanted: Fields) -> None:
    """Switch between global and host groups as a whole: exactly one of them holds."""
    if fields.get("host_groups"):
        if STORED["applied_globally"](record):
            wanted["applied_globally"] = False
            wanted["host_groups"] = fields["host_groups"]
    elif wanted.get("applied_globally") is False:
        raise FieldProblem("applied_globally", "false needs host_groups")
    else:
        wanted.pop("host_groups", None)


def _expire(item: Desired, record: Record, wanted: Fields, policy: Policy) -> Optional[int]:
    """Decide on the expiration.

    @return: the days that it is stamped ahead, where it is
    """
    if item.days is not None:
        end = STORED["expiration"](record)
        window = datetime.timedelta(days=item.renew_within)
        if end is None or has_expired(record, policy.now) or end - policy.now < window:
            wanted["expiration"] = _stamp(item.days, policy)
            return item.days
    elif wanted.get("expiration") is not None and wanted["expiration"] <= policy.now:
        raise FieldProblem(
            "expiration", f"{expiry.shown(wanted['expiration'])} has passed; Falcon takes only one ahead"
        )
    return None


def _stamp(days: int, policy: Policy) -> datetime.datetime:
    """The end of a life of so many days; the founding API cuts it to midnight."""
    end = expiry.stamp(policy.now, days)
    return end.replace(hour=0, minute=0, second=0) if policy.vocabulary.counts_days else end


def _act(item: Desired, record: Record, wanted: Fields, platforms: Sequence[str], policy: Policy) -> None:
    """Make actions, platforms and severity fit together after the change."""
    stored_platforms = STORED["platforms"](record)
    if "platforms" in wanted:
        if (
            rules.is_desktop(platforms)
            and not rules.is_desktop(stored_platforms)
            and "action" not in item.fields
        ):
            raise FieldProblem("action", "is required when desktop platforms are added")
        if (
            rules.is_mobile(platforms)
            and not rules.is_mobile(stored_platforms)
            and "mobile_action" not in item.fields
        ):
            raise FieldProblem("mobile_action", "is required when mobile platforms are added")
    merged = {"platforms": platforms}
    for name in ("action", "mobile_action"):
        merged[name] = wanted.get(name, STORED[name](record))
    actions = rules.effective_actions(merged)
    stored = STORED["severity"](record)
    asked = item.fields.get("severity")
    if rules.severity_refused(actions):
        if asked and "severity" not in item.defaulted:
            raise FieldProblem("severity", "cannot go with action allow")
        wanted.pop("severity", None)
        if (stored and not wanted.keys().isdisjoint(("action", "mobile_action", "platforms"))) or (
            stored and asked == ""
        ):
            wanted["severity"] = ""
    elif not wanted.keys().isdisjoint(("action", "mobile_action", "platforms", "severity")):
        severity = _severity(item, actions, wanted.get("severity", stored), policy)
        if severity != stored:
            wanted["severity"] = severity


def _severity(item: Desired, actions: Set[str], severity: str, policy: Policy) -> str:
    """The severity that goes with the actions.

    @raise FieldProblem: one is needed and there is none, or there is one that does not fit
    """
    if severity and rules.severity_refused(actions):
        if "severity" in item.defaulted:
            return ""
        raise FieldProblem("severity", "cannot go with action allow")
    if not severity and policy.vocabulary.severities and rules.severity_required(actions):
        if item.by_policy:
            return "medium"
        needing = " and ".join(sorted(actions.intersection(("detect", "prevent"))))
        raise FieldProblem("severity", f"is required with action {needing}")
    return severity


def _resend_actions(record: Record, wanted: Fields, platforms: Sequence[str]) -> Fields:
    """With a new expiration the actions go along, since expiry may have reset them."""
    if "expiration" not in wanted:
        return wanted
    sent = dict(wanted)
    for name, used in (
        ("action", rules.is_desktop(platforms)),
        ("mobile_action", rules.is_mobile(platforms)),
    ):
        if used:
            sent.setdefault(name, STORED[name](record))
    return sent


def _check_lengths(wanted: Fields) -> None:
    for name in ("description", "source"):
        if len(wanted.get(name, "")) > LONGEST_TEXT:
            raise FieldProblem(name, f"has {len(wanted[name])} characters; at most {LONGEST_TEXT} are taken")


def _check_vocabulary(kind: str, body: Mapping[str, Any], policy: Policy) -> None:
    reason = policy.vocabulary.refuse(kind, body)
    if reason is not None:
        raise FieldProblem("api", reason)


def _body(wanted: Fields, days: Optional[int], policy: Policy) -> Dict[str, Any]:
    """Fields in the wire form of C{api.IndicatorCreateReqV1} and C{api.IndicatorUpdateReqV1}."""
    body: Dict[str, Any] = {}
    for name, value in wanted.items():
        if name == "filename":
            body["metadata"] = {"filename": value}
        elif name == "expiration" and days is not None and policy.vocabulary.counts_days:
            body["expiration_days"] = days
        elif name == "expiration":
            body[name] = expiry.wire(value)
        else:
            body[name] = list(value) if isinstance(value, tuple) else value
    return body


def _as_item(fields: Fields) -> Dict[str, Any]:
    shown: Dict[str, Any] = {}
    for name, value in fields.items():
        if name == "expiration":
            shown[name] = expiry.shown(value)
        else:
            shown[name] = list(value) if isinstance(value, tuple) else value
    return shown

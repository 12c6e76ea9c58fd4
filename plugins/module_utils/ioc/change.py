# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One item and one record: what has to be written so that the record is as the item asks.

Pure, like all of this package. A problem with the item is raised as a C{FieldProblem} that names the field.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Set

from . import expiry, rules
from .fields import DESKTOP_PLATFORMS, MOBILE_PLATFORMS, FieldProblem
from .item import Desired, Fields
from .record import STORED, Record, has_expired, holds, predicted, to_item
from .values import Identity

#: Longest C{description} and C{source} that are sent, in characters (the founding API's limit).
LONGEST_TEXT = 200

CREATE, UPDATE, DELETE = "create", "update", "delete"


def no_objection(*_about: Any) -> None:
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
    refuse: Callable[[str, Mapping[str, Any]], Optional[str]] = no_objection


#: Today's API can express everything.
CURRENT = Vocabulary()


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
    def purge(self) -> bool:
        """Whether no item asks for it: a purge does."""
        return self.desired is None

    @property
    def id(self) -> str:
        return str(self.record.get("id", "")) if self.record else ""

    def predicted(self) -> Record:
        """The record as it will be, as far as a client can know."""
        body = {name: value for name, value in self.body.items() if name != "expiration_days"}
        if len(body) < len(self.body):
            body["expiration"] = self.after["expiration"]
        return predicted(self.record, body)

    def canonical(self) -> List[Any]:
        """What a plan's digest is made of: what changes, from what to what, on which record."""
        after = dict(self.after)
        if self.days is not None and "expiration" in after:
            after["expiration"] = f"+{self.days}d"
        before = to_item(self.record) if self.operation == DELETE and self.record else self.before
        return [self.operation, self.kind, self.value, self.id, _ordered(before), _ordered(after)]


def _ordered(fields: Mapping[str, Any]) -> Dict[str, Any]:
    """Fields without the order of their lists, which means nothing and which a tenant may change."""
    return {name: sorted(value) if isinstance(value, list) else value for name, value in fields.items()}


def asked(item: Desired) -> Dict[str, Any]:
    """What an item asks for, in the vocabulary of items, its owner aside."""
    fields = _as_item({name: value for name, value in item.fields.items() if name != "source"})
    if item.days is not None:
        fields["expiration_days"] = item.days
    if item.ignore:
        return {"ignore": True}
    return {"state": item.state, **fields}


def created(item: Desired, now: datetime.datetime, vocabulary: Vocabulary) -> Change:
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
    severity = _severity(item, actions, fields.pop("severity", ""), vocabulary)
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
        wanted["expiration"] = _stamp(days, now, vocabulary)
    elif fields.get("expiration") is not None and fields["expiration"] <= now:
        raise FieldProblem(
            "expiration", f"{expiry.shown(fields['expiration'])} has passed; a new one lies ahead"
        )
    _check_lengths(wanted)
    body = {"type": item.kind, "value": item.value, **_body(wanted, days, vocabulary)}
    after = _as_item(wanted)
    _check_vocabulary(item.kind, body, vocabulary)
    return Change(CREATE, item.kind, item.value, item, None, body, {}, after, days)


def updated(
    item: Desired, record: Record, now: datetime.datetime, vocabulary: Vocabulary
) -> Optional[Change]:
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
    days = _expire(item, record, wanted, now, vocabulary)
    if has_expired(record, now) and "expiration" not in wanted:
        for name in ("action", "mobile_action"):  # expiry has reset them: not drift
            wanted.pop(name, None)
    _act(item, record, wanted, platforms, vocabulary)
    if not wanted:
        return None
    _check_lengths(wanted)
    before = _as_item({name: STORED[name](record) for name in wanted})
    after = _as_item(wanted)
    if "applied_globally" in wanted:
        before["host_groups"] = list(STORED["host_groups"](record))
        after.setdefault("host_groups", [])
    body = _body(_resend_actions(record, wanted, platforms), days, vocabulary)
    _check_vocabulary(item.kind, body, vocabulary)
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


def _expire(
    item: Desired, record: Record, wanted: Fields, now: datetime.datetime, vocabulary: Vocabulary
) -> Optional[int]:
    """Decide on the expiration.

    @return: the days that it is stamped ahead, where it is
    """
    if item.days is not None:
        end = STORED["expiration"](record)
        window = datetime.timedelta(days=item.renew_within)
        if end is None or has_expired(record, now) or end - now < window:
            wanted["expiration"] = _stamp(item.days, now, vocabulary)
            return item.days
    elif wanted.get("expiration") is not None and wanted["expiration"] <= now:
        raise FieldProblem(
            "expiration", f"{expiry.shown(wanted['expiration'])} has passed; Falcon takes only one ahead"
        )
    return None


def _stamp(days: int, now: datetime.datetime, vocabulary: Vocabulary) -> datetime.datetime:
    """The end of a life of so many days; the founding API cuts it to midnight."""
    end = expiry.stamp(now, days)
    return end.replace(hour=0, minute=0, second=0) if vocabulary.counts_days else end


def _act(
    item: Desired, record: Record, wanted: Fields, platforms: Sequence[str], vocabulary: Vocabulary
) -> None:
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
        severity = _severity(item, actions, wanted.get("severity", stored), vocabulary)
        if severity != stored:
            wanted["severity"] = severity


def _severity(item: Desired, actions: Set[str], severity: str, vocabulary: Vocabulary) -> str:
    """The severity that goes with the actions.

    @raise FieldProblem: one is needed and there is none, or there is one that does not fit
    """
    if severity and rules.severity_refused(actions):
        raise FieldProblem("severity", "cannot go with action allow")
    if not severity and vocabulary.severities and rules.severity_required(actions):
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


def _check_vocabulary(kind: str, body: Mapping[str, Any], vocabulary: Vocabulary) -> None:
    reason = vocabulary.refuse(kind, body)
    if reason is not None:
        raise FieldProblem("api", reason)


def _body(wanted: Fields, days: Optional[int], vocabulary: Vocabulary) -> Dict[str, Any]:
    """Fields in the wire form of C{api.IndicatorCreateReqV1} and C{api.IndicatorUpdateReqV1}."""
    body: Dict[str, Any] = {}
    for name, value in wanted.items():
        if name == "filename":
            body["metadata"] = {"filename": value}
        elif name == "expiration" and days is not None and vocabulary.counts_days:
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

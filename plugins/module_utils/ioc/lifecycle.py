# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The life of an indicator as one plan sees it: its ring, its reach, its end, its owner, and what is said about them.

`direct` turns what an item asks in general into what it asks of one record in this run; `written` gives the write
that follows, kept from blocking on more hosts than allowed. Both are pure. What they find is kept in an `Account`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import AbstractSet, Any, Dict, List, Mapping, Optional, Tuple

from . import durations, expiry, lifetime, owners, reach, rings, unmanaged
from .change import Change
from .creation import created
from .fields import STORED, FieldProblem
from .item import Desired
from .policy import Policy
from .reasons import name_of
from .record import Record, has_expired
from .update import updated
from .values import Identity
from .wording import number


class NoCount(FieldProblem):
    """The hosts that have observed an indicator could not be counted, so that it may neither go on nor block."""

    code = "not_counted"

    def __init__(self, sighting: reach.Sighting) -> None:
        super().__init__(
            "max_hosts", f"not applied, since its hosts could not be counted: {sighting.problem}"
        )


@dataclass
class Account:
    """What a plan says about the life of its indicators; the lists are returned as they are.

    `questions` are the indicators whose hosts have to be counted before the plan is a plan. `unseen` are those that
    Falcon answered 404 for, which counts as none. `history` are those whose deleted records have to be read first.
    `too_long` are those that would outlive `max_life`.
    """

    promoted: List[Dict[str, Any]] = field(default_factory=list)
    waiting: List[Dict[str, Any]] = field(default_factory=list)
    held: List[Dict[str, Any]] = field(default_factory=list)
    ring_notes: List[Dict[str, Any]] = field(default_factory=list)
    reach: List[Dict[str, Any]] = field(default_factory=list)
    too_long: List[str] = field(default_factory=list)
    questions: Dict[Identity, None] = field(default_factory=dict)
    unseen: Dict[Identity, None] = field(default_factory=dict)
    history: Dict[Identity, None] = field(default_factory=dict)

    def add(self, other: Account) -> None:
        for name in ("promoted", "waiting", "held", "ring_notes", "reach", "too_long"):
            getattr(self, name).extend(getattr(other, name))
        self.questions.update(other.questions)
        self.unseen.update(other.unseen)
        self.history.update(other.history)

    def sentences(self) -> List[str]:
        """What a screen says of rings and reach, a sentence each."""
        found = []
        if self.promoted:
            moves = Counter(f"{entry['from']} to {entry['to']}" for entry in self.promoted)
            found.append(
                "Promoted: " + ", ".join(f"{count:,} from {move}" for move, count in moves.items()) + "."
            )
        if self.waiting:
            first = min(self.waiting, key=lambda entry: str(entry["until"]))
            found.append(
                f"{number(len(self.waiting), 'indicator waits', 'indicators wait')} for the next ring, "
                f"the first until {first['until']}."
            )
        for entry in self.held:
            found.append(f"Held in ring {entry['ring']}: {_seen(entry)}, max_hosts is {entry['max_hosts']}.")
        for entry in self.reach:
            found.append(f"Reaches too far to block: {_seen(entry)}.")
        notes = Counter((entry["code"], entry["message"]) for entry in self.ring_notes)
        for (_code, message), count in notes.items():
            found.append(f"{number(count, 'indicator')}: {message}.")
        return found

    def lists(self) -> Dict[str, List[Dict[str, Any]]]:
        """The lists under the names of a task's result."""
        return {
            "promoted_iocs": self.promoted,
            "waiting_iocs": self.waiting,
            "held_iocs": self.held,
            "ring_notes": self.ring_notes,
            "reach": self.reach,
        }


def _seen(entry: Mapping[str, Any]) -> str:
    more = "more than " if entry["limit_exceeded"] else ""
    hosts = number(entry["device_count"], "host")
    return f"{name_of(entry['type'], entry['value'])}, observed by {more}{hosts}"


@dataclass
class Write:
    """What becomes of one record, or of an item without one.

    `change` is what is written, None where nothing is. `over` says that it would begin to block on more hosts than
    allowed and is left out (`on_reach: skip`). `item` is what the item asks of this record in this run.
    """

    item: Desired
    change: Optional[Change] = None
    over: bool = False
    account: Account = field(default_factory=Account)


@dataclass
class _Directed:
    """An item as it applies to one record in this run. `plain` is the same without a ring."""

    plain: Desired
    item: Desired
    step: Optional[rings.Step] = None


def written(item: Desired, record: Optional[Record], policy: Policy) -> Write:
    """What has to be written for an item, on one record or on none.

    Raises FieldProblem where the item cannot have what it asks for, NoCount where its hosts could not be counted.
    """
    result = Write(item)
    directed = direct(item, record, policy, result.account)
    result.item = directed.item
    result.change = _write(directed.item, record, policy)
    if policy.max_hosts is None or not _begins(result.change, record, policy):
        return result
    sighting = policy.sightings.get(item.identity)
    if sighting is None:
        result.account.questions[item.identity] = None
        result.change = None
    elif sighting.problem:
        raise NoCount(sighting)
    else:
        if sighting.unknown:
            result.account.unseen[item.identity] = None
        if sighting.exceeds(policy.max_hosts):
            result.account.reach.append({**_named(item), **sighting.as_dict()})
            _restrain(result, directed, record, policy, sighting)
    return result


def _write(item: Desired, record: Optional[Record], policy: Policy) -> Optional[Change]:
    if record is None:
        return created(item, policy.now, policy.vocabulary)
    return updated(item, record, policy.now, policy.vocabulary)


def _begins(change: Optional[Change], record: Optional[Record], policy: Policy) -> bool:
    return change is not None and reach.begins_to_block(record, change.predicted(), policy.now)


def _named(item: Desired) -> Dict[str, Any]:
    return {"type": item.kind, "value": item.value}


def utmost(item: Desired, policy: Policy) -> Desired:
    """The item with the most that it may ever do: rings lead there, so protection judges that."""
    if not policy.rings:
        return item
    fields = dict(item.fields)
    for position in range(len(policy.rings)):
        for name, action in rings.in_ring(item, policy.rings, position).items():
            if name in ("action", "mobile_action") and reach.stronger(action, fields.get(name, "")):
                fields[name] = action
    return item.replaced(fields=fields)


# --- one item and one record


def direct(item: Desired, record: Optional[Record], policy: Policy, account: Account) -> _Directed:
    """What an item asks of a record, or of a tenant that has none, in this run.

    Raises FieldProblem where the item cannot have what it asks for.
    """
    if record is not None:
        lifetime.check_renewal(item, record, policy.expired, policy.now)
        if policy.unmanaged == unmanaged.RESET:
            item = unmanaged.reset(item, record, policy.now)
    if policy.max_life is not None and lifetime.outlives(item, record, policy.max_life, policy.now):
        account.too_long.append(_too_long(item, record))
        if policy.on_max_life == "cap":
            item = lifetime.capped(item, policy.max_life)
    plain = _owned(item, record, policy)
    if item.ring and not policy.rings:
        raise FieldProblem("ring", "needs the option rings (falcon_ioc_rings)")
    if not policy.rings:
        return _Directed(plain, plain)
    return _in_its_ring(plain, record, policy, account)


def _too_long(item: Desired, record: Optional[Record]) -> str:
    if item.life is not None:
        end = f"+{durations.shown(item.life)}"
    elif "expiration" in item.fields or record is None:
        end = expiry.shown(item.fields.get("expiration"))
    else:
        end = expiry.shown(STORED["expiration"](record))
    return f"{name_of(item.kind, item.value)} (expiration {end})"


def _owned(item: Desired, record: Optional[Record], policy: Policy) -> Desired:
    """The item with the tag that says whose it is, or without it where the source says so."""
    if not policy.source or policy.owned_by == owners.EITHER:
        return item
    if policy.owned_by == owners.BY_SOURCE and "tags" in item.fields:
        return item
    stored: Tuple[str, ...] = STORED["tags"](record) if record is not None else ()
    after = owners.marked(item.fields.get("tags", stored), policy.owned_by, policy.source)
    if "tags" not in item.fields and set(after) == set(stored):
        return item
    return item.replaced(fields={**item.fields, "tags": after})


def _in_its_ring(plain: Desired, record: Optional[Record], policy: Policy, account: Account) -> _Directed:
    own_scope = rings.own_scope(plain)
    if own_scope:
        raise FieldProblem(
            own_scope, "cannot go with rings, which say where an indicator applies; leave it out"
        )
    sighting = policy.sightings.get(plain.identity)
    step = rings.advance(plain, record, policy.rings, policy.now, sighting)
    if step.outcome == rings.UNCOUNTED and sighting is not None:
        raise NoCount(sighting)
    if step.staged:
        item = rings.staged(plain, policy.rings, step.stage, record)
    else:
        item = _without(
            plain, {"host_groups", "applied_globally", "action", "mobile_action"} & plain.defaulted
        )
    _say(plain, step, policy, account, sighting)
    return _Directed(plain, item, step)


def _without(item: Desired, names: AbstractSet[str]) -> Desired:
    return item.replaced(fields={name: value for name, value in item.fields.items() if name not in names})


def _say(
    item: Desired, step: rings.Step, policy: Policy, account: Account, sighting: Optional[reach.Sighting]
) -> None:
    here = policy.rings[step.stage.position]
    if step.stage.note:
        message = rings.NOTES[step.stage.note].format(ring=here.name)
        account.ring_notes.append(
            {**_named(item), "ring": here.name, "code": step.stage.note, "message": message}
        )
    if sighting is not None and sighting.unknown and step.outcome == rings.PROMOTED:
        account.unseen[item.identity] = None
    if step.outcome == rings.PROMOTED and step.origin is not None:
        before = policy.rings[step.origin.position]
        account.promoted.append({**_named(item), "from": before.name, "to": here.name})
    elif step.outcome == rings.WAITING:
        account.waiting.append({**_named(item), "ring": here.name, "until": expiry.shown(step.until)})
    elif step.outcome == rings.DUE:
        account.questions[item.identity] = None
    elif step.outcome == rings.HELD and sighting is not None:
        account.held.append(
            {**_named(item), "ring": here.name, **sighting.as_dict(), "max_hosts": here.max_hosts}
        )


# --- reach


def _restrain(
    result: Write, directed: _Directed, record: Optional[Record], policy: Policy, sighting: reach.Sighting
) -> None:
    """Keep an indicator from blocking on more hosts than allowed, where the plan is not refused for it.

    One that was to go on to another ring stays in its own. Else `on_reach` decides: it is left out, or it only
    detects; a record that blocks already keeps what it blocks, and gets no wider.
    """
    if policy.on_reach == "fail":
        return
    step = directed.step
    if step is not None and step.origin is not None and step.stage != step.origin:
        result.item = rings.staged(directed.plain, policy.rings, step.origin, record)
        result.change = _write(result.item, record, policy)
        result.account.promoted.clear()
        ring = policy.rings[step.origin.position].name
        result.account.held.append(
            {**_named(result.item), "ring": ring, **sighting.as_dict(), "max_hosts": policy.max_hosts}
        )
        if not _begins(result.change, record, policy):
            return
    if policy.on_reach == "skip":
        result.over, result.change = True, None
        return
    result.item = _detecting(result.item, record, policy)
    result.change = _write(result.item, record, policy)


def _detecting(item: Desired, record: Optional[Record], policy: Policy) -> Desired:
    """The item without what would make it block where it does not block yet."""
    fields = dict(item.fields)
    blocks = (
        reach.blocks_on(record) if record is not None and not has_expired(record, policy.now) else frozenset()
    )
    if blocks:
        for name in ("host_groups", "applied_globally", "platforms"):
            fields.pop(name, None)
    for name in ("action", "mobile_action"):
        stored = STORED[name](record) if record is not None else "no_action"
        wanted = fields.get(name, stored)
        if wanted in reach.BLOCKING and not (blocks and stored in reach.BLOCKING):
            fields[name] = "detect"
            if not fields.get("severity") and (record is None or not STORED["severity"](record)):
                fields["severity"] = "medium"
    return item.replaced(fields=fields)

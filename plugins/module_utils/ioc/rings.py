# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rings: the stages in which an indicator reaches more hosts and acts more strongly.

The ring that a record is in, and since when, is kept in the tenant as a tag `ring:NAME@2026-11-25T10:00:00Z`; no
state is kept anywhere else. Everything here is pure.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Dict, Optional, Sequence

from . import ring_tags, rules
from .fields import STORED, FieldProblem
from .item import Desired
from .reach import STRENGTH, Sighting, capped_action, strengths, within
from .reach import scope as scope_of
from .reading import Fields
from .record import Record, has_expired
from .ring import Ring
from .wording import quoted

# Codes of notes: why a record is in another ring than its tag says, or has none.
UNTAGGED, UNKNOWN, DOUBLED, FUTURE, UNREADABLE, KEPT, MOVED = (
    *("untagged", "unknown_ring", "doubled", "future", "unreadable", "kept_as_it_is", "moved_by_item"),
)


# --- where a record is


@dataclass(frozen=True)
class Stage:
    """The ring that a record is in: its position, since when, and why that is not what its tag says, if it is not.

    `tag` is the tag that says so as the record holds it; empty where a new one has to be written.
    """

    position: int
    since: datetime.datetime
    tag: str = ""
    note: str = ""
    kept: bool = False


def locate(item: Desired, record: Record, rings: Sequence[Ring], now: datetime.datetime) -> Stage:
    """The ring that a record of the list is in.

    Without a tag it counts as in the ring whose scope and action it has, else in the last one. With a tag that
    cannot be used (unknown, doubled, in the future, unreadable): the ring whose scope and action it has, else the
    first. Either way its time in the ring begins now.
    """
    now = now.replace(microsecond=0)
    tags = [tag for tag in STORED["tags"](record) if ring_tags.is_ring_tag(tag)]
    names = {ring.name: position for position, ring in enumerate(rings)}
    if not tags:
        return _untagged(item, record, rings, now)
    note = DOUBLED
    if len(tags) == 1:
        found = ring_tags.read(tags[0])
        if found is None:
            note = UNREADABLE
        elif found[0] not in names:
            note = UNKNOWN
        elif found[1] > now:
            note = FUTURE
        else:
            return Stage(names[found[0]], found[1], tags[0])
    alike = _alike(item, record, rings, now)
    return Stage(0 if alike is None else alike, now, note=note)


def _untagged(item: Desired, record: Record, rings: Sequence[Ring], now: datetime.datetime) -> Stage:
    alike = _alike(item, record, rings, now)
    if alike is not None:
        return Stage(alike, now, note=UNTAGGED)
    last = len(rings) - 1
    wanted = in_ring(item, rings, last, STORED["platforms"](record))
    if _weaker(wanted, record) or _ends_allowing(wanted, record):
        return Stage(last, now, note=KEPT, kept=True)
    return Stage(last, now, note=UNTAGGED)


def _alike(item: Desired, record: Record, rings: Sequence[Ring], now: datetime.datetime) -> Optional[int]:
    """The first ring whose scope and action a record has. Expiry resets actions: then the scope decides."""
    platforms = STORED["platforms"](record)
    expired = has_expired(record, now)
    for position in range(len(rings)):
        wanted = in_ring(item, rings, position, platforms)
        groups = frozenset(wanted["host_groups"]) if wanted.get("host_groups") else None
        if groups != scope_of(record):
            continue
        if expired or all(
            STORED[name](record) == wanted[name]
            for name, used in (("action", rules.is_desktop), ("mobile_action", rules.is_mobile))
            if name in wanted and used(platforms)
        ):
            return position
    return None


def _weaker(wanted: Fields, record: Record) -> bool:
    """Whether a record acts more strongly, or on more hosts, than these fields would let it."""
    groups = frozenset(wanted["host_groups"]) if wanted.get("host_groups") else None
    after: Record = dict(record)
    after.update((name, wanted[name]) for name in ("action", "mobile_action") if name in wanted)
    before, then = strengths(record), strengths(after)
    return any(was > will for was, will in zip(before, then)) or not within(scope_of(record), groups)


def _ends_allowing(wanted: Fields, record: Record) -> bool:
    """Whether a record allows what these fields would not: that is no drift, and must not turn into a block."""
    return any(
        STORED[name](record) == "allow" != wanted.get(name, "allow") for name in ("action", "mobile_action")
    )


# --- what a ring asks of an item


def in_ring(item: Desired, rings: Sequence[Ring], position: int, platforms: Sequence[str] = ()) -> Fields:
    """The scope and the actions that an item has in a ring.

    An action of the item itself is the most that it may reach; one from defaults gives way to the ring's. An action
    that the type cannot take is replaced by the strongest of an earlier ring that it can.
    """
    fields: Fields = dict(rings[position].scope)
    used = platforms or item.fields.get("platforms") or rules.default_platforms(item.kind)
    for name, possible, fits in (
        ("action", rules.actions_for(item.kind), rules.is_desktop(used)),
        ("mobile_action", rules.mobile_actions_for(item.kind), rules.is_mobile(used)),
    ):
        action = _ring_action(rings, position, name, possible) if fits else ""
        given = item.fields.get(name)
        own = given is not None and (name not in item.defaulted or given == "allow")
        if own:
            fields[name] = capped_action(action, str(given)) if action else given
        elif action:
            fields[name] = action
        elif given is not None:
            fields[name] = given
    return fields


def _ring_action(rings: Sequence[Ring], position: int, name: str, possible: Sequence[str]) -> str:
    """The action of a ring as a type can take it; empty where no ring so far says one that fits.

    A ring that says only one of action and mobile_action means both.
    """
    said = [
        (ring.action or ring.mobile_action) if name == "action" else (ring.mobile_action or ring.action)
        for ring in rings[: position + 1]
    ]
    if said[-1] in possible:
        return said[-1]
    fitting = [action for action in said if action in possible]
    return max(fitting, key=lambda action: STRENGTH[action], default="") if said[-1] else ""


def staged(item: Desired, rings: Sequence[Ring], stage: Stage, record: Optional[Record]) -> Desired:
    """The item as a stage of it asks: scope, actions and tags are those of the ring."""
    stored = STORED["tags"](record) if record is not None else ()
    plain = [tag for tag in item.fields.get("tags", stored) if not ring_tags.is_ring_tag(tag)]
    tag = stage.tag or ring_tags.tag_of(rings[stage.position].name, stage.since)
    platforms = item.fields.get("platforms") or (STORED["platforms"](record) if record is not None else ())
    ring_fields = in_ring(item, rings, stage.position, platforms)
    fields = {
        name: value for name, value in item.fields.items() if name not in ("host_groups", "applied_globally")
    }
    fields.update(ring_fields, tags=(*plain, tag))
    own = set(item.fields) - item.defaulted
    return item.replaced(fields=fields, defaulted=frozenset(item.defaulted | (set(ring_fields) - own)))


def own_scope(item: Desired) -> str:
    """The field by which an item itself says where it applies, which rings leave no room for; or nothing."""
    for name in ("host_groups", "applied_globally"):
        if name in item.fields and name not in item.defaulted:
            return name
    return ""


def position_of(name: str, rings: Sequence[Ring]) -> int:
    """The position of a ring. Raises FieldProblem where there is none of this name."""
    for position, ring in enumerate(rings):
        if ring.name == name:
            return position
    known = ", ".join(ring.name for ring in rings)
    raise FieldProblem("ring", f"there is no ring {quoted(name)}; there are: {known}")


# --- from one ring to the next

PROMOTED, WAITING, HELD, DUE, UNCOUNTED = "promoted", "waiting", "held", "due", "uncounted"


@dataclass(frozen=True)
class Step:
    """What happens to one record in one run.

    `stage` is where it is afterwards, `origin` where it was; None for a new one. `outcome` is promoted, waiting,
    held, due (a count is needed first), uncounted (there is no count to be had), or empty where nothing is to be
    said. `until` is when a waiting one is due. `staged` is false where the ring asks nothing of the record in this
    run.
    """

    stage: Stage
    origin: Optional[Stage] = None
    outcome: str = ""
    until: Optional[datetime.datetime] = None
    staged: bool = True


def advance(
    item: Desired,
    record: Optional[Record],
    rings: Sequence[Ring],
    now: datetime.datetime,
    sighting: Optional[Sighting] = None,
) -> Step:
    """Which ring an indicator is in after this run.

    `sighting` is the count of hosts, where it was asked for. Raises FieldProblem where the item names a ring that
    does not exist.
    """
    now = now.replace(microsecond=0)
    pin = position_of(item.ring, rings) if item.ring else None
    if record is None:
        return Step(Stage(pin or 0, now))
    here = locate(item, record, rings, now)
    if has_expired(record, now):
        if not revives(item, now):
            return Step(here, here, staged=False)
        here = Stage(here.position, now, note=here.note, kept=here.kept)  # nobody saw it act in the meantime
    if pin is not None and (pin != here.position or here.kept):
        return Step(Stage(pin, now, note=MOVED), here, PROMOTED if pin > here.position else "")
    if here.kept:
        return Step(here, here, staged=False)
    if pin is not None or here.position == len(rings) - 1:
        return Step(here, here)
    return _onward(here, rings, now, sighting)


def _onward(here: Stage, rings: Sequence[Ring], now: datetime.datetime, sighting: Optional[Sighting]) -> Step:
    ring = rings[here.position]
    until = here.since + ring.hold
    if now < until:
        return Step(here, here, WAITING, until)
    if ring.max_hosts is not None:
        if sighting is None:
            return Step(here, here, DUE)
        if sighting.problem:
            return Step(here, here, UNCOUNTED)
        if sighting.exceeds(ring.max_hosts):
            return Step(here, here, HELD)
    return Step(Stage(here.position + 1, now), here, PROMOTED)


def revives(item: Desired, now: datetime.datetime) -> bool:
    """Whether an item gives an expired record a new end."""
    if item.life is not None:
        return True
    return "expiration" in item.fields and (
        item.fields["expiration"] is None or item.fields["expiration"] > now
    )


NOTES: Dict[str, str] = {
    UNTAGGED: "has no ring tag; it counts as in ring {ring} from now on",
    UNKNOWN: "its tag names a ring that the list does not have; it counts as in ring {ring}, and the hold starts again",
    DOUBLED: "has several ring tags; it counts as in ring {ring}, and the hold starts again",
    FUTURE: "its ring tag lies in the future; it counts as in ring {ring}, and the hold starts again",
    UNREADABLE: "its ring tag cannot be read; it counts as in ring {ring}, and the hold starts again",
    KEPT: "has no ring tag and allows, or acts more strongly or on more hosts than ring {ring}; "
    "its scope and action are kept",
    MOVED: "the item moves it to ring {ring}",
}

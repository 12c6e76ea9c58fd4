# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what a user wrote to what is desired: one item read, its defaults filled in, its own errors found."""

from __future__ import annotations

import datetime
from typing import Any, Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple

from . import rules
from .defaults import Chooser, life_of, read_defaults, renewal_problems
from .fields import DESKTOP_PLATFORMS, MOBILE_PLATFORMS, SINGULAR, WRITTEN, FieldProblem, UnknownChoice
from .reading import Fields, normal, read
from .record import as_item, is_record, refused
from .values import TYPES, Identity, ValueProblem, normalise
from .wording import quoted

__all__ = ("Desired", "Fields", "ItemReader", "read_defaults")


class Desired:
    """What one item asks for. Nobody changes one that exists: `replaced` gives another.

    `kind` is the type, `value` its normalised value, `written` the spelling that the user gave. `fields` are the
    fields to be written (`fields.WRITTEN`) in normal form: lists as tuples, `expiration` an instant. `defaulted` are
    the names of those that a default gave, which may be dropped where they do not fit. `life` stamps an expiration
    so far ahead of now, and `renew_within` renews it that many days before its end. `fallback_life` is the life that
    the defaults give an item with an expiration of its own, and `longest` bounds the end that a record has already.
    `ring` pins the indicator to a ring. `by_policy` says that the action was given as `policy`, the legacy API's
    word, which knows no severity. `index` is the position in `iocs`, None for a line of a feed, and `place` says it
    to a user. `identified` says that type and value are usable, `problem` what is wrong with the item. `doubts` are
    values that only a newer Falcon may know: where they are all that is wrong, the item is right if the tenant's
    record has them.
    """

    __slots__ = (
        "by_policy", "defaulted", "doubts", "fallback_life", "fields", "identified", "ignore", "index", "kind", "life",
        "longest", "place", "problem", "renew_within", "ring", "state", "value", "written",
    )  # fmt: skip

    def __init__(self, kind: str, value: str, index: Optional[int] = None, place: str = "") -> None:
        self.kind = kind
        self.value = value
        self.written = value
        self.index = index
        self.place = place
        self.state = "present"
        self.ignore = False
        self.fields: Fields = {}
        self.defaulted: FrozenSet[str] = frozenset()
        self.life: Optional[datetime.timedelta] = None
        self.fallback_life: Optional[datetime.timedelta] = None
        self.longest: Optional[datetime.timedelta] = None
        self.ring = ""
        self.renew_within = 0
        self.by_policy = False
        self.identified = True
        self.problem = ""
        self.doubts: Tuple[UnknownChoice, ...] = ()

    @property
    def identity(self) -> Identity:
        return self.kind, self.value

    def replaced(self, **changed: Any) -> Desired:
        """A copy in which some attributes are others."""
        copy = Desired.__new__(Desired)
        for name in Desired.__slots__:
            setattr(copy, name, changed[name] if name in changed else getattr(self, name))
        return copy


class ItemReader:
    """Reads items under one set of defaults and one owner.

    `defaults` are field values for items that omit them; those of `by_type` go before them. `owner` is the source
    that every item belongs to, empty where the set has none. Raises FieldProblem where the defaults are wrong.
    """

    def __init__(
        self, defaults: Optional[Mapping[str, Any]], by_type: Optional[Mapping[str, Any]], owner: str = ""
    ) -> None:
        self._defaults = read_defaults(defaults or {}, "defaults")
        self._by_type: Dict[str, Fields] = {}
        if not isinstance(by_type or {}, Mapping):
            raise FieldProblem("defaults_by_type", "must be a mapping of types")
        for kind, fields in (by_type or {}).items():
            if kind not in TYPES:
                raise FieldProblem(
                    "defaults_by_type", f"types must be among {', '.join(TYPES)}, got {quoted(kind)}"
                )
            self._by_type[kind] = read_defaults(fields or {}, f"defaults_by_type.{kind}")
        self._owner = owner
        self._filled: Dict[Tuple[Any, ...], Tuple[Fields, FrozenSet[str]]] = {}
        self._alike: Dict[Tuple[Any, ...], Fields] = {}

    def read(
        self, raw: object, index: Optional[int] = None, place: str = "", nearer: Optional[Fields] = None
    ) -> Desired:
        """Read one item. `nearer` are defaults that go before those of the reader, from `read_defaults`."""
        refusal: Optional[Tuple[str, str]] = None
        if isinstance(raw, Mapping) and is_record(raw):
            refusal, raw = refused(raw), as_item(raw)
        given, problems = read(raw)
        if refusal is not None:
            problems.insert(0, FieldProblem("item", refusal[1]))
        if given.get("id"):
            # It comes from a tenant: what it says there is right, known or not.
            problems = [problem for problem in problems if not isinstance(problem, UnknownChoice)]
        for name in ("value", "type"):
            if name not in given and not any(problem.field in (name, "item") for problem in problems):
                problems.insert(0, FieldProblem(name, "is missing"))
        desired = self._identify(raw, given, problems, index, place)
        desired.state = given.pop("state", "") or self._state_of(desired.kind, nearer)
        desired.ignore = given.pop("ignore", False)
        doubtful = any(problem.field == "type" for problem in problems if isinstance(problem, UnknownChoice))
        if (desired.identified or doubtful) and not desired.ignore:
            self._check_owner(given, problems)
            if desired.state == "present":
                self._fill(desired, given, problems, nearer)
        if problems:
            desired.problem = "; ".join(str(problem) for problem in problems)
            doubts = tuple(problem for problem in problems if isinstance(problem, UnknownChoice))
            desired.doubts = doubts if len(doubts) == len(problems) else ()
        return desired

    def _identify(
        self,
        raw: object,
        given: Fields,
        problems: List[FieldProblem],
        index: Optional[int],
        place: str,
    ) -> Desired:
        kind, written = given.pop("type", ""), given.pop("value", None)
        if not kind and isinstance(raw, Mapping):
            kind = str(raw.get("type") or "")[:80]
        desired = Desired(kind, (written or "").strip(), index, place)
        wrong = any(problem.field == "type" for problem in problems)
        if written is None or wrong:
            desired.identified = False
        elif kind in TYPES:
            try:
                desired.value = normalise(kind, written)
            except ValueProblem as problem:
                desired.identified = False
                problems.insert(0, FieldProblem("value", str(problem)))
        else:
            desired.identified = bool(desired.value)
        return desired

    def _check_owner(self, given: Fields, problems: List[FieldProblem]) -> None:
        if self._owner and given.get("source", self._owner) != self._owner:
            text = (
                f"is {quoted(given['source'])}, but this list is owned by {quoted(self._owner)}; leave it out"
            )
            problems.append(FieldProblem("source", text))

    def _fill(
        self, desired: Desired, given: Fields, problems: List[FieldProblem], nearer: Optional[Fields]
    ) -> None:
        own = normal(given, problems)
        _check_against_type(desired.kind, own, problems)
        if self._owner:
            own["source"] = self._owner
        added, defaulted = self._defaults_for(desired.kind, own, nearer)
        both = {**added, **own} if added else own
        if "renew_within_days" in own and life_of(both) is None and "fallback_life" not in both:
            problems.append(FieldProblem("renew_within_days", "needs expiration_days"))
        problems.extend(renewal_problems(both))
        desired.life = life_of(both)
        desired.fallback_life = both.get("fallback_life")
        desired.ring = both.get("ring", "")
        desired.renew_within = both.get("renew_within_days", 0)
        desired.by_policy = bool(both.get("policy"))
        fields = {name: both[name] for name in both if name in WRITTEN}
        if desired.life is not None:
            fields.pop("expiration", None)
        desired.fields = fields if SINGULAR.intersection(own) else self._shared(fields)
        desired.defaulted = defaulted

    def _state_of(self, kind: str, nearer: Optional[Fields]) -> str:
        layers = [layer for layer in (nearer, self._by_type.get(kind), self._defaults) if layer]
        return next((str(layer["state"]) for layer in layers if layer.get("state")), "present")

    def _defaults_for(
        self, kind: str, own: Fields, nearer: Optional[Fields]
    ) -> Tuple[Fields, FrozenSet[str]]:
        """The defaults that an item takes, worked out once for all items that are alike."""
        layers = [layer for layer in (nearer, self._by_type.get(kind), self._defaults) if layer]
        if not layers:
            return {}, frozenset()
        key: Tuple[Any, ...] = (kind, id(nearer), frozenset(own), own.get("platforms"), own.get("action"))
        key += (own.get("mobile_action"), own.get("applied_globally"), life_of(own) is None)
        if key not in self._filled:
            chosen = Chooser(kind, own, layers).run()
            self._filled[key] = (chosen, frozenset(chosen))
        return self._filled[key]

    def _shared(self, fields: Fields) -> Fields:
        """One mapping for all items that ask for the same: in a long list most do. Nobody changes it in place."""
        return self._alike.setdefault(tuple(fields.items()), fields)


def with_groups(item: Desired, ids: Mapping[str, str], problems: Mapping[str, str]) -> Desired:
    """An item whose host groups are ids; or with the problem of those that have none."""
    groups = item.fields.get("host_groups")
    if not groups or item.problem:
        return item
    wrong = "; ".join(f"host_groups: {problems[group]}" for group in groups if group in problems)
    if wrong:
        return item.replaced(problem=wrong)
    found = tuple(dict.fromkeys(ids[group] for group in groups))
    return item.replaced(fields={**item.fields, "host_groups": found})


def _check_against_type(kind: str, own: Fields, problems: List[FieldProblem]) -> None:
    """Find what an item says itself and its type cannot take."""
    platforms = own.get("platforms")
    wrong = [platform for platform in platforms or () if not rules.takes_platform(kind, platform)]
    if wrong:
        possible = ", ".join(rules.platforms_for(kind))
        text = f"{kind} cannot be used on {', '.join(wrong)}, only on {possible}"
        problems.append(FieldProblem("platforms", text))
    for name, check in (("action", _action_problem), ("mobile_action", _mobile_action_problem)):
        if name not in own:
            continue
        text = check(kind, own[name], platforms)
        if text and own[name] == "no_action":
            del own[name]  # what Falcon itself says of platforms that are not used
        elif text:
            problems.append(FieldProblem(name, text))
    if own.get("filename") and not rules.takes_filename(kind):
        problems.append(FieldProblem("filename", f"is only for sha256 and md5, not for {kind}"))
    if own.get("applied_globally") and own.get("host_groups"):
        problems.append(FieldProblem("host_groups", "cannot be combined with applied_globally: true"))
    if own.get("host_groups") == ():
        if "applied_globally" not in own:
            problems.append(FieldProblem("host_groups", "can be emptied only with applied_globally: true"))
        elif not own["applied_globally"]:
            del own["host_groups"]  # how a record reads whose last host group was deleted


def _action_problem(kind: str, action: str, platforms: Optional[Sequence[str]]) -> str:
    actions = rules.actions_for(kind)
    if not actions:
        return f"{kind} is for mobile platforms only and takes mobile_action instead"
    if not rules.takes_action(kind, action):
        return f"{kind} takes {' or '.join(actions)} on desktop platforms, not {action}"
    if platforms and not rules.accepts("action", platforms):
        return f"needs at least one of the platforms {', '.join(DESKTOP_PLATFORMS)}; use mobile_action"
    return ""


def _mobile_action_problem(kind: str, _action: str, platforms: Optional[Sequence[str]]) -> str:
    if not rules.mobile_actions_for(kind):
        return f"{kind} cannot be used on mobile platforms"
    if platforms and not rules.accepts("mobile_action", platforms):
        return f"needs at least one of the platforms {', '.join(MOBILE_PLATFORMS)}"
    return ""

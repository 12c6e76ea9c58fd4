# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what a user wrote to what is desired: one item read, its defaults filled in, its own errors found."""

from __future__ import annotations

from typing import Any, Callable, Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple

from . import expiry, rules
from .fields import DESKTOP_PLATFORMS, MOBILE_PLATFORMS, PLATFORMS, FieldProblem, read
from .record import as_item, is_record, refused
from .values import TYPES, Identity, ValueProblem, normalise

#: Fields that are written to an indicator. The rest of an item steers how that is done.
WRITTEN = frozenset(
    [
        *("action", "mobile_action", "severity", "platforms", "applied_globally", "host_groups"),
        *("expiration", "description", "source", "tags", "filename"),
    ]
)
LONGEST_LIFE = 36500  # days
#: Fields that an item hardly ever has in common with others.
_SINGULAR = frozenset(("description", "filename", "expiration", "host_groups", "tags"))

Fields = Dict[str, Any]


class Desired:
    """What one item asks for.

    @ivar kind: the type; C{value} its normalised value, C{written} the spelling that the user gave
    @ivar fields: the fields to be written (L{WRITTEN}), in normal form: lists as tuples, C{expiration} an instant
    @ivar defaulted: the names of those that a default gave, which may be dropped where they do not fit
    @ivar days: stamp an expiration this many days ahead; C{renew_within} renews it before its end
    @ivar by_policy: the action was given as the founding API's C{policy}, which knows no severity
    @ivar index: position in C{iocs}, or C{None} for a line of a feed; C{place} says it to a user
    @ivar identified: type and value are usable
    @ivar problem: what is wrong with the item, or an empty string
    """

    __slots__ = (
        "by_policy", "days", "defaulted", "fields", "identified", "ignore", "index", "kind", "place", "problem",
        "renew_within", "state", "value", "written",
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
        self.days: Optional[int] = None
        self.renew_within = 0
        self.by_policy = False
        self.identified = True
        self.problem = ""

    @property
    def identity(self) -> Identity:
        return self.kind, self.value


class ItemReader:
    """Reads items under one set of defaults and one owner.

    @param defaults: field values for items that omit them
    @param by_type: the same for one type; goes before C{defaults}
    @param owner: the C{source} that every item belongs to; empty where the set has none
    @raise FieldProblem: the defaults themselves are wrong
    """

    def __init__(
        self, defaults: Optional[Mapping[str, Any]], by_type: Optional[Mapping[str, Any]], owner: str = ""
    ) -> None:
        self._defaults = read_defaults(defaults or {}, "defaults")
        self._by_type: Dict[str, Fields] = {}
        if not isinstance(by_type or {}, Mapping):
            raise FieldProblem("defaults_by_type", "a mapping of types is wanted")
        for kind, fields in (by_type or {}).items():
            if kind not in TYPES:
                raise FieldProblem("defaults_by_type", f"{str(kind)!r} is not an indicator type")
            self._by_type[kind] = read_defaults(fields or {}, f"defaults_by_type.{kind}")
        self._owner = owner
        self._filled: Dict[Tuple[Any, ...], Tuple[Fields, FrozenSet[str]]] = {}
        self._alike: Dict[Tuple[Any, ...], Fields] = {}

    def read(
        self, raw: object, index: Optional[int] = None, place: str = "", nearer: Optional[Fields] = None
    ) -> Desired:
        """Read one item.

        @param nearer: defaults that go before those of the reader, already read by L{read_defaults}
        """
        refusal: Optional[Tuple[str, str]] = None
        if isinstance(raw, Mapping) and is_record(raw):
            refusal, raw = refused(raw), as_item(raw)
        given, problems = read(raw)
        if refusal is not None:
            problems.insert(0, FieldProblem("item", refusal[1]))
        if "type" not in given and not any(problem.field in ("type", "item") for problem in problems):
            problems.insert(0, FieldProblem("type", "is missing"))
        if "value" not in given and not any(problem.field in ("value", "item") for problem in problems):
            problems.insert(0, FieldProblem("value", "is missing"))
        kind, written = given.pop("type", ""), given.pop("value", None)
        if not kind and isinstance(raw, Mapping):
            kind = str(raw.get("type") or "")[:80]
        desired = Desired(kind, (written or "").strip(), index, place)
        if kind in TYPES and written is not None:
            try:
                desired.value = normalise(kind, written)
            except ValueProblem as problem:
                desired.identified = False
                problems.insert(0, FieldProblem("value", str(problem)))
        else:
            desired.identified = False
        desired.state = given.pop("state", "present")
        desired.ignore = given.pop("ignore", False)
        if desired.identified and not desired.ignore:
            self._check_owner(given, problems)
            if desired.state == "present":
                self._fill(desired, given, problems, nearer)
        if problems:
            desired.problem = "; ".join(str(problem) for problem in problems)
        return desired

    def _check_owner(self, given: Fields, problems: List[FieldProblem]) -> None:
        if self._owner and given.get("source", self._owner) != self._owner:
            text = f"is {given['source']!r}, but this set is owned by {self._owner!r}; leave it out"
            problems.append(FieldProblem("source", text))

    def _fill(
        self, desired: Desired, given: Fields, problems: List[FieldProblem], nearer: Optional[Fields]
    ) -> None:
        own = _normal(given, problems)
        _check_against_type(desired.kind, own, problems)
        if self._owner:
            own["source"] = self._owner
        layers = [layer for layer in (nearer, self._by_type.get(desired.kind), self._defaults) if layer]
        added: Fields = {}
        defaulted: FrozenSet[str] = frozenset()
        if layers:
            key: Tuple[Any, ...] = (
                desired.kind,
                id(nearer),
                frozenset(own),
                own.get("platforms"),
                own.get("action"),
            )
            key += (own.get("mobile_action"), own.get("applied_globally"))
            cached = self._filled.get(key)
            if cached is None:
                chosen = _Chooser(desired.kind, own, layers).run()
                cached = self._filled[key] = (chosen, frozenset(chosen))
            added, defaulted = cached
        if "renew_within_days" in own and "expiration_days" not in own and "expiration_days" not in added:
            problems.append(FieldProblem("renew_within_days", "needs expiration_days"))
        both = {**added, **own} if added else own
        desired.days = both.get("expiration_days")
        desired.renew_within = both.get("renew_within_days", 0)
        desired.by_policy = bool(both.get("policy"))
        fields = {name: both[name] for name in both if name in WRITTEN}
        desired.fields = fields if _SINGULAR.intersection(own) else self._shared(fields)
        desired.defaulted = defaulted

    def _shared(self, fields: Fields) -> Fields:
        """One mapping for all items that ask for the same: in a long list most do. Nobody changes it in place."""
        return self._alike.setdefault(tuple(fields.items()), fields)


def read_defaults(raw: object, place: str) -> Fields:
    """Read a mapping of defaults.

    @param place: what to call it in a message
    @raise FieldProblem: a field is unknown, or its value is wrong
    """
    given, problems = read(raw, lambda field: field.default_for_all)
    fields = _normal(given, problems)
    if fields.get("applied_globally") and fields.get("host_groups"):
        problems.append(FieldProblem("host_groups", "cannot go with applied_globally: true"))
    if problems:
        raise FieldProblem(place, "; ".join(str(problem) for problem in problems))
    return fields


def _normal(given: Fields, problems: List[FieldProblem]) -> Fields:
    """Bring given fields into normal form, wherever they stand: on an item or among defaults."""
    fields: Fields = {}
    for name, value in given.items():
        if name in ("id", "share_level"):
            continue
        try:
            fields[name] = _NORMAL_FORMS[name](value) if name in _NORMAL_FORMS else value
        except ValueError as problem:
            problems.append(FieldProblem(name, str(problem)))
    if "expiration" in given and "expiration_days" in given:
        problems.append(FieldProblem("expiration_days", "cannot go with expiration"))
    if "policy" in fields:
        if "action" in fields:
            problems.append(FieldProblem("policy", "cannot go with action, which says the same"))
        fields["action"] = "detect" if fields["policy"] == "detect" else "no_action"
    return fields


def _normal_platforms(value: Sequence[str]) -> Tuple[str, ...]:
    if not value:
        raise ValueError("cannot be cleared; an indicator has at least one")
    return tuple(platform for platform in PLATFORMS if platform in value)


def _normal_elements(value: Sequence[str]) -> Tuple[str, ...]:
    elements = tuple(dict.fromkeys(element.strip() for element in value))
    if "" in elements:
        raise ValueError("has an empty element")
    return elements


def _normal_tags(value: Sequence[str]) -> Tuple[str, ...]:
    """As written, spaces around included: what a tenant holds comes back from an export or a rollback as it was."""
    if not all(tag.strip() for tag in value):
        raise ValueError("has an empty element")
    return tuple(dict.fromkeys(value))


def _normal_days(least: int) -> Callable[[int], int]:
    def days(value: int) -> int:
        if not least <= value <= LONGEST_LIFE:
            raise ValueError(f"is a number of days from {least} to {LONGEST_LIFE}, got {value}")
        return value

    return days


_NORMAL_FORMS: Dict[str, Callable[[Any], Any]] = {
    "platforms": _normal_platforms,
    "tags": _normal_tags,
    "host_groups": _normal_elements,
    "expiration": expiry.parse,
    "expiration_days": _normal_days(1),
    "renew_within_days": _normal_days(0),
}


def _check_against_type(kind: str, own: Fields, problems: List[FieldProblem]) -> None:
    """Find what an item says itself and its type cannot take."""
    platforms = own.get("platforms")
    possible = rules.platforms_for(kind)
    wrong = [platform for platform in platforms or () if platform not in possible]
    if wrong:
        text = f"{kind} cannot be used on {', '.join(wrong)}, only on {', '.join(possible)}"
        problems.append(FieldProblem("platforms", text))
    for name, check in (("action", _action_problem), ("mobile_action", _mobile_action_problem)):
        text = check(kind, own[name], platforms) if name in own else ""
        if text:
            problems.append(FieldProblem(name, text))
    if own.get("filename") and not rules.takes_filename(kind):
        problems.append(FieldProblem("filename", f"is for sha256 and md5, not for {kind}"))
    if own.get("applied_globally") and own.get("host_groups"):
        problems.append(FieldProblem("host_groups", "cannot go with applied_globally: true"))
    if own.get("host_groups") == () and not own.get("applied_globally"):
        problems.append(FieldProblem("host_groups", "can be emptied only with applied_globally: true"))


def _action_problem(kind: str, action: str, platforms: Optional[Sequence[str]]) -> str:
    actions = rules.actions_for(kind)
    if not actions:
        return f"{kind} is for mobile platforms only and takes mobile_action instead"
    if action not in actions:
        return f"{kind} takes {' or '.join(actions)} on desktop platforms, not {action}"
    if platforms and not rules.is_desktop(platforms):
        return f"needs one of the platforms {', '.join(DESKTOP_PLATFORMS)}; use mobile_action"
    return ""


def _mobile_action_problem(kind: str, _action: str, platforms: Optional[Sequence[str]]) -> str:
    if not rules.mobile_actions_for(kind):
        return f"{kind} cannot be used on mobile platforms"
    if platforms and not rules.is_mobile(platforms):
        return f"needs one of the platforms {', '.join(MOBILE_PLATFORMS)}"
    return ""


class _Chooser:
    """Chooses, field by field, the first default that an item of this type and with these fields can take."""

    def __init__(self, kind: str, own: Fields, layers: Sequence[Fields]) -> None:
        self._kind = kind
        self._own = own
        self._layers = layers
        self.chosen: Fields = {}

    def run(self) -> Fields:
        kind = self._kind
        self._take("platforms", lambda found: set(found) & set(rules.platforms_for(kind)))
        if "platforms" in self.chosen:
            self.chosen["platforms"] = tuple(
                name for name in self.chosen["platforms"] if name in rules.platforms_for(kind)
            )
        platforms = self._own.get("platforms") or self.chosen.get("platforms")
        # Without any, those of the record count, which may be all that the type has: what they do not take is
        # dropped when they are known.
        possible = platforms or rules.platforms_for(kind)
        if rules.is_desktop(possible):
            self._take("action", lambda action: action in rules.actions_for(kind), along=("policy",))
        if rules.is_mobile(possible):
            self._take("mobile_action", lambda action: action in rules.mobile_actions_for(kind))
        likely = platforms or rules.default_platforms(kind)
        actions = rules.effective_actions({**self.chosen, **self._own, "platforms": likely})
        self._take("severity", lambda severity: not severity or not rules.severity_refused(actions))
        self._take_scope()
        self._take_expiration()
        for name in ("description", "source", "tags"):
            self._take(name)
        if rules.takes_filename(kind):
            self._take("filename")
        return self.chosen

    def _take(
        self, name: str, fits: Callable[[Any], Any] = lambda _value: True, along: Sequence[str] = ()
    ) -> None:
        if name in self._own:
            return
        for layer in self._layers:
            if name in layer and fits(layer[name]):
                self.chosen.update((each, layer[each]) for each in (name, *along) if each in layer)
                return

    def _take_scope(self) -> None:
        if "host_groups" in self._own or self._own.get("applied_globally"):
            return
        names = [name for name in ("host_groups", "applied_globally") if name not in self._own]
        self._take_together(names)

    def _take_expiration(self) -> None:
        if "expiration" not in self._own and "expiration_days" not in self._own:
            self._take_together(["expiration", "expiration_days"])
        if "expiration_days" in self._own or "expiration_days" in self.chosen:
            self._take("renew_within_days")

    def _take_together(self, names: Sequence[str]) -> None:
        """From the first layer that has any of them: they say one thing between them."""
        for layer in self._layers:
            if any(name in layer for name in names):
                self.chosen.update((name, layer[name]) for name in names if name in layer)
                return

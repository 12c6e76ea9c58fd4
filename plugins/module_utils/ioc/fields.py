# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fields of an indicator: one table that everything else follows.

How a field is read from an item, brought into normal form, found in a tenant's record, compared, sent and shown
is defined here and nowhere else. The argument specs, the item reader, the planner, the diff, exports and the check of
what a tenant returns read this table; a new field is one entry in it.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Callable, Dict, FrozenSet, Iterable, List, Mapping, Optional, Sequence, Set, Tuple

from . import durations, expiry
from .values import TYPES
from .wording import shortened

#: `action_query_v1`
ACTIONS = ("no_action", "allow", "detect", "prevent", "prevent_no_ui")
#: `severity_query_v1`, lowest first
SEVERITIES = ("informational", "low", "medium", "high", "critical")
#: `platform_query_v1`
DESKTOP_PLATFORMS = ("windows", "mac", "linux")
MOBILE_PLATFORMS = ("ios", "android")
PLATFORMS = DESKTOP_PLATFORMS + MOBILE_PLATFORMS

LONGEST_LIFE = 36500  # days

Raw = Mapping[str, Any]


class FieldProblem(ValueError):
    """What is wrong with one field of an item; `field` is its name."""

    def __init__(self, field: str, text: str) -> None:
        field = shortened(field)
        super().__init__(f"{field}: {text}")
        self.field = field


class UnknownChoice(FieldProblem):
    """A value that this collection does not know, and that a newer Falcon may: `value`, or one of a list."""

    def __init__(self, field: str, text: str, value: str) -> None:
        super().__init__(field, text)
        self.value = value


def same(value: Any) -> Any:
    return value


def _as_list(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


@dataclass(frozen=True)
class Field:
    """One field of an item, and all that is known about it.

    Written by users: `kind` is str, int, bool or list (of text). `choices` are the only values it takes, none where
    it is free; with `open`, others are kept where a record has them already. `default_for_all` says that it may be
    among defaults, and `normal` brings what was read into normal form, or raises ValueError.

    In a record: `stored` gives its normal form, None for a field that only steers how an item is applied. `shape` is
    the type of the record's `wire` key: text, texts, flag or object. `equal` compares what is stored with what is
    wanted. `sent` gives the keys of a request body.

    Shown: `shown` gives the form in which users write it. `exported` says that exports write it, `singular` that
    items seldom have it in common. `ruled` says that the type, platforms, actions, scope or expiration of the
    indicator decide whether it can be had; any other field of a record is taken, kept and cleared as it is.
    """

    name: str
    kind: str = "str"
    choices: Tuple[str, ...] = ()
    open: bool = False
    default_for_all: bool = True
    normal: Callable[[Any], Any] = same
    stored: Optional[Callable[[Raw], Any]] = None
    wire: str = ""
    shape: str = ""
    equal: Callable[[Any, Any], bool] = lambda found, wanted: bool(found == wanted)
    sent: Optional[Callable[[Any], Dict[str, Any]]] = None
    shown: Callable[[Any], Any] = _as_list
    exported: bool = True
    singular: bool = False
    ruled: bool = False

    def body(self, value: Any) -> Dict[str, Any]:
        """The field in the wire form of `api.IndicatorCreateReqV1` and `api.IndicatorUpdateReqV1`."""
        return self.sent(value) if self.sent is not None else {self.wire: _as_list(value)}


# --- in a record -------------------------------------------------------------------------------------------------


def text_of(record: Raw, name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""


def texts_of(record: Raw, name: str) -> Tuple[str, ...]:
    value = record.get(name)
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple(element for element in value if isinstance(element, str))


@lru_cache(maxsize=4096)
def in_order(platforms: Tuple[str, ...]) -> Tuple[str, ...]:
    """Platforms in the order of `PLATFORMS`, each once; those that are not known come last."""
    known = tuple(platform for platform in PLATFORMS if platform in platforms)
    return known + unknown_platforms(platforms)


def unknown_platforms(platforms: Iterable[str]) -> Tuple[str, ...]:
    return tuple(sorted(set(platforms).difference(PLATFORMS)))


@lru_cache(maxsize=4096)
def _instant(text: str) -> Optional[datetime.datetime]:
    return expiry.stored(text)


def _filename(record: Raw) -> str:
    metadata = record.get("metadata")
    return text_of(metadata, "filename") if isinstance(metadata, Mapping) else ""


def _trimmed(elements: Iterable[str]) -> Set[str]:
    return {element.strip() for element in elements} - {""}


def _same_elements(found: Sequence[str], wanted: Sequence[str]) -> bool:
    """Order and spaces of tags and host groups mean nothing."""
    return found == wanted or _trimmed(found) == _trimmed(wanted)


def _same_platforms(found: Tuple[str, ...], wanted: Tuple[str, ...]) -> bool:
    """A platform that this collection does not know is left on a record that has it."""
    return found == wanted or found == in_order((*wanted, *unknown_platforms(found)))


# --- as users write it -------------------------------------------------------------------------------------------


def _platforms(value: Sequence[str]) -> Tuple[str, ...]:
    if not value:
        raise ValueError("cannot be cleared; an indicator has at least one")
    return in_order(tuple(value))


def _elements(value: Sequence[str]) -> Tuple[str, ...]:
    elements = tuple(dict.fromkeys(element.strip() for element in value))
    if "" in elements:
        raise ValueError("has an empty element")
    return elements


def _tags(value: Sequence[str]) -> Tuple[str, ...]:
    """As written, spaces around included: what a tenant holds comes back from an export or a rollback as it was."""
    if not all(tag.strip() for tag in value):
        raise ValueError("has an empty element")
    return tuple(dict.fromkeys(value))


def _days(least: int) -> Callable[[int], int]:
    def days(value: int) -> int:
        if not least <= value <= LONGEST_LIFE:
            raise ValueError(f"must be a number of days from {least} to {LONGEST_LIFE}, got {value}")
        return value

    return days


def _end(text: str) -> Any:
    """An instant, None for never, or how long from now where it is written as +7d."""
    if not durations.is_relative(text):
        return expiry.parse(text)
    life = durations.offset(text)
    if life <= datetime.timedelta():
        raise ValueError(f"{text.strip()} is not in the future")
    return life


# --- the table ---------------------------------------------------------------------------------------------------


def _text(name: str, choices: Tuple[str, ...] = (), **more: Any) -> Field:
    """A field that is text in a record, and empty where the record has none."""
    more.setdefault("stored", lambda record: text_of(record, name))
    return Field(name, choices=choices, wire=name, shape="text", **more)


def _action(name: str) -> Field:
    """Falcon fills the action of platforms that are not used with `no_action`, or leaves it out."""
    return _text(
        name, ACTIONS, open=True, ruled=True, stored=lambda record: text_of(record, name) or "no_action"
    )


def _list(name: str, **more: Any) -> Field:
    more.setdefault("stored", lambda record: texts_of(record, name))
    return Field(name, "list", wire=name, shape="texts", **more)


#: In the order in which they are written and shown.
FIELDS: Dict[str, Field] = {
    field.name: field
    for field in (
        Field("type", choices=TYPES, open=True, default_for_all=False, wire="type", shape="text"),
        Field("value", default_for_all=False, wire="value", shape="text"),
        Field("state", choices=("present", "absent")),
        Field("ignore", "bool", default_for_all=False),
        _action("action"),
        _action("mobile_action"),
        _text(
            "severity",
            (*SEVERITIES, ""),
            ruled=True,
            stored=lambda record: text_of(record, "severity").lower(),
        ),
        _list(
            "platforms",
            choices=PLATFORMS,
            open=True,
            ruled=True,
            normal=_platforms,
            stored=lambda record: in_order(texts_of(record, "platforms")),
            equal=_same_platforms,
        ),
        Field(
            "applied_globally",
            "bool",
            wire="applied_globally",
            shape="flag",
            stored=lambda record: bool(record.get("applied_globally")),
            ruled=True,
        ),
        _list("host_groups", normal=_elements, equal=_same_elements, singular=True, ruled=True),
        _text(
            "expiration",
            ruled=True,
            normal=_end,
            stored=lambda record: _instant(text_of(record, "expiration")),
            sent=lambda end: {"expiration": expiry.wire(end)},
            shown=expiry.shown,
            singular=True,
        ),
        Field("expiration_days", "int", normal=_days(1), exported=False),
        Field("renew_within_days", "int", normal=_days(0), exported=False),
        _text("description", singular=True),
        _text("source"),
        _list("tags", normal=_tags, equal=_same_elements, singular=True),
        Field(
            "filename",
            wire="metadata",
            shape="object",
            stored=_filename,
            sent=lambda name: {"metadata": {"filename": name}},
            singular=True,
            ruled=True,
        ),
        Field("ring", normal=str.strip, exported=False),
        Field("policy", choices=("detect", "none"), exported=False),
        Field("share_level", choices=("red",), exported=False),
        Field("id", default_for_all=False, wire="id", shape="text", exported=False),
    )
}

#: How each field that an indicator has reads in a record, in normal form.
STORED: Dict[str, Callable[[Raw], Any]] = {
    name: field.stored for name, field in FIELDS.items() if field.stored is not None
}
#: Fields that are written to an indicator. The rest of an item steers how that is done.
WRITTEN: FrozenSet[str] = frozenset(STORED)
#: Fields that an item hardly ever has in common with others.
SINGULAR: FrozenSet[str] = frozenset(name for name, field in FIELDS.items() if field.singular)
#: Fields of an indicator that nothing else of it decides about.
FREE: Tuple[str, ...] = tuple(name for name in STORED if not FIELDS[name].ruled)
#: The fields of an exported item, in the order in which they are written.
EXPORTED: Tuple[str, ...] = tuple(name for name, field in FIELDS.items() if field.exported)
#: The type of each key of a record that a field reads.
SHAPES: Dict[str, str] = {field.wire: field.shape for field in FIELDS.values() if field.wire}


def shown(fields: Mapping[str, Any]) -> Dict[str, Any]:
    """Fields in normal form, as users write them."""
    return {name: FIELDS[name].shown(value) for name, value in fields.items()}


def misshapen(record: Raw) -> List[str]:
    """The keys of a record whose value is of another type than `api.IndicatorV1` gives it, or absent."""
    return [key for key, shape in SHAPES.items() if not _SHAPES[shape](record.get(key))]


_SHAPES: Dict[str, Callable[[Any], bool]] = {
    "text": lambda value: value is None or isinstance(value, str),
    "texts": lambda value: (
        value is None or (isinstance(value, list) and all(isinstance(element, str) for element in value))
    ),
    "flag": lambda value: value is None or isinstance(value, bool),
    "object": lambda value: value is None or isinstance(value, dict),
}

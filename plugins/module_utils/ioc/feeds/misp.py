# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""MISP events, exports and lists of attributes (the MISP core format)."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Optional

from . import exchange
from .kinds import kind_of, not_taken
from .model import Fault, Feed, Row
from .rows import end_of

_EVENT_KEYS = frozenset(("Attribute", "Object"))
#: MISP types whose names read like one that Falcon takes, and are not.
_OTHERWISE = frozenset(("link", "file"))
_NOT_FOR_DETECTION = Fault("flagged as not for detection (to_ids is false)", False, "not_for_detection")


def is_misp(document: Any) -> bool:
    """Whether a document is in one of the shapes that MISP exports."""
    if isinstance(document, Mapping):
        return not {"Event", "response", "Attribute", "Object"}.isdisjoint(document)
    return (
        isinstance(document, list)
        and bool(document)
        and all(
            isinstance(one, Mapping)
            and ("Event" in one or not _EVENT_KEYS.isdisjoint(one) or _is_attribute(one))
            for one in document[:5]
        )
    )


def _is_attribute(one: Any) -> bool:
    return isinstance(one, Mapping) and {"type", "value", "category"} <= one.keys()


def rows(document: Any, feed: Feed) -> Iterator[Row]:
    """Read every attribute of every event; the number of a row is the ordinal of its attribute."""
    number = 0
    for event in _events(document):
        tags = _tags(event)
        about = event.get("info")
        for attribute in _entries(event.get("Attribute")):
            number += 1
            yield _row(number, attribute, None, tags, about, feed)
        for group in _dicts(event.get("Object")):
            for attribute in _entries(group.get("Attribute")):
                number += 1
                yield _row(number, attribute, group, tags, about, feed)


def _events(document: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, list):
        for one in document:
            yield from [{"Attribute": one}] if _is_attribute(one) else _events(one)
    elif isinstance(document, Mapping):
        for wrapper in ("response", "Event"):
            if isinstance(document.get(wrapper), (list, Mapping)):
                yield from _events(document[wrapper])
                return
        yield document


def _entries(value: Any) -> List[Any]:
    return value if isinstance(value, list) else [value] if isinstance(value, Mapping) else []


def _dicts(value: Any) -> List[Mapping[str, Any]]:
    return [one for one in _entries(value) if isinstance(one, Mapping)]


def _tags(holder: Mapping[str, Any]) -> List[str]:
    # Galaxies say what the event is about (actors, techniques), dozens at a time; they are no labels of a value.
    return [name for name in _names(holder) if not name.startswith("misp-galaxy:")]


def _names(holder: Mapping[str, Any]) -> List[str]:
    names = [tag.get("name") for tag in _dicts(holder.get("Tag"))]
    return [name for name in names if isinstance(name, str)]


def _exported(item: Mapping[str, Any], attribute: Mapping[str, Any], feed: Feed) -> Any:
    """The value of an attribute that our own export wrote. One that only allows is not for detection anyway."""
    acts = not {item.get("action"), item.get("mobile_action")} <= {"allow", "no_action", None}
    if acts and feed.to_ids == "respect" and not _flag(attribute.get("to_ids"), True):
        return _NOT_FOR_DETECTION
    return f"exactly {item['type']}", item["value"]


def _flag(value: Any, default: bool) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in ("1", "true")
    return default if value is None else bool(value)


def _until(attribute: Mapping[str, Any], group: Optional[Mapping[str, Any]], feed: Feed) -> Any:
    """The end that the author gave the attribute, or the object that it belongs to: its last_seen."""
    for holder in (attribute, group or {}):
        last_seen = holder.get("last_seen")
        if isinstance(last_seen, (str, int)) and str(last_seen).strip():
            return end_of(str(last_seen), feed)
    return ""


def _row(
    number: int,
    attribute: Any,
    group: Optional[Mapping[str, Any]],
    event_tags: List[str],
    about: Any,
    feed: Feed,
) -> Row:
    if not isinstance(attribute, Mapping):
        return Row(number, str(attribute), [Fault("not a MISP attribute", False, "no_object")], {})
    label = str(attribute.get("type", ""))
    value = attribute.get("value")
    text = value if isinstance(value, str) else str(value)
    kind = None if label in _OTHERWISE else "uri" if label == "uri" else kind_of(label, whole=True)
    until: Any = ""
    item = exchange.of_tags(attribute, _names(attribute))
    if _flag(attribute.get("deleted"), False) or (group and _flag(group.get("deleted"), False)):
        found: Any = Fault("deleted in MISP", False, "deleted")
    elif item is not None:
        return Row(number, text, [_exported(item, attribute, feed)], exchange.fields(item), True)
    elif kind is None:
        found = not_taken(label)
    elif feed.to_ids == "respect" and not _flag(attribute.get("to_ids"), True):
        found = _NOT_FOR_DETECTION
    else:
        until = _until(attribute, group, feed)
        found = until if isinstance(until, Fault) else (kind, text)
    fields: Dict[str, Any] = {"tags": [*_tags(attribute), *event_tags]}
    comments = (attribute.get("comment"), group.get("comment") if group else None, about)
    fields["description"] = next((one for one in comments if isinstance(one, str) and one.strip()), "")
    if isinstance(kind, tuple) and kind[0] == "filename" and "|" in text:
        fields["filename"] = text.partition("|")[0]
    elif group is not None:
        names = [one.get("value") for one in _dicts(group.get("Attribute")) if one.get("type") == "filename"]
        fields["filename"] = next((name for name in names if isinstance(name, str)), "")
    return Row(number, text, [found], fields, until="" if isinstance(until, Fault) else until)

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant's record of an indicator (C{api.IndicatorV1}), and how it compares with what a user writes."""

from __future__ import annotations

import datetime
from functools import lru_cache
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Set, Tuple

from . import expiry, rules
from .fields import PLATFORMS
from .values import TYPES, Identity, ValueProblem, normalise

Record = Dict[str, Any]


def identity(record: Mapping[str, Any]) -> Identity:
    """The type and the normalised value; the value as it is where it has no normal form."""
    kind, value = str(record.get("type", "")), record.get("value")
    try:
        return kind, normalise(kind, value)
    except ValueProblem:
        return kind, str(value)


@lru_cache(maxsize=4096)
def _platforms(platforms: Tuple[str, ...]) -> Tuple[str, ...]:
    known = tuple(platform for platform in PLATFORMS if platform in platforms)
    return known + tuple(sorted(set(platforms).difference(PLATFORMS)))


@lru_cache(maxsize=4096)
def _expiration(text: object) -> Optional[datetime.datetime]:
    return expiry.stored(text)


def _filename(record: Mapping[str, Any]) -> str:
    metadata = record.get("metadata")
    return str(metadata.get("filename") or "") if isinstance(metadata, Mapping) else ""


#: How each field of an item reads in a record, in the normal form of L{item.Desired}.
STORED: Dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "action": lambda record: record.get("action") or "no_action",
    "mobile_action": lambda record: record.get("mobile_action") or "no_action",
    "severity": lambda record: (record.get("severity") or "").lower(),
    "platforms": lambda record: _platforms(tuple(record.get("platforms") or ())),
    "applied_globally": lambda record: bool(record.get("applied_globally")),
    "host_groups": lambda record: tuple(record.get("host_groups") or ()),
    "expiration": lambda record: _expiration(record.get("expiration") or ""),
    "description": lambda record: record.get("description") or "",
    "source": lambda record: record.get("source") or "",
    "tags": lambda record: tuple(record.get("tags") or ()),
    "filename": _filename,
}


def holds(record: Mapping[str, Any], name: str, wanted: Any) -> bool:
    """Whether a record's field is as wanted; order and spaces of tags and host groups mean nothing."""
    found = STORED[name](record)
    if found == wanted:
        return True
    return name in ("tags", "host_groups") and _trimmed(found) == _trimmed(wanted)


def _trimmed(elements: Iterable[str]) -> Set[str]:
    return {element.strip() for element in elements} - {""}


def has_expired(record: Mapping[str, Any], now: datetime.datetime) -> bool:
    """Whether Falcon has stopped, or is about to stop, enforcing the record: its C{expiration} has passed."""
    end = STORED["expiration"](record)
    return bool(record.get("expired")) or (end is not None and end <= now)


def to_item(record: Mapping[str, Any]) -> Dict[str, Any]:
    """A record in the vocabulary of items, plus its C{id}: pasted back into a list it changes nothing.

    What Falcon fills in by itself, such as C{no_action} for platforms that are not used, is left out.
    """
    platforms = list(record.get("platforms") or ())
    item: Dict[str, Any] = {"type": record.get("type"), "value": record.get("value")}
    if rules.is_desktop(platforms):
        item["action"] = STORED["action"](record)
    if rules.is_mobile(platforms):
        item["mobile_action"] = STORED["mobile_action"](record)
    severity = STORED["severity"](record)
    if severity and not rules.severity_refused(rules.effective_actions(record)):
        item["severity"] = severity
    item["platforms"] = platforms
    if record.get("applied_globally"):
        item["applied_globally"] = True
    else:
        item["host_groups"] = list(record.get("host_groups") or ())
    end = STORED["expiration"](record)
    if end is not None:
        item["expiration"] = record["expiration"]
    for name in ("description", "source"):
        if record.get(name):
            item[name] = record[name]
    tags = [tag for tag in record.get("tags") or () if tag.strip()]  # an item takes no blank one
    if tags:
        item["tags"] = tags
    if _filename(record) and rules.takes_filename(str(record.get("type"))):
        item["filename"] = _filename(record)
    if record.get("id"):
        item["id"] = record["id"]
    return item


#: What a tenant keeps of a record and nobody can write; metadata holds the file name.
READ_ONLY = frozenset(
    (
        *(
            "created_on",
            "created_by",
            "created_timestamp",
            "modified_on",
            "modified_by",
            "modified_timestamp",
        ),
        *("expired", "deleted", "from_parent", "parent_cid_name", "cid", "metadata"),
    )
)


def is_record(raw: object) -> bool:
    """Whether a mapping is a record of a tenant, such as falcon_ioc_info returns, and no item that a person wrote."""
    return isinstance(raw, Mapping) and not READ_ONLY.isdisjoint(raw)


def refused(raw: Mapping[str, Any]) -> Optional[Tuple[str, str]]:
    """Code and reason where a record cannot be an item: it was deleted, or a parent CID hands it down."""
    if raw.get("deleted") is True:
        return "deleted", "is a record that was deleted; leave it out, or take deleted off"
    if raw.get("from_parent") is True:
        return "inherited", "is a record that a parent CID hands down; it is managed there"
    return None


def as_item(raw: Mapping[str, Any]) -> Dict[str, Any]:
    """A record as an item: without what nobody can write, and without what Falcon fills in by itself."""
    item = {name: value for name, value in raw.items() if name not in READ_ONLY}
    if _filename(raw) and not item.get("filename"):
        item["filename"] = _filename(raw)
    if "expiration" in item and expiry.stored(item["expiration"]) is None:
        del item["expiration"]
    return without_leftovers(item)


def without_leftovers(item: Dict[str, Any]) -> Dict[str, Any]:
    """An item without the no_action that Falcon keeps for platforms that are not used, and without empty fields."""
    platforms = item.get("platforms")
    kind = str(item.get("type"))
    if not isinstance(platforms, (list, tuple)) or not platforms:
        platforms = rules.platforms_for(kind) if kind in TYPES else PLATFORMS
    platforms = [platform for platform in platforms if isinstance(platform, str)]
    if item.get("mobile_action") in ("", "no_action", None) and not rules.is_mobile(platforms):
        item.pop("mobile_action", None)
    if item.get("action") in ("", "no_action", None) and not rules.is_desktop(platforms):
        item.pop("action", None)
    if item.get("applied_globally") is True and not item.get("host_groups"):
        item.pop("host_groups", None)
    for name in ("severity", "description", "source", "tags", "filename", "platforms", "mobile_action"):
        if name in item and not item[name]:
            del item[name]
    return item


def predicted(before: Optional[Record], body: Mapping[str, Any]) -> Record:
    """The record as it will be once C{body} has been written over C{before}, as far as a client can know."""
    after: Record = dict(before or {"mobile_action": "no_action", "action": "no_action"})
    for name, value in body.items():
        if name == "metadata":
            after["metadata"] = {**(after.get("metadata") or {}), **value}
        elif name == "expiration":
            end = expiry.stored(value)
            after.pop("expiration", None)
            if end is not None:
                after["expiration"] = value
            after["expired"] = False
        else:
            after[name] = value
    if after.get("applied_globally"):
        after.pop("host_groups", None)
    for name in ("severity", "description", "source", "tags"):
        if not after.get(name):
            after.pop(name, None)
    if before is None:
        after.update(expired=False, deleted=False, from_parent=False)
    return after


def unlike(sent: Mapping[str, Any], record: Mapping[str, Any]) -> List[str]:
    """Name the fields of a sent body that the stored record does not show.

    Tolerant of what a tenant may do to the text of a field: case of a severity, order of a list, form of an
    instant; and of the action that it discards for platforms that are not used.
    """
    wrong = []
    platforms = record.get("platforms") or ()
    for name, value in sent.items():
        if name in ("id", "comment"):
            continue
        if name in ("type", "value"):
            same = identity({**record, "type": record.get("type")}) == identity({**record, name: value})
        elif name == "metadata":
            same = _filename(record) == str((value or {}).get("filename") or "")
        elif name == "host_groups":
            same = bool(sent.get("applied_globally")) or set(value or ()) == set(STORED[name](record))
        elif (name == "action" and not rules.is_desktop(platforms)) or (
            name == "mobile_action" and not rules.is_mobile(platforms)
        ):
            same = True
        elif name in STORED:
            same = holds(record, name, STORED[name]({name: value}))
        else:
            same = True
        if not same:
            wrong.append(name)
    return wrong

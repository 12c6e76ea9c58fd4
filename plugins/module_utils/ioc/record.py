# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant's record of an indicator (`api.IndicatorV1`), and how it compares with what a user writes."""

from __future__ import annotations

import datetime
from typing import Any, Dict, List, Mapping, Optional, Set, Tuple

from . import expiry, rules
from .fields import FIELDS, FREE, PLATFORMS, STORED, unknown_platforms
from .values import TYPES, Identity, ValueProblem, normalise

Record = Dict[str, Any]

_PLATFORMS, _EXPIRATION = STORED["platforms"], STORED["expiration"]


def identity(record: Mapping[str, Any]) -> Identity:
    """The type and the normalised value; the value as it is where it has no normal form."""
    kind, value = str(record.get("type", "")), record.get("value")
    try:
        return kind, normalise(kind, value)
    except ValueProblem:
        return kind, str(value)


def holds(record: Mapping[str, Any], name: str, wanted: Any) -> bool:
    """Whether a record's field is as wanted."""
    return FIELDS[name].equal(STORED[name](record), wanted)


def actions_of(record: Mapping[str, Any]) -> Set[str]:
    """The actions of a record that count, given its platforms."""
    return rules.effective_actions(
        {name: STORED[name](record) for name in ("platforms", *rules.ACTION_PLATFORMS)}
    )


def has_expired(record: Mapping[str, Any], now: datetime.datetime) -> bool:
    """Whether Falcon has stopped, or is about to stop, enforcing the record: its `expiration` has passed."""
    end = _EXPIRATION(record)
    return bool(record.get("expired")) or (end is not None and end <= now)


def to_item(record: Mapping[str, Any]) -> Dict[str, Any]:
    """A record in the vocabulary of items, plus its `id`: pasted back into a list it changes nothing.

    What Falcon fills in by itself, such as `no_action` for platforms that are not used, is left out. What this
    collection does not know, such as a new platform, is kept as it is.
    """
    found = {name: stored(record) for name, stored in STORED.items()}
    platforms = record.get("platforms")
    item: Dict[str, Any] = {"type": record.get("type"), "value": record.get("value")}
    for name, used in rules.ACTION_PLATFORMS.items():
        if used(found["platforms"]) or (unknown_platforms(found["platforms"]) and found[name] != "no_action"):
            item[name] = found[name]
    if found["severity"] and not rules.severity_refused(actions_of(record)):
        item["severity"] = found["severity"]
    item["platforms"] = list(platforms) if isinstance(platforms, (list, tuple)) else []
    if found["applied_globally"] or not found["host_groups"]:
        # Neither global nor in a host group is what is left when the last host group is deleted.
        item["applied_globally"] = found["applied_globally"]
    else:
        item["host_groups"] = list(found["host_groups"])
    if found["expiration"] is not None:
        item["expiration"] = record["expiration"]
    for name in FREE:
        value = found[name]
        if isinstance(value, tuple):
            value = [element for element in value if element.strip()]  # an item takes no blank one
        if value:
            item[name] = value
    if found["filename"] and rules.takes_filename(str(record.get("type"))):
        item["filename"] = found["filename"]
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
    filename = STORED["filename"](raw)
    if filename and not item.get("filename"):
        item["filename"] = filename
    if raw.get("expired") is True:
        for name in ("action", "mobile_action"):
            if item.get(name) == "no_action":  # what expiry made of it
                del item[name]
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
    unused = not item.get("platforms") or not rules.is_mobile(platforms)
    if item.get("mobile_action") in ("", "no_action", None) and unused:
        item.pop("mobile_action", None)
    if item.get("action") in ("", "no_action", None) and not rules.is_desktop(platforms):
        item.pop("action", None)
    if item.get("applied_globally") is True and not item.get("host_groups"):
        item.pop("host_groups", None)
    for name in ("severity", *FREE, "filename", "platforms", "mobile_action"):
        if name in item and not item[name]:
            del item[name]
    return item


def predicted(before: Optional[Record], body: Mapping[str, Any]) -> Record:
    """The record as it will be once `body` has been written over `before`, as far as a client can know."""
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
    for key in ("severity", *(FIELDS[name].wire for name in FREE)):
        if not after.get(key):
            after.pop(key, None)
    if "platforms" in body:
        for name, used in rules.ACTION_PLATFORMS.items():
            if name in after and not used(_PLATFORMS(after)):
                after[name] = "no_action"
    if before is None:
        after.update(expired=False, deleted=False, from_parent=False)
    return after


def unlike(sent: Mapping[str, Any], record: Mapping[str, Any]) -> List[str]:
    """Name the keys of a sent body that the stored record does not show.

    Tolerant of what a tenant may do to the text of a field: case of a severity, order of a list, form of an
    instant; and of the action that it discards for platforms that are not used.
    """
    return [name for name, value in sent.items() if not _shows(record, name, value, sent)]


def _shows(record: Mapping[str, Any], name: str, value: Any, sent: Mapping[str, Any]) -> bool:
    if name in ("type", "value"):
        return identity({**record, "type": record.get("type")}) == identity({**record, name: value})
    if name == "host_groups" and sent.get("applied_globally"):
        return True
    used = rules.ACTION_PLATFORMS.get(name)
    if used is not None and not used(_PLATFORMS(record)):
        return True
    field = _BY_WIRE.get(name)
    if field is None:
        return True
    return FIELDS[field].equal(STORED[field](record), STORED[field]({name: value}))


#: The field that each key of a body belongs to.
_BY_WIRE = {FIELDS[name].wire: name for name in STORED}

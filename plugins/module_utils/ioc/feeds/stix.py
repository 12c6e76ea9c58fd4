# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""STIX 2.0 and 2.1 (OASIS): the patterns of indicators, and cyber-observable objects; also in envelopes of TAXII."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Optional, Set

from . import exchange, stix_pattern
from .model import Fault, Feed, Row, Stop, words
from .rows import end_of

#: Objects that tell a story, or describe others: they are no rows.
_STORIES = words(
    "attack-pattern campaign course-of-action grouping identity incident infrastructure intrusion-set location malware "
    "malware-analysis note observed-data opinion report threat-actor tool vulnerability relationship sighting "
    "marking-definition language-content extension-definition bundle data-component data-source case-incident "
    "case-rfi case-rft feedback task channel event narrative"
)


_OBSERVABLES = words(
    "artifact autonomous-system directory domain-name email-addr email-message file ipv4-addr ipv6-addr "
    "mac-addr mutex network-traffic process software url user-account windows-registry-key "
    "x509-certificate hostname x-opencti-hostname"
)


def is_object(one: Any) -> bool:
    """Whether something is a STIX object: its id is its type and a UUID."""
    return isinstance(one, Mapping) and str(one.get("id")).startswith(f"{one.get('type')}--")


def is_stix(document: Any) -> bool:
    """Whether a document is a bundle, an envelope of TAXII, a list of objects, or one object."""
    if isinstance(document, list):
        return bool(document) and all(map(is_object, document[:5]))
    if not isinstance(document, Mapping):
        return False
    objects = document.get("objects")
    return (
        document.get("type") == "bundle"
        or is_object(document)
        or (
            isinstance(objects, list)
            and (not objects or any(isinstance(o, Mapping) and "type" in o for o in objects[:5]))
        )
        or not document  # the envelope of a TAXII collection that holds nothing
        or ("more" in document and set(document) <= {"more", "next", "objects"})
    )


def rows(document: Any, feed: Feed) -> Iterator[Any]:
    """Read a bundle, an envelope, a list of objects, or one object; the number of a row is the ordinal of its object.

    Objects that only tell a story (malware, relationships, reports ...) are no rows.
    """
    objects = document.get("objects", [document]) if isinstance(document, Mapping) else document
    objects = objects if isinstance(objects, list) else []
    if isinstance(document, Mapping) and _says_more(document):
        yield Stop(
            feed.path, "feed_partial", "the envelope of TAXII says that there are more objects than it holds"
        )
    newest = _newest(objects)
    for number, one in enumerate(objects, 1):
        if not isinstance(one, Mapping):
            yield Row(number, str(one)[:200], [Fault("not a STIX object", False, "no_object")], {})
            continue
        yield from _of_object(number, one, newest, feed)


def _says_more(envelope: Mapping[str, Any]) -> bool:
    """Whether an envelope of TAXII is one of several: it says so, or names the next one and not that it is the last."""
    more = envelope.get("more", bool(envelope.get("next")))
    return more not in (False, None, 0) and str(more).strip().lower() not in ("false", "0", "")


def _of_object(number: int, one: Mapping[str, Any], newest: Mapping[str, str], feed: Feed) -> Iterator[Row]:
    kind = str(one.get("type"))
    inner = one.get("objects")
    if kind == "observed-data" and isinstance(inner, Mapping):  # STIX 2.0
        for observable in inner.values():
            if isinstance(observable, Mapping):
                yield Row(number, _name(observable), _observable(observable), _fields(observable))
    elif (
        kind == "indicator"
        or kind in _OBSERVABLES
        or (kind not in _STORIES and not {"value", "x_misp_value"}.isdisjoint(one))
    ):
        item = _exported(one)
        withdrawn = _withdrawn(one, newest)
        if item is not None and withdrawn is None:
            yield Row(
                number, _name(one), [(f"exactly {item['type']}", item["value"])], exchange.fields(item), True
            )
            return
        ended = withdrawn or _end(one, feed)
        if isinstance(ended, Fault):
            yield Row(number, _name(one), [ended], {})
        else:
            values = _indicator(one) if kind == "indicator" else _observable(one)
            yield Row(number, _name(one), values, _fields(one), until=ended)


def _newest(objects: List[Any]) -> Dict[str, str]:
    """The time of the last version of each object: a collection may hold several."""
    newest: Dict[str, str] = {}
    twice: Set[str] = set()
    for one in objects:
        if isinstance(one, Mapping) and isinstance(one.get("modified"), str):
            name = str(one.get("id"))
            if name in newest:
                twice.add(name)
            newest[name] = max(newest.get(name, ""), one["modified"])
    return {name: newest[name] for name in twice}


def _exported(one: Mapping[str, Any]) -> Optional[Dict[str, Any]]:
    """The item of an indicator that our own export wrote, which may be one that is only allowed."""
    if not isinstance(one.get("extensions"), Mapping) or not isinstance(one.get("pattern"), str):
        return None
    values = stix_pattern.read(one["pattern"])
    return exchange.of_extension(one, (each for each in values if not isinstance(each, Fault)))


def _withdrawn(one: Mapping[str, Any], newest: Mapping[str, str]) -> Optional[Fault]:
    """Why an object does not count any more."""
    if one.get("revoked") is True:
        return Fault("revoked by its publisher", False, "revoked")
    if str(one.get("modified")) < newest.get(str(one.get("id")), ""):
        return Fault("an earlier version of an object that comes again", False, "superseded")
    return None


def _end(one: Mapping[str, Any], feed: Feed) -> Any:
    """The end of an object, empty where it has none, or a Fault where it has passed."""
    until = one.get("valid_until")
    return end_of(until, feed) if isinstance(until, str) else ""


def _name(one: Mapping[str, Any]) -> str:
    pattern = one.get("pattern")
    return (
        pattern
        if isinstance(pattern, str)
        else str(one.get("value") or one.get("name") or one.get("id") or one.get("type"))[:2000]
    )


def _fields(one: Mapping[str, Any]) -> Dict[str, Any]:
    fields: Dict[str, Any] = {}
    texts = [one[key] for key in ("name", "description") if isinstance(one.get(key), str)]
    if one.get("type") == "indicator" and texts:
        fields["description"] = ": ".join(texts)
    if one.get("type") == "file" and isinstance(one.get("name"), str):
        fields["filename"] = one["name"]
    if isinstance(one.get("labels"), list):
        fields["tags"] = [label for label in one["labels"] if isinstance(label, str)]
    return fields


def _indicator(one: Mapping[str, Any]) -> List[Any]:
    pattern = one.get("pattern")
    called = [*_list(one.get("indicator_types")), *_list(one.get("labels"))]
    if "benign" in called:
        return [Fault("called benign by its publisher", False, "benign")]
    if str(one.get("pattern_type") or "stix").lower() != "stix":
        return [
            Fault(f"a pattern in {str(one['pattern_type'])[:40]}, not in STIX", False, "pattern_language")
        ]
    if not isinstance(pattern, str) or not pattern.strip():
        return [Fault("an indicator without a pattern", True, "no_value")]
    return stix_pattern.read(pattern)


def _list(value: Any) -> List[Any]:
    return value if isinstance(value, list) else []


def _observable(one: Mapping[str, Any]) -> List[Any]:
    kind = str(one.get("type"))
    hashes = one.get("hashes")
    if kind in stix_pattern.HASH_OBJECTS and isinstance(hashes, Mapping) and hashes:
        return [stix_pattern.hash_of(str(algorithm), value) for algorithm, value in hashes.items()]
    if kind in stix_pattern.VALUE_OBJECTS and isinstance(one.get("value"), str):
        return [(stix_pattern.VALUE_OBJECTS[kind], one["value"])]
    broken = kind in stix_pattern.VALUE_OBJECTS
    return [Fault(f"{kind[:60]} is not something that Falcon takes", broken, "type_not_taken")]

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists of records as other tools write them: answers of the API, FalconPy, PSFalcon, abuse.ch, and tables in JSON.

The keys of the records are read like the headings of a table.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence

from . import headings, layout, user_columns
from .model import ColumnsRead, Fault, Feed, FeedProblem, Row, Stop
from .rows import RowReader

#: Keys under which lists of records are found.
_WRAPPERS = (
    "resources",
    "indicators",
    "iocs",
    "data",
    "results",
    "urls",
    "payloads",
    "items",
    "records",
    "value",
)
#: Keys beside such a list in the answers of services, which name no lists of indicators themselves.
ANSWER = frozenset(
    ("meta", "errors", "query_status", "count", "next", "previous", "body", "status_code", "headers")
)
_SAMPLE = 100
#: How answers of other services call their next page, or say that there is one.
_NEXT = ("next", "next_page", "next_url", "nextLink", "@odata.nextLink", "has_more", "hasMore")
#: Feodo Tracker gives the name that the provider gave the address, which is no name of the attacker's.
_REVERSE_NAME = frozenset(("ip_address", "as_number", "hostname"))


def records_of(document: Any) -> Optional[List[Any]]:
    """The records of a document, or None where it is no list of them."""
    if isinstance(document, Mapping):
        return _within(document)
    if isinstance(document, list) and document and isinstance(document[0], Mapping):
        inner = [
            records for one in document if isinstance(one, Mapping) for records in [_within(one)] if records
        ]
        if inner and len(inner) == len(document):  # pages of an answer, one after another
            return [record for records in inner for record in records]
        return document
    return None


def _within(document: Mapping[str, Any]) -> Optional[List[Any]]:
    body = document.get("body")
    if isinstance(body, Mapping) and "status_code" in document:  # what FalconPy returns
        return _within(body)
    for key in _WRAPPERS:
        inner = document.get(key)
        if isinstance(inner, list) and all(isinstance(one, Mapping) for one in inner[:5]):
            return inner
        if inner is None and key in document and not ANSWER.isdisjoint(document):
            return []  # FalconPy and Go write null for an empty list
    if is_record(document):
        return [document]  # PowerShell writes a list of one as its only element
    lists = list(document.values())
    if lists and all(isinstance(one, list) and one and isinstance(one[0], Mapping) for one in lists):
        return [record for one in lists for record in one]  # abuse.ch: records by their number
    if lists and len(lists) > 1 and all(isinstance(one, Mapping) and is_record(one) for one in lists):
        return [{"value": key, **one} if _needs_value(one) else one for key, one in document.items()]
    return None


def _needs_value(one: Mapping[str, Any]) -> bool:
    return not any(_role_name(key) in ("value", "either", "kind", "pattern") for key in one)


def _role_name(key: object) -> str:
    role = headings.role_of(str(key))
    return role.name if role else ""


def is_record(one: Mapping[str, Any]) -> bool:
    """Whether a mapping is a record: one of its keys names a value."""
    names = [
        _role_name(key)
        for key, value in one.items()
        if not isinstance(value, Mapping) and not _holds_records(value)
    ]
    return any(name in ("value", "either", "kind", "pattern") for name in names) and len(one) > 1


def _holds_records(value: Any) -> bool:
    return isinstance(value, list) and not all(isinstance(one, (str, int, float)) for one in value[:5])


def is_records(document: Any) -> bool:
    """Whether a document is a list of records one of which names a value."""
    records = records_of(document)
    if records is None:
        return False
    if not records:
        return isinstance(document, Mapping)
    return any(is_record(_flat(one)) for one in records[:20] if isinstance(one, Mapping))


def rows(document: Any, feed: Feed) -> Iterator[Any]:
    """Read records; the number of a row is the ordinal of its record."""
    yield from incomplete(document, feed)
    yield from rows_of(records_of(document) or [], feed)


def rows_of(records: Sequence[Any], feed: Feed) -> Iterator[Any]:
    """Read a list of records as a table whose headings are their keys.

    Raises FeedProblem where no key names a value, or where columns names a key that is not there.
    """
    flat = [_flat(one) if isinstance(one, Mapping) else one for one in records]
    sample = [one for one in flat[:_SAMPLE] if isinstance(one, Mapping)]
    if not sample:
        return
    keys = list(dict.fromkeys(key for one in sample for key in one))
    body = [[_shown(one.get(key)) for key in keys] for one in sample]
    found = (
        user_columns.find(feed.columns, keys, body, feed.path) if feed.columns else layout.find(keys, body)
    )
    if found is None:
        raise FeedProblem(f"{feed.path}: no key of these records names a value ({', '.join(keys)[:200]})")
    reader = RowReader(_without_reverse_names(found, keys), feed)
    yield ColumnsRead(reader.layout.columns_read())
    for number, one in enumerate(flat, 1):
        if isinstance(one, Mapping):
            cells = [one.get(key) for key in keys]
            yield reader.row(number, _about(one), cells)
        else:
            yield Row(number, str(one)[:200], [Fault("not a record", True, "no_object")], {})
    yield from reader.warnings()


def _without_reverse_names(found: layout.Layout, keys: Sequence[str]) -> layout.Layout:
    if not set(keys) >= _REVERSE_NAME:
        return found
    return found._replace(values=tuple(pair for pair in found.values if keys[pair[0]] != "hostname"))


def _flat(one: Mapping[str, Any]) -> Dict[str, Any]:
    """A record with the records inside it spread out: metadata: {filename: x} becomes metadata.filename: x."""
    flat: Dict[str, Any] = {}
    for key, value in one.items():
        if isinstance(value, Mapping):
            flat.update({f"{key}.{name}": inner for name, inner in value.items()})
        else:
            flat[str(key)] = value
    return flat


def _shown(value: Any) -> str:
    """A value as the cell of a table, to tell what its column holds."""
    if isinstance(value, list):
        return ", ".join(one for one in value[:20] if isinstance(one, str))
    return str(value) if isinstance(value, (str, int, float)) else ""


def _about(one: Mapping[str, Any]) -> str:
    return ", ".join(_shown(value) for value in list(one.values())[:6] if _shown(value))[:400]


def _names_next(answer: Mapping[str, Any]) -> bool:
    """Whether an answer names a next page, or says that there is one, beside its records or in its links."""
    links = answer.get("links")
    beside = links if isinstance(links, Mapping) else {}
    return any(
        holder.get(name) is True or (isinstance(holder.get(name), str) and bool(holder[name].strip()))
        for holder in (answer, beside)
        for name in _NEXT
    )


def incomplete(document: Any, feed: Feed) -> Iterator[Stop]:
    """Whether an answer says that there is more than it holds, or that something went wrong."""
    several = (
        isinstance(document, list)
        and document
        and isinstance(document[0], Mapping)
        and not is_record(document[0])
    )
    for answer in document if several else [document]:
        if isinstance(answer, Mapping) and isinstance(answer.get("body"), Mapping):
            answer = answer["body"]
        if not isinstance(answer, Mapping):
            continue
        if answer.get("errors") and _within(answer) is not None:
            yield Stop(feed.path, "feed_partial", "the answer holds errors beside its records")
        if _names_next(answer):
            yield Stop(feed.path, "feed_partial", "the answer names a next page")
    if isinstance(document, Mapping):
        document = document.get("body") if isinstance(document.get("body"), Mapping) else document
        meta = document.get("meta")
        pages = meta.get("pagination") if isinstance(meta, Mapping) else None
        total = pages.get("total") if isinstance(pages, Mapping) else None
        held = len(_within(document) or ())
        if isinstance(total, int) and total > held:
            yield Stop(feed.path, "feed_partial", f"the answer holds {held} of {total} records")

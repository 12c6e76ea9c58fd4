# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Published threat feeds: files of indicators in the formats that publishers and other tools write.

A feed is a mapping: path, format (see formats.OPTIONS), defaults, url_to (domain, skip), columns, types, to_ids
(respect, ignore) and fields. formats has the readers; what they give is judged here, row by row.
"""

from __future__ import annotations

import datetime
import re
from typing import Any, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Set, Tuple

from ..record import without_leftovers
from ..values import HASH_LENGTHS, TYPES, Identity, ValueProblem, normalise
from ..wording import visible
from . import cells, formats, item_list
from .labels import judge
from .model import (
    DESCRIPTION_LENGTH,
    SHOWN_LENGTH,
    SOFT,
    ColumnsRead,
    Entry,
    Fault,
    Feed,
    FeedProblem,
    Outcome,
    Reject,
    Row,
    Stop,
    Warned,
    cut,
)
from .refang import clean

FORMATS = formats.OPTIONS


class Collected(NamedTuple):
    """Feeds read to the end.

    counts holds entries (each indicator once), by_type, duplicates, rejected, malformed, by_reason and by_code.
    stops are the reasons not to purge on the word of these feeds. columns_read says by path which column of a table
    was read as which field.
    """

    entries: List[Entry]
    rejects: List[Reject]
    counts: Dict[str, Any]
    stops: List[Stop]
    warnings: List[str]
    columns_read: Dict[str, Dict[str, str]]


def read(
    feed: Mapping[str, Any],
    owner: str = "",
    dated: Iterable[str] = (),
    now: Optional[datetime.datetime] = None,
) -> Iterator[Outcome]:
    """Read one feed, row by row; repeats are given as often as they are in it.

    owner is the source that owns the list of the feed, dated the types for which a default of the list says when
    indicators expire. Raises FeedProblem where the file cannot be read or parsed.
    """
    given = _feed(feed, owner, dated, now)
    found = 0
    sources: Set[str] = set()
    for outcome in formats.rows(given):
        if not isinstance(outcome, Row):
            yield outcome
            continue
        for each in _outcomes(outcome, given, sources):
            found += isinstance(each, Entry)
            yield each
    if sources:
        yield Warned(
            f"source was ignored: the list belongs to {owner}, and records name {', '.join(sorted(sources)[:5])}"
        )
    if not found:
        yield Stop(given.path, "feed_empty", "the feed gave no indicator")


def read_all(
    feeds: Iterable[Mapping[str, Any]],
    owner: str = "",
    dated: Iterable[str] = (),
    now: Optional[datetime.datetime] = None,
) -> Collected:
    """Read feeds to the end; of indicators that repeat, within a feed or across, the first is kept.

    Takes and raises what read does.
    """
    collected = Collected([], [], {}, [], [], {})
    seen: Set[Identity] = set()
    duplicates = 0
    for feed in feeds:
        path = str(feed["path"])
        for outcome in read(feed, owner, dated, now):
            if isinstance(outcome, Entry):
                identity = (outcome.item["type"], outcome.item["value"])
                if identity in seen:
                    duplicates += 1
                    continue
                seen.add(identity)
                collected.entries.append(outcome)
            elif isinstance(outcome, Reject):
                collected.rejects.append(outcome)
            elif isinstance(outcome, Stop):
                collected.stops.append(outcome)
            elif isinstance(outcome, ColumnsRead):
                collected.columns_read.setdefault(path, {}).update(outcome.columns)
            else:
                warning = f"{path}: {outcome.message}"
                if warning not in collected.warnings:
                    collected.warnings.append(warning)
    collected.counts.update(_counts(collected.entries, collected.rejects, duplicates))
    return collected


def _counts(entries: Iterable[Entry], rejects: List[Reject], duplicates: int) -> Dict[str, Any]:
    by_type: Dict[str, int] = {}
    for entry in entries:
        by_type[entry.item["type"]] = by_type.get(entry.item["type"], 0) + 1
    by_reason: Dict[str, int] = {}
    by_code: Dict[str, int] = {}
    for reject in rejects:
        by_code[reject.code] = by_code.get(reject.code, 0) + 1
        # Reasons that quote the value would be as many as there are rejects.
        reason = re.sub(r"'[^']*'|\"[^\"]*\"|\bgot \d+", "...", reject.reason)
        by_reason[reason] = by_reason.get(reason, 0) + 1
    return {
        "entries": sum(by_type.values()),
        "by_type": by_type,
        "duplicates": duplicates,
        "rejected": len(rejects),
        "malformed": sum(1 for reject in rejects if reject.malformed),
        "by_reason": by_reason,
        "by_code": by_code,
    }


def _feed(
    given: Mapping[str, Any], owner: str, dated: Iterable[str], now: Optional[datetime.datetime]
) -> Feed:
    path = str(given["path"])
    kind = given.get("format") or "auto"
    _check(path, "format", [kind], FORMATS)
    types = given.get("types") or TYPES
    _check(path, "types", types, TYPES)
    fields = given.get("fields")
    fields = cells.FIELDS if fields is None else fields
    _check(path, "fields", fields, cells.FIELDS)
    defaults: Mapping[str, Any] = given.get("defaults") or {}
    own_end = "expiration" in defaults or "expiration_days" in defaults
    return Feed(
        path=path,
        format=kind,
        defaults=defaults,
        url_to=given.get("url_to") or "domain",
        columns=given.get("columns") or {},
        types=frozenset(types),
        to_ids=given.get("to_ids") or "respect",
        fields=frozenset(fields),
        owner=owner,
        dated=frozenset(TYPES if own_end else dated),
        now=now or datetime.datetime.now(datetime.timezone.utc),
    )


def _check(path: str, option: str, given: Iterable[str], known: Tuple[str, ...]) -> None:
    unknown = sorted(str(one) for one in set(given).difference(known))
    if unknown:
        raise FeedProblem(f"{path}: {option}: {unknown[0]!r} must be one of {', '.join(known)}")


def _outcomes(row: Row, feed: Feed, sources: Set[str]) -> List[Any]:
    """The entries and rejects of one row. What a row names beside a good value, such as a file, is no reject."""
    judged: List[Any] = []
    for value in row.values:
        judged.extend([value] if isinstance(value, Fault) else _judge(value[0], value[1], feed.url_to))
    good = any(not isinstance(one, Fault) for one in judged)
    outcomes: List[Any] = []
    for one in judged:
        if isinstance(one, Fault) and good and one.code in SOFT:
            continue
        if not isinstance(one, Fault) and one[0] not in feed.types:
            one = Fault(f"type {one[0]} is not among the types to take", False, "type_filtered")
        if isinstance(one, Fault):
            shown = visible(clean(row.text[: 10 * SHOWN_LENGTH]).strip())[:SHOWN_LENGTH]
            one = one._replace(reason=visible(one.reason))
            outcomes.append(Reject(feed.path, row.line, shown, *one))
        else:
            outcomes.append(Entry(_item(one, row, feed, sources), feed.defaults, feed.path, row.line))
    return outcomes


def _judge(kind: Any, raw: str, url_to: str) -> List[Any]:
    if kind in item_list.EXACT:  # an item of ours says exactly what it is
        try:
            return [(item_list.EXACT[kind], normalise(item_list.EXACT[kind], raw))]
        except ValueProblem as problem:
            return [Fault(str(problem), True, "invalid_value")]
    return judge(kind, raw, url_to)


def _item(identity: Identity, row: Row, feed: Feed, sources: Set[str]) -> Dict[str, Any]:
    item: Dict[str, Any] = {"type": identity[0], "value": identity[1]}
    if not row.fields and not row.until:
        return item
    given = {
        name: value for name, value in row.fields.items() if name in feed.fields or name not in cells.FIELDS
    }
    if feed.owner and given.get("source", feed.owner) != feed.owner:
        sources.add(str(given.pop("source"))[:80])
    if row.is_item:
        return {**item, **given}
    description = clean(cut(given.pop("description", None) or "", DESCRIPTION_LENGTH))
    tags = list(dict.fromkeys(filter(None, (clean(tag).strip() for tag in given.pop("tags", None) or ()))))
    filename = clean(given.pop("filename", None) or "").strip()
    if description:
        item["description"] = description
    if tags:
        item["tags"] = tags
    if filename and identity[0] in HASH_LENGTHS:
        item["filename"] = filename
    if given:
        item.update(given)
        if "mobile_action" in given or "action" in given:
            item = without_leftovers(item)
    if (
        row.until
        and "expiration" not in item
        and identity[0] not in feed.dated
        and "expiration" in feed.fields
    ):
        item["expiration"] = row.until
    return item

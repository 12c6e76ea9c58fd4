# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Published threat feeds: files of indicators in the formats that publishers use, dirt included.

A feed is a mapping: C{path}, C{format} (C{auto}, C{csv}, C{text}, C{stix}, C{misp}, C{list}), C{defaults}, C{url_to}
(C{domain}, C{skip}), C{columns}, C{types} and C{to_ids} (C{respect}, C{ignore}).
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Set, Tuple

from ..values import HASH_LENGTHS, TYPES, Identity, ValueProblem, normalise
from . import delimited, item_list, line_formats, misp, stix, text
from .labels import judge
from .model import (
    DESCRIPTION_LENGTH,
    SHOWN_LENGTH,
    ColumnsRead,
    Entry,
    Fault,
    FeedProblem,
    Outcome,
    Reject,
    Row,
    Stop,
    Warned,
    cut,
)
from .refang import clean
from .source import head, json_of, lines

FORMATS = ("auto", "csv", "text", "stix", "misp", "list")

_JSON = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[\[{\"\]])")
_BEFORE_YAML = r"(?:[ \t]*(?:#.*|---.*|%.*)?\n)*"
_YAML = re.compile(
    rf"{_BEFORE_YAML}\s*(?:-\s+(?:type|value|state|action)\s*:|(?:iocs|indicators|falcon_iocs)\s*:)"
)
# The first item of a list, which may be under a name of its own; other fields may come before its type and value.
_FIRST_ITEM = re.compile(
    rf"{_BEFORE_YAML}(?:[\w-]+:[ \t]*\n)?(?P<indent>[ \t]*)-\s+(?P<item>[^\n]*(?:\n(?!(?P=indent)-\s)[^\n]*)*)"
)
_KEYS = tuple(
    re.compile(rf"(?:^|[{{,])\s*[\"']?{name}[\"']?\s*:", re.MULTILINE) for name in ("type", "value")
)


_DOCUMENTS: Dict[str, Tuple[Callable[[Any], bool], str]] = {
    "stix": (stix.is_stix, "STIX"),
    "misp": (misp.is_misp, "MISP"),
    "list": (item_list.is_list, "a list of items with type and value"),
}


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


def read(feed: Mapping[str, Any]) -> Iterator[Outcome]:
    """Read one feed, row by row; repeats are given as often as they stand in it.

    @raise FeedProblem: the file cannot be read or parsed
    """
    path = str(feed["path"])
    types = frozenset(feed.get("types") or TYPES)
    unknown = types.difference(TYPES)
    if unknown:
        raise FeedProblem(f"{path}: types: {sorted(unknown)[0]!r} is none of {', '.join(TYPES)}")
    defaults: Mapping[str, Any] = feed.get("defaults") or {}
    url_to = feed.get("url_to") or "domain"
    for row in _rows(path, feed):
        for value in row.values:
            outcomes = [value] if isinstance(value, Fault) else _judge(value[0], value[1], url_to)
            for outcome in outcomes:
                if not isinstance(outcome, Fault) and outcome[0] not in types:
                    outcome = Fault(
                        f"type {outcome[0]} is not among the types to take", False, "type_filtered"
                    )
                if isinstance(outcome, Fault):
                    yield Reject(
                        path, row.line, clean(row.text[: 10 * SHOWN_LENGTH]).strip()[:SHOWN_LENGTH], *outcome
                    )
                else:
                    yield Entry(_item(outcome, row), defaults, path, row.line)


def read_all(feeds: Iterable[Mapping[str, Any]]) -> Collected:
    """Read feeds to the end; of indicators that repeat, within a feed or across, the first is kept.

    @raise FeedProblem: a file cannot be read or parsed
    """
    entries: List[Entry] = []
    rejects: List[Reject] = []
    seen: Set[Identity] = set()
    by_type: Dict[str, int] = {}
    by_reason: Dict[str, int] = {}
    by_code: Dict[str, int] = {}
    stops: List[Stop] = []
    warnings: List[str] = []
    columns_read: Dict[str, Dict[str, str]] = {}
    duplicates = 0
    for feed in feeds:
        for outcome in read(feed):
            if isinstance(outcome, Stop):
                stops.append(outcome)
                continue
            if isinstance(outcome, Warned):
                warnings.append(f"{feed['path']}: {outcome.message}")
                continue
            if isinstance(outcome, ColumnsRead):
                columns_read[str(feed["path"])] = outcome.columns
                continue
            if isinstance(outcome, Reject):
                rejects.append(outcome)
                # Reasons that quote the value would be as many as there are rejects.
                reason = re.sub(r"'[^']*'|\"[^\"]*\"|\bgot \d+", "...", outcome.reason)
                by_code[outcome.code] = by_code.get(outcome.code, 0) + 1
                by_reason[reason] = by_reason.get(reason, 0) + 1
                continue
            identity = (outcome.item["type"], outcome.item["value"])
            if identity in seen:
                duplicates += 1
                continue
            seen.add(identity)
            entries.append(outcome)
            by_type[identity[0]] = by_type.get(identity[0], 0) + 1
    counts = {
        "entries": len(entries),
        "by_type": by_type,
        "duplicates": duplicates,
        "rejected": len(rejects),
        "malformed": sum(1 for reject in rejects if reject.malformed),
        "by_reason": by_reason,
        "by_code": by_code,
    }
    return Collected(entries, rejects, counts, stops, warnings, columns_read)


def _judge(kind: Any, raw: str, url_to: str) -> List[Any]:
    if kind in item_list.EXACT:  # an item of ours says exactly what it is
        try:
            return [(item_list.EXACT[kind], normalise(item_list.EXACT[kind], raw))]
        except ValueProblem as problem:
            return [Fault(str(problem), True, "invalid_value")]
    return judge(kind, raw, url_to)


def _item(identity: Identity, row: Row) -> Dict[str, Any]:
    item: Dict[str, Any] = {"type": identity[0], "value": identity[1]}
    if row.is_item:
        return {**item, **row.fields}
    description = clean(cut(row.fields.get("description") or "", DESCRIPTION_LENGTH))
    tags = [clean(tag).strip() for tag in row.fields.get("tags") or ()]
    filename = clean(row.fields.get("filename") or "").strip()
    if description:
        item["description"] = description
    if any(tags):
        item["tags"] = list(dict.fromkeys(filter(None, tags)))
    if filename and identity[0] in HASH_LENGTHS:
        item["filename"] = filename
    return item


def _rows(path: str, feed: Mapping[str, Any]) -> Iterator[Row]:
    kind = feed.get("format") or "auto"
    if kind not in FORMATS:
        raise FeedProblem(f"{path}: format: {kind!r} is none of {', '.join(FORMATS)}")
    columns = feed.get("columns") or {}
    document: Any = None
    beginning = head(path)
    if kind in ("stix", "misp") or (kind in ("auto", "list") and _JSON.match(beginning.lstrip("\ufeff"))):
        document = json_of(path)
    elif kind == "list" or (kind == "auto" and _is_yaml(beginning)):
        kind, document = "list", item_list.yaml_of(path)
    if kind == "auto":
        kind = (
            _kind_of_document(document, path)
            if document is not None
            else _kind_of_text(beginning, bool(columns))
        )
    if kind == "csv":
        return delimited.rows(lines(path), path, columns)
    if kind == "text":
        return text.rows(lines(path), beginning)
    is_kind, name = _DOCUMENTS[kind]
    if not is_kind(document):
        raise FeedProblem(f"{path}: this is not {name}")
    if kind == "misp":
        return misp.rows(document, feed.get("to_ids") or "respect")
    return stix.rows(document) if kind == "stix" else item_list.rows(document)


def _is_yaml(beginning: str) -> bool:
    if _YAML.match(beginning):
        return True
    first = _FIRST_ITEM.match(beginning)
    return first is not None and all(key.search(first.group("item")) for key in _KEYS)


def _kind_of_text(beginning: str, has_columns: bool) -> str:
    whole = beginning.splitlines()
    if not has_columns and line_formats.reader_of([clean(line) for line in whole[:400]]) is not None:
        return "text"  # a hosts file is no table of addresses
    sample = whole[: delimited.SAMPLE * 2]
    return "csv" if has_columns or delimited.recognised(sample) else "text"


def _kind_of_document(document: Any, path: str) -> str:
    kind = next((kind for kind, (is_kind, _name) in _DOCUMENTS.items() if is_kind(document)), None)
    if kind is None:
        raise FeedProblem(
            f"{path}: this is neither {', nor '.join(name for _is_kind, name in _DOCUMENTS.values())}"
        )
    return kind

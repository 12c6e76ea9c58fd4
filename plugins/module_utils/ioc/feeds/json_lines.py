# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON lines: one JSON value on each line, as bulk exports and log pipelines write them."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, Iterator, List, Sequence, Tuple

from .model import Fault, Feed, Row, Stop
from .source import lines

_SAMPLE = 5


def is_json_lines(sample: Sequence[str]) -> bool:
    """Whether a text is JSON lines: its first line is a whole object, and another begins in the next."""
    filled = [line.strip().lstrip("\ufeff") for line in sample if line.strip()][:2]
    return (
        len(filled) == 2
        and filled[1].startswith("{")
        and any(isinstance(value, dict) for value in _parsed(filled[0]))
    )


def _parsed(line: str) -> List[Any]:
    try:
        return [json.loads(line)]
    except (ValueError, RecursionError):
        return []


def rows(
    feed: Feed, read: Callable[[Any], Iterator[Any]], by_element: Callable[[Any], bool]
) -> Iterator[Any]:
    """Read every line with the reader of documents; the number of a row is that of its line.

    read gives the rows of one document. by_element says that a document is a record, so that all lines are read as
    one list of them and their keys are understood together.
    """
    documents: List[Tuple[int, Any]] = []
    broken: List[Row] = []
    last = 0
    for number, text in lines(feed.path):
        text = text.strip().lstrip("\ufeff")
        if not text:
            continue
        last = number
        found = _parsed(text)
        if found:
            documents.append((number, found[0]))
        else:
            broken.append(Row(number, text[:400], [Fault("this line is not JSON", True, "invalid_json")], {}))
    if broken and broken[-1].line == last:
        yield Stop(feed.path, "feed_partial", f"line {last}, the last, is not whole; the file may be cut")
    yield from broken
    if documents and all(by_element(document) for _number, document in documents[:_SAMPLE]):
        numbers: Dict[int, int] = {place: number for place, (number, _one) in enumerate(documents, 1)}
        for outcome in read([document for _number, document in documents]):
            yield outcome._replace(line=numbers[outcome.line]) if isinstance(outcome, Row) else outcome
        return
    for number, document in documents:
        for outcome in read(document):
            yield outcome._replace(line=number) if isinstance(outcome, Row) else outcome

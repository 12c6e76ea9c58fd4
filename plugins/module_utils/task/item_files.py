# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of items: the option iocs_from, which means exactly what iocs means, kept in files."""

from __future__ import annotations

import csv
import glob
import os
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

from ..ioc.feeds.item_list import yaml_of
from ..ioc.feeds.model import FeedProblem
from ..ioc.feeds.source import json_of, lines
from ..ioc.fields import FIELDS
from .base import TaskFailed

_SUFFIXES = "a name that ends in .yml, .yaml, .json or .csv"


class Placed(NamedTuple):
    """An item as it was written, and where."""

    item: Any
    place: str


def read_files(patterns: Sequence[str], option: str = "iocs_from") -> Iterator[Placed]:
    """The items of all files, in the order of the patterns and then of the names.

    Raises TaskFailed where a pattern matches no file, or a file cannot be read or is no list of items.
    """
    for path in _paths(patterns, option):
        try:
            yield from _csv(path) if path.lower().endswith(".csv") else _document(path, option)
        except FeedProblem as problem:
            raise TaskFailed(f"{option}: {problem}") from problem


def _paths(patterns: Sequence[str], option: str) -> List[str]:
    found: List[str] = []
    for pattern in patterns:
        if os.path.isdir(pattern):
            raise TaskFailed(
                f"{option}: {pattern} is a folder; name its files, such as {pattern.rstrip('/')}/*.yml"
            )
        matches = sorted(glob.glob(pattern, recursive=True))
        if not matches:
            raise TaskFailed(f"{option}: no file matches {pattern}")
        found.extend(path for path in matches if not os.path.isdir(path))
    return list(dict.fromkeys(found))


def _document(path: str, option: str) -> Iterator[Placed]:
    name = path.lower()
    if not name.endswith((".json", ".yml", ".yaml")):
        raise TaskFailed(f"{option}: {path} must have {_SUFFIXES}")
    document = json_of(path) if name.endswith(".json") else yaml_of(path)
    return _of_document(document, path, option)


def _of_document(document: Any, path: str, option: str) -> Iterator[Placed]:
    if isinstance(document, Mapping):
        for wrapper in ("falcon_iocs", "iocs", "indicators"):
            if wrapper in document:
                document = document[wrapper]
                break
    parts: List[Tuple[str, Any]] = (
        [(f"{path} {name}", items) for name, items in document.items()]
        if isinstance(document, Mapping)
        else [(path, document)]
    )
    for place, items in parts:
        if not isinstance(items, list):
            raise TaskFailed(f"{option}: {place} must hold a list of items, or named lists of items")
        for number, item in enumerate(items):
            yield Placed(item, f"{place}[{number}]")


def _csv(path: str) -> Iterator[Placed]:
    """A table with a heading that names fields of an item. An empty cell is a field that was left out."""
    numbered = lines(path)
    first = next(numbered, None)
    heading = [name.strip() for name in _cells(first[1])] if first else []
    unknown = [name for name in heading if name not in FIELDS]
    if unknown or not {"type", "value"}.issubset(heading):
        wrong = f"{unknown[0]!r} is no field of an item" if unknown else "it needs the columns type and value"
        raise TaskFailed(
            f"{path} line 1: {wrong}; a table of a publisher is a feed (feeds, falcon_ioc_feeds), not a file of items"
        )
    for number, line in numbered:
        cells = _cells(line)
        if any(cell.strip() for cell in cells):
            given: Dict[str, Any] = {name: cell.strip() for name, cell in zip(heading, cells) if cell.strip()}
            if len(cells) > len(heading):
                given[f"column {len(heading) + 1}"] = cells[len(heading)]  # named as an unknown field
            yield Placed(given, f"{path} line {number}")


def _cells(line: str) -> List[str]:
    return next(csv.reader([line]), [])

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists of items in our own shape, and of records of a tenant, in JSON or YAML, such as an export."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from ..fields import FIELDS
from ..record import READ_ONLY, as_item, refused
from ..values import TYPES
from . import headings
from .kinds import Kind
from .model import ColumnsRead, Fault, Feed, FeedProblem, Row
from .records import ANSWER, incomplete
from .source import text_of

#: Kinds for values that are what they say, or broken: nothing about them is undone or guessed.
EXACT = {f"exactly {kind}": kind for kind in TYPES}
#: Most values that a YAML alias may stand for.
ALIASED = 200
_LINK = Fault("a link of the list, not an indicator", False, "report_link")
_WRAPPERS = ("iocs", "indicators", "falcon_iocs", "resources")

_BEFORE_YAML = r"(?:[ \t]*(?:#.*|---.*|%.*)?\n)*"
_YAML = re.compile(
    rf"{_BEFORE_YAML}[ \t]*(?:-[ \t]+(?:type|value|state|action)[ \t]*:|(?:iocs|indicators|falcon_iocs)[ \t]*:)"
)
# The first item of a list, which may be under a name of its own; other fields may come before its type and value.
_FIRST_ITEM = re.compile(
    rf"{_BEFORE_YAML}(?:[\w-]+:[ \t]*\n)?(?P<indent>[ \t]*)-\s+(?P<item>[^\n]*(?:\n(?!(?P=indent)-\s)[^\n]*)*)"
)
_KEYS = tuple(
    re.compile(rf"(?:^|[{{,])[ \t]*[\"']?{name}[\"']?[ \t]*:", re.MULTILINE) for name in ("type", "value")
)


def is_yaml(beginning: str) -> bool:
    """Whether a text begins like a list of items in YAML."""
    if _YAML.match(beginning):
        return True
    first = _FIRST_ITEM.match(beginning)
    return first is not None and all(key.search(first.group("item")) for key in _KEYS)


def yaml_of(path: str) -> Any:
    """A YAML document.

    Raises FeedProblem where it cannot be read or parsed, refers to large or nested parts of itself, or where PyYAML is
    not installed.
    """
    try:
        import yaml
    except ImportError as problem:
        raise FeedProblem(
            f"{path}: reading YAML needs PyYAML, which is not there; write the list as JSON"
        ) from problem
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = text_of(path)
    try:
        if "&" in text and "*" in text:
            _refuse_expansion(yaml.parse(text, Loader=loader), path)
        return yaml.load(text, Loader=loader)  # noqa: S506 - both are safe loaders
    except yaml.YAMLError as problem:
        place = getattr(problem, "problem_mark", None)
        where = f"line {place.line + 1}, column {place.column + 1}" if place else "the file"
        raise FeedProblem(
            f"{path}: {where}: this is not YAML: {getattr(problem, 'problem', problem)}"
        ) from problem
    except (RecursionError, ValueError) as problem:
        raise FeedProblem(f"{path}: this is not YAML: {problem}") from problem


def _refuse_expansion(events: Any, path: str) -> None:
    """Refuse aliases that a few hundred bytes expand to gigabytes with.

    What an alias stands for may have ALIASED nodes at the most, and hold no alias itself. Raises FeedProblem.
    """
    open_nodes: List[
        Tuple[bool, int]
    ] = []  # of each collection that is open: whether it has a name, nodes before it
    named = nodes = 0
    for event in events:
        what = type(event).__name__
        if what == "AliasEvent" and named:
            raise FeedProblem(
                f"{path}: {_line_of(event)}: a YAML alias within an anchor; write the value out"
            )
        if what in ("SequenceStartEvent", "MappingStartEvent"):
            nodes += 1
            open_nodes.append((event.anchor is not None, nodes))
            named += event.anchor is not None
        elif what in ("SequenceEndEvent", "MappingEndEvent"):
            has_name, before = open_nodes.pop()
            named -= has_name
            if has_name and nodes - before > ALIASED:
                raise FeedProblem(
                    f"{path}: {_line_of(event)}: a YAML anchor on more than {ALIASED} values; write them out"
                )
        elif what == "ScalarEvent":
            nodes += 1


def _line_of(event: Any) -> str:
    return f"line {event.start_mark.line + 1}"


def items_of(document: Any) -> Optional[List[Any]]:
    """The items of a list, of a mapping that holds one (iocs), or of a mapping of named lists; None if none."""
    if not isinstance(document, Mapping):
        return document if isinstance(document, list) else None
    body = document.get("body")
    if isinstance(body, Mapping) and "status_code" in document:  # what FalconPy returns
        return items_of(body)
    inner = [document[key] for key in _WRAPPERS if key in document]
    if inner:
        return items_of(inner[0])
    if _is_item(document):
        return [document]  # PowerShell writes a list of one as its only element
    if not ANSWER.isdisjoint(document):
        return None
    if not document or not all(isinstance(one, list) for one in document.values()):
        return None
    return [_named(str(name), item) for name, items in document.items() for item in items]


class Named(NamedTuple):
    """A bare value of a list that has a name, such as domains; the kind is link for a list of references."""

    kind: Kind
    text: str


def _named(name: str, item: Any) -> Any:
    if not isinstance(item, str):
        return item
    role = headings.role_of(name)
    kind: Kind = "any"
    if role is not None and role.name in ("kind", "link"):
        kind = role.kind or role.name
    return Named(kind, item)


def is_list(document: Any) -> bool:
    """Whether a document is a list of items, of records of a tenant, or of bare values."""
    items = items_of(document)
    if items is None:
        return False
    first = items[:20]
    ours = sum(1 for one in first if isinstance(one, (str, Named)) or _is_item(one))
    return ours == len(first) or (
        ours > 0.5 * len(first) and all(isinstance(one, (str, Named, Mapping)) for one in first[:5])
    )


def _is_item(one: Any) -> bool:
    """Whether something is an item or a record: it has their keys, and at the most one that they have not."""
    return (
        isinstance(one, Mapping)
        and "type" in one
        and "value" in one
        and sum(1 for key in one if key not in FIELDS and key not in READ_ONLY) <= 1
        and not {"category", "to_ids"} <= one.keys()
    )


def rows(document: Any, feed: Feed) -> Iterator[Any]:
    """Read items; the number of a row is the ordinal of its item."""
    yield from incomplete(document, feed)
    columns: Dict[str, str] = {}
    for number, item in enumerate(items_of(document) or (), 1):
        if isinstance(item, Named):
            yield Row(number, item.text, [_LINK if item.kind == "link" else item], {})
        elif isinstance(item, str):
            yield Row(number, item, [("any", item)], {})
        elif not isinstance(item, dict):
            yield Row(number, str(item)[:200], [Fault("neither a mapping nor text", True, "no_object")], {})
        else:
            value = item.get("value")
            found = _value(item, value)
            item = item if READ_ONLY.isdisjoint(item) else as_item(item)
            fields = {
                key: given
                for key, given in item.items()
                if key in FIELDS and key not in ("type", "value", "id")
            }
            columns.update((key, key) for key in ("type", "value", *fields) if key not in columns)
            yield Row(number, str(value)[:2000], [found], fields, True)
    if columns:
        yield ColumnsRead(columns)


def _value(item: Mapping[str, Any], value: Any) -> Any:
    refusal = None if READ_ONLY.isdisjoint(item) else refused(item)
    if refusal is not None:
        return Fault(refusal[1], False, refusal[0])
    unknown = [str(key)[:40] for key in item if key not in FIELDS and key not in READ_ONLY]
    if unknown:
        return Fault(f"unknown field {unknown[0]!r}", True, "unknown_field")
    if item.get("type") not in TYPES:
        return Fault(f"{str(item.get('type'))[:40]!r} is not an indicator type", True, "type_unknown")
    if not isinstance(value, str):
        return Fault("the value is not text", True, "invalid_value")
    return f"exactly {item['type']}", value

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A list of indicators as a user describes it: its options, parsed once, and its items, read and placed."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from ..ioc.deployment import ListRequest
from ..ioc.fields import FieldProblem
from ..ioc.item import Desired, Fields, ItemReader, read_defaults
from ..ioc.owners import BY_TAG
from ..ioc.policy import DeletionLimit, Policy, parse_share
from ..ioc.reasons import Refusal
from ..ioc.values import Identity
from ..ioc.wording import some
from .base import Params, TaskFailed
from .feed import Loaded, load
from .item_files import Placed, read_files
from .lifecycle_options import lifecycle_policy
from .names import OWN_NAMES, Names
from .protection import Guard


@dataclass(frozen=True)
class ListOptions:
    """One list: what it holds, whose it is, and how far its run may go. The fields are the options of the same names.

    `called` is what the user calls the options, `places` what the user calls `iocs`. `lifecycle` are the options about
    the life of indicators, as fields of the policy.
    """

    name: str = ""
    source: str = ""
    iocs: Any = ()
    iocs_from: Sequence[str] = ()
    feeds: Sequence[Mapping[str, Any]] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    defaults_by_type: Mapping[str, Any] = field(default_factory=dict)
    purge: bool = False
    purge_allow_empty: bool = False
    purge_allow_rejects: bool = False
    max_deletions: Optional[DeletionLimit] = None
    max_shrink: int = 50  # percent
    on_foreign: str = "fail"
    on_error: str = "continue"
    protect: Mapping[str, Any] = field(default_factory=dict)
    on_protected: str = "fail"
    approved_plan: str = ""
    lifecycle: Mapping[str, Any] = field(default_factory=dict)
    called: Names = OWN_NAMES
    whole: bool = False

    @classmethod
    def parse(cls, params: Params, called: Names = OWN_NAMES, **more: Any) -> ListOptions:
        """Read the options of one list.

        Raises TaskFailed where they contradict each other.
        """
        source = (params.get("source") or "").strip()
        limit = _limit(params.get("max_deletions"), called)
        given: Dict[str, Any] = {
            name: params[name]
            for name in (
                *("iocs", "iocs_from", "feeds", "defaults", "defaults_by_type", "purge", "purge_allow_empty"),
                *("purge_allow_rejects", "on_foreign", "on_error", "protect", "on_protected"),
                "approved_plan",
            )
            if params.get(name) is not None
        }
        given.update(
            source=source,
            max_deletions=limit,
            lifecycle=lifecycle_policy(params, called),
            max_shrink=_share(params.get("max_shrink"), called),
            called=called,
            **more,
        )
        if given.get("purge") and not source:
            raise TaskFailed(
                f"{called.of('purge')} needs {called.of('source')}: "
                "without an owner nothing says which indicators are the list's to delete"
            )
        if limit is not None and limit.percent and not limit.counts and not source:
            raise TaskFailed(
                f"{called.of('max_deletions')}: a share needs {called.of('source')}, "
                "since it is a share of what the source owns"
            )
        return cls(**given)

    @property
    def written_source(self) -> str:
        """The source that every item has; by tag the source of an item is an ordinary field."""
        return "" if self.lifecycle.get("owned_by") == BY_TAG else self.source


def _limit(text: Any, called: Names) -> Optional[DeletionLimit]:
    if text in (None, ""):
        return None
    try:
        return DeletionLimit.parse(str(text))
    except ValueError as problem:
        raise TaskFailed(f"{called.of('max_deletions')}: {problem}") from problem


def _share(text: Any, called: Names) -> int:
    try:
        return parse_share("50%" if text in (None, "") else str(text))
    except ValueError as problem:
        raise TaskFailed(f"{called.of('max_shrink')}: {problem}") from problem


@dataclass
class ReadList:
    """A list that was read: what the planner gets, what its feeds gave, and what protects."""

    options: ListOptions
    request: ListRequest
    feeds: Loaded
    guard: Guard

    @property
    def label(self) -> str:
        """What the list is called above its diff."""
        return self.options.name or self.options.source


def read_list(options: ListOptions, now: datetime.datetime, warn: Callable[[str], None]) -> ReadList:
    """Read the items and feeds of a list. `warn` is told what a warning list does not protect.

    Raises TaskFailed where a file cannot be read, the defaults are wrong, or an indicator is listed twice.
    """
    feeds = load(list(options.feeds), options.written_source, options.defaults, options.defaults_by_type)
    guard = Guard({"protect": options.protect}, warn)
    desired = _desired(options, feeds)
    feeds.items.clear()  # a long feed need not be held twice
    return ReadList(
        options, ListRequest(options.name, desired, _policy(options, feeds, guard, now)), feeds, guard
    )


def _policy(options: ListOptions, feeds: Loaded, guard: Guard, now: datetime.datetime) -> Policy:
    malformed = [] if options.purge_allow_rejects else [
        f"{reject.path} line {reject.line}" for reject in feeds.rejected if reject.malformed
    ]  # fmt: skip
    return Policy(
        now=now,
        source=options.source,
        purge=options.purge,
        purge_allow_empty=options.purge_allow_empty,
        max_deletions=options.max_deletions,
        max_shrink=options.max_shrink if options.feeds else None,
        on_foreign=options.on_foreign,
        on_error=options.on_error,
        on_protected=options.on_protected,
        approved_plan=options.approved_plan,
        protected=guard.reason,
        malformed=malformed,
        stops=[Refusal(stop.code, f"{stop.path}: {stop.message}", [stop.path]) for stop in feeds.stops],
        **options.lifecycle,
    )


def _desired(options: ListOptions, feeds: Loaded) -> List[Desired]:
    """The items of iocs and iocs_from, then those of the feeds that these do not name."""
    called = options.called
    try:
        reader = ItemReader(options.defaults, options.defaults_by_type, options.written_source)
        desired = [reader.read(raw, index, place) for index, (raw, place) in enumerate(placed_items(options))]
        named = _places(desired)
        read: Dict[int, Tuple[Any, Fields]] = {}  # the defaults of each feed, read once
        for entry in feeds.items:
            known = read.get(id(entry.defaults))
            if known is None:
                fields = read_defaults(entry.defaults or {}, f"the defaults of feed {entry.path}")
                known = read[id(entry.defaults)] = (entry.defaults, fields)
            item = reader.read(entry.item, None, f"{entry.path} line {entry.line}", known[1])
            if item.identity not in named:
                desired.append(item)
    except FieldProblem as problem:
        raise TaskFailed(called.in_text(str(problem), "defaults_by_type", "defaults")) from problem
    return desired


def placed_items(options: ListOptions) -> Iterator[Placed]:
    """Every item that people wrote, each with the place that a message names."""
    name = options.called.of("iocs")
    given = options.iocs
    if isinstance(given, Mapping):
        for key, items in given.items():
            for number, item in enumerate(_listed(items, f"{name}.{key}")):
                yield Placed(item, f"{name}.{key}[{number}]")
    else:
        for number, item in enumerate(_listed(given, name)):
            yield Placed(item, f"{name}[{number}]")
    yield from read_files(options.iocs_from, options.called.of("iocs_from"))


def _listed(given: Any, name: str) -> Sequence[Any]:
    """A list of items.

    Raises TaskFailed, in one sentence, for what people write instead of one.
    """
    if isinstance(given, (list, tuple)):
        return given
    if given is None or given == "":
        raise TaskFailed(f"{name} is empty; an empty list is written as []")
    if isinstance(given, str):
        try:
            parsed = json.loads(given)
        except ValueError:
            raise TaskFailed(
                f"{name} is text, but must be a list of items (mappings with type and value)"
            ) from None
        if isinstance(parsed, (list, dict)):
            raise TaskFailed(
                f"{name} is JSON text, as a survey or -e {name}=... gives it, but must be a list of items; "
                f"give it as a variable: -e '{{\"{name}\": [...]}}', or convert it with the filter from_json"
            )
        raise TaskFailed(f"{name} is text, but must be a list of items (mappings with type and value)")
    kind = "a mapping" if isinstance(given, Mapping) else type(given).__name__
    raise TaskFailed(f"{name} is {kind}, but must be a list of items (mappings with type and value)")


def _places(desired: Sequence[Desired]) -> Dict[Identity, str]:
    places: Dict[Identity, str] = {}
    twice = []
    for item in desired:
        if not item.identified:
            continue
        first = places.setdefault(item.identity, item.place)
        if first != item.place:
            twice.append(f"{item.kind} {item.value} is listed at {first} and again at {item.place}")
    if twice:
        raise TaskFailed(some(twice, "; "))
    return places

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Feeds as tasks use them, and the task of ``falcon_ioc_feed_info``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ..ioc.feeds import read_all
from ..ioc.feeds.model import Entry, FeedProblem, Reject, Stop
from ..ioc.fields import FieldProblem
from ..ioc.item import Desired, Fields, ItemReader, read_defaults
from ..ioc.values import TYPES
from .base import Context, Params, Result, TaskFailed
from .feed_options import FEED_OPTIONS
from .options import CONNECTION, ArgumentSpec

SHOWN = 10  # rejects in a message

# Nothing is sent, but what is set for the whole action group must be accepted here too.
SPEC = CONNECTION + ArgumentSpec(
    {
        "feeds": {"type": "list", "elements": "dict", "required": True, "options": FEED_OPTIONS},
        "on_reject": {"type": "str", "choices": ["report", "fail"], "default": "report"},
    }
)


@dataclass
class Loaded:
    """Feeds that were read.

    ``items``: each indicator once, in the order of the feeds
    ``rejected``: the rows that gave none
    ``counts``: see ``ioc.feeds.Collected``, for the rest too
    """

    items: List[Entry]
    rejected: List[Reject]
    counts: Dict[str, Any]
    stops: List[Stop] = field(default_factory=list)
    warnings: List[str] = field(default_factory=list)
    columns_read: Dict[str, Dict[str, str]] = field(default_factory=dict)

    @property
    def duplicates(self) -> int:
        return int(self.counts["duplicates"])


def load(
    feeds: Sequence[Mapping[str, Any]],
    owner: str = "",
    defaults: Optional[Mapping[str, Any]] = None,
    by_type: Optional[Mapping[str, Any]] = None,
) -> Loaded:
    """Read the feeds of a list that belongs to owner, and has these defaults and defaults_by_type.

    Raises TaskFailed where a file cannot be read or parsed.
    """
    try:
        return Loaded(*read_all(feeds, owner, _dated(defaults, by_type)))
    except FeedProblem as problem:
        raise TaskFailed(f"A feed cannot be read: {problem}") from problem


def _dated(defaults: object, by_type: object) -> List[str]:
    """The types for which the defaults of a list say when indicators expire."""

    def says(fields: object) -> bool:
        return isinstance(fields, Mapping) and not {"expiration", "expiration_days"}.isdisjoint(fields)

    own = by_type if isinstance(by_type, Mapping) else {}
    return [kind for kind in TYPES if says(defaults) or says(own.get(kind))]


def run(params: Params, context: Context) -> Result:
    """Say what the feeds hold, with the defaults of each applied, as ``falcon_iocs`` would use it.

    Raises TaskFailed if a file cannot be read, the defaults are wrong, or a row was rejected and on_reject is fail.
    """
    loaded = load(params["feeds"])
    reader = ItemReader({}, {})
    known: Dict[int, Tuple[Any, Fields]] = {}  # the defaults of each feed, read once
    iocs = []
    try:
        for entry in loaded.items:
            if id(entry.defaults) not in known:
                fields = read_defaults(entry.defaults, f"the defaults of feed {entry.path}")
                known[id(entry.defaults)] = (entry.defaults, fields)
            desired = reader.read(entry.item, None, "", known[id(entry.defaults)][1])
            if desired.problem:
                loaded.rejected.append(
                    Reject(entry.path, entry.line, desired.value, desired.problem, True, "invalid_item")
                )
                _recount(loaded, desired)
            else:
                iocs.append(_shown(entry, desired))
    except FieldProblem as problem:
        raise TaskFailed(str(problem)) from problem
    for text in loaded.warnings:
        context.warn(text)
    result = {
        "changed": False,
        "iocs": iocs,
        "rejected": [reject.as_dict() for reject in loaded.rejected],
        "counts": loaded.counts,
        "stops": [stop.as_dict() for stop in loaded.stops],
        "columns_read": loaded.columns_read,
    }
    if loaded.rejected and params["on_reject"] == "fail":
        shown = [f"{reject.path} line {reject.line}: {reject.reason}" for reject in loaded.rejected[:SHOWN]]
        more = len(loaded.rejected) - len(shown)
        rest = f"; and {more} more, see rejected" if more else ""
        raise TaskFailed(
            f"{len(loaded.rejected)} rows of the feeds were rejected: {'; '.join(shown)}{rest}", result
        )
    return result


def _recount(loaded: Loaded, desired: Desired) -> None:
    counts = loaded.counts
    counts["entries"] -= 1
    counts["by_type"][desired.kind] -= 1
    counts["rejected"] += 1
    counts["malformed"] += 1
    counts["by_code"]["invalid_item"] = counts["by_code"].get("invalid_item", 0) + 1
    counts["by_reason"][desired.problem] = counts["by_reason"].get(desired.problem, 0) + 1


def _shown(entry: Entry, desired: Desired) -> Dict[str, Any]:
    """The item with the defaults that it takes, in the spelling in which they were given."""
    item = dict(entry.item)
    for name in desired.defaulted.intersection(entry.defaults):
        value = desired.fields.get(name)
        item[name] = list(value) if isinstance(value, tuple) else entry.defaults[name]
    return item

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a reader gives: entries, rejects, or a problem that ends the file."""

from __future__ import annotations

import datetime
from typing import Any, Dict, FrozenSet, List, Mapping, NamedTuple, Union

#: Longest description that Falcon takes, in characters (demisto's IOC integration states the limit).
DESCRIPTION_LENGTH = 200
#: Longest text of a reject, in characters.
SHOWN_LENGTH = 160


class FeedProblem(ValueError):
    """A feed that cannot be read at all; the text names the file and, where there is one, the place in it."""


class Entry(NamedTuple):
    """One indicator of a feed.

    ``item``: ``type``, ``value`` (in normal form) and what the feed says of ``description``, ``tags``, ``filename``
    ``defaults``: the ``defaults`` of its feed, for fields that the item omits
    ``path``: the file
    ``line``: the line from 1; in JSON documents the ordinal of the attribute or object
    """

    item: Dict[str, Any]
    defaults: Mapping[str, Any]
    path: str
    line: int


class Reject(NamedTuple):
    """A row, or a part of one, that gives no indicator.

    malformed means that it is of a type that Falcon takes, but broken. code is one of those in the feeds guide;
    reason is for people.
    """

    path: str
    line: int
    text: str
    reason: str
    malformed: bool
    code: str

    def as_dict(self) -> Dict[str, Any]:
        return dict(self._asdict())


class Fault(NamedTuple):
    """Why a value gives no indicator; a Reject without its place."""

    reason: str
    malformed: bool
    code: str


class Stop(NamedTuple):
    """Why nothing may be purged on the word of a feed.

    code is feed_empty (it gave no indicator), feed_partial (it says that there is more) or feed_format (it is not
    what a feed of its kind is, such as an error page).
    """

    path: str
    code: str
    message: str

    def as_dict(self) -> Dict[str, Any]:
        return dict(self._asdict())


class Warned(NamedTuple):
    """What a reader wants people to know about a file, such as a column that it does not read."""

    message: str


class ColumnsRead(NamedTuple):
    """Which column of a table was read as which field, by heading, or by number from 1 where there is none."""

    columns: Dict[str, str]


#: Values of their own right that Falcon has no type for, as opposed to broken ones.
NOT_TAKEN = frozenset(
    ("hash_not_taken", "file_name", "no_host", "range", "network", "email", "wildcard", "url_skipped")
)
#: What a row may name beside a good value without being a reject.
SOFT = frozenset(("file_name", "no_indicator", "no_value"))
#: What says that a cell was meant to hold a value.
VALUE_LIKE = NOT_TAKEN | {"no_value"}


class Row(NamedTuple):
    """What one row of a feed holds, before it is judged.

    values are pairs of kind (see kinds) and text as written, or a Fault that the reader found itself. fields are
    those of the indicator that the feed gives, in the spelling of items. is_item means that it is an item in our
    own shape, whose fields are taken as they are. until is the publisher's own end of the indicator, as items write
    it; it counts where neither the item nor a default says when the indicator expires.
    """

    line: int
    text: str
    values: List[Any]
    fields: Dict[str, Any]
    is_item: bool = False
    until: str = ""


class Feed(NamedTuple):
    """What the user says about one feed, and what its list says about all of its feeds.

    types are those to take. fields are the fields that the feed may set. owner is the source that owns the list.
    dated are the types for which a default says when indicators expire, so that the publisher's own end does not
    count. now is an aware time in UTC.
    """

    path: str
    format: str
    defaults: Mapping[str, Any]
    url_to: str
    columns: Mapping[str, Any]
    types: FrozenSet[str]
    to_ids: str
    fields: FrozenSet[str]
    owner: str
    dated: FrozenSet[str]
    now: datetime.datetime


#: What reading a feed yields.
Outcome = Union[Entry, Reject, Stop, Warned, ColumnsRead]


def words(text: str) -> FrozenSet[str]:
    """The words of a text, for tables that are easier read as one."""
    return frozenset(text.split())


def cut(text: str, length: int) -> str:
    """Cut a text at a word boundary, so that it has at most ``length`` characters."""
    text = " ".join(text[: 10 * length].split())
    if len(text) <= length:
        return text
    head = text[: length - 2]
    word = head.rsplit(" ", 1)[0] if " " in head[length // 2 :] else head
    return word.rstrip(" ,;:-") + " …"

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a large listing in parts at the same time: ranges of the time of creation, which no write changes.

A listing can only be followed one page after the other, but two ranges can be read at once. A request for one row
tells the total of a range, so a few such requests find ranges of about equal totals. The sums prove that nothing is
missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Callable, Dict, List, Optional, Set, Tuple

from ..ioc.record import Record
from . import fql
from .client import Client
from .errors import IncompleteView, RequestRefused
from .limits import FURTHEST_OFFSET, Limits
from .listing import Listing, Params, count_of
from .workers import Countdown, side_by_side

# Fewer pages than this are read one after the other.
_FEWEST_PAGES = 8
# Requests above those of reading page after page: so many, or this share of the pages, whichever is more.
_MOST_EXTRA = 16
_SHARE_EXTRA = 20
# The last rank that a request can reach by its offset.
_FURTHEST_RANK = FURTHEST_OFFSET - 1


class NoParts(Exception):
    """The tenant's answers do not add up; the listing is read page after page."""


@dataclass(frozen=True)
class Mark:
    """So many records of the rest were created before this second (since the epoch)."""

    second: int
    count: int


@dataclass(frozen=True)
class Range:
    """Records created from one second on and before another, as far as there is a start and an end."""

    start: Optional[int]
    end: Optional[int]
    count: int

    def term(self) -> str:
        """The range as a term of a filter."""
        terms = []
        if self.start is not None:
            terms.append(f"created_on:>='{_text(self.start)}'")
        if self.end is not None:
            terms.append(f"created_on:<'{_text(self.end)}'")
        return fql.both(terms)


def _text(second: int) -> str:
    return datetime.fromtimestamp(second, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def second_of(created: object) -> int:
    """The second of a time of creation. Raises NoParts when it is none."""
    try:
        return int(datetime.fromisoformat(str(created)[:19]).replace(tzinfo=timezone.utc).timestamp())
    except ValueError:
        raise NoParts from None


def widest(marks: List[Mark], whole: Set[Tuple[int, int]]) -> Optional[Tuple[Mark, Mark]]:
    """The two neighbors with the most records between them, of those that are more than a second apart and not among
    the ones that cannot be divided.
    """
    pairs = [
        (one, other)
        for one, other in zip(marks, marks[1:])
        if other.second - one.second > 1 and (one.second, other.second) not in whole
    ]
    return max(pairs, key=lambda pair: pair[1].count - pair[0].count, default=None)


def cut(marks: List[Mark], total: int, wanted: int) -> List[Range]:
    """At most so many ranges of about equal totals, between marks; the last one has no end."""
    ranges: List[Range] = []
    start = marks[0]
    for mark, following in zip(marks[1:-1], marks[2:]):
        ahead = following.count - start.count
        full = ahead * wanted > total * 1.1
        if full and mark.count > start.count and len(ranges) < wanted - 1:
            ranges.append(Range(start.second, mark.second, mark.count - start.count))
            start = mark
    return [*ranges, Range(start.second, None, total - start.count)]


def worthwhile(client: Client, limits: Limits, listing: Listing) -> bool:
    """Whether the rest of a listing is to be read in parts."""
    return (
        client.concurrency > 1
        and limits.ranges
        and limits.sorts
        and listing.ordered
        and listing.total is not None
        and bool(listing.reached)
        and listing.pages_left() >= _FEWEST_PAGES
    )


def finish(
    client: Client, limits: Limits, listing: Listing, keep: Callable[[Record], bool]
) -> Dict[str, Record]:
    """Read what is left of a listing, in parts where that is worthwhile; all records by id.

    Raises IncompleteView when the tenant does not show as many as it says there are, time and again.
    """
    if listing.total is None and not listing.complete:
        listing.read_page()
    if not listing.complete and worthwhile(client, limits, listing):
        try:
            return Parts(client, limits, listing, keep).read()
        except (NoParts, RequestRefused, IncompleteView):
            limits.ranges = False
    return listing.read_to_the_end()


class Parts:
    """The rest of one listing, whose first pages were read in the order of creation."""

    def __init__(
        self, client: Client, limits: Limits, listing: Listing, keep: Callable[[Record], bool]
    ) -> None:
        self._client = client
        self._limits = limits
        self._listing = listing
        self._keep = keep
        self._filter = dict(listing.query).get("filter", "")
        self._others = [pair for pair in listing.query if pair[0] != "filter"]
        self._total = listing.total or 0
        pages = -(-self._total // limits.rows)
        extra = max(_MOST_EXTRA, pages // _SHARE_EXTRA) - 2
        #: Each range costs a page that is not full, so half of what may be spent is for ranges, half to find them.
        self._most_ranges = max(2, min(2 * client.concurrency, extra // 2))
        self._probes = extra - self._most_ranges

    def read(self) -> Dict[str, Record]:
        """Read all ranges; raises NoParts when there is nothing to divide, or the sums do not agree."""
        first = self._listing
        ranges = self._ranges()
        if len(ranges) < 2:
            raise NoParts
        countdown = Countdown(self._client, "reading", self._total)
        countdown.add(first.before)
        # The largest first, so that no connection is left with a large one at the end.
        order = sorted(range(len(ranges)), key=lambda at: -ranges[at].count)
        read = side_by_side(self._client, lambda at: self._read(ranges[at], countdown), order)
        listings: Dict[int, Listing] = dict(zip(order, read))
        head = self._prove(ranges, listings) or first
        began = _text(ranges[0].start or 0)[:19]
        records = {
            one: record for one, record in head.records.items() if str(record.get("created_on"))[:19] < began
        }
        ids = set(head.ids)
        for listing in listings.values():
            ids |= listing.ids
            records.update(listing.records)
        first.records, first.ids, first.complete, first.total = records, ids, True, len(ids)
        return records

    def _query(self, term: str) -> Params:
        own = fql.either([self._filter]) if "," in self._filter else self._filter
        return [("filter", fql.both([own, term])), *self._others]

    def _read(self, part: Range, countdown: Optional[Countdown]) -> Listing:
        listing = Listing(
            self._client, self._limits, self._query(part.term()), keep=self._keep, countdown=countdown
        )
        listing.read_to_the_end()
        return listing

    def _count(self, query: Params) -> int:
        total = count_of(self._listing.ask(1, [], query).pagination.get("total"))
        if total is None:
            raise NoParts
        return total

    def _ranges(self) -> List[Range]:
        """Look for seconds that divide the rest into ranges of about equal totals."""
        start = second_of(self._listing.reached)
        rest = self._total - self._listing.before
        newest = self._at_rank(Range(start, None, rest), 0, "created_on.desc")
        marks = [Mark(start, 0)]
        if newest is not None and newest > start:
            marks.append(Mark(newest + 1, rest))
        whole: Set[Tuple[int, int]] = set()
        while self._probes > 0:
            pair = widest(marks, whole)
            if pair is None or (pair[1].count - pair[0].count) * self._client.concurrency * 2 <= rest:
                break
            found = [mark for mark in self._divide(*pair) if pair[0].second < mark.second < pair[1].second]
            if not found:
                whole.add((pair[0].second, pair[1].second))
            marks = sorted({*marks, *found}, key=lambda mark: (mark.second, mark.count))
        return cut(marks, rest, self._most_ranges)

    def _divide(self, low: Mark, high: Mark) -> List[Mark]:
        """Seconds between two marks, at best one that halves the records between them.

        The record in the middle tells it, where an offset reaches that far. Else the middle of the time is tried; where
        nearly all records lie on one side of it, as in a tenant that was filled in one go, the furthest records that an
        offset reaches from both ends close in on them.
        """
        number = high.count - low.count
        between = Range(low.second, high.second, number)
        if number // 2 <= _FURTHEST_RANK:
            return self._marks(
                [(self._at_rank(between, number // 2, "created_on.asc"), low.count + number // 2)]
            )
        middle = (low.second + high.second) // 2
        count = self._count(self._query(Range(low.second, middle, 0).term()))
        self._probes -= 1
        if count > self._total:
            raise NoParts  # the tenant does not heed the range
        mark = Mark(middle, min(low.count + count, high.count))
        if min(count, number - count) * _SHARE_EXTRA > number:
            return [mark]
        early = self._at_rank(between, _FURTHEST_RANK, "created_on.asc")
        late = self._at_rank(between, _FURTHEST_RANK, "created_on.desc")
        return self._marks([(early, low.count + _FURTHEST_RANK), (late, high.count - _FURTHEST_RANK)])

    @staticmethod
    def _marks(found: List[Tuple[Optional[int], int]]) -> List[Mark]:
        return [Mark(second, count) for second, count in found if second is not None]

    def _at_rank(self, part: Range, rank: int, order: str) -> Optional[int]:
        """The second in which the record of this rank was created."""
        self._probes -= 1
        query = [*self._query(part.term()), ("sort", order)]
        rows = self._listing.ask(1, [("offset", str(rank))] if rank else [], query).resources
        return second_of(rows[0].get("created_on")) if rows and isinstance(rows[0], dict) else None

    def _prove(self, ranges: List[Range], listings: Dict[int, Listing]) -> Optional[Listing]:
        """Each range is whole by its own total; all of them are, when their sum is the total of the listing.

        Where somebody wrote meanwhile, the ranges that have changed are read again. What was read before the first
        range is one more of them: it is returned where it was read again. Raises NoParts when the sums do not agree.
        """
        head: Optional[Listing] = None
        head_count = self._listing.before
        every = [*ranges, Range(None, ranges[0].start, head_count)]
        for tries in range(1, self._client.retries + 2):
            found = head_count + sum(len(listing.ids) for listing in listings.values())
            if found == self._total:
                return head
            self._total = self._count(self._listing.query)
            if found == self._total:
                return head
            counts = side_by_side(self._client, lambda part: self._count(self._query(part.term())), every)
            held = [len(listings[at].ids) for at in range(len(ranges))] + [head_count]
            changed = [at for at, count in enumerate(counts) if count != held[at]]
            again = side_by_side(self._client, lambda at: self._read(every[at], None), changed)
            for at, listing in zip(changed, again):
                if at < len(ranges):
                    listings[at] = listing
                else:
                    head, head_count = listing, len(listing.ids)
            self._client.back_off(tries, None)
        raise NoParts

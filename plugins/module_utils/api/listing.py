# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a listing of indicators to its end, or not at all."""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Set, Tuple

from ..ioc.record import Record
from . import fql
from .client import Client
from .envelope import Answer, well_formed
from .errors import IncompleteView, RequestRefused

COMBINED = "/iocs/combined/indicator/v1"
#: C{offset} plus C{limit} may not exceed this; C{after} has no such bound.
FURTHEST_OFFSET = 10_000
# What tenants are known to accept, from the largest on: a government cloud takes less than others.
_SIZES = (2000, 500, 100)
# How often a listing that a busy tenant changes while it is read is read again from its start.
_MOST_RESTARTS = 1


class PageSize:
    """The page size of a run, and the length of its URLs: smaller where a tenant refuses them, from then on."""

    def __init__(self, wanted: int) -> None:
        self.rows = max(1, min(wanted, _SIZES[0]))
        self.accepted = 0
        self.url = fql.LONGEST_URL

    def fall_back(self, refused: int) -> bool:
        """Use a smaller one than that was refused; false when there is none."""
        smaller = [size for size in _SIZES if size < refused]
        if smaller:
            self.rows = min(self.rows, smaller[0])
        return bool(smaller)


class Listing:
    """One filter's indicators, page by page.

    @param query: Parameters of each request (C{filter}, C{sort}, C{from_parent}).
    @param most: Stop when so many are read; C{None} reads all.
    @param keep: Which records to keep; all must be seen, but a large tenant need not fit into memory.
    """

    def __init__(
        self,
        client: Client,
        size: PageSize,
        query: List[Tuple[str, str]],
        most: Optional[int] = None,
        keep: Callable[[Record], bool] = lambda _record: True,
    ) -> None:
        self._client = client
        self._size = size
        self._query = query
        self._most = most
        self._keep = keep
        self._start()
        self._restarts = 0
        self._doubted = False
        self._faults = 0

    def _start(self) -> None:
        self.records: Dict[str, Record] = {}
        self._ids: Set[str] = set()
        self.total: Optional[int] = None
        self.complete = False
        self._largest_total = 0
        self._rows = 0
        self._after = ""
        self._tokens: Set[str] = set()

    def pages_left(self) -> int:
        """How many more requests the rest takes, as far as known."""
        rest = (self.total or 0) - len(self._ids)
        return 0 if self.complete else max(1, -(-rest // self._size.rows))

    def finish(self) -> Dict[str, Record]:
        """Read what is left; all records by id.

        @raise IncompleteView: The tenant does not show as many as it says there are, time and again.
        """
        while not self.complete:
            self.read_page()
        return self.records

    def read_page(self) -> None:
        """Read one page more."""
        answer = self._fetch()
        total = _count(answer.pagination.get("total"))
        if not answer.listed and total != 0 and not answer.errors and not self._doubted:
            # Past the end of a listing it may be so; elsewhere it is a fault that passes.
            self._doubted = True
            self._client.back_off(1, None)
            return
        self._doubted = False
        if answer.errors:
            text, code = self._client.told(answer)
            self._faults += 1
            if self._faults <= self._client.retries:
                self._client.say(
                    "listing error", f'A page of a listing came with the error "{text}" and was read again.'
                )
                self._client.back_off(self._faults, None)
                return
            raise IncompleteView(
                f'Could not list indicators: Falcon answered HTTP {answer.status} with the error "{text}"',
                answer.status,
                code,
                answer.trace_id,
            )
        rows = [row for row in answer.resources if well_formed(row)]
        if total is not None:
            self.total = total
            self._largest_total = max(self._largest_total, total)
        for row in rows:
            one = str(row.get("id") or f"{row.get('type')}:{row.get('value')}")
            self._ids.add(one)
            if self._keep(row):
                self.records[one] = row
        self._rows += len(rows)
        self._client.report("reading", len(self._ids), self.total)
        self._turn_page(answer, bool(rows))

    def _turn_page(self, answer: Answer, brought: bool) -> None:
        """Decide whether this was the last page.

        Tenants send an C{after} with the last page too, short pages in the middle, and a total that changes while it
        is read. Only the count of distinct records against the last total tells the end: an extra request for an
        empty page is then not needed. Where the total has shrunk, or is less than what was read, records that are
        gone may be among those read; then the listing ends where the tenant ends it.
        """
        seen = len(self._ids)
        # Without a total an empty page ends it, but an empty page alone says nothing.
        enough = seen > 0 if self.total is None else seen >= self.total
        read = self.total is not None and seen == self.total >= self._largest_total
        if read or (self._most is not None and seen >= self._most):
            self.complete = True
        elif not brought:
            self._end(enough)
        else:
            after = answer.pagination.get("after")
            self._after = after if isinstance(after, str) else ""
            if self._after in self._tokens or (not self._after and self._rows >= FURTHEST_OFFSET):
                self._end(enough and self.total is not None)
            elif self._after:
                self._tokens.add(self._after)

    def _end(self, enough: bool) -> None:
        if enough:
            self.complete = True
        elif self._restarts >= _MOST_RESTARTS:
            says = "does not say how many there are" if self.total is None else f"says there are {self.total}"
            raise IncompleteView(
                f"Could not list indicators: Falcon {says} but shows {len(self._ids)}",
                hint="Nothing was decided on this partial view. Run again when the tenant is not being changed.",
            )
        else:
            self._restarts += 1
            self._client.say(
                "listing", "A listing of indicators ended early and was read again from its start."
            )
            self._client.back_off(self._restarts, None)
            self._start()

    def _fetch(self) -> Answer:
        while True:
            limit = self._size.rows
            if self._most is not None:
                limit = max(1, min(limit, self._most - len(self._ids)))
            place = []
            if self._after:
                place = [("after", self._after)]
            elif self._rows:
                limit = min(limit, FURTHEST_OFFSET - self._rows)
                place = [("offset", str(self._rows))]
            try:
                answer = self._client.request(
                    "GET",
                    COMBINED,
                    params=[*self._query, ("limit", str(limit)), *place],
                    purpose="list indicators",
                    size_may_be_refused=limit > max(_SIZES[-1], self._size.accepted),
                )
            except RequestRefused as error:
                if not _about_size(error) or not self._size.fall_back(limit):
                    raise
                self._client.say(
                    "page size",
                    f"This tenant refuses {limit} indicators a page (HTTP {error.status}); "
                    f"{self._size.rows} are asked for.",
                )
            else:
                self._size.accepted = max(self._size.accepted, limit)
                return answer


def _count(total: object) -> Optional[int]:
    """A number of records as a tenant says it, if it does."""
    return total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None


def _about_size(error: RequestRefused) -> bool:
    """Whether a refusal may mean the page size: it says so, or says nothing about the filter or the order."""
    if error.status in (414, 431):
        return False
    text = error.message.lower()
    named = "filter" in text or "fql" in text or "sort" in text
    return error.answer.page or error.status in (413, 500) or (error.status == 400 and not named)

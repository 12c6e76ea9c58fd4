# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a listing of indicators to its end, or not at all."""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Set, Tuple

from ..ioc.record import Record
from .client import Client
from .envelope import Answer, well_formed
from .errors import IncompleteView, RequestRefused
from .limits import FURTHEST_OFFSET, PAGE_SIZES, Limits
from .redact import clean
from .workers import Countdown

COMBINED = "/iocs/combined/indicator/v1"
#: A listing moves while it is written to, unless its order is one that writes do not change.
BY_CREATION = "created_on.asc"
# How many odd records are named.
_MOST_NAMED = 5

Params = List[Tuple[str, str]]


class Listing:
    """The indicators of one filter, page by page.

    ``query`` holds the parameters of each request (``filter``, ``sort``, ``from_parent``). ``most``: stop when so
    many are read; without it all are. ``keep`` tells which records to keep: all must be seen, but a large tenant
    need not fit into memory. ``countdown``: the progress of the whole that this is a part of.
    """

    def __init__(
        self,
        client: Client,
        limits: Limits,
        query: Params,
        most: Optional[int] = None,
        keep: Callable[[Record], bool] = lambda _record: True,
        countdown: Optional[Countdown] = None,
    ) -> None:
        self._client = client
        self._limits = limits
        self.query = query
        self._most = most
        self.all_wanted = most is None
        self._keep = keep
        self._countdown = countdown
        self._own_sort = all(name != "sort" for name, _value in query)
        self._start()
        self._restarts = 0
        self._doubted = False
        self._faults = 0

    def _start(self) -> None:
        self.records: Dict[str, Record] = {}
        self.ids: Set[str] = set()
        self.total: Optional[int] = None
        self.complete = False
        #: The time of creation of the last record, and how many of those read were created in an earlier second; both
        #: only while the rows come in the order of creation.
        self.reached = ""
        self.before = 0
        self.ordered = True
        self._same_second = 0
        self._largest_total = 0
        self._rows = 0
        self._after = ""
        self._tokens: Set[str] = set()

    def pages_left(self) -> int:
        """How many more requests the rest takes, as far as known."""
        rest = (self.total or 0) - len(self.ids)
        return 0 if self.complete else max(1, -(-rest // self._limits.rows))

    def read_to_the_end(self) -> Dict[str, Record]:
        """Read what is left, page after page; all records by id.

        Raises IncompleteView when the tenant does not show as many as it says there are, time and again.
        """
        while not self.complete:
            self.read_page()
        return self.records

    def read_page(self) -> None:
        """Read one page more."""
        answer = self._fetch()
        total = count_of(answer.pagination.get("total"))
        if not answer.listed and total != 0 and not answer.errors and not self._doubted:
            # Past the end of a listing it may be so; elsewhere it is a fault that passes.
            self._doubted = True
            self._client.back_off(1, None)
            return
        self._doubted = False
        if answer.errors:
            self._after_fault(answer)
            return
        if total is not None:
            self.total = total
            self._largest_total = max(self._largest_total, total)
        known = len(self.ids)
        self._take(answer)
        if self._countdown is None:
            self._client.report("reading", len(self.ids), self.total)
        else:
            self._countdown.add(len(self.ids) - known)
        self._turn_page(answer, len(self.ids) > known)

    def _after_fault(self, answer: Answer) -> None:
        """An answer of success that holds an error is not whole."""
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

    def _take(self, answer: Answer) -> None:
        """Keep the records of a page. One that is odd is counted, named and left alone."""
        rows = [row for row in answer.resources if isinstance(row, dict)]
        self._rows += len(answer.resources)
        for row in rows:
            if well_formed(row):
                one = str(row["id"])
                if self._keep(row):
                    self.records[one] = row
            elif any(row.get(name) for name in ("id", "type", "value")):
                one = str(row.get("id") or f"{row.get('type')}:{row.get('value')}")
                self._name_odd(one, row)
            else:
                continue
            self.ids.add(one)
        self._follow_order([str(row.get("created_on") or "")[:23].rstrip("Z") for row in rows])

    def _name_odd(self, one: str, row: Record) -> None:
        if one in self._limits.odd:
            return
        self._limits.odd.add(one)
        name = clean(f"{row.get('type')} {row.get('value')}, id {row.get('id')}", longest=200)
        if len(self._limits.odd) > _MOST_NAMED:
            self._client.say(
                "odd", "More records of the tenant are not well formed; they are left alone too."
            )
        else:
            self._client.say(
                f"odd {one}", f"A record of the tenant is not well formed and is left alone: {name}."
            )

    def _follow_order(self, times: List[str]) -> None:
        """Note how far the listing has come, and whether it does come in the order of creation (milliseconds)."""
        if not times or not self.ordered:
            return
        if not times[0] or times[0] < self.reached or times != sorted(times):
            self.ordered = False
            return
        second = times[-1][:19]
        in_it = sum(1 for time in times if time[:19] == second)
        self._same_second = in_it + (self._same_second if second == self.reached[:19] else 0)
        self.reached = times[-1]
        self.before = self._rows - self._same_second

    def _turn_page(self, answer: Answer, brought: bool) -> None:
        """Decide whether this was the last page.

        Tenants send an ``after`` with the last page too, short pages in the middle, and a total that changes while it
        is read. Only the count of distinct records against the last total tells the end: an extra request for an
        empty page is then not needed. Where the total has shrunk, or is less than what was read, records that are
        gone may be among those read; then the listing ends where the tenant ends it.
        """
        seen = len(self.ids)
        read = self.total is not None and seen == self.total >= self._largest_total
        after = answer.pagination.get("after")
        if read or (self._most is not None and seen >= self._most):
            self.complete = True
        elif not brought:
            self._end(self._is_all(answer))
        elif isinstance(after, str) and after:
            if after in self._tokens:
                self._end(self.total is not None and seen >= self.total)
                return
            self._after = after
            self._tokens.add(after)
        else:
            self._after = ""
            if self._rows >= FURTHEST_OFFSET:
                self._end(self.total is not None and seen >= self.total)

    def _is_all(self, answer: Answer) -> bool:
        """Whether a page that brought nothing new is the end. Without a total, one that is full is not: a tenant that
        shows the same page again hides what comes behind it.
        """
        if self.total is not None:
            return len(self.ids) >= self.total
        return bool(self.ids) and len(answer.resources) < self._limits.rows

    def _end(self, enough: bool) -> None:
        if enough and not self._may_have_moved():
            self.complete = True
        elif self._restarts >= self._client.retries:
            raise self._incomplete()
        else:
            self._restarts += 1
            self._client.say(
                "listing", "A listing of indicators ended early and was read again from its start."
            )
            self._client.back_off(self._restarts, None)
            self._start()

    def _may_have_moved(self) -> bool:
        """Whether records may have changed places unseen: the tenant was written to, and its order is none of
        ours.
        """
        changed = self.total is not None and self.total != self._largest_total
        return self._own_sort and not self.ordered and changed

    def _incomplete(self) -> IncompleteView:
        says = "does not say how many there are" if self.total is None else f"says there are {self.total}"
        return IncompleteView(
            f"Could not list indicators: Falcon {says} but shows {len(self.ids)}",
            hint="Nothing was decided on this partial view. Run again when the tenant is not being changed; the "
            "option settle waits for a search that lags behind.",
        )

    def _fetch(self) -> Answer:
        limit = self._limits.rows
        if self._most is not None:
            limit = max(1, min(limit, self._most - len(self.ids)))
        place: Params = []
        if self._after:
            place = [("after", self._after)]
        elif self._rows:
            limit = min(limit, FURTHEST_OFFSET - self._rows)
            place = [("offset", str(self._rows))]
        try:
            return self.ask(limit, place)
        except RequestRefused as error:
            return self._ask_for_less(limit, place, error)

    def ask(self, limit: int, place: Params, query: Optional[Params] = None) -> Answer:
        """Ask for one page."""
        asked = list(self.query if query is None else query)
        if self._own_sort and self._limits.sorts and all(name != "sort" for name, _value in asked):
            asked.append(("sort", BY_CREATION))
        answer = self._client.request(
            "GET",
            COMBINED,
            params=[*asked, ("limit", str(limit)), *place],
            purpose="list indicators",
            size_may_be_refused=limit > max(PAGE_SIZES[-1], self._limits.accepted),
        )
        self._limits.accepted = max(self._limits.accepted, limit)
        self._limits.sort_accepted = self._limits.sort_accepted or self._limits.sorts
        return answer

    def _ask_for_less(self, limit: int, place: Params, error: RequestRefused) -> Answer:
        """A page was refused: ask for smaller ones, then without the order of creation, which is no documented
        default.

        Raises the refusal where neither is the reason.
        """
        limits, rows, first = self._limits, self._limits.rows, error
        may_be_sort = self._own_sort and limits.sorts and not limits.sort_accepted
        while not (may_be_sort and "sort" in error.message.lower()):
            if not _about_size(error) or not limits.smaller_page(limit):
                break
            limit = min(limit, limits.rows)
            try:
                answer = self.ask(limit, place)
            except RequestRefused as again:
                error = again
            else:
                self._client.say(
                    "page size",
                    f"This tenant refuses pages of {rows} indicators (HTTP {first.status}), so it is read in pages "
                    f"of {limits.rows}.",
                )
                return answer
        limits.rows = rows
        if not may_be_sort or first.status in (413, 414, 431) or _names_filter(error):
            raise first
        limits.sorts = False
        try:
            return self._fetch()
        except RequestRefused:
            limits.sorts, limits.rows = True, rows
            raise first from None


def count_of(total: object) -> Optional[int]:
    """A number of records as a tenant says it, if it does."""
    return total if isinstance(total, int) and not isinstance(total, bool) and total >= 0 else None


def _names_filter(error: RequestRefused) -> bool:
    text = error.message.lower()
    return "filter" in text or "fql" in text


def _about_size(error: RequestRefused) -> bool:
    """Whether a refusal may mean the page size: it says so, or says nothing about the filter or the order."""
    if error.status in (414, 431):
        return False
    named = _names_filter(error) or "sort" in error.message.lower()
    return error.answer.page or error.status in (413, 500) or (error.status == 400 and not named)

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Indicators on today's API, C{/iocs/*} (FalconPy's service collection C{ioc})."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ..ioc.record import Record, identity, unlike
from ..ioc.values import Identity
from . import fql
from .batches import Batches, Job, Outcome, Verb
from .client import Client
from .envelope import Answer, well_formed
from .errors import RequestRefused
from .listing import Listing, PageSize
from .observe import LIVE, Observation, Wanted, chunks
from .redact import clean
from .selection import Found, Selection, matches, to_fql
from .workers import side_by_side

ENTITIES = "/iocs/entities/indicators/v1"
# Ids to a URL: PSFalcon's limit is 268, FalconPy's samples take 100.
_IDS_TO_READ = 100
_IDS_TO_DELETE = 200
#: Rows that Falcon takes in one request (PSFalcon).
LARGEST_BATCH = 2000


class Current:
    """The verbs on indicators. See L{legacy.Legacy} for the same verbs on the API of 2021.

    @param batch_size: Rows of a create or update, at most 2,000.
    @param page_size: Rows of a page when listing, at most 2,000; smaller where the tenant wants it so.
    """

    def __init__(self, client: Client, batch_size: int = 200, page_size: int = 2000) -> None:
        self._client = client
        self._batch_size = max(1, min(batch_size, LARGEST_BATCH))
        self._page_size = PageSize(page_size)

    def check(self, _kind: str, _body: Mapping[str, Any]) -> Optional[str]:
        """Say what of a create or update this API cannot express: nothing, so C{None}."""
        return None

    def observe(
        self,
        wanted: Sequence[Wanted],
        sources: Sequence[str] = (),
        whole: bool = False,
        everywhere: bool = False,
    ) -> List[Record]:
        """The live records of the wanted indicators and, with `whole`, all that have one of the sources.

        Without `whole` the sources are those that the wanted are likely to belong to, which decides what is asked
        first. With `everywhere`, all of the tenant is looked through for records of the wanted in spellings that nobody knows.
        Raises IncompleteView where they cannot be read whole.
        """
        return Observation(self._client, self._page_size, wanted, sources, whole, everywhere).read()

    def find(
        self,
        selection: Selection,
        sort: Optional[str] = None,
        limit: Optional[int] = None,
        from_parent: Optional[bool] = None,
    ) -> Found:
        """Search. Deleted indicators are left out unless the selection asks for them or is FQL of the user's own.

        @raise IncompleteView: The matches cannot be read whole.
        """
        query, unsent = to_fql(selection)
        params = [("filter", query)] if query else []
        if sort:
            params.append(("sort", sort))
        if from_parent is not None:
            params.append(("from_parent", fql.truth(from_parent)))
        # What no filter can hold is compared here, so all must be read.
        listing = Listing(self._client, self._page_size, params, None if unsent else limit)
        records = list(listing.finish().values())
        total = max(listing.total or 0, len(records))
        if unsent:
            records = [record for record in records if matches(record, unsent)]
            total = len(records)
        return Found(records if limit is None else records[:limit], total, query)

    def get(self, ids: Sequence[str]) -> List[Record]:
        """The records with these ids, deleted ones included; ids that do not exist are left out."""
        shared = [list(ids[at : at + _IDS_TO_READ]) for at in range(0, len(ids), _IDS_TO_READ)]
        return [record for found in side_by_side(self._client, self._get, shared) for record in found]

    def _get(self, ids: List[str], again: bool = True) -> List[Record]:
        """A tenant may answer 404 for all when one is unknown: then they are asked for in halves. Those that are
        missing from an answer of success, with no error to say so, are asked for again before they count as gone.
        """
        params = [("ids", one) for one in ids]
        try:
            answer = self._client.request("GET", ENTITIES, params=params, purpose="read indicators by id")
        except RequestRefused as error:
            if error.status != 404:
                raise
            answer = error.answer
        rows = [row for row in answer.resources if well_formed(row) and row["id"] in ids]
        shown = {row["id"] for row in rows}
        missing = [one for one in ids if one not in shown]
        if answer.status == 404 and len(ids) > 1:
            half = -(-len(missing) // 2)
            parts = [part for part in (missing[:half], missing[half:]) if part]
        else:
            parts = [missing] if missing and again and answer.status != 404 and not answer.errors else []
            again = False
        return rows + [row for part in parts for row in self._get(part, again)]

    def create(
        self,
        bodies: Sequence[Mapping[str, Any]],
        *,
        comment: Optional[str] = None,
        ignore_warnings: bool = False,
        retrodetects: bool = False,
        keep_going: bool = True,
    ) -> List[Outcome]:
        """Create indicators, each given as a C{api.IndicatorCreateReqV1}. One outcome for each, in order."""
        verb = _Create(self._client, self._page_size, _flags(ignore_warnings, retrodetects), comment)
        return Batches(self._client, verb, self._batch_size, keep_going).run(bodies)

    def update(
        self,
        bodies: Sequence[Mapping[str, Any]],
        *,
        comment: Optional[str] = None,
        ignore_warnings: bool = False,
        retrodetects: bool = False,
        keep_going: bool = True,
    ) -> List[Outcome]:
        """Update indicators, each given as a C{api.IndicatorUpdateReqV1}: C{id} and what changes."""
        verb = _Update(self, _flags(ignore_warnings, retrodetects), comment)
        return Batches(self._client, verb, self._batch_size, keep_going).run(bodies)

    def delete(
        self, ids: Sequence[str], *, comment: Optional[str] = None, keep_going: bool = True
    ) -> List[Outcome]:
        """Delete by id, never by filter: what is deleted is what was looked at."""
        verb = _Delete(self, comment)
        room = self._page_size.url - 200 - len(self._client.base_url) - len(fql.encode(verb.comment))
        longest = max((len(fql.encode([("ids", one)])) + 1 for one in ids), default=1)
        size = max(1, min(_IDS_TO_DELETE, room // longest))
        return Batches(self._client, verb, size, keep_going).run(ids)


def _flags(ignore_warnings: bool, retrodetects: bool) -> List[Tuple[str, str]]:
    flags = {"ignore_warnings": ignore_warnings, "retrodetects": retrodetects}
    return [(name, "true") for name, given in flags.items() if given]


def _stored(body: Mapping[str, Any], record: Record, status: int) -> Outcome:
    """An outcome is only C{done} when the tenant shows what was sent."""
    wrong = unlike(body, record)
    if not wrong:
        return Outcome("done", record)
    facts = [f"{name} {clean(repr(record.get(name)))} instead of {body[name]!r}" for name in wrong]
    return Outcome("failed", record, f"Falcon answered HTTP {status} but stored {', '.join(facts)}", status)


class _Write(Verb):
    def __init__(self, client: Client, flags: List[Tuple[str, str]], comment: Optional[str]) -> None:
        self._client = client
        self._flags = flags
        self._comment = comment

    def _send(self, method: str, jobs: Sequence[Job]) -> Answer:
        body: Dict[str, Any] = {"comment": self._comment} if self._comment else {}
        body["indicators"] = [job.body for job in jobs]
        return self._client.request(
            method, ENTITIES, params=self._flags, body=body, purpose=_purpose(self.name, jobs), kind="write"
        )


def _purpose(name: str, jobs: Sequence[Job]) -> str:
    return f"{name} {len(jobs)} indicator{'s' if len(jobs) > 1 else ''}"


class _Create(_Write):
    name = "create"

    def __init__(
        self, client: Client, size: PageSize, flags: List[Tuple[str, str]], comment: Optional[str]
    ) -> None:
        super().__init__(client, flags, comment)
        self._size = size
        # Without its warning, a duplicate of what is there already may be stored beside it.
        self.repeats = ("ignore_warnings", "true") in flags

    def send(self, jobs: Sequence[Job]) -> Answer:
        return self._send("POST", jobs)

    def settle(self, jobs: Sequence[Job], answer: Answer) -> Dict[int, Outcome]:
        stored = {identity(row): row for row in answer.resources if well_formed(row)}
        pairs = [(job, stored.get(identity(job.body))) for job in jobs]
        return {job.index: _stored(job.body, row, answer.status) for job, row in pairs if row is not None}

    def look_up(self, jobs: Sequence[Job]) -> Dict[int, Outcome]:
        by_identity: Dict[Identity, Job] = {identity(job.body): job for job in jobs}
        settled: Dict[int, Outcome] = {}
        room = self._size.url - 300 - len(self._client.base_url)
        for values in chunks((str(job.body["value"]) for job in jobs), room):
            query = [("filter", fql.both([fql.one_of("value", values), LIVE]))]
            for record in Listing(self._client, self._size, query).finish().values():
                job = by_identity.get(identity(record))
                if job is None or record.get("deleted") is True or record.get("from_parent") is True:
                    continue
                ours = not unlike(job.body, record)
                settled[job.index] = (
                    Outcome("done", record) if ours else Outcome("conflict", record, "it exists already")
                )
        return settled


class _Update(_Write):
    name = "update"
    by_id = True

    def __init__(self, current: Current, flags: List[Tuple[str, str]], comment: Optional[str]) -> None:
        super().__init__(current._client, flags, comment)
        self._current = current

    def send(self, jobs: Sequence[Job]) -> Answer:
        return self._send("PATCH", jobs)

    def settle(self, jobs: Sequence[Job], answer: Answer) -> Dict[int, Outcome]:
        stored = {row["id"]: row for row in answer.resources if well_formed(row)}
        pairs = [(job, stored.get(job.body["id"])) for job in jobs]
        return {job.index: _stored(job.body, row, answer.status) for job, row in pairs if row is not None}

    def look_up(self, jobs: Sequence[Job]) -> Dict[int, Outcome]:
        stored = {record["id"]: record for record in self._current.get([job.body["id"] for job in jobs])}
        settled: Dict[int, Outcome] = {}
        for job in jobs:
            record = stored.get(job.body["id"])
            if record is None or record.get("deleted") is True:
                settled[job.index] = Outcome("gone", message="somebody has deleted it meanwhile", code=404)
            elif not unlike(job.body, record):
                settled[job.index] = Outcome("done", record)
        return settled


class _Delete(_Write):
    name = "delete"
    by_id = True

    def __init__(self, current: Current, comment: Optional[str]) -> None:
        super().__init__(current._client, [], comment)
        self._current = current
        self.comment = [("comment", comment)] if comment else []

    def send(self, jobs: Sequence[Job]) -> Answer:
        return self._client.request(
            "DELETE",
            ENTITIES,
            params=[*(("ids", job.body) for job in jobs), *self.comment],
            purpose=_purpose(self.name, jobs),
            kind="write",
        )

    def settle(self, jobs: Sequence[Job], answer: Answer) -> Dict[int, Outcome]:
        deleted = [row.get("id") if isinstance(row, dict) else row for row in answer.resources]
        ids = {one for one in deleted if isinstance(one, str)}
        return {job.index: Outcome("done") for job in jobs if job.body in ids}

    def look_up(self, jobs: Sequence[Job]) -> Dict[int, Outcome]:
        live = {
            record["id"]
            for record in self._current.get([job.body for job in jobs])
            if not record.get("deleted")
        }
        gone = Outcome("gone", message="somebody has deleted it meanwhile", code=404)
        return {job.index: Outcome("done") if job.doubtful else gone for job in jobs if job.body not in live}

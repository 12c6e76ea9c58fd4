# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Indicators on the current API, /iocs/* (FalconPy's service collection ``ioc``)."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ..ioc.record import Record, identity, unlike
from ..ioc.values import Identity
from . import fql, parts, urls
from .api import Capabilities
from .by_id import ENTITIES, read_by_id
from .client import Client
from .envelope import Answer, well_formed
from .errors import RequestRefused
from .limits import IDS_TO_DELETE, LARGEST_BATCH, PAGE_SIZES, Limits
from .listing import Listing
from .observe import LIVE, Observation, Wanted
from .recent import RECENT
from .redact import clean
from .selection import Found, Selection, in_order, matches, to_fql
from .workers import side_by_side
from .writes.batches import Batches
from .writes.verbs import CONFLICT, DONE, FAILED, GONE, Job, Outcome, Verb

Flags = List[Tuple[str, str]]
_IGNORE = ("ignore_warnings", "true")


class Current:
    """The verbs on indicators, see api.IndicatorApi.

    ``batch_size`` is the number of rows of a create or update, at most 2,000; ``page_size`` of a page when listing,
    at most 2,000; fewer where the tenant takes fewer.
    """

    capabilities = Capabilities()

    def __init__(self, client: Client, batch_size: int = 200, page_size: int = PAGE_SIZES[0]) -> None:
        self._client = client
        self._batch_size = max(1, min(batch_size, LARGEST_BATCH))
        self._limits = Limits(page_size)

    def check(self, _kind: str, _body: Mapping[str, Any]) -> Optional[str]:
        """Say what of a create or update this API cannot express: nothing, so None."""
        return None

    def observe(
        self,
        wanted: Sequence[Wanted],
        sources: Sequence[str] = (),
        whole: bool = False,
        everywhere: bool = False,
        tags: Sequence[str] = (),
    ) -> List[Record]:
        """The live records of the wanted indicators and, with ``whole``, all with one of the sources or tags.

        Without ``whole`` the sources and tags are those that the wanted are likely to belong to, which decides what
        is asked first. With ``everywhere``, all of the tenant is looked through for records of the wanted in
        spellings that nobody knows. Raises IncompleteView when they cannot be read whole.
        """
        return Observation(self._client, self._limits, wanted, sources, whole, everywhere, tags).read()

    def reread(self, records: Sequence[Record]) -> List[Record]:
        """The same records as they are now: reading by id is current where a search lags behind. Deleted ones and
        those that do not exist any more are left out.
        """
        return [
            record for record in self.get([record["id"] for record in records]) if not record.get("deleted")
        ]

    def get(self, ids: Sequence[str]) -> List[Record]:
        """The records with these ids, deleted ones included; ids that do not exist are left out."""
        return read_by_id(self._client, self._limits, ids)

    def search(
        self,
        selection: Selection,
        sort: Optional[str] = None,
        limit: Optional[int] = None,
        from_parent: Optional[bool] = None,
    ) -> Found:
        """Search. Deleted indicators are left out unless the selection asks for them or is FQL of the user's own.

        More values than one URL holds are asked for in several searches side by side; a tenant that refuses a long
        filter is asked for fewer values at a time. Raises IncompleteView when the matches cannot be read whole.
        """
        values = selection.get("values") or []
        shortest = urls.SHORTEST
        while True:
            free = urls.room(self._client.base_url, *_fixed(selection), longest=self._limits.url)
            try:
                shared = urls.values([value for value in values if fql.quotable(value)], max(1, free))
                if len(shared) < 2:
                    return self._search(selection, sort, limit, from_parent)
                return self._search_in_parts(shared, selection, sort, limit, from_parent)
            except RequestRefused as error:
                shorter = min(self._limits.url, sum(len(value) for value in values)) // 2
                if error.status not in urls.TOO_LONG or shorter < shortest:
                    raise
                self._limits.url = shorter

    def _search_in_parts(
        self,
        shared: Sequence[List[str]],
        selection: Selection,
        sort: Optional[str],
        limit: Optional[int],
        from_parent: Optional[bool],
    ) -> Found:
        pieces = side_by_side(
            self._client,
            lambda part: self._search({**selection, "values": part}, sort, None, from_parent),
            shared,
        )
        records = list({record["id"]: record for piece in pieces for record in piece.records}.values())
        if sort:
            in_order(records, sort)
        return Found(records if limit is None else records[:limit], len(records), pieces[0].fql)

    def _search(
        self, selection: Selection, sort: Optional[str], limit: Optional[int], from_parent: Optional[bool]
    ) -> Found:
        query, unsent = to_fql(selection)
        params = [("filter", query)] if query else []
        if sort:
            params.append(("sort", sort))
        if from_parent is not None:
            params.append(("from_parent", fql.truth(from_parent)))
        # What no filter can hold is compared here, so all must be read.
        listing = Listing(self._client, self._limits, params, None if unsent else limit)
        if listing.all_wanted and not sort:
            records = list(parts.finish(self._client, self._limits, listing, lambda _record: True).values())
        else:
            records = list(listing.read_to_the_end().values())
        total = max(listing.total or 0, len(records))
        if unsent:
            records = [record for record in records if matches(record, unsent)]
            total = len(records)
        return Found(records if limit is None else records[:limit], total, query)

    def create(
        self,
        bodies: Sequence[Mapping[str, Any]],
        *,
        comment: Optional[str] = None,
        ignore_warnings: bool = False,
        retrodetects: bool = False,
        keep_going: bool = True,
    ) -> List[Outcome]:
        """Create indicators, each given as an ``api.IndicatorCreateReqV1``. One outcome for each, in order."""
        verb = _Create(self._client, self._limits, _flags(ignore_warnings, retrodetects), comment)
        outcomes = Batches(self._client, verb, self._batch_size, keep_going).run(bodies)
        if any(outcome.status == DONE for outcome in outcomes):
            RECENT.wrote(self._client.base_url, self._client.changed_file)
        return outcomes

    def update(
        self,
        bodies: Sequence[Mapping[str, Any]],
        *,
        comment: Optional[str] = None,
        ignore_warnings: bool = False,
        retrodetects: bool = False,
        keep_going: bool = True,
    ) -> List[Outcome]:
        """Update indicators, each given as an ``api.IndicatorUpdateReqV1``: ``id`` and what changes."""
        verb = _Update(self._client, self._limits, _flags(ignore_warnings, retrodetects), comment)
        outcomes = Batches(self._client, verb, self._batch_size, keep_going).run(bodies)
        done = (str(body["id"]) for body, outcome in zip(bodies, outcomes) if outcome.status == DONE)
        RECENT.note(self._client.base_url, done, self._client.changed_file)
        RECENT.wrote(self._client.base_url, self._client.changed_file)
        return outcomes

    def delete(
        self, ids: Sequence[str], *, comment: Optional[str] = None, keep_going: bool = True
    ) -> List[Outcome]:
        """Delete by id, never by filter: what is deleted is what was looked at."""
        verb = _Delete(self._client, self._limits, comment)
        free = urls.room(self._client.base_url, *verb.comment, longest=self._limits.url)
        longest = max((len(fql.encode([("ids", one)])) + 1 for one in ids), default=1)
        size = max(1, min(IDS_TO_DELETE, free // longest))
        outcomes = Batches(self._client, verb, size, keep_going).run(ids)
        done = (one for one, outcome in zip(ids, outcomes) if outcome.status in (DONE, GONE))
        RECENT.note(self._client.base_url, done, self._client.changed_file)
        RECENT.wrote(self._client.base_url, self._client.changed_file)
        return outcomes


def _fixed(selection: Selection) -> Flags:
    """What the filter of a search holds beside its values, as a parameter."""
    query, _unsent = to_fql({name: given for name, given in selection.items() if name != "values"})
    return [("filter", query)]


def _flags(ignore_warnings: bool, retrodetects: bool) -> Flags:
    flags = {"ignore_warnings": ignore_warnings, "retrodetects": retrodetects}
    return [(name, "true") for name, given in flags.items() if given]


def _stored(body: Mapping[str, Any], record: Record, answer: Answer) -> Outcome:
    """An outcome is only ``done`` when the tenant shows what was sent."""
    wrong = unlike(body, record)
    if not wrong:
        return Outcome(DONE, record)
    facts = [f"{name} {clean(repr(record.get(name)))} instead of {body[name]!r}" for name in wrong]
    message = f"Falcon answered HTTP {answer.status} but stored {', '.join(facts)}"
    return Outcome(FAILED, record, message, "stored_otherwise", answer.status, None, answer.trace_id)


_GONE = Outcome(GONE, message="somebody has deleted it meanwhile", code="gone", http_status=404)


class _Write(Verb):
    def __init__(self, client: Client, limits: Limits, flags: Flags, comment: Optional[str]) -> None:
        self._client = client
        self._limits = limits
        self._flags = flags
        self._comment = comment

    def _send(self, method: str, jobs: Sequence[Job], flags: Flags) -> Answer:
        body: Dict[str, Any] = {"comment": self._comment} if self._comment else {}
        body["indicators"] = [job.body for job in jobs]
        purpose = _purpose(self.name, jobs)
        return self._client.request(method, ENTITIES, params=flags, body=body, purpose=purpose, kind="write")


def _purpose(name: str, jobs: Sequence[Job]) -> str:
    return f"{name} {len(jobs)} indicator{'s' if len(jobs) > 1 else ''}"


class _Create(_Write):
    name, doing, done = "create", "creating", "created"

    def __init__(self, client: Client, limits: Limits, flags: Flags, comment: Optional[str]) -> None:
        super().__init__(client, limits, flags, comment)
        self.insists = _IGNORE in flags

    def send(self, jobs: Sequence[Job]) -> Answer:
        """Without its warnings a tenant may store a duplicate beside the first: what may be stored already is never
        sent again with ``ignore_warnings``.
        """
        careful = any(job.doubtful for job in jobs) or self._client.settle > 0
        return self._send("POST", jobs, [flag for flag in self._flags if not (careful and flag == _IGNORE)])

    def settle(self, jobs: Sequence[Job], answer: Answer) -> Dict[int, Outcome]:
        stored = {identity(row): row for row in answer.resources if well_formed(row)}
        pairs = [(job, stored.get(identity(job.body))) for job in jobs]
        return {job.index: _stored(job.body, row, answer) for job, row in pairs if row is not None}

    def look_up(self, jobs: Sequence[Job]) -> Dict[int, Outcome]:
        by_identity: Dict[Identity, Job] = {identity(job.body): job for job in jobs}
        settled: Dict[int, Outcome] = {}
        free = urls.room(self._client.base_url, ("filter", LIVE), longest=self._limits.url)
        shared = urls.values((str(job.body["value"]) for job in jobs), free)
        for records in side_by_side(self._client, self._find, shared):
            for record in records:
                job = by_identity.get(identity(record))
                if job is None or record.get("deleted") is True or record.get("from_parent") is True:
                    continue
                ours = not unlike(job.body, record)
                conflict = Outcome(CONFLICT, record, "it exists already", "exists")
                settled[job.index] = Outcome(DONE, record) if ours else conflict
        return settled

    def _find(self, values: List[str]) -> List[Record]:
        query = [("filter", fql.both([fql.one_of("value", values), LIVE]))]
        return list(Listing(self._client, self._limits, query).read_to_the_end().values())


class _ById(_Write):
    by_id = True

    def _read(self, ids: Sequence[str]) -> Dict[str, Record]:
        return {record["id"]: record for record in read_by_id(self._client, self._limits, ids)}


class _Update(_ById):
    name, doing, done = "update", "updating", "updated"

    def send(self, jobs: Sequence[Job]) -> Answer:
        return self._send("PATCH", jobs, self._flags)

    def settle(self, jobs: Sequence[Job], answer: Answer) -> Dict[int, Outcome]:
        stored = {row["id"]: row for row in answer.resources if well_formed(row)}
        pairs = [(job, stored.get(job.body["id"])) for job in jobs]
        return {job.index: _stored(job.body, row, answer) for job, row in pairs if row is not None}

    def look_up(self, jobs: Sequence[Job]) -> Dict[int, Outcome]:
        stored = self._read([job.body["id"] for job in jobs])
        settled: Dict[int, Outcome] = {}
        for job in jobs:
            record = stored.get(job.body["id"])
            if record is None or record.get("deleted") is True:
                settled[job.index] = _GONE
            elif not unlike(job.body, record):
                settled[job.index] = Outcome(DONE, record)
        return settled


class _Delete(_ById):
    name, doing, done = "delete", "deleting", "deleted"

    def __init__(self, client: Client, limits: Limits, comment: Optional[str]) -> None:
        super().__init__(client, limits, [], comment)
        self.comment: Flags = [("comment", comment)] if comment else []

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
        return {job.index: Outcome(DONE) for job in jobs if job.body in ids}

    def look_up(self, jobs: Sequence[Job]) -> Dict[int, Outcome]:
        found = self._read([job.body for job in jobs])
        live = {one for one, record in found.items() if not record.get("deleted")}
        return {job.index: Outcome(DONE) if job.doubtful else _GONE for job in jobs if job.body not in live}

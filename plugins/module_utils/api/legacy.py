# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Indicators on the legacy API, /indicators/* (FalconPy's service collection ``iocs``), in the current vocabulary.

An indicator is known by its type and value, ``policy`` is ``detect`` or ``none``, creating an existing one replaces
it, and each record is read and changed one at a time.
"""

from __future__ import annotations

from typing import Any, Container, Dict, Iterable, List, Mapping, Optional, Sequence, Set, Tuple

from ..ioc.record import Record, identity, unlike
from . import legacy_words as words
from . import urls
from .api import Capabilities
from .client import Client
from .envelope import Answer
from .errors import IncompleteView, NotSupported, PermissionRefused, RequestRefused
from .legacy_words import Pair, to_body, to_record
from .listing import count_of
from .observe import Wanted
from .selection import Found, Selection, matches
from .workers import side_by_side
from .writes.batches import Batches
from .writes.verbs import DONE, GONE, Job, Outcome, Verb

_ENTITIES = "/indicators/entities/iocs/v1"
_QUERIES = "/indicators/queries/iocs/v1"
_PAGE = 500
_BATCH = 200
# How a gateway answers for a path that it no longer serves.
_NOT_SERVED = (404, 405, 410)
_GONE = Outcome(GONE, message="somebody has deleted it meanwhile", code="gone", http_status=404)


class Legacy:
    """The verbs on indicators, see api.IndicatorApi.

    Every verb raises NotSupported where the vendor has switched this API off, or for what it has no way to express.
    """

    capabilities = Capabilities(
        severities=False,
        host_groups=False,
        tags=False,
        counts_days=True,
        keeps_spelling=False,
        search_lags=False,
        options=(),
    )

    def __init__(self, client: Client) -> None:
        self._client = client

    def check(self, kind: str, body: Mapping[str, Any]) -> Optional[str]:
        """Say which option of a create or update this API cannot express; None if it can express all."""
        return words.inexpressible(kind, body)

    def observe(
        self,
        wanted: Sequence[Wanted],
        sources: Sequence[str] = (),
        whole: bool = False,
        everywhere: bool = False,  # noqa: ARG002  # as the protocol has it
        tags: Sequence[str] = (),  # noqa: ARG002
    ) -> List[Record]:
        """See current.Current.observe. A value is known by one spelling here, so ``everywhere`` finds no more.

        There are no tags.
        """
        wanted = [one for one in wanted if one[0] in words.TYPES]  # it has none of the others
        kinds = {kind for kind, _value, _written in wanted}
        values = list(dict.fromkeys(text for _kind, value, written in wanted for text in (value, written)))
        ids: Dict[Pair, None] = {}
        if len(wanted) == 1:
            ids = {(wanted[0][0], value): None for value in values}
        else:
            named = [("types", kind) for kind in sorted(kinds)]
            free = urls.room(self._client.base_url, *named)
            for some in urls.parameters("values", values, free) if values else []:
                ids.update(dict.fromkeys(self._query([*named, *(("values", value) for value in some)])[0]))
        owned = frozenset(source for source in sources if source and whole)
        if owned:
            # A comma separates sources, so one that holds a comma cannot be asked for.
            odd = any("," in source for source in owned)
            by_source = [] if odd else [("sources", source) for source in sorted(owned)]
            ids.update(dict.fromkeys(self._query(by_source)[0]))
        identities = {(kind, value) for kind, value, _written in wanted}
        return [
            record
            for record in self._read(ids)
            if identity(record) in identities or record.get("source") in owned
        ]

    def reread(self, records: Sequence[Record]) -> List[Record]:
        """See current.Current.reread."""
        return self._read([(record["type"], record["value"]) for record in records])

    def search(
        self,
        selection: Selection,
        sort: Optional[str] = None,
        limit: Optional[int] = None,
        from_parent: Optional[bool] = None,
    ) -> Found:
        """See current.Current.search; ``fql`` is empty, there is none."""
        words.refuse_unknown(selection, from_parent)
        order = [("sort", words.sort_of(sort))] if sort else []
        possible = words.possible(selection)
        if possible is None:
            return Found([], 0, "")
        params, rest = words.parameters(possible)
        # What the query has no parameter for is compared here, so all must be read.
        pairs, total, gone = self._search(possible, [*params, *order], None if rest else limit)
        records = self._read(pairs, gone)
        if rest:
            records = [record for record in records if matches(record, rest)]
            total = len(records)
        return Found(records if limit is None else records[:limit], total, "")

    def _search(
        self, selection: Selection, params: List[Pair], limit: Optional[int]
    ) -> Tuple[List[Pair], int, Set[Pair]]:
        """Type and value of the matches, how many there are, and which of them are deleted.

        A record does not say that it is deleted: it is one that only a query with ``include_deleted`` shows.
        """
        alone = bool(selection.get("deleted") or selection.get("deleted_by"))
        if not alone and not selection.get("include_deleted"):
            return (*self._query(params, limit), set())
        by = [("deleted_by", str(selection["deleted_by"]))] if selection.get("deleted_by") else []
        pairs, total = self._query([*params, ("include_deleted", "true"), *by], None if alone else limit)
        gone = set(pairs).difference(self._query(params)[0])
        if alone:
            pairs = [pair for pair in pairs if pair in gone]
            total = len(pairs)
        return pairs if limit is None else pairs[:limit], total, gone

    def create(
        self, bodies: Sequence[Mapping[str, Any]], *, keep_going: bool = True, **options: Any
    ) -> List[Outcome]:
        """Create, or replace. See current.Current.create."""
        return self._write(_Create(self), bodies, _BATCH, keep_going, options)

    def update(
        self, bodies: Sequence[Mapping[str, Any]], *, keep_going: bool = True, **options: Any
    ) -> List[Outcome]:
        """See current.Current.update."""
        return self._write(_Update(self), bodies, 1, keep_going, options)

    def delete(self, ids: Sequence[str], *, keep_going: bool = True, **options: Any) -> List[Outcome]:
        """See current.Current.delete."""
        return self._write(_Delete(self), [{"id": one} for one in ids], 1, keep_going, options)

    def _write(
        self, verb: Verb, inputs: Sequence[Any], size: int, keep_going: bool, options: Mapping[str, Any]
    ) -> List[Outcome]:
        given = [name for name, value in options.items() if value]
        if given:
            raise NotSupported(
                f"The legacy API has no {', '.join(given)}", hint="Leave it out, or use api: current."
            )
        return Batches(self._client, verb, size, keep_going).run(inputs)

    def request(self, method: str, path: str, purpose: str, **options: Any) -> Answer:
        """Send a request to this API. Raises NotSupported when the vendor has switched it off here."""
        try:
            return self._client.request(method, path, purpose=purpose, **options)
        except PermissionRefused as error:
            error.hint += (
                " The vendor has switched this API off for most tenants: api: current is the one in use."
            )
            raise
        except RequestRefused as error:
            if error.status not in _NOT_SERVED:
                raise
            if error.status == 404 and self._is_unknown(method, error.message, options.get("params") or ()):
                return error.answer  # type: ignore[no-any-return]
            raise NotSupported(
                f"Could not {purpose}: the vendor has switched the legacy API (/indicators/*) off for this tenant",
                status=error.status,
                trace_id=error.trace_id,
                hint="Use api: current.",
            ) from error

    @staticmethod
    def _is_unknown(method: str, message: str, params: Sequence[Tuple[str, str]]) -> bool:
        """Whether a 404 is about the indicator, and not about the path: Falcon names the indicator then.

        What is changed or deleted has been read before, so there the path is known to be served.
        """
        asked = dict(params)
        named = f"{asked.get('type')}:{asked.get('value')}".lower() in message.lower()
        return "resource not found" in message.lower() and (named or method in ("PATCH", "DELETE"))

    def _query(self, params: List[Pair], most: Optional[int] = None) -> Tuple[List[Pair], int]:
        """Type and value of the matches, and how many there are.

        Pages are counted from the start, so a deletion meanwhile moves a match to a place that was read already:
        where the total changes, or does not agree with what was shown, all is read again, as often as ``retries``
        says.
        """
        for tries in range(1, self._client.retries + 2):
            found, total = self._read_pages(params, most)
            if total is not None:
                kinds = [one.partition(":") for one in found[:most]]
                return [(kind, value) for kind, _colon, value in kinds], total
            if tries <= self._client.retries:
                self._client.say("listing", "A listing of indicators was not whole and was read again.")
                self._client.back_off(tries, None)
        raise IncompleteView(
            f"Could not list indicators: Falcon shows {len(found)} of them, but not all that it says there are",
            hint="Nothing was decided on this partial view. Run again when the tenant is not being changed.",
        )

    def _read_pages(self, params: List[Pair], most: Optional[int]) -> Tuple[List[str], Optional[int]]:
        """Distinct matches in order, and how many there are; None for that where the listing is not whole."""
        found: Dict[str, None] = {}
        rows = 0
        totals: Set[int] = set()
        size = min(_PAGE, most or _PAGE)
        while True:
            place = [("limit", str(size)), ("offset", str(rows))]
            answer = self._ask("GET", _QUERIES, "list indicators", [*params, *place])
            known = len(found)
            found.update(dict.fromkeys(str(one) for one in answer.resources))
            rows += len(answer.resources)
            total = count_of(answer.pagination.get("total"))
            if total is not None:
                totals.add(total)
                if most is not None and len(found) >= most:
                    return list(found), total
                if len(found) >= total or len(totals) > 1:
                    return list(found), total if len(totals) == 1 else None
            elif most is not None and len(found) >= most:
                return list(found), len(found) + 1
            if len(found) == known:  # the end, or a tenant that shows one page again and again
                ended = total is None and len(answer.resources) < size
                return list(found), len(found) if ended else None

    def get(self, kind: str, value: str) -> Optional[Record]:
        """One indicator; an unknown one is a 404 inside an answer of 200."""
        answer = self._ask("GET", _ENTITIES, f"read {kind} {value}", [("type", kind), ("value", value)])
        rows = [row for row in answer.resources if isinstance(row, dict)]
        return to_record(rows[0]) if rows else None

    def _ask(self, method: str, path: str, purpose: str, params: List[Pair]) -> Answer:
        """An answer of success without an error in it, other than that something is not known.

        Raises IncompleteView when it comes with one time and again.
        """
        for tries in range(1, self._client.retries + 2):
            answer = self.request(method, path, purpose, params=params)
            if all(error.get("code") == 404 for error in answer.errors):
                return answer
            if tries <= self._client.retries:
                self._client.back_off(tries, None)
        text, code = self._client.told(answer)
        raise IncompleteView(
            f'Could not {purpose}: Falcon says "{text}"', answer.status, code, answer.trace_id
        )

    def _read(self, pairs: Iterable[Pair], gone: Container[Pair] = ()) -> List[Record]:
        """The records of indicators; of a deleted one type and value, where no more is to be had."""
        pairs = list(pairs)
        records: Dict[str, Record] = {}
        for pair, record in zip(pairs, side_by_side(self._client, lambda one: self.get(*one), pairs)):
            if pair in gone:
                kind, value = pair
                record = {**(record or to_record({"type": kind, "value": value})), "deleted": True}
            if record is not None:
                records[record["id"]] = record
        return list(records.values())


def _split(job: Job) -> Tuple[str, str]:
    kind, _colon, value = job.body["id"].partition(":")
    return kind, value


class _Each(Verb):
    """Changing one record, known by its type and value."""

    by_id = True

    def __init__(self, api: Legacy) -> None:
        self._api = api

    def _send(self, method: str, job: Job, body: Any) -> Answer:
        kind, value = _split(job)
        params = [("type", kind), ("value", value)]
        return self._api.request(
            method, _ENTITIES, f"{self.name} an indicator", params=params, body=body, kind="write"
        )

    def settle(self, jobs: Sequence[Job], answer: Answer) -> Dict[int, Outcome]:
        return {} if answer.errors else {job.index: Outcome(DONE) for job in jobs}


class _Create(_Each):
    name, doing, done = "create", "creating", "created"
    by_id = False

    def send(self, jobs: Sequence[Job]) -> Answer:
        rows = [{"share_level": "red", **to_body(job.body)} for job in jobs]
        purpose = f"create {len(jobs)} indicator{'s' if len(jobs) > 1 else ''}"
        return self._api.request("POST", _ENTITIES, purpose, body=rows, kind="write")

    def look_up(self, jobs: Sequence[Job]) -> Dict[int, Outcome]:
        pairs = [(job, self._api.get(job.body["type"], job.body["value"])) for job in jobs]
        return {
            job.index: Outcome(DONE, row)
            for job, row in pairs
            if row is not None and not unlike(job.body, row)
        }


class _Update(_Each):
    name, doing, done = "update", "updating", "updated"

    def send(self, jobs: Sequence[Job]) -> Answer:
        return self._send("PATCH", jobs[0], to_body(jobs[0].body))

    def look_up(self, jobs: Sequence[Job]) -> Dict[int, Outcome]:
        found = self._api.get(*_split(jobs[0]))
        if found is None:
            return {jobs[0].index: _GONE}
        return {} if unlike(jobs[0].body, found) else {jobs[0].index: Outcome(DONE, found)}


class _Delete(_Each):
    name, doing, done = "delete", "deleting", "deleted"

    def send(self, jobs: Sequence[Job]) -> Answer:
        return self._send("DELETE", jobs[0], None)

    def look_up(self, jobs: Sequence[Job]) -> Dict[int, Outcome]:
        if self._api.get(*_split(jobs[0])) is not None:
            return {}
        return {jobs[0].index: Outcome(DONE) if jobs[0].doubtful else _GONE}

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the indicators that a list is about, with as few requests as possible."""

from __future__ import annotations

from typing import Dict, Iterable, List, Sequence, Tuple

from ..ioc.fields import texts_of
from ..ioc.record import Record, identity
from ..ioc.values import Identity, spellings
from . import fql, parts, urls
from .by_id import read_by_id
from .client import Client
from .errors import RequestRefused
from .limits import Limits
from .listing import Listing
from .recent import RECENT
from .workers import side_by_side

#: Type, normalized value, and the value as it is written.
Wanted = Tuple[str, str, str]

LIVE = "deleted:false"


class Observation:
    """Everything that a tenant has of the wanted indicators and, with ``whole``, everything that has an owner's mark.

    An owner's mark is one of the sources, or one of the tags.

    There are three ways to read it: by value (one request for each URL full of values, some 250 SHA-256), by owner
    (one for each 2,000 indicators of the sources), and the whole tenant (one for each 2,000 indicators). Which
    is the cheapest depends on two totals that only the first page of a listing tells, and that page may turn out to be
    of no use. So: what fits into one URL is asked for in one request. A list that is its source's, as it is in every
    run after the first, costs the pages of that source and no more. Otherwise the first page of the tenant is read too
    (all there is, in a small one), and then the cheapest way is taken to its end. Large listings are read in parts.
    """

    def __init__(
        self,
        client: Client,
        limits: Limits,
        wanted: Sequence[Wanted],
        sources: Sequence[str],
        whole: bool,
        everywhere: bool = False,
        tags: Sequence[str] = (),
    ) -> None:
        self._client = client
        self._limits = limits
        self._wanted = {(kind, value) for kind, value, _written in wanted}
        self._spellings: Dict[str, Tuple[Identity, ...]] = {}
        for kind, value, written in wanted:
            for spelling in (value,) if written == value else (value, written):
                others = self._spellings.get(spelling, ())
                self._spellings[spelling] = (*others, (kind, value))
        self._sources = frozenset(sources)
        self._tags = frozenset(tags)
        self._whole = whole and bool(sources or tags)
        self._owned = _owned(sources, tags)
        self._everywhere = everywhere
        self._longest = 0
        self._seen: Dict[str, Record] = {}
        self._identities: Dict[str, Identity] = {}

    def read(self) -> List[Record]:
        """Read it. Deleted indicators are left out, and of those that a parent CID hands down all that are not wanted.

        Raises IncompleteView when it cannot be read whole.
        """
        client = self._client
        if client.settle > 0:
            due = RECENT.due(client.base_url, client.settle, client.changed_file)
            if due:
                client.pause(due)
        quotable = all(fql.quotable(value) for _kind, value in self._wanted)
        if self._whole and not self._owned:
            quotable = False
        if self._everywhere:
            kinds = sorted({kind for kind, _value in self._wanted})
            self._finish(self._list(fql.one_of("type", kinds)))
        elif quotable:
            self._read_within_the_url()
        else:
            self._finish(self._list(""))
        self._renew()
        return list(self._seen.values())

    def _renew(self) -> None:
        """Read by id what was changed a moment ago: what the answers to those writes have said is believed."""
        changed = RECENT.among(
            self._client.base_url, self._seen, self._client.settle, self._client.changed_file
        )
        if not changed:
            return
        current = {
            str(record["id"]): record for record in read_by_id(self._client, self._limits, sorted(changed))
        }
        for one in changed:
            record = current.get(one)
            if record is not None and self._belongs(record):
                self._seen[one] = record
            else:
                del self._seen[one]

    def _room(self) -> int:
        return urls.room(self._client.base_url, ("", self._owned), longest=self._limits.url)

    def _read_within_the_url(self) -> None:
        """Some gateways take shorter URLs than others; what was read before one was refused is kept."""
        while True:
            self._longest = 0
            try:
                return self._read()
            except RequestRefused as error:
                taken = urls.LONGEST - urls.room(self._client.base_url)
                shorter = min(self._limits.url, taken + self._longest) // 2
                if error.status not in urls.TOO_LONG or shorter < urls.SHORTEST:
                    raise
                self._limits.url = shorter
                self._client.say(
                    "url", f"A long filter was refused (HTTP {error.status}); shorter ones are sent."
                )

    def _belongs(self, record: Record) -> bool:
        if record.get("deleted") is True:
            return False
        # Most values are stored in their normal form: then the record's pair is its identity.
        known = (str(record.get("type")), str(record.get("value")))
        if known not in self._wanted:
            known = identity(record)
        self._identities[record["id"]] = known
        if known in self._wanted:
            return True
        own = record.get("from_parent") is not True
        if not (own and self._whole):
            return False
        return record.get("source") in self._sources or not self._tags.isdisjoint(texts_of(record, "tags"))

    def _list(self, term: str) -> Listing:
        self._longest = max(self._longest, len(term))
        query = [("filter", fql.both([term, LIVE]))]
        return Listing(self._client, self._limits, query, keep=self._belongs)

    def _finish(self, listing: Listing) -> None:
        self._seen.update(parts.finish(self._client, self._limits, listing, self._belongs))

    def _unseen(self) -> List[List[str]]:
        """The values not seen yet, in URLs full. A spelling that no filter can hold is left to its normal form."""
        seen = {self._identities[one] for one in self._seen}
        unseen = [
            text
            for text, meant in self._spellings.items()
            if not seen.issuperset(meant) and fql.quotable(text)
        ]
        room = self._room()
        shared = urls.values(unseen, room)
        if len(shared) == 1:  # more spellings are free as long as they need no URL of their own
            more = urls.values(self._respelled(unseen), room)
            return more if len(more) == 1 else shared
        return shared

    def _respelled(self, texts: Iterable[str]) -> Iterable[str]:
        kinds = ((kind, text) for text in texts for kind, _value in self._spellings[text])
        return dict.fromkeys(each for kind, text in kinds for each in spellings(kind, text, text))

    def _read(self) -> None:
        by_value = self._unseen()
        if len(by_value) > 1:
            self._read_many(by_value)
            return
        terms = [fql.one_of("value", values) for values in by_value]
        if self._whole:
            terms.append(self._owned)
        if terms:
            self._finish(self._list(fql.either(terms) if len(terms) > 1 else terms[0]))

    def _read_many(self, by_value: List[List[str]]) -> None:
        owner = None
        others = len(by_value)
        if self._owned:
            owner = self._list(self._owned)
            owner.read_page()
            self._seen.update(owner.records)
            # At best, everything that the sources have is wanted: what is left then is others'.
            left = max(0, len(self._wanted) - (owner.total or 0))
            others = -(-left * len(by_value) // len(self._wanted))
            if others <= 1 and (self._whole or owner.pages_left() + others <= len(by_value)):
                self._finish(owner)
                others = 0
                if len(self._unseen()) <= 1:
                    self._read_values()
                    return
        tenant = self._list("")
        tenant.read_page()
        self._seen.update(tenant.records)
        ways = [(tenant.pages_left(), "tenant")]
        if not self._whole or (owner and owner.complete):
            ways.append((len(self._unseen()), "values"))
        if owner and not owner.complete:
            ways.append((owner.pages_left() + others, "owner"))
        way = min(ways)[1]
        if way == "tenant":
            self._finish(tenant)
            return
        if way == "owner" and owner:
            self._finish(owner)
        self._read_values()

    def _read_values(self) -> None:
        def read(values: List[str]) -> Dict[str, Record]:
            return self._list(fql.one_of("value", values)).read_to_the_end()

        for records in side_by_side(self._client, read, self._unseen()):
            self._seen.update(records)


def _owned(sources: Sequence[str], tags: Sequence[str]) -> str:
    """The filter for all that has one of the marks; empty where a filter cannot hold it."""
    if not all(map(fql.quotable, (*sources, *tags))):
        return ""
    terms = [fql.one_of(name, marks) for name, marks in (("source", sources), ("tags", tags)) if marks]
    return fql.either(terms) if len(terms) > 1 else "".join(terms)

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading indicators by id: current where a search lags behind, and whole or not at all."""

from __future__ import annotations

from typing import Dict, List, Sequence, Tuple

from ..ioc.record import Record
from . import urls
from .client import Client
from .envelope import Answer, well_formed
from .errors import IncompleteView, RequestRefused
from .limits import Limits
from .workers import side_by_side

ENTITIES = "/iocs/entities/indicators/v1"
# What an answer does not mention, with no word that it is unknown, is asked for so often before it counts as unknown.
_MOST_SILENCES = 3
# A refusal of fewer ids than this is not due to their number.
_FEWEST = 10


def read_by_id(client: Client, limits: Limits, ids: Sequence[str]) -> List[Record]:
    """The records with these ids, deleted ones included; ids that do not exist are left out.

    Raises IncompleteView when Falcon says time and again that it could not look them all up.
    """
    free = urls.room(client.base_url, longest=limits.url)
    shared = urls.ids(list(dict.fromkeys(ids)), free, limits.ids)
    found = side_by_side(client, lambda some: _Look(client, limits).read(some), shared)
    return [record for records in found for record in records.values()]


class _Look:
    """One URL full of ids, asked for until each is found or said to be unknown."""

    def __init__(self, client: Client, limits: Limits) -> None:
        self._client = client
        self._limits = limits
        self._faults = 0

    def read(self, ids: List[str], silences: int = 0) -> Dict[str, Record]:
        """The records by id.

        A tenant may answer 404 for all when one is unknown: then they are asked for in halves. An error of another
        kind inside an answer of success means that the answer is not whole. Those that are missing from an answer
        of success, with no error to say so, are asked for again before they count as unknown.
        """
        if len(ids) > self._limits.ids:
            return self._in_halves(ids)
        try:
            answer, unknown = self._ask(ids)
        except RequestRefused as error:
            if error.status not in urls.TOO_LONG or len(ids) <= _FEWEST:
                raise
            self._limits.ids = min(self._limits.ids, -(-len(ids) // 2))
            return self._in_halves(ids)
        asked = set(ids)
        rows = {row["id"]: row for row in answer.resources if well_formed(row) and row["id"] in asked}
        missing = [one for one in ids if one not in rows]
        if not missing:
            return rows
        if unknown:
            if len(ids) > 1:
                rows.update(self._in_halves(missing))
        elif len(missing) > len(answer.errors) and silences + 1 < _MOST_SILENCES:
            if silences:
                self._client.back_off(silences, None)
            rows.update(self.read(missing, silences + 1))
        return rows

    def _in_halves(self, ids: List[str]) -> Dict[str, Record]:
        half = -(-len(ids) // 2)
        rows: Dict[str, Record] = {}
        for part in (ids[:half], ids[half:]):
            if part:
                rows.update(self.read(part))
        return rows

    def _ask(self, ids: List[str]) -> Tuple[Answer, bool]:
        """The answer, and whether it is a 404 for all of them."""
        while True:
            params = [("ids", one) for one in ids]
            try:
                answer = self._client.request("GET", ENTITIES, params=params, purpose="read indicators by id")
            except RequestRefused as error:
                if error.status != 404:
                    raise
                return error.answer, True
            if all(error.get("code") == 404 for error in answer.errors):
                return answer, False
            self._fault(answer)

    def _fault(self, answer: Answer) -> None:
        text, code = self._client.told(answer)
        self._faults += 1
        if self._faults > self._client.retries:
            raise IncompleteView(
                f'Could not read indicators by id: Falcon answered HTTP {answer.status} with the error "{text}"',
                answer.status,
                code,
                answer.trace_id,
                "What was read is not acted upon. Run again later.",
            )
        self._client.say("by id", f'A read by id came with the error "{text}" and was read again.')
        self._client.back_off(self._faults, None)

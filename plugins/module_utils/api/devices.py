# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts that observed an indicator, their records, and the processes involved.

These four operations of the legacy API live on (FalconPy's ``devices_ran_on``, ``processes_ran_on``,
``devices_count``, ``entities_processes``), beside their successors under /iocs/*: where those know nothing, these
are asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple

from . import urls
from .client import Client
from .envelope import Answer
from .errors import IncompleteView, PermissionRefused, RequestRefused
from .workers import side_by_side

#: The types that sensors keep sightings of (PSFalcon's Get-FalconIocHost).
OBSERVED_TYPES = ("sha256", "md5", "domain", "ipv4", "ipv6")

# The current path of each question, and the older one.
_COUNT = ("/iocs/aggregates/indicators/device-count/v1", "/indicators/aggregates/devices-count/v1")
_DEVICES = ("/iocs/queries/indicators/devices/v1", "/indicators/queries/devices/v1")
_PROCESSES = ("/iocs/queries/indicators/processes/v1", "/indicators/queries/processes/v1")
_DEVICE_DETAILS = "/devices/entities/devices/v2"
_PROCESS_DETAILS = "/processes/entities/processes/v1"
#: Ids to a page; a string, as the API wants it.
_LIMIT = "100"
#: Ids that PostDeviceDetailsV2 takes in one request.
_MOST_DEVICES = 5000
# Refusals that may be due to the number of ids, or to one of them.
_SPLITTABLE = (400, 404, 413, 414, 431)
# No limit on ids is less than 100 (GetDeviceDetailsV2): what is refused at half of that is not too much.
_FEWEST = 50
# How often ids are asked for in halves because one of them may be unknown, before all that is left counts as such.
_MOST_HALVINGS = 64

Params = List[Tuple[str, str]]


@dataclass
class Count:
    """How many hosts observed an indicator; ``limit_exceeded``: at least so many, Falcon has stopped counting."""

    devices: int = 0
    limit_exceeded: bool = False

    def as_dict(self) -> Dict[str, Any]:
        """As it is added to the record of an indicator."""
        return {"device_count": self.devices, "limit_exceeded": self.limit_exceeded}


class Devices:
    """The questions about hosts. With ``legacy`` only the older paths are asked."""

    def __init__(self, client: Client, legacy: bool = False) -> None:
        self._client = client
        self._legacy = legacy

    def _paths(self, paths: Tuple[str, str]) -> Tuple[str, ...]:
        return paths[1:] if self._legacy else paths

    def _ask(
        self, paths: Sequence[str], params: Params, purpose: str
    ) -> Tuple[Optional[Answer], Tuple[str, ...]]:
        """Ask the current path, then the older one when that answers 404.

        Returns the answer and the path that gave it; None where none of them knows the indicator. Raises
        IncompleteView when an answer of success holds an error of another kind: it may be half of the truth.
        """
        for number, path in enumerate(paths):
            try:
                answer = self._client.request("GET", path, params=params, purpose=purpose)
            except RequestRefused as error:
                if error.status != 404:
                    raise
            except PermissionRefused as error:
                if number == 0:
                    raise
                # The current path has answered: it knows of nobody. It may need one scope less than the older one.
                self._client.say("older path", f"The older API could not be asked as well: {error}")
            else:
                if any(one.get("code") != 404 for one in answer.errors):
                    raise self._incomplete(purpose, answer)
                if answer.resources or not answer.errors:
                    return answer, (path,)
        return None, ()

    def _incomplete(self, purpose: str, answer: Answer) -> IncompleteView:
        text, code = self._client.told(answer)
        said = f'Could not {purpose}: Falcon answered HTTP {answer.status} with the error "{text}"'
        return IncompleteView(said, answer.status, code, answer.trace_id, "Run again later.")

    def count(self, kind: str, value: str) -> Count:
        """How many hosts observed an indicator; none when it is not known, or of a type that no sensor reports."""
        if kind not in OBSERVED_TYPES:
            return Count()
        params = [("type", kind), ("value", value)]
        answer, _path = self._ask(
            self._paths(_COUNT), params, f"count the hosts that observed {kind} {value}"
        )
        row = answer.resources[0] if answer and answer.resources else None
        number = row.get("device_count") if isinstance(row, dict) else None
        if not isinstance(row, dict) or not isinstance(number, int):
            return Count()
        return Count(number, row.get("limit_exceeded") is True)

    def counts(self, iocs: Sequence[Tuple[str, str]]) -> List[Count]:
        """count() of many (type, value), side by side."""
        return side_by_side(self._client, lambda ioc: self.count(*ioc), list(iocs))

    def observers(self, kind: str, value: str, count: Optional[Count] = None) -> List[str]:
        """The ids (AIDs) of all hosts that observed an indicator.

        ``count`` is what Falcon counts. A page that is not full ends the list, unless that says there are more.
        """
        params = [("type", kind), ("value", value)]
        expected = 0 if count is None else count.devices
        endless = count is not None and count.limit_exceeded
        return self._ids(_DEVICES, params, f"list the hosts that observed {kind} {value}", expected, endless)

    def observers_of(self, iocs: Sequence[Tuple[str, str]], counts: Sequence[Count]) -> List[List[str]]:
        """observers() of many (type, value), side by side."""
        asked = [(kind, value, count) for (kind, value), count in zip(iocs, counts)]
        return side_by_side(self._client, lambda ioc: self.observers(*ioc), asked)

    def processes(self, kind: str, value: str, device_id: str) -> List[str]:
        """The ids of all processes by which a host observed an indicator."""
        params = [("type", kind), ("value", value), ("device_id", device_id)]
        return self._ids(_PROCESSES, params, f"list the processes on {device_id} that involve {kind} {value}")

    def processes_of(self, questions: Sequence[Tuple[str, str, str]]) -> List[List[str]]:
        """processes() of many (type, value, device id), side by side."""
        return side_by_side(self._client, lambda question: self.processes(*question), list(questions))

    def _ids(
        self, paths: Tuple[str, str], params: Params, purpose: str, expected: int = 0, endless: bool = False
    ) -> List[str]:
        """All pages of ids. The place of the next page is a token, and nothing tells the total.

        ``expected``: a page that is not full is the last one once so many are found. ``endless``: only the lack of
        a token ends the list.
        """
        found: Dict[str, None] = {}
        place: Params = []
        used = set()
        asked = self._paths(paths)
        while True:
            # A token is only good where it was given, so later pages are asked for there.
            answer, asked = self._ask(asked, [*params, ("limit", _LIMIT), *place], purpose)
            if answer is None:
                return list(found)
            found.update(dict.fromkeys(one for one in answer.resources if isinstance(one, str)))
            token = answer.pagination.get("offset")
            if isinstance(token, int):  # documented as text
                token = str(token) if token > 0 else ""
            short = len(answer.resources) < int(_LIMIT) and len(found) >= expected and not endless
            if short or not answer.resources or not token or not isinstance(token, str) or token in used:
                return list(found)
            used.add(token)
            place = [("offset", token)]

    def details(self, ids: Iterable[str]) -> Dict[str, Dict[str, Any]]:
        """The records of hosts by id; those that Falcon does not know any more are left out.

        Raises IncompleteView when Falcon could not look them all up.
        """

        def ask(some: List[str]) -> Answer:
            return self._client.request("POST", _DEVICE_DETAILS, body={"ids": some}, purpose=purpose)

        purpose = "read the records of hosts"
        unique = list(dict.fromkeys(ids))
        shared = [unique[at : at + _MOST_DEVICES] for at in range(0, len(unique), _MOST_DEVICES)]
        return self._records(shared, "device_id", ask, purpose)

    def process_details(self, ids: Iterable[str]) -> Dict[str, Dict[str, Any]]:
        """The records of processes by id; those that Falcon does not keep any more are left out.

        A record may name its process without the prefix that the id was asked for with (``pid:``): the two are one.
        Raises IncompleteView when Falcon could not look them all up.
        """
        unique = list(dict.fromkeys(ids))
        free = urls.room(self._client.base_url)

        def ask(some: List[str]) -> Answer:
            params = [("ids", one) for one in some]
            return self._client.request("GET", _PROCESS_DETAILS, params=params, purpose=purpose)

        purpose = "read the records of processes"
        records = self._records(urls.parameters("ids", unique, free), "process_id", ask, purpose)
        by_bare = {_without_prefix(one): record for one, record in records.items()}
        found = {one: by_bare.get(_without_prefix(one)) for one in unique}
        return {one: {**record, "process_id": one} for one, record in found.items() if record is not None}

    def _records(
        self, shared: Sequence[List[str]], name: str, ask: Callable[[List[str]], Answer], purpose: str
    ) -> Dict[str, Dict[str, Any]]:
        """Records by their field ``name``, a request for each share of ids, side by side."""
        answers = side_by_side(self._client, lambda some: self._in_halves(some, name, ask, purpose), shared)
        return {str(row[name]): row for rows in answers for row in rows}

    def _in_halves(
        self, ids: List[str], name: str, ask: Callable[[List[str]], Answer], purpose: str
    ) -> List[Dict[str, Any]]:
        """The records with these ids.

        A tenant may answer 404 for all when it does not know one of them, and may take fewer at a time. So what is
        refused is asked for again in halves.
        """
        found: List[Dict[str, Any]] = []
        waiting = [ids]
        halvings = 0
        while waiting:
            some = waiting.pop()
            try:
                answer = ask(some)
            except RequestRefused as error:
                unknown = error.status == 404
                if error.status not in _SPLITTABLE or (not unknown and len(some) <= _FEWEST):
                    raise
                answer = error.answer
            else:
                unknown = False
                if any(one.get("code") != 404 for one in answer.errors):
                    raise self._incomplete(purpose, answer)
            rows = [row for row in answer.resources if isinstance(row, dict) and row.get(name)]
            found += rows
            if rows or 200 <= answer.status < 300 or (unknown and halvings >= _MOST_HALVINGS):
                continue
            if len(some) > 1:
                halvings += 1
                half = -(-len(some) // 2)
                waiting += [some[half:], some[:half]]
        return found


def _without_prefix(process_id: str) -> str:
    return process_id[4:] if process_id.startswith("pid:") else process_id

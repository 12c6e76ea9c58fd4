# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts that observed an indicator, their records, and the processes involved.

These four operations of the founding API live on (FalconPy's C{devices_ran_on}, C{processes_ran_on}, C{devices_count},
C{entities_processes}), beside their successors under C{/iocs/*}: where those know nothing, these are asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

from . import fql
from .client import Answer, Client
from .errors import RequestRefused
from .workers import side_by_side

# Today's path of each question, and the older one.
_COUNT = ("/iocs/aggregates/indicators/device-count/v1", "/indicators/aggregates/devices-count/v1")
_DEVICES = ("/iocs/queries/indicators/devices/v1", "/indicators/queries/devices/v1")
_PROCESSES = ("/iocs/queries/indicators/processes/v1", "/indicators/queries/processes/v1")
_DEVICE_DETAILS = "/devices/entities/devices/v2"
_PROCESS_DETAILS = "/processes/entities/processes/v1"
#: Ids to a page; a string, as the API wants it.
_LIMIT = "100"
#: Ids that C{PostDeviceDetailsV2} takes in one request.
_MOST_DEVICES = 5000

Params = List[Tuple[str, str]]


@dataclass
class Count:
    """How many hosts observed an indicator; C{limit_exceeded}: at least so many, Falcon has stopped counting."""

    devices: int = 0
    limit_exceeded: bool = False


def device_count(client: Client, kind: str, value: str) -> Dict[str, Any]:
    """C{device_count} and C{limit_exceeded} of one indicator, see L{Devices.count}."""
    count = Devices(client).count(kind, value)
    return {"device_count": count.devices, "limit_exceeded": count.limit_exceeded}


class Devices:
    """The questions about hosts.

    @param legacy: Ask the older paths only.
    """

    def __init__(self, client: Client, legacy: bool = False) -> None:
        self._client = client
        self._legacy = legacy

    def _ask(
        self, paths: Tuple[str, str], params: Params, purpose: str, old: bool = False
    ) -> Optional[Answer]:
        """Ask today's path, then the older one when that answers 404. C{None}: neither knows the indicator."""
        for path in paths[1:] if old or self._legacy else paths:
            try:
                answer = self._client.request("GET", path, params=params, purpose=purpose)
            except RequestRefused as error:
                if error.status != 404:
                    raise
            else:
                if answer.resources or not any(one.get("code") == 404 for one in answer.errors):
                    answer.pagination["path"] = path
                    return answer
        return None

    def count(self, kind: str, value: str) -> Count:
        """How many hosts observed an indicator; none when it is not known."""
        answer = self._ask(
            _COUNT, [("type", kind), ("value", value)], f"count the hosts that observed {kind} {value}"
        )
        rows = [row for row in answer.resources if isinstance(row, dict)] if answer else []
        if not rows:
            return Count()
        return Count(int(rows[0].get("device_count") or 0), rows[0].get("limit_exceeded") is True)

    def counts(self, iocs: Sequence[Tuple[str, str]]) -> List[Count]:
        """L{count} of many (type, value), side by side."""
        return side_by_side(self._client, lambda ioc: self.count(*ioc), list(iocs))

    def observers(self, kind: str, value: str, count: Optional[Count] = None) -> List[str]:
        """The ids (AIDs) of all hosts that observed an indicator.

        @param count: What Falcon counts. A page that is not full ends the list, unless that says there are more.
        """
        params = [("type", kind), ("value", value)]
        expected = 0 if count is None else count.devices
        endless = count is not None and count.limit_exceeded
        return self._ids(_DEVICES, params, f"list the hosts that observed {kind} {value}", expected, endless)

    def observers_of(self, iocs: Sequence[Tuple[str, str]], counts: Sequence[Count]) -> List[List[str]]:
        """L{observers} of many (type, value), side by side."""
        asked = [(kind, value, count) for (kind, value), count in zip(iocs, counts)]
        return side_by_side(self._client, lambda ioc: self.observers(*ioc), asked)

    def processes(self, kind: str, value: str, device_id: str) -> List[str]:
        """The ids of all processes by which a host observed an indicator."""
        params = [("type", kind), ("value", value), ("device_id", device_id)]
        return self._ids(_PROCESSES, params, f"list the processes on {device_id} that involve {kind} {value}")

    def processes_of(self, questions: Sequence[Tuple[str, str, str]]) -> List[List[str]]:
        """L{processes} of many (type, value, device id), side by side."""
        return side_by_side(self._client, lambda question: self.processes(*question), list(questions))

    def _ids(
        self, paths: Tuple[str, str], params: Params, purpose: str, expected: int = 0, endless: bool = False
    ) -> List[str]:
        """All pages of ids. The place of the next page is a token, and nothing tells the total.

        @param expected: A page that is not full is the last one once so many are found.
        @param endless: Only the lack of a token ends the list.
        """
        found: Dict[str, None] = {}
        place: Params = []
        used = set()
        old = False
        while True:
            answer = self._ask(paths, [*params, ("limit", _LIMIT), *place], purpose, old)
            if answer is None:
                return list(found)
            # A token is only good where it was given.
            old = answer.pagination["path"] == paths[1]
            found.update(dict.fromkeys(str(one) for one in answer.resources))
            token = answer.pagination.get("offset")
            short = len(answer.resources) < int(_LIMIT) and len(found) >= expected and not endless
            if short or not answer.resources or not token or not isinstance(token, str) or token in used:
                return list(found)
            used.add(token)
            place = [("offset", token)]

    def details(self, ids: Iterable[str]) -> Dict[str, Dict[str, Any]]:
        """The records of hosts by id; those that Falcon does not know any more are left out."""
        unique = list(dict.fromkeys(ids))
        shared = [unique[at : at + _MOST_DEVICES] for at in range(0, len(unique), _MOST_DEVICES)]

        def read(some: List[str]) -> Answer:
            return self._entities("POST", _DEVICE_DETAILS, "read the records of hosts", body={"ids": some})

        answers = side_by_side(self._client, read, shared)
        rows = [row for answer in answers for row in answer.resources if isinstance(row, dict)]
        return {str(row.get("device_id")): row for row in rows}

    def process_details(self, ids: Iterable[str]) -> Dict[str, Dict[str, Any]]:
        """The records of processes by id; those that Falcon does not keep any more are left out."""
        unique = list(dict.fromkeys(ids))
        room = fql.LONGEST_URL - 200 - len(self._client.base_url)
        size = max(1, room // max((len(fql.encode([("ids", one)])) + 1 for one in unique), default=1))
        shared = [unique[at : at + size] for at in range(0, len(unique), size)]

        def read(some: List[str]) -> Answer:
            params = [("ids", one) for one in some]
            return self._entities("GET", _PROCESS_DETAILS, "read the records of processes", params=params)

        answers = side_by_side(self._client, read, shared)
        rows = [row for answer in answers for row in answer.resources if isinstance(row, dict)]
        return {str(row.get("process_id")): row for row in rows}

    def _entities(self, method: str, path: str, purpose: str, **what: Any) -> Answer:
        """Records by id. When Falcon knows none of them it may answer 404."""
        try:
            return self._client.request(method, path, purpose=purpose, **what)
        except RequestRefused as error:
            if error.status != 404:
                raise
            return error.answer  # type: ignore[no-any-return]

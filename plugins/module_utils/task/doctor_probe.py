# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the doctor asks Falcon: through the client, with an eye on what else each answer tells."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import Any, Sequence
from urllib.parse import parse_qsl, urlsplit

from ..api.client import Client
from ..api.envelope import Answer, Reply
from ..api.errors import FalconError, RequestRefused
from ..api.regions import named_region
from ..api.transport import new_session
from .base import Context, Params
from .connection import connect

COMBINED = "/iocs/combined/indicator/v1"
ENTITIES = "/iocs/entities/indicators/v1"
TOKEN_PATH = "/oauth2/token"  # noqa: S105  # a path
Pairs = Sequence["tuple[str, str]"]

# Exchanges of one route and status that are kept for the report that can be shared.
_KEPT_OF_A_KIND = 2
_ROWS_KEPT = 3
_HEADERS = ("Content-Type", "X-Cs-Region", "X-Ratelimit-Limit", "X-Ratelimit-Retryafter")


@dataclass
class Exchange:
    """One request and its answer; of long lists the first rows."""

    method: str
    path: str
    params: list[tuple[str, str]]
    status: int
    headers: dict[str, str]
    body: Any


@dataclass
class Probe:
    """A client whose answers are looked at on their way.

    ``clock_offset``: seconds by which Falcon's clock is ahead of this machine's, None before the first answer.
    """

    params: Params
    context: Context
    exchanges: list[Exchange] = field(default_factory=list)
    clock_offset: float | None = None
    region: str = ""
    limits: dict[str, tuple[int, int]] = field(default_factory=dict)
    certificate: dict[str, object] | None = None

    def __post_init__(self) -> None:
        self._session = new_session(2)
        self._session.hooks["response"].append(self._look_at_certificate)
        # A token of its own: the doctor wants to see how one is issued. Warnings of its own: what the client says of
        # requests that were sent to be refused is of no use to the reader, who gets the checks.
        alone = replace(
            self.context, token_file=None, warnings=[], session=lambda _connection, _number: self._session
        )
        self.client: Client = connect(self.params, alone, concurrency=2)
        self.client.watch(self._look_at)

    def close(self) -> None:
        """Close the connections."""
        self.client.close()
        self._session.close()

    def ask(
        self,
        path: str,
        params: Pairs = (),
        *,
        method: str = "GET",
        body: Any = None,
        purpose: str,
        size_may_be_refused: bool = False,
    ) -> Answer:
        """Ask once; as ``Client.request``, whose errors it raises. ``method`` POST with a body is a read too."""
        return self.client.request(
            method, path, params=params, body=body, purpose=purpose, size_may_be_refused=size_may_be_refused
        )

    def write(self, method: str, *, params: Pairs = (), body: Any = None, purpose: str) -> Answer:
        """Send one change of indicators; as ``Client.request``, whose errors it raises."""
        return self.client.request(method, ENTITIES, params=params, body=body, purpose=purpose, kind="write")

    def status_of(self, path: str, params: Pairs = (), *, purpose: str, **more: Any) -> int | None:
        """The HTTP status of an answer, refused or not; None where there was no usable answer."""
        try:
            return self.ask(path, params, purpose=purpose, **more).status
        except FalconError as error:
            return error.status

    def total(self, fql: str) -> int | None:
        """How many indicators a filter matches; None where it is not told."""
        params = [("filter", fql)] if fql else []
        try:
            answer = self.ask(COMBINED, [*params, ("limit", "1")], purpose="count indicators")
        except RequestRefused:
            return None
        found = answer.pagination.get("total")
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    def now(self) -> float:
        """The time of Falcon's clock, in seconds since 1970."""
        offset = self.clock_offset or 0.0
        # Date has whole seconds: a smaller difference than that is none.
        return time.time() + (offset if abs(offset) > 1 else 0.0)

    def _look_at_certificate(self, response: Any, **_more: Any) -> None:
        connection = getattr(response.raw, "connection", None) or getattr(response.raw, "_connection", None)
        told = getattr(getattr(connection, "sock", None), "getpeercert", None)
        if told is not None:
            self.certificate = told() or self.certificate

    def _look_at(self, method: str, url: str, reply: Reply) -> None:
        parts = urlsplit(url)
        self._compare_clocks(reply.headers.get("Date", ""))
        token = parts.path.endswith(TOKEN_PATH)
        if token or not self.region:
            self.region = named_region(reply.headers) or self.region
        self._note_limit("token" if token else "api", reply)
        path = parts.path[parts.path.index(TOKEN_PATH) :] if token else parts.path
        alike = [
            one
            for one in self.exchanges
            if (one.method, one.path, one.status) == (method, path, reply.status)
        ]
        if len(alike) < _KEPT_OF_A_KIND:
            headers = {name: reply.headers[name] for name in _HEADERS if name in reply.headers}
            body = _shortened(reply.body) if not reply.page else "an HTML page"
            self.exchanges.append(
                Exchange(
                    method, path, parse_qsl(parts.query, keep_blank_values=True), reply.status, headers, body
                )
            )

    def _compare_clocks(self, date: str) -> None:
        try:
            told = parsedate_to_datetime(date).timestamp()
        except (TypeError, ValueError, IndexError, OverflowError):
            return
        if self.clock_offset is None:
            self.clock_offset = told + 0.5 - time.time()

    def _note_limit(self, kind: str, reply: Reply) -> None:
        limit, left = (reply.headers.get(f"X-Ratelimit-{name}", "") for name in ("Limit", "Remaining"))
        if re.fullmatch(r"\d{1,9}", limit) and re.fullmatch(r"\d{1,9}", left) and reply.status != 401:
            self.limits[kind] = (int(left), int(limit))


def _shortened(body: Any) -> Any:
    if isinstance(body, dict):
        return {
            name: value[:_ROWS_KEPT] if isinstance(value, list) else value for name, value in body.items()
        }
    return body

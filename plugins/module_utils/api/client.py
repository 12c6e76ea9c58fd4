# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client of Falcon's HTTP API: a request in, an answer or an error that says what to do out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from .auth import Session
from .errors import PermissionRefused, RequestRefused, clean, scope_for
from .fql import encode
from .transport import Counters, Reply, Transport, first_error
from .version import VERSION

# Tokens that one request is tried with: each must have been good for another request, or be the second.
_MOST_TOKENS = 5
#: How many trace ids of writes are kept.
_MOST_TRACES = 10_000
# What is shorter could be a part of honest data; Falcon's secrets have 40 characters, its tokens hundreds.
_SHORTEST_SECRET = 16

#: Called with phase, done, total (if known) and, while waiting, the time (epoch seconds) until when.
Progress = Callable[[str, int, Optional[int], Optional[float]], None]


@dataclass
class Connection:
    """How to reach a tenant. C{access_token} is used as it is; C{token_file} lies in a private directory."""

    client_id: Optional[str] = None
    client_secret: Optional[str] = field(default=None, repr=False)
    access_token: Optional[str] = field(default=None, repr=False)
    cloud: str = "autodiscover"
    base_url: Optional[str] = None
    member_cid: Optional[str] = None
    proxy: Optional[str] = field(default=None, repr=False)
    validate_certs: bool = True
    ca_path: Optional[str] = None
    timeout: float = 30.0
    retries: int = 5
    max_wait: float = 60.0
    user_agent: Optional[str] = None
    token_file: Optional[str] = None


@dataclass
class Answer:
    """What an envelope of Falcon's holds, each part in its plain form even where it was null or missing.

    C{page}: it is an HTML page instead. C{listed}: C{resources} was a list.
    """

    status: int
    resources: List[Any]
    errors: List[Dict[str, Any]]
    pagination: Dict[str, Any]
    trace_id: str = ""
    page: bool = False
    listed: bool = True


class Client:
    """Sends requests with a valid token and tells answers from refusals. Thread-safe.

    @param concurrency: How many requests may be under way at the same time.
    @param session: An HTTP session to use, see L{transport.Transport}; one of its own where omitted.
    @raise ConfigurationError: The connection cannot work; nothing was sent.
    """

    def __init__(
        self,
        connection: Connection,
        concurrency: int = 4,
        progress: Optional[Progress] = None,
        session: Optional[Any] = None,
    ) -> None:
        agent = f"{connection.user_agent or ''} threatops-falcon/{VERSION}"
        self._transport = Transport(
            proxy=connection.proxy,
            validate_certs=connection.validate_certs,
            ca_path=connection.ca_path,
            timeout=connection.timeout,
            retries=max(0, connection.retries),
            max_wait=max(0.0, connection.max_wait),
            concurrency=max(1, concurrency),
            user_agent=clean(agent.encode("ascii", "replace").decode(), longest=200),
            session=session,
            hide=self.hide,
            scrub=self._scrub,
            on_wait=self._waiting,
        )
        self._secrets: List[str] = []
        self._session = Session(connection, self._transport)
        self._secrets = self._session.secrets
        self.concurrency = max(1, concurrency)
        self.retries = self._transport.retries
        self.requests: Counters = self._transport.counters
        self.warnings: List[str] = self._transport.warnings
        self.trace_ids: List[str] = []
        self.progress = progress
        #: Why nothing more is written: Falcon does not answer.
        self.given_up = ""
        self._phase: Tuple[str, int, Optional[int]] = ("", 0, None)

    @property
    def base_url(self) -> str:
        """Where requests go; autodiscovery may change it with the first token."""
        return self._session.base_url

    @property
    def cloud(self) -> str:
        """The name of the region in use."""
        return self._session.cloud

    def auth(self) -> Dict[str, Any]:
        """C{access_token}, C{cloud}, C{base_url}, C{expires_in} (seconds, if known): for the option C{auth}.

        @raise AuthenticationError: Falcon refuses the credentials.
        """
        token = self._session.token()
        return {
            "access_token": token,
            "cloud": self.cloud,
            "base_url": self.base_url,
            "expires_in": self._session.expires_in(),
        }

    def hide(self, text: object) -> str:
        """A tenant's text fit for a message, see L{errors.clean}."""
        return clean(text, self._secrets)

    def _scrub(self, raw: bytes) -> bytes:
        """An answer in which no secret of ours is echoed: what it holds goes into results, diffs and reports."""
        for secret in self._secrets:
            if len(secret) >= _SHORTEST_SECRET and secret.encode() in raw:
                raw = raw.replace(secret.encode(), b"********")
        return raw

    def say(self, kind: str, text: str) -> None:
        """Add a warning for the user, once for each kind."""
        self._transport.say(kind, text)

    def report(self, phase: str, done: int, total: Optional[int]) -> None:
        """Tell how far a phase of the work has come, if somebody listens."""
        self._phase = (phase, done, total)
        if self.progress is not None:
            self.progress(phase, done, total, None)

    def _waiting(self, until: float) -> None:
        if self.progress is not None:
            self.progress(*self._phase, until)

    def back_off(self, tries: int, asked: Optional[float]) -> None:
        """Wait before what went wrong C{tries} times is tried again."""
        self._transport.back_off(self._transport.delay(tries, asked))

    def close(self) -> None:
        """End all waiting and close the connections."""
        self._transport.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[Tuple[str, str]] = (),
        body: Any = None,
        purpose: str,
        kind: str = "read",
        size_may_be_refused: bool = False,
    ) -> Answer:
        """Send one request, as often as needed and allowed.

        @param params: Query parameters in order, unencoded; keys may repeat.
        @param body: Sent as JSON.
        @param purpose: What is attempted, for messages: C{"create 200 indicators"}.
        @param kind: C{read} is repeated freely, C{write} only when it was certainly not carried out.
        @param size_may_be_refused: Take an HTML page, or HTTP 500 twice, for a refusal, not for a fault that passes.
        @raise AuthenticationError: No valid token is to be had.
        @raise PermissionRefused: A scope is missing.
        @raise RequestRefused: Falcon refuses the request.
        @raise AmbiguousWrite: The answer to a write was lost.
        @raise Unavailable: No usable answer in all the tries allowed.
        """
        target = path + (f"?{encode(params)}" if params else "")
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        write = kind == "write"

        def send(token: str) -> Reply:
            headers = {
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
                "Accept": "application/json",
                "User-Agent": self._transport.user_agent,
            }
            url = self.base_url + target
            reply = self._transport.send(kind, method, url, headers, data)
            if 300 <= reply.status < 400:
                url = self._session.redirected(reply, url)
                reply = self._transport.send(kind, method, url, headers, data)
            return reply

        def attempt() -> Reply:
            for _try in range(_MOST_TOKENS):
                with self._session.trial() as token:
                    reply = send(token)
                    if reply.status != 401:
                        self._session.proven(token)
                        return reply
                    if self._session.hopeless(token):  # said before the next thread's turn to try the token
                        self._session.refuse_new_token()
                    self._session.replace(token)
            return self._session.refuse_new_token()

        reply = self._transport.exchange(attempt, purpose, write, size_may_be_refused)
        answer = self._answer(reply)
        if write and answer.trace_id and len(self.trace_ids) < _MOST_TRACES:
            self.trace_ids.append(answer.trace_id)
        if answer.page or not 200 <= answer.status < 300:
            self._refused(answer, path, purpose, write)
        return answer

    def _answer(self, reply: Reply) -> Answer:
        body = reply.body or {}
        resources, errors, meta = body.get("resources"), body.get("errors"), body.get("meta")
        meta = meta if isinstance(meta, dict) else {}
        pagination = meta.get("pagination")
        return Answer(
            status=reply.status,
            resources=resources if isinstance(resources, list) else [],
            errors=[item if isinstance(item, dict) else {"message": item} for item in errors]
            if isinstance(errors, list)
            else [],
            pagination=pagination if isinstance(pagination, dict) else {},
            trace_id=self.hide(meta.get("trace_id") or reply.headers.get("X-Cs-Traceid", ""))[:64],
            page=reply.page,
            listed=isinstance(resources, list),
        )

    def told(self, answer: Answer) -> Tuple[str, Optional[int]]:
        """Message and code of an answer's first error, fit for a user; an empty text if there is none."""
        said = first_error({"errors": answer.errors})
        code = said.get("code")
        text = said.get("message")
        return self.hide(text) if text else "", code if isinstance(code, int) else None

    def _refused(self, answer: Answer, path: str, purpose: str, write: bool) -> None:
        text, code = self.told(answer)
        said = f"HTTP {answer.status}{' with a page instead of JSON' if answer.page else ''}"
        message = f"Could not {purpose}: Falcon answered {said}" + (f', "{text}"' if text else "")
        if answer.status == 403:
            hint = f"The API client needs the scope {scope_for(path, write)}."
            raise PermissionRefused(message, 403, code, answer.trace_id, hint)
        refusal = RequestRefused(message, answer.status, code, answer.trace_id)
        refusal.answer = answer
        raise refusal

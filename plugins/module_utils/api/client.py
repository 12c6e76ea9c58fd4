# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client of Falcon's HTTP API: a request in, an answer or an error that says what to do out."""

from __future__ import annotations

import json
import threading
from typing import Any, Callable, Optional, Sequence

from .connection import Connection
from .counters import Counters
from .envelope import Answer, Reply, error_code, first_error, open_envelope
from .errors import PermissionRefused, RequestRefused
from .fql import encode
from .notices import Notices
from .redact import Secrets, clean
from .retry import Sender
from .scopes import explain_denial, scope_for
from .token import TokenSource
from .transport import Transport
from .version import VERSION

# Tries that one request has with tokens: each token must have been good for another request, or be new.
_MOST_TOKENS = 8
#: How many trace ids of writes are kept.
_MOST_TRACES = 10_000

#: Called with phase, done, total (if known) and, while waiting, the time (epoch seconds) until when.
Progress = Callable[[str, int, Optional[int], Optional[float]], None]


class Client:
    """Sends requests with a valid token and tells answers from refusals. Thread-safe.

    ``concurrency``: how many requests may be under way at the same time. ``session``: an HTTP session to use, see
    ``transport.Transport``; one of its own where omitted. ``warn`` is told each warning as soon as there is one.
    Raises ConfigurationError for a connection that cannot work; nothing was
    sent then.
    """

    def __init__(
        self,
        connection: Connection,
        concurrency: int = 4,
        progress: Progress | None = None,
        session: Any = None,
        warn: Callable[[str], None] | None = None,
    ) -> None:
        agent = f"{connection.user_agent or ''} threatops-falcon/{VERSION}"
        self._agent = clean(agent.encode("ascii", "replace").decode(), longest=200)
        self._secrets = Secrets()
        self._notices = Notices(warn)
        self.concurrency = max(1, concurrency)
        self._transport = Transport(
            proxy=connection.proxy,
            validate_certs=connection.validate_certs,
            ca_path=connection.ca_path,
            timeout=connection.timeout,
            concurrency=self.concurrency,
            secrets=self._secrets,
            session=session,
        )
        self._sender = Sender(
            self._transport,
            self._secrets,
            self._notices,
            retries=max(0, connection.retries),
            max_wait=max(0.0, connection.max_wait),
            concurrency=self.concurrency,
            on_wait=self._waiting,
        )
        self._tokens = TokenSource(connection, self._sender, self._secrets, self._notices, self._agent)
        self.retries = self._sender.retries
        self.max_wait = self._sender.max_wait
        #: Threads that may work beside the calling one, see workers.side_by_side.
        self.helpers = threading.Semaphore(self.concurrency - 1)
        #: Seconds that Falcon's search may lag behind a write, as the user says.
        self.settle = max(0.0, connection.settle)
        #: The file in which the tasks of a run tell each other what they have changed, see recent.Recent.
        self.changed_file = f"{connection.token_file}.changed" if connection.token_file else None
        self.requests: Counters = self._transport.counters
        self.warnings: list[str] = self._notices.texts
        self.trace_ids: list[str] = []
        self.progress = progress
        #: Why nothing more is written: Falcon does not answer.
        self.given_up = ""
        self._phase: tuple[str, int, int | None] = ("", 0, None)

    def watch(self, told: Callable[[str, str, Reply], None]) -> None:
        """Have every answer told as it came: method, URL and reply, those of the token endpoint included."""
        self._transport.watch = told

    @property
    def base_url(self) -> str:
        """Where requests go; autodiscovery may change it with the first token."""
        return self._tokens.base_url

    @property
    def cloud(self) -> str:
        """The name of the region in use."""
        return self._tokens.cloud

    def auth(self) -> dict[str, Any]:
        """``access_token``, ``cloud``, ``base_url``, ``expires_in`` (seconds, if known): for the option ``auth``.

        Raises AuthenticationError when Falcon refuses the credentials.
        """
        token = self._tokens.token()
        return {
            "access_token": token,
            "cloud": self.cloud,
            "base_url": self.base_url,
            "expires_in": self._tokens.expires_in(),
        }

    def hide(self, text: object) -> str:
        """A tenant's text fit for a message, see ``redact.clean``."""
        return self._secrets.hide(text)

    def say(self, kind: str, text: str) -> None:
        """Add a warning for the user, once for each kind."""
        self._notices.say(kind, text)

    def report(self, phase: str, done: int, total: int | None) -> None:
        """Tell how far a phase of the work has come, if somebody listens."""
        self._phase = (phase, done, total)
        if self.progress is not None:
            self.progress(phase, done, total, None)

    def _waiting(self, until: float) -> None:
        if self.progress is not None:
            self.progress(*self._phase, until)

    def back_off(self, tries: int, asked: float | None) -> float:
        """Wait before what went wrong ``tries`` times is tried again; the seconds that were waited."""
        seconds = self._sender.delay(tries, asked)
        self._sender.back_off(seconds)
        return seconds

    def pause(self, seconds: float) -> None:
        """Wait some seconds, for a search that lags behind, say; raises Unavailable when the client is closed."""
        self._sender.pause(seconds)

    def close(self) -> None:
        """End all waiting and close the connections."""
        self._sender.waits.closed.set()
        self._transport.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        body: Any = None,
        purpose: str,
        kind: str = "read",
        size_may_be_refused: bool = False,
    ) -> Answer:
        """Send one request, as often as needed and allowed.

        ``params``: query parameters in order, unencoded; keys may repeat. ``body`` is sent as JSON.
        ``purpose`` says for messages what is attempted: "create 200 indicators". ``kind``: ``read`` is
        repeated freely, ``write`` only when it was certainly not carried out. ``size_may_be_refused``: take
        an HTML page, or HTTP 500 twice, for a refusal, not for a fault that passes.

        Raises AuthenticationError when no valid token is to be had, PermissionRefused when access is denied,
        RequestRefused when Falcon refuses the request, AmbiguousWrite when the answer to a write was lost, Unavailable
        when there was no usable answer in all the tries allowed.
        """
        target = path + (f"?{encode(params)}" if params else "")
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        write = kind == "write"

        def send(token: str) -> Reply:
            headers = {
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
                "Accept": "application/json",
                "User-Agent": self._agent,
            }
            url = self.base_url + target
            reply = self._sender.send(kind, method, url, headers, data)
            if 300 <= reply.status < 400:
                url = self._tokens.redirected(reply, url)
                reply = self._sender.send(kind, method, url, headers, data)
            return reply

        def attempt() -> Reply:
            for _try in range(_MOST_TOKENS):
                with self._tokens.trial() as token:
                    reply = send(token)
                    if reply.status != 401:
                        self._tokens.proven(token)
                        return reply
                    self._tokens.refused(token)  # before the next thread's turn to try the token
            return self._tokens.refuse_new_token()

        reply = self._sender.exchange(attempt, purpose, write, size_may_be_refused)
        answer = open_envelope(reply, self.hide)
        if write and answer.trace_id and len(self.trace_ids) < _MOST_TRACES:
            self.trace_ids.append(answer.trace_id)
        if answer.page or not 200 <= answer.status < 300:
            self._refused(answer, path, purpose, write)
        return answer

    def told(self, answer: Answer) -> tuple[str, int | None]:
        """Message and code of an answer's first error, fit for a user; an empty text if there is none."""
        said = first_error({"errors": answer.errors}).get("message")
        return self.hide(said) if said else "", error_code({"errors": answer.errors})

    def _refused(self, answer: Answer, path: str, purpose: str, write: bool) -> None:
        text, code = self.told(answer)
        said = f"HTTP {answer.status}{' with a page instead of JSON' if answer.page else ''}"
        message = f"Could not {purpose}: Falcon answered {said}" + (f', "{text}"' if text else "")
        if answer.status == 403:
            reason, hint = explain_denial(text, scope_for(path, write))
            raise PermissionRefused(message, 403, code, answer.trace_id, hint, reason)
        refusal = RequestRefused(message, answer.status, code, answer.trace_id)
        refusal.answer = answer
        raise refusal

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often a request is tried, and how long is waited in between.

``urllib3.Retry`` does not serve: it decides by method and status alone and sees one request. It cannot tell a
write that certainly did not happen (refused connection, HTTP 429) from one whose answer was lost, which must
be read back and not be sent again; it takes an error inside an HTTP 200, or an HTML page, for a good answer;
it reads neither ``X-Ratelimit-RetryAfter`` nor a time that has passed; and its waits neither hold back the
other threads nor end when the run is stopped.
"""

from __future__ import annotations

import threading
import time
from typing import Callable, Mapping

from .envelope import Reply, error_code, first_error, hidden_code, trace_id
from .errors import AmbiguousWrite, Unavailable
from .notices import Notices
from .pace import Pace, Waits, asked_wait, jitter
from .redact import Secrets
from .regions import named_region
from .transport import Transport, Trouble

# A request with all of its tries and waits takes no longer than the greater of this and five times max_wait.
_BUDGET = 300.0
#: Seconds to wait after the first failure where Falcon does not say; doubled after each further one.
FIRST_WAIT = 0.5
#: A rate limit may last this many seconds longer than the moment that Falcon named.
GRACE = 60.0


class Sender:
    """Sends requests as often as needed and allowed. Thread-safe.

    ``retries``: further tries after the first. ``max_wait``: longest single wait, seconds. ``on_wait`` is
    told until when (seconds since the epoch) a wait lasts.
    """

    def __init__(
        self,
        transport: Transport,
        secrets: Secrets,
        notices: Notices,
        *,
        retries: int,
        max_wait: float,
        concurrency: int,
        on_wait: Callable[[float], None],
    ) -> None:
        self.retries = retries
        self.max_wait = max_wait
        self.waits = Waits()
        self._transport = transport
        self._secrets = secrets
        self._notices = notices
        self._on_wait = on_wait
        self._lock = threading.Lock()
        self._pace = Pace(concurrency, self.waits.sleep, self._count_wait)

    def send(self, kind: str, method: str, url: str, headers: Mapping[str, str], data: bytes | None) -> Reply:
        """Send a request once, when it is its turn.

        Raises Trouble for no answer, one that cannot be read, or one that asks to come again.
        """
        self._pace.take_turn()
        self.waits.check()
        reply = self._transport.send(kind, method, url, headers, data)
        trouble = self._fault(reply)
        # Tokens and refused tokens have limits of their own, which say nothing about that of the requests.
        if kind != "token" and reply.status != 401 and (trouble is None or trouble.kind != "rate"):
            self._pace.observe(reply.headers)
        if trouble is not None:
            raise trouble
        return reply

    def _fault(self, reply: Reply) -> Trouble | None:
        """What is wrong with an answer that may be another one the next time; ``None`` for one to act upon."""
        status, hidden, page = reply.status, hidden_code(reply), reply.page
        wait = asked_wait(reply.headers, time.time())
        text = first_error(reply.body).get("message")
        said = f': "{self._secrets.hide(text)}"' if text else ""
        with_page = " with a page instead of JSON" if page else ""
        if status == 429 or hidden == 429:
            trouble = Trouble("Falcon's rate limit is used up (HTTP 429)", False, 429, wait, kind="rate")
        elif status >= 500 or status == 408 or hidden >= 500:
            what = f"Falcon answered HTTP {status}{with_page}{said}"
            trouble = Trouble(what, True, status, wait or None, page, kind="server")
        elif status < 300 and reply.body is None:
            what = (
                f"Falcon answered HTTP {status} with {'a page' if page else 'something else'} instead of JSON"
            )
            trouble = Trouble(what, status=status, page=page, kind="answer")
        else:
            return None
        trouble.api_code = error_code(reply.body)
        trouble.trace_id = trace_id(reply, self._secrets.hide)
        trouble.region = named_region(reply.headers)
        return trouble

    def exchange(
        self,
        attempt: Callable[[], Reply],
        purpose: str,
        write: bool = False,
        size_may_be_refused: bool = False,
    ) -> Reply:
        """Make attempts until one gives an answer to act upon.

        ``purpose`` says for messages what is attempted: "list indicators". ``write``: do not repeat what may have been
        carried out. ``size_may_be_refused``: an HTML page, and HTTP 500 twice, are answers too, since
        gateways refuse with these what is too large. Raises AmbiguousWrite for a write whose answer was lost,
        Unavailable when every try failed.
        """
        started = time.monotonic()
        grace = _Grace(self.retries, min(GRACE, self.max_wait))
        tries = 0
        while True:
            try:
                return attempt()
            except Trouble as trouble:
                tries += 1
                if write and trouble.sent:
                    raise _ambiguous(purpose, trouble) from None
                passing = trouble.status in (502, 503, 504) and tries == 1
                refusal = (trouble.page and not passing) or (trouble.status == 500 and tries > 1)
                if size_may_be_refused and refusal:
                    return Reply(trouble.status or 0, {}, None, page=trouble.page)
                wait = self.delay(tries, trouble.wait or None)
                more = tries <= self.retries
                if trouble.kind == "rate" and trouble.wait == 0:
                    extra = grace.wait(tries)
                    more = more or extra > 0
                    wait = min(max(wait if tries <= self.retries else 0.0, extra), self.max_wait)
                late = time.monotonic() - started + wait > max(_BUDGET, 5 * self.max_wait)
                if not more or late:
                    raise _gave_up(purpose, trouble, tries, time.monotonic() - started) from None
                self._say_retry(trouble, wait)
                if trouble.kind == "rate":
                    self._on_wait(time.time() + wait)
                    self._pace.refused(wait)
                    with self._lock:
                        self._transport.counters.retried += 1
                else:
                    self.back_off(wait)

    def delay(self, tries: int, asked: float | None = None) -> float:
        """Seconds to wait after so many failed tries: what Falcon asks for, else 0.5, 1, 2 ... with jitter."""
        wait = asked if asked is not None else FIRST_WAIT * 2 ** min(tries - 1, 16) * jitter(0.7, 1.3)
        return min(wait, self.max_wait)

    def _count_wait(self, seconds: float) -> None:
        with self._lock:
            self._transport.counters.waited_seconds += seconds

    def back_off(self, seconds: float) -> None:
        """Wait before a further try, and count both."""
        with self._lock:
            self._transport.counters.retried += 1
        self.pause(seconds)

    def pause(self, seconds: float) -> None:
        """Wait, and count the time alone."""
        self._count_wait(seconds)
        self._on_wait(time.time() + seconds)
        self.waits.sleep(seconds)

    def _say_retry(self, trouble: Trouble, wait: float) -> None:
        """Tell once what kinds of trouble were met and overcome."""
        if trouble.kind == "rate":
            text = f"Falcon asked to wait: its rate limit was used up. The first wait took {wait:.1f} s."
        else:
            text = f"A request had to be repeated: {trouble.what}."
        self._notices.say(trouble.kind, text)


class _Grace:
    """The time that a rate limit gets beyond the moment that Falcon named, spread over the tries that are left."""

    def __init__(self, retries: int, seconds: float) -> None:
        self._retries = retries
        self._seconds = seconds
        self._end: float | None = None

    def wait(self, tries: int) -> float:
        """Seconds to wait after so many failed tries, each twice as long as the one before; 0 when the time is over."""
        if self._retries == 0:
            return 0.0
        now = time.monotonic()
        if self._end is None:
            self._end = now + self._seconds
        rest = self._end - now
        left = max(1, self._retries - tries + 1)
        return max(0.0, rest / float(2 ** min(left, 30) - 1) * jitter(1.0, 1.1))


def _ambiguous(purpose: str, trouble: Trouble) -> AmbiguousWrite:
    lost = AmbiguousWrite(
        f"Could not {purpose}: {trouble.what}", trouble.status, trouble.api_code, trouble.trace_id
    )
    lost.wait, lost.page = trouble.wait or None, trouble.page
    return lost


def _gave_up(purpose: str, trouble: Trouble, tries: int, seconds: float) -> Unavailable:
    many = f", in {tries} tries over {seconds:.0f} s" if tries > 1 else ""
    hint = (
        "Run again later; the next run finds what was done. The options retries and max_wait allow more time."
    )
    if trouble.kind == "connection":
        hint = "Check base_url, cloud and proxy, and whether this machine can reach them."
    elif trouble.kind == "timeout":
        hint = "The option timeout allows for a slower answer."
    return Unavailable(
        f"Could not {purpose}: {trouble.what}{many}",
        trouble.status,
        trouble.api_code,
        trouble.trace_id,
        hint,
        region=trouble.region,
    )

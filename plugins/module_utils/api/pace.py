# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the next request may start: one rate limit, shared by all threads of a client, and waits that can be ended."""

from __future__ import annotations

import datetime
import random
import threading
import time
from email.utils import parsedate_to_datetime
from typing import Callable, Mapping

from .errors import Stopped

# A clock further off than this is believed to be wrong; less is the rounding of the Date header.
_SKEW = 5.0


def asked_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that an answer asks to wait: 0 when it names a time that has passed, ``None`` when it names none.

    ``X-Ratelimit-RetryAfter`` is read as seconds since the epoch by gofalcon and PSFalcon and described as
    milliseconds by the vendor's specification: the size of the number tells. ``Retry-After`` is seconds or a date.
    """
    server = _date(headers.get("Date", ""))
    if server is not None and abs(server - now) > _SKEW:
        now = server
    passed = False
    for name in ("X-Ratelimit-RetryAfter", "Retry-After"):
        text = headers.get(name, "").strip()
        moment = _date(text)
        if moment is None:
            try:
                number = float(text)
            except ValueError:
                continue
            moment = number / 1000 if number > 1e11 else number if number > 1e9 else now + number
        if now < moment < float("inf"):
            return moment - now
        passed = passed or moment <= now
    return 0.0 if passed else None


def _date(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    return moment.timestamp()


def jitter(low: float, high: float) -> float:
    """A number in between, so that many clients do not come back at the same moment."""
    return random.uniform(low, high)  # noqa: S311


class Waits:
    """Waiting that ends at once when the client is closed. Thread-safe."""

    def __init__(self) -> None:
        self.closed = threading.Event()

    def check(self) -> None:
        """Raise Unavailable when the client is closed."""
        if self.closed.is_set():
            raise Stopped("The run was stopped while waiting for Falcon")

    def sleep(self, seconds: float) -> None:
        """Wait some seconds; raises Unavailable when the client is closed meanwhile."""
        self.closed.wait(seconds)
        self.check()


class Pace:
    """Lets requests through one by one, at once while the limit is far, spaced out when it is near.

    ``near``: this near to the limit the pace slows down, as many requests as may be under way. ``sleep`` waits some
    seconds, and raises to end the wait early. ``waited`` is told how long requests had to wait; the same time is told
    once, however many threads wait.
    """

    def __init__(self, near: int, sleep: Callable[[float], None], waited: Callable[[float], None]) -> None:
        self._near = near
        self._sleep = sleep
        self._waited = waited
        self._lock = threading.Lock()
        self._next = 0.0
        self._last = 0.0
        self._gap = 0.0

    def take_turn(self) -> None:
        """Return when a request may start."""
        came = time.monotonic()
        while True:
            with self._lock:
                now = time.monotonic()
                delay = self._next - now
                if delay <= 0:
                    stood = now - max(came, self._last)
                    self._last = now
                    self._next = now + self._gap
                    break
            self._sleep(delay)
        if stood > 0.005:
            self._waited(stood)

    def _hold(self, seconds: float) -> None:
        self._next = max(self._next, time.monotonic() + seconds)

    def refused(self, seconds: float) -> None:
        """Falcon has refused a request for its rate: all wait, and then go one after the other."""
        with self._lock:
            self._gap = min(2.0, max(0.25, self._gap * 2))
            self._hold(seconds + jitter(0.01, 0.2))

    def observe(self, headers: Mapping[str, str]) -> None:
        """Read how much of the limit is left (``X-Ratelimit-Remaining``) off an answer that was let through."""
        try:
            left: int | None = int(headers.get("X-Ratelimit-Remaining", ""))
        except ValueError:
            left = None
        with self._lock:
            if left is None:
                self._gap = self._gap * 0.8 if self._gap > 0.02 else 0.0
            elif left > self._near:
                self._gap = 0.0
            else:
                # The window slides, and its length is not told: the closer the limit, the longer the gap.
                self._gap = min(2.0, max(0.1, self._gap) * (1.0 if left > 0 else 1.5))
                if left <= 0:
                    self._hold(self._gap)

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When the next request may start: one rate limit, shared by all threads of a client."""

from __future__ import annotations

import datetime
import random
import threading
import time
from email.utils import parsedate_to_datetime
from typing import Callable, Mapping, Optional

# A clock further off than this is believed to be wrong; less is the rounding of the Date header.
_SKEW = 5.0


def asked_wait(headers: Mapping[str, str], now: float) -> Optional[float]:
    """Seconds that an answer asks to wait, or C{None} when it does not say, or names a time that has passed.

    C{X-Ratelimit-RetryAfter} is read as seconds since the epoch by gofalcon and PSFalcon and described as
    milliseconds by the vendor's specification: the size of the number tells. C{Retry-After} is seconds or a date.
    """
    server = _date(headers.get("Date", ""))
    if server is not None and abs(server - now) > _SKEW:
        now = server
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
    return None


def _date(text: str) -> Optional[float]:
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


class Pace:
    """Lets requests through one by one, at once while the limit is far, spaced out when it is near.

    @param concurrency: How many requests may be under way; this near to the limit the pace slows down.
    @param sleep: Waits some seconds; raises to end the wait early.
    """

    def __init__(self, concurrency: int, sleep: Callable[[float], None]) -> None:
        self._near = concurrency
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = 0.0
        self._gap = 0.0
        self.waited = 0.0

    def take_turn(self) -> None:
        """Return when a request may start."""
        while True:
            with self._lock:
                now = time.monotonic()
                delay = self._next - now
                if delay <= 0:
                    self._next = now + self._gap
                    return
            self._sleep(delay)

    def hold(self, seconds: float) -> None:
        """No request starts within the next seconds. The time is counted once, however many threads it stops."""
        with self._lock:
            now = time.monotonic()
            until = now + seconds
            self.waited += max(0.0, until - max(now, self._next))
            self._next = max(self._next, until)

    def refused(self, seconds: float) -> None:
        """Falcon has refused a request for its rate: all wait, and go on one after the other."""
        with self._lock:
            self._gap = min(2.0, max(0.25, self._gap * 2))
        self.hold(seconds + jitter(0.01, 0.2))

    def observe(self, headers: Mapping[str, str]) -> None:
        """Read how much of the limit is left (C{X-Ratelimit-Remaining}) off an answer that was let through."""
        try:
            left = int(headers.get("X-Ratelimit-Remaining", ""))
        except ValueError:
            left = self._near + 1
        if left > self._near:
            if self._gap:
                with self._lock:
                    self._gap = self._gap * 0.9 if self._gap > 0.02 else 0.0
            return
        with self._lock:
            # The window slides, and its length is not told: the closer the limit, the longer the gap, up to 2 s.
            self._gap = min(2.0, max(0.1, self._gap) * (1.5 if left <= 0 else 1.0))
            gap = self._gap
        if left <= 0:
            self.hold(gap)

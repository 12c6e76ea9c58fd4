# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One line now and then that says where a long run is."""

from __future__ import annotations

import time
from typing import Callable, Optional

#: Seconds: nothing is said before the first have passed, and then once in so many.
QUIET, INTERVAL = 5.0, 5.0


class ProgressLines:
    """Turns what a client reports into lines for people.

    ``say``: shows one line
    ``name``: what the lines begin with
    """

    def __init__(self, say: Callable[[str], None], name: str) -> None:
        self._say = say
        self._name = name
        self._next = time.monotonic() + QUIET
        self._phase = ""
        self._since = 0.0
        self._from = 0

    def __call__(self, phase: str, done: int, total: Optional[int], until: Optional[float] = None) -> None:
        """Called often; speaks seldom. ``until``: a wait for Falcon ends then, seconds since the epoch."""
        now = time.monotonic()
        if phase != self._phase:
            self._phase, self._since, self._from = phase, now, done
        wait = until - time.time() if until is not None else 0.0
        if now + (wait if wait > QUIET else 0.0) < self._next:
            return
        self._next = now + INTERVAL + max(0.0, wait)
        self._say(f"{self._name}: {self._line(done, total, now, until if wait > 1 else None)}")

    def _line(self, done: int, total: Optional[int], now: float, until: Optional[float]) -> str:
        parts = ["starting"]
        if self._phase:
            parts = [f"{self._phase} {done}" + (f" of {total}" if total is not None else "")]
        seconds = now - self._since
        rate = (done - self._from) / seconds if seconds > 1 else 0.0
        if rate > 0:
            parts.append(f"{rate:.0f} a second" if rate >= 10 else f"{rate:.1f} a second")
        if until is not None:
            parts.append(f"waiting for Falcon until {time.strftime('%H:%M:%S', time.localtime(until))}")
        return ", ".join(parts)

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sliding one-minute windows, as the vendor counts requests."""

from __future__ import annotations

import time
from collections import deque

WINDOW_SECONDS = 60.0


class Limits:
    """How many requests each key (a CID, an address) sent within the last minute."""

    def __init__(self) -> None:
        self._seen: dict[str, deque[float]] = {}

    def reset(self) -> None:
        """Forget every request."""
        self._seen.clear()

    def take(self, key: str, limit: int) -> float | None:
        """Count one request. Returns None within the limit, else the epoch second at which there is room again."""
        now = time.time()
        window = self._window(key, now)
        if limit and len(window) >= limit:
            return window[0] + WINDOW_SECONDS
        window.append(now)
        return None

    def remaining(self, key: str, limit: int) -> int:
        """Requests left in this minute."""
        return max(0, limit - len(self._window(key, time.time())))

    def _window(self, key: str, now: float) -> deque[float]:
        window = self._seen.setdefault(key, deque())
        while window and window[0] <= now - WINDOW_SECONDS:
            window.popleft()
        return window

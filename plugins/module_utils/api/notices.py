# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Warnings for the user, each kind once."""

from __future__ import annotations

import threading
from typing import Callable


class Notices:
    """Collects warnings and hands each on at once, so that none is lost when the task fails. Thread-safe."""

    def __init__(self, deliver: Callable[[str], None] | None = None) -> None:
        self.texts: list[str] = []
        self._deliver = deliver
        self._kinds: set[str] = set()
        self._lock = threading.Lock()

    def say(self, kind: str, text: str) -> None:
        """Add a warning, unless there was one of this kind."""
        with self._lock:
            if kind in self._kinds:
                return
            self._kinds.add(kind)
            self.texts.append(text)
            if self._deliver is not None:
                self._deliver(text)

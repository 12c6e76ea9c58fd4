# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How large a batch may be."""

from __future__ import annotations

import threading


class Sizing:
    """Starts with the size that is wanted and shrinks where the size may be what the tenant refuses. Thread-safe."""

    def __init__(self, wanted: int) -> None:
        self._lock = threading.Lock()
        self._wanted = wanted
        self._accepted = 0
        self.size = wanted

    def accepted(self, rows: int) -> None:
        """A batch of so many rows was carried out."""
        with self._lock:
            self._accepted = max(self._accepted, rows)

    def halved(self, rows: int) -> None:
        """A batch is sent again in halves. Where none of its size has been accepted yet the size may be the reason, and
        later batches are made smaller too, so that each need not be refused first.
        """
        with self._lock:
            if rows > max(1, self._accepted):
                self.size = min(self.size, -(-rows // 2))

    def was_not_the_reason(self) -> None:
        """A single row failed: the size was not what the tenant refused."""
        with self._lock:
            self.size = self._wanted

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When to stop writing because the tenant does not take it."""

from __future__ import annotations

import threading
from dataclasses import dataclass

#: After so many batches in a row that Falcon never answered, the rest is not sent.
MOST_LOST = 2
#: After so many batches in a row, however small, that Falcon refused without naming a row, the rest is not sent.
MOST_REFUSED = 50
#: A batch that Falcon breaks on is halved so often in a row: 200 down to one. More is not due to a batch.
MOST_BROKEN = 8

ACCEPTED, LOST, REFUSED, BROKEN = "accepted", "lost", "refused", "broken"


@dataclass(frozen=True)
class Standing:
    """How many batches in a row were lost, refused or broke the tenant."""

    lost: int = 0
    refused: int = 0
    broken: int = 0


class Breaker:
    """Counts what became of the batches of a run. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._standing = Standing()

    def standing(self) -> Standing:
        """The counts so far."""
        with self._lock:
            return self._standing

    def note(self, event: str) -> None:
        """Count one event; an accepted batch ends all that went before it."""
        with self._lock:
            now = self._standing
            if event == ACCEPTED:
                self._standing = Standing()
            elif event:
                self._standing = Standing(
                    now.lost + (event == LOST),
                    now.refused + (event == REFUSED),
                    now.broken + (event == BROKEN),
                )

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this run has changed a moment ago: a search that lags behind shows it as it was.

Only the ids are kept, and only while a search may lag. A listing that shows one of them is checked by id, which is
current; any other listing costs nothing. The tasks of a loop share the memory of their process, those of a playbook a
file in its private directory, beside the token.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from typing import Dict, Iterable, Optional, Set

# Seconds that a change is remembered: no search is known to lag longer.
_KEPT = 30.0


class Recent:
    """Ids of indicators, each with its tenant, and the time of their change (seconds since the epoch). Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changed: Dict[str, float] = {}
        self._wrote: Dict[str, float] = {}

    def wrote(self, tenant: str, file: Optional[str] = None) -> None:
        """Something was written just now, if only a new indicator."""
        with self._lock:
            self._wrote[tenant] = time.time()
        if file is not None:
            _append(file, {})

    def due(self, tenant: str, settle: float, file: Optional[str] = None) -> float:
        """Seconds until a search that lags behind by so many shows what this run has written."""
        last = self._wrote.get(tenant, 0.0)
        if file is not None:
            with contextlib.suppress(OSError):
                last = max(last, os.stat(file).st_mtime)
        return max(0.0, last + settle - time.time())

    def note(self, tenant: str, ids: Iterable[str], file: Optional[str] = None) -> None:
        """These were changed or deleted just now."""
        new = dict.fromkeys((f"{tenant} {one}" for one in ids), time.time())
        if not new:
            return
        with self._lock:
            self._changed.update(new)
        if file is not None:
            _append(file, new)

    def among(
        self, tenant: str, ids: Iterable[str], settle: float = 0.0, file: Optional[str] = None
    ) -> Set[str]:
        """Those that were changed so lately that a search may not show it yet."""
        since = time.time() - max(_KEPT, 2 * settle)
        with self._lock:
            self._changed = {one: at for one, at in self._changed.items() if at >= since}
            changed = {**_read(file, since), **self._changed} if file is not None else self._changed
            return {one for one in ids if f"{tenant} {one}" in changed} if changed else set()


def _append(file: str, new: Dict[str, float]) -> None:
    """Add to the file of the run; start it anew where what it holds is old. Where that fails, nothing is remembered."""
    try:
        old = os.stat(file).st_mtime < time.time() - 10 * _KEPT
    except OSError:
        old = False
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | (os.O_TRUNC if old else os.O_APPEND)
    try:
        with os.fdopen(os.open(file, flags, 0o600), "w", encoding="ascii", errors="replace") as stream:
            stream.write("".join(f"{at:.3f} {one}\n" for one, at in new.items()))
            os.utime(stream.fileno())
    except OSError:
        return


def _read(file: str, since: float) -> Dict[str, float]:
    found: Dict[str, float] = {}
    try:
        if os.stat(file).st_mtime < since:
            return found
        with open(file, encoding="ascii", errors="replace") as stream:
            for line in stream:
                at, _blank, one = line.rstrip("\n").partition(" ")
                if at >= f"{since:.3f}":  # the same number of digits until the year 2286
                    found[one] = float(at)
    except (OSError, ValueError):
        return found
    return found


#: The memory of this process.
RECENT = Recent()

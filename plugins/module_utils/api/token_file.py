# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token of a run in a file, so that the next task of the same run need not ask for one."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import stat
import tempfile
import time
from typing import Any, Iterator


def key_of(*identity: str | None) -> str:
    """Who asks whom, as one digest: a token is only reused by the same credentials at the same place."""
    return hashlib.sha256("\0".join(part or "" for part in identity).encode("utf-8", "replace")).hexdigest()


class TokenFile:
    """Tokens by key in one JSON file, readable by its owner alone. A file that is not as expected counts as empty.

    ``path`` lies in Ansible's private folder of the run, which is removed when the run ends.
    """

    def __init__(self, path: str, key: str) -> None:
        self._path = path
        self._key = key

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time: of hosts that start together the first asks for a token, the others wait for it."""
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            handle = os.open(f"{self._path}.lock", flags, 0o600)
        except OSError:
            yield
            return
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _all(self) -> dict[str, Any]:
        try:
            handle = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
            with open(handle, encoding="utf-8") as stream:
                facts = os.fstat(handle)
                private = facts.st_uid == os.geteuid() and not facts.st_mode & 0o077
                content = json.load(stream) if private and stat.S_ISREG(facts.st_mode) else {}
        except (OSError, ValueError, RecursionError):
            return {}
        return content if isinstance(content, dict) else {}

    def load(self) -> dict[str, Any] | None:
        """``token``, ``base_url`` and ``expires`` (seconds since the epoch), or ``None``."""
        entry = self._all().get(self._key)
        if not isinstance(entry, dict) or not isinstance(entry.get("expires"), (int, float)):
            return None
        if not isinstance(entry.get("token"), str) or not isinstance(entry.get("base_url"), str):
            return None
        return entry if entry["expires"] > time.time() else None

    def save(self, token: str, base_url: str, expires: float) -> None:
        """Keep a token; written whole or not at all. Where it cannot be written, the next task asks again."""
        entries = {key: entry for key, entry in self._all().items() if isinstance(entry, dict)}
        entries[self._key] = {"token": token, "base_url": base_url, "expires": expires}
        folder, name = os.path.split(self._path)
        try:
            handle, temporary = tempfile.mkstemp(prefix=name, dir=folder)  # mode 0600, whatever the umask
        except OSError:
            return
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(entries, stream)
            os.replace(temporary, self._path)
        except OSError:
            _remove(temporary)
        except BaseException:  # an interrupt leaves no copy behind
            _remove(temporary)
            raise


def _remove(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)

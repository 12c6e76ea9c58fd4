# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that are written whole or not at all, and only where they differ."""

from __future__ import annotations

import json
import os
import tempfile


def holds(path: str, content: bytes) -> bool:
    """Whether a file has exactly this content."""
    if not os.path.isfile(path) or os.path.getsize(path) != len(content):
        return False
    with open(path, "rb") as file:
        return file.read() == content


def replace(path: str, content: bytes) -> None:
    """Write a file (mode 0600) by one rename. Raises OSError where the disk refuses, with nothing left behind."""
    handle, making = tempfile.mkstemp(prefix=f".{os.path.basename(path)}.", dir=os.path.dirname(path) or ".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(making, path)
    except OSError:
        os.unlink(making)
        raise


def json_bytes(document: object) -> bytes:
    """Sorted, indented, pure ASCII: the same document gives the same bytes, and a terminal can show them
    safely.
    """
    return (json.dumps(document, sort_keys=True, indent=2, ensure_ascii=True) + "\n").encode("ascii")

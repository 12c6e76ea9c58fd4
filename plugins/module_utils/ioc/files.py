# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open files from untrusted sources: regular files of a bounded size, and nothing that waits or never ends."""

from __future__ import annotations

import os
import stat
from typing import BinaryIO

_KINDS = (
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a pipe, which can be read only once; write it to a file first"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


class FileProblem(ValueError):
    """A file that is not read; the text says why, without the path."""


def open_regular(path: str, limit: int) -> BinaryIO:
    """Open a regular file of at most limit bytes.

    Raises FileProblem where it cannot be read, is no regular file (a pipe, a device, a directory), or is larger.
    """
    try:
        # Opening a pipe that nobody writes to would wait without O_NONBLOCK; what was opened is what is looked at.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as problem:
        raise FileProblem(f"cannot be read: {problem.strerror}") from problem
    except ValueError as problem:  # a NUL in the path
        raise FileProblem(f"cannot be read: {problem}") from problem
    try:
        _check(os.fstat(descriptor), limit)
    except FileProblem:
        os.close(descriptor)
        raise
    return open(descriptor, "rb")


def _check(status: os.stat_result, limit: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(status.st_mode)), "no regular file")
        raise FileProblem(f"cannot be read: it is {kind}")
    if status.st_size > limit:
        raise FileProblem(f"its {status.st_size} bytes are more than the {limit} that are read")


def read_regular(path: str, limit: int) -> bytes:
    """The content of a regular file of at most limit bytes.

    Raises FileProblem as open_regular does, and where the file grows past the limit or cannot be read to its end.
    """
    with open_regular(path, limit) as stream:
        try:
            content = stream.read(limit + 1)
        except OSError as problem:
            raise FileProblem(f"cannot be read: {problem.strerror}") from problem
    if len(content) > limit:  # files of /proc have no size
        raise FileProblem(f"it holds more than the {limit} bytes that are read")
    return content

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An evidence folder: written whole or not at all, and checked against its own sums.

A folder holds plain files and ``SHA256SUMS`` over all of them, in the form that ``sha256sum --check``
reads. The sums show that nothing was changed by accident or by somebody who could not also change
``SHA256SUMS``; who needs more signs that one file, or keeps its digest elsewhere.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import json
import os
import platform
import shutil
import stat
import tempfile
from collections.abc import Mapping
from typing import Any

SUMS = "SHA256SUMS"
#: What the name of a folder ends in while its run has not ended.
UNFINISHED = ".unfinished"


class EvidenceError(Exception):
    """A folder that cannot be written, or that is not evidence. The text is a sentence for the user."""


def sums(files: Mapping[str, bytes]) -> bytes:
    """The content of ``SHA256SUMS`` for these files."""
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode()


def write(folder: str, files: Mapping[str, bytes]) -> None:
    """Write a new folder (0700) of files (0600) with their sums: it appears complete, by one rename.

    Raises EvidenceError if something is in its place already, OSError if the disk refuses.
    """
    if os.path.lexists(folder):
        raise EvidenceError(f"{folder} exists already; evidence is never overwritten.")
    parent, name = os.path.split(os.path.abspath(folder))
    os.makedirs(parent, mode=0o700, exist_ok=True)
    making = tempfile.mkdtemp(prefix=f".{name}.", dir=parent)  # made with mode 0700
    try:
        for one, content in [*files.items(), (SUMS, sums(files))]:
            _write_file(os.path.join(making, one), content)
        os.rename(making, folder)
    except OSError as error:
        shutil.rmtree(making, ignore_errors=True)
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):  # another run was first
            raise EvidenceError(f"{folder} exists already; evidence is never overwritten.") from error
        raise
    _sync(parent)


def refuse_nested(parent: str) -> None:
    """Raises EvidenceError where the folder for new evidence is that of a run, whose sums a file more would break."""
    if os.path.lexists(os.path.join(parent, SUMS)):
        raise EvidenceError(
            f"{parent} is the evidence of a run, and takes no other; name the folder that holds it instead."
        )


def write_new(parent: str, name: str, files: Mapping[str, bytes], end: str = "") -> str:
    """Write a new folder under the first free name: `name`, or with a number behind it where several runs begin at
    one moment. `end` is added to the name of the folder, and is not part of what this returns.

    Raises EvidenceError if `parent` is the folder of a run itself, OSError if the disk refuses.
    """
    refuse_nested(parent)
    for number in itertools.count(1):
        folder = os.path.join(parent, name if number == 1 else f"{name}-{number}")
        if os.path.lexists(folder) or os.path.lexists(folder + UNFINISHED):
            continue
        try:
            write(folder + end, files)
        except EvidenceError:
            continue
        return folder
    raise AssertionError("numbers do not end")


def unfinished(parent: str) -> list[str]:
    """The folders of runs that did not end, and are not under way on this machine any more."""
    found = []
    for name in sorted(os.listdir(parent)) if os.path.isdir(parent) else ():
        folder = os.path.join(parent, name)
        if name.endswith(UNFINISHED) and not name.startswith(".") and os.path.isdir(folder):
            try:
                process = read(folder, "plan.json").get("process") or {}
            except EvidenceError:
                process = {}
            # A run that ended has taken its folder away before its process ends: what is still there now was left.
            if not is_alive(process) and os.path.isdir(folder):
                found.append(folder)
    return found


def this_process() -> dict[str, Any]:
    return {"host": platform.node(), "pid": os.getpid()}


def is_alive(process: Mapping[str, Any]) -> bool:
    """Whether a process, as `this_process` names it, may still be at work. One of another machine may not be asked."""
    if process.get("host") != platform.node() or not isinstance(process.get("pid"), int):
        return False
    try:
        os.kill(process["pid"], 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _write_file(path: str, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: str) -> None:
    """Make the rename survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def same(folder: str, files: Mapping[str, bytes]) -> bool:
    """Whether the folder holds exactly these files and their sums."""
    wanted = {**files, SUMS: sums(files)}
    if not os.path.isdir(folder) or sorted(os.listdir(folder)) != sorted(wanted):
        return False
    return all(_read_file(folder, name) == content for name, content in wanted.items())


def remove(folder: str) -> None:
    """Remove a folder that ``write`` made, if it is there: by one rename, since others look for unfinished folders."""
    if os.path.isdir(folder) and not os.path.islink(folder):
        parent, name = os.path.split(os.path.abspath(folder))
        going = os.path.join(tempfile.mkdtemp(prefix=f".{name}.", dir=parent), name)
        os.rename(folder, going)
        shutil.rmtree(os.path.dirname(going))


def verify(folder: str) -> list[str]:
    """What is wrong with an evidence folder, one sentence each: changed, missing, extra or unreadable
    files.
    """
    if not os.path.isdir(folder):
        return [f"{folder} is not a folder."]
    present = set(os.listdir(folder))
    if SUMS not in present:
        return [f"{SUMS} is missing."]
    if not _is_plain(folder, SUMS):
        return [f"{SUMS} is not a plain file."]
    listed, problems = _listed(folder)
    for name in sorted(listed):
        if name not in present:
            problems.append(f"{name} is missing.")
        elif not _is_plain(folder, name):
            problems.append(f"{name} is not a plain file.")
        elif hashlib.sha256(_read_file(folder, name)).hexdigest() != listed[name]:
            problems.append(f"{name} was changed: its SHA-256 is not the one in {SUMS}.")
    problems.extend(f"{name} is not listed in {SUMS}." for name in sorted(present - set(listed) - {SUMS}))
    return problems


def _listed(folder: str) -> tuple[dict[str, str], list[str]]:
    """What SHA256SUMS says, and what is wrong with the file itself."""
    listed: dict[str, str] = {}
    problems: list[str] = []
    for number, line in enumerate(_read_file(folder, SUMS).decode("utf-8", "replace").splitlines(), 1):
        digest, gap, name = line.partition("  ")
        if not gap or len(digest) != 64 or not name or name in (".", "..", SUMS) or "/" in name:
            problems.append(f"{SUMS} line {number} cannot be read.")
        elif name in listed:
            problems.append(f"{SUMS} names {name} twice.")
        else:
            listed[name] = digest
    if not listed and not problems:
        problems.append(f"{SUMS} is empty.")
    return listed, problems


def read(folder: str, name: str) -> dict[str, Any]:
    """One JSON document of a folder. Raises EvidenceError if it is not there or is none."""
    return load(os.path.join(folder, name))


def load(path: str) -> dict[str, Any]:
    """One JSON document. Raises EvidenceError, naming the file, if it is not there or is none."""
    try:
        with open(path, "rb") as file:
            document = json.load(file)
    except OSError as error:
        raise EvidenceError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise EvidenceError(f"{path} is not JSON: {error}.") from error
    if not isinstance(document, dict):
        raise EvidenceError(f"{path} does not hold a JSON object.")
    return document


def _is_plain(folder: str, name: str) -> bool:
    """Whether it is a file itself: a link may lead to other content tomorrow, a pipe never ends."""
    return stat.S_ISREG(os.lstat(os.path.join(folder, name)).st_mode)


def _read_file(folder: str, name: str) -> bytes:
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()

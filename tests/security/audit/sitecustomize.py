# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Python imports this in every process of an audited run: it writes down what each starts, and files others could read.

Nothing is sampled. The interpreter itself calls the hook before a process is started and before a file is removed,
renamed or made private, and every process reports its own command line and environment when it begins.
"""

from __future__ import annotations

import atexit
import json
import os
import sys

RECORD, FOLDER = os.environ.get("AUDIT_RECORD", ""), os.environ.get("AUDIT_FOLDER", "")


def _write(kind: str, content: object) -> None:
    file = os.open(RECORD, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(file, json.dumps({"kind": kind, "content": content}, default=str).encode() + b"\n")
    os.close(file)


def _look(path: object) -> None:
    """Report a file of the run that others could read and that holds a token."""
    name = os.fsdecode(path) if isinstance(path, (str, bytes)) else ""
    if not name.startswith(FOLDER) or not os.path.isfile(name):
        return
    loose = os.stat(name).st_mode & 0o077
    with open(name, "rb") as file:
        if loose and b"token" in file.read():
            _write("loose", name)


def _look_at_all() -> None:
    for folder, _folders, names in os.walk(FOLDER):
        for name in names:
            _look(os.path.join(folder, name))


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"):
        _write("start", [event, *arguments])
    elif event in ("os.remove", "os.rename", "os.chmod"):
        _look(arguments[0])


if RECORD:
    _write("process", {"command": sys.orig_argv, "environment": dict(os.environ)})
    atexit.register(_look_at_all)
    sys.addaudithook(_audit)

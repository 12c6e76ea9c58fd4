# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the token of a playbook run is kept, and how it goes away when the run is ended by a signal."""

from __future__ import annotations

import glob
import multiprocessing
import os
import shutil
import signal
import threading
import time
from types import FrameType
from typing import Any

from ansible import constants

NAME = "threatops_falcon_token.json"
#: Ansible's name for the private folder of a run.
_FOLDER = "ansible-local-"
# Seconds: a token lives for half an hour, and a run that goes on writes the file anew.
_OLD = 3600.0


def token_path() -> str:
    """The file in the private folder of this run, which Ansible removes when the run ends by itself."""
    return os.path.join(constants.DEFAULT_LOCAL_TMP, NAME)


def remove_with_run() -> None:
    """Have the folder of the run removed, too, when the run is terminated or its terminal is closed.

    Ansible removes it at a normal end and after Ctrl-C only. Called when Ansible's main process first loads an action
    plugin of this collection; in its workers, and in threads, which cannot set signal handlers, nothing happens.
    """
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or multiprocessing.parent_process() is not None:
        return
    for number in (signal.SIGTERM, signal.SIGHUP):
        before = signal.getsignal(number)
        if before not in (signal.SIG_IGN, None) and not isinstance(before, _Remover):
            signal.signal(number, _Remover(before))
    remove_leftovers(os.path.dirname(constants.DEFAULT_LOCAL_TMP))


def remove_leftovers(folder: str) -> None:
    """Remove the token files of runs that were killed, so that nothing could remove them."""
    for path in glob.glob(os.path.join(glob.escape(folder), f"{_FOLDER}*", f"{NAME}*")):
        try:
            if time.time() - os.lstat(path).st_mtime > _OLD:
                os.unlink(path)
        except OSError:  # somebody else's, or gone already
            continue


class _Remover:
    """A signal handler that removes the folder of the run and then does what was done before."""

    def __init__(self, before: Any) -> None:
        self._before = before
        self._process = os.getpid()

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() == self._process:
            _remove_folder(constants.DEFAULT_LOCAL_TMP)
        if callable(self._before):
            self._before(number, frame)
            return
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


def _remove_folder(folder: str) -> None:
    """The whole folder, so that a worker that still runs cannot keep a token in it again."""
    if os.path.basename(folder).startswith(_FOLDER):
        shutil.rmtree(folder, ignore_errors=True)

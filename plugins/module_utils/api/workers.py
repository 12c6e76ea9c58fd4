# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A few threads for requests that can go out side by side."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, List, Sequence, TypeVar

from .client import Client

Task = TypeVar("Task")
Result = TypeVar("Result")


def side_by_side(client: Client, work: Callable[[Task], Result], tasks: Sequence[Task]) -> List[Result]:
    """Do the work for every task on the client's C{concurrency} threads; results in the order of the tasks.

    The first error ends it: no further task starts, those under way come to their end, then it is raised. So does an
    interrupt, which also ends the waits of the threads under way.
    """
    count = min(client.concurrency, len(tasks))
    if count < 2:
        return [work(task) for task in tasks]
    pool = ThreadPoolExecutor(count)
    try:
        return list(pool.map(work, tasks))
    except Exception:
        raise
    except BaseException:  # an interrupt, or the end of the time that Ansible gives a task
        client.close()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


class Countdown:
    """Counts what is done, over all threads, and reports it."""

    def __init__(self, client: Client, phase: str, total: int) -> None:
        self._client = client
        self._phase = phase
        self._total = total
        self._done = 0
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        """So many more are done."""
        with self._lock:
            self._done += count
            done = self._done
        self._client.report(self._phase, done, self._total)

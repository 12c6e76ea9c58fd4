# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A few threads for requests that can be sent at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, Dict, Generic, List, Optional, Sequence, TypeVar

from .client import Client

Task = TypeVar("Task")
Result = TypeVar("Result")


class _Queue(Generic[Task, Result]):
    """Tasks that several threads take one after the other; the first error ends it for all."""

    def __init__(self, work: Callable[[Task], Result], tasks: Sequence[Task]) -> None:
        self._work = work
        self._tasks = tasks
        self._results: Dict[int, Result] = {}
        self._next = 0
        self._lock = threading.Lock()
        self.error: Optional[BaseException] = None

    def _take(self) -> Optional[int]:
        with self._lock:
            if self.error is not None or self._next >= len(self._tasks):
                return None
            self._next += 1
            return self._next - 1

    def run(self) -> None:
        """Work until nothing is left. An error is kept, not raised: the caller raises it once all threads have
        ended.
        """
        while True:
            number = self._take()
            if number is None:
                return
            try:
                self._results[number] = self._work(self._tasks[number])
            except BaseException as error:  # noqa: BLE001  # raised again by the caller's thread
                with self._lock:
                    self.error = self.error or error
                return

    def results(self) -> List[Result]:
        if self.error is not None:
            raise self.error
        return [self._results[number] for number in range(len(self._tasks))]


def side_by_side(client: Client, work: Callable[[Task], Result], tasks: Sequence[Task]) -> List[Result]:
    """Do the work for every task; results in the order of the tasks.

    All calls for a client share its ``concurrency`` connections, also one call inside another: the calling thread
    works itself and takes as many helpers as are free. The first error ends it: no further task starts, those under
    way come to their end, then it is raised. So does an interrupt, which also ends the waits of the threads under
    way.
    """
    queue = _Queue(work, tasks)
    helpers = 0
    while helpers < len(tasks) - 1 and client.helpers.acquire(blocking=False):
        helpers += 1
    if not helpers:
        queue.run()
        return queue.results()
    pool = ThreadPoolExecutor(helpers)

    def help_out() -> None:
        try:
            queue.run()
        finally:
            client.helpers.release()

    try:
        for _number in range(helpers):
            pool.submit(help_out)
        queue.run()
        if queue.error is not None and not isinstance(queue.error, Exception):
            client.close()  # an interrupt, or the end of the time that Ansible gives a task
        pool.shutdown(wait=True)
    except BaseException as error:  # the interrupt came while this thread waited for the others
        queue.error = queue.error or error
        client.close()
        pool.shutdown(wait=True)
        raise
    return queue.results()


class Countdown:
    """Counts what is done, over all threads, and reports it."""

    def __init__(self, client: Client, phase: str, total: Optional[int]) -> None:
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

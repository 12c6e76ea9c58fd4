# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing many in batches: every input ends with an outcome, whatever becomes of its batch."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Deque, Dict, List, Mapping, Optional, Sequence, Union

from ..client import Client
from ..envelope import Answer
from ..errors import FalconError
from ..workers import Countdown, side_by_side
from .breaker import ACCEPTED, Breaker
from .sizing import Sizing
from .verbs import CONFLICT, DONE, FAILED, UNSENT, Job, Outcome, Verb
from .verdict import FAIL, SPLIT, Verdict, failure_of, verdict

# A search that lags behind is asked again so often where retries says less, as long as settle lasts.
_MOST_LOOKS = 20


class Batches:
    """One run of a verb over many inputs: a queue of batches, and the threads that send them.

    What an answer means is decided by verdict(); here it is carried out. ``size`` is the largest batch. Without
    ``keep_going`` no further batch starts after a failure.
    """

    def __init__(self, client: Client, verb: Verb, size: int, keep_going: bool) -> None:
        self._client = client
        self._verb = verb
        self._keep_going = keep_going
        self._sizing = Sizing(size)
        self._breaker = Breaker()
        self._lock = threading.Lock()
        self._queue: Deque[List[Job]] = deque()
        self._outcomes: Dict[int, Outcome] = {}
        self._exist: List[Job] = []
        self._stopped: Optional[str] = None

    def run(self, bodies: Sequence[Any]) -> List[Outcome]:
        """Send all; one outcome for each, in order."""
        jobs = [Job(index, body) for index, body in enumerate(bodies)]
        self._countdown = Countdown(self._client, self._verb.doing, len(jobs))
        size = self._sizing.size
        self._queue.extend(jobs[at : at + size] for at in range(0, len(jobs), size))
        if self._client.given_up:
            self._stop(self._client.given_up)
        side_by_side(self._client, self._work, range(min(self._client.concurrency, len(self._queue))))
        self._find_what_exists()
        self._find_what_was_stored([job for job in jobs if job.index not in self._outcomes and job.doubtful])
        reason = self._stopped or "not sent"
        return [
            self._outcomes.get(job.index) or Outcome(UNSENT, message=reason, code="not_sent") for job in jobs
        ]

    def _work(self, _thread: int) -> None:
        while True:
            with self._lock:
                if self._stopped is not None or not self._queue:
                    return
                jobs = self._queue.popleft()
                if len(jobs) > self._sizing.size:
                    self._queue.appendleft(jobs[self._sizing.size :])
                    jobs = jobs[: self._sizing.size]
            while jobs:
                came: Union[Answer, FalconError]
                try:
                    came = self._verb.send(jobs)
                except FalconError as error:
                    came = error
                standing, retries = self._breaker.standing(), self._client.retries
                jobs = self._carry_out(
                    verdict(self._verb, jobs, came, standing, retries, self._client.hide), len(jobs)
                )

    def _carry_out(self, said: Verdict, rows: int) -> List[Job]:
        """Do what a verdict on a batch of so many rows says; the jobs that are to be sent again at once."""
        self._record(said.settled)
        if said.wait:
            self._client.back_off(said.wait, said.asked)
        with self._lock:
            self._exist.extend(said.exists)
            if said.cleared:
                self._queue.appendleft(said.cleared)
        found = self._read_back(said.look, said.what) if said.look else {}
        self._record(found)
        way = said.if_found if found else said.then
        if way == said.then:
            self._note(said, rows)
        elif said.say[0] == "lost":
            self._client.say(*said.say)
        rest = [job for job in said.rest if job.index not in found]
        if way == FAIL and said.failure is not None:
            self._record({job.index: said.failure for job in rest})
            if rows == 1:
                self._sizing.was_not_the_reason()
            rest = []
        elif way == SPLIT:
            self._split(rest)
            rest = []
        return rest if self._stopped is None else []

    def _note(self, said: Verdict, rows: int) -> None:
        self._breaker.note(said.event)
        if said.event == ACCEPTED:
            self._sizing.accepted(rows)
        if said.say[0]:
            self._client.say(*said.say)
        if said.stop:
            if said.give_up:
                self._client.given_up = said.stop
            self._stop(said.stop)

    def _split(self, jobs: List[Job]) -> None:
        """Queue halves, down to the one that is to blame."""
        if not jobs:
            return
        for job in jobs:
            job.doubtful = True  # a part of what was refused as a whole may be stored all the same
        half = -(-len(jobs) // 2)
        self._sizing.halved(len(jobs))
        with self._lock:
            self._queue.extendleft(part for part in (jobs[half:], jobs[:half]) if part)

    def _record(self, outcomes: Mapping[int, Outcome]) -> None:
        failed = next((outcome for outcome in outcomes.values() if outcome.status == FAILED), None)
        with self._lock:
            self._outcomes.update(outcomes)
            if failed is not None and not self._keep_going and self._stopped is None:
                self._stopped = f"not sent after an earlier failure: {failed.message}"
        if outcomes:
            self._countdown.add(len(outcomes))

    def _stop(self, reason: str) -> None:
        with self._lock:
            self._stopped = self._stopped or reason

    def _read_back(self, jobs: Sequence[Job], what: str) -> Dict[int, Outcome]:
        try:
            return self._verb.look_up(jobs)
        except FalconError as error:
            unknown = f"Whether it was {self._verb.done} is not known, reading it back failed: {error}"
            outcome = failure_of(error, f"{what}. {unknown}" if what else unknown)
            self._stop(f"not sent after this: {outcome.message}")
            return {job.index: outcome for job in jobs}

    def _find_what_exists(self) -> None:
        """Look for what Falcon says exists already, until it is seen: its search may lag behind its writes.

        A job that was sent before and is stored as it was sent is our own; anything else is somebody else's.
        """
        jobs = self._exist
        waited = 0.0
        for tries in range(1, _MOST_LOOKS + 1):
            if not jobs:
                return
            found = self._read_back(jobs, "Falcon says that it exists already")
            for job in jobs:
                outcome = found.get(job.index)
                if outcome is not None and outcome.status == DONE and not job.doubtful:
                    found[job.index] = Outcome(CONFLICT, outcome.record, "it exists already", "exists")
            with self._lock:
                self._outcomes.update(found)
            jobs = [job for job in jobs if job.index not in found]
            if not jobs or (tries > self._client.retries and waited >= self._client.settle):
                return
            self._client.say(
                "lag", "Falcon's search lags behind its writes; what it did not show yet was waited for."
            )
            waited += self._client.back_off(tries, None)

    def _find_what_was_stored(self, jobs: List[Job]) -> None:
        """Of batches that were refused as a whole a part may be stored; nothing that is stored is told as not sent."""
        if not jobs:
            return
        waited = 0.0
        for tries in range(1, _MOST_LOOKS + 1):
            found = self._read_back(jobs, "Falcon refused the batch")
            self._record({index: one for index, one in found.items() if one.status in (DONE, FAILED)})
            jobs = [job for job in jobs if job.index not in found]
            if not jobs or waited >= self._client.settle:
                return
            waited += self._client.back_off(tries, None)

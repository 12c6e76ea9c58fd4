# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing many in batches: every input ends with an outcome, whatever becomes of its batch."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Any, Deque, Dict, List, Mapping, Optional, Sequence

from ..ioc.record import Record, identity
from ..ioc.values import Identity
from .client import Client
from .envelope import Answer
from .errors import (
    AmbiguousWrite,
    AuthenticationError,
    FalconError,
    PermissionRefused,
    RequestRefused,
    Unavailable,
)
from .workers import Countdown, side_by_side

#: Falcon's answer to a create when the tenant holds as many indicators as it may.
_FULL = "limit of 1 million"
# Refusals of a batch that may be due to its size, or to one row that is not named.
_SPLITTABLE = (400, 409, 413, 414, 422, 431)
# After so many batches in a row that Falcon never answered, the rest is not sent.
_MOST_LOST = 2
# After so many batches in a row, however small, that Falcon refused without naming a row, the rest is not sent.
_MOST_REFUSED = 50
# So often in a row a batch that Falcon breaks on is halved: 200 down to one. More is no matter of a batch.
_MOST_BROKEN = 8


@dataclass
class Outcome:
    """What became of one input.

    C{done}; C{conflict}: somebody else has created it meanwhile; C{gone}: somebody else has deleted it meanwhile;
    C{failed}; C{unsent}: not tried, because of what became of others.
    """

    status: str
    record: Optional[Record] = None
    message: str = ""
    code: Optional[int] = None


@dataclass
class Job:
    """One input. C{doubtful}: it was sent before, and may have been carried out. C{losses}: so often the answer was
    lost. C{left_out}: an answer of success did not mention it, and it had not been carried out.
    """

    index: int
    body: Any
    doubtful: bool = False
    losses: int = 0
    left_out: bool = False


class Verb:
    """What creating, updating and deleting do differently.

    C{name} is the word for messages. C{by_id}: an HTTP 404 means that an indicator of the batch is gone.
    C{repeats}: the tenant does not refuse what it has already, so it is looked for before it is sent again.
    """

    name = "write"
    by_id = False
    repeats = False

    def send(self, jobs: Sequence[Job]) -> Answer:
        """Send one batch.

        @raise FalconError: As L{Client.request} does.
        """
        raise NotImplementedError

    def settle(self, jobs: Sequence[Job], answer: Answer) -> Dict[int, Outcome]:
        """Read outcomes, by index of the job, off an answer of success. What it does not mention is left out."""
        raise NotImplementedError

    def look_up(self, jobs: Sequence[Job]) -> Dict[int, Outcome]:
        """Read back which jobs have been carried out, or need not be; the others are left out."""
        raise NotImplementedError


class Batches:
    """One run of a verb over many inputs.

    @param size: Largest batch.
    @param keep_going: Go on after a failure; otherwise no further batch starts.
    """

    def __init__(self, client: Client, verb: Verb, size: int, keep_going: bool) -> None:
        self._client = client
        self._verb = verb
        self._size = size
        self._accepted = 0
        self._wanted_size = size
        self._keep_going = keep_going
        self._lock = threading.Lock()
        self._queue: Deque[List[Job]] = deque()
        self._outcomes: Dict[int, Outcome] = {}
        self._stopped: Optional[str] = None
        self._lost = 0
        self._refused = 0
        self._broken = 0

    def run(self, bodies: Sequence[Any]) -> List[Outcome]:
        """Send all; one outcome for each, in order."""
        jobs = [Job(index, body) for index, body in enumerate(bodies)]
        self._countdown = Countdown(self._client, f"{self._verb.name[:-1]}ing", len(jobs))
        self._queue.extend(jobs[at : at + self._size] for at in range(0, len(jobs), self._size))
        if self._client.given_up:
            self._stop(self._client.given_up)
        threads = range(min(self._client.concurrency, len(self._queue)))
        side_by_side(self._client, self._work, threads)
        reason = self._stopped or "not sent"
        return [self._outcomes.get(job.index) or Outcome("unsent", message=reason) for job in jobs]

    def _work(self, _thread: int) -> None:
        while True:
            with self._lock:
                if self._stopped is not None or not self._queue:
                    return
                jobs = self._queue.popleft()
                if len(jobs) > self._size:
                    self._queue.appendleft(jobs[self._size :])
                    jobs = jobs[: self._size]
            self._deliver(jobs)

    def _deliver(self, jobs: List[Job]) -> None:
        """Send one batch until each of its jobs has an outcome, or is queued again in a smaller batch."""
        while jobs:
            try:
                answer = self._verb.send(jobs)
            except AmbiguousWrite as error:
                jobs = self._after_loss(jobs, error)
            except RequestRefused as error:
                jobs = self._after_refusal(jobs, error)
            except FalconError as error:
                self._after_error(jobs, error)
                return
            else:
                jobs = self._after_success(jobs, answer)

    def _record(self, outcomes: Mapping[int, Outcome]) -> None:
        failed = next((outcome for outcome in outcomes.values() if outcome.status == "failed"), None)
        with self._lock:
            self._outcomes.update(outcomes)
            if failed is not None and not self._keep_going and self._stopped is None:
                self._stopped = f"not sent after an earlier failure: {failed.message}"
        if outcomes:
            self._countdown.add(len(outcomes))

    def _fail(self, jobs: Sequence[Job], message: str, code: Optional[int]) -> None:
        self._record({job.index: Outcome("failed", None, message, code) for job in jobs})

    def _stop(self, reason: str) -> None:
        with self._lock:
            self._stopped = self._stopped or reason

    def _rest(self, jobs: Sequence[Job], settled: Mapping[int, Outcome]) -> List[Job]:
        """The jobs that have no outcome yet; none once the run has stopped."""
        self._record(settled)
        if self._stopped is not None:
            return []
        return [job for job in jobs if job.index not in settled]

    def _after_success(self, jobs: List[Job], answer: Answer) -> List[Job]:
        settled = self._verb.settle(jobs, answer)
        if settled or not answer.errors:
            with self._lock:
                self._lost = self._refused = self._broken = 0
                self._accepted = max(self._accepted, len(jobs))
        self._record(settled)
        missing = [job for job in jobs if job.index not in settled]
        rows = {at: row for at, row in problem_rows(answer, jobs).items() if jobs[at] in missing}
        if rows:
            return self._sort_out(jobs, rows, settled, partly=bool(settled))
        if missing:
            unknown = bool(answer.errors) and all(error.get("code") == 404 for error in answer.errors)
            refused = unknown or (self._verb.by_id and bool(settled))
            for job in missing:
                job.doubtful = job.doubtful or not refused
            text, code = self._client.told(answer)
            found = self._read_back(missing, text or f"Falcon answered HTTP {answer.status} without it")
            lost = [job for job in missing if job.index not in found]
            self._record(found)
            if answer.errors and any(outcome.status == "gone" for outcome in found.values()):
                return self._rest(lost, {})  # those that are gone may have spoilt it for the others
            if answer.errors and len(jobs) == len(lost) > 1:  # a refusal in all but its status
                denial = RequestRefused(text, answer.status, code, answer.trace_id)
                denial.answer = answer
                return self._after_refusal(jobs, denial)
            message = text or f"Falcon answered HTTP {answer.status} but has not {self._verb.name}d it"
            if not answer.errors or len(jobs) > 1:
                return self._after_silence(lost, message, code)
            self._fail(lost, message, code)
        return []

    def _after_silence(self, jobs: Sequence[Job], message: str, code: Optional[int]) -> List[Job]:
        """An answer of success left these out, and they have not been carried out: they are sent once more."""
        self._fail([job for job in jobs if job.left_out], message, code)
        rest = self._rest([job for job in jobs if not job.left_out], {})
        if rest:
            self._client.say(
                "left out", f"A write was answered but not carried out, and sent again: {message}."
            )
            self._client.back_off(1, None)
        for job in rest:
            job.left_out = True
        return rest

    def _read_back(self, jobs: Sequence[Job], what: str) -> Dict[int, Outcome]:
        try:
            return self._verb.look_up(jobs)
        except FalconError as error:
            message = (
                f"{what}. Whether it was {self._verb.name}d is not known, reading it back failed: {error}"
            )
            self._stop(f"not sent after this: {message}")
            return {job.index: Outcome("failed", None, message, error.api_code) for job in jobs}

    def _after_loss(self, jobs: List[Job], error: AmbiguousWrite) -> List[Job]:
        """An answer was lost. What has been carried out is found by reading back, the rest is sent again, in smaller
        batches when that has not helped: they may be too much for Falcon, or for what stands in between.
        """
        losses = 1 + max(job.losses for job in jobs)
        self._client.back_off(losses, error.wait)
        self._client.say(
            "lost", f"The answer to a write was lost ({error.message}); what it had done was read back."
        )
        for job in jobs:
            job.doubtful = True
            job.losses = losses
        rest = self._rest(jobs, self._read_back(jobs, error.message))
        breaks = error.page or error.status == 500
        if losses > 1 and len(rest) == len(jobs) > 1 and breaks and self._may_halve():
            for job in jobs:
                job.losses = 0
            self._split(jobs, error)
            return []
        if losses > self._client.retries:
            self._fail(rest, f"{error} Read back: it has not been {self._verb.name}d.", error.api_code)
            self._count_lost(error)
            if len(jobs) == 1:
                self._was_not_the_size()
            return []
        if losses == self._client.retries // 2 + 1 > 1 and len(rest) > 1 and not breaks:
            self._split(rest, error)
            return []
        return rest

    def _may_halve(self) -> bool:
        """Whether the batch may be what Falcon breaks on: too large, or with a row that it cannot bear."""
        with self._lock:
            self._broken += 1
            return self._broken <= _MOST_BROKEN

    def _count_lost(self, error: FalconError) -> None:
        with self._lock:
            self._lost += 1
            hopeless = self._lost >= _MOST_LOST
        if hopeless:
            self._client.given_up = f"not sent, Falcon does not answer: {error}"
            self._stop(self._client.given_up)

    def _after_error(self, jobs: Sequence[Job], error: FalconError) -> None:
        self._fail(jobs, str(error), error.api_code)
        if isinstance(error, Unavailable):
            self._count_lost(error)
            return
        if isinstance(error, (AuthenticationError, PermissionRefused)):
            # What is left to write needs the same.
            self._client.given_up = f"not sent: {error}"
        self._stop(f"not sent: {error}")

    def _after_refusal(self, jobs: List[Job], error: RequestRefused) -> List[Job]:
        """Falcon refused the batch and did nothing. What it names fails, the rest is sent again."""
        if _FULL in error.message.lower():
            self._fail(jobs, str(error), error.api_code)
            self._stop(f"not sent: {error}")
            return []
        rows = problem_rows(error.answer, jobs)
        if rows:
            return self._sort_out(jobs, rows)
        missing = error.status == 404 and self._verb.by_id
        if missing:
            found = self._read_back(jobs, error.message)
            if found:
                return self._rest(jobs, found)
        splittable = error.status in (200, 201, *_SPLITTABLE) or error.answer.page or missing
        with self._lock:
            self._refused += 1
            hopeless = self._refused >= _MOST_REFUSED
        if hopeless:
            self._stop(f"not sent, Falcon refuses every batch: {error}")
        if len(jobs) > 1 and splittable and not hopeless:
            stored = any(job.doubtful for job in jobs) and any(map(_is_duplicate, error.answer.resources))
            self._split(self._unless_done(jobs, error.message, doubted=stored), error)
        else:
            self._fail(jobs, str(error), error.api_code)
            if len(jobs) == 1:
                self._was_not_the_size()
            else:
                self._stop(f"not sent: {error}")
        return []

    def _split(self, jobs: List[Job], error: FalconError) -> None:
        """Refused as a whole, without a reason: in halves, down to the one that is to blame.

        No batch of this size has been accepted yet? Then the size may be the reason, and later batches
        are made smaller as well, so that each need not be refused first.
        """
        half = -(-len(jobs) // 2)
        for job in jobs:
            job.doubtful = True
        with self._lock:
            if len(jobs) > max(1, self._accepted):
                self._size = min(self._size, half)
            self._queue.extendleft(part for part in (jobs[half:], jobs[:half]) if part)
        self._client.say(
            "batch", f"A batch did not go through and was sent again in smaller ones: {error.message}."
        )

    def _was_not_the_size(self) -> None:
        with self._lock:
            self._size = self._wanted_size

    def _sort_out(
        self,
        jobs: List[Job],
        rows: Mapping[int, List[Mapping[str, Any]]],
        done: Optional[Mapping[int, Outcome]] = None,
        partly: bool = False,
    ) -> List[Job]:
        """Falcon names the rows that it refuses. A batch is stored whole or not at all: the others go again.

        @param done: What it has stored all the same; C{partly}: so the others may be stored as well.
        """
        settled: Dict[int, Outcome] = dict(done or {})
        duplicates = []
        for at, problems in rows.items():
            job = jobs[at]
            if all(_is_duplicate(problem) for problem in problems):
                duplicates.append(job)
            else:
                settled[job.index] = self._explain(problems)
        doubtful = [job for job in duplicates if job.doubtful]
        ours = self._read_back(doubtful, "Falcon has it already") if doubtful else {}
        for job in duplicates:
            settled[job.index] = ours.get(job.index) or Outcome("conflict", message="it exists already")
        for job in jobs:
            job.doubtful = True
        return self._unless_done(self._rest(jobs, settled), "Falcon may have stored a part of it", partly)

    def _unless_done(self, jobs: Sequence[Job], what: str, doubted: bool = False) -> List[Job]:
        """Those that are to be sent again. Where a repeat would be stored a second time, and where it is doubted that
        nothing was done, only those that are not there.
        """
        if not jobs or not (doubted or self._verb.repeats):
            return list(jobs)
        return self._rest(jobs, self._read_back(jobs, what))

    def _explain(self, problems: Sequence[Mapping[str, Any]]) -> Outcome:
        texts = []
        for problem in problems:
            field, text = problem.get("field_name"), problem.get("message") or "refused without a reason"
            texts.append(self._client.hide(f"{field}: {text}" if field else text))
        message = "; ".join(dict.fromkeys(texts))
        if all(problem.get("message_type") == "warning" for problem in problems):
            message += " (a warning: ignore_warnings writes it all the same)"
        return Outcome("failed", None, message, 400)


def problem_rows(answer: Answer, jobs: Sequence[Job]) -> Dict[int, List[Mapping[str, Any]]]:
    """The rows that ioc-manager complains about, by position in the batch.

    It echoes type and value, which tell the indicator for certain; else its C{row}, which counts from 1, does. Of one
    that was sent alone nothing need be said.
    """
    rows: Dict[int, List[Mapping[str, Any]]] = {}
    places: Dict[Identity, int] = {}
    for row in answer.resources:
        if not isinstance(row, dict) or "id" in row or not ("row" in row or "message" in row):
            continue
        if not places:
            places = {
                identity(job.body): at
                for at, job in enumerate(jobs)
                if isinstance(job.body, dict) and "value" in job.body
            }
        at = places.get(identity(row), -1)
        number = row.get("row")
        if at < 0 and isinstance(number, int):
            at = number - 1
        if len(jobs) == 1:
            at = 0
        if 0 <= at < len(jobs):
            rows.setdefault(at, []).append(row)
    return rows


def _is_duplicate(problem: Any) -> bool:
    return isinstance(problem, dict) and "duplicate" in str(problem.get("message")).lower()

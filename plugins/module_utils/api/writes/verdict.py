# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the answer to a batch means for each of its jobs. Pure: a batch and what came back in, what to do next out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Dict, List, Optional, Tuple, Union

from ..envelope import Answer
from ..errors import (
    AmbiguousWrite,
    AuthenticationError,
    FalconError,
    PermissionRefused,
    RequestRefused,
    Unavailable,
)
from ..redact import clean
from .breaker import ACCEPTED, BROKEN, LOST, MOST_BROKEN, MOST_LOST, MOST_REFUSED, REFUSED, Standing
from .rows import Problem, is_duplicate, only_warns, problem_rows, refusal
from .verbs import CONFLICT, FAILED, Job, Outcome, Verb

Hide = Callable[[object], str]

#: What to do with the jobs of a batch that are not settled: send them again as they are, or in halves, or fail them.
AGAIN, SPLIT, FAIL = "again", "split", "fail"

# Falcon's answer to a create when the tenant holds as many indicators as it may. It has no code for it.
_FULL = "limit of 1 million"
# Refusals of a batch that may be due to its size, or to one row that is not named.
_SPLITTABLE = (200, 201, 400, 409, 413, 414, 422, 431)


@dataclass
class Verdict:
    """What to do next.

    ``settled`` are outcomes that are certain. ``exists`` are jobs that Falcon says exist already: they are looked
    for once the other batches are through, as its search may lag behind. ``cleared`` are jobs that have been proved
    not to exist: they are sent again with what was withheld from them. ``rest`` are all others. Those of them in
    ``look`` are read back first. Then, with what reading back has not settled, ``then`` happens, or ``if_found``
    where reading back has settled any; ``failure`` is the outcome where that is to fail. ``wait``: the try to back
    off for before anything else, with the seconds that Falcon ``asked`` for. ``say`` is a warning for the user with
    its kind, ``event`` what the breaker counts, ``stop`` why nothing more is sent, in this run or (``give_up``) ever.
    """

    settled: Dict[int, Outcome] = field(default_factory=dict)
    exists: List[Job] = field(default_factory=list)
    cleared: List[Job] = field(default_factory=list)
    rest: List[Job] = field(default_factory=list)
    look: List[Job] = field(default_factory=list)
    what: str = ""
    then: str = AGAIN
    if_found: str = AGAIN
    failure: Optional[Outcome] = None
    wait: int = 0
    asked: Optional[float] = None
    say: Tuple[str, str] = ("", "")
    event: str = ""
    stop: str = ""
    give_up: bool = False


def verdict(
    verb: Verb,
    jobs: List[Job],
    came: Union[Answer, FalconError],
    standing: Standing,
    retries: int,
    hide: Hide = clean,
) -> Verdict:
    """Judge one batch by its answer, or by the error that came instead. Marks jobs as doubtful, lost and left out.

    ``standing`` tells what became of the batches before; ``retries`` how often a lost answer is made up for;
    ``hide`` makes foreign text fit for a message.
    """
    if isinstance(came, AmbiguousWrite):
        return _lost(verb, jobs, came, standing, retries)
    if isinstance(came, RequestRefused):
        return _refused(verb, jobs, came, standing, hide)
    if isinstance(came, FalconError):
        return _broke_off(jobs, came, standing)
    return _answered(verb, jobs, came, standing, hide)


def failure_of(error: FalconError, message: str = "") -> Outcome:
    """An error as the outcome of a job."""
    text = message or str(error)
    return Outcome(FAILED, None, text, error.code, error.status, error.api_code, error.trace_id)


def _lost(verb: Verb, jobs: List[Job], error: AmbiguousWrite, standing: Standing, retries: int) -> Verdict:
    """An answer was lost. What has been carried out is found by reading back, the rest is sent again, in smaller
    batches when that has not helped: they may be too much for Falcon, or for what stands in between.
    """
    losses = 1 + max(job.losses for job in jobs)
    for job in jobs:
        job.doubtful, job.losses = True, losses
    result = Verdict(rest=jobs, look=jobs, what=error.message, wait=losses, asked=error.wait)
    result.say = (
        "lost",
        f"The answer to a write was lost ({error.message}); what it had done was read back.",
    )
    breaks = error.page or error.status == 500
    if losses > 1 and len(jobs) > 1 and breaks and standing.broken < MOST_BROKEN:
        for job in jobs:
            job.losses = 0
        result.then, result.event = SPLIT, BROKEN
    elif losses > retries:
        result.then = result.if_found = FAIL
        result.failure = failure_of(error, f"{error} Read back: it has not been {verb.done}.")
        _count_lost(result, error, standing)
    elif losses == retries // 2 + 1 > 1 and len(jobs) > 1 and not breaks:
        result.then = result.if_found = SPLIT
    if result.then == SPLIT:
        result.say = ("batch", _smaller(error))
    return result


def _count_lost(result: Verdict, error: FalconError, standing: Standing) -> None:
    result.event = LOST
    if standing.lost + 1 >= MOST_LOST:
        result.stop, result.give_up = f"not sent, Falcon does not answer: {error}", True


def _smaller(error: FalconError) -> str:
    return f"A batch did not go through and was sent again in smaller ones: {error.message}."


def _broke_off(jobs: List[Job], error: FalconError, standing: Standing) -> Verdict:
    """Nothing was sent, or nothing of it can have arrived."""
    result = Verdict(rest=jobs, then=FAIL, failure=failure_of(error))
    if isinstance(error, Unavailable):
        _count_lost(result, error, standing)
        return result
    result.stop = f"not sent: {error}"
    # What is left to write needs the same token and the same scope.
    result.give_up = isinstance(error, (AuthenticationError, PermissionRefused))
    return result


def _refused(verb: Verb, jobs: List[Job], error: RequestRefused, standing: Standing, hide: Hide) -> Verdict:
    """Falcon refused the batch and says that it did nothing. What it names fails, the rest is sent again."""
    if _FULL in error.message.lower():
        return Verdict(rest=jobs, then=FAIL, failure=failure_of(error), stop=f"not sent: {error}")
    rows = problem_rows(error.answer, jobs)
    if rows:
        return _sort_out(verb, jobs, rows, {}, error.answer, hide)
    result = Verdict(rest=jobs, what=error.message, event=REFUSED, failure=failure_of(error))
    one_is_gone = error.status == 404 and verb.by_id
    if one_is_gone:
        result.look = jobs
    hopeless = standing.refused + 1 >= MOST_REFUSED
    if hopeless:
        result.stop = f"not sent, Falcon refuses every batch: {error}"
    splittable = error.status in _SPLITTABLE or error.answer.page or one_is_gone
    if len(jobs) > 1 and splittable and not hopeless:
        result.then = SPLIT
        result.say = ("batch", _smaller(error))
        known = any(job.doubtful for job in jobs) and any(map(is_duplicate, error.answer.resources))
        if known or verb.insists:
            result.look = jobs
            result.if_found = SPLIT
    else:
        result.then = FAIL
        if len(jobs) > 1:
            result.stop = result.stop or f"not sent: {error}"
    return result


def _answered(verb: Verb, jobs: List[Job], answer: Answer, standing: Standing, hide: Hide) -> Verdict:
    """An answer of success. What it says is believed; what it leaves out is read back."""
    settled = verb.settle(jobs, answer)
    event = ACCEPTED if settled or not answer.errors else ""
    missing = [job for job in jobs if job.index not in settled]
    rows = {at: row for at, row in problem_rows(answer, jobs).items() if jobs[at].index not in settled}
    if rows:
        result = _sort_out(verb, jobs, rows, settled, answer, hide)
        result.event = event
        return result
    if not missing:
        return Verdict(settled, event=event)
    said = answer.errors[0] if answer.errors else {}
    text = hide(said.get("message") or "")
    missing_is_unknown = bool(answer.errors) and all(error.get("code") == 404 for error in answer.errors)
    for job in missing:
        refused = missing_is_unknown or (verb.by_id and bool(settled))
        job.doubtful = job.doubtful or not refused
    message = text or f"Falcon answered HTTP {answer.status} but has not {verb.done} it"
    result = Verdict(settled, rest=missing, look=missing, event=event)
    result.what = text or f"Falcon answered HTTP {answer.status} without it"
    result.failure = Outcome(FAILED, None, message, "not_stored", answer.status, None, answer.trace_id)
    if answer.errors and not settled and len(jobs) > 1:  # a refusal in all but its status
        denial = RequestRefused(text, answer.status, trace_id=answer.trace_id)
        denial.answer = answer
        refused_as = _refused(verb, jobs, denial, standing, hide)
        result.then, result.event, result.say = refused_as.then, refused_as.event, refused_as.say
        result.stop, result.failure = refused_as.stop, refused_as.failure
        return result
    if answer.errors and len(jobs) == 1:
        result.then = result.if_found = FAIL
        return result
    return _left_out(result, missing, message)


def _left_out(result: Verdict, missing: List[Job], message: str) -> Verdict:
    """An answer of success left these out, and they have not been carried out: they are sent once more."""
    if any(job.left_out for job in missing):
        result.then = result.if_found = FAIL
        return result
    for job in missing:
        job.left_out = True
    result.say = ("left out", f"A write was answered but not carried out, and sent again: {message}.")
    result.wait = 1
    return result


def _sort_out(
    verb: Verb,
    jobs: List[Job],
    rows: Dict[int, List[Problem]],
    done: Dict[int, Outcome],
    answer: Answer,
    hide: Hide,
) -> Verdict:
    """Falcon names the rows that it refuses. A batch is stored whole or not at all: the others are sent again.

    ``done`` is what it has stored all the same; then the others may be stored as well.
    """
    result = Verdict(dict(done), what="Falcon may have stored a part of it")
    for at, problems in rows.items():
        job = jobs[at]
        if all(is_duplicate(problem) for problem in problems):
            result.exists.append(job)
            result.settled[job.index] = Outcome(
                CONFLICT,
                message="it exists already",
                code="exists",
                http_status=answer.status,
                trace_id=answer.trace_id,
            )
        elif verb.insists and job.doubtful and only_warns(problems):
            job.doubtful = False
            result.cleared.append(job)
        else:
            result.settled[job.index] = refusal(problems, answer, hide)
    apart = {id(job) for job in result.cleared}
    result.rest = [job for job in jobs if job.index not in result.settled and id(job) not in apart]
    for job in result.rest:
        job.doubtful = True
    if done or verb.insists:
        result.look = result.rest
    return result

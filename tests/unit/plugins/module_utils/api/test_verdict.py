# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an answer to a batch means, case by case: no network, no threads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.api.envelope import Answer
from ansible_collections.threatops.falcon.plugins.module_utils.api.errors import (
    AmbiguousWrite,
    AuthenticationError,
    ConfigurationError,
    PermissionRefused,
    RequestRefused,
    Unavailable,
)
from ansible_collections.threatops.falcon.plugins.module_utils.api.writes.breaker import Breaker, Standing
from ansible_collections.threatops.falcon.plugins.module_utils.api.writes.sizing import Sizing
from ansible_collections.threatops.falcon.plugins.module_utils.api.writes.verbs import (
    DONE,
    Job,
    Outcome,
    Verb,
)
from ansible_collections.threatops.falcon.plugins.module_utils.api.writes.verdict import (
    AGAIN,
    FAIL,
    SPLIT,
    verdict,
)


class Write(Verb):
    """Believes every row with an id."""

    def __init__(self, by_id: bool = False, insists: bool = False) -> None:
        self.by_id = by_id
        self.insists = insists

    def settle(self, jobs: Any, answer: Any) -> dict[int, Outcome]:
        stored = {row["value"] for row in answer.resources if isinstance(row, dict) and "id" in row}
        return {job.index: Outcome(DONE) for job in jobs if job.body["value"] in stored}


def jobs(count: int = 3, **marks: Any) -> list[Job]:
    return [Job(number, {"type": "domain", "value": f"{number}.example"}, **marks) for number in range(count)]


def stored(*numbers: int) -> list[dict[str, Any]]:
    return [{"id": f"i{number}", "value": f"{number}.example"} for number in numbers]


def row(number: int, text: str = "is bad", kind: str = "error") -> dict[str, Any]:
    return {"row": number + 1, "message_type": kind, "message": text}


def answer(resources: Any = (), errors: Any = (), status: int = 201) -> Answer:
    return Answer(status, list(resources), [dict(one) for one in errors], {}, "trace")


def refused(status: int = 400, rows: Any = (), message: str = "no", page: bool = False) -> RequestRefused:
    error = RequestRefused(message, status, trace_id="trace")
    error.answer = Answer(status, list(rows), [], {}, "trace", page=page)
    return error


def lost(status: int | None = None, page: bool = False) -> AmbiguousWrite:
    error = AmbiguousWrite("broke", status)
    error.page = page
    return error


DUPLICATE = "Warning: Duplicate type: 'domain' and value: 'x' combination."


@dataclass
class Case:
    """What came for a batch, and what must follow. Numbers are those of the jobs."""

    came: Any
    settled: dict[int, str] = field(default_factory=dict)
    rest: tuple[int, ...] = ()
    look: tuple[int, ...] = ()
    then: str = AGAIN
    if_found: str = AGAIN
    exists: tuple[int, ...] = ()
    cleared: tuple[int, ...] = ()
    event: str = ""
    stop: str = ""
    give_up: bool = False
    verb: Write = field(default_factory=Write)
    batch: Any = jobs
    standing: Standing = field(default_factory=Standing)
    doubtful: tuple[int, ...] = ()


ALL = (0, 1, 2)
BY_ID = Write(by_id=True)
CASES = {
    # answers of success
    "all are stored": Case(answer(stored(0, 1, 2)), {0: "done", 1: "done", 2: "done"}, event="accepted"),
    "one is left out": Case(
        answer(stored(0, 2)), {0: "done", 2: "done"}, (1,), (1,), event="accepted", doubtful=(1,)
    ),
    "nothing is mentioned": Case(answer(), {}, ALL, ALL, event="accepted", doubtful=ALL),
    "left out a second time": Case(
        answer(), {}, ALL, ALL, FAIL, FAIL, event="accepted", batch=lambda: jobs(left_out=True), doubtful=ALL
    ),
    "an error and nothing stored is a refusal in all but its status": Case(
        answer(errors=[{"code": 400, "message": "no"}]), {}, ALL, ALL, SPLIT, event="refused", doubtful=ALL
    ),
    "an error for one that was sent alone": Case(
        answer(errors=[{"code": 400, "message": "no"}]),
        {}, (0,), (0,), FAIL, FAIL, batch=lambda: jobs(1), doubtful=(0,),
    ),
    "unknown ids are not doubtful": Case(
        answer(errors=[{"code": 404, "message": "gone"}]), {}, ALL, ALL, SPLIT, event="refused", verb=BY_ID
    ),
    "an error beside some that are stored": Case(
        answer(stored(0), [{"code": 500, "message": "x"}]), {0: "done"}, (1, 2), (1, 2), event="accepted",
        doubtful=(1, 2),
    ),
    "a row inside a success": Case(
        answer([*stored(0), row(1)]), {0: "done", 1: "failed"}, (2,), (2,), event="accepted", doubtful=(2,)
    ),
    # refusals
    "a row is named": Case(refused(rows=[row(1)]), {1: "failed"}, (0, 2), doubtful=(0, 2)),
    "a duplicate is named": Case(
        refused(rows=[row(1, DUPLICATE, "warning")]), {1: "conflict"}, (0, 2), exists=(1,), doubtful=(0, 2)
    ),
    "a duplicate with another problem": Case(
        refused(rows=[row(1, DUPLICATE, "warning"), row(1)]), {1: "failed"}, (0, 2), doubtful=(0, 2)
    ),
    "a warning of what may have been stored before is proof that it was not": Case(
        refused(rows=[row(1, "looks odd", "warning")]),
        {}, (0, 2), (0, 2), cleared=(1,), verb=Write(insists=True), batch=lambda: jobs(doubtful=True),
        doubtful=(0, 2),
    ),
    "a warning of what is new": Case(
        refused(rows=[row(1, "looks odd", "warning")]), {1: "failed"}, (0, 2), doubtful=(0, 2)
    ),
    "no row is named": Case(refused(), {}, ALL, (), SPLIT, event="refused"),
    "no row is named, and warnings are ignored": Case(
        refused(), {}, ALL, ALL, SPLIT, SPLIT, event="refused", verb=Write(insists=True)
    ),
    "too large": Case(refused(413), {}, ALL, (), SPLIT, event="refused"),
    "a page of HTML": Case(refused(418, page=True), {}, ALL, (), SPLIT, event="refused"),
    "one that was sent alone is refused": Case(
        refused(), {}, (0,), (), FAIL, event="refused", batch=lambda: jobs(1)
    ),
    "not about the batch": Case(refused(418), {}, ALL, (), FAIL, event="refused", stop="not sent"),
    "one of the ids is gone": Case(refused(404), {}, ALL, ALL, SPLIT, event="refused", verb=BY_ID),
    "a 404 that is no matter of ids": Case(refused(404), {}, ALL, (), FAIL, event="refused", stop="not sent"),
    "the fiftieth refusal": Case(
        refused(), {}, ALL, (), FAIL, event="refused", stop="refuses every batch", standing=Standing(refused=49)
    ),
    "the tenant is full": Case(
        refused(message="Limit of 1 million indicators reached."), {}, ALL, (), FAIL, stop="1 million"
    ),
    # lost answers
    "lost": Case(lost(), {}, ALL, ALL, doubtful=ALL),
    "lost a third time": Case(
        lost(), {}, ALL, ALL, SPLIT, SPLIT, batch=lambda: jobs(losses=2), doubtful=ALL
    ),
    "lost more often than retries": Case(
        lost(), {}, ALL, ALL, FAIL, FAIL, event="lost", batch=lambda: jobs(losses=5), doubtful=ALL
    ),
    "the second batch that is never answered": Case(
        lost(), {}, ALL, ALL, FAIL, FAIL, event="lost", stop="does not answer", give_up=True,
        standing=Standing(lost=1), batch=lambda: jobs(losses=5), doubtful=ALL,
    ),
    "it breaks once": Case(lost(500), {}, ALL, ALL, doubtful=ALL),
    "it breaks twice": Case(
        lost(500), {}, ALL, ALL, SPLIT, event="broken", batch=lambda: jobs(losses=1), doubtful=ALL
    ),
    "a gateway's page twice": Case(
        lost(503, True), {}, ALL, ALL, SPLIT, event="broken", batch=lambda: jobs(losses=1), doubtful=ALL
    ),
    "it breaks on everything": Case(
        lost(500), {}, ALL, ALL, standing=Standing(broken=8), batch=lambda: jobs(losses=1), doubtful=ALL
    ),
    # nothing arrived
    "unreachable": Case(Unavailable("no connection"), {}, ALL, (), FAIL, event="lost"),
    "unreachable twice": Case(
        Unavailable("no connection"), {}, ALL, (), FAIL, event="lost", stop="does not answer", give_up=True,
        standing=Standing(lost=1),
    ),
    "no scope": Case(PermissionRefused("no", 403), {}, ALL, (), FAIL, stop="not sent: no", give_up=True),
    "no token": Case(AuthenticationError("no", 401), {}, ALL, (), FAIL, stop="not sent: no", give_up=True),
    "no way": Case(ConfigurationError("no"), {}, ALL, (), FAIL, stop="not sent: no"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_verdict(name: str) -> None:
    case = CASES[name]
    batch = case.batch()
    said = verdict(case.verb, batch, case.came, case.standing, 5)
    assert {index: one.status for index, one in said.settled.items()} == case.settled
    for seen, wanted in (
        (said.rest, case.rest),
        (said.look, case.look),
        (said.exists, case.exists),
        (said.cleared, case.cleared),
    ):
        assert tuple(job.index for job in seen) == wanted
    assert (said.then, said.if_found) == (case.then, case.if_found)
    assert (said.event, said.give_up) == (case.event, case.give_up)
    assert case.stop in said.stop and bool(case.stop) == bool(said.stop)
    assert tuple(job.index for job in batch if job.doubtful) == case.doubtful
    told = {*said.settled, *(job.index for job in (*said.rest, *said.cleared))}
    assert told == {job.index for job in batch}, "every job goes somewhere"
    if FAIL in (said.then, said.if_found) and said.rest:
        assert said.failure is not None and said.failure.message and said.failure.code


def test_foreign_text_goes_through_the_filter() -> None:
    said = verdict(Write(), jobs(), refused(rows=[row(1, "secret")]), Standing(), 5, lambda _text: "hidden")
    assert said.settled[1].message == "hidden"
    said = verdict(
        Write(), jobs(), answer(errors=[{"message": "secret"}]), Standing(), 5, lambda _text: "hidden"
    )
    assert "secret" not in said.what


def test_a_failure_carries_what_support_asks_for() -> None:
    outcome = verdict(Write(), jobs(), refused(rows=[row(1)]), Standing(), 5).settled[1]
    assert (outcome.code, outcome.http_status, outcome.trace_id) == ("refused", 400, "trace")
    failure = verdict(Write(), jobs(1), refused(), Standing(), 5).failure
    assert failure is not None and (failure.code, failure.trace_id) == ("refused", "trace")


def test_the_breaker_counts_in_a_row() -> None:
    breaker = Breaker()
    for event in ("lost", "refused", "refused", "broken", ""):
        breaker.note(event)
    assert breaker.standing() == Standing(1, 2, 1)
    breaker.note("accepted")
    assert breaker.standing() == Standing()


def test_sizes_shrink_only_where_the_size_may_be_the_reason() -> None:
    sizing = Sizing(200)
    sizing.halved(200)
    assert sizing.size == 100
    sizing.accepted(100)
    sizing.halved(100)
    assert sizing.size == 100, "so many were accepted before"
    sizing.halved(200)
    sizing.was_not_the_reason()
    assert sizing.size == 200

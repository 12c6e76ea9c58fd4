# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows of a batch that ioc-manager complains about."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, Sequence

from ...ioc.record import identity
from ...ioc.values import Identity
from ..envelope import Answer
from ..redact import clean
from .verbs import FAILED, Job, Outcome

Problem = Mapping[str, Any]


def problem_rows(answer: Answer, jobs: Sequence[Job]) -> Dict[int, List[Problem]]:
    """The problems by position in the batch.

    ioc-manager echoes type and value, which identify the indicator for certain; else its ``row``, which counts from 1,
    does. Of an indicator that was sent alone nothing need be said.
    """
    rows: Dict[int, List[Problem]] = {}
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


def is_duplicate(problem: object) -> bool:
    """Whether a row says that the indicator exists: Falcon has no code for it, so its text must tell."""
    return isinstance(problem, dict) and "duplicate" in str(problem.get("message")).lower()


def only_warns(problems: Sequence[Problem]) -> bool:
    """Whether Falcon would write the row all the same if it were asked to ignore warnings."""
    return all(problem.get("message_type") == "warning" for problem in problems)


def refusal(problems: Sequence[Problem], answer: Answer, hide: Callable[[object], str] = clean) -> Outcome:
    """What Falcon says of one row, as an outcome."""
    texts = []
    for problem in problems:
        field, text = problem.get("field_name"), problem.get("message") or "refused without a reason"
        texts.append(hide(f"{field}: {text}" if field else text))
    message = "; ".join(dict.fromkeys(texts))
    if only_warns(problems):
        message += " (a warning; set ignore_warnings to write it anyway)"
    return Outcome(FAILED, None, message, "refused", answer.status, 400, answer.trace_id)

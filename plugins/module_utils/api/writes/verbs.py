# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written, what became of it, and what creating, updating and deleting do differently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Optional, Sequence

from ...ioc.record import Record
from ..envelope import Answer

DONE = "done"
CONFLICT = "conflict"
GONE = "gone"
FAILED = "failed"
UNSENT = "unsent"


@dataclass
class Outcome:
    """What became of one input.

    ``status`` is ``done``; ``conflict``: somebody else has created it meanwhile, ``record`` is what exists, where it
    could be found; ``gone``: somebody else has deleted it meanwhile; ``failed``; ``unsent``: not sent, or refused
    with its batch and not sent again, because of what became of others. ``code`` says why in one word (``refused``,
    ``exists``, ``gone``, ``not_stored``, ``stored_otherwise``, ``not_sent``, or the code of a FalconError);
    ``http_status``, ``api_code`` and ``trace_id`` are those of Falcon's answer.
    """

    status: str
    record: Optional[Record] = None
    message: str = ""
    code: str = ""
    http_status: Optional[int] = None
    api_code: Optional[int] = None
    trace_id: str = ""


@dataclass
class Job:
    """One input.

    ``doubtful``: it was sent before, and may have been carried out. ``losses``: how often the answer was lost.
    ``left_out``: an answer of success did not mention it, and it had not been carried out.
    """

    index: int
    body: Any
    doubtful: bool = False
    losses: int = 0
    left_out: bool = False


class Verb:
    """One kind of write.

    ``doing`` and ``done`` are its forms for messages. ``by_id``: an HTTP 404 means that an indicator of the batch
    is gone. ``insists``: what the tenant warns of is written all the same, unless it is doubtful whether it was
    written before.
    """

    name = "write"
    doing = "writing"
    done = "written"
    by_id = False
    insists = False

    def send(self, jobs: Sequence[Job]) -> Answer:
        """Send one batch. Raises what Client.request raises."""
        raise NotImplementedError

    def settle(self, jobs: Sequence[Job], answer: Answer) -> Dict[int, Outcome]:
        """Read outcomes, by index of the job, off an answer of success. What it does not mention is left out.
        Pure.
        """
        raise NotImplementedError

    def look_up(self, jobs: Sequence[Job]) -> Dict[int, Outcome]:
        """Read back which jobs have been carried out, or need not be; the others are left out."""
        raise NotImplementedError

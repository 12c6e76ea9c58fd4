# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan as data: what is decided for one list, counted and in canonical form."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Dict, Iterable, Iterator, List, Optional

from .change import CREATE, DELETE, UPDATE, Change
from .lifecycle import Account
from .reasons import FOREIGN, IGNORED, LEFT, ODD, PROTECTED, REACHED, Failure, Refusal, SetAside


@dataclass
class Plan:
    """What is to be done, what is left alone and why, and what forbids doing any of it.

    `refusals` say why nothing at all may be written. `purge_stopped` says why nothing is purged though it was asked
    for; the rest may be written. `set_aside` are the items that are left alone, `absent` the number of items that
    are to be absent and neither failed nor foreign, `owned` how many indicators the source owned before, `expired`
    how many of the unchanged are no longer enforced. `odd` are the records that are left alone since they hold what
    no record holds, whether an item names them or only a purge would have deleted them. `name` is the list's. `life`
    tells of rings, reach and ends; as long as it holds questions, the plan is not one yet.
    """

    name: str = ""
    changes: List[Change] = field(default_factory=list)
    desired: int = 0
    unchanged: int = 0
    absent: int = 0
    owned: int = 0
    expired: int = 0
    set_aside: List[SetAside] = field(default_factory=list)
    failures: List[Failure] = field(default_factory=list)
    refusals: List[Refusal] = field(default_factory=list)
    purge_stopped: Optional[Refusal] = None
    odd: List[SetAside] = field(default_factory=list)
    life: Account = field(default_factory=Account)

    def of(self, operation: str) -> Iterator[Change]:
        return (change for change in self.changes if change.operation == operation)

    def aside(self, *codes: str) -> List[SetAside]:
        return [entry for entry in self.set_aside if entry.code in codes]

    @property
    def ignored(self) -> int:
        return len(self.aside(IGNORED, LEFT, ODD))

    @property
    def foreign(self) -> List[Dict[str, Any]]:
        return [entry.as_dict() for entry in self.aside(FOREIGN)]

    @property
    def protected(self) -> List[Dict[str, Any]]:
        return [entry.as_dict() for entry in self.aside(PROTECTED)]

    def planned(self, rejected: int = 0) -> Dict[str, int]:
        """The counts as decided, whether or not the plan is refused; the keys are those of the account.

        Indicators are counted, not records: a tenant may hold one twice. `rejected` are the lines of the list's
        feeds that are no indicators; nothing is decided about them here.
        """
        return {
            "desired": self.desired,
            **{
                f"{verb}d": len({change.identity for change in self.of(verb)})
                for verb in (CREATE, UPDATE, DELETE)
            },
            "unchanged": self.unchanged,
            "ignored": self.ignored,
            "foreign": len(self.aside(FOREIGN)),
            "protected": len(self.aside(PROTECTED)),
            "reached": len(self.aside(REACHED)),
            "rejected": rejected,
            "failed": len({(failure.kind, failure.value, failure.place) for failure in self.failures}),
        }

    def digest(self) -> str:
        """SHA-256 of the changes in canonical form, in hexadecimal digits."""
        return digest_of(self.changes)


def digest_of(changes: Iterable[Change]) -> str:
    """SHA-256 of changes in canonical form: whatever their order, and whichever list they belong to."""
    lines = sorted(
        json.dumps(change.canonical(), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        for change in changes
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run did to one list: in check mode what it would do, and where its plan was refused what was planned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Iterable, List, Sequence

from ..api.errors import AmbiguousWrite, IncompleteView
from ..ioc.change import CREATE, DELETE, UPDATE, Change
from ..ioc.plan import Plan
from ..ioc.reasons import FOREIGN, PROTECTED, REACHED, Failure, SetAside
from ..ioc.record import Record
from ..ioc.values import Identity

#: A change about which nobody knows whether it was written, and one that was not sent.
UNKNOWN, NOT_SENT, REFUSED = "unknown", "not_sent", "refused"
_DOUBTFUL = frozenset((UNKNOWN, AmbiguousWrite.code, IncompleteView.code))


@dataclass
class Account:
    """The account of one list.

    `done` are the changes that were carried out, in the order of the plan. `set_aside` and `failures` are those of
    the plan and what came to them while it was applied. `records` has the record of each indicator as it is
    afterwards, as far as it was seen. `refused` says that nothing of the deployment may be written, for a reason
    of this list or of another. `begun` says that the list was applied, in whole or in part.
    """

    plan: Plan
    refused: bool = False
    begun: bool = False
    done: List[Change] = field(default_factory=list)
    failures: List[Failure] = field(default_factory=list)
    set_aside: List[SetAside] = field(default_factory=list)
    records: Dict[Identity, Record] = field(default_factory=dict)
    unchanged: int = 0

    @classmethod
    def of(cls, plan: Plan, refused: bool = False) -> Account:
        return cls(
            plan,
            refused,
            failures=list(plan.failures),
            set_aside=list(plan.set_aside),
            unchanged=plan.unchanged,
        )

    @property
    def shown(self) -> List[Change]:
        """What the diff and the returned lists tell: what was done, or the plan where it was refused."""
        return self.plan.changes if self.refused else self.done

    def aside(self, *codes: str) -> List[SetAside]:
        return [entry for entry in self.set_aside if entry.code in codes]

    def count(self, operation: str) -> int:
        """Indicators, not records: a tenant may hold one twice. One that failed in part has failed."""
        failed = {(failure.kind, failure.value) for failure in self.failures}
        done = {change.identity for change in self.done if change.operation == operation}
        return len(done - failed)

    @property
    def doubtful(self) -> bool:
        """Whether nobody knows of some change whether it was written."""
        return any(failure.code in _DOUBTFUL for failure in self.failures)

    def failed(self) -> int:
        """Items that were not brought to what was asked; the deletions of a purge are no items."""
        return _distinct(failure for failure in self.failures if not failure.purge)

    def purge_failed(self) -> int:
        """Owned indicators that a purge was to delete and did not."""
        return _distinct(failure for failure in self.failures if failure.purge)

    def counts(self, rejected: int = 0) -> Dict[str, int]:
        """What was done, by the keys of Plan.planned and purge_failed."""
        return {
            **self.plan.planned(rejected),
            **{f"{operation}d": self.count(operation) for operation in (CREATE, UPDATE, DELETE)},
            "unchanged": self.unchanged,
            "foreign": len(self.aside(FOREIGN)),
            "protected": len(self.aside(PROTECTED)),
            "reached": len(self.aside(REACHED)),
            "failed": self.failed(),
            "purge_failed": self.purge_failed(),
        }

    def fail(self, change: Change, message: str, code: str = REFUSED) -> None:
        """Note that a change was not carried out, or that this is not known."""
        item = change.desired
        self.failures.append(
            Failure(
                change.kind,
                change.value,
                change.operation,
                message,
                item.index if item is not None else None,
                item.place if item is not None else "",
                code,
                purge=change.purge,
            )
        )


def _distinct(failures: Iterable[Failure]) -> int:
    return len({(failure.kind, failure.value, failure.place) for failure in failures})


def totals(counts: Iterable[Dict[str, int]]) -> Dict[str, int]:
    """The sums of the counts of several lists."""
    total: Dict[str, int] = {}
    for one in counts:
        for name, number in one.items():
            total[name] = total.get(name, 0) + number
    return total


def as_dicts(entries: Iterable[Any]) -> List[Dict[str, Any]]:
    return [entry.as_dict() for entry in entries]


def refusal_message(reasons: Sequence[str]) -> str:
    """Why nothing was written, said once."""
    return f"Refused: {'; '.join(reason.rstrip('.') for reason in reasons)}. Nothing was written."

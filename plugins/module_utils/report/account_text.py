# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan, or the account of a run, in a few lines for people: a line a list, and what was not applied by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ..ioc.wording import visible

#: Entries that were not applied and are named; the rest are a number.
MOST_NAMED = 20

_VERBS = ("created", "updated", "deleted")
_AHEAD = {"created": "create", "updated": "update", "deleted": "delete"}

#: How far a list is. `planned` is a check, `refused` a plan that may not be applied, `not_begun` a list that an
#: earlier one's failure has kept from being applied.
PLANNED, REFUSED, APPLIED, FAILED, NOT_BEGUN = "planned", "refused", "applied", "failed", "not_begun"


class NotApplied(NamedTuple):
    """One item or line that nothing was written for, or that failed: where it is, what it is, and why."""

    place: str
    kind: str
    value: str
    code: str
    reason: str

    def __str__(self) -> str:
        name = " ".join(part for part in (self.place, self.kind, self.value) if part)
        return f"{visible(name)}: {visible(self.reason)}" if name else visible(self.reason)


class ListAccount(NamedTuple):
    """One list: the counts that its line shows, and what was not applied."""

    name: str
    status: str
    counts: Mapping[str, int]
    not_applied: Sequence[NotApplied] = ()
    notes: Sequence[str] = ()

    @property
    def ahead(self) -> bool:
        """Whether the counts are of what is to be done."""
        return self.status in (PLANNED, REFUSED)


def list_line(account: ListAccount) -> str:
    """soc-emea: 3 to create, 1 to update, 2 to delete, 120 unchanged, 4 not applied"""
    if account.status == NOT_BEGUN:
        return f"{visible(account.name)}: not begun, since an earlier list failed"
    parts = []
    for name in _VERBS:
        count = int(account.counts.get(name, 0))
        if count:
            parts.append(f"{count:,} to {_AHEAD[name]}" if account.ahead else f"{count:,} {name}")
    if not parts:
        parts.append(
            "nothing to change" if account.ahead or account.status == APPLIED else "nothing was changed"
        )
    if account.counts.get("unchanged"):
        parts.append(f"{int(account.counts['unchanged']):,} unchanged")
    if account.not_applied:
        parts.append(f"{len(account.not_applied):,} not applied")
    return f"{visible(account.name)}: {', '.join(parts)}"


def lines(
    accounts: Sequence[ListAccount], digest: str = "", evidence: str = "", approve_with: str = ""
) -> list[str]:
    """The plan or the account, last line last.

    `evidence` is the path of its report, `approve_with` what a user adds to a command, or writes into a task, to
    approve a plan; the digest follows it.
    """
    told = []
    for account in accounts:
        word = {NOT_BEGUN: "List ", FAILED: "Applied in part to "}.get(account.status, "Applied to ")
        told.append(("Plan for " if account.ahead else word) + list_line(account))
    told += [f"  {line}" for line in named(accounts)]
    told += [visible(note) for account in accounts for note in account.notes]
    ahead = any(account.ahead for account in accounts)
    if evidence:
        told.append(
            f"{f'Plan {digest[:12]}' if ahead and digest else 'The evidence'} is in {visible(evidence)}"
        )
    if approve_with and digest:
        told.append(f"Approve it with {approve_with}{digest}")
    return told


def named(accounts: Sequence[ListAccount], most: int = MOST_NAMED) -> list[str]:
    """What was not applied, by name and reason; each list of several gets its share of the lines."""
    shown = {
        number_of: list(account.not_applied[: max(1, most // max(1, len(accounts)))])
        for number_of, account in enumerate(accounts)
    }
    free = most - sum(len(entries) for entries in shown.values())
    for number_of, account in enumerate(accounts):
        extra = account.not_applied[len(shown[number_of]) :][: max(0, free)]
        shown[number_of].extend(extra)
        free -= len(extra)
    told = [str(entry) for entries in shown.values() for entry in entries][:most]
    rest = sum(len(account.not_applied) for account in accounts) - len(told)
    if rest > 0:
        told.append(f"... and {rest:,} more")
    return told


def by_reason(entries: Iterable[NotApplied]) -> dict[str, int]:
    """How many there are of each code, most first."""
    counted: dict[str, int] = {}
    for entry in entries:
        counted[entry.code] = counted.get(entry.code, 0) + 1
    return dict(sorted(counted.items(), key=lambda one: (-one[1], one[0])))

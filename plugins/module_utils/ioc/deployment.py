# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A deployment: several lists planned as one, by one pure function.

The rules between lists. What an earlier list names is left to it. One name and one owner a list. What another list
of the same deployment owns is handed over, not foreign, and is not deleted by the purge of the list that it leaves.
A refusal of one list, or of the whole, forbids every write.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Dict, Iterator, List, Sequence, Set, Tuple

from . import guards
from .change import Change, asked
from .decision import Plan, digest_of
from .item import Desired
from .plan import View, decide, settled
from .policy import Policy
from .reasons import LEFT, Refusal, name_of
from .record import Record
from .values import Identity
from .wording import quoted, some

NAME_TWICE, OWNER_TWICE = "name_twice", "owner_twice"


@dataclass(frozen=True)
class ListRequest:
    """One list of a deployment: its name, its items (one for each type and value) and how far it may go."""

    name: str
    desired: Sequence[Desired]
    policy: Policy


@dataclass(frozen=True)
class Conflict:
    """Two lists ask for one indicator, and not for the same: `won` and `lost` are the names of the lists.

    `fields` has, by the name of the field, what either asks for, in the vocabulary of items; None where a list asks
    for nothing.
    """

    kind: str
    value: str
    won: str
    lost: str
    fields: Dict[str, Dict[str, Any]] = field(default_factory=dict)

    def sentence(self) -> str:
        """The conflict as a screen names it: who wins, and what either asked for."""
        asked = "; ".join(
            f"{name} {_asked(each['won'])} instead of {_asked(each['lost'])}"
            for name, each in self.fields.items()
        )
        return f"Conflict about {name_of(self.kind, self.value)}: {self.won} wins over {self.lost} ({asked})."

    def as_dict(self) -> Dict[str, Any]:
        return {
            "type": self.kind,
            "value": self.value,
            "won": self.won,
            "lost": self.lost,
            "fields": self.fields,
        }


def _asked(value: Any) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return str(value).lower()
    return quoted(", ".join(map(str, value)) if isinstance(value, (list, tuple)) else value)


@dataclass
class DeploymentPlan:
    """The plans of all lists, in their order, and what forbids the whole."""

    plans: List[Plan] = field(default_factory=list)
    conflicts: List[Conflict] = field(default_factory=list)
    own_refusals: List[Refusal] = field(default_factory=list)

    @property
    def refusals(self) -> List[Refusal]:
        """Why nothing may be written, in any list."""
        return [*self.own_refusals, *(refusal for plan in self.plans for refusal in plan.refusals)]

    @property
    def changes(self) -> List[Change]:
        return [change for plan in self.plans for change in plan.changes]

    def digest(self) -> str:
        """The same however often the same state is planned, refused or not; of one list it is that list's."""
        return digest_of(self.changes)

    def planned(self) -> Dict[str, int]:
        """The sums of what the lists plan."""
        total: Dict[str, int] = {}
        for plan in self.plans or [Plan()]:
            for name, count in plan.planned().items():
                total[name] = total.get(name, 0) + count
        return total


def plan_deployment(
    lists: Sequence[ListRequest], observed: Sequence[Record], approved_plan: str = ""
) -> DeploymentPlan:
    """Decide what has to be done for all lists of a deployment.

    `observed` is every record of the tenant that an item of any list names; for each list with a purge or a limit
    that is a share, also every record that its source owns. `approved_plan` is the digest of the whole; the one in
    the policy of a list is that list's.
    """
    result = DeploymentPlan(own_refusals=list(_ambiguous(lists)))
    view = View.of(observed)
    lists = [replace(request, desired=settled(request.desired, view)) for request in lists]
    owners = frozenset(request.policy.source for request in lists) - {""}
    named = {item.identity for request in lists for item in request.desired if item.identified}
    first: Dict[Identity, Tuple[str, Desired]] = {}
    taken: Dict[Identity, str] = {}
    for request in lists:
        policy = replace(request.policy, handed_over=owners | request.policy.handed_over)
        plan = decide(request.desired, view, policy, request.name, taken, named)
        if policy.approved_plan:
            plan.refusals.extend(guards.approval(plan.changes, plan.digest(), policy.approved_plan))
        result.plans.append(plan)
        result.conflicts.extend(_conflicts(request, plan, first))
        for item in request.desired:
            if item.identified:
                first.setdefault(item.identity, (request.name, item))
                taken.setdefault(item.identity, request.name)
    if approved_plan:
        result.own_refusals.extend(guards.approval(result.changes, result.digest(), approved_plan))
    return result


def _ambiguous(lists: Sequence[ListRequest]) -> Iterator[Refusal]:
    """One name and one owner a list. Lists without an owner may be several: they purge nothing."""
    for code, what, given in (
        (NAME_TWICE, "name", [request.name for request in lists]),
        (OWNER_TWICE, "source", [request.policy.source for request in lists if request.policy.source]),
    ):
        twice = _repeated(given)
        if twice:
            message = f"each list needs a {what} of its own, and these are used by several: {some(twice)}"
            yield Refusal(code, message, twice, what)


def _repeated(names: Sequence[str]) -> List[str]:
    seen: Set[str] = set()
    return list(dict.fromkeys(name for name in names if name in seen or seen.add(name)))  # type: ignore[func-returns-value]


def _conflicts(
    request: ListRequest, plan: Plan, first: Dict[Identity, Tuple[str, Desired]]
) -> Iterator[Conflict]:
    left = {(entry.kind, entry.value) for entry in plan.aside(LEFT)}
    for item in request.desired:
        if item.identity not in left:
            continue
        name, winner = first[item.identity]
        won, lost = asked(winner), asked(item)
        fields = {
            each: {"won": won.get(each), "lost": lost[each]} for each in lost if won.get(each) != lost[each]
        }
        if fields:
            yield Conflict(item.kind, item.value, name, request.name, fields)

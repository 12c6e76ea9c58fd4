# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observe, decide, apply: the same for one indicator, a list and a deployment, for check mode and for real.

The decision is ioc.deployment.plan_deployment. Everything here fetches what it needs, carries out what it says, and
keeps the account of what was really done.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field, replace
from typing import Any, Dict, List, Mapping, Sequence, Set, Tuple

from ..api import fql
from ..api.errors import AmbiguousWrite, FalconError, NotSupported
from ..api.writes.verbs import CONFLICT, DONE, GONE, Outcome
from ..ioc.change import CREATE, DELETE, UPDATE, Change, Vocabulary
from ..ioc.deployment import DeploymentPlan, ListRequest, plan_deployment
from ..ioc.item import Desired, with_groups
from ..ioc.owners import BY_TAG, tag_of
from ..ioc.plan import plan
from ..ioc.policy import Policy
from ..ioc.reasons import FOREIGN, PROTECTED, REACHED
from ..ioc.record import Record, identity
from ..ioc.values import Identity
from ..ioc.wording import some
from .account import NOT_SENT, UNKNOWN, Account
from .base import Context, Params, TaskFailed
from .connection import connect
from .groups import resolve
from .questions import Questions
from .tenant import open_api

#: Characters of a comment as a URL holds it: half of what the longest URL takes, the other half is for ids.
LONGEST_COMMENT = 8_000


@dataclass(frozen=True)
class Sending:
    """How a write is sent. The fields are the options of the same names."""

    comment: str = ""
    ignore_warnings: bool = False
    retrodetects: bool = False

    @classmethod
    def parse(cls, params: Params, **more: Any) -> Sending:
        """Read the options. Raises TaskFailed where the comment is too long for a deletion, which has it in its URL."""
        sending = cls(
            **{
                "comment": params.get("comment") or "",
                "ignore_warnings": bool(params.get("ignore_warnings")),
                "retrodetects": bool(params.get("retrodetects")),
                **more,
            }
        )
        length = len(fql.encode([("", sending.comment)]))
        if length > LONGEST_COMMENT:
            raise TaskFailed(
                f"comment: takes {length} characters of a URL; at most {LONGEST_COMMENT} are sent with a deletion"
            )
        return sending

    def given(self) -> List[str]:
        return [name for name in ("comment", "ignore_warnings", "retrodetects") if getattr(self, name)]


@dataclass
class Fault:
    """What ended a run in the middle of its writes.

    `ours` says that it is a fault of this collection and not an answer of Falcon's; `error` is then the exception.
    """

    message: str
    ours: bool
    error: BaseException
    details: Dict[str, Any] = field(default_factory=dict)


class Reconciliation:
    """One run, from desired items to an account for each list."""

    def __init__(self, params: Params, context: Context, sending: Sending, concurrency: int = 4) -> None:
        self._context = context
        self._sending = sending
        self.client = connect(params, context, concurrency)
        self._api = open_api(self.client, params)
        self._questions = Questions(self.client, self._api, legacy=not self._api.capabilities.tags)
        #: Names of host groups by their ids, as far as the lists name them.
        self.groups: Dict[str, str] = {}
        self.fault: Fault | None = None
        self._policies: List[Policy] = []
        #: What a write met that was to be otherwise: what exists, or that it is gone.
        self._met: Dict[Identity, Outcome] = {}
        self._observed: List[Record] = []
        #: The accounts of the run as far as it is.
        self.told: List[Account] = []
        self._sent: Set[int] = set()
        #: What had been sent when each list ended.
        self._marks: List[Tuple[Dict[str, Any], int]] = []
        self._refuse_what_is_lost()

    def _refuse_what_is_lost(self) -> None:
        """An option that the API has no place for is refused before anything is read, in check mode too."""
        given = [name for name in self._sending.given() if name not in self._api.capabilities.options]
        if given:
            raise NotSupported(
                f"The legacy API has no {', '.join(given)}", hint="Leave it out, or use api: current."
            )

    def _vocabulary(self) -> Vocabulary:
        able = self._api.capabilities
        return Vocabulary(severities=able.severities, counts_days=able.counts_days, refuse=self._api.check)

    def plan(self, lists: Sequence[ListRequest], approved_plan: str = "") -> DeploymentPlan:
        """Observe the tenant once, and decide for all lists.

        Raises TaskFailed where what must be seen could not be seen whole, so that nothing could be decided.
        """
        try:
            lists = self._prepared(lists)
            self._observed = self._observe(lists)
            decided = self._decide(lists, approved_plan)
            current = self._confirmed(decided)
            if current is not self._observed:
                self._observed = current
                decided = self._decide(lists, approved_plan)
            self._policies = [self._questions.answered(request.policy) for request in lists]
            self._questions.say(decided.plans, self._context)
            return decided
        except FalconError as error:
            raise TaskFailed(
                str(error), {**error.details(), "requests": self.client.requests.dict()}
            ) from error
        finally:
            self._pass_warnings_on()

    def _decide(self, lists: Sequence[ListRequest], approved_plan: str = "") -> DeploymentPlan:
        """Decide; what has to be known for that is asked, and then it is decided again."""
        while True:
            known = [replace(request, policy=self._questions.answered(request.policy)) for request in lists]
            decided = plan_deployment(known, self._observed, approved_plan)
            if not self._questions.ask(decided.plans):
                return decided

    def _confirmed(self, decided: DeploymentPlan) -> List[Record]:
        """What was observed, with what a purge is to delete read again by id.

        A search may lag behind, and show an indicator as its former owner had it, or one that is deleted.
        """
        doomed = [
            change.record
            for change in decided.changes
            if change.operation == DELETE and change.purge and change.record is not None
        ]
        if not doomed or decided.refusals or not self._api.capabilities.search_lags:
            return self._observed
        current = {record["id"]: record for record in self._api.reread(doomed)}
        stale = {record["id"] for record in doomed if current.get(record["id"]) != record}
        if not stale:
            return self._observed
        seen = [record for record in self._observed if record["id"] not in stale]
        return seen + [current[one] for one in sorted(stale) if one in current]

    def meet(self, one: str) -> Record | None:
        """The live record with this id, which is then all that is observed; None where there is none."""
        kind, _colon, value = one.partition(":")
        try:
            self._observed = self._api.reread([{"id": one, "type": kind, "value": value}])
        except FalconError as error:
            raise TaskFailed(
                str(error), {**error.details(), "requests": self.client.requests.dict()}
            ) from error
        return self._observed[0] if self._observed else None

    def plan_met(self, lists: Sequence[ListRequest]) -> DeploymentPlan:
        """Decide about what was met by id."""
        lists = self._prepared(lists)
        self._policies = [request.policy for request in lists]
        return self._decide(lists)

    def plan_again(self, lists: Sequence[ListRequest]) -> DeploymentPlan:
        """Decide for other lists that name indicators of the same observation."""
        return self._decide(self._prepared(lists))

    def accounts(self, decided: DeploymentPlan, as_planned: bool = False) -> List[Account]:
        """The accounts of a plan of which nothing was applied: in check mode, or where it was refused.

        With `as_planned` they say what the plan would do, refused or not.
        """
        refused = bool(decided.refusals) and not as_planned
        accounts = [Account.of(one, refused) for one in decided.plans]
        records = {identity(record): record for record in self._observed}
        for account in accounts:
            account.records = records
            if (self._context.check_mode or as_planned) and not refused:
                account.done = list(account.plan.changes)
        return accounts

    def requests_by_list(self, lists: int) -> List[Dict[str, Any]]:
        """What was sent for each list so far, with the ids of its writes; the reading is that of the first."""
        marks = [*self._marks[:lists], *[self._mark()] * (lists - len(self._marks))]
        before: Tuple[Dict[str, Any], int] = ({}, 0)
        told = []
        for counts, traces in marks:
            spent = {name: round(number - before[0].get(name, 0), 3) for name, number in counts.items()}
            told.append({"requests": spent, "trace_ids": self.client.trace_ids[before[1] : traces]})
            before = (counts, traces)
        return told

    def _mark(self) -> Tuple[Dict[str, Any], int]:
        return self.client.requests.dict(), len(self.client.trace_ids)

    def apply(self, decided: DeploymentPlan) -> List[Account]:
        """Carry the plan out, list by list; in check mode, and where it was refused, only give the accounts.

        Whatever happens after the first write ends in an account: what was written, what was not, and what is
        unknown. `fault` then says what happened.
        """
        accounts = self.told = self.accounts(decided)
        if self._context.check_mode or decided.refusals:
            return accounts
        for account, policy in zip(accounts, self._policies):
            account.begun = True
            try:
                self._apply(account, policy)
            except FalconError as error:
                self.fault = Fault(str(error), False, error, error.details())
            except KeyboardInterrupt as error:
                message = "the run was interrupted before it had written everything"
                self.fault = Fault(message, False, error, {"code": "interrupted"})
            except Exception as error:  # noqa: BLE001 - the one net: see this method's first lines
                self.fault = Fault(f"{type(error).__name__}: {error}", True, error)
            self._account_for_the_rest(account)
            self._marks.append(self._mark())
            if self.fault or (policy.on_error == "fail" and account.failures):
                break
        self._pass_warnings_on()
        return accounts

    def fault_details(self) -> Dict[str, Any]:
        """What a failed result says of the fault that ended the run, if one did."""
        if self.fault is None:
            return {}
        details = self.fault.details
        if self.fault.ours:
            error = self.fault.error
            details = {
                "code": "internal",
                "exception": "".join(traceback.format_exception(None, error, error.__traceback__)),
            }
        return {**details, "changed": True} if any(account.doubtful for account in self.told) else details

    def close(self) -> None:
        self.client.close()

    def _pass_warnings_on(self) -> None:
        for text in self.client.warnings:
            self._context.warn(text)

    def _prepared(self, lists: Sequence[ListRequest]) -> List[ListRequest]:
        """The lists in the words of the API in use, with host groups by their ids.

        The legacy API has no host groups; its check says so.
        """
        ids: Mapping[str, str] = {}
        problems: Mapping[str, str] = {}
        named = [
            item
            for request in lists
            for item in request.desired
            if item.fields.get("host_groups") and not item.problem
        ]
        in_rings = [group for request in lists for ring in request.policy.rings for group in ring.host_groups]
        self._refuse_tags(lists)
        if (named or in_rings) and self._api.capabilities.host_groups:
            ids, problems = resolve(
                self.client,
                [*in_rings, *(group for item in named for group in item.fields["host_groups"])],
            )
            unknown = [problems[group] for group in dict.fromkeys(in_rings) if group in problems]
            if unknown:
                raise TaskFailed(f"rings: host_groups: {'; '.join(unknown)}")
            self.groups = {found: group for group, found in ids.items() if group.lower() != found}
        vocabulary = self._vocabulary()
        return [
            replace(
                request,
                desired=[with_groups(item, ids, problems) for item in request.desired]
                if ids or problems
                else request.desired,
                policy=replace(
                    request.policy,
                    vocabulary=vocabulary,
                    rings=tuple(ring.with_groups(ids) for ring in request.policy.rings),
                ),
            )
            for request in lists
        ]

    def _refuse_tags(self, lists: Sequence[ListRequest]) -> None:
        """Rings and owners by tag need tags, which the legacy API has not."""
        if self._api.capabilities.tags:
            return
        for request in lists:
            for given, name in (
                (request.policy.rings, "rings"),
                (request.policy.owned_by == BY_TAG, "owned_by: tag"),
            ):
                if given:
                    raise NotSupported(
                        f"The legacy API has no tags, which {name} needs",
                        hint="Leave it out, or use api: current.",
                    )

    def _observe(self, lists: Sequence[ListRequest]) -> List[Record]:
        wanted = {
            item.identity: (item.kind, item.value, item.written)
            for request in lists
            for item in request.desired
            if (item.doubts or (item.identified and not item.problem)) and not item.ignore
        }
        owned = [request.policy for request in lists if request.policy.source]
        whole = [policy for policy in owned if _is_read_whole(policy)]
        if not wanted and not whole:
            return []
        sources = [policy.source for policy in whole or owned]
        # Either mark makes an indicator the list's own, while the list moves from one to the other.
        tags = [tag_of(policy.source) for policy in whole or owned if self._by_tag(policy)]
        records: List[Record] = self._api.observe(list(wanted.values()), sources, bool(whole), tags=tags)
        return records

    def _by_tag(self, policy: Policy) -> bool:
        return policy.owned_by == BY_TAG and self._api.capabilities.tags

    def _apply(self, account: Account, policy: Policy) -> None:
        again = self._send(account.plan.changes, account, policy)
        if again:
            self._settle(again, account, policy)
        position = {id(change): number for number, change in enumerate(account.plan.changes)}
        account.done.sort(key=lambda change: position.get(id(change), len(position)))

    def _account_for_the_rest(self, account: Account) -> None:
        """Say of every change that the fault left without an end what is known of it."""
        if self.fault is None:
            return
        told = {id(change) for change in account.done}
        failed = {(failure.kind, failure.value) for failure in account.failures}
        doubtful = self.fault.ours or isinstance(self.fault.error, (AmbiguousWrite, KeyboardInterrupt))
        for change in account.plan.changes:
            if id(change) in told or change.identity in failed:
                continue
            if id(change) not in self._sent:
                account.fail(change, "was not sent, since the run ended before", NOT_SENT)
            elif doubtful:
                account.fail(
                    change, "may have been written or not: the run ended before it was known", UNKNOWN
                )
            else:
                account.fail(change, self.fault.message)

    def _send(
        self, changes: Sequence[Change], account: Account, policy: Policy, last: bool = False
    ) -> List[Change]:
        """Send changes, verb by verb: deletions come last, so that nothing is missing in between.

        Returns those that found the tenant other than it was observed, for another look.
        """
        again: List[Change] = []
        vanished: List[str] = []
        stopped = False
        for operation in (CREATE, UPDATE, DELETE):
            due = [change for change in changes if change.operation == operation]
            if not due:
                continue
            if stopped:
                for change in due:
                    account.fail(change, "was not sent, since on_error is fail", NOT_SENT)
                continue
            self._sent.update(id(change) for change in due)
            for change, outcome in zip(due, self._write(operation, due, policy)):
                if outcome.status == DONE:
                    account.done.append(change)
                    account.records[change.identity] = outcome.record or change.predicted()
                elif outcome.status == GONE and operation == DELETE:
                    vanished.append(f"{change.kind} {change.value}")
                elif outcome.status in (CONFLICT, GONE) and not last:
                    again.append(change)
                    self._met[change.identity] = outcome
                else:
                    account.fail(change, outcome.message, outcome.code or "refused")
                    stopped = policy.on_error == "fail"
        if vanished:
            self._context.warn(f"{some(vanished)} had been deleted by somebody else meanwhile")
        return again

    def _write(self, operation: str, due: Sequence[Change], policy: Policy) -> List[Outcome]:
        comment = self._sending.comment or None
        keep_going = policy.on_error != "fail"
        if operation == DELETE:
            return self._api.delete([change.id for change in due], comment=comment, keep_going=keep_going)
        if operation == CREATE:
            write, bodies = self._api.create, [change.body for change in due]
        else:
            write, bodies = self._api.update, [{"id": change.id, **change.body} for change in due]
        return write(
            bodies,
            comment=comment,
            ignore_warnings=self._sending.ignore_warnings,
            retrodetects=self._sending.retrodetects,
            keep_going=keep_going,
        )

    def _settle(self, changes: Sequence[Change], account: Account, policy: Policy) -> None:
        """Somebody else wrote between our reading and our writing: look again and decide again, once."""
        if policy.approved_plan:
            for change in changes:
                account.fail(
                    change,
                    "was changed by somebody else after the plan was made; plan and approve again",
                    "changed_since",
                )
            return
        items = list(
            {change.identity: change.desired for change in changes if change.desired is not None}.values()
        )
        policy = replace(
            policy,
            purge=False,
            purge_expired=False,
            max_deletions=None,
            on_error="continue",
            on_protected="skip",
            on_reach="skip" if policy.on_reach == "fail" else policy.on_reach,
        )
        by_identity = {change.identity: change for change in changes}
        try:
            observed = self._observe_again(items, changes, policy)
            observed.extend(self._observe_other_spellings(changes, observed))
        except FalconError as error:
            message = f"was changed by somebody else meanwhile, and looking again failed: {error}"
            for change in by_identity.values():
                account.fail(change, message)
            return
        decided = plan(items, observed, policy)
        if self._questions.ask([decided]):
            decided = plan(items, observed, self._questions.answered(policy))
        account.unchanged += decided.unchanged
        account.failures.extend(decided.failures)
        account.set_aside.extend(decided.aside(PROTECTED, REACHED))
        if policy.on_foreign == "skip":
            account.set_aside.extend(decided.aside(FOREIGN))
        else:
            for entry in decided.aside(FOREIGN):
                account.fail(by_identity[entry.kind, entry.value], _taken(entry.details["source"]), FOREIGN)
        self._send(decided.changes, account, policy, last=True)

    def _observe_again(
        self, items: Sequence[Desired], changes: Sequence[Change], policy: Policy
    ) -> List[Record]:
        """The records of the items as they are now.

        What the answers to our writes have told is believed: a search that lags behind may not show it yet.
        """
        met = [self._met[change.identity] for change in changes]
        existing = [outcome.record for outcome in met if outcome.record is not None]
        gone = {change.id for change in changes if self._met[change.identity].status == GONE}
        known = {identity(record) for record in existing}
        found = self._observe(
            [ListRequest("", [item for item in items if item.identity not in known], policy)]
        )
        return self._api.reread(existing) + [record for record in found if record["id"] not in gone]

    def _observe_other_spellings(
        self, changes: Sequence[Change], observed: Sequence[Record]
    ) -> Sequence[Record]:
        """What Falcon says exists already, and nobody finds by its value: it may be stored in another spelling.

        Some tenants keep the case of a value as it was sent, and still take two cases for one indicator.
        """
        seen = {identity(record) for record in observed}
        lost = [change for change in changes if change.operation == CREATE and change.identity not in seen]
        if not lost or not self._api.capabilities.keeps_spelling:
            return ()
        found = self._api.observe([(*change.identity, change.value) for change in lost], everywhere=True)
        for record in found:
            self._context.warn(
                f"Falcon holds {' '.join(identity(record))} as {record['value']!r}, and takes the two for one; "
                "write it that way in the list, then it is found at once"
            )
        return found


def _is_read_whole(policy: Policy) -> bool:
    """Whether the plan depends on all that the source owns."""
    return bool(policy.source) and (
        policy.purge
        or policy.purge_expired
        or bool(policy.max_deletions is not None and policy.max_deletions.percent)
    )


def _taken(source: str) -> str:
    owner = f"is now owned by {source!r}" if source else "now exists without an owner"
    return f"{owner}: somebody else created it meanwhile"

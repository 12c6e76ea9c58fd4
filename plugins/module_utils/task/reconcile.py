# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observe, decide, apply: the same for one indicator and for a list, for check mode and for real.

The decision is C{ioc.plan.plan}. Everything here fetches what it needs, carries out what it says, and keeps the
account of what was really done.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Dict, Iterable, List, Sequence, Tuple

from ..api import fql
from ..api.errors import FalconError, NotSupported
from ..api.writes.verbs import CONFLICT, DONE, GONE, Outcome
from ..ioc.change import CREATE, DELETE, UPDATE, Change, Vocabulary
from ..ioc.item import Desired, with_groups
from ..ioc.plan import Plan, plan
from ..ioc.policy import Policy
from ..ioc.reasons import FOREIGN, PROTECTED, Failure
from ..ioc.record import Record, identity
from ..ioc.values import Identity
from ..ioc.wording import some
from .base import Context, Params, TaskFailed
from .connection import connect
from .groups import resolve
from .options import WRITING
from .tenant import open_api

#: Characters of a comment as a URL holds it: half of what the longest URL takes, the other half is for ids.
LONGEST_COMMENT = 8_000


@dataclass
class Account:
    """What a run did: in check mode, what it would do.

    @ivar plan: what was decided
    @ivar done: the changes that were carried out, in the order of the plan
    @ivar records: the record of each indicator as it is afterwards, as far as it was seen
    @ivar unchanged: how many items were found to be as desired
    @ivar groups: the names of host groups by their ids, as far as the items name them
    """

    plan: Plan
    done: List[Change] = field(default_factory=list)
    failures: List[Failure] = field(default_factory=list)
    records: Dict[Identity, Record] = field(default_factory=dict)
    unchanged: int = 0
    groups: Dict[str, str] = field(default_factory=dict)

    def count(self, operation: str) -> int:
        """Indicators, not records: a tenant may hold one twice. One that failed in part has failed."""
        failed = {(failure.kind, failure.value) for failure in self.failures}
        done = {change.identity for change in self.done if change.operation == operation}
        return len(done - failed)

    @property
    def shown(self) -> List[Change]:
        """What the diff and the returned lists tell: what was done, or the plan where it was refused."""
        return self.plan.changes if self.plan.refusals else self.done

    def failed(self) -> int:
        """Items that were not brought to what was asked; the deletions of a purge are no items."""
        return _distinct(failure for failure in self.failures if not failure.purge)

    def purge_failed(self) -> int:
        """Owned indicators that a purge was to delete and did not."""
        return _distinct(failure for failure in self.failures if failure.purge)


def _distinct(failures: Iterable[Failure]) -> int:
    return len({(failure.kind, failure.value, failure.place) for failure in failures})


class Reconciliation:
    """One run from desired items to an account.

    @param params: the options of the task, those of C{options.WRITING} among them
    @param policy: how far the run may go
    """

    def __init__(self, params: Params, context: Context, policy: Policy, concurrency: int = 4) -> None:
        self._params = params
        self._context = context
        self.client = connect(params, context, concurrency)
        self._api = open_api(self.client, params)
        #: What a write met that was to be otherwise: what exists, or that it is gone.
        self._met: Dict[Identity, Outcome] = {}
        self._policy = replace(policy, vocabulary=self._vocabulary())
        self._refuse_what_is_lost()
        self._refuse_a_long_comment()

    def _refuse_what_is_lost(self) -> None:
        """An option that the API has no place for is refused before anything is read, in check mode too."""
        taken = self._api.capabilities.options
        given = [name for name in WRITING.options if self._params.get(name) and name not in taken]
        if given:
            raise NotSupported(
                f"The legacy API has no {', '.join(given)}", hint="Leave it out, or use api: current."
            )

    def _refuse_a_long_comment(self) -> None:
        """The comment of a deletion is a part of its URL."""
        length = len(fql.encode([("", self._params.get("comment") or "")]))
        if length > LONGEST_COMMENT:
            raise TaskFailed(
                f"comment: takes {length} characters of a URL; at most {LONGEST_COMMENT} are sent with a deletion"
            )

    def _vocabulary(self) -> Vocabulary:
        able = self._api.capabilities
        return Vocabulary(severities=able.severities, counts_days=able.counts_days, refuse=self._api.check)

    def run(self, desired: Sequence[Desired]) -> Account:
        """Observe, decide and, outside check mode, apply.

        Where the plan is refused nothing is applied; the account then holds the plan alone.

        @raise TaskFailed: what must be seen could not be seen whole, so that nothing could be decided
        """
        try:
            return self._run(desired)
        except FalconError as error:
            raise TaskFailed(
                str(error), {**error.details(), "requests": self.client.requests.dict()}
            ) from error
        finally:
            for text in self.client.warnings:
                self._context.warn(text)

    def _run(self, desired: Sequence[Desired]) -> Account:
        desired, groups = self._resolve_host_groups(desired)
        whole_source = self._policy.purge or bool(
            self._policy.max_deletions and self._policy.max_deletions.percent
        )
        observed = self._observe(desired, whole_source)
        decided = plan(desired, observed, self._policy)
        current = self._confirmed(decided, observed)
        if current is not observed:
            observed = current
            decided = plan(desired, observed, self._policy)
        account = Account(
            decided, failures=list(decided.failures), unchanged=decided.unchanged, groups=groups
        )
        for record in observed:
            account.records[identity(record)] = record
        if decided.refusals:
            return account
        if self._context.check_mode:
            account.done = list(decided.changes)
            return account
        self._apply(decided, account)
        return account

    def _confirmed(self, decided: Plan, observed: List[Record]) -> List[Record]:
        """What was observed, with what a purge is to delete read again by id.

        A search may lag behind, and show an indicator as its former owner had it, or one that is deleted.
        """
        doomed = [
            change.record for change in decided.of(DELETE) if change.purge and change.record is not None
        ]
        if not doomed or decided.refusals or not self._api.capabilities.search_lags:
            return observed
        current = {record["id"]: record for record in self._api.reread(doomed)}
        stale = {record["id"] for record in doomed if current.get(record["id"]) != record}
        if not stale:
            return observed
        seen = [record for record in observed if record["id"] not in stale]
        return seen + [current[one] for one in sorted(stale) if one in current]

    def close(self) -> None:
        self.client.close()

    def _observe(self, desired: Iterable[Desired], whole_source: bool) -> List[Record]:
        wanted = [
            (item.kind, item.value, item.written)
            for item in desired
            if (item.doubts or (item.identified and not item.problem)) and not item.ignore
        ]
        source = self._policy.source or None
        if not wanted and not (source and whole_source):
            return []
        records: List[Record] = self._api.observe(wanted, [source] if source else [], whole_source)
        return records

    def _resolve_host_groups(self, desired: Sequence[Desired]) -> Tuple[List[Desired], Dict[str, str]]:
        """The items with ids for the names of their host groups, and the names by id.

        The legacy API has no host groups; its check says so.
        """
        named = [item for item in desired if item.fields.get("host_groups") and not item.problem]
        if not named or not self._api.capabilities.host_groups:
            return list(desired), {}
        ids, problems = resolve(
            self.client, (group for item in named for group in item.fields["host_groups"])
        )
        names = {group_id: name for name, group_id in ids.items()}
        return [with_groups(item, ids, problems) for item in desired], names

    def _apply(self, decided: Plan, account: Account) -> None:
        again = self._send(decided.changes, account)
        if again:
            self._settle(again, account)
        position = {id(change): number for number, change in enumerate(decided.changes)}
        account.done.sort(key=lambda change: position.get(id(change), len(position)))

    def _send(self, changes: Sequence[Change], account: Account, last: bool = False) -> List[Change]:
        """Send changes, verb by verb: deletions come last, so that nothing is missing in between.

        @return: those that found the tenant other than it was observed, for another look
        """
        again: List[Change] = []
        vanished: List[str] = []
        stopped = False
        for operation in (CREATE, UPDATE, DELETE):
            due = [change for change in changes if change.operation == operation]
            if not due:
                continue
            if stopped:
                account.failures.extend(
                    _failed(change, "was not sent, since on_error is fail") for change in due
                )
                continue
            for change, outcome in zip(due, self._write(operation, due)):
                if outcome.status == DONE:
                    account.done.append(change)
                    account.records[change.identity] = outcome.record or change.predicted()
                elif outcome.status == GONE and operation == DELETE:
                    vanished.append(f"{change.kind} {change.value}")
                elif outcome.status in (CONFLICT, GONE) and not last:
                    again.append(change)
                    self._met[change.identity] = outcome
                else:
                    account.failures.append(_failed(change, outcome.message, outcome.code or "refused"))
                    stopped = self._policy.on_error == "fail"
        if vanished:
            self._context.warn(f"{some(vanished)} had been deleted by somebody else meanwhile")
        return again

    def _write(self, operation: str, due: Sequence[Change]) -> List[Outcome]:
        comment = self._params.get("comment") or None
        keep_going = self._policy.on_error != "fail"
        if operation == DELETE:
            return self._api.delete([change.id for change in due], comment=comment, keep_going=keep_going)
        if operation == CREATE:
            write, bodies = self._api.create, [change.body for change in due]
        else:
            write, bodies = self._api.update, [{"id": change.id, **change.body} for change in due]
        return write(
            bodies,
            comment=comment,
            ignore_warnings=bool(self._params.get("ignore_warnings")),
            retrodetects=bool(self._params.get("retrodetects")),
            keep_going=keep_going,
        )

    def _settle(self, changes: Sequence[Change], account: Account) -> None:
        """Somebody else wrote between our reading and our writing: look again and decide again, once."""
        if self._policy.approved_plan:
            for change in changes:
                account.failures.append(
                    _failed(
                        change, "was changed by somebody else after the plan was made; plan and approve again"
                    )
                )
            return
        items = list(
            {change.identity: change.desired for change in changes if change.desired is not None}.values()
        )
        policy = replace(
            self._policy, purge=False, max_deletions=None, on_error="continue", on_protected="skip"
        )
        try:
            observed = self._observe_again(items, changes)
            observed.extend(self._observe_other_spellings(changes, observed))
        except FalconError as error:
            message = f"was changed by somebody else meanwhile, and looking again failed: {error}"
            account.failures.extend(
                {change.identity: _failed(change, message) for change in changes}.values()
            )
            return
        decided = plan(items, observed, policy)
        account.unchanged += decided.unchanged
        account.failures.extend(decided.failures)
        decided_before = account.plan
        decided_before.set_aside.extend(decided.aside(PROTECTED))
        if policy.on_foreign == "skip":
            decided_before.set_aside.extend(decided.aside(FOREIGN))
        else:
            by_identity = {change.identity: change for change in changes}
            account.failures.extend(
                _failed(by_identity[entry.kind, entry.value], _taken(entry.details["source"]), FOREIGN)
                for entry in decided.aside(FOREIGN)
            )
        self._send(decided.changes, account, last=True)

    def _observe_again(self, items: Sequence[Desired], changes: Sequence[Change]) -> List[Record]:
        """The records of the items as they are now.

        What the answers to our writes have told is believed: a search that lags behind may not show it yet.
        """
        existing = [
            outcome.record
            for outcome in (self._met[change.identity] for change in changes)
            if outcome.record is not None
        ]
        gone = {change.id for change in changes if self._met[change.identity].status == GONE}
        known = {identity(record) for record in existing}
        found = self._observe([item for item in items if item.identity not in known], False)
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


def _taken(source: str) -> str:
    owner = f"is now owned by {source!r}" if source else "now exists without an owner"
    return f"{owner}: somebody else created it meanwhile"


def _failed(change: Change, message: str, code: str = "refused") -> Failure:
    item = change.desired
    return Failure(
        change.kind,
        change.value,
        change.operation,
        message,
        item.index if item is not None else None,
        item.place if item is not None else "",
        code,
        purge=change.purge,
    )

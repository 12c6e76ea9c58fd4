# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of falcon_ioc_deployment: several lists in one run, from one reading of the tenant.

1. read    the options, items, files and feeds                  lists.read_list
2. plan    observe the tenant once, decide for all lists        reconcile.Reconciliation.plan
3. judge   a rollback since, an approval                        ioc.guards, report.approval
4. begin   evidence of what is about to be written              evidence.Run
5. apply   list by list; not in check mode, not where refused   reconcile.Reconciliation.apply
6. end     evidence of what was done, the account for people    evidence.Run, report.account_text
"""

from __future__ import annotations

import datetime
import os
from dataclasses import dataclass, field
from typing import Any, Dict, List, Sequence, Tuple

from ansible.module_utils.ansible_release import __version__ as ansible_version

from ..ioc import diff
from ..ioc.deployment import DeploymentPlan, ListRequest
from ..ioc.item import ItemReader
from ..ioc.policy import Policy
from ..ioc.reasons import Refusal
from ..report import evidence, markdown
from ..report.account_text import lines
from ..report.approval import OPERATIONS, fields_of
from ..report.page import Change as Shown
from ..report.page import clean
from ..report.rollback import changed_since, left_out, rollback
from .account import Account, as_dicts, refusal_message, totals
from .base import Context, Params, Result, TaskFailed
from .deployment_options import SPEC, Change, lists_of
from .evidence import (
    Run,
    changed_since_message,
    facts_of,
    folder_name,
    not_approved,
    now,
    result_to_undo,
    some_sentences,
)
from .iocs import check_numbers
from .lifecycle_options import LIFECYCLE
from .list_result import (
    failure_message,
    list_account,
    list_result,
    refused,
    warn,
)
from .lists import ListOptions, ReadList, read_list
from .names import Names
from .reconcile import Reconciliation, Sending

__all__ = ("SPEC", "run")

TITLE, ROLLBACK_TITLE = "Deployment of Falcon IOCs", "Rollback of Falcon IOCs"
CHANGED_SINCE, NOT_APPROVED = "changed_since", "not_approved"


def run(params: Params, context: Context) -> Result:
    """Bring what a tenant holds to what the lists of a deployment say.

    Raises TaskFailed where the options contradict each other, the plan was refused, or not all of it could be done,
    and FalconError where the tenant could not be asked.
    """
    if params.get("account") is not None:
        return _told_again(params["account"])
    deployment = _Deployment(params, context)
    deployment.refuse_what_is_missing()
    try:
        deployment.plan()
    except TaskFailed as failure:
        deployment.keep_refusal(failure)
        raise
    return deployment.carry_out()


def _told_again(account: Dict[str, Any]) -> Result:
    """Nothing but what an earlier task has said: its summary is shown, its failure is for `failed_when`."""
    result: Result = {"changed": False, "summary": account.get("summary") or []}
    return {**result, "msg": account["msg"]} if account.get("msg") else result


@dataclass
class _Undo:
    """The run that a rollback undoes."""

    folder: str
    document: Dict[str, Any]
    expected: ListRequest
    left_out: List[Tuple[str, str, str]] = field(default_factory=list)


class _Deployment:
    """One run of the task."""

    def __init__(self, params: Params, context: Context) -> None:
        self._params = params
        self._context = context
        self._called = Names(params.get("variables") or {})
        self._change = Change.parse(params)
        self._started = now(milliseconds=True)
        self._now = datetime.datetime.now(datetime.timezone.utc)
        self._applying = not (context.check_mode or params["audit"])
        self._reads: List[ReadList] = []
        self._undo: _Undo | None = None
        self._plan = DeploymentPlan()
        self._planned: List[Result] = []
        self._folder = ""

    def refuse_what_is_missing(self) -> None:
        """What change control asks for is asked for before anything is read."""
        missing = []
        if self._params["require_change_id"] and not self._change.change_id:
            missing.append(
                f"{self._called.of('require_change_id')} is set, and {self._called.of('change_id')} is empty"
            )
        if self._params["require_approval"] and self._applying and not self._params.get("approved_plan"):
            missing.append(
                f"{self._called.of('require_approval')} is set, and {self._called.of('approved_plan')} is empty: "
                "run with --check, and have that plan approved"
            )
        if missing:
            refusals = [Refusal("missing", text).as_dict() for text in missing]
            raise TaskFailed(refusal_message(missing), {"refusals": refusals})

    def plan(self) -> None:
        """Read what is wanted, observe the tenant, decide, and judge whether it may be done."""
        check_numbers(self._params)
        folder = self._params.get("rollback_from")
        options = [self._rolled_back(folder)] if folder else lists_of(self._params)
        self._reads = [read_list(one, self._now, self._context.warn) for one in options]
        comment = self._change.audit_comment
        sending = Sending.parse(self._params, comment=comment)
        context = self._context if self._applying else _checking(self._context)
        self._reconciliation = Reconciliation(self._params, context, sending, self._params["concurrency"])
        try:
            self._plan = self._reconciliation.plan([read.request for read in self._reads])
            if self._undo is not None:
                self._refuse_what_changed_since(self._undo)
        except BaseException:
            self._reconciliation.close()
            raise
        self._planned = self._results(self._as_planned(), applying=False)
        if not self._plan.refusals:
            self._judge_approval()

    def keep_refusal(self, failure: TaskFailed) -> None:
        """The evidence of a run that ended before there was a plan that could be applied."""
        for text in self._unfinished():
            self._context.warn(text)
        self._keep("refused", self._planned, [], [failure.message])
        if self._folder:
            failure.result["evidence"] = self._folder

    def carry_out(self) -> Result:
        """Apply the plan where it may be, and tell what was done."""
        reconciliation = self._reconciliation
        try:
            may_write = self._applying and not self._plan.refusals
            for text in self._unfinished():
                self._context.warn(text)
            if may_write:
                self._keep("started", self._planned, [], [])
            self._context.so_far = self._so_far
            return self._ended(reconciliation.apply(self._plan))
        finally:
            reconciliation.close()

    def _so_far(self) -> Result:
        """What was done, for a result that a fault of ours has cost the rest."""
        results = self._results(self._reconciliation.told, self._applying)
        return {
            "changed": any(one["changed"] for one in results),
            "lists": results,
            "counts": totals(one["counts"] for one in results),
            "evidence": self._folder,
        }

    def _ended(self, accounts: Sequence[Account]) -> Result:
        reconciliation = self._reconciliation
        results = self._results(accounts, self._applying)
        message = self._message(accounts)
        status = "planned" if not self._applying else "failed" if message else "applied"
        if self._plan.refusals:
            status = "refused"
        for account, read in zip(accounts, self._reads):
            warn(account, read, self._context)
        result: Result = {
            "changed": any(one["changed"] for one in results),
            "status": status,
            "lists": results,
            "counts": totals(one["counts"] for one in results),
            "planned": totals(one["planned"] for one in results),
            "counts_by_list": {one["name"]: one["counts"] for one in results},
            "plan_digest": self._plan.digest(),
            "refusals": self._refusals(),
            "conflicts": as_dicts(self._plan.conflicts),
            "columns_read": {path: read for one in results for path, read in one["columns_read"].items()},
            "requests": reconciliation.client.requests.dict(),
            "trace_ids": list(reconciliation.client.trace_ids),
            "evidence": "",
        }
        text = markdown.document(
            self._title(), self._facts_shown(), self._accounts(accounts), self._rows(results), message
        )
        if not self._params["audit"]:
            trouble = self._keep_or_say(status, results, message, text)
            message = "; ".join(filter(None, (message, trouble)))
        result["evidence"] = self._folder
        result["markdown"] = text
        result["diff_lines"] = [
            line
            for account, read in zip(accounts, self._reads)
            for line in diff.lines(account.shown, read.label, reconciliation.groups)
        ]
        result["summary"] = self._summary(accounts)
        self._append_summary(text)
        if message:
            raise TaskFailed(message, {**result, **reconciliation.fault_details()})
        return result

    def _rolled_back(self, folder: str) -> ListOptions:
        """What undoes a run, as a list without an owner."""
        document = result_to_undo(folder)
        undone, expected = rollback(document)
        kept, told = left_out(document, undone, self._now)
        reader = ItemReader(None, None)
        items = [reader.read(item, index, f"rollback[{index}]") for index, item in enumerate(expected)]
        self._undo = _Undo(folder, document, ListRequest("expected", items, Policy(self._now)), told)
        for kind, value, reason in told:
            self._context.warn(f"{kind} {value} {reason}")
        options = {**self._params, "defaults": {}, "defaults_by_type": {}, "source": "", "purge": False}
        options.update(
            dict.fromkeys(LIFECYCLE.options)
        )  # every indicator as it was, its ring and owner included
        return ListOptions.parse(options, self._called, name="rollback", iocs=kept, iocs_from=(), feeds=())

    def _refuse_what_changed_since(self, undo: _Undo) -> None:
        """A rollback is checked whole before its first write.

        Nobody may have touched what it is about, and all of it must be possible.
        """
        (expected,) = self._reconciliation.accounts(self._reconciliation.plan_again([undo.expected]), True)
        check = _changes(expected)
        (undoing,) = self._as_planned()
        since = changed_since(undo.document, check, _changes(undoing))
        if since:
            message = changed_since_message(since)
            self._plan.own_refusals.append(Refusal(CHANGED_SINCE, message, since))
        failures = [str(failure) for failure in undoing.failures]
        if failures:
            message = f"the rollback cannot be carried out whole: {some_sentences(failures)}"
            self._plan.own_refusals.append(Refusal("invalid", message, failures))

    def _judge_approval(self) -> None:
        digest = self._plan.digest()
        told = not_approved(
            self._params.get("approved_plan"), self._params.get("evidence_dir"), self._planned, digest
        )
        if told:
            message = f"the plan is not the approved one: {some_sentences(told)}"
            self._plan.own_refusals.append(
                Refusal(NOT_APPROVED, message, told, self._called.of("approved_plan"))
            )

    def _as_planned(self) -> List[Account]:
        """The accounts of the plan as if it were applied: what a check says, whatever refuses it."""
        return self._reconciliation.accounts(self._plan, True)

    def _results(self, accounts: Sequence[Account], applying: bool) -> List[Result]:
        counted = self._reconciliation.requests_by_list(len(accounts))
        return [
            {
                "name": read.options.name,
                **list_result(account, read, self._reconciliation.groups, applying),
                **requests,
                "whole": read.options.whole,
            }
            for account, read, requests in zip(accounts, self._reads, counted)
        ]

    def _refusals(self) -> List[Dict[str, Any]]:
        """Each reason with the list it is about, and with the option as the user knows it."""
        own = [refusal.as_dict() for refusal in self._plan.own_refusals]
        of_lists = [
            {**refused(refusal, read).as_dict(), "list": read.options.name}
            for plan, read in zip(self._plan.plans, self._reads)
            for refusal in plan.refusals
        ]
        return own + of_lists

    def _message(self, accounts: Sequence[Account]) -> str:
        message = failure_message(
            accounts,
            self._reads,
            self._applying,
            self._reconciliation.fault,
            [refusal.message for refusal in self._plan.own_refusals],
            shown=True,
        )
        return "" if self._params["audit"] and not self._plan.own_refusals else message

    def _accounts(self, accounts: Sequence[Account]) -> List[Any]:
        shown = []
        for account, read in zip(accounts, self._reads):
            one = list_account(account, read, self._applying)
            lost = [each.sentence() for each in self._plan.conflicts if each.lost == read.options.name]
            shown.append(one._replace(notes=[*one.notes, *lost]))
        return shown

    def _summary(self, accounts: Sequence[Account]) -> List[str]:
        shown = self._accounts(accounts)
        digest = self._plan.digest()
        approve = ""
        if not self._applying and self._plan.changes and not self._params["audit"]:
            given = self._called.known.get("approved_plan")
            approve = f"-e {given}=" if given else "approved_plan: "
        report = os.path.join(self._folder, "report.html") if self._folder else ""
        return lines(shown, digest, report, approve)

    def _title(self) -> str:
        default = ROLLBACK_TITLE if self._undo is not None else TITLE
        title = self._params.get("title") or default
        return f"Plan: {title}" if not self._applying else str(title)

    def _facts_shown(self) -> List[Tuple[str, str]]:
        facts = [("Change", self._change.change_id), ("Requested by", self._change.requester)]
        facts += [("Reason", self._change.reason)]
        return [*facts, ("Plan", self._plan.digest() if self._plan.changes else "")]

    def _rows(self, results: Sequence[Result]) -> Dict[str, List[Tuple[str, str, str]]]:
        order = ("delete", "update", "create")
        return {
            one["name"]: [
                (operation, f"{item['type']} {item['value']}", _fields(operation, item))
                for operation in order
                for item in one[OPERATIONS[operation]]
            ]
            for one in results
        }

    def _keep_or_say(self, status: str, results: Sequence[Result], message: str, text: str) -> str:
        """Write the evidence of the end. A disk that is full then costs the evidence, not the account."""
        try:
            self._keep(status, self._planned, results, [message] if message else [], text)
        except TaskFailed as failure:
            return f"the evidence of the end could not be kept: {failure.message}"
        return ""

    def _keep(
        self,
        status: str,
        planned: Sequence[Result],
        done: Sequence[Result],
        messages: Sequence[str],
        text: str = "",
    ) -> None:
        """Write the folder of this run as it is now; the one that its start left goes when it has ended.

        Raises TaskFailed where it cannot be written.
        """
        parent = self._params.get("evidence_dir")
        if not parent or self._params["audit"]:
            return
        digest = self._plan.digest() if planned else ""
        facts = facts_of(self._params, self._facts(), self._started, status)
        kept = Run(
            self._title(),
            status,
            _kept(planned),
            _kept(done) if status != "refused" else _kept(done or planned),
            messages,
            facts,
            digest,
            text,
        )
        begun = self._folder
        try:
            name = os.path.basename(begun) or folder_name(self._change.change_id, digest, self._started)
            end = evidence.UNFINISHED if status == "started" else ""
            if begun:
                evidence.write(begun, kept.files())
                evidence.remove(begun + evidence.UNFINISHED)
            else:
                self._folder = evidence.write_new(parent, name, kept.files(), end)
        except evidence.EvidenceError as problem:
            raise TaskFailed(str(problem)) from problem
        except OSError as error:
            raise TaskFailed(f"{error.filename or parent}: {error.strerror}") from error

    def _facts(self) -> Dict[str, Any]:
        params = self._params
        approved = params.get("approved_plan")
        return {
            "ansible_version": ansible_version,
            "rollback_of": params.get("rollback_from") or "",
            "approved_plan": approved if isinstance(approved, dict) else str(approved or ""),
            "comment": self._change.comment,
            **{
                name: params.get(name)
                for name in ("purge", "max_deletions", "on_foreign", "on_error", "on_protected")
            },
            "feeds_on_foreign": (params.get("inventory") or {}).get("feeds_on_foreign") or "",
            "protect": {name: value for name, value in (params.get("protect") or {}).items() if value},
        }

    def _unfinished(self) -> List[str]:
        folder = self._params.get("evidence_dir")
        return [
            f"{path} is of an earlier run that did not end: what it wrote is not known; this plan says what is still "
            "to be done. Remove the folder when that is settled."
            for path in (evidence.unfinished(folder) if folder else ())
        ]

    def _append_summary(self, text: str) -> None:
        path = self._params.get("summary_file")
        if not path:
            return
        try:
            os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
            with open(path, "a", encoding="utf-8", errors="replace") as file:
                file.write(text)
        except OSError as error:
            self._context.warn(
                f"{self._called.of('summary_file')}: {path} cannot be written: {error.strerror}"
            )


def _checking(context: Context) -> Context:
    """The same place, where nothing is written."""
    return context if context.check_mode else Context(
        True, context.token_file, context.session, context.progress, context.warnings
    )  # fmt: skip


def _changes(account: Account) -> Result:
    return {**diff.lists(account.done), "failed_iocs": as_dicts(account.failures)}


def _fields(operation: str, item: Dict[str, Any]) -> str:
    changes = [Shown(*one) for one in fields_of(operation, item)]
    if operation == "update":
        return "; ".join(str(change) for change in changes)
    side = "before" if operation == "delete" else "after"
    return "; ".join(f"{change.field}: {clean(getattr(change, side))}" for change in changes)


def _kept(results: Sequence[Result]) -> List[Result]:
    """The results of lists as evidence keeps them: less what only a screen needs."""
    return [{name: value for name, value in one.items() if name not in ("diff", "whole")} for one in results]

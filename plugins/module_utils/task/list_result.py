# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What falcon_iocs returns of a list, and what a screen says of it."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, Sequence

from ..ioc import diff
from ..ioc.change import CREATE, DELETE, UPDATE
from ..ioc.reasons import FOREIGN, IGNORED, LEFT, PROTECTED, REACHED, Refusal, SetAside
from ..ioc.wording import number, some
from ..report.account_text import APPLIED, FAILED, NOT_BEGUN, PLANNED, REFUSED, ListAccount, NotApplied
from .account import Account, as_dicts, refusal_message
from .base import Context, Result
from .lists import ReadList

#: The option that decides about what was set aside for this reason.
_OPTIONS = {FOREIGN: "on_foreign", PROTECTED: "on_protected", REACHED: "on_reach"}
#: What was set aside, in the order in which a screen names it: what needs somebody comes first.
_LAST = (FOREIGN, IGNORED, LEFT)


def list_result(account: Account, read: ReadList, groups: Mapping[str, str], applying: bool) -> Result:
    """The result of one list."""
    decided, rejected = account.plan, len(read.feeds.rejected)
    return {
        "changed": bool(account.done),
        "status": status(account, applying),
        "source": read.options.source,
        "planned": {**decided.planned(rejected), "purge_failed": 0},
        "counts": account.counts(rejected),
        "refusals": [refused(refusal, read).as_dict() for refusal in decided.refusals],
        "expired": decided.expired,
        "purge_stopped": refused(decided.purge_stopped, read).as_dict() if decided.purge_stopped else {},
        **diff.lists(account.shown),
        "failed_iocs": as_dicts(account.failures),
        "foreign_iocs": as_dicts(account.aside(FOREIGN)),
        "protected_iocs": as_dicts(account.aside(PROTECTED)),
        **life_lists(account, applying),
        "overridden_iocs": read.guard.overridden(),
        "rejected": as_dicts(read.feeds.rejected),
        "columns_read": read.feeds.columns_read,
        "plan_digest": decided.digest(),
        "diff": diff.texts(account.shown, read.label, groups),
    }


def life_lists(account: Account, applying: bool) -> Result:
    """What a plan says of rings and reach; of a run that applies it, only those are promoted that were written."""
    lists = account.plan.life.lists()
    if applying and not account.refused:
        written = {change.identity for change in account.done}
        lists["promoted_iocs"] = [
            entry for entry in lists["promoted_iocs"] if (entry["type"], entry["value"]) in written
        ]
    return lists


def status(account: Account, applying: bool) -> str:
    """How far a list is: see report.account_text."""
    if account.refused:
        return REFUSED
    if not applying:
        return PLANNED
    if not account.begun:
        return NOT_BEGUN
    return FAILED if account.failures or account.plan.purge_stopped else APPLIED


def list_account(account: Account, read: ReadList, applying: bool) -> ListAccount:
    """The same for a screen."""
    rejected = len(read.feeds.rejected)
    reached = status(account, applying)
    counts = account.plan.planned(rejected) if reached == REFUSED else account.counts(rejected)
    notes = []
    if account.plan.purge_stopped:
        notes.append(sentence(refused(account.plan.purge_stopped, read).message))
    notes.extend(account.plan.life.sentences())
    return ListAccount(
        read.options.name or read.options.source or "the list",
        reached,
        counts,
        list(_not_applied(account, read)),
        notes,
    )


def _not_applied(account: Account, read: ReadList) -> Iterator[NotApplied]:
    for failure in account.failures:
        yield NotApplied(failure.place, failure.kind, failure.value, failure.code, failure.message)
    aside = sorted(
        account.set_aside, key=lambda entry: _LAST.index(entry.code) + 1 if entry.code in _LAST else 0
    )
    rejects = sorted(read.feeds.rejected, key=lambda reject: not reject.malformed)
    for entry in (one for one in aside if one.code not in _LAST):
        yield _set_aside(entry, read)
    for reject in rejects:
        yield NotApplied(f"{reject.path} line {reject.line}", "", "", reject.code, reject.reason)
    for entry in (one for one in aside if one.code in _LAST):
        yield _set_aside(entry, read)


def _set_aside(entry: SetAside, read: ReadList) -> NotApplied:
    option = _OPTIONS.get(entry.code)
    reason = f"{entry.message} ({read.options.called.of(option)})" if option else entry.message
    return NotApplied(entry.place, entry.kind, entry.value, entry.code, reason)


def refused(refusal: Refusal, read: ReadList) -> Refusal:
    """A refusal that names the option that decides as the user knows it."""
    option = refusal.option
    if not option:
        return refusal
    message = read.options.called.in_text(refusal.message, option)
    return Refusal(refusal.code, message, refusal.items, read.options.called.of(option), refusal.list)


def sentence(text: str) -> str:
    """A message of a plan as a sentence of its own."""
    return (text[:1].upper() + text[1:]).rstrip(".") + "."


def failure_message(
    accounts: Sequence[Account],
    reads: Sequence[ReadList],
    applying: bool,
    fault: Any = None,
    own_refusals: Sequence[str] = (),
    shown: bool = False,
) -> str:
    """Why a run is not a success, in one sentence or two; nothing where it is one.

    `own_refusals` are why the deployment as a whole is refused. `shown` says that the plan is shown beside the
    message, which then names nothing again.
    """
    named = len(accounts) > 1
    refusals = list(own_refusals)
    codes = set()
    for account, read in zip(accounts, reads):
        for refusal in account.plan.refusals:
            codes.add(refusal.code)
            message = read.options.called.in_text(refusal.brief if shown else refusal.message, refusal.option)
            refusals.append(f"list {read.options.name}: {message}" if named else message)
    failures = [_failures(account, read, named) for account, read in zip(accounts, reads) if account.failures]
    if any(account.refused for account in accounts) or own_refusals:
        # Where an invalid item is a reason, it has been named.
        return refusal_message([*refusals, *([] if "invalid" in codes or own_refusals else failures)])
    parts = list(failures)
    parts += [
        refused(account.plan.purge_stopped, read).message
        for account, read in zip(accounts, reads)
        if account.plan.purge_stopped
    ]
    if fault is not None and fault.ours:
        parts.insert(
            0,
            f"the run was ended by a fault of threatops.falcon ({fault.message}); please report it, with the traceback "
            "that -vvv shows",
        )
    elif fault is not None and (not failures or fault.details.get("code") == "interrupted"):
        parts.insert(0, fault.message.rstrip("."))
    if not applying or not parts:
        return "; ".join(parts)
    begun = [read.options.name for account, read in zip(accounts, reads) if not account.begun]
    if begun:
        parts.append(f"not begun, since on_error is fail: {some(begun)}")
    done = {
        operation: sum(account.count(operation) for account in accounts)
        for operation in (CREATE, UPDATE, DELETE)
    }
    if any(account.done for account in accounts):
        parts.append(
            f"the rest was applied: {', '.join(f'{done[operation]:,} {operation}d' for operation in done)}"
        )
    elif any(account.doubtful for account in accounts):
        parts.append(
            "what was written is not known for certain; run in check mode to see what is still to do"
        )
    else:
        parts.append("nothing was written")
    return "; ".join(parts)


def _failures(account: Account, read: ReadList, named: bool) -> str:
    failures = account.failures
    purged = sum(1 for failure in failures if failure.purge)
    items = len({failure.place for failure in failures if not failure.purge})
    counted = [f"{items:,} of {number(account.plan.desired, 'item')}"] if items else []
    if purged:
        counted.append(f"{number(purged, 'deletion')} of the purge")
    alike: Dict[str, List[str]] = {}  # what stops one batch stops many items, and need be read once
    for failure in failures:
        alike.setdefault(failure.message, []).append(failure.where)
    reasons = "; ".join(f"{some(places)}: {message}" for message, places in list(alike.items())[:10])
    more = f" and {len(alike) - 10:,} more reasons" if len(alike) > 10 else ""
    hint = "; see failed_iocs for all" if len(failures) > 10 else ""
    where = f" of list {read.options.name}" if named else ""
    return f"{' and '.join(counted)}{where} failed: {reasons}{more}{hint}"


def warn(account: Account, read: ReadList, context: Context) -> None:
    """What the user is told besides the result."""
    for text in read.feeds.warnings:
        context.warn(text)
    expired = account.plan.expired
    if expired:
        context.warn(
            f"{number(expired, 'indicator')} of the list {'has' if expired == 1 else 'have'} expired in the tenant, "
            "where nothing enforces an expired indicator; set a new expiration"
        )
    if account.plan.odd:
        context.warn(f"Left alone: {some([str(entry) for entry in account.plan.odd], '; ')}")
    if read.feeds.duplicates:
        context.warn(
            f"{number(read.feeds.duplicates, 'feed line')} repeat an indicator of an earlier line or feed"
        )
    overridden = read.guard.overridden()
    if overridden:
        names = some([f"{entry['type']} {entry['value']}" for entry in overridden])
        context.warn(f"protection was overridden for {number(len(overridden), 'indicator')}: {names}")

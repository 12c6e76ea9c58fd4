# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The folder that proves what a run planned and did, and the task of falcon_ioc_evidence."""

from __future__ import annotations

import datetime
import glob
import os
import platform
import re
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Sequence

from ..report import deployment, evidence
from ..report.approval import approval, changing, is_digest, run_digest
from ..report.csv_table import csv_table
from ..report.evidence import UNFINISHED
from ..report.files import json_bytes
from ..report.html_page import html_page
from ..report.results import documented
from ..report.rollback import changed_since, rollback
from .base import Context, Params, Result, TaskFailed
from .options import CONNECTION, ArgumentSpec
from .where import where

#: Differences that a message names; the result holds all of them.
MOST_NAMED = 20
ENDED = ("applied", "failed", "refused")

SPEC = CONNECTION + ArgumentSpec(
    {
        "state": {"type": "str", "choices": ["present", "verified", "rollback"], "default": "present"},
        "path": {"type": "path"},
        "status": {
            "type": "str",
            "choices": ["started", "planned", "applied", "failed", "refused"],
            "default": "planned",
        },
        "title": {"type": "str", "default": "Deployment of Falcon IOCs"},
        "lists": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {"name": {"type": "str"}, "source": {"type": "str"}},
        },
        "plan": {"type": "list", "elements": "dict", "default": []},
        "result": {"type": "list", "elements": "dict", "default": []},
        "messages": {"type": "list", "elements": "str", "default": []},
        "facts": {"type": "dict", "default": {}},
        "change_id": {"type": "str"},
        "requester": {"type": "str"},
        "reason": {"type": "str"},
        "started": {"type": "str"},
        "approved_plan": {"type": "raw"},
        "expected_check": {"type": "dict"},
        "undo_check": {"type": "dict"},
    },
    required_if=[("state", "verified", ("path",)), ("state", "rollback", ("path",))],
)


def run(params: Params, context: Context) -> Result:
    """Write, check or read back evidence.

    Raises TaskFailed where the plan is not the approved one, the folder is not intact, or it cannot be written.
    """
    try:
        if params["state"] == "verified":
            return verified(params["path"])
        if params["state"] == "rollback":
            return _rollback(params)
        return _present(params, context)
    except evidence.EvidenceError as problem:
        raise TaskFailed(str(problem)) from problem
    except OSError as error:
        raise TaskFailed(f"{error.filename or params['path']}: {error.strerror}") from error


def verified(folder: str) -> Result:
    """Check a folder against its sums. Raises TaskFailed where it is not intact."""
    problems = evidence.verify(folder)
    result: Result = {"changed": False, "path": folder, "problems": problems}
    if problems:
        raise TaskFailed(f"{folder} is not intact: {' '.join(problems[:MOST_NAMED])}", result)
    return result


def result_to_undo(folder: str) -> Dict[str, Any]:
    """The account of a run that is to be rolled back.

    Raises TaskFailed where the folder is not intact, or there is nothing that a rollback could follow.
    """
    if folder.rstrip("/").endswith(UNFINISHED):
        raise TaskFailed(
            f"{folder} is of a run that did not end, so that nobody knows what it wrote. Its plan.json says what it "
            "was to write: run the deployment with --check --diff to see what of that is still to be done."
        )
    verified(folder)
    if not os.path.exists(os.path.join(folder, "result.json")):
        raise TaskFailed(
            f"{folder} is of a run in check mode, which wrote nothing, so there is nothing to roll back. Name the "
            "folder of the run that was applied: it holds a result.json."
        )
    document = evidence.read(folder, "result.json")
    if document.get("schema") != deployment.RESULT_SCHEMA:
        raise TaskFailed(f"{folder}/result.json is not of schema {deployment.RESULT_SCHEMA}")
    if document.get("status") == "refused":
        raise TaskFailed(
            f"{folder} is of a run that was refused before its first write: there is nothing to roll back."
        )
    return document


def _rollback(params: Params) -> Result:
    document = result_to_undo(params["path"])
    undone, expected = rollback(document)
    since = changed_since(document, params["expected_check"] or {}, params["undo_check"] or {})
    result: Result = {
        "changed": False,
        "path": params["path"],
        "problems": [],
        "iocs": undone,
        "expected": expected,
        "plan_digest": document.get("plan_digest", ""),
        "facts": document.get("facts") or {},
        "changed_since": since,
    }
    if since:
        raise TaskFailed(changed_since_message(since), result)
    return result


def changed_since_message(since: Sequence[str]) -> str:
    return f"{len(since)} indicators were changed by somebody else since that run: {some_sentences(since)}"


@dataclass
class Run:
    """What evidence says of a run: its plan and, where it has ended, what was done, a dictionary for each list."""

    title: str
    status: str
    planned: Sequence[Mapping[str, Any]]
    done: Sequence[Mapping[str, Any]] = ()
    messages: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""
    markdown: str = ""

    def files(self) -> Dict[str, bytes]:
        """The files of the folder, by their names, without the sums."""
        common = {"title": self.title, "plan_digest": self.digest, "facts": dict(self.facts)}
        documents: Dict[str, Dict[str, Any]] = {
            "plan.json": {
                **common,
                "schema": deployment.PLAN_SCHEMA,
                "status": "planned",
                "lists": list(self.planned),
                **({"process": evidence.this_process()} if self.status == "started" else {}),
            }
        }
        shown: Dict[str, Any] = {
            **documents["plan.json"],
            "status": self.status,
            "messages": list(self.messages),
        }
        if self.status in ENDED:
            shown = {
                **common,
                "schema": deployment.RESULT_SCHEMA,
                "status": self.status,
                "messages": list(self.messages),
                "lists": list(self.done),
            }
            documents["result.json"] = shown
            if self.status == "refused":
                shown = {**shown, "lists": list(self.planned)}
        files = {name: json_bytes(document) for name, document in documents.items()}
        files["changes.csv"] = csv_table(deployment.changes_table(shown["lists"], "Changes")).encode("utf-8")
        files["report.html"] = html_page(deployment.run_page(shown)).encode("utf-8")
        if self.markdown:
            files["plan.md"] = self.markdown.encode("utf-8", "replace")
        return files


def _present(params: Params, context: Context) -> Result:
    lists, parent = params["lists"], params["path"]
    if parent:
        evidence.refuse_nested(parent)
    planned = documented(lists, params["plan"])
    digest = run_digest(planned)
    told = not_approved(params.get("approved_plan"), parent, planned)
    status = "refused" if told else params["status"]
    facts = facts_of(params, params["facts"], params.get("started") or now(), status)
    kept = Run(
        params["title"],
        status,
        planned,
        documented(lists, params["result"]),
        [*told, *params["messages"]],
        facts,
        digest,
    )
    files = kept.files()
    result: Result = {
        "changed": False,
        "path": "",
        "status": status,
        "plan_digest": digest,
        "approved": not told,
        "differences": told,
        "files": sorted([*files, evidence.SUMS]),
    }
    if parent:
        folder = os.path.join(parent, folder_name(params.get("change_id") or "", digest, facts["started"]))
        result["path"] = folder + UNFINISHED if status == "started" else folder
        result["changed"] = _write(folder, status, files, context)
    if told:
        raise TaskFailed(
            f"Nothing was written: the plan is not the approved one: {some_sentences(told)}", result
        )
    return result


def _write(folder: str, status: str, files: Mapping[str, bytes], context: Context) -> bool:
    """Write the folder of a run; the one that its start left goes when the run has ended.

    Returns whether something was, or in check mode would be, written.
    """
    place = folder + UNFINISHED if status == "started" else folder
    changed = not evidence.same(place, files)
    if changed and not context.check_mode:
        evidence.write(place, files)
    if status != "started" and not context.check_mode:
        evidence.remove(folder + UNFINISHED)
    return changed


def facts_of(params: Params, more: Mapping[str, Any], started: str, status: str) -> Dict[str, Any]:
    """Who, when, why and with what; empty ones are left out."""
    facts = {**more, **where(params), "python_version": platform.python_version()}
    for name in ("change_id", "requester", "reason"):
        facts[name] = params.get(name) or ""
    facts["started"] = started
    if status != "started":
        facts.setdefault("finished", now())
    return {name: facts[name] for name in sorted(facts) if facts[name] not in ("", None, {}, [])}


def now(milliseconds: bool = False) -> str:
    """The time in UTC, as evidence writes it."""
    at = datetime.datetime.now(datetime.timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%S") + (f".{at.microsecond // 1000:03}Z" if milliseconds else "Z")


def folder_name(change_id: str, digest: str, started: str) -> str:
    """Sorts by time, and is found by change number and by plan."""
    parts = [re.sub(r"[^0-9TZ.]", "", started), _safe(change_id), digest[:12] or "noplan"]
    return "-".join(part for part in parts if part)


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "_", text).strip("._")[:40]


def not_approved(
    approved: Any, parent: Optional[str], planned: Sequence[Mapping[str, Any]], digest: str = ""
) -> List[str]:
    """What keeps a plan from being the approved one, a sentence each.

    Raises TaskFailed where what was given is neither a digest nor a plan.
    """
    if not approved:
        return []
    wanted = approved.values() if isinstance(approved, Mapping) else [approved]
    documents = {}
    for one in wanted:
        document = _approved_document(str(one).strip(), parent)
        if document is not None:
            documents[str(one).strip()] = document
    return approval(planned, approved, documents, digest)


def _approved_document(wanted: str, parent: Optional[str]) -> Optional[Dict[str, Any]]:
    """The approved plan by its path; by its digest where the evidence of the run that made it lies beside."""
    if is_digest(wanted):
        pattern = os.path.join(glob.escape(parent or ""), f"*-{wanted[:12].lower()}*", "plan.json")
        # The newest that holds the plan: one of a run that was refused early holds nothing.
        for path in sorted(glob.glob(pattern), reverse=True) if parent else []:
            document = evidence.load(path)
            lists = document.get("lists") if document.get("plan_digest") == wanted.lower() else None
            if isinstance(lists, list) and any(changing(entry) for entry in lists):
                return document
        return None
    path = os.path.join(wanted, "plan.json") if os.path.isdir(wanted) else wanted
    if not os.path.exists(path):
        raise TaskFailed(f"approved_plan: {wanted!r} is neither a digest nor the path of a plan.json")
    folder = os.path.dirname(path)
    if os.path.exists(os.path.join(folder, evidence.SUMS)):
        verified(folder)
    document = evidence.load(path)
    if document.get("schema") != deployment.PLAN_SCHEMA or not isinstance(document.get("lists"), list):
        raise TaskFailed(f"approved_plan: {path} is not of schema {deployment.PLAN_SCHEMA}")
    return document


def some_sentences(sentences: Sequence[str]) -> str:
    more = len(sentences) - MOST_NAMED
    return "; ".join(sentences[:MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")

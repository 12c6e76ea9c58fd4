# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of C{falcon_ioc_evidence}: the folder that proves what a run planned and did."""

from __future__ import annotations

import datetime
import glob
import os
import platform
import re
from typing import Any, Dict, List, Mapping, Optional

from ..report import deployment, evidence
from ..report.csv_table import csv_table
from ..report.files import json_bytes
from ..report.html_page import html_page
from ..report.results import documented
from .base import Context, Params, Result, TaskFailed
from .options import CONNECTION, ArgumentSpec
from .where import where

#: Differences that a message names; the result holds all of them.
MOST_NAMED = 20
UNFINISHED = ".unfinished"

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

    @raise TaskFailed: the plan is not the approved one, the folder is not intact, or it cannot be written
    """
    try:
        if params["state"] == "verified":
            return _verified(params["path"])
        if params["state"] == "rollback":
            return _rollback(params)
        return _present(params, context)
    except evidence.EvidenceError as problem:
        raise TaskFailed(str(problem)) from problem
    except OSError as error:
        raise TaskFailed(f"{error.filename or params['path']}: {error.strerror}") from error


def _verified(folder: str) -> Result:
    problems = evidence.verify(folder)
    result: Result = {"changed": False, "path": folder, "problems": problems}
    if problems:
        raise TaskFailed(f"{folder} is not intact: {' '.join(problems[:MOST_NAMED])}", result)
    return result


def _rollback(params: Params) -> Result:
    folder = params["path"]
    result = _verified(folder)
    document = evidence.read(folder, "result.json")
    if document.get("schema") != deployment.RESULT_SCHEMA:
        raise TaskFailed(f"{folder}/result.json is not of schema {deployment.RESULT_SCHEMA}")
    undone, expected = deployment.rollback(document)
    facts = document.get("facts") or {}
    result.update(iocs=undone, expected=expected, plan_digest=document.get("plan_digest", ""), facts=facts)
    since = deployment.changed_since(document, params["expected_check"] or {}, params["undo_check"] or {})
    result["changed_since"] = since
    if since:
        raise TaskFailed(
            f"{len(since)} indicators were changed by somebody else since that run: {_some(since)}", result
        )
    return result


def _present(params: Params, context: Context) -> Result:
    lists, parent = params["lists"], params["path"]
    planned = documented(lists, params["plan"])
    digest = deployment.run_digest(planned)
    told = _unapproved(params, planned)
    status = "refused" if told else params["status"]
    messages = [*told, *params["messages"]]
    facts = _facts(params, status)
    common = {"title": params["title"], "plan_digest": digest, "facts": facts}
    documents: Dict[str, Dict[str, Any]] = {
        "plan.json": {**common, "schema": deployment.PLAN_SCHEMA, "status": "planned", "lists": planned}
    }
    shown: Dict[str, Any] = {**documents["plan.json"], "status": status, "messages": messages}
    if status in ("applied", "failed", "refused"):
        done = documented(lists, params["result"])
        shown = {
            **common,
            "schema": deployment.RESULT_SCHEMA,
            "status": status,
            "messages": messages,
            "lists": done,
        }
        documents["result.json"] = shown
        if status == "refused":
            shown = {**shown, "lists": planned}
    files = {name: json_bytes(document) for name, document in documents.items()}
    files["changes.csv"] = csv_table(deployment.changes_table(shown["lists"], "Changes")).encode("utf-8")
    files["report.html"] = html_page(deployment.run_page(shown)).encode("utf-8")
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
        folder = os.path.join(parent, _folder_name(params, digest, facts["started"]))
        result["path"] = folder + UNFINISHED if status == "started" else folder
        result["changed"] = _write(folder, status, files, context)
    if told:
        raise TaskFailed(f"Nothing was written: the plan is not the approved one: {_some(told)}", result)
    return result


def _write(folder: str, status: str, files: Mapping[str, bytes], context: Context) -> bool:
    """Write the folder of a run; the one that its start left goes when the run has ended.

    @return: whether something was, or in check mode would be, written
    """
    place = folder + UNFINISHED if status == "started" else folder
    changed = not evidence.same(place, files)
    if changed and not context.check_mode:
        evidence.write(place, files)
    if status != "started" and not context.check_mode:
        evidence.remove(folder + UNFINISHED)
    return changed


def _facts(params: Params, status: str) -> Dict[str, Any]:
    """Who, when, why and with what; empty ones are left out."""
    facts = {**params["facts"], **where(params), "python_version": platform.python_version()}
    for name in ("change_id", "requester", "reason"):
        facts[name] = params.get(name) or ""
    facts["started"] = params.get("started") or _now()
    if status != "started":
        facts.setdefault("finished", _now())
    return {name: facts[name] for name in sorted(facts) if facts[name] not in ("", None)}


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _folder_name(params: Params, digest: str, started: str) -> str:
    """Sorts by time, and is found by change number and by plan."""
    parts = [re.sub(r"[^0-9TZ.]", "", started), _safe(params.get("change_id") or ""), digest[:12] or "noplan"]
    return "-".join(part for part in parts if part)


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "_", text).strip("._")[:40]


def _unapproved(params: Params, planned: List[Dict[str, Any]]) -> List[str]:
    approved = params.get("approved_plan")
    if not approved:
        return []
    wanted = approved.values() if isinstance(approved, Mapping) else [approved]
    documents = {}
    for one in wanted:
        document = _approved_document(str(one).strip(), params.get("path"))
        if document is not None:
            documents[str(one).strip()] = document
    return deployment.approval(planned, approved, documents)


def _approved_document(wanted: str, parent: Optional[str]) -> Optional[Dict[str, Any]]:
    """The approved plan by its path; by its digest where the evidence of the run that made it lies beside."""
    if deployment.is_digest(wanted):
        pattern = os.path.join(glob.escape(parent or ""), f"*-{wanted[:12].lower()}*", "plan.json")
        for path in sorted(glob.glob(pattern)) if parent else []:
            document = evidence.load(path)
            if document.get("plan_digest") == wanted.lower() and isinstance(document.get("lists"), list):
                return document
        return None
    path = os.path.join(wanted, "plan.json") if os.path.isdir(wanted) else wanted
    if not os.path.exists(path):
        raise TaskFailed(f"approved_plan: {wanted!r} is neither a digest nor the path of a plan.json")
    folder = os.path.dirname(path)
    if os.path.exists(os.path.join(folder, evidence.SUMS)):
        _verified(folder)
    document = evidence.load(path)
    if document.get("schema") != deployment.PLAN_SCHEMA or not isinstance(document.get("lists"), list):
        raise TaskFailed(f"approved_plan: {path} is not of schema {deployment.PLAN_SCHEMA}")
    return document


def _some(sentences: List[str]) -> str:
    more = len(sentences) - MOST_NAMED
    return "; ".join(sentences[:MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")

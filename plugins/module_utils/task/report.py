# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of ``falcon_ioc_report``: findings and other facts as files for people, pipelines and programs."""

from __future__ import annotations

import datetime
import os
from typing import Any, Callable, Dict, List, Mapping

from ..report.audit import audit_document, audit_lines, audit_page, findings_table
from ..report.csv_table import csv_table
from ..report.files import holds, json_bytes, replace
from ..report.findings import KINDS, findings
from ..report.html_page import html_page
from ..report.hunt import hunt_document, hunt_page, sightings_csv
from ..report.junit import junit
from ..report.page import Chart, Column, Count, Page, Table
from ..report.results import documented
from . import info
from .base import Context, Params, Result, TaskFailed
from .options import CONNECTION, PROTECTION, ArgumentSpec
from .protection import Guard
from .where import where

FORMATS = ("html", "json", "csv", "junit")
_TIME = "%Y-%m-%dT%H:%M:%SZ"
SUFFIXES = {"html": ".html", "json": ".json", "csv": ".csv", "junit": ".xml"}

SPEC = CONNECTION + ArgumentSpec(
    {
        "kind": {"type": "str", "choices": ["audit", "hunt", "page"], "default": "audit"},
        "title": {"type": "str", "default": "Falcon IOCs"},
        "dest": {"type": "path"},
        "name": {"type": "str"},
        "formats": {"type": "list", "elements": "str", "choices": list(FORMATS), "default": ["html", "json"]},
        "facts": {"type": "dict", "default": {}},
        "generated": {"type": "str"},
        "lists": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {"name": {"type": "str"}, "source": {"type": "str"}},
        },
        "plan": {"type": "list", "elements": "dict", "default": []},
        "records": {"type": "list", "elements": "dict", "default": []},
        "read": {"type": "str", "choices": ["none", "sources", "tenant"], "default": "none"},
        "iocs": {"type": "list", "elements": "dict", "default": []},
        "hosts": {"type": "list", "elements": "dict", "default": []},
        "processes": {"type": "list", "elements": "dict", "default": []},
        "expiring_days": {"type": "int", "default": 30},
        "fail_on": {"type": "list", "elements": "str", "choices": list(KINDS), "default": []},
        "protect": PROTECTION.options["protect"],
        "page": {
            "type": "dict",
            "options": {
                "verdict": {"type": "str", "required": True},
                "tone": {
                    "type": "str",
                    "choices": ["good", "warning", "bad", "neutral"],
                    "default": "neutral",
                },
                "counts": {"type": "list", "elements": "dict", "default": []},
                "chart": {"type": "dict"},
                "tables": {"type": "list", "elements": "dict", "default": []},
            },
        },
    },
    required_if=[("kind", "page", ("page",))],
)


def run(params: Params, context: Context) -> Result:
    """Render a report and write its files.

    Raises TaskFailed: a kind of ``fail_on`` was found, after the files were written, or a file cannot be
    """
    kinds = {"audit": _audit, "hunt": _hunt, "page": _page}
    return kinds[params["kind"]](params, context)


def _audit(params: Params, context: Context) -> Result:
    now = _now()
    # The result of a list says by itself what the list is called and whose it is; it is named for those of other tasks.
    named = params["lists"] or [{key: one.get(key) for key in ("name", "source")} for one in params["plan"]]
    lists = documented(named, params["plan"])
    records = params["records"] if params["read"] == "none" else _read(params, context)
    found = findings(lists, records, now, params["expiring_days"], Guard(params, context.warn).reason)
    facts = {**where(params), "indicators_looked_at": len(records), **params["facts"]}
    generated = params.get("generated") or now.strftime(_TIME)
    document = audit_document(params["title"], lists, found, params["fail_on"], facts, generated)
    writers = {
        "html": lambda: html_page(audit_page(document)).encode("utf-8"),
        "json": lambda: json_bytes(document),
        "csv": lambda: csv_table(findings_table(found)).encode("utf-8"),
        "junit": lambda: junit(params["title"], KINDS, found, params["fail_on"]).encode("utf-8"),
    }
    result = _written(writers, params, context)
    result.update(summary=document["summary"], counts=document["counts"], failed_on=document["failed_on"])
    result["lines"] = audit_lines(document, result["files"])
    if document["failed"]:
        raise TaskFailed(
            f"The audit fails on {', '.join(document['failed_on'])}: {document['summary']}", result
        )
    return result


def _read(params: Params, context: Context) -> List[Dict[str, Any]]:
    """The records of the tenant, or of the owners of the lists. A large tenant takes long through variables."""
    sources = sorted({one.get("source") or "" for one in params["lists"] or params["plan"]})
    owned = params["read"] == "sources" and "" not in sources
    query = {name: params.get(name) for name in CONNECTION.options}
    records: List[Dict[str, Any]] = info.run({**query, "sources": sources if owned else None}, context)[
        "iocs"
    ]
    return records


def _hunt(params: Params, context: Context) -> Result:
    if not params["iocs"]:
        raise TaskFailed("iocs is empty: a hunt for nothing clears nobody", {"code": "nothing_to_look_for"})
    document = hunt_document(
        params["title"],
        params["iocs"],
        params["hosts"],
        params["processes"],
        {**where(params), **params["facts"]},
        params.get("generated") or _now().strftime(_TIME),
    )
    writers = {
        "html": lambda: html_page(hunt_page(document)).encode("utf-8"),
        "json": lambda: json_bytes(document),
        "csv": lambda: csv_table(sightings_csv(document["sightings"])).encode("utf-8"),
    }
    result = _written(writers, params, context)
    result.update(summary=document["summary"], counts=document["counts"])
    return result


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc)


def _page(params: Params, context: Context) -> Result:
    given = params["page"]
    tables = [_table(table) for table in given["tables"]]
    facts = {"generated": params.get("generated") or "", **params["facts"]}
    chart = given.get("chart")
    page = Page(
        title=params["title"],
        verdict=given["verdict"],
        tone=given["tone"],
        facts=[(name, value) for name, value in facts.items() if value not in ("", None)],
        counts=[_count(count) for count in given["counts"]],
        chart=Chart(str(chart.get("title", "")), [_count(one) for one in chart.get("bars") or ()])
        if chart
        else None,
        tables=tables,
    )
    document = {"schema": "threatops.falcon/page/1", "title": params["title"], "facts": facts, **given}
    writers = {
        "html": lambda: html_page(page).encode("utf-8"),
        "json": lambda: json_bytes(document),
        "csv": lambda: (csv_table(tables[0]) if tables else "").encode("utf-8"),
    }
    result = _written(writers, params, context)
    result["summary"] = given["verdict"]
    return result


def _written(writers: Mapping[str, Callable[[], bytes]], params: Params, context: Context) -> Result:
    """Write the formats that are wanted, if this kind of report has them all."""
    unfit = [form for form in params["formats"] if form not in writers]
    if unfit:
        raise TaskFailed(f"formats: {', '.join(unfit)} is for audits only")
    return _write({form: writers[form]() for form in params["formats"]}, params, context)


def _count(given: Mapping[str, Any]) -> Count:
    return Count(str(given.get("name", "")), int(given.get("number") or 0), str(given.get("tone", "neutral")))


def _table(given: Mapping[str, Any]) -> Table:
    columns = [
        Column(column)
        if isinstance(column, str)
        else Column(str(column.get("name")), str(column.get("kind", "text")))
        for column in given.get("columns") or ()
    ]
    return Table(
        title=str(given.get("title", "")),
        columns=columns,
        rows=given.get("rows") or (),
        note=str(given.get("note", "")),
        tones=given.get("tones") or {},
    )


def _write(contents: Dict[str, bytes], params: Params, context: Context) -> Result:
    """Write the files that differ, each at once; without ``dest`` only compute.

    Returns ``changed`` and ``files``, the path of each format
    """
    folder = params.get("dest")
    result: Result = {"changed": False, "files": {}}
    if not folder:
        return result
    name = params.get("name") or params["kind"]
    if os.path.basename(name) != name or name in (".", ".."):
        raise TaskFailed(f"name: {name!r} is the name of a file without a folder")
    try:
        for form, content in contents.items():
            path = os.path.join(folder, name + SUFFIXES[form])
            result["files"][form] = path
            if holds(path, content):
                continue
            result["changed"] = True
            if not context.check_mode:
                os.makedirs(folder, mode=0o700, exist_ok=True)
                replace(path, content)
    except OSError as error:
        raise TaskFailed(f"{error.filename or folder}: {error.strerror}", result) from error
    return result

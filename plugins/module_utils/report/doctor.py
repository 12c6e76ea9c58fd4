# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The doctor's report: one screen, Markdown, HTML and JSON, all of one result and without a time of their own.

The same findings give the same files, so that a second run that found the same changes nothing.
"""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from .files import json_bytes
from .html_page import html_page
from .page import Column, Count, Page, Table

Result = Mapping[str, Any]

_STATUSES = ("passed", "warning", "failed", "skipped")
_TONES = {"passed": "good", "warning": "warning", "failed": "bad", "skipped": "neutral"}
_IN_FILE = ("checks", "facts", "verdict", "region", "leftovers", "write_test", "settle")
_TITLE = "threatops.falcon doctor"


def summary(result: Result, folder: str = "") -> list[str]:
    """The screen: a line for each check with what to do, the facts that differ, and the verdict last."""
    width = max(len(check["name"]) for check in result["checks"])
    lines = []
    for check in result["checks"]:
        lines.append(f"{check['status']:<8} {check['name']:<{width}}  {check['message']}")
        if check["hint"] and check["status"] in ("warning", "failed"):
            lines.append(f"{'':<8} {'':<{width}}  -> {check['hint']}")
    lines += _fact_lines(result)
    lines += [f"Left over from a write test: {one['type']} {one['value']}" for one in result["leftovers"]]
    if result["write_test"]["status"] != "skipped":
        lines.append(f"Write test: {result['write_test']['message']}.")
    if result["settle"]:
        lines.append(
            "Search is behind writes. Add this line to the options of the modules, or to module_defaults:"
        )
        lines.append(f"  settle: {result['settle']}")
    if folder:
        lines.append(f"The report in {folder} {'was written' if result.get('changed') else 'is unchanged'}.")
    elif not result.get("changed"):
        lines.append("Nothing was changed.")
    lines.append(verdict(result))
    return lines


def _fact_lines(result: Result) -> list[str]:
    seen = [fact for fact in result["facts"] if fact["agrees"] is not None]
    differ = [fact for fact in seen if not fact["agrees"]]
    lines = [
        f"{len(seen)} of {len(result['facts'])} open points of the API were answered, "
        f"{len(differ)} differ from what is assumed" + (":" if differ else ".")
    ]
    return lines + [
        f"  {fact['id']} {fact['question']}: {fact['seen']}, not {fact['expected']}" for fact in differ
    ]


def verdict(result: Result) -> str:
    """One sentence."""
    counts = {status: [] for status in _STATUSES}  # type: dict[str, list[str]]
    for check in result["checks"]:
        counts[check["status"]].append(check["name"])
    if result["write_test"]["status"] == "failed":
        counts["failed"].append("the write test")
    if counts["failed"]:
        return f"Failed: {_joined(counts['failed'])}."
    if counts["warning"]:
        return f"Works, with warnings: {_joined(counts['warning'])}."
    skipped = f", {len(counts['skipped'])} skipped" if counts["skipped"] else ""
    return f"Healthy: {len(counts['passed'])} checks passed{skipped}."


def _joined(names: Sequence[str]) -> str:
    return ", ".join(name.replace("scope:", "scope ") for name in names)


def document(result: Result) -> dict[str, Any]:
    """What doctor.json holds; the simulator takes it by ``--like``."""
    return {name: result[name] for name in _IN_FILE}


def markdown(result: Result) -> str:
    """The report for a ticket or a pull request."""
    lines = [f"# {_TITLE}", "", f"**{_escaped(verdict(result))}**", ""]
    lines += ["| status | check | finding | what to do |", "| --- | --- | --- | --- |"]
    for check in result["checks"]:
        cells = (check["status"], check["name"], check["message"], check["hint"])
        lines.append("| " + " | ".join(_escaped(cell) for cell in cells) + " |")
    lines += ["", "| point | question | assumed | seen |", "| --- | --- | --- | --- |"]
    for fact in result["facts"]:
        seen = "not seen" if fact["seen"] is None else str(fact["seen"])
        mark = "**" if fact["agrees"] is False else ""
        point = (fact["id"], fact["question"], str(fact["expected"]))
        lines.append(
            "| " + " | ".join(_escaped(cell) for cell in point) + f" | {mark}{_escaped(seen)}{mark} |"
        )
    lines += ["", f"Write test: {_escaped(result['write_test']['message'])}."]
    for one in result["leftovers"]:
        lines.append(f"- left over: {_escaped(one['type'])} {_escaped(one['value'])}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    for char in "\\|<>[]*`":
        line = line.replace(char, "\\" + char)
    return line


def html(result: Result) -> str:
    """The report as one page."""
    checks = Table(
        "Checks",
        [Column("Status", "label"), Column("Check", "code"), Column("Finding"), Column("What to do")],
        [[check["status"], check["name"], check["message"], check["hint"]] for check in result["checks"]],
        tones=_TONES,
    )
    words = {True: "as assumed", False: "differs", None: "not seen"}
    facts = Table(
        "Open points of the API",
        [
            Column("Point", "code"),
            Column("Agrees", "label"),
            Column("Question"),
            Column("Assumed"),
            Column("Seen"),
        ],
        [
            [fact["id"], words[fact["agrees"]], fact["question"], str(fact["expected"]), _shown(fact["seen"])]
            for fact in result["facts"]
        ],
        note="What threatops.falcon assumes where the vendor's sources are silent, and what this tenant does.",
        tones={"as assumed": "good", "differs": "warning", "not seen": "neutral"},
    )
    counts = [
        Count(status, sum(check["status"] == status for check in result["checks"]), _TONES[status])
        for status in _STATUSES
    ]
    page = Page(
        title=_TITLE,
        verdict=verdict(result),
        tone=_TONES[result["verdict"]],
        facts=[("Region", result["region"] or "not told"), ("Write test", result["write_test"]["message"])],
        counts=counts,
        tables=[checks, facts],
    )
    return html_page(page)


def _shown(seen: object) -> str:
    return "" if seen is None else str(seen)


def files(result: Result) -> dict[str, bytes]:
    """The files of the report by name."""
    return {
        "doctor.json": json_bytes(document(result)),
        "doctor.md": markdown(result).encode(),
        "doctor.html": html(result).encode(),
    }


def complete(result: dict[str, Any], folder: str) -> None:
    """Add the screen and the Markdown to a result."""
    result["summary"] = summary(result, folder)
    result["markdown"] = markdown(result)

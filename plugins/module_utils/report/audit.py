# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The audit report: one document, and the page that shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..ioc.wording import visible
from .findings import KINDS, TONES, Finding, count
from .page import (
    Change,
    Chart,
    Column,
    Count,
    Page,
    Table,
    heading,
)

SCHEMA = "threatops.falcon/audit/1"

#: Findings that a screen names; the rest are a number.
MOST_NAMED = 20


def audit_document(
    title: str,
    lists: Sequence[Mapping[str, Any]],
    found: Sequence[Finding],
    fail_on: Collection[str],
    facts: Mapping[str, Any],
    generated: str,
) -> dict[str, Any]:
    """The audit as data, in the form of ``schema`` ``threatops.falcon/audit/1``.

    ``generated`` is an RFC 3339 time. ``unknown`` are kinds that could not be looked for, ``messages`` say
    why. ``failed`` says whether a kind of ``fail_on`` was found, or is unknown. Keys are only ever added to
    this schema; one that goes or changes its meaning makes a new number.
    """
    counts = count(found)
    messages = [str(result["msg"]) for result in lists if result.get("msg")]
    stopped = [result["purge_stopped"] for result in lists if result.get("purge_stopped")]
    messages += [str(reason.get("message") or "") for reason in stopped if not messages]
    # What cannot be read may name any of what the owner has beside the list.
    unknown = ["extra"] if stopped else []
    failing = sorted(kind for kind in fail_on if counts[kind] or kind in unknown)
    totals: Counter[str] = Counter()
    for result in lists:
        totals.update({key: int(number) for key, number in (result.get("counts") or {}).items()})
        totals["expired"] += int(result.get("expired") or 0)
    return {
        "schema": SCHEMA,
        "title": title,
        "generated": generated,
        "summary": _summary(counts, totals, unknown),
        "failed": bool(failing),
        "failed_on": failing,
        "fail_on": sorted(fail_on),
        "unknown": unknown,
        "messages": messages,
        "counts": counts,
        "totals": dict(sorted(totals.items())),
        "lists": [
            {
                "name": str(result.get("name") or ""),
                "source": str(result.get("source") or ""),
                "plan_digest": str(result.get("plan_digest") or ""),
                "counts": dict(sorted((result.get("counts") or {}).items())),
            }
            for result in lists
        ],
        "facts": {name: facts[name] for name in sorted(facts) if facts[name] not in ("", None)},
        "findings": list(found),
    }


def _summary(counts: Mapping[str, int], totals: Mapping[str, int], unknown: Sequence[str]) -> str:
    parts = [f"{number:,} {kind}" for kind, number in counts.items() if number]
    parts += [f"{kind} not known" for kind in unknown]
    found = ", ".join(parts) if parts else "nothing found"
    return f"{in_sync(totals):,} of {wanted(totals):,} in sync; {found}"


def in_sync(totals: Mapping[str, int]) -> int:
    """Items that the tenant has as the lists say, and enforces: Falcon keeps what has expired without effect."""
    return int(totals.get("unchanged", 0)) - int(totals.get("expired", 0))


def audit_lines(document: Mapping[str, Any], files: Mapping[str, str]) -> list[str]:
    """The audit in a few lines: what is in sync, what was found by name, where the report is."""
    found = document["findings"]
    lines = [f"Audit: {document['summary']}"]
    for one in found[:MOST_NAMED]:
        name = " ".join(part for part in (one["kind"], one["type"], one["value"]) if part)
        where = f" (list {one['list']})" if one["list"] else ""
        lines.append(f"  {visible(name)}{visible(where)}: {visible(one['detail'])}")
    if len(found) > MOST_NAMED:
        lines.append(f"  ... and {len(found) - MOST_NAMED:,} more")
    lines += [visible(message) for message in document["messages"]]
    if files:
        lines.append(f"The report is in {visible(files.get('html') or next(iter(files.values())))}")
    return lines


def wanted(totals: Mapping[str, int]) -> int:
    """Items that the lists ask something of: all but those that are left alone."""
    return int(totals.get("desired", 0)) - int(totals.get("ignored", 0))


def audit_page(document: Mapping[str, Any]) -> Page:
    """The document for people."""
    counts, totals = document["counts"], document["totals"]
    number = sum(counts.values())
    if document["failed"]:
        verdict = f"Failed on {', '.join(document['failed_on'])}: {document['summary']}."
        tone = "bad"
    elif number:
        # Nothing has passed where nothing was to be judged.
        word = "Passed, with findings" if document["fail_on"] else "Findings"
        verdict, tone = f"{word}: {document['summary']}.", "warning"
    else:
        verdict, tone = f"The tenant matches the lists: {document['summary']}.", "good"
    facts = [
        ("Time", document["generated"]),
        *((heading(name), value) for name, value in document["facts"].items()),
    ]
    for one in document["lists"]:
        facts.append((f"Plan digest of {one['name'] or 'the list'}", one["plan_digest"]))
    if document["fail_on"]:
        facts.append(("Fails on", document["fail_on"]))
    tiles = [
        Count("in the lists", wanted(totals)),
        Count("in sync", in_sync(totals), "good"),
    ]
    tiles.append(Count("findings", number, tone if number else "good"))
    messages = [[message] for message in document["messages"]]
    notes = [Table("Messages", [Column("Message")], messages)] if messages else []
    found = [Count(kind, counts[kind], TONES[kind]) for kind in KINDS if counts[kind]]
    return Page(
        title=document["title"],
        verdict=verdict,
        tone=tone,
        facts=facts,
        counts=tiles,
        chart=Chart("Findings by kind", found) if found else None,
        tables=[findings_table(document["findings"]), *notes],
    )


def findings_table(found: Sequence[Finding]) -> Table:
    """One row for each finding: the table of the page, and the CSV file."""
    columns = [
        Column("Finding", "label"),
        Column("Type", "label"),
        Column("Value", "code"),
        Column("List"),
        Column("Owner"),
        Column("In the tenant \u2192 in the list", "changes"),
        Column("Detail"),
    ]
    rows = [
        [
            one["kind"],
            one["type"],
            one["value"],
            one["list"],
            one["owner"],
            [Change(change["field"], change["before"], change["after"]) for change in one["changes"]],
            one["detail"],
        ]
        for one in found
    ]
    return Table("Findings", columns, rows, tones=TONES, empty="Nothing was found.")

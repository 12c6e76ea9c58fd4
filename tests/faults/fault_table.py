# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the matrix showed, as the table in the documentation: the same in every run, however fast the machine is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fault_cases import Case, Stage

PAGE = Path(__file__).resolve().parents[2] / "docs" / "docsite" / "rst" / "reliability.rst"
BEGIN, END = ".. The table begins here; make faults writes it.", ".. The table ends here."
# How many requests a fault costs depends on what was under way when it struck, so the table tells the bound that the
# tests hold, not what one run has seen.
HEADINGS = ("what goes wrong", "where", "how the run ends", "more requests, at most")
# What differs from run to run, or from system to system.
_VARYING = (
    (r"over \d+ s", "over … s"),
    (r"trace id [0-9a-f-]+", "trace id …"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1"),
    (r"the connection broke: .*?(?=, in \d+ tries|\. Read back|\.$)", "the connection broke: …"),
    (r"(create|update|delete) \d+ indicators?", r"\1 … indicators"),
)


@dataclass(frozen=True)
class Seen:
    """What one case showed."""

    group: str
    fault: str
    stage: str
    ending: str
    extra: int


def seen(case: Case, stage: Stage, result: Mapping[str, Any]) -> Seen:
    return Seen(case.group, case.name, case.stage, _ending(stage, result), case.extra)


def _ending(stage: Stage, result: Mapping[str, Any]) -> str:
    if "counts" not in result:
        return f"It fails, nothing is written: {_said(result['msg'])}"
    counts = {name: number for name, number in result["counts"].items() if number and name != "desired"}
    if counts == stage.counts:
        return "As without the fault."
    told = ", ".join(f"{number} {name}" for name, number in counts.items())
    if not result.get("failed"):
        return f"It converges: {told}."
    reasons = [failure["message"] for failure in result["failed_iocs"]]
    # Which of them were not even tried depends on which thread was faster.
    reason = next((one for one in reasons if not one.startswith("not sent")), reasons[0])
    return f"It fails: {told}. {_said(reason)}"


def _said(message: str) -> str:
    for pattern, plain in _VARYING:
        message = re.sub(pattern, plain, message)
    return f"``{message[:200]}{'…' if len(message) > 200 else ''}``"


def rows(everything: Iterable[Seen]) -> dict[str, list[list[str]]]:
    """Lines of the table, by heading; stages that end alike share a line."""
    lines: dict[str, dict[tuple[str, str], list[Seen]]] = {}
    for one in everything:
        lines.setdefault(one.group, {}).setdefault((one.fault, one.ending), []).append(one)
    return {
        group: [
            [
                re.sub(r"`([^`]+)`", r"``\1``", fault),
                ", ".join(one.stage for one in alike),
                ending,
                str(max(one.extra for one in alike)),
            ]
            for (fault, ending), alike in found.items()
        ]
        for group, found in lines.items()
    }


def _text(tables: Mapping[str, list[list[str]]]) -> str:
    parts = []
    for group, lines in tables.items():
        parts += ["", group, "~" * len(group), "", ".. list-table::", "   :header-rows: 1"]
        parts += ["   :widths: 28 14 46 12", ""]
        for line in (HEADINGS, *lines):
            parts += [f"   {'*' if at == 0 else ' '} - {text}" for at, text in enumerate(line)]
    return "\n".join(parts)


def _parted() -> tuple[str, str, str]:
    page = PAGE.read_text(encoding="utf-8")
    begin, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    return page[:begin], page[begin:end], page[end:]


def write(tables: Mapping[str, list[list[str]]]) -> None:
    """Replace what stands between the two marks of the page."""
    before, _table, after = _parted()
    PAGE.write_text(f"{before}\n{_text(tables)}\n\n{after}", encoding="utf-8")


def disagreements(tables: Mapping[str, list[list[str]]]) -> list[str]:
    """What the page says otherwise."""
    published = [
        re.findall(r"^   [* ] - (.*)$", row, re.MULTILINE)
        for row in re.split(r"(?m)^(?=   \* - )", _parted()[1])
    ]
    known = {tuple(line) for line in published if len(line) == 4 and line[3].isdigit()}
    now = {tuple(line) for lines in tables.values() for line in lines}
    wrong = [f"not in the table: {list(line)}" for line in sorted(now - known)]
    return wrong + [f"does not happen any more: {list(line)}" for line in sorted(known - now)]

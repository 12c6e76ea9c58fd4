# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The results, for a terminal and for the documentation."""

from __future__ import annotations

import datetime
import os
import platform
import re
import statistics
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from measure import ROOT, Measurement

PAGE = ROOT / "docs" / "docsite" / "rst" / "performance.rst"
BEGIN, END = ".. The table begins here; make bench writes it.", ".. The table ends here."


@dataclass(frozen=True)
class Cell:
    """One contestant on one job. Seconds are those over an empty play, of all items where a sample was run.

    ``sample`` is how many items were really run, where not all, and ``scale`` what their time and requests were
    multiplied with. Both ``seconds`` and ``runs`` have one entry for each round.
    """

    title: str
    seconds: list[float]
    runs: list[Measurement]
    sample: int | None
    scale: float

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Row:
    title: str
    cells: list[Cell]

    def ratios(self, cell: Cell) -> list[float]:
        """Times the floor, round by round: the two ran within minutes of each other."""
        return [mine / floor for mine, floor in zip(cell.seconds, self.cells[-1].seconds, strict=True)]


def columns(row: Row, cell: Cell) -> list[str]:
    about = "≈ " if cell.sample else ""

    def count(numbers: list[int]) -> str:
        number = statistics.median(numbers)
        return f"{about}{number * cell.scale:,.0f}" if number > 1 else f"{number:.0f}"

    ratios = row.ratios(cell)
    return [
        cell.title + (f", {cell.sample} of them" if cell.sample else ""),
        count([run.tokens for run in cell.runs]),
        count([run.reads for run in cell.runs]),
        count([run.writes for run in cell.runs]),
        about + _spread(cell.seconds, cell.median),
        f"{max(run.peak for run in cell.runs):,.0f}",
        about + _spread(ratios, statistics.median(ratios)) + (" (unclear)" if _unclear(ratios) else ""),
    ]


def _unclear(ratios: list[float]) -> bool:
    """Whether the rounds do not agree on who was faster than the floor."""
    return min(ratios) < 1 < max(ratios) and max(ratios) - min(ratios) > 0.1


def _spread(numbers: list[float], middle: float) -> str:
    digits = 2 if middle < 10 else 1 if middle < 100 else 0
    text = f"{middle:,.{digits}f}"
    return text if len(numbers) == 1 else f"{text} ({min(numbers):,.{digits}f}-{max(numbers):,.{digits}f})"


HEADINGS = ["who", "tokens", "reads", "writes", "seconds", "peak MB", "times the floor"]


def as_text(row: Row) -> str:
    lines = [HEADINGS] + [columns(row, cell) for cell in row.cells]
    widths = [max(len(line[at]) for line in lines) for at in range(len(HEADINGS))]
    shown = [
        "  ".join(
            text.ljust(width) if at == 0 else text.rjust(width)
            for at, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
    return "\n".join(["", row.title, *(f"  {line}" for line in shown)])


def write_documentation(rows: list[Row], sizes: dict[str, int], empty: float, latency: float) -> None:
    """Replace what stands between the two marks of the page."""
    parts = [*_where(empty, latency)]
    for row in rows:
        parts += [
            "",
            _heading(row.title),
            "",
            *_list_table(HEADINGS, [columns(row, cell) for cell in row.cells]),
        ]
    parts += ["", _heading("What Ansible sends to run a module elsewhere"), ""]
    parts += _list_table(
        ["module", "KiB"], [[f"``{name}``", f"{size / 1024:.0f}"] for name, size in sizes.items()]
    )
    text = PAGE.read_text(encoding="utf-8")
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    PAGE.write_text(text[:begin] + "\n\n" + "\n".join(parts) + "\n\n" + text[end:], encoding="utf-8")


def _heading(title: str) -> str:
    return f"{title[0].upper()}{title[1:]}\n{'~' * len(title)}"


def _list_table(headings: list[str], lines: list[list[str]]) -> list[str]:
    made = [".. list-table::", "   :header-rows: 1", ""]
    for line in [headings, *lines]:
        made += [f"   {'*' if at == 0 else ' '} - {text}" for at, text in enumerate(line)]
    return made


def _where(empty: float, latency: float) -> list[str]:
    names = ("ansible-core", "requests", "crowdstrike-falconpy")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    system = f"{platform.system()} {platform.release()}"
    return [
        f"Measured on {datetime.date.today().isoformat()} with Python {platform.python_version()}, {versions},",
        f"on {os.cpu_count()} cores ({_processor()}) with {_memory()} GB of memory, {system}.",
        f"The tenant is the simulator, on the same machine, and waits {latency:.0f} ms before each answer.",
        f"An empty play took {empty:.2f} s, which is subtracted.",
        "Every row was run three times, the contestants in turn;",
        f"shown are the median and, in parentheses, the range. {_load()}",
    ]


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.+)", path.read_text(encoding="utf-8")) if path.exists() else None
    return found[1] if found else platform.processor() or platform.machine()


def _memory() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9)


def _load() -> str:
    """What else the machine did: a load of one is this benchmark itself."""
    one, five, fifteen = os.getloadavg()
    return (
        f"The machine's load at the end was {one:.1f}, {five:.1f} and {fifteen:.1f} over 1, 5 and 15 minutes."
    )

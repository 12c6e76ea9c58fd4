# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan, or the account of a run, as Markdown: for a pull request, or the summary of a job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..ioc.wording import visible
from .account_text import ListAccount, NotApplied, list_line

#: Rows of a table that are shown at once; the rest fold.
MOST_OPEN = 100
#: Rows of a table altogether: a job summary takes a megabyte.
MOST_ROWS = 1_000


def document(
    title: str,
    facts: Sequence[tuple[str, str]],
    accounts: Sequence[ListAccount],
    changes: Mapping[str, Sequence[tuple[str, str, str]]],
    refused: str = "",
) -> str:
    """The whole text.

    `changes` has, for each list, rows of operation, indicator and fields. `refused` is why nothing was written.
    """
    parts = [f"## {escaped(title)}", ""]
    if refused:
        parts += [f"> **{escaped(refused)}**", ""]
    parts += [f"- {escaped(list_line(account))}" for account in accounts]
    parts += [f"- {escaped(note)}" for account in accounts for note in account.notes]
    parts += ["", *(f"- {escaped(name)}: {code(text)}" for name, text in facts if text), ""]
    for account in accounts:
        rows = changes.get(account.name, ())
        parts += _table(f"Changes of {account.name}", ("Operation", "Indicator", "Fields"), rows)
        parts += _table(
            f"Not applied of {account.name}", ("Where", "Indicator", "Reason"), _rows(account.not_applied)
        )
    return "\n".join(parts).rstrip() + "\n\n"


def _rows(entries: Iterable[NotApplied]) -> list[tuple[str, str, str]]:
    return [(entry.place, f"{entry.kind} {entry.value}".strip(), entry.reason) for entry in entries]


def _table(title: str, heading: Sequence[str], rows: Sequence[tuple[str, str, str]]) -> list[str]:
    if not rows:
        return []
    head = [f"| {' | '.join(heading)} |", f"| {' | '.join('---' for _name in heading)} |"]
    written = [f"| {escaped(one)} | {code(two)} | {escaped(three)} |" for one, two, three in rows[:MOST_ROWS]]
    parts = [f"### {escaped(title)} ({len(rows):,})", "", *head, *written[:MOST_OPEN], ""]
    if len(written) > MOST_OPEN:
        more = f"<details><summary>{len(rows) - MOST_OPEN:,} more</summary>"
        parts += [more, "", *head, *written[MOST_OPEN:], "", "</details>", ""]
    if len(rows) > MOST_ROWS:
        parts += [f"... and {len(rows) - MOST_ROWS:,} more, which are in the evidence", ""]
    return parts


def escaped(text: Any) -> str:
    """Text of anybody's as text: no markup, no link, no cell of its own."""
    shown = visible(str(text)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"\\{char}" if char in "\\`*_[]|#~!" else char for char in shown)


def code(text: Any) -> str:
    """Text of anybody's as code, so that nothing in it is a link. A bar would end a cell even there."""
    shown = visible(str(text)).replace("|", "\\|")
    if not shown:
        return ""
    fence = "``" if "`" in shown else "`"
    return f"{fence} {shown} {fence}" if fence == "``" else f"{fence}{shown}{fence}"

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as one HTML page that needs nothing but itself.

The rows travel as JSON in a data block and the page's script turns them into text nodes, so 50,000 rows
open fast and none of them is ever parsed as markup. The first rows are in the HTML too, for readers without
scripts. The content security policy allows this page's own style and script by their hashes, and nothing
else.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Iterable
from typing import Optional

from .assets import SCRIPT, STYLE
from .page import (
    EMPTY,
    TONES,
    Change,
    Chart,
    Column,
    Count,
    Page,
    Table,
    clean,
)

MOST_ROWS = 100_000
"""Rows of one table that a browser is asked to hold; the page says how many were left out."""

FIRST_ROWS = 100
"""Rows that are in the page without its script: as many as the script shows at first."""


def html_page(page: Page) -> str:
    """The whole document, ending with a newline."""
    policy = (
        f"default-src 'none'; style-src '{_digest(STYLE)}'; script-src '{_digest(SCRIPT)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    title = _escape(page.title)
    cells = [_table_cells(table) for table in page.tables]
    parts = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta name="referrer" content="no-referrer">\n<title>{title}</title>',
        f"<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>",
        f'<p class="verdict {_tone(page.tone)}">{_escape(page.verdict)}</p>',
        _tiles(page.counts),
        _facts(page.facts),
        _chart(page.chart) if page.chart else "",
        *(_table(number, table, rows) for number, (table, rows) in enumerate(zip(page.tables, cells))),
        "</main>",
        f'<script type="application/json" id="data">{_data_block(page.tables, cells)}</script>',
        f"<script>{SCRIPT}</script>\n</body>\n</html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _escape(value: object) -> str:
    return html.escape(clean(value))


def _tone(tone: str) -> str:
    return tone if tone in TONES else "neutral"


def _tiles(counts: Iterable[Count]) -> str:
    tiles = "".join(
        f'<li class="{_tone(count.tone)}"><b>{count.number:,}</b><span>{_escape(count.name)}</span></li>'
        for count in counts
    )
    return f'<ul class="tiles" aria-label="Counts">{tiles}</ul>' if tiles else ""


def _facts(facts: Iterable[tuple[str, object]]) -> str:
    pairs = "".join(f"<dt>{_escape(name)}</dt><dd>{_escape(value)}</dd>" for name, value in facts)
    return f'<section aria-label="Facts"><dl>{pairs}</dl></section>' if pairs else ""


def _chart(chart: Chart) -> str:
    """Bars as SVG, to one scale; a bar of at least one is never invisible. Read aloud as one sentence."""
    if not chart.bars:
        return ""
    most = max(1, *(entry.number for entry in chart.bars))
    said = "; ".join(f"{entry.name} {entry.number:,}" for entry in chart.bars)
    drawn = []
    for number, entry in enumerate(chart.bars):
        top = number * 30
        width = max(3, round(620 * entry.number / most)) if entry.number else 0
        drawn.append(
            f'<text x="170" y="{top + 19}" text-anchor="end">{html.escape(clean(entry.name, 24))}</text>'
            f'<rect class="track" x="180" y="{top + 4}" width="620" height="20" rx="3"/>'
            f'<rect class="{_tone(entry.tone)}" x="180" y="{top + 4}" width="{width}" height="20" rx="3"/>'
            f'<text x="812" y="{top + 19}">{entry.number:,}</text>'
        )
    height = len(chart.bars) * 30
    return (
        f'<section class="chart"><h2>{_escape(chart.title)}</h2><svg viewBox="0 0 900 {height}" role="img" '
        f'aria-label="{_escape(said)}">{"".join(drawn)}</svg></section>'
    )


def _table_cells(table: Table) -> list[list[object]]:
    return [
        [_cell(cell, column) for cell, column in zip(row, table.columns)] for row in table.rows[:MOST_ROWS]
    ]


def _cell(cell: object, column: Column) -> object:
    """The harmless form of a cell that page and script share.

    A text or a number, a list of texts, or a list of [field, before, after].
    """
    if column.kind == "changes":
        changes: Iterable[Change] = cell if isinstance(cell, (list, tuple)) else ()
        return [[clean(change.field), _side(change.before), _side(change.after)] for change in changes]
    if column.kind == "list":
        return [clean(item) for item in cell] if isinstance(cell, (list, tuple)) else [clean(cell)]
    if column.kind == "number" and isinstance(cell, (int, float)):
        return cell
    return clean(cell)


def _side(value: object) -> Optional[str]:
    """One side of a change; None, which a record that is new or gone has there, is not shown at all."""
    return None if value is None else clean(value)


def _table(number: int, table: Table, rows: list[list[object]]) -> str:
    if not rows:
        return f"<section><h2>{_escape(table.title)} (0)</h2><p>{_escape(table.empty)}</p></section>"
    heads = "".join(
        f'<th scope="col"{_class(column)}>{_escape(column.name)}</th>' for column in table.columns
    )
    body = "".join(f"<tr>{_row(row, table)}</tr>\n" for row in rows[:FIRST_ROWS])
    notes = [table.note] if table.note else []
    if len(table.rows) > MOST_ROWS:
        notes.append(
            f"This page holds the first {MOST_ROWS:,} of {len(table.rows):,} rows; "
            "the JSON and CSV files hold all."
        )
    rest = len(rows) - FIRST_ROWS
    return (
        f'<section class="table" data-table="{number}"><h2 id="table-{number}">{_escape(table.title)} '
        f"({len(table.rows):,})</h2>\n"
        + "".join(f'<p class="note">{_escape(note)}</p>' for note in notes)
        + f'<div class="scroll" tabindex="0" role="region" aria-labelledby="table-{number}"><table>'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>{body}</tbody></table></div>"
        + (f'<p class="rest note">{rest:,} more rows are shown when scripts may run.</p>' if rest > 0 else "")
        + "</section>"
    )


def _class(column: Column) -> str:
    return ' class="number"' if column.kind == "number" else ""


def _row(row: list[object], table: Table) -> str:
    return "".join(_static_cell(cell, column, table) for cell, column in zip(row, table.columns))


def _static_cell(cell: object, column: Column, table: Table) -> str:
    kind = column.kind
    style = kind
    if kind == "changes" and isinstance(cell, list):
        text = "".join(_static_change(*change) for change in cell)
    elif kind == "list" and isinstance(cell, list):
        text = html.escape(", ".join(cell))
    elif kind == "number" and isinstance(cell, (int, float)):
        text = f"{cell:,}"
    else:
        text = html.escape(str(cell))
        if kind == "label":
            style = f"label tone-{_tone(table.tones.get(str(cell), 'neutral'))}"
    return f'<td class="{html.escape(style)}">{text}</td>'


def _static_change(field: str, before: Optional[str], after: Optional[str]) -> str:
    sides = [
        f"<{tag}>{html.escape(side or EMPTY)}</{tag}>"
        for tag, side in (("del", before), ("ins", after))
        if side is not None
    ]
    both = " \u2192 ".join(sides)
    return f'<span class="change"><i>{html.escape(field)}: </i>{both}</span>'


def _data_block(tables: Iterable[Table], cells: Iterable[list[list[object]]]) -> str:
    """The rows as JSON in which no browser can see the end of the script element, or any markup."""
    data = [
        {
            "columns": [{"name": clean(column.name), "kind": column.kind} for column in table.columns],
            "rows": rows,
            "tones": {clean(word): _tone(tone) for word, tone in sorted(table.tones.items())},
        }
        for table, rows in zip(tables, cells)
    ]
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")

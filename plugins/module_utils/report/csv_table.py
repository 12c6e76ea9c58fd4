# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table as CSV (RFC 4180, UTF-8, line ends of a line feed) that no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io

from .page import Table, clean

# What a spreadsheet starts a formula with, full-width forms included. Tabs are visible signs by then.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\u2409", "\u240d", "\u240a")


def csv_table(table: Table) -> str:
    """A heading line and one line a row. A text that could start a formula gets an apostrophe in front."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([csv_cell(column.name) for column in table.columns])
    for row in table.rows:
        writer.writerow([csv_cell(cell) for cell in row])
    return out.getvalue()


def csv_cell(value: object) -> object:
    """A number as it is, anything else as harmless text; lists are joined by a semicolon."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    text = "; ".join(clean(item) for item in value) if isinstance(value, (list, tuple)) else clean(value)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text

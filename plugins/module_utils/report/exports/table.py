# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An export as CSV (RFC 4180, UTF-8): one column for each field, by the names of the API."""

from __future__ import annotations

import csv
import io
from typing import Sequence

from ...ioc.feeds import exchange
from .model import Exported, present


def text(indicators: Sequence[Exported], _owner: str) -> str:
    """A heading line and one line for each indicator; lists are joined by semicolons."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(exchange.COLUMNS)
    for one in present(indicators):
        writer.writerow(
            [exchange.cell(one.item[name]) if name in one.item else "" for name in exchange.COLUMNS]
        )
    return out.getvalue()


#: The first line of every exported table.
HEADER = text((), "")

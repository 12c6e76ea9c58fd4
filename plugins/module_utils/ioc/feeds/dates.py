# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dates as publishers write them."""

from __future__ import annotations

import datetime
import re
from functools import lru_cache
from typing import Optional

_DATE = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    r"(?:[T ]{1,2}(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?"
    r" ?(Z|UTC|GMT|[+-]\d{2}:?\d{2})?\Z",
    re.IGNORECASE | re.ASCII,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = re.compile(
    r"(?:(\d{1,2})[ -]([A-Za-z]{3})[a-z]*|([A-Za-z]{3})[a-z]* (\d{1,2})),?[ -](\d{4})"
    r"(?:,? (\d{1,2}):(\d{2})(?::(\d{2}))?)? ?(?:Z|UTC|GMT)?\Z",
    re.ASCII,
)
_EPOCH = re.compile(r"\d{10}(?:\d{3})?(?:\.\d+)?\Z", re.ASCII)
_NEVER = frozenset(("never", "none", "null", "no expiration", "does not expire", "unlimited", "indefinite"))


@lru_cache(maxsize=4096)
def instant(text: str) -> Optional[datetime.datetime]:
    """Read a date or time in UTC; a date means the end of that day. None where it is neither.

    A date such as 01/02/2026, which people read in two ways, is not read.
    """
    text = text.strip()
    try:
        if _EPOCH.match(text):
            seconds = float(text) / (1000 if len(text.partition(".")[0]) == 13 else 1)
            return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
        return _written(text)
    except (ValueError, OverflowError):
        return None


def _written(text: str) -> Optional[datetime.datetime]:
    match = _DATE.match(text)
    if match:
        year, month, day = (int(part) for part in match.groups()[:3])
        clock, zone = match.groups()[3:6], match.group(8) or "Z"
    else:
        match = _NAMED.match(text)
        if not match:
            return None
        name = (match.group(2) or match.group(3)).lower()
        year, month, day = int(match.group(5)), _MONTHS.index(name) + 1, int(match.group(1) or match.group(4))
        clock, zone = match.groups()[5:8], "Z"
    hour, minute, second = (int(part or 0) for part in clock) if clock[0] else (23, 59, 59)
    offset = datetime.timedelta()
    if zone[0] in "+-":
        offset = datetime.timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    moment = datetime.datetime(year, month, day, hour, minute, min(second, 59), tzinfo=datetime.timezone.utc)
    return moment + offset if zone[0] == "-" else moment - offset


def is_never(text: str) -> bool:
    """Whether a text says that there is no end."""
    return text.strip().lower() in _NEVER or text.startswith("0001-01-01")

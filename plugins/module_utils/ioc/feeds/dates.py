# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dates as publishers write them."""

from __future__ import annotations

import datetime
import re
from functools import lru_cache
from typing import Optional, Sequence

_DATE = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"
    r"(?:[T ]{1,2}(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?"
    r" ?(Z|UTC|GMT|[+-]\d{2}:?\d{2})?\Z",
    re.IGNORECASE | re.ASCII,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = re.compile(
    r"(?:(\d{1,2})[ -]([A-Za-z]{3})[a-z]{0,6}|([A-Za-z]{3})[a-z]{0,6} (\d{1,2})),?[ -](\d{4})"
    r"(?:,? (\d{1,2}):(\d{2})(?::(\d{2}))?)? ?(?:Z|UTC|GMT)?\Z",
    re.ASCII,
)
_SLASHED = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{4})(?: (\d{1,2}):(\d{2})(?::(\d{2}))?)? ?(?:Z|UTC|GMT)?\Z", re.ASCII
)
_EPOCH = re.compile(r"\d{10}(?:\d{3})?(?:\.\d+)?\Z", re.ASCII)
_NEVER = frozenset(("never", "none", "null", "no expiration", "does not expire", "unlimited", "indefinite"))


@lru_cache(maxsize=4096)
def instant(text: str) -> Optional[datetime.datetime]:
    """Read a date or time in UTC; a date means the end of that day. None where it is neither.

    12/31/2026 and 31/12/2026 are read; 01/02/2026, which people read in two ways, is not.
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
    for pattern, read in ((_DATE, _of_iso), (_SLASHED, _of_slashes), (_NAMED, _of_name)):
        match = pattern.match(text)
        if match:
            return read(match)
    return None


def _of_iso(match: re.Match[str]) -> datetime.datetime:
    year, month, day = (int(part) for part in match.groups()[:3])
    moment = _moment(year, month, day, match.groups()[3:6])
    zone = match.group(8) or "Z"
    if zone[0] not in "+-":
        return moment
    offset = datetime.timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return moment + offset if zone[0] == "-" else moment - offset


def _of_slashes(match: re.Match[str]) -> Optional[datetime.datetime]:
    first, second, year = (int(part) for part in match.groups()[:3])
    month, day = (second, first) if first > 12 else (first, second)
    if day <= 12 and day != month:
        return None
    return _moment(year, month, day, match.groups()[3:6])


def _of_name(match: re.Match[str]) -> datetime.datetime:
    month = _MONTHS.index((match.group(2) or match.group(3)).lower()) + 1
    day = int(match.group(1) or match.group(4))
    return _moment(int(match.group(5)), month, day, match.groups()[5:8])


def _moment(year: int, month: int, day: int, clock: Sequence[Optional[str]]) -> datetime.datetime:
    hour, minute, second = (int(part or 0) for part in clock) if clock[0] else (23, 59, 59)
    return datetime.datetime(year, month, day, hour, minute, min(second, 59), tzinfo=datetime.timezone.utc)


def is_never(text: str) -> bool:
    """Whether a text says that there is no end."""
    return text.strip().lower() in _NEVER or text.startswith("0001-01-01")

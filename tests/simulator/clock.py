# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant's clock and the vendor's date formats."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta, timezone
from email.utils import formatdate

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})")
_RELATIVE = re.compile(r"now(?:([+-]\d{1,6})([smhdw]))?")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

ZERO_TIME = "0001-01-01T00:00:00Z"


class Clock:
    """The real time plus an offset that tests move to make indicators expire."""

    def __init__(self) -> None:
        self.offset_seconds: float = 0.0

    def nanoseconds(self) -> int:
        """Nanoseconds since 1970 in the tenant."""
        return time.time_ns() + int(self.offset_seconds * 1_000_000_000)

    def milliseconds(self) -> int:
        """Milliseconds since 1970 in the tenant."""
        return self.nanoseconds() // 1_000_000

    def http_date(self) -> str:
        """The tenant's time as the header Date has it."""
        return formatdate(self.nanoseconds() / 1_000_000_000, usegmt=True)


def instant_text(nanoseconds: int) -> str:
    """RFC 3339 in UTC as Go writes it: up to nine decimals, trailing zeros left out."""
    seconds, fraction = divmod(nanoseconds, 1_000_000_000)
    text = (_EPOCH + timedelta(seconds=seconds)).isoformat()[:19]
    decimals = f".{fraction:09d}".rstrip("0").rstrip(".")
    return f"{text}{decimals}Z"


def parse_instant(text: str, *, date_only: bool = True) -> int | None:
    """Nanoseconds since 1970 of an RFC 3339 instant (or a date), or None when it is neither."""
    if date_only and _DATE.fullmatch(text):
        text += "T00:00:00Z"
    found = _INSTANT.fullmatch(text)
    if not found:
        return None
    date, clock, fraction, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{date}T{clock}{'+00:00' if zone == 'Z' else zone}")
    except ValueError:
        return None
    whole = (moment - _EPOCH) // timedelta(seconds=1)
    return whole * 1_000_000_000 + int((fraction or "0").ljust(9, "0"))


def parse_filter_instant(text: str, now_ms: int) -> int | None:
    """Milliseconds since 1970 of an FQL date (also ``now-30d``), or None when it is none."""
    relative = _RELATIVE.fullmatch(text)
    if relative:
        amount, unit = relative.groups()
        shift = timedelta(**{_UNITS[unit]: int(amount)}) if unit else timedelta()
        return now_ms + shift // timedelta(milliseconds=1)
    nanoseconds = parse_instant(text)
    return None if nanoseconds is None else nanoseconds // 1_000_000

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When an indicator stops being enforced. Instants are aware datetime values in UTC; None is never."""

from __future__ import annotations

import datetime
import re
from typing import Optional

from .wording import quoted

#: What clears an expiration in `api.IndicatorUpdateReqsV1`: Go's zero time, since absent means unchanged.
ZERO_TIME = "0001-01-01T00:00:00.000Z"
NEVER = "never"

_ZERO = re.compile(r"0001-01-01T00:00:00(?:\.0+)?Z", re.ASCII)
_DAYS = re.compile(r"\+?\s*(\d{1,6})\s*d(?:ays?)?", re.ASCII | re.IGNORECASE)
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})\Z")
_INSTANT = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})\Z", re.ASCII
)


def parse(text: str, whole_day: bool = True) -> Optional[datetime.datetime]:
    """Read an expiration: an RFC 3339 instant, a date (the end of that day in UTC), or `never`.

    With `whole_day` a date means the end of that day, otherwise its start. The zero time, which clears an
    expiration, means never. Raises ValueError where it is none of them.
    """
    text = text.strip()
    if text == NEVER or _ZERO.fullmatch(text):
        return None
    day = _DATE.match(text)
    try:
        if day:
            year, month, date = (int(part) for part in day.groups())
            clock = datetime.time(23, 59, 59) if whole_day else datetime.time()
            return datetime.datetime.combine(
                datetime.date(year, month, date), clock, tzinfo=datetime.timezone.utc
            )
        return _instant(text)
    except (ValueError, OverflowError) as problem:
        days = _DAYS.fullmatch(text)
        advice = (
            f"for {days[1]} days use expiration_days"
            if days
            else "use an RFC 3339 time such as 2030-12-31T23:59:59Z, a date, or never"
        )
        raise ValueError(f"{quoted(text[:60])} is not a valid expiration; {advice}") from problem


def stored(text: object) -> Optional[datetime.datetime]:
    """Read the `expiration` of a tenant's record, where absent, empty and zero time all mean never."""
    if not isinstance(text, str) or not text or text.startswith("0001-01-01"):
        return None
    try:
        return _instant(text)
    except (ValueError, OverflowError):
        return None


def _instant(text: str) -> datetime.datetime:
    match = _INSTANT.match(text)
    if match is None:
        raise ValueError(text)
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    fraction, zone = match.group(7) or "", match.group(8)
    offset = datetime.timedelta()
    if zone not in "Zz":
        offset = datetime.timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
        if zone[0] == "-":
            offset = -offset
    instant = datetime.datetime(
        year,
        month,
        day,
        hour,
        minute,
        min(second, 59),
        int(fraction[:6].ljust(6, "0")),
        tzinfo=datetime.timezone.utc,
    )
    return instant - offset


def wire(instant: Optional[datetime.datetime]) -> str:
    """Write an instant as Falcon takes it, RFC 3339 in UTC with second precision unless it has a fraction."""
    if instant is None:
        return ZERO_TIME
    text = instant.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    if instant.microsecond:
        text += f".{instant.microsecond:06d}".rstrip("0")
    return text + "Z"


def shown(instant: Optional[datetime.datetime]) -> str:
    """Write an instant as users write it in an item."""
    return NEVER if instant is None else wire(instant)

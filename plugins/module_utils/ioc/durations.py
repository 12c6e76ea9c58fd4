# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lengths of time as users write them, such as 24h or 90d, and instants relative to now, such as +7d or -30d."""

from __future__ import annotations

import datetime
import re

from .wording import quoted

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"([0-9]{1,9})([smhdw])", re.ASCII)
_RELATIVE = re.compile(r"([+-])([0-9]{1,9}[smhdw])", re.ASCII)
#: The longest length that is taken: instants end with the year 9999.
LONGEST = datetime.timedelta(days=36500)


def duration(text: object) -> datetime.timedelta:
    """Read a length of time: a whole number and one of s, m, h, d, w. A plain 0 is no time at all.

    Raises ValueError where it is not one, or longer than 36,500 days.
    """
    written = str(text).strip().lower() if not isinstance(text, bool) else ""
    if written == "0":
        return datetime.timedelta()
    match = _DURATION.fullmatch(written)
    if match is None:
        raise ValueError(
            f"{quoted(text)} is not a valid duration; write a number and a unit, such as 24h or 90d"
        )
    try:
        length = datetime.timedelta(**{_UNITS[match[2]]: int(match[1])})
    except OverflowError:
        length = LONGEST + datetime.timedelta(days=1)
    if length > LONGEST:
        raise ValueError(f"{quoted(text)} is too long; the longest duration is {LONGEST.days}d")
    return length


def is_relative(text: str) -> bool:
    """Whether a text is an instant relative to now, such as +7d."""
    return _RELATIVE.fullmatch(text.strip().lower()) is not None


def offset(text: str) -> datetime.timedelta:
    """How far from now a relative instant is; negative where it lies in the past.

    Raises ValueError where the text is not one.
    """
    match = _RELATIVE.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"{quoted(text)} is not a relative time; write +7d, -30d or +12h")
    length = duration(match[2])
    return length if match[1] == "+" else -length


def shown(length: datetime.timedelta) -> str:
    """A length of time as users write it, in the largest unit that is exact."""
    seconds = int(length.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"

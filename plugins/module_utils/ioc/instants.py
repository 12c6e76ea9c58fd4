# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instants that select indicators: an RFC 3339 time, a date, or a time relative to now such as +7d or -30d."""

from __future__ import annotations

import datetime

from . import durations, expiry
from .wording import quoted


def instant(text: str, now: datetime.datetime, whole_day: bool = False) -> datetime.datetime:
    """Read an instant; with `whole_day` a date means the end of that day, otherwise its start.

    Raises ValueError where it is not one.
    """
    if durations.is_relative(text):
        return (now + durations.offset(text)).replace(microsecond=0)
    try:
        found = expiry.parse(text, whole_day)
    except ValueError:
        found = None
    if found is None:
        raise ValueError(
            f"{quoted(text[:60])} is not a valid time; use an RFC 3339 time such as 2030-12-31T23:59:59Z, a date, "
            "or a time relative to now such as +7d or -30d"
        )
    return found

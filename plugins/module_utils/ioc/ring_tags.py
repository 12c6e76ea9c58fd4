# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tag that keeps the ring of an indicator, and since when: `ring:canary@2026-11-25T10:00:00Z`."""

from __future__ import annotations

import datetime
import re
from typing import Optional, Tuple

from . import expiry

PREFIX = "ring:"
_TAG = re.compile(r"ring:([^@]+)@(.+)", re.DOTALL)


def tag_of(ring: str, since: datetime.datetime) -> str:
    return f"{PREFIX}{ring}@{expiry.wire(since.replace(microsecond=0))}"


def is_ring_tag(tag: str) -> bool:
    return tag.strip().startswith(PREFIX)


def read(tag: str) -> Optional[Tuple[str, datetime.datetime]]:
    """The name of the ring and since when; None where a tag does not say both."""
    match = _TAG.fullmatch(tag.strip())
    since = expiry.stored(match[2]) if match else None
    return (match[1], since) if match and since is not None else None


def without_stamp(tag: str) -> str:
    """A tag as a digest holds it: the ring, not since when."""
    found = read(tag)
    return tag if found is None else f"{PREFIX}{found[0]}"

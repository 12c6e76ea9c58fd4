# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much fits into one URL, and how values and ids are shared out over several."""

from __future__ import annotations

from typing import Callable, Iterable, List, Sequence, Tuple

from . import fql

#: Longest URL that is sent, in characters: 18 to 19 kB is what PSFalcon has found to pass every gateway.
LONGEST = 18_000
#: No URL is cut below this; every server takes URLs of twice this length.
SHORTEST = 1_000
#: HTTP statuses that may mean a URL, or a filter, that is too long: no limit on filters is documented.
TOO_LONG = (400, 413, 414, 431)
# What a URL holds beside values and base URL: the path and the names and values of the other parameters.
_OVERHEAD = 300


def room(base_url: str, *fixed: Tuple[str, str], longest: int = LONGEST) -> int:
    """Characters of a URL that are left for values, beside the base URL and these parameters."""
    return longest - _OVERHEAD - len(base_url) - len(fql.encode(fixed))


def share(texts: Iterable[str], free: int, size: Callable[[str], int]) -> List[List[str]]:
    """Share texts out over URLs that have so much room; one that is too long by itself goes alone."""
    shared: List[List[str]] = []
    left = 0
    for text in texts:
        needed = size(text)
        if needed > left or not shared:
            shared.append([])
            left = free
        shared[-1].append(text)
        left -= needed
    return shared


def values(texts: Iterable[str], free: int) -> List[List[str]]:
    """Share values out over filters (each a list of FQL literals) that take no more than so many characters."""
    return share(texts, free, fql.room_of)


def parameters(name: str, texts: Iterable[str], free: int) -> List[List[str]]:
    """Share texts out over URLs that repeat a parameter for each: ``ids=a&ids=b``."""
    return share(texts, free, lambda text: len(fql.encode([(name, text)])) + 1)


def ids(texts: Sequence[str], free: int, most: int) -> List[List[str]]:
    """Share ids out over URLs that repeat ``ids``, at most so many to each."""
    return [
        part[at : at + most] for part in parameters("ids", texts, free) for at in range(0, len(part), most)
    ]

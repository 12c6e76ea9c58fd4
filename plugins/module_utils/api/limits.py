# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this tenant takes in one request: found out once, kept for the run."""

from __future__ import annotations

from typing import Set

from . import urls

#: Largest page sizes that tenants are known to take, from the largest on; a government cloud takes less than others.
PAGE_SIZES = (2000, 500, 100)
#: Rows of one create or update (PSFalcon sends as many).
LARGEST_BATCH = 2000
#: Ids in one GET: PSFalcon's limit is 268, FalconPy's samples take 100.
IDS_TO_READ = 100
#: Ids in one DELETE.
IDS_TO_DELETE = 200
#: ``offset`` plus ``limit`` of a listing may not exceed this; ``after`` has no such bound.
FURTHEST_OFFSET = 10_000


class Limits:
    """Starts with what is documented and shrinks where the tenant refuses.

    ``rows`` are the rows of a page, ``ids`` the ids of one GET, ``accepted`` the largest page that was answered,
    ``url`` the longest URL in characters. ``sorts``: the tenant takes a listing in the order of creation.
    ``ranges``: it takes a filter by the time of creation, so that a large listing can be read in parts.
    """

    def __init__(self, rows: int = PAGE_SIZES[0]) -> None:
        self.rows = max(1, min(rows, PAGE_SIZES[0]))
        self.accepted = 0
        self.ids = IDS_TO_READ
        self.url = urls.LONGEST
        self.sorts = True
        self.sort_accepted = False
        self.ranges = True
        #: Ids of the records that are not well formed.
        self.odd: Set[str] = set()

    def smaller_page(self, refused: int) -> bool:
        """Use a smaller page than the one that was refused; false when there is none."""
        smaller = [size for size in PAGE_SIZES if size < refused]
        if smaller:
            self.rows = min(self.rows, smaller[0])
        return bool(smaller)

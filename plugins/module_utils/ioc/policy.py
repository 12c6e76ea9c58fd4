# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a run may go: the options of a list that decide what a plan may do."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, field
from typing import Callable, FrozenSet, List, Mapping, Optional, Sequence, Tuple

from . import owners
from .change import CURRENT, Vocabulary, no_objection
from .reach import Sighting
from .reasons import Refusal
from .record import Record
from .ring import Ring
from .values import Identity

_LIMIT = re.compile(r"\s*([0-9]{1,9})\s*(%?)\s*", re.ASCII)


def parse_share(text: str) -> int:
    """Read a share in percent, with or without its sign. Raises ValueError where it is none."""
    written = _LIMIT.fullmatch(text)
    if written is None or int(written[1]) > 100:
        raise ValueError(f"{text!r} must be a share such as 50%")
    return int(written[1])


@dataclass(frozen=True)
class DeletionLimit:
    """The most deletions that are allowed: counts, and shares in percent of what the source owned before.

    Of several limits the largest counts. 100% is no limit.
    """

    counts: Tuple[int, ...] = ()
    shares: Tuple[int, ...] = ()

    @classmethod
    def parse(cls, text: str) -> DeletionLimit:
        """Read one limit, or several joined by comma. Raises ValueError where a part is neither count nor share."""
        counts: List[int] = []
        shares: List[int] = []
        for part in text.split(","):
            written = _LIMIT.fullmatch(part)
            if written is None or (written[2] and int(written[1]) > 100):
                raise ValueError(f"{text!r} must be a count such as 25, a share such as 10%, or both: 5, 10%")
            (shares if written[2] else counts).append(int(written[1]))
        return cls(tuple(counts), tuple(shares))

    @property
    def lifted(self) -> bool:
        return 100 in self.shares

    @property
    def percent(self) -> bool:
        """Whether it depends on how much the source owns."""
        return bool(self.shares) and not self.lifted

    def allows(self, owned: int) -> Optional[int]:
        """How many deletions are allowed; None where any number is."""
        if self.lifted:
            return None
        return max((*self.counts, *(owned * share // 100 for share in self.shares)))

    def explained(self, owned: int) -> str:
        """What the number comes from, where that is a share: "10% of 70 owned"."""
        share = max(self.shares, default=0)
        return f"{share}% of {owned:,} owned" if owned * share // 100 == self.allows(owned) and share else ""

    def __str__(self) -> str:
        return ", ".join([*map(str, self.counts), *(f"{share}%" for share in self.shares)])


@dataclass(frozen=True)
class Policy:
    """How far a run may go. The fields are the options of `falcon_iocs` by the same names, and:

    `now` is the instant that expirations are judged by. `protected` says why an indicator must never be detected
    or prevented, None where it may. `malformed` are places of broken feed lines, and `stops` what else is wrong
    with a feed, each of which stops a purge. `max_shrink` is the share in percent by which feeds may shrink before
    that stops a purge; None where the list has no feeds or any shrinking is allowed. `handed_over` are the owners
    of the other lists of one deployment: what they own is taken over, and is not foreign. `rings` are read
    (`rings.read_rings`), `sightings` are the counts of hosts that were asked for, `max_life` is a length of time.
    `buried` are the deleted records of indicators that the tenant does not hold any more, where they were looked for.
    """

    now: datetime.datetime
    source: str = ""
    purge: bool = False
    purge_allow_empty: bool = False
    max_deletions: Optional[DeletionLimit] = None
    max_shrink: Optional[int] = None
    on_foreign: str = "fail"
    on_error: str = "continue"
    on_protected: str = "fail"
    approved_plan: str = ""
    protected: Callable[[str, str], Optional[str]] = no_objection
    malformed: Sequence[str] = ()
    stops: Sequence[Refusal] = ()
    handed_over: FrozenSet[str] = field(default_factory=frozenset)
    owned_by: str = "source"
    adopt_unowned: bool = False
    unmanaged: str = "keep"
    expired: str = "keep"
    purge_expired: bool = False
    max_life: Optional[datetime.timedelta] = None
    on_max_life: str = "fail"
    rings: Tuple[Ring, ...] = ()
    on_held: str = "skip"
    max_hosts: Optional[int] = None
    on_reach: str = "fail"
    sightings: Mapping[Identity, Sighting] = field(default_factory=dict)
    buried: Mapping[Identity, Sequence[Record]] = field(default_factory=dict)
    vocabulary: Vocabulary = CURRENT

    def owner_of(self, record: Record) -> str:
        """Who owns a record of this CID; empty where nobody does."""
        return owners.owner_of(record, self.owned_by, self.source)

    def owns(self, record: Record) -> bool:
        """Whether the record belongs to the list's own source."""
        return bool(self.source) and self.owner_of(record) == self.source and not record.get("from_parent")

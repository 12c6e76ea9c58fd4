# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a column of a table looks like: its heading, and what its cells could be."""

from __future__ import annotations

from typing import Callable, Dict, Optional, Sequence

from ..values import recognise
from . import headings, stix_pattern
from .kinds import Kind, kind_of
from .labels import SCHEME, judge, tidy
from .model import VALUE_LIKE, Fault, words
from .refang import host_of, is_defanged, mark

#: Longest cell that is looked at to tell what a column holds, in characters.
_LONGEST = 2000
_LONGEST_LABEL = 40
#: Hosts that publishers refer to.
_REFERENCE_HOSTS = words(
    "virustotal.com twitter.com x.com bazaar.abuse.ch urlhaus.abuse.ch threatfox.abuse.ch any.run tria.ge urlscan.io "
    "hybrid-analysis.com otx.alienvault.com malpedia.caad.fkie.fraunhofer.de attack.mitre.org linkedin.com "
    "joesandbox.com pulsedive.com analyze.intezer.com"
)


class Column:
    """One column of a sample: its heading, and what its cells look like."""

    def __init__(self, index: int, heading: str, cells: Sequence[str]) -> None:
        self.index = index
        self.heading = heading.strip()
        self.cells = [cell for cell in cells if cell.strip()]
        self._rows = len(cells)
        self._shares: Dict[Callable[[str], bool], float] = {}
        self.role = headings.role_of(self.heading) or self._role_of_words()

    def _role_of_words(self) -> Optional[headings.Role]:
        """The type that is named by a word of a longer heading, such as Artifact Hash (SHA-256), if the cells agree."""
        kind = kind_of(self.heading) if self.heading else None
        if kind in (None, "any") or self.share(reads_as_indicator) < 0.5:
            return None
        return headings.Role("kind", kind=kind or "any")

    def is_a(self, *names: str) -> bool:
        """Whether the heading has one of some roles."""
        return self.role is not None and self.role.name in names

    def share(self, test: Callable[[str], bool]) -> float:
        """The share of rows whose cell passes a test."""
        if test not in self._shares:
            self._shares[test] = sum(map(test, self.cells)) / self._rows if self._rows else 0.0
        return self._shares[test]

    @property
    def is_constant(self) -> bool:
        """Whether all of several rows say the same, as sinkholes and flags do."""
        return len(self.cells) >= 3 and len(set(self.cells)) == 1

    @property
    def holds_links(self) -> bool:
        """Whether it holds the publisher's links: plain URLs, of a few hosts or of hosts that publishers refer to."""
        urls = [cell.strip() for cell in self.cells if SCHEME.match(cell.strip())]
        if len(urls) < 0.5 * len(self.cells) or not urls or any(map(reads_as_defanged, self.cells)):
            return False
        hosts = [host_of(url).lower() for url in urls]
        known = sum(1 for host in hosts if host.endswith(tuple(_REFERENCE_HOSTS)))
        return known >= 0.5 * len(hosts) or (len(hosts) >= 4 and len(set(hosts)) <= 0.25 * len(hosts))


def names_type(cell: str) -> bool:
    """Whether a cell is a word for a type of indicator, and no indicator itself, such as md5:0123..."""
    return (
        len(cell) <= _LONGEST_LABEL
        and kind_of(cell) not in (None, "any")
        and not gives_indicator("any", cell)
    )


def reads_as_value(cell: str) -> bool:
    """Whether a cell was meant to hold an indicator, or something of its kind that Falcon does not take."""
    if not cell.strip() or len(cell) > _LONGEST:
        return False
    if stix_pattern.is_pattern(cell):
        return True
    found = judge("any", cell)[0]
    return not isinstance(found, Fault) or (found.code in VALUE_LIKE and " " not in cell.strip())


def gives_indicator(kind: Kind, cell: str) -> bool:
    """Whether a cell of a kind holds an indicator."""
    return stix_pattern.is_pattern(cell) or any(not isinstance(one, Fault) for one in judge(kind, cell))


def reads_as_indicator(cell: str) -> bool:
    """Whether a cell holds an indicator."""
    return bool(cell.strip()) and len(cell) <= _LONGEST and gives_indicator("any", cell)


def reads_as_hash(cell: str) -> bool:
    """Whether a cell holds a hash that Falcon takes."""
    known = recognise(tidy(cell)) if cell.strip() and len(cell) <= _LONGEST else None
    return known is not None and known[0] in ("sha256", "md5")


def reads_as_defanged(cell: str) -> bool:
    return len(cell) <= _LONGEST and is_defanged(mark(cell.strip()))

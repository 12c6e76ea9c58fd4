# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What both APIs for indicators can do: /iocs/* (Current) and the /indicators/* of 2021 (Legacy)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Mapping, Optional, Protocol, Sequence

from ..ioc.record import Record
from .observe import Wanted
from .selection import Found, Selection
from .writes.verbs import Outcome


@dataclass(frozen=True)
class Capabilities:
    """What an API can express.

    ``severities``, ``host_groups``, ``tags``: indicators have them. ``counts_days``: an expiration is a number of days.
    ``options``: the options of writing that it takes. ``keeps_spelling``: it may store a value in another spelling
    than the one that was sent, and take the two for one indicator. ``search_lags``: a search may be behind what
    reading by id shows.
    """

    severities: bool = True
    host_groups: bool = True
    tags: bool = True
    counts_days: bool = False
    keeps_spelling: bool = True
    search_lags: bool = True
    options: Sequence[str] = ("comment", "ignore_warnings", "retrodetects")


class IndicatorApi(Protocol):
    """The verbs on indicators. Each raises a FalconError when the tenant cannot be asked."""

    capabilities: Capabilities

    def check(self, kind: str, body: Mapping[str, Any]) -> Optional[str]:
        """Say which option of a create or update this API cannot express; None if it can express all."""

    def observe(
        self,
        wanted: Sequence[Wanted],
        sources: Sequence[str] = (),
        whole: bool = False,
        everywhere: bool = False,
        tags: Sequence[str] = (),
    ) -> List[Record]:
        """The live records of the wanted indicators and, with ``whole``, all with one of the sources or tags."""

    def reread(self, records: Sequence[Record]) -> List[Record]:
        """The same records as they are now, by id; those that are deleted, or unknown, are left out."""

    def search(
        self,
        selection: Selection,
        sort: Optional[str] = None,
        limit: Optional[int] = None,
        from_parent: Optional[bool] = None,
    ) -> Found:
        """The indicators that a selection describes."""

    def create(
        self,
        bodies: Sequence[Mapping[str, Any]],
        *,
        comment: Optional[str] = None,
        ignore_warnings: bool = False,
        retrodetects: bool = False,
        keep_going: bool = True,
    ) -> List[Outcome]:
        """Create indicators; one outcome for each, in order."""

    def update(
        self,
        bodies: Sequence[Mapping[str, Any]],
        *,
        comment: Optional[str] = None,
        ignore_warnings: bool = False,
        retrodetects: bool = False,
        keep_going: bool = True,
    ) -> List[Outcome]:
        """Update indicators, each given as its id and what changes."""

    def delete(
        self, ids: Sequence[str], *, comment: Optional[str] = None, keep_going: bool = True
    ) -> List[Outcome]:
        """Delete indicators by id."""

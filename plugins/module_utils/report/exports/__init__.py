# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The formats of an export. Each can be read again as a feed, and every writable field comes back equal."""

from __future__ import annotations

from typing import Callable, Dict, NamedTuple, Sequence

from ..variables import variables
from . import api, misp, stix, table
from .model import MARK, Exported


class Format(NamedTuple):
    """suffix is the end of the file's name, text gives its content for the indicators of one owner, or of all."""

    suffix: str
    text: Callable[[Sequence[Exported], str], str]


def _yaml(indicators: Sequence[Exported], owner: str) -> str:
    """The file of an owner. One whose name begins or ends with a space, which no list can have, stays on the items."""
    items = (one.item for one in indicators)
    return "".join(variables(items, owner if owner == owner.strip() else "", MARK))


FORMATS: Dict[str, Format] = {
    "yaml": Format(".yml", _yaml),
    "csv": Format(".csv", table.text),
    "json": Format(".json", api.text),
    "stix": Format(".stix.json", stix.text),
    "misp": Format(".misp.json", misp.text),
}

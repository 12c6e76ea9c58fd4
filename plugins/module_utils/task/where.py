# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tenant a report is about, and what made it."""

from __future__ import annotations

from typing import Dict

from ..api.version import VERSION
from .base import Params


def where(params: Params) -> Dict[str, str]:
    """Which tenant, seen by whom and with what: the options that are no secret."""
    named = {
        name: str(params.get(name) or "") for name in ("client_id", "member_cid", "cloud", "base_url", "api")
    }
    if named["base_url"]:
        named["cloud"] = ""  # base_url overrides it
    return {**{name: text for name, text in named.items() if text}, "collection_version": VERSION}

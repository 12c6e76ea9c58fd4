# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option feeds, as every module takes it."""

from __future__ import annotations

from typing import Any, Dict

from ..ioc.feeds import FORMATS
from ..ioc.feeds.cells import FIELDS
from ..ioc.values import TYPES
from .options import ArgumentSpec

#: The argument spec of one feed.
FEED_OPTIONS: Dict[str, Any] = {
    "path": {"type": "path", "required": True},
    "format": {"type": "str", "choices": list(FORMATS), "default": "auto"},
    "defaults": {"type": "dict", "default": {}},
    "url_to": {"type": "str", "choices": ["domain", "skip"], "default": "domain"},
    "columns": {"type": "dict", "default": {}},
    "types": {"type": "list", "elements": "str", "choices": list(TYPES)},
    "to_ids": {"type": "str", "choices": ["respect", "ignore"], "default": "respect"},
    "fields": {"type": "list", "elements": "str", "choices": list(FIELDS)},
}

FEEDS = ArgumentSpec({"feeds": {"type": "list", "elements": "dict", "options": FEED_OPTIONS}})

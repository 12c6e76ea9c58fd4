# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Items, records and plans for tests, in few words."""

from __future__ import annotations

import datetime
from typing import Any, Dict, List

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.item import Desired, ItemReader
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.plan import Plan, Policy, plan

NOW = datetime.datetime(2026, 6, 1, 12, 0, tzinfo=datetime.timezone.utc)
SHA = "a" * 64
MD5 = "b" * 32
GROUP = "c" * 32


def item(kind: str = "domain", value: str = "evil.example", **fields: Any) -> Dict[str, Any]:
    return {"type": kind, "value": value, **fields}


def record(kind: str = "domain", value: str = "evil.example", **fields: Any) -> Dict[str, Any]:
    base: Dict[str, Any] = {
        "id": "1" * 64, "type": kind, "value": value, "action": "detect", "mobile_action": "no_action",
        "severity": "high", "platforms": ["windows", "mac", "linux"], "applied_globally": True, "expired": False,
        "deleted": False, "from_parent": False, "created_by": "somebody", "modified_on": "2026-01-01T00:00:00.5Z",
    }  # fmt: skip
    return {name: found for name, found in {**base, **fields}.items() if found is not None}


def read(items: List[Dict[str, Any]], owner: str = "", **defaults: Any) -> List[Desired]:
    reader = ItemReader(defaults.get("defaults"), defaults.get("by_type"), owner)
    return [reader.read(raw, index, f"iocs[{index}]") for index, raw in enumerate(items)]


def decide(items: List[Dict[str, Any]], records: List[Dict[str, Any]], **options: Any) -> Plan:
    defaults = {name: options.pop(name) for name in ("defaults", "by_type") if name in options}
    owner = options.pop("owner", options.get("source", ""))
    return plan(read(items, owner, **defaults), records, Policy(now=NOW, **options))

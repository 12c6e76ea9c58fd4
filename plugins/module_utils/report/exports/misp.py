# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An export as a MISP event (the MISP core format). What attributes have no place for is in machine tags."""

from __future__ import annotations

from typing import Any, Dict, Sequence

from ...ioc import json_text
from ...ioc.feeds import exchange
from .model import MARK, Exported, modified, present, uuid_of

_CATEGORIES = {"sha256": "Payload delivery", "md5": "Payload delivery"}
_ACTS = frozenset(("detect", "prevent", "prevent_no_ui"))


def text(indicators: Sequence[Exported], owner: str) -> str:
    """One event that nobody has published yet: its distribution is the organization that imports it."""
    chosen = present(indicators)
    attributes = [_attribute(one) for one in chosen]
    last = max(map(modified, chosen)) if chosen else None
    event = {
        "info": f"{MARK}: {owner}" if owner else MARK,
        "uuid": uuid_of("event", owner),
        "date": last.date().isoformat() if last else "1970-01-01",
        "timestamp": str(int(last.timestamp())) if last else "0",
        "threat_level_id": "4",
        "analysis": "2",
        "distribution": "0",
        "published": False,
        "Attribute": attributes,
    }
    return json_text.dumps({"Event": event}, indent=2) + "\n"


def _attribute(one: Exported) -> Dict[str, Any]:
    item = one.item
    kind, value = str(item["type"]), str(item["value"])
    return {
        "uuid": uuid_of("attribute", kind, value),
        "type": exchange.MISP_TYPES[kind],
        "category": _CATEGORIES.get(kind, "Network activity"),
        "value": value,
        "to_ids": not _ACTS.isdisjoint((item.get("action"), item.get("mobile_action"))),
        "comment": item.get("description", ""),
        "timestamp": str(int(modified(one).timestamp())),
        "Tag": [{"name": name} for name in exchange.to_tags(item)],
    }

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An export as a STIX 2.1 bundle. What STIX has no place for is in a property extension of each indicator."""

from __future__ import annotations

import datetime
from typing import Any, Dict, List, Sequence

from ...ioc import expiry, json_text
from ...ioc.feeds import exchange
from .model import MARK, Exported, created, modified, present, uuid_of

_PATTERNS = {
    "sha256": "[file:hashes.'SHA-256' = '{}']",
    "md5": "[file:hashes.MD5 = '{}']",
    "domain": "[domain-name:value = '{}']",
    "all_subdomains": "[domain-name:value = '{}']",
    "ipv4": "[ipv4-addr:value = '{}']",
    "ipv6": "[ipv6-addr:value = '{}']",
}
#: indicator-type-ov (STIX 2.1, section 10.6)
_MALICIOUS = frozenset(("detect", "prevent", "prevent_no_ui"))
_SCHEMA_TIME = "2026-01-01T00:00:00.000Z"


def text(indicators: Sequence[Exported], owner: str) -> str:
    """A bundle of indicators, and the identities of their sources."""
    chosen = present(indicators)
    producer = {**_common("identity", uuid_of("identity"), _SCHEMA_TIME), "name": "threatops.falcon"}
    sources = dict.fromkeys(str(one.item["source"]) for one in chosen if one.item.get("source"))
    objects: List[Dict[str, Any]] = [
        {
            **_common("extension-definition", exchange.EXTENSION.partition("--")[2], _SCHEMA_TIME),
            "created_by_ref": producer["id"],
            "name": "CrowdStrike Falcon indicator",
            "description": MARK,
            "schema": "https://github.com/threatops/falcon",
            "version": "1.0.0",
            "extension_types": ["property-extension"],
        },
        producer,
        *({**_common("identity", uuid_of("source", one), _SCHEMA_TIME), "name": one} for one in sources),
        *map(_indicator, chosen),
    ]
    bundle = {"type": "bundle", "id": f"bundle--{uuid_of('bundle', owner)}", "objects": objects}
    return json_text.dumps(bundle, indent=2) + "\n"


def _common(kind: str, name: str, first: str, last: str = "") -> Dict[str, Any]:
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{name}",
        "created": first,
        "modified": last or first,
    }


def _indicator(one: Exported) -> Dict[str, Any]:
    item = one.item
    kind, value = str(item["type"]), str(item["value"])
    begins = created(one)
    found = _common("indicator", uuid_of("indicator", kind, value), _time(begins), _time(modified(one)))
    if item.get("source"):
        found["created_by_ref"] = f"identity--{uuid_of('source', str(item['source']))}"
    if item.get("description"):
        found["description"] = item["description"]
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    found.update(
        indicator_types=[_called(item)],
        pattern=_PATTERNS[kind].format(escaped),
        pattern_type="stix",
        valid_from=_time(begins),
    )
    end = expiry.stored(item.get("expiration"))
    if end is not None and end > begins:
        found["valid_until"] = _time(end)
    if item.get("tags"):
        found["labels"] = item["tags"]
    given = {name: item[name] for name in exchange.COLUMNS if name in item}
    found["extensions"] = {exchange.EXTENSION: {"extension_type": "property-extension", "indicator": given}}
    return found


def _called(item: Dict[str, Any]) -> str:
    actions = {item.get("action"), item.get("mobile_action")}
    if not _MALICIOUS.isdisjoint(actions):
        return "malicious-activity"
    return "benign" if "allow" in actions else "unknown"


def _time(moment: datetime.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"

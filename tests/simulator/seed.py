# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Content for a tenant: from a file, the admin API, the demo, or a number of generated indicators.

Seeds are what was there before, so the rules of a create do not bind them: an expiration may be past, an owner anybody.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Callable

import yaml

from . import legacy
from .auth import Client
from .clock import instant_text, parse_instant
from .context import Simulator
from .properties import SEVERITY_NUMBERS
from .quirks import Quirks
from .record import assemble
from .rules import DESKTOP, HASH_LENGTHS, MOBILE, TYPES
from .store import Record

DEMO_CID = "20879a8064904ecfbb62c118a6a19411"
SOMEBODY = "analyst@example.com"

Content = Mapping[str, Any]


class BadSeed(ValueError):
    """Content that cannot be loaded."""


def read_file(path: str) -> Content:
    """The content of a YAML or JSON file. Raises BadSeed."""
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise BadSeed(f"{path}: {problem}") from None
    return content if content is not None else {}


def load(simulator: Simulator, content: object) -> dict[str, int]:
    """Store content; returns how many of each. Raises BadSeed."""
    if not isinstance(content, dict):
        raise BadSeed("a seed is an object with " + ", ".join(["cid", *_LOADERS]))
    unknown = set(content) - set(_LOADERS) - {"cid", "generate"}
    if unknown:
        raise BadSeed(
            f"unknown part {sorted(unknown)[0]!r}; a seed has " + ", ".join(["cid", "generate", *_LOADERS])
        )
    tenant = simulator.store.tenant(str(content.get("cid", DEMO_CID)).lower())
    loaded: dict[str, int] = {}
    for name, loader in _LOADERS.items():
        items = content.get(name)
        if items is None:
            continue
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise BadSeed(f"{name} must be a list of objects")
        try:
            loader(simulator, tenant, items)
        except KeyError as problem:
            raise BadSeed(f"{name}: an entry lacks {problem}") from None
        except (TypeError, AttributeError) as problem:
            raise BadSeed(f"{name}: {problem}") from None
        if items:
            loaded[name] = len(items)
    if content.get("generate"):
        generate(simulator, tenant, **content["generate"])
        loaded["generate"] = content["generate"]["count"]
    return loaded


def generate(
    simulator: Simulator, tenant: int, count: int, source: str = "generated", start: int = 0
) -> None:
    """Store ``count`` sha256 indicators, made as fast as SQLite takes them."""
    now = simulator.clock.nanoseconds()
    record = assemble(
        {
            "id": "ID",
            "type": "sha256",
            "value": "VALUE",
            "source": source,
            "action": "detect",
            "mobile_action": "no_action",
            "severity": "medium",
            "metadata": {"signed": False, "av_hits": -1},
            "platforms": list(DESKTOP),
            "expired": False,
            "deleted": False,
            "applied_globally": True,
            "from_parent": False,
            "created_on": "WHEN",
            "created_by": SOMEBODY,
            "modified_on": "WHEN",
            "modified_by": SOMEBODY,
        },
        simulator.quirks,
    )
    template = json.dumps(record, separators=(",", ":"))

    def rows() -> Iterator[tuple[object, ...]]:
        for number in range(start, start + count):
            value = hashlib.sha256(str(number).encode()).hexdigest()
            moment = now - (start + count - number) * 1_000_000
            one = hashlib.sha256(f"id {number} {now}".encode()).hexdigest()
            text = (
                template.replace("ID", one, 1)
                .replace("VALUE", value, 1)
                .replace("WHEN", instant_text(moment))
            )
            yield (
                one,
                tenant,
                "sha256",
                value,
                0,
                "detect",
                "no_action",
                "medium",
                SEVERITY_NUMBERS["medium"],
                source,
                1,
                None,
                0,
                0,
                0,
                moment // 1_000_000,
                moment // 1_000_000,
                text,
            )

    simulator.store.add_many(tenant, rows(), count)


def _clients(simulator: Simulator, tenant: int, items: list[Record]) -> None:
    cid = simulator.store.cid(tenant)
    for item in items:
        try:
            client = Client(
                client_id=item["client_id"],
                client_secret=item["client_secret"],
                name=item.get("name", ""),
                cid=item.get("cid", cid).lower(),
                scopes=frozenset(item["scopes"]),
                children=tuple(child.lower() for child in item.get("children", [])),
            )
        except ValueError as problem:
            raise BadSeed(f"clients: {problem}") from None
        simulator.credentials.add(client)


def _host_groups(simulator: Simulator, tenant: int, items: list[Record]) -> None:
    now = instant_text(simulator.clock.nanoseconds())
    groups = {}
    for item in items:
        one = item.get("id") or group_id(item["name"])
        groups[one] = {
            "id": one,
            "name": item["name"],
            "description": "",
            "group_type": "static",
            "created_by": SOMEBODY,
            "created_timestamp": now,
            "modified_by": SOMEBODY,
            "modified_timestamp": now,
            **item,
        }
    simulator.store.things.put("host_group", tenant, groups)


def _hosts(simulator: Simulator, tenant: int, items: list[Record]) -> None:
    cid = simulator.store.cid(tenant)
    hosts = {}
    for item in items:
        one = item.get("device_id") or device_id(item["hostname"])
        hosts[one] = {
            "device_id": one,
            "cid": cid,
            "platform_name": "Windows",
            "status": "normal",
            "groups": [],
            "tags": [],
            **item,
        }
    simulator.store.things.put("host", tenant, hosts)


def _processes(simulator: Simulator, tenant: int, items: list[Record]) -> None:
    simulator.store.things.put("process", tenant, {item["process_id"]: item for item in items})


def _sightings(simulator: Simulator, tenant: int, items: list[Record]) -> None:
    rows = []
    for item in items:
        value = item["value"] if item["type"] in ("ipv4", "ipv6") else item["value"].lower()
        pids = item.get("processes", [])
        devices = list(item.get("devices", [])) + [pid.split(":")[1] for pid in pids]
        rows += [(item["type"], value, device, "") for device in devices]
        rows += [(item["type"], value, pid.split(":")[1], pid) for pid in pids]
    simulator.store.sightings.put(tenant, rows)


def _legacy_iocs(simulator: Simulator, tenant: int, items: list[Record]) -> None:
    simulator.store.things.put(legacy.KIND, tenant, dict(legacy.seeded(item) for item in items))


def _indicators(simulator: Simulator, tenant: int, items: list[Record]) -> None:
    now = simulator.clock.nanoseconds()
    known = simulator.store.by_pair(tenant, [(item["type"], item["value"]) for item in items])
    fresh: dict[tuple[str, str], Record] = {}
    changed = []
    copies = []
    for item in items:
        record = _indicator(item, now, simulator.quirks)
        pair = (record["type"], record["value"])
        if item.get("copy"):
            copies.append(record)
        elif pair in known and not record["deleted"]:
            changed.append(
                assemble(
                    {
                        **known[pair],
                        **{
                            name: value
                            for name, value in record.items()
                            if name in item or name == "modified_on"
                        },
                    },
                    simulator.quirks,
                )
            )
        else:
            fresh[(record["type"], record["value"] if not record["deleted"] else record["id"])] = record
    simulator.store.add(tenant, list(fresh.values()))
    simulator.store.add(tenant, copies, copies=True)
    simulator.store.change(tenant, changed)


def _indicator(item: Record, now: int, quirks: Quirks) -> Record:
    """An indicator as the console makes it, or as the API does when the quirk console_records says so."""
    if item["type"] not in TYPES:
        raise BadSeed(f"indicators: unknown type {item['type']!r}")
    for name in ("expiration", "created_on", "modified_on"):
        if item.get(name) and parse_instant(item[name]) is None:
            raise BadSeed(f"indicators: {name} {item[name]!r} is not a date")
    created = item.get("created_on") or instant_text(now)
    record: Record = {
        "id": secrets.token_hex(32),
        "action": "no_action",
        "platforms": list(MOBILE if item["type"] == "all_subdomains" else DESKTOP),
        "applied_globally": not item.get("host_groups"),
        "expired": False,
        "deleted": False,
        "from_parent": False,
        "created_on": created,
        "created_by": SOMEBODY,
        "modified_on": created,
        "modified_by": item.get("created_by", SOMEBODY),
    }
    record.update({name: value for name, value in item.items() if value is not None})
    if quirks.text("console_records") == "complete":
        record.setdefault("mobile_action", "no_action")
        if item["type"] in HASH_LENGTHS:
            record.setdefault("metadata", {"signed": False, "av_hits": -1})
    else:
        record.setdefault("metadata", {})
    if set(record["platforms"]) & set(MOBILE):
        record.setdefault("mobile_action", "no_action")
    return assemble(record, quirks)


def group_id(name: str) -> str:
    """The id that a seeded host group gets when it names none."""
    return hashlib.md5(f"host group {name}".encode(), usedforsecurity=False).hexdigest()


def device_id(hostname: str) -> str:
    """The id that a seeded host gets when it names none."""
    return hashlib.md5(f"host {hostname}".encode(), usedforsecurity=False).hexdigest()


_LOADERS: dict[str, Callable[[Simulator, int, list[Record]], None]] = {
    "clients": _clients,
    "host_groups": _host_groups,
    "hosts": _hosts,
    "processes": _processes,
    "indicators": _indicators,
    "sightings": _sightings,
    "legacy_iocs": _legacy_iocs,
}

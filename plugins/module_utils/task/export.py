# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of falcon_ioc_export: what a tenant holds, as files that deploy back or that other tools import."""

from __future__ import annotations

import datetime
import hashlib
import os
import re
from typing import Any, Dict, Iterable, List, Set, Tuple

from ..ioc.record import Record, has_expired, to_item
from ..ioc.values import TYPES, Identity, ValueProblem, normalise
from ..report.exports import FORMATS
from ..report.exports.model import MARK, Exported, present
from ..report.exports.table import HEADER
from ..report.files import holds, replace
from . import info
from .base import Context, Params, Result, TaskFailed
from .options import CONNECTION, ArgumentSpec

MOST_NAMED = 10

SPEC = CONNECTION + ArgumentSpec(
    {
        "dest": {"type": "path", "required": True},
        "formats": {"type": "list", "elements": "str", "choices": list(FORMATS), "default": ["yaml"]},
        "split": {"type": "bool", "default": False},
        "sources": {"type": "list", "elements": "str"},
        "types": {"type": "list", "elements": "str", "choices": list(TYPES)},
        **{name: {"type": "str"} for name in info.INSTANTS},
        "include_expired": {"type": "bool", "default": False},
        "include_deleted": {"type": "bool", "default": False},
        "include_inherited": {"type": "bool", "default": False},
    }
)


def run(params: Params, context: Context) -> Result:
    """Read the tenant and write it.

    Raises TaskFailed where an option cannot be used or a file cannot be written, FalconError where the tenant could
    not be read whole.
    """
    records, requests = _records(params, context)
    items, skipped = _items(records, params, context)
    contents = _contents(items, params)
    yaml_alone = len(items) - len(present(items))
    if yaml_alone and set(params.get("formats") or ["yaml"]) != {"yaml"}:
        context.warn(
            f"{yaml_alone} deleted or inherited indicators are written to YAML only: other tools would create them"
        )
    try:
        result = _write(contents, params, context)
    except OSError as error:
        raise TaskFailed(f"{error.filename or params['dest']}: {error.strerror}") from error
    counts = {"records": len(records), "exported": len(items), **skipped}
    return {**result, "counts": counts, "requests": requests}


def _records(params: Params, context: Context) -> Tuple[List[Record], Dict[str, Any]]:
    """Every record asked for. Inherited ones are asked for once more, since a tenant may leave them out."""
    query: Dict[str, Any] = {**params, "include_deleted": params["include_deleted"] or None}
    found = info.run(query, context)
    records, requests = list(found["iocs"]), dict(found["requests"])
    if params["include_inherited"]:
        more = info.run({**query, "from_parent": True}, context)
        known = {record.get("id") for record in records}
        records.extend(record for record in more["iocs"] if record.get("id") not in known)
        for name, number in more["requests"].items():
            if isinstance(number, (int, float)):
                requests[name] = requests.get(name, 0) + number
    return records, requests


def _items(
    records: Iterable[Record], params: Params, context: Context
) -> Tuple[List[Exported], Dict[str, int]]:
    """The records as items, each (type, value) once, living ones before deleted ones; and how many were left out."""
    now = datetime.datetime.now(datetime.timezone.utc)
    skipped = {"expired": 0, "inherited": 0, "repeated": 0, "unusable": 0}
    seen: Set[Identity] = set()
    items: List[Exported] = []
    strange: List[str] = []
    for record in sorted(records, key=lambda one: (bool(one.get("deleted")), str(one.get("id")))):
        deleted = bool(record.get("deleted"))
        kind, value = str(record.get("type")), record.get("value")
        try:
            identity = (kind, normalise(kind, value))
        except ValueProblem:
            skipped["unusable"] += 1
            strange.append(f"{kind} {value}")
            continue
        if identity in seen:
            skipped["repeated"] += 1
            if not deleted:
                strange.append(f"{kind} {value} (a second time)")
        elif record.get("from_parent") and not params["include_inherited"]:
            skipped["inherited"] += 1
        elif not deleted and has_expired(record, now) and not params["include_expired"]:
            skipped["expired"] += 1
        else:
            items.append(Exported(_item(record), record.get("created_on"), record.get("modified_on")))
        seen.add(identity)
    if strange:
        more = f" and {len(strange) - MOST_NAMED} more" if len(strange) > MOST_NAMED else ""
        context.warn(f"{len(strange)} records cannot be items: {', '.join(strange[:MOST_NAMED])}{more}")
    return items, skipped


def _item(record: Record) -> Dict[str, Any]:
    if record.get("deleted"):
        return {"type": record["type"], "value": record["value"], "state": "absent", **_owner(record)}
    if record.get("from_parent"):
        return {"type": record["type"], "value": record["value"], "ignore": True, **_owner(record)}
    return to_item(record)


def _owner(record: Record) -> Dict[str, Any]:
    return {"source": record["source"]} if record.get("source") else {}


def _contents(indicators: Iterable[Exported], params: Params) -> Dict[str, str]:
    """The text of each file by its path."""
    formats = list(dict.fromkeys(params.get("formats") or ["yaml"]))
    if not params["split"]:
        sources = params.get("sources") or []
        groups = {params["dest"]: (list(indicators), sources[0] if len(sources) == 1 else "")}
    else:
        by_source: Dict[str, List[Exported]] = {}
        for one in indicators:
            by_source.setdefault(str(one.item.get("source") or ""), []).append(one)
        groups = {
            os.path.join(params["dest"], _file_name(source)): (of, source) for source, of in by_source.items()
        }
    return {
        _beside(path, name): FORMATS[name].text(of, source)
        for path, (of, source) in groups.items()
        for name in formats
    }


def _beside(path: str, name: str) -> str:
    """The file of a format beside NAME.yml. A path without an ending of ours is the YAML file as it stands."""
    stem = _stem(path)
    if name == "yaml" and (stem == path or path.endswith((".yml", ".yaml"))):
        return path
    return stem + FORMATS[name].suffix


def _stem(path: str) -> str:
    """A path without the ending of a format."""
    endings = [one.suffix for one in FORMATS.values()] + [".yaml"]
    ending = max((one for one in endings if path.endswith(one)), key=len, default="")
    return path[: len(path) - len(ending)]


def _file_name(source: str) -> str:
    """A name that tells the source, and that no two sources share."""
    if not source:
        return "without_source.yml"
    safe = re.sub(r"[^a-z0-9_-]+", "_", source.lower()).strip("_")[:60]
    if safe == source and safe != "without_source":
        return f"{safe}.yml"
    return f"{safe or 'source'}-{hashlib.sha256(source.encode('utf-8', 'replace')).hexdigest()[:8]}.yml"


def _write(contents: Dict[str, str], params: Params, context: Context) -> Result:
    """Write what differs. Of a whole tenant by sources, files of sources that are gone are removed."""
    changed = []
    for path, text in contents.items():
        content = text.encode("utf-8")
        if holds(path, content):
            continue
        changed.append(path)
        if not context.check_mode:
            os.makedirs(os.path.dirname(os.path.abspath(path)), mode=0o700, exist_ok=True)
            replace(path, content)
    removed = []
    if params["split"] and not any(params.get(name) for name in ("sources", "types", *info.INSTANTS)):
        stems = set(map(_stem, contents))
        removed = [path for path in _exported(params["dest"]) if _stem(path) not in stems]
        for path in removed if not context.check_mode else ():
            os.unlink(path)
    return {"changed": bool(changed or removed), "files": sorted(contents), "removed": removed}


def _exported(folder: str) -> List[str]:
    """The files of a folder that an export has written: they have its mark, tables exactly its header."""
    found = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        path = os.path.join(folder, name)
        if _stem(name) != name and os.path.isfile(path) and not os.path.islink(path):
            with open(path, encoding="utf-8", errors="replace") as file:
                beginning = file.read(2000)
            if beginning.startswith(HEADER) if name.endswith(".csv") else MARK in beginning:
                found.append(path)
    return found

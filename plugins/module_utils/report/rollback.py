# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way back from a deployment: what undoes a run, and whether somebody has changed its indicators since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..ioc.expiry import stored
from .approval import OPERATIONS
from .page import Change
from .results import changes_of

_MOBILE = ("ios", "android")

Items = list[dict[str, Any]]


def rollback(result: Mapping[str, Any]) -> tuple[Items, Items]:
    """What undoes a run, and what its records must look like now, both as items for falcon_iocs.

    `result` is a document of schema RESULT_SCHEMA. Where several lists wrote to one indicator, what it was before
    the first of them comes back.
    """
    before: dict[tuple[str, str], dict[str, Any]] = {}
    now: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in result.get("lists") or ():
        for operation, key in OPERATIONS.items():
            for item in entry.get(key) or ():
                _undo(operation, item, before, now)
    undone = [{**_item(fields), "type": key[0], "value": key[1]} for key, fields in sorted(before.items())]
    expected = [{**_item(fields), "type": key[0], "value": key[1]} for key, fields in sorted(now.items())]
    return undone, expected


def _undo(
    operation: str,
    item: Mapping[str, Any],
    before: dict[tuple[str, str], dict[str, Any]],
    now: dict[tuple[str, str], dict[str, Any]],
) -> None:
    """Note what one write changed: the oldest state in `before`, the newest in `now`."""
    key = (str(item["type"]), str(item["value"]))
    absent = {"state": "absent"}
    was: dict[str, Any]
    if operation == "create":
        was, becomes = absent, {**item, "state": "present"}
    elif operation == "delete":
        was, becomes = {**item, "state": "present"}, absent
    else:
        was, becomes = {**item["before"], "state": "present"}, {**item["after"], "state": "present"}
    first, last = before.get(key), now.get(key)
    if first is None:
        before[key] = was
    elif first["state"] == "present":
        # Updated by an earlier list: what that one found wins over what this one found.
        before[key] = {**was, **first} if was["state"] == "present" else first
    now[key] = becomes if last is None or operation != "update" else {**last, **becomes}


def _item(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as falcon_iocs returned them, in the form that it takes."""
    item = {name: value for name, value in fields.items() if name != "id"}
    if "expiration" in item and not item["expiration"]:
        item["expiration"] = "never"
    platforms = item.get("platforms")
    if platforms and not any(platform in _MOBILE for platform in platforms):
        item.pop("mobile_action", None)
    if platforms and all(platform in _MOBILE for platform in platforms):
        item.pop("action", None)
    return item


def left_out(
    result: Mapping[str, Any], undone: Sequence[Mapping[str, Any]], now: datetime
) -> tuple[Items, list[tuple[str, str, str]]]:
    """The items that can come back, and what cannot: Falcon takes no expiration that has passed.

    An indicator that the run deleted, and whose expiration has passed since, stays deleted: it would have no effect.
    Of one that the run updated all but the expiration comes back. What is left out is told as type, value, reason.
    """
    deleted = {
        (str(item["type"]), str(item["value"]))
        for entry in result.get("lists") or ()
        for item in entry.get("deleted_iocs") or ()
    }
    kept: Items = []
    told = []
    for item in undone:
        key = (str(item["type"]), str(item["value"]))
        end = stored(str(item.get("expiration") or ""))
        if end is None or end > now:
            kept.append(dict(item))
        elif key in deleted:
            told.append((*key, f"stays deleted, since it expired on {item['expiration']}"))
        else:
            kept.append({name: value for name, value in item.items() if name != "expiration"})
            told.append((*key, f"keeps its expiration, since {item['expiration']} has passed"))
    return kept, told


def changed_since(result: Mapping[str, Any], check: Mapping[str, Any], plan: Mapping[str, Any]) -> list[str]:
    """Indicators that someone else has changed since a run: one sentence for each, sorted.

    `check` is what falcon_iocs returned in check mode for the `expected` items of `rollback`: whatever it would
    write is a change since. `plan` is what it returned for the items that undo the run: a created indicator that
    would be deleted must hold nothing that the run did not write.
    """
    told = [f"{item['type']} {item['value']} was deleted since" for item in check.get("created_iocs") or ()]
    told += [
        f"{item['type']} {item['value']} was created again since" for item in check.get("deleted_iocs") or ()
    ]
    for item in check.get("updated_iocs") or ():
        changes = "; ".join(
            str(Change(one["field"], one["after"], one["before"])) for one in changes_of(item)
        )
        told.append(f"{item['type']} {item['value']} was changed since: {changes}")
    told += [
        f"{item['type']} {item['value']}: {item.get('message')}" for item in check.get("failed_iocs") or ()
    ]
    known = {(item["type"], item["value"]) for item in check.get("updated_iocs") or ()}
    created = {
        (item["type"], item["value"]): item
        for entry in result.get("lists") or ()
        for item in entry.get("created_iocs") or ()
    }
    for item in plan.get("deleted_iocs") or ():
        key = (item["type"], item["value"])
        ours = created.get(key)
        if ours is None or key in known:
            continue
        added = [Change(name, None, item[name]) for name in sorted(item) if name not in ours and name != "id"]
        if added:
            told.append(f"{key[0]} {key[1]} was changed since: {'; '.join(str(one) for one in added)}")
    return sorted(told)

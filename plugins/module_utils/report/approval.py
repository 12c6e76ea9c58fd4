# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a plan is the approved one, and what differs where it is not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..ioc.ring_tags import without_stamp
from .page import Change
from .results import changes_of

OPERATIONS = {"create": "created_iocs", "update": "updated_iocs", "delete": "deleted_iocs"}


def run_digest(entries: Sequence[Mapping[str, Any]]) -> str:
    """The digest of a run of which only the results of its lists are known: that of its only list, or SHA-256 over
    the names and digests of all of them.

    Empty if a list has none, because it could not be planned.
    """
    digests = [(entry["name"], str(entry.get("plan_digest") or "")) for entry in entries]
    if not digests or not all(digest for _name, digest in digests):
        return ""
    if len(digests) == 1:
        return digests[0][1]
    return hashlib.sha256(json.dumps(digests, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


def is_digest(text: str) -> bool:
    """Whether a text is a SHA-256 in hexadecimal digits."""
    return len(text) == 64 and all(char in "0123456789abcdefABCDEF" for char in text)


def changing(entry: Mapping[str, Any]) -> int:
    """How many writes a list's plan or result holds."""
    return sum(len(entry.get(key) or ()) for key in OPERATIONS.values())


def differences(approved: Sequence[Mapping[str, Any]], planned: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a plan has that the approved one has not, and the other way round: one sentence a write, sorted."""
    before, after = dict(_writes(approved)), dict(_writes(planned))
    told = []
    for key in sorted({*before, *after}):
        name = " ".join(
            part for part in (key[1], key[2], key[3], f"(list {key[0]})" if key[0] else "") if part
        )
        if key not in before:
            told.append(f"{name}: not in the approved plan{_told(after[key])}")
        elif key not in after:
            told.append(f"{name}: approved, and no longer in the plan")
        elif not _same_fields(before[key], after[key]):
            was = [field for field in before[key] if field not in after[key]]
            becomes = [field for field in after[key] if field not in before[key]]
            told.append(
                f"{name}: approved{_told(was) or ' without'};{' now' + _told(becomes) if becomes else ' no longer'}"
            )
    return told


def _writes(
    entries: Iterable[Mapping[str, Any]],
) -> Iterable[tuple[tuple[str, str, str, str], list[tuple[str, Any, Any]]]]:
    """Every write as (list, operation, type, value) and its fields as (name, before, after)."""
    for entry in entries:
        for operation, key in OPERATIONS.items():
            for item in entry.get(key) or ():
                identity = (
                    str(entry.get("name") or ""),
                    operation,
                    str(item.get("type")),
                    str(item.get("value")),
                )
                yield identity, fields_of(operation, item)


def _same_fields(one: Sequence[tuple[str, Any, Any]], other: Sequence[tuple[str, Any, Any]]) -> bool:
    """Whether two writes do the same; that both set an expiration is enough, and since when a ring counts is no matter.

    What is counted from the moment of the run differs from run to run within the same plan. A fixed expiration
    that differs shows in the digest of the plan.
    """
    return _lasting(one) == _lasting(other) and {field[0] for field in one} == {field[0] for field in other}


def _lasting(fields: Sequence[tuple[str, Any, Any]]) -> list[tuple[str, Any, Any]]:
    """The fields as they are in every run of the same plan."""
    return [
        (name, _unstamped(before), _unstamped(after)) if name == "tags" else (name, before, after)
        for name, before, after in fields
        if name != "expiration"
    ]


def _unstamped(tags: Any) -> Any:
    return sorted(without_stamp(str(tag)) for tag in tags) if isinstance(tags, (list, tuple)) else tags


def fields_of(operation: str, item: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """The fields that one write changes: (name, before, after), sorted by name."""
    if operation == "update":
        return [(change["field"], change["before"], change["after"]) for change in changes_of(item)]
    fields = [(name, item[name]) for name in sorted(item) if name not in ("id", "type", "value")]
    if operation == "create":
        return [(name, None, value) for name, value in fields]
    return [(name, value, None) for name, value in fields]


def _told(fields: Sequence[tuple[str, Any, Any]]) -> str:
    return f" {'; '.join(str(Change(*field)) for field in fields)}" if fields else ""


def approval(
    entries: Sequence[Mapping[str, Any]],
    approved: object,
    documents: Mapping[str, Mapping[str, Any]],
    digest: str = "",
) -> list[str]:
    """What keeps a plan from being the approved one, a sentence each; nothing where it is.

    `approved` is a digest, the path of a plan.json, or a mapping of list names to either. `documents` holds the
    plans that are known by these digests and paths. `digest` is that of the whole plan; where it is omitted, the one
    of a run of which only the lists are known. A plan that changes nothing needs no approval.
    """
    if not any(changing(entry) for entry in entries):
        return []
    if isinstance(approved, Mapping):
        return [
            sentence
            for entry in entries
            for sentence in approval([entry], approved.get(entry["name"], ""), documents)
        ]
    wanted = str(approved or "").strip()
    document = documents.get(wanted)
    then = _same_lists(document["lists"], entries) if document is not None else None
    now = digest or run_digest(entries)
    told = differences(then, entries) if then is not None else []
    if is_digest(wanted) or document is None:
        expected = wanted.lower()
    elif digest and document.get("plan_digest"):
        expected = str(document["plan_digest"]).lower()
    else:
        expected = run_digest(then or ()).lower()
    if not now or now != expected:
        name = f" of list {entries[0]['name']}" if len(entries) == 1 and entries[0]["name"] else ""
        return [f"the plan{name} is {now or 'incomplete'}, approved is {expected or 'none'}", *told]
    return told


def _same_lists(
    known: Sequence[Mapping[str, Any]], entries: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Of the lists of an approved plan those that a plan is about."""
    names = {entry["name"] for entry in entries}
    return [one for one in known if one.get("name") in names] if len(entries) < len(known) else list(known)

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fixed sets: actions, platforms, severities, types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import rules
from .answers import Answer, Refusal, values
from .context import Call
from .search import DEFAULT_PAGE, with_missing


def _fixed(call: Call, names: Sequence[str]) -> Answer:
    offset = call.text("offset")
    if offset and not offset.isdigit():
        raise Refusal(400, f"invalid offset '{offset}'")
    limit = call.number("limit", DEFAULT_PAGE)
    if limit < 1:
        raise Refusal(400, "limit must be at least 1")
    start = int(offset or 0)
    return values(
        names[start : start + limit], pagination={"limit": limit, "total": len(names), "offset": start}
    )


def query_actions(call: Call) -> Answer:
    """action_query_v1."""
    return _fixed(call, rules.ACTIONS)


def query_platforms(call: Call) -> Answer:
    """platform_query_v1."""
    return _fixed(call, rules.PLATFORMS)


def query_severities(call: Call) -> Answer:
    """severity_query_v1."""
    return _fixed(call, rules.SEVERITIES)


def query_types(call: Call) -> Answer:
    """ioc_type_query_v1."""
    return _fixed(call, rules.TYPES)


def get_actions(call: Call) -> Answer:
    """action_get_v1: for each action, where it can be used."""
    wanted = call.many("ids") or list(rules.ACTIONS)
    known = [name for name in wanted if name in rules.ACTIONS]
    reply = values([_action(name) for name in known])
    reply.pagination = {"limit": 0, "total": len(known)}
    missing = [name for name in wanted if name not in rules.ACTIONS]
    return with_missing(call, reply, missing)


def _action(name: str) -> dict[str, Any]:
    by_type: dict[str, list[str]] = {}
    for kind, platforms in rules.PLATFORMS_BY_TYPE.items():
        desktop_too = kind in rules.HASH_LENGTHS or name in rules.NETWORK_ACTIONS
        fitting = [platform for platform in platforms if platform in rules.MOBILE or desktop_too]
        if fitting:
            by_type[kind] = fitting
    return {
        "id": name,
        "platforms_by_type": by_type,
        "severities": [] if name == "allow" else list(rules.SEVERITIES),
    }

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options about the life of indicators: rings, reach, expiry, what is left out, and who owns them."""

from __future__ import annotations

import datetime
from typing import Any, Dict, Optional, Sequence

from ..ioc import durations
from ..ioc.fields import FieldProblem
from ..ioc.owners import BY_SOURCE, BY_TAG
from ..ioc.ring import read_rings
from .base import Params, TaskFailed
from .names import OWN_NAMES, Names
from .options import ArgumentSpec

#: What limits how many hosts a new block reaches; of one indicator as of a list.
REACH = ArgumentSpec(
    {
        "max_hosts": {"type": "int"},
        "on_reach": {"type": "str", "choices": ["fail", "detect", "skip"], "default": "fail"},
    }
)

LIFECYCLE = REACH + ArgumentSpec(
    {
        "rings": {"type": "list", "elements": "dict"},
        "on_held": {"type": "str", "choices": ["skip", "fail"], "default": "skip"},
        "expired": {"type": "str", "choices": ["keep", "renew", "delete"], "default": "keep"},
        "purge_expired": {"type": "bool", "default": False},
        "max_life": {"type": "str"},
        "on_max_life": {"type": "str", "choices": ["fail", "cap"], "default": "fail"},
        "unmanaged": {"type": "str", "choices": ["keep", "reset"], "default": "keep"},
        "owned_by": {"type": "str", "choices": [BY_SOURCE, BY_TAG], "default": BY_SOURCE},
        "adopt_unowned": {"type": "bool", "default": False},
    }
)

_PLAIN = (
    *("max_hosts", "on_reach", "on_held", "expired", "purge_expired", "on_max_life", "unmanaged"),
    *("owned_by", "adopt_unowned"),
)


def lifecycle_policy(params: Params, called: Names = OWN_NAMES) -> Dict[str, Any]:
    """The options as fields of a `Policy`.

    Raises TaskFailed where one cannot be used, with the name that the user gave it.
    """
    found: Dict[str, Any] = {name: params[name] for name in _PLAIN if params.get(name) is not None}
    if found.get("max_hosts", 0) < 0:
        raise TaskFailed(
            f"{called.of('max_hosts')} must be a number of hosts from 0, got {found['max_hosts']}"
        )
    try:
        found["rings"] = read_rings(params.get("rings") or (), called.of("rings"))
    except FieldProblem as problem:
        raise TaskFailed(str(problem)) from problem
    found["max_life"] = _length(params.get("max_life"), called.of("max_life"))
    source = (params.get("source") or "").strip()
    for name, needed in (
        ("purge_expired", found.get("purge_expired")),
        ("owned_by", found.get("owned_by") == BY_TAG),
        ("adopt_unowned", found.get("adopt_unowned")),
    ):
        if needed and not source:
            value = ": tag" if name == "owned_by" else ""
            raise TaskFailed(
                f"{called.of(name)}{value} needs {called.of('source')}, which names the owner of the list"
            )
    return found


def _length(text: Optional[str], called: str) -> Optional[datetime.timedelta]:
    if text in (None, ""):
        return None
    try:
        length = durations.duration(text)
    except ValueError as problem:
        raise TaskFailed(f"{called}: {problem}") from problem
    if not length:
        raise TaskFailed(f"{called} must be longer than no time at all")
    return length


def needs_current_api(params: Params) -> Sequence[str]:
    """The options given that the legacy API has no place for: it has neither tags nor host groups."""
    given = ["rings"] if params.get("rings") else []
    return [*given, *(["owned_by"] if params.get("owned_by") == BY_TAG else [])]

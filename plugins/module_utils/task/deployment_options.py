# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of falcon_ioc_deployment, and the lists that they describe."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping

from .base import Params, TaskFailed
from .feed_options import FEED_OPTIONS
from .list_options import LIST, LIST_POLICY, SENDING, without_defaults
from .lists import ListOptions
from .names import Names
from .options import CONNECTION, WRITING, ArgumentSpec

#: What one list of the deployment takes, beside its name.
LIST_OPTIONS: Dict[str, Any] = {"name": {"type": "str", "required": True}, **without_defaults(LIST)}

#: What a feed of an inventory takes: it is a list of its own.
INVENTORY_FEED: Dict[str, Any] = {
    "name": {"type": "str"},
    "source": {"type": "str"},
    **without_defaults(LIST_POLICY),
    **FEED_OPTIONS,
}

SPEC = (
    CONNECTION
    + LIST_POLICY
    + WRITING
    + SENDING
    + ArgumentSpec(
        {
            "lists": {"type": "list", "elements": "dict", "options": LIST_OPTIONS},
            "inventory": {
                "type": "dict",
                "options": {
                    "iocs": {"type": "raw"},
                    "iocs_from": {"type": "list", "elements": "path"},
                    "feeds": {"type": "list", "elements": "dict", "options": INVENTORY_FEED},
                    "source": {"type": "str"},
                    "feeds_on_foreign": {
                        "type": "str",
                        "choices": ["fail", "skip", "adopt"],
                        "default": "skip",
                    },
                },
            },
            "rollback_from": {"type": "path"},
            "account": {
                "type": "dict",
                "options": {
                    "summary": {"type": "list", "elements": "str"},
                    "msg": {"type": "str"},
                },
            },
            "audit": {"type": "bool", "default": False},
            "approved_plan": {"type": "raw"},
            "require_approval": {"type": "bool", "default": False},
            "require_change_id": {"type": "bool", "default": False},
            "change_id": {"type": "str"},
            "requester": {"type": "str"},
            "reason": {"type": "str"},
            "evidence_dir": {"type": "path"},
            "summary_file": {"type": "path"},
            "title": {"type": "str"},
            "screen": {"type": "str", "choices": ["all", "changes", "none"], "default": "all"},
            "variables": {"type": "dict", "default": {}},
        },
        mutually_exclusive=[("lists", "inventory", "rollback_from", "account")],
        required_one_of=[("lists", "inventory", "rollback_from", "account")],
    )
)

#: An audit tells all: no limit keeps it from telling, and what an owner has beyond its list is said.
_AUDIT: Dict[str, Any] = {
    "purge_allow_empty": True,
    "purge_allow_rejects": True,
    "max_shrink": "100%",
    "max_deletions": None,
    "on_foreign": "skip",
    "on_error": "continue",
    "on_protected": "skip",
    "on_held": "skip",
    "on_max_life": "cap",
    "on_reach": "detect",
}


@dataclass(frozen=True)
class Change:
    """The change that a run belongs to."""

    change_id: str = ""
    requester: str = ""
    reason: str = ""
    comment: str = ""

    @classmethod
    def parse(cls, params: Params) -> Change:
        return cls(**{name: str(params.get(name) or "").strip() for name in cls.__dataclass_fields__})

    @property
    def audit_comment(self) -> str:
        """The comment that Falcon's audit log keeps of every write."""
        requested = f"requested by {self.requester}" if self.requester else ""
        return "; ".join(filter(None, (self.change_id, requested, self.reason, self.comment)))[:250]


def lists_of(params: Params) -> List[ListOptions]:
    """The lists of a deployment, in the order in which they are applied.

    Raises TaskFailed where they contradict each other, or there are none.
    """
    called = Names(params.get("variables") or {})
    if params.get("lists") is not None:
        found = [_parsed(params, given, called) for given in params["lists"]]
    else:
        found = list(_of_inventory(params, params["inventory"] or {}, called))
    return found


def _of_inventory(params: Params, inventory: Mapping[str, Any], called: Names) -> List[ListOptions]:
    """The list that people wrote, and every feed as a list with an owner of its own."""
    source = str(inventory.get("source") or "").strip()
    found: List[ListOptions] = []
    if inventory.get("iocs") is not None or inventory.get("iocs_from"):
        given = {
            "name": source or "inventory",
            "source": source,
            "iocs": inventory["iocs"] if inventory.get("iocs") is not None else [],
            "iocs_from": inventory.get("iocs_from"),
        }
        found.append(_parsed(params, given, called, whole=bool(source)))
    elif not inventory.get("feeds"):
        raise TaskFailed(
            f"There is nothing to deploy: none of {called.of('iocs')}, {called.of('iocs_from')} and "
            f"{called.of('feeds')} is defined. Is the inventory named, with -i? An empty list is written as []."
        )
    for feed in inventory.get("feeds") or ():
        name = feed.get("name") or os.path.splitext(os.path.basename(feed["path"]))[0]
        policy = {option: feed[option] for option in LIST_POLICY.options if feed.get(option) is not None}
        policy.pop("defaults", None)  # those of the feed itself, which go before those of the deployment
        given = {
            "on_foreign": inventory.get("feeds_on_foreign"),
            **policy,
            "name": name,
            "source": feed.get("source") or f"{source or 'feed'}:{name}",
            "feeds": [{option: feed.get(option) for option in FEED_OPTIONS}],
        }
        found.append(_parsed(params, given, _of_a_feed(called), whole=feed.get("purge") is not False))
    return found


def _of_a_feed(called: Names) -> Names:
    """What decides about a feed has names of its own."""
    known = {
        name.replace("feeds_", "", 1): text
        for name, text in called.known.items()
        if name.startswith("feeds_")
    }
    return Names({**called.known, **known})


def _parsed(
    params: Params, given: Mapping[str, Any], called: Names, whole: bool | None = None
) -> ListOptions:
    """One list: what it does not say itself is said once for all."""
    options = {name: params.get(name) for name in LIST_POLICY.options}
    options.update({name: value for name, value in given.items() if value is not None and name != "name"})
    all_of_it = bool(options.get("source")) if whole is None else whole
    if params["audit"]:
        options.update(_AUDIT, purge=all_of_it)
    return ListOptions.parse(options, called, name=given["name"], whole=all_of_it)

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of a field that neither an item nor its defaults name: kept as it is, or as a new indicator has it."""

from __future__ import annotations

import datetime
from typing import Any, Dict, Sequence

from . import owners, ring_tags, rules
from .fields import STORED
from .item import Desired
from .record import Record, has_expired

KEEP, RESET = "keep", "reset"


def reset(item: Desired, record: Record, now: datetime.datetime) -> Desired:
    """The item with every field that it leaves out as a new indicator would have it.

    Actions are left as they are, since a new indicator has to say them. A severity that the actions need stays, and
    so do tags that keep the ring and the owner. An expired record is not revived by this.
    """
    given = item.fields
    added: Dict[str, Any] = {}
    platforms = rules.default_platforms(item.kind)
    if "platforms" not in given and _fit(item, record, platforms):
        added["platforms"] = platforms
    if not given.get("host_groups") and "applied_globally" not in given:
        added["applied_globally"] = True
    if "expiration" not in given and item.life is None and not has_expired(record, now):
        added["expiration"] = None
    for name in ("description", "source", "filename"):
        if name not in given and STORED[name](record):
            added[name] = ""
    if "tags" not in given:
        added["tags"] = tuple(
            tag for tag in STORED["tags"](record) if owners.is_owner_tag(tag) or ring_tags.is_ring_tag(tag)
        )
    if "severity" not in given:
        merged: Dict[str, Any] = {
            **{name: STORED[name](record) for name in ("action", "mobile_action", "platforms")},
            **{name: given[name] for name in ("action", "mobile_action", "platforms") if name in given},
        }
        merged["platforms"] = added.get("platforms", merged["platforms"])
        if not rules.severity_required(rules.effective_actions(merged)):
            added["severity"] = ""
    return item.replaced(fields={**given, **added}, defaulted=frozenset(item.defaulted | set(added)))


def _fit(item: Desired, record: Record, platforms: Sequence[str]) -> bool:
    """Whether the platforms of a new indicator leave every action that the item names a use, and need no other."""
    stored = STORED["platforms"](record)
    for name, used in (("action", rules.is_desktop), ("mobile_action", rules.is_mobile)):
        if name in item.fields and name not in item.defaulted and not used(platforms):
            return False
        if name not in item.fields and used(platforms) and not used(stored):
            return False
    return True

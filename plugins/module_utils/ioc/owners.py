# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who owns an indicator: the list whose name its `source` is, or the one that a tag owner:NAME names."""

from __future__ import annotations

from typing import Any, Iterable, List, Mapping, Tuple

from .fields import STORED

#: Where the owner is kept; `EITHER` is how a task for one indicator looks at what lists of either kind own.
BY_SOURCE, BY_TAG, EITHER = "source", "tag", "either"
PREFIX = "owner:"


def tag_of(owner: str) -> str:
    return PREFIX + owner


def is_owner_tag(tag: str) -> bool:
    return tag.strip().startswith(PREFIX)


def tagged_owners(tags: Iterable[str]) -> List[str]:
    """The names of the owners that tags name, each once."""
    found = (tag.strip()[len(PREFIX) :].strip() for tag in tags if is_owner_tag(tag))
    return [owner for owner in dict.fromkeys(found) if owner]


def owner_of(record: Mapping[str, Any], owned_by: str, name: str) -> str:
    """Who owns a record, as the list of this name sees it; empty where nobody does.

    By tag: a tag of another owner decides, whatever the source says. Without such a tag, a record whose source is
    the list's name is the list's own: it has not been moved to tags yet. By source: the source decides, and a tag
    with the list's own name makes the record its own: it has not been moved back yet.
    """
    source = str(STORED["source"](record))
    tagged = tagged_owners(STORED["tags"](record))
    others = [owner for owner in tagged if owner != name]
    if owned_by != BY_SOURCE and others:
        return others[0]
    if owned_by == BY_TAG:
        return name if name and (tagged or source == name) else ""
    return name if name and name in tagged else source


def marked(tags: Iterable[str], owned_by: str, name: str) -> Tuple[str, ...]:
    """Tags with the mark of ownership that fits: by tag exactly the list's own, by source none with its name."""
    if owned_by == BY_TAG and name:
        kept = tuple(tag for tag in tags if not is_owner_tag(tag))
        return (*kept, tag_of(name))
    return tuple(tag for tag in tags if not name or tag.strip() != tag_of(name))

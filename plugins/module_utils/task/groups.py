# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Host groups as users name them: by id, or by name without regard to case."""

from __future__ import annotations

import re
from typing import Dict, Iterable, List, Mapping, Sequence, Tuple

from ..api.client import Client
from ..api.host_groups import HostGroups
from .base import TaskFailed

_ID = re.compile(r"[0-9a-fA-F]{32}\Z")


def is_id(group: str) -> bool:
    """32 hexadecimal digits are an id; everything else is a name."""
    return bool(_ID.match(group))


def resolve(client: Client, groups: Iterable[str]) -> Tuple[Dict[str, str], Dict[str, str]]:
    """Find the ids of host groups, with one look-up for all names and none where there are only ids.

    Returns the id of each group by what the user called it, and what is wrong with those that have none. Raises
    FalconError when the host groups cannot be read.
    """
    given = list(dict.fromkeys(groups))
    ids = {group: group.lower() for group in given if is_id(group)}
    problems: Dict[str, str] = {}
    names = sorted(group for group in given if not is_id(group))
    if names:
        service = HostGroups(client)
        found = service.resolve(names)
        unknown = [name for name in names if not found.get(name.lower())]
        near = service.suggestions(unknown) if unknown else {}
        for name in names:
            matches = found.get(name.lower(), [])
            if len(matches) == 1:
                ids[name] = str(matches[0]["id"])
            else:
                problems[name] = _problem(name, matches, near.get(name, []))
    return ids, problems


def ids_of(client: Client, groups: Sequence[str]) -> List[str]:
    """The ids of host groups. Raises TaskFailed when one does not exist, or its name is that of several."""
    ids, problems = resolve(client, groups)
    if problems:
        raise TaskFailed("host_groups: " + "; ".join(problems.values()))
    return [ids[group] for group in groups]


def _problem(name: str, matches: Sequence[Mapping[str, str]], near: Sequence[str]) -> str:
    if matches:
        named = ", ".join(f"{match['name']} ({match['id']})" for match in matches)
        return f"{name!r} is the name of {len(matches)} host groups; use the id of one: {named}"
    return f"unknown host group {name!r}" + (f"; did you mean one of: {', '.join(near)}" if near else "")

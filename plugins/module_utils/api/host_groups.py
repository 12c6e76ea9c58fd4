# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Host groups by name (FalconPy's ``queryCombinedHostGroups``)."""

from __future__ import annotations

import difflib
from collections import Counter, defaultdict
from typing import Any, DefaultDict, Dict, List, Sequence, Set

from . import fql, urls
from .client import Client
from .envelope import Answer
from .errors import IncompleteView, RequestRefused
from .workers import side_by_side

Group = Dict[str, Any]

_PATH = "/devices/combined/host-groups/v1"
_ENTITIES = "/devices/entities/host-groups/v1"
# Ids to a URL: as many as stay below 4 KiB.
_IDS = 100
# PSFalcon caps itself here, although the API takes 5,000.
_LIMIT = 500
# Wrong names that get suggestions, and how many names of groups are compared closely for each.
_MOST_SUGGESTED = 10
_MOST_COMPARED = 50


class HostGroups:
    """Looks up host groups. All names of a run in one request, unless they are very many."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def resolve(self, names: Sequence[str]) -> Dict[str, List[Group]]:
        """The groups (``id``, ``name`` and more) of each name, by its lower-case form; a name may have none or
        several.

        Falcon compares names in lower case, and may take a name for a part of one: they are compared here again.
        Raises PermissionRefused when the API client lacks the scope Host Groups: Read, IncompleteView when not all
        of the groups were shown.
        """
        wanted = sorted({name.lower() for name in names})
        query = ""
        if all(fql.quotable(name) for name in wanted):
            query = fql.one_of("name", wanted)
        if urls.room(self._client.base_url, ("filter", query)) < 0:
            query = ""
        found: Dict[str, List[Group]] = {name: [] for name in wanted}
        for group in self._list(query):
            found.get(str(group.get("name", "")).lower(), []).append(group)
        return found

    def suggestions(self, names: Sequence[str], most: int = 5) -> Dict[str, List[str]]:
        """Names of groups that wrong names may have meant, similar ones first: one look-up for all of a run, and no
        more than the first few wrong names are compared.
        """
        known = {text.lower(): text for text in (str(group.get("name", "")) for group in self._page("", 0))}
        by_part: DefaultDict[str, Set[str]] = defaultdict(set)
        for text in known:
            for part in _parts(text):
                by_part[part].add(text)
        found: Dict[str, List[str]] = {}
        for name in list(names)[:_MOST_SUGGESTED]:
            shared = Counter(text for part in _parts(name.lower()) for text in by_part.get(part, ()))
            close = [text for text, _count in shared.most_common(_MOST_COMPARED)]
            near = difflib.get_close_matches(name.lower(), close, n=most, cutoff=0.5)
            found[name] = [known[text] for text in near or sorted(known)[:most]]
        return found

    def names(self, ids: Sequence[str]) -> Dict[str, str]:
        """The names of groups by id (FalconPy's ``getHostGroups``); a group that does not exist any more has none.

        Raises PermissionRefused when the API client lacks the scope Host Groups: Read.
        """
        unique = sorted(set(ids))
        shared = [unique[at : at + _IDS] for at in range(0, len(unique), _IDS)]
        answers = side_by_side(self._client, self._get, shared)
        groups = [group for answer in answers for group in answer.resources if isinstance(group, dict)]
        return {str(group.get("id")): str(group["name"]) for group in groups if group.get("name")}

    def _get(self, ids: Sequence[str]) -> Answer:
        try:
            params = [("ids", one) for one in ids]
            return self._client.request("GET", _ENTITIES, params=params, purpose="name host groups")
        except RequestRefused as error:
            if error.status != 404:
                raise
            return error.answer  # type: ignore[no-any-return]

    def _ask(self, query: str, offset: int) -> Answer:
        params = [("filter", query)] if query else []
        params += [("limit", str(_LIMIT)), ("offset", str(offset)), ("sort", "name.asc")]
        return self._client.request("GET", _PATH, params=params, purpose="look up host groups")

    def _page(self, query: str, offset: int) -> List[Group]:
        return _groups(self._ask(query, offset))

    def _list(self, query: str) -> List[Group]:
        """All groups, in the order of their names: the pages behind the first one at the same time."""
        first = self._ask(query, 0)
        groups = {group["id"]: group for group in _groups(first)}
        rows = len(first.resources)
        total = first.pagination.get("total")
        total = total if isinstance(total, int) else rows
        offsets = list(range(rows, total, max(1, rows)))
        pages = side_by_side(self._client, lambda offset: self._page(query, offset), offsets if rows else [])
        for page in pages:
            groups.update((group["id"], group) for group in page)
        if len(groups) < total:
            raise IncompleteView(
                f"Could not look up host groups: Falcon says there are {total} but shows {len(groups)}"
            )
        return list(groups.values())


def _groups(answer: Answer) -> List[Group]:
    return [
        group
        for group in answer.resources
        if isinstance(group, dict) and group.get("id") and isinstance(group["id"], str)
    ]


def _parts(text: str) -> Set[str]:
    """The three-letter parts of a name; names that share none are not alike."""
    padded = f" {text} "
    return {padded[at : at + 3] for at in range(max(1, len(padded) - 2))}

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Host groups by name (FalconPy's C{queryCombinedHostGroups})."""

from __future__ import annotations

import difflib
from typing import Any, Dict, List, Optional, Sequence

from . import fql
from .client import Client
from .envelope import Answer
from .errors import IncompleteView, RequestRefused

_PATH = "/devices/combined/host-groups/v1"
_ENTITIES = "/devices/entities/host-groups/v1"
#: Ids to a URL: as many as stay below 4 KiB.
_IDS = 100
# PSFalcon caps itself here, although the API takes 5,000.
_LIMIT = 500


class HostGroups:
    """Looks up host groups. All names of a run in one request, unless they are very many."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._all: Optional[List[str]] = None

    def resolve(self, names: Sequence[str]) -> Dict[str, List[Dict[str, Any]]]:
        """The groups (C{id}, C{name} and more) of each name, by its lower-case form; a name may have none or several.

        Falcon compares names in lower-case, and may take a name for a part of one: they are compared here again.

        @raise PermissionRefused: The API client lacks the scope Host Groups: Read.
        @raise IncompleteView: Not all of the groups were shown.
        """
        wanted = sorted({name.lower() for name in names})
        query = ""
        if all(fql.quotable(name) for name in wanted):
            query = fql.one_of("name", wanted)
        if len(fql.encode([("filter", query)])) > fql.LONGEST_URL - 300:
            query = ""
        found: Dict[str, List[Dict[str, Any]]] = {name: [] for name in wanted}
        for group in self._list(query):
            found.get(str(group.get("name", "")).lower(), []).append(group)
        return found

    def candidates(self, name: str, most: int = 5) -> List[str]:
        """Names of groups that a wrong name may have meant: similar ones first."""
        if self._all is None:  # read once for all the wrong names of a run
            self._all = [str(group.get("name", "")) for group in self._list("")]
        spelled = {text.lower(): text for text in self._all}
        near = difflib.get_close_matches(name.lower(), list(spelled), n=most, cutoff=0.5)
        return [spelled[text] for text in near or sorted(spelled)[:most]]

    def names(self, ids: Sequence[str]) -> Dict[str, str]:
        """The names of groups by id (FalconPy's C{getHostGroups}); a group that does not exist any more has none.

        @raise PermissionRefused: The API client lacks the scope Host Groups: Read.
        """
        unique = sorted(set(ids))
        answers = [self._get(unique[at : at + _IDS]) for at in range(0, len(unique), _IDS)]
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

    def _list(self, query: str) -> List[Dict[str, Any]]:
        groups: Dict[str, Dict[str, Any]] = {}
        rows = 0
        while True:
            params = [("filter", query)] if query else []
            params += [("limit", str(_LIMIT)), ("offset", str(rows)), ("sort", "name.asc")]
            answer = self._client.request("GET", _PATH, params=params, purpose="look up host groups")
            page = [
                group
                for group in answer.resources
                if isinstance(group, dict) and group.get("id") and isinstance(group["id"], str)
            ]
            groups.update((group["id"], group) for group in page)
            rows += len(answer.resources)
            total = answer.pagination.get("total")
            total = total if isinstance(total, int) else rows
            if rows >= total:
                return list(groups.values())
            if not page:
                raise IncompleteView(
                    f"Could not look up host groups: Falcon says there are {total} but shows {rows}"
                )

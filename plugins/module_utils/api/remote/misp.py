# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attributes of a MISP instance, by its REST search (`attributes/restSearch`)."""

from __future__ import annotations

from typing import Any, Mapping

from .web import DownloadFailed, Web, refuse

PAGE_SIZE = 1000
MOST_PAGES = 100_000
_PATH = "/attributes/restSearch"


def read_attributes(web: Web, url: str, tags: str, added_after: str) -> list[Mapping[str, Any]]:
    """Every attribute that is not deleted, sorted by UUID, so that the same content gives the same file.

    ``url`` is the address of the instance, or of its search. ``tags`` limits the search to a tag of MISP's.
    ``added_after`` (RFC 3339) limits it to what changed since. Whether an attribute is for detection (`to_ids`) stays
    with it; the reader of the feed decides. Raises DownloadFailed where the search could not be read to its end.
    """
    address = url.rstrip("/")
    if not address.endswith(_PATH):
        address += _PATH
    question: dict[str, Any] = {
        "returnFormat": "json",
        "limit": PAGE_SIZE,
        "deleted": False,
        "includeEventTags": True,
    }
    if tags:
        question["tags"] = [tags]
    if added_after:
        question["timestamp"] = added_after
    found: dict[str, Mapping[str, Any]] = {}
    for number in range(1, MOST_PAGES + 1):
        attributes = _page(web, address, {**question, "page": number})
        fresh = [one for one in attributes if _name(one) not in found]
        found.update((_name(one), one) for one in fresh)
        if not attributes:
            return [found[name] for name in sorted(found) if not _is_deleted(found[name])]
        if not fresh:
            # An instance that does not know pages answers with everything each time: that was the whole.
            if number == 2 and len(attributes) == len(found) != PAGE_SIZE:
                return [found[name] for name in sorted(found) if not _is_deleted(found[name])]
            raise DownloadFailed(
                f"The MISP search repeats itself after {len(found)} attributes",
                hint="Nothing was kept: a part of a search would look like indicators that were withdrawn.",
            )
    raise DownloadFailed(f"The MISP search has more than {MOST_PAGES} pages")


def _page(web: Web, address: str, question: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    purpose = "search the MISP instance"
    page = web.read(purpose, address, {"Accept": "application/json"}, question)
    if page.status != 200:
        raise refuse(purpose, page)
    answer = page.json(purpose)
    response = answer.get("response") if isinstance(answer, dict) else None
    attributes = response.get("Attribute") if isinstance(response, dict) else response
    if not isinstance(attributes, list) or not all(isinstance(one, dict) for one in attributes):
        raise DownloadFailed(
            "The MISP instance answered without a list of attributes", hint="Check url, api_key and kind."
        )
    return attributes


def _name(one: Mapping[str, Any]) -> str:
    return str(one.get("uuid") or one.get("id") or (one.get("type"), one.get("value")))


def _is_deleted(one: Mapping[str, Any]) -> bool:
    return one.get("deleted") in (True, 1, "1", "true")

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Collections of TAXII 2.1 (OASIS): discovery, API roots, paging, and the newest version of every object."""

from __future__ import annotations

import re
import uuid
from typing import Any, Iterable, Mapping
from urllib.parse import quote, urlencode, urljoin

from .web import DownloadFailed, Page, Web, refuse

MEDIA_TYPE = "application/taxii+json;version=2.1"
PAGE_SIZE = 1000
#: Pages without an end are given up here; a server that sends 20 objects a page serves 2,000,000 before.
MOST_PAGES = 100_000
#: What can hold an indicator. Asked for by type, so that relationships and reports stay where they are.
TYPES = ("indicator", "domain-name", "file", "ipv4-addr", "ipv6-addr", "url", "hostname", "observed-data")
_COLLECTION = re.compile(r"(?P<collection>.*/collections/[^/]+/)(?:objects/?)?\Z")

StixObject = Mapping[str, Any]


def read_collection(web: Web, url: str, collection: str, added_after: str) -> list[StixObject]:
    """The newest version of every object of a collection, sorted by id, so that the same content gives the same file.

    ``url`` is the address of a discovery, an API root or a collection; ``collection`` an id, alias or title where the
    address does not say it. ``added_after`` (RFC 3339) limits the reading to what came later. Raises DownloadFailed
    where the server refuses, or the collection could not be read to its end.
    """
    base = _collection_url(web, url, collection)
    objects = _all_objects(web, base, added_after)
    newest: dict[str, StixObject] = {}
    for one in objects:
        known = newest.get(str(one.get("id")))
        if known is None or _instant(one) >= _instant(known):
            newest[str(one.get("id"))] = one
    return [newest[name] for name in sorted(newest)]


def bundle(objects: Iterable[StixObject], url: str) -> dict[str, Any]:
    """Objects as a STIX bundle, whose id depends on the collection alone."""
    return {
        "type": "bundle",
        "id": f"bundle--{uuid.uuid5(uuid.NAMESPACE_URL, url)}",
        "objects": list(objects),
    }


def _instant(one: StixObject) -> str:
    """The version of an object. Versions are RFC 3339 in UTC; the fraction may have any number of digits."""
    text = str(one.get("modified") or one.get("created") or "").rstrip("Zz")
    whole, _dot, fraction = text.partition(".")
    return f"{whole}.{fraction.ljust(9, '0')}"


def _get(web: Web, purpose: str, url: str) -> Page:
    return web.read(purpose, url, {"Accept": MEDIA_TYPE})


def _resource(web: Web, purpose: str, url: str) -> Mapping[str, Any]:
    page = _get(web, purpose, url)
    if page.status != 200:
        raise refuse(purpose, page)
    found = page.json(purpose)
    if not isinstance(found, dict):
        raise DownloadFailed(
            f"Could not {purpose}: the answer is not a TAXII resource", hint="Check url and kind."
        )
    return found


def _collection_url(web: Web, url: str, wanted: str) -> str:
    named = _COLLECTION.match(url.split("?")[0].rstrip("/") + "/")
    if named:
        return named["collection"]
    found = _resource(web, "read the TAXII discovery", url)
    roots = [url.rstrip("/") + "/"]
    if "api_roots" in found or "default" in found:
        first = found.get("default")
        listed = [root for root in found.get("api_roots") or [] if isinstance(root, str)]
        ordered = ([first] if isinstance(first, str) else []) + listed
        roots = [urljoin(url, root).rstrip("/") + "/" for root in dict.fromkeys(ordered)]
    candidates: list[tuple[str, Mapping[str, Any]]] = []
    for root in roots:
        listing = _resource(web, "list the TAXII collections", f"{root}collections/")
        found_here = listing.get("collections")
        for one in found_here if isinstance(found_here, list) else []:
            if isinstance(one, dict) and isinstance(one.get("id"), str):
                candidates.append((root, one))
    return _chosen(candidates, wanted)


def _chosen(candidates: list[tuple[str, Mapping[str, Any]]], wanted: str) -> str:
    matching = [
        (root, one)
        for root, one in candidates
        if not wanted or wanted in (one["id"], one.get("alias"), one.get("title"))
    ]
    readable = [(root, one) for root, one in matching if one.get("can_read", True)]
    if len(readable) == 1:
        root, one = readable[0]
        return f"{root}collections/{quote(one['id'], safe='')}/"
    names = ", ".join(f"{one['id']} ({one.get('title', '')})" for _root, one in candidates[:20]) or "none"
    if matching and not readable:
        raise DownloadFailed(
            f"The TAXII collection {wanted or matching[0][1]['id']} may not be read with these credentials"
        )
    what = (
        f"no TAXII collection {wanted!r}"
        if wanted and not matching
        else f"{len(readable)} TAXII collections match"
    )
    raise DownloadFailed(f"{what}; the server has: {names}", hint="Set collection to the id of one.")


def _all_objects(web: Web, base: str, added_after: str) -> list[StixObject]:
    """Follow the pages to the end. A page that brings nothing new where more is announced is a circle, not an end."""
    asked: dict[str, str] = {"limit": str(PAGE_SIZE), "match[type]": ",".join(TYPES)}
    if added_after:
        asked["added_after"] = added_after
    found: list[StixObject] = []
    seen: set[tuple[str, str]] = set()
    query = dict(asked)
    for number in range(MOST_PAGES):
        page = _get(web, "read the TAXII collection", f"{base}objects/?{urlencode(query)}")
        if (
            number == 0
            and 400 <= page.status < 500
            and page.status not in (401, 403)
            and "match[type]" in asked
        ):
            # Filters are optional for a server; what is not an indicator is left out by the reader.
            del asked["match[type]"]
            query = dict(asked)
            page = _get(web, "read the TAXII collection", f"{base}objects/?{urlencode(query)}")
        if page.status != 200:
            raise refuse("read the TAXII collection", page)
        envelope = page.json("read the TAXII collection")
        if not isinstance(envelope, dict):
            raise DownloadFailed(
                "The TAXII collection answered without an envelope", hint="Check url and kind."
            )
        objects = [one for one in envelope.get("objects") or [] if isinstance(one, dict)]
        fresh = [one for one in objects if (str(one.get("id")), _instant(one)) not in seen]
        seen.update((str(one.get("id")), _instant(one)) for one in fresh)
        found.extend(fresh)
        if not envelope.get("more"):
            return found
        if not fresh:
            raise DownloadFailed(
                f"The TAXII collection repeats itself after {len(found)} objects and says that there are more",
                hint="Nothing was kept: a part of a collection would look like indicators that were withdrawn.",
            )
        query = _next_query(asked, envelope, page)
    raise DownloadFailed(f"The TAXII collection has more than {MOST_PAGES} pages")


def _next_query(asked: Mapping[str, str], envelope: Mapping[str, Any], page: Page) -> dict[str, str]:
    """Ask for the page behind: by `next`, always with the same limit, or by the date of the last object."""
    if envelope.get("next"):
        return {**asked, "next": str(envelope["next"])}
    last = page.headers.get("X-TAXII-Date-Added-Last")
    if not last:
        raise DownloadFailed("The TAXII collection says that there is more, and not how to ask for it")
    return {**asked, "added_after": last}

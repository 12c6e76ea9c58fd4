# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts and processes saw an indicator: under /iocs, and the four older routes that are left."""

from __future__ import annotations

import base64
import binascii

from .answers import Answer, Refusal, error, records, values
from .context import Call

MOST_AT_ONCE = 100
COUNTED_TYPES = ("domain", "ipv4", "ipv6", "md5", "sha256")
_SEARCHABLE = (*COUNTED_TYPES, "sha1")


def _pair(call: Call, types: tuple[str, ...]) -> tuple[str, str]:
    kind, value = call.text("type"), call.text("value")
    if kind not in types:
        raise Refusal(400, f"invalid type '{kind}'", violation=f"type {kind} has no observations")
    if not value:
        raise Refusal(400, "value is required")
    return kind, value if kind in ("ipv4", "ipv6") else value.lower()


def _new_route(call: Call) -> None:
    if call.quirks.text("ran_on_route") == "off":
        raise Refusal(404, "404: Page Not Found", powered_by="crowdstrike-api-gateway")


def _unseen(pair: tuple[str, str]) -> Answer:
    return Answer(status=404, errors=[error(404, f"{pair[0]}:{pair[1]} - Resource Not Found")])


def device_count(call: Call) -> Answer:
    """indicator_get_device_count_v1: 404 for a value that is neither an indicator nor seen anywhere."""
    _new_route(call)
    pair = _pair(call, COUNTED_TYPES)
    count = call.store.sightings.device_count(call.tenant, pair)
    if (
        not count
        and not call.store.by_pair(call.tenant, [pair])
        and call.quirks.text("ran_on_unseen") == "404"
    ):
        return _unseen(pair)
    return values([{"type": pair[0], "value": pair[1], "device_count": count, "limit_exceeded": False}])


def legacy_device_count(call: Call) -> Answer:
    """DevicesCount: as above, with the id that the older collection uses."""
    pair = _pair(call, _SEARCHABLE)
    count = call.store.sightings.device_count(call.tenant, pair)
    if not count and not call.store.by_pair(call.tenant, [pair]):
        return _unseen(pair)
    return values(
        [{"id": ":".join(pair), "type": pair[0], "value": pair[1], "device_count": count}], powered_by=""
    )


def devices(call: Call) -> Answer:
    """indicator_get_devices_ran_on_v1: device ids by token."""
    _new_route(call)
    return legacy_devices(call)


def legacy_devices(call: Call) -> Answer:
    """DevicesRanOn."""
    pair = _pair(call, _SEARCHABLE)
    limit, after = _page(call)
    found = call.store.sightings.devices(call.tenant, pair, after, limit + 1)
    return _listing(call, pair, found, limit, after)


def processes(call: Call) -> Answer:
    """indicator_get_processes_ran_on_v1: process ids of one device by token."""
    _new_route(call)
    return legacy_processes(call)


def legacy_processes(call: Call) -> Answer:
    """ProcessesRanOn."""
    pair = _pair(call, _SEARCHABLE)
    limit, after = _page(call)
    found = call.store.sightings.processes(
        call.tenant, pair, call.text("device_id").lower(), after, limit + 1
    )
    return _listing(call, pair, found, limit, after)


def process_details(call: Call) -> Answer:
    """entities.processes: details of processes; unknown ones are named in ``errors`` of a 200."""
    ids = call.many("ids")
    if len(ids) > call.quirks.number("max_ids"):
        raise Refusal(400, "too many ids", violation=f"{len(ids)} process ids")
    found = call.store.things.texts("process", call.tenant, ids)
    shown = [found[one] for one in ids if one in found]
    if call.quirks.text("process_id_prefix") == "missing":
        shown = [text.replace('"process_id":"pid:', '"process_id":"', 1) for text in shown]
    return records(
        shown,
        errors=[error(404, one) for one in ids if one not in found],
    )


def _page(call: Call) -> tuple[int, str]:
    text, token = call.text("limit"), call.text("offset")
    if text and (not text.isdigit() or not 1 <= int(text) <= MOST_AT_ONCE):
        raise Refusal(400, f"limit must be between 1 and {MOST_AT_ONCE}", violation=f"limit {text}")
    try:
        after = base64.urlsafe_b64decode(token.encode()).decode() if token else ""
    except (binascii.Error, UnicodeError, ValueError):
        raise Refusal(400, "invalid offset token", violation="bad offset token") from None
    return int(text or MOST_AT_ONCE), after


def _listing(call: Call, pair: tuple[str, str], found: list[str], limit: int, after: str) -> Answer:
    if not found and not after and call.quirks.text("ran_on_unseen") == "404":
        return _unseen(pair)
    shown = found[:limit]
    token = base64.urlsafe_b64encode(shown[-1].encode()).decode() if len(found) > limit else ""
    return values(shown, pagination={"limit": limit, "offset": token})

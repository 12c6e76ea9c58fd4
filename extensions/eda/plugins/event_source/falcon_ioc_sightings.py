# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""falcon_ioc_sightings.py

An event source for Event-Driven Ansible: an event for each host that newly observes one of your indicators.

Arguments:
    client_id, client_secret:  an API client with IOC Management (Read), IOCs (Read) and Hosts (Read); if not set, the
                               environment variables FALCON_CLIENT_ID and FALCON_CLIENT_SECRET
    cloud, base_url, member_cid: as for the modules of this collection; FALCON_CLOUD, FALCON_BASE_URL, FALCON_MEMBER_CID
    source:    watch the indicators that this source owns
    iocs:      watch these, a list of {type, value}; not of type all_subdomains, which no sensor reports
    interval:  seconds between two looks, at least 1, 300 if not set
    known:     what was observed before the start: skip (the default) or emit

An event holds ioc (type, value), device (the host's record) and seen_at. A look that fails because Falcon cannot be
reached is logged and made up for by the next one; what only you can cure, such as a missing scope, ends the source.

Example:
    - threatops.falcon.falcon_ioc_sightings:
        source: soc-emea
        interval: 120
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

# ansible-rulebook loads this file alone: the collection around it has to be made importable.
sys.path.extend(
    str(folder.parent) for folder in Path(__file__).absolute().parents if folder.name == "ansible_collections"
)

from ansible_collections.threatops.falcon.plugins.module_utils.api.client import Client
from ansible_collections.threatops.falcon.plugins.module_utils.api.connection import Connection
from ansible_collections.threatops.falcon.plugins.module_utils.api.current import Current
from ansible_collections.threatops.falcon.plugins.module_utils.api.devices import OBSERVED_TYPES, Devices
from ansible_collections.threatops.falcon.plugins.module_utils.api.errors import IncompleteView, Unavailable
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.values import normalise

LOGGER = logging.getLogger("falcon_ioc_sightings")
CONNECTION = ("client_id", "client_secret", "cloud", "base_url", "member_cid")
ARGUMENTS = (*CONNECTION, "source", "iocs", "interval", "known", "eda_feedback_queue")
Sighting = tuple[str, str, str]


class Watch:
    """Looks again and again, and tells what is new. Raises ValueError for arguments that cannot be used."""

    def __init__(self, args: dict[str, Any]) -> None:
        def option(name: str) -> Any:
            return args.get(name) or os.environ.get(f"FALCON_{name.upper()}")

        if not args.get("source") and not args.get("iocs"):
            raise ValueError("falcon_ioc_sightings needs source or iocs")
        unknown = sorted(set(args) - set(ARGUMENTS))
        if unknown:
            raise ValueError(f"falcon_ioc_sightings has no argument {', '.join(unknown)}")
        if args.get("known", "skip") not in ("skip", "emit"):
            raise ValueError(f"falcon_ioc_sightings: known is skip or emit, not {args['known']}")
        self.interval = _interval(args.get("interval", 300))
        self._source = args.get("source")
        self._iocs = [_watched(number, ioc) for number, ioc in enumerate(args.get("iocs") or ())]
        self._client = Client(
            Connection(
                client_id=option("client_id"),
                client_secret=option("client_secret"),
                cloud=option("cloud") or "autodiscover",
                base_url=option("base_url"),
                member_cid=option("member_cid"),
            )
        )
        self._seen: set[Sighting] = set()

    def look(self) -> list[dict[str, Any]]:
        """Ask Falcon once. Returns an event for each sighting that was not there the last time."""
        iocs = list(dict.fromkeys([*self._iocs, *self._owned()]))
        devices = Devices(self._client)
        counts = devices.counts(iocs)
        asked = [(ioc, count) for ioc, count in zip(iocs, counts) if count.devices or ioc in self._iocs]
        observers = devices.observers_of([ioc for ioc, _count in asked], [count for _ioc, count in asked])
        found = {(*ioc, host) for (ioc, _count), hosts in zip(asked, observers) for host in hosts}
        new = sorted(found - self._seen)
        records = devices.details(host for _kind, _value, host in new)
        # Not before the last request: what a failed look has found is still new to the next one.
        self._seen |= found
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        return [
            {
                "ioc": {"type": kind, "value": value},
                "device": records.get(host, {"device_id": host}),
                "seen_at": now,
            }
            for kind, value, host in new
        ]

    def _owned(self) -> list[tuple[str, str]]:
        if not self._source:
            return []
        found = Current(self._client).search({"sources": [self._source]})
        return [
            (record["type"], record["value"]) for record in found.records if record["type"] in OBSERVED_TYPES
        ]

    def close(self) -> None:
        self._client.close()


def _interval(given: Any) -> float:
    """The seconds between two looks; a shorter time would use up the rate limit of the whole tenant."""
    try:
        seconds = float(given)
    except (TypeError, ValueError):
        seconds = 0.0
    if not 1 <= seconds < float("inf"):
        raise ValueError(
            f"falcon_ioc_sightings: interval must be a number of seconds, at least 1, not {given!r}"
        )
    return seconds


def _watched(number: int, ioc: Any) -> tuple[str, str]:
    """An indicator to watch. One that no sensor reports would never give an event, so it is refused."""
    kind = ioc.get("type") if isinstance(ioc, dict) else None
    if kind not in OBSERVED_TYPES:
        raise ValueError(
            f"falcon_ioc_sightings: iocs[{number}]: type must be one of {', '.join(OBSERVED_TYPES)}, not {kind!r}; "
            "sensors report no sightings of others"
        )
    try:
        return kind, normalise(kind, ioc.get("value"))
    except ValueError as problem:
        raise ValueError(f"falcon_ioc_sightings: iocs[{number}]: value: {problem}") from problem


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Put an event into the queue for each new sighting, until cancelled."""
    watch = Watch(args)
    interval = watch.interval
    emit = args.get("known", "skip") == "emit"
    try:
        while True:
            try:
                events = await asyncio.to_thread(watch.look)
            except (Unavailable, IncompleteView) as problem:
                LOGGER.warning("%s. Looking again in %s seconds.", str(problem).rstrip("."), interval)
            else:
                for event in events if emit else ():
                    await queue.put(event)
                emit = True
            await asyncio.sleep(interval)
    finally:
        watch.close()


if __name__ == "__main__":

    class _Printer:
        async def put(self, event: dict[str, Any]) -> None:
            sys.stdout.write(f"{event}\n")

    asyncio.run(main(_Printer(), {"source": sys.argv[1], "known": "emit", "interval": 60}))  # type: ignore[arg-type]

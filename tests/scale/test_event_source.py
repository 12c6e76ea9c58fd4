# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source for Event-Driven Ansible, loaded as ansible-rulebook loads it."""

from __future__ import annotations

import asyncio
import runpy
from pathlib import Path
from typing import Any, Dict, List

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "extensions/eda/plugins/event_source/falcon_ioc_sightings.py"
HOSTS = ["a" * 32, "b" * 32]


async def _events(args: Dict[str, Any], meanwhile: Any, wanted: int) -> List[Dict[str, Any]]:
    queue: asyncio.Queue[Any] = asyncio.Queue()
    task = asyncio.create_task(runpy.run_path(str(SOURCE))["main"](queue, args))
    await asyncio.sleep(1.0)
    meanwhile()
    try:
        return [await asyncio.wait_for(queue.get(), 15) for _round in range(wanted)]
    finally:
        task.cancel()


def _watching(simulator: Any) -> dict[str, Any]:
    """The arguments of a source that watches what the SOC owns."""
    return {
        "base_url": simulator.url,
        "client_id": simulator.client_id,
        "client_secret": simulator.client_secret,
        "source": "soc",
        "interval": 1,
    }


@pytest.mark.parametrize("known, wanted", [("skip", 1), ("emit", 2)])
def test_a_new_sighting_is_an_event(simulator: Any, known: str, wanted: int) -> None:
    simulator.seed(
        hosts=[{"device_id": host, "hostname": f"host-{host[0]}"} for host in HOSTS],
        indicators=[{"type": "domain", "value": "evil.example", "source": "soc"}],
        sightings=[{"type": "domain", "value": "evil.example", "devices": HOSTS[:1]}],
    )
    args = {**_watching(simulator), "known": known}

    def another_host() -> None:
        simulator.seed(sightings=[{"type": "domain", "value": "evil.example", "devices": HOSTS[1:]}])

    events = asyncio.run(_events(args, another_host, wanted))
    assert events[-1]["ioc"] == {"type": "domain", "value": "evil.example"}
    assert events[-1]["device"]["hostname"] == "host-b"
    assert len({event["device"]["device_id"] for event in events}) == wanted


def test_something_to_watch_is_needed(simulator: Any) -> None:
    with pytest.raises(ValueError, match="source or iocs"):
        asyncio.run(runpy.run_path(str(SOURCE))["main"](asyncio.Queue(), {"base_url": simulator.url}))


def test_a_look_that_fails_is_made_up_for(simulator: Any) -> None:
    """The look that should have found the sighting fails; the event comes with the next one."""
    simulator.seed(
        hosts=[{"device_id": HOSTS[0], "hostname": "host-a"}],
        indicators=[{"type": "domain", "value": "evil.example", "source": "soc"}],
    )
    args = _watching(simulator)

    def trouble() -> None:
        simulator.faults(
            {"match": {"path": "/iocs/.*", "times": 1}, "do": {"resources_missing": True}},
        )
        simulator.seed(sightings=[{"type": "domain", "value": "evil.example", "devices": HOSTS[:1]}])

    (event,) = asyncio.run(_events(args, trouble, 1))
    assert event["device"]["hostname"] == "host-a"
    assert all(rule["fired"] for rule in simulator.fault_counts())


@pytest.mark.parametrize(
    "wrong, problem",
    [
        ({"intervall": 5}, "no argument intervall"),
        ({"known": "all"}, "known is skip or emit"),
        *(
            ({"interval": given}, "interval must be a number of seconds, at least 1")
            for given in (0, -1, "x", 0.2)
        ),
        ({"iocs": [{"type": "all_subdomains", "value": "a.example"}]}, r"iocs\[0\]: type must be one of"),
        ({"iocs": ["a.example"]}, r"iocs\[0\]: type must be one of"),
        ({"iocs": [{"type": "md5", "value": "x"}]}, r"iocs\[0\]: value: "),
    ],
)
def test_an_argument_that_cannot_be_used_is_named(
    simulator: Any, wrong: Dict[str, Any], problem: str
) -> None:
    args = {"base_url": simulator.url, "source": "soc", **wrong}
    with pytest.raises(ValueError, match=problem):
        asyncio.run(runpy.run_path(str(SOURCE))["main"](asyncio.Queue(), args))

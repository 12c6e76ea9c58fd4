# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every request of this collection's own client is one of the vendor's, and none that a strict tenant minds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from simulator_fixture import Tenant

from ansible_collections.threatops.falcon.plugins.module_utils.api.client import Client
from ansible_collections.threatops.falcon.plugins.module_utils.api.connection import Connection
from ansible_collections.threatops.falcon.plugins.module_utils.api.current import Current
from ansible_collections.threatops.falcon.plugins.module_utils.api.devices import Devices
from ansible_collections.threatops.falcon.plugins.module_utils.api.host_groups import HostGroups
from ansible_collections.threatops.falcon.plugins.module_utils.api.legacy import Legacy

pytest.importorskip("falconpy")
sys.path.insert(0, str(Path(__file__).resolve().parent))

from vendor_table import vendor_table

SERVICES = {("POST", "/oauth2/token"), ("POST", "/oauth2/revoke")}
SEEN = ("domain", "beacon.example.net")
FILE = ("sha256", "73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac")


@pytest.fixture
def client(demo_simulator: Tenant) -> Iterator[Client]:
    connection = Connection(
        client_id=demo_simulator.client_id,
        client_secret=demo_simulator.client_secret,
        base_url=demo_simulator.url,
    )
    made = Client(connection)
    yield made
    made.close()


def routes(tenant: Tenant) -> set[tuple[str, str]]:
    """Methods and paths used so far."""
    return {(entry["method"], entry["path"]) for entry in tenant.log()}


def check(tenant: Tenant) -> set[tuple[str, str]]:
    """Hold every request so far against the vendor's table; returns the routes that were used."""
    table = vendor_table()
    for entry in tenant.log():
        route = (entry["method"], entry["path"])
        assert route in table, route
        if route not in SERVICES:
            unknown = {name for name, _value in entry["query"]} - set(table[route])
            assert not unknown, f"{route} has no {unknown}"
        assert entry["url_length"] <= 18_500
    assert tenant.violations() == []
    return routes(tenant)


def domain(name: str) -> dict[str, Any]:
    fields = {
        "type": "domain",
        "value": name,
        "action": "detect",
        "severity": "low",
        "platforms": ["windows"],
    }
    return {**fields, "applied_globally": True, "source": "feed"}


def test_indicators_of_today(client: Client, demo_simulator: Tenant) -> None:
    current = Current(client)
    names = [f"n{number}.test" for number in range(450)]
    made = current.create([domain(name) for name in names], comment="a + b & c", retrodetects=False)
    assert {outcome.status for outcome in made} == {"done"}
    ids: list[str] = [outcome.record["id"] for outcome in made if outcome.record]
    observed = current.observe([("domain", name, name) for name in names[:3]], ["feed"], True)
    assert len(observed) == 450
    assert len(current.observe([("domain", names[0], names[0].upper())], [], False)) == 1
    changed = current.update([{"id": one, "severity": "high"} for one in ids])
    assert {outcome.status for outcome in changed} == {"done"}
    found = current.search(
        {"sources": ["feed"], "tags": [], "expired": False}, sort="modified_on.desc", limit=5
    )
    assert (len(found.records), found.total) == (5, 450)
    assert len(current.search({"filter": "source:'feed'"}, from_parent=False).records) == 450
    assert len(current.get(ids)) == 450
    gone = current.delete(ids, comment="cleanup")
    assert {outcome.status for outcome in gone} == {"done"}
    assert len(demo_simulator.log("POST", "/iocs/entities")) == 3
    assert ("GET", "/iocs/combined/indicator/v1") in check(demo_simulator)


def test_hosts_processes_and_groups(client: Client, demo_simulator: Tenant) -> None:
    devices = Devices(client)
    assert devices.count(*SEEN).devices == 250
    ids = devices.observers(*SEEN)
    assert len(ids) == 250 == len(devices.details(ids))
    pids = [pid for device in devices.observers(*FILE) for pid in devices.processes(*FILE, device)]
    assert len(pids) == 6 == len(devices.process_details(pids))
    assert devices.observers("domain", "nobody.example.org") == []
    groups = HostGroups(client)
    found = groups.resolve(["Servers", "twice", "none"])
    assert {name: len(matches) for name, matches in found.items()} == {"servers": 1, "twice": 2, "none": 0}
    assert groups.names([found["servers"][0]["id"]])
    assert "Servers" in groups.suggestions(["serverz"])["serverz"]
    check(demo_simulator)


@pytest.mark.parametrize("route", ["on", "off"])
def test_older_paths_serve_when_the_new_ones_are_missing(
    client: Client, demo_simulator: Tenant, route: str
) -> None:
    demo_simulator.quirk(ran_on_route=route)
    devices = Devices(client)
    assert devices.count(*SEEN).devices == 250 == len(devices.observers(*SEEN))
    used = {path for _method, path in routes(demo_simulator)}
    assert any(path.startswith("/indicators/") for path in used) == (route == "off")


def test_indicators_of_2021(client: Client, demo_simulator: Tenant) -> None:
    demo_simulator.quirk(legacy=True)
    legacy = Legacy(client)
    made = legacy.create([{"type": "domain", "value": "old.test", "action": "detect", "source": "feed"}])
    assert [outcome.status for outcome in made] == ["done"], made
    (record,) = legacy.observe([("domain", "old.test", "old.test")], ["feed"], True)
    assert record["source"] == "feed"
    assert legacy.search({"types": ["domain"], "sources": ["feed"]}).total == 1
    assert [outcome.status for outcome in legacy.update([{"id": record["id"], "description": "x"}])] == [
        "done"
    ]
    assert [outcome.status for outcome in legacy.delete([record["id"]])] == ["done"]
    assert ("POST", "/indicators/entities/iocs/v1") in check(demo_simulator)

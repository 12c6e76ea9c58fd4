# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""300 indicators go through three rings on a strict tenant whose days are turned by hand."""

from __future__ import annotations

import datetime
from typing import Any, Iterator

import pytest
from run_task import run
from simulator_fixture import Tenant, start_thread

from ansible_collections.threatops.falcon.plugins.module_utils.task import iocs

CANARY, SERVERS = "1" * 32, "2" * 32
RINGS = [
    {
        "name": "canary",
        "host_groups": ["Canary workstations"],
        "action": "detect",
        "hold": "24h",
        "max_hosts": 5,
    },
    {"name": "servers", "host_groups": ["Servers EMEA"], "action": "prevent", "hold": "2d", "max_hosts": 8},
    {"name": "everywhere", "applied_globally": True, "action": "prevent"},
]
HASHES = [{"type": "sha256", "value": f"{number:064x}"} for number in range(250)]
DOMAINS = [{"type": "domain", "value": f"d{number}.example"} for number in range(50)]
COUNT_PATH = "/iocs/aggregates/indicators/device-count/v1"


class Days:
    """Stands in for the module `datetime` of the task: as many hours ahead as the tenant is."""

    timezone = datetime.timezone

    def __init__(self, tenant: Tenant) -> None:
        self.hours = 0
        self.datetime = self
        self._tenant = tenant

    def now(self, zone: datetime.timezone) -> datetime.datetime:
        return datetime.datetime.now(zone) + datetime.timedelta(hours=self.hours)

    def turn(self, hours: int) -> None:
        self.hours += hours
        self._tenant.clock(self.hours * 3600)


class Rollout:
    """A tenant, its days and the list that is deployed on it."""

    def __init__(self, tenant: Tenant, days: Days) -> None:
        self.tenant = tenant
        self.days = days
        self.items: list[dict[str, Any]] = [dict(one) for one in HASHES + DOMAINS]

    def run(self, **options: Any) -> dict[str, Any]:
        self.tenant.clear_log()
        given = {
            "iocs": self.items,
            "source": "soc",
            "rings": RINGS,
            "defaults": {"severity": "high"},
            "purge": True,
        }
        return run("falcon_iocs", self.tenant, **{**given, **options})

    def counted(self) -> int:
        return len(self.tenant.log(path=COUNT_PATH))

    def rings(self) -> dict[str, int]:
        """How many are in which ring, each with the scope and action of its ring."""
        found: dict[str, int] = {}
        for record in self.tenant.indicators():
            (tag,) = (one for one in record["tags"] if one.startswith("ring:"))
            name = tag[5:].partition("@")[0]
            found[name] = found.get(name, 0) + 1
            scope = {"canary": [CANARY], "servers": [SERVERS], "everywhere": []}[name]
            assert (record.get("host_groups") or []) == scope
            assert record["applied_globally"] is (not scope)
            blocks = name != "canary" and record["type"] == "sha256"
            assert record["action"] == ("prevent" if blocks else "detect")
        return found


@pytest.fixture
def rollout(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rollout]:
    tenant, running = start_thread("--empty")
    tenant.seed(
        host_groups=[{"id": CANARY, "name": "Canary workstations"}, {"id": SERVERS, "name": "Servers EMEA"}]
    )
    days = Days(tenant)
    monkeypatch.setattr(iocs, "datetime", days)
    yield Rollout(tenant, days)
    tenant.close()
    running.stop()


def seen(tenant: Tenant, items: list[dict[str, Any]], hosts: int) -> None:
    tenant.seed(
        sightings=[{**item, "devices": [f"{number:032x}" for number in range(hosts)]} for item in items]
    )


def test_300_indicators_through_three_rings(rollout: Rollout) -> None:
    tenant = rollout.tenant
    check = rollout.run(check=True)
    assert rollout.run()["counts"] == check["counts"]
    assert rollout.rings() == {"canary": 300}
    assert rollout.counted() == 0

    rollout.days.turn(12)
    again = rollout.run()
    assert not again["changed"]
    assert len(again["waiting_iocs"]) == 300
    assert rollout.counted() == 0, "nobody is counted before the time"

    seen(tenant, HASHES[:10], 6)  # more than the first ring allows
    seen(tenant, HASHES[10:20], 5)
    rollout.days.turn(13)
    unknown = HASHES[30]["value"]
    tenant.faults({"match": {"path": COUNT_PATH, "query_contains": unknown}, "do": {"status": 404}})
    check = rollout.run(check=True)
    assert rollout.counted() == 300, "in check mode, too"
    real = rollout.run()
    assert rollout.counted() == 300
    assert not real.get("failed"), real.get("msg")
    for name in ("promoted_iocs", "held_iocs", "waiting_iocs", "updated_iocs", "plan_digest"):
        if name != "updated_iocs":
            assert real[name] == check[name]
    assert rollout.rings() == {"canary": 10, "servers": 290}
    assert [entry["device_count"] for entry in real["held_iocs"]] == [6] * 10
    assert real["counts"]["unchanged"] == 10
    assert any(unknown in text and "404" in text for text in real["warnings"]), (
        "what Falcon does not know is said"
    )

    edited = rollout.run()
    assert not edited["changed"]
    assert rollout.counted() == 10, "of those that are due alone"


def test_edits_pins_interruptions_and_the_way_back(rollout: Rollout) -> None:
    tenant = rollout.tenant
    rollout.run()
    rollout.items[0]["ring"] = "everywhere"
    rollout.items[1]["ring"] = "canary"
    late = {"type": "sha256", "value": "f" * 64}
    rollout.items.append(late)
    del rollout.items[2]
    rollout.days.turn(25)
    tenant.faults({"match": {"method": "PATCH", "path": "/iocs/.*", "times": 1}, "do": {"status": 403}})
    broken = rollout.run(concurrency=1)
    assert broken["failed"]
    assert broken["promoted_iocs"] == [
        entry
        for entry in broken["promoted_iocs"]
        if entry["value"] in {one["value"] for one in broken["updated_iocs"]}
    ], "only those that were written are called promoted"
    tenant.faults()
    assert rollout.rings().keys() <= {"canary", "servers", "everywhere"}
    before = tenant.indicators()
    rollout.run()
    assert rollout.rings() == {"canary": 2, "servers": 297, "everywhere": 1}
    assert not rollout.run()["changed"]

    back = [{**one} for one in before]  # records as they were, rings and all
    restored = run("falcon_iocs", tenant, iocs=back, source="soc", purge=True)
    assert not restored.get("failed"), restored.get("msg")
    ids = {one["value"]: sorted(one["tags"]) for one in before}
    assert {one["value"]: sorted(one["tags"]) for one in tenant.indicators()} == ids
    rollout.run()
    assert rollout.rings() == {"canary": 2, "servers": 297, "everywhere": 1}

    rollout.days.turn(23)
    assert not rollout.run()["changed"], "the new one is not due yet, nor are those among the servers"
    rollout.days.turn(27)
    rollout.run()
    assert rollout.rings() == {"canary": 1, "servers": 1, "everywhere": 298}


@pytest.mark.parametrize("status", [403, 500])
def test_a_count_that_cannot_be_had_promotes_nobody(rollout: Rollout, status: int) -> None:
    rollout.items = rollout.items[:5]
    rollout.run()
    rollout.days.turn(25)
    rollout.tenant.faults({"match": {"path": COUNT_PATH}, "do": {"status": status}})
    result = rollout.run(retries=0)
    assert result["failed"]
    assert [failure["code"] for failure in result["failed_iocs"]] == ["not_counted"] * 5
    assert rollout.rings() == {"canary": 5}
    rollout.tenant.faults()
    rollout.run()
    assert rollout.rings() == {"servers": 5}


def test_a_gate(rollout: Rollout) -> None:
    rollout.items = rollout.items[:5]
    rollout.run()
    seen(rollout.tenant, HASHES[:1], 6)
    rollout.days.turn(25)
    result = rollout.run(on_held="fail")
    assert [refusal["code"] for refusal in result["refusals"]] == ["held"]
    assert rollout.rings() == {"canary": 5}


def test_renew_and_retire(rollout: Rollout) -> None:
    """What falcon_ioc_info returns is an item as it is: renewed, and deleted, without a filter in between."""
    tenant = rollout.tenant
    listed = [{"type": "domain", "value": f"e{number}.example"} for number in range(4)]
    plain = {"source": "soc", "defaults": {"action": "detect", "severity": "high", "expiration_days": 10}}
    run("falcon_iocs", tenant, iocs=listed, **plain)
    rollout.days.turn(24 * 5)
    records = run("falcon_ioc_info", tenant, sources=["soc"], expires_before="+36500d")["iocs"]
    renewal = {"expiration_days": 30, "renew_within_days": 7}
    renewed = run("falcon_iocs", tenant, iocs=records[:2], defaults=renewal)
    assert not renewed.get("failed"), renewed.get("msg")
    assert renewed["counts"]["updated"] == 2
    assert not run("falcon_iocs", tenant, iocs=records[:2], defaults=renewal)["changed"]
    rollout.days.turn(24 * 6)
    expired = run("falcon_ioc_info", tenant, sources=["soc"], expired=True)["iocs"]
    assert len(expired) == 2
    gone = run("falcon_iocs", tenant, iocs=expired, defaults={"state": "absent"})
    assert not gone.get("failed"), gone.get("msg")
    assert gone["counts"]["deleted"] == 2
    kept = run("falcon_iocs", tenant, iocs=listed, **plain, expired="delete")
    assert not kept["changed"], "what was deleted at its end is not made again"


def test_a_nightly_clean_up(rollout: Rollout) -> None:
    listed = [{"type": "domain", "value": f"e{number}.example"} for number in range(4)]
    plain = {"source": "soc", "defaults": {"action": "detect", "severity": "high", "expiration_days": 10}}
    run("falcon_iocs", rollout.tenant, iocs=listed, **plain)
    assert not run("falcon_iocs", rollout.tenant, source="soc", purge_expired=True)["changed"]
    rollout.days.turn(24 * 11)
    limited = run("falcon_iocs", rollout.tenant, source="soc", purge_expired=True, max_deletions="3")
    assert [refusal["code"] for refusal in limited["refusals"]] == ["max_deletions"]
    swept = run("falcon_iocs", rollout.tenant, source="soc", purge_expired=True)
    assert swept["counts"]["deleted"] == 4


def test_owners_move_from_source_to_tag_and_back(rollout: Rollout) -> None:
    tenant = rollout.tenant
    listed = [{"type": "domain", "value": f"e{number}.example"} for number in range(4)]
    plain: dict[str, Any] = {
        "source": "soc",
        "defaults": {"action": "detect", "severity": "high"},
        "purge": True,
    }
    run("falcon_iocs", tenant, iocs=listed, **plain)
    moved = run("falcon_iocs", tenant, iocs=listed[:3], **plain, owned_by="tag")
    assert not moved.get("failed"), moved.get("msg")
    assert moved["counts"]["updated"] == 3
    assert moved["counts"]["deleted"] == 1
    assert all(one["tags"] == ["owner:soc"] for one in tenant.indicators())
    dropped = run("falcon_iocs", tenant, iocs=listed[:2], **plain, owned_by="tag")
    assert dropped["counts"]["deleted"] == 1
    back = run("falcon_iocs", tenant, iocs=listed[:2], **plain)
    assert back["counts"]["updated"] == 2
    assert not any(one.get("tags") for one in tenant.indicators())

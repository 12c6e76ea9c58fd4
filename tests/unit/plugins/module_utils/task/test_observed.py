# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tasks of falcon_ioc_hosts_info and falcon_ioc_processes_info, on a simulated tenant."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.task import observed
from ansible_collections.threatops.falcon.plugins.module_utils.task.base import Context, TaskFailed

HASH = "a1" * 32
DOMAIN = {"type": "domain", "value": "beacon.example.net"}
DEVICES, OLD_DEVICES = "/iocs/queries/indicators/devices/v1", "/indicators/queries/devices/v1"


def device(number: int) -> str:
    return f"{number:032x}"


class Tenant:
    """The simulator, and what a task has warned of."""

    def __init__(self, simulator: Any) -> None:
        self.simulator = simulator
        self.warnings: list[str] = []

    def params(self, **options: Any) -> dict[str, Any]:
        there = {
            "base_url": self.simulator.url,
            "client_id": self.simulator.client_id,
            "client_secret": self.simulator.client_secret,
        }
        return {"details": True, "retries": 0, **there, **options}

    def hosts(self, **options: Any) -> dict[str, Any]:
        return self._run(observed.hosts, options)

    def processes(self, **options: Any) -> dict[str, Any]:
        return self._run(observed.processes, options)

    def _run(self, task: Any, options: dict[str, Any]) -> dict[str, Any]:
        context = Context()
        self.simulator.clear_log()
        try:
            return task(self.params(**options), context)
        finally:
            self.warnings = context.warnings
            assert self.simulator.violations() == []

    def asked(self) -> list[str]:
        return [f"{entry['method']} {entry['path']}" for entry in self.simulator.log()]


@pytest.fixture
def tenant(simulator: Any) -> Tenant:
    return Tenant(simulator)


def seed(tenant: Tenant, count: int, *iocs: dict[str, Any]) -> None:
    tenant.simulator.seed(
        hosts=[{"device_id": device(number), "hostname": f"host-{number}"} for number in range(count)],
        sightings=[{**ioc, "devices": [device(number) for number in range(count)]} for ioc in iocs],
    )


def test_250_hosts_are_a_count_three_pages_and_one_request_for_details(tenant: Tenant) -> None:
    seed(tenant, 250, DOMAIN)
    result = tenant.hosts(type="domain", value="BEACON.example.net.")
    assert tenant.asked() == [
        "POST /oauth2/token",
        "GET /iocs/aggregates/indicators/device-count/v1",
        *[f"GET {DEVICES}"] * 3,
        "POST /devices/entities/devices/v2",
    ]
    assert result["requests"]["read"] == 5
    assert sorted(host["hostname"] for host in result["hosts"]) == sorted(f"host-{n}" for n in range(250))
    assert all(host["observed"] == [DOMAIN] for host in result["hosts"])
    assert result["iocs"] == [
        {
            **DOMAIN,
            "device_count": 250,
            "limit_exceeded": False,
            "device_ids": [host["device_id"] for host in result["hosts"]],
        }
    ]
    assert result["changed"] is False
    assert tenant.warnings == []


def test_50_iocs_on_1000_hosts_are_no_request_a_host(tenant: Tenant) -> None:
    iocs = [{"type": "domain", "value": f"c2-{number}.example.net"} for number in range(50)]
    seed(tenant, 1000, *iocs)
    result = tenant.hosts(iocs=iocs)
    assert len(result["hosts"]) == 1000
    assert all(len(host["observed"]) == 50 for host in result["hosts"])
    asked = tenant.asked()
    assert asked.count("POST /devices/entities/devices/v2") == 1
    assert asked.count(f"GET {DEVICES}") == 50 * 10
    assert len(asked) == 1 + 50 + 500 + 1


def test_legacy_uses_the_paths_of_the_founding_document(tenant: Tenant) -> None:
    seed(tenant, 2, DOMAIN)
    pid = f"pid:{device(1)}:77"
    tenant.simulator.seed(
        sightings=[{**DOMAIN, "processes": [pid]}],
        processes=[{"process_id": pid, "device_id": device(1), "command_line": "x"}],
    )
    result = tenant.processes(iocs=[DOMAIN], api="legacy")
    assert [process["process_id"] for process in result["processes"]] == [pid]
    assert sorted(set(tenant.asked())) == [
        "GET /indicators/aggregates/devices-count/v1",
        f"GET {OLD_DEVICES}",
        "GET /indicators/queries/processes/v1",
        "GET /processes/entities/processes/v1",
        "POST /oauth2/token",
    ]


def test_a_missing_path_has_the_older_one_asked(tenant: Tenant) -> None:
    seed(tenant, 3, DOMAIN)
    tenant.simulator.quirk(ran_on_route="off")
    result = tenant.hosts(iocs=[DOMAIN], details=False)
    tenant.simulator.quirk(ran_on_route="on")
    assert [len(ioc["device_ids"]) for ioc in result["iocs"]] == [3]
    assert f"GET {OLD_DEVICES}" in tenant.asked()


@pytest.mark.parametrize("task", ["hosts", "processes"])
@pytest.mark.parametrize("unseen", ["404", "200"])
def test_nobody_is_an_empty_list(tenant: Tenant, task: str, unseen: str) -> None:
    tenant.simulator.quirk(ran_on_unseen=unseen)
    result = getattr(tenant, task)(iocs=[DOMAIN])
    tenant.simulator.quirk(ran_on_unseen="404")
    assert result[task] == []
    assert result["iocs"] == [{**DOMAIN, "device_count": 0, "limit_exceeded": False, "device_ids": []}]
    assert tenant.warnings == []


@pytest.mark.parametrize("task", ["hosts", "processes"])
def test_nothing_to_look_for_is_no_all_clear(tenant: Tenant, task: str) -> None:
    with pytest.raises(TaskFailed, match="iocs is empty: there is nothing to look for") as caught:
        getattr(tenant, task)(iocs=[])
    assert caught.value.result["code"] == "nothing_to_look_for"
    assert tenant.asked() == []


def test_items_are_taken_as_they_are_and_once(tenant: Tenant) -> None:
    seed(tenant, 1, DOMAIN, {"type": "sha256", "value": HASH})
    result = tenant.hosts(
        iocs=[
            {"type": "sha256", "value": HASH.upper(), "action": "prevent", "tags": ["x"]},
            {**DOMAIN, "value": "Beacon.Example.net."},
            DOMAIN,
        ],
        details=False,
    )
    assert [ioc["value"] for ioc in result["iocs"]] == [HASH, "beacon.example.net"]
    assert result["hosts"] == [
        {"device_id": device(0), "observed": [{"type": "sha256", "value": HASH}, DOMAIN]}
    ]
    assert "POST /devices/entities/devices/v2" not in tenant.asked()


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        (
            {"type": "all_subdomains", "value": "example.net"},
            "of type 'all_subdomains'; it can for sha256, md5",
        ),
        ({"type": "sha1", "value": "a" * 40}, "of type 'sha1'"),
        ({"value": "example.net"}, "of type None"),
        ({"type": "domain"}, "value: a value must be text"),
        ({"type": "md5", "value": "abc"}, "value: a md5 is 32 hexadecimal digits"),
    ],
)
def test_what_cannot_be_looked_for_is_named_before_anything_is_sent(
    tenant: Tenant, item: dict[str, Any], problem: str
) -> None:
    with pytest.raises(TaskFailed, match=r"^iocs, item 1: ") as failure:
        tenant.hosts(iocs=[DOMAIN, item])
    assert problem in failure.value.message
    assert tenant.asked() == []
    with pytest.raises(TaskFailed) as failure:
        tenant.hosts(type=item.get("type") or "", value=item.get("value"), iocs=[item])
    assert problem in failure.value.message


def test_a_count_that_differs_from_the_list_is_said(tenant: Tenant) -> None:
    seed(tenant, 2, DOMAIN)
    tenant.simulator.faults({"match": {"path": DEVICES}, "do": {"drop_rows": 1}})
    result = tenant.hosts(iocs=[DOMAIN], details=False)
    assert result["iocs"][0]["device_count"] == 2
    assert len(result["hosts"]) == 1
    assert tenant.warnings == [
        "Falcon's count of hosts differs from its list of them, domain beacon.example.net: 2 counted, 1 listed"
    ]


def test_many_differences_are_one_warning() -> None:
    context = Context()
    sightings = [observed.Sighting("domain", f"{n}.example", 1, False, []) for n in range(8)]
    fitting = observed.Sighting("domain", "more.example", 1, True, ["a", "b"])
    observed._say_disagreement(context, [*sightings, fitting])
    assert len(context.warnings) == 1
    assert context.warnings[0].endswith("domain 4.example: 1 counted, 0 listed; and 3 more")


def test_a_count_at_its_limit_is_a_lower_bound() -> None:
    context = Context()
    observed._say_disagreement(context, [observed.Sighting("domain", "x.example", 5, True, ["a"])])
    assert context.warnings == [
        "Falcon's count of hosts differs from its list of them, domain x.example: 5 counted, 1 listed"
    ]


def test_a_host_without_a_record_is_its_id(tenant: Tenant) -> None:
    tenant.simulator.seed(
        hosts=[{"device_id": device(0), "hostname": "known"}],
        sightings=[{**DOMAIN, "devices": [device(0), device(1)]}],
    )
    result = tenant.hosts(iocs=[DOMAIN])
    assert result["hosts"][0]["hostname"] == "known"
    assert result["hosts"][1] == {"device_id": device(1), "observed": [DOMAIN]}
    assert tenant.warnings == [f"Falcon has no record any more of 1 of the hosts: {device(1)}"]


def test_host_groups_are_named(tenant: Tenant) -> None:
    tenant.simulator.seed(
        host_groups=[{"id": "d" * 32, "name": "Servers"}],
        hosts=[
            {"device_id": device(0), "hostname": "a", "groups": ["d" * 32, "e" * 32]},
            {"device_id": device(1), "hostname": "b"},
        ],
        sightings=[{**DOMAIN, "devices": [device(0), device(1)]}],
    )
    result = tenant.hosts(iocs=[DOMAIN], host_group_names=True)
    assert [host["host_groups"] for host in result["hosts"]] == [["Servers", "e" * 32], []]


def test_a_group_that_is_gone_keeps_its_id(tenant: Tenant) -> None:
    tenant.simulator.seed(
        hosts=[{"device_id": device(0), "hostname": "a", "groups": ["e" * 32]}],
        sightings=[{**DOMAIN, "devices": [device(0)]}],
    )
    assert tenant.hosts(iocs=[DOMAIN], host_group_names=True)["hosts"][0]["host_groups"] == ["e" * 32]
    assert tenant.asked()[-1] == "GET /devices/entities/host-groups/v1"


def processes_of(tenant: Tenant) -> list[str]:
    pids = [f"pid:{device(number)}:{local}" for number in range(2) for local in (1, 2)]
    tenant.simulator.seed(
        sightings=[{**DOMAIN, "processes": pids}, {"type": "sha256", "value": HASH, "processes": pids[:1]}],
        processes=[
            {"process_id": pid, "device_id": pid.split(":")[1], "command_line": f"run {pid}"}
            for pid in pids[:3]
        ],
    )
    return pids


def test_processes_come_once_with_all_that_they_involved(tenant: Tenant) -> None:
    pids = processes_of(tenant)
    result = tenant.processes(iocs=[DOMAIN, {"type": "sha256", "value": HASH}])
    assert [process["process_id"] for process in result["processes"]] == pids
    assert result["processes"][0]["observed"] == [DOMAIN, {"type": "sha256", "value": HASH}]
    assert result["processes"][0]["command_line"] == f"run {pids[0]}"
    assert result["processes"][3] == {"process_id": pids[3], "device_id": device(1), "observed": [DOMAIN]}
    assert tenant.warnings == [f"Falcon has no record any more of 1 of the processes: {pids[3]}"]
    assert tenant.asked().count("GET /processes/entities/processes/v1") == 1


def test_processes_of_some_hosts(tenant: Tenant) -> None:
    pids = processes_of(tenant)
    result = tenant.processes(iocs=[DOMAIN], device_ids=[f" {device(1).upper()} "], details=False)
    assert [process["process_id"] for process in result["processes"]] == pids[2:]
    assert result["iocs"][0]["device_ids"] == [device(0), device(1)]
    assert tenant.asked().count("GET /iocs/queries/indicators/processes/v1") == 1
    assert tenant.processes(iocs=[DOMAIN], device_ids=[])["processes"] == []


def test_hosts_that_are_known_are_not_looked_up_again(tenant: Tenant) -> None:
    processes_of(tenant)
    known = tenant.hosts(iocs=[DOMAIN], details=False)["iocs"]
    result = tenant.processes(iocs=known)
    assert result["iocs"] == known
    assert len(result["processes"]) == 4
    assert not [asked for asked in tenant.asked() if "device" in asked]


def test_an_id_of_a_host_is_hexadecimal(tenant: Tenant) -> None:
    with pytest.raises(TaskFailed, match=r"^device_ids: 'host-1' is not the id of a host"):
        tenant.processes(iocs=[DOMAIN], device_ids=["host-1"])
    assert tenant.asked() == []


@pytest.mark.parametrize("known", [{"device_count": "many", "device_ids": []}, {"device_count": None}])
def test_counts_that_are_none_are_looked_up(tenant: Tenant, known: dict[str, Any]) -> None:
    seed(tenant, 1, DOMAIN)
    assert len(tenant.hosts(iocs=[{**DOMAIN, **known}])["hosts"]) == 1

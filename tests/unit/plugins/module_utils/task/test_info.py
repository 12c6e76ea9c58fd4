# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of falcon_ioc_info, on a simulated tenant."""

from __future__ import annotations

from typing import Any

import pytest
from run_task import run

from ansible_collections.threatops.falcon.plugins.module_utils.task import auth, info

ODD = 'it\'s "odd"'
CONTENT = [
    {
        "type": "domain",
        "value": "a.example",
        "source": "soc",
        "tags": ["t"],
        "action": "detect",
        "severity": "high",
    },
    {"type": "domain", "value": "b.example", "source": "o'neil", "action": "no_action"},
    {
        "type": "md5",
        "value": "a" * 32,
        "source": 'it\'s "odd"',
        "action": "allow",
        "expiration": "2030-01-01T00:00:00Z",
    },
    {"type": "ipv4", "value": "203.0.113.9", "deleted": True, "action": "detect", "severity": "low"},
]


@pytest.fixture
def tenant(simulator: Any) -> Any:
    simulator.seed(indicators=CONTENT, host_groups=[{"name": "Servers", "id": "5" * 32}])
    return simulator


@pytest.mark.parametrize(
    "options, found",
    [
        ({}, ["a.example", "a" * 32, "b.example"]),
        ({"type": "domain", "value": "A.EXAMPLE."}, ["a.example"]),
        ({"filter": "type:'md5'"}, ["a" * 32]),
        ({"types": ["domain"], "tags": ["t"]}, ["a.example"]),
        ({"values": ["B.example", "A" * 32]}, ["a" * 32, "b.example"]),
        ({"types": ["domain"], "values": ["b.EXAMPLE"]}, ["b.example"]),
        ({"sources": ["o'neil"]}, ["b.example"]),
        ({"sources": [ODD]}, ["a" * 32]),
        ({"policies": ["none"]}, ["b.example"]),
        ({"share_levels": ["red"], "severities": ["high"]}, ["a.example"]),
        ({"expires_after": "2029-12-31"}, ["a" * 32]),
        ({"expires_before": "2029-12-31"}, []),
        ({"expires_after": "+1d", "expires_before": "+36500d"}, ["a" * 32]),
        ({"expires_before": "+1d"}, []),
        ({"created_after": "-1h"}, ["a.example", "a" * 32, "b.example"]),
        ({"created_before": "-1h"}, []),
        ({"deleted": True}, ["203.0.113.9"]),
        ({"include_deleted": True}, ["203.0.113.9", "a.example", "a" * 32, "b.example"]),
        ({"host_groups": ["servers"]}, []),
        ({"expired": True}, []),
    ],
)
def test_selection(tenant: Any, options: Any, found: Any) -> None:
    result = run("falcon_ioc_info", tenant, **options)
    assert sorted(record["value"] for record in result["iocs"]) == found
    assert result["total"] == len(found)


def test_the_total_counts_beyond_the_limit(tenant: Any) -> None:
    result = run("falcon_ioc_info", tenant, limit=1, sort="value.desc")
    assert [record["value"] for record in result["iocs"]] == ["b.example"]
    assert result["total"] == 3


def test_more_values_than_a_url_holds_are_found_and_sorted(tenant: Any) -> None:
    tenant.seed(
        generate={"count": 0}, indicators=[{"type": "sha256", "value": f"{n:064x}"} for n in range(600)]
    )
    values = [f"{number:064x}" for number in range(600)]
    result = run("falcon_ioc_info", tenant, values=values, sort="value.desc", limit=500)
    assert result["total"] == 600 and len(result["iocs"]) == 500
    assert result["iocs"][0]["value"] == values[-1]


def test_a_date_is_taken_from_its_start_or_to_its_end(tenant: Any) -> None:
    after = run("falcon_ioc_info", tenant, created_after="2030-01-01")["fql"]
    before = run("falcon_ioc_info", tenant, created_before="2030-01-01")["fql"]
    assert "created_on:>='2030-01-01T00:00:00Z'" in after
    assert "created_on:<='2030-01-01T23:59:59Z'" in before


def test_fewer_values_at_a_time_where_a_long_filter_is_refused(tenant: Any) -> None:
    tenant.quirk(max_url=3000)
    values = ["a.example", "b.example", *(f"{number}.{'x' * 60}.example" for number in range(100))]
    result = run("falcon_ioc_info", tenant, values=values)
    tenant.quirk(max_url=32768)
    assert result["total"] == 2


def test_deleted_by_asks_for_the_last_change_of_a_deleted_record(tenant: Any) -> None:
    run("falcon_iocs", tenant, iocs=[{"type": "domain", "value": "a.example", "state": "absent"}])
    mine = run("falcon_ioc_info", tenant, deleted_by=tenant.client_id)
    assert [record["value"] for record in mine["iocs"]] == ["a.example"]


def test_device_counts_are_added(tenant: Any) -> None:
    tenant.seed(
        hosts=[{"device_id": "d" * 32}],
        sightings=[{"type": "domain", "value": "a.example", "devices": ["d" * 32]}],
    )
    (record,) = run("falcon_ioc_info", tenant, type="domain", value="a.example", device_count=True)["iocs"]
    assert (record["device_count"], record["limit_exceeded"]) == (1, False)


@pytest.mark.parametrize(
    "options, said",
    [
        ({"limit": 0}, "limit must be at least 1"),
        ({"type": "md5", "value": "x"}, "value:"),
        ({"expires_after": "soon"}, "expires_after"),
        ({"expires_after": "never"}, "expires_after: 'never' is not a valid time"),
        ({"values": []}, "values is empty"),
        ({"tags": []}, "tags is empty"),
        ({"host_groups": []}, "host_groups is empty"),
        ({"host_groups": ["nobody"]}, "unknown host group"),
    ],
)
def test_what_cannot_be_asked_is_said(tenant: Any, options: Any, said: str) -> None:
    result = run("falcon_ioc_info", tenant, **options)
    assert result["failed"] and said in result["msg"]


def test_a_token_for_later_tasks(tenant: Any) -> None:
    result = run("falcon_auth", tenant)
    assert result["auth"]["base_url"] == tenant.url and result["auth"]["access_token"]
    again = run("falcon_ioc_info", tenant, auth=result["auth"], client_id=None, client_secret=None)
    assert again["requests"]["token"] == 0 and again["total"] == 3
    assert {"auth", "cloud"} <= set(auth.SPEC.options) <= set(info.SPEC.options) | {"api"}

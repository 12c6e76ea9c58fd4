# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""FalconPy, a client that this project did not write, against the simulator."""

from __future__ import annotations

from typing import Any

import pytest
from simulator_fixture import Tenant

falconpy = pytest.importorskip("falconpy")

EVERYWHERE = ["windows", "mac", "linux"]


@pytest.fixture
def ioc(simulator: Tenant) -> Any:
    return falconpy.IOC(
        client_id=simulator.client_id, client_secret=simulator.client_secret, base_url=simulator.url
    )


def _domain(name: str, **more: Any) -> dict[str, Any]:
    fields = {
        "type": "domain",
        "value": name,
        "action": "detect",
        "severity": "high",
        "platforms": EVERYWHERE,
    }
    return {**fields, "applied_globally": True, **more}


def _create(ioc: Any, *rows: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    answer = ioc.indicator_create(body={"comment": "test", "indicators": list(rows)}, **more)
    assert answer["status_code"] == 201, answer
    resources: list[dict[str, Any]] = answer["body"]["resources"]
    return resources


def test_create_stores_what_was_sent_and_fills_in_the_rest(ioc: Any, simulator: Tenant) -> None:
    (made,) = _create(ioc, _domain("Evil.test", source="feed", tags=["one"], description="bad"))
    assert len(made["id"]) == 64
    assert (made["value"], made["mobile_action"], made["expired"], made["deleted"]) == (
        "evil.test",
        "no_action",
        False,
        False,
    )
    assert made["created_by"] == made["modified_by"] == simulator.client_id
    assert made["created_on"] == made["modified_on"]
    assert "expiration" not in made and "host_groups" not in made
    read = ioc.indicator_get(ids=[made["id"]])
    assert read["status_code"] == 200 and read["body"]["resources"] == [made]


def test_create_with_keywords_as_falconpy_users_write_it(ioc: Any) -> None:
    answer = ioc.indicator_create(
        action="prevent",
        applied_globally=True,
        comment="x",
        platforms=["windows"],
        severity="LOW",
        type="sha256",
        value="AB" * 32,
        filename="evil.exe",
    )
    assert answer["status_code"] == 201, answer
    (made,) = answer["body"]["resources"]
    assert (made["severity"], made["value"], made["metadata"]["filename"]) == ("low", "ab" * 32, "evil.exe")


def test_combined_reads_past_ten_thousand(ioc: Any, simulator: Tenant) -> None:
    simulator.seed(generate={"count": 10_450, "source": "bulk"})
    seen: list[str] = []
    after = None
    pages = 0
    while True:
        answer = ioc.indicator_combined(
            limit=2000, filter="source:'bulk'", **({"after": after} if after else {})
        )
        assert answer["status_code"] == 200, answer
        rows = answer["body"]["resources"]
        if not rows:
            break
        pages += 1
        seen += [row["value"] for row in rows]
        pagination = answer["body"]["meta"]["pagination"]
        assert pagination["total"] == 10_450 and pagination["limit"] == 2000
        after = pagination["after"]
    assert (pages, len(seen), len(set(seen))) == (6, 10_450, 10_450)
    assert ioc.indicator_combined(limit=500, offset=9_500)["status_code"] == 200
    assert ioc.indicator_combined(limit=501, offset=9_500)["status_code"] == 500


def test_search_and_get_agree_with_combined(ioc: Any) -> None:
    _create(ioc, *[_domain(f"n{number}.test") for number in range(7)])
    ids = ioc.indicator_search(limit=500)["body"]["resources"]
    combined = ioc.indicator_combined(limit=500)["body"]["resources"]
    assert [record["id"] for record in combined] == ids and len(ids) == 7
    assert sorted(record["id"] for record in ioc.indicator_get(ids=ids)["body"]["resources"]) == sorted(ids)


def test_update_changes_what_is_named_and_clears_what_is_empty(ioc: Any) -> None:
    (made,) = _create(
        ioc,
        _domain(
            "evil.test",
            source="feed",
            tags=["one", "two"],
            description="x",
            expiration="2099-12-31T23:59:59Z",
        ),
    )
    assert made["expiration"] == "2099-12-31T23:59:59Z"
    body = {
        "bulk_update": None,
        "comment": "t",
        "indicators": [{"id": made["id"], "tags": ["three"], "severity": "low"}],
    }
    (changed,) = ioc.indicator_update(body=body)["body"]["resources"]
    assert (changed["tags"], changed["severity"], changed["description"]) == (["three"], "low", "x")
    assert changed["created_on"] == made["created_on"] and changed["modified_on"] > made["modified_on"]
    cleared = {
        "id": made["id"],
        "tags": [],
        "severity": "",
        "action": "no_action",
        "description": "",
        "source": "",
        "expiration": "0001-01-01T00:00:00.000Z",
    }
    (bare,) = ioc.indicator_update(body={"indicators": [cleared]})["body"]["resources"]
    assert not {"tags", "description", "source", "expiration"} & set(bare)
    assert (bare["action"], bare["severity"]) == ("no_action", "")


def test_update_without_id_names_the_field_as_the_vendor_does(ioc: Any) -> None:
    answer = ioc.indicator_update(body={"indicators": [{"severity": "low"}]})
    assert answer["status_code"] == 400
    (row,) = answer["body"]["resources"]
    assert row == {
        "row": 1,
        "value": None,
        "type": None,
        "message_type": "error",
        "field_name": "ID",
        "message": "required string is missing",
    }


def test_severity_cannot_be_taken_from_an_indicator_that_detects(ioc: Any) -> None:
    (made,) = _create(ioc, _domain("evil.test"))
    answer = ioc.indicator_update(body={"indicators": [{"id": made["id"], "severity": ""}]})
    assert answer["status_code"] == 400 and answer["body"]["resources"][0]["field_name"] == "severity"


def test_delete_is_soft_and_the_pair_is_free_again(ioc: Any) -> None:
    first, second = _create(ioc, _domain("one.test"), _domain("two.test"))
    answer = ioc.indicator_delete(ids=[first["id"]], comment="gone")
    assert answer["status_code"] == 200 and answer["body"]["resources"] == [first["id"]]
    assert ioc.indicator_search()["body"]["resources"] == [second["id"]]
    assert ioc.indicator_get(ids=first["id"])["body"]["resources"][0]["deleted"] is True
    assert ioc.indicator_search(filter="deleted:true")["body"]["resources"] == [first["id"]]
    (again,) = _create(ioc, _domain("one.test"))
    assert again["id"] != first["id"]
    assert ioc.indicator_delete(ids=[first["id"]])["status_code"] == 404


def test_delete_by_filter_and_the_refusal_of_both_selectors(ioc: Any) -> None:
    made = _create(
        ioc, *[_domain(f"n{number}.test", source="a" if number % 2 else "b") for number in range(6)]
    )
    both = ioc.indicator_delete(ids=[made[0]["id"]], filter="source:'a'")
    assert both["status_code"] == 400
    assert both["body"]["errors"][0]["message"] == "Either IDs or the FQL filter must be provided, not both"
    gone = ioc.indicator_delete(filter="source:'a'")["body"]["resources"]
    assert sorted(gone) == sorted(record["id"] for record in made if record["source"] == "a")


@pytest.mark.parametrize(
    ("fql", "expected"),
    [
        ("type:'domain'", {"a.test", "b.test"}),
        ("type:['domain','ipv4']+source:'x'", {"a.test", "192.0.2.1"}),
        ("type: ['domain'] + value: ['a.test']", {"a.test"}),
        ("type:'sha256',source:'y'", {"b.test", "0" * 64}),
        ("(type:'sha256',type:'domain')+source:'y'", {"b.test", "0" * 64}),
        ("tags:'t1'", {"a.test"}),
        ("tags:!'t1'+type:'domain'", {"b.test"}),
        ("source:!['x','y']", {"old.test"}),
        ("value:*'*.test'", {"a.test", "b.test", "old.test"}),
        ("value:*test", {"a.test", "b.test", "old.test"}),
        ('value:"a.test"', {"a.test"}),
        ("severity_number:>=70", {"a.test"}),
        ("created_on:<'2020-01-02'", {"old.test"}),
        ("created_on:>='now-1d'+type:'domain'+source:'x'", {"a.test"}),
        ("expired:true", {"old.test"}),
        ("expired:'false'+type:'all_subdomains'", set()),
        ("expiration:null", {"a.test", "b.test", "192.0.2.1", "0" * 64}),
        ("expiration:<'2021-08-23'", {"old.test"}),
        ("applied_globally:false", {"0" * 64}),
        ("metadata.filename.raw:'evil.exe'", {"0" * 64}),
        ("description:'x'", set()),
        ("type:'domain", None),
        ("type='domain'", None),
    ],
)
def test_filters(ioc: Any, simulator: Tenant, fql: str, expected: set[str] | None) -> None:
    group = "d78cd791785442a98ec75249d8c385dd"
    simulator.seed(
        host_groups=[{"id": group, "name": "Servers"}],
        indicators=[
            {"type": "domain", "value": "a.test", "source": "x", "tags": ["t1", "t2"], "severity": "high"},
            {"type": "domain", "value": "b.test", "source": "y", "tags": ["t2"], "severity": "low"},
            {"type": "ipv4", "value": "192.0.2.1", "source": "x"},
            {
                "type": "sha256",
                "value": "0" * 64,
                "source": "y",
                "host_groups": [group],
                "metadata": {"filename": "evil.exe"},
            },
            {
                "type": "all_subdomains",
                "value": "old.test",
                "created_on": "2020-01-01T00:00:00Z",
                "expiration": "2020-02-01T00:00:00Z",
            },
        ],
    )
    answer = ioc.indicator_combined(filter=fql)
    if expected is None:
        assert answer["status_code"] == 400 and answer["body"]["errors"][0]["message"] == "check fql filter"
    else:
        assert answer["status_code"] == 200, answer
        assert {record["value"] for record in answer["body"]["resources"]} == expected
        assert answer["body"]["meta"]["pagination"]["total"] == len(expected)


@pytest.mark.parametrize(
    "sort", ["value.asc", "value.desc", "value|desc", "value", "modified_on.desc", "severity_number.asc"]
)
def test_sorts_page_through_without_loss(ioc: Any, sort: str) -> None:
    severities = ["low", "high", "critical"]
    _create(ioc, *[_domain(f"n{number:02d}.test", severity=severities[number % 3]) for number in range(20)])
    seen: list[dict[str, Any]] = []
    after: dict[str, Any] = {}
    while True:
        answer = ioc.indicator_combined(limit=7, sort=sort, **after)
        rows = answer["body"]["resources"]
        if not rows:
            break
        seen += rows
        after = {"after": answer["body"]["meta"]["pagination"]["after"]}
    assert len({record["id"] for record in seen}) == 20 == len(seen)
    values = [record["value"] for record in seen]
    if sort.startswith("value"):
        assert values == sorted(values, reverse="desc" in sort)
    if sort.startswith("severity_number"):
        ranks = [severities.index(record["severity"]) for record in seen]
        assert ranks == sorted(ranks)


def test_unknown_sort_is_refused(ioc: Any) -> None:
    assert ioc.indicator_combined(sort="colour.asc")["status_code"] == 400


def test_scope_switches_both_ways(ioc: Any, simulator: Tenant) -> None:
    first, second = "a" * 32, "b" * 32
    simulator.seed(host_groups=[{"id": first, "name": "One"}, {"id": second, "name": "Two"}])
    (made,) = _create(ioc, {**_domain("evil.test"), "applied_globally": False, "host_groups": [first]})
    one = made["id"]

    def switch(**fields: Any) -> dict[str, Any]:
        answer = ioc.indicator_update(body={"indicators": [{"id": one, **fields}]})
        assert answer["status_code"] == 200, answer
        record: dict[str, Any] = answer["body"]["resources"][0]
        return record

    assert switch(host_groups=[first, second])["host_groups"] == [first, second]
    everywhere = switch(applied_globally=True, host_groups=None)
    assert everywhere["applied_globally"] is True and "host_groups" not in everywhere
    scoped = switch(host_groups=[second])
    assert (scoped["applied_globally"], scoped["host_groups"]) == (False, [second])
    assert (
        ioc.indicator_update(body={"indicators": [{"id": one, "host_groups": ["c" * 32]}]})["status_code"]
        == 400
    )


def test_duplicates_warn_and_ignore_warnings_overwrites(ioc: Any) -> None:
    (made,) = _create(ioc, _domain("test.com"))
    refused = ioc.indicator_create(
        body={"indicators": [_domain("new.test"), _domain("TEST.com", severity="low")]}
    )
    assert refused["status_code"] == 400
    assert refused["body"]["errors"][0]["message"] == "One or more indicators have a warning or invalid input"
    assert refused["body"]["resources"] == [
        {
            "row": 2,
            "value": "TEST.com",
            "type": "domain",
            "message_type": "warning",
            "message": "Warning: Duplicate type: 'domain' and value: 'TEST.com' combination.",
        }
    ]
    assert len(ioc.indicator_search()["body"]["resources"]) == 1
    _new, second = _create(
        ioc, _domain("new.test"), _domain("test.com", severity="low"), ignore_warnings=True
    )
    assert (
        second["id"] == made["id"]
        and second["severity"] == "low"
        and second["created_on"] == made["created_on"]
    )
    assert len(ioc.indicator_search()["body"]["resources"]) == 2


def test_one_bad_row_stores_nothing(ioc: Any) -> None:
    answer = ioc.indicator_create(
        body={"indicators": [_domain("good.test"), _domain("")]}, ignore_warnings=True
    )
    assert answer["status_code"] == 400
    assert [(row["row"], row["field_name"]) for row in answer["body"]["resources"]] == [(2, "value")]
    assert ioc.indicator_search()["body"]["resources"] == []


def test_bulk_update_by_filter(ioc: Any) -> None:
    _create(ioc, *[_domain(f"n{number}.test", source="a" if number % 2 else "b") for number in range(4)])
    answer = ioc.indicator_update(
        body={"bulk_update": {"filter": "source:'a'", "severity": "critical"}, "indicators": []}
    )
    assert answer["status_code"] == 200, answer
    assert {record["severity"] for record in answer["body"]["resources"]} == {"critical"}
    assert len(answer["body"]["resources"]) == 2


def test_lookups_counts_hosts_and_processes(demo_simulator: Tenant) -> None:
    tenant = demo_simulator
    ioc = falconpy.IOC(client_id=tenant.client_id, client_secret=tenant.client_secret, base_url=tenant.url)
    assert set(ioc.action_query()["body"]["resources"]) == {
        "no_action",
        "allow",
        "prevent_no_ui",
        "prevent",
        "detect",
    }
    assert ioc.ioc_type_query()["body"]["resources"][:2] == ["sha256", "md5"]
    assert ioc.platform_query()["status_code"] == ioc.severity_query()["status_code"] == 200
    assert ioc.action_get(ids=["detect"])["body"]["resources"][0]["id"] == "detect"
    pair = {"type": "domain", "value": "beacon.example.net"}
    assert ioc.indicator_get_device_count_v1(**pair)["body"]["resources"] == [
        {**pair, "device_count": 250, "limit_exceeded": False}
    ]
    seen: list[str] = []
    offset = ""
    while True:
        answer = ioc.indicator_get_devices_ran_on_v1(
            **pair, limit="100", **({"offset": offset} if offset else {})
        )
        seen += answer["body"]["resources"]
        offset = answer["body"]["meta"]["pagination"]["offset"]
        if not offset:
            break
    assert len(set(seen)) == 250 == len(seen)
    hosts = falconpy.Hosts(auth_object=ioc.auth_object)
    details = hosts.post_device_details_v2(ids=seen)["body"]["resources"]
    assert {"<img src=x onerror=alert(1)>", "{{ lookup('pipe','id') }}"} <= {
        host["hostname"] for host in details
    }
    file = {"type": "sha256", "value": "73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac"}
    device = ioc.indicator_get_devices_ran_on_v1(**file)["body"]["resources"][0]
    for device in ioc.indicator_get_devices_ran_on_v1(**file)["body"]["resources"]:
        pids = ioc.indicator_get_processes_ran_on_v1(**file, device_id=device)
        if pids["status_code"] == 200:
            break
    (first, *_rest) = ioc.entities_processes(ids=pids["body"]["resources"])["body"]["resources"]
    assert first["command_line"].startswith('"C:\\Users\\demo') and first["device_id"] == device
    nobody = ioc.indicator_get_devices_ran_on_v1(type="domain", value="nobody.example.org")
    assert nobody["status_code"] == 404


def test_host_groups_by_name(demo_simulator: Tenant) -> None:
    tenant = demo_simulator
    groups = falconpy.HostGroup(
        client_id=tenant.client_id, client_secret=tenant.client_secret, base_url=tenant.url
    )
    found = groups.query_combined_host_groups(filter="name:['servers']")["body"]["resources"]
    assert [group["name"] for group in found] == ["Servers"]
    assert groups.query_combined_host_groups(filter="name:['Servers']")["body"]["resources"] == []
    partly = groups.query_combined_host_groups(filter="name:'s'", sort="name.desc")["body"]["resources"]
    assert len(partly) > 1
    ids = groups.query_host_groups()["body"]["resources"]
    assert len(groups.get_host_groups(ids=ids)["body"]["resources"]) == len(ids) == 8


def test_uber_class_and_revoke(simulator: Tenant) -> None:
    harness = falconpy.APIHarnessV2(
        client_id=simulator.client_id, client_secret=simulator.client_secret, base_url=simulator.url
    )
    assert harness.command("indicator_combined_v1")["status_code"] == 200
    auth = falconpy.OAuth2(
        client_id=simulator.client_id, client_secret=simulator.client_secret, base_url=simulator.url
    )
    token = auth.token()["body"]["access_token"]
    assert simulator.call("GET", "/iocs/queries/types/v1", token=token).status_code == 404
    assert auth.revoke(token)["status_code"] == 200
    assert simulator.call("GET", "/iocs/combined/indicator/v1", token=token).status_code == 401


def test_falconpy_sent_nothing_a_strict_tenant_minds(ioc: Any, simulator: Tenant) -> None:
    (made,) = _create(ioc, _domain("evil.test"), retrodetects=False)
    ioc.indicator_combined(filter="type:'domain'+expired:false", limit=500, from_parent=False)
    ioc.indicator_update(body={"indicators": [{"id": made["id"], "severity": "low"}]})
    ioc.indicator_delete(ids=[made["id"]], comment="x")
    assert simulator.violations() == []

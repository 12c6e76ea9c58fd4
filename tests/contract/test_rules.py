# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which indicators the simulator takes, and what time, quirks and deletion do to them."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import requests
from simulator_fixture import Tenant

COMBINED = "/iocs/combined/indicator/v1"
ENTITIES = "/iocs/entities/indicators/v1"
GROUP = "d78cd791785442a98ec75249d8c385dd"
ZERO = "0001-01-01T00:00:00.000Z"


def domain(name: str = "evil.test", **more: Any) -> dict[str, Any]:
    row = {"type": "domain", "value": name, "action": "detect", "severity": "high", "platforms": ["windows"]}
    row.update({"applied_globally": True, **more})
    return {key: value for key, value in row.items() if value != "LEFT OUT"}


def create(tenant: Tenant, *rows: dict[str, Any], **query: str) -> requests.Response:
    return tenant.call("POST", ENTITIES, json={"indicators": list(rows)}, params=query)


def update(tenant: Tenant, one: str, **fields: Any) -> requests.Response:
    return tenant.call("PATCH", ENTITIES, json={"indicators": [{"id": one, **fields}]})


def stored(tenant: Tenant, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    answer = create(tenant, *rows)
    assert answer.status_code == 201, answer.text
    records: list[dict[str, Any]] = answer.json()["resources"]
    return records


def listed(tenant: Tenant, **query: Any) -> dict[str, Any]:
    answer = tenant.call("GET", COMBINED, params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


MOBILE = ["ios", "android"]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        # what each type takes
        ({"type": "sha256", "value": "a" * 64, "action": "prevent"}, None),
        ({"type": "sha256", "value": "a" * 64, "action": "allow", "severity": "LEFT OUT"}, None),
        ({"type": "sha256", "value": "a" * 64, "action": "prevent_no_ui", "severity": "LEFT OUT"}, None),
        ({"type": "sha256", "value": "a" * 64, "platforms": ["ios"], "mobile_action": "detect"}, "platforms"),
        ({"type": "md5", "value": "B" * 32}, None),
        ({"type": "md5", "value": "b" * 31}, "value"),
        ({"type": "sha256", "value": "g" * 64}, "value"),
        ({"type": "sha1", "value": "a" * 40}, "type"),
        ({"action": "prevent"}, "action"),
        ({"action": "allow"}, "action"),
        ({"action": "no_action", "severity": "LEFT OUT"}, None),
        ({"action": "no_action", "severity": "informational"}, None),
        ({"platforms": ["windows", "ios"], "mobile_action": "prevent"}, None),
        ({"platforms": ["windows", "ios"]}, "mobile_action"),
        (
            {
                "platforms": MOBILE,
                "action": "LEFT OUT",
                "mobile_action": "prevent_no_ui",
                "severity": "LEFT OUT",
            },
            None,
        ),
        ({"platforms": ["beos"]}, "platforms"),
        ({"platforms": []}, "platforms"),
        ({"platforms": "windows"}, "platforms"),
        (
            {"type": "all_subdomains", "platforms": MOBILE, "action": "LEFT OUT", "mobile_action": "detect"},
            None,
        ),
        ({"type": "all_subdomains"}, "platforms"),
        # values
        ({"value": "x" * 201}, "value"),
        ({"value": "*.evil.test"}, "value"),
        ({"value": "evil.test/path"}, "value"),
        ({"value": "bücher.test"}, "value"),
        ({"value": "xn--bcher-kva.test"}, None),
        ({"type": "ipv4", "value": "192.0.2.1"}, None),
        ({"type": "ipv4", "value": "192.0.2.0/24"}, "value"),
        ({"type": "ipv4", "value": "192.0.2.256"}, "value"),
        ({"type": "ipv6", "value": "2001:db8::1"}, None),
        ({"type": "ipv6", "value": "192.0.2.1"}, "value"),
        ({"value": "LEFT OUT"}, "value"),
        ({"type": "LEFT OUT"}, "type"),
        ({"value": 5}, "value"),
        # severity
        ({"severity": "LEFT OUT"}, "severity"),
        ({"severity": "Critical"}, None),
        ({"severity": "grave"}, "severity"),
        # scope
        ({"applied_globally": False, "host_groups": [GROUP]}, None),
        ({"applied_globally": "LEFT OUT", "host_groups": [GROUP]}, None),
        ({"applied_globally": "LEFT OUT"}, "applied_globally"),
        ({"applied_globally": False}, "applied_globally"),
        ({"host_groups": [GROUP]}, "host_groups"),
        ({"applied_globally": False, "host_groups": ["f" * 32]}, "host_groups"),
        ({"applied_globally": False, "host_groups": ["Servers"]}, "host_groups"),
        ({"applied_globally": "yes"}, "applied_globally"),
        # expiration and texts
        ({"expiration": "2099-01-01"}, None),
        ({"expiration": "2099-01-01T00:00:00.000Z"}, None),
        ({"expiration": "2099-01-01T00:00:00+02:00"}, None),
        ({"expiration": None}, None),
        ({"expiration": "2020-01-01T00:00:00Z"}, "expiration"),
        ({"expiration": "soon"}, "expiration"),
        ({"expiration": "2099-02-30"}, "expiration"),
        ({"source": "x" * 200, "description": "x" * 200}, None),
        ({"source": "x" * 201}, "source"),
        ({"description": "x" * 201}, "description"),
        ({"tags": ["one", " "]}, "tags"),
        ({"metadata": {"filename": "a.exe"}}, None),
        ({"metadata": {"author": "me"}}, "metadata.author"),
        ({"id": "a" * 64}, "id"),
    ],
)
def test_what_a_create_takes(simulator: Tenant, row: dict[str, Any], field: str | None) -> None:
    simulator.seed(host_groups=[{"id": GROUP, "name": "Servers"}])
    simulator.quirk(action_on_create="required")
    answer = create(simulator, domain(**row))
    if field is None:
        assert answer.status_code == 201, answer.text
        (made,) = answer.json()["resources"]
        assert listed(simulator)["resources"] == [made]
        assert made["action"] and made["mobile_action"]
    else:
        assert answer.status_code == 400
        body = answer.json()
        problems = body["resources"]
        assert {problem["row"] for problem in problems} == {1} and field in {
            problem["field_name"] for problem in problems
        }
        assert body["errors"][0]["code"] == 400
        assert listed(simulator)["resources"] == []


def test_what_does_not_apply_becomes_no_action(simulator: Tenant) -> None:
    hashed = {"type": "sha256", "value": "a" * 64, "mobile_action": "prevent"}
    phone = domain("phone.test", platforms=MOBILE, mobile_action="detect", action="detect")
    first, second = stored(simulator, domain(**hashed), phone)
    assert (first["action"], first["mobile_action"]) == ("detect", "no_action")
    assert (second["action"], second["mobile_action"]) == ("no_action", "detect")


def test_row_problems_name_every_row_at_once(simulator: Tenant) -> None:
    stored(simulator, domain("test.com"))
    answer = create(
        simulator, domain("test.com"), domain("fine.test"), domain(value="LEFT OUT", type="LEFT OUT")
    )
    assert answer.json()["errors"] == [
        {"code": 400, "message": "One or more indicators have a warning or invalid input"}
    ]
    rows = answer.json()["resources"]
    assert rows[0] == {
        "row": 1,
        "value": "test.com",
        "type": "domain",
        "message_type": "warning",
        "message": "Warning: Duplicate type: 'domain' and value: 'test.com' combination.",
    }
    missing = {
        "row": 3,
        "value": None,
        "type": None,
        "message_type": "error",
        "message": "required string is missing",
    }
    assert rows[1:] == [{**missing, "field_name": "type"}, {**missing, "field_name": "value"}]
    lonely = create(simulator, domain(value=""))
    assert lonely.json()["errors"][0]["message"] == "one or more inputs are invalid"


def test_expiry_resets_both_actions_and_keeps_the_record(simulator: Tenant) -> None:
    (made,) = stored(
        simulator,
        domain(expiration="2099-01-01T00:00:00Z", platforms=["windows", "ios"], mobile_action="prevent"),
    )
    simulator.clock(3600 * 24 * 365 * 80)
    (expired,) = listed(simulator)["resources"]
    assert (expired["expired"], expired["action"], expired["mobile_action"]) == (
        True,
        "no_action",
        "no_action",
    )
    assert listed(simulator, filter="expired:false")["meta"]["pagination"]["total"] == 0
    assert update(simulator, made["id"], expiration="2099-01-01T00:00:00Z").status_code == 400
    again = update(
        simulator, made["id"], expiration="2199-01-01T00:00:00Z", action="detect", mobile_action="prevent"
    )
    (live,) = again.json()["resources"]
    assert (live["expired"], live["action"], live["mobile_action"]) == (False, "detect", "prevent")
    simulator.clock(0)


def test_expiration_goes_away_with_the_zero_time(simulator: Tenant) -> None:
    (made,) = stored(simulator, domain(expiration="2099-01-01T02:00:00+02:00"))
    assert made["expiration"] == "2099-01-01T00:00:00Z"
    assert "expiration" in update(simulator, made["id"], expiration=None).json()["resources"][0]
    assert "expiration" not in update(simulator, made["id"], expiration=ZERO).json()["resources"][0]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"type": "ipv4"}, "type"),
        ({"value": "other.test"}, "value"),
        ({"platforms": []}, "platforms"),
        ({"action": ""}, "action"),
        ({"severity": ""}, "severity"),
        ({"action": "prevent"}, "action"),
        ({"host_groups": []}, None),
        ({"applied_globally": False}, "applied_globally"),
        ({"source": "x" * 201}, "source"),
        ({"metadata": {"filename": "x.exe"}}, None),
        ({"severity": "", "action": "no_action"}, None),
    ],
)
def test_what_an_update_takes(simulator: Tenant, fields: dict[str, Any], field: str | None) -> None:
    (made,) = stored(simulator, domain(source="feed"))
    answer = update(simulator, made["id"], **fields)
    if field:
        assert answer.status_code == 400 and answer.json()["resources"][0]["field_name"] == field
        assert listed(simulator)["resources"] == [made]
    else:
        assert answer.status_code == 200


def test_ids_that_do_not_exist(simulator: Tenant) -> None:
    (made,) = stored(simulator, domain())
    other = "f" * 64
    both = [("ids", made["id"]), ("ids", other)]
    assert update(simulator, other, severity="low").status_code == 404
    assert simulator.call("GET", ENTITIES, params={"ids": other}).status_code == 404
    mixed = simulator.call("GET", ENTITIES, params=both)
    assert mixed.status_code == 200 and [record["id"] for record in mixed.json()["resources"]] == [made["id"]]
    assert mixed.json()["errors"][0]["code"] == 404
    assert simulator.call("GET", ENTITIES, params={"ids": "nonsense"}).status_code == 400
    deleted = simulator.call("DELETE", ENTITIES, params=both)
    assert deleted.status_code == 200 and deleted.json()["resources"] == [made["id"]]
    assert simulator.call("DELETE", ENTITIES, params=both).status_code == 404
    assert simulator.call("DELETE", ENTITIES).status_code == 400


# paging


def test_after_is_a_key_and_survives_changes_between_pages(simulator: Tenant) -> None:
    simulator.seed(indicators=[{"type": "domain", "value": f"n{number:02d}.test"} for number in range(30)])
    first = listed(simulator, limit=10)
    after = first["meta"]["pagination"]["after"]
    moment, last = json.loads(base64.b64decode(after))
    assert isinstance(moment, int) and last == first["resources"][-1]["id"]
    gone = [("ids", record["id"]) for record in first["resources"]]
    assert simulator.call("DELETE", ENTITIES, params=gone).status_code == 200
    stored(simulator, domain("later.test"))
    rest = listed(simulator, limit=100, after=after)
    assert [record["value"] for record in rest["resources"]] == [
        f"n{number:02d}.test" for number in range(10, 30)
    ] + ["later.test"]
    assert rest["meta"]["pagination"]["total"] == 21
    assert listed(simulator, limit=10, after=rest["meta"]["pagination"]["after"])["resources"] == []


@pytest.mark.parametrize("token", ["nonsense", "WzFd", base64.b64encode(b'[1, "nobody"]').decode(), "W10="])
def test_a_made_up_after_is_refused(simulator: Tenant, token: str) -> None:
    assert simulator.call("GET", COMBINED, params={"after": token}).status_code == 400


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"limit": 2000}, 200),
        ({"limit": 2001}, 400),
        ({"limit": 0}, 400),
        ({"limit": "many"}, 400),
        ({"offset": -1}, 400),
        ({"offset": 9999, "limit": 1}, 200),
        ({"offset": 10000, "limit": 1}, 500),
        ({"sort": "value.up"}, 400),
    ],
)
def test_page_bounds(simulator: Tenant, query: dict[str, Any], status: int) -> None:
    assert simulator.call("GET", COMBINED, params=query).status_code == status


# other answers to open points


def quirk_page(tenant: Tenant) -> requests.Response:
    return tenant.call("GET", COMBINED, params={"limit": 2000})


def test_too_large_pages(simulator: Tenant) -> None:
    simulator.seed(indicators=[{"type": "domain", "value": f"n{number}.test"} for number in range(7)])
    simulator.quirk(max_page=5)
    assert quirk_page(simulator).status_code == 400
    simulator.quirk(too_large="html")
    assert (quirk_page(simulator).status_code, quirk_page(simulator).headers["Content-Type"][:9]) == (
        400,
        "text/html",
    )
    simulator.quirk(too_large="html_200")
    assert quirk_page(simulator).text.startswith("<html>") and quirk_page(simulator).status_code == 200
    simulator.quirk(too_large="500")
    assert quirk_page(simulator).status_code == 500
    simulator.quirk(too_large="cap")
    assert len(quirk_page(simulator).json()["resources"]) == 5
    assert quirk_page(simulator).json()["meta"]["pagination"]["limit"] == 5


def test_batches_and_quota(simulator: Tenant) -> None:
    simulator.quirk(max_batch=2)
    assert create(simulator, *[domain(f"n{number}.test") for number in range(3)]).status_code == 400
    simulator.quirk(quota=2)
    assert create(simulator, domain("a.test"), domain("b.test")).status_code == 201
    full = create(simulator, domain("c.test"))
    assert (
        full.status_code == 400
        and full.json()["errors"][0]["message"] == "Limit of 1 million indicators reached."
    )
    over = create(simulator, domain("a.test"), ignore_warnings="true")
    assert over.status_code == 201, "an overwritten indicator needs no room"


@pytest.mark.parametrize(
    ("way", "records", "same_id"), [("upsert", 1, True), ("same", 1, True), ("second", 2, False)]
)
def test_duplicate_with_ignore_warnings(simulator: Tenant, way: str, records: int, same_id: bool) -> None:
    simulator.quirk(duplicate_with_ignore=way)
    (made,) = stored(simulator, domain())
    answer = create(simulator, domain(severity="low"), ignore_warnings="true")
    (again,) = answer.json()["resources"]
    assert answer.status_code == 201 and (again["id"] == made["id"]) == same_id
    assert again["severity"] == ("high" if way == "same" else "low")
    assert listed(simulator)["meta"]["pagination"]["total"] == records
    twice = create(simulator, domain("new.test"), domain("new.test", severity="low"), ignore_warnings="true")
    assert twice.status_code == 201 and len(twice.json()["resources"]) == 2
    assert listed(simulator, filter="value:'new.test'")["meta"]["pagination"]["total"] == (
        2 if way == "second" else 1
    )


def test_partial_create(simulator: Tenant) -> None:
    simulator.quirk(create_partial="on")
    answer = create(simulator, domain("good.test"), domain(""))
    assert answer.status_code == 201 and answer.json()["errors"][0]["code"] == 400
    assert [row.get("value") for row in answer.json()["resources"]] == ["good.test", None]
    assert [record["value"] for record in simulator.indicators()] == ["good.test"]


def test_quirks_of_values_and_texts(simulator: Tenant) -> None:
    simulator.quirk(
        normalise="keep", list_order="sorted", source_max=256, severity_case="strict", row_errors_status=200
    )
    made, _other = stored(
        simulator, domain("Evil.Test", platforms=["windows", "linux"], source="x" * 256), domain("evil.test")
    )
    assert (made["value"], made["platforms"]) == ("Evil.Test", ["linux", "windows"])
    refused = create(simulator, domain("loud.test", severity="HIGH"))
    assert refused.status_code == 200 and refused.json()["resources"][0]["field_name"] == "severity"
    simulator.quirk(
        severity_with_allow="refuse",
        mobile_licence="no",
        date_only_expiration="refuse",
        unknown_host_group="accept",
        scope_both="groups",
    )
    allowed = {"type": "md5", "value": "a" * 32, "action": "allow"}
    assert (
        create(simulator, domain(**allowed, severity="low")).json()["resources"][0]["field_name"]
        == "severity"
    )
    assert (
        create(simulator, domain(platforms=["ios"], mobile_action="detect")).json()["resources"][0][
            "field_name"
        ]
        == "platforms"
    )
    assert (
        create(simulator, domain(expiration="2099-01-01")).json()["resources"][0]["field_name"]
        == "expiration"
    )
    (scoped,) = stored(simulator, domain("scoped.test", host_groups=["e" * 32]))
    assert (scoped["applied_globally"], scoped["host_groups"]) == (False, ["e" * 32])
    simulator.quirk(scope_both="global")
    (everywhere,) = stored(simulator, domain("global.test", host_groups=["e" * 32]))
    assert everywhere["applied_globally"] is True and "host_groups" not in everywhere


def test_quirks_of_searches(simulator: Tenant) -> None:
    (made,) = stored(simulator, domain())
    simulator.call("DELETE", ENTITIES, params={"ids": made["id"]})
    assert listed(simulator)["resources"] == []
    simulator.quirk(empty_resources="null")
    assert listed(simulator)["resources"] is None
    simulator.quirk(
        deleted_in_search="include",
        after_on_last_page="missing",
        unknown_property="nothing",
        beyond_10000=400,
    )
    assert len(listed(simulator)["resources"]) == 1 and "after" not in listed(simulator)["meta"]["pagination"]
    assert listed(simulator, filter="colour:'red'")["meta"]["pagination"]["total"] == 0
    assert simulator.call("GET", COMBINED, params={"offset": 10000}).status_code == 400
    simulator.quirk(after_on_last_page="present")
    after = listed(simulator)["meta"]["pagination"]["after"]
    assert simulator.call("GET", COMBINED, params={"offset": 0, "after": after}).status_code == 400
    simulator.quirk(offset_and_after="after")
    assert simulator.call("GET", COMBINED, params={"offset": 0, "after": after}).status_code == 200


def test_quirks_of_updates_and_deletes(simulator: Tenant) -> None:
    first, second = stored(simulator, domain("a.test", expiration="2099-01-01T00:00:00Z"), domain("b.test"))
    simulator.quirk(
        null_expiration="clear",
        unknown_id=200,
        ids_and_filter="filter",
        bulk_update_alone="refuse",
        mixed_ids="refuse",
    )
    assert "expiration" not in update(simulator, first["id"], expiration=None).json()["resources"][0]
    assert update(simulator, "f" * 64, severity="low").json()["resources"] == []
    assert simulator.call("GET", ENTITIES, params={"ids": "f" * 64}).json()["resources"] == []
    assert (
        simulator.call("GET", ENTITIES, params=[("ids", first["id"]), ("ids", "f" * 64)]).status_code == 404
    )
    alone = simulator.call(
        "PATCH", ENTITIES, json={"bulk_update": {"filter": "type:'domain'", "severity": "low"}}
    )
    assert alone.status_code == 400 and alone.json()["resources"][0]["field_name"] == "ID"
    gone = simulator.call("DELETE", ENTITIES, params={"ids": first["id"], "filter": "value:'b.test'"})
    assert gone.json()["resources"] == [second["id"]]


def test_quirks_of_observations_and_groups(demo_simulator: Tenant) -> None:
    tenant = demo_simulator
    path = "/iocs/queries/indicators/devices/v1"
    nobody = {"type": "domain", "value": "nobody.example.org"}
    assert tenant.call("GET", path, params=nobody).status_code == 404
    tenant.quirk(ran_on_unseen=200)
    assert tenant.call("GET", path, params=nobody).json()["resources"] == []
    seen = {"type": "domain", "value": "beacon.example.net"}
    tenant.quirk(ran_on_route="off")
    assert tenant.call("GET", path, params=seen).status_code == 404
    assert len(tenant.call("GET", "/indicators/queries/devices/v1", params=seen).json()["resources"]) == 100
    assert (
        tenant.call("GET", "/indicators/queries/devices/v1", params={**seen, "limit": "101"}).status_code
        == 400
    )
    groups = "/devices/combined/host-groups/v1"

    def names(fql: str) -> list[str]:
        return [
            group["name"] for group in tenant.call("GET", groups, params={"filter": fql}).json()["resources"]
        ]

    assert names("name:'s'") != [] and names("name:'server'") == ["Servers"]
    tenant.quirk(group_name_match="exact", group_name_case="any")
    assert names("name:'server'") == [] and names("name:'SERVERS'") == ["Servers"]
    assert sorted(names("name:['TWICE']")) == ["Twice", "twice"]


def test_device_details_bounds(demo_simulator: Tenant) -> None:
    tenant = demo_simulator
    path = "/devices/entities/devices/v2"
    ids = tenant.call("GET", "/devices/queries/devices/v1", params={"limit": 5000}).json()["resources"]
    assert len(ids) == 260
    assert tenant.call("GET", path, params=[("ids", one) for one in ids[:101]]).status_code == 400
    assert len(tenant.call("POST", path, json={"ids": ids}).json()["resources"]) == 260
    assert (
        tenant.call("POST", path, json={"ids": [f"{number:032x}" for number in range(5001)]}).status_code
        == 400
    )
    assert tenant.call("GET", path, params={"ids": "0" * 32}).status_code == 404
    some = tenant.call("GET", path, params=[("ids", ids[0]), ("ids", "0" * 32)])
    assert (
        some.status_code == 200
        and len(some.json()["resources"]) == 1
        and some.json()["errors"][0]["code"] == 404
    )


def test_aggregate_counts_values(simulator: Tenant) -> None:
    stored(
        simulator,
        domain("a.test"),
        domain("b.test", platforms=["windows", "mac"]),
        domain("c.test", severity="low"),
    )

    def buckets(field: str, fql: str = "") -> dict[str, int]:
        body = {"name": "x", "type": "terms", "field": field, "filter": fql}
        answer = simulator.call("POST", "/iocs/aggregates/indicators/v1", json=body)
        return {bucket["label"]: bucket["count"] for bucket in answer.json()["resources"][0]["buckets"]}

    assert buckets("severity") == {"high": 2, "low": 1}
    assert buckets("platforms", "value:['a.test','b.test']") == {"windows": 2, "mac": 1}


# the older collection


OLD = "/indicators/entities/iocs/v1"


def test_removed_operations_answer_404_or_403(simulator: Tenant) -> None:
    pair = {"type": "domain", "value": "evil.test"}
    assert simulator.call("GET", OLD, params=pair).status_code == 404
    simulator.quirk(removed_routes=403)
    assert simulator.call("POST", OLD, json=[pair]).status_code == 403


def test_older_indicators_are_replaced_not_refused(simulator: Tenant) -> None:
    simulator.quirk(legacy=True)
    pair = {"type": "domain", "value": "evil.test"}
    missing = simulator.call("GET", OLD, params=pair)
    assert missing.status_code == 200
    assert missing.json()["errors"] == [{"code": 404, "message": "domain:evil.test - Resource Not Found"}]
    for policy in ("detect", "none"):
        made = simulator.call("POST", OLD, json=[{**pair, "policy": policy, "expiration_days": 5}])
        assert made.status_code == 200 and made.json()["resources"] == []
    (record,) = simulator.call("GET", OLD, params=pair).json()["resources"]
    assert (record["policy"], record["share_level"]) == ("none", "red")
    assert record["expiration_timestamp"].endswith("T00:00:00Z")
    assert simulator.call("PATCH", OLD, params=pair, json={"policy": "detect"}).json()["errors"] == []
    found = simulator.call(
        "GET", "/indicators/queries/iocs/v1", params={"types": "domain,md5", "policies": "detect"}
    ).json()
    assert found["resources"] == ["domain:evil.test"] and found["meta"]["pagination"]["total"] == 1
    assert (
        simulator.call(
            "POST", OLD, json=[{"type": "md5", "value": "a" * 32, "policy": "detect", "expiration_days": 3}]
        ).status_code
        == 400
    )
    assert simulator.call("DELETE", OLD, params={"ids": "domain:evil.test"}).json()["errors"] == []
    query = "/indicators/queries/iocs/v1"
    assert simulator.call("GET", query).json()["resources"] == []
    assert simulator.call("GET", query, params={"include_deleted": "true"}).json()["resources"] == [
        "domain:evil.test"
    ]
    simulator.quirk(legacy=False)


def test_an_empty_filter_deletes_nothing(simulator: Tenant) -> None:
    stored(simulator, domain())
    assert simulator.call("DELETE", ENTITIES, params={"filter": ""}).status_code == 400
    assert len(listed(simulator)["resources"]) == 1


def test_answers_may_come_in_another_order(simulator: Tenant) -> None:
    simulator.quirk(resources_order="reversed")
    made = stored(simulator, domain("a.test"), domain("b.test"))
    assert [record["value"] for record in made] == ["b.test", "a.test"]
    ids = [("ids", record["id"]) for record in made]
    read = simulator.call("GET", ENTITIES, params=ids).json()["resources"]
    assert [record["value"] for record in read] == ["a.test", "b.test"]

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who observed an indicator, by which processes."""

from __future__ import annotations

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.api.devices import Count, Devices
from ansible_collections.threatops.falcon.plugins.module_utils.api.errors import (
    IncompleteView,
    PermissionRefused,
    RequestRefused,
)

COUNT, OLD_COUNT = "/iocs/aggregates/indicators/device-count/v1", "/indicators/aggregates/devices-count/v1"
HOSTS, OLD_HOSTS = "/iocs/queries/indicators/devices/v1", "/indicators/queries/devices/v1"


def test_a_count(falcon, connect):
    falcon.script = [falcon.ok([{"type": "domain", "value": "x", "device_count": 3, "limit_exceeded": True}])]
    client = connect()
    assert Devices(client).count("domain", "x").as_dict() == {"device_count": 3, "limit_exceeded": True}
    assert falcon.requests[0].query == [("type", "domain"), ("value", "x")]


def test_nobody_is_zero_after_both_paths_were_asked(falcon, connect):
    falcon.script = [falcon.error(404), falcon.error(404)]
    assert Devices(connect()).count("domain", "x") == Count()
    assert falcon.seen() == [f"GET {COUNT}", f"GET {OLD_COUNT}"]
    falcon.script = [
        falcon.error(404),
        falcon.ok(errors=[{"code": 404, "message": "domain:x - Resource Not Found"}]),
    ]
    assert Devices(connect()).observers("domain", "x") == []


def test_the_older_path_knows_more(falcon, connect):
    falcon.script = [
        falcon.html(404),
        falcon.ok(["a"], limit=100, offset="token"),
        falcon.ok(["b"], limit=100, offset=""),
    ]
    assert Devices(connect()).observers("md5", "x", Count(2)) == ["a", "b"]
    assert falcon.seen() == [f"GET {HOSTS}", f"GET {OLD_HOSTS}", f"GET {OLD_HOSTS}"]


def test_only_the_older_paths(falcon, connect):
    falcon.script = [falcon.ok(["a"])]
    assert Devices(connect(), legacy=True).observers("md5", "x") == ["a"]
    assert falcon.seen() == [f"GET {OLD_HOSTS}"]


def test_250_hosts_are_three_pages_and_one_request_for_details(falcon, connect):
    ids = [f"{number:032x}" for number in range(250)]

    def handler(request):
        if request.method == "POST":
            assert request.path == "/devices/entities/devices/v2"
            return falcon.ok([{"device_id": one} for one in request.body["ids"]])
        assert request.get("limit") == "100"
        start = int((request.get("offset") or "t0")[1:])
        end = start + 100
        return falcon.ok(ids[start:end], limit=100, offset=f"t{end}")  # a token comes with the last page too

    falcon.handler = handler
    devices = Devices(connect(concurrency=4))
    found = devices.observers("domain", "x")
    assert found == ids
    assert set(devices.details(found)) == set(ids)
    assert len(falcon.requests) == 4


@pytest.mark.parametrize("count", [Count(3), Count(1, limit_exceeded=True)])
def test_a_short_page_is_not_the_last_one_while_there_are_more(falcon, connect, count):
    falcon.script = [falcon.ok(["a", "b"], offset="t"), falcon.ok(["c"])]
    assert Devices(connect()).observers("domain", "x", count) == ["a", "b", "c"]


@pytest.mark.parametrize("last", [{}, {"offset": ""}, {"offset": None}, {"offset": "t"}, {"offset": 0}])
def test_the_end_of_the_ids(falcon, connect, last):
    falcon.script = [falcon.ok(["a"] * 100, offset="t"), falcon.ok(["b"], **last), falcon.ok([])]
    assert Devices(connect()).observers("domain", "x") == ["a", "b"]
    assert len(falcon.requests) == 2


def test_details_in_the_largest_batches(falcon, connect):
    falcon.handler = lambda request: falcon.ok([{"device_id": one} for one in request.body["ids"]])
    ids = [f"{number:032x}" for number in range(5001)]
    assert len(Devices(connect()).details([*ids, ids[0]])) == 5001
    assert [len(request.body["ids"]) for request in falcon.requests] == [5000, 1]


def test_unknown_hosts_are_left_out(falcon, connect):
    falcon.script = [falcon.error(404, resources=[{"device_id": "a"}])]
    assert set(Devices(connect()).details(["a", "b"])) == {"a"}
    assert Devices(connect()).details([]) == {}


def test_processes(falcon, connect):
    falcon.script = [falcon.ok(["pid:a:1", "pid:a:2"], limit=100, offset="")]
    devices = Devices(connect())
    assert devices.processes("md5", "x", "a") == ["pid:a:1", "pid:a:2"]
    assert falcon.requests[0].query == [("type", "md5"), ("value", "x"), ("device_id", "a"), ("limit", "100")]
    falcon.handler = lambda request: falcon.ok([{"process_id": one} for one in request.all("ids")])
    ids = [f"pid:{number:032x}:1" for number in range(900)]
    assert list(devices.process_details(ids)) == ids
    assert max(len(request.target) for request in falcon.requests) <= 18_000
    assert len(falcon.requests) <= 5


def test_many_side_by_side(falcon, connect):
    falcon.handler = lambda request: falcon.ok([request.get("value")])
    iocs = [("domain", f"{number}.example") for number in range(20)]
    assert Devices(connect(concurrency=4)).observers_of(iocs, [Count()] * 20) == [
        [value] for _kind, value in iocs
    ]


def test_a_missing_scope_is_named(falcon, connect):
    falcon.handler = lambda request: falcon.error(403)
    devices = Devices(connect())
    for ask, scope in (
        (
            lambda: devices.count("md5", "x"),
            "IOC Management: Read, and IOCs (Indicators of Compromise): Read",
        ),
        (lambda: devices.details(["a"]), "Hosts: Read"),
        (lambda: devices.process_details(["a"]), "IOCs (Indicators of Compromise): Read"),
    ):
        with pytest.raises(PermissionRefused) as caught:
            ask()
        assert f"needs the scope {scope}." in str(caught.value)


@pytest.mark.parametrize("code", [400, 403])
def test_an_error_in_an_answer_of_success_is_not_nobody(falcon, connect, code):
    falcon.handler = lambda request: falcon.ok(errors=[{"code": code, "message": "a shard is missing"}])
    devices = Devices(connect())
    for ask in (
        lambda: devices.count("md5", "x"),
        lambda: devices.observers("md5", "x"),
        lambda: devices.details(["a"]),
        lambda: devices.process_details(["a"]),
    ):
        with pytest.raises(IncompleteView, match="a shard is missing"):
            ask()


def test_the_older_path_may_need_a_scope_that_is_missing(falcon, connect):
    falcon.handler = lambda request: falcon.error(404 if request.path.startswith("/iocs/") else 403)
    client = connect()
    assert Devices(client).count("md5", "x") == Count()
    assert Devices(client).observers("md5", "x") == []
    assert len(client.warnings) == 1
    assert "IOCs (Indicators of Compromise): Read" in client.warnings[0]
    with pytest.raises(PermissionRefused):
        Devices(client, legacy=True).observers("md5", "x")


def test_no_sensor_reports_subdomains(falcon, connect):
    assert Devices(connect()).count("all_subdomains", "x.example").as_dict() == {
        "device_count": 0,
        "limit_exceeded": False,
    }
    assert falcon.requests == []


def test_a_page_is_asked_for_where_its_token_was_given(falcon, connect):
    page = [f"{number:032x}" for number in range(100)]
    falcon.script = [falcon.ok(page, offset="t"), falcon.error(404)]
    assert Devices(connect()).observers("md5", "x") == page
    assert falcon.seen() == [f"GET {HOSTS}", f"GET {HOSTS}"]


def test_a_place_may_be_a_number(falcon, connect):
    page = [f"{number:032x}" for number in range(100)]
    falcon.script = [falcon.ok(page, offset=100), falcon.ok(["a"], offset=101)]
    assert Devices(connect()).observers("md5", "x") == [*page, "a"]
    assert falcon.requests[1].get("offset") == "100"


def test_fewer_ids_where_a_tenant_takes_no_more(falcon, connect):
    def handler(request):
        ids = request.body["ids"]
        return falcon.ok([{"device_id": one} for one in ids]) if len(ids) <= 100 else falcon.error(400)

    falcon.handler = handler
    ids = [f"{number:032x}" for number in range(250)]
    assert set(Devices(connect()).details(ids)) == set(ids)
    falcon.handler = lambda request: falcon.error(400)
    with pytest.raises(RequestRefused):
        Devices(connect()).details(ids)


def test_one_unknown_host_does_not_hide_the_others(falcon, connect):
    def handler(request):
        ids = request.body["ids"]
        return falcon.error(404) if "unknown" in ids else falcon.ok([{"device_id": one} for one in ids])

    falcon.handler = handler
    ids = [f"{number:032x}" for number in range(250)]
    assert set(Devices(connect()).details([*ids, "unknown"])) == set(ids)
    assert len(falcon.requests) < 20
    falcon.requests.clear()
    falcon.handler = lambda request: falcon.error(404)
    assert Devices(connect()).details(ids) == {}
    assert len(falcon.requests) < 200


@pytest.mark.parametrize("asked", ["pid:", ""])
@pytest.mark.parametrize("answered", ["pid:", ""])
def test_the_record_of_a_process_may_name_it_without_its_prefix(falcon, connect, asked, answered):
    bare = "15dbb9d8f06b89fe9f61eb46e829d986:528715079668"
    falcon.script = [falcon.ok([{"process_id": answered + bare, "file_name": "evil.exe"}])]
    found = Devices(connect()).process_details([asked + bare])
    assert found == {asked + bare: {"process_id": asked + bare, "file_name": "evil.exe"}}

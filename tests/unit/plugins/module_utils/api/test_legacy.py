# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API of 2021, word for word, in today's vocabulary."""

from __future__ import annotations

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.api.errors import (
    IncompleteView,
    NotSupported,
    PermissionRefused,
)
from ansible_collections.threatops.falcon.plugins.module_utils.api.legacy import Legacy
from ansible_collections.threatops.falcon.plugins.module_utils.api.legacy_words import to_record

ENTITIES = "/indicators/entities/iocs/v1"
QUERIES = "/indicators/queries/iocs/v1"


class OldTenant:
    """Enough of `/indicators/*`."""

    def __init__(self, falcon):
        self.falcon = falcon
        self.rows = {}
        falcon.handler = self

    def add(self, kind, value, **fields):
        self.rows[f"{kind}:{value}"] = {
            "type": kind,
            "value": value,
            "policy": "detect",
            "share_level": "red",
            **fields,
        }

    def __call__(self, request):
        if request.path == QUERIES:
            found = [
                one
                for one, row in self.rows.items()
                if all(
                    row.get(name) in request.all(parameter)
                    for parameter, name in (("types", "type"), ("values", "value"), ("sources", "source"))
                    if request.all(parameter)
                )
            ]
            start = int(request.get("offset"))
            page = found[start : start + int(request.get("limit"))]
            return self.falcon.ok(page, total=len(found), offset=start, limit=500)
        assert request.path == ENTITIES
        if request.method == "POST":
            assert isinstance(request.body, list)
            for row in request.body:
                assert set(row) <= {
                    "type",
                    "value",
                    "policy",
                    "share_level",
                    "expiration_days",
                    "source",
                    "description",
                }
                self.rows[f"{row['type']}:{row['value']}"] = row
            return self.falcon.ok()
        one = f"{request.get('type')}:{request.get('value')}"
        if one not in self.rows:
            return self.falcon.ok(errors=[{"code": 404, "message": f"{one} - Resource Not Found"}])
        if request.method == "GET":
            return self.falcon.ok([self.rows[one]])
        if request.method == "DELETE":
            del self.rows[one]
        else:
            assert isinstance(request.body, dict)
            self.rows[one].update(request.body)
        return self.falcon.ok()


@pytest.fixture
def old(falcon):
    return OldTenant(falcon)


def body(value="a.example", kind="domain", **fields):
    desktop = ["windows", "mac", "linux"]
    return {
        "type": kind,
        "value": value,
        "action": "detect",
        "platforms": desktop,
        "applied_globally": True,
        **fields,
    }


def test_a_record_in_todays_words():
    record = to_record(
        {
            "type": "ipv6",
            "value": "2001:db8::1",
            "policy": "none",
            "share_level": "red",
            "source": "test",
            "description": "",
            "expiration_timestamp": "2020-11-01T00:00:00Z",
            "created_timestamp": "2020-10-01T09:09:04Z",
            "created_by": "x",
        }
    )
    assert record == {
        "id": "ipv6:2001:db8::1",
        "type": "ipv6",
        "value": "2001:db8::1",
        "action": "no_action",
        "mobile_action": "no_action",
        "platforms": ["windows", "mac", "linux"],
        "applied_globally": True,
        "expired": False,
        "deleted": False,
        "from_parent": False,
        "source": "test",
        "expiration": "2020-11-01T00:00:00Z",
        "created_on": "2020-10-01T09:09:04Z",
        "created_by": "x",
    }


@pytest.mark.parametrize(
    ("option", "given"),
    [
        ("action prevent", body(action="prevent")),
        ("severity", body(severity="high")),
        ("mobile_action", body(mobile_action="detect")),
        ("platforms", body(platforms=["windows"])),
        ("host_groups", body(host_groups=["a" * 32], applied_globally=False)),
        ("tags", body(tags=["x"])),
        ("filename", body(metadata={"filename": "x"})),
        ("expiration ", body(expiration="2030-01-01T00:00:00Z")),
        ("expiration_days with type md5", body(kind="md5", expiration_days=3)),
        ("type all_subdomains", body(kind="all_subdomains")),
    ],
)
def test_what_it_cannot_express_is_named(connect, option, given):
    reason = Legacy(connect()).check(given["type"], given)
    assert option in reason and "api: current" in reason


@pytest.mark.parametrize(
    "given",
    [body(expiration_days=3), body(action="no_action", severity="", tags=[], description="x", source="y")],
)
def test_what_it_can_express(connect, given):
    assert Legacy(connect()).check(given["type"], given) is None


@pytest.mark.parametrize("options", [{"comment": "x"}, {"ignore_warnings": True}, {"retrodetects": True}])
def test_what_a_write_cannot_carry_is_named_before_anything_is_sent(falcon, connect, options):
    with pytest.raises(NotSupported, match=next(iter(options))):
        Legacy(connect()).create([body()], **options)
    assert falcon.requests == []


def test_create_sends_an_array_in_its_own_words(falcon, old, connect):
    bodies = [body(f"{number}.example", expiration_days=7, source="s", severity="") for number in range(250)]
    outcomes = Legacy(connect()).create(bodies, comment="", ignore_warnings=False, retrodetects=False)
    assert {outcome.status for outcome in outcomes} == {"done"}
    assert [len(request.body) for request in falcon.requests] == [200, 50]
    assert falcon.requests[0].query == []
    assert falcon.requests[0].body[0] == {
        "share_level": "red",
        "type": "domain",
        "value": "0.example",
        "policy": "detect",
        "expiration_days": 7,
        "source": "s",
    }


def test_update_and_delete_by_type_and_value(falcon, old, connect):
    old.add("ipv6", "2001:db8::1")
    api = Legacy(connect())
    assert [one.status for one in api.update([{"id": "ipv6:2001:db8::1", "action": "no_action"}])] == ["done"]
    assert [one.status for one in api.update([{"id": "md5:x", "action": "detect"}])] == ["gone"]
    assert [one.status for one in api.delete(["ipv6:2001:db8::1", "md5:x"])] == ["done", "gone"]
    patch = falcon.requests[0]
    assert (patch.method, patch.query, patch.body) == (
        "PATCH",
        [("type", "ipv6"), ("value", "2001:db8::1")],
        {"policy": "none"},
    )
    assert old.rows == {}


@pytest.mark.parametrize("verb", ["create", "update", "delete"])
@pytest.mark.parametrize("done", [True, False])
def test_a_lost_answer_is_read_back(falcon, old, connect, verb, done):
    old.add("domain", "b.example")

    def lose(request):
        if done:
            old(request)
        return falcon.reset

    falcon.script = [lose]
    api = Legacy(connect())
    if verb == "create":
        outcomes = api.create([body()])
    elif verb == "update":
        outcomes = api.update([{"id": "domain:b.example", "action": "no_action"}])
    else:
        outcomes = api.delete(["domain:b.example"])
    assert [outcome.status for outcome in outcomes] == ["done"]
    sent = [request.method for request in falcon.requests if request.method != "GET"]
    assert len(sent) == (1 if done else 2)


def test_observe_one(falcon, old, connect):
    old.add("domain", "a.example")
    api = Legacy(connect())
    assert [record["id"] for record in api.observe([("domain", "a.example", "a.example")], [], False)] == [
        "domain:a.example"
    ]
    assert falcon.seen() == [f"GET {ENTITIES}"]
    assert api.observe([("domain", "b.example", "B.example")], [], False) == []


def test_what_it_cannot_hold_is_not_asked_for(falcon, connect):
    wanted = [("all_subdomains", "a.example", "a.example")]
    assert Legacy(connect()).observe(wanted, [], False) == []
    for selection in ({"types": ["all_subdomains"]}, {"actions": ["prevent"]}):
        assert Legacy(connect()).search(selection).records == []
    assert falcon.requests == []


def test_observe_many_and_a_source(falcon, old, connect):
    for number in range(700):
        old.add("domain", f"{number}.example", source="ours" if number < 650 else "x")
    wanted = [("domain", f"{number}.example", f"{number}.example") for number in (1, 660, 9999)]
    found = Legacy(connect(concurrency=4)).observe(wanted, ["ours"], True)
    assert len(found) == 651
    queries = [request for request in falcon.requests if request.path == QUERIES]
    assert [request.get("offset") for request in queries] == ["0", "0", "500"]
    assert all(request.get("limit") == "500" for request in queries)


def test_find(falcon, old, connect):
    old.add("domain", "a.example", source="s")
    old.add("md5", "0" * 32, source="s", policy="none")
    api = Legacy(connect())
    found = api.search(
        {
            "sources": ["s"],
            "actions": ["no_action"],
            "expires_after": "2020-01-01T00:00:00Z",
            "include_deleted": True,
        },
        sort="expiration.desc",
        limit=1,
    )
    assert (found.total, found.fql, len(found.records)) == (2, "", 1)
    assert falcon.requests[0].query == [
        ("sources", "s"),
        ("policies", "none"),
        ("from.expiration_timestamp", "2020-01-01T00:00:00Z"),
        ("sort", "expiration_timestamp.desc"),
        ("include_deleted", "true"),
        ("limit", "1"),
        ("offset", "0"),
    ]
    assert api.search({"tags": ["x"]}).records == []
    for selection in ({"filter": "type:'md5'"}, {"expired": True}):
        with pytest.raises(NotSupported, match="cannot search"):
            api.search(selection)
    with pytest.raises(NotSupported, match="cannot sort"):
        api.search({}, sort="modified_on.desc")


@pytest.mark.parametrize("said", ["404", "html 404", "405", "410", "html 410"])
def test_switched_off_is_one_sentence(falcon, connect, said):
    status = int(said[-3:])
    falcon.handler = lambda request: (
        falcon.html(status) if "html" in said else falcon.error(status, "page not found")
    )
    api = Legacy(connect())
    for ask in (
        lambda: api.observe([("domain", "a.example", "a.example")], ["s"], True),
        lambda: api.search({}),
    ):
        with pytest.raises(NotSupported) as caught:
            ask()
        assert "switched the legacy API" in str(caught.value) and str(caught.value).endswith(
            "Use api: current."
        )
    for outcomes in (
        api.create([body()]),
        api.update([{"id": "md5:x", "action": "detect"}]),
        api.delete(["md5:x"]),
    ):
        assert outcomes[0].status == "failed"
        assert "switched the legacy API" in outcomes[0].message


def test_a_403_may_mean_either(falcon, connect):
    falcon.handler = lambda request: falcon.error(403, "access denied, authorization failed")
    with pytest.raises(PermissionRefused) as caught:
        Legacy(connect()).search({})
    assert "IOCs (Indicators of Compromise): Read" in str(caught.value) and "api: current" in str(
        caught.value
    )


def test_half_a_view_is_none(falcon, connect):
    falcon.handler = lambda request: falcon.ok([], total=3)
    with pytest.raises(IncompleteView):
        Legacy(connect()).search({})
    falcon.handler = lambda request: falcon.ok(errors=[{"code": 1, "message": "a shard is missing"}])
    with pytest.raises(IncompleteView, match="a shard is missing"):
        Legacy(connect()).observe([("domain", "a.example", "a.example")], [], False)


@pytest.mark.parametrize("shown", [True, False])
def test_deleted_ones_are_those_that_only_a_query_for_them_shows(falcon, connect, shown):
    live, gone = "domain:live.example", "domain:gone.example"

    def handler(request):
        if request.path == QUERIES:
            both = [gone] if request.get("deleted_by") else [live, gone]
            found = both if request.get("include_deleted") == "true" else [live]
            return falcon.ok(found[int(request.get("offset")) :], total=len(found))
        one = f"{request.get('type')}:{request.get('value')}"
        if one == gone and not shown:
            return falcon.ok(errors=[{"code": 404, "message": f"{gone} - Resource Not Found"}])
        return falcon.ok([{"type": "domain", "value": request.get("value"), "policy": "detect"}])

    falcon.handler = handler
    api = Legacy(connect())
    found = api.search({"include_deleted": True})
    assert [(record["id"], record["deleted"]) for record in found.records] == [(live, False), (gone, True)]
    for selection in ({"deleted": True}, {"deleted_by": "carol"}):
        found = api.search(selection)
        assert [(record["id"], record["deleted"]) for record in found.records] == [(gone, True)]
        assert found.total == 1
    assert any(("deleted_by", "carol") in request.query for request in falcon.requests)


def test_pages_without_a_total_end_with_one_that_brings_nothing(falcon, connect):
    ids = [f"domain:{number}.example" for number in range(1200)]

    def handler(request):
        if request.path == QUERIES:
            start = int(request.get("offset"))
            return falcon.ok(ids[start : start + 500])
        return falcon.ok([{"type": "domain", "value": request.get("value"), "policy": "detect"}])

    falcon.handler = handler
    assert len(Legacy(connect()).search({"share_levels": ["red"]}).records) == 1200
    assert falcon.requests[0].query[0] == ("share_levels", "red")


def test_a_source_with_a_comma_is_compared_here(falcon, old, connect):
    old.add("domain", "a.example", source="a, b")
    old.add("domain", "b.example", source="a")
    found = Legacy(connect()).search({"sources": ["a, b"]})
    assert [record["value"] for record in found.records] == ["a.example"]


def test_a_query_with_an_error_is_no_view(falcon, connect):
    falcon.handler = lambda request: falcon.ok(
        ["md5:x"], errors=[{"code": 1, "message": "a shard is missing"}]
    )
    with pytest.raises(IncompleteView, match="a shard is missing"):
        Legacy(connect()).search({})


def test_a_path_that_is_not_found_is_no_indicator_that_is_not(falcon, connect):
    falcon.handler = lambda request: falcon.error(404, "Resource Not Found")
    api = Legacy(connect())
    for ask in (lambda: api.search({}), lambda: api.observe([("md5", "x", "x")], [], False)):
        with pytest.raises(NotSupported, match="switched the legacy API"):
            ask()
    falcon.handler = lambda request: falcon.error(404, "md5:x - Resource Not Found")
    assert api.observe([("md5", "x", "x")], [], False) == []


def pages(falcon, every, size=500):
    """Pages of type:value by offset."""

    def handler(request):
        if request.path != "/indicators/queries/iocs/v1":
            kind, value = request.get("type"), request.get("value")
            return falcon.ok([{"type": kind, "value": value, "policy": "detect", "source": "ours"}])
        start = int(request.get("offset"))
        return falcon.ok(every[start : start + size], total=len(every))

    return handler


def names(count):
    return [f"domain:{number}.example" for number in range(count)]


def test_a_tenant_that_ignores_the_offset_is_no_view(falcon, connect, clock):
    falcon.handler = lambda request: falcon.ok(names(500), total=1200)
    with pytest.raises(IncompleteView, match="not all that it says there are"):
        Legacy(connect(retries=2)).observe([], ["ours"], True)
    assert len(falcon.requests) == 3 * 2


@pytest.mark.parametrize("rows", [500, 499])
def test_a_tenant_that_ignores_the_offset_and_tells_no_total(falcon, connect, clock, rows):
    falcon.handler = lambda request: (
        falcon.ok(names(rows)) if "queries" in request.path else falcon.ok([{"type": "domain", "value": "x"}])
    )
    api = Legacy(connect(retries=1))
    if rows == 500:
        with pytest.raises(IncompleteView):
            api.observe([], ["ours"], True)
    else:
        api.observe([], ["ours"], True)
        assert len([one for one in falcon.requests if "queries" in one.path]) == 2


def test_a_deletion_while_it_lists_skips_nothing(falcon, connect, clock):
    """One of the first page is deleted: the rest moves up by one, and a match would be skipped."""
    every = names(1200)
    serve = pages(falcon, every)

    def handler(request):
        if "queries" in request.path and request.get("offset") == "500" and len(every) == 1200:
            every.pop(0)
        return serve(request)

    falcon.handler = handler
    found = Legacy(connect(concurrency=4)).observe([], ["ours"], True)
    assert {f"domain:{one['value']}" for one in found} == set(every)


def test_rows_that_repeat_are_one_indicator(falcon, connect):
    page = ["domain:0.example", "domain:0.example", "domain:1.example"]
    serve = pages(falcon, page)
    falcon.script = [falcon.ok(page, total=2)]
    falcon.handler = serve
    assert len(Legacy(connect()).observe([], ["ours"], True)) == 2


def test_a_value_with_a_soft_hyphen(falcon, connect):
    falcon.handler = pages(falcon, names(1))
    wanted = [("domain", "evil.example", "evil\u00ad.example"), ("domain", "0.example", "0.example")]
    assert [one["value"] for one in Legacy(connect()).observe(wanted)] == ["0.example"]
    assert "evil\u00ad.example" in falcon.requests[0].all("values")


def test_an_error_inside_a_read_is_never_a_view(falcon, connect, clock):
    half = falcon.ok([{"type": "domain", "value": "x"}], errors=[{"code": 500, "message": "shard failed"}])
    falcon.script = [half, falcon.ok([{"type": "domain", "value": "x.example"}])]
    assert Legacy(connect()).get("domain", "x.example")["value"] == "x.example"
    falcon.script = [half] * 2
    with pytest.raises(IncompleteView, match="shard failed"):
        Legacy(connect(retries=1)).get("domain", "x.example")


def test_reread(falcon, connect):
    falcon.handler = pages(falcon, names(1))
    assert Legacy(connect()).reread([{"type": "domain", "value": "x.example"}])[0]["source"] == "ours"

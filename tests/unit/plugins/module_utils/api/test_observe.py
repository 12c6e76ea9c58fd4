# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read to see a list, and that it is all of it."""

from __future__ import annotations

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.api.current import Current
from ansible_collections.threatops.falcon.plugins.module_utils.api.errors import (
    IncompleteView,
    RequestRefused,
)
from ansible_collections.threatops.falcon.plugins.module_utils.api.urls import values as chunks


def sha256(number):
    return f"{number:064x}"


def wanted(*values, kind="sha256"):
    return [(kind, value, value) for value in values]


def fill(tenant, count, source="ours", start=0):
    for number in range(start, start + count):
        tenant.add(sha256(number), "sha256", source=source)


def filters(falcon):
    return [request.get("filter") for request in falcon.requests]


def test_one_value_is_one_request_with_both_spellings(falcon, tenant, connect):
    tenant.add("evil.example")
    tenant.add("other.example")
    found = Current(connect()).observe([("domain", "evil.example", "EVIL.example")], [], False)
    assert [record["value"] for record in found] == ["evil.example"]
    assert filters(falcon) == ["value:['evil.example','EVIL.example']+deleted:false"]


def test_a_record_in_another_spelling_is_the_same_indicator(falcon, tenant, connect):
    tenant.add("EVIL.Example")
    found = Current(connect()).observe([("domain", "evil.example", "EVIL.Example")], [], False)
    assert len(found) == 1


def test_a_hash_in_capitals_is_found_as_long_as_that_costs_no_request(falcon, tenant, connect):
    tenant.add("AB" * 32, "sha256")
    found = Current(connect()).observe(wanted("ab" * 32), [], False)
    assert [record["value"] for record in found] == ["AB" * 32]
    many = [f"{number:063x}a" for number in range(200)]
    Current(connect()).observe(wanted(*many), [], False)
    assert len(falcon.requests) == 2
    assert "A'" not in filters(falcon)[1]


def test_everywhere_finds_what_nobody_would_ask_for(falcon, tenant, connect):
    tenant.add("EVIL.Example")
    tenant.add("other.example")
    api = Current(connect())
    assert api.observe(wanted("evil.example", kind="domain"), [], False) == []
    found = api.observe(wanted("evil.example", kind="domain"), [], False, everywhere=True)
    assert [record["value"] for record in found] == ["EVIL.Example"]
    assert filters(falcon)[-1] == "type:['domain']+deleted:false"


def test_another_type_of_the_same_value_is_another_indicator(falcon, tenant, connect):
    tenant.add("evil.example", "all_subdomains")
    assert Current(connect()).observe(wanted("evil.example", kind="domain"), [], False) == []


def test_owners_by_tag(falcon, tenant, connect):
    tenant.add("a.example", tags=["owner:ours"])
    tenant.add("b.example", source="ours")
    tenant.add("c.example", tags=["owner:theirs"])
    tenant.add("d.example", tags=["owner:ours"], from_parent=True)
    api = Current(connect())
    found = api.observe(wanted("x.example", kind="domain"), ["ours"], True, tags=["owner:ours"])
    assert {record["value"] for record in found} == {"a.example", "b.example"}
    assert len(falcon.requests) == 1
    alone = api.observe([], [], True, tags=["owner:ours"])
    assert {record["value"] for record in alone} == {"a.example"}
    assert filters(falcon)[-1] == "tags:['owner:ours']+deleted:false"


def test_an_owner_that_no_filter_can_hold_is_looked_for_everywhere(falcon, tenant, connect):
    odd = 'owner:it\'s \\ "ours"'
    tenant.add("a.example", tags=[odd])
    tenant.add("b.example")
    found = Current(connect()).observe([], [], True, tags=[odd])
    assert {record["value"] for record in found} == {"a.example"}


def test_values_and_source_in_one_request(falcon, tenant, connect):
    tenant.add("a.example", source="ours")
    tenant.add("b.example", source="theirs")
    tenant.add("c.example", source="theirs")
    found = Current(connect()).observe(wanted("b.example", kind="domain"), ["ours"], True)
    assert {record["value"] for record in found} == {"a.example", "b.example"}
    assert filters(falcon) == ["(value:['b.example'],source:['ours'])+deleted:false"]


def test_a_source_alone(falcon, tenant, connect):
    tenant.add("a.example", source="ours")
    assert len(Current(connect()).observe([], ["ours"], True)) == 1
    assert filters(falcon) == ["source:['ours']+deleted:false"]


def test_nothing_wanted_is_not_asked_for(falcon, tenant, connect):
    assert Current(connect()).observe([], ["ours"], False) == []
    assert falcon.requests == []


def test_a_list_that_is_its_sources_costs_the_pages_of_the_source(falcon, tenant, connect):
    fill(tenant, 4000)
    fill(tenant, 8000, "theirs", 10_000)
    found = Current(connect()).observe(wanted(*map(sha256, range(4000))), ["ours"], True)
    assert len(found) == 4000
    assert filters(falcon) == ["source:['ours']+deleted:false"] * 2


def test_the_few_that_others_own_are_asked_for_by_value(falcon, tenant, connect):
    fill(tenant, 1990)
    fill(tenant, 10, "theirs", 1990)
    fill(tenant, 3000, "elsewhere", 10_000)
    found = Current(connect()).observe(wanted(*map(sha256, range(2000))), ["ours"], True)
    assert len(found) == 2000
    assert len(falcon.requests) == 2
    assert filters(falcon)[1].startswith("value:[")


def test_a_new_list_on_a_small_tenant_reads_the_tenant(falcon, tenant, connect):
    fill(tenant, 50, "theirs", 10_000)
    found = Current(connect()).observe(wanted(*map(sha256, range(1000))), ["ours"], True)
    assert found == []
    assert filters(falcon) == ["source:['ours']+deleted:false", "deleted:false"]


def test_a_new_list_on_a_large_tenant_is_asked_for_by_value(falcon, tenant, connect):
    fill(tenant, 21_000, "theirs", 10_000)
    tenant.add(sha256(5), "sha256", source="theirs")
    found = Current(connect(concurrency=4)).observe(wanted(*map(sha256, range(1000))), ["ours"], True)
    assert [record["value"] for record in found] == [sha256(5)]
    assert len(falcon.requests) <= 2 + 5
    assert filters(falcon).count("deleted:false") == 1


def test_without_a_source(falcon, tenant, connect):
    fill(tenant, 600)
    found = Current(connect()).observe(wanted(*map(sha256, range(600))), [], False)
    assert len(found) == 600
    assert filters(falcon) == ["deleted:false"]


def test_a_large_source_is_not_read_for_a_few_values(falcon, tenant, connect):
    fill(tenant, 12_000)
    found = Current(connect()).observe(wanted(*map(sha256, range(600))), ["ours"], False)
    assert len(found) == 600
    assert len(falcon.requests) <= 2 + 3


@pytest.mark.parametrize("whole", [True, False])
def test_whatever_way_it_is_read_the_answer_is_the_same(falcon, tenant, connect, whole):
    fill(tenant, 700)
    fill(tenant, 700, "theirs", 5000)
    fill(tenant, 2500, "elsewhere", 20_000)
    numbers = [*range(300), *range(5000, 5400), *range(90_000, 90_100)]
    found = Current(connect(), page_size=500).observe(wanted(*map(sha256, numbers)), ["ours"], whole)
    assert len(found) == (700 if whole else 300) + 400
    assert len({record["id"] for record in found}) == len(found)


def test_no_url_is_too_long(falcon, tenant, connect):
    """The tenant answers 414 above 19,000 characters."""
    values = [f"{'ü' * 20}{number}.example".encode("idna").decode() for number in range(3000)]
    Current(connect()).observe(wanted(*values, kind="domain"), [], False)
    Current(connect()).observe(
        [("domain", f"{number}.example", "Ü" * 150) for number in range(50)], ["s" * 200], True
    )
    fill(tenant, 5000, "x")
    Current(connect()).observe(wanted(*values, kind="domain"), [], False)
    assert max(len(request.target) for request in falcon.requests) <= 18_100


@pytest.mark.parametrize("status", [400, 414])
def test_a_tenant_that_takes_only_shorter_filters(falcon, tenant, connect, status):
    fill(tenant, 300)

    def handler(request):
        if len(request.get("filter") or "") > 5000:
            return falcon.error(status, "check fql filter")
        return tenant(request)

    falcon.handler = handler
    client = connect()
    found = Current(client).observe(wanted(*map(sha256, range(240))), [], False)
    assert len(found) == 240
    assert any("A long filter was refused" in text for text in client.warnings)


def test_a_short_filter_that_is_refused_is_not_sent_again(falcon, connect):
    falcon.handler = lambda request: falcon.error(400, "check fql filter")
    with pytest.raises(RequestRefused):
        Current(connect()).observe(wanted("a.example", kind="domain"), [], False)
    assert len(falcon.requests) == 1


@pytest.mark.parametrize("source", ["a*b", "x'y\"z", "back\\slash"])
def test_a_source_that_no_filter_can_hold(falcon, tenant, connect, source):
    tenant.add("a.example", source=source)
    tenant.add("b.example", source="aXb")
    found = Current(connect()).observe([], [source], True)
    assert [record["source"] for record in found] == [source]
    assert filters(falcon) == ["deleted:false"]


def test_a_value_that_no_filter_can_hold(falcon, tenant, connect):
    tenant.add("a'b\"c")
    found = Current(connect()).observe(wanted("a'b\"c", kind="domain"), [], False)
    assert len(found) == 1


def test_deleted_records_are_none_and_inherited_ones_no_part_of_a_source(falcon, connect):
    rows = [
        {"id": "1", "type": "domain", "value": "a.example", "source": "ours", "deleted": True},
        {"id": "2", "type": "domain", "value": "a.example", "source": "ours", "from_parent": True},
        {"id": "3", "type": "domain", "value": "b.example", "source": "ours", "from_parent": True},
        {"id": "4", "type": "domain", "value": "c.example", "source": "ours"},
    ]
    falcon.script = [falcon.ok(rows, total=4)]
    found = Current(connect()).observe(wanted("a.example", kind="domain"), ["ours"], True)
    assert [record["id"] for record in found] == ["2", "4"]


def test_half_a_view_is_none(falcon, tenant, connect):
    fill(tenant, 5)
    short = falcon.ok([], total=5, after="x")
    falcon.script = [short, short]
    with pytest.raises(IncompleteView):
        Current(connect(retries=1)).observe(wanted(*map(sha256, range(5))), ["ours"], True)


def test_chunks_hold_everything_once():
    values = [f"{number}.example" for number in range(1000)]
    shared = chunks(values, 500)
    assert [value for some in shared for value in some] == values
    assert all(sum(len(value) + 3 for value in some) <= 500 for some in shared)
    assert len(chunks(["x" * 900], 500)) == 1, "one that is too long goes alone"

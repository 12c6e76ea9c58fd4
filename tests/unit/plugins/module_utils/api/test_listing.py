# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading to the end, or not at all."""

from __future__ import annotations

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.api.errors import (
    IncompleteView,
    RequestRefused,
    Unavailable,
)
from ansible_collections.threatops.falcon.plugins.module_utils.api.limits import Limits
from ansible_collections.threatops.falcon.plugins.module_utils.api.listing import BY_CREATION, Listing


def rows(*numbers):
    return [{"id": f"{number:064x}", "type": "domain", "value": f"{number}.example"} for number in numbers]


def dated(*numbers):
    """Rows with a time of creation in the order of their numbers."""
    return [
        {**row, "created_on": f"2026-01-01T00:{number // 60:02}:{number % 60:02}.5Z"}
        for row, number in zip(rows(*numbers), numbers)
    ]


def listing(client, size=3, most=None):
    return Listing(client, Limits(size), [("filter", "deleted:false")], most)


def count(client, size=3, most=None):
    return len(listing(client, size, most).read_to_the_end())


def places(falcon):
    return [
        (request.get("limit"), request.get("after"), request.get("offset")) for request in falcon.requests
    ]


def test_pages_to_the_end_without_an_empty_page(falcon, connect):
    falcon.script = [
        falcon.ok(rows(1, 2, 3), total=6, after="a"),
        falcon.ok(rows(4, 5, 6), total=6, after="b"),
    ]
    assert count(connect()) == 6
    assert places(falcon) == [("3", None, None), ("3", "a", None)]
    assert all(request.get("filter") == "deleted:false" for request in falcon.requests)


def test_an_empty_tenant_is_one_request(falcon, connect):
    falcon.script = [falcon.ok(None, total=0)]
    assert count(connect()) == 0


def test_short_pages_in_the_middle(falcon, connect):
    falcon.script = [
        falcon.ok(rows(1), total=4, after="a"),
        falcon.ok(rows(2, 3), total=4, after="b"),
        falcon.ok(rows(4), total=4, after="c"),
    ]
    assert count(connect()) == 4


def test_without_a_token_the_offset_leads_on(falcon, connect):
    falcon.script = [falcon.ok(rows(1, 2, 3), total=5), falcon.ok(rows(4, 5), total=5)]
    assert count(connect()) == 5
    assert places(falcon) == [("3", None, None), ("3", None, "3")]


def test_offsets_end_at_ten_thousand(falcon, connect):
    def handler(request):
        start, limit = int(request.get("offset") or 0), int(request.get("limit"))
        assert start + limit <= 10_000
        return falcon.ok(rows(*range(start, start + limit)), total=10_003)

    falcon.handler = handler
    with pytest.raises(IncompleteView, match="there are 10003 but shows 10000"):
        count(connect(retries=1), 2000)
    assert len(falcon.requests) == 10, "read twice"


@pytest.mark.parametrize("after", [None, "", 7, ["a"]])
def test_no_pagination_at_all_reads_until_a_page_is_empty(falcon, connect, after):
    falcon.script = [falcon.ok(rows(1, 2, 3), after=after), falcon.ok(rows(4), after=after), falcon.ok([])]
    assert count(connect()) == 4
    assert [request.get("offset") for request in falcon.requests] == [None, "3", "4"]


def test_an_answer_without_a_total_and_without_rows_says_nothing(falcon, connect):
    falcon.handler = lambda request: falcon.raw(b"{}")
    with pytest.raises(IncompleteView):
        count(connect())


FAULTS = {
    "an empty page": lambda falcon: falcon.ok([], total=4, after="b"),
    "the same token": lambda falcon: falcon.ok(rows(1, 2, 3), total=4, after="a"),
    "the same token and less": lambda falcon: falcon.ok(rows(3), total=4, after="a"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_listing_that_stops_short_is_read_again_once(falcon, connect, fault):
    first = falcon.ok(rows(1, 2, 3), total=4, after="a")
    falcon.script = [first, FAULTS[fault](falcon), first, falcon.ok(rows(4), total=4, after="b")]
    client = connect()
    assert count(client) == 4
    assert [request.get("after") for request in falcon.requests] == [None, "a", None, "a"]
    assert len(client.warnings) == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_a_listing_that_always_stops_short_is_no_view(falcon, connect, fault):
    first = falcon.ok(rows(1, 2, 3), total=4, after="a")
    falcon.script = [first, FAULTS[fault](falcon), first, FAULTS[fault](falcon)]
    with pytest.raises(IncompleteView, match="there are 4 but shows 3"):
        count(connect(retries=1))


def test_a_page_without_resources_is_read_again(falcon, connect):
    first, nothing = falcon.ok(rows(1, 2, 3), total=4, after="a"), falcon.ok(None, total=4, after="b")
    falcon.script = [first, nothing, falcon.ok(rows(4), total=4, after="b")]
    client = connect()
    assert count(client) == 4
    assert [request.get("after") for request in falcon.requests] == [None, "a", "a"]


def test_a_page_without_resources_twice_is_an_empty_page(falcon, connect):
    first, nothing = falcon.ok(rows(1, 2, 3), total=4, after="a"), falcon.ok(None, total=4, after="b")
    falcon.script = [first, nothing, nothing, first, nothing, nothing]
    with pytest.raises(IncompleteView, match="there are 4 but shows 3"):
        count(connect(retries=1))


def test_a_first_page_that_has_more_rows_than_its_total_is_not_the_end(falcon, connect):
    falcon.script = [
        falcon.ok(rows(1, 2, 3), total=2, after="a"),
        falcon.ok(rows(4, 5), total=5, after="b"),
    ]
    assert count(connect()) == 5


def test_a_total_that_grows(falcon, connect):
    falcon.script = [
        falcon.ok(rows(1, 2, 3), total=4, after="a"),
        falcon.ok(rows(4, 5), total=5, after="b"),
    ]
    assert count(connect()) == 5


def test_a_total_that_shrinks_does_not_end_it_early(falcon, connect):
    """Those that are gone may be among those read: the rest is still to come."""
    falcon.script = [
        falcon.ok(dated(1, 2, 3), total=6, after="a"),
        falcon.ok(dated(4, 5, 6), total=3, after="b"),
        falcon.ok([], total=3, after=""),
    ]
    assert count(connect()) == 6
    assert len(falcon.requests) == 3


def test_a_total_that_shrinks_while_records_may_move_is_read_again(falcon, connect):
    """One was read and then deleted, another moved to a page read before: the counts agree, the view is half."""
    moved = [
        falcon.ok(dated(2, 1, 3), total=6, after="a"),
        falcon.ok(dated(4, 5), total=5, after="b"),
        falcon.ok([], total=5, after=""),
    ]
    falcon.script = [*moved, falcon.ok(dated(1, 3, 4), total=5, after="a"), falcon.ok(dated(5, 6), total=5)]
    assert count(connect()) == 5
    assert len(falcon.requests) == 5


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("text", ["invalid sort", "bad request"])
def test_a_tenant_that_refuses_the_order_of_creation(falcon, connect, status, text):
    def handler(request):
        if request.get("sort"):
            return falcon.error(status, text)
        return falcon.ok(rows(1, 2), total=2)

    falcon.handler = handler
    client = connect()
    limits = Limits(2000)
    for _round in range(2):
        assert len(Listing(client, limits, []).read_to_the_end()) == 2
    assert (limits.sorts, limits.rows) == (False, 2000)
    if text == "invalid sort":
        assert [request.get("sort") for request in falcon.requests] == [BY_CREATION, None, None]


def test_a_filter_that_is_refused_does_not_cost_the_order(falcon, connect):
    limits = Limits(2000)
    falcon.handler = lambda request: falcon.error(400, "no")
    with pytest.raises(RequestRefused):
        Listing(connect(), limits, []).read_to_the_end()
    assert (limits.sorts, limits.rows) == (True, 2000)


@pytest.mark.parametrize("full", [True, False])
def test_a_page_that_repeats_with_neither_total_nor_after(falcon, connect, clock, full):
    """A page that brings nothing new is the end where it is not full; a full one hides what comes behind it."""
    falcon.handler = lambda request: falcon.ok(rows(1, 2, 3) if full else rows(1, 2))
    client = connect(retries=2)
    if full:
        with pytest.raises(IncompleteView, match="does not say how many"):
            count(client, 3)
        assert len(falcon.requests) == 6
    else:
        assert count(client, 3) == 2
        assert len(falcon.requests) == 2


def test_a_lagging_total_is_looked_at_as_often_as_retries_says(falcon, connect, clock):
    answers = [falcon.ok(rows(1, 2), total=3), falcon.ok([], total=3)] * 3
    falcon.script = [*answers, falcon.ok(rows(1, 2, 3), total=3)]
    assert count(connect(retries=3)) == 3
    assert clock.slept[0] < clock.slept[1] < clock.slept[2]


ODD = {"value": {"value": 7}, "type": {"type": ["domain"]}, "id": {"id": None}}


@pytest.mark.parametrize("field", ODD)
def test_an_odd_record_is_left_alone_and_named(falcon, connect, field):
    odd = {**rows(3)[0], **ODD[field]}
    falcon.handler = lambda request: falcon.ok([*rows(1, 2), odd], total=3)
    client = connect()
    limits = Limits(3)
    for _round in range(2):
        found = Listing(client, limits, []).read_to_the_end()
        assert {record["value"] for record in found.values()} == {"1.example", "2.example"}
    assert len(client.warnings) == 1
    assert "is left alone" in client.warnings[0] and ("3.example" in client.warnings[0]) is (field != "value")


def test_many_odd_records_are_not_all_named(falcon, connect):
    every = [{**row, "value": 7} for row in rows(*range(20))]
    falcon.handler = lambda request: falcon.ok(every, total=20)
    client = connect()
    assert count(client, 20) == 0
    assert len(client.warnings) == 6


def test_a_page_with_errors_is_read_again_and_then_given_up(falcon, connect):
    bad = falcon.ok(rows(1), errors=[{"code": 1, "message": "a shard is missing"}], total=2, after="a")
    falcon.script = [bad, falcon.ok(rows(1, 2), total=2)]
    assert count(connect()) == 2
    falcon.script = [bad, bad]
    with pytest.raises(IncompleteView, match="a shard is missing"):
        count(connect(retries=1))


@pytest.mark.parametrize("largest", [500, 100])
@pytest.mark.parametrize("form", ["400", "html 500", "html 200", "413", "html 400"])
def test_a_tenant_with_small_pages(falcon, connect, clock, largest, form):
    refusal = {
        "400": falcon.error(400, "invalid limit"),
        "html 500": falcon.html(500),
        "html 200": falcon.html(200),
        "html 400": falcon.html(400),
        "413": falcon.error(413),
    }[form]
    every = rows(*range(1200))

    def handler(request):
        limit, start = int(request.get("limit")), int(request.get("after") or 0)
        if limit > largest:
            return refusal
        end = min(start + limit, len(every))
        return falcon.ok(every[start:end], total=len(every), after=str(end))

    falcon.handler = handler
    client = connect()
    size = Limits(2000)
    for _round in range(2):
        assert len(Listing(client, size, []).read_to_the_end()) == 1200
    refused = 1 if largest == 500 else 2
    pages = -(-1200 // largest)
    assert len(falcon.requests) == refused + 2 * pages, "the size is kept for the run"
    assert clock.slept == []
    assert client.warnings[0].startswith("This tenant refuses pages of 2000 indicators")


def test_a_gateway_page_that_passes_is_not_taken_for_the_size(falcon, connect):
    falcon.script = [falcon.html(503), falcon.ok(rows(1), total=1)]
    assert count(connect(), 2000) == 1
    assert [request.get("limit") for request in falcon.requests] == ["2000", "2000"]


def test_a_wrong_filter_is_told_at_once(falcon, connect):
    falcon.script = [falcon.error(400, "invalid filter: check fql filter")]
    with pytest.raises(RequestRefused, match="check fql filter"):
        count(connect(), 2000)
    assert len(falcon.requests) == 1


def test_what_refuses_every_size_is_told(falcon, connect):
    falcon.handler = lambda request: falcon.error(400, "no")
    with pytest.raises(RequestRefused):
        count(connect(), 2000)
    asked = [(request.get("limit"), request.get("sort")) for request in falcon.requests]
    sizes = ("2000", "500", "100")
    assert asked == [*((size, BY_CREATION) for size in sizes), *((size, None) for size in sizes)]


def test_html_for_ever_ends(falcon, connect, clock):
    falcon.handler = lambda request: falcon.html(503)
    with pytest.raises(Unavailable):
        count(connect(retries=2), 2000)
    assert len(falcon.requests) <= 7


def test_a_limit_reads_no_more_than_it_must(falcon, connect):
    falcon.script = [
        falcon.ok(rows(1, 2, 3), total=100, after="a"),
        falcon.ok(rows(4, 5), total=100, after="b"),
    ]
    read = listing(connect(), 3, most=5)
    assert len(read.read_to_the_end()) == 5 and read.total == 100
    assert [request.get("limit") for request in falcon.requests] == ["3", "2"]


def test_odd_rows_are_not_records(falcon, connect):
    falcon.script = [falcon.ok([1, None, "x", *rows(1)], total=1)]
    assert count(connect()) == 1


def test_progress(falcon, connect):
    heard = []
    falcon.script = [falcon.ok(rows(1, 2, 3), total=4, after="a"), falcon.ok(rows(4), total=4, after="b")]
    client = connect()
    client.progress = lambda *facts: heard.append(facts[:3])
    count(client)
    assert heard == [("reading", 3, 4), ("reading", 4, 4)]

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Large listings, read in parts at the same time: all of it, for about the same requests."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.api.client import Client
from ansible_collections.threatops.falcon.plugins.module_utils.api.connection import Connection
from ansible_collections.threatops.falcon.plugins.module_utils.api.current import Current
from ansible_collections.threatops.falcon.plugins.module_utils.api.errors import IncompleteView
from ansible_collections.threatops.falcon.plugins.module_utils.api.parts import Mark, Range, cut, widest

COMBINED = "/iocs/combined/indicator/v1"
ITEMS = 1500
PAGE = 100
BEGIN = datetime(2024, 1, 1, tzinfo=timezone.utc)

#: Seconds after the beginning at which each of them was created.
SPREADS = {
    "evenly": lambda choose: choose.uniform(0, 6e7),
    "in one hour": lambda choose: 5e7 + choose.uniform(0, 3600),
    "in two minutes a year apart": lambda choose: choose.choice([0, 3e7]) + choose.uniform(0, 60),
    "nearly all in one second": lambda choose: choose.choice([0] * 9 + [1e6]),
}


def fill(tenant, spread):
    choose = random.Random(7)
    times = sorted(SPREADS[spread](choose) for _number in range(ITEMS))
    tenant.seed(
        indicators=[
            {
                "type": "domain",
                "value": f"host{number}.example",
                "source": "ours",
                "action": "no_action",
                "platforms": ["windows"],
                "created_on": (BEGIN + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z"),
            }
            for number, seconds in enumerate(times)
        ]
    )
    tenant.clear_log()


def observe(tenant, concurrency=4, retries=5):
    client = Client(
        Connection(
            client_id=tenant.client_id,
            client_secret=tenant.client_secret,
            base_url=tenant.url,
            retries=retries,
        ),
        concurrency,
    )
    heard = []
    client.progress = lambda phase, done, total, _until: heard.append((phase, done, total))
    try:
        found = Current(client, page_size=PAGE).observe([], ["ours"], True)
    finally:
        client.close()
    return {record["value"] for record in found}, heard


def filters(tenant):
    return Counter(dict(entry["query"])["filter"] for entry in tenant.log("GET", COMBINED))


@pytest.mark.parametrize("spread", SPREADS)
def test_parts_are_the_whole_for_about_the_same_requests(simulator, spread):
    fill(simulator, spread)
    found, heard = observe(simulator)
    assert len(found) == ITEMS
    asked = filters(simulator)
    assert sum(asked.values()) <= ITEMS // PAGE + 16
    longest = max(asked.values())
    if spread != "nearly all in one second":
        assert longest <= ITEMS // PAGE // 2, "the parts are about equal"
    assert max(done for _phase, done, _total in heard) <= ITEMS
    assert not simulator.violations()


@pytest.mark.parametrize("spread", ["evenly"])
def test_one_connection_reads_page_after_page(simulator, spread):
    fill(simulator, spread)
    found, _heard = observe(simulator, concurrency=1)
    assert len(found) == ITEMS
    assert filters(simulator) == {"source:['ours']+deleted:false": ITEMS // PAGE}


def test_what_is_deleted_or_created_meanwhile(simulator):
    fill(simulator, "evenly")
    new = {"type": "domain", "value": "new.example", "source": "ours", "action": "no_action"}
    simulator.faults(
        {
            "match": {"path": COMBINED, "query_contains": "created_on:%3E", "nth": 12},
            "do": {"delete_before": "value:['host3.example','host700.example']"},
        },
        {
            "match": {"path": COMBINED, "query_contains": "created_on:%3E", "nth": 14},
            "do": {"seed_before": {"indicators": [{**new, "platforms": ["windows"]}]}},
        },
    )
    simulator.clear_log()
    found, _heard = observe(simulator)
    fired = [rule["fired"] for rule in simulator.fault_counts()]
    simulator.faults()
    stored = {one["value"] for one in simulator.indicators()}
    assert fired == [1, 1]
    assert found >= stored - {"new.example"}
    assert found - stored <= {"host3.example", "host700.example"}


@pytest.mark.parametrize("answer", [{"status": 400}, {"resources_null": True}, {"total_shifts": 5000}])
def test_a_tenant_that_does_not_take_ranges_is_read_page_after_page(simulator, answer):
    fill(simulator, "evenly")
    simulator.faults(
        {"match": {"path": COMBINED, "query_contains": "created_on:"}, "do": answer},
    )
    found, _heard = observe(simulator, retries=0)
    simulator.faults()
    assert len(found) == ITEMS


def test_a_range_that_hides_records_is_no_view_of_the_whole(simulator):
    """Each part agrees with its own total; only the sum tells that some are missing."""
    fill(simulator, "evenly")
    hidden = [f"host{number}.example" for number in range(1400, 1405)]
    simulator.faults(
        {
            "match": {"path": COMBINED, "query_contains": "created_on", "nth": 9},
            "do": {"delete_before": f"value:[{','.join(repr(one) for one in hidden)}]"},
        }
    )
    found, _heard = observe(simulator)
    simulator.faults()
    assert len(found) in (ITEMS, ITEMS - 5)
    assert found >= {one["value"] for one in simulator.indicators()}


def test_a_part_that_never_agrees_is_an_error(simulator):
    fill(simulator, "evenly")
    simulator.faults({"match": {"path": COMBINED}, "do": {"drop_rows": 1}})
    with pytest.raises(IncompleteView):
        observe(simulator, retries=0)
    simulator.faults()


def test_ranges_are_cut_at_about_equal_totals():
    marks = [Mark(0, 0), Mark(10, 10), Mark(20, 45), Mark(30, 90), Mark(40, 100)]
    ranges = cut(marks, 100, 7)
    assert ranges == [Range(0, 10, 10), Range(10, 20, 35), Range(20, 30, 45), Range(30, None, 10)]
    assert cut([Mark(0, 0), Mark(40, 100)], 100, 7) == [Range(0, None, 100)]
    few = cut([Mark(number, number) for number in range(101)], 100, 4)
    assert len(few) == 4 and max(one.count for one in few) <= 30


def test_ranges_that_cannot_be_divided_are_left_alone():
    marks = [Mark(0, 0), Mark(1, 50), Mark(10, 70), Mark(20, 80)]
    assert widest(marks, set()) == (Mark(1, 50), Mark(10, 70))
    assert widest(marks, {(1, 10)}) == (Mark(10, 70), Mark(20, 80))
    assert widest(marks, {(1, 10), (10, 20)}) is None

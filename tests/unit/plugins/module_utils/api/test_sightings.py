# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counts of hosts that a decision depends on: what is none, and what is no count."""

from __future__ import annotations

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.api.sightings import (
    CURRENT_PATH,
    LEGACY_PATH,
    count_hosts,
)
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.reach import Sighting

DOMAIN = ("domain", "x.example")
MANY = [("domain", f"{number}.example") for number in range(6)]


def test_a_count(falcon, connect):
    falcon.script = [falcon.ok([{"device_count": 3, "limit_exceeded": True}])]
    assert count_hosts(connect(), [DOMAIN, DOMAIN]) == {DOMAIN: Sighting(3, limit_exceeded=True)}
    assert falcon.seen() == [f"GET {CURRENT_PATH}"]
    assert falcon.requests[0].query == [("type", "domain"), ("value", "x.example")]


@pytest.mark.parametrize("form", ["status", "row", "empty"])
def test_not_found_is_none_and_no_other_path_is_asked(falcon, connect, form):
    said = {
        "status": falcon.error(404),
        "row": falcon.ok(errors=[{"code": 404, "message": "not found"}]),
        "empty": falcon.ok(),
    }
    falcon.script = [said[form]]
    assert count_hosts(connect(), [DOMAIN]) == {DOMAIN: Sighting(unknown=True)}
    assert falcon.seen() == [f"GET {CURRENT_PATH}"]


def test_the_legacy_path(falcon, connect):
    falcon.script = [falcon.ok([{"device_count": 0}])]
    assert count_hosts(connect(), [DOMAIN], legacy=True) == {DOMAIN: Sighting(0)}
    assert falcon.seen() == [f"GET {LEGACY_PATH}"]


def test_a_type_that_no_sensor_reports_is_not_asked_for(falcon, connect):
    assert count_hosts(connect(), [("all_subdomains", "x.example")]) == {
        ("all_subdomains", "x.example"): Sighting(unknown=True)
    }
    assert falcon.requests == []


@pytest.mark.parametrize(
    "row",
    [{"device_count": "3"}, {"device_count": None}, {"device_count": True}, {"device_count": -1}, {}, "3"],
)
def test_an_answer_without_a_count_is_no_count(falcon, connect, row):
    falcon.script = [falcon.ok([row])]
    found = count_hosts(connect(), [DOMAIN])[DOMAIN]
    assert "without a count of hosts, trace id trace-1" in found.problem


def test_another_error_in_an_answer_is_no_count(falcon, connect):
    falcon.script = [falcon.ok(errors=[{"code": 500, "message": "try later"}])]
    assert count_hosts(connect(), [DOMAIN])[DOMAIN].problem


def test_one_refusal_does_not_stop_the_others(falcon, connect):
    falcon.script = [falcon.error(400, "no"), falcon.ok([{"device_count": 1}])]
    found = count_hosts(connect(), MANY[:2])
    assert "count the hosts that observed domain 0.example" in found[MANY[0]].problem
    assert found[MANY[1]] == Sighting(1)


def test_a_missing_scope_is_asked_for_once(falcon, connect):
    falcon.handler = lambda _request: falcon.error(403, "access denied, scope not permitted")
    found = count_hosts(connect(), MANY)
    assert len(falcon.requests) == 1
    assert all("403" in sighting.problem for sighting in found.values())


def test_a_falcon_that_stays_away_is_not_asked_for_ever(falcon, connect):
    falcon.handler = lambda _request: falcon.error(500)
    found = count_hosts(connect(retries=0), MANY)
    assert len(falcon.requests) == 3
    assert all(sighting.problem for sighting in found.values())


def test_one_in_vain_between_others(falcon, connect):
    def handler(request):
        return (
            falcon.error(500)
            if request.get("value") in ("1.example", "3.example")
            else falcon.ok([{"device_count": 1}])
        )

    falcon.handler = handler
    found = count_hosts(connect(retries=0), MANY)
    assert [bool(sighting.problem) for sighting in found.values()] == [False, True, False, True, False, False]

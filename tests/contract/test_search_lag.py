# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tenant whose search is behind its writes, whose listing moves, and whose Retryafter is too early.

No test waits for the lag to end: lags are long, and ending them is a switch.
"""

from __future__ import annotations

import time
from typing import Any

import pytest
from simulator_fixture import Tenant

ENTITIES, COMBINED = "/iocs/entities/indicators/v1", "/iocs/combined/indicator/v1"
LONG = 600


def create(tenant: Tenant, token: str, *values: str) -> list[str]:
    rows = [
        {
            "type": "domain",
            "value": value,
            "action": "detect",
            "severity": "low",
            "platforms": ["linux"],
            "applied_globally": True,
        }
        for value in values
    ]
    answer = tenant.call("POST", ENTITIES, token=token, json={"indicators": rows})
    assert answer.status_code == 201, answer.text
    return [record["id"] for record in answer.json()["resources"]]


def search(tenant: Tenant, token: str, **params: Any) -> dict[str, Any]:
    answer = tenant.call("GET", COMBINED, token=token, params=params)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def values_of(body: dict[str, Any]) -> list[str]:
    return [record["value"] for record in body["resources"] or []]


def test_search_does_not_show_a_recent_write_but_a_read_by_id_does(simulator: Tenant) -> None:
    token = simulator.token()
    (kept,) = create(simulator, token, "kept.example")
    simulator.quirk(search_lag=LONG)
    (made,) = create(simulator, token, "made.example")
    changed = {"indicators": [{"id": kept, "severity": "high"}]}
    assert simulator.call("PATCH", ENTITIES, token=token, json=changed).status_code == 200
    seen = search(simulator, token)
    assert values_of(seen) == ["kept.example"] and seen["meta"]["pagination"]["total"] == 1
    assert [record["severity"] for record in seen["resources"]] == ["low"]
    by_id = simulator.call("GET", ENTITIES, token=token, params={"ids": [kept, made]}).json()["resources"]
    assert {(record["value"], record["severity"]) for record in by_id} == {
        ("kept.example", "high"),
        ("made.example", "low"),
    }


def test_a_deleted_record_is_still_found(simulator: Tenant) -> None:
    token = simulator.token()
    (one,) = create(simulator, token, "gone.example")
    simulator.quirk(search_lag=LONG)
    assert simulator.call("DELETE", ENTITIES, token=token, params={"ids": one}).status_code == 200
    assert [record["deleted"] for record in search(simulator, token)["resources"]] == [False]
    by_id = simulator.call("GET", ENTITIES, token=token, params={"ids": one}).json()["resources"]
    assert by_id[0]["deleted"] is True


def test_a_duplicate_is_refused_before_search_shows_the_first(simulator: Tenant) -> None:
    token = simulator.token()
    simulator.quirk(search_lag=LONG)
    create(simulator, token, "twice.example")
    row = {"type": "domain", "value": "twice.example", "action": "no_action", "platforms": ["linux"]}
    again = {"indicators": [{**row, "applied_globally": True}]}
    assert simulator.call("POST", ENTITIES, token=token, json=again).status_code == 400
    assert search(simulator, token)["resources"] == []


def test_a_change_by_filter_reaches_what_search_shows(simulator: Tenant) -> None:
    token = simulator.token()
    create(simulator, token, "old.example")
    simulator.quirk(search_lag=LONG)
    create(simulator, token, "new.example")
    assert (
        simulator.call("DELETE", ENTITIES, token=token, params={"filter": "type:'domain'"}).status_code == 200
    )
    assert [record["value"] for record in simulator.indicators()] == ["new.example"]


def test_the_lag_passes(simulator: Tenant) -> None:
    token = simulator.token()
    simulator.quirk(search_lag=0.05)
    create(simulator, token, "soon.example")
    deadline = time.monotonic() + 30
    while not search(simulator, token)["resources"]:
        assert time.monotonic() < deadline, "search never caught up"
        time.sleep(0.01)


def test_seeded_content_is_found_at_once(simulator: Tenant) -> None:
    token = simulator.token()
    simulator.quirk(search_lag=LONG, total_lag=LONG)
    create(simulator, token, "mine.example")
    simulator.seed(indicators=[{"type": "domain", "value": "theirs.example"}])
    seen = search(simulator, token)
    assert (values_of(seen), seen["meta"]["pagination"]["total"]) == (["theirs.example"], 1)


def test_a_total_may_be_behind_the_rows(simulator: Tenant) -> None:
    token = simulator.token()
    create(simulator, token, "one.example")
    simulator.quirk(total_lag=LONG)
    create(simulator, token, "two.example")
    seen = search(simulator, token)
    assert values_of(seen) == ["one.example", "two.example"] and seen["meta"]["pagination"]["total"] == 1
    simulator.quirk(total_lag=0)
    assert search(simulator, token)["meta"]["pagination"]["total"] == 2


@pytest.mark.parametrize(
    ("order", "written", "read"),
    [
        ("modified_on", "a.example", ["a.example", "b.example", "c.example", "a.example"]),
        ("modified_on.desc", "a.example", ["c.example", "b.example"]),
        ("created_on", "a.example", ["a.example", "b.example", "c.example"]),
    ],
)
def test_a_listing_moves_when_it_is_written_to(
    simulator: Tenant, order: str, written: str, read: list[str]
) -> None:
    """Without `sort` a page may repeat a record, or miss it, that somebody writes while the listing is read."""
    token = simulator.token()
    ids = {value: create(simulator, token, value)[0] for value in ("a.example", "b.example", "c.example")}
    simulator.quirk(default_order=order)
    body = search(simulator, token, limit=1)
    seen = values_of(body)
    changed = {"indicators": [{"id": ids[written], "severity": "high"}]}
    assert simulator.call("PATCH", ENTITIES, token=token, json=changed).status_code == 200
    while body["resources"]:
        body = search(simulator, token, limit=1, after=body["meta"]["pagination"]["after"])
        seen += values_of(body)
    assert seen == read
    asked = search(simulator, token, sort="created_on.asc")
    assert values_of(asked) == ["a.example", "b.example", "c.example"]


def test_retry_after_may_be_too_early(simulator: Tenant) -> None:
    token = simulator.token()
    simulator.quirk(rate_limit=1, retry_after_short_by=LONG)
    assert simulator.call("GET", COMBINED, token=token).status_code == 200
    refused = simulator.call("GET", COMBINED, token=token)
    assert refused.status_code == 429
    assert int(refused.headers["X-Ratelimit-Retryafter"]) <= time.time() + 1
    assert simulator.call("GET", COMBINED, token=token).status_code == 429


def test_a_scripted_fault_may_last_for_some_seconds(simulator: Tenant) -> None:
    token = simulator.token()
    simulator.faults({"match": {"path": COMBINED, "for_seconds": LONG}, "do": {"status": 429}})
    assert [simulator.call("GET", COMBINED, token=token).status_code for _try in range(3)] == [429] * 3
    simulator.faults({"match": {"path": COMBINED, "for_seconds": 0.05}, "do": {"status": 429}})
    assert simulator.call("GET", COMBINED, token=token).status_code == 429
    time.sleep(0.06)
    assert simulator.call("GET", COMBINED, token=token).status_code == 200

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A search that lags behind writes, and read-backs that are cut: no run takes half a view for a whole one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from run_task import Result, run
from simulator_fixture import Tenant

from ansible_collections.threatops.falcon.plugins.module_utils.api import retry

ENTITIES = "/iocs/entities/indicators/v1"
COMBINED = "/iocs/combined/indicator/v1"
LAG = 0.6
OWNER = "threat-intel"
FIELDS = {"action": "detect", "severity": "high"}


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As long in comparison with this lag as the real ones with one of four seconds."""
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.08)
    yield


@pytest.fixture
def tenant(simulator: Tenant) -> Iterator[Tenant]:
    simulator.quirk(search_lag=LAG)
    yield simulator
    simulator.faults()
    simulator.quirk(search_lag=0, total_lag=0, duplicate_with_ignore="upsert")


def items(*numbers: int, **fields: Any) -> list[dict[str, Any]]:
    return [{"type": "domain", "value": f"host{number:03}.bad.example", **fields} for number in numbers]


def apply(tenant: Tenant, *numbers: int, **options: Any) -> Result:
    known = {"source": OWNER, "defaults": FIELDS, "purge": True, "purge_allow_empty": True, "batch_size": 5}
    return run("falcon_iocs", tenant, **{**known, "iocs": items(*numbers), **options})


def stored(tenant: Tenant) -> list[str]:
    return sorted(one["value"] for one in tenant.indicators())


def counted(result: Result) -> dict[str, int]:
    return {name: number for name, number in result["counts"].items() if number and name != "desired"}


def test_the_same_list_again_at_once(tenant: Tenant) -> None:
    assert counted(apply(tenant, *range(12))) == {"created": 12}
    again = apply(tenant, *range(12))
    assert "failed" not in again, again["msg"]
    assert counted(again) == {"unchanged": 12}
    assert again["changed"] is False
    assert any("lags behind" in text for text in again["warnings"])


def test_a_changed_list_at_once(tenant: Tenant) -> None:
    apply(tenant, *range(12))
    again = apply(tenant, *range(12), defaults={**FIELDS, "severity": "low"})
    assert "failed" not in again, again["msg"]
    assert counted(again) == {"updated": 12}
    assert {one["severity"] for one in tenant.indicators()} == {"low"}


@pytest.mark.parametrize("repeated", ["upsert", "second"])
@pytest.mark.parametrize("ignore", [True, False])
@pytest.mark.parametrize("fault", ["reset_after_commit", {"status_after_commit": 500}, "truncate"])
def test_a_create_whose_answer_is_lost(tenant: Tenant, repeated: str, ignore: bool, fault: Any) -> None:
    tenant.quirk(duplicate_with_ignore=repeated)
    tenant.faults({"match": {"method": "POST", "path": ENTITIES}, "do": fault})
    result = apply(tenant, *range(5), ignore_warnings=ignore)
    assert "failed" not in result, result["msg"]
    assert counted(result) == {"created": 5}
    assert len(stored(tenant)) == 5


def test_an_adopted_indicator_is_not_purged_by_its_former_owner(tenant: Tenant) -> None:
    tenant.seed(
        indicators=[{**item, **FIELDS, "source": OWNER, "platforms": ["windows"]} for item in items(1, 2)]
    )
    adopted = run("falcon_iocs", tenant, iocs=items(1), source="other", defaults=FIELDS, on_foreign="adopt")
    assert counted(adopted) == {"updated": 1}
    for check in (True, False):
        result = apply(tenant, check=check)
        assert counted(result) == {"deleted": 1}
        assert [one["value"] for one in result["deleted_iocs"]] == ["host002.bad.example"]
    assert stored(tenant) == ["host001.bad.example"]


def test_what_was_purged_is_not_purged_again(tenant: Tenant) -> None:
    tenant.seed(
        indicators=[{**item, **FIELDS, "source": OWNER, "platforms": ["windows"]} for item in items(1, 2)]
    )
    assert counted(apply(tenant)) == {"deleted": 2}
    again = apply(tenant)
    assert again["changed"] is False and counted(again) == {}


def test_settle_waits_for_what_this_run_has_written(tenant: Tenant) -> None:
    """Without it, what was created a moment ago would count as absent already."""
    apply(tenant, *range(4), settle=1)
    gone = apply(tenant, 0, 1, iocs=[*items(0, 1), *items(2, 3, state="absent")], purge=False, settle=1)
    assert counted(gone) == {"deleted": 2, "unchanged": 2}
    assert len(stored(tenant)) == 2


@pytest.mark.parametrize("lag", [0, LAG])
def test_a_total_that_lags(tenant: Tenant, lag: float) -> None:
    tenant.quirk(search_lag=lag, total_lag=LAG)
    apply(tenant, *range(12))
    for numbers in (range(12), range(4), range(4), range(8)):
        result = apply(tenant, *numbers)
        assert "failed" not in result, result["msg"]
    assert stored(tenant) == [item["value"] for item in items(*range(8))]


#: What a read-back can look like.
CUTS: dict[str, Any] = {
    "an error beside the rows": {"errors_on_2xx": "shard failed", "code": 500},
    "an error and one row": {"errors_on_2xx": "shard failed", "code": 500, "drop_rows": 2},
    "an error and no row": {"errors_on_2xx": "shard failed", "code": 500, "drop_rows": 3},
    "rows are missing": {"drop_rows": 2},
    "all rows are missing": {"drop_rows": 3},
    "no resources": "resources_null",
    "cut in the middle": "truncate",
    "500": {"status": 500},
    "a page of HTML": {"html": 503},
}
LOSSES: dict[str, Any] = {"before": {"status": 503}, "after": {"status_after_commit": 503}}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("verb", ["create", "update", "delete"])
def test_a_read_back_that_is_cut(simulator: Tenant, verb: str, cut: str, loss: str) -> None:
    """The answer to a write is lost, and what is read back is not whole the first time."""
    if verb != "create":
        simulator.seed(
            indicators=[
                {**item, **FIELDS, "source": OWNER, "platforms": ["windows", "mac", "linux"]}
                for item in items(1, 2, 3)
            ]
        )
    method = {"create": "POST", "update": "PATCH", "delete": "DELETE"}[verb]
    read = {"create": (COMBINED, 2), "update": (ENTITIES, 1), "delete": (ENTITIES, 2)}[verb]
    simulator.faults(
        {"match": {"method": method, "path": ENTITIES, "nth": 1}, "do": LOSSES[loss]},
        {"match": {"method": "GET", "path": read[0], "nth": read[1]}, "do": CUTS[cut]},
    )
    numbers = () if verb == "delete" else (1, 2, 3)
    defaults = {**FIELDS, "severity": "low"} if verb == "update" else FIELDS
    result = apply(simulator, *numbers, defaults=defaults)
    fired = [rule["fired"] for rule in simulator.fault_counts()]
    simulator.faults()
    assert fired == [1, 1]
    assert "failed" not in result, result["msg"]
    assert counted(result) == {f"{verb}d": 3}
    assert len(stored(simulator)) == len(numbers)
    if verb == "update":
        assert {one["severity"] for one in simulator.indicators()} == {"low"}


@pytest.mark.parametrize("verb", ["create", "update", "delete"])
def test_a_read_back_that_is_never_whole_claims_nothing(simulator: Tenant, verb: str) -> None:
    if verb != "create":
        simulator.seed(
            indicators=[
                {**item, **FIELDS, "source": OWNER, "platforms": ["windows", "mac", "linux"]}
                for item in items(1, 2, 3)
            ]
        )
    method = {"create": "POST", "update": "PATCH", "delete": "DELETE"}[verb]
    path, first = {"create": (COMBINED, 2), "update": (ENTITIES, 1), "delete": (ENTITIES, 2)}[verb]
    half = {"errors_on_2xx": "shard failed", "code": 500, "drop_rows": 2}
    simulator.faults(
        {"match": {"method": method, "path": ENTITIES}, "do": {"status": 503}},
        {"match": {"method": "GET", "path": path, "nth": list(range(first, first + 40))}, "do": half},
    )
    numbers = () if verb == "delete" else (1, 2, 3)
    defaults = {**FIELDS, "severity": "low"} if verb == "update" else FIELDS
    result = apply(simulator, *numbers, defaults=defaults, retries=2)
    simulator.faults()
    assert result["failed"] and result["changed"] is False
    assert len(result["failed_iocs"]) == 3
    assert all(
        "is not known" in one["message"] and "shard failed" in one["message"] for one in result["failed_iocs"]
    )

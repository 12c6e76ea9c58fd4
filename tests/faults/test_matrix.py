# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault of the matrix, on a list of 600."""

from __future__ import annotations

import re
import threading
import time
from typing import Any

import fault_cases
import fault_table
import pytest
from fault_cases import ITEMS, STAGES, Case, Stage
from run_task import Result, run
from simulator.quirks import CHOICES
from simulator_fixture import Tenant

CASES = list(fault_cases.every())
OWNER = "threat-intel"
FIELDS = {"action": "detect", "severity": "high", "tags": ["listed"]}


def values(count: int) -> list[str]:
    return [f"host{number:03}.bad.example" for number in range(count)]


def record(value: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "domain",
        "value": value,
        "source": OWNER,
        "platforms": ["windows", "mac", "linux"],
        **fields,
    }


def prepare(tenant: Tenant, stage: Stage) -> dict[str, Any]:
    """Fill the tenant, and say with which options the run of the stage is made."""
    listed = 200 if stage.name == "delete" else ITEMS
    stored = {**FIELDS, "applied_globally": True, **({"severity": "low"} if stage.name == "update" else {})}
    if stage.name != "create":
        tenant.seed(indicators=[record(value, **stored) for value in values(ITEMS)])
    # Somebody else's, to be left alone whatever happens.
    tenant.seed(
        indicators=[record(f"other{number}.example", **{**stored, "source": "other"}) for number in range(3)]
    )
    return {
        "iocs": [{"type": "domain", "value": value} for value in values(listed)],
        "defaults": FIELDS,
        "source": OWNER,
        "purge": True,
        "page_size": 200,
        "retries": 3,
        "timeout": 10,
        "max_wait": 5,
    }


def misplaced(tenant: Tenant, stage: Stage) -> int:
    """How many of the 600 are not as the list wants them; fails when one exists twice, or another's was touched."""
    live = tenant.indicators()
    keys = [(one["type"], one["value"]) for one in live]
    assert len(keys) == len(set(keys)), "an indicator exists twice"
    others = [one for one in live if one.get("source") == "other"]
    assert len(others) == 3
    assert all(one["created_on"] == one["modified_on"] for one in others)
    listed = set(values(200 if stage.name == "delete" else ITEMS))
    right = {
        one["value"]
        for one in live
        if one.get("source") == OWNER and one["severity"] == "high" and one.get("tags") == ["listed"]
    }
    return len(listed ^ right)


@pytest.fixture(scope="module")
def plain(simulator_server: Tenant) -> dict[str, int]:
    """Requests of each stage when nothing goes wrong."""
    counted = {}
    for stage in STAGES.values():
        simulator_server.reset("empty")
        options = prepare(simulator_server, stage)
        simulator_server.clear_log()
        result = run("falcon_iocs", simulator_server, **options)
        assert "failed" not in result, result
        counted[stage.name] = len(simulator_server.log())
    return counted


@pytest.fixture(scope="module")
def shown() -> list[fault_table.Seen]:
    """What every case has shown, for the table."""
    return []


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_fault(case: Case, simulator: Tenant, plain: dict[str, int], shown: list[fault_table.Seen]) -> None:
    stage = STAGES[case.stage]
    options = {**prepare(simulator, stage), **case.options}
    if case.odd_group:
        options["iocs"][5]["host_groups"] = ["f" * 32]  # which the tenant does not have
    simulator.quirk(**case.quirk)
    simulator.faults(*case.faults(stage))
    simulator.clear_log()
    threads = threading.active_count()
    started = time.monotonic()
    result = run("falcon_iocs", simulator, **options)
    took = time.monotonic() - started
    log = simulator.log()
    assert all(rule["fired"] for rule in simulator.fault_counts()), "a fault of this case did not happen"
    simulator.faults()
    simulator.quirk(**{name: CHOICES[name].default for name in case.quirk})

    assert took < case.seconds, f"took {took:.1f} s"
    assert threading.active_count() <= threads, "a thread is left"
    check_result(case, stage, result)
    left = misplaced(simulator, stage)
    if not case.nothing:
        assert left == case.left
    assert sum(result["requests"][kind] for kind in ("token", "read", "write")) == len(log)
    extra = len(log) - plain[stage.name]
    assert extra <= case.extra, f"{extra} requests more than without the fault"
    refused = [entry for entry in log if entry["status"] == 401]
    assert len(refused) <= 12, "refused tokens were sent again"
    if left and case.next_run:
        again = run("falcon_iocs", simulator, **{**options, "timeout": 10, "retries": 3})
        assert "failed" not in again, again["msg"]
        assert misplaced(simulator, stage) == 0
    shown.append(fault_table.seen(case, stage, result))


def test_the_table_in_the_documentation_is_what_was_seen(
    shown: list[fault_table.Seen], request: pytest.FixtureRequest
) -> None:
    if len(shown) < len(CASES):
        pytest.skip("only a part of the matrix was run, or it failed")
    tables = fault_table.rows(shown)
    if request.config.getoption("--update", default=False):
        fault_table.write(tables)
    wrong = fault_table.disagreements(tables)
    assert not wrong, "make faults writes the table anew: " + "; ".join(wrong)


def check_result(case: Case, stage: Stage, result: Result) -> None:
    if case.fails:
        assert result.get("failed") and re.search(case.fails, result["msg"]), result.get("msg")
    else:
        assert "failed" not in result, result["msg"]
    if case.nothing:
        assert result["changed"] is False
        assert "counts" not in result
        return
    wanted = {**stage.counts, **case.counts}
    counts = {name: number for name, number in result["counts"].items() if number and name != "desired"}
    assert counts == {name: number for name, number in wanted.items() if number}
    assert result["changed"] is any(name in counts for name in ("created", "updated", "deleted"))
    for verb in ("created", "updated", "deleted"):
        assert len(result[f"{verb}_iocs"]) == counts.get(verb, 0)
    assert len(result["failed_iocs"]) == counts.get("failed", 0) + counts.get("purge_failed", 0)
    assert all(failure["message"] and failure["value"] for failure in result["failed_iocs"])

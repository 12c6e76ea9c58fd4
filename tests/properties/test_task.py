# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every list, every tenant and every policy: the whole task, on a tenant."""

from __future__ import annotations

import json
import re
from typing import Any

import lists
from hypothesis import given
from hypothesis import strategies as st
from run_task import Result, run
from simulator_fixture import Tenant

LISTS = ("created_iocs", "updated_iocs", "deleted_iocs", "failed_iocs", "foreign_iocs", "protected_iocs")
# Stamped from the clock at each run: the day is compared.
_STAMP = re.compile(r"T\d\d:\d\d:\d\d(\.\d+)?Z")
_READ_ONLY = ("id", "created_on", "created_by", "modified_on", "modified_by")


def fill(tenant: Tenant, content: list[dict[str, Any]], **quirk: Any) -> None:
    tenant.reset("empty")
    tenant.quirk(**quirk)
    tenant.seed(indicators=content)


def state(tenant: Tenant) -> dict[tuple[str, str], dict[str, Any]]:
    """What is live, without what every write changes."""
    return {
        (one["type"], one["value"]): {name: value for name, value in one.items() if name not in _READ_ONLY}
        for one in tenant.indicators()
    }


def said(result: Result) -> Any:
    """What a run says it did, fit to be compared with another's."""
    kept = {name: result.get(name) for name in (*LISTS, "counts", "changed", "plan_digest", "diff")}
    return json.loads(_STAMP.sub("T", json.dumps(kept, sort_keys=True)))


@given(content=lists.tenants(), wanted=lists.desired_lists(), policy=lists.policies(), data=st.data())
def test_a_run_does_what_check_mode_says_and_then_nothing(
    simulator_server: Tenant, content: Any, wanted: Any, policy: Any, data: st.DataObject
) -> None:
    tenant = simulator_server
    fill(tenant, content, normalise=data.draw(st.sampled_from(["lower", "keep"])))
    before = tenant.indicators()
    predicted = run("falcon_iocs", tenant, check=True, iocs=wanted, **policy)
    assert tenant.indicators() == before, "check mode has written"
    applied = run("falcon_iocs", tenant, iocs=wanted, **policy)
    assert said(applied) == said(predicted)
    assert bool(applied.get("failed")) == bool(predicted.get("failed"))
    after = state(tenant)

    for one in before:
        if one.get("source", "") != policy["source"]:
            named = any(_same(one, item) for item in wanted) and policy["on_foreign"] == "adopt"
            assert named or one in tenant.indicators(), "another's was touched"
    if applied.get("msg", "").startswith("Nothing was written"):
        assert tenant.indicators() == before
        return

    again = run("falcon_iocs", tenant, check=True, iocs=wanted, **policy)
    assert again["changed"] is False, again
    assert again["counts"]["desired"] == applied["counts"]["desired"]

    fill(tenant, content)
    shuffled = data.draw(st.permutations(wanted))
    other = run("falcon_iocs", tenant, iocs=shuffled, **policy)
    assert other["counts"] == applied["counts"]
    assert _days(state(tenant)) == _days(after)


def _same(record: dict[str, Any], item: dict[str, Any]) -> bool:
    spellings = [record["value"], *lists.SPELLINGS.get(record["value"], [])]
    return record["type"] == item["type"] and item["value"] in spellings


def _days(content: Any) -> Any:
    return _STAMP.sub("T", json.dumps(sorted(content.items()), sort_keys=True))


@given(
    content=lists.tenants(),
    wanted=lists.desired_lists(),
    policy=lists.policies(),
    nth=st.integers(1, 4),
    fault=st.sampled_from(
        ["reset_before", "reset_after_commit", {"status": 500}, {"status_after_commit": 502}]
    ),
)
def test_an_interrupted_run_and_a_whole_one_equal_a_whole_one(
    simulator_server: Tenant, content: Any, wanted: Any, policy: Any, nth: int, fault: Any
) -> None:
    tenant = simulator_server
    policy = {**policy, "max_deletions": None, "concurrency": 1}
    fill(tenant, content)
    run("falcon_iocs", tenant, iocs=wanted, **policy)
    whole = state(tenant)
    fill(tenant, content)
    # From the nth write on nothing goes through, until the next run.
    tenant.faults({"match": {"path": "/iocs/entities/.*", "nth": list(range(nth, nth + 50))}, "do": fault})
    run("falcon_iocs", tenant, iocs=wanted, retries=0, **policy)
    tenant.faults()
    run("falcon_iocs", tenant, iocs=wanted, **policy)
    assert _days(state(tenant)) == _days(whole)


@given(
    content=lists.tenants(),
    first=lists.desired_lists(),
    second=lists.desired_lists(),
    policy=lists.policies(),
)
def test_an_approved_plan_is_that_plan(
    simulator_server: Tenant, content: Any, first: Any, second: Any, policy: Any
) -> None:
    tenant = simulator_server
    fill(tenant, content)
    plans = [run("falcon_iocs", tenant, check=True, iocs=wanted, **policy) for wanted in (first, second)]
    if not any(plan.get("msg", "").startswith("Nothing was written") for plan in plans):
        changes = [
            [sorted(json.dumps(one, sort_keys=True) for one in said(plan)[name]) for name in LISTS[:3]]
            for plan in plans
        ]
        equal = plans[0]["plan_digest"] == plans[1]["plan_digest"]
        assert equal is (changes[0] == changes[1])
    if plans[0].get("failed"):
        return
    applied = run("falcon_iocs", tenant, iocs=first, approved_plan=plans[0]["plan_digest"], **policy)
    assert "failed" not in applied
    assert said(applied)["created_iocs"] == said(plans[0])["created_iocs"]

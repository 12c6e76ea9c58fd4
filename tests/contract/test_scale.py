# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page and a batch cost the same in a small and in a large tenant.

Costs are counted in steps of SQLite's virtual machine, so that a busy machine cannot fail (or pass) the test. A run
with ``-m soak`` takes a million indicators and also holds the wall clock.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Callable

import pytest

pytest.importorskip("starlette")

from simulator import changes, search, seed
from simulator.auth import Client
from simulator.context import Call, Simulator

PAGE = 2000
FILTERS = ("", "source:'generated'", "type:'sha256'+expired:false", "deleted:false")
STEPS_A_CALLBACK = 50


class Measured:
    """A tenant of so many indicators, with a counter of database steps."""

    def __init__(self, count: int) -> None:
        self.simulator = Simulator()
        self.tenant = self.simulator.store.tenant(seed.DEMO_CID)
        seed.generate(self.simulator, self.tenant, count)
        self.client = Client("0" * 32, "s" * 40, "test", seed.DEMO_CID, frozenset())
        self.steps = 0
        self.simulator.store._connection.set_progress_handler(self._tick, STEPS_A_CALLBACK)

    def _tick(self) -> int:
        self.steps += STEPS_A_CALLBACK
        return 0

    def call(self, body: Any = None, **parameters: Any) -> Call:
        return Call(self.simulator, self.client, self.tenant, parameters, body)

    def page(self, fql: str, after: str = "") -> tuple[int, str, int]:
        """Rows, next token and total of a page."""
        answer = search.combined(self.call(filter=fql, limit=PAGE, **({"after": after} if after else {})))
        pagination = answer.pagination or {}
        return len(answer.resources or []), pagination.get("after", ""), pagination["total"]

    def cost(self, work: Callable[..., Any], *arguments: Any) -> tuple[int, float, Any]:
        """Steps and milliseconds of some work, and its result."""
        before, started = self.steps, time.perf_counter()
        result = work(*arguments)
        return self.steps - before, (time.perf_counter() - started) * 1000, result

    def every_page(self, fql: str) -> list[tuple[int, float]]:
        """Costs of all pages behind the first, which counts the matches."""
        _rows, after, _total = self.page(fql)
        costs = []
        rows = 1
        while rows:
            steps, milliseconds, (rows, after, _total) = self.cost(self.page, fql, after)
            costs.append((steps, milliseconds))
        return costs[:-1]

    def batch(self, start: int, rows: int = 200) -> tuple[int, float]:
        """Cost of creating a batch."""
        fields: dict[str, Any] = {
            "type": "domain",
            "action": "no_action",
            "platforms": ["mac"],
            "applied_globally": True,
        }
        indicators = [{**fields, "value": f"n{start + number}.test"} for number in range(rows)]
        steps, milliseconds, answer = self.cost(changes.create, self.call({"indicators": indicators}))
        assert answer.status == 201
        return steps, milliseconds


@pytest.fixture(scope="module")
def large() -> Iterator[Measured]:
    measured = Measured(40_000)
    yield measured
    measured.simulator.store.close()


@pytest.mark.parametrize("fql", FILTERS)
def test_the_last_page_costs_what_the_first_costs(large: Measured, fql: str) -> None:
    steps = [cost[0] for cost in large.every_page(fql)]
    assert len(steps) >= 18
    assert max(steps[:-1]) <= 1.1 * min(steps[:-1]), steps


def test_a_page_and_a_batch_cost_the_same_in_a_small_tenant(large: Measured) -> None:
    small = Measured(3 * PAGE)
    for fql in FILTERS:
        assert large.every_page(fql)[0][0] <= 1.1 * small.every_page(fql)[0][0]
    few = small.batch(0)[0]
    many = large.batch(0)[0]
    assert many <= 1.1 * few, (few, many)
    small.simulator.store.close()


def test_a_few_values_are_looked_up_not_searched_for(large: Measured) -> None:
    values = ",".join(f"'n{number}.missing'" for number in range(200))
    steps = large.cost(large.page, f"type:'domain'+value:[{values}]")[0]
    assert steps < 20_000, steps


def test_totals_are_exact_after_every_change() -> None:
    tenant = Measured(500)
    for fql in FILTERS:
        assert tenant.page(fql)[2] == 500
    tenant.batch(0, 20)
    assert [tenant.page(fql)[2] for fql in FILTERS] == [520, 500, 500, 520]
    doomed = search.search(tenant.call(filter="source:'generated'", limit=3))
    changes.delete(tenant.call(ids=[text.strip('"') for text in doomed.resources or []]))
    assert [tenant.page(fql)[2] for fql in FILTERS] == [517, 497, 497, 517]
    tenant.simulator.store.close()


@pytest.mark.soak
def test_a_million_indicators() -> None:
    tenant = Measured(1_000_000)
    tenant.simulator.quirks.set("quota", 2_000_000)
    for fql in FILTERS:
        costs = tenant.every_page(fql)
        assert len(costs) == 499
        first, last = sorted(cost[1] for cost in costs[:20])[10], sorted(cost[1] for cost in costs[-20:])[10]
        print(f"{fql or 'everything'}: page of {PAGE}: {first:.1f} ms at the start, {last:.1f} ms at the end")
        assert max(cost[0] for cost in costs) <= 1.1 * min(cost[0] for cost in costs[:-1])
        assert last < 4 * first + 10
    empty = Measured(0)
    times = [(empty.batch(start)[1], tenant.batch(start)[1]) for start in range(0, 2000, 200)]
    small, full = sorted(pair[0] for pair in times)[5], sorted(pair[1] for pair in times)[5]
    print(f"a batch of 200: {small:.1f} ms in an empty tenant, {full:.1f} ms in a full one")
    assert full < 4 * small + 20

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that is interrupted stops writing, and the next run finds what it did."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from run_task import Result, run, start_module
from simulator_fixture import Tenant

from ansible_collections.threatops.falcon.plugins.module_utils.task.doctor_reserved import SOURCE

ITEMS = 600
BATCHES = 60
ENTITIES = "/iocs/entities/indicators/v1"
OPTIONS: dict[str, Any] = {
    "iocs": [{"type": "domain", "value": f"host{number}.example"} for number in range(ITEMS)],
    "defaults": {"action": "detect", "severity": "low"},
    "source": "interrupted",
    "purge": True,
    "batch_size": ITEMS // BATCHES,
}


@pytest.fixture(autouse=True)
def control_c() -> Iterator[None]:
    """A shell that runs the tests in the background has them ignore Ctrl-C, and so would all that they start."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def check_the_rest(tenant: Tenant) -> None:
    """Nothing more is written, and the next run completes the list."""
    writes = len(tenant.log("POST", ENTITIES))
    assert 0 < writes < BATCHES
    time.sleep(0.5)
    assert len(tenant.log("POST", ENTITIES)) == writes, "something still writes"
    stored = len(tenant.indicators())
    assert 0 < stored < ITEMS
    tenant.faults()
    result = run("falcon_iocs", tenant, **OPTIONS)
    assert "failed" not in result
    assert result["counts"]["created"] == ITEMS - stored
    assert result["counts"]["unchanged"] == stored
    assert len(tenant.indicators()) == ITEMS


def check_the_account(result: Result, tenant: Tenant) -> None:
    """A run that somebody interrupts after its first write says what was written, and what is not known."""
    assert result["failed"] and result["code"] == "interrupted"
    told = {one["value"] for one in (*result["created_iocs"], *result["failed_iocs"])}
    assert len(told) == ITEMS
    stored = {one["value"] for one in tenant.indicators()}
    assert {one["value"] for one in result["created_iocs"]} <= stored
    assert stored <= told


@pytest.mark.parametrize("concurrency", [1, 4])
def test_control_c_in_the_middle(simulator: Tenant, concurrency: int) -> None:
    simulator.faults({"match": {"method": "POST", "path": ENTITIES}, "do": {"latency": 150}})
    threads = threading.active_count()

    def interrupt() -> None:
        wait_for(lambda: len(simulator.log("POST", ENTITIES)) >= 6)
        os.kill(os.getpid(), signal.SIGINT)

    watcher = threading.Thread(target=interrupt)
    watcher.start()
    started = time.monotonic()
    result = run("falcon_iocs", simulator, concurrency=concurrency, **OPTIONS)
    watcher.join()
    check_the_account(result, simulator)
    assert time.monotonic() - started < 15
    assert threading.active_count() <= threads, "a thread is left"
    check_the_rest(simulator)


def test_control_c_while_falcon_asks_to_wait(simulator: Tenant) -> None:
    simulator.faults(
        {"match": {"method": "POST", "path": ENTITIES}, "do": {"status": 429, "retry_after": 50}}
    )

    def interrupt() -> None:
        wait_for(lambda: len(simulator.log("POST", ENTITIES)) >= 1)
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGINT)

    watcher = threading.Thread(target=interrupt)
    watcher.start()
    started = time.monotonic()
    result = run("falcon_iocs", simulator, **OPTIONS)
    watcher.join()
    check_the_account(result, simulator)
    assert time.monotonic() - started < 15
    assert simulator.indicators() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_module_that_is_ended(simulator: Tenant, number: int) -> None:
    simulator.faults({"match": {"method": "POST", "path": ENTITIES}, "do": {"latency": 150}})
    process = start_module("falcon_iocs", simulator, **OPTIONS)
    wait_for(lambda: len(simulator.log("POST", ENTITIES)) >= 6)
    process.send_signal(number)
    output, _errors = process.communicate(timeout=15)
    assert process.returncode != 0
    if number == signal.SIGTERM:
        assert output == b"", "it reports, though it was ended"
    else:
        check_the_account(json.loads(output), simulator)
    check_the_rest(simulator)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_write_test_that_is_ended_deletes_its_indicators(simulator: Tenant, number: int) -> None:
    simulator.faults(
        {"match": {"method": "PATCH", "path": ENTITIES, "nth": 1}, "do": {"hang_after_commit": 30}}
    )
    process = start_module("falcon_doctor_info", simulator, write_test=True, confirm_cid=simulator.cid)
    wait_for(lambda: bool(simulator.log("PATCH", ENTITIES)))
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert [one for one in simulator.indicators() if one.get("source") == SOURCE] == []

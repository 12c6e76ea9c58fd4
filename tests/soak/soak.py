# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three owners change their lists at random and apply them at the same time, on one tenant that is often in trouble.

After every run the owner's own books, kept from what the runs say they did, must agree with what the list asked for; in
the end they must agree with the tenant, indicator by indicator.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from run_task import Result, run
from simulator_fixture import Tenant

OWNERS = ("alpha", "beta", "gamma")
SEVERITIES = ("low", "medium", "high", "critical")
POOL = 400
CHANGES_A_RUN = 25

# Each strikes once in so many requests: together one in fifty. Primes, so that they meet in ever new orders.
FAULTS: dict[int, Any] = {
    293: "reset_after_commit",
    331: "reset_before",
    373: {"status": 500},
    397: {"html": 503},
    421: {"status": 429, "retry_after": 0.3},
    461: {"status_after_commit": 502},
    499: "expire_token",
    557: "truncate",
    613: "resources_null",
}


def trouble(tenant: Tenant) -> None:
    """Start the faults."""
    path = "/(iocs|oauth2)/.*"
    tenant.faults(*({"match": {"path": path, "every": every}, "do": do} for every, do in FAULTS.items()))


@dataclass
class Owner:
    """One playbook that is run again and again.

    ``books``: severity by value, as the runs have said. ``unknown``: values whose last write ended without a known
    outcome.
    """

    name: str
    tenant: Tenant
    chance: random.Random
    wanted: dict[str, str] = field(default_factory=dict)
    books: dict[str, str] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    operations: int = 0
    runs: int = 0
    failed_runs: int = 0

    def change_the_list(self) -> None:
        """Add, remove and alter items."""
        for _round in range(self.chance.randint(1, CHANGES_A_RUN)):
            value = f"host{self.chance.randrange(POOL)}.example"
            if value in self.wanted and self.chance.random() < 0.4:
                del self.wanted[value]
            else:
                self.wanted[value] = self.chance.choice(SEVERITIES)
            self.operations += 1

    def apply(self, retries: int = 5) -> Result:
        """Run the list, and keep the books."""
        result = run(
            "falcon_iocs",
            self.tenant,
            iocs=[
                {"type": "domain", "value": value, "severity": level} for value, level in self.wanted.items()
            ],
            defaults={"action": "detect"},
            source=self.name,
            purge=True,
            purge_allow_empty=True,
            on_foreign="skip",
            batch_size=20,
            page_size=100,
            retries=retries,
            max_wait=5,
        )
        self.runs += 1
        self.failed_runs += bool(result.get("failed"))
        if "counts" in result:
            self._book(result)
        return result

    def _book(self, result: Result) -> None:
        for entry in result["created_iocs"]:
            self.books[entry["value"]] = entry["severity"]
        for entry in result["updated_iocs"]:
            self.books[entry["value"]] = entry["after"].get("severity", self.books.get(entry["value"], ""))
        for entry in result["deleted_iocs"]:
            del self.books[entry["value"]]
        foreign = {entry["value"] for entry in result["foreign_iocs"]}
        failed = {entry["value"] for entry in result["failed_iocs"]}
        self.unknown = {
            entry["value"] for entry in result["failed_iocs"] if "is not known" in entry["message"]
        }
        expected = {value: level for value, level in self.wanted.items() if value not in foreign | failed}
        booked = {value: level for value, level in self.books.items() if value not in foreign | failed}
        assert booked == expected, (self.name, set(booked.items()) ^ set(expected.items()))
        counts = result["counts"]
        parts = ("created", "updated", "unchanged", "failed", "foreign", "protected", "ignored")
        purge_failed = len(failed - set(self.wanted))
        assert counts["desired"] == sum(counts[part] for part in parts) - purge_failed, counts


def owned(tenant: Tenant, name: str) -> dict[str, str]:
    return {one["value"]: one["severity"] for one in tenant.indicators() if one.get("source") == name}


def soak(tenant: Tenant, enough: Callable[[int], bool], seed: int) -> tuple[list[Owner], int]:
    """Let the owners work until ``enough(operations of all)``; raises AssertionError where the books are wrong.

    Returns the owners, and how many faults have struck
    """
    owners = [Owner(name, tenant, random.Random(f"{seed} {name}")) for name in OWNERS]
    errors: list[BaseException] = []

    def work(owner: Owner) -> None:
        try:
            while not errors and not enough(sum(one.operations for one in owners)):
                owner.change_the_list()
                owner.apply()
        except BaseException as error:  # noqa: BLE001  # shown by the main thread
            errors.append(error)

    trouble(tenant)
    threads = [threading.Thread(target=work, args=(owner,)) for owner in owners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    struck = sum(rule["fired"] for rule in tenant.fault_counts())
    tenant.faults()
    for owner in owners:
        found = owned(tenant, owner.name)
        apart = {value for value, _level in set(found.items()) ^ set(owner.books.items())}
        assert apart <= owner.unknown, (owner.name, apart - owner.unknown)
    live = [(one["type"], one["value"]) for one in tenant.indicators()]
    assert len(live) == len(set(live)), "an indicator exists twice"
    for owner in owners:
        result = owner.apply()
        assert "failed" not in result, result["msg"]
        assert owned(tenant, owner.name) == owner.books
    return owners, struck


def until(seconds: float, operations: int) -> Callable[[int], bool]:
    """Enough is when the time is over, or so much is done."""
    end = time.monotonic() + seconds
    return lambda done: done >= operations or time.monotonic() >= end

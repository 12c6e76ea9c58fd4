# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several owners, a console user and the passing of time interleave; every run leaves the tenant as its owner asked."""

from __future__ import annotations

import datetime
from typing import Any

import lists
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from run_task import run
from simulator_fixture import Tenant, start_thread

from ansible_collections.threatops.falcon.plugins.module_utils.task import iocs

# Every list is written whole, so that what it asks for is all that an indicator says.
WANTED = st.dictionaries(
    st.sampled_from([pair for pair in lists.PAIRS if pair[0] != "all_subdomains"]),
    st.fixed_dictionaries(
        {"severity": st.sampled_from(lists.SEVERITIES), "tags": lists.TAGS},
        optional={"expiration_days": st.just(30)},
    ),
    max_size=5,
)
FAULTS = st.sampled_from(
    [
        "reset_before",
        "reset_after_commit",
        {"status": 500},
        {"status_after_commit": 500},
        "resources_null",
        "truncate",
    ]
)


class Later:
    """Stands in for the module ``datetime`` where a task asks for the time: some days ahead, as the tenant is."""

    timezone = datetime.timezone

    def __init__(self) -> None:
        self.days = 0
        self.datetime = self

    def now(self, zone: datetime.timezone) -> datetime.datetime:
        return datetime.datetime.now(zone) + datetime.timedelta(days=self.days)


class Owners(RuleBasedStateMachine):
    """The model: what each owner's last run said is there, and what the console user made."""

    tenant: Tenant
    running: Any

    @initialize()
    def start(self) -> None:
        self.tenant, self.running = start_thread("--empty")
        self.time = Later()
        iocs.datetime = self.time
        self.said: dict[str, set[tuple[str, str]]] = {owner: set() for owner in lists.OWNERS}

    def live(self) -> list[dict[str, Any]]:
        return sorted(self.tenant.indicators(), key=self.key)

    def one(self, number: int) -> str:
        """The id of one that is there, if any is. Ids are random, and what is drawn must not depend on them."""
        live = self.live()
        return live[number % len(live)]["id"] if live else ""

    def key(self, record: dict[str, Any]) -> tuple[str, str]:
        return record["type"], record["value"]

    @rule(owner=st.sampled_from(lists.OWNERS), wanted=WANTED, adopt=st.booleans(), fault=st.none() | FAULTS)
    def apply(self, owner: str, wanted: dict[Any, Any], adopt: bool, fault: Any) -> None:
        others_before = {one["id"]: one for one in self.live() if one.get("source", "") != owner}
        if fault:
            self.tenant.faults({"match": {"path": "/iocs/.*", "every": 3}, "do": fault})
        options: dict[str, Any] = {
            "iocs": [{"type": kind, "value": value, **fields} for (kind, value), fields in wanted.items()],
            "defaults": {"action": "detect"},
            "source": owner,
            "purge": True,
            "purge_allow_empty": True,
            "on_foreign": "adopt" if adopt else "skip",
            "batch_size": 2,
            "retries": 4,
        }
        result = run("falcon_iocs", self.tenant, **options)
        self.tenant.faults()
        if result.get("failed"):  # three lost answers of three, time and again: the next run must do
            result = run("falcon_iocs", self.tenant, **options)
        assert "failed" not in result, result["msg"]
        live = self.live()
        foreign = {(entry["type"], entry["value"]) for entry in result["foreign_iocs"]}
        mine = {self.key(one): one for one in live if one.get("source") == owner}
        assert set(mine) == set(wanted) - foreign
        for key, one in mine.items():
            assert one["severity"] == wanted[key]["severity"]
            assert set(one.get("tags", [])) == set(wanted[key]["tags"])
            if "expiration_days" in wanted[key]:
                assert one["action"] == "detect" and not one["expired"], "renewed, and enforced again"
        assert len({self.key(one) for one in live}) == len(live), "an indicator exists twice"
        for one in live:
            if one.get("source", "") != owner:
                assert others_before[one["id"]] == one, "another's was touched"
        gone = {self.key(one) for one in others_before.values()} - {self.key(one) for one in live}
        assert gone == set(), "another's was deleted"
        again = run("falcon_iocs", self.tenant, check=True, **options)
        assert again["changed"] is False, again["diff"]

    @rule(days=st.sampled_from([1, 29, 31]))
    def time_passes(self, days: int) -> None:
        self.time.days += days
        self.tenant.clock(self.time.days * 86400)

    @rule(pair=st.sampled_from(lists.PAIRS))
    def console_creates(self, pair: tuple[str, str]) -> None:
        if pair not in {self.key(one) for one in self.live()}:
            self.tenant.seed(
                indicators=[
                    {"type": pair[0], "value": pair[1], "action": "no_action", "applied_globally": True}
                ]
            )

    @rule(number=st.integers(0, 20), severity=st.sampled_from(lists.SEVERITIES))
    def console_edits(self, number: int, severity: str) -> None:
        one = self.one(number)
        body = {"indicators": [{"id": one, "severity": severity, "description": "by hand"}]}
        if one:
            assert self.tenant.call("PATCH", "/iocs/entities/indicators/v1", json=body).status_code == 200

    @rule(number=st.integers(0, 20))
    def console_deletes(self, number: int) -> None:
        one = self.one(number)
        if one:
            answer = self.tenant.call("DELETE", "/iocs/entities/indicators/v1", params={"ids": one})
            assert answer.status_code == 200

    def teardown(self) -> None:
        iocs.datetime = datetime
        if hasattr(self, "tenant"):
            self.tenant.close()
            self.running.stop()


class TestOwners(Owners.TestCase):
    pass

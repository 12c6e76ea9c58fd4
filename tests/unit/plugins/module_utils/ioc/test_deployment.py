# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several lists planned as one: what is left to whom, what is handed over, what forbids the whole."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.deployment import (
    DeploymentPlan,
    ListRequest,
    plan_deployment,
)
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.plan import plan
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.policy import DeletionLimit, Policy
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.ring import read_rings
from ansible_collections.threatops.falcon.tests.unit.planning import NOW, item, read, record


def a_list(source: str, items: list[dict[str, Any]], name: str = "", **options: Any) -> ListRequest:
    return ListRequest(name or source, read(items, source), Policy(now=NOW, source=source, **options))


def told(found: DeploymentPlan) -> list[list[tuple[str, str]]]:
    return [[(change.operation, change.value) for change in each.changes] for each in found.plans]


def test_nothing_to_deploy() -> None:
    found = plan_deployment([], [])
    assert not found.changes and not found.refusals and found.planned()["desired"] == 0


def test_one_list_is_the_case_of_falcon_iocs() -> None:
    items, records = (
        [item(severity="low"), item(value="b.example", action="no_action")],
        [record(source="me")],
    )
    found = plan_deployment([a_list("me", items)], records)
    alone = plan(read(items, "me"), records, Policy(now=NOW, source="me"))
    assert found.digest() == alone.digest() and found.planned() == alone.planned()
    assert found.plans[0].name == "me"


class TestOrder:
    def test_what_an_earlier_list_names_is_left_to_it(self) -> None:
        found = plan_deployment(
            [a_list("a", [item(action="no_action")]), a_list("b", [item(action="detect", severity="low")])],
            [],
        )
        assert told(found) == [[("create", "evil.example")], []]
        assert found.planned()["ignored"] == 1 and found.plans[1].desired == 1
        (left,) = found.plans[1].set_aside
        assert left.code == "left_to_earlier_list" and left.details == {"list": "a"}
        assert [conflict.as_dict() for conflict in found.conflicts] == [
            {
                "type": "domain",
                "value": "evil.example",
                "won": "a",
                "lost": "b",
                "fields": {
                    "action": {"won": "no_action", "lost": "detect"},
                    "severity": {"won": None, "lost": "low"},
                },
            }
        ]

    def test_asking_for_the_same_is_no_conflict(self) -> None:
        wanted = [item(action="detect", severity="low", tags=["x"], expiration_days=3)]
        assert not plan_deployment([a_list("a", wanted), a_list("b", wanted)], []).conflicts

    def test_two_rings_for_one_indicator(self) -> None:
        rings = read_rings(
            [{"name": "canary", "host_groups": ["c" * 32]}, {"name": "everywhere", "applied_globally": True}]
        )
        first, second = (
            a_list(name, [item(ring=ring)], rings=rings)
            for name, ring in (("a", "canary"), ("b", "everywhere"))
        )
        (conflict,) = plan_deployment([first, second], []).conflicts
        assert conflict.fields == {"ring": {"won": "canary", "lost": "everywhere"}}

    def test_ignored_by_an_earlier_list(self) -> None:
        found = plan_deployment(
            [a_list("a", [item(ignore=True)]), a_list("b", [item(state="absent")])], [record()]
        )
        assert told(found) == [[], []] and found.planned()["ignored"] == 2
        assert found.conflicts[0].fields == {"state": {"won": None, "lost": "absent"}}
        assert found.conflicts[0].sentence() == (
            "Conflict about domain evil.example: a wins over b (state not set instead of 'absent')."
        )

    def test_a_conflict_about_scope_is_told_as_it_is_written(self) -> None:
        lists = [a_list(name, [item(applied_globally=scope)]) for name, scope in (("a", True), ("b", False))]
        (conflict,) = plan_deployment(lists, []).conflicts
        assert conflict.sentence() == (
            "Conflict about domain evil.example: a wins over b (applied_globally true instead of false)."
        )

    def test_an_item_that_fails_is_still_named(self) -> None:
        bad = item(action="allow", severity="high")
        found = plan_deployment(
            [a_list("a", [bad]), a_list("b", [item(action="detect", severity="low")])], []
        )
        assert told(found) == [[], []] and len(found.plans[0].failures) == 1

    def test_an_item_that_cannot_be_identified_names_nothing(self) -> None:
        found = plan_deployment(
            [a_list("a", [item("sha256", "abc")]), a_list("b", [item("sha256", "abc")])], []
        )
        assert [len(each.failures) for each in found.plans] == [1, 1]


class TestHandingOver:
    def test_to_a_later_list(self) -> None:
        """Neither foreign, nor deleted by the purge of the list that it leaves."""
        lists = [a_list("a", [item(value="stays.example")], purge=True), a_list("b", [item()], purge=True)]
        found = plan_deployment(lists, [record(source="a"), record(value="stays.example", source="a")])
        assert not found.refusals and told(found) == [[], [("update", "evil.example")]]
        (change,) = found.changes
        assert (change.before, change.after) == ({"source": "a"}, {"source": "b"})

    def test_to_an_earlier_list(self) -> None:
        """An allow entry of the inventory for what one of its own feeds owns."""
        lists = [
            a_list("a", [item("sha256", "a" * 64, action="allow")], purge=True),
            a_list("b", [item("sha256", "a" * 64, action="prevent", severity="high")], purge=True),
        ]
        found = plan_deployment(lists, [record("sha256", "a" * 64, source="b", action="prevent")])
        assert not found.refusals and told(found) == [[("update", "a" * 64)], []]
        assert found.changes[0].after == {"action": "allow", "severity": "", "source": "a"}

    def test_to_be_absent(self) -> None:
        found = plan_deployment(
            [a_list("a", [item(state="absent")]), a_list("b", [], purge=True)], [record(source="b")]
        )
        assert told(found) == [[("delete", "evil.example")], []] and not found.refusals

    def test_ignored_elsewhere_is_not_purged(self) -> None:
        found = plan_deployment(
            [a_list("a", [], purge=True), a_list("b", [item(ignore=True)])], [record(source="a")]
        )
        assert told(found) == [[], []]

    def test_what_has_left_the_deployment_stays_foreign(self) -> None:
        lists = [a_list("a", [item()]), a_list("b", [])]
        found = plan_deployment(lists, [record(source="c")])
        assert [refusal.code for refusal in found.refusals] == ["foreign"]
        assert found.refusals[0].as_dict()["list"] == "a"

    def test_moving_is_no_deletion(self) -> None:
        limit = DeletionLimit.parse("0")
        lists = [a_list("a", [], purge=True, max_deletions=limit), a_list("b", [item()])]
        assert not plan_deployment(lists, [record(source="a")]).refusals

    def test_a_list_without_an_owner_hands_nothing_over(self) -> None:
        found = plan_deployment([a_list("a", [item()]), a_list("", [], "free")], [record(source="")])
        assert [refusal.code for refusal in found.refusals] == ["foreign"]


class TestRefusals:
    @pytest.mark.parametrize(
        "lists, code, items",
        [
            ([a_list("a", [], "x"), a_list("b", [], "x")], "name_twice", ["x"]),
            ([a_list("a", [], "x"), a_list("a", [], "y"), a_list("a", [], "z")], "owner_twice", ["a"]),
        ],
    )
    def test_one_name_and_one_owner_for_each_list(
        self, lists: list[ListRequest], code: str, items: list[str]
    ) -> None:
        (refusal,) = plan_deployment(lists, []).refusals
        assert (refusal.code, refusal.items) == (code, items)

    def test_lists_without_an_owner_may_be_several(self) -> None:
        assert not plan_deployment([a_list("", [], "x"), a_list("", [], "y")], []).refusals

    def test_a_list_that_is_refused_is_planned_all_the_same(self) -> None:
        limit = DeletionLimit.parse("0")
        lists = [
            a_list("a", [], purge=True, purge_allow_empty=True, max_deletions=limit),
            a_list("b", [item(action="no_action")]),
        ]
        found = plan_deployment(lists, [record(value="old.example", source="a")])
        assert [refusal.code for refusal in found.refusals] == ["max_deletions"]
        assert told(found) == [[("delete", "old.example")], [("create", "evil.example")]]
        assert (found.planned()["deleted"], found.planned()["created"]) == (1, 1)

    def test_approved_as_a_whole(self) -> None:
        limited = [
            a_list("a", [item(state="absent")], max_deletions=DeletionLimit.parse("0")),
            a_list("b", []),
        ]
        refused = plan_deployment(limited, [record(source="a")])
        assert [refusal.code for refusal in refused.refusals] == ["max_deletions"]
        lifted = [a_list("a", [item(state="absent")]), a_list("b", [])]
        assert not plan_deployment(lifted, [record(source="a")], refused.digest().upper()).refusals
        other = plan_deployment(lifted, [record(source="b")], refused.digest())
        assert [refusal.code for refusal in other.refusals] == ["not_approved"]

    def test_a_list_approved_by_itself(self) -> None:
        lists = [a_list("a", [item(state="absent")], approved_plan="0" * 64)]
        assert [refusal.code for refusal in plan_deployment(lists, [record(source="a")]).refusals] == [
            "not_approved"
        ]

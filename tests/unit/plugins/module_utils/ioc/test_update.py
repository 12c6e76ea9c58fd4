# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a write changes beside what is sent, what is left alone, and what goes back again."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.fields import misshapen
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.item import ItemReader, with_groups
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.plan import plan
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.policy import Policy
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.record import to_item
from ansible_collections.threatops.falcon.tests.unit.planning import (
    GROUP,
    NOW,
    SHA,
    decide,
    item,
    read,
    record,
)

BOTH = ["windows", "ios"]


def back(found: Any) -> dict[str, Any]:
    """The item that undoes an update."""
    (change,) = found.changes
    return {"type": change.kind, "value": change.value, **change.before}


class TestSideEffects:
    """Everything that a write changes is in before and after, in the prediction and in the way back."""

    def check(self, stored: dict[str, Any], wanted: dict[str, Any], before: Any, after: Any) -> None:
        there = record(**stored)
        found = decide([item(**wanted)], [there])
        assert not found.failures, found.failures
        (change,) = found.changes
        assert (change.before, change.after) == (before, after)
        ahead = change.predicted()
        for name, value in after.items():
            shown = {
                **dict.fromkeys(("severity", "tags")),
                **ahead,
                "host_groups": ahead.get("host_groups", []),
            }
            assert (shown[name] or "") == (value or "") or set(shown[name]) == set(value), name
        again = decide([item(**wanted)], [ahead])
        assert not again.changes and not again.failures
        undone = decide([back(found)], [ahead])
        assert not undone.failures, undone.failures
        assert not decide([to_item(there)], [undone.changes[0].predicted()]).changes

    def test_the_mobile_action_goes_with_its_platforms(self) -> None:
        self.check(
            {"platforms": BOTH, "mobile_action": "prevent"},
            {"platforms": ["windows"]},
            {"platforms": BOTH, "mobile_action": "prevent"},
            {"platforms": ["windows"], "mobile_action": "no_action"},
        )

    def test_the_action_goes_with_its_platforms(self) -> None:
        self.check(
            {"platforms": BOTH, "mobile_action": "prevent"},
            {"platforms": ["ios"]},
            {"platforms": BOTH, "action": "detect"},
            {"platforms": ["ios"], "action": "no_action"},
        )

    def test_the_way_back_says_no_action_where_the_platforms_need_one(self) -> None:
        self.check(
            {"platforms": BOTH, "action": "no_action", "mobile_action": "prevent"},
            {"platforms": ["ios"]},
            {"platforms": BOTH, "action": "no_action"},
            {"platforms": ["ios"]},
        )

    def test_platforms_that_are_added_bring_an_action(self) -> None:
        self.check(
            {},
            {"platforms": ["windows", "mac", "linux", "ios"], "mobile_action": "prevent"},
            {"platforms": ["windows", "mac", "linux"], "mobile_action": "no_action"},
            {"platforms": ["windows", "mac", "linux", "ios"], "mobile_action": "prevent"},
        )

    def test_a_severity_goes_with_an_action(self) -> None:
        there = record("sha256", SHA, action="prevent")
        found = decide([item("sha256", SHA, action="allow")], [there])
        assert found.changes[0].before == {"action": "prevent", "severity": "high"}
        assert found.changes[0].after == {"action": "allow", "severity": ""}

    def test_groups_go_with_a_scope(self) -> None:
        self.check(
            {"applied_globally": False, "host_groups": [GROUP]},
            {"applied_globally": True},
            {"applied_globally": False, "host_groups": [GROUP]},
            {"applied_globally": True, "host_groups": []},
        )

    def test_a_stale_action_of_platforms_that_are_not_used_is_sent(self) -> None:
        """Whatever the record says of it: the tenant is told what it needs to know."""
        wanted = item(platforms=BOTH, mobile_action="prevent")
        found = decide([wanted], [record(platforms=["windows"], mobile_action="prevent")])
        assert found.changes[0].body == {"platforms": BOTH, "mobile_action": "prevent"}
        assert found.changes[0].before == {"platforms": ["windows"], "mobile_action": "no_action"}

    def test_what_expiry_did(self) -> None:
        there = record(action="no_action", expired=True, expiration="2026-01-01T00:00:00Z")
        found = decide([item(action="detect", expiration="2027-01-01")], [there])
        assert found.changes[0].before == {"action": "no_action", "expiration": "2026-01-01T00:00:00Z"}
        assert found.changes[0].after["action"] == "detect"


class TestInherited:
    PARENT = record(platforms=["ios"], mobile_action="detect", action="no_action", from_parent=True)

    def test_a_record_of_the_parent_does_not_block_a_new_one(self) -> None:
        found = decide([item(action="detect", severity="high")], [self.PARENT])
        assert not found.failures and [change.operation for change in found.changes] == ["create"]

    def test_the_parent_says_the_same(self) -> None:
        found = decide([item(severity="high")], [self.PARENT])
        assert not found.changes and found.unchanged == 1

    def test_one_that_cannot_be_created_is_named(self) -> None:
        found = decide([item(description="x")], [self.PARENT])
        assert [failure.code for failure in found.failures] == ["invalid"]


class TestOddRecords:
    @pytest.mark.parametrize(
        "odd", [{"tags": [None]}, {"severity": 70}, {"id": 12}, {"platforms": "windows"}, {"metadata": []}]
    )
    def test_left_alone_and_named_and_nothing_else_is_blocked(self, odd: dict[str, Any]) -> None:
        records = [record(source="me", **odd), record(value="b.example", source="me", id="2" * 64)]
        wanted = [item(severity="low"), item(value="b.example", severity="low")]
        found = decide(wanted, records, source="me", purge=True)
        assert [change.value for change in found.changes] == ["b.example"]
        assert found.ignored == 1 and not found.failures and not found.refusals
        assert next(iter(odd)) in found.odd[0].message and found.set_aside[0].code == "odd_record"

    def test_never_purged(self) -> None:
        found = decide(
            [item(value="b.example", action="no_action")],
            [record(source="me", tags=[None])],
            source="me",
            purge=True,
        )
        assert [change.operation for change in found.changes] == ["create"]
        assert found.odd[0].value == "evil.example" and found.planned()["deleted"] == 0

    def test_a_record_as_it_should_be(self) -> None:
        assert not misshapen(record(tags=["x"], metadata={"filename": "x"}, host_groups=None))


class TestWhatANewerFalconMayKnow:
    def test_an_unknown_platform_is_kept(self) -> None:
        there = record(platforms=["windows", "chromeos"])
        found = decide([item(platforms=["windows"])], [there])
        assert not found.changes
        found = decide([item(platforms=["mac"])], [there])
        assert found.changes[0].body == {"platforms": ["mac", "chromeos"]}

    @pytest.mark.parametrize(
        "odd",
        [
            {"platforms": ["windows", "chromeos"]},
            {"platforms": ["chromeos"], "action": "quarantine"},
            {"action": "quarantine"},
            {"type": "email", "value": "a@evil.example", "action": "detect"},
        ],
    )
    def test_what_is_exported_deploys_back(self, odd: dict[str, Any]) -> None:
        there = {**record(), **odd}
        exported = {name: value for name, value in to_item(there).items() if name != "id"}
        found = decide([exported], [there])
        assert not found.failures and not found.changes and found.unchanged == 1, found.failures
        assert decide([exported], []).failures, "a mistake, as far as anybody can tell"

    def test_pasted_back_with_its_id(self) -> None:
        there = {**record(), "platforms": ["windows", "chromeos"], "action": "quarantine"}
        found = decide([to_item(there)], [])
        assert not found.failures
        assert (found.changes[0].body["platforms"], found.changes[0].body["action"]) == (
            ["windows", "chromeos"],
            "quarantine",
        )

    def test_a_record_without_the_unknown_value_proves_nothing(self) -> None:
        wanted = [item(action="quarantine"), item(value="b.example", platforms=["chromeos"])]
        found = decide(wanted, [record(), record(value="b.example")])
        assert [failure.operation for failure in found.failures] == ["validate", "validate"]

    def test_a_mistyped_type_still_stops_a_purge(self) -> None:
        found = decide([item("domian")], [record(value="old.example", source="me")], source="me", purge=True)
        assert found.purge_stopped is not None and found.purge_stopped.items == ["iocs[0]"]

    def test_words_that_no_field_would_have_are_mistakes_at_once(self) -> None:
        (wrong,) = read([item(action="Block it!")])
        assert wrong.problem and not wrong.doubts

    def test_other_problems_beside_it_stay(self) -> None:
        (wrong,) = read([item(action="quarantine", colour=1)])
        assert not wrong.doubts


class TestDeploysBack:
    """What is exported, deleted or replaced can be deployed again with no change."""

    @pytest.mark.parametrize(
        "stored",
        [
            {"applied_globally": False},
            {"applied_globally": False, "host_groups": []},
            {"applied_globally": False, "host_groups": [GROUP]},
            {"tags": ["a", " ", "b "], "severity": ""},
            {"expiration": "2027-01-01T00:00:00.123456789Z"},
            {"expiration": "0001-01-01T00:00:00Z"},
            {"platforms": ["ios"], "mobile_action": None, "action": None, "severity": None},
        ],
    )
    def test_an_export(self, stored: dict[str, Any]) -> None:
        there = record(**stored)
        exported = {name: value for name, value in to_item(there).items() if name != "id"}
        found = decide([exported], [there])
        assert not found.failures and not found.changes, (found.failures, found.changes)

    def test_a_record_as_an_item(self) -> None:
        there = record(applied_globally=False, host_groups=[])
        found = decide([there], [there])
        assert not found.failures and not found.changes


@pytest.mark.parametrize("days, window, wrong", [(30, 29, False), (30, 30, True), (30, 31, True)])
def test_a_renewal_that_never_settles_is_refused(days: int, window: int, wrong: bool) -> None:
    own = item(action="no_action", expiration_days=days, renew_within_days=window)
    found = ItemReader(None, None).read(own)
    assert ("renew_within_days" in found.problem) is wrong
    mixed = ItemReader({"renew_within_days": window}, None).read(
        item(action="no_action", expiration_days=days)
    )
    assert ("renew_within_days" in mixed.problem) is wrong


def test_a_digest_does_not_depend_on_the_order_that_a_tenant_answers_in() -> None:
    wanted = [item(state="absent"), item(value="b.example", tags=["x"])]
    digests = {
        plan(
            read(wanted),
            [record(tags=tags, platforms=platforms), record(value="b.example", tags=tags)],
            Policy(now=NOW),
        ).digest()
        for tags, platforms in ((["a", "b"], ["windows", "mac"]), (["b", "a"], ["mac", "windows"]))
    }
    assert len(digests) == 1


class TestHostGroups:
    IDS: ClassVar[dict[str, str]] = {"Servers": GROUP, "servers": GROUP, "Other": "d" * 32}

    def test_names_become_ids_in_a_new_item(self) -> None:
        (one,) = read([item(action="no_action", host_groups=["Servers", "servers", "Other"])])
        found = with_groups(one, self.IDS, {})
        assert found.fields["host_groups"] == (GROUP, "d" * 32)
        assert one.fields["host_groups"] == ("Servers", "servers", "Other"), "the item itself is as it was"

    def test_one_that_does_not_exist_is_a_problem_of_its_item(self) -> None:
        (one,) = read([item(action="no_action", host_groups=["Nowhere"])])
        found = with_groups(one, self.IDS, {"Nowhere": "there is no host group 'Nowhere'"})
        assert found.problem == "host_groups: there is no host group 'Nowhere'" and not one.problem

    def test_items_without_groups_stay(self) -> None:
        (one,) = read([item(action="no_action")])
        assert with_groups(one, self.IDS, {}) is one


@pytest.mark.parametrize("flag", ["deleted", "from_parent"])
def test_a_record_that_cannot_be_an_item_is_named(flag: str) -> None:
    (one,) = read([record(**{flag: True})])
    assert one.problem.startswith("item: is a record that") and one.identified


def test_a_purge_is_marked() -> None:
    found = decide(
        [item(state="absent")], [record(source="me"), record(value="x.example", source="me")], source="me"
    )
    assert [change.purge for change in found.changes] == [False]
    found = decide([], [record(source="me")], source="me", purge=True, purge_allow_empty=True)
    assert [change.purge for change in found.changes] == [True]

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decision function, case by case: what is desired, what is there, what is to be done."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar, Dict, List, Optional

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.change import Vocabulary
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.plan import (
    DeletionLimit,
    Failure,
    Plan,
    Policy,
    plan,
)
from ansible_collections.threatops.falcon.tests.unit.planning import (
    GROUP,
    MD5,
    NOW,
    SHA,
    decide,
    item,
    read,
    record,
)


def only_body(found: Plan) -> Optional[Dict[str, Any]]:
    assert not found.failures, found.failures
    assert not found.refusals, found.refusals
    assert len(found.changes) <= 1
    return found.changes[0].body if found.changes else None


CREATED = {"platforms": ["windows", "mac", "linux"], "applied_globally": True}

CREATIONS = [
    (item(action="detect", severity="high"), {"action": "detect", "severity": "high", **CREATED}),
    (item(action="no_action"), {"action": "no_action", **CREATED}),
    (item(policy="detect", share_level="red"), {"action": "detect", "severity": "medium", **CREATED}),
    (item(policy="none"), {"action": "no_action", **CREATED}),
    (item("sha256", SHA.upper(), action="allow"), {"action": "allow", **CREATED}),
    (item("sha256", SHA, action="prevent_no_ui"), {"action": "prevent_no_ui", **CREATED}),
    (
        item("all_subdomains", "Evil.Example.", mobile_action="prevent", severity="low"),
        {"mobile_action": "prevent", "severity": "low", "platforms": ["ios", "android"], "applied_globally": True},
    ),
    (
        item(platforms=["ios", "windows"], action="detect", mobile_action="allow", severity="low"),
        {**CREATED, "platforms": ["windows", "ios"], "action": "detect", "mobile_action": "allow", "severity": "low"},
    ),
    (
        item("md5", MD5, action="detect", severity="low", host_groups=[GROUP], filename="a.exe", tags=["t"]),
        {
            "action": "detect", "severity": "low", "platforms": ["windows", "mac", "linux"], "tags": ["t"],
            "applied_globally": False, "host_groups": [GROUP], "metadata": {"filename": "a.exe"},
        },
    ),
    (
        item(action="no_action", expiration="2026-12-31"),
        {"action": "no_action", "expiration": "2026-12-31T23:59:59Z", **CREATED},
    ),
    (
        item(action="no_action", expiration_days=30),
        {"action": "no_action", "expiration": "2026-07-01T12:00:00Z", **CREATED},
    ),
    (item(action="no_action", expiration="never", description="", tags=[]), {"action": "no_action", **CREATED}),
]  # fmt: skip


@pytest.mark.parametrize("wanted, body", CREATIONS)
def test_a_new_indicator_is_sent_complete(wanted: Dict[str, Any], body: Dict[str, Any]) -> None:
    found = decide([wanted], [])
    sent = only_body(found)
    assert sent is not None
    identity = {"type": found.changes[0].kind, "value": found.changes[0].value}
    assert sent == {**identity, **body}
    assert found.changes[0].operation == "create"


UPDATES: List[Any] = [
    ("same", item(action="detect", severity="high"), {}, None),
    ("case and order", item("domain", "EVIL.example.", platforms=["linux", "mac", "windows"]), {}, None),
    ("omitted is left alone", item(), {"description": "x", "tags": ["t"]}, None),
    ("description", item(description="new"), {}, {"description": "new"}),
    ("cleared", item(description="", tags=[]), {"description": "x", "tags": ["t"]}, {"description": "", "tags": []}),
    ("nothing to clear", item(description="", source="", tags=[], severity="high"), {}, None),
    ("tags are a set", item(tags=["b", "a"]), {"tags": ["a", "b"]}, None),
    ("platforms", item(platforms=["linux"]), {}, {"platforms": ["linux"]}),
    ("unused action is filled in", item(platforms=["windows", "mac", "linux"]), {"mobile_action": "no_action"}, None),
    ("severity cleared by itself", item("sha256", SHA, action="allow"), {}, {"action": "allow", "severity": ""}),
    ("severity kept by no_action", item(action="no_action"), {}, {"action": "no_action"}),
    ("policy adds a severity", item(policy="detect"), {"action": "no_action", "severity": None},
     {"action": "detect", "severity": "medium"}),
    ("policy keeps a severity", item(policy="detect"), {"severity": "low"}, None),
    ("to groups", item(host_groups=[GROUP]), {}, {"host_groups": [GROUP], "applied_globally": False}),
    ("same groups", item(host_groups=[GROUP]), {"applied_globally": False, "host_groups": [GROUP]}, None),
    ("other groups", item(host_groups=[GROUP]), {"applied_globally": False, "host_groups": ["d" * 32]},
     {"host_groups": [GROUP]}),
    ("to global", item(applied_globally=True), {"applied_globally": False, "host_groups": [GROUP]},
     {"applied_globally": True}),
    ("to global, emptied", item(applied_globally=True, host_groups=[]),
     {"applied_globally": False, "host_groups": [GROUP]}, {"applied_globally": True}),
    ("new expiration sends the action", item(expiration="2027-01-01T00:00:00Z"), {},
     {"expiration": "2027-01-01T00:00:00Z", "action": "detect"}),
    ("same instant", item(expiration="2027-01-01T02:00:00+02:00"), {"expiration": "2027-01-01T00:00:00Z"}, None),
    ("cleared expiration", item(expiration="never"), {"expiration": "2027-01-01T00:00:00Z"},
     {"expiration": "0001-01-01T00:00:00.000Z", "action": "detect"}),
    ("past expiration is not resent", item(expiration="2026-01-01T00:00:00Z", action="detect"),
     {"expiration": "2026-01-01T00:00:00Z", "expired": True, "action": "no_action"}, None),
    ("expiry is not drift", item(action="detect"),
     {"expiration": "2026-01-01T00:00:00Z", "expired": True, "action": "no_action"}, None),
    ("revived", item(action="detect", expiration="2027-01-01T00:00:00Z"),
     {"expiration": "2026-01-01T00:00:00Z", "expired": True, "action": "no_action"},
     {"expiration": "2027-01-01T00:00:00Z", "action": "detect"}),
    ("days: far from its end", item(expiration_days=30), {"expiration": "2026-06-02T00:00:00Z"}, None),
    ("days: within the window", item(expiration_days=30, renew_within_days=5), {"expiration": "2026-06-02T00:00:00Z"},
     {"expiration": "2026-07-01T12:00:00Z", "action": "detect"}),
    ("days: never had one", item(expiration_days=30), {}, {"expiration": "2026-07-01T12:00:00Z", "action": "detect"}),
    ("days: expired", item(expiration_days=30, action="detect"),
     {"expiration": "2026-01-01T00:00:00Z", "expired": True, "action": "no_action"},
     {"expiration": "2026-07-01T12:00:00Z", "action": "detect"}),
    ("other case of severity", item(severity="high"), {"severity": "HIGH"}, None),
    ("file name", item("sha256", SHA, filename="b.exe"), {"metadata": {"filename": "a.exe", "signed": False}},
     {"metadata": {"filename": "b.exe"}}),
    ("severity cleared on request", item("sha256", SHA, severity=""), {"action": "allow"}, {"severity": ""}),
    ("severity that was never there", item("sha256", SHA, severity=""), {"action": "allow", "severity": None}, None),
    ("global with no groups given", item(applied_globally=False, host_groups=[GROUP]),
     {"applied_globally": False, "host_groups": [GROUP]}, None),
    ("mobile added", item(platforms=["windows", "ios"], mobile_action="detect"), {},
     {"platforms": ["windows", "ios"], "mobile_action": "detect"}),
]  # fmt: skip


@pytest.mark.parametrize("name, wanted, stored, body", UPDATES, ids=[case[0] for case in UPDATES])
def test_only_what_differs_is_sent(name: str, wanted: Any, stored: Any, body: Any) -> None:
    kind = wanted["type"]
    value = SHA if kind == "sha256" else "evil.example"
    assert only_body(decide([wanted], [record(kind, value, **stored)])) == body


IMPOSSIBLE: List[Any] = [
    (
        "action",
        item(action="no_action"),
        {"platforms": ["ios"], "mobile_action": "allow", "action": "no_action"},
    ),
    (
        "action",
        item(action="detect"),
        {"platforms": ["ios"], "mobile_action": "allow", "action": "no_action"},
    ),
    ("mobile_action", item(mobile_action="no_action"), {}),
    ("action", item(platforms=["windows", "ios"]), {"platforms": ["ios"], "action": "no_action"}),
    ("mobile_action", item(platforms=["windows", "ios"]), {}),
    ("severity", item("sha256", SHA, severity="high"), {"action": "allow"}),
    ("severity", item("sha256", SHA, action="allow", severity="low"), {}),
    ("severity", item(severity=""), {}),
    ("applied_globally", item(applied_globally=False), {}),
    ("expiration", item(expiration="2026-01-01T00:00:00Z"), {}),
    ("source", item(source="x" * 201), {}),
]


@pytest.mark.parametrize("field, wanted, stored", IMPOSSIBLE)
def test_what_a_record_cannot_become_is_named(field: str, wanted: Any, stored: Any) -> None:
    value = SHA if wanted["type"] == "sha256" else "evil.example"
    found = decide([wanted], [record(wanted["type"], value, **stored)])
    assert not found.changes
    assert f"{field}:" in found.failures[0].message


INVALID: List[Any] = [
    ("value", item("sha256", "abc", action="allow")),
    ("value", item("ipv4", "1.2.3.999", action="detect", severity="low")),
    ("value", item("domain", "http://evil.example/x", action="no_action")),
    ("type", item("sha1", "a" * 40)),
    ("type", {"value": "evil.example"}),
    ("value", {"type": "domain"}),
    ("colour", item(action="no_action", colour="red")),
    ("action", item(severity="low")),
    ("action", item(action="prevent", severity="low")),
    ("action", item(action="detect", severity="low", platforms=["ios"])),
    ("action", item("all_subdomains", action="detect", mobile_action="detect", severity="low")),
    ("mobile_action", item("sha256", SHA, action="allow", mobile_action="allow")),
    ("mobile_action", item(action="no_action", mobile_action="allow", platforms=["windows"])),
    ("mobile_action", item(platforms=["ios"])),
    ("platforms", item("md5", MD5, action="allow", platforms=["ios"])),
    ("platforms", item(action="no_action", platforms=[])),
    ("platforms", item(action="no_action", platforms=["amiga"])),
    ("severity", item(action="detect")),
    ("severity", item("md5", MD5, action="allow", severity="low")),
    ("severity", item(action="detect", severity="huge")),
    ("host_groups", item(action="no_action", applied_globally=True, host_groups=[GROUP])),
    ("host_groups", item(action="no_action", host_groups=[])),
    ("applied_globally", item(action="no_action", applied_globally=False)),
    ("expiration", item(action="no_action", expiration="2020-01-01")),
    ("expiration", item(action="no_action", expiration="soon")),
    ("expiration_days", item(action="no_action", expiration_days=0)),
    ("expiration_days", item(action="no_action", expiration="never", expiration_days=3)),
    ("renew_within_days", item(action="no_action", renew_within_days=3)),
    ("policy", item(action="no_action", policy="none")),
    ("filename", item(action="no_action", filename="a.exe")),
    ("description", item(action="no_action", description="x" * 201)),
    ("tags", item(action="no_action", tags=[" "])),
    ("source", item(action="no_action", source="other")),
]


@pytest.mark.parametrize("field, wanted", INVALID)
def test_an_invalid_item_is_named_with_its_field_and_does_not_sink_the_rest(field: str, wanted: Any) -> None:
    found = decide([wanted, item("ipv4", "203.0.113.9", action="no_action")], [], source="me")
    assert [change.value for change in found.changes] == ["203.0.113.9"]
    (failure,) = found.failures
    assert f"{field}:" in failure.message
    assert failure.index == 0
    assert not found.refusals


def test_with_on_error_fail_an_invalid_item_stops_everything() -> None:
    found = decide([item(), item("ipv4", "203.0.113.9", action="no_action")], [], on_error="fail")
    assert found.refusals


class TestDefaults:
    def test_by_type_goes_first_and_falls_through_where_it_does_not_fit(self) -> None:
        found = decide(
            [item(), item("sha256", SHA), item("all_subdomains", "x.example", mobile_action="allow")],
            [],
            defaults={"action": "detect", "severity": "high", "platforms": ["windows", "ios"]},
            by_type={"domain": {"action": "prevent"}, "sha256": {"action": "allow"}},
        )
        assert not found.failures or found.failures[0].message.startswith("mobile_action")
        bodies = {change.kind: change.body for change in found.changes}
        assert bodies["sha256"]["action"] == "allow"
        assert "severity" not in bodies["sha256"]
        assert bodies["sha256"]["platforms"] == ["windows"]
        assert bodies["all_subdomains"]["platforms"] == ["ios"]
        assert "severity" not in bodies["all_subdomains"]

    def test_an_inapplicable_action_by_type_falls_through_to_the_general_one(self) -> None:
        found = decide(
            [item()],
            [],
            defaults={"action": "detect", "severity": "low"},
            by_type={"domain": {"action": "prevent"}},
        )
        assert only_body(found)["action"] == "detect"  # type: ignore[index]

    def test_items_alike_get_the_same_defaults(self) -> None:
        wanted = [item(value="a.example"), item(value="b.example")]
        found = decide(wanted, [], defaults={"action": "detect", "severity": "low"})
        assert [change.identity for change in found.changes] == [
            ("domain", "a.example"),
            ("domain", "b.example"),
        ]
        assert [change.body["severity"] for change in found.changes] == ["low", "low"]

    def test_empty_on_the_item_counts_as_given(self) -> None:
        found = decide(
            [item(action="no_action", description="")], [], defaults={"description": "default", "tags": ["t"]}
        )
        body = only_body(found)
        assert body is not None and "description" not in body and body["tags"] == ["t"]

    def test_a_default_that_does_not_fit_the_stored_record_is_dropped(self) -> None:
        stored = record(platforms=["ios"], mobile_action="detect", action="no_action")
        assert (
            only_body(decide([item()], [stored], defaults={"action": "detect", "severity": "high"})) is None
        )

    def test_a_default_counts_where_the_stored_platforms_take_it(self) -> None:
        defaults = {"action": "detect", "mobile_action": "prevent", "severity": "high"}
        both = record(platforms=["windows", "ios"], mobile_action="detect")
        assert only_body(decide([item()], [both], defaults=defaults)) == {"mobile_action": "prevent"}
        mobile = record(platforms=["ios"], mobile_action="detect", action="no_action")
        assert only_body(decide([item()], [mobile], defaults=defaults)) == {"mobile_action": "prevent"}
        assert only_body(decide([item()], [record()], defaults=defaults)) is None
        created = only_body(decide([item()], [], defaults=defaults))
        assert created is not None and "mobile_action" not in created

    def test_a_default_severity_is_dropped_where_the_stored_action_is_allow(self) -> None:
        stored = record("sha256", SHA, action="allow", severity=None)
        assert only_body(decide([item("sha256", SHA)], [stored], defaults={"severity": "high"})) is None
        found = decide([item("sha256", SHA, description="x")], [stored], defaults={"severity": "high"})
        assert only_body(found) == {"description": "x"}

    def test_a_default_renewal_without_days_is_not_applied(self) -> None:
        assert only_body(decide([item(action="no_action")], [], defaults={"renew_within_days": 3}))

    def test_own_scope_beats_the_default_scope(self) -> None:
        found = decide(
            [item(action="no_action", applied_globally=True)], [], defaults={"host_groups": [GROUP]}
        )
        assert only_body(found)["applied_globally"] is True  # type: ignore[index]


class TestOwnership:
    def test_purge_deletes_what_the_source_owns_and_nothing_else(self) -> None:
        records = [
            record(source="me"),
            record(value="extra.example", source="me", id="2" * 64),
            record(value="theirs.example", source="you", id="3" * 64),
            record(value="nobodys.example", id="4" * 64),
            record(value="parents.example", source="me", id="5" * 64, from_parent=True),
            record(value="gone.example", source="me", id="6" * 64, deleted=True),
        ]
        found = decide([item()], records, source="me", purge=True)
        assert [(change.operation, change.value) for change in found.changes] == [("delete", "extra.example")]

    @pytest.mark.parametrize("extra", [{"ignore": True}, {"state": "absent"}, {"action": "prevent"}])
    def test_whatever_is_named_is_not_purged(self, extra: Dict[str, Any]) -> None:
        records = [record(source="me"), record(value="keep.example", source="me", id="2" * 64)]
        found = decide([item(value="keep.example"), item(**extra)], records, source="me", purge=True)
        purged = [change for change in found.of("delete") if change.desired is None]
        assert not purged

    def test_an_item_that_cannot_be_read_stops_every_purge(self) -> None:
        records = [record(source="me"), record(value="extra.example", source="me", id="2" * 64)]
        found = decide([item(description="x"), item("sha256", "abc")], records, source="me", purge=True)
        assert [change.operation for change in found.changes] == ["update"]
        assert found.purge_stopped is not None and found.purge_stopped.code == "purge_unreadable"
        assert found.purge_stopped.items == ["iocs[1]"]

    def test_an_empty_list_is_refused(self) -> None:
        found = decide([], [record(source="me")], source="me", purge=True)
        assert found.refusals
        assert not decide([], [record(source="me")], source="me", purge=True, purge_allow_empty=True).refusals
        assert not decide([], [], source="me", purge=True).refusals

    @pytest.mark.parametrize(
        "limit, refused", [("1", False), ("0", True), ("10%", True), ("50%", False), ("49%", True)]
    )
    def test_max_deletions(self, limit: str, refused: bool) -> None:
        records = [record(source="me"), record(value="extra.example", source="me", id="2" * 64)]
        found = decide([item()], records, source="me", purge=True, max_deletions=DeletionLimit.parse(limit))
        assert bool(found.refusals) is refused

    def test_absent_items_count_against_max_deletions(self) -> None:
        found = decide([item(state="absent")], [record()], max_deletions=DeletionLimit.parse("0"))
        assert found.refusals

    @pytest.mark.parametrize("state", ["present", "absent"])
    def test_foreign(self, state: str) -> None:
        wanted = [item(state=state)]
        refused = decide(wanted, [record(source="you")], source="me")
        (refusal,) = refused.refusals
        assert refusal.code == "foreign" and refusal.items == ["domain evil.example (owned by you)"]
        skipped = decide(wanted, [record(source="you")], source="me", on_foreign="skip")
        assert not skipped.changes and not skipped.refusals and skipped.foreign[0]["source"] == "you"
        adopted = decide(wanted, [record()], source="me", on_foreign="adopt")
        assert adopted.changes[0].operation == ("update" if state == "present" else "delete")
        if state == "present":
            assert adopted.changes[0].body == {"source": "me"}

    def test_an_inherited_record_is_never_written(self) -> None:
        """One that says the same is enough; one that does not is joined by a record of our own."""
        inherited = record(from_parent=True)
        assert not decide([item(action="detect", severity="high")], [inherited]).changes
        (change,) = decide([item(action="detect", severity="low")], [inherited]).changes
        assert change.operation == "create"
        found = decide([item(state="absent")], [inherited])
        assert not found.changes and "parent CID" in found.failures[0].message

    def test_a_pair_that_a_tenant_holds_twice_is_brought_in_line_as_one(self) -> None:
        found = decide([item(description="x")], [record(), record(id="2" * 64)])
        assert [change.id for change in found.changes] == ["1" * 64, "2" * 64]


class TestProtection:
    POLICY: ClassVar[Dict[str, Any]] = {
        "protected": lambda kind, value: "because" if value == "evil.example" else None
    }

    def test_guarded_actions_fail_and_others_do_not(self) -> None:
        assert decide([item(action="detect", severity="low")], [], **self.POLICY).refusals
        assert not decide([item(action="no_action")], [], **self.POLICY).refusals
        assert not decide([item(state="absent")], [record()], **self.POLICY).refusals

    def test_the_stored_action_counts_where_the_item_names_none(self) -> None:
        assert decide([item(description="x")], [record()], **self.POLICY).protected
        assert not decide([item(description="x")], [record(action="no_action")], **self.POLICY).protected

    def test_skip(self) -> None:
        found = decide([item(action="detect", severity="low")], [], on_protected="skip", **self.POLICY)
        assert not found.refusals and not found.changes and found.protected[0]["reason"] == "because"


class TestDigest:
    def test_it_does_not_hold_the_stamp(self) -> None:
        wanted = [item(action="no_action", expiration_days=3)]
        later = NOW + datetime.timedelta(hours=3)
        first = plan(read(wanted), [], Policy(now=NOW))
        second = plan(read(wanted), [], Policy(now=later))
        assert first.changes[0].body != second.changes[0].body
        assert first.digest() == second.digest()
        other = plan(read([item(action="no_action", expiration_days=4)]), [], Policy(now=NOW))
        assert other.digest() != first.digest()

    def test_order_means_nothing_and_observed_state_does(self) -> None:
        one, two = item(action="no_action"), item("ipv4", "203.0.113.9", action="no_action")
        assert decide([one, two], []).digest() == decide([two, one], []).digest()
        changed = item(description="x")
        assert decide([changed], [record()]).digest() != decide([changed], [record(description="y")]).digest()

    def test_approval(self) -> None:
        wanted = [item(action="no_action")]
        digest = decide(wanted, []).digest()
        assert not decide(wanted, [], approved_plan=digest).refusals
        assert decide(wanted, [], approved_plan="0" * 64).refusals
        assert not decide([item()], [record()], approved_plan="0" * 64).refusals


class TestFoundingApi:
    """It counts days to midnight, knows no severities, and says what else it cannot express."""

    WORDS = Vocabulary(
        severities=False, counts_days=True, refuse=lambda kind, body: "no tags" if "tags" in body else None
    )

    def test_days_are_sent_as_days_and_end_at_midnight(self) -> None:
        found = decide([item(action="detect", expiration_days=3)], [], vocabulary=self.WORDS)
        body = only_body(found)
        assert body is not None and body["expiration_days"] == 3 and "expiration" not in body
        assert found.changes[0].after["expiration"] == "2026-06-04T00:00:00Z"
        record_ahead = found.changes[0].predicted()
        assert record_ahead["expiration"] == "2026-06-04T00:00:00Z" and "expiration_days" not in record_ahead

    def test_without_days_nothing_ends(self) -> None:
        found = decide([item(action="detect")], [], vocabulary=self.WORDS)
        assert "expiration" not in found.changes[0].predicted()

    def test_what_it_cannot_express_is_refused(self) -> None:
        found = decide([item(action="detect", tags=["t"]), item(value="b.example", tags=["t"])],
                       [record(value="b.example")], vocabulary=self.WORDS)  # fmt: skip
        assert ["api: no" in failure.message for failure in found.failures] == [True, True]


@pytest.mark.parametrize("text", ["", "x", "-1", "101%", "1.5", "10%%", "\u00b2", "5,", "5, x", "5 10%"])
def test_what_is_no_limit(text: str) -> None:
    with pytest.raises(ValueError, match="must be a count"):
        DeletionLimit.parse(text)


def test_a_failure_as_users_see_it() -> None:
    failure = Failure("domain", "a.example", "create", "why", 3, "iocs[3]")
    assert str(failure) == "iocs[3] (domain a.example): why"
    assert str(Failure("", "", "purge", "why")) == "why"
    assert failure.as_dict()["index"] == 3
    assert "\x1b" not in str(Failure("domain", "\x1b[2Ja", "validate", "why"))
    assert len(str(Failure("domain", "a" * 100_000, "validate", "why", 3, "iocs[3]"))) < 200


def test_on_error_fail_without_problems_refuses_nothing() -> None:
    assert not decide([item(action="no_action")], [], on_error="fail").refusals


def test_counts_add_up() -> None:
    records = [record(), record(value="f.example", source="you"), record(value="gone.example", source="me")]
    wanted = [
        item(source="me"), item(value="f.example", action="detect"), item(value="gone.example", state="absent"),
        item("sha256", "abc"), item(value="i.example", ignore=True), item(value="n.example", action="no_action"),
    ]  # fmt: skip
    records[0]["source"] = "me"
    found = decide(wanted, records, source="me", on_foreign="skip")
    created = sum(1 for _change in found.of("create"))
    updated = sum(1 for _change in found.of("update"))
    parts = (
        created + updated + found.unchanged + len(found.failures) + len(found.foreign) + len(found.protected)
    )
    assert parts + found.ignored + found.absent == found.desired == 6

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renewed, retired, capped, reset: what becomes of an indicator's end and of the fields that a list leaves out."""

from __future__ import annotations

import datetime
from typing import Any, Dict, List

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.change import Vocabulary
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.item import Desired
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.ring import read_rings
from ansible_collections.threatops.falcon.tests.unit.planning import (
    GROUP,
    NOW,
    SHA,
    decide,
    item,
    read,
    record,
)

DETECT = {"action": "detect", "severity": "high"}
YESTERDAY, TOMORROW, NEXT_YEAR = "2026-05-31T12:00:00Z", "2026-06-02T12:00:00Z", "2027-06-01T12:00:00Z"


def days(count: int) -> datetime.timedelta:
    return datetime.timedelta(days=count)


def expired(**fields: Any) -> Dict[str, Any]:
    return record(**{"expired": True, "action": "no_action", "expiration": YESTERDAY, **fields})


# --- relative instants


def one(**fields: Any) -> Desired:
    return read([item(**fields)])[0]


def test_a_relative_end_is_a_lifetime() -> None:
    assert one(expiration="+7d").life == days(7)
    assert one(expiration=" +12H ").life == days(1) / 2
    assert "expiration" not in one(expiration="+7d").fields
    found = decide([item(**DETECT, expiration="+12h")], [])
    assert found.changes[0].body["expiration"] == "2026-06-02T00:00:00Z"
    same = decide([item(**DETECT, expiration="+7d")], [record(expiration=TOMORROW)])
    assert not same.changes, "as with expiration_days, an end that lies ahead is left alone"
    renewed = decide([item(**DETECT, expiration="+7d", renew_within_days=3)], [record(expiration=TOMORROW)])
    assert renewed.changes[0].after["expiration"] == "2026-06-08T12:00:00Z"


def test_the_digest_holds_the_length_of_a_life() -> None:
    relative = decide([item(**DETECT, expiration="+30d")], [])
    assert relative.digest() == decide([item(**DETECT, expiration_days=30)], []).digest()


@pytest.mark.parametrize("text", ["-1d", "+0d"])
def test_a_relative_end_lies_ahead(text: str) -> None:
    assert "is not in the future" in one(expiration=text).problem


def test_a_relative_end_and_its_renewal_fit_together() -> None:
    assert "must be less than expiration +2d, got 2" in one(expiration="+2d", renew_within_days=2).problem


def test_the_legacy_api_takes_whole_days() -> None:
    legacy = Vocabulary(severities=False, counts_days=True)
    found = decide([item(action="detect", expiration="+12h")], [], vocabulary=legacy)
    assert "whole days only, got +12h" in str(found.failures[0])
    found = decide([item(action="detect", expiration="+2d")], [], vocabulary=legacy)
    assert found.changes[0].body["expiration_days"] == 2


# --- keep, renew, delete


def test_keep_leaves_an_expired_one_alone() -> None:
    found = decide([item(**DETECT)], [expired()])
    assert not found.changes
    assert found.expired == 1


def test_expiration_days_revive() -> None:
    found = decide([item(**DETECT, expiration_days=30)], [expired()])
    assert found.changes[0].after["expiration"] == "2026-07-01T12:00:00Z"


@pytest.mark.parametrize(
    ("own", "defaults", "options", "end"),
    [
        (YESTERDAY, {"expiration_days": 30}, {"expired": "renew"}, "2026-07-01T12:00:00Z"),
        (YESTERDAY, {"expiration": "+30d"}, {"expired": "renew"}, "2026-07-01T12:00:00Z"),
        (YESTERDAY, {"expiration_days": 30, "renew_within_days": 7}, {}, "2026-07-01T12:00:00Z"),
        (TOMORROW, {"expiration_days": 30, "renew_within_days": 7}, {}, "2026-07-01T12:00:00Z"),
        (TOMORROW, {"expiration_days": 30}, {"expired": "renew"}, None),
        (TOMORROW, {"expiration_days": 30}, {}, None),
        (YESTERDAY, {"expiration_days": 30}, {}, None),
        (NEXT_YEAR, {"expiration_days": 30, "renew_within_days": 7}, {}, None),
        ("never", {"expiration_days": 30, "renew_within_days": 7}, {}, None),
    ],
)
def test_an_end_of_the_item_that_is_near_is_replaced(
    own: str, defaults: Dict[str, Any], options: Dict[str, Any], end: Any
) -> None:
    stored = {} if own == "never" else {"expiration": own}
    before = expired(**stored) if own == YESTERDAY else record(**stored)
    found = decide([item(**DETECT, expiration=own)], [before], defaults=defaults, **options)
    assert not found.failures
    assert (found.changes[0].after["expiration"] if found.changes else None) == end


def test_a_renewal_is_done_once() -> None:
    options: Dict[str, Any] = {"defaults": {"expiration_days": 30, "renew_within_days": 7}}
    found = decide([item(**DETECT, expiration=TOMORROW)], [record(expiration=NEXT_YEAR)], **options)
    assert not found.changes


def test_renew_without_a_length_is_named() -> None:
    found = decide([item(**DETECT)], [expired()], expired="renew")
    assert "expiration_days: is required to renew" in str(found.failures[0])
    assert not decide([item(**DETECT)], [record()], expired="renew").failures
    assert decide([item(**DETECT, expiration="never")], [expired()], expired="renew").changes


@pytest.mark.parametrize(
    ("own", "records", "deleted"),
    [
        ({}, [expired()], 1),
        ({"expiration_days": 30}, [expired()], 1),
        ({"expiration": YESTERDAY}, [expired()], 1),
        ({"expiration": YESTERDAY}, [], 0),
    ],
)
def test_delete_what_has_expired(own: Dict[str, Any], records: List[Dict[str, Any]], deleted: int) -> None:
    found = decide([item(**DETECT, **own)], records, expired="delete")
    assert not found.failures
    assert [change.operation for change in found.changes] == ["delete"] * deleted
    assert found.absent == 1


@pytest.mark.parametrize(
    ("own", "records"),
    [
        ({"expiration": TOMORROW}, [expired()]),
        ({"expiration": "never"}, [expired()]),
        ({"expiration": TOMORROW}, []),
        ({}, []),
        ({}, [expired(), record()]),
    ],
)
def test_what_has_a_later_end_stays(own: Dict[str, Any], records: List[Dict[str, Any]]) -> None:
    found = decide([item(**DETECT, **own)], records, expired="delete")
    assert not list(found.of("delete"))
    assert not found.absent


def test_what_was_deleted_at_its_end_is_not_made_again() -> None:
    raw, key = item(**DETECT, expiration_days=30), ("domain", "evil.example")
    assert list(decide([raw], [], expired="delete").life.history) == [key]
    dead = expired(deleted=True, modified_on="2026-05-31T13:00:00.5Z")
    found = decide([raw], [], expired="delete", buried={key: [dead]})
    assert not found.changes
    assert found.absent == 1
    killed = record(deleted=True, expiration=NEXT_YEAR, modified_on="2026-05-31T13:00:00Z")
    assert decide([raw], [], expired="delete", buried={key: [killed]}).changes
    assert decide([raw], [], expired="delete", buried={key: []}).changes
    assert not decide([raw], [], expired="delete", buried={key: []}).life.history


def test_an_item_without_any_lifetime_stays_absent_too() -> None:
    raw, key = item(**DETECT), ("domain", "evil.example")
    assert list(decide([raw], [], expired="delete").life.history) == [key]
    dead = expired(deleted=True, modified_on="2026-05-31T13:00:00.5Z")
    assert decide([raw], [], expired="delete", buried={key: [dead]}).absent == 1
    later = item(**DETECT, expiration=NEXT_YEAR)
    assert decide([later], [], expired="delete", buried={key: [dead]}).changes


def test_only_the_last_deleted_record_of_the_list_itself_tells_that_its_time_was_over() -> None:
    raw, key = item(**DETECT), ("domain", "evil.example")
    dead = expired(deleted=True, source="soc", modified_on="2026-05-31T13:00:00Z")
    killed = record(deleted=True, source="soc", expiration=NEXT_YEAR, modified_on="2026-05-31T14:00:00Z")
    silent = record(deleted=True, source="soc")
    other = expired(deleted=True, source="ops", modified_on="2026-05-31T15:00:00Z")
    options: Dict[str, Any] = {"source": "soc", "expired": "delete"}
    assert decide([raw], [], **options, buried={key: [killed, dead]}).changes
    assert decide([raw], [], **options, buried={key: [other]}).changes
    assert decide([raw], [], **options, buried={key: [silent, dead, other]}).absent == 1


def test_expired_ones_of_others_are_not_deleted() -> None:
    found = decide([item(**DETECT)], [expired(source="ops")], source="soc", expired="delete")
    assert found.foreign
    assert not found.changes
    found = decide([item(**DETECT)], [expired(from_parent=True)], expired="delete")
    assert not list(found.of("delete"))


def test_purge_expired() -> None:
    old, live = expired(value="old.example", source="soc"), record(value="live.example", source="soc")
    named, other = expired(source="soc"), expired(value="other.example", source="ops")
    options: Dict[str, Any] = {"source": "soc", "purge_expired": True}
    found = decide([item(**DETECT)], [old, live, named, other], **options)
    assert [change.value for change in found.of("delete")] == ["old.example"]
    assert not found.refusals
    alone = decide([], [old, live], **options)
    assert [change.value for change in alone.of("delete")] == ["old.example"]
    assert not alone.refusals, "no list is needed for it"
    assert decide([], [old, live], **options, malformed=["feed.csv line 1"]).purge_stopped
    assert not decide([], [old, live], **options, max_shrink=10).purge_stopped


# --- max_life


@pytest.mark.parametrize(
    ("own", "records"),
    [
        ({}, []),
        ({"expiration": "never"}, []),
        ({"expiration": NEXT_YEAR}, []),
        ({"expiration_days": 91}, []),
        ({}, [record()]),
        ({}, [record(expiration=NEXT_YEAR)]),
        ({"expiration_days": 30}, [record(expiration=NEXT_YEAR)]),
        ({"expiration_days": 91}, [record(expiration=TOMORROW)]),
    ],
)
def test_max_life(own: Dict[str, Any], records: List[Dict[str, Any]]) -> None:
    raw = item(**DETECT, **own)
    found = decide([raw], records, max_life=days(90))
    assert [refusal.code for refusal in found.refusals] == ["max_life"]
    assert (
        "would live longer than max_life 90d: domain evil.example (expiration " in found.refusals[0].message
    )
    capped = decide([raw], records, max_life=days(90), on_max_life="cap")
    assert not capped.refusals
    assert capped.life.too_long
    if own == {"expiration_days": 91} and records:
        assert not capped.changes, "its end lies ahead, and not too far"
        return
    limit = (NOW + min(days(90), days(own.get("expiration_days", 90)))).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert capped.changes[0].after["expiration"] == limit
    again = decide([raw], [record(expiration=limit)], max_life=days(90), on_max_life="cap")
    assert not again.changes


@pytest.mark.parametrize(
    ("own", "records"),
    [
        ({"expiration": TOMORROW}, []),
        ({"expiration_days": 90}, []),
        ({}, [record(expiration=TOMORROW)]),
        ({}, [expired()]),
        ({"expiration_days": 30}, [record()]),
    ],
)
def test_within_max_life(own: Dict[str, Any], records: List[Dict[str, Any]]) -> None:
    found = decide([item(**DETECT, **own)], records, max_life=days(90))
    assert not found.refusals
    assert not found.life.too_long


# --- unmanaged


def full(**fields: Any) -> Dict[str, Any]:
    return record(
        "sha256",
        SHA,
        **{
            "applied_globally": False, "host_groups": [GROUP], "expiration": NEXT_YEAR, "description": "d",
            "source": "s", "tags": ["t", "owner:x", "ring:y@2026-01-01T00:00:00Z"], "platforms": ["windows"],
            "metadata": {"filename": "a.exe"}, **fields,
        },
    )  # fmt: skip


def test_keep_leaves_what_is_left_out() -> None:
    assert not decide([item("sha256", SHA)], [full()]).changes


def test_reset() -> None:
    found = decide([item("sha256", SHA)], [full()], unmanaged="reset")
    assert found.changes[0].after == {
        "platforms": ["windows", "mac", "linux"],
        "applied_globally": True,
        "host_groups": [],
        "expiration": "never",
        "description": "",
        "source": "",
        "filename": "",
        "tags": ["owner:x", "ring:y@2026-01-01T00:00:00Z"],
    }
    assert found.changes[0].before["host_groups"] == [GROUP]


def test_reset_keeps_what_is_given_or_needed() -> None:
    raw = item(
        "sha256", SHA, host_groups=[GROUP], platforms=["windows"], expiration=NEXT_YEAR, description="d", source="s",
        tags=["t", "owner:x", "ring:y@2026-01-01T00:00:00Z"], filename="a.exe",
    )  # fmt: skip
    assert not decide([raw], [full()], unmanaged="reset").changes
    idle = decide([raw], [full(action="no_action")], unmanaged="reset")
    assert idle.changes[0].after == {"severity": ""}
    waking = decide(
        [{**raw, "action": "detect", "severity": "low"}], [full(action="no_action")], unmanaged="reset"
    )
    assert waking.changes[0].after == {"action": "detect", "severity": "low"}


def test_reset_does_not_revive() -> None:
    found = decide([item()], [expired()], unmanaged="reset")
    assert not any("expiration" in change.after for change in found.changes)
    lives = decide([item(expiration_days=30)], [record(expiration=NEXT_YEAR)], unmanaged="reset")
    assert not lives.changes


@pytest.mark.parametrize(
    ("raw", "before"),
    [
        (item(mobile_action="detect"), record(platforms=["ios"], mobile_action="detect")),
        (item(), record(platforms=["ios"], mobile_action="detect")),
    ],
)
def test_reset_leaves_platforms_that_an_action_needs(raw: Dict[str, Any], before: Dict[str, Any]) -> None:
    found = decide([raw], [before], unmanaged="reset")
    assert not found.failures
    assert not found.changes


def test_reset_and_max_hosts() -> None:
    blocks = full(action="prevent")
    assert decide([item("sha256", SHA)], [blocks], unmanaged="reset", max_hosts=0).life.questions


# --- a pin without rings


def test_a_pin_needs_rings() -> None:
    found = decide([item(**DETECT, ring="canary")], [])
    assert "ring: needs the option rings" in str(found.failures[0])
    rings = read_rings([{"name": "canary", "applied_globally": True, "action": "detect"}])
    assert not decide([item(severity="low", ring="canary")], [], rings=rings).failures


def test_state_among_defaults() -> None:
    found = decide(
        [item(), item(value="b.example", state="present", **DETECT)], [record()], defaults={"state": "absent"}
    )
    assert [change.operation for change in found.changes] == ["create", "delete"]
    by_type = decide([item()], [record()], by_type={"domain": {"state": "absent"}})
    assert by_type.absent == 1


def test_the_action_that_expiry_took_is_not_asked_for() -> None:
    gone = {**expired(), "created_on": "2026-01-01T00:00:00Z"}
    renewal = {"expiration_days": 30, "action": "detect"}
    found = decide([gone], [expired()], defaults=renewal, expired="renew")
    assert found.changes[0].after["action"] == "detect"
    assert not decide([gone], [expired()]).changes


def test_an_action_that_expiry_has_not_taken_yet_stays() -> None:
    late = {**expired(action="detect"), "created_on": "2026-01-01T00:00:00Z"}
    assert read([late])[0].fields["action"] == "detect"
    assert "action" not in read([{**late, "action": "no_action"}])[0].fields


def test_reset_of_an_indicator_that_becomes_one_of_both_kinds_of_platforms() -> None:
    """Where a new indicator would be on desktop platforms alone, an action for others keeps the stored ones."""
    before = record(platforms=["windows", "ios"], mobile_action="detect")
    found = decide(
        [item(action="detect", mobile_action="prevent", severity="high")], [before], unmanaged="reset"
    )
    assert not found.failures
    assert found.changes[0].after == {"mobile_action": "prevent"}
    phone = record("all_subdomains", platforms=["ios"], action="no_action", mobile_action="detect")
    whole = decide(
        [item("all_subdomains", mobile_action="detect", severity="high")], [phone], unmanaged="reset"
    )
    assert whole.changes[0].after == {"platforms": ["ios", "android"]}

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a block reaches: when an indicator begins to block, and what max_hosts does about it."""

from __future__ import annotations

import datetime
from typing import Any, Dict, List, Optional

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc import reach
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.plan import Plan
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.reach import Sighting
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.ring import read_rings
from ansible_collections.threatops.falcon.tests.unit.planning import GROUP, NOW, SHA, decide, item, record

OTHER = "d" * 32
BLOCKING = {"action": "prevent", "severity": "high"}


def sha(**fields: Any) -> Dict[str, Any]:
    return record("sha256", SHA, **fields)


GLOBAL: Dict[str, Any] = {"applied_globally": True}
ONE: Dict[str, Any] = {"applied_globally": False, "host_groups": [GROUP]}
BOTH: Dict[str, Any] = {"applied_globally": False, "host_groups": [GROUP, OTHER]}
WINDOWS: Dict[str, Any] = {"platforms": ["windows"]}
PHONE: Dict[str, Any] = {"platforms": ["windows", "ios"]}
PREVENT: Dict[str, Any] = {"action": "prevent"}


@pytest.mark.parametrize(
    ("before", "after", "begins"),
    [
        (None, sha(**PREVENT), True),
        (None, sha(), False),
        (None, sha(action="allow"), False),
        (sha(), sha(**PREVENT), True),
        (sha(), sha(action="prevent_no_ui"), True),
        (sha(**PREVENT), sha(action="prevent_no_ui"), False),
        (sha(**PREVENT), sha(), False),
        (sha(**PREVENT), sha(**PREVENT, description="x"), False),
        (sha(**PREVENT, **ONE), sha(**PREVENT, **GLOBAL), True),
        (sha(**PREVENT, **ONE), sha(**PREVENT, **BOTH), True),
        (sha(**PREVENT, **BOTH), sha(**PREVENT, **ONE), False),
        (sha(**PREVENT, **GLOBAL), sha(**PREVENT, **ONE), False),
        (sha(**PREVENT, **WINDOWS), sha(**PREVENT), True),
        (sha(**PREVENT), sha(**PREVENT, **WINDOWS), False),
        (sha(**PREVENT, expired=True), sha(**PREVENT), True),
        (sha(**PREVENT, expiration="2026-06-01T12:00:00Z"), sha(**PREVENT), True),
        (record(**PHONE), record(**PHONE, mobile_action="prevent"), True),
        (
            record(**PHONE, mobile_action="prevent"),
            record(**PHONE, mobile_action="prevent", severity="low"),
            False,
        ),
        (record(mobile_action="prevent"), record(**PHONE, mobile_action="prevent"), True),
        (record(), record(mobile_action="prevent"), False),
    ],
)
def test_begins_to_block(before: Optional[Dict[str, Any]], after: Dict[str, Any], begins: bool) -> None:
    assert reach.begins_to_block(before, after, NOW) is begins


@pytest.mark.parametrize(
    ("sighting", "most", "exceeds"),
    [
        (Sighting(5), 5, False),
        (Sighting(6), 5, True),
        (Sighting(1), 0, True),
        (Sighting(0), 0, False),
        (Sighting(1, limit_exceeded=True), 5, True),
        (Sighting(99, limit_exceeded=True), None, False),
    ],
)
def test_exceeds(sighting: Sighting, most: Optional[int], exceeds: bool) -> None:
    assert sighting.exceeds(most) is exceeds


@pytest.mark.parametrize(
    ("action", "most", "found"),
    [
        ("prevent", "detect", "detect"),
        ("detect", "prevent", "detect"),
        ("prevent_no_ui", "prevent", "prevent"),
        ("prevent", "allow", "allow"),
        ("detect", "no_action", "no_action"),
    ],
)
def test_capped_action(action: str, most: str, found: str) -> None:
    assert reach.capped_action(action, most) == found


# --- in a plan


def run(
    raw: Dict[str, Any], records: List[Dict[str, Any]], count: Optional[Sighting], **options: Any
) -> Plan:
    sightings = {} if count is None else {(raw["type"], raw["value"]): count}
    return decide([raw], records, **{"max_hosts": 5, "sightings": sightings, **options})


BLOCK = item("sha256", SHA, **BLOCKING)


def test_only_what_begins_to_block_is_counted() -> None:
    assert list(run(BLOCK, [], None).life.questions) == [("sha256", SHA)]
    assert not run(BLOCK, [], None).changes
    assert not run(item("sha256", SHA, action="detect", severity="high"), [], None).life.questions
    assert not run(BLOCK, [sha(**PREVENT)], None).life.questions
    assert not run({**BLOCK, "description": "x"}, [sha(**PREVENT)], None).life.questions
    assert not run(BLOCK, [], None, max_hosts=None).life.questions


def test_as_many_as_allowed_may_have_seen_it() -> None:
    found = run(BLOCK, [], Sighting(5))
    assert found.changes[0].after["action"] == "prevent"
    assert not found.life.reach
    assert not found.life.unseen
    assert list(run(BLOCK, [], Sighting(unknown=True)).life.unseen) == [("sha256", SHA)]


def test_more_refuse_the_plan() -> None:
    found = run(BLOCK, [], Sighting(6))
    assert [refusal.code for refusal in found.refusals] == ["reach"]
    assert "6 hosts" in found.refusals[0].message
    assert "max_hosts 5" in found.refusals[0].message
    assert found.life.reach == [{"type": "sha256", "value": SHA, "device_count": 6, "limit_exceeded": False}]
    assert found.changes, "a reviewer sees what is refused"
    more = run(BLOCK, [], Sighting(1, limit_exceeded=True))
    assert "more than 1 host" in more.refusals[0].message


def test_more_are_left_out() -> None:
    found = run(BLOCK, [], Sighting(6), on_reach="skip")
    assert not found.changes
    assert not found.refusals
    planned = found.planned()
    assert planned["reached"] == 1
    assert planned["desired"] == 1
    assert found.life.reach
    assert found.aside("reached")[0].message == "observed by more hosts than max_hosts 5 allows"


def test_more_only_detect() -> None:
    found = run(BLOCK, [], Sighting(6), on_reach="detect")
    assert found.changes[0].after["action"] == "detect"
    assert not found.refusals
    assert found.life.reach
    again = run(BLOCK, [sha()], Sighting(6), on_reach="detect")
    assert not again.changes
    assert again.unchanged == 1


def test_detecting_needs_a_severity() -> None:
    found = run(item("sha256", SHA, action="prevent_no_ui"), [], Sighting(6), on_reach="detect")
    assert found.changes[0].after["severity"] == "medium"
    found = run(
        item("sha256", SHA, action="prevent_no_ui"), [sha(action="no_action")], Sighting(6), on_reach="detect"
    )
    assert "severity" not in found.changes[0].after


def test_what_blocks_already_gets_no_wider() -> None:
    raw = {**BLOCK, "applied_globally": True, "description": "new"}
    found = run(raw, [sha(**PREVENT, **ONE)], Sighting(6), on_reach="detect")
    assert found.changes[0].after == {"description": "new"}


def test_a_desktop_block_stays_where_a_mobile_one_would_begin() -> None:
    raw = item("domain", "evil.example", mobile_action="prevent", platforms=["ios", "android"])
    before = record(platforms=["ios"], mobile_action="prevent")
    found = run(raw, [before], Sighting(6), on_reach="detect")
    assert not found.changes
    both = item(
        "domain", "evil.example", action="detect", mobile_action="prevent", platforms=["windows", "ios"]
    )
    found = run(both, [record(**PHONE)], Sighting(6), on_reach="detect")
    assert found.changes == [] or found.changes[0].after["mobile_action"] == "detect"


def test_reviving_a_block_is_a_beginning() -> None:
    before = sha(action="no_action", expired=True, expiration="2026-05-01T00:00:00Z")
    found = run({**BLOCK, "expiration_days": 9}, [before], Sighting(6), on_reach="detect")
    assert found.changes[0].after["action"] == "detect"
    stale = sha(**PREVENT, expiration="2026-05-01T00:00:00Z")  # not marked as expired yet
    found = run(item("sha256", SHA, expiration_days=9), [stale], Sighting(6), on_reach="detect")
    assert found.changes[0].after["action"] == "detect"


def test_a_count_that_cannot_be_had_fails_the_item() -> None:
    found = run(BLOCK, [], Sighting(problem="HTTP 500"))
    assert not found.changes
    assert [(one.code, one.operation) for one in found.failures] == [("not_counted", "create")]


# --- with rings

RINGS = read_rings(
    [
        {"name": "canary", "host_groups": [GROUP], "action": "detect"},
        {"name": "all", "applied_globally": True, "action": "prevent"},
    ]
)
IN_CANARY = sha(**ONE, tags=["ring:canary@2026-05-01T00:00:00Z"])
RINGED = item("sha256", SHA, severity="high")


@pytest.mark.parametrize("on_reach", ["detect", "skip"])
def test_one_that_would_block_too_many_stays_in_its_ring(on_reach: str) -> None:
    found = run(RINGED, [IN_CANARY], Sighting(6), rings=RINGS, on_reach=on_reach)
    assert not found.changes
    assert found.unchanged == 1
    assert not found.life.promoted
    assert found.life.held[0]["ring"] == "canary"
    assert found.life.held[0]["max_hosts"] == 5
    assert found.life.reach


def test_a_promotion_that_blocks_too_many_refuses_the_plan() -> None:
    found = run(RINGED, [IN_CANARY], Sighting(6), rings=RINGS)
    assert [refusal.code for refusal in found.refusals] == ["reach"]


def test_a_jump_is_stopped_by_max_hosts() -> None:
    jump = {**RINGED, "ring": "all"}
    assert run(jump, [IN_CANARY], Sighting(5), rings=RINGS).changes[0].after["action"] == "prevent"
    assert run(jump, [IN_CANARY], Sighting(6), rings=RINGS).refusals
    assert not run(jump, [IN_CANARY], Sighting(6), rings=RINGS, on_reach="detect").changes
    new = run(jump, [], Sighting(6), rings=RINGS, on_reach="detect")
    assert new.changes[0].after["action"] == "detect"
    assert not run(jump, [], Sighting(6), rings=RINGS, on_reach="skip").changes


def test_a_ring_that_begins_to_block_where_an_indicator_is() -> None:
    rings = read_rings([{"name": "canary", "host_groups": [GROUP], "action": "prevent"}, RINGS_LAST])
    pinned = {**RINGED, "ring": "canary"}
    found = run(pinned, [IN_CANARY], Sighting(6), rings=rings, on_reach="skip")
    assert found.planned()["reached"] == 1
    found = run(RINGED, [IN_CANARY], Sighting(6), rings=rings, on_reach="detect")
    assert not found.changes
    assert found.life.held


RINGS_LAST = {"name": "all", "applied_globally": True, "action": "prevent"}


def test_now_is_what_the_policy_says() -> None:
    assert NOW.tzinfo is datetime.timezone.utc

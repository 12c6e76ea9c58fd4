# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rings, case by case: what they are, which one a record is in, and what becomes of it in a run."""

from __future__ import annotations

import datetime
from typing import Any, Dict, List, Optional

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.change import UPDATE
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.fields import FieldProblem
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.plan import Plan
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.reach import Sighting
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.ring import read_rings
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.ring_tags import without_stamp
from ansible_collections.threatops.falcon.tests.unit.planning import NOW, SHA, decide, item, record

CANARY, SERVERS = "1" * 32, "2" * 32
RINGS = read_rings(
    [
        {"name": "canary", "host_groups": [CANARY], "action": "detect", "hold": "24h", "max_hosts": 5},
        {"name": "servers", "host_groups": [SERVERS], "action": "prevent", "hold": "2d"},
        {"name": "everywhere", "applied_globally": True, "action": "prevent"},
    ]
)
DEFAULTS = {"severity": "high"}


def at(hours: float) -> str:
    """A stamp so many hours before now."""
    return (NOW - datetime.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def tag(ring: str, hours: float = 0) -> str:
    return f"ring:{ring}@{at(hours)}"


def stored(ring: int, *tags: str, **fields: Any) -> Dict[str, Any]:
    """A record with the scope and action of a ring."""
    groups = RINGS[ring].host_groups
    scope = {"applied_globally": False, "host_groups": list(groups)} if groups else {}
    fields = {"action": RINGS[ring].action, **scope, **fields}
    return record("sha256", SHA, tags=list(tags) or None, **fields)


def run(
    raw: Optional[Dict[str, Any]] = None, records: Optional[List[Dict[str, Any]]] = None, **options: Any
) -> Plan:
    options = {"rings": RINGS, "defaults": DEFAULTS, **options}
    return decide([raw or item("sha256", SHA)], records or [], **options)


def only(found: Plan) -> Dict[str, Any]:
    assert not found.failures, found.failures
    assert not found.life.questions
    assert len(found.changes) == 1
    return found.changes[0].after


def counted(devices: int, **more: Any) -> Dict[str, Any]:
    return {"sightings": {("sha256", SHA): Sighting(devices, **more)}}


# --- the option


def test_read_rings() -> None:
    canary, servers, everywhere = RINGS
    assert canary.host_groups == (CANARY,)
    assert canary.hold == datetime.timedelta(hours=24)
    assert canary.max_hosts == 5
    assert servers.max_hosts is None
    assert everywhere.scope == {"applied_globally": True}
    assert everywhere.hold == datetime.timedelta()


@pytest.mark.parametrize(
    ("ring", "text"),
    [
        ("canary", "rings[0]: must be a mapping"),
        ({"name": "a"}, "rings[0]: needs host_groups or applied_globally: true, and not both"),
        ({"name": "a", "applied_globally": True, "host_groups": ["g"]}, "and not both"),
        ({"name": "a", "applied_globally": "maybe"}, "rings[0].applied_globally"),
        ({"name": "a", "host_groups": 7}, "rings[0].host_groups: must be a list"),
        ({"name": "a", "host_groups": ["", "b"]}, "rings[0]: needs host_groups"),
        ({"name": "", "applied_globally": True}, "rings[0].name: must be a short text"),
        ({"name": "a@b", "applied_globally": True}, "without @"),
        ({"name": "a" * 61, "applied_globally": True}, "rings[0].name"),
        ({"name": "a\x1b", "applied_globally": True}, "rings[0].name"),
        (
            {"name": "a", "applied_globally": True, "action": "allow"},
            "must be one of no_action, detect, prevent",
        ),
        ({"name": "a", "applied_globally": True, "mobile_action": "block"}, "rings[0].mobile_action"),
        ({"name": "a", "applied_globally": True, "hold": "soon"}, "rings[0].hold"),
        (
            {"name": "a", "applied_globally": True, "max_hosts": -1},
            "rings[0].max_hosts: must be a number of hosts",
        ),
        ({"name": "a", "applied_globally": True, "max_hosts": True}, "rings[0].max_hosts"),
        ({"name": "a", "applied_globally": True, "wait": "1d"}, "rings[0].wait: is unknown; a ring has name"),
    ],
)
def test_wrong_rings(ring: object, text: str) -> None:
    with pytest.raises(FieldProblem) as problem:
        read_rings([ring])
    assert text in str(problem.value)


def test_wrong_lists_of_rings() -> None:
    with pytest.raises(FieldProblem, match="falcon_ioc_rings: must be a list"):
        read_rings("canary", "falcon_ioc_rings")
    twice = [{"name": "a", "applied_globally": True, "host_groups": None}] * 2
    with pytest.raises(FieldProblem, match=r"rings\[1\].name: 'a' is used by an earlier ring"):
        read_rings(twice)


def test_read_rings_in_the_spellings_of_ansible() -> None:
    (ring,) = read_rings([{"name": " a ", "host_groups": "g, h", "max_hosts": "0", "hold": 0}])
    assert (ring.name, ring.host_groups, ring.max_hosts) == ("a", ("g", "h"), 0)


# --- a new indicator


def test_a_new_indicator_begins_in_the_first_ring() -> None:
    after = only(run())
    assert after["action"] == "detect"
    assert after["host_groups"] == [CANARY]
    assert after["applied_globally"] is False
    assert after["tags"] == [tag("canary")]


def test_a_new_indicator_that_is_pinned_begins_there() -> None:
    after = only(run(item("sha256", SHA, ring="everywhere", tags=["t"])))
    assert after["action"] == "prevent"
    assert after["applied_globally"] is True
    assert "host_groups" not in after
    assert after["tags"] == ["t", tag("everywhere")]


def test_an_unknown_pin_is_named() -> None:
    found = run(item("sha256", SHA, ring="nowhere"))
    assert "there is no ring 'nowhere'; there are: canary, servers, everywhere" in str(found.failures[0])
    assert not found.changes


@pytest.mark.parametrize("scope", [{"applied_globally": True}, {"host_groups": ["g"]}])
def test_a_scope_of_the_item_is_an_error(scope: Dict[str, Any]) -> None:
    found = run(item("sha256", SHA, **scope))
    assert "cannot go with rings" in str(found.failures[0])


def test_a_scope_of_defaults_gives_way() -> None:
    after = only(run(defaults={**DEFAULTS, "applied_globally": True, "action": "prevent"}))
    assert (after["applied_globally"], after["host_groups"], after["action"]) == (False, [CANARY], "detect")


# --- from ring to ring


def test_it_waits_until_its_time_has_come() -> None:
    found = run(records=[stored(0, tag("canary", 23.5))])
    assert not found.changes
    assert found.unchanged == 1
    assert found.life.waiting == [{"type": "sha256", "value": SHA, "ring": "canary", "until": at(-0.5)}]


def test_waiting_is_no_reason_to_leave_other_fields_alone() -> None:
    found = run(item("sha256", SHA, description="new", tags=["t"]), [stored(0, tag("canary", 1), "old")])
    after = only(found)
    assert after == {"description": "new", "tags": ["t", tag("canary", 1)]}
    assert found.life.waiting


def test_one_that_is_due_is_counted_first() -> None:
    found = run(records=[stored(0, tag("canary", 24))])
    assert list(found.life.questions) == [("sha256", SHA)]
    assert not found.changes


def test_one_that_waits_is_not_counted() -> None:
    assert not run(records=[stored(0, tag("canary", 1))]).life.questions


@pytest.mark.parametrize("devices", [0, 5])
def test_promoted(devices: int) -> None:
    found = run(records=[stored(0, "t", tag("canary", 24))], **counted(devices))
    after = only(found)
    assert after == {"action": "prevent", "host_groups": [SERVERS], "tags": ["t", tag("servers")]}
    assert found.life.promoted == [{"type": "sha256", "value": SHA, "from": "canary", "to": "servers"}]
    assert found.changes[0].operation == UPDATE
    assert not found.life.unseen


def test_a_404_is_none_and_said() -> None:
    found = run(records=[stored(0, tag("canary", 24))], **counted(0, unknown=True))
    assert found.life.promoted
    assert list(found.life.unseen) == [("sha256", SHA)]


@pytest.mark.parametrize("count", [Sighting(6), Sighting(3, limit_exceeded=True)])
def test_held(count: Sighting) -> None:
    found = run(records=[stored(0, tag("canary", 99))], sightings={("sha256", SHA): count})
    assert not found.changes
    assert found.unchanged == 1
    assert not found.refusals
    assert found.life.held == [
        {"type": "sha256", "value": SHA, "ring": "canary", **count.as_dict(), "max_hosts": 5}
    ]
    gate = run(records=[stored(0, tag("canary", 99))], sightings={("sha256", SHA): count}, on_held="fail")
    assert [refusal.code for refusal in gate.refusals] == ["held"]
    assert SHA in gate.refusals[0].message


def test_one_that_cannot_be_counted_stays_and_fails() -> None:
    found = run(records=[stored(0, tag("canary", 99))], **counted(0, problem="HTTP 403"))
    assert not found.changes
    assert [failure.code for failure in found.failures] == ["not_counted"]
    assert "HTTP 403" in str(found.failures[0])


def test_a_ring_without_max_hosts_asks_nobody() -> None:
    found = run(records=[stored(1, tag("servers", 48))])
    assert only(found) == {"applied_globally": True, "host_groups": [], "tags": [tag("everywhere")]}
    assert found.life.promoted[0]["to"] == "everywhere"


def test_the_last_ring_is_the_end() -> None:
    found = run(records=[stored(2, tag("everywhere", 9999))])
    assert not found.changes
    assert not found.life.waiting


def test_what_drifted_in_a_ring_is_put_back() -> None:
    found = run(records=[stored(0, tag("canary", 1), action="prevent", host_groups=[SERVERS])])
    assert only(found) == {"action": "detect", "host_groups": [CANARY]}


# --- pins


def test_a_pin_keeps_an_indicator_where_it_is() -> None:
    found = run(item("sha256", SHA, ring="canary"), [stored(0, tag("canary", 999))])
    assert not found.changes
    assert not found.life.questions
    assert not found.life.waiting


def test_a_pin_jumps_without_a_hold() -> None:
    found = run(item("sha256", SHA, ring="everywhere"), [stored(0, tag("canary", 1))])
    assert only(found)["tags"] == [tag("everywhere")]
    assert found.life.promoted == [{"type": "sha256", "value": SHA, "from": "canary", "to": "everywhere"}]
    assert found.life.ring_notes[0]["code"] == "moved_by_item"


def test_a_pin_pulls_back() -> None:
    found = run(item("sha256", SHA, ring="canary"), [stored(2, tag("everywhere", 1))])
    after = only(found)
    assert (after["action"], after["host_groups"], after["tags"]) == ("detect", [CANARY], [tag("canary")])
    assert not found.life.promoted


# --- the action


@pytest.mark.parametrize("own", ["allow", "no_action", "detect"])
def test_an_action_of_the_item_is_the_most_that_it_may_reach(own: str) -> None:
    fields = {} if own == "allow" else {"severity": "high"}
    found = run(
        item("sha256", SHA, action=own, ring="everywhere", **fields),
        [stored(0, tag("canary", 1), action=own, **({"severity": ""} if own == "allow" else {}))],
        defaults={},
    )
    assert "action" not in only(found)


def test_prevent_of_the_item_starts_as_detect() -> None:
    assert only(run(item("sha256", SHA, action="prevent_no_ui")))["action"] == "detect"


def test_allow_of_defaults_is_never_blocked() -> None:
    found = run(item("sha256", SHA, ring="everywhere"), defaults={"action": "allow"})
    assert only(found)["action"] == "allow"


def test_a_domain_keeps_detect_where_a_ring_prevents() -> None:
    found = decide([item(ring="everywhere")], [], rings=RINGS, defaults=DEFAULTS)
    assert found.changes[0].after["action"] == "detect"


def test_without_any_action_that_fits_the_default_counts() -> None:
    rings = read_rings([{"name": "all", "applied_globally": True, "action": "prevent"}])
    found = decide([item()], [], rings=rings, defaults={**DEFAULTS, "action": "detect"})
    assert found.changes[0].after["action"] == "detect"
    found = decide([item()], [], rings=rings, defaults=DEFAULTS)
    assert "action" in str(found.failures[0])


def test_rings_without_actions_leave_the_action_to_the_item() -> None:
    rings = read_rings(
        [{"name": "first", "host_groups": [CANARY]}, {"name": "all", "applied_globally": True}]
    )
    found = run(item("sha256", SHA, action="prevent"), rings=rings)
    assert only(found)["action"] == "prevent"


def test_mobile_actions_follow_the_ring_too() -> None:
    raw = item(platforms=["windows", "ios"], action="detect", mobile_action="prevent", severity="high")
    found = decide([raw], [], rings=RINGS)
    assert found.changes[0].after["mobile_action"] == "detect"
    rings = read_rings([{"name": "all", "applied_globally": True, "mobile_action": "prevent"}])
    found = decide([item("all_subdomains")], [], rings=rings, defaults=DEFAULTS)
    assert found.changes[0].after["mobile_action"] == "prevent"


# --- tags that do not say it


def test_without_a_tag_the_ring_whose_scope_and_action_it_has() -> None:
    found = run(records=[stored(1, "t")])
    assert only(found) == {"tags": ["t", tag("servers")]}
    assert found.life.ring_notes[0]["code"] == "untagged"
    assert found.life.ring_notes[0]["ring"] == "servers"
    assert found.life.waiting[0]["ring"] == "servers"


def test_without_a_tag_and_like_none_the_last() -> None:
    found = run(records=[stored(0, host_groups=["3" * 32])])
    assert only(found)["tags"] == [tag("everywhere")]
    assert found.life.ring_notes[0]["ring"] == "everywhere"


def test_without_a_tag_what_is_allowed_does_not_begin_to_block() -> None:
    found = run(records=[stored(2, action="allow")])
    assert not found.changes
    assert found.life.ring_notes[0]["code"] == "kept_as_it_is"
    pinned = run(item("sha256", SHA, ring="canary"), records=[stored(2, action="allow")])
    assert only(pinned)["action"] == "detect"


def test_without_a_tag_nothing_is_made_weaker() -> None:
    rings = RINGS[:2]
    found = run(records=[stored(2)], rings=rings)  # prevents everywhere; the last ring is for the servers
    assert not found.changes
    assert found.life.ring_notes[0]["code"] == "kept_as_it_is"
    pinned = run(item("sha256", SHA, ring="servers"), [stored(2)], rings=rings)
    assert only(pinned)["host_groups"] == [SERVERS]


def test_an_expired_record_without_a_tag_is_known_by_its_scope() -> None:
    old = stored(1, action="no_action", expired=True, expiration=at(1))
    found = run(item("sha256", SHA, expiration_days=9), [old])
    assert only(found)["tags"] == [tag("servers")]


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        (["ring:gone@2026-01-01T00:00:00Z"], "unknown_ring"),
        ([tag("canary", 1), tag("servers", 1)], "doubled"),
        (["ring:canary@2026-06-01T12:00:01Z"], "future"),
        (["ring:canary"], "unreadable"),
        (["ring:canary@yesterday"], "unreadable"),
        (["ring:canary@0001-01-01T00:00:00Z"], "unreadable"),
    ],
)
def test_a_tag_that_cannot_be_used(tags: List[str], code: str) -> None:
    alike = run(records=[stored(1, *tags)])
    assert only(alike) == {"tags": [tag("servers")]}
    assert alike.life.ring_notes[0]["code"] == code
    assert alike.life.waiting
    unlike = run(records=[stored(2, *tags, action="detect")])
    assert only(unlike)["host_groups"] == [CANARY]
    assert unlike.life.ring_notes[0]["ring"] == "canary"


def test_an_expired_record_that_is_not_revived_stays_as_it_is() -> None:
    old = stored(0, tag("canary", 999), action="no_action", expired=True, expiration=at(1))
    found = run(records=[old])
    assert not found.changes
    assert found.expired == 1
    assert not found.life.questions


def test_an_expired_record_that_is_revived_starts_its_hold_again() -> None:
    old = stored(0, tag("canary", 999), action="no_action", expired=True, expiration=at(1))
    found = run(item("sha256", SHA, expiration_days=9), [old])
    after = only(found)
    assert after["tags"] == [tag("canary")]
    assert after["action"] == "detect"
    assert run(item("sha256", SHA, expiration="never"), [old]).changes


# --- the digest


def test_the_stamp_is_no_part_of_the_digest() -> None:
    assert without_stamp(tag("canary", 1)) == "ring:canary"
    assert without_stamp(" ring:canary@never ") == " ring:canary@never "
    assert without_stamp("t") == "t"
    late = run(records=[stored(1, tag("servers", 50))])
    later = run(records=[stored(1, tag("servers", 60))])
    assert late.changes[0].before != later.changes[0].before
    assert late.digest() == later.digest()


def test_rings_and_protection() -> None:
    found = run(protected=lambda _kind, _value: "known good")
    assert found.protected
    assert not found.changes


def test_what_a_screen_says() -> None:
    assert not run().life.sentences()
    assert run(records=[stored(0, tag("canary", 24))], **counted(1)).life.sentences() == [
        "Promoted: 1 from canary to servers."
    ]
    assert run(records=[stored(0, tag("canary", 23))]).life.sentences() == [
        f"1 indicator waits for the next ring, the first until {at(-1)}."
    ]
    assert run(records=[stored(0, tag("canary", 24))], **counted(6)).life.sentences() == [
        f"Held in ring canary: sha256 {SHA}, observed by 6 hosts, max_hosts is 5."
    ]
    jump = run(item("sha256", SHA, ring="everywhere"), **counted(1, limit_exceeded=True), max_hosts=3)
    assert jump.life.sentences() == [f"Reaches too far to block: sha256 {SHA}, observed by more than 1 host."]
    assert run(records=[stored(2)]).life.sentences() == [
        "1 indicator: has no ring tag; it counts as in ring everywhere from now on."
    ]
    assert set(run().life.lists()) == {"promoted_iocs", "waiting_iocs", "held_iocs", "ring_notes", "reach"}


def test_a_pin_of_a_new_one_without_tags() -> None:
    assert only(run(item("sha256", SHA, ring="servers")))["tags"] == [tag("servers")]


def test_groups_of_rings_by_their_ids() -> None:
    (ring,) = read_rings([{"name": "a", "host_groups": ["Servers", "servers", "other"]}])
    assert ring.with_groups({"Servers": "1", "servers": "1"}).host_groups == ("1", "other")

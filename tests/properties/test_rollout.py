# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Indicators in rings, over days: runs that are repeated, interrupted and rolled back, lists and rings that are edited.

The planner alone, over a tenant that is a dictionary. The model remembers by itself when each indicator entered its
ring, and knows nothing of tags.
"""

from __future__ import annotations

import datetime
from typing import Any, Dict, List, Optional, Set, Tuple

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ansible_collections.threatops.falcon.plugins.module_utils.ioc import reach, ring_tags
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.item import ItemReader
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.plan import Plan, Policy, plan
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.reach import Sighting
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.ring import read_rings

CANARY, SERVERS = "1" * 32, "2" * 32
RINGS = read_rings(
    [
        {"name": "canary", "host_groups": [CANARY], "action": "detect", "hold": "24h", "max_hosts": 5},
        {"name": "servers", "host_groups": [SERVERS], "action": "prevent", "hold": "2d", "max_hosts": 8},
        {"name": "everywhere", "applied_globally": True, "action": "prevent"},
    ]
)
POSITIONS = {ring.name: position for position, ring in enumerate(RINGS)}
VALUES = [("sha256", f"{number:064x}") for number in range(4)] + [("domain", "evil.example")]
START = datetime.datetime(2026, 6, 1, tzinfo=datetime.timezone.utc)


class Rollout(RuleBasedStateMachine):
    """The tenant, the list, and what the model knows of each indicator: its ring, and since when."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.tenant: Dict[Tuple[str, str], Dict[str, Any]] = {}
        self.before: Dict[Tuple[str, str], Dict[str, Any]] = {}
        self.listed: Dict[Tuple[str, str], Dict[str, Any]] = {key: {} for key in VALUES[:3]}
        self.sightings: Dict[Tuple[str, str], int] = {}
        self.entered: Dict[Tuple[str, str], Tuple[int, datetime.datetime]] = {}
        self.free: Set[Tuple[str, str]] = set()
        self.ids = 0

    # --- the world

    @rule(hours=st.sampled_from([1, 13, 24, 25, 49]))
    def time_passes(self, hours: int) -> None:
        self.now += datetime.timedelta(hours=hours, seconds=7)

    @rule(key=st.sampled_from(VALUES), count=st.sampled_from([1, 5, 6, 9]))
    def seen(self, key: Tuple[str, str], count: int) -> None:
        self.sightings[key] = count

    @rule(key=st.sampled_from(VALUES), own=st.sampled_from([{}, {"description": "new"}, {"tags": ["t"]}]))
    def list_names(self, key: Tuple[str, str], own: Dict[str, Any]) -> None:
        self.listed[key] = own

    @rule(key=st.sampled_from(VALUES), ring=st.sampled_from([ring.name for ring in RINGS]))
    def list_pins(self, key: Tuple[str, str], ring: str) -> None:
        self.listed[key] = {"ring": ring}

    @rule(key=st.sampled_from(VALUES))
    def list_drops(self, key: Tuple[str, str]) -> None:
        self.listed.pop(key, None)

    @rule(
        key=st.sampled_from(VALUES),
        tag=st.sampled_from(["ring:gone@2026-01-01T00:00:00Z", "ring:canary", ""]),
    )
    def tag_is_spoilt(self, key: Tuple[str, str], tag: str) -> None:
        record = self.tenant.get(key)
        if record is not None:
            record["tags"] = [one for one in record.get("tags", []) if not ring_tags.is_ring_tag(one)] + (
                [tag] if tag else []
            )
            self.free.add(key)  # where it counts from now on is a case of its own

    # --- runs

    def planned(self, counted: bool) -> Plan:
        reader = ItemReader({"severity": "high"}, None, "soc")
        items = [
            reader.read({"type": kind, "value": value, **own}, number, str(number))
            for number, ((kind, value), own) in enumerate(self.listed.items())
        ]
        counts = {key: Sighting(self.sightings.get(key, 0)) for key in VALUES} if counted else {}
        policy = Policy(
            now=self.now, source="soc", purge=True, purge_allow_empty=True, rings=RINGS, sightings=counts
        )
        return plan(items, list(self.tenant.values()), policy)

    @rule(most=st.sampled_from([99, 99, 99, 1]))
    def run(self, most: int) -> None:
        """A run; with `most` it is interrupted after so many writes."""
        asked = self.planned(counted=False)
        for key in asked.life.questions:
            position, since = self.entered.get(key, (0, self.now))
            assert key in self.free or self.now >= since + RINGS[position].hold, "counted before it is due"
        decided = self.planned(counted=True)
        assert not decided.failures
        assert not decided.refusals
        assert decided.digest() == self.planned(counted=True).digest(), "check says what apply does"
        self.before = {key: dict(record) for key, record in self.tenant.items()}
        pins = {key: own["ring"] for key, own in self.listed.items() if "ring" in own}
        for change in decided.changes[:most]:
            self._write(change, pins.get(change.identity))
        if most == 99:
            again = self.planned(counted=True)
            self._only_what_is_due(again)

    def _only_what_is_due(self, again: Plan) -> None:
        """A second run at once changes nothing; a ring without a hold would be the only reason."""
        assert not again.changes, [(change.before, change.after) for change in again.changes]

    def _write(self, change: Any, pin: Optional[str]) -> None:
        key = change.identity
        if change.operation == "delete":
            del self.tenant[key]
            self.entered.pop(key, None)
            self.free.discard(key)
            return
        record = change.predicted()
        if change.operation == "create":
            self.ids += 1
            record["id"] = f"{self.ids:064x}"
        self._entered(key, self.tenant.get(key), record, pin)
        self.tenant[key] = record

    def _entered(
        self,
        key: Tuple[str, str],
        before: Optional[Dict[str, Any]],
        after: Dict[str, Any],
        pin: Optional[str],
    ) -> None:
        ring, since = stage(after)
        position = POSITIONS[ring]
        if before is None:
            assert position == (POSITIONS[pin] if pin else 0), "a new one begins in the first ring"
        elif pin or key in self.free:
            self.free.discard(key)
        else:
            was, entered = self.entered[key]
            assert position in (was, was + 1), "nobody skips a ring"
            if position == was + 1:
                assert self.now >= entered + RINGS[was].hold, "nobody goes on before the time"
                most = RINGS[was].max_hosts
                assert most is None or self.sightings.get(key, 0) <= most, (
                    "nobody goes on who was seen by more"
                )
        if before is not None and stages(before):
            assert since >= stages(before)[0][1] or since == self.now.replace(microsecond=0), (
                "time moves forward"
            )
        if before is None or self.entered.get(key, (None, None))[0] != position:
            self.entered[key] = (position, self.now.replace(microsecond=0))
        else:
            self.entered[key] = (position, since)

    @rule()
    def roll_back(self) -> None:
        """As `rollback_from` does: every record as it was, tags included."""
        for key, record in self.before.items():
            self.tenant[key] = dict(record)
            found = stages(record)
            if found and found[0][0] in POSITIONS:
                self.entered[key] = (POSITIONS[found[0][0]], found[0][1])
            else:
                self.free.add(key)
        for key in set(self.tenant) - set(self.before):
            del self.tenant[key]
            self.entered.pop(key, None)

    # --- what holds at any time

    @invariant()
    def nobody_blocks_before_their_time(self) -> None:
        for key, record in self.tenant.items():
            if key in self.free:
                continue
            position = self.entered[key][0]
            if reach.blocks_on(record):
                assert RINGS[position].action == "prevent"
                assert key[0] == "sha256", "a domain never blocks on desktop platforms"
            if not record.get("applied_globally"):
                assert record["host_groups"] == list(RINGS[position].host_groups)
            else:
                assert position == len(RINGS) - 1

    @invariant()
    def ordinary_tags_stay(self) -> None:
        for record in self.tenant.values():
            others = [tag for tag in record.get("tags", []) if not ring_tags.is_ring_tag(tag)]
            assert others in ([], ["t"])


def stages(record: Dict[str, Any]) -> List[Tuple[str, datetime.datetime]]:
    found = (ring_tags.read(tag) for tag in record.get("tags", []) if ring_tags.is_ring_tag(tag))
    return [one for one in found if one is not None]


def stage(record: Dict[str, Any]) -> Tuple[str, datetime.datetime]:
    (found,) = stages(record)
    return found


TestRollout = Rollout.TestCase

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stops a purge, what limits deletions, and how reasons read."""

from __future__ import annotations

from typing import Any, Optional

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc import wording
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.plan import Plan, plan
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.policy import (
    DeletionLimit,
    Policy,
    parse_share,
)
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.reasons import (
    Failure,
    Refusal,
    SetAside,
)
from ansible_collections.threatops.falcon.tests.unit.planning import NOW, decide, item, read, record

OWNED = [record(value=f"old-{number}.example", source="me", id=f"{number:064x}") for number in range(10)]


@pytest.mark.parametrize(
    "text, owned, allowed",
    [
        ("25", 0, 25),
        ("10%", 70, 7),
        ("10%", 9, 0),
        ("5, 10%", 70, 7),
        ("5, 10%", 0, 5),
        ("10%,5", 20, 5),
        ("3, 4", 100, 4),
        ("100%", 0, None),
        ("5, 100%", 3, None),
    ],
)
def test_the_largest_limit_counts(text: str, owned: int, allowed: Optional[int]) -> None:
    assert DeletionLimit.parse(text).allows(owned) == allowed


def test_a_limit_as_users_read_it() -> None:
    assert DeletionLimit.parse(" 5 ,10% ").explained(70) == "10% of 70 owned"
    assert not DeletionLimit.parse("5, 10%").explained(20)
    assert not DeletionLimit.parse("5").explained(20)
    assert str(DeletionLimit.parse("5,10%")) == "5, 10%"
    assert DeletionLimit.parse("5, 10%").percent
    assert not DeletionLimit.parse("5, 100%").percent and not DeletionLimit.parse("5").percent


@pytest.mark.parametrize("text, share", [("50%", 50), (" 0 ", 0), ("100%", 100)])
def test_a_share(text: str, share: int) -> None:
    assert parse_share(text) == share


@pytest.mark.parametrize("text", ["", "101%", "half", "-1%"])
def test_no_share(text: str) -> None:
    with pytest.raises(ValueError, match="must be a share"):
        parse_share(text)


def test_deletions_beyond_the_limit_are_shown_and_refused() -> None:
    limit = DeletionLimit.parse("5, 10%")
    found = decide([item(action="no_action")], OWNED, source="me", purge=True, max_deletions=limit)
    (refusal,) = found.refusals
    assert (refusal.code, refusal.option, len(refusal.items)) == ("max_deletions", "max_deletions", 10)
    assert refusal.message.startswith("10 deletions, and max_deletions allows 5: domain old-0.example")
    assert (found.planned()["deleted"], found.planned()["created"]) == (10, 1)
    lifted = decide(
        [item(action="no_action")], OWNED, source="me", purge=True, max_deletions=DeletionLimit.parse("100%")
    )
    assert not lifted.refusals and lifted.digest() == found.digest()


class TestPurgeStopped:
    def test_several_reasons_are_one(self) -> None:
        stop = Refusal("feed_partial", "x.json: there is more", ["x.json"])
        found = decide(
            [item("sha256", "abc"), item(action="no_action")],
            OWNED, source="me", purge=True, malformed=["y.csv line 3"], stops=[stop],
        )  # fmt: skip
        assert found.purge_stopped is not None
        assert found.purge_stopped.code == "purge_unreadable"
        assert found.purge_stopped.items == ["iocs[0]", "y.csv line 3", "x.json"]
        assert "x.json: there is more" in found.purge_stopped.message
        assert [change.operation for change in found.changes] == ["create"]

    def test_by_a_feed_alone(self) -> None:
        stop = Refusal("feed_empty", "x.csv: no indicator", ["x.csv"])
        found = decide([item(action="no_action")], OWNED, source="me", purge=True, stops=[stop])
        assert found.purge_stopped is not None and found.purge_stopped.as_dict()["code"] == "feed_empty"

    @pytest.mark.parametrize(
        "records", [[], [record(source="me", action="no_action", severity=None)], [record(value="b.example")]]
    )
    def test_where_nothing_would_be_deleted_nothing_is_stopped(self, records: list[dict[str, Any]]) -> None:
        found = decide(
            [item(action="no_action")],
            records,
            source="me",
            purge=True,
            malformed=["y.csv line 3"],
            on_error="fail",
        )
        assert found.purge_stopped is None and not found.refusals

    def test_on_error_fail_refuses_with_the_same_code(self) -> None:
        found = decide(
            [item(action="no_action")],
            OWNED,
            source="me",
            purge=True,
            malformed=["y.csv line 3"],
            on_error="fail",
        )
        assert [refusal.code for refusal in found.refusals] == ["purge_unreadable"]

    def shrunk(self, lines: int, inline: int, most: Optional[int]) -> Plan:
        """A list of so many lines of a feed and items beside it, with ten indicators in the tenant."""
        items = read([item(value=f"old-{number}.example") for number in range(lines)], "me")
        for each in items:
            each.index = None
        items += read([item(value=f"old-{9 - number}.example") for number in range(inline)], "me")
        return plan(items, OWNED, Policy(now=NOW, source="me", purge=True, max_shrink=most))

    @pytest.mark.parametrize(
        "lines, inline, most, stopped",
        [
            (5, 0, 50, False),
            (4, 0, 50, True),
            (4, 0, 60, False),
            (4, 0, 100, False),
            (4, 0, None, False),
            (9, 0, 0, True),
            (2, 5, 50, True),
            (3, 5, 50, False),
            (0, 9, 50, True),
        ],
    )
    def test_a_feed_that_shrinks(self, lines: int, inline: int, most: Optional[int], stopped: bool) -> None:
        found = self.shrunk(lines, inline, most)
        assert (found.purge_stopped is not None) is stopped
        if found.purge_stopped is not None:
            assert found.purge_stopped.code == "feed_shrunk" and not list(found.of("delete"))

    def test_more_items_than_owned(self) -> None:
        items = read([item(value=f"new-{number}.example", action="no_action") for number in range(20)], "me")
        found = plan(items, OWNED, Policy(now=NOW, source="me", purge=True, max_shrink=50))
        assert found.purge_stopped is None and len(list(found.of("delete"))) == 10


def test_reasons_as_data() -> None:
    assert Refusal("max_deletions", "why", ["x"]).as_dict() == {
        "code": "max_deletions",
        "message": "why",
        "items": ["x"],
    }
    assert str(Refusal("max_deletions", "why")) == "why"
    assert Failure("domain", "a.example", "create", "why", code="held").as_dict()["code"] == "held"
    aside = SetAside("foreign", "domain", "\x1b[2Ja", "owned by you", 3, "iocs[3]", {"source": "you"})
    assert aside.as_dict() == {"type": "domain", "value": "\x1b[2Ja", "source": "you"}
    assert str(aside) == "domain \\x1b[2Ja: owned by you"


def test_words() -> None:
    assert (
        wording.number(1, "deletion") == "1 deletion"
        and wording.number(2000, "entry", "entries") == "2,000 entries"
    )
    assert wording.some(["a"] * 12, most=2) == "a, a and 10 more" and wording.some(["a", "b"]) == "a, b"
    assert wording.quoted(12) == "'12'" and len(wording.quoted("x" * 1000)) == 82
    assert wording.shortened("\u202e" + "x" * 1000).startswith("\\u202e")

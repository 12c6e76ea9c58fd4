# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant's records: what they say, and whether they say what was sent."""

from __future__ import annotations

from typing import Any, Dict

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.item import ItemReader
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.record import (
    holds,
    identity,
    predicted,
    to_item,
    unlike,
    without_leftovers,
)

FULL: Dict[str, Any] = {
    "id": "1" * 64, "type": "sha256", "value": "A" * 64, "action": "prevent", "mobile_action": "no_action",
    "severity": "HIGH", "platforms": ["windows"], "applied_globally": False, "host_groups": ["c" * 32],
    "expiration": "2030-01-01T00:00:00Z", "description": "d", "source": "s", "tags": ["t"],
    "metadata": {"filename": "a.exe", "signed": False}, "expired": False, "deleted": False, "from_parent": False,
}  # fmt: skip


def test_identity_of_what_has_no_normal_form() -> None:
    assert identity({"type": "sha1", "value": "X"}) == ("sha1", "X")
    assert identity(FULL) == ("sha256", "a" * 64)


def test_a_record_as_an_item() -> None:
    assert to_item(FULL) == {
        "id": "1" * 64, "type": "sha256", "value": "A" * 64, "action": "prevent", "severity": "high",
        "platforms": ["windows"], "host_groups": ["c" * 32], "expiration": "2030-01-01T00:00:00Z",
        "description": "d", "source": "s", "tags": ["t"], "filename": "a.exe",
    }  # fmt: skip


def test_what_the_tenant_fills_in_is_left_out() -> None:
    record = {"type": "all_subdomains", "value": "a.example", "action": "no_action", "mobile_action": "allow",
              "severity": "low", "platforms": ["ios"], "applied_globally": True, "metadata": None}  # fmt: skip
    item = to_item(record)
    assert item == {"type": "all_subdomains", "value": "a.example", "mobile_action": "allow", "platforms": ["ios"],
                    "applied_globally": True}  # fmt: skip
    assert not ItemReader(None, None).read(item).problem


class TestPredicted:
    def test_of_a_creation(self) -> None:
        body = {
            "type": "domain",
            "value": "a.example",
            "action": "detect",
            "severity": "low",
            "applied_globally": True,
        }
        assert predicted(None, body) == {**body, "mobile_action": "no_action", "expired": False, "deleted": False,
                                         "from_parent": False}  # fmt: skip

    def test_of_an_update(self) -> None:
        body = {"severity": "", "tags": [], "applied_globally": True, "expiration": "0001-01-01T00:00:00.000Z",
                "metadata": {"filename": "b.exe"}}  # fmt: skip
        after = predicted(FULL, body)
        assert not {"severity", "tags", "host_groups", "expiration"} & set(after)
        assert after["metadata"] == {"filename": "b.exe", "signed": False}
        assert predicted(FULL, {"expiration": "2031-01-01T00:00:00Z"})["expiration"] == "2031-01-01T00:00:00Z"
        assert "host_groups" in FULL and "severity" in FULL


@pytest.mark.parametrize(
    "sent, stored, wrong",
    [
        ({"id": "1", "comment": "c", "action": "prevent", "severity": "high", "tags": ["t"]}, FULL, []),
        ({"type": "sha256", "value": "a" * 64, "unknown": 1}, FULL, []),
        ({"value": "b" * 64}, FULL, ["value"]),
        ({"type": "md5"}, FULL, ["type"]),
        ({"action": "allow"}, FULL, ["action"]),
        ({"mobile_action": "allow"}, FULL, []),
        ({"action": "detect"}, {**FULL, "platforms": ["ios"]}, []),
        ({"mobile_action": "allow"}, {**FULL, "platforms": ["ios"]}, ["mobile_action"]),
        ({"metadata": {"filename": "b.exe"}}, FULL, ["metadata"]),
        ({"metadata": None}, {**FULL, "metadata": {}}, []),
        ({"host_groups": ["d" * 32]}, FULL, ["host_groups"]),
        ({"host_groups": [], "applied_globally": True}, FULL, ["applied_globally"]),
        ({"expiration": "2030-01-01T00:00:00.000Z"}, FULL, []),
        ({"expiration": "0001-01-01T00:00:00.000Z"}, FULL, ["expiration"]),
        ({"tags": ["x", "t"]}, {**FULL, "tags": ["t", "x"]}, []),
    ],
)
def test_what_was_stored_is_compared_with_what_was_sent(sent: Any, stored: Any, wrong: Any) -> None:
    assert unlike(sent, stored) == wrong


def test_a_tag_keeps_its_spaces_and_is_no_drift_for_them() -> None:
    record = {**FULL, "tags": ["  lead", "trail  ", " "]}
    item = to_item(record)
    assert item["tags"] == ["  lead", "trail  "]
    assert ItemReader(None, None).read(item).fields["tags"] == ("  lead", "trail  ")
    assert holds(record, "tags", ("lead", "trail"))
    assert not holds(record, "tags", ("lead",))


def test_a_record_is_read_as_the_item_it_was_made_from() -> None:
    """Without what Falcon fills in by itself: an expiration that is not one, empty fields, unused actions."""
    desired = ItemReader({}, {}).read(
        {**FULL, "severity": "high", "expiration": "", "description": "", "tags": []}
    )
    assert desired.problem == ""
    assert not {"expiration", "description", "tags", "mobile_action"} & set(desired.fields)


@pytest.mark.parametrize(
    "platforms, kept",
    [
        (["ios"], {"mobile_action": "no_action"}),
        (["windows"], {"action": "no_action"}),
        (["windows", "android"], {"action": "no_action", "mobile_action": "no_action"}),
    ],
)
def test_the_action_of_platforms_that_are_not_used_is_left_out(
    platforms: list[str], kept: dict[str, str]
) -> None:
    asked = {"type": "domain", "value": "evil.example", "platforms": platforms}
    filled_in = {"action": "no_action", "mobile_action": "no_action"}
    assert without_leftovers({**asked, **filled_in}) == {**asked, **kept}


def test_a_record_of_a_type_that_a_newer_falcon_has_is_identified() -> None:
    desired = ItemReader({}, {}).read({**FULL, "type": "sha1", "value": "X"})
    assert desired.identified
    assert desired.identity == ("sha1", "X")

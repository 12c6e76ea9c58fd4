# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a reviewer reads."""

from __future__ import annotations

from typing import Any, Dict

from ansible_collections.threatops.falcon.plugins.module_utils.ioc import diff
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.change import (
    CREATE,
    DELETE,
    UPDATE,
    Change,
)

RECORD: Dict[str, Any] = {
    "id": "1" * 64, "type": "domain", "value": "a.example", "action": "detect", "platforms": ["windows", "ios"],
    "mobile_action": "allow", "applied_globally": True, "description": "two words",
}  # fmt: skip


def test_one_line_each_for_what_comes_and_goes_and_the_fields_of_an_update() -> None:
    changes = [
        Change(CREATE, "md5", "a" * 32, after={"action": "allow", "tags": []}),
        Change(
            UPDATE, "ipv4", "203.0.113.7", before={"severity": ""}, after={"severity": "low"}, record=RECORD
        ),
        Change(DELETE, "domain", "a.example", record=RECORD),
    ]
    assert diff.texts(changes) == {
        "before": 'ipv4 203.0.113.7:\n  severity: ""\n'
        "domain a.example: action=detect mobile_action=allow platforms=windows,ios applied_globally=true "
        'description="two words"\n',
        "after": f"md5 {'a' * 32}: action=allow tags=[]\nipv4 203.0.113.7:\n  severity: low\n",
    }
    lists = diff.lists(changes)
    assert lists["created_iocs"] == [{"type": "md5", "value": "a" * 32, "action": "allow", "tags": []}]
    assert lists["updated_iocs"][0]["before"] == {"severity": ""}
    assert lists["deleted_iocs"][0]["id"] == "1" * 64


def test_long_diffs_are_capped_with_a_count_of_the_rest() -> None:
    changes = [Change(CREATE, "domain", f"a{number}.example") for number in range(diff.MOST_SHOWN + 5)]
    after = diff.texts(changes)["after"].splitlines()
    assert len(after) == diff.MOST_SHOWN + 1
    assert after[-1] == "... and 5 more changes"


def test_what_a_terminal_would_act_on_is_shown_as_an_escape() -> None:
    assert diff.visible("plain") == "plain"
    assert diff.visible("ü") == "ü"
    assert diff.visible("a\x1b[31m\u202eb") == "a\\x1b[31m\\u202eb"

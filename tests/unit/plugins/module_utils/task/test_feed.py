# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of falcon_ioc_feed_info, and how other tasks load feeds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.task.base import Context, TaskFailed, perform
from ansible_collections.threatops.falcon.plugins.module_utils.task.feed import load, run

A = "a1" * 32


def result_of(*feeds: dict[str, Any], **params: Any) -> dict[str, Any]:
    return perform(run, {"feeds": list(feeds), "on_reject": "report", **params}, Context())


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "feed.csv"
    path.write_text(
        f"type,value,note\nsha256,{A},a note\ndomain,evil.example,\nsha1,{'d4' * 20},\nip,1.2.3,\n"
    )
    return str(path)


def test_a_feed_is_told(table: str) -> None:
    assert result_of({"path": table}) == {
        "changed": False,
        "iocs": [
            {"type": "sha256", "value": A, "description": "a note"},
            {"type": "domain", "value": "evil.example"},
        ],
        "rejected": [
            {
                "path": table,
                "line": 4,
                "text": f"sha1,{'d4' * 20},",
                "reason": "type sha1 is not one that Falcon takes",
                "malformed": False,
                "code": "type_not_taken",
            },
            {
                "path": table,
                "line": 5,
                "text": "ip,1.2.3,",
                "reason": "'1.2.3' is not an IPv4 address",
                "malformed": True,
                "code": "invalid_value",
            },
        ],
        "counts": {
            "entries": 2,
            "by_type": {"sha256": 1, "domain": 1},
            "duplicates": 0,
            "rejected": 2,
            "malformed": 1,
            "by_reason": {"type sha1 is not one that Falcon takes": 1, "... is not an IPv4 address": 1},
            "by_code": {"type_not_taken": 1, "invalid_value": 1},
        },
        "stops": [],
        "columns_read": {table: {"type": "type", "value": "value", "note": "description"}},
    }


def test_defaults_that_an_item_can_take_are_filled_in(table: str) -> None:
    defaults = {
        "action": "prevent",
        "severity": "high",
        "platforms": ["windows", "ios"],
        "expiration": "2030-12-31",
        "tags": ["feed"],
        "filename": "x.exe",
        "description": "from the defaults",
    }
    first, second = result_of({"path": table, "defaults": defaults})["iocs"]
    assert first == {
        **defaults,
        "type": "sha256",
        "value": A,
        "platforms": ["windows"],
        "description": "a note",
    }
    assert second["platforms"] == ["windows", "ios"]
    assert second["description"] == "from the defaults"
    assert not {"action", "filename"} & set(second), "a domain takes neither prevent nor a file name"


def test_wrong_defaults_fail(table: str) -> None:
    result = result_of({"path": table, "defaults": {"severity": "huge"}})
    assert result["failed"]
    assert "the defaults of feed" in result["msg"]
    assert "severity" in result["msg"]


def test_a_reject_fails_when_asked_to(table: str) -> None:
    result = result_of({"path": table}, on_reject="fail")
    assert result["failed"]
    assert f"2 rows of the feeds were rejected: {table} line 4: type sha1" in result["msg"]
    assert len(result["rejected"]) == 2
    assert len(result["iocs"]) == 2


def test_an_item_of_ours_with_a_wrong_field_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "items.json"
    path.write_text(
        json.dumps(
            [
                {"type": "domain", "value": "evil.example", "action": "prevent"},
                {"type": "domain", "value": "evil2.example", "action": "detect"},
            ]
        )
    )
    result = result_of({"path": str(path)})
    assert [item["value"] for item in result["iocs"]] == ["evil2.example"]
    assert result["rejected"][0]["line"] == 1
    assert result["rejected"][0]["malformed"] is True
    assert result["counts"]["entries"] == 1
    assert result["counts"]["by_type"] == {"domain": 1}
    assert result["counts"]["malformed"] == 1


def test_a_file_that_cannot_be_read_fails_naming_it(tmp_path: Path) -> None:
    path = str(tmp_path / "absent.csv")
    result = result_of({"path": path})
    assert result["failed"]
    assert result["msg"].startswith(f"A feed cannot be read: {path}: ")
    with pytest.raises(TaskFailed):
        load([{"path": path}])


def test_what_other_tasks_use(table: str) -> None:
    loaded = load([{"path": table, "defaults": {"severity": "low"}}, {"path": table}])
    assert [(entry.item["value"], entry.line, dict(entry.defaults)) for entry in loaded.items] == [
        (A, 2, {"severity": "low"}),
        ("evil.example", 3, {"severity": "low"}),
    ]
    assert loaded.duplicates == 2
    assert [reject.malformed for reject in loaded.rejected] == [False, True] * 2

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""YAML aliases can stand for more than memory holds: nobody expands them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc import item
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds import read_all
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds.model import FeedProblem
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.wording import brief, quoted

M = "c3" * 16


def bomb() -> list[Any]:
    """A list of 9**40 values in a few hundred bytes, as aliases of YAML make it."""
    made: list[Any] = ["x"]
    for _level in range(40):
        made = [made] * 9
    return made


@pytest.mark.parametrize(
    "field",
    [
        *(
            "type",
            "value",
            "action",
            "mobile_action",
            "severity",
            "platforms",
            "applied_globally",
            "host_groups",
        ),
        *(
            "expiration",
            "expiration_days",
            "description",
            "source",
            "tags",
            "filename",
            "state",
            "ignore",
            "comment",
        ),
        *("ring", "unknown_field"),
    ],
)
def test_an_item_of_aliases_is_a_short_message(field: str) -> None:
    for value in (bomb(), [bomb()], {"x": bomb()}):
        _fields, problems = item.read({"type": "md5", "value": M, "action": "detect", field: value})
        assert all(len(str(problem)) < 2000 for problem in problems)


def test_a_value_is_shown_in_brief() -> None:
    assert len(brief(bomb())) < 200
    assert len(quoted({"x": bomb()})) < 200
    assert (brief(5), brief(None), brief("x")) == ("5", "None", "x")


def levels(count: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, count)]
    return "\n".join([*lines, "iocs:", "  - type: md5", f"    value: {M}", f"    tags: *a{count - 1}", ""])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (levels(12), "line 2: a YAML alias within an anchor"),
        (
            f"iocs:\n  - type: md5\n    value: {M}\n    tags: &t [{', '.join(['x'] * 300)}]\n  - &t2 x\n  - *t\n",
            "a YAML anchor on more than 200 values",
        ),
    ],
)
def test_a_feed_of_aliases_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "feed.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FeedProblem, match=message):
        read_all([{"path": str(path), "format": "list"}])


def test_a_short_alias_is_read(tmp_path: Path) -> None:
    path = tmp_path / "feed.yml"
    path.write_text(
        f"- type: md5\n  value: {M}\n  tags: &t [a, b]\n- type: domain\n  value: evil.example\n  tags: *t\n",
        encoding="utf-8",
    )
    assert [entry.item["tags"] for entry in read_all([{"path": str(path)}]).entries] == [
        ["a", "b"],
        ["a", "b"],
    ]

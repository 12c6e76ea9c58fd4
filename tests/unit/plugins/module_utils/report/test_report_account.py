# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan or an account in lines and in Markdown: short, whole where it matters, and harmless."""

from __future__ import annotations

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.report import markdown
from ansible_collections.threatops.falcon.plugins.module_utils.report.account_text import (
    APPLIED,
    FAILED,
    NOT_BEGUN,
    PLANNED,
    REFUSED,
    ListAccount,
    NotApplied,
    lines,
    list_line,
    named,
)

DIGEST = "609c33e11521" + "0" * 52


def left(count: int, reason: str = "why") -> list[NotApplied]:
    return [
        NotApplied(f"iocs[{number}]", "domain", f"{number}.example", "invalid", reason)
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("status", "counts", "line"),
    [
        (
            PLANNED,
            {"created": 3, "updated": 1, "deleted": 2, "unchanged": 120},
            "a: 3 to create, 1 to update, 2 to delete, 120 unchanged",
        ),
        (REFUSED, {"deleted": 1200}, "a: 1,200 to delete"),
        (PLANNED, {"unchanged": 1}, "a: nothing to change, 1 unchanged"),
        (APPLIED, {"created": 1}, "a: 1 created"),
        (APPLIED, {}, "a: nothing to change"),
        (FAILED, {}, "a: nothing was changed"),
        (NOT_BEGUN, {"created": 3}, "a: not begun, since an earlier list failed"),
    ],
)
def test_a_line_for_a_list(status: str, counts: dict[str, int], line: str) -> None:
    assert list_line(ListAccount("a", status, counts)) == line


def test_the_last_lines_name_evidence_and_approval() -> None:
    told = lines(
        [ListAccount("a", PLANNED, {"created": 1}, left(1))], DIGEST, "evidence/x/report.html", "-e approved="
    )
    assert told == [
        "Plan for a: 1 to create, 1 not applied",
        "  iocs[0] domain 0.example: why",
        "Plan 609c33e11521 is in evidence/x/report.html",
        f"Approve it with -e approved={DIGEST}",
    ]
    done = lines([ListAccount("a", APPLIED, {"created": 1})], DIGEST, "evidence/x/report.html")
    assert done == ["Applied to a: 1 created", "The evidence is in evidence/x/report.html"]


def test_every_list_gets_its_share_of_twenty_lines() -> None:
    told = named([ListAccount("a", PLANNED, {}, left(500)), ListAccount("b", PLANNED, {}, left(3, "of b"))])
    assert len(told) == 21 and told[-1] == "... and 483 more"
    assert sum("of b" in line for line in told) == 3


def test_control_characters_never_reach_a_terminal() -> None:
    entry = NotApplied("feed\x1b[2J", "domain\x07", "x\u202e", "invalid", "no\x1b]0;title")
    told = lines([ListAccount("a\x1b", PLANNED, {}, [entry], ["note\x1b"])], DIGEST, "x\x1b")
    assert all(line.isprintable() for line in told)


def test_markdown_folds_a_long_table_and_bounds_it() -> None:
    rows = [("create", f"domain {number}.example", "action: detect") for number in range(1500)]
    text = markdown.document(
        "Plan", [("Change", "CHG1")], [ListAccount("a", PLANNED, {"created": 1500})], {"a": rows}
    )
    assert text.count("<details>") == 1 and "1,400 more" in text and "and 500 more" in text
    assert text.count("| create |") == 1000 and "CHG1" in text


def test_markdown_of_somebody_elses_text_is_text() -> None:
    rows = [("create", "domain `x|y`", "[link](http://evil) <script> | cell\x1b")]
    text = markdown.document(
        "T", [], [ListAccount("a", PLANNED, {}, left(1, "*why*"))], {"a": rows}, "Refused <b>"
    )
    assert (
        "<script>" not in text and "\\[link\\]" in text and "\x1b" not in text and "Refused &lt;b&gt;" in text
    )
    (row,) = [line for line in text.splitlines() if line.startswith("| create")]
    assert row.replace("\\|", "").count("|") == 4

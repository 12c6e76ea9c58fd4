# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever a tenant holds becomes harmless text, in every format."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.report.csv_table import csv_cell, csv_table
from ansible_collections.threatops.falcon.plugins.module_utils.report.findings import KINDS
from ansible_collections.threatops.falcon.plugins.module_utils.report.html_page import FIRST_ROWS, html_page
from ansible_collections.threatops.falcon.plugins.module_utils.report.junit import MOST_CASES, junit
from ansible_collections.threatops.falcon.plugins.module_utils.report.page import (
    LONGEST_CELL,
    Change,
    Chart,
    Column,
    Count,
    Page,
    Table,
    clean,
)

HOSTILE = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<!--<script>",
    "]]>",
    "&lt;script&gt;",
    "\x1b[31mred\x1b[0m\x07",
    "\u202egnp.exe",
    "line\nbreak\r\ttab \u2028 \x85",
    "half \ud800 of a pair",
    "\ufffe\uffff\x00",
    "javascript:alert(1)",
    "{{ 7 * 7 }}",
    "x" * 100_000,
]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (0, "0"),
        (["a", "\x1b"], "a, \u241b"),
        ({"b": 1, "a": None}, "a: , b: 1"),
        ("a\nb", "a\u240ab"),
        ("\x7f\u202e\u200b\ud800\U000e0041", "\u2421\\u202e\\u200b\\ud800\\U000e0041"),
        ("bücher 😀", "bücher 😀"),
    ],
)
def test_clean(value: object, text: str) -> None:
    assert clean(value) == text


@pytest.mark.parametrize("value", HOSTILE)
def test_clean_is_one_line_of_visible_text_of_bounded_size(value: str) -> None:
    text = clean(value)
    assert "\n" not in text
    assert all(char.isprintable() for char in text)
    assert len(text) <= LONGEST_CELL + 40
    text.encode("utf-8")


def page(values: list[str]) -> Page:
    rows = [[value, value, [Change(value, value, value)], [value], 1, value] for value in values]
    kinds = ("text", "code", "changes", "list", "number", "label")
    columns = [Column(f"{kind} <i>", kind) for kind in kinds]
    first = values[0]
    return Page(
        title=first,
        verdict=first,
        tone=first,
        facts=[(first, first)],
        counts=[Count(first, 3, first)],
        chart=Chart(first, [Count(first, 3, "bad"), Count("none", 0)]),
        tables=[Table(first, columns, rows, note=first, tones={first: first})],
    )


@pytest.mark.parametrize("value", HOSTILE)
def test_html_holds_no_markup_of_the_tenant(value: str) -> None:
    text = html_page(page([value]))
    assert len(re.findall("<script", text)) == 2
    assert len(re.findall("</script", text)) == 2
    assert "<img" not in text
    assert "<i>" not in text.replace("<i>text &lt;i&gt;", "").replace('<span class="change"><i>', "")
    assert text.count("<!--") == 0
    text.encode("utf-8")
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert data
    assert json.loads(data[1])[0]["rows"][0][0] == clean(value)


def test_html_loads_nothing_and_allows_only_its_own_script() -> None:
    text = html_page(page(["x"]))
    assert not re.search(r"""(src|href|url|@import)\s*[=(]""", text)
    assert "https:" not in text
    assert "http:" not in text
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    assert "default-src &#x27;none&#x27;" in policy[1]
    assert "unsafe" not in policy[1]
    assert not re.search(r"\s(style|on\w+)=", text)


def test_html_holds_the_first_rows_for_readers_without_scripts() -> None:
    text = html_page(page([f"value{number}" for number in range(FIRST_ROWS + 5)]))
    assert text.count("<tr>") == FIRST_ROWS + 1
    assert "5 more rows are shown when scripts may run." in text


def test_html_of_an_empty_table_says_so() -> None:
    text = html_page(Page("t", "v", "good", tables=[Table("Rows", [Column("a")], [], empty="None at all.")]))
    assert "None at all." in text
    assert "<table" not in text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff20", " =", "\u3000="])
def test_csv_cells_start_no_formula(start: str) -> None:
    assert str(csv_cell(f"{start}cmd|' /C calc'!A0")).startswith("'")


def test_csv_reads_back() -> None:
    table = Table("t", [Column("a"), Column("=b")], [['x"y,z', -5], ["+1", ["=a", "b"]]])
    rows = list(csv.reader(io.StringIO(csv_table(table))))
    assert rows == [["a", "'=b"], ['x"y,z', "-5"], ["'+1", "'=a; b"]]


def finding(kind: str, value: str) -> dict[str, object]:
    changes = [{"field": "severity", "before": value, "after": None}]
    return {
        "kind": kind,
        "type": "domain",
        "value": value,
        "list": "",
        "owner": "",
        "detail": value,
        "changes": changes,
    }


@pytest.mark.parametrize("value", HOSTILE)
def test_junit_is_xml(value: str) -> None:
    root = ElementTree.fromstring(junit(value, KINDS, [finding("missing", value)], ["missing"]))
    case = root.find("testsuite[@name='missing']/testcase")
    assert case is not None
    assert case.get("name") == clean(f"domain {value}".strip())
    assert case.find("failure") is not None


def test_junit_fails_on_what_is_asked_and_shows_the_rest() -> None:
    found = [finding("missing", f"{number}") for number in range(MOST_CASES + 7)] + [finding("extra", "x")]
    root = ElementTree.fromstring(junit("t", KINDS, found, ["missing", "changed"]))
    assert root.get("failures") == str(MOST_CASES + 1)
    assert root.get("tests") == str(MOST_CASES + 2 + len(KINDS) - 2)
    assert root.find("testsuite[@name='extra']/testcase/skipped") is not None
    changed = root.findall("testsuite[@name='changed']/testcase")
    assert len(changed) == 1
    assert len(changed[0]) == 0
    last = root.findall("testsuite[@name='missing']/testcase")[-1]
    assert last.get("name") == "and 7 more"


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
def test_a_browser_shows_hostile_rows_as_text_under_the_policy(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(html_page(page(HOSTILE * 20)), encoding="utf-8")
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    ran = subprocess.run(
        [str(CHROMIUM), *options, "--enable-logging=stderr", "--dump-dom", (tmp_path / "page.html").as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert f"Rows 1 to 100 of {len(HOSTILE) * 20}" in ran.stdout  # the script ran: the policy lets it
    assert ran.stdout.count('aria-label="Next page"') == 1
    assert "<img" not in ran.stdout
    assert "violates the following Content Security Policy" not in ran.stderr


def test_one_side_of_a_change_is_enough() -> None:
    changes = [Change("new", None, "a"), Change("gone", "b", None), Change("cleared", "c", "")]
    text = html_page(Page("t", "v", "good", tables=[Table("T", [Column("c", "changes")], [[changes]])]))
    assert "<i>new: </i><ins>a</ins>" in text
    assert "<i>gone: </i><del>b</del></span>" in text
    assert "<i>cleared: </i><del>c</del> \u2192 <ins>(empty)</ins>" in text
    assert '[["new",null,"a"],["gone","b",null],["cleared","c",""]]' in text

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a feed is not to be believed: what stops a purge, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds import Collected, read_all
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds.model import FeedProblem

A = "a1" * 32
PAGE = "<!DOCTYPE html>\n<html><body>\n203.0.113.5\nevil[.]example\n</body></html>\n"
INDICATOR = {"type": "indicator", "id": "indicator--1", "pattern": "[domain-name:value='evil.example']"}
RECORD = {"indicator": "evil.example", "indicator_type": "domain"}


def feed(tmp_path: Path, content: Any, **options: Any) -> Collected:
    path = tmp_path / "feed"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_all([{"path": str(path), **options}])


def stops(found: Collected) -> list[str]:
    return [stop.code for stop in found.stops]


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        ("", ["feed_empty"]),
        ("\n\n", ["feed_empty"]),
        ("Rate limit exceeded\n", ["feed_empty"]),
        (PAGE, ["feed_format", "feed_empty"]),
        ("\ufeff<!-- x --><html lang=en>503</html>", ["feed_format", "feed_empty"]),
        ("type,value\nivp4,203.0.113.5\n", ["feed_empty"]),
        ("Indicator_type,Data,Note\n", ["feed_empty"]),
        ({}, ["feed_empty"]),
        ({"objects": []}, ["feed_empty"]),
        ({"type": "bundle", "id": "bundle--1"}, ["feed_empty"]),
        ({"more": True, "next": "x", "objects": [INDICATOR]}, ["feed_partial"]),
        ({"more": "true", "objects": [INDICATOR]}, ["feed_partial"]),
        ({"next": "x", "objects": [INDICATOR]}, ["feed_partial"]),
        ({"more": False, "next": "x", "objects": [INDICATOR]}, []),
        ({"more": "false", "objects": [INDICATOR]}, []),
        ({"data": [RECORD], "links": {"next": "https://feed.example/2"}}, ["feed_partial"]),
        ({"data": [RECORD], "has_more": True}, ["feed_partial"]),
        ({"data": [RECORD], "has_more": False, "links": {"next": None}}, []),
        ({"response": []}, ["feed_empty"]),
        ({"Event": {"Attribute": []}}, ["feed_empty"]),
        ([], ["feed_empty"]),
        ("type,value\nip,203.0.113.5\n", []),
        ([INDICATOR], []),
    ],
)
def test_what_stops_a_purge(tmp_path: Path, content: Any, codes: list[str]) -> None:
    found = feed(tmp_path, content)
    assert stops(found) == codes
    assert all(set(stop.as_dict()) == {"path", "code", "message"} for stop in found.stops)


@pytest.mark.parametrize(
    ("content", "form", "codes"),
    [
        ("type,value\nip,203.0.113.5\nip,203.0.113.6\n", "text", ["feed_format", "feed_empty"]),
        (PAGE, "text", ["feed_format"]),
        (PAGE, "csv", ["feed_format", "feed_empty"]),
        (PAGE, "list", ["feed_format", "feed_empty"]),
        ("[]", "csv", ["feed_format", "feed_empty"]),
        ("evil[.]example\n", "text", []),
        ("ip,203.0.113.5\n", "csv", []),
    ],
)
def test_a_file_that_is_not_what_the_user_says(
    tmp_path: Path, content: str, form: str, codes: list[str]
) -> None:
    assert stops(feed(tmp_path, content, format=form)) == codes


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            '<?xml version="1.0"?>\n<ioc xmlns="http://schemas.mandiant.com/2010/ioc"/>',
            "this is OpenIOC, in XML",
        ),
        ("<stix:STIX_Package xmlns:stix='http://stix.mitre.org/stix-1'/>", "STIX 1, in XML.*stix2-elevator"),
        ("<?xml version='1.0'?><rss version='2.0'/>", "news feed"),
        ("<?xml version='1.0'?><x/>", "this is XML, which is not read"),
    ],
)
def test_xml_is_refused_by_name(tmp_path: Path, content: str, message: str) -> None:
    for options in ({}, {"format": "stix"}):
        with pytest.raises(FeedProblem, match=message):
            feed(tmp_path, content, **options)


def test_a_recognized_format_never_falls_to_a_weaker_one(tmp_path: Path) -> None:
    found = feed(tmp_path, "Type,Indicator\nipv5,203.0.113.5\nipv5,evil[.]example\nipv5,b[.]example\n")
    assert found.entries == []
    assert [reject.code for reject in found.rejects] == ["type_unknown"] * 3


@pytest.mark.parametrize(
    "content",
    [
        {"message": "API rate limit exceeded"},
        {"error": {"code": 500}},
        [{"name": "x"}],
        [[1]],
        "{\n",
        {"objects": [1, 2]},
    ],
)
def test_a_document_that_nobody_knows_fails(tmp_path: Path, content: Any) -> None:
    with pytest.raises(FeedProblem):
        feed(tmp_path, content)

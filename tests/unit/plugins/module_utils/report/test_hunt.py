# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a hunt (falcon_ioc_report)."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.report.csv_table import csv_table
from ansible_collections.threatops.falcon.plugins.module_utils.report.html_page import html_page
from ansible_collections.threatops.falcon.plugins.module_utils.report.hunt import (
    hunt_document,
    hunt_page,
    sightings_csv,
    sightings_table,
)
from ansible_collections.threatops.falcon.plugins.module_utils.task.base import Context, perform
from ansible_collections.threatops.falcon.plugins.module_utils.task.report import run

HASH = {"type": "sha256", "value": "a1" * 32}
DOMAIN = {"type": "domain", "value": "beacon.example.net"}
MARKUP = "<img src=x onerror=alert(1)>"
IOCS = (
    {**HASH, "device_count": 2, "limit_exceeded": False, "device_ids": ["1", "2"]},
    {**DOMAIN, "device_count": 1, "limit_exceeded": True, "device_ids": ["2"]},
    {"type": "ipv4", "value": "198.51.100.7", "device_count": 0, "limit_exceeded": False, "device_ids": []},
)
HOSTS = (
    {
        "device_id": "1",
        "hostname": "web",
        "platform_name": "Windows",
        "status": "contained",
        "policies": [{"policy_id": "x"}],
        "observed": [HASH],
    },
    {
        "device_id": "2",
        "hostname": MARKUP,
        "platform_name": "Mac",
        "status": "normal",
        "observed": [HASH, DOMAIN],
    },
)
PROCESSES = (
    {
        "process_id": "pid:2:9",
        "device_id": "2",
        "observed": [HASH],
        "command_line": "=cmd|' /C calc'!A0 <script>alert(1)</script> \x1b[31m",
        "start_timestamp": "2026-01-31T10:00:00Z",
    },
    {
        "process_id": "pid:1:8",
        "device_id": "1",
        "observed": [HASH],
        "file_name": "a.exe",
        "start_timestamp": "2026-01-31T09:00:00Z",
        "stop_timestamp": "2026-01-31T09:30:00Z",
    },
    {
        "process_id": "pid:1:7",
        "device_id": "1",
        "observed": [HASH],
        "start_timestamp": "2026-01-30T09:00:00Z",
    },
)


def document(iocs: Any = IOCS, hosts: Any = HOSTS, processes: Any = PROCESSES) -> dict[str, Any]:
    return hunt_document("Hunt", iocs, hosts, processes, {"incident": "INC-1"}, "2026-02-01T00:00:00Z")


class Parser(HTMLParser):
    """The elements and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_who_saw_what_and_when() -> None:
    found = document()
    assert found["summary"] == "2 hosts observed 2 of 3 indicators, 3 processes involved; 1 contained."
    assert found["counts"] == {"iocs": 3, "seen": 2, "hosts": 2, "contained": 1, "processes": 3}
    assert [
        (row["started"], row["device_id"], row["value"], row["process_id"]) for row in found["sightings"]
    ] == [
        ("2026-01-30T09:00:00Z", "1", HASH["value"], "pid:1:7"),
        ("2026-01-31T09:00:00Z", "1", HASH["value"], "pid:1:8"),
        ("2026-01-31T10:00:00Z", "2", HASH["value"], "pid:2:9"),
        ("", "2", DOMAIN["value"], ""),
    ]
    host = found["hosts"][0]
    assert (host["processes"], host["first_started"], host["last_started"]) == (
        2,
        "2026-01-30T09:00:00Z",
        "2026-01-31T09:00:00Z",
    )
    assert "policies" not in host
    assert [(ioc["hosts"], ioc["processes"], ioc["device_count"]) for ioc in found["iocs"]] == [
        (2, 3, 2),
        (1, 0, 1),
        (0, 0, 0),
    ]


def test_nobody_saw_anything() -> None:
    found = document(iocs=IOCS[2:], hosts=[], processes=[])
    assert found["summary"] == "No host observed any of 1 indicator."
    page = hunt_page(found)
    assert (page.tone, page.chart) == ("good", None)
    assert "No host observed any of the indicators." in html_page(page)


@pytest.mark.parametrize(("status", "tone"), [("contained", "warning"), ("normal", "bad"), (None, "bad")])
def test_a_host_that_is_not_contained_is_worse(status: str | None, tone: str) -> None:
    assert hunt_page(document(hosts=[{**HOSTS[0], "status": status}])).tone == tone


def test_nothing_of_a_host_is_markup() -> None:
    page = html_page(hunt_page(document()))
    parsed = Parser(page)
    assert "img" not in parsed.tags
    assert parsed.tags.count("script") == 2
    assert MARKUP in parsed.texts
    assert "\x1b" not in page


def test_a_spreadsheet_computes_nothing() -> None:
    lines = csv_table(sightings_table(document()["sightings"])).splitlines()
    assert len(lines) == 5
    assert "'=cmd|" in lines[3]


def test_the_page_shows_the_busiest_indicators() -> None:
    iocs = [
        {"type": "domain", "value": f"{n}." + "x" * 30 + ".example", "device_count": 1} for n in range(25)
    ]
    hosts = [{"device_id": "1", "observed": iocs}, {"device_id": "2", "observed": iocs[7:8]}]
    page = hunt_page(document(iocs, hosts, []))
    assert page.chart is not None
    assert len(page.chart.bars) == 20
    assert page.chart.bars[0].number == 2
    assert page.chart.bars[0].name.startswith("7.xx")
    assert page.chart.bars[0].name.endswith(".example")
    assert "and 21 more" in str(page.tables[0].rows[0])


def test_3000_hosts() -> None:
    hosts = [{"device_id": str(n), "hostname": f"h{n}", "observed": [HASH, DOMAIN]} for n in range(3000)]
    found = document(hosts=hosts, processes=[{**PROCESSES[1], "device_id": str(n)} for n in range(3000)])
    assert len(found["sightings"]) == 6000
    assert "Hosts (3,000)" in html_page(hunt_page(found))


def options(tmp_path: Path, **more: Any) -> dict[str, Any]:
    return {
        "kind": "hunt",
        "title": "Hunt",
        "dest": str(tmp_path / "reports"),
        "formats": ["html", "json", "csv"],
        "facts": {},
        "iocs": IOCS,
        "hosts": HOSTS,
        "processes": PROCESSES,
        **more,
    }


def test_the_module_writes_all_three(tmp_path: Path) -> None:
    result = perform(run, options(tmp_path), Context())
    assert result["counts"]["hosts"] == 2
    assert sorted(result["files"]) == ["csv", "html", "json"]
    written = json.loads(Path(result["files"]["json"]).read_text(encoding="ascii"))
    assert written["schema"] == "threatops.falcon/hunt/1"
    assert written["sightings"] == document()["sightings"]


def test_a_hunt_is_no_test_of_a_pipeline(tmp_path: Path) -> None:
    result = perform(run, options(tmp_path, formats=["html", "junit"]), Context())
    assert result["msg"] == "formats: junit is for audits only"
    assert not (tmp_path / "reports").exists()


def test_the_page_says_when_it_was() -> None:
    document = hunt_document("Hunt", IOCS, HOSTS, PROCESSES, {}, "2026-02-01T00:00:00Z")
    started = [row["started"] for row in document["sightings"] if row["started"]]
    assert ("Processes started", f"{min(started)} to {max(started)}") in hunt_page(document).facts
    nothing = hunt_document("Hunt", IOCS, [], [], {}, "2026-02-01T00:00:00Z")
    assert "Processes started" not in dict(hunt_page(nothing).facts)


def test_the_csv_says_how_to_reach_each_host() -> None:
    host = {
        **HOSTS[1],
        "local_ip": "10.0.0.7",
        "last_seen": "2026-01-31T12:00:00Z",
        "host_groups": ["g1", "g2"],
    }
    table = sightings_csv(document(hosts=[host], processes=[])["sightings"])
    assert [column.name for column in table.columns][-4:] == [
        "Containment",
        "Address",
        "Last seen",
        "Host groups",
    ]
    assert table.rows[0][-4:] == ["normal", "10.0.0.7", "2026-01-31T12:00:00Z", ["g1", "g2"]]


def test_an_ordinary_containment_status_is_no_alarm_and_facts_are_headings() -> None:
    page = hunt_page(document())
    assert page.tables[0].tones["normal"] == "neutral"
    assert ("Incident", "INC-1") in page.facts

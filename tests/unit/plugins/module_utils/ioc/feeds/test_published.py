# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Published feeds, where they lie beside the repository: totals that were counted by other means than our readers.

Hashes, addresses and hosts were counted with grep, awk and sort over the raw files (first of each spelling, after the
defanging was undone by sed), MISP attributes and STIX patterns by loading the JSON and counting types.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds import read_all

FEEDS = Path(__file__).resolve().parents[7] / "shared" / "feeds"

pytestmark = pytest.mark.skipif(
    not FEEDS.is_dir(), reason="there are no published feeds beside the repository"
)

TOTALS = {
    "csv/dropper-as-a-service.csv": ({"domain": 75, "ipv4": 16, "sha256": 500}, 10, 4, 2),
    "csv/files-hosted-on-discord.csv": ({"sha256": 4511}, 351, 1, 0),
    "csv/mykings-v2.csv": ({"domain": 67, "ipv4": 81}, 0, 444, 0),
    "csv/qakbot.csv": ({"domain": 59, "ipv4": 62, "sha256": 40}, 66, 3, 1),
    "csv/svg-phishing.csv": ({"domain": 125, "sha256": 272}, 72, 1, 0),
    "text/c2-sock-phishing.txt": ({"domain": 58, "ipv4": 2, "sha256": 1}, 35, 74, 0),
    "text/darkgate.txt": ({"domain": 2, "ipv4": 2, "sha256": 17}, 209, 20, 0),
    "text/icedid-cobalt-strike.txt": ({"domain": 6, "ipv4": 6, "sha256": 102}, 6, 18, 0),
    "misp/lazarus-3cx.json": ({"domain": 2, "ipv4": 1, "md5": 4, "sha256": 4}, 0, 39, 0),
    "misp/machete.json": ({}, 0, 396, 0),
    "misp/mozi.json": ({"ipv4": 1, "md5": 21, "sha256": 21}, 10, 98, 0),
    "stix/apt1.json": ({"domain": 3, "md5": 3}, 0, 6, 0),
    "stix/indicator-for-malicious-url.json": ({"domain": 1}, 0, 0, 0),
    "stix/poisonivy.json": ({"domain": 24, "ipv4": 18}, 22, 3, 1),
}
WITHOUT_FLAGS = {
    "misp/lazarus-3cx.json": {"domain": 2, "ipv4": 3, "md5": 4, "sha256": 4},
    "misp/machete.json": {"domain": 13, "ipv4": 6, "md5": 104, "sha256": 104},
    "misp/mozi.json": {"ipv4": 5, "md5": 21, "sha256": 21},
}


@pytest.mark.parametrize("name", TOTALS)
def test_totals(name: str) -> None:
    by_type, duplicates, rejected, malformed = TOTALS[name]
    counts = read_all([{"path": str(FEEDS / name)}]).counts
    assert counts["by_type"] == by_type
    assert (counts["duplicates"], counts["rejected"], counts["malformed"]) == (
        duplicates,
        rejected,
        malformed,
    )


@pytest.mark.parametrize("name", WITHOUT_FLAGS)
def test_totals_whatever_is_flagged(name: str) -> None:
    counts = read_all([{"path": str(FEEDS / name), "to_ids": "ignore"}]).counts
    assert counts["by_type"] == WITHOUT_FLAGS[name]


@pytest.mark.parametrize("name", [name for name in TOTALS if name.startswith("text/")])
def test_every_defanged_host_of_a_report_is_found_and_no_other(name: str) -> None:
    text = (FEEDS / name).read_text(encoding="utf-8").replace("[:]", ":").replace("[.]", "\0")
    hosts = {host.replace("\0", ".").strip(".").lower() for host in re.findall(r"[\w.\0-]*\0[\w.\0-]*", text)}
    collected = read_all([{"path": str(FEEDS / name)}])
    found = {entry.item["value"] for entry in collected.entries if entry.item["type"] in ("domain", "ipv4")}
    assert found == hosts


def test_the_malformed_lines_are_named() -> None:
    collected = read_all([{"path": str(FEEDS / name)} for name in TOTALS])
    assert [(Path(reject.path).name, reject.line) for reject in collected.rejects if reject.malformed] == [
        ("dropper-as-a-service.csv", 40),
        ("dropper-as-a-service.csv", 88),
        ("qakbot.csv", 12),
        ("poisonivy.json", 43),
    ]

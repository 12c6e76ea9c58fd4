# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``--like``: bundles of quirks, and reports of the doctor."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from simulator import likeness
from simulator.quirks import Quirks, UnknownQuirk
from simulator_fixture import TESTS, start_thread

README = (TESTS / "simulator" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", likeness.BUNDLES)
def test_a_bundle_sets_quirks_that_exist_and_is_documented(name: str) -> None:
    meaning, values = likeness.BUNDLES[name]
    assert f"| `{name}` | {meaning} |" in README
    quirks = Quirks()
    quirks.update({quirk: value for quirk, value in values.items() if quirk not in ("legacy", "strict")})
    assert quirks.all() != Quirks().all()


def test_every_fact_leads_to_quirks_that_exist() -> None:
    for values in likeness.FACTS.values():
        Quirks().update({name: value for name, value in values.items() if name != "legacy"})


def test_a_server_is_like_a_bundle_and_stays_so_when_it_is_reset() -> None:
    tenant, running = start_thread("--like", "strict", "--quirk", "max_page=400")
    try:
        for _again in range(2):
            shown = running.simulator.quirks.all()
            assert (shown["max_page"], shown["max_ids"], shown["search_lag"]) == (400, 100, 0)
            tenant.quirk(max_page=7)
            tenant.reset("empty")
    finally:
        tenant.close()
        running.stop()


def test_a_report_of_the_doctor(tmp_path: Path) -> None:
    facts = [
        {"id": "U2", "seen": "500"},
        {"id": "U4", "seen": "second_record"},
        {"id": "U30", "seen": 5},
        {"id": "U6", "seen": None},
        {"id": "U99", "seen": "whatever"},
    ]
    file = tmp_path / "doctor.json"
    file.write_text(json.dumps({"facts": facts, "region": "eu-1"}), encoding="utf-8")
    assert likeness.resemble(str(file)) == {
        "max_page": 500,
        "duplicate_with_ignore": "second",
        "search_lag": 5,
        "region": "eu-1",
    }


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"facts": 5}'])
def test_what_is_not_a_report_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "other.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(UnknownQuirk, match="report"):
        likeness.resemble(str(file))
    with pytest.raises(UnknownQuirk, match="neither one of 2021, generous, strict, us-1-2026"):
        likeness.resemble(str(tmp_path / "missing.json"))

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What other tools export, recognized by its content: one small file of ours for each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds import Collected, read_all

EXPORTS = Path(__file__).parent / "data" / "exports"
A, M = "a1" * 32, "c3" * 16
GROUP = "ab" * 16

DOMAIN, ADDRESS, HASH, MD5 = (
    ("domain", "evil.example"),
    ("ipv4", "203.0.113.5"),
    ("sha256", A),
    ("md5", M),
)
RECORDS = ([DOMAIN, HASH], ["deleted", "inherited"])
#: By file: the indicators, and the codes of the rejects.
EXPECTED: dict[str, tuple[list[tuple[str, str]], list[str]]] = {
    "api_answer.json": RECORDS,
    "api_records.json": RECORDS,
    "falconpy.json": RECORDS,
    "psfalcon_convertto.json": RECORDS,
    "psfalcon_convertto_single.json": ([DOMAIN], []),
    "psfalcon_export_csv.csv": ([HASH], ["lost_list", "deleted"]),
    "console_import.json": ([DOMAIN], []),
    "console.csv": ([HASH, DOMAIN, ADDRESS], []),
    "records_lines.json": RECORDS,
    "terraform_state.json": ([DOMAIN, HASH], []),
    "terraform_plan.json": ([DOMAIN, HASH], []),
    "terraform_tfstate.json": ([DOMAIN], []),
    "threatfox.json": ([ADDRESS, DOMAIN], ["hash_not_taken"]),
    "threatfox_export.json": ([DOMAIN, ADDRESS], []),
    "threatfox.csv": ([ADDRESS, DOMAIN], []),
    "urlhaus.json": ([DOMAIN], []),
    "urlhaus.csv": ([DOMAIN, ADDRESS], []),
    "malwarebazaar.json": ([HASH, MD5], []),
    "malwarebazaar.csv": ([HASH, MD5], []),
    "feodo.json": ([ADDRESS], []),
    "feodo.csv": ([ADDRESS], []),
    "otx_pulses.json": ([DOMAIN, HASH], ["inactive", "type_not_taken"]),
    "otx.csv": ([HASH, ("domain", "c2.example"), DOMAIN], ["type_not_taken"]),
    "misp.csv": ([ADDRESS, HASH], ["not_for_detection"]),
    "opencti_observables.csv": (
        [ADDRESS, DOMAIN, ("domain", "c2.example"), HASH],
        ["type_not_taken"],
    ),
    "opencti_indicators.csv": ([DOMAIN, HASH], ["ended", "revoked", "pattern_language"]),
    "stix_lines.json": ([("domain", f"s{number}.example") for number in range(3)], []),
    "taxii_envelope.json": ([DOMAIN], []),
    "list.yml": ([DOMAIN], []),
}


def collected(name: str, **feed: Any) -> Collected:
    return read_all([{"path": str(EXPORTS / name), **feed}])


def items(name: str, **feed: Any) -> dict[str, dict[str, Any]]:
    return {entry.item["value"]: entry.item for entry in collected(name, **feed).entries}


def test_every_file_is_expected() -> None:
    assert {path.name for path in EXPORTS.iterdir()} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_an_export_is_read(name: str) -> None:
    found = collected(name)
    entries, codes = EXPECTED[name]
    assert sorted((entry.item["type"], entry.item["value"]) for entry in found.entries) == sorted(entries)
    assert sorted(reject.code for reject in found.rejects) == sorted(codes)
    assert found.stops == []


@pytest.mark.parametrize(
    "name", ["api_answer.json", "api_records.json", "falconpy.json", "records_lines.json"]
)
def test_a_record_becomes_an_item_without_what_nobody_can_write(name: str) -> None:
    found = items(name)
    assert found["evil.example"] == {
        "type": "domain",
        "value": "evil.example",
        "action": "detect",
        "severity": "high",
        "source": "team",
        "platforms": ["windows"],
        "tags": ["t"],
        "applied_globally": True,
    }
    assert found[A]["filename"] == "a.exe"
    assert found[A]["host_groups"] == [GROUP]


def test_json_lines_are_numbered_as_they_stand() -> None:
    assert [(reject.line, reject.code) for reject in collected("records_lines.json").rejects] == [
        (3, "deleted"),
        (4, "inherited"),
    ]


def test_a_cut_file_of_json_lines_is_partial(tmp_path: Path) -> None:
    path = tmp_path / "cut.jsonl"
    text = (EXPORTS / "records_lines.json").read_text(encoding="utf-8")
    path.write_text("\n" + text[:-40], encoding="utf-8")
    found = read_all([{"path": str(path)}])
    assert [(reject.line, reject.code, reject.malformed) for reject in found.rejects] == [
        (5, "invalid_json", True),
        (4, "deleted", False),
    ]
    assert [stop.code for stop in found.stops] == ["feed_partial"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
@pytest.mark.parametrize("name", ["psfalcon_export_csv.csv", "psfalcon_convertto.json"])
def test_windows_powershell_marks_its_files(tmp_path: Path, name: str, encoding: str) -> None:
    path = tmp_path / name
    text = (EXPORTS / name).read_text(encoding="utf-8").replace("\n", "\r\n")
    path.write_bytes(text.encode(encoding))
    found = read_all([{"path": str(path)}])
    assert len(found.entries) == len(EXPECTED[name][0])


def test_lists_that_powershell_lost_are_named() -> None:
    found = collected("psfalcon_export_csv.csv")
    (entry,) = found.entries
    assert entry.item == {
        "type": "sha256",
        "value": A,
        "action": "prevent",
        "severity": "high",
        "applied_globally": True,
        "filename": "a.exe",
    }
    lost = next(reject for reject in found.rejects if reject.code == "lost_list")
    assert lost.malformed, "without its host groups it would act everywhere"
    warnings = "\n".join(found.warnings)
    assert "column 'platforms': platforms was not set in 2 rows: 'System.Object[]'" in warnings
    assert "column 'tags': tags was not set in 1 row" in warnings


def test_terraform_writes_all_for_everywhere() -> None:
    found = items("terraform_state.json")
    assert found["evil.example"] == {
        "type": "domain",
        "value": "evil.example",
        "action": "detect",
        "severity": "high",
        "platforms": ["windows"],
        "applied_globally": True,
    }
    assert found[A]["host_groups"] == [GROUP]
    assert found[A]["filename"] == "a.exe"


def test_a_plan_that_failed_is_partial(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    plan = json.loads((EXPORTS / "terraform_plan.json").read_text(encoding="utf-8"))
    path.write_text(json.dumps({**plan, "errored": True}), encoding="utf-8")
    assert [stop.code for stop in read_all([{"path": str(path)}]).stops] == ["feed_partial"]
    plan["planned_values"] = {"root_module": {"resources": "?", "child_modules": [None]}}
    path.write_text(json.dumps(plan), encoding="utf-8")
    assert [stop.code for stop in read_all([{"path": str(path)}]).stops] == ["feed_empty"]


def test_what_is_no_resource_of_terraform_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    resource = {"mode": "managed", "type": "crowdstrike_custom_ioc", "values": None}
    for module in (
        {"root_module": {"resources": [resource], "child_modules": [{"resources": []}]}},
        {"root_module": None},
    ):
        path.write_text(json.dumps({"format_version": "1.0", "values": module}), encoding="utf-8")
        assert [stop.code for stop in read_all([{"path": str(path)}]).stops] == ["feed_empty"]


def test_a_pulse_gives_its_tags_and_its_name() -> None:
    found = items("otx_pulses.json")
    assert found["evil.example"]["description"] == "A pulse"
    assert found[A]["description"] == "a dropper"
    assert found[A]["tags"] == ["t"]


def test_a_page_of_pulses_is_partial(tmp_path: Path) -> None:
    path = tmp_path / "pulses.json"
    answer = json.loads((EXPORTS / "otx_pulses.json").read_text(encoding="utf-8"))
    path.write_text(json.dumps({**answer, "next": "https://otx.example.org/2"}), encoding="utf-8")
    assert [stop.code for stop in read_all([{"path": str(path)}]).stops] == ["feed_partial"]
    pulses = [*answer["results"] * 5, {"name": "y", "indicators": ["z"]}, "x"]
    path.write_text(json.dumps(pulses), encoding="utf-8")
    assert len(read_all([{"path": str(path)}]).entries) == 2
    path.write_text(json.dumps(answer["results"][0]), encoding="utf-8")
    assert len(read_all([{"path": str(path)}]).entries) == 2


@pytest.mark.parametrize(
    ("document", "codes"),
    [
        (
            {"meta": {"pagination": {"total": 9}}, "resources": [{"type": "domain", "value": "a.example"}]},
            ["feed_partial"],
        ),
        (
            {
                "resources": [{"type": "domain", "value": "a.example", "action": "detect"}],
                "errors": [{"code": 500}],
            },
            ["feed_partial"],
        ),
        ({"resources": [], "errors": [{"code": 429}]}, ["feed_partial", "feed_empty"]),
        ({"resources": None, "errors": None, "meta": {}}, ["feed_empty"]),
        ({"query_status": "no_results", "data": []}, ["feed_empty"]),
        ({"results": [{"ioc": "a.example", "x": 1}], "next": "https://x.example.org/2"}, ["feed_partial"]),
        (
            [
                {"resources": [{"ioc": "a.example", "x": 1}], "next": "x"},
                {"resources": [{"ioc": "b.example", "x": 1}]},
            ],
            ["feed_partial"],
        ),
        ({"more": True, "objects": []}, ["feed_partial", "feed_empty"]),
        (
            {
                "status_code": 200,
                "body": {"resources": [{"type": "domain", "value": "a.example"}]},
                "headers": {},
            },
            [],
        ),
        (
            {"status_code": 200, "body": {"items": [{"ioc": "a.example", "x": 1}], "errors": ["x"]}},
            ["feed_partial"],
        ),
        ({"data": {"x": 1}, "iocs": {"evil": [{"type": "domain", "value": "a.example"}]}}, []),
    ],
)
def test_what_an_answer_says_of_itself(tmp_path: Path, document: Any, codes: list[str]) -> None:
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert [stop.code for stop in read_all([{"path": str(path)}]).stops] == codes


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            {
                "evil.example": {"severity": "high", "ip": "203.0.113.5"},
                "b.example": {"ip": "203.0.113.6", "x": 1},
            },
            2,
        ),
        ([{"Indicator": "evil.example", "Severity": "High", "hashes": {"sha256": A}}, "x"], 2),
        ([{"ips": ["203.0.113.5", "203.0.113.6"], "note": {"x": 1}, "n": 1}], 2),
        ([{"file": {"sha256": A, "name": "x"}, "id": 7}], 1),
    ],
)
def test_records_of_other_shapes(tmp_path: Path, document: Any, expected: int) -> None:
    path = tmp_path / "records.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    found = read_all([{"path": str(path)}])
    assert len(found.entries) == expected
    assert all(reject.code == "no_object" for reject in found.rejects)


def test_lists_with_names(tmp_path: Path) -> None:
    path = tmp_path / "lists.json"
    lists = {
        "domains": ["evil[.]example", "a.zip"],
        "ips": ["203.0.113.5"],
        "others": [A],
        "references": ["https://blog.example.org/x"],
        "items": [{"type": "md5", "value": M}],
    }
    for document in (lists, {"iocs": lists}):
        path.write_text(json.dumps(document), encoding="utf-8")
        found = read_all([{"path": str(path)}])
        assert [entry.item["value"] for entry in found.entries] == [
            "evil.example",
            "a.zip",
            "203.0.113.5",
            A,
            M,
        ]
        assert [reject.code for reject in found.rejects] == ["report_link"]


def test_columns_and_fields_of_records(tmp_path: Path) -> None:
    path = tmp_path / "records.json"
    path.write_text(
        json.dumps([{"host": "evil.example", "level": "High", "os": "Windows", "tags": ["a", 1]}]),
        encoding="utf-8",
    )
    columns = {"severity": "level", "platforms": "os"}
    found = read_all([{"path": str(path), "columns": columns}])
    assert found.entries[0].item == {
        "type": "domain",
        "value": "evil.example",
        "severity": "high",
        "platforms": ["windows"],
        "tags": ["a", "1"],
    }
    assert found.columns_read == {
        str(path): {"host": "value", "level": "severity", "os": "platforms", "tags": "tags"}
    }
    found = read_all([{"path": str(path), "columns": columns, "fields": ["severity"]}])
    assert set(found.entries[0].item) == {"type", "value", "severity"}

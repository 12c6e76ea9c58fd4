# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes out in any format comes in again equal: read as a feed, it plans no change."""

from __future__ import annotations

import csv
import datetime
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.threatops.falcon.plugins.module_utils.ioc import json_text
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds import exchange, own_table, read_all
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.item import ItemReader
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.plan import Policy, plan
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.record import to_item
from ansible_collections.threatops.falcon.plugins.module_utils.report.exports import FORMATS
from ansible_collections.threatops.falcon.plugins.module_utils.report.exports.model import Exported

NOW = datetime.datetime(2026, 6, 1, 12, 0, tzinfo=datetime.timezone.utc)
GROUPS = ["c" * 32, "d" * 32]


def record(kind: str, value: str, **fields: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "id": "1" * 64, "type": kind, "value": value, "action": "detect", "mobile_action": "no_action",
        "severity": "high", "platforms": ["windows", "mac", "linux"], "applied_globally": True, "expired": False,
        "deleted": False, "from_parent": False, "created_on": "2025-01-01T00:00:00.123456789Z",
        "modified_on": "2026-01-01T00:00:00.5Z",
    }  # fmt: skip
    return {**base, **fields}


ODD_TEXTS = [
    "=HYPERLINK(\"http://evil\")", "+1", "-1", "@SUM(A1)", "'quoted'", '"quoted"', "[1]", "{x}", "# no comment",
    "a,b;c|d", "two  blanks", "line\nbreak\r\n\ttab", "zero\u200bwidth\u00ad\u202e", "no\u00a0break", "é 漢 😀",
    "hxxp://evil[.]example", "\u3002", "null", "true", "1e5", "\ud800", "\x07\x00",
    "x" * 400, "threatops-falcon:severity=\"low\"", "\ufeffmark",
]  # fmt: skip
RECORDS = [
    record("sha256", "a" * 64, action="prevent", metadata={"filename": "=cmd|' /C calc'!A0.exe"}),
    record("md5", "b" * 32, action="allow", severity="", description="known good"),
    record("domain", "evil.example", tags=["a b", "c,d", "e;f", 'say "x"', "it's", "=1+1", " x ", "[y]", "|"]),
    record("domain", "xn--bcher-kva.example", source="soc, \"emea\"; 2", description="bücher.example"),
    record("ipv4", "203.0.113.7", platforms=["windows", "toaster"], applied_globally=False, host_groups=GROUPS),
    record("ipv4", "203.0.113.8", applied_globally=False, host_groups=[]),
    record("ipv6", "2001:db8::1", expiration="2030-01-01T00:00:00.123456789Z", severity="informational"),
    record("ipv6", "2001:db8::2", expiration="2020-01-01T00:00:00Z", expired=True, action="no_action"),
    record("all_subdomains", "evil.example", action="no_action", mobile_action="prevent", platforms=["ios"]),
    record("domain", "both.example", mobile_action="detect", platforms=["windows", "android"]),
    record("domain", "quiet.example", action="no_action", severity=""),
    *(
        record("domain", f"odd{number}.example", description=text, source=text.strip(), tags=[text])
        for number, text in enumerate(ODD_TEXTS)
    ),
]  # fmt: skip


def text_of(name: str, records: list[dict[str, Any]], owner: str = "") -> str:
    exported = [Exported(to_item(one), one.get("created_on"), one.get("modified_on")) for one in records]
    return FORMATS[name].text(exported, owner)


def planned(path: Path, records: list[dict[str, Any]]) -> Any:
    found = read_all([{"path": str(path)}], now=NOW)
    assert not found.rejects and not found.stops and not found.warnings, (found.rejects, found.warnings)
    reader = ItemReader(None, None, "")
    desired = [reader.read(one.item, place, f"feed[{place}]") for place, one in enumerate(found.entries)]
    return plan(desired, records, Policy(now=NOW))


def assert_comes_back(folder: Path, name: str, records: list[dict[str, Any]]) -> None:
    path = folder / f"tenant{FORMATS[name].suffix}"
    path.write_text(text_of(name, records), encoding="utf-8", newline="")
    decided = planned(path, records)
    assert not decided.failures, decided.failures
    assert decided.planned()["unchanged"] == len(records) and not decided.changes
    found = {
        (one.item["type"], one.item["value"]): one.item for one in read_all([{"path": str(path)}]).entries
    }
    for one in map(to_item, records):
        again = found[one["type"], one["value"]]
        for field in exchange.FIELD_NAMES:
            wanted = one.get(field)
            if name == "yaml" and "\ud800" in str(wanted):
                continue  # no file of text can hold half a pair, and YAML has no escape for it
            assert again.get(field, False if field == "applied_globally" else None) == (
                False if wanted is None and field == "applied_globally" else wanted
            ), (one["value"], field)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "yaml"])
def test_every_writable_field_comes_back(tmp_path: Path, name: str) -> None:
    assert_comes_back(tmp_path, name, RECORDS)


texts = st.text(max_size=30)
fields = st.fixed_dictionaries(
    {},
    optional={
        "description": texts,
        "source": texts.map(str.strip),
        "tags": st.lists(texts.filter(str.strip), max_size=4, unique=True),
        "metadata": texts.map(str.strip).map(lambda name: {"filename": name}),
        "severity": st.sampled_from(("low", "critical")),
        "platforms": st.lists(st.sampled_from(("windows", "mac", "linux")), min_size=1, unique=True),
    },
)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "yaml"])
@settings(max_examples=25, deadline=None)
@given(more=st.lists(fields, min_size=1, max_size=5))
def test_any_text_comes_back(
    tmp_path_factory: pytest.TempPathFactory, name: str, more: list[dict[str, Any]]
) -> None:
    records = [record("sha256", f"{place:064x}", **each) for place, each in enumerate(more)]
    assert_comes_back(tmp_path_factory.mktemp("any"), name, records)


@pytest.mark.parametrize("name", FORMATS)
def test_order_of_input_does_not_matter(name: str) -> None:
    assert text_of(name, RECORDS) == text_of(name, RECORDS[::-1])


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "yaml"])
def test_nothing_and_what_is_for_us_alone(name: str) -> None:
    gone = Exported({"type": "domain", "value": "gone.example", "state": "absent"})
    left = Exported({"type": "domain", "value": "left.example", "ignore": True})
    assert FORMATS[name].text([gone, left], "soc") == FORMATS[name].text([], "soc")


def test_no_spreadsheet_takes_a_cell_for_a_formula() -> None:
    for row in csv.reader(io.StringIO(text_of("csv", RECORDS))):
        assert not any(cell.lstrip().startswith(tuple("=+-@\uff1d\t\r")) for cell in row)


def test_json_is_what_the_api_takes() -> None:
    body = json.loads(text_of("json", RECORDS[:1]))
    assert set(body) == {"comment", "indicators"}
    assert body["indicators"][0]["metadata"] == {"filename": "=cmd|' /C calc'!A0.exe"}


def test_stix_is_21() -> None:
    bundle = json.loads(text_of("stix", RECORDS, "soc"))
    ids = [one["id"] for one in bundle["objects"]]
    assert len(set(ids)) == len(ids)
    for one in bundle["objects"]:
        assert one["spec_version"] == "2.1" and one["created"] <= one["modified"]
        assert one.get("created_by_ref", ids[1]) in ids
    by_pattern = {one["pattern"]: one for one in bundle["objects"] if one["type"] == "indicator"}
    assert by_pattern[f"[file:hashes.MD5 = '{'b' * 32}']"]["indicator_types"] == ["benign"]
    assert by_pattern["[ipv6-addr:value = '2001:db8::1']"]["valid_until"] == "2030-01-01T00:00:00.123Z"
    assert "valid_until" not in by_pattern["[ipv6-addr:value = '2001:db8::2']"]


def read_document(folder: Path, document: Any, **feed: Any) -> Any:
    path = folder / "edited.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return read_all([{"path": str(path), **feed}], now=NOW)


def test_an_edited_pattern_is_not_overruled_by_the_extension(tmp_path: Path) -> None:
    bundle = json.loads(text_of("stix", RECORDS[2:3]))
    bundle["objects"][-1]["pattern"] = "[domain-name:value = 'other.example']"
    entry = read_document(tmp_path, bundle).entries[0]
    assert entry.item["value"] == "other.example" and "action" not in entry.item


@pytest.mark.parametrize("broken", [None, {"indicator": None}, {"indicator": {"type": "domain", "value": 1}}])
def test_a_broken_extension_is_none(tmp_path: Path, broken: Any) -> None:
    bundle = json.loads(text_of("stix", RECORDS[2:3]))
    bundle["objects"][-1]["extensions"][exchange.EXTENSION] = broken
    assert "action" not in read_document(tmp_path, bundle).entries[0].item


def test_an_extension_cannot_delete_or_be_of_another_type(tmp_path: Path) -> None:
    bundle = json.loads(text_of("stix", RECORDS[2:3]))
    given = bundle["objects"][-1]["extensions"][exchange.EXTENSION]["indicator"]
    given["state"] = "absent"
    assert "state" not in read_document(tmp_path, bundle).entries[0].item
    given.update(type="ipv4", value="203.0.113.7")
    assert read_document(tmp_path, bundle).entries[0].item["type"] == "domain"


def test_revoked_still_counts(tmp_path: Path) -> None:
    bundle = json.loads(text_of("stix", RECORDS[2:3]))
    bundle["objects"][-1]["revoked"] = True
    assert [one.code for one in read_document(tmp_path, bundle).rejects] == ["revoked"]


def test_misp_flags_still_count(tmp_path: Path) -> None:
    event = json.loads(text_of("misp", RECORDS[:2]))
    for attribute in event["Event"]["Attribute"]:
        attribute["to_ids"] = False
    found = read_document(tmp_path, event)
    assert [one.item["type"] for one in found.entries] == ["md5"]  # it only allows
    assert [one.code for one in found.rejects] == ["not_for_detection"]
    assert len(read_document(tmp_path, event, to_ids="ignore").entries) == 2


def test_misp_tags_of_another_type_are_none(tmp_path: Path) -> None:
    event = json.loads(text_of("misp", RECORDS[:1]))
    attribute = event["Event"]["Attribute"][0]
    attribute["Tag"][0]["name"] = 'threatops-falcon:type="domain"'
    assert "action" not in read_document(tmp_path, event).entries[0].item
    attribute["Tag"] = [
        {"name": 'threatops-falcon:type="sha256"'},
        {"name": 'threatops-falcon:applied_globally="so"'},
    ]
    assert read_document(tmp_path, event).entries[0].item["applied_globally"] == "so"


def test_a_table_that_people_have_edited(tmp_path: Path) -> None:
    path = tmp_path / "edited.csv"
    header = ";".join(exchange.COLUMNS)
    lines = [
        "domain;evil[.]example;Prevent;;High;Windows,Mac;TRUE;;2030-12-31;x",
        "domain;evil-b.example;nonsense;;;toaster;maybe;;31/12/2030",
        'Domain name;evil-c.example;;;;;;;Dec 31 2030;"[half',
        "sha1;" + "a" * 40,
        'domain;evil-d.example;"open',
        "domain;evil-e.example" + ";" * 20,
        ";" * 12,
    ]
    path.write_text("\ufeff" + "\r\n".join([header, *lines]), encoding="utf-8")
    found = read_all([{"path": str(path), "format": "csv"}])
    assert [one.item["value"] for one in found.entries] == ["evil.example", "evil-b.example"]
    assert found.entries[0].item == {
        "type": "domain", "value": "evil.example", "action": "prevent", "severity": "high",
        "platforms": ["windows", "mac"], "applied_globally": True, "expiration": "2030-12-31", "description": "x",
    }  # fmt: skip
    assert found.entries[1].item["platforms"] == ["toaster"] and found.entries[1].item["action"] == "nonsense"
    codes = [(one.line, one.code, one.malformed) for one in found.rejects]
    assert codes == [
        (4, "invalid_row", True), (5, "type_not_taken", False), (6, "invalid_row", True), (7, "invalid_row", True)
    ]  # fmt: skip


def test_a_comment_before_the_header_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "commented.csv"
    path.write_text("# made by hand\n" + text_of("csv", RECORDS), encoding="utf-8")
    assert len(read_all([{"path": str(path)}], now=NOW).entries) == len(RECORDS)


def test_other_tables_are_not_ours() -> None:
    assert not own_table.is_export([]) and not own_table.is_export(["type,value", 'a,"b'])
    assert own_table.is_export([",".join(sorted(exchange.COLUMNS))])


def test_what_cannot_be_seen_is_escaped() -> None:
    text = json_text.dumps({"é": "\u202e\ud800\u200b"})
    assert text == '{"é": "\\u202e\\ud800\\u200b"}' and json.loads(text) == {"é": "\u202e\ud800\u200b"}


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("expiration", "31 Dec 2030", "2030-12-31T23:59:59Z"),
        ("expiration", "soon", "soon"),
        ("expiration", "2030-01-01T00:00:00.5+02:00", "2030-01-01T00:00:00.5+02:00"),
        ("tags", "[half", ["[half"]),
        ("description", '"half', '"half'),
    ],
)
def test_a_cell_that_people_wrote(name: str, text: str, found: Any) -> None:
    assert exchange.of_cell(name, text) == found

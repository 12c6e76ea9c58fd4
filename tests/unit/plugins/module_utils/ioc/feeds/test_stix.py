# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""STIX patterns and objects."""

from __future__ import annotations

import datetime
import json
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds import read_all, stix_pattern
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds.model import Fault

A, B, M = "a1" * 32, "b2" * 32, "c3" * 16
NOW = datetime.datetime(2026, 11, 25, tzinfo=datetime.timezone.utc)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (
            "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '203.0.113.5']",
            ["203.0.113.5"],
        ),
        (
            "[network-traffic:dst_ref.value = '203.0.113.5' AND network-traffic:dst_port = 443]",
            ["203.0.113.5"],
        ),
        (
            "[ipv4-addr:value = '203.0.113.5' AND network-traffic:dst_port = 443 "
            "AND network-traffic:protocols[*] = 'tcp']",
            ["203.0.113.5"],
        ),
        (
            f"[file:hashes.MD5 = '{M}' AND file:hashes.'SHA-1' = 'x' AND file:hashes.'SHA-256' = '{A}']",
            [M, A],
        ),
        (f"[file:name = 'a.exe' AND file:size = 5 AND file:hashes.'SHA-256' = '{A}']", [A]),
        (
            f"[(file:hashes.'SHA-256' = '{A}' OR file:hashes.'SHA-256' = '{B}') AND file:name = 'a.exe']",
            [A, B],
        ),
        ("[domain-name:value = 'a.example' AND domain-name:value = 'a.example']", ["a.example"]),
        (
            "([domain-name:value = 'a.example'] OR [url:value = 'http://b.example/'])",
            ["a.example", "http://b.example/"],
        ),
        (
            "[hostname:value = 'h.example' OR x-opencti-hostname:value = 'i.example']",
            ["h.example", "i.example"],
        ),
        ("[ipv4-addr:value ISSUBSET '203.0.113.5/32']", ["203.0.113.5/32"]),
        (
            "[url:value IN ('http://a.example/', 'http://b.example/')]",
            ["http://a.example/", "http://b.example/"],
        ),
        ("[url:value = 'http://a.example/it\\'s']", ["http://a.example/it's"]),
    ],
)
def test_a_pattern_stands_for(pattern: str, expected: list[str]) -> None:
    assert [value for _kind, value in stix_pattern.read(pattern)] == expected


@pytest.mark.parametrize(
    ("pattern", "code", "words"),
    [
        (
            "[domain-name:value = 'a.example' AND ipv4-addr:value = '203.0.113.5']",
            "pattern",
            "domain-name:value and ipv4-addr:value",
        ),
        (
            "[domain-name:value = 'a.example' AND domain-name:value = 'b.example']",
            "pattern",
            "two values of domain-name:value",
        ),
        (f"[file:hashes.MD5 = '{M}' AND windows-registry-key:key = 'x']", "pattern", "together"),
        (f"[file:hashes.MD5 = '{M}' AND process:binary_ref.hashes.MD5 = '{M}']", "pattern", "together"),
        (f"[file:hashes.MD5 = '{M}' AND file:hashes.MD5 = 'x']", "pattern", "together"),
        (f"[file:hashes.MD5 = '{M}' AND file:parent_directory_ref.path = 'x']", "pattern", "together"),
        ("[domain-name:value = 'a.example'] AND [domain-name:value = 'b.example']", "pattern", "needs AND"),
        (
            "[domain-name:value = 'a.example'] FOLLOWEDBY [domain-name:value = 'b.example']",
            "pattern",
            "FOLLOWEDBY",
        ),
        ("[domain-name:value = 'a.example'] WITHIN 5 SECONDS", "pattern", "WITHIN"),
        ("[domain-name:value != 'a.example']", "pattern", "!="),
        ("[domain-name:value NOT = 'a.example']", "pattern", "NOT"),
        ("[domain-name:value MATCHES 'a']", "pattern", "MATCHES"),
        ("[domain-name:value = 'a.example'", "pattern_invalid", "its end"),
        ("domain-name:value = 'a.example'", "pattern_invalid", "domain-name"),
        ("[domain-name:value = ]", "pattern_invalid", "']'"),
        ("[file:name = 'a.exe']", "type_not_taken", "file:name"),
        ("[network-traffic:dst_port = 443]", "type_not_taken", "dst_port"),
        ("[file:hashes.'SHA-1' = 'x']", "hash_not_taken", "SHA-1"),
        ("[" + "(" * 200 + "domain-name:value = 'a.example'" + ")" * 200 + "]", "pattern", "nested"),
        ("[" + " AND ".join(["(url:value = 'a' OR url:value = 'b')"] * 20) + "]", "pattern", "alternatives"),
    ],
)
def test_a_pattern_that_says_more_than_one_value(pattern: str, code: str, words: str) -> None:
    (fault,) = stix_pattern.read(pattern)
    assert isinstance(fault, Fault)
    assert fault.code == code
    assert words in fault.reason
    assert fault.malformed is (code == "pattern_invalid")


@pytest.mark.parametrize(
    "piece", ["/*", "'", "\\'", "(", "[", "a:", "a:b.", "hashes.", "OR ", "x_ref.", "[a:b='c'] OR "]
)
def test_the_worst_pattern_takes_no_time_to_speak_of(piece: str) -> None:
    start = time.process_time()
    for before in ("", "[domain-name:value = ", "[file:"):
        stix_pattern.read(before + piece * (100_000 // len(piece)))
        stix_pattern.is_pattern(before + piece * (100_000 // len(piece)))
    assert time.process_time() - start < 10


def objects(tmp_path: Path, *found: Any, dated: Any = ()) -> Any:
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps({"type": "bundle", "id": "bundle--1", "objects": found}), encoding="utf-8")
    collected = read_all([{"path": str(path)}], "", dated, NOW)
    return [entry.item for entry in collected.entries], [(one.line, one.code) for one in collected.rejects]


def indicator(name: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "indicator",
        "id": f"indicator--{name}",
        "pattern": f"[domain-name:value='{name}.example']",
        **more,
    }


def test_ends_and_revocations(tmp_path: Path) -> None:
    found = (
        indicator("over", valid_until="2020-01-01T00:00:00Z"),
        indicator("ahead", valid_until="2090-01-01T00:00:00.000Z"),
        indicator("odd", valid_until="whenever"),
        indicator("revoked", revoked=True),
        {"type": "domain-name", "id": "domain-name--1", "value": "seen.example", "revoked": True},
    )
    items, rejects = objects(tmp_path, *found)
    assert items == [
        {"type": "domain", "value": "ahead.example", "expiration": "2090-01-01T00:00:00Z"},
        {"type": "domain", "value": "odd.example"},
    ]
    assert rejects == [(1, "ended"), (4, "revoked"), (5, "revoked")]
    assert objects(tmp_path, found[1], dated=["domain"])[0] == [{"type": "domain", "value": "ahead.example"}]


def test_the_last_version_of_an_object_counts(tmp_path: Path) -> None:
    old = indicator("a", modified="2020-01-01T00:00:00Z")
    new = indicator("a", modified="2021-01-01T00:00:00Z", revoked=True)
    assert objects(tmp_path, old, new) == ([], [(1, "superseded"), (2, "revoked")])


def test_a_hostname_is_a_domain_and_unknown_values_are_named(tmp_path: Path) -> None:
    found = (
        {"type": "hostname", "id": "hostname--1", "value": "h.example"},
        {"type": "cryptocurrency-wallet", "id": "cryptocurrency-wallet--1", "value": "x"},
        {"type": "x-thing", "id": "x-thing--1", "name": "a story"},
        {"type": "malware", "id": "malware--1", "name": "a story", "value": "x"},
        {"type": "file", "id": "file--1", "hashes": {"SHA-256": A, "SHA-1": 5}, "name": "a.exe"},
        {"type": "url", "id": "url--1"},
        indicator("yara", pattern_type="yara"),
    )
    items, rejects = objects(tmp_path, *found)
    assert [item["value"] for item in items] == ["h.example", A]
    assert rejects == [
        (2, "type_not_taken"),
        (5, "hash_not_taken"),
        (6, "type_not_taken"),
        (7, "pattern_language"),
    ]


def test_observed_data_of_stix_2_0(tmp_path: Path) -> None:
    inner = {"0": {"type": "domain-name", "value": "seen.example"}, "1": "x"}
    items, _rejects = objects(tmp_path, {"type": "observed-data", "id": "observed-data--1", "objects": inner})
    assert [item["value"] for item in items] == ["seen.example"]


def test_the_end_of_an_attribute_of_misp(tmp_path: Path) -> None:
    path = tmp_path / "event.json"
    attribute = {"type": "domain", "category": "x", "to_ids": True}
    event = {
        "Attribute": [
            {**attribute, "value": "over.example", "last_seen": "2020-01-01T00:00:00+00:00"},
            {**attribute, "value": "ahead.example", "last_seen": "2090-01-01T00:00:00+00:00"},
            {**attribute, "value": "open.example", "last_seen": None},
        ],
        "Object": [{"last_seen": "2019-01-01", "Attribute": [{**attribute, "value": "inner.example"}]}],
    }
    path.write_text(json.dumps({"Event": event}), encoding="utf-8")
    found = read_all([{"path": str(path)}], now=NOW)
    assert [(entry.item["value"], entry.item.get("expiration")) for entry in found.entries] == [
        ("ahead.example", "2090-01-01T00:00:00Z"),
        ("open.example", None),
    ]
    assert [(one.line, one.code) for one in found.rejects] == [(1, "ended"), (4, "ended")]

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is never blocked, and what lets it pass."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any, Optional

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.protection import (
    Protection,
    ProtectionProblem,
)


def reason(kind: str, value: str, options: Optional[dict[str, Any]] = None, **files: Any) -> Optional[str]:
    return Protection.build(options, load=lambda path: json.dumps(files[path])).reason(kind, value)


def warning_list(kind: str, entries: list[str], *attributes: str) -> dict[str, Any]:
    document: dict[str, Any] = {"name": "our list", "type": kind, "list": entries, "version": 1}
    if attributes:
        document["matching_attributes"] = list(attributes)
    return document


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("ipv4", "10.1.2.3", "RFC 1918"),
        ("ipv4", "172.31.255.255", "RFC 1918"),
        ("ipv4", "192.168.0.1", "RFC 1918"),
        ("ipv4", "100.64.0.1", "RFC 6598"),
        ("ipv6", "fd00::1", "private"),
        ("ipv4", "127.0.0.7", "loopback"),
        ("ipv6", "::1", "loopback"),
        ("ipv4", "169.254.169.254", "link-local"),
        ("ipv6", "fe80::1", "link-local"),
        ("ipv4", "224.0.0.251", "multicast"),
        ("ipv6", "ff02::1", "multicast"),
        ("ipv4", "255.255.255.255", "broadcast"),
        ("ipv4", "0.0.0.0", "unspecified"),
        ("ipv6", "::", "unspecified"),
        ("ipv6", "::ffff:10.0.0.1", "RFC 1918"),
        ("ipv4", "8.8.8.8", "Google"),
        ("ipv4", "1.1.1.1", "Cloudflare"),
        ("ipv6", "2606:4700:4700::1111", "Cloudflare"),
        ("ipv6", "::ffff:9.9.9.9", "Quad9"),
        ("ipv6", "64:ff9b::808:808", "Google"),
        ("ipv6", "2002:c0a8:1::1", "RFC 1918"),
        ("md5", "d41d8cd98f00b204e9800998ecf8427e", "empty file"),
        ("sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "empty file"),
        ("domain", "crowdstrike.com", "vendor"),
        ("domain", "ts01-b.cloudsink.net", "vendor"),
        ("domain", "api.us-gov-2.crowdstrike.mil", "vendor"),
        ("all_subdomains", "crowdstrike.com", "vendor"),
        ("all_subdomains", "net", "vendor"),
    ],
)
def test_built_in(kind: str, value: str, words: str) -> None:
    found = reason(kind, value)
    assert found is not None
    assert found.startswith("built in: ")
    assert words in found
    assert reason(kind, value, {"builtin": False}) is None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("ipv4", "192.0.2.1"),
        ("ipv4", "198.51.100.7"),
        ("ipv4", "203.0.113.9"),
        ("ipv6", "2001:db8::1"),
        ("ipv6", "64:ff9b::cb00:7101"),
        ("ipv6", "2002:cb00:7101::1"),
        ("ipv4", "11.0.0.1"),
        ("ipv4", "100.128.0.1"),
        ("domain", "net"),
        ("domain", "notcrowdstrike.com"),
        ("domain", "crowdstrike.com.evil.example"),
        ("all_subdomains", "evil.example"),
        ("sha256", "a1" * 32),
    ],
)
def test_not_built_in(kind: str, value: str) -> None:
    assert reason(kind, value) is None


def test_what_the_user_names() -> None:
    options = {
        "builtin": False,
        "values": ["A1" * 32, "WWW.Ours.example", "203.0.113.9"],
        "networks": ["198.51.100.0/24", "2001:db8::/32"],
        "domains": ["*.corp.example", "m\u00fcnchen.example"],
    }
    protection = Protection.build(options)
    assert protection.reason("sha256", "a1" * 32) == f"values: {'a1' * 32}"
    assert protection.reason("domain", "www.ours.example") == "values: www.ours.example"
    assert protection.reason("domain", "a.www.ours.example") is None, "a value is exact"
    assert protection.reason("all_subdomains", "ours.example") == "values: www.ours.example"
    assert protection.reason("ipv4", "203.0.113.9") == "values: 203.0.113.9"
    assert protection.reason("ipv6", "::ffff:203.0.113.9") == "values: 203.0.113.9"
    assert protection.reason("ipv4", "198.51.100.7") == "networks: 198.51.100.0/24"
    assert protection.reason("ipv6", "2001:db8::1") == "networks: 2001:db8::/32"
    for name in ("corp.example", "a.b.corp.example"):
        assert protection.reason("domain", name) == "domains: corp.example"
    assert protection.reason("domain", "xn--mnchen-3ya.example") == "domains: xn--mnchen-3ya.example"
    assert protection.reason("domain", "ours.example") is None


def test_override_needs_the_exact_value_and_is_told() -> None:
    protection = Protection.build({"override": ["8.8.8.8", "API.crowdstrike.com", "192.0.2.1"]})
    assert protection.reason("ipv4", "8.8.8.8") is None
    assert protection.reason("ipv4", "8.8.4.4") is not None
    assert protection.reason("domain", "api.crowdstrike.com") is None
    assert protection.reason("domain", "falcon.crowdstrike.com") is not None
    assert protection.reason("ipv4", "192.0.2.1") is None
    assert protection.overridden == [("ipv4", "8.8.8.8"), ("domain", "api.crowdstrike.com")]


@pytest.mark.parametrize(
    ("document", "caught", "free"),
    [
        (
            warning_list(
                "string", ["site.example", "198.51.100.7", "D4" * 16, "f" * 128, "3::"], "domain|ip", "md5"
            ),
            [
                ("domain", "site.example"),
                ("ipv4", "198.51.100.7"),
                ("md5", "d4" * 16),
                ("all_subdomains", "example"),
            ],
            [("domain", "www.site.example"), ("ipv4", "198.51.100.8")],
        ),
        (
            warning_list("hostname", ["site.example", ".dotted.example"], "hostname", "domain", "url"),
            [("domain", "site.example"), ("domain", "www.site.example"), ("domain", "a.dotted.example")],
            [("domain", "othersite.example"), ("ipv4", "198.51.100.7")],
        ),
        (
            warning_list(
                "cidr", ["198.51.100.0/24", "203.0.113.9", "2001:db8::/32"], "ip-src", "ip-dst|port"
            ),
            [("ipv4", "198.51.100.7"), ("ipv4", "203.0.113.9"), ("ipv6", "2001:db8::7")],
            [("ipv4", "203.0.113.10")],
        ),
        (
            warning_list("substring", ["Pool.", "sub"], "hostname"),
            [("domain", "my.pool.example"), ("domain", "xsubx.example")],
            [("domain", "poolx.example"), ("ipv4", "198.51.100.7")],
        ),
        (
            warning_list("substring", ["long.name.of.a.pool", "long.name.of.a.host"]),
            [("domain", "long.name.of.a.host.example")],
            [("domain", "long.name.of.a.house.example"), ("domain", "long.example")],
        ),
        (
            warning_list("regex", ["/^ad[0-9]+\\.site\\.example$/i", "(a)a\\.example"], "domain"),
            [("domain", "ad7.site.example"), ("domain", "xaa.example")],
            [("domain", "ad.site.example"), ("domain", "xab.example")],
        ),
        # MISP compares the ends of names.
        (
            warning_list("hostname", ["gov", "*.MIL."], "hostname"),
            [("domain", "www.agency.gov"), ("domain", "x.mil"), ("all_subdomains", "gov")],
            [("domain", "gov.example")],
        ),
        # Lists of strings that hold networks as well, as that of sinkholes does.
        (
            warning_list("string", ["198.51.100.0/24", "203.0.113.9"], "ip-dst"),
            [("ipv4", "198.51.100.9"), ("ipv4", "203.0.113.9")],
            [("ipv4", "203.0.113.10")],
        ),
        # The attributes that a list is about are respected; one that names none is about all.
        (warning_list("cidr", ["198.51.100.0/24"], "md5"), [], [("ipv4", "198.51.100.7")]),
        (warning_list("string", ["d4" * 16], "filename|md5"), [("md5", "d4" * 16)], []),
        (warning_list("string", ["d4" * 16], "sha1", "ip-src"), [], [("md5", "d4" * 16)]),
        (warning_list("string", ["d4" * 16]), [("md5", "d4" * 16)], []),
    ],
)
def test_warning_lists_of_misp(
    document: dict[str, Any], caught: list[tuple[str, str]], free: list[tuple[str, str]]
) -> None:
    options = {"builtin": False, "files": ["list.json"]}
    for kind, value in caught:
        found = reason(kind, value, options, **{"list.json": document})
        assert found is not None, (kind, value)
        assert found.startswith("our list: ")
    for kind, value in free:
        assert reason(kind, value, options, **{"list.json": document}) is None, (kind, value)


@pytest.mark.parametrize(
    ("document", "codes"),
    [
        (warning_list("string", ["site.example"], "domain"), []),
        (warning_list("string", ["site.example", "d4" * 20, "f" * 128, "3::"], "domain", "sha1"), []),
        (warning_list("string", ["site.example"], "sha1"), ["warning_list_without_effect"]),
        (
            warning_list("string", ["site.example"], "domian"),
            ["warning_list_attributes", "warning_list_without_effect"],
        ),
        (warning_list("string", ["site.example"], "domain", "strange|md5"), ["warning_list_attributes"]),
        (warning_list("string", [], "domain"), ["warning_list_without_effect"]),
        (
            warning_list("string", ["nothing", "site.example", "x/y", "/z"], "domain"),
            ["warning_list_entries"],
        ),
        (
            warning_list("string", ["198.51.100.0/99", "a.example/x", "-/24", "198.51.100.1"], "ip-src"),
            ["warning_list_entries"],
        ),
        (warning_list("hostname", ["gov"], "hostname"), ["warning_list_top_level"]),
        (warning_list("hostname", ["gov"], "ip-src"), ["warning_list_without_effect"]),
        (warning_list("hostname", ["x1", "n_o", "-a"], "hostname"), ["warning_list_without_effect"]),
        (warning_list("cidr", ["2001:db8::/32", "site.example"], "md5"), ["warning_list_without_effect"]),
        (warning_list("cidr", ["198.51.100.0/24"], "domain"), ["warning_list_without_effect"]),
        ({**warning_list("string", []), "list": [None, "", {}, "site.example"]}, ["warning_list_entries"]),
    ],
)
def test_a_list_that_protects_little_says_so(document: dict[str, Any], codes: list[str]) -> None:
    protection = Protection.build({"files": ["list.json"]}, load=lambda _path: json.dumps(document))
    assert [notice.code for notice in protection.notices] == codes
    for notice in protection.notices:
        assert "our list" in notice.message


def test_an_empty_plain_list_says_so(tmp_path: Path) -> None:
    path = tmp_path / "never.txt"
    path.write_text("# nothing yet\n", encoding="utf-8")
    protection = Protection.build({"files": [str(path)]})
    assert [notice.code for notice in protection.notices] == ["warning_list_without_effect"]


def test_a_file_that_never_ends_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "huge").open("wb") as stream:
        stream.truncate(1 << 40)
    for path, message in (
        (tmp_path / "pipe", "it is a pipe"),
        ("/dev/zero", "it is a device"),
        (tmp_path / "huge", "are more than the"),
        (tmp_path, "it is a directory"),
        ("a\0b", "null byte"),
    ):
        with pytest.raises(ProtectionProblem, match=message):
            Protection.build({"files": [str(path)]})


def test_a_plain_list(tmp_path: Path) -> None:
    path = tmp_path / "never.txt"
    path.write_text(f"# ours\nsite.example  # web\n198.51.100.0/24\n\n{'a1' * 32}\n", encoding="utf-8")
    protection = Protection.build({"builtin": False, "files": [str(path)]})
    assert protection.reason("domain", "site.example") == f"{path}: site.example"
    assert protection.reason("ipv4", "198.51.100.9") is not None
    assert protection.reason("sha256", "a1" * 32) is not None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"list": [', "this is not JSON"),
        ('{"name": "x"}', "has a list of entries"),
        ('{"list": [], "type": "strange"}', "must be one of string, hostname"),
        ('{"list": ["198.51.100.0/99"], "type": "cidr"}', "no network"),
        ('{"list": ["("], "type": "regex"}', "no regular expression"),
        ('{"list": ["(a)\\\\1"], "type": "regex"}', "a reference to a group is not supported"),
        ("not a value\n", "line 1"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ProtectionProblem, match=message) as caught:
        Protection.build({"files": [str(path)]})
    assert str(path) in str(caught.value)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ProtectionProblem, match=r"list\.json: is not UTF-8 text"):
        Protection.build({"files": [str(path)]})


def test_patterns_are_tried_together(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text(json.dumps(warning_list("regex", ["^ad[0-9]", "pool|mine"])), encoding="utf-8")
    protection = Protection.build({"files": [str(path)]})
    assert protection.reason("domain", "ad7.example") == "our list: ^ad[0-9]"
    assert protection.reason("domain", "xmine.example") == "our list: pool|mine"
    assert protection.reason("domain", "ad.example") is None


def test_a_network_of_mapped_addresses_is_one_of_ipv4() -> None:
    protection = Protection.build({"networks": ["::ffff:198.51.100.0/120"]})
    assert protection.reason("ipv4", "198.51.100.7") == "networks: ::ffff:198.51.100.0/120"
    assert protection.reason("ipv6", "::ffff:198.51.100.7") is not None
    assert protection.reason("ipv4", "198.51.101.7") is None


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProtectionProblem, match="absent"):
        Protection.build({"files": [str(tmp_path / "absent")]})


@pytest.mark.parametrize(
    "options",
    [
        {"values": ["no value"]},
        {"networks": ["no network"]},
        {"domains": ["no domain!"]},
        {"override": ["x"]},
    ],
)
def test_a_wrong_rule_is_named(options: dict[str, Any]) -> None:
    with pytest.raises(ProtectionProblem, match=next(iter(options))):
        Protection.build(options)


@pytest.mark.parametrize("kind", ["string", "hostname", "substring", "cidr"])
def test_a_hundred_thousand_against_a_hundred_thousand(kind: str) -> None:
    if kind == "cidr":
        entries = [f"{n % 200 + 11}.{n // 200 % 250}.{n // 50000}.0/{24 + n % 9}" for n in range(100000)]
        values = [("ipv4", f"{n % 200 + 11}.{n // 200 % 250}.{n % 4}.7") for n in range(100000)]
    else:
        entries = [f"host{n}.example.net" for n in range(100000)]
        values = [("domain", f"a.host{n + 50000}.example.net") for n in range(100000)]
    protection = Protection.build({"files": ["x"]}, load=lambda path: json.dumps(warning_list(kind, entries)))
    start = time.process_time()
    caught = sum(protection.reason(*value) is not None for value in values)
    seconds = time.process_time() - start
    assert bool(caught) == (kind != "string")
    assert seconds < 3, "it is well under a second on an idle machine"

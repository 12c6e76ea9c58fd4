# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every reader on small files of ours that hold each kind of dirt, and on its own rules."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds import read, read_all, source
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds.model import (
    Entry,
    FeedProblem,
    Reject,
)
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.values import normalise

DATA = Path(__file__).parent / "data"
A, B, E5 = "a1" * 32, "b2" * 32, "e5" * 32
M = "c3" * 16


def outcomes(path: Path | str, **feed: Any) -> tuple[list[tuple[int, str, str]], dict[int, tuple[str, bool]]]:
    """What a feed gives: entries by line, and the last reject of each line."""
    entries = []
    rejects = {}
    for outcome in read({"path": str(path), **feed}):
        if isinstance(outcome, Entry):
            assert normalise(outcome.item["type"], outcome.item["value"]) == outcome.item["value"]
            entries.append((outcome.line, outcome.item["type"], outcome.item["value"]))
        elif isinstance(outcome, Reject):
            assert outcome.reason
            assert outcome.path == str(path)
            rejects[outcome.line] = (outcome.reason, outcome.malformed)
    return entries, rejects


def of_text(tmp_path: Path, text: str, name: str = "feed", **feed: Any) -> Any:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return outcomes(path, **feed)


def values(found: list[tuple[int, str, str]]) -> list[str]:
    return [value for _line, _kind, value in found]


def test_a_dirty_table(tmp_path: Path) -> None:
    # As Windows writes it; ansible-test wants neither in a repository.
    text = "\ufeff" + (DATA / "dirty.csv").read_text(encoding="utf-8").replace("\n", "\r\n")
    path = tmp_path / "dirty.csv"
    path.write_bytes(text.encode())
    entries, rejects = outcomes(path)
    assert entries == [
        (3, "sha256", A),
        (4, "sha256", B),
        (5, "sha256", A),
        (6, "md5", M),
        (8, "domain", "bad.example"),
        (9, "domain", "bad2.example"),
        (10, "ipv4", "203.0.113.7"),
        (12, "ipv4", "203.0.113.9"),
        (13, "ipv4", "203.0.113.10"),
        (15, "domain", "one-slash.example"),
        (16, "ipv4", "203.0.113.11"),
        (17, "ipv6", "2001:db8::7"),
        (19, "domain", "path.example"),
        (21, "domain", "two.example"),
        (21, "domain", "three.example"),
        (29, "domain", "xn--mnchen-3ya.example"),
        (30, "ipv4", "203.0.113.12"),
        (31, "ipv4", "203.0.113.13"),
    ]
    assert {line: malformed for line, (_reason, malformed) in rejects.items()} == {
        2: False,  # a description
        7: False,  # sha1
        11: True,  # 203.0.113/8.9
        18: False,  # a path without a host
        20: False,  # a network
        22: True,  # bad,comma
        23: True,  # 63 digits
        24: True,  # sha265
        25: False,  # imphash
        26: False,  # a file name
        27: False,  # a wallet
    }
    assert rejects[20][0] == "a network (CIDR); Falcon takes single addresses"
    assert "got 'a1" in rejects[23][0]


def test_a_dirty_report() -> None:
    entries, rejects = outcomes(DATA / "report.txt")
    assert entries == [
        (10, "sha256", A),
        (11, "sha256", B),
        (12, "domain", "www.shop.example"),
        (18, "ipv4", "203.0.113.7"),
        (18, "domain", "panel.shop.example"),
        (20, "domain", f"{M}.dga.example"),
        (23, "domain", "ws.example"),
        (27, "domain", "plain.example.org"),
        (28, "domain", "listed.example.org"),
        (31, "ipv4", "203.0.113.20"),
        (32, "ipv4", "203.0.113.21"),
    ]
    assert rejects[5] == ("a link to a source of the report, not an indicator", False)
    assert rejects[6] == ("a link to a source of the report, not an indicator", False)
    assert rejects[13] == ("not the hash of a file", False)
    assert rejects[14] == ("no indicator in this line", False)
    assert rejects[19] == ("an address that is neither defanged nor alone on its line", False)
    assert rejects[21] == ("an e-mail address; Falcon does not take them", False)
    assert rejects[22] == ("'276.0.113.7' is not an IPv4 address", True)
    assert rejects[29] == ("a file name; Falcon does not take them", False)
    assert rejects[33] == ("a network (CIDR); Falcon takes single addresses", False)
    assert {30, 34, 35} <= set(rejects)
    blank = {2, 4, 7, 9, 15, 17, 24, 26}
    headings = {1, 3, 8, 16, 25}
    seen = {line for line, _kind, _value in entries} | set(rejects)
    assert not seen & (blank | headings)
    assert seen | blank | headings == set(range(1, 36)), "a line was dropped in silence"


def test_a_bundle() -> None:
    entries, rejects = outcomes(DATA / "bundle.json")
    assert entries == [
        (2, "domain", "c2.example"),
        (2, "ipv4", "203.0.113.30"),
        (2, "sha256", A),
        (3, "md5", M),
        (5, "domain", "in.example"),
        (5, "domain", "in2.example"),
        (13, "ipv6", "2001:db8::30"),
        (14, "sha256", B),
        (16, "domain", "seen.example"),
    ]
    assert rejects == {
        4: ("a network (CIDR); Falcon takes single addresses", False),
        6: ("the pattern needs LIKE; an indicator is one value", False),
        7: ("the pattern needs REPEATS; an indicator is one value", False),
        8: ("a pattern in yara, not in STIX", False),
        9: ("revoked by its publisher", False),
        10: ("called benign by its publisher", False),
        11: ("'domain spaced.example' is not a domain name", True),
        12: ("the pattern is not understood at 'its end'", True),
        14: ("a SHA-1; Falcon takes sha256 and md5", False),
        15: ("mutex is not something that Falcon takes", False),
    }


def test_an_event() -> None:
    entries, rejects = outcomes(DATA / "event.json")
    assert entries == [
        (1, "domain", "pair.example"),
        (1, "ipv4", "203.0.113.40"),
        (2, "ipv4", "203.0.113.41"),
        (3, "sha256", A),
        (7, "ipv4", "203.0.113.42"),
        (12, "md5", M),
        (15, "sha256", B),
    ]
    assert {line: malformed for line, (_reason, malformed) in rejects.items()} == {
        **dict.fromkeys((4, 5, 6, 8, 9, 10, 11, 14, 16, 17), False),
        13: True,
    }
    assert "to_ids" in rejects[5][0]
    assert rejects[6] == rejects[17] == ("deleted in MISP", False)
    assert "off.example" in values(outcomes(DATA / "event.json", to_ids="ignore")[0])


def test_what_else_the_feed_says_is_carried_over() -> None:
    found = {
        entry.item["value"]: entry.item for entry in read_all([{"path": str(DATA / "event.json")}]).entries
    }
    assert found[B] == {
        "type": "sha256",
        "value": B,
        "description": "A dropper.",
        "tags": ["dropper", "tlp:clear"],
        "filename": "drop.exe",
    }
    assert found[A]["filename"] == "evil.exe"
    assert found["pair.example"]["description"] == "both halves"
    assert "filename" not in found["pair.example"]
    assert found["203.0.113.42"]["description"] == "A made-up event"
    found = {
        entry.item["value"]: entry.item for entry in read_all([{"path": str(DATA / "bundle.json")}]).entries
    }
    assert found["c2.example"]["description"] == "C2: panel"
    assert found["c2.example"]["tags"] == ["malicious-activity"]
    assert found[B]["filename"] == "a.exe"
    found = {
        entry.item["value"]: entry.item for entry in read_all([{"path": str(DATA / "report.txt")}]).entries
    }
    assert found[A]["description"] == "63,193 bytes - May_119275.html"
    assert "description" not in found["plain.example.org"]


def test_descriptions_are_cut_at_a_word(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text(
        f"type,value,note\nmd5,{M},{'word ' * 60}\nmd5,{'c4' * 16},{'x' * 300}\n", encoding="utf-8"
    )
    first, second = (entry.item["description"] for entry in read_all([{"path": str(path)}]).entries)
    assert len(first) <= 200
    assert first.endswith("word …")
    assert len(second) <= 200


def test_repeats_collapse_to_the_first_within_and_across(tmp_path: Path) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text("EVIL.example.\nevil.example\n", encoding="utf-8")
    two.write_text("hxxp://evil[.]example/x\nother.example\n", encoding="utf-8")
    collected = read_all([{"path": str(one)}, {"path": str(two), "defaults": {"action": "detect"}}])
    assert [(entry.item["value"], entry.path, dict(entry.defaults)) for entry in collected.entries] == [
        ("evil.example", str(one), {}),
        ("other.example", str(two), {"action": "detect"}),
    ]
    assert collected.counts == {
        "entries": 2,
        "by_type": {"domain": 2},
        "duplicates": 2,
        "rejected": 0,
        "malformed": 0,
        "by_reason": {},
        "by_code": {},
    }


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("ip", " 1.2.3 .4", ["1.2.3.4"]),
        ("ip", "1.2.3.4 5", []),
        ("ip", "1.2.3.4 80", []),
        ("ip", "1.2.3.4; 1.2.3.5", ["1.2.3.4", "1.2.3.5"]),
        ("ip", "1.2.3.4-1.2.3.9", []),
        ("ip", "1.2.3.4/99", []),
        ("domain", "evil,com.example", []),
        ("file", "a.exe, b.dll", []),
        ("ioc", "1.2.3.4, evil.example", ["1.2.3.4", "evil.example"]),
        ("url", "/gate.php", []),
        ("domain", "evil dot example dot com", ["evil.example.com"]),
        ("domain", "evil. example", ["evil.example"]),
        ("domain", "domain evil.example", []),
        ("domain", "evil.example (C2)", []),
        ("domain", "localhost", []),
        ("domain", "https://evil.example/x", ["evil.example"]),
        ("sha256", f"{A[:32]} {A[32:]}", [A]),
        ("sha256", M, [M]),
        ("sha256", A[:63], []),
        ("hash", f"SHA256: {A}", [A]),
        ("hash", "see the report", []),
        ("url", "http://", []),
        ("url", "file:///etc/passwd", []),
        ("url", "https://*.evil.example/", []),
        ("url", "https://user:secret@evil.example:8443/x", ["evil.example"]),
        ("url", "//evil.example/x", ["evil.example"]),
        ("url", "hxxp:\\\\evil[.]example\\x", ["evil.example"]),
        ("ipv4", "2001:db8::1", ["2001:db8::1"]),
        ("ip", "http://1.2.3.4/x", ["1.2.3.4"]),
        ("domain", "somebody@evil.example", []),
        ("domain|ip", "evil.example", ["evil.example"]),
        ("all_subdomains", "evil.example", ["evil.example"]),
    ],
)
def test_a_value_of_a_type(tmp_path: Path, kind: str, text: str, expected: list[str]) -> None:
    entries, rejects = of_text(tmp_path, f'type,value\n{kind},"{text}"\n', format="csv")
    assert values(entries) == expected
    assert set(rejects) == (set() if expected else {2})


@pytest.mark.parametrize(
    ("kind", "text", "expected", "reason"),
    [
        ("ip", "1.2.3.4, 1.2.3.444", ["1.2.3.4"], ("'1.2.3.444' is not an IPv4 address", True)),
        ("file", f"{M},{'d4' * 20},{A}", [M, A], ("a sha1; Falcon takes sha256 and md5", False)),
        ("file", f"{'d4' * 20} {M}", [M], ("a sha1; Falcon takes sha256 and md5", False)),
    ],
)
def test_of_several_values_in_a_cell_those_are_taken_that_can_be(
    tmp_path: Path, kind: str, text: str, expected: list[str], reason: tuple[str, bool]
) -> None:
    entries, rejects = of_text(tmp_path, f'type,value\n{kind},"{text}"\n', format="csv")
    assert (values(entries), rejects) == (expected, {2: reason})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # A header that names types, as the CSV exports of malware sharing sites do.
        (
            f'# exported\n"seen","sha256_hash","md5_hash","file_name"\n"26","{A}","{M}","a.exe"\n"26","{B}","","b"\n',
            [A, M, B],
        ),
        (
            "1.2.3.4;bad host;https://example.org/r\n1.2.3.5;x;\n1.2.3.6;y;\n",
            ["1.2.3.4", "1.2.3.5", "1.2.3.6"],
        ),
        (f"type\tvalue\tcomment\nsha256\t{A}\tx\ndomain\tevil.example\t\n", [A, "evil.example"]),
        (f"{A},evil.exe,Name\n{B},b.exe,Name\n", [A, B]),
        ("'type' | 'value'\nip | 1.2.3.4\n", ["1.2.3.4"]),
        ("ioc,description\nevil.example,see other.example\n1.2.3.4,\n", ["evil.example", "1.2.3.4"]),
        (f"value,type\n{A},sha256\n1.2.3.4,ipv4\n", [A, "1.2.3.4"]),
        ("Indicator, Data, Note\nurl, https://a.example/x, with spaces\n", ["a.example"]),
        ("domain,ip\nevil.example,1.2.3.4\n", ["evil.example", "1.2.3.4"]),
        ("type,value\ndomain,evil.dll.zip\n", ["evil.dll.zip"]),
        (
            "IOC_type,Value,Feed\nurl,hxxp://1.2.3[.]4/a,x\nwindows_path,C:\\a.ocx,x\nemail,a@b[.]example,x\n",
            ["1.2.3.4"],
        ),
        (f"Indicator,Data,Note,,,\nfile,(none),a.exe,,,\nfile,{A},b.exe,,,\nSHA256 hash,{B},,,,\n", [A, B]),
        (
            "indicator,data\nip address ,1.2.3.4 \ndomain,1.2.3.5\ndomain,evil.example/path\n",
            ["1.2.3.4", "1.2.3.5", "evil.example"],
        ),
        # The header is a comment, and its types are those of ThreatFox.
        (
            f'# a feed\n# "seen", "ioc_id", "ioc_value", "ioc_type", "tags"\n"26", "1", "{A}", "sha256_hash", "x,y"\n'
            '"26", "2", "1.2.3.4:443", "ip:port", ""\n"26", "3", "https://evil.example/x", "url", ""\n',
            [A, "1.2.3.4", "evil.example"],
        ),
        ("Domains, and addresses:\nevil.example\n1.2.3.4\n", ["evil.example", "1.2.3.4"]),
        ("Note that a, b\nand c[.]example, d[.]example, e\n", ["c.example", "d.example"]),
        ("type,value\nip,1.2.3.4/32\nhash,sha256:" + A + "\n", ["1.2.3.4", A]),
    ],
)
def test_columns_are_found(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert values(of_text(tmp_path, text)[0]) == expected


def test_a_column_of_anything_counts_beside_others_where_it_holds_values(tmp_path: Path) -> None:
    rows = f"date,sha256,c2,network\n2026,{A},evil.example,inside\n2026,{B},1.2.3.4:80,inside\n"
    entries, rejects = of_text(tmp_path, rows)
    assert (values(entries), rejects) == ([A, "evil.example", B, "1.2.3.4"], {})


def test_an_indicator_that_is_commented_out_is_rejected(tmp_path: Path) -> None:
    text = "# a feed, of ours\ntype,value\n# ip,203.0.113.1\nip,203.0.113.2\n"
    assert of_text(tmp_path, text) == ([(4, "ipv4", "203.0.113.2")], {3: ("a comment", False)})


def test_a_hash_of_another_algorithm_is_not_malformed(tmp_path: Path) -> None:
    text = f"type,value\nhash,sha1: {'d4' * 20}\nhash,md5 {M}\n"
    assert of_text(tmp_path, text) == ([(3, "md5", M)], {2: ("a sha1; Falcon takes sha256 and md5", False)})


def test_columns_are_mapped(tmp_path: Path) -> None:
    text = f"x,a,b,c\n1,sha256,note of {M},{A}\n2,domain,other.example,evil.example\n"
    entries, _rejects = of_text(tmp_path, text, columns={"type": "a", "value": 4, "description": "b"})
    assert values(entries) == [A, "evil.example"]
    assert values(of_text(tmp_path, text, columns={"value": "c"})[0]) == [A, "evil.example"]
    for columns in ({"value": "no such"}, {"colour": 1, "value": 4}, {"value": "0"}):
        with pytest.raises(FeedProblem, match="columns"):
            of_text(tmp_path, text, columns=columns)


def test_an_open_quote_swallows_no_rows(tmp_path: Path) -> None:
    lines = ["type,value,note"] + [
        f'ip,192.0.2.{n},"open' if n % 3 else f"ip,192.0.2.{n},x" for n in range(1, 200)
    ]
    entries, rejects = of_text(tmp_path, "\n".join(lines))
    assert len(entries) == 199
    assert rejects == {}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("evil[.]example.com", "evil.example.com"),
        ("see evil(dot)example(dot)com now", "evil.example.com"),
        ("see evil{.}example[.com now", "evil.example.com"),
        ("see evil\\[.\\]example now", "evil.example"),
        ("hxxps[:]//a.evil.example/x?y=https://example.org/", "a.evil.example"),
        ("hXXp://203.0.113.9:8080/", "203.0.113.9"),
        ("meow://evil[.]example/", "evil.example"),
        ("ftp://files.example/x", "files.example"),
        ("http[://]evil[.]example/", "evil.example"),
        ("| evil[.]example | C2 |", "evil.example"),
        ("1. `evil.example`", "evil.example"),
        ('"evil.example",', "evil.example"),
        ("(evil.example)", "evil.example"),
        ("evil.example # the panel", "evil.example"),
        ("2001[:]db8[:][:]9", "2001:db8::9"),
        ("seen at 2001[:]db8[:]:9 today", "2001:db8::9"),
        ("[2001:db8::9]:443", "2001:db8::9"),
        ("\u2022 evil\u200b.example", "evil.example"),
        ("## evil[.]example", "evil.example"),
        ("m\u00fcnchen[.]example", "xn--mnchen-3ya.example"),
        ("evil[.]zip", "evil.zip"),
        ("aes.one", "aes.one"),
        ("xyz.onion", "xyz.onion"),
        (f"sample {A.upper()}.exe", A),
        (f"md5={M};", M),
        ("203[.]0.113.9/bins/dark.arm", "203.0.113.9"),
        ("203.0.113.9/c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3/gate.php", "203.0.113.9"),
        ("203.0.113.9/30/gate.php", "203.0.113.9"),
        ("203.0.113.9 (:443)", "203.0.113.9"),
        ("login:pass@203.0.113[.]9", "203.0.113.9"),
        ("**evil.example**", "evil.example"),
        ("see `view-source:hxxps[:]//203.0.113[.]9/?a=b`", "203.0.113.9"),
        ('x = "hxxps[:]//" + y + ".evil[.]example";', "evil.example"),
        ("htxxps[:]//repo.evil[.]example/a.jar", "repo.evil.example"),
        ("- 203.0.113[.]9:2012 - TLSv1.2 HTTPS traffic", "203.0.113.9"),
        ("(2) evil.example", "evil.example"),
        ("seen at fxp://evil.example/x", "evil.example"),
        ("[3] evil.example", "evil.example"),
        ("a) evil.example", "evil.example"),
        ("- [x] evil.example", "evil.example"),
        ("\u2022evil.example", "evil.example"),
        ("-evil[.]example", "evil.example"),
        ("evil.example!", "evil.example"),
        ("evil.example ; the panel", "evil.example"),
        ("seen at h[tt]ps://evil.example/x", "evil.example"),
        ("^evil[.]example$", "evil.example"),
    ],
)
def test_text_gives(tmp_path: Path, line: str, expected: str) -> None:
    entries, _rejects = of_text(tmp_path, line, format="text")
    assert values(entries) == [expected]


@pytest.mark.parametrize(
    "line",
    [
        "the host evil.example is bad",
        "- https://example.org/report",
        "seen at https://example.org/report and more",
        f"https://example.org/x/{A} was seen",
        f"www.example.org/file/{A}/details was seen",
        f"- {M}.example.org resolved",
        "mail to info@evil[.]example",
        "info@evil.example",
        "payload[.]exe was dropped",
        "invoice.pdf",
        "update.sh",
        "C:\\Users\\Public\\a.hta",
        "Simply.SystemTrayIcon",
        "::",
        "std::abc",
        "12:34:56",
        "- `com.vendor.imagepicker.*`",
        "com.vendor.racing.parking",
        "[CVE-2025-1097](https://nvd.example.org/vuln/detail/CVE-2025-1097)",
        "![image](https://cdn.example.org/x.png?sig=" + A + "&b)",
        "1.0.0",
        "# 203.0.113[.]9",
        f"imphash: {M}",
        f"JA3 hash: {M}",
        f"Import hash (md5): {M}",
        "*.evil[.]example",
        "all of *.evil[.]example",
        "ping 1.1.1.1 -n 22",
        "198.51.100[.]0/24",
        "d4" * 20,
        f"{A}ff",
        "build 1234567890abcdef1234567890abcdef1234567890abcde",
    ],
)
def test_text_gives_nothing(tmp_path: Path, line: str) -> None:
    entries, rejects = of_text(tmp_path, line, format="text")
    assert entries == []
    assert set(rejects) == ({1} if any(map(str.isalnum, line)) else set())


@pytest.mark.parametrize(
    ("line", "reason", "malformed"),
    [
        ("*.evil[.]example", "a wildcard; Falcon takes single domains", False),
        ("all of *.evil[.]example", "a wildcard; Falcon takes single domains", False),
        ("evil[.]c0m", "'evil.c0m' is not a domain name: it does not end in a top-level domain", True),
        ("payload[.]exe", "a file name; Falcon does not take them", False),
        ("1.2.3.444", "'1.2.3.444' is not an IPv4 address", True),
        (f"see {A[:63]} there", "a sha256 is 64 hexadecimal digits, got 63", True),
    ],
)
def test_the_reason_of_a_defanged_name(tmp_path: Path, line: str, reason: str, malformed: bool) -> None:
    assert of_text(tmp_path, line, format="text") == ([], {1: (reason, malformed)})


def test_a_table_of_markdown_needs_no_spaces(tmp_path: Path) -> None:
    entries, rejects = of_text(tmp_path, "|`203.0.113[.]9`|`evil[.]example`|C2|", format="text")
    assert (values(entries), rejects) == (["203.0.113.9", "evil.example"], {})


def test_values_beside_one_another_are_not_alone(tmp_path: Path) -> None:
    entries, _rejects = of_text(tmp_path, f"evil.exe,{A}\nevil.example,other.example", format="text")
    assert values(entries) == [A]


def test_a_link_of_markdown_gives_its_defanged_hosts(tmp_path: Path) -> None:
    text = "var a = '[hxxps[:]//one.example[.]com](hxxps[:]//two.example[.]com)';"
    assert values(of_text(tmp_path, text)[0]) == ["one.example.com", "two.example.com"]


def test_url_to_and_types(tmp_path: Path) -> None:
    text = f"type,value\nurl,http://a.example/x\nurl,b.example\nsha256,{A}\n"
    entries, rejects = of_text(tmp_path, text, url_to="skip", types=["domain"])
    assert values(entries) == ["b.example"]
    assert rejects == {
        2: ("a URL, and url_to is skip", False),
        4: ("type sha256 is not among the types to take", False),
    }
    with pytest.raises(FeedProblem, match="types"):
        of_text(tmp_path, text, types=["sha1"])


ITEMS = [
    {
        "type": "sha256",
        "value": A.upper(),
        "action": "prevent",
        "severity": "high",
        "id": "x" * 64,
        "description": "",
    },
    {"type": "domain", "value": "evil[.]example"},
    {"type": "sha1", "value": "d4" * 20},
    {"type": "domain", "value": "evil.example", "colour": "red"},
    {"type": "md5", "value": M, "state": "absent"},
]


@pytest.mark.parametrize(
    "wrap", [lambda items: items, lambda items: {"iocs": items}, lambda items: {"falcon_iocs": {"a": items}}]
)
@pytest.mark.parametrize(
    "write", [json.dumps, lambda document: "---\n" + __import__("yaml").safe_dump(document)]
)
def test_a_list_of_ours(tmp_path: Path, wrap: Any, write: Any) -> None:
    path = tmp_path / "export"
    path.write_text(write(wrap(ITEMS)), encoding="utf-8")
    found = list(read({"path": str(path)}))
    assert [outcome.item for outcome in found if isinstance(outcome, Entry)] == [
        {"type": "sha256", "value": A, "action": "prevent", "severity": "high", "description": ""},
        {"type": "md5", "value": M, "state": "absent"},
    ]
    assert [(outcome.line, outcome.malformed) for outcome in found if isinstance(outcome, Reject)] == [
        (2, True),
        (3, True),
        (4, True),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "- {type: sha256, value: %s, action: prevent}\n",
        "- description: x\n  tags:\n    - a\n  type: sha256\n  value: %s\n  action: prevent\n",
        "# ours\n---\nours:\n  - {'value': %s, 'type': sha256, 'action': prevent}\n",
    ],
)
def test_a_list_in_yaml_is_recognised_however_it_is_written(tmp_path: Path, text: str) -> None:
    path = tmp_path / "list.yml"
    path.write_text(text % A, encoding="utf-8")
    (entry,) = read_all([{"path": str(path)}]).entries
    assert (entry.item["value"], entry.item["action"]) == (A, "prevent")


def test_a_report_with_bullets_is_no_list_in_yaml(tmp_path: Path) -> None:
    assert values(of_text(tmp_path, "- description: evil[.]example\n- value for money\n")[0]) == [
        "evil.example"
    ]


@pytest.mark.parametrize("wrap", [lambda attributes: attributes, lambda attributes: {"response": attributes}])
def test_attributes_of_misp_without_an_event(tmp_path: Path, wrap: Any) -> None:
    about = {"category": "Network activity", "to_ids": True}
    attributes = [
        {"type": "domain", "value": "evil.example", **about},
        {"type": "sha1", "value": "d4" * 20, **about},
    ]
    entries, rejects = of_text(tmp_path, json.dumps(wrap(attributes)))
    assert entries == [(1, "domain", "evil.example")]
    assert set(rejects) == {2}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (
            "[ipv4-addr:value = '203.0.113.1' or ipv4-addr:value == '203.0.113.2']",
            ["203.0.113.1", "203.0.113.2"],
        ),
        ("[domain-name:value = 'a.example' /* it's */] // the panel", ["a.example"]),
        (f"[process:binary_ref.hashes.MD5 = '{M}']", [M]),
        ("[network-traffic:dst_ref.value = '203.0.113.1']", ["203.0.113.1"]),
        (f"[x509-certificate:hashes.'SHA-256' = '{A}']", []),
        (f"[file:extensions.'windows-pebinary-ext'.sections[*].hashes.MD5 = '{M}']", []),
    ],
)
def test_a_pattern_gives(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    indicator = {"type": "indicator", "id": "indicator--1", "pattern": pattern, "pattern_type": None}
    certificate = {"type": "x509-certificate", "id": "x509-certificate--1", "hashes": {"SHA-256": A}}
    entries, rejects = of_text(tmp_path, json.dumps([indicator, certificate]))
    assert values(entries) == expected
    assert rejects[2] == ("x509-certificate is not something that Falcon takes", False)
    assert rejects.get(1, ("", False))[1] is False


def test_what_is_no_object_and_no_item_is_rejected(tmp_path: Path) -> None:
    _entries, rejects = of_text(tmp_path, json.dumps({"type": "bundle", "objects": ["x"]}))
    assert rejects == {1: ("not a STIX object", False)}
    items = [{"type": "md5", "value": M}] * 5 + [7, {"type": "md5", "value": 7}]
    _entries, rejects = of_text(tmp_path, json.dumps(items))
    assert rejects == {6: ("neither a mapping nor text", True), 7: ("the value is not text", True)}


def test_what_is_no_attribute_of_misp_is_rejected(tmp_path: Path) -> None:
    attribute = {"type": "domain", "value": "evil.example", "category": "x", "Tag": ["x", {"name": "y"}]}
    event = {"Event": {"Attribute": [None, attribute], "Object": ["x", {"Attribute": ["z"]}]}}
    entries, rejects = of_text(tmp_path, json.dumps({"response": [event, "x"]}))
    assert values(entries) == ["evil.example"]
    assert rejects == {1: ("not a MISP attribute", False), 3: ("not a MISP attribute", False)}


def test_a_reject_tells_what_the_modules_return() -> None:
    given = {"path": "feed.csv", "line": 2, "text": "ip,x", "reason": "'x' is not one", "malformed": True}
    given["code"] = "invalid_value"
    assert Reject(**given).as_dict() == given


def test_flags_of_misp_may_be_text(tmp_path: Path) -> None:
    attributes = [
        {"type": "domain", "value": f"{name}.example", "category": "x", **flags}
        for name, flags in (("off", {"to_ids": "0"}), ("on", {"to_ids": "1"}), ("gone", {"deleted": "1"}))
    ]
    entries, rejects = of_text(tmp_path, json.dumps(attributes))
    assert values(entries) == ["on.example"]
    assert set(rejects) == {1, 3}


def test_a_list_of_bare_values(tmp_path: Path) -> None:
    assert values(of_text(tmp_path, json.dumps(["evil[.]example", A, "no"]))[0]) == ["evil.example", A]


@pytest.mark.parametrize(
    ("content", "feed", "message"),
    [
        (b'{"type": "bundle", "objects": [', {}, r"line 1, column 32"),
        (b'{"type": "bundle",\n "objects": [}', {}, r"line 2, column 14"),
        (b'{"type": "bundle", "objects": [] ', {"format": "stix"}, "ends too early"),
        (b'{"some": "thing"}', {}, "neither STIX, nor MISP"),
        (b'{"Event": {}}', {"format": "stix"}, "this is not STIX"),
        (b'{"type": "bundle", "objects": []}', {"format": "misp"}, "this is not MISP"),
        (b"[" * 100000, {"format": "stix"}, "nested too deeply|JSON"),
        # Python of today reads no integer as long as this.
        (b"[" + b"1" * 5000 + b"]", {"format": "stix"}, "this is not JSON|this is not STIX"),
        (b"\x7fELF\x02\x01\x01\0\0\0", {}, "line 1 is not text"),
        (b"sha256," + b"a" * 70000 + b"\nx\0y\n", {"format": "csv"}, "line 2 is not text"),
        (b"\x89\xfe\x81" * 400, {}, "is not text"),
        (b'["a", "\xff"]', {}, "line 1: byte 7 is not UTF-8"),
        (b"iocs: [\n", {}, "not YAML"),
        (b"- 5\n- x\n", {"format": "list"}, "nor a list of items"),
        (b"a" * (1 << 20) + b"b", {"format": "text"}, "line 1 is longer than"),
        (b"x\n", {"format": "pdf"}, "format"),
    ],
)
def test_a_broken_file_is_a_clear_error(
    tmp_path: Path, content: bytes, feed: dict[str, str], message: str
) -> None:
    path = tmp_path / "broken"
    path.write_bytes(content)
    with pytest.raises(FeedProblem, match=message) as caught:
        list(read({"path": str(path), **feed}))
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.csv", tmp_path):
        with pytest.raises(FeedProblem, match="cannot be read"):
            list(read({"path": str(path)}))


@pytest.mark.parametrize("form", ["text", "stix"])
def test_a_file_that_vanishes_is_a_clear_error(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "gone"
    path.write_text("{}\n", encoding="utf-8")
    head = source.head

    def last_look(name: str, *size: int) -> str:
        text = head(name, *size)
        path.unlink()
        return text

    monkeypatch.setattr(source, "head", last_look)
    with pytest.raises(FeedProblem, match="gone: cannot be read: No such file"):
        list(read({"path": str(path), "format": form}))


def test_yaml_needs_a_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(FeedProblem, match=r"feed: reading YAML needs PyYAML.*write the list as JSON"):
        of_text(tmp_path, f"- type: md5\n  value: {M}\n")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FeedProblem, match="is a pipe"):
        list(read({"path": str(tmp_path / "pipe")}))


def test_a_huge_document_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as stream:
        stream.write(b'{"a": "' + b"x" * 100000)
        stream.truncate(5 << 30)
    with pytest.raises(FeedProblem, match="bytes are more than the"):
        list(read({"path": str(path), "format": "stix"}))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_byte_order_marks(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "marked.csv"
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    path.write_bytes(mark + "type,value\r\nip,1.2.3.4\r\n".encode(encoding))
    assert values(outcomes(path)[0]) == ["1.2.3.4"]


def test_a_field_of_any_length(tmp_path: Path) -> None:
    text = f'type,value,note\nmd5,{M},"{"x" * 200000}"\nip,"{"x" * 200000},\nip,1.2.3.4,"{"x" * 200000}\n'
    assert values(of_text(tmp_path, text, format="csv")[0]) == [M, "1.2.3.4"]


def test_an_empty_file_gives_nothing(tmp_path: Path) -> None:
    for name in ("csv", "text"):
        assert of_text(tmp_path, "", format=name) == ([], {})
    assert of_text(tmp_path, "\n\n") == ([], {})


@pytest.mark.parametrize("form", ["csv", "text"])
def test_a_feed_is_read_as_it_is_needed(tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "long"
    path.write_text("type,value\n" + f"md5,{M}\n" * 5000, encoding="utf-8")
    taken = 0

    lines = source.lines

    def counted(name: str) -> Any:
        nonlocal taken
        for numbered in lines(name):
            taken += 1
            yield numbered

    monkeypatch.setattr(source, "lines", counted)
    outcomes = read({"path": str(path), "format": form})
    assert isinstance([next(outcomes) for _row in range(3)][2], Entry)
    assert taken <= 300
    assert sum(1 for _outcome in outcomes) >= 4998


@pytest.mark.parametrize(
    "piece", ["a", ".a@", "1.2.3.4,", '"', "[.]", "hxxp://", f"{A} ", ":", "a.", "(", "0"]
)
def test_a_long_line_takes_no_time_to_speak_of(tmp_path: Path, piece: str) -> None:
    path = tmp_path / "long"
    path.write_text("type,value\n" + piece * (200000 // len(piece)) + "\n", encoding="utf-8")
    start = time.process_time()
    for form in ("auto", "csv", "text"):
        outcomes(path, format=form)
    assert time.process_time() - start < 10


def test_a_remark_is_no_row(tmp_path: Path) -> None:
    entries, rejects = of_text(tmp_path, "# List of 2026-11-24\nevil[.]example\n", format="text")
    assert values(entries) == ["evil.example"]
    assert rejects == {}
    entries, rejects = of_text(tmp_path, "# evil[.]example was here\n", format="text")
    assert entries == []
    assert rejects == {1: ("a comment", False)}

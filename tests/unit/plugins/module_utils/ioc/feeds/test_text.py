# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports, plain lists and block lists: what is an indicator, and what is rejected with which code."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds import read_all
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds.names import _FILES, name_fault
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds.top_levels import (
    DATE,
    SOURCE,
    TOP_LEVELS,
)

A, M = "a1" * 32, "c3" * 16


def of(tmp_path: Path, text: str, form: str = "auto") -> tuple[list[str], dict[int, str]]:
    """The values of a feed in order, and the last reject code of each line."""
    path = tmp_path / "feed"
    path.write_text(text, encoding="utf-8")
    collected = read_all([{"path": str(path), "format": form}])
    return (
        [entry.item["value"] for entry in collected.entries],
        {reject.line: reject.code for reject in collected.rejects},
    )


@pytest.mark.parametrize(
    ("text", "expected", "codes"),
    [
        ("127.0.0.1\tevil-a.top\n0.0.0.0 evil-b.top\n", ["evil-a.top", "evil-b.top"], {}),
        ("0.0.0.0 evil-b.top", ["evil-b.top"], {}),
        ("127.0.0.1 \t  evil-a.top  alias.evil-a.top # bad\n", ["evil-a.top", "alias.evil-a.top"], {}),
        (
            "127.0.0.1 localhost\n::1 localhost ip6-localhost\nff02::1 ip6-allnodes\n0.0.0.0 evil.top\n",
            ["evil.top"],
            {},
        ),
        (
            "255.255.255.255 broadcasthost\nfe80::1%lo0 localhost\n0.0.0.0 0.0.0.0\n0.0.0.0 evil.top",
            ["evil.top"],
            {},
        ),
        ("127.0.0.1 mymachine\n:: evil.top\n", ["evil.top"], {1: "hosts_entry"}),
        ("0.0.0.0 a.top\n0.0.0.0 b.top\n203.0.113.9 c.top\n", ["a.top", "b.top"], {3: "hosts_entry"}),
        ("# 0.0.0.0 old.top\n0.0.0.0 evil.top\n", ["evil.top"], {1: "comment"}),
        ("0.0.0.0 evil.top\nother.top\n0.0.0.0 EVIL2.top.\n", ["evil.top", "other.top", "evil2.top"], {}),
        ("0.0.0.0 a_b-.top\n0.0.0.0 evil.top\n", ["evil.top"], {1: "invalid_value"}),
    ],
)
@pytest.mark.parametrize("form", ["auto", "text"])
def test_hosts_files(
    tmp_path: Path, form: str, text: str, expected: list[str], codes: dict[int, str]
) -> None:
    assert of(tmp_path, text, form) == (expected, codes)


def test_pairs_of_address_and_name_are_no_hosts_file(tmp_path: Path) -> None:
    values, codes = of(tmp_path, "203.0.113.5 evil.top\n203.0.113.6 evil.top\n", "text")
    assert values == []
    assert codes == {1: "not_defanged", 2: "not_defanged"}


@pytest.mark.parametrize(
    ("text", "expected", "codes"),
    [
        (
            "[Adblock Plus 2.0]\n! Title: ours\n||evil.top^\n||evil-b.top^$all\n||203.0.113.5^\n",
            ["evil.top", "evil-b.top", "203.0.113.5"],
            {},
        ),
        (
            "||evil.top^\n||a.top^$third-party,popup\n@@||good.top^\n||b.top/x^\n||c.top^$denyallow=x\n||*.d.top^\n",
            ["evil.top", "a.top"],
            {3: "allowed", 4: "narrowed", 5: "narrowed", 6: "wildcard"},
        ),
        (
            "address=/evil.top/0.0.0.0\naddress=/a.top/b.top/\nserver=/c.top/\nlocal=/d.top/ # ours\naddress=/#/::\n",
            ["evil.top", "a.top", "b.top", "c.top", "d.top"],
            {5: "wildcard"},
        ),
        (
            "address=/evil.top/::\nserver=/corp.top/10.0.0.1\nserver=/good.top/#\n",
            ["evil.top"],
            {2: "allowed", 3: "allowed"},
        ),
        (
            "$TTL 60\n@ IN SOA localhost. root.localhost. (\n 2026010101 ; serial\n 3600 900 604800 60 )\n"
            "  IN NS localhost.\n"
            "evil.top CNAME .\n*.evil.top CNAME .\na.top 60 IN CNAME *.\nb.top IN CNAME rpz-passthru.\n"
            "32.5.113.0.203.rpz-ip CNAME .\n24.0.113.0.203.rpz-ip CNAME .\nns.top.rpz-nsdname CNAME .\n"
            "128.1.zz.db8.2001.rpz-ip CNAME .\n32.x.rpz-ip CNAME .\nc.top A 127.0.0.1\nd.top CNAME walled.corp.top.\n"
            "d.top TXT x\nsee this line\n",
            ["evil.top", "a.top", "203.0.113.5", "2001:db8::1", "c.top", "d.top"],
            {
                7: "wildcard",
                9: "allowed",
                11: "network",
                12: "narrowed",
                14: "invalid_value",
                18: "no_indicator",
            },
        ),
        ("evil.top CNAME .\n", ["evil.top"], {}),
    ],
)
def test_other_block_lists(tmp_path: Path, text: str, expected: list[str], codes: dict[int, str]) -> None:
    assert of(tmp_path, text) == (expected, codes)


def test_dns_answers_are_no_policy_zone(tmp_path: Path) -> None:
    assert of(tmp_path, "evil.top CNAME other.top.\nb.top CNAME c.top.\n", "text")[0] == []


@pytest.mark.parametrize(
    ("text", "expected", "codes"),
    [
        ("Seen:\nevil[.]top\n\nReferences\nhttps://blog.vendor.com/post\n", ["evil.top"], {5: "report_link"}),
        ("http://evil.top/a\nhttp://evil-b.top/b\n", ["evil.top", "evil-b.top"], {}),
        ("evil[.]top\nhttps://blog.vendor.com/post\n", ["evil.top"], {2: "report_link"}),
        (
            "# Further reading\n\nhttps://blog.vendor.com/post\nvendor.com/x\nvendor.com\n",
            [],
            dict.fromkeys((3, 4, 5), "report_link"),
        ),
        (
            "Sources:\n- https://blog.vendor.com/post\n* https://x.com/y\n",
            [],
            dict.fromkeys((2, 3), "report_link"),
        ),
        (
            "**Links**\nhttps://blog.vendor.com/post\n\n**IOCs**\nhttp://evil.top/x\n",
            ["evil.top"],
            {2: "report_link"},
        ),
        ("REFERENCES\nhttps://blog.vendor.com/post\nDomains\nevil.top\n", ["evil.top"], {2: "report_link"}),
        (
            "We saw the group send mail to many people in this campaign.\n\nhttps://blog.vendor.com/post\n",
            [],
            {1: "no_indicator", 3: "report_link"},
        ),
        (
            "The following URLs delivered the loader to its victims last week:\nhttp://a.top/1\nhttp://b.top/2\nhttp://c.top/3\n",
            ["a.top", "b.top", "c.top"],
            {},
        ),
        (
            "# This list is updated every day and may be used by anybody who wants to.\nhttp://a.top/1\n",
            ["a.top"],
            {},
        ),
        ("Malicious links:\nhttp://a.top/1\nhttp://b.top/1\n", ["a.top", "b.top"], {}),
        ("References\nhxxp://evil.top/x\nhttp://203.0.113.5/x\n", ["evil.top", "203.0.113.5"], {}),
        (f"evil[.]top\n{A}\nplain.top\n203.0.113.5\n", ["evil.top", A, "plain.top", "203.0.113.5"], {}),
    ],
)
def test_links_of_a_report(tmp_path: Path, text: str, expected: list[str], codes: dict[int, str]) -> None:
    assert of(tmp_path, text, "text") == (expected, codes)


@pytest.mark.parametrize(
    "name",
    [
        "WScript.Network", "Acme.Tools",
        "WScript.Shell", "ASP.NET", "System.Net", "System.IO", "System.Security", "bootmgr.efi",
        "cert.pem", "suricata.rules", "foo.plist", "foo.appx", "foo.pdb", "update.zip", "install.sh", "Zoom.app",
        "Foo.java", "com.vendor.app", "org.acme.tool.show", "document.location", "os.name", "vb.net", "config.inc",
        "System.Windows.Forms", "foo.notatld",
    ],
)  # fmt: skip
def test_names_of_files_and_programs(tmp_path: Path, name: str) -> None:
    values, codes = of(tmp_path, name + "\n", "text")
    assert values == []
    assert set(codes.values()) <= {"file_name", "not_a_domain"}
    assert codes


@pytest.mark.parametrize(
    "name", ["evil.net", "EVIL.NET", "evil.network", "Evil.com", "Evil.COM", "evil.host", "system.top", "evil.app",
             "xn--mnchen-3ya.example", "com.evil.info", "evil.web.id", "abc.onion", "evil.microsoft"]
)  # fmt: skip
def test_names_that_are_domains(tmp_path: Path, name: str) -> None:
    assert of(tmp_path, name + "\n", "text")[0] == [name.lower()]


@pytest.mark.parametrize("name", ["evil[.]zip", "evil[.]sh", "system[.]net", "evil[.]bit", "evil[.]newtop"])
def test_a_defanged_name_is_a_domain(tmp_path: Path, name: str) -> None:
    assert of(tmp_path, name + "\n", "text")[0] == [name.replace("[.]", ".")]


def test_a_typed_column_decides_itself(tmp_path: Path) -> None:
    assert of(tmp_path, "type,value\ndomain,evil.zip\ndomain,wscript.network\n")[0] == [
        "evil.zip",
        "wscript.network",
    ]


def test_top_level_domains_have_a_source_and_a_date() -> None:
    assert "IANA" in SOURCE
    assert DATE >= "2025"
    assert len(TOP_LEVELS) > 1400
    assert {"com", "zip", "xn--p1ai"} <= TOP_LEVELS
    assert not TOP_LEVELS & _FILES, "an extension that is a top-level domain belongs to those that are both"
    assert name_fault("evil.com", "evil.com") is None


@pytest.mark.parametrize(
    ("line", "expected", "code"),
    [
        (f"application-{A}.css", [], "asset_name"),
        (f"loads /assets/main.{M}.chunk.js from its server", [], "asset_name"),
        (f"{A}.js", [A], ""),
        (f"sample-{A} here", [A], ""),
        ("2.16.840.1", [], "not_an_address"),
        ("6.1.7601.1", [], "not_an_address"),
        ("276.0.113.7", [], "invalid_value"),
        ("evil[,]top", ["evil.top"], ""),
        (f'="{A}"', [A], ""),
        ("203.0.113.5|443", ["203.0.113.5"], ""),
        ("- 203.0.113.5|443", ["203.0.113.5"], ""),
        ("| 203.0.113.5 | C2 |", ["203.0.113.5"], ""),
        ("| `203.0.113.5:443` | evil.top |", ["203.0.113.5"], "not_defanged"),
        ("203.0.113.5   443   C2", ["203.0.113.5"], ""),
        ("203.0.113.5\t443\tC2", ["203.0.113.5"], ""),
        ("evil.top   203.0.113.5", ["203.0.113.5"], "not_defanged"),
        ("| Version | 4.0.0.1 |", [], "not_defanged"),
        ("| 2001:db8::5 | C2 |", ["2001:db8::5"], ""),
        ("ping 1.1.1.1 -n 22", [], "not_defanged"),
    ],
)
def test_lines(tmp_path: Path, line: str, expected: list[str], code: str) -> None:
    values, codes = of(tmp_path, line + "\n", "text")
    assert (values, codes.get(1, "")) == (expected, code)


def test_columns_of_a_markdown_table(tmp_path: Path) -> None:
    text = (
        "| Domain | Address | Reference |\n|---|:---:|---|\n| evil.top | 203.0.113.5 | https://blog.vendor.com/x |\n"
        "| [b](x) | 203.0.113.5 | vendor.com |\n\nPlain words\n| a | 203.0.113.6 |\n"
    )
    values, codes = of(tmp_path, text, "text")
    assert values == ["203.0.113.5", "evil.top", "203.0.113.6"] or values == [
        "evil.top",
        "203.0.113.5",
        "203.0.113.6",
    ]
    assert codes == {3: "not_defanged", 4: "not_defanged"}, "neither the header nor a title is a reject"


@pytest.mark.parametrize(
    "title",
    [
        "# Indicators",
        "## Domains",
        "Indicators of compromise",
        "DOMAINS AND HOSTS",
        "Files:",
        "**Hashes**",
        "sep=;",
    ],
)
def test_headings_are_no_rejects(tmp_path: Path, title: str) -> None:
    assert of(tmp_path, f"{title}\n\nevil[.]top\n\n{title}\n\nb[.]top\n", "text") == (
        ["evil.top", "b.top"],
        {},
    )

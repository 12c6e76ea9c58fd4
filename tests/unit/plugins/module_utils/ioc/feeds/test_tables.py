# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables: which columns are read as what, what switches a row off, and what is said about the rest."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds import (
    Collected,
    cells,
    dates,
    read_all,
)
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds.headings import meant, role_of
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds.kinds import kind_of, misspelt
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds.model import FeedProblem

A, B, M = "a1" * 32, "b2" * 32, "c3" * 16
NOW = datetime.datetime(2026, 11, 25, tzinfo=datetime.timezone.utc)


def table(tmp_path: Path, text: str, owner: str = "", dated: Any = (), **feed: Any) -> Collected:
    path = tmp_path / "feed.csv"
    path.write_text(text, encoding="utf-8")
    return read_all([{"path": str(path), **feed}], owner, dated, NOW)


def values(found: Collected) -> list[str]:
    return [entry.item["value"] for entry in found.entries]


def codes(found: Collected) -> list[tuple[int, str]]:
    return [(reject.line, reject.code) for reject in found.rejects]


def columns(found: Collected) -> dict[str, str]:
    (read,) = found.columns_read.values()
    return read


def test_every_field_is_read_in_the_words_of_the_console(tmp_path: Path) -> None:
    text = (
        "Type,Value,Action,Severity,Platforms,Host groups,Expiration,Description,Tags,Source,File name,"
        "Applied globally\n"
        f"sha256,{A},Block,High,Windows;Mac,,2090-12-31,a note,a|b,team,a.exe,true\n"
        'domain,evil.example,Detect only,Medium,"Windows, Linux",Servers;Canary,Never,,,team,,false\n'
    )
    first, second = (entry.item for entry in table(tmp_path, text).entries)
    assert first == {
        "type": "sha256",
        "value": A,
        "action": "prevent",
        "severity": "high",
        "platforms": ["windows", "mac"],
        "expiration": "2090-12-31T23:59:59Z",
        "description": "a note",
        "tags": ["a", "b"],
        "source": "team",
        "filename": "a.exe",
        "applied_globally": True,
    }
    assert second == {
        "type": "domain",
        "value": "evil.example",
        "action": "detect",
        "severity": "medium",
        "platforms": ["windows", "linux"],
        "host_groups": ["Servers", "Canary"],
        "expiration": "never",
        "source": "team",
        "applied_globally": False,
    }
    assert columns(table(tmp_path, text)) == {
        "Type": "type",
        "Value": "value",
        "Action": "action",
        "Severity": "severity",
        "Platforms": "platforms",
        "Host groups": "host_groups",
        "Expiration": "expiration",
        "Description": "description",
        "Tags": "tags",
        "Source": "source",
        "File name": "filename",
        "Applied globally": "applied_globally",
    }


def test_an_owner_keeps_its_source(tmp_path: Path) -> None:
    found = table(tmp_path, "type,value,source\ndomain,evil.example,partner\n", owner="team")
    assert found.entries[0].item == {"type": "domain", "value": "evil.example"}
    assert "column 'source' was ignored" in found.warnings[0]
    path = tmp_path / "list.json"
    path.write_text(
        '[{"type": "domain", "value": "a.example", "source": "x"},'
        ' {"type": "domain", "value": "b.example", "source": "team"}]',
        encoding="utf-8",
    )
    found = read_all([{"path": str(path)}], "team")
    assert [entry.item.get("source") for entry in found.entries] == [None, "team"]
    assert found.warnings == [f"{path}: source was ignored: the list belongs to team, and records name x"]


def test_a_source_that_is_a_link_is_a_reference(tmp_path: Path) -> None:
    found = table(tmp_path, "ip,source\n203.0.113.5,https://blog.example.org/x\n")
    assert found.entries[0].item == {"type": "ipv4", "value": "203.0.113.5"}


def test_fields_bounds_what_a_feed_may_set(tmp_path: Path) -> None:
    text = "type,value,action,severity,note,tags\ndomain,evil.example,detect,high,x,a\n"
    found = table(tmp_path, text, fields=["severity", "tags"])
    assert found.entries[0].item == {
        "type": "domain",
        "value": "evil.example",
        "severity": "high",
        "tags": ["a"],
    }
    assert table(tmp_path, text, fields=[]).entries[0].item == {"type": "domain", "value": "evil.example"}
    with pytest.raises(FeedProblem, match="fields: 'colour' must be one of"):
        table(tmp_path, text, fields=["colour"])


def test_columns_map_what_has_other_names(tmp_path: Path) -> None:
    text = "# of ours\nIOC list of today,,,\nhost,risk,os,what to do\nevil.example,High,Windows,Detect only\n"
    mapping = {"severity": "risk", "platforms": 3, "action": "What to do"}
    found = table(tmp_path, text, columns=mapping)
    assert found.entries[0].item == {
        "type": "domain",
        "value": "evil.example",
        "severity": "high",
        "platforms": ["windows"],
        "action": "detect",
    }
    assert columns(found) == {
        "host": "value",
        "risk": "severity",
        "os": "platforms",
        "what to do": "action",
    }


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ({"value": 2}, ["evil.example"]),
        ({"value": 2, "type": 1}, ["evil.example"]),
        ({"type": 1}, ["evil.example"]),
        ({"value": 9}, []),
    ],
)
def test_columns_by_number(tmp_path: Path, mapping: dict[str, Any], expected: list[str]) -> None:
    assert values(table(tmp_path, "domain,evil.example,x\n", columns=mapping)) == expected


def test_columns_need_values(tmp_path: Path) -> None:
    with pytest.raises(FeedProblem, match="say which column is the value"):
        table(tmp_path, "a,b\nx,y\n", columns={"severity": "b"})
    with pytest.raises(FeedProblem, match="no headings"):
        table(tmp_path, "", columns={"severity": "b"})
    with pytest.raises(FeedProblem, match="'colour' must be one of"):
        table(tmp_path, "a,b\nx,y\n", columns={"colour": "b"})


def test_a_column_that_looks_like_ours_is_named(tmp_path: Path) -> None:
    found = table(tmp_path, "type,value,severty,expires on date\ndomain,evil.example,high,x\n")
    assert [warning.partition("feed.csv: ")[2] for warning in found.warnings] == [
        "column 'severty' looks like severity, but was not read; "
        "name it in columns, such as columns: {severity: severty}"
    ]


def test_a_word_that_is_not_understood_is_named_and_not_guessed(tmp_path: Path) -> None:
    rows = "".join(f"203.0.113.{n},suspicious,Amiga,{n}\n" for n in (1, 2))
    found = table(tmp_path, f"ip,severity,platform,applied_globally\n203.0.113.9,High,windows,yes\n{rows}")
    assert [entry.item for entry in found.entries][1:] == [
        {"type": "ipv4", "value": "203.0.113.1", "applied_globally": True},
        {"type": "ipv4", "value": "203.0.113.2"},
    ]
    assert [warning.partition("feed.csv: ")[2] for warning in found.warnings][:2] == [
        "column 'severity': severity was not set in 2 rows: 'suspicious' is not a severity of Falcon",
        "column 'platform': platforms was not set in 2 rows: 'Amiga' is not a platform of Falcon",
    ]


@pytest.mark.parametrize(
    ("text", "expected", "rejected"),
    [
        # What a publisher's column switches off.
        ("indicator,is_active\na.example,1\nb.example,0\n", ["a.example"], [(3, "inactive")]),
        ("domain,verdict\na.example,malicious\nb.example,False Positive\n", ["a.example"], [(3, "benign")]),
        ("domain,status\na.example,active\nb.example,whitelisted\n", ["a.example"], [(3, "benign")]),
        ("domain,status\na.example,active\nb.example,inactive\n", ["a.example"], [(3, "inactive")]),
        ("domain,action\na.example,block\nb.example,allow\n", ["a.example"], [(3, "benign")]),
        ("domain,action\na.example,\nb.example,allow\n", ["a.example"], [(3, "benign")]),
        ("domain,false_positive\na.example,no\nb.example,yes\n", ["a.example"], [(3, "benign")]),
        ("domain,malicious\na.example,true\nb.example,false\n", ["a.example"], [(3, "benign")]),
        (
            "domain,revoked\na.example,FALSE\nb.example,TRUE\nc.example,?\nd.example\n",
            ["a.example", "c.example", "d.example"],
            [(3, "revoked")],
        ),
        # The publisher's end.
        (
            "domain,Valid Until\na.example,2020-01-01\nb.example,2090-01-01\nc.example,\nd.example,never\ne.example\n",
            ["b.example", "c.example", "d.example", "e.example"],
            [(2, "ended")],
        ),
        # A heading that names a type goes before what the cells look like.
        ("domain,category\na.example,malware\nb.example,malware\n", ["a.example", "b.example"], []),
        (
            "ip,port,threat\n203.0.113.5,443,payload\n203.0.113.6,443,payload\n",
            ["203.0.113.5", "203.0.113.6"],
            [],
        ),
        ("domain,type\na.example,C2\nb.example,phishing\n", ["a.example", "b.example"], []),
        ("type,value\nmalware,a.example\ntrojan,203.0.113.5\n", ["a.example", "203.0.113.5"], []),
        (f"Indicator,Type\n{A},Malware hash\n{B},SHA1 hash\na.example,C2 domain\n", [A, B, "a.example"], []),
        (f"type,value\nimphash,{M}\n", [], [(2, "type_not_taken")]),
        (f"type,value\nBitcoin address,{M}\nsha256,{A}\n", [A], [(2, "type_not_taken")]),
        # Links and references.
        (f"sha256,reference,link\n{A},https://blog.example.org/x,https://www.virustotal.com/x\n", [A], []),
        ("date,link\n2026,hxxp://a.example/x\n2026,hxxp://b.example/x\n", ["a.example", "b.example"], []),
        # Titles, several tables in one file, and repeated headings are no rejects.
        (
            f"IOCs of a campaign,,\nTLP:CLEAR,,\n,,\nType,Indicator,Comment\nSHA256,{A},x\n,,\nType,Indicator,Comment\n"
            "Type,Value,Note\nIP,203.0.113.5,y\n",
            [A, "203.0.113.5"],
            [],
        ),
        (
            f'sep=;\ntype;value\nsha256;="{A}"\nip;203.0.113.5|443\ndomain;evil[,]example\n',
            [A, "203.0.113.5", "evil.example"],
            [],
        ),
        (f'type,value\nsha256,"=""{A}"""\n', [A], []),
        ("domain\nevil-a.example\nevil-b.zip\n", ["evil-a.example", "evil-b.zip"], []),
        # A name beside a good value is no reject.
        (f"file,sha256\na.exe,{A}\n", [A], []),
        (f"sample,c2\na.exe,evil.example\n{A},b.example\n", ["evil.example", A, "b.example"], []),
        # A type that is named by a word of a longer heading.
        (f"Artifact Hash (SHA-256),C2 Domain(s)\n{A},evil.example\n", [A, "evil.example"], []),
        (f"sample_sha256,dropped sha256,parent md5\n{A},{B},{M}\n", [A, B, M], []),
        ("IP,Hostname (rDNS)\n203.0.113.5,host-5.provider.example\n", ["203.0.113.5"], []),
        # Headings that nobody knows are no rows.
        (
            f"user,password hash,seen\nx,{M},203.0.113.5\ny,{M},203.0.113.6\n",
            ["203.0.113.5", "203.0.113.6"],
            [],
        ),
        (f"{A},md5:{M},Trojan\n{B},md5:{'d4' * 16},Trojan\n", [A, M, B, "d4" * 16], []),
        # Two descriptions, a file beside a file name, a type that the values tell.
        ("domain,comment,description\na.example,x,y\n", ["a.example"], []),
        (f"file,filename,files,sha256\nx,a.exe,y,{A}\n", [A], []),
        ("indicator,value\ndomain,a.example\n", ["a.example"], []),
        ("indicator,ioc,name\nx,evil.example,y\n", ["evil.example"], []),
        (
            "name,c2\nfoo,none\nbar,evil.example\nbaz,x\n",
            ["evil.example"],
            [(2, "no_indicator"), (4, "no_indicator")],
        ),
        # A comment that is the header, with nothing below it, and with a pattern that is commented out.
        ("# type,value,comment\n", [], []),
        ("# first_seen,reporter,note\n", [], []),
        (
            "pattern,note\n# [domain-name:value = 'off.example'],x\n[domain-name:value = 'on.example'],y\n",
            ["on.example"],
            [(2, "comment")],
        ),
        ("type,value,severity\nip,203.0.113.5\n", ["203.0.113.5"], []),
        # Ranges.
        ("start,end,count\n203.0.113.0,203.0.113.255,5\n", [], [(2, "range")]),
        ("Start\tEnd\tNetmask\n203.0.113.0\t203.0.113.255\t24\n", [], [(2, "range")]),
        ("start,end,domain\n2026,2027,a.example\n", ["a.example"], []),
        # Patterns in cells.
        ("type,value\nstix,[domain-name:value = 'evil.example']\n", ["evil.example"], []),
        ("name,ioc\nx,[ipv4-addr:value = '203.0.113.5']\n", ["203.0.113.5"], []),
        ("domain\n[domain-name:value = 'evil.example']\n", ["evil.example"], []),
        ("pattern,valid_until\n", [], []),
    ],
)
def test_a_table_gives(
    tmp_path: Path, text: str, expected: list[str], rejected: list[tuple[int, str]]
) -> None:
    found = table(tmp_path, text)
    assert (values(found), codes(found)) == (expected, rejected)


def test_the_publishers_end_becomes_the_expiration_unless_a_default_says_otherwise(tmp_path: Path) -> None:
    text = "domain,valid_until\na.example,2090-01-01\n"
    assert table(tmp_path, text).entries[0].item["expiration"] == "2090-01-01T23:59:59Z"
    for feed in ({"defaults": {"expiration_days": 5}}, {"dated": ["domain"]}, {"fields": ["tags"]}):
        assert "expiration" not in table(tmp_path, text, **feed).entries[0].item
    text = "domain,valid_until,expiration\na.example,2090-01-01,2080-01-01\n"
    assert table(tmp_path, text).entries[0].item["expiration"] == "2080-01-01T23:59:59Z"
    found = table(tmp_path, "domain,valid_until\na.example,01/02/2090\n")
    assert "expiration" not in found.entries[0].item
    assert "'01/02/2090' is not a date that can be read in one way only" in found.warnings[0]


def test_allow_is_an_action_of_falcon_where_the_table_speaks_its_language(tmp_path: Path) -> None:
    for text in (
        "type,value,action,platforms\ndomain,a.example,allow,windows\n",
        "type,value,action\ndomain,a.example,allow\ndomain,b.example,detect\n",
    ):
        assert table(tmp_path, text).entries[0].item["action"] == "allow"
    found = table(tmp_path, "type,value,action\ndomain,a.example,block\ndomain,b.example,allow\n")
    assert "action" not in found.entries[0].item
    assert "was read as the publisher's verdict" in found.warnings[0]
    found = table(tmp_path, "type,value,action\nsha256," + A + ",block\n", columns={"action": "action"})
    assert found.entries[0].item["action"] == "prevent"


def test_flags_of_misp_count_in_its_tables(tmp_path: Path) -> None:
    text = "type,value,to_ids\ndomain,a.example,0\n"
    assert codes(table(tmp_path, text)) == [(2, "not_for_detection")]
    assert values(table(tmp_path, text, to_ids="ignore")) == ["a.example"]


@pytest.mark.parametrize("label", ["ivp4", "domian", "sha265"])
def test_a_misspelt_type_is_malformed(tmp_path: Path, label: str) -> None:
    value = {"ivp4": "203.0.113.5", "domian": "evil.example", "sha265": A}[label]
    found = table(tmp_path, f"type,value\n{label},{value}\n" * 3)
    assert [(reject.code, reject.malformed) for reject in found.rejects] == [("type_unknown", True)] * 3
    assert [stop.code for stop in found.stops] == ["feed_empty"]


def test_an_unknown_type_of_a_hash_is_malformed(tmp_path: Path) -> None:
    found = table(tmp_path, f"type,value\nwhatsit,{A}\nwhatsit,a.example\nip,203.0.113.5\n")
    assert [(reject.code, reject.malformed) for reject in found.rejects] == [
        ("type_unknown", True),
        ("type_not_taken", False),
    ]


def test_of_several_columns_without_headings_none_vanishes(tmp_path: Path) -> None:
    rows = "".join(f"203.0.113.{n},evil-{n}.example,0.0.0.0,https://x.com/{n}\n" for n in range(5))
    found = table(tmp_path, rows)
    assert len(found.entries) == 10
    assert columns(found) == {"1": "value", "2": "value"}
    assert [warning.partition("feed.csv: ")[2] for warning in found.warnings] == [
        "column 3 looks like values, but was not read: every row has the same",
        "column 4 looks like values, but was not read: it holds links",
    ]


def test_a_column_of_urls_is_of_indicators_where_nothing_speaks_against_it(tmp_path: Path) -> None:
    rows = "".join(f"http://evil-{n}.example/x,{n:064x}\n" for n in range(5))
    assert len(table(tmp_path, rows).entries) == 10
    rows = "".join(f"https://blog.example.org/{n},{n:064x}\n" for n in range(5))
    assert {entry.item["type"] for entry in table(tmp_path, rows).entries} == {"sha256"}


def test_a_column_of_values_under_an_unknown_heading_is_named(tmp_path: Path) -> None:
    rows = "".join(f"{n:064x},evil-{n}.example,{n:032x}\n" for n in range(5))
    found = table(tmp_path, f"sha256,seen at,imphash\n{rows}")
    assert {entry.item["type"] for entry in found.entries} == {"sha256"}
    assert len(found.warnings) == 1
    assert "column 'seen at' holds values" in found.warnings[0]


def test_a_row_that_lost_its_groups_is_taken_where_it_is_global(tmp_path: Path) -> None:
    text = "type,value,host_groups,applied_globally\nip,203.0.113.5,System.Object[],{}\n"
    assert values(table(tmp_path, text.format("true"))) == ["203.0.113.5"]
    assert codes(table(tmp_path, text.format("false"))) == [(2, "lost_list")]


def test_a_warning_is_said_once(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    path.write_text("type,value,severty\nip,203.0.113.5,x\n", encoding="utf-8")
    assert len(read_all([{"path": str(path)}] * 2).warnings) == 1


def test_a_table_that_holds_no_indicators_is_no_table_of_ours(tmp_path: Path) -> None:
    found = table(tmp_path, "name,age\nx,1\ny,2\n# remark\n", format="csv")
    assert codes(found) == [(1, "no_column"), (2, "no_column"), (3, "no_column")]
    assert [stop.code for stop in found.stops] == ["feed_empty"]


def test_delimiters_are_told_by_the_headings(tmp_path: Path) -> None:
    text = 'type;value;note\ndomain;a.example;"x, y, z"\ndomain;b.example;"x, y"\n'
    assert values(table(tmp_path, text)) == ["a.example", "b.example"]


def test_a_quoted_field_over_lines_is_one_row(tmp_path: Path) -> None:
    text = 'type,value,note\ndomain,a.example,"first\nsecond"\ndomain,b.example,"open\n'
    found = table(tmp_path, text)
    assert values(found) == ["a.example", "b.example"]
    assert found.entries[0].item["description"] == "first second"


def test_rows_that_are_alike_share_nothing_that_can_be_changed(tmp_path: Path) -> None:
    text = "type,value,tags\n" + "".join(f"domain,{name}.example,a;b\n" for name in "xyz")
    first, second, _third = (entry.item for entry in table(tmp_path, text).entries)
    first["tags"].append("c")
    assert second["tags"] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-12-31", "2026-12-31T23:59:59+00:00"),
        ("2026-12-31 10:00", "2026-12-31T10:00:00+00:00"),
        ("2026-12-31T10:00:00.5Z", "2026-12-31T10:00:00+00:00"),
        ("2026/12/31 10:00:00 UTC", "2026-12-31T10:00:00+00:00"),
        ("2026-12-31T10:00:00+02:00", "2026-12-31T08:00:00+00:00"),
        ("2026-12-31T10:00:00-0230", "2026-12-31T12:30:00+00:00"),
        ("31 Dec 2026", "2026-12-31T23:59:59+00:00"),
        ("December 31, 2026 10:00", "2026-12-31T10:00:00+00:00"),
        ("1798711200", "2026-12-31T10:00:00+00:00"),
        ("1798711200000", "2026-12-31T10:00:00+00:00"),
        ("12/31/2026", "2026-12-31T23:59:59+00:00"),
        ("31/12/2026 10:00", "2026-12-31T10:00:00+00:00"),
        ("05/05/2026", "2026-05-05T23:59:59+00:00"),
        ("01/02/2026", None),
        ("2026-13-31", None),
        ("31 Foo 2026", None),
        ("soon", None),
    ],
)
def test_dates(text: str, expected: str | None) -> None:
    found = dates.instant(text)
    assert (found.isoformat() if found else None) == expected


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("action", "Block, hide detection", "prevent_no_ui"),
        ("severity", "Info", "informational"),
        ("platforms", "macOS", ["mac"]),
        ("platforms", '["windows", "ios"]', ["windows", "ios"]),
        ("host_groups", ["a", "b"], ["a", "b"]),
        ("expiration", "2090-01-01T00:00:00Z", "2090-01-01T00:00:00Z"),
        ("filename", "@{filename=a.exe}", "a.exe"),
        ("applied_globally", "TRUE", True),
    ],
)
def test_a_cell_of_a_field(field: str, value: Any, expected: Any) -> None:
    assert cells.read_field(field, value) == expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("action", "nuke"),
        ("severity", "7"),
        ("platforms", "beos"),
        ("expiration", "soon"),
        ("tags", [["x"]]),
        ("description", {"x": 1}),
        ("host_groups", "System.Object[]"),
        ("applied_globally", "perhaps"),
    ],
)
def test_a_cell_that_is_not_understood(field: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        cells.read_field(field, value)


def test_headings() -> None:
    assert getattr(role_of("metadata.filename"), "field", "") == "filename"
    assert role_of("hashes.sha256") == role_of("SHA-256")
    assert role_of("x" * 61) is None
    assert role_of("created_on") is not None
    assert meant("abc") == meant("severity") == meant("nothing of ours") == ""
    assert meant("vallue") == "value"
    assert kind_of("value of the IPv4") == "address"
    assert kind_of("serial of a sha256") is None
    assert misspelt("ip") == misspelt("sha1") == misspelt("xy") == misspelt("imphash") == ""


@pytest.mark.parametrize(
    "written",
    ["hxxp//evil.example/a", "hxxps_://evil.example/a", "hxxp:// evil.example/a", "HXXP[:]//evil[.]example"],
)
def test_schemes_that_are_not_quite_ones(tmp_path: Path, written: str) -> None:
    assert values(table(tmp_path, f"url,note\n{written},seen\n")) == ["evil.example"]


def test_a_defanged_comma_parts_no_cells(tmp_path: Path) -> None:
    found = table(tmp_path, "domain,note\nevil[,]example,a\nworse[.]example,b\n")
    assert values(found) == ["evil.example", "worse.example"]


def test_patterns_in_parentheses_make_a_table(tmp_path: Path) -> None:
    pattern = f"([domain-name:value = 'evil.example']) OR [file:hashes.'SHA-256' = '{A}']"
    assert values(table(tmp_path, f'pattern,name\n"{pattern}",x\n')) == ["evil.example", A]


def test_a_hosts_file_is_never_a_table_of_addresses(tmp_path: Path) -> None:
    text = "127.0.0.1\tevil.example\n127.0.0.1\tworse.example\n"
    assert values(table(tmp_path, text, format="csv")) == ["evil.example", "worse.example"]


@pytest.mark.parametrize("lines", [0, 40, 250, 1500])
def test_a_long_comment_at_the_top_hides_nothing(tmp_path: Path, lines: int) -> None:
    comment = "# terms of use\n" * lines
    assert values(table(tmp_path, f"{comment}0.0.0.0 evil.example\n0.0.0.0 worse.example\n")) == [
        "evil.example",
        "worse.example",
    ]
    assert values(table(tmp_path, f"{comment}ip,port\n203.0.113.5,443\n")) == ["203.0.113.5"]
    assert values(table(tmp_path, f"{comment}# seen,dst_ip,sha256\n2026,203.0.113.5,{A}\n")) == [
        "203.0.113.5",
        A,
    ]


def test_nothing_but_a_comment(tmp_path: Path) -> None:
    found = table(tmp_path, "# terms of use\n" * 20_000, format="csv")
    assert (values(found), [stop.code for stop in found.stops]) == ([], ["feed_empty"])


@pytest.mark.parametrize(
    ("heading", "word"), [("List", "whitelist"), ("Threat", "benign"), ("Decision", "Allow")]
)
def test_other_names_of_a_verdict(tmp_path: Path, heading: str, word: str) -> None:
    found = table(tmp_path, f"domain,{heading}\nevil.example,malware\ngood.example,{word}\n")
    assert (values(found), codes(found)) == (["evil.example"], [(3, "benign")])


def test_control_characters_of_rejected_rows_are_shown_as_escapes(tmp_path: Path) -> None:
    found = table(tmp_path, "type,value\n\x1b[31mipv4,\x1b[2J1.2.3.4\ndomain,\x07..b\ndomain,a.example\n")
    shown = "".join(reject.text + reject.reason for reject in found.rejects)
    assert len(found.rejects) == 2
    assert "\\x1b[31m" in shown
    assert shown.isprintable()


def test_the_first_of_two_delimiters_that_fit_as_well_cuts_the_table(tmp_path: Path) -> None:
    found = table(tmp_path, "domain,x;domain\nevil.example,1;bad.example\n")
    assert values(found) == ["evil.example"]


def test_the_first_of_two_columns_of_one_field_is_read(tmp_path: Path) -> None:
    """The one whose heading is nearer to the name of the field, wherever it stands."""
    for text in (
        "domain,description,note\nevil.example,this,that\n",
        "domain,note,description\nevil.example,that,this\n",
    ):
        (entry,) = table(tmp_path, text).entries
        assert entry.item["description"] == "this"


def test_a_header_in_a_comment_without_rows_is_a_table_that_is_empty(tmp_path: Path) -> None:
    found = table(tmp_path, "# type,value,description\n", format="csv")
    assert not found.entries and not found.rejects
    assert [stop.code for stop in found.stops] == ["feed_empty"]
    assert columns(found) == {"type": "type", "value": "value", "description": "description"}

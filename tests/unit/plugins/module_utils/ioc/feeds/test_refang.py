# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refanging undoes what publishers did, and changes nothing that was valid as it was written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds import read_all
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds.labels import judge
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds.refang import (
    clean,
    refang,
    without_port,
)
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.values import ValueProblem, normalise

SCHEMES = ["http", "https", "ftp"]
SCHEME_WORDS = [
    *SCHEMES,
    "hxxp",
    "hxxps",
    "h**p",
    "htxp",
    "hxtp",
    "h__p",
    "meow",
    "meows",
    "fxp",
    "fxps",
    "dot",
    "at",
]
LABELS = st.one_of(
    st.sampled_from(SCHEME_WORDS),
    st.builds("{}-{}".format, st.sampled_from(SCHEME_WORDS), st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True)),
    st.builds("{}{}".format, st.sampled_from(SCHEME_WORDS), st.from_regex(r"[a-z0-9_]{1,8}", fullmatch=True)),
    st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9-]{0,12}[A-Za-z0-9])?", fullmatch=True),
    st.sampled_from(
        ["m\u00fcnchen", "\u0646\u0627\u0645\u0647\u200c\u0627\u06cc", "xn--mnchen-3ya", "_dmarc"]
    ),
)
NAMES = st.builds(
    lambda labels, top: ".".join([*labels, top]),
    st.lists(LABELS, min_size=1, max_size=4),
    st.sampled_from(["top", "xyz", "com", "example", "meow", "dot", "COM"]),
)
HASHES = st.one_of(
    st.from_regex(r"[0-9a-fA-F]{64}", fullmatch=True), st.from_regex(r"[0-9a-fA-F]{32}", fullmatch=True)
)
ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)
PATHS = st.one_of(st.just(""), st.from_regex(r"[/?#][A-Za-z0-9/._~!$&'()*+,;=:@%-]{0,20}", fullmatch=True))


def is_valid(kind: str, text: str) -> bool:
    try:
        normalise(kind, text)
    except ValueProblem:
        return False
    return True


@settings(max_examples=400, deadline=None)
@given(name=NAMES)
def test_a_valid_name_stays_as_it_is(name: str) -> None:
    if is_valid("domain", name):
        assert refang(name) == name
        assert judge("domain", name) == [("domain", normalise("domain", name))]


@settings(max_examples=200, deadline=None)
@given(value=st.one_of(HASHES, ADDRESSES))
def test_a_valid_hash_or_address_stays_as_it_is(value: str) -> None:
    assert refang(value) == value


@settings(max_examples=300, deadline=None)
@given(
    scheme=st.sampled_from(["http", "https", "ftp", "HTTP", "tcp"]),
    host=st.one_of(NAMES, st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map("[{}]".format)),
    port=st.sampled_from(["", ":80", ":8443"]),
    path=PATHS,
)
def test_a_valid_url_stays_as_it_is(scheme: str, host: str, port: str, path: str) -> None:
    url = f"{scheme}://{host}{port}{path}"
    assert refang(url) == url


@settings(max_examples=200, deadline=None)
@given(name=NAMES, scheme=st.sampled_from(["hxxp", "hXXps", "h**p", "meow", "fxp", "htxps"]))
def test_what_was_defanged_comes_back(name: str, scheme: str) -> None:
    if is_valid("domain", name):
        assert refang(name.replace(".", "[.]")) == name
        assert refang(name.replace(".", "(dot)")) == name
        assert refang(f"{scheme}[:]//{name.replace('.', '[.]')}/x").endswith(
            f"tp{'s' * scheme.endswith('s')}://{name}/x"
        )


@pytest.mark.parametrize("form", ["csv", "text"])
@pytest.mark.parametrize(
    "name",
    [
        "meow.xyz",
        "meow-cat.top",
        "hxxps-login.top",
        "fxp.evil-a.top",
        "hxxp.top",
        "h__p.evil.top",
        "meows.top",
    ],
)
def test_the_word_of_a_scheme_is_part_of_a_name(tmp_path: Path, name: str, form: str) -> None:
    path = tmp_path / "feed"
    path.write_text(("type,value\ndomain," if form == "csv" else "") + name + "\n", encoding="utf-8")
    assert [entry.item["value"] for entry in read_all([{"path": str(path), "format": form}]).entries] == [
        name
    ]


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("hxxp://evil.example/", "http://evil.example/"),
        ("hxxps[:]//evil[.]example/a[.]php", "https://evil.example/a.php"),
        ("hxxp//evil.example", "http://evil.example"),
        ("hxxps[://]evil[.]example", "https://evil.example"),
        ("fxp://evil.example/", "ftp://evil.example/"),
        ("meow:\\\\evil.example", "http:\\\\evil.example"),
        ("evil[,]example", "evil.example"),
        ('="evil.example"', "evil.example"),
        ('=" a1 "', "a1"),
        ('="a" & "b"', '="a" & "b"'),
        ("http://evil.example/a(dot)b", "http://evil.example/a(dot)b"),
        ("http://evil(dot)example/a", "http://evil.example/a"),
        ("evil\u200b.exa\u200cmple", "evil.example"),
    ],
)
def test_spellings(written: str, plain: str) -> None:
    assert refang(written) == plain


def test_a_joiner_between_letters_of_other_scripts_is_part_of_the_name() -> None:
    name = "\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example"
    assert clean(name) == name
    assert normalise("domain", name) == "xn--mgba3gch31f060k.example"


@pytest.mark.parametrize(
    ("host", "plain"),
    [
        ("203.0.113.5|443", "203.0.113.5"),
        ("203.0.113.5 | 443", "203.0.113.5"),
        ("evil.example|443", "evil.example"),
        ("203.0.113.5|443|tcp", "203.0.113.5|443|tcp"),
        ("203.0.113.5|", "203.0.113.5|"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("2001:db8::1|443", "2001:db8::1"),
    ],
)
def test_a_port_is_dropped(host: str, plain: str) -> None:
    assert without_port(host) == plain

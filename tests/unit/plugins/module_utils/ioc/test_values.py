# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One indicator has one identity, however it is spelled."""

from __future__ import annotations

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc import values
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.values import (
    ValueProblem,
    normalise,
    recognise,
    spellings,
)

SHA = "aB" * 32
SAME = [
    ("sha256", SHA, SHA.lower()),
    ("md5", "  " + "AB" * 16 + "\n", "ab" * 16),
    ("domain", "Evil.Example.", "evil.example"),
    ("domain", "münchen.example", "xn--mnchen-3ya.example"),
    ("domain", "MÜNCHEN.example", "xn--mnchen-3ya.example"),
    ("domain", "faß.de", "xn--fa-hia.de"),
    ("domain", "_dmarc.evil.example", "_dmarc.evil.example"),
    ("domain", "xn--80ak6aa92e.com", "xn--80ak6aa92e.com"),
    ("domain", "wpad", "wpad"),
    ("all_subdomains", "Evil.Example", "evil.example"),
    ("ipv4", " 203.0.113.7 ", "203.0.113.7"),
    ("ipv6", "2001:0DB8:0:0::1", "2001:db8::1"),
    ("ipv6", "::FFFF:203.0.113.7", "::ffff:203.0.113.7"),
    ("ipv6", "::ffff:cb00:7107", "::ffff:203.0.113.7"),
]


@pytest.mark.parametrize("kind, written, normal", SAME)
def test_normal_form(kind: str, written: str, normal: str) -> None:
    assert normalise(kind, written) == normal
    assert normalise(kind, normal) == normal


@pytest.mark.parametrize(
    "kind, written, said",
    [
        ("sha256", "ab", "64 hexadecimal"),
        ("md5", "g" * 32, "32 hexadecimal"),
        ("domain", "*.evil.example", "wildcard"),
        ("domain", "http://evil.example", "not a domain"),
        ("domain", "evil..example", "not a domain"),
        ("domain", "evil.example..", "not a domain"),
        ("domain", "-evil.example", "not a domain"),
        ("domain", "evil .example", "not a domain"),
        ("domain", "203.0.113.7", "top-level"),
        ("domain", "evil.e", "top-level"),
        ("domain", "a" * 60 + "." + "b" * 60 + "." + "c" * 60 + "." + "d" * 20, "1 to 200"),
        ("domain", "ü" * 64 + ".example", "not a domain"),
        ("domain", ".", "1 to 200"),
        ("ipv4", "203.0.113", "not an IPv4"),
        ("ipv4", "203.0.113.0/24", "not an IPv4"),
        ("ipv6", "fe80::1%eth0", "not an IPv6"),
        ("ipv6", "203.0.113.7", "not an IPv6"),
        ("sha1", "ab" * 20, "type must be one of"),
        (None, "x", "type must be one of"),
        ("domain", 7, "text"),
        ("domain", "  ", "empty"),
    ],
)
def test_what_is_no_value_of_its_type_is_said(kind: str, written: object, said: str) -> None:
    with pytest.raises(ValueProblem, match=said):
        normalise(kind, written)


def test_a_long_value_is_not_repeated_whole() -> None:
    with pytest.raises(ValueProblem) as problem:
        normalise("ipv4", "9" * 5000)
    assert len(str(problem.value)) < 200


@pytest.mark.parametrize(
    "text, known",
    [
        (SHA, ("sha256", SHA.lower())),
        ("ab" * 16, ("md5", "ab" * 16)),
        ("203.0.113.7", ("ipv4", "203.0.113.7")),
        ("2001:db8::1", ("ipv6", "2001:db8::1")),
        ("evil.example", ("domain", "evil.example")),
        ("evil", None),
        ("evil.", None),
        ("203.0.113.999", None),
        ("12:34", None),
        ("", None),
        ("x" * 300, None),
        ("a b.example", None),
    ],
)
def test_a_bare_value_tells_its_type(text: str, known: object) -> None:
    assert recognise(text) == known


def test_spellings_that_a_tenant_may_have_kept() -> None:
    assert spellings("md5", "ab" * 16, " Ab" + "ab" * 15) == ("ab" * 16, "Ab" + "ab" * 15, "AB" * 16)
    assert spellings("domain", "evil.example", "evil.example") == ("evil.example",)


def test_without_idna_an_international_domain_is_refused_clearly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "idna", None)
    assert normalise("domain", "evil.example") == "evil.example"
    with pytest.raises(ValueProblem, match="idna"):
        normalise("domain", "münchen.example")

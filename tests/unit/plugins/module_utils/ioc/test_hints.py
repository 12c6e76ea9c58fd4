# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to write instead, for the mistakes that people make."""

from __future__ import annotations

import time

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc import expiry
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.hints import hint
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.values import ValueProblem, normalise


@pytest.mark.parametrize(
    "kind, value, said",
    [
        ("domain", "https://user:pw@evil.example:8443/path?x#y", "it is a URL, write its host: evil.example"),
        ("domain", "evil.example/path", "it is a URL, write its host: evil.example"),
        ("domain", "http://[2001:db8::1]:80/x", "it is a URL, write its host: 2001:db8::1"),
        ("domain", "hxxps://evil[.]example/x", "it is defanged, write evil.example"),
        ("domain", "evil[.]example", "it is defanged, write evil.example"),
        ("domain", "evil(dot)example", "it is defanged, write evil.example"),
        ("ipv4", "203.0.113[.]7", "it is defanged, write 203.0.113.7"),
        ("ipv4", "203.0.113.7:443", "leave the port out: 203.0.113.7"),
        ("domain", "evil.example:443", "leave the port out: evil.example"),
        ("ipv6", "[2001:db8::1]:443", "leave the port out: 2001:db8::1"),
        ("ipv4", "203.0.113.0/24", "Falcon takes single addresses, not networks"),
        ("ipv6", "2001:db8::/32", "Falcon takes single addresses, not networks"),
        ("domain", "203.0.113.7", "use type ipv4"),
        ("ipv4", "2001:db8::1", "use type ipv6"),
        ("domain", "somebody@evil.example", "it looks like an e-mail address"),
        ("sha256", "a" * 32, "it looks like a md5, use type md5"),
        ("md5", "A" * 64, "it looks like a sha256, use type sha256"),
        ("sha256", "a" * 40, "it looks like a sha1, which Falcon does not take"),
        ("domain", "*.evil.example", "all_subdomains covers subdomains, on mobile platforms only"),
    ],
)
def test_what_is_meant(kind: str, value: str, said: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        normalise(kind, value)
    assert str(caught.value).endswith(said) or said in str(caught.value)


@pytest.mark.parametrize(
    "kind, value",
    [("md5", "a" * 31), ("sha256", "g" * 64), ("md5", "z" * 32), ("ipv4", "1.2.3"), ("domain", "x y")],
)
def test_where_nobody_can_tell(kind: str, value: str) -> None:
    assert hint(kind, value) == ""


@pytest.mark.parametrize(
    "text, said",
    [
        ("30d", "for 30 days use expiration_days"),
        ("+7 days", "for 7 days use expiration_days"),
        ("x", "never"),
    ],
)
def test_an_expiration(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="is not a valid expiration") as caught:
        expiry.parse(text)
    assert str(caught.value).endswith(said)


def test_the_zero_time_is_never() -> None:
    assert expiry.parse("0001-01-01T00:00:00Z") is None
    assert expiry.parse("0001-01-01T00:00:00.000Z") is None


def test_long_texts_take_no_time() -> None:
    started = time.process_time()
    for text in (
        "[.]" * 100_000,
        "a:/" * 100_000,
        "1." * 100_000,
        "/" * 2000,
        "[" * 2000,
        "a@" * 1000,
        "0:" * 1000,
    ):
        hint("domain", text)
        hint("ipv6", text)
    assert time.process_time() - started < 1

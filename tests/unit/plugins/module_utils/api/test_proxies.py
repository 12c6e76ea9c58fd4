# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxies: what is read, what is refused, and that nothing before the last @ is ever shown."""

from __future__ import annotations

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.api import redact
from ansible_collections.threatops.falcon.plugins.module_utils.api.errors import (
    ConfigurationError,
    Unavailable,
)
from ansible_collections.threatops.falcon.plugins.module_utils.api.proxies import plain_proxy

PATH = "/iocs/queries/actions/v1"
SECRET = "S3cretPart"


def read(client):
    return client.request("GET", PATH, purpose="list actions")


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ("http://proxy.example:3128", "http://proxy.example:3128"),
        ("proxy.example:3128", "http://proxy.example:3128"),
        ("HTTP://u:p@proxy.example/", "http://u:p@proxy.example"),
        ("u:pw@proxy.example:1", "http://u:pw@proxy.example:1"),
        ("http://u:S3cretPart/rest@host:80", "http://u:S3cretPart%2Frest@host:80"),
        ("http://u:a#b?c@d:e@host:80", "http://u:a%23b%3Fc%40d%3Ae@host:80"),
        ("http://u:50%off%2F@host", "http://u:50%25off%2F@host"),
        ("http://TOKEN@host", "http://TOKEN@host"),
        ("http://u:@host", "http://u:@host"),
        ("socks5h://u:p@[::1]:1080", "socks5h://u:p@[::1]:1080"),
    ],
)
def test_a_proxy_is_read_in_one_way(given, plain):
    assert plain_proxy(given) == plain


@pytest.mark.parametrize(
    "given",
    [
        f"http://u:{SECRET}@",
        f"http://u:{SECRET}@host:99999",
        f"http://u:{SECRET}@host:0",
        f"http://u:{SECRET}@host:x",
        f"http://u:{SECRET}@ho st",
        f"http://u:{SECRET}@host\0",
        f"http://u:{SECRET}@[::1",
        f"http://u:{SECRET}@[1:2]",
        f"http://u:{SECRET}@host/path",
        f"ftp://u:{SECRET}@host",
        f"http://u:{SECRET}☠@host",
        f"http://u:{SECRET}@{'a' * 64}.example",
        f"http://u:{SECRET}@.example",
        f"{SECRET}@",
        "http://",
        "://",
    ],
)
@pytest.mark.parametrize("by", ["option", "environment"])
def test_a_proxy_that_cannot_be_used_is_refused_without_its_secret(falcon, connect, monkeypatch, given, by):
    option = {"proxy": given} if by == "option" else {}
    if by == "environment":
        if "\0" in given:
            pytest.skip("no environment holds a NUL")
        monkeypatch.setenv("HTTPS_PROXY", given)
        monkeypatch.setenv("https_proxy", given)
    with pytest.raises(ConfigurationError, match=r"proxy|HTTPS_PROXY") as caught:
        read(connect(base_url="https://falcon.example", access_token="t" * 20, client_secret=None, **option))
    assert SECRET not in str(caught.value)
    assert falcon.requests == []


@pytest.mark.parametrize(
    "given",
    [
        f"http://u:{SECRET}/rest@127.0.0.1:9",
        f"http://u:{SECRET}#rest@127.0.0.1:9",
        f"http://u:{SECRET}?a=b@127.0.0.1:9",
        f"http://u:x@{SECRET}@127.0.0.1:9",
        f"http://{SECRET}@127.0.0.1:9",
        f"u:{SECRET}@127.0.0.1:9",
        f"{SECRET}@127.0.0.1:9",
    ],
)
@pytest.mark.parametrize("by", ["option", "environment"])
def test_no_part_of_a_proxys_credentials_is_shown(connect, monkeypatch, given, by):
    if by == "environment":
        monkeypatch.setenv("https_proxy", given)
        monkeypatch.setenv("HTTPS_PROXY", given)
    option = {"proxy": given} if by == "option" else {}
    client = connect(base_url="https://falcon.example", retries=1, **option)
    with pytest.raises(Unavailable, match="proxy refused the connection") as caught:
        read(client)
    assert SECRET not in f"{caught.value} {caught.value.details()} {client.warnings} {caught.value!r}"
    assert SECRET not in client.hide(f"{given} and https://x@y")


def test_a_short_password_is_left_alone_in_what_a_tenant_returns(falcon, connect):
    falcon.handler = lambda request: falcon.ok([{"id": "1", "severity": "high", "value": "highway.example"}])
    client = connect(proxy=falcon.url.replace("http://", "http://svc:high@"))
    assert read(client).resources == [{"id": "1", "severity": "high", "value": "highway.example"}]
    assert client.hide("the severity high of http://svc:high@h") == "the severity high of http://********@h"


def test_what_can_be_shown_of_a_url():
    assert redact.shown_url("http://proxy.example:1/x") == "http://proxy.example:1/x"
    assert redact.shown_url("http://u:p/q@r@proxy.example") == "http://********@proxy.example"
    assert redact.shown_url("u:p@proxy.example") == "********@proxy.example"


@pytest.mark.parametrize("form", ["plain", "escaped"])
def test_a_secret_is_taken_out_of_an_answer_however_it_is_written(falcon, connect, secret, form):
    text = secret if form == "plain" else "".join(f"\\u{ord(letter):04x}" for letter in secret)
    falcon.handler = lambda request: falcon.raw(
        b'{"resources": [{"id": "1", "tags": ["a\\n' + text.encode() + b'"]}], "errors": []}'
    )
    assert read(connect()).resources == [{"id": "1", "tags": ["a\n********"]}]

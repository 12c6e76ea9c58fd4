# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a tenant lives, and how a token is come by, kept and replaced."""

from __future__ import annotations

import json
import os
import stat

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.api.client import Client
from ansible_collections.threatops.falcon.plugins.module_utils.api.connection import Connection
from ansible_collections.threatops.falcon.plugins.module_utils.api.envelope import Reply
from ansible_collections.threatops.falcon.plugins.module_utils.api.errors import (
    AuthenticationError,
    ConfigurationError,
    Unavailable,
)
from ansible_collections.threatops.falcon.plugins.module_utils.api.regions import REGIONS, check_base_url
from ansible_collections.threatops.falcon.plugins.module_utils.api.token_file import TokenFile
from ansible_collections.threatops.falcon.plugins.module_utils.api.transport import Transport, Trouble


def read(client):
    return client.request("GET", "/iocs/queries/actions/v1", purpose="test")


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ("https://api.eu-1.crowdstrike.com/", "https://api.eu-1.crowdstrike.com"),
        ("https://gateway.example:8443/falcon/", "https://gateway.example:8443/falcon"),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://localhost:1/", "http://localhost:1"),
        ("http://[::1]:8787", "http://[::1]:8787"),
    ],
)
def test_base_urls(given, plain):
    assert check_base_url(given) == plain


@pytest.mark.parametrize(
    "given",
    [
        "http://api.crowdstrike.com",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example",
        "http://127.0.0.1\\@evil.example",
        "http://127.1",
        "http://2130706433",
        "http://0.0.0.0:80",
        "https://user:pass@api.crowdstrike.com",
        "https://api.crowdstrike.com?x=1",
        "https://api.crowdstrike.com#x",
        "https://api.crowdstrike.com:99999",
        "https://",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "https://a b",
        "https://evil.example\r\nHost: x",
        "api.crowdstrike.com",
    ],
)
def test_base_urls_that_get_no_secret(falcon, connect, given):
    with pytest.raises(ConfigurationError):
        connect(base_url=given)
    assert falcon.tokens == []


def test_unknown_cloud_and_missing_credentials(connect):
    with pytest.raises(ConfigurationError, match="us-9"):
        Client(Connection(client_id="a", client_secret="b", cloud="us-9"))
    with pytest.raises(ConfigurationError) as caught:
        Client(Connection(client_id="a"))
    assert "FALCON_CLIENT_SECRET" in str(caught.value)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_refused_credentials_are_tried_once(falcon, connect, secret, status):
    falcon.token_script = [
        falcon.error(status, f"Failed to issue access token - Client authentication {secret}")
        for _round in range(5)
    ]
    client = connect()
    for _round in range(3):
        with pytest.raises(AuthenticationError) as caught:
            read(client)
    assert len(falcon.tokens) == 1
    assert falcon.requests == []
    text = str(caught.value)
    assert f"HTTP {status}" in text and "Client authentication" in text and "trace-e" in text
    assert secret not in text
    assert "check" in caught.value.hint.lower()


def test_refused_with_a_page(falcon, connect):
    falcon.token_script = [falcon.html(403)]
    with pytest.raises(AuthenticationError, match="HTTP 403"):
        read(connect())


@pytest.mark.parametrize("fault", ["429", "500", "503", "reset", "html 201", "no token", "odd token"])
def test_a_token_is_asked_for_again_after_a_fault(falcon, connect, clock, fault):
    said = {
        "429": falcon.error(429),
        "500": falcon.error(500),
        "503": falcon.html(503),
        "reset": falcon.reset,
        "html 201": falcon.html(201),
        "no token": falcon.raw(b"{}", 201),
        "odd token": falcon.raw(json.dumps({"access_token": "a\r\nX: y"}).encode(), 201),
    }[fault]
    falcon.token_script = [said]
    falcon.script = [falcon.ok(["detect"])]
    client = connect()
    assert read(client).resources == ["detect"]
    assert client.requests.dict()["token"] == 2


def test_a_token_endpoint_that_is_down(falcon, connect, clock):
    falcon.token_script = [falcon.html(503) for _round in range(9)]
    with pytest.raises(Unavailable, match=r"Could not get an access token: .*HTTP 503"):
        read(connect(retries=2))
    assert len(falcon.tokens) == 3


def test_a_token_is_renewed_a_minute_before_its_end(falcon, connect, clock):
    falcon.handler = lambda request: falcon.ok()
    client = connect()
    read(client)
    clock.ahead += 1799 - 61
    read(client)
    assert len(falcon.tokens) == 1
    clock.ahead += 2
    read(client)
    assert len(falcon.tokens) == 2


def test_a_token_that_lives_shortly_is_not_renewed_all_the_time(falcon, connect, clock):
    falcon.valid_for = 5
    falcon.handler = lambda request: falcon.ok()
    client = connect()
    for _round in range(10):
        read(client)
    assert len(falcon.tokens) == 1


def test_what_auth_gives(falcon, connect):
    client = connect()
    auth = client.auth()
    assert auth["access_token"] == "token-1"
    assert auth["base_url"] == falcon.url
    assert 1790 < auth["expires_in"] <= 1799
    falcon.script = [falcon.ok()]
    again = connect(client_id=None, client_secret=None, access_token="token-1", base_url=auth["base_url"])
    read(again)
    assert len(falcon.tokens) == 1
    assert falcon.requests[0].headers["authorization"] == "Bearer token-1"
    assert again.auth()["expires_in"] is None


def test_a_given_token_that_has_ended(falcon, connect):
    falcon.handler = lambda request: falcon.error(401)
    with pytest.raises(AuthenticationError, match="falcon_auth"):
        read(connect(client_id=None, client_secret=None, access_token="old"))
    assert (len(falcon.tokens), len(falcon.requests)) == (0, 1)


def test_a_given_token_is_replaced_when_there_are_credentials(falcon, connect):
    falcon.script = [falcon.error(401), falcon.ok()]
    read(connect(access_token="old"))
    assert [request.headers["authorization"] for request in falcon.requests] == [
        "Bearer old",
        "Bearer token-1",
    ]


# Regions. Falcon's own hosts are out of reach of a test: what would be sent to them is caught.


@pytest.fixture
def regions(monkeypatch):
    """Answers of hosts by URL, and what was sent to which."""
    sent = []
    answers = {}

    def send(self, kind, method, url, headers, data):
        sent.append((method, url, headers.get("Authorization"), data))
        for start, reply in answers.items():
            if url.startswith(start):
                if isinstance(reply, Exception):
                    raise reply
                return reply(url) if callable(reply) else reply
        raise AssertionError(f"sent to {url}")

    monkeypatch.setattr(Transport, "send", send)
    return answers, sent


def token(**headers):
    return Reply(201, headers, {"access_token": "t", "expires_in": 1799})


OK = Reply(200, {}, {"resources": []})
US1, US2, EU1, GOV1 = (REGIONS[name] for name in ("us-1", "us-2", "eu-1", "us-gov-1"))


def credentials(**options):
    return Client(Connection(client_id="a", client_secret="b", **options))


def test_autodiscovery_by_header(regions):
    answers, sent = regions
    answers.update({US1: token(**{"X-Cs-Region": "eu-1"}), EU1: OK})
    client = credentials()
    read(client)
    assert [url for _method, url, _bearer, _data in sent] == [
        f"{US1}/oauth2/token",
        f"{EU1}/iocs/queries/actions/v1",
    ]
    assert (client.cloud, client.base_url) == ("eu-1", EU1)
    assert client.warnings == []


@pytest.mark.parametrize("headers", [{"Location": f"{US2}/oauth2/token"}, {"X-Cs-Region": "us-2"}])
def test_autodiscovery_by_redirect(regions, headers):
    answers, sent = regions
    answers.update({US1: Reply(308, headers), f"{US2}/oauth2": token(), f"{US2}/iocs": OK})
    client = credentials()
    read(client)
    assert [url.split("/iocs")[0].split("/oauth2")[0] for _method, url, _bearer, _data in sent] == [
        US1,
        US2,
        US2,
    ]
    assert sent[0][3] == sent[1][3], "the same form is posted again"
    assert client.auth()["cloud"] == "us-2"


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/oauth2/token",
        "http://api.us-2.crowdstrike.com/oauth2/token",
        "https://api.us-2.crowdstrike.com.evil.example/",
        "https://api.us-2.crowdstrike.com@evil.example/",
        "https://evil.example\\@api.us-2.crowdstrike.com/",
        "//evil.example/oauth2/token",
        "https://api.us-2.crowdstrike.com:8443/",
        f"{GOV1}/oauth2/token",
        "https://[bad/",
        "",
    ],
)
def test_credentials_do_not_follow_a_redirect_elsewhere(regions, location):
    answers, sent = regions
    answers[US1] = Reply(308, {"Location": location})
    with pytest.raises(ConfigurationError):
        read(credentials())
    assert len(sent) == 1 and sent[0][1].startswith(US1)


def test_requests_do_not_follow_a_redirect_elsewhere(regions):
    answers, sent = regions
    answers.update(
        {f"{US1}/oauth2": token(), f"{US1}/iocs": Reply(308, {"Location": "https://evil.example/x"})}
    )
    with pytest.raises(ConfigurationError, match=r"evil\.example"):
        read(credentials())
    assert len(sent) == 2


def test_requests_follow_a_redirect_to_the_region(regions):
    answers, sent = regions
    answers.update({f"{US1}/oauth2": token(), f"{US1}/iocs": Reply(308, {"X-Cs-Region": "us-2"}), US2: OK})
    read(credentials())
    assert sent[-1][1] == f"{US2}/iocs/queries/actions/v1"


def test_government_clouds_are_neither_left_nor_entered(regions):
    answers, sent = regions
    answers[GOV1] = lambda url: token(**{"X-Cs-Region": "us-2"}) if "oauth2" in url else OK
    client = credentials(cloud="us-gov-1")
    read(client)
    assert client.base_url == GOV1
    answers.clear()
    answers[GOV1] = Reply(308, {"X-Cs-Region": "us-2"})
    with pytest.raises(ConfigurationError):
        read(credentials(cloud="us-gov-1"))
    answers.clear()
    answers[US1] = lambda url: token(**{"X-Cs-Region": "us-gov-1"}) if "oauth2" in url else OK
    client = credentials()
    read(client)
    assert client.base_url == US1
    assert not any(url.startswith(US2) for _method, url, _bearer, _data in sent)


def test_a_base_url_stays(falcon, connect):
    falcon.token_script = [falcon.token(**{"X-Cs-Region": "us-2"})]
    falcon.script = [falcon.ok()]
    client = connect()
    read(client)
    assert client.base_url == falcon.url


def test_a_loopback_base_url_is_left_for_nobody(falcon, connect):
    falcon.token_script = [falcon.raw(b"", 308, Location=f"{US2}/oauth2/token")]
    with pytest.raises(ConfigurationError, match="no credentials were sent there"):
        read(connect())


def test_a_redirect_on_the_same_host_is_followed(falcon, connect):
    falcon.token_script = [falcon.raw(b"", 308, Location="/oauth2/token")]
    falcon.script = [falcon.ok()]
    read(connect())
    assert len(falcon.tokens) == 2 and falcon.tokens[0].raw == falcon.tokens[1].raw


def test_endless_redirects_end(falcon, connect):
    falcon.token_script = [falcon.raw(b"", 308, Location="/oauth2/token") for _round in range(9)]
    with pytest.raises(ConfigurationError, match="without end"):
        read(connect())
    assert len(falcon.tokens) == 3


def test_an_account_in_another_region_than_named(regions):
    answers, _sent = regions
    answers.update({US1: token(**{"X-Cs-Region": "us-2"}), US2: OK})
    client = credentials(cloud="us-1")
    read(client)
    assert client.cloud == "us-2"
    assert client.warnings == ["This account lives in us-2, not in us-1: us-2 is used."]


def test_the_token_endpoint_out_of_order(regions):
    answers, _sent = regions
    answers[US1] = Trouble("the connection broke")
    with pytest.raises(Unavailable):
        read(credentials(retries=0))


# The token file.


def test_tasks_of_a_run_share_a_token(falcon, connect, tmp_path):
    path = tmp_path / "token"
    falcon.handler = lambda request: falcon.ok()
    for _round in range(3):
        read(connect(token_file=str(path)))
    assert len(falcon.tokens) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert set(os.listdir(tmp_path)) == {"token", "token.lock"}, "no temporary file is left"


def test_a_token_is_for_those_who_asked_for_it(falcon, connect, tmp_path, secret):
    path = tmp_path / "token"
    falcon.handler = lambda request: falcon.ok()
    read(connect(token_file=str(path)))
    for other in (
        {"client_secret": "x" * 40},
        {"client_id": "b" * 32},
        {"member_cid": "c" * 32},
        {"cloud": "us-2"},
    ):
        read(connect(token_file=str(path), **other))
    assert len(falcon.tokens) == 5
    read(connect(token_file=str(path)))
    assert len(falcon.tokens) == 5, "several live side by side"
    assert secret not in path.read_text()


def test_a_kept_token_that_was_revoked_is_replaced_quietly(falcon, connect, tmp_path):
    path = tmp_path / "token"
    good = {"Bearer token-1"}
    falcon.handler = lambda request: (
        falcon.ok() if request.headers["authorization"] in good else falcon.error(401)
    )
    read(connect(token_file=str(path)))
    good.clear()
    good.add("Bearer token-2")
    client = connect(token_file=str(path))
    read(client)
    read(connect(token_file=str(path)))
    assert len(falcon.tokens) == 2
    assert client.warnings == []


def test_a_newer_kept_token_that_was_revoked_too(falcon, connect, tmp_path):
    path = tmp_path / "token"
    good = {"Bearer token-1", "Bearer token-2"}
    falcon.handler = lambda request: (
        falcon.ok() if request.headers["authorization"] in good else falcon.error(401)
    )
    first = connect(token_file=str(path))
    read(first)
    good.remove("Bearer token-1")
    read(connect(token_file=str(path)))
    good.clear()
    good.add("Bearer token-3")
    read(first)
    assert len(falcon.tokens) == 3


def test_an_ended_token_is_not_taken_from_the_file(falcon, connect, clock, tmp_path):
    path = tmp_path / "token"
    falcon.handler = lambda request: falcon.ok()
    read(connect(token_file=str(path)))
    clock.ahead += 2000
    read(connect(token_file=str(path)))
    assert len(falcon.tokens) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"k": 3}',
        b'{"k": {"expires": 9e12, "token": 5, "base_url": ""}}',
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_a_broken_token_file_is_an_empty_one(tmp_path, content):
    path = tmp_path / "token"
    path.write_bytes(content)
    path.chmod(0o600)
    kept = TokenFile(str(path), "k")
    assert kept.load() is None
    kept.save("t", "https://x", 9e12)
    assert kept.load() == {"token": "t", "base_url": "https://x", "expires": 9e12}


def test_a_token_file_that_others_can_read_is_not_used(tmp_path):
    path = tmp_path / "token"
    kept = TokenFile(str(path), "k")
    kept.save("t", "https://x", 9e12)
    path.chmod(0o644)
    assert kept.load() is None


def test_a_token_file_that_leads_elsewhere_is_not_used(falcon, connect, tmp_path):
    path = tmp_path / "token"
    falcon.handler = lambda request: falcon.ok()
    read(connect(token_file=str(path)))
    content = json.loads(path.read_text())
    for entry in content.values():
        entry["base_url"] = "https://evil.example"
    path.write_text(json.dumps(content))
    client = connect(token_file=str(path))
    assert client.base_url == falcon.url
    read(client)
    assert len(falcon.tokens) == 2


def test_a_token_file_that_cannot_be_written(falcon, connect, tmp_path):
    falcon.handler = lambda request: falcon.ok()
    read(connect(token_file=str(tmp_path / "nowhere" / "token")))
    assert len(falcon.tokens) == 1

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is tried again, for how long, and what is told of an answer that was the last one."""

from __future__ import annotations

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.api.errors import (
    AmbiguousWrite,
    AuthenticationError,
    ConfigurationError,
    FalconError,
    PermissionRefused,
    Unavailable,
)
from ansible_collections.threatops.falcon.plugins.module_utils.api.scopes import explain_denial

PATH = "/iocs/combined/indicator/v1"


def read(client):
    return client.request("GET", PATH, purpose="list indicators")


def write(client):
    return client.request("POST", PATH, body={"a": 1}, purpose="create 1 indicator", kind="write")


@pytest.mark.parametrize("status", [408, 429, 500, 503])
@pytest.mark.parametrize("send", [read, write], ids=["read", "write"])
def test_a_final_fault_keeps_what_support_asks_for(falcon, connect, clock, status, send):
    falcon.handler = lambda request: falcon.error(status, "busy")
    with pytest.raises(Unavailable) as caught:
        send(connect(retries=1))
    error = caught.value
    assert (error.status, error.api_code, error.trace_id) == (status, status, "trace-e")
    assert "trace id trace-e" in str(error)
    assert error.details()["trace_id"] == "trace-e"
    ambiguous = send is write and status != 429
    assert isinstance(error, AmbiguousWrite) is ambiguous
    assert error.details()["code"] == ("ambiguous_write" if ambiguous else "unavailable")


@pytest.mark.parametrize("status", [429, 503])
def test_a_final_fault_of_the_token_endpoint_too(falcon, connect, clock, status):
    said = falcon.error(status, "busy", headers={"X-Cs-Region": "eu-1"})
    said.body["errors"][0]["code"] = 4711
    falcon.token_script = [said] * 2
    with pytest.raises(Unavailable) as caught:
        read(connect(retries=1))
    assert "Could not get an access token: " in str(caught.value)
    assert "code 4711, trace id trace-e" in str(caught.value)
    assert caught.value.details()["region"] == "eu-1"


def test_the_trace_id_of_a_page_is_in_its_header(falcon, connect):
    said = falcon.html(503)
    said.headers["X-Cs-Traceid"] = "trace-of-a-page"
    falcon.script = [said]
    with pytest.raises(Unavailable, match="trace-of-a-page"):
        read(connect(retries=0))


def test_a_refused_token_names_its_region(falcon, connect):
    falcon.token_script = [
        falcon.error(403, "Failed to issue access token - Not Authorized", headers={"X-Cs-Region": "us-1"})
    ]
    with pytest.raises(AuthenticationError) as caught:
        read(connect())
    assert caught.value.region == caught.value.details()["region"] == "us-1"
    assert "reason" not in caught.value.details()


def test_a_token_refused_by_an_allow_list(falcon, connect):
    falcon.token_script = [falcon.error(403, "access denied, authorization failed")]
    with pytest.raises(AuthenticationError) as caught:
        read(connect())
    assert caught.value.reason == "not_authorized"
    assert "IP allow-list" in caught.value.hint and "client_secret" not in caught.value.hint


@pytest.mark.parametrize(
    ("message", "reason", "said"),
    [
        ("access denied, scope not permitted", "scope_missing", "Add the scope IOC Management: Read"),
        ("Access denied,  scope not permitted.", "scope_missing", "Add the scope IOC Management: Read"),
        ("access denied, authorization failed", "not_authorized", "IP allow-list"),
        ("no", "denied", "If the API client has it"),
        ("", "denied", "IOC Management: Read"),
    ],
)
def test_what_a_denial_means(falcon, connect, message, reason, said):
    falcon.handler = lambda request: falcon.error(403, message)
    with pytest.raises(PermissionRefused) as caught:
        read(connect())
    assert caught.value.details()["reason"] == reason
    assert caught.value.details()["code"] == "permission"
    assert said in caught.value.hint
    assert explain_denial(message, "IOC Management: Read") == (reason, caught.value.hint)


def limited_for(falcon, clock, seconds, told):
    """A rate limit that lasts some seconds longer than the moment that Falcon names."""
    end = []

    def handler(request):
        if not end:
            end.append(clock.time() + seconds)
        if clock.time() >= end[0]:
            return falcon.ok([{"id": "1"}])
        return falcon.error(429, headers={"X-Ratelimit-RetryAfter": str(int(told(clock)))})

    falcon.handler = handler


@pytest.mark.parametrize("retries", [1, 2, 5, 20])
@pytest.mark.parametrize("seconds", [2, 12, 30, 58])
@pytest.mark.parametrize("send", [read, write], ids=["read", "write"])
def test_a_rate_limit_may_last_a_minute_longer_than_told(falcon, connect, clock, seconds, retries, send):
    limited_for(falcon, clock, seconds, lambda clock: clock.time() - 1)
    client = connect(retries=retries)
    assert send(client).resources
    assert len(falcon.requests) <= 9
    assert sum(clock.slept) <= 150


def test_a_named_moment_counts_before_the_minute(falcon, connect, clock):
    moment = clock.time() + 20
    limited_for(falcon, clock, 75, lambda clock: moment)
    assert read(connect(retries=1)).resources
    assert max(clock.slept) <= 70


@pytest.mark.parametrize(("options", "longest"), [({"max_wait": 3}, 16), ({"retries": 0}, 0.3), ({}, 75)])
def test_the_minute_has_an_end(falcon, connect, clock, options, longest):
    limited_for(falcon, clock, 10_000, lambda clock: clock.time() - 1)
    with pytest.raises(Unavailable, match="rate limit"):
        read(connect(**options))
    assert sum(clock.slept) <= longest
    assert len(falcon.requests) <= 7


@pytest.mark.parametrize("seconds", [0.2, 1.2])
def test_a_token_that_is_not_valid_at_once(falcon, connect, clock, seconds):
    issued: dict[str, float] = {}

    def handler(request):
        first = issued.setdefault(request.headers["authorization"], clock.time())
        return falcon.ok([{"id": "1"}]) if clock.time() - first >= seconds else falcon.error(401)

    falcon.handler = handler
    client = connect()
    assert write(client).resources
    assert len(falcon.tokens) == 2
    assert clock.slept[0] == 0.5
    assert client.requests.retried == 0


def test_a_pause_for_a_token_has_an_end_and_is_not_repeated(falcon, connect, clock):
    falcon.handler = lambda request: falcon.error(401)
    client = connect()
    for _round in range(3):
        with pytest.raises(AuthenticationError):
            read(client)
    assert clock.slept == [0.5, 1.0]


@pytest.mark.parametrize(
    "location",
    [
        "http://[::1",
        "https://[1:2]/x",
        "http://u:p@",
        "//",
        "https://api.crowdstrike.com:99999999/",
        "\x7f",
        "http:///",
    ],
)
@pytest.mark.parametrize("at", ["token", "request"])
def test_a_malformed_redirect_is_an_error_of_ours(falcon, connect, location, at):
    said = falcon.raw(b"", 308, Location=location)
    if at == "token":
        falcon.token_script = [said] * 4
    else:
        falcon.handler = lambda request: said
    with pytest.raises(FalconError) as caught:
        write(connect())
    assert "u:p" not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        "https://[1:2]",
        "https://[::1",
        "https://a..b",
        "https://-",
        "https://falcon.example:0",
        "https://a\0b",
    ],
)
def test_a_malformed_base_url_is_an_error_of_ours(connect, given):
    with pytest.raises(ConfigurationError, match="base_url"):
        read(connect(base_url=given))


def test_a_ca_path_with_a_nul(connect):
    with pytest.raises(ConfigurationError, match="ca_path") as caught:
        connect(ca_path="/etc/a\0b")
    assert str(caught.value).isprintable()


def test_an_exception_that_a_library_lets_through_is_a_lost_answer(falcon, connect, clock, monkeypatch):
    client = connect()
    read_once = client._transport._session.request

    def broken(*args, **options):
        monkeypatch.setattr(client._transport._session, "request", read_once)
        raise ValueError("no library says that")

    falcon.handler = lambda request: falcon.ok([{"id": "1"}])
    client.auth()
    monkeypatch.setattr(client._transport._session, "request", broken)
    assert read(client).resources
    monkeypatch.setattr(client._transport._session, "request", broken)
    with pytest.raises(AmbiguousWrite):
        write(client)


def test_warnings_are_handed_on_at_once(falcon, connect, clock):
    falcon.script = [falcon.html(503), falcon.error(400)]
    client = connect()
    heard: list[str] = []
    client._notices._deliver = heard.append
    with pytest.raises(FalconError):
        read(client)
    assert heard == client.warnings
    assert len(heard) == 1


def test_settle_is_told_to_those_who_look_again(connect):
    assert connect(settle=1.5).settle == 1.5
    assert connect().settle == 0

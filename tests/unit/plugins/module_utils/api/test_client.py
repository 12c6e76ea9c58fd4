# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests: what is sent, what is repeated, and what an answer means."""

from __future__ import annotations

import datetime
import json
import socket
import threading
import time

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.api import transport
from ansible_collections.threatops.falcon.plugins.module_utils.api.client import Client
from ansible_collections.threatops.falcon.plugins.module_utils.api.connection import Connection
from ansible_collections.threatops.falcon.plugins.module_utils.api.errors import (
    AmbiguousWrite,
    AuthenticationError,
    ConfigurationError,
    FalconError,
    PermissionRefused,
    RequestRefused,
    Unavailable,
)
from ansible_collections.threatops.falcon.plugins.module_utils.api.version import VERSION

PATH = "/iocs/combined/indicator/v1"


def read(client, **options):
    return client.request("GET", PATH, purpose="list indicators", **options)


def write(client, **options):
    return client.request("POST", PATH, body={"a": 1}, purpose="create 1 indicator", kind="write", **options)


def test_a_request_as_falcon_wants_it(falcon, connect):
    falcon.script = [falcon.ok([{"id": "1"}], total=1, after="x")]
    client = connect(user_agent="acme/1\r\nX-Evil: 1")
    answer = read(client, params=[("filter", "type:'md5'+value:['a b&c']"), ("ids", "1"), ("ids", "2")])
    assert (answer.status, answer.resources, answer.errors) == (200, [{"id": "1"}], [])
    assert (answer.pagination, answer.trace_id) == ({"total": 1, "after": "x"}, "trace-1")
    sent = falcon.requests[0]
    assert sent.query == [("filter", "type:'md5'+value:['a b&c']"), ("ids", "1"), ("ids", "2")]
    assert "%2B" in sent.target
    assert sent.headers["authorization"] == "Bearer token-1"
    assert sent.headers["content-type"] == sent.headers["accept"] == "application/json"
    assert sent.headers["user-agent"] == f"acme/1 X-Evil: 1 threatops-falcon/{VERSION}"
    assert client.requests.dict() == {"token": 1, "read": 1, "write": 0, "retried": 0, "waited_seconds": 0.0}
    assert client.warnings == []


def test_the_token_is_asked_for_by_a_form(falcon, connect, secret):
    falcon.script = [falcon.ok()]
    read(connect(member_cid="b" * 32))
    sent = falcon.tokens[0]
    assert sent.raw.decode() == f"client_id={'a' * 32}&client_secret={secret}&member_cid={'b' * 32}"
    assert sent.headers["content-type"] == "application/x-www-form-urlencoded"
    assert sent.query == []
    assert "authorization" not in sent.headers


def test_netrc_does_not_take_the_place_of_the_token(falcon, connect, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    falcon.script = [falcon.ok()]
    read(connect())
    assert falcon.requests[0].headers["authorization"] == "Bearer token-1"
    assert "authorization" not in falcon.tokens[0].headers


@pytest.mark.parametrize(
    "body", [{"resources": None}, {}, {"errors": None, "meta": None}, {"meta": {"pagination": 3}}]
)
def test_missing_parts_of_an_envelope_are_empty(falcon, connect, body):
    falcon.script = [falcon.raw(json.dumps(body).encode())]
    answer = read(connect())
    assert (answer.resources, answer.errors, answer.pagination) == ([], [], {})


FAULTS = {
    "500": lambda falcon: falcon.error(500, "internal"),
    "502 html": lambda falcon: falcon.html(502),
    "503 html": lambda falcon: falcon.html(503),
    "504": lambda falcon: falcon.error(504),
    "200 html": lambda falcon: falcon.html(200),
    "truncated": lambda falcon: falcon.cut(falcon.ok([{"id": "1" * 300}])),
    "no json": lambda falcon: falcon.raw(b'{"meta": {"trace'),
    "a list": lambda falcon: falcon.raw(b"[1, 2]"),
    "deep": lambda falcon: falcon.raw(b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
    "reset": lambda falcon: falcon.reset,
    "error in a 200": lambda falcon: falcon.ok(errors=[{"code": 500, "message": "inside"}]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_reads_are_repeated(falcon, connect, clock, fault):
    falcon.script = [FAULTS[fault](falcon), FAULTS[fault](falcon), falcon.ok([{"id": "1"}])]
    client = connect()
    assert read(client).resources == [{"id": "1"}]
    assert client.requests.dict()["retried"] == 2
    assert client.requests.read == 3
    assert len(client.warnings) == 1, "said once"
    assert 0.3 < clock.slept[0] < 0.7 < clock.slept[1] < 1.4
    assert client.requests.waited_seconds == pytest.approx(sum(clock.slept))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_write_of_which_the_answer_is_lost_is_not_repeated(falcon, connect, fault):
    falcon.script = [FAULTS[fault](falcon)]
    client = connect()
    with pytest.raises(AmbiguousWrite, match="Could not create 1 indicator: "):
        write(client)
    assert (client.requests.write, client.requests.retried) == (1, 0)


def test_a_write_that_hangs_is_not_repeated(falcon, connect):
    falcon.script = [falcon.late(falcon.ok(status=201))]
    with pytest.raises(AmbiguousWrite, match=r"no answer within 0\.3 seconds"):
        write(connect(timeout=0.3))


@pytest.mark.parametrize("cut", [False, True], ids=["reset", "cut"])
def test_a_broken_connection_is_told_in_plain_words(falcon, connect, clock, cut):
    falcon.script = [falcon.cut(falcon.ok(["x" * 100])) if cut else falcon.reset]
    with pytest.raises(AmbiguousWrite) as caught:
        write(connect())
    assert cut is ("the answer ended too early" in str(caught.value))
    assert "the connection broke: " in str(caught.value)
    assert "(" not in str(caught.value), "no Python"


def test_a_refused_connection_is_safe_to_repeat_for_a_write(falcon, connect, clock):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    client = connect(base_url=url, access_token="t", client_secret=None, retries=2)
    with pytest.raises(Unavailable, match=r"no connection: .*refused.*, in 3 tries") as caught:
        write(client)
    assert not isinstance(caught.value, AmbiguousWrite)
    assert "base_url" in caught.value.hint
    assert client.requests.write == 3
    assert "object at 0x" not in str(caught.value)


def test_retries_have_an_end(falcon, connect, clock):
    falcon.handler = lambda request: falcon.html(503)
    client = connect(retries=3, max_wait=1.0)
    with pytest.raises(Unavailable) as caught:
        read(client)
    assert len(falcon.requests) == 4
    assert str(caught.value).startswith(
        "Could not list indicators: Falcon answered HTTP 503 with a page instead of JSON, in 4 tries over "
    )
    assert caught.value.details()["status"] == 503
    assert max(clock.slept) <= 1.0


def test_retries_have_a_budget_of_time(falcon, connect, clock):
    falcon.handler = lambda request: falcon.error(
        429, headers={"X-Ratelimit-RetryAfter": str(int(clock.time()) + 3600)}
    )
    with pytest.raises(Unavailable, match="rate limit"):
        read(connect(retries=1000))
    assert sum(clock.slept) <= 301
    assert len(falcon.requests) <= 6


def rate_limited(falcon, headers):
    return lambda request: falcon.error(429, "API rate limit exceeded.", headers=headers)


def test_a_rate_limit_is_waited_out_as_long_as_falcon_says(falcon, connect, clock):
    for form, expected in {
        "epoch seconds": (lambda: {"X-Ratelimit-RetryAfter": str(int(clock.time()) + 7)}, (5.9, 7.3)),
        "epoch milliseconds": (
            lambda: {"X-Ratelimit-RetryAfter": str(int(clock.time() * 1000) + 7000)},
            (6.5, 7.3),
        ),
        "seconds": (lambda: {"Retry-After": "7"}, (6.5, 7.3)),
        "a date": (
            lambda: {
                "Retry-After": datetime.datetime.fromtimestamp(
                    clock.time() + 8, datetime.timezone.utc
                ).strftime("%a, %d %b %Y %H:%M:%S GMT")
            },
            (6.5, 8.3),
        ),
        "missing": (dict, (0.3, 0.9)),
        "in the past": (lambda: {"X-Ratelimit-RetryAfter": str(int(clock.time()) - 100)}, (1.9, 2.4)),
        "absurdly far": (lambda: {"X-Ratelimit-RetryAfter": str(int(clock.time()) + 10**8)}, (59.9, 60.3)),
        "nonsense": (lambda: {"X-Ratelimit-RetryAfter": "soon"}, (0.3, 0.9)),
        "infinite": (lambda: {"X-Ratelimit-RetryAfter": "inf"}, (0.3, 0.9)),
    }.items():
        header, (low, high) = expected[0](), expected[1]
        falcon.script = [rate_limited(falcon, header), falcon.ok([{"id": "1"}])]
        client = connect()
        clock.slept.clear()
        assert write(client).resources, f"{form}: a write that was refused for the rate was not carried out"
        assert low <= clock.slept[0] <= high, form
        assert client.requests.retried == 1, form
        assert len(client.warnings) == 1 and "rate limit" in client.warnings[0], form


@pytest.mark.parametrize(
    ("told", "most"), [("remaining and wait", 9), ("wait", 14), ("remaining", 10), ("nothing", 16)]
)
def test_a_small_rate_limit_is_not_hammered(falcon, connect, clock, told, most):
    """3 requests in any 2 seconds, four threads: few are refused, and all get through."""
    times: list[float] = []
    refused = []
    lock = threading.Lock()

    def limited(request):
        with lock:
            now = clock.time()
            recent = [one for one in times if one > now - 2]
            if len(recent) >= 3:
                refused.append(now)
                until = {"X-Ratelimit-RetryAfter": str(int(recent[0] + 2) + 1)} if "wait" in told else {}
                return falcon.error(429, headers=until)
            times.append(now)
            left = {"X-Ratelimit-Limit": "3", "X-Ratelimit-Remaining": str(2 - len(recent))}
            return falcon.ok([{"id": "1"}], headers=left if "remaining" in told else {})

    falcon.handler = limited
    client = connect(concurrency=4)
    threads = [threading.Thread(target=lambda: [read(client) for _round in range(6)]) for _round in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(times) == 24
    assert len(refused) <= most


def test_a_large_rate_limit_costs_nothing(falcon, connect, clock):
    falcon.handler = lambda request: falcon.ok(
        headers={"X-Ratelimit-Limit": "6000", "X-Ratelimit-Remaining": "5990"}
    )
    client = connect()
    for _round in range(20):
        read(client)
    assert clock.slept == []


def test_an_expired_token_is_replaced_once(falcon, connect):
    falcon.script = [falcon.error(401, "access denied, invalid bearer token"), falcon.ok([{"id": "1"}])]
    client = connect()
    assert write(client).resources == [{"id": "1"}]
    assert [request.headers["authorization"] for request in falcon.requests] == [
        "Bearer token-1",
        "Bearer token-2",
    ]
    assert client.requests.dict()["retried"] == 0, "a refresh is not counted"
    assert client.warnings == []


def test_threads_that_are_refused_together_share_one_new_token(falcon, connect):
    barrier = threading.Barrier(4, timeout=10)
    good = {"Bearer token-1", "Bearer token-2"}

    def handler(request):
        if request.headers["authorization"] in good:
            return falcon.ok([{"id": "1"}])
        barrier.wait()
        return falcon.error(401)

    falcon.handler = handler
    client = connect(concurrency=4)
    read(client)
    good.remove("Bearer token-1")
    threads = [threading.Thread(target=read, args=[client]) for _round in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(falcon.tokens) == 2
    assert len(falcon.requests) == 9


def test_a_new_token_is_tried_by_one_request(falcon, connect):
    """Were all threads to send it at once, a refused one would be sent as often."""
    falcon.handler = lambda request: falcon.error(401)
    client = connect(concurrency=4)
    refusals = []

    def work():
        try:
            read(client)
        except AuthenticationError as error:
            refusals.append(error)

    threads = [threading.Thread(target=work) for _round in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refusals) == 4
    sent = [request.headers["authorization"] for request in falcon.requests]
    assert sorted(sent) == ["Bearer token-1"] + ["Bearer token-2"] * 3


def test_an_answer_that_trickles_in_is_cut(falcon, connect, monkeypatch):
    """Each byte in time, all of them never."""
    monkeypatch.setattr(transport.Transport, "longest_body", 0.3)
    client = connect(retries=0, timeout=5)
    falcon.handler = lambda request: falcon.trickle
    started = time.monotonic()
    with pytest.raises(Unavailable, match="does not come to an end"):
        read(client)
    assert time.monotonic() - started < 5


def test_a_secret_that_a_tenant_echoes_stays_out_of_what_is_read(falcon, connect, secret):
    falcon.handler = lambda request: falcon.ok([{"id": "1", "description": f"{secret} {request.headers}"}])
    answer = read(connect())
    assert secret not in str(answer)
    assert "token-1" in str(answer), "the test's own token is too short to be taken for one"


def test_tokens_that_are_good_for_two_requests_only(falcon, connect):
    """Four threads use a token up before all of them had their turn with it: it was good, so another is asked for."""
    used = {}
    lock = threading.Lock()

    def handler(request):
        with lock:
            bearer = request.headers["authorization"]
            used[bearer] = used.get(bearer, 0) + 1
            return falcon.ok([{"id": "1"}]) if used[bearer] <= 2 else falcon.error(401)

    falcon.handler = handler
    client = connect(concurrency=4)
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.extend(read(client).status for _round in range(3)))
        for _round in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 12


def test_unauthorized_for_ever_ends_after_one_new_token(falcon, connect):
    falcon.handler = lambda request: falcon.error(401)
    client = connect()
    for _round in range(2):
        with pytest.raises(AuthenticationError, match="HTTP 401"):
            read(client)
    assert (len(falcon.tokens), len(falcon.requests)) == (2, 4), "nothing is sent once it is hopeless"


def test_a_missing_scope_is_named(falcon, connect):
    falcon.handler = lambda request: falcon.error(403, "access denied, scope not permitted")
    with pytest.raises(PermissionRefused) as caught:
        write(connect())
    assert caught.value.details()["reason"] == "scope_missing"
    assert str(caught.value) == (
        'Could not create 1 indicator: Falcon answered HTTP 403, "access denied, scope not permitted" '
        "(trace id trace-e). Add the scope IOC Management: Write to the API client in the Falcon console. "
        "The playbook threatops.falcon.doctor finds out more."
    )
    assert len(falcon.requests) == 1


@pytest.mark.parametrize("status", [400, 404, 413, 414, 422])
def test_refusals_carry_the_answer(falcon, connect, status):
    falcon.script = [falcon.error(status, "row trouble", [{"row": 1, "message": "x"}])]
    with pytest.raises(RequestRefused, match="row trouble") as caught:
        write(connect())
    assert caught.value.status == status
    assert caught.value.answer.resources == [{"row": 1, "message": "x"}]


def test_an_html_refusal_is_told_as_one(falcon, connect):
    falcon.script = [falcon.html(413)]
    with pytest.raises(RequestRefused, match="HTTP 413 with a page instead of JSON") as caught:
        write(connect())
    assert caught.value.answer.page


def test_a_page_can_be_taken_for_a_refusal(falcon, connect):
    falcon.script = [falcon.html(500)]
    with pytest.raises(RequestRefused):
        read(connect(), size_may_be_refused=True)
    falcon.script = [falcon.html(503), falcon.ok([{"id": "1"}])]
    assert read(connect(), size_may_be_refused=True).resources, "a gateway's 503 is tried once more first"


def test_what_a_tenant_echoes_is_bounded_and_harmless(falcon, connect, secret):
    hostile = f"\x1b[31m{{{{ evil }}}}\x00\u202e {secret} Bearer token-1 https://u:p@h/ " + "A" * 10_000
    falcon.script = [falcon.error(400, hostile)]
    with pytest.raises(RequestRefused) as caught:
        read(connect())
    text = str(caught.value)
    assert secret not in text and "token-1" not in text and "u:p@" not in text
    assert text.isprintable() and len(text) < 500


def test_an_endless_body_is_cut(falcon, connect, monkeypatch):
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 1024 * 1024)
    falcon.handler = lambda request: falcon.raw(b'{"resources": ["' + b"A" * 3_000_000 + b'"]}')
    with pytest.raises(Unavailable, match="longer than 1 MiB"):
        read(connect(retries=1))
    assert len(falcon.requests) == 2


def test_a_closed_client_does_not_wait(falcon, monkeypatch):
    falcon.handler = lambda request: falcon.html(503)
    client = Client(Connection(access_token="t", base_url=falcon.url, max_wait=60.0))
    failures = []

    def work():
        try:
            read(client)
        except FalconError as error:
            failures.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    while not falcon.requests:
        pass
    client.close()
    thread.join(5)
    assert not thread.is_alive()
    assert failures == ["The run was stopped while waiting for Falcon."]


def test_trace_ids_of_writes_are_kept(falcon, connect):
    falcon.handler = lambda request: falcon.ok()
    client = connect()
    read(client)
    write(client)
    assert client.trace_ids == ["trace-1"]


def test_waiting_is_reported(falcon, connect, clock):
    heard = []
    falcon.script = [falcon.html(503), falcon.ok()]
    client = connect()
    client.progress = lambda *facts: heard.append(facts)
    client.report("reading", 5, 10)
    read(client)
    assert heard[0] == ("reading", 5, 10, None)
    assert heard[1][:3] == ("reading", 5, 10) and heard[1][3] > 1e9


def test_proxies(falcon, connect, monkeypatch):
    """A plain request to a proxy names the whole URL; what is not encrypted does not go to a proxy elsewhere."""
    falcon.handler = lambda request: falcon.ok()
    read(connect(base_url="http://127.0.0.1:9", access_token="t", client_secret=None, proxy=falcon.url))
    assert falcon.requests[-1].target.startswith("http://127.0.0.1:9/iocs")
    with pytest.raises(ConfigurationError, match="proxy"):
        read(connect(access_token="t", client_secret=None, proxy="http://proxy.example:3128"))
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    read(connect(access_token="t", client_secret=None))
    assert falcon.requests[-1].target.startswith("/iocs")
    monkeypatch.setenv("http_proxy", falcon.url)
    read(connect(base_url="http://127.0.0.1:9", access_token="t", client_secret=None))
    assert falcon.requests[-1].target.startswith("http://127.0.0.1:9/iocs")


def test_verification(tmp_path, monkeypatch, connect):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/environment.pem")
    authority = tmp_path / "ca.pem"
    authority.write_text("")

    def verify(**options):
        return connect(**options)._transport._verify

    assert verify() == "/environment.pem"
    assert verify(ca_path=str(authority)) == str(authority)
    assert verify(validate_certs=False) is False
    with pytest.raises(ConfigurationError, match="ca_path"):
        verify(ca_path="/nowhere.pem")


def test_a_secret_is_in_no_representation(connect, secret):
    client = connect()
    assert secret not in repr(client._tokens._connection)

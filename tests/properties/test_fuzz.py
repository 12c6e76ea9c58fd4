# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is parsed can be anything: the answer is then a clean error, never a crash and never too much."""

from __future__ import annotations

import contextlib
import datetime
import json
from typing import Any

import lists
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from run_task import run
from simulator_fixture import Tenant

from ansible_collections.threatops.falcon.plugins.module_utils.api import (
    envelope,
    fql,
    pace,
    regions,
    transport,
)
from ansible_collections.threatops.falcon.plugins.module_utils.api.envelope import well_formed
from ansible_collections.threatops.falcon.plugins.module_utils.api.errors import ConfigurationError
from ansible_collections.threatops.falcon.plugins.module_utils.api.redact import clean
from ansible_collections.threatops.falcon.plugins.module_utils.ioc import (
    expiry,
    fields,
    item,
    plan,
    record,
    values,
)

TEXT = st.text(max_size=60)
HOSTILE = st.text(alphabet="'\"\\*[](),:+!~<>= \t\nabnulltruexé☠\x00\u202e", min_size=1, max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
ITEM_FIELDS = st.sampled_from([*fields.FIELDS, "typo"])
NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.timezone.utc)


@given(text=HOSTILE)
def test_a_literal_is_itself_or_is_refused(text: str) -> None:
    try:
        literal = fql.literal(text)
    except ValueError:
        assert not fql.quotable(text)
        return
    quote = literal[0]
    assert literal == f"{quote}{text}{quote}"
    assert quote in "'\"" and quote not in text and "\\" not in text and "*" not in text


@given(source=HOSTILE, others=st.lists(HOSTILE, max_size=3))
@example(source="x'],source:['y", others=["y"])
@example(source='x"', others=["x"])
@example(source="*", others=["x", "xy"])
@example(source="x\\", others=["x"])
@example(source="x\0", others=["x"])
def test_a_filter_matches_only_what_it_names(
    simulator_server: Tenant, source: str, others: list[str]
) -> None:
    """Every owner is called something hostile; each finds its own and nobody else's."""
    tenant = simulator_server
    tenant.reset("empty")
    owners = list(dict.fromkeys([source, *others]))
    tenant.seed(
        indicators=[
            {"type": "domain", "value": f"host{number}.example", "action": "no_action", "source": owner}
            for number, owner in enumerate(owners)
        ]
    )
    result = run("falcon_ioc_info", tenant, sources=[source])
    assert "failed" not in result, result["msg"]
    assert [one["value"] for one in result["iocs"]] == ["host0.example"]
    assert result["total"] == 1
    purged = run("falcon_iocs", tenant, iocs=[], source=source, purge=True, purge_allow_empty=True)
    left = {one["value"] for one in tenant.indicators()}
    if source.strip() == source:
        assert "failed" not in purged, purged["msg"]
        assert left == {f"host{number}.example" for number in range(1, len(owners))}
    else:
        assert "host0.example" in left


@given(text=TEXT | st.from_regex(r"\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2}))?"))
def test_expirations(text: str) -> None:
    expiry.stored(text)
    try:
        instant = expiry.parse(text)
    except ValueError:
        return
    assert instant is None or expiry.parse(expiry.wire(instant)) == instant


@given(kind=st.sampled_from(values.TYPES) | TEXT, value=JSON | HOSTILE)
def test_values_have_one_normal_form(kind: str, value: Any) -> None:
    try:
        normal = values.normalise(kind, value)
    except values.ValueProblem:
        return
    assert values.normalise(kind, normal) == normal
    assert fql.quotable(normal)
    if kind not in ("all_subdomains",) and "." in normal and not normal.endswith("."):
        assert values.recognise(normal) is not None


@given(text=TEXT)
def test_what_a_value_is_recognised_as_is_its_normal_form(text: str) -> None:
    found = values.recognise(text)
    assert found is None or values.normalise(*found) == found[1]


@given(raw=JSON | st.dictionaries(ITEM_FIELDS, JSON, max_size=8))
def test_items(raw: Any) -> None:
    read = item.ItemReader(
        {"severity": "high", "platforms": ["ios"]}, {"md5": {"action": "prevent"}}, "owner"
    ).read(raw)
    assert isinstance(read.problem, str)
    assert read.identified or read.problem
    with contextlib.suppress(fields.FieldProblem):
        item.read_defaults(raw, "defaults")
    decided = plan.plan([read], [], plan.Policy(now=NOW, source="owner"))
    assert decided.digest()


@given(headers=st.dictionaries(st.sampled_from(["X-Ratelimit-RetryAfter", "Retry-After", "Date"]), TEXT))
@example(headers={"X-Ratelimit-RetryAfter": "1" * 400})
@example(headers={"X-Ratelimit-RetryAfter": "nan"})
@example(headers={"Retry-After": "Fri, 31 Dec 99999 23:59:59 GMT"})
def test_waits(headers: dict[str, str]) -> None:
    wait = pace.asked_wait(headers, 1_800_000_000.0)
    assert wait is None or 0 <= wait < float("inf")


@given(text=TEXT | st.from_regex(r"https?://[a-z0-9.:@\[\]/?#-]{1,30}"))
def test_base_urls(text: str) -> None:
    try:
        url = regions.check_base_url(text)
    except ConfigurationError:
        return
    assert "@" not in url and "?" not in url and "#" not in url
    host = url.partition("://")[2].partition("/")[0]
    assert (
        url.startswith("https://")
        or regions.is_loopback(host.rpartition(":")[0].strip("[]") or host)
        or (regions.is_loopback(host.strip("[]")))
    )


@given(text=st.text(max_size=3000), secret=st.text(alphabet="abcXYZ+/=&%", min_size=8, max_size=20))
def test_messages_are_one_bounded_line_without_secrets(text: str, secret: str) -> None:
    line = clean(f"{text[:200]}{secret}{text}", [secret])
    assert secret not in line and len(line) <= 310
    assert line.isprintable()


# What a tenant may answer instead of what it should.

ENVELOPES = st.fixed_dictionaries(
    {},
    optional={
        "meta": JSON
        | st.fixed_dictionaries(
            {},
            optional={
                "pagination": JSON
                | st.fixed_dictionaries(
                    {}, optional=dict.fromkeys(("total", "after", "offset", "limit"), JSON)
                ),
                "trace_id": JSON,
            },
        ),
        "resources": JSON
        | st.lists(
            JSON | st.dictionaries(st.sampled_from(["row", "message", "message_type", "field_name"]), JSON)
        ),
        "errors": JSON
        | st.lists(st.fixed_dictionaries({}, optional={"code": JSON, "message": JSON}), max_size=2),
        "access_token": JSON,
    },
)
_NAMES = (
    "id type value action mobile_action severity platforms tags host_groups metadata expiration description source "
    "deleted expired from_parent applied_globally"
)
BROKEN_RECORDS = st.dictionaries(st.sampled_from(_NAMES.split()), JSON)


class Scripted:
    """Stands in for the network: answers by script, then the same for ever."""

    def __init__(self, answers: list[tuple[int, bytes]]) -> None:
        self.answers = answers

    def send(self, kind: str) -> envelope.Reply:
        if kind == "token":
            status, raw = 201, b'{"access_token": "token", "expires_in": 1799}'
        else:
            status, raw = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return envelope.parse(status, {}, raw)


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    script = Scripted([(200, b"{}")])
    monkeypatch.setattr(
        transport.Transport, "send", lambda self, kind, method, url, headers, data: script.send(kind)
    )
    monkeypatch.setattr(pace.Waits, "sleep", lambda self, seconds: None)
    return script


class Nowhere:
    url, client_id, client_secret = "https://falcon.example", "c" * 32, "s" * 40


def every_task() -> None:
    """Each task against the script: a result, or a failure that says why."""
    wanted = [{"type": kind, "value": value, "action": "no_action"} for kind, value in lists.PAIRS[:6]]
    more = {"retries": 1, "max_wait": 0}
    results = [
        run("falcon_iocs", Nowhere, iocs=wanted, source="owner", purge=True, **more),
        run("falcon_iocs", Nowhere, iocs=[{**wanted[0], "host_groups": ["Servers"]}], **more),
        run("falcon_ioc", Nowhere, type="domain", value="a.example", state="absent", **more),
        run("falcon_ioc_info", Nowhere, types=["domain"], limit=3, **more),
        run("falcon_iocs", Nowhere, iocs=wanted[:1], api="legacy", **more),
        run("falcon_ioc_info", Nowhere, types=["domain"], api="legacy", **more),
        run("falcon_ioc_hosts_info", Nowhere, type="domain", value="a.example", **more),
        run("falcon_ioc_processes_info", Nowhere, type="domain", value="a.example", **more),
    ]
    for result in results:
        assert isinstance(result["changed"], bool)
        assert not result.get("failed") or result["msg"]
        assert result.get("code") != "internal", result["exception"]
        json.dumps(result)


@given(
    answers=st.lists(
        st.tuples(
            st.sampled_from([200, 200, 200, 201, 400, 401, 403, 404, 429, 500]),
            st.binary(max_size=40)
            | st.builds(lambda body: json.dumps(body).encode(), JSON | ENVELOPES)
            | st.builds(
                lambda rows, total: json.dumps(
                    {"meta": {"pagination": {"total": total}}, "errors": [], "resources": rows}
                ).encode(),
                st.lists(BROKEN_RECORDS, max_size=3),
                st.integers(0, 3),
            ),
        ),
        min_size=1,
        max_size=8,
    )
)
@example(answers=[(200, b'{"resources": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")])
@example(answers=[(200, b'{"meta": {"pagination": {"total": ' + b"9" * 5000 + b"}}}")])
@example(answers=[(200, b'{"meta": {"pagination": {"total": 1}}, "resources": [{"id": ["x"], "type": {}}]}')])
def test_any_answer_at_all(scripted: Scripted, answers: list[tuple[int, bytes]]) -> None:
    scripted.answers = list(answers)
    every_task()


@given(stored=BROKEN_RECORDS, sent=BROKEN_RECORDS)
def test_well_formed_records_can_be_read(stored: Any, sent: Any) -> None:
    if well_formed(stored):
        record.identity(stored)
        record.to_item(stored)
        record.has_expired(stored, NOW)
        for read in record.STORED.values():
            read(stored)

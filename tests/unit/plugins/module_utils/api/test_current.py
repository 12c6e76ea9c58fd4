# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing: every input has an outcome, and the outcome is what happened."""

from __future__ import annotations

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.api.current import Current
from ansible_collections.threatops.falcon.plugins.module_utils.api.errors import (
    IncompleteView,
    RequestRefused,
    Unavailable,
)


def body(number, **fields):
    return {
        "type": "domain",
        "value": f"{number}.example",
        "action": "detect",
        "severity": "high",
        "platforms": ["windows"],
        "applied_globally": True,
        **fields,
    }


def bodies(count, bad=()):
    return [body(number, **({"description": "bad"} if number in bad else {})) for number in range(count)]


def statuses(outcomes):
    return [outcome.status for outcome in outcomes]


def writes(falcon):
    return [request for request in falcon.requests if request.method != "GET"]


def sizes(falcon):
    return [len(request.body["indicators"]) for request in writes(falcon)]


def make(tenant, count):
    return [tenant.add(**{"kind": one.pop("type"), **one}) for one in bodies(count)]


def test_create_in_batches(falcon, tenant, connect):
    outcomes = Current(connect(concurrency=4)).create(
        bodies(450), comment="why", ignore_warnings=True, retrodetects=True
    )
    assert statuses(outcomes) == ["done"] * 450
    assert [outcome.record["value"] for outcome in outcomes] == [f"{number}.example" for number in range(450)]
    assert sorted(sizes(falcon)) == [50, 200, 200]
    for request in falcon.requests:
        assert request.method == "POST"
        assert request.body["comment"] == "why"
        assert request.query == [("ignore_warnings", "true"), ("retrodetects", "true")]


def test_flags_and_comment_are_only_sent_when_given(falcon, tenant, connect):
    Current(connect()).create(bodies(1))
    assert falcon.requests[0].query == []
    assert set(falcon.requests[0].body) == {"indicators"}


def test_nothing_to_write_sends_nothing(falcon, tenant, connect):
    current = Current(connect())
    assert current.create([]) == current.update([]) == current.delete([]) == current.get([]) == []
    assert falcon.requests == falcon.tokens == []


def test_one_bad_row_does_not_sink_the_rest(falcon, tenant, connect):
    outcomes = Current(connect()).create(bodies(600, bad={250}))
    assert statuses(outcomes) == ["done"] * 250 + ["failed"] + ["done"] * 349
    assert (outcomes[250].message, outcomes[250].code, outcomes[250].http_status) == (
        "description: is bad",
        "refused",
        400,
    )
    assert sizes(falcon) == [200, 200, 199, 200]


def test_one_bad_row_that_is_not_named_is_found(falcon, tenant, connect):
    tenant.names_rows = False
    outcomes = Current(connect()).create(bodies(1000, bad={250}))
    assert statuses(outcomes) == ["done"] * 250 + ["failed"] + ["done"] * 749
    assert "HTTP 400" in outcomes[250].message
    assert len(writes(falcon)) <= 5 + 2 * 8 + 4
    assert len(tenant.live()) == 999


def test_the_first_batch_holding_the_bad_row_does_not_slow_the_others_for_ever(falcon, tenant, connect):
    tenant.names_rows = False
    Current(connect()).create(bodies(4000, bad={0}))
    assert len(writes(falcon)) <= 20 + 2 * 8 + 4


@pytest.mark.parametrize("largest", [50, 1])
def test_a_tenant_that_takes_small_batches(falcon, tenant, connect, largest):
    tenant.largest_batch = largest
    client = connect()
    outcomes = Current(client).create(bodies(400))
    assert statuses(outcomes) == ["done"] * 400
    refused = [size for size in sizes(falcon) if size > largest]
    assert len(refused) <= 8, "found out once, not for every batch"
    assert len(client.warnings) == 1


@pytest.mark.parametrize("form", ["413", "html 413", "html 400", "414"])
def test_whatever_says_that_a_batch_is_too_large(falcon, tenant, connect, form):
    refusal = falcon.html(int(form[5:])) if form.startswith("html") else falcon.error(int(form))
    falcon.script = [refusal]
    assert statuses(Current(connect()).create(bodies(10))) == ["done"] * 10
    assert sizes(falcon) == [10, 5, 5]


def test_a_duplicate_is_a_conflict(falcon, tenant, connect):
    tenant.add("3.example", action="allow")
    outcomes = Current(connect()).create(bodies(10))
    assert statuses(outcomes) == ["done"] * 3 + ["conflict"] + ["done"] * 6
    assert len(tenant.live()) == 10


def test_other_warnings_are_failures_that_name_the_option(falcon, tenant, connect):
    row = {
        "row": 2,
        "type": "domain",
        "value": "1.example",
        "message_type": "warning",
        "message": "looks odd",
    }
    falcon.script = [falcon.error(400, "One or more", [row])]
    outcomes = Current(connect()).create(bodies(3))
    assert statuses(outcomes) == ["done", "failed", "done"]
    assert "looks odd" in outcomes[1].message and "ignore_warnings" in outcomes[1].message


def test_rows_inside_a_success_are_failures(falcon, tenant, connect):
    row = {"row": 1, "message_type": "error", "field_name": "value", "message": "required string is missing"}
    falcon.script = [falcon.ok([row], errors=[{"code": 400, "message": "one or more inputs are invalid"}])]
    outcomes = Current(connect()).create(bodies(2))
    assert statuses(outcomes) == ["failed", "done"]


def test_rows_that_do_not_exist_are_not_believed(falcon, tenant, connect):
    falcon.script = [
        falcon.error(400, "x", [{"row": 99, "message_type": "error"}, {"row": "1", "message_type": "error"}])
    ]
    assert statuses(Current(connect()).create(bodies(2))) == ["done", "done"]


def test_a_full_tenant_takes_no_more(falcon, tenant, connect):
    tenant.full = True
    outcomes = Current(connect()).create(bodies(600))
    assert statuses(outcomes) == ["failed"] * 200 + ["unsent"] * 400
    assert "1 million" in outcomes[0].message and "1 million" in outcomes[-1].message
    assert len(falcon.requests) == 1


def test_a_missing_scope_ends_it_at_once(falcon, tenant, connect):
    falcon.handler = lambda request: falcon.error(403, "access denied, authorization failed")
    outcomes = Current(connect()).create(bodies(600))
    assert statuses(outcomes) == ["failed"] * 200 + ["unsent"] * 400
    assert "IOC Management: Write" in outcomes[0].message and "IOC Management: Write" in outcomes[-1].message
    assert len(falcon.requests) == 1


def test_stopping_at_the_first_failure(falcon, tenant, connect):
    outcomes = Current(connect()).create(bodies(600, bad={0}), keep_going=False)
    assert outcomes[0].status == "failed"
    assert set(statuses(outcomes[1:])) == {"unsent"}
    assert "description: is bad" in outcomes[-1].message
    assert tenant.live() == []


def test_a_conflict_is_no_failure(falcon, tenant, connect):
    tenant.add("0.example")
    outcomes = Current(connect()).create(bodies(300), keep_going=False)
    assert statuses(outcomes) == ["conflict"] + ["done"] * 299


LOST = ["reset", "500", "html", "hang", "cut", "null", "missing", "wrong content type"]


def lost(falcon, tenant, how):
    if how == "null":
        tenant.echo = lambda rows: None
        return tenant
    if how == "missing":
        tenant.echo = lambda rows: rows[:-1]
        return tenant
    said = {
        "reset": falcon.reset,
        "500": falcon.error(500),
        "html": falcon.html(503),
        "hang": falcon.late(falcon.ok()),
        "cut": falcon.cut(falcon.ok(["x" * 100])),
        "wrong content type": falcon.html(200),
    }[how]
    return tenant.lost(said)


@pytest.mark.parametrize("how", LOST)
def test_a_create_whose_answer_is_lost_is_ours_and_not_sent_twice(falcon, tenant, connect, how):
    falcon.script = [lost(falcon, tenant, how)]
    client = connect(timeout=0.4)
    outcomes = Current(client).create(bodies(20))
    assert statuses(outcomes) == ["done"] * 20
    assert len(writes(falcon)) == 1
    assert len(tenant.live()) == 20
    assert all(outcome.record["id"] for outcome in outcomes)


@pytest.mark.parametrize("how", LOST)
def test_an_update_whose_answer_is_lost(falcon, tenant, connect, how):
    records = make(tenant, 20)
    falcon.script = [lost(falcon, tenant, how)]
    outcomes = Current(connect(timeout=0.4)).update([{"id": one["id"], "severity": "low"} for one in records])
    assert statuses(outcomes) == ["done"] * 20
    assert len(writes(falcon)) == 1
    assert all(outcome.record["severity"] == "low" for outcome in outcomes)


@pytest.mark.parametrize("how", [how for how in LOST if how != "missing"])
def test_a_delete_whose_answer_is_lost(falcon, tenant, connect, how):
    records = make(tenant, 20)
    falcon.script = [lost(falcon, tenant, how)]
    outcomes = Current(connect(timeout=0.4)).delete([one["id"] for one in records])
    assert statuses(outcomes) == ["done"] * 20
    assert len(writes(falcon)) == 1
    assert tenant.live() == []


@pytest.mark.parametrize("how", ["reset", "500", "html"])
def test_a_write_that_was_lost_before_it_happened_is_sent_again(falcon, tenant, connect, how):
    said = {"reset": falcon.reset, "500": falcon.error(500), "html": falcon.html(502)}[how]
    records = make(tenant, 3)
    client = connect()
    current = Current(client)
    falcon.script = [said]
    assert statuses(current.create([body("new")])) == ["done"]
    falcon.script = [said]
    assert statuses(current.update([{"id": one["id"], "severity": "low"} for one in records])) == ["done"] * 3
    falcon.script = [said]
    assert statuses(current.delete([one["id"] for one in records])) == ["done"] * 3
    assert client.requests.retried == 3, "a read-back with its resend is one retry"
    assert falcon.seen() == [
        "POST /iocs/entities/indicators/v1",
        "GET /iocs/combined/indicator/v1",
        "POST /iocs/entities/indicators/v1",
        "PATCH /iocs/entities/indicators/v1",
        "GET /iocs/entities/indicators/v1",
        "PATCH /iocs/entities/indicators/v1",
        "DELETE /iocs/entities/indicators/v1",
        "GET /iocs/entities/indicators/v1",
        "DELETE /iocs/entities/indicators/v1",
    ]
    assert len(client.warnings) == 1


def test_a_commit_that_comes_late_is_ours(falcon, tenant, connect):
    """The write is carried out after it was read back as missing: the resend meets its own duplicate."""
    late = []

    def post(request):
        late.append(request)
        return falcon.reset

    def read_back(request):
        said = tenant(request)
        tenant(late[0])
        return said

    falcon.script = [post, read_back]
    outcomes = Current(connect()).create(bodies(3))
    assert statuses(outcomes) == ["done"] * 3
    assert len(tenant.live()) == 3


def test_what_somebody_else_created_meanwhile_is_no_doing_of_ours(falcon, tenant, connect):
    tenant.add("0.example", action="allow")
    falcon.script = [falcon.reset]
    outcomes = Current(connect()).create(bodies(2))
    assert statuses(outcomes) == ["conflict", "done"]


def test_a_write_that_is_never_answered(falcon, tenant, connect):
    falcon.handler = lambda request: falcon.reset if request.method == "POST" else tenant(request)
    client = connect(retries=2)
    outcomes = Current(client).create(bodies(2000))
    assert statuses(outcomes) == ["failed"] * 200 + ["unsent"] * 1800
    assert "has not been created" in outcomes[0].message
    assert sizes(falcon) == [200, 200, 100, 100]
    assert client.requests.retried <= 4


def test_what_stands_in_between_lets_small_batches_through(falcon, tenant, connect):
    """A gateway that gives up on a large batch (504), time and again."""

    def handler(request):
        large = request.method == "PATCH" and len(request.body["indicators"]) > 100
        return falcon.error(504) if large else tenant(request)

    records = make(tenant, 400)
    falcon.handler = handler
    outcomes = Current(connect()).update([{"id": one["id"], "severity": "low"} for one in records])
    assert statuses(outcomes) == ["done"] * 400
    assert sizes(falcon) == [200, 200, 200, 100, 100, 100, 100]


@pytest.mark.parametrize("how", ["500", "html 500", "html 503"])
def test_a_tenant_that_breaks_on_large_batches(falcon, tenant, connect, how):
    broken = falcon.html(int(how[5:])) if how.startswith("html") else falcon.error(500)

    def handler(request):
        large = request.method != "GET" and len(request.body["indicators"]) > 50
        return broken if large else tenant(request)

    falcon.handler = handler
    client = connect(concurrency=1)
    assert statuses(Current(client).create(bodies(450))) == ["done"] * 450
    assert sizes(falcon)[:5] == [200, 200, 100, 100, 50]
    assert len(writes(falcon)) == 4 + 9, "found out once, not for every batch"


def test_one_row_that_breaks_the_tenant_does_not_sink_the_rest(falcon, tenant, connect):
    falcon.handler = lambda request: falcon.error(500) if b'"3.example"' in request.raw else tenant(request)
    outcomes = Current(connect(retries=1)).create(bodies(20))
    assert [number for number, outcome in enumerate(outcomes) if outcome.status != "done"] == [3]
    assert "HTTP 500" in outcomes[3].message


def test_a_tenant_that_is_broken_is_left_alone(falcon, tenant, connect):
    falcon.handler = lambda request: falcon.error(500) if request.method == "POST" else tenant(request)
    client = connect(retries=2, concurrency=1)
    assert "done" not in statuses(Current(client).create(bodies(2000)))
    assert len(writes(falcon)) <= 2 * 8 + 2 * 3
    assert client.given_up


def test_a_read_back_that_fails_claims_nothing(falcon, tenant, connect):
    falcon.handler = lambda request: falcon.reset
    outcomes = Current(connect(retries=1)).create(bodies(500))
    assert statuses(outcomes) == ["failed"] * 200 + ["unsent"] * 300
    assert "not known" in outcomes[0].message


def test_a_rate_limited_write_is_repeated(falcon, tenant, connect):
    falcon.script = [falcon.error(429)]
    assert statuses(Current(connect()).create(bodies(2))) == ["done", "done"]
    assert sizes(falcon) == [2, 2]


def test_what_is_stored_must_be_what_was_sent(falcon, tenant, connect):
    tenant.echo = lambda rows: [{**row, "action": "no_action"} for row in rows]
    outcomes = Current(connect()).create(bodies(1))
    assert statuses(outcomes) == ["failed"]
    assert outcomes[0].message == "Falcon answered HTTP 201 but stored action 'no_action' instead of 'detect'"
    assert outcomes[0].record["id"]


def test_answers_are_matched_by_identity_not_by_place(falcon, tenant, connect):
    tenant.echo = lambda rows: [{**row, "value": row["value"].upper()} for row in reversed(rows)]
    outcomes = Current(connect()).create(bodies(3))
    assert [outcome.record["value"] for outcome in outcomes] == ["0.EXAMPLE", "1.EXAMPLE", "2.EXAMPLE"]


def test_a_success_that_stored_nothing_is_no_success(falcon, tenant, connect):
    nothing = falcon.ok(None, status=201, errors=None)
    falcon.handler = lambda request: nothing if request.method == "POST" else tenant(request)
    outcomes = Current(connect()).create(bodies(1))
    assert (outcomes[0].status, outcomes[0].message) == (
        "failed",
        "Falcon answered HTTP 201 but has not created it",
    )
    assert sizes(falcon) == [1, 1], "it is sent once more, and no more"
    falcon.script = [falcon.ok([], status=201, errors=[{"code": 400, "message": "quota"}])]
    assert (Current(connect()).create(bodies(1))[0].message) == "quota"


@pytest.mark.parametrize(("code", "status"), [(404, "gone"), (400, "done")])
def test_a_deletion_that_only_reports_an_error(falcon, tenant, connect, code, status):
    """Deleted by somebody else before, or by ours in spite of what it says."""
    records = make(tenant, 2)
    for record in records:
        record["deleted"] = True
    falcon.script = [falcon.ok([], errors=[{"code": code, "message": "no"}])]
    assert statuses(Current(connect()).delete([one["id"] for one in records])) == [status] * 2


def test_a_deletion_that_leaves_out_what_was_gone(falcon, tenant, connect):
    records = make(tenant, 3)
    records[1]["deleted"] = True
    falcon.script = [falcon.ok([records[0]["id"], records[2]["id"]], errors=None)]
    assert statuses(Current(connect()).delete([one["id"] for one in records])) == ["done", "gone", "done"]


@pytest.mark.parametrize("resources", [None, []])
def test_what_a_success_left_out_is_sent_once_more(falcon, tenant, connect, resources):
    records = make(tenant, 3)
    nothing = falcon.ok(resources, errors=None)
    client = connect()
    falcon.script = [nothing]
    assert statuses(Current(client).create([body(number) for number in range(3, 6)])) == ["done"] * 3
    falcon.script = [nothing]
    assert statuses(Current(client).update([{"id": records[0]["id"], "severity": "low"}])) == ["done"]
    falcon.script = [nothing]
    assert statuses(Current(client).delete([one["id"] for one in records])) == ["done"] * 3
    assert len(writes(falcon)) == 6 and len(tenant.live()) == 3
    assert len(client.warnings) == 1 and "not carried out, and sent again" in client.warnings[0]


@pytest.mark.parametrize("echo", [True, False], ids=["named", "unnamed"])
def test_what_a_refused_batch_stored_all_the_same_is_not_stored_twice(falcon, tenant, connect, echo):
    """With ignore_warnings a duplicate is no reason to refuse: a repeat would be stored beside the first."""

    def careless(request):
        if request.method != "POST":
            return tenant(request)
        rows = request.body["indicators"]
        good = [row for row in rows if not tenant.bad(row)]
        for row in good:
            tenant.add(row["value"], row["type"], **{k: row[k] for k in row if k not in ("type", "value")})
        if good == rows:
            return falcon.ok(tenant.live()[-len(rows) :], status=201, errors=None)
        shown = [
            {"row": rows.index(row) + 1 if echo else None, "message": "is bad"}
            for row in rows
            if row not in good
        ]
        return falcon.error(400, "One or more", shown)

    falcon.handler = careless
    outcomes = Current(connect()).create(bodies(20, bad={7}), ignore_warnings=True)
    assert statuses(outcomes) == ["done"] * 7 + ["failed"] + ["done"] * 12
    assert outcomes[7].message == "is bad"
    assert sorted(one["value"] for one in tenant.live()) == sorted(
        f"{n}.example" for n in range(20) if n != 7
    )


def test_a_batch_refused_with_a_success_is_sent_in_smaller_ones(falcon, tenant, connect):
    refusal = falcon.ok([], status=201, errors=[{"code": 400, "message": "no"}])
    falcon.handler = lambda request: refusal if b'"3.example"' in request.raw else tenant(request)
    outcomes = Current(connect()).create(bodies(20))
    assert [(n, one.message) for n, one in enumerate(outcomes) if one.status != "done"] == [(3, "no")]


def test_one_that_is_gone_does_not_sink_the_others_in_a_success(falcon, tenant, connect):
    records = make(tenant, 10)
    records[3]["deleted"] = True
    falcon.script = [falcon.ok([], errors=[{"code": 404, "message": "not found"}])]
    outcomes = Current(connect()).update([{"id": one["id"], "severity": "low"} for one in records])
    assert statuses(outcomes) == ["done" if number != 3 else "gone" for number in range(10)]
    assert sizes(falcon) == [10, 9]


def test_a_missing_scope_ends_the_other_verbs_too(falcon, tenant, connect):
    records = make(tenant, 1)
    falcon.script = [falcon.error(403)]
    current = Current(connect())
    assert statuses(current.create(bodies(1))) == ["failed"]
    outcomes = current.delete([records[0]["id"]])
    assert outcomes[0].status == "unsent" and "IOC Management: Write" in outcomes[0].message
    assert len(writes(falcon)) == 1


def test_update_sends_what_changes_by_id(falcon, tenant, connect):
    records = make(tenant, 250)
    outcomes = Current(connect(), batch_size=100).update(
        [{"id": one["id"], "severity": "low"} for one in records], comment="why"
    )
    assert statuses(outcomes) == ["done"] * 250
    assert sizes(falcon) == [100, 100, 50]
    assert falcon.requests[0].method == "PATCH"
    assert falcon.requests[0].body["comment"] == "why"
    assert falcon.requests[0].body["indicators"][0] == {"id": records[0]["id"], "severity": "low"}


def test_updating_what_somebody_has_deleted(falcon, tenant, connect):
    records = make(tenant, 10)
    records[3]["deleted"] = True
    del tenant.records[records[7]["id"]]
    outcomes = Current(connect()).update([{"id": one["id"], "severity": "low"} for one in records])
    assert statuses(outcomes) == ["done" if number not in (3, 7) else "gone" for number in range(10)]
    assert sizes(falcon) == [10, 8]


def test_a_tenant_that_updates_the_others_in_spite_of_its_404(falcon, tenant, connect):
    records = make(tenant, 3)
    records[1]["deleted"] = True

    def careless(request):
        for record in (records[0], records[2]):
            record["severity"] = "low"
        return falcon.error(404)

    falcon.script = [careless]
    outcomes = Current(connect()).update([{"id": one["id"], "severity": "low"} for one in records])
    assert statuses(outcomes) == ["done", "gone", "done"]
    assert len(writes(falcon)) == 1


def test_delete_by_id_in_urls_that_fit(falcon, tenant, connect):
    records = make(tenant, 450)
    outcomes = Current(connect(), batch_size=2000).delete(
        [one["id"] for one in records], comment="clean up: a+b"
    )
    assert statuses(outcomes) == ["done"] * 450
    assert [len(request.all("ids")) for request in falcon.requests] == [200, 200, 50]
    assert all(request.get("comment") == "clean up: a+b" for request in falcon.requests)
    assert max(len(request.target) for request in falcon.requests) <= 18_000


def test_a_long_comment_leaves_less_room_for_ids(falcon, tenant, connect):
    records = make(tenant, 300)
    Current(connect()).delete([one["id"] for one in records], comment="ü" * 1500)
    assert max(len(request.target) for request in falcon.requests) <= 18_000


def test_deleting_what_somebody_has_deleted(falcon, tenant, connect):
    records = make(tenant, 10)
    records[0]["deleted"] = True
    del tenant.records[records[9]["id"]]
    outcomes = Current(connect()).delete([one["id"] for one in records])
    assert statuses(outcomes) == ["gone"] + ["done"] * 8 + ["gone"]
    assert tenant.live() == []


def test_deleting_one_that_is_gone(falcon, tenant, connect):
    assert statuses(Current(connect()).delete(["f" * 64])) == ["gone"]


def test_get_by_id(falcon, tenant, connect):
    records = make(tenant, 250)
    records[0]["deleted"] = True
    found = Current(connect()).get([one["id"] for one in records] + ["f" * 64])
    assert len(found) == 250
    assert [len(request.all("ids")) for request in falcon.requests] == [100, 100, 51]


def test_get_where_one_unknown_spoils_all(falcon, connect):
    def handler(request):
        if "bad" in request.all("ids"):
            return falcon.error(404)
        return falcon.ok([{"id": one} for one in request.all("ids")])

    falcon.handler = handler
    ids = [f"i{number}" for number in range(9)]
    assert {record["id"] for record in Current(connect()).get([*ids, "bad"])} == set(ids)
    assert Current(connect()).get(["bad"]) == []


@pytest.mark.parametrize("short", [None, []])
def test_what_a_success_does_not_mention_is_asked_for_again(falcon, tenant, connect, short):
    ids = [one["id"] for one in make(tenant, 3)]
    falcon.script = [falcon.ok(short)]
    assert len(Current(connect()).get(ids)) == 3
    falcon.script = [falcon.reset, falcon.ok(short)]
    outcomes = Current(connect()).update([{"id": one, "severity": "low"} for one in ids])
    assert statuses(outcomes) == ["done"] * 3


def test_find(falcon, tenant, connect):
    for number in range(5):
        tenant.add(f"{number}.example", source="ours" if number else "a*b")
    current = Current(connect())
    found = current.search({"sources": ["ours"]}, sort="value.asc", limit=2, from_parent=False)
    assert (len(found.records), found.total, found.fql) == (2, 4, "source:['ours']+deleted:false")
    assert falcon.requests[-1].query == [
        ("filter", "source:['ours']+deleted:false"),
        ("sort", "value.asc"),
        ("from_parent", "false"),
        ("limit", "2"),
    ]
    found = current.search({"sources": ["a*b"]})
    assert (len(found.records), found.total, found.fql) == (1, 1, "deleted:false")
    raw = "type: 'domain' + value:*'*x*'"
    assert current.search({"filter": raw}).fql == raw
    assert falcon.requests[-1].get("filter") == raw


def test_progress_counts_what_is_settled(falcon, tenant, connect):
    heard = []
    client = connect()
    client.progress = lambda *facts: heard.append(facts[:3])
    Current(client).create(bodies(300))
    assert heard == [("creating", 200, 300), ("creating", 300, 300)]


def test_hostile_row_messages_are_harmless(falcon, tenant, connect, secret):
    row = {"row": 1, "message_type": "error", "field_name": "\x1b[2J", "message": f"{secret}\n" + "A" * 9999}
    falcon.script = [falcon.error(400, "x", [row])]
    message = Current(connect()).create(bodies(1))[0].message
    assert secret not in message and message.isprintable() and len(message) < 400


def careless(falcon, tenant):
    """A tenant that refuses a batch by name of a row, and stores the good rows before it all the same."""

    def handler(request):
        if request.method != "POST":
            return tenant(request)
        rows = request.body["indicators"]
        bad = [number for number, row in enumerate(rows) if tenant.bad(row)]
        for row in rows[: bad[0]] if bad else []:
            tenant.add(row["value"], row["type"], **{k: row[k] for k in row if k not in ("type", "value")})
        return (
            falcon.error(400, "One or more", [{"row": bad[0] + 1, "message": "is bad"}])
            if bad
            else tenant(request)
        )

    falcon.handler = handler


def test_what_a_refused_batch_stored_is_not_told_as_unsent(falcon, tenant, connect):
    careless(falcon, tenant)
    outcomes = Current(connect()).create(bodies(450, bad={7}), keep_going=False)
    assert statuses(outcomes) == ["done"] * 7 + ["failed"] + ["unsent"] * 442
    assert {one["value"] for one in tenant.live()} == {outcome.record["value"] for outcome in outcomes[:7]}
    assert {outcome.code for outcome in outcomes[8:]} == {"not_sent"}


def test_whether_a_refused_batch_stored_a_part_is_not_known(falcon, tenant, connect):
    careless(falcon, tenant)
    whole = falcon.handler
    falcon.handler = lambda request: falcon.error(403) if request.method == "GET" else whole(request)
    outcomes = Current(connect()).create(bodies(20, bad={7}), keep_going=False)
    assert statuses(outcomes) == ["failed"] * 20
    assert "is not known" in outcomes[0].message and "is bad" in outcomes[7].message


def test_what_exists_but_is_not_shown_is_waited_for(falcon, tenant, connect, clock):
    """A search that lags behind: Falcon refuses the duplicate, and shows it only the third time that it is asked."""
    tenant.add("0.example", action="allow")
    hidden = [falcon.ok([], total=0)] * 2
    falcon.script = [tenant, *hidden]
    client = connect()
    outcomes = Current(client).create(bodies(1))
    assert statuses(outcomes) == ["conflict"]
    assert outcomes[0].record["action"] == "allow"
    assert len(clock.slept) == 2 and clock.slept[0] < clock.slept[1]
    assert any("lags behind" in text for text in client.warnings)


@pytest.mark.parametrize(("settle", "looks"), [(0, 3), (30, 8)])
def test_the_wait_is_bounded(falcon, tenant, connect, clock, settle, looks):
    tenant.add("0.example", action="allow")
    falcon.handler = lambda request: tenant(request) if request.method == "POST" else falcon.ok([], total=0)
    outcomes = Current(connect(retries=2, settle=settle)).create(bodies(1))
    assert statuses(outcomes) == ["conflict"] and outcomes[0].record is None
    reads = [request for request in falcon.requests if request.method == "GET"]
    assert len(reads) <= looks
    assert sum(clock.slept) >= settle


def test_what_is_lost_is_not_sent_again_with_ignore_warnings(falcon, tenant, connect):
    falcon.script = [falcon.reset, falcon.ok([], total=0)]
    outcomes = Current(connect()).create(bodies(2), ignore_warnings=True)
    assert statuses(outcomes) == ["done"] * 2
    assert [request.get("ignore_warnings") for request in writes(falcon)] == ["true", None]


def test_a_warning_proves_that_a_lost_create_was_not_carried_out(falcon, tenant, connect):
    """Sent again without ignore_warnings it is warned of, but not as a duplicate: then it may be sent with it."""

    def picky(request):
        if request.get("ignore_warnings"):
            return tenant(request)
        problem = {"row": 1, "message_type": "warning", "message": "looks odd"}
        return falcon.error(400, "One or more", [problem])

    falcon.script = [falcon.reset, falcon.ok([], total=0), picky]
    outcomes = Current(connect()).create(bodies(1), ignore_warnings=True)
    assert statuses(outcomes) == ["done"]
    assert [request.get("ignore_warnings") for request in writes(falcon)] == ["true", None, "true"]


def test_a_tenant_that_takes_fewer_ids(falcon, tenant, connect):
    ids = [one["id"] for one in make(tenant, 90)]

    def handler(request):
        return falcon.error(400, "too many ids") if len(request.all("ids")) > 30 else tenant(request)

    falcon.handler = handler
    current = Current(connect())
    assert len(current.get(ids)) == 90
    asked = len(falcon.requests)
    assert len(current.get(ids)) == 90
    assert len(falcon.requests) - asked == 4, "found out once"


def test_a_refusal_of_few_ids_is_told(falcon, tenant, connect):
    falcon.handler = lambda request: falcon.error(400, "malformed id")
    with pytest.raises(RequestRefused, match="malformed id"):
        Current(connect()).get(["x"])


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_an_error_inside_a_read_by_id_is_never_a_view(falcon, tenant, connect, clock, rows):
    records = make(tenant, 3)
    half = falcon.ok(records[:rows], errors=[{"code": 500, "message": "shard failed"}])
    falcon.script = [half, half]
    assert len(Current(connect()).get([one["id"] for one in records])) == 3
    falcon.script = [half] * 3
    with pytest.raises((IncompleteView, Unavailable), match="shard failed"):
        Current(connect(retries=2)).get([one["id"] for one in records])


def test_reread_leaves_out_what_is_gone(falcon, tenant, connect):
    records = make(tenant, 3)
    records[0]["deleted"] = True
    assert [one["id"] for one in Current(connect()).reread(records)] == [records[1]["id"], records[2]["id"]]
    assert Current(connect()).reread([]) == []

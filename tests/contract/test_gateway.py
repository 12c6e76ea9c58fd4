# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens, scopes, tenants, limits, scripted faults and the log of the simulator."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests
from simulator_fixture import Tenant

COMBINED = "/iocs/combined/indicator/v1"
ENTITIES = "/iocs/entities/indicators/v1"
CANARY = "canary_secret_that_must_never_be_logged0"


def domain(name: str = "evil.test", **more: Any) -> dict[str, Any]:
    row = {"type": "domain", "value": name, "action": "detect", "severity": "high", "platforms": ["windows"]}
    return {**row, "applied_globally": True, **more}


def post(tenant: Tenant, *rows: dict[str, Any], **more: Any) -> requests.Response:
    return tenant.call("POST", ENTITIES, json={"comment": "test", "indicators": list(rows)}, **more)


# tokens and scopes


def test_token_answer_has_the_vendors_shape_and_no_region(simulator: Tenant) -> None:
    form = {"client_id": simulator.client_id, "client_secret": simulator.client_secret}
    answer = requests.post(f"{simulator.url}/oauth2/token", data=form, timeout=5)
    assert answer.status_code == 201
    body = answer.json()
    assert sorted(body) == ["access_token", "expires_in", "token_type"] and body["expires_in"] == 1799
    assert "X-Cs-Region" not in answer.headers
    assert answer.headers["X-Ratelimit-Limit"] == "300"
    simulator.quirk(token_region="us-2")
    again = requests.post(f"{simulator.url}/oauth2/token", data=form, timeout=5)
    assert again.headers["X-Cs-Region"] == "us-2"


@pytest.mark.parametrize(
    ("form", "status", "text"),
    [
        (
            {"client_id": "nonsense", "client_secret": "x"},
            400,
            "Failed to generate access token for clientID=nonsense.",
        ),
        ({"client_id": "0" * 32, "client_secret": "x"}, 403, "Failed to issue access token"),
        ({}, 400, "Failed to generate access token"),
    ],
)
def test_wrong_credentials(simulator: Tenant, form: dict[str, str], status: int, text: str) -> None:
    answer = requests.post(f"{simulator.url}/oauth2/token", data=form, timeout=5)
    assert answer.status_code == status
    body = answer.json()
    assert body["meta"]["powered_by"] == "csam" and body["errors"][0]["message"].startswith(text)


@pytest.mark.parametrize("path", [COMBINED, "/devices/combined/host-groups/v1", "/no/such/path"])
def test_bad_bearer_is_401_with_the_vendors_text(simulator: Tenant, path: str) -> None:
    answer = requests.get(simulator.url + path, headers={"Authorization": "Bearer nonsense"}, timeout=5)
    assert answer.status_code == 401 and answer.headers["X-Ratelimit-Limit"] == "15"
    body = answer.json()
    assert body["errors"] == [{"code": 401, "message": "access denied, invalid bearer token"}]
    assert body["meta"]["powered_by"] == "crowdstrike-api-gateway" and "resources" not in body


def test_a_client_does_only_what_its_scopes_open(simulator: Tenant) -> None:
    client = {"client_id": "1" * 32, "client_secret": "s" * 40, "scopes": ["ioc_management_read"]}
    simulator.seed(clients=[client])
    token = simulator.token("1" * 32, "s" * 40)
    assert simulator.call("GET", COMBINED, token=token).status_code == 200
    refused = post(simulator, domain(), token=token)
    assert refused.status_code == 403
    assert refused.json()["errors"] == [{"code": 403, "message": "access denied, scope not permitted"}]
    simulator.quirk(scope_refusal="authorization_failed")
    refused = post(simulator, domain(), token=token)
    assert refused.json()["errors"] == [{"code": 403, "message": "access denied, authorization failed"}]
    assert simulator.call("GET", "/devices/combined/host-groups/v1", token=token).status_code == 403
    simulator.quirk(ran_on_scope="iocs")
    pair = {"type": "domain", "value": "evil.test"}
    path = "/iocs/queries/indicators/devices/v1"
    assert simulator.call("GET", path, token=token, params=pair).status_code == 403
    simulator.quirk(ran_on_scope="either")
    assert simulator.call("GET", path, token=token, params=pair).status_code == 404


def test_member_cid_separates_tenants(demo_simulator: Tenant) -> None:
    child = demo_simulator.token(member_cid="C41D0000000000000000000000000001-AB")
    assert post(demo_simulator, domain("child.test"), token=child).status_code == 201
    values = {
        record["value"] for record in demo_simulator.call("GET", COMBINED, token=child).json()["resources"]
    }
    assert values == {"child.test", "from-parent.example.org"}
    assert "child.test" not in {record["value"] for record in demo_simulator.indicators()}
    own = demo_simulator.call("GET", COMBINED, token=child, params={"from_parent": "false"}).json()
    assert own["meta"]["pagination"]["total"] == 1
    form = {"client_id": demo_simulator.client_id, "client_secret": demo_simulator.client_secret}
    stranger = requests.post(
        f"{demo_simulator.url}/oauth2/token", data={**form, "member_cid": "f" * 32}, timeout=5
    )
    assert stranger.status_code == 403


def test_a_parents_indicator_cannot_be_changed(demo_simulator: Tenant) -> None:
    token = demo_simulator.token(member_cid="c41d0000000000000000000000000001")
    (inherited,) = demo_simulator.call("GET", COMBINED, token=token, params={"from_parent": "true"}).json()[
        "resources"
    ]
    assert inherited["parent_cid_name"] == "Example Holding"
    change = {"indicators": [{"id": inherited["id"], "severity": "low"}]}
    assert demo_simulator.call("PATCH", ENTITIES, token=token, json=change).status_code == 403
    assert (
        demo_simulator.call("DELETE", ENTITIES, token=token, params={"ids": inherited["id"]}).status_code
        == 403
    )


# limits


def test_rate_limit_counts_down_and_answers_429_with_the_time(simulator: Tenant) -> None:
    token = simulator.token()
    simulator.quirk(rate_limit=3)
    left = [
        simulator.call("GET", COMBINED, token=token).headers["X-Ratelimit-Remaining"] for _time in range(3)
    ]
    assert left == ["2", "1", "0"]
    refused = simulator.call("GET", COMBINED, token=token)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["X-Ratelimit-Retryafter"]) - time.time() <= 61
    simulator.quirk(retry_after="milliseconds")
    assert int(simulator.call("GET", COMBINED, token=token).headers["X-Ratelimit-Retryafter"]) > 1e11
    simulator.quirk(retry_after="missing")
    assert "X-Ratelimit-Retryafter" not in simulator.call("GET", COMBINED, token=token).headers


def test_bad_tokens_lock_an_address_out(simulator: Tenant) -> None:
    answers = [simulator.call("GET", COMBINED, token="bad").status_code for _time in range(16)]
    assert answers == [401] * 15 + [429]


# strictness


def test_unknown_parameters_and_fields_are_refused_and_recorded(simulator: Tenant) -> None:
    token = simulator.token()
    assert simulator.call("GET", COMBINED, token=token, params={"limt": 5}).status_code == 400
    assert simulator.call("GET", COMBINED, token=token, params={"from_parent": "True"}).status_code == 400
    assert (
        simulator.call("GET", COMBINED, token=token, params=[("limit", 1), ("limit", 2)]).status_code == 400
    )
    bad_row = post(simulator, domain(colour="red"), token=token)
    assert bad_row.status_code == 400 and bad_row.json()["resources"][0]["field_name"] == "colour"
    assert simulator.call("POST", ENTITIES, token=token, json={"indicator": []}).status_code == 400
    assert simulator.call("POST", ENTITIES, token=token, data="{").status_code == 400
    said = [entry["violations"][0] for entry in simulator.violations()]
    assert said == [
        "unknown parameter limt",
        "bad value of from_parent",
        "repeated parameter limit",
        "row problem: colour: unknown field 'colour'",
        "unknown field indicator",
        "body is not JSON",
    ]
    simulator.quirk(strict=False)
    assert post(simulator, domain(colour="red"), token=token, params={"limt": 5}).status_code == 201
    simulator.quirk(strict=True)


def test_a_change_of_nothing_is_recorded(simulator: Tenant) -> None:
    (made,) = post(simulator, domain()).json()["resources"]
    same = {"indicators": [{"id": made["id"], "severity": "high"}]}
    assert simulator.call("PATCH", ENTITIES, json=same).status_code == 200
    assert [entry["violations"] for entry in simulator.violations()] == [["useless write: nothing changes"]]


def test_overlong_address_and_unknown_path_and_method(simulator: Tenant) -> None:
    token = simulator.token()
    ids = [("ids", f"{number:064x}") for number in range(480)]
    assert simulator.call("GET", ENTITIES, token=token, params=ids).status_code == 414
    assert simulator.call("GET", ENTITIES, token=token, params=ids[:200]).status_code == 404
    assert simulator.call("GET", "/iocs/nothing/v1", token=token).json()["errors"][0]["code"] == 404
    assert simulator.call("PUT", ENTITIES, token=token).headers["Allow"] == "GET, POST, PATCH, DELETE"


def test_no_secret_and_no_token_reaches_the_log(simulator: Tenant) -> None:
    simulator.seed(
        clients=[{"client_id": "2" * 32, "client_secret": CANARY, "scopes": ["ioc_management_read"]}]
    )
    token = simulator.token("2" * 32, CANARY)
    simulator.call(
        "GET", COMBINED, token=token, params={"filter": f"value:'{token}'"}, headers={"User-Agent": CANARY}
    )
    requests.post(
        f"{simulator.url}/oauth2/token",
        data={"client_id": "2" * 32, "client_secret": CANARY[::-1]},
        timeout=5,
    )
    text = str(simulator.log()) + str(simulator.dump())
    assert CANARY not in text and CANARY[::-1] not in text and token not in text
    assert simulator.log("POST", "/oauth2/token")[0]["body"] == {"client_id": "2" * 32}


def test_log_tells_what_was_sent(simulator: Tenant) -> None:
    post(simulator, domain("one.test"), domain("two.test"), params={"ignore_warnings": "true"})
    (entry,) = simulator.log("POST", ENTITIES)
    assert entry["status"] == 201 and entry["rows"] == 2 and entry["query"] == [["ignore_warnings", "true"]]
    assert entry["body"] == {"comment": "test", "indicators": 2, "first": ["one.test", "two.test"]}
    assert entry["client_id"] == simulator.client_id and entry["violations"] == []
    simulator.clear_log()
    assert simulator.log() == []


# scripted faults

POSTS = {"method": "POST", "path": ENTITIES}


def values(tenant: Tenant) -> set[str]:
    return {record["value"] for record in tenant.indicators()}


def test_nth_every_times_and_contents_choose_requests(simulator: Tenant) -> None:
    token = simulator.token()

    def statuses(count: int) -> list[int]:
        return [simulator.call("GET", COMBINED, token=token).status_code for _time in range(count)]

    read = {"path": "/iocs/combined/.*"}
    simulator.faults({"match": {**read, "nth": [2, 4]}, "do": {"status": 503}})
    assert statuses(5) == [200, 503, 200, 503, 200]
    simulator.faults({"match": {**read, "every": 2, "times": 1}, "do": {"status": 500}})
    assert statuses(5) == [200, 500, 200, 200, 200]
    simulator.faults({"match": {"body_contains": "evil"}, "do": {"status": 502}})
    assert post(simulator, domain("good.test"), token=token).status_code == 201
    assert post(simulator, domain("evil.test"), token=token).status_code == 502
    (rule,) = simulator.fault_counts()
    assert (rule["seen"], rule["fired"]) == (1, 1)
    simulator.faults()
    assert statuses(1) == [200]


@pytest.mark.parametrize("form", ["seconds", "milliseconds", "missing", "retry-after"])
def test_429_forms(simulator: Tenant, form: str) -> None:
    simulator.faults(
        {"match": {"path": COMBINED, "times": 1}, "do": {"status": 429, "retry_after": 7, "form": form}}
    )
    answer = simulator.call("GET", COMBINED)
    assert answer.status_code == 429 and answer.json()["errors"][0]["message"] == "API rate limit exceeded."
    header = answer.headers.get("X-Ratelimit-Retryafter")
    if form in ("seconds", "milliseconds"):
        seconds = int(header) / (1000 if form == "milliseconds" else 1)
        assert 5 < seconds - time.time() < 9
    else:
        assert header is None
    assert ("Retry-After" in answer.headers) == (form == "retry-after")


@pytest.mark.parametrize(
    ("action", "stored"),
    [
        ("reset_before", False),
        ("reset_after_commit", True),
        ("truncate", True),
        ({"hang_before": 0.2}, False),
    ],
)
def test_connection_trouble_before_and_after_the_write(simulator: Tenant, action: Any, stored: bool) -> None:
    token = simulator.token()
    simulator.faults({"match": POSTS, "do": action})
    with pytest.raises(requests.RequestException) as raised:
        post(simulator, domain(), token=token)
    if "reset" in str(action):
        assert "reset by peer" in str(raised.value)
    assert (values(simulator) == {"evil.test"}) == stored
    simulator.faults()
    assert simulator.call("GET", COMBINED, token=token).status_code == 200


@pytest.mark.parametrize(
    ("action", "status", "kind", "stored"),
    [
        ({"status": 500}, 500, "application/json", False),
        ({"status_after_commit": 504}, 504, "application/json", True),
        ({"html": 502}, 502, "text/html; charset=utf-8", False),
        ({"html_after_commit": 502}, 502, "text/html; charset=utf-8", True),
        ({"wrong_content_type": "text/plain"}, 201, "text/plain; charset=utf-8", True),
        ({"latency": 30}, 201, "application/json", True),
        ({"hang_after_commit": 0.1}, 201, "application/json", True),
    ],
)
def test_answers_that_mislead(simulator: Tenant, action: Any, status: int, kind: str, stored: bool) -> None:
    token = simulator.token()
    simulator.faults({"match": POSTS, "do": action})
    answer = post(simulator, domain(), token=token)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, kind)
    assert bool(values(simulator)) == stored


def test_a_client_that_gives_up_on_a_hanging_answer_finds_the_write_done(simulator: Tenant) -> None:
    token = simulator.token()
    simulator.faults({"match": POSTS, "do": {"hang_after_commit": 30}})
    with pytest.raises(requests.Timeout):
        post(simulator, domain(), token=token, timeout=0.3)
    assert values(simulator) == {"evil.test"}


@pytest.mark.parametrize("action", ["expire_token", "revoke_token"])
def test_token_lost_in_mid_run(simulator: Tenant, action: str) -> None:
    token = simulator.token()
    simulator.faults({"match": {"path": COMBINED, "nth": 2}, "do": action})
    assert [simulator.call("GET", COMBINED, token=token).status_code for _time in range(3)] == [200, 401, 401]
    assert simulator.call("GET", COMBINED).status_code == 200


def test_redirect_names_place_and_region(simulator: Tenant) -> None:
    place = simulator.url + "/oauth2/token"
    simulator.faults(
        {"match": {"path": "/oauth2/token", "times": 1}, "do": {"redirect": place, "region": "eu-1"}}
    )
    form = {"client_id": simulator.client_id, "client_secret": simulator.client_secret}
    answer = requests.post(place, data=form, timeout=5, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"], answer.headers["X-Cs-Region"]) == (
        308,
        place,
        "eu-1",
    )


def test_pages_that_do_not_add_up(simulator: Tenant) -> None:
    post(simulator, *[domain(f"n{number}.test") for number in range(4)])
    token = simulator.token()

    def page(action: Any, **params: Any) -> Any:
        simulator.faults({"match": {"path": COMBINED}, "do": action})
        return simulator.call("GET", COMBINED, token=token, params={"limit": 2, **params}).json()

    first = page({"latency": 0})
    after = first["meta"]["pagination"]["after"]
    assert page({"total_shifts": 3})["meta"]["pagination"]["total"] == 7
    assert page("repeat_after", after=after)["meta"]["pagination"]["after"] == after
    assert "after" not in page("after_missing")["meta"]["pagination"]
    assert page("resources_null")["resources"] is None
    assert "resources" not in page("resources_missing")
    assert len(page({"drop_rows": 1})["resources"]) == 1
    assert page({"errors_on_2xx": "half done"})["errors"] == [{"code": 500, "message": "half done"}]


def test_somebody_else_is_quicker(simulator: Tenant) -> None:
    row = {"type": "domain", "value": "evil.test", "source": "rival"}
    simulator.faults({"match": {**POSTS, "times": 1}, "do": {"seed_before": {"indicators": [row]}}})
    answer = post(simulator, domain())
    assert answer.status_code == 400 and answer.json()["resources"][0]["message_type"] == "warning"
    simulator.faults({"match": {"method": "PATCH"}, "do": {"delete_before": "value:['evil.test']"}})
    one = simulator.indicators()[0]["id"]
    change = {"indicators": [{"id": one, "severity": "low"}]}
    assert simulator.call("PATCH", ENTITIES, json=change).status_code == 404


def test_rules_that_are_not_understood_are_refused(simulator: Tenant) -> None:
    for rule in (
        {"do": "explode"},
        {"match": {"colour": 1}, "do": "truncate"},
        {"match": {}},
        {"match": {"path": "("}, "do": "truncate"},
    ):
        with pytest.raises(AssertionError, match="rule 1"):
            simulator.faults(rule)

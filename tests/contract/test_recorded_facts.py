# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What recorded answers of real tenants show is the simulator's default; what it did before is a quirk."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from simulator_fixture import Tenant

ENTITIES, COMBINED = "/iocs/entities/indicators/v1", "/iocs/combined/indicator/v1"
PLAIN = {"type": "domain", "value": "plain.example", "platforms": ["linux"], "applied_globally": True}


def listed(tenant: Tenant, **params: Any) -> list[dict[str, Any]]:
    body: dict[str, Any] = tenant.call("GET", COMBINED, params=params).json()
    rows: list[dict[str, Any]] = body["resources"]
    return rows


def test_a_create_needs_no_action(simulator: Tenant) -> None:
    answer = simulator.call("POST", ENTITIES, json={"indicators": [PLAIN]})
    (record,) = answer.json()["resources"]
    assert answer.status_code == 201
    assert (record["action"], record["mobile_action"], record["severity"]) == ("no_action", "no_action", "")
    assert "metadata" not in record
    simulator.quirk(action_on_create="required")
    again = {"indicators": [{**PLAIN, "value": "other.example"}]}
    assert simulator.call("POST", ENTITIES, json=again).json()["resources"][0]["field_name"] == "action"


def test_records_of_the_console_are_bare(simulator: Tenant) -> None:
    simulator.seed(indicators=[{"type": "domain", "value": "a.example"}, {"type": "md5", "value": "0" * 32}])
    for record in listed(simulator):
        assert "mobile_action" not in record
        assert (record["severity"], record["metadata"]) == ("", {})
    simulator.quirk(console_records="complete", empty_severity="absent")
    simulator.seed(indicators=[{"type": "sha256", "value": "0" * 64}])
    (record,) = listed(simulator, filter="type:'sha256'")
    assert "severity" not in record and record["mobile_action"] == "no_action"
    assert record["metadata"] == {"signed": False, "av_hits": -1}


def test_an_update_of_a_bare_record_completes_it_and_a_useless_one_is_noticed(simulator: Tenant) -> None:
    simulator.seed(indicators=[{"type": "domain", "value": "a.example", "source": "soc"}])
    (record,) = listed(simulator)
    same = {"indicators": [{"id": record["id"], "source": "soc"}]}
    (changed,) = simulator.call("PATCH", ENTITIES, json=same).json()["resources"]
    assert changed["mobile_action"] == "no_action"
    assert [entry["violations"] for entry in simulator.violations()] == [["useless write: nothing changes"]]


def test_expiry_does_not_add_a_mobile_action(simulator: Tenant) -> None:
    past = {"type": "domain", "value": "a.example", "action": "detect", "expiration": "2020-01-01T00:00:00Z"}
    simulator.seed(indicators=[past])
    (record,) = listed(simulator)
    assert (record["expired"], record["action"], "mobile_action" in record) == (True, "no_action", False)


def test_a_delete_has_no_pagination(simulator: Tenant) -> None:
    simulator.seed(
        indicators=[{"type": "domain", "value": "a.example"}, {"type": "domain", "value": "b.example"}]
    )
    first, second = (record["id"] for record in listed(simulator))
    answer = simulator.call("DELETE", ENTITIES, params={"ids": first}).json()
    assert "pagination" not in answer["meta"] and answer["errors"] is None
    simulator.quirk(delete_pagination="shown", errors_on_success="list")
    answer = simulator.call("DELETE", ENTITIES, params={"ids": second}).json()
    assert answer["meta"]["pagination"] == {"limit": 0, "total": 1} and answer["errors"] == []


def test_reads_by_id_and_row_problems_have_no_pagination(simulator: Tenant) -> None:
    simulator.seed(indicators=[{"type": "domain", "value": "a.example"}])
    (record,) = listed(simulator)

    def asked() -> list[bool]:
        answers = [
            simulator.call("GET", ENTITIES, params={"ids": record["id"]}),
            simulator.call("POST", ENTITIES, json={"indicators": [{"type": "domain"}]}),
        ]
        return ["pagination" in answer.json()["meta"] for answer in answers]

    assert asked() == [False, False]
    simulator.quirk(entities_pagination="shown")
    assert asked() == [True, True]


def test_keys_come_in_the_order_of_the_server_and_no_errors_are_null(simulator: Tenant) -> None:
    answer = simulator.call("GET", COMBINED)
    assert list(json.loads(answer.text)) == ["meta", "errors", "resources"]
    assert answer.json()["errors"] is None and "after" not in answer.json()["meta"]["pagination"]


def test_the_region_comes_with_ordinary_answers_and_refused_tokens(simulator: Tenant) -> None:
    token = simulator.token()
    assert simulator.call("GET", COMBINED, token=token).headers["X-Cs-Region"] == "us-1"
    assert simulator.call("GET", COMBINED, token="bad").headers["X-Cs-Region"] == "us-1"
    wrong = {"client_id": simulator.client_id, "client_secret": "wrong"}
    refused = requests.post(f"{simulator.url}/oauth2/token", data=wrong, timeout=10)
    assert (refused.status_code, refused.headers["X-Cs-Region"]) == (403, "us-1")
    assert refused.json()["errors"][0]["message"] == "Failed to issue access token - Not Authorized"
    simulator.quirk(token_region="eu-1")
    assert simulator.call("GET", COMBINED, token=token).headers["X-Cs-Region"] == "eu-1"
    simulator.quirk(token_region="none", region="none")
    assert "X-Cs-Region" not in simulator.call("GET", COMBINED, token=token).headers


@pytest.mark.parametrize(
    ("quirk", "values"), [("10_to_90", [0, 10, 30, 50, 70, 90]), ("1_to_5", [0, 1, 2, 3, 4, 5])]
)
def test_severity_numbers(simulator: Tenant, quirk: str, values: list[int]) -> None:
    names = ["", "informational", "low", "medium", "high", "critical"]
    simulator.seed(
        indicators=[
            {"type": "domain", "value": f"{name or 'none'}.example", "severity": name} for name in names
        ]
    )
    simulator.quirk(severity_number=quirk)
    found = [listed(simulator, filter=f"severity_number:{value}") for value in values]
    assert [[record["severity"] for record in rows] for rows in found] == [[name] for name in names]


def test_an_unknown_property_matches_nothing_and_is_noticed(simulator: Tenant) -> None:
    simulator.seed(indicators=[{"type": "domain", "value": "a.example"}])
    assert listed(simulator, filter="colour:'red'") == []
    assert len(simulator.violations()) == 1
    simulator.quirk(unknown_property="400")
    refused = simulator.call("GET", COMBINED, params={"filter": "colour:'red'"})
    assert (refused.status_code, refused.json()["errors"][0]["message"]) == (400, "check fql filter")


def test_an_unreadable_body(simulator: Tenant) -> None:
    refused = simulator.call("POST", ENTITIES, data="{", headers={"Content-Type": "application/json"})
    assert refused.json()["errors"][0]["message"] == "Provided data does not match expected format"


def test_process_ids_may_come_without_their_prefix(simulator: Tenant) -> None:
    one = "pid:15dbb9d8f06b45fe9f61eb46e829d986:528715079668"
    simulator.seed(processes=[{"process_id": one, "command_line": "evil.exe"}])

    def asked() -> str:
        answer = simulator.call("GET", "/processes/entities/processes/v1", params={"ids": one})
        return str(answer.json()["resources"][0]["process_id"])

    assert asked() == one
    simulator.quirk(process_id_prefix="missing")
    assert asked() == one[len("pid:") :]

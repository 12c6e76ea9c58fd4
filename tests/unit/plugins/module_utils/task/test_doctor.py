# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of falcon_doctor_info, on simulated tenants that are well, ill and odd."""

from __future__ import annotations

import json
import ssl
from pathlib import Path
from typing import Any

import pytest
from contract.replay.player import playing
from run_task import run
from simulator import likeness

from ansible_collections.threatops.falcon.plugins.module_utils.api.client import Client
from ansible_collections.threatops.falcon.plugins.module_utils.task import doctor, doctor_local
from ansible_collections.threatops.falcon.plugins.module_utils.task.doctor_findings import QUESTIONS, SCOPES
from ansible_collections.threatops.falcon.plugins.module_utils.task.doctor_reserved import SOURCE
from ansible_collections.threatops.falcon.plugins.module_utils.task.doctor_write import WriteTest

CID = "20879a8064904ecfbb62c118a6a19411"
ENTITIES, COMBINED = "/iocs/entities/indicators/v1", "/iocs/combined/indicator/v1"
NAMES = [
    *("python", "requests", "ansible_core", "collection", "dns", "proxy", "tls", "clock", "token", "region"),
    "member_cid",
    *(f"scope:{name}" for name in SCOPES),
    *("page_size", "rate_limit", "quota", "expired", "owners", "protection", "host_groups"),
]
SCOPE_NAMES = {
    "IOC Management:read": "ioc_management_read",
    "IOC Management:write": "ioc_management_write",
    "IOCs (Indicators of Compromise):read": "iocs_read",
    "Hosts:read": "hosts_read",
    "Host Groups:read": "host_groups_read",
}
WRITE = {"write_test": True, "confirm_cid": CID}


def look(tenant: Any, check: bool = False, **options: Any) -> dict[str, Any]:
    return run("falcon_doctor_info", tenant, check, **{"fail_on": "never", "retries": 0, **options})


def check(result: dict[str, Any], name: str) -> dict[str, str]:
    (found,) = [one for one in result["checks"] if one["name"] == name]
    return found


def statuses(result: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["status"] for one in result["checks"]}


def seen(result: dict[str, Any], number: str) -> Any:
    (found,) = [one for one in result["facts"] if one["id"] == number]
    return found["seen"]


def ours(tenant: Any) -> list[str]:
    return [one["value"] for one in tenant.indicators() if one.get("source") == SOURCE]


@pytest.fixture
def hurried(simulator: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The tenant's clock moves instead of the test waiting."""
    passed = [0.0]

    def pause(_client: Client, seconds: float) -> None:
        passed[0] += seconds
        simulator.clock(passed[0])

    monkeypatch.setattr(Client, "pause", pause)
    return simulator


# checks


def test_a_healthy_tenant(simulator: Any) -> None:
    simulator.seed(indicators=[{"type": "domain", "value": "a.example", "source": "soc", "action": "detect"}])
    result = look(simulator)
    assert [one["name"] for one in result["checks"]] == NAMES
    bad = {name: status for name, status in statuses(result).items() if status not in ("passed", "skipped")}
    assert (bad, result["verdict"], result["changed"]) == ({}, "passed", False)
    assert result["summary"][-1].startswith("Healthy: ")
    assert "By owner: soc 1; by action: detect 1" in check(result, "owners")["message"]
    assert [one["method"] for one in simulator.log(path="/iocs/") if one["method"] != "GET"] == []


@pytest.mark.parametrize("scope", SCOPES)
def test_a_missing_scope(hurried: Any, scope: str) -> None:
    scopes = sorted(set(SCOPE_NAMES.values()) - {SCOPE_NAMES[scope]})
    hurried.seed(clients=[{"client_id": "1" * 32, "client_secret": "s" * 40, "scopes": scopes}])
    result = look(hurried, client_id="1" * 32, client_secret="s" * 40, **WRITE)
    assert [one["name"] for one in result["checks"]] == NAMES
    failed = [name for name, status in statuses(result).items() if status == "failed"]
    assert failed == [f"scope:{scope}"]
    assert SCOPES[scope] in check(result, f"scope:{scope}")["message"] or scope == "IOC Management:write"
    assert result["verdict"] == "failed" and ours(hurried) == []


def test_a_refused_token_skips_the_rest_by_name(simulator: Any) -> None:
    result = look(simulator, client_secret="x" * 40, cloud="eu-1")
    assert [one["name"] for one in result["checks"]] == NAMES
    assert check(result, "token")["status"] == "failed"
    assert check(result, "region")["status"] == "failed"  # a refusal names the region too
    assert {status for name, status in statuses(result).items() if name in NAMES[10:]} == {"skipped"}
    assert "x" * 40 not in json.dumps(result)


@pytest.mark.parametrize(
    ("options", "status"),
    [({"cloud": "us-1"}, "failed"), ({"cloud": "eu-1"}, "passed"), ({}, "passed")],
)
def test_the_region(simulator: Any, options: dict[str, str], status: str) -> None:
    simulator.quirk(token_region="eu-1")
    result = look(simulator, **options)
    assert (check(result, "region")["status"], result["region"]) == (status, "eu-1")


def test_a_region_that_nobody_names(simulator: Any) -> None:
    simulator.quirk(region="none")
    assert check(look(simulator, cloud="us-1"), "region")["status"] == "skipped"


@pytest.mark.parametrize(
    ("offset", "status"),
    [(0, "passed"), (-50, "passed"), (120, "warning"), (-200, "warning"), (900, "failed")],
)
def test_the_clock(simulator: Any, offset: int, status: str) -> None:
    simulator.clock(offset)
    assert check(look(simulator), "clock")["status"] == status


@pytest.mark.parametrize("answer", ["400", "html", "html_200", "500", "cap"])
def test_pages_over_500_are_refused(simulator: Any, answer: str) -> None:
    simulator.quirk(max_page=500, too_large=answer)
    result = look(simulator)
    assert (seen(result, "U2"), check(result, "page_size")["status"]) == ("500", "warning")


def test_a_full_tenant(hurried: Any) -> None:
    hurried.quirk(quota=3)
    result = look(hurried, **WRITE)
    assert check(result, "quota")["status"] == "failed" and ours(hurried) == []
    assert (result["write_test"]["status"], result["write_test"]["code"]) == ("failed", "refused")


def test_a_tenant_that_refuses_all_of_it(hurried: Any) -> None:
    hurried.faults({"match": {"method": "POST", "path": ENTITIES}, "do": {"status": 400}})
    result = look(hurried, **WRITE)
    assert (result["write_test"]["status"], check(result, "quota")["status"]) == ("failed", "passed")


def test_a_slow_tenant(simulator: Any) -> None:
    simulator.faults({"match": {"path": ".*"}, "do": {"latency": 50}})
    assert look(simulator)["verdict"] == "passed"


def test_a_tenant_that_nobody_reaches(simulator: Any) -> None:
    result = look(simulator, base_url="http://127.0.0.1:9", timeout=2)
    assert [one["name"] for one in result["checks"]] == NAMES
    assert (check(result, "token")["status"], check(result, "quota")["status"]) == ("failed", "skipped")


def test_options_that_cannot_work(simulator: Any) -> None:
    result = look(simulator, base_url="http://api.example.org")
    assert [one["name"] for one in result["checks"]] == NAMES
    assert "plain http" in check(result, "token")["message"]


def test_without_requests(simulator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (doctor, doctor_local):
        monkeypatch.setattr(module, "REQUESTS_IMPORT_ERROR", "no module")
    result = look(simulator)
    assert [one["name"] for one in result["checks"]] == NAMES
    assert check(result, "requests")["status"] == "failed" and result["share_preview"] == {}


def test_a_proxy_that_does_not_answer(simulator: Any) -> None:
    result = look(simulator, proxy="http://user:hidden@127.0.0.1:9")
    assert check(result, "proxy")["status"] == "failed" and "hidden" not in json.dumps(result)


def test_certificates(tmp_path: Path) -> None:
    trustme = pytest.importorskip("trustme")
    authority = trustme.CA(organization_name="Proxy Works")
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(file)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with playing(context) as player:
        unknown = look(player)
        known = look(player, ca_path=str(file))
        unverified = look(player, validate_certs=False)
    assert check(unknown, "tls")["status"] == "failed" and "ca_path" in check(unknown, "tls")["hint"]
    assert check(unknown, "scope:Hosts:read")["status"] == "skipped"
    assert check(known, "tls")["status"] == "passed" and "Proxy Works" in check(known, "tls")["message"]
    assert check(unverified, "tls")["status"] == "warning"


def test_what_the_tenant_holds(simulator: Any) -> None:
    simulator.seed(
        indicators=[
            {"type": "domain", "value": "old.example", "expiration": "2020-01-01T00:00:00Z"},
            {"type": "ipv4", "value": "10.0.0.1", "action": "detect", "severity": "low"},
            {
                "type": "domain",
                "value": "nowhere.example",
                "action": "detect",
                "applied_globally": False,
            },
        ]
    )
    result = look(simulator)
    assert check(result, "expired")["message"].startswith("1 expired indicator still counts")
    assert "ipv4 10.0.0.1" in check(result, "protection")["message"]
    assert "domain nowhere.example" in check(result, "protection")["message"]
    assert "3 of 1,000,000" in check(result, "quota")["message"]
    part = look(simulator, max_indicators=1)
    assert "(of the first 1 of 3)" in check(part, "owners")["message"]


def test_host_groups_of_the_inventory(simulator: Any) -> None:
    simulator.seed(host_groups=[{"id": "a" * 32, "name": "Servers"}])
    lists = {"one": [{"type": "domain", "host_groups": ["servers"]}], "defaults": {"host_groups": "No such"}}
    result = look(simulator, variables=[lists], host_groups=["a" * 32])
    assert check(result, "host_groups")["status"] == "failed"
    assert check(result, "host_groups")["message"] == "These host groups do not exist: No such"
    assert check(look(simulator, host_groups=["Servers", "a" * 32]), "host_groups")["status"] == "passed"


def test_the_child_cid(demo_simulator: Any) -> None:
    child = "C41D0000000000000000000000000001-9A"
    assert check(look(demo_simulator, member_cid=child), "member_cid")["status"] == "passed"


@pytest.mark.parametrize(("fail_on", "fails"), [("failed", False), ("warning", True), ("never", False)])
def test_the_gate(demo_simulator: Any, fail_on: str, fails: bool) -> None:
    result = look(demo_simulator, fail_on=fail_on)  # the demo has expired indicators
    assert bool(result.get("failed")) is fails
    assert (result["verdict"], len(result["checks"])) == ("warning", len(NAMES))


# the write test


@pytest.mark.parametrize(
    ("quirks", "number", "word"),
    [
        ({}, "U4", "upsert"),
        ({"duplicate_with_ignore": "second"}, "U4", "second_record"),
        ({"duplicate_with_ignore": "same"}, "U4", "unchanged"),
        ({"normalise": "keep"}, "U6", "kept"),
        ({"normalise": "lower"}, "U6", "lower_case"),
        ({"create_partial": "on"}, "U3", "partial"),
        ({"create_partial": "on"}, "U27", "yes"),
        ({"row_errors_status": 200}, "U5", "type_and_value"),
        ({"severity_case": "strict"}, "U7", "refused"),
        ({"description_max": 256}, "U9", "longer"),
        ({"deleted_in_search": "include"}, "U11", "included"),
        ({"deleted_in_search": "exclude"}, "U11", "excluded"),
        ({"unknown_id": 200}, "U12", "200"),
        ({"unknown_property": 400}, "U14", "refused"),
        ({"beyond_10000": 400}, "U15", "400"),
        ({"unknown_device": 200}, "U18", "200"),
        ({"null_expiration": "clear"}, "U20", "cleared"),
        ({"mobile_licence": "no"}, "U26", "refused"),
        ({"expiry_delay": 4}, "U28", 4),
        ({"entities_pagination": "shown"}, "U29", "shown"),
        ({"default_order": "created_on"}, "U31", "created_on"),
        ({"default_order": "modified_on"}, "U31", "modified_on"),
        ({"removed_routes": 403}, "U1", "403"),
        ({"mixed_ids": "refuse", "unknown_id": 404}, "U4", "upsert"),
    ],
)
def test_the_report_says_what_the_tenant_does(
    hurried: Any, quirks: dict[str, Any], number: str, word: Any
) -> None:
    hurried.quirk(**quirks)
    result = look(hurried, **WRITE)
    assert result["write_test"]["status"] == "passed", result["write_test"]
    assert seen(result, number) == word
    assert (ours(hurried), result["leftovers"], result["changed"]) == ([], [], False)
    question = QUESTIONS[number]
    assert isinstance(word, int) or word in question.words


def test_the_lag_of_search(simulator: Any) -> None:
    simulator.quirk(search_lag=2)
    result = look(simulator, **WRITE)
    assert (seen(result, "U30"), result["settle"], ours(simulator)) == (2, 2, [])
    assert "  settle: 2" in result["summary"]
    # Search still shows what was deleted a moment ago: it is not taken for left over.
    again = look(simulator)
    assert (again["leftovers"], again["changed"]) == ([], False)


@pytest.mark.parametrize(
    ("options", "code"),
    [({"write_test": True}, "not_confirmed"), ({**WRITE, "confirm_cid": "f" * 32}, "not_confirmed")],
)
def test_the_write_test_is_asked_for_twice(demo_simulator: Any, options: dict[str, Any], code: str) -> None:
    result = look(demo_simulator, **options)
    assert (result["write_test"]["code"], result["verdict"]) == (code, "failed")
    assert demo_simulator.log("POST", ENTITIES) == []


def test_a_cid_that_cannot_be_compared_is_taken_as_typed(hurried: Any) -> None:
    result = look(hurried, write_test=True, confirm_cid="whatever")
    assert result["write_test"]["status"] == "passed"
    assert any("as it was typed" in text for text in result["warnings"])


def test_nothing_is_written_in_check_mode(simulator: Any, tmp_path: Path) -> None:
    result = look(
        simulator, check=True, report_dir=str(tmp_path / "doctor"), share=str(tmp_path / "s"), **WRITE
    )
    assert result["changed"] and list(tmp_path.iterdir()) == [] and result["share_preview"]["facts"]
    assert simulator.log("POST", ENTITIES) == []


def leftover(**fields: Any) -> dict[str, Any]:
    return {"type": "ipv6", "value": "2001:db8::113", "source": SOURCE, **fields}


def test_leftovers_are_named_and_deleted_and_nothing_else(hurried: Any) -> None:
    hurried.seed(
        indicators=[
            leftover(),
            leftover(type="domain", value="any.example"),
            leftover(value="2001:db9::1"),
            {"type": "domain", "value": "other.threatops-falcon-doctor.example", "source": "soc"},
        ]
    )
    named = look(hurried)
    assert named["leftovers"] == [
        {"type": "ipv6", "value": "2001:db8::113"},
        {"type": "domain", "value": "any.example"},
    ]
    assert len(hurried.indicators()) == 4
    deleted = look(hurried, **WRITE)
    assert (deleted["leftovers"], deleted["changed"]) == ([], True)
    assert sorted(one["value"] for one in hurried.indicators()) == [
        "2001:db9::1",
        "other.threatops-falcon-doctor.example",
    ]


def test_values_of_others_are_left_alone(hurried: Any) -> None:
    hurried.seed(indicators=[leftover(source="soc")])
    result = look(hurried, **WRITE)
    assert result["write_test"]["status"] == "failed" and "2001:db8::113" in result["write_test"]["message"]
    assert len(hurried.indicators()) == 1 and hurried.log("POST", ENTITIES) == []


@pytest.mark.parametrize("step", ["_measure_lag", "_duplicates", "_updates", "_deletion"])
def test_an_interrupted_test_leaves_nothing(hurried: Any, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def interrupt(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(WriteTest, step, interrupt)
    with pytest.raises(KeyboardInterrupt):
        look(hurried, **WRITE)
    assert ours(hurried) == []
    assert len(hurried.log("POST", ENTITIES)) >= 1


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_lost_answer_leaves_nothing(hurried: Any, method: str) -> None:
    hurried.faults({"match": {"method": method, "path": ENTITIES, "nth": 1}, "do": "reset_after_commit"})
    look(hurried, **WRITE)
    hurried.faults()
    assert len(hurried.log(method, ENTITIES)) >= 1 and ours(hurried) == []


def test_what_cannot_be_deleted_is_said_and_found_later(hurried: Any) -> None:
    hurried.faults({"match": {"method": "DELETE", "path": ENTITIES}, "do": {"status": 500}})
    result = look(hurried, **WRITE)
    assert ours(hurried) and result["verdict"] == "failed"
    assert any("could not be deleted" in text for text in result["warnings"])
    hurried.faults()
    again = look(hurried, **WRITE)
    assert (again["write_test"]["status"], ours(hurried)) == ("passed", [])


# reports


def test_a_second_report_changes_nothing_and_says_so(simulator: Any, tmp_path: Path) -> None:
    options = {"report_dir": str(tmp_path / "doctor"), "share": str(tmp_path / "share.json")}
    first, second = look(simulator, **options), look(simulator, **options)
    assert (first["changed"], second["changed"]) == (True, False)
    assert any("is unchanged" in line for line in second["summary"])
    assert sorted(path.name for path in (tmp_path / "doctor").iterdir()) == [
        "doctor.html",
        "doctor.json",
        "doctor.md",
    ]
    html = (tmp_path / "doctor" / "doctor.html").read_text(encoding="utf-8")
    assert "Healthy" in html and "U30" in html
    assert "| passed | token |" in (tmp_path / "doctor" / "doctor.md").read_text(encoding="utf-8")


def test_a_report_that_cannot_be_written(simulator: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = look(simulator, report_dir=str(tmp_path / "file" / "doctor"))
    assert (result["failed"], result["code"]) == (True, "not_written") and result["checks"]


def test_what_is_shared_names_nobody(demo_simulator: Any) -> None:
    result = look(demo_simulator, **WRITE)
    shared = json.dumps({**result["share_preview"], "format": ""})
    dump = demo_simulator.dump()
    private = {
        demo_simulator.client_id,
        demo_simulator.client_secret,
        CID,
        "127.0.0.1",
        SOURCE,
    }
    for record in dump["indicators"]:
        private |= {record["id"], record["value"], record["created_by"], record.get("source") or CID}
        private |= {*record.get("tags", [])}
    for host in dump["hosts"]:
        private |= {host["device_id"], host["hostname"], host["local_ip"]}
    private |= {group["name"] for group in dump["host_groups"]}
    stand_ins = {text for text in private if text.startswith("192.0.2.")}
    assert sorted(text for text in private - stand_ins if text in shared) == []
    kinds = {(one["method"], one["path"], one["status"]) for one in result["share_preview"]["exchanges"]}
    assert {("POST", "/oauth2/token", 201), ("POST", ENTITIES, 201), ("DELETE", ENTITIES, 200)} <= kinds


@pytest.mark.parametrize("name", ["strict", "generous"])
def test_the_simulator_resembles_what_was_seen(hurried: Any, tmp_path: Path, name: str) -> None:
    """A tenant like one of the bundles, looked at, and a second one that is made like the report."""
    quirks = {key: value for key, value in likeness.BUNDLES[name][1].items() if key != "legacy"}
    hurried.quirk(**quirks)
    hurried.seed(host_groups=[{"name": "Servers of the office"}])
    first = look(hurried, report_dir=str(tmp_path), **WRITE)
    hurried.reset("empty")
    hurried.seed(host_groups=[{"name": "Servers of the office"}])
    hurried.quirk(**likeness.resemble(str(tmp_path / "doctor.json")))
    second = look(hurried, **WRITE)
    settled = {"U2", "U3", "U4", "U6", "U7", "U9", "U11", "U12", "U14", "U15", "U18", "U20", "U26", "U29"}
    assert {number: seen(second, number) for number in settled} == {
        number: seen(first, number) for number in settled
    }

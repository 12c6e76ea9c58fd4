# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of falcon_iocs, on a simulated tenant: what it returns, what it sends, what it refuses."""

from __future__ import annotations

from typing import Any, Sequence

import pytest
from run_task import run

from ansible_collections.threatops.falcon.plugins.module_utils.api.current import Current
from ansible_collections.threatops.falcon.plugins.module_utils.api.writes.verbs import Outcome
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.change import Change
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.plan import Failure, Plan
from ansible_collections.threatops.falcon.plugins.module_utils.task import iocs
from ansible_collections.threatops.falcon.plugins.module_utils.task.reconcile import Account

ENTITIES = "/iocs/entities/indicators/v1"


def domain(name: str, **fields: Any) -> dict[str, Any]:
    return {"type": "domain", "value": name, "action": "detect", "severity": "high", **fields}


def hashes(count: int) -> list[dict[str, Any]]:
    return [{"type": "sha256", "value": f"{number:064x}", "action": "allow"} for number in range(count)]


def writes(simulator: Any) -> int:
    return sum(1 for entry in simulator.log() if entry["path"] == ENTITIES and entry["method"] != "GET")


def test_a_list_is_created_in_batches_and_not_sent_again(simulator: Any) -> None:
    first = run("falcon_iocs", simulator, iocs=hashes(450), source="soc")
    assert first["counts"]["created"] == 450 and writes(simulator) == 3
    again = run("falcon_iocs", simulator, iocs=hashes(450), source="soc", purge=True)
    assert not again["changed"] and again["counts"]["unchanged"] == 450
    assert again["requests"] == {"token": 1, "read": 1, "write": 0, "retried": 0, "waited_seconds": 0.0}
    assert simulator.violations() == []


def test_check_mode_names_what_apply_changes(simulator: Any) -> None:
    simulator.seed(indicators=[domain("stays.example", source="soc"), domain("goes.example", source="soc")])
    options = {
        "iocs": [domain("stays.example", description="x"), domain("new.example")],
        "source": "soc",
        "purge": True,
    }
    planned = run("falcon_iocs", simulator, check=True, **options)
    assert writes(simulator) == 0
    applied = run("falcon_iocs", simulator, **options)
    for name in ("counts", "created_iocs", "updated_iocs", "deleted_iocs", "plan_digest", "diff", "changed"):
        assert planned[name] == applied[name]
    assert [record["value"] for record in applied["deleted_iocs"]] == ["goes.example"]
    assert {record["value"] for record in simulator.indicators()} == {"stays.example", "new.example"}


def test_what_was_deleted_can_be_pasted_back(simulator: Any) -> None:
    simulator.seed(indicators=[domain("a.example", source="soc", tags=["t"], description="d")])
    gone = run("falcon_iocs", simulator, iocs=[], source="soc", purge=True, purge_allow_empty=True)
    back = run("falcon_iocs", simulator, iocs=gone["deleted_iocs"], source="soc")
    assert back["counts"]["created"] == 1
    (record,) = simulator.indicators()
    assert (record["tags"], record["description"]) == (["t"], "d")


def test_invalid_items_are_named_and_the_rest_is_applied(simulator: Any) -> None:
    result = run("falcon_iocs", simulator, iocs=[domain("ok.example"), domain("bad name"), "nonsense"])
    assert result["failed"] and result["changed"]
    assert [failed["index"] for failed in result["failed_iocs"]] == [1, 2]
    assert result["counts"]["created"] == 1 and result["counts"]["failed"] == 2
    assert "iocs[1] (domain bad name): value: 'bad name' is not a domain name" in result["msg"]
    assert "the rest was applied" in result["msg"]


def test_a_refusal_by_the_tenant_fails_that_item_alone(simulator: Any) -> None:
    iocs = [domain("ok.example"), domain("scoped.example", host_groups=["a" * 32])]
    result = run("falcon_iocs", simulator, iocs=iocs)
    assert result["counts"]["created"] == 1
    (failed,) = result["failed_iocs"]
    assert (failed["index"], failed["operation"]) == (1, "create")
    assert "host_groups" in failed["message"]


@pytest.mark.parametrize(
    "options, said",
    [
        ({"purge": True}, "purge needs source"),
        ({"max_deletions": "many"}, "max_deletions"),
        ({"max_deletions": "5%"}, "a share needs source"),
        ({"batch_size": 0}, "batch_size is a number from 1"),
        ({"page_size": 2001}, "page_size"),
        ({"concurrency": 99}, "concurrency"),
        ({"timeout": 0}, "timeout must be a number from 1 to 3600, got 0"),
        ({"retries": -1}, "retries must be a number from 0"),
        ({"max_wait": -1}, "max_wait must be a number from 0"),
        ({"comment": "c" * 9000}, "comment: takes 9001 characters"),
        ({"defaults": {"colour": "red"}}, "defaults: colour"),
        ({"iocs": [domain("a.example"), domain("A.example.")]}, "is listed at iocs[0] and again at iocs[1]"),
        ({"protect": {"networks": ["x"]}}, "protect: networks"),
        ({"feeds": [{"path": "/nonexistent", "format": "auto"}]}, "/nonexistent"),
    ],
)
def test_options_that_cannot_work_are_refused_before_anything_is_sent(
    simulator: Any, options: Any, said: str
) -> None:
    result = run("falcon_iocs", simulator, **options)
    assert result["failed"] and said in result["msg"]
    assert simulator.log() == []


def test_a_refused_plan_writes_nothing_and_names_invalid_items_too(simulator: Any) -> None:
    iocs = [domain("8.8.8.8"), {"type": "ipv4", "value": "8.8.8.8", "action": "detect", "severity": "low"}]
    result = run("falcon_iocs", simulator, iocs=iocs)
    assert result["msg"].startswith("Refused: protected") and "iocs[0]" in result["msg"]
    assert not result["changed"] and writes(simulator) == 0
    override = {"override": ["8.8.8.8"]}
    passed = run("falcon_iocs", simulator, iocs=iocs[1:], protect=override)
    assert passed["overridden_iocs"] == [{"type": "ipv4", "value": "8.8.8.8"}]
    assert any("overridden" in text for text in passed["warnings"])


def test_an_item_that_a_tenant_holds_twice_counts_once_and_fails_where_one_record_does() -> None:
    twice = [
        Change("update", "domain", "a.example", record={"id": "1"}),
        Change("update", "domain", "a.example", record={"id": "2"}),
    ]
    assert Account(Plan(), done=twice).count("update") == 1
    failures = [Failure("domain", "a.example", "update", "why", 0, "iocs[0]")] * 2
    assert Account(Plan(), failures=failures).failed() == 1
    assert Account(Plan(), done=twice[:1], failures=failures[:1]).count("update") == 0


def test_what_fails_for_one_reason_is_said_once(simulator: Any) -> None:
    result = run(
        "falcon_iocs", simulator, iocs=[{"type": "domain", "value": f"{n}.example"} for n in range(12)]
    )
    assert result["msg"].startswith(
        "12 of 12 items failed: iocs[0] (domain 0.example), iocs[1] (domain 1.example), "
    )
    assert result["msg"].endswith(
        " and 2 more: action: is required for a new indicator; set it on the item or in defaults "
        "(falcon_ioc_defaults); see failed_iocs for all; nothing was written"
    )


def test_ignored_items_are_not_even_looked_at(simulator: Any) -> None:
    ignored = [{"type": "domain", "value": f"{n}.example", "ignore": True} for n in range(600)]
    result = run("falcon_iocs", simulator, iocs=ignored, source="soc", purge=True)
    assert result["counts"]["ignored"] == 600 and result["requests"]["read"] == 1


def test_host_groups_by_name_are_looked_up_once(simulator: Any) -> None:
    simulator.seed(host_groups=[{"name": "Servers", "id": "5" * 32}])
    iocs = [domain(f"{number}.example", host_groups=["SERVERS"]) for number in range(5)]
    assert run("falcon_iocs", simulator, iocs=iocs)["counts"]["created"] == 5
    assert len(simulator.log("GET", "/devices/combined/host-groups/v1")) == 1
    assert {tuple(record["host_groups"]) for record in simulator.indicators()} == {("5" * 32,)}
    wrong = run("falcon_iocs", simulator, iocs=[domain("x.example", host_groups=["Servrs"])])
    assert "unknown host group 'Servrs'; did you mean one of: Servers" in wrong["msg"]


def test_what_the_tenant_holds_in_another_spelling_is_found_and_said(
    simulator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_api: Current, bodies: Sequence[Any], **_options: Any) -> list[Outcome]:
        return [Outcome("conflict", message="it exists already") for _body in bodies]

    monkeypatch.setattr(Current, "create", refuse)  # as a tenant does that compares without regard to case
    simulator.quirk(normalise="keep")
    simulator.seed(indicators=[domain("EVIL.example", severity="low"), domain("Same.example")])
    result = run("falcon_iocs", simulator, iocs=[domain("evil.example"), domain("same.example")])
    assert not result.get("failed"), result["msg"]
    assert (result["counts"]["updated"], result["counts"]["unchanged"]) == (1, 1)
    assert any("holds domain evil.example as 'EVIL.example'" in text for text in result["warnings"])
    written = run("falcon_iocs", simulator, iocs=[domain("EVIL.example"), domain("Same.example")])
    assert not written["changed"] and written["requests"]["write"] == 0


def test_expired_indicators_of_the_list_are_said(simulator: Any) -> None:
    expired = domain(
        "old.example", expiration="2020-01-01T00:00:00Z", expired=True, action="no_action", source="soc"
    )
    simulator.seed(indicators=[expired])
    result = run("falcon_iocs", simulator, iocs=[domain("old.example")], source="soc")
    assert not result["changed"]
    assert any("expired in the tenant" in text for text in result["warnings"])


def test_the_argument_spec_holds_what_the_contract_names() -> None:
    ownership = {"iocs", "feeds", "defaults", "defaults_by_type", "source", "purge", "purge_allow_empty"}
    guards = {
        "max_deletions",
        "on_foreign",
        "on_error",
        "purge_allow_rejects",
        "protect",
        "on_protected",
        "approved_plan",
    }
    sending = {
        "purge_allow_rejects",
        "comment",
        "ignore_warnings",
        "retrodetects",
        "batch_size",
        "page_size",
        "concurrency",
        "api",
        "auth",
    }
    assert ownership | guards | sending <= set(iocs.SPEC.options)


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), ValueError("odd")])
def test_an_end_in_the_middle_of_a_write_leaves_an_account(
    simulator: Any, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    sent = Current.create

    def cut(*args: Any, **kwargs: Any) -> Any:
        sent(*args, **kwargs)
        raise fault

    monkeypatch.setattr(Current, "create", cut)
    result = run("falcon_iocs", simulator, iocs=[domain("a.example"), domain("b.example")])
    assert result["failed"] is True
    assert result["changed"] is True
    assert {failure["code"] for failure in result["failed_iocs"]} == {"unknown"}
    assert result["code"] == ("interrupted" if isinstance(fault, KeyboardInterrupt) else "internal")
    assert "nothing was written" not in result["msg"]
    assert "not known for certain" in result["msg"]


def test_control_characters_of_a_path_never_reach_the_message(simulator: Any) -> None:
    result = run("falcon_iocs", simulator, feeds=[{"path": "/nowhere/\x1b[31m\u202ex.csv"}])
    assert result["failed"] is True
    assert "\\x1b[31m\\u202ex.csv" in result["msg"]
    assert not any(character in result["msg"] for character in "\x1b\u202e")


def test_an_interrupt_after_the_last_write_leaves_an_account(
    simulator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(iocs, "warn", interrupt)
    result = run("falcon_iocs", simulator, iocs=[domain("a.example")])
    assert (result["failed"], result["code"], result["changed"]) == (True, "interrupted", True)
    assert result["counts"]["created"] == 1
    with pytest.raises(KeyboardInterrupt):
        run("falcon_iocs", simulator, check=True, iocs=[domain("b.example")])

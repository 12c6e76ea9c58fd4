# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of falcon_ioc_deployment, on a simulated tenant: one reading, one plan, one account."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from run_task import access

from ansible_collections.threatops.falcon.plugins.module_utils.api.current import Current
from ansible_collections.threatops.falcon.plugins.module_utils.report import evidence
from ansible_collections.threatops.falcon.plugins.module_utils.task import deployment
from ansible_collections.threatops.falcon.plugins.module_utils.task.base import Context, perform

ENTITIES = "/iocs/entities/indicators/v1"
LOW = {"action": "detect", "severity": "low"}
ROLE = {
    "iocs": "falcon_iocs",
    "iocs_from": "falcon_ioc_files",
    "feeds": "falcon_ioc_feeds",
    "on_foreign": "ioc_deploy_on_foreign",
    "feeds_on_foreign": "ioc_deploy_feeds_on_foreign",
    "max_deletions": "ioc_deploy_max_deletions",
    "approved_plan": "ioc_deploy_approved_plan",
}


def run(tenant: Any, check: bool = False, **options: Any) -> dict[str, Any]:
    """Run the task with its options validated, as a module does."""
    spec = deployment.SPEC
    validated = ArgumentSpecValidator(spec.options, **spec.constraints()).validate(
        {**access(tenant), "defaults": LOW, **options}
    )
    assert validated.error_messages == []
    context = Context(check_mode=check)
    result = perform(deployment.run, validated.validated_parameters, context)
    result["warnings"] = context.warnings
    return result


def domain(name: str, **fields: Any) -> dict[str, Any]:
    return {"type": "domain", "value": name, **fields}


def a_list(name: str, *values: str, **options: Any) -> dict[str, Any]:
    return {"name": name, "source": name, "iocs": [domain(value) for value in values], **options}


def writes(tenant: Any) -> int:
    return sum(1 for entry in tenant.log() if entry["path"] == ENTITIES and entry["method"] != "GET")


def test_one_reading_serves_all_lists(simulator: Any) -> None:
    lists = [a_list(f"list{number}", f"{number}.example") for number in range(5)]
    applied = run(simulator, lists=lists, purge=True)
    assert applied["counts"]["created"] == 5 and applied["changed"]
    assert [one["name"] for one in applied["lists"]] == [one["name"] for one in lists]
    again = run(simulator, lists=lists, purge=True)
    assert again["requests"]["read"] == 1 and again["requests"]["write"] == 0
    assert again["counts"]["unchanged"] == 5 and not again["changed"]


def test_check_mode_says_what_apply_does(simulator: Any) -> None:
    simulator.seed(indicators=[domain("gone.example", source="a", **LOW)])
    options = {
        "lists": [a_list("a", "new.example", "both.example"), a_list("b", "both.example")],
        "purge": True,
    }
    planned = run(simulator, check=True, **options)
    assert writes(simulator) == 0
    applied = run(simulator, **options)
    for name in ("counts", "planned", "plan_digest", "changed"):
        assert planned[name] == applied[name], name
    assert planned["counts"] == {**planned["counts"], "created": 2, "deleted": 1, "ignored": 1}
    assert planned["status"] == "planned" and applied["status"] == "applied"
    assert applied["lists"][1]["status"] == "applied"


def test_what_moves_between_lists_changes_its_owner(simulator: Any) -> None:
    run(simulator, lists=[a_list("a", "x.example"), a_list("b", "y.example")], purge=True)
    moved = run(
        simulator, lists=[a_list("a", "x.example", "y.example"), a_list("b", "z.example")], purge=True
    )
    assert "failed" not in moved, moved["msg"]
    assert (moved["counts"]["updated"], moved["counts"]["created"], moved["counts"]["deleted"]) == (1, 1, 0)
    owners = {record["value"]: record["source"] for record in simulator.indicators()}
    assert owners == {"x.example": "a", "y.example": "a", "z.example": "b"}


def test_the_digest_is_that_of_the_whole_and_stays(simulator: Any) -> None:
    simulator.seed(indicators=[domain(f"{number}.example", source="a", **LOW) for number in range(9)])
    options = {"lists": [a_list("a", "new.example"), a_list("b", "other.example")], "purge": True}
    refused = run(simulator, check=True, **options, max_deletions="1")
    assert refused["failed"] and refused["status"] == "refused"
    assert [reason["code"] for reason in refused["refusals"]] == ["max_deletions"]
    assert refused["planned"]["deleted"] == 9 and refused["counts"]["deleted"] == 0
    assert len(refused["lists"][0]["deleted_iocs"]) == 9
    again = run(simulator, check=True, **options, max_deletions="100%")
    assert again["plan_digest"] == refused["plan_digest"]
    applied = run(simulator, **options, max_deletions="100%", approved_plan=refused["plan_digest"])
    assert "failed" not in applied and applied["counts"]["deleted"] == 9


def test_a_plan_that_was_not_approved_names_what_differs(simulator: Any, tmp_path: Path) -> None:
    options = {"lists": [a_list("a", "x.example", "y.example")], "evidence_dir": str(tmp_path)}
    planned = run(simulator, check=True, **options)
    simulator.seed(indicators=[domain("y.example", source="a", action="detect", severity="high")])
    refused = run(simulator, **options, approved_plan=planned["plan_digest"])
    assert refused["refusals"][0]["code"] == "not_approved" and refused["status"] == "refused"
    assert "create domain y.example (list a): approved, and no longer in the plan" in refused["msg"]
    assert refused["msg"].count("Refused") == 1 and writes(simulator) == 0
    kept = json.loads((Path(refused["evidence"]) / "result.json").read_text())
    assert kept["status"] == "refused"


def test_an_approval_by_digest_takes_the_folder_that_holds_the_plan(simulator: Any, tmp_path: Path) -> None:
    options = {"lists": [a_list("a", "x.example")], "evidence_dir": str(tmp_path)}
    planned = run(simulator, check=True, **options)
    digest = planned["plan_digest"]
    early = tmp_path / f"20000101T000000.000Z-{digest[:12]}"
    document = {"schema": "threatops.falcon/plan/1", "plan_digest": digest, "lists": []}
    evidence.write(str(early), {"plan.json": json.dumps(document).encode()})
    applied = run(simulator, **options, approved_plan=digest)
    assert applied["status"] == "applied"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"require_change_id": True, "change_id": "  "}, "change_id is empty"),
        ({"require_approval": True}, "approved_plan is empty"),
    ],
)
def test_what_change_control_asks_for_is_asked_for_first(simulator: Any, options: Any, said: str) -> None:
    result = run(simulator, lists=[a_list("a", "x.example")], **options)
    assert said in result["msg"] and result["refusals"][0]["code"] == "missing"
    assert simulator.log() == []


def test_a_check_needs_no_approval(simulator: Any) -> None:
    assert "failed" not in run(simulator, check=True, lists=[a_list("a", "x.example")], require_approval=True)


def test_lists_that_were_not_begun_are_told(simulator: Any) -> None:
    simulator.faults({"match": {"method": "POST", "path": ENTITIES}, "do": {"status": 400}})
    lists = [a_list("a", "x.example"), a_list("b", "y.example"), a_list("c", "z.example")]
    result = run(simulator, lists=lists, on_error="fail")
    assert [one["status"] for one in result["lists"]] == ["failed", "not_begun", "not_begun"]
    assert "not begun, since on_error is fail: b, c" in result["msg"]
    assert any("b: not begun" in line for line in result["summary"])
    assert simulator.indicators() == []


def test_one_name_and_one_owner_a_list(simulator: Any) -> None:
    twice = run(simulator, lists=[a_list("a", "x.example"), a_list("a", "y.example")])
    assert {reason["code"] for reason in twice["refusals"]} == {"name_twice", "owner_twice"}
    assert writes(simulator) == 0


# What an inventory holds.


def inventory(tenant: Any, check: bool = False, variables: Any = None, **given: Any) -> dict[str, Any]:
    more = {name: given.pop(name) for name in list(given) if name in deployment.SPEC.options}
    return run(tenant, check, inventory=given, variables=ROLE if variables is None else variables, **more)


@pytest.mark.parametrize(
    ("iocs", "said"),
    [
        ("", "falcon_iocs is empty; an empty list is written as []"),
        ("evil.example", "falcon_iocs is text, but must be a list of items"),
        ('[{"type": "domain", "value": "x.example"}]', "falcon_iocs is JSON text, as a survey"),
        ({"campaign": "text"}, "falcon_iocs.campaign is text"),
        ({"campaign": None}, "falcon_iocs.campaign is empty"),
        ({"campaign": {"type": "domain"}}, "falcon_iocs.campaign is a mapping"),
        (7, "falcon_iocs is int"),
    ],
)
def test_a_variable_that_is_no_list_gets_one_sentence(simulator: Any, iocs: Any, said: str) -> None:
    result = inventory(simulator, iocs=iocs)
    assert said in result["msg"] and "\n" not in result["msg"]
    assert simulator.log() == []


def test_nothing_to_deploy_asks_for_the_inventory(simulator: Any) -> None:
    result = inventory(simulator, source="soc")
    assert "none of falcon_iocs, falcon_ioc_files and falcon_ioc_feeds is defined" in result["msg"]
    assert "-i" in result["msg"]


def test_places_are_those_that_the_user_wrote(simulator: Any, tmp_path: Path) -> None:
    (tmp_path / "more.yml").write_text(
        "- {type: domain, value: b.example}\n- {type: domain, value: bad one}\n"
    )
    (tmp_path / "more.csv").write_text("type,value\ndomain,c.example\ndomain,bad two\n")
    (tmp_path / "feed.csv").write_text(
        "type,value\ndomain,d.example\nsha1,da39a3ee5e6b4b0d3255bfef95601890afd80709\n"
    )
    result = inventory(
        simulator,
        check=True,
        iocs={"campaign_2041": [domain("a.example"), domain("bad zero")]},
        iocs_from=[str(tmp_path / "more.*")],
        feeds=[{"path": str(tmp_path / "feed.csv")}],
        source="soc",
    )
    text = "\n".join(result["summary"])
    assert "falcon_iocs.campaign_2041[1] domain bad zero" in text
    assert f"{tmp_path}/more.csv line 3 domain bad two" in text
    assert f"{tmp_path}/more.yml[1] domain bad one" in text
    assert f"{tmp_path}/feed.csv line 3" in text
    assert [one["source"] for one in result["lists"]] == ["soc", "soc:feed"]
    assert [failed["index"] for failed in result["lists"][0]["failed_iocs"]] == [1, 3, 5]


def test_a_refusal_names_the_variable_of_the_role(simulator: Any, tmp_path: Path) -> None:
    simulator.seed(indicators=[domain("mine.example", source="partner", **LOW)])
    (tmp_path / "feed.txt").write_text("mine.example\n")
    result = inventory(simulator, iocs=[domain("mine.example")], source="soc")
    assert (
        "set ioc_deploy_on_foreign to skip or adopt" in result["msg"] and " on_foreign" not in result["msg"]
    )
    assert (
        "  falcon_iocs[0] domain mine.example: owned by partner (ioc_deploy_on_foreign)" in result["summary"]
    )
    feed = inventory(simulator, feeds=[{"path": str(tmp_path / "feed.txt")}], feeds_on_foreign="fail")
    assert "set ioc_deploy_feeds_on_foreign" in feed["msg"]


def test_the_last_line_of_a_check_approves_it(simulator: Any) -> None:
    planned = inventory(simulator, check=True, iocs=[domain("a.example")], source="soc")
    assert planned["summary"] == [
        "Plan for soc: 1 to create",
        f"Approve it with -e ioc_deploy_approved_plan={planned['plan_digest']}",
    ]


# Item files.


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.yml", "just text", "must hold a list of items"),
        ("a.json", "[1", "the JSON ends too early"),
        ("a.csv", "value\nx.example\n", "it needs the columns type and value"),
        ("a.csv", "type,value,colour\n", "'colour' is no field of an item"),
        ("a.txt", "x.example\n", "must have a name that ends in"),
        (
            "a.yml",
            "- {type: domain, value: x.example}\n- {type: domain, value: X.example.}\n",
            "is listed at",
        ),
    ],
)
def test_a_file_of_items_that_is_wrong_is_named(
    simulator: Any, tmp_path: Path, name: str, content: str, said: str
) -> None:
    path = tmp_path / name
    path.write_text(content)
    result = inventory(simulator, iocs_from=[str(path)])
    assert said in result["msg"] and str(path) in result["msg"], result["msg"]


@pytest.mark.parametrize("pattern", ["none.yml", "*.yml", "."])
def test_a_pattern_that_matches_nothing_is_an_error(simulator: Any, tmp_path: Path, pattern: str) -> None:
    result = inventory(simulator, iocs_from=[str(tmp_path / pattern)])
    assert "falcon_ioc_files: " in result["msg"]


def test_files_and_variables_mean_the_same(simulator: Any, tmp_path: Path) -> None:
    items = [
        domain("a.example", tags=["x", "y"], severity="high"),
        domain("b.example", state="absent"),
        domain("c.example", ignore=True),
    ]
    (tmp_path / "items.json").write_text(json.dumps({"falcon_iocs": {"one": items}}))
    (tmp_path / "items.csv").write_text(
        'type,value,tags,severity,state,ignore\ndomain,a.example,"x,y",high,,\ndomain,b.example,,,absent,\n'
        "domain,c.example,,,,true\n\n"
    )
    inline = inventory(simulator, check=True, iocs=items)
    for name in ("items.json", "items.csv"):
        read = inventory(simulator, check=True, iocs_from=[str(tmp_path / name)])
        assert read["plan_digest"] == inline["plan_digest"] and read["counts"] == inline["counts"]


# Evidence, whatever happens.


def test_evidence_of_runs_at_one_moment_never_collides(
    simulator: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(deployment, "now", lambda milliseconds=False: "2026-11-25T12:00:00.000Z")
    options = {"lists": [a_list("a", "x.example")], "evidence_dir": str(tmp_path)}
    folders = {run(simulator, check=True, **options)["evidence"] for _number in range(3)}
    assert len(folders) == 3 and all(os.path.isfile(os.path.join(one, "plan.md")) for one in folders)
    applied = run(simulator, **options)
    assert applied["evidence"] not in folders and len(list(tmp_path.iterdir())) == 4


def test_evidence_that_cannot_be_begun_stops_the_run(simulator: Any, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    result = run(simulator, lists=[a_list("a", "x.example")], evidence_dir=str(blocked))
    assert result["failed"] and str(blocked) in result["msg"]
    assert simulator.indicators() == []


def test_a_disk_that_is_full_at_the_end_costs_the_evidence_and_not_the_account(
    simulator: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    write = evidence.write

    def full(folder: str, files: Any) -> None:
        if not folder.endswith(evidence.UNFINISHED):
            raise OSError(errno.ENOSPC, "No space left on device", folder)
        write(folder, files)

    monkeypatch.setattr(evidence, "write", full)
    result = run(simulator, lists=[a_list("a", "x.example")], evidence_dir=str(tmp_path))
    assert "No space left on device" in result["msg"] and result["counts"]["created"] == 1
    assert result["changed"] and len(simulator.indicators()) == 1
    assert next(path.name for path in tmp_path.iterdir()).endswith(".unfinished")


@pytest.mark.parametrize("after", [0, 1])
def test_a_fault_of_ours_in_the_middle_leaves_an_account(
    simulator: Any, tmp_path: Path, monkeypatch: Any, after: int
) -> None:
    create = Current.create
    calls: list[int] = []

    def broken(self: Current, bodies: Any, **more: Any) -> Any:
        if len(calls) == after:
            raise ValueError("Invalid IPv6 URL")
        calls.append(len(bodies))
        return create(self, bodies, **more)

    monkeypatch.setattr(Current, "create", broken)
    lists = [a_list("a", "x.example"), a_list("b", "y.example"), a_list("c", "z.example")]
    result = run(simulator, lists=lists, evidence_dir=str(tmp_path))
    assert "fault of threatops.falcon" in result["msg"] and "ValueError" in result["msg"]
    assert result["counts"]["created"] == after == len(simulator.indicators())
    failed = result["lists"][after]["failed_iocs"]
    assert [one["code"] for one in failed] == ["unknown"]
    assert result["lists"][2]["status"] == "not_begun"
    kept = json.loads((Path(result["evidence"]) / "result.json").read_text())
    assert kept["status"] == "failed" and "Traceback" in result["exception"]


def test_an_earlier_run_that_did_not_end_is_mentioned(simulator: Any, tmp_path: Path) -> None:
    killed = {"schema": "threatops.falcon/plan/1", "process": {"host": "another", "pid": 1}}
    evidence.write(
        str(tmp_path / "20261124T120000Z-x.unfinished"), {"plan.json": json.dumps(killed).encode()}
    )
    result = run(simulator, check=True, lists=[a_list("a", "x.example")], evidence_dir=str(tmp_path))
    assert any(
        "20261124T120000Z-x.unfinished is of an earlier run that did not end" in text
        for text in result["warnings"]
    )


def test_the_markdown_summary_is_appended(simulator: Any, tmp_path: Path) -> None:
    path = tmp_path / "new" / "summary.md"
    run(simulator, check=True, lists=[a_list("a", "x.example")], summary_file=str(path))
    run(simulator, lists=[a_list("a", "x.example")], summary_file=str(path))
    text = path.read_text()
    assert text.count("## ") >= 2 and "a: 1 to create" in text and "a: 1 created" in text
    assert "| create | `domain x.example` |" in text


# A rollback.


def test_a_rollback_is_checked_whole(simulator: Any, tmp_path: Path) -> None:
    simulator.seed(
        indicators=[domain("x.example", source="a", **LOW), domain("y.example", source="a", **LOW)]
    )
    done = run(
        simulator,
        lists=[a_list("a", "x.example", defaults={"action": "detect", "severity": "high"})],
        purge=True,
        evidence_dir=str(tmp_path),
    )
    assert (done["counts"]["updated"], done["counts"]["deleted"]) == (1, 1)
    simulator.seed(indicators=[domain("other.example", source="b", **LOW)])
    undone = run(simulator, rollback_from=done["evidence"], max_deletions="100%", evidence_dir=str(tmp_path))
    assert "failed" not in undone, undone["msg"]
    assert (undone["counts"]["updated"], undone["counts"]["created"]) == (1, 1)
    again = run(simulator, rollback_from=done["evidence"])
    assert again["refusals"][0]["code"] == "changed_since" and "was created again since" in again["msg"]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("check", "of a run in check mode"),
        ("refused", "refused before its first write"),
        ("killed", "did not end"),
    ],
)
def test_what_cannot_be_rolled_back_says_what_to_do(
    simulator: Any, tmp_path: Path, kind: str, said: str
) -> None:
    options: dict[str, Any] = {"lists": [a_list("a", "x.example")], "evidence_dir": str(tmp_path)}
    if kind == "refused":
        options["approved_plan"] = "0" * 64
    folder = run(simulator, check=kind == "check", **options)["evidence"]
    if kind == "killed":
        os.rename(folder, folder + ".unfinished")
        folder += ".unfinished"
    assert said in run(simulator, rollback_from=folder)["msg"]


def test_what_has_expired_since_is_left_out_and_told(simulator: Any, tmp_path: Path) -> None:
    simulator.seed(
        indicators=[domain("x.example", source="a", expiration="2020-01-01T00:00:00Z", expired=True, **LOW)]
    )
    done = run(simulator, lists=[a_list("a", "y.example")], purge=True, evidence_dir=str(tmp_path))
    assert done["counts"]["deleted"] == 1
    undone = run(simulator, rollback_from=done["evidence"])
    assert "failed" not in undone, undone["msg"]
    assert (undone["counts"]["created"], undone["counts"]["deleted"]) == (0, 1)
    assert any("stays deleted, since it expired" in text for text in undone["warnings"])


# An audit.


def test_an_audit_tells_all_and_writes_nothing(simulator: Any, tmp_path: Path) -> None:
    simulator.seed(indicators=[domain(f"{number}.example", source="a", **LOW) for number in range(20)])
    result = run(
        simulator,
        lists=[a_list("a", "new.example", "8.8.8.8.example")],
        audit=True,
        max_deletions="1",
        on_error="fail",
        evidence_dir=str(tmp_path),
    )
    assert "failed" not in result and not result["refusals"]
    assert len(result["lists"][0]["deleted_iocs"]) == 20 and writes(simulator) == 0
    assert list(tmp_path.iterdir()) == []


def test_an_account_is_told_again(simulator: Any) -> None:
    told = run(simulator, account={"summary": ["one", "two"], "msg": "Refused"})
    assert (told["summary"], told["msg"], told["changed"]) == (["one", "two"], "Refused", False)
    assert simulator.log() == []


def test_a_rollback_needs_no_owner_of_the_lists(simulator: Any, tmp_path: Path) -> None:
    options = {"owned_by": "tag", "evidence_dir": str(tmp_path), "max_life": "90d", "on_max_life": "cap"}
    done = run(simulator, lists=[a_list("a", "x.example")], **options)
    assert "failed" not in done, done["msg"]
    (record,) = simulator.indicators()
    assert record["tags"] == ["owner:a"] and "source" not in record
    undone = run(simulator, rollback_from=done["evidence"], **options)
    assert "failed" not in undone, undone["msg"]
    assert simulator.indicators() == []


def test_a_conflict_is_named_in_the_summary(simulator: Any) -> None:
    other = {**a_list("b", "x.example"), "defaults": {"action": "no_action"}}
    told = run(simulator, check=True, lists=[a_list("a", "x.example"), other])
    assert any("a wins over b" in line for line in told["summary"])
    assert told["conflicts"][0]["won"] == "a"


def test_evidence_is_not_put_into_the_evidence_of_a_run(tmp_path: Path) -> None:
    """A file more would break the sums of that run."""
    run = evidence.write_new(str(tmp_path), "run", {"plan.json": b"{}"})
    with pytest.raises(evidence.EvidenceError, match="is the evidence of a run"):
        evidence.write_new(run, "another", {"plan.json": b"{}"})
    assert evidence.verify(run) == []


def test_a_run_that_ends_meanwhile_is_not_called_unfinished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the listing of the folders and the look at the process, as with ten hosts at the same time."""
    begun = evidence.write_new(str(tmp_path), "run", {"plan.json": b"{}"}, evidence.UNFINISHED)

    def ended(process: Any) -> bool:
        evidence.remove(begun + evidence.UNFINISHED)
        return False

    monkeypatch.setattr(evidence, "is_alive", ended)
    assert evidence.unfinished(str(tmp_path)) == []


def test_an_unfinished_folder_goes_by_one_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half removed, it would have no process in it, and be taken for one that was left."""
    begun = evidence.write_new(str(tmp_path), "run", {"plan.json": b"{}"}, evidence.UNFINISHED)
    seen: list[list[str]] = []
    remove_tree = evidence.shutil.rmtree

    def look_first(folder: str) -> None:
        seen.append(evidence.unfinished(str(tmp_path)))
        remove_tree(folder)

    monkeypatch.setattr(evidence.shutil, "rmtree", look_first)
    evidence.remove(begun + evidence.UNFINISHED)
    assert seen == [[]] and list(tmp_path.iterdir()) == []

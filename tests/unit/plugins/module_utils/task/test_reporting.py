# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tasks of falcon_ioc_report, falcon_ioc_evidence and falcon_ioc_export, as the modules run them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.threatops.falcon.plugins.module_utils.task import evidence, export, report
from ansible_collections.threatops.falcon.plugins.module_utils.task.base import Context, TaskFailed

DIGEST = "a" * 64
NEW = {"type": "domain", "value": "new.example", "severity": "low"}
PLANNED: dict[str, Any] = {
    "plan_digest": DIGEST,
    "counts": {"desired": 1},
    "created_iocs": [NEW],
    "updated_iocs": [],
    "deleted_iocs": [],
}
ONE_LIST = {"lists": [{"name": "soc", "source": "soc"}], "plan": [PLANNED]}


def run(task: Any, check: bool = False, **options: Any) -> dict[str, Any]:
    """Run a task with its options validated, as a module does."""
    validator = ArgumentSpecValidator(task.SPEC.options, **task.SPEC.constraints())
    validated = validator.validate(options)
    assert validated.error_messages == []
    result: dict[str, Any] = task.run(validated.validated_parameters, Context(check_mode=check))
    return result


def test_falcon_ioc_report_predicts_writes_and_repeats(tmp_path: Path) -> None:
    options = {
        **ONE_LIST,
        "dest": str(tmp_path / "new"),
        "formats": ["html", "json", "csv", "junit"],
        "generated": "2026-11-24T12:00:00Z",
        "client_id": "0" * 32,
        "client_secret": "canary",
    }
    predicted = run(report, check=True, **options)
    assert not (tmp_path / "new").exists()
    written, again = run(report, **options), run(report, **options)
    assert [predicted["changed"], written["changed"], again["changed"]] == [True, True, False]
    assert predicted["files"] == written["files"]
    contents = {form: Path(path).read_text(encoding="utf-8") for form, path in written["files"].items()}
    assert all(Path(path).stat().st_mode & 0o777 == 0o600 for path in written["files"].values())
    assert all("new.example" in content for content in contents.values())
    assert not any("canary" in content for content in contents.values())
    assert json.loads(contents["json"])["facts"]["client_id"] == "0" * 32


def test_falcon_ioc_report_fails_after_it_has_written(tmp_path: Path) -> None:
    with pytest.raises(TaskFailed, match="fails on missing") as failed:
        run(report, **ONE_LIST, dest=str(tmp_path), fail_on=["missing", "extra"])
    assert failed.value.result["failed_on"] == ["missing"]
    assert Path(failed.value.result["files"]["html"]).is_file()


def test_falcon_ioc_report_knows_what_is_protected() -> None:
    record = {"type": "ipv4", "value": "10.0.0.1", "action": "detect", "source": "x"}
    assert run(report, records=[record])["counts"]["unprotected"] == 1
    assert run(report, records=[record], protect={"builtin": False})["counts"]["unprotected"] == 0


@pytest.mark.parametrize("name", ["../audit", "a/b", "..", "."])
def test_falcon_ioc_report_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(TaskFailed, match="name"):
        run(report, **ONE_LIST, dest=str(tmp_path / "in"), name=name)


def test_falcon_ioc_evidence_in_check_mode_writes_nothing(tmp_path: Path) -> None:
    assert run(evidence, check=True, **ONE_LIST, path=str(tmp_path))["changed"]
    assert list(tmp_path.iterdir()) == []


def test_falcon_ioc_evidence_of_a_run_that_was_killed_stays(tmp_path: Path) -> None:
    started = run(evidence, **ONE_LIST, path=str(tmp_path), status="started", started="2026-11-24T12:00:00Z")
    assert [path.name for path in tmp_path.iterdir()] == [f"20261124T120000Z-{DIGEST[:12]}.unfinished"]
    assert run(evidence, state="verified", path=started["path"])["problems"] == []
    ended = run(
        evidence,
        **ONE_LIST,
        result=[PLANNED],
        path=str(tmp_path),
        status="applied",
        started="2026-11-24T12:00:00Z",
        client_secret="canary",
    )
    assert [str(path) for path in tmp_path.iterdir()] == [ended["path"]]
    assert not any(b"canary" in path.read_bytes() for path in Path(ended["path"]).iterdir())


def test_falcon_ioc_evidence_has_the_same_bytes_for_the_same_run(tmp_path: Path) -> None:
    same = {**ONE_LIST, "started": "2026-11-24T12:00:00Z", "facts": {"finished": "2026-11-24T12:00:09Z"}}
    one = run(evidence, **same, path=str(tmp_path / "one"))
    two = run(evidence, **same, path=str(tmp_path / "two"))
    for name in one["files"]:
        assert (Path(one["path"]) / name).read_bytes() == (Path(two["path"]) / name).read_bytes()


def test_falcon_ioc_evidence_finds_the_approved_plan_by_its_digest(tmp_path: Path) -> None:
    run(evidence, **ONE_LIST, path=str(tmp_path))
    other = {**PLANNED, "plan_digest": "b" * 64, "created_iocs": [{**NEW, "severity": "high"}]}
    with pytest.raises(
        TaskFailed, match=r"approved severity: \(empty\) -> low; now severity: \(empty\) -> high"
    ):
        run(
            evidence,
            lists=ONE_LIST["lists"],
            plan=[other],
            path=str(tmp_path),
            approved_plan=DIGEST,
            started="2026-11-24T13:00:00Z",
        )
    refused = json.loads(next(tmp_path.glob("20261124T13*/result.json")).read_text(encoding="utf-8"))
    assert refused["status"] == "refused"


@pytest.mark.parametrize("approved", ["no/such/plan.json", "abc"])
def test_falcon_ioc_evidence_refuses_what_is_no_plan(approved: str) -> None:
    with pytest.raises(TaskFailed, match="neither a digest nor the path"):
        run(evidence, **ONE_LIST, approved_plan=approved)


def test_falcon_ioc_evidence_names_its_folder_safely(tmp_path: Path) -> None:
    written = run(evidence, **ONE_LIST, path=str(tmp_path), change_id="../../CHG 1/" + "x" * 99)
    assert Path(written["path"]).parent == tmp_path
    assert "CHG_1_xxx" in written["path"]


@pytest.mark.parametrize("state", ["verified", "rollback"])
def test_falcon_ioc_evidence_of_what_is_not_there(tmp_path: Path, state: str) -> None:
    with pytest.raises(TaskFailed, match="not a folder"):
        run(evidence, state=state, path=str(tmp_path / "none"))


def exporting(simulator: Any, **options: Any) -> dict[str, Any]:
    there = {
        "base_url": simulator.url,
        "client_id": simulator.client_id,
        "client_secret": simulator.client_secret,
    }
    return run(export, **there, **options)


def indicator(value: str, **fields: Any) -> dict[str, Any]:
    whole = {"type": "domain", "value": value, "action": "detect", "severity": "low", "platforms": ["linux"]}
    return {**whole, "applied_globally": True, **fields}


def test_falcon_ioc_export_by_option(simulator: Any, tmp_path: Path) -> None:
    simulator.seed(
        {
            "indicators": [
                indicator("live.example"),
                indicator("expired.example", expired=True, expiration="2020-01-01T00:00:00Z"),
                indicator("gone.example", deleted=True),
                indicator("inherited.example", from_parent=True),
            ]
        }
    )

    def values(**options: Any) -> dict[str, dict[str, Any]]:
        exporting(simulator, dest=str(tmp_path / "all.yml"), **options)
        loaded = yaml.safe_load((tmp_path / "all.yml").read_text(encoding="utf-8"))
        return {item["value"]: item for item in loaded["falcon_iocs"]}

    assert set(values()) == {"live.example"}
    assert set(values(include_expired=True)) == {"live.example", "expired.example"}
    assert values(include_deleted=True)["gone.example"]["state"] == "absent"
    assert values(include_inherited=True)["inherited.example"]["ignore"] is True


def test_falcon_ioc_export_gives_every_owner_a_file_of_its_own(simulator: Any, tmp_path: Path) -> None:
    owners = ["soc", "SOC", "s/o/c", "../soc", "without_source", "", "é"]
    simulator.seed(
        {"indicators": [indicator(f"{n}.example", source=owner) for n, owner in enumerate(owners)]}
    )
    written = exporting(simulator, dest=str(tmp_path / "out"), split=True)
    assert len(written["files"]) == len(owners)
    assert all(Path(path).parent == tmp_path / "out" for path in written["files"])
    found = {
        yaml.safe_load(Path(path).read_text(encoding="utf-8")).get("falcon_ioc_source", "")
        for path in written["files"]
    }
    assert found == set(owners)

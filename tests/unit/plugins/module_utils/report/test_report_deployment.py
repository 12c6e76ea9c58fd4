# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run as documents: its digest, its approval, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.report import (
    approval,
    deployment,
    evidence,
    rollback,
)
from ansible_collections.threatops.falcon.plugins.module_utils.report.files import json_bytes
from ansible_collections.threatops.falcon.plugins.module_utils.report.html_page import html_page
from ansible_collections.threatops.falcon.plugins.module_utils.report.results import documented

A, B = "a" * 64, "b" * 64


def entry(digest: str = A, name: str = "soc", **lists: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {"created_iocs": [], "updated_iocs": [], "deleted_iocs": []}
    return {"name": name, "source": name, "plan_digest": digest, **empty, **lists}


def item(value: str, **fields: Any) -> dict[str, Any]:
    return {"type": "domain", "value": value, **fields}


CREATES = {"created_iocs": [item("new", severity="low", expiration="2027-01-01T00:00:00Z")]}


def test_documented_leaves_out_what_only_a_terminal_needs() -> None:
    result = {
        "plan_digest": A,
        "diff": {},
        "invocation": {},
        "_ansible_x": 1,
        "ansible_loop_var": "x",
        "item": 1,
    }
    assert documented([{"name": "a"}, {"name": "b"}], [result]) == [
        {"plan_digest": A, "name": "a", "source": ""},
        {"name": "b", "source": ""},
    ]


def test_the_digest_of_a_run() -> None:
    assert approval.run_digest([entry()]) == A
    both = approval.run_digest([entry(), entry(B, "feed")])
    assert len(both) == 64
    assert both != approval.run_digest([entry(B), entry(A, "feed")])
    assert approval.run_digest([entry(), entry("", "feed")]) == ""
    assert approval.run_digest([]) == ""


@pytest.mark.parametrize("approved", [A, A.upper(), f" {A} ", {"soc": A}, "plan.json"])
def test_the_approved_plan_passes(approved: object) -> None:
    known = {"plan.json": {"lists": [entry(**CREATES)]}}
    assert approval.approval([entry(**CREATES)], approved, known) == []


@pytest.mark.parametrize("approved", [B, "", None, {}, {"other": A}, {"soc": B}])
def test_another_plan_does_not(approved: object) -> None:
    told = approval.approval([entry(**CREATES)], approved, {})
    assert len(told) == 1
    assert A in told[0]


def test_a_plan_that_changes_nothing_needs_no_approval() -> None:
    assert approval.approval([entry()], B, {}) == []


def test_a_digest_is_what_was_approved_whatever_a_file_says() -> None:
    """A plan.json beside, that was made to carry another digest, does not lend it to an approved one."""
    forged = {B: {"lists": [entry(A, **CREATES)]}}
    assert approval.approval([entry(A, **CREATES)], B, forged)


def test_an_approved_plan_that_was_altered_does_not_pass() -> None:
    altered = {"plan.json": {"lists": [entry(created_iocs=[item("harmless", severity="low")])]}}
    told = approval.approval([entry(**CREATES)], "plan.json", altered)
    assert any("domain new" in sentence for sentence in told)


def test_differences_name_every_write() -> None:
    before = [entry(created_iocs=[item("a"), item("b", severity="low")], deleted_iocs=[item("c", id="1")])]
    after = [
        entry(
            created_iocs=[item("b", severity="high")],
            updated_iocs=[item("d", before={"tags": []}, after={"tags": ["x"]})],
        )
    ]
    assert approval.differences(before, after) == [
        "create domain a (list soc): approved, and no longer in the plan",
        "create domain b (list soc): approved severity: (empty) -> low; now severity: (empty) -> high",
        "delete domain c (list soc): approved, and no longer in the plan",
        "update domain d (list soc): not in the approved plan tags: (empty) -> x",
    ]


def test_an_expiration_counted_from_the_run_is_no_difference() -> None:
    later = [entry(created_iocs=[{**CREATES["created_iocs"][0], "expiration": "2027-01-01T00:05:00Z"}])]
    assert approval.differences([entry(**CREATES)], later) == []


def test_since_when_a_ring_counts_is_no_difference_and_another_ring_is_one() -> None:
    def promotion(after: str) -> list[dict[str, Any]]:
        before = ["ring:canary@2026-12-01T10:00:00Z", "keep"]
        one = item("old", id="1", before={"tags": before}, after={"tags": ["keep", after]})
        created = item("new", tags=[f"ring:canary@{after[-20:]}"])
        return [entry(updated_iocs=[one], created_iocs=[created])]

    first = promotion("ring:servers@2026-12-02T10:00:00Z")
    assert approval.differences(first, promotion("ring:servers@2026-12-02T10:01:17Z")) == []
    assert len(approval.differences(first, promotion("ring:everywhere@2026-12-02T10:01:17Z"))) == 1


def test_rollback() -> None:
    result = {
        "lists": [
            entry(
                created_iocs=[item("new", severity="low")],
                updated_iocs=[
                    item(
                        "changed",
                        id="1",
                        before={"severity": "", "expiration": "never", "tags": []},
                        after={"severity": "high", "expiration": "2027-01-01T00:00:00Z", "tags": ["a"]},
                    )
                ],
                deleted_iocs=[item("gone", id="2", severity="high", source="soc")],
            )
        ]
    }
    undone, expected = rollback.rollback(result)
    assert undone == [
        item("changed", state="present", severity="", expiration="never", tags=[]),
        item("gone", state="present", severity="high", source="soc"),
        item("new", state="absent"),
    ]
    assert expected == [
        item("changed", state="present", severity="high", expiration="2027-01-01T00:00:00Z", tags=["a"]),
        item("gone", state="absent"),
        item("new", state="present", severity="low"),
    ]


def test_rollback_of_platforms_takes_back_only_actions_that_fit() -> None:
    before = {"platforms": ["windows"], "mobile_action": "no_action"}
    after = {"platforms": ["windows", "ios"], "mobile_action": "detect"}
    undone, _now = rollback.rollback({"lists": [entry(updated_iocs=[item("a", before=before, after=after)])]})
    assert undone == [item("a", state="present", platforms=["windows"])]


def test_rollback_over_several_lists_goes_back_to_the_first_state() -> None:
    lists = [
        entry(updated_iocs=[item("a", before={"severity": "low"}, after={"severity": "high"})]),
        entry(
            updated_iocs=[
                item(
                    "a",
                    before={"severity": "high", "tags": []},
                    after={"severity": "critical", "tags": ["x"]},
                )
            ]
        ),
        entry(created_iocs=[item("b", severity="low")]),
        entry(deleted_iocs=[item("b", severity="low", id="1")]),
    ]
    undone, expected = rollback.rollback({"lists": lists})
    assert undone == [item("a", state="present", severity="low", tags=[]), item("b", state="absent")]
    assert expected == [
        item("a", state="present", severity="critical", tags=["x"]),
        item("b", state="absent"),
    ]


def test_changed_since() -> None:
    result = {"lists": [entry(created_iocs=[item("new", severity="low")])]}
    check = entry(
        created_iocs=[item("updated")],
        deleted_iocs=[item("gone")],
        updated_iocs=[item("moved", before={"severity": "low"}, after={"severity": "high"})],
    )
    plan = entry(deleted_iocs=[item("new", severity="low", description="mine", id="1")])
    assert rollback.changed_since(result, check, plan) == [
        "domain gone was created again since",
        "domain moved was changed since: severity: high -> low",
        "domain new was changed since: description: (empty) -> mine",
        "domain updated was deleted since",
    ]
    assert rollback.changed_since(result, entry(), entry()) == []


@pytest.mark.parametrize(
    ("status", "tone"),
    [
        ("planned", "warning"),
        ("started", "warning"),
        ("applied", "good"),
        ("failed", "bad"),
        ("refused", "bad"),
    ],
)
def test_the_page_of_a_run(status: str, tone: str) -> None:
    document = {
        "title": "t",
        "status": status,
        "plan_digest": A,
        "facts": {"change_id": "CHG1"},
        "messages": ["no"],
        "lists": [entry(**CREATES, failed_iocs=[item("x", message="m")], counts={"failed": 1})],
    }
    page = deployment.run_page(document)
    assert page.tone == tone
    assert "CHG1" in html_page(page)
    ahead = status in ("planned", "started", "refused")
    assert [table.title for table in page.tables] == [
        "To create" if ahead else "Created",
        "Failed",
        "Messages",
    ]
    assert page.title == ("Plan: t" if status in ("planned", "refused") else "t")
    assert page.chart is None and "no" not in page.verdict.split() and "1" in page.verdict


def test_deletions_come_first_and_what_repeats_is_said_once() -> None:
    def created(value: str, **fields: Any) -> dict[str, Any]:
        return item(value, action="detect", severity="high", **fields)

    writes = {
        "created_iocs": [created("a.example"), created("b.example", tags=["x"])],
        "updated_iocs": [item("u.example", before={"severity": "low"}, after={"severity": "high"})],
        "deleted_iocs": [item("d.example", action="allow")],
    }
    document = {"title": "t", "status": "planned", "plan_digest": A, "facts": {}, "lists": [entry(**writes)]}
    page = deployment.run_page(document)
    assert [(table.title, len(table.rows)) for table in page.tables] == [
        ("To delete", 1),
        ("To update", 1),
        ("To create", 2),
    ]
    assert page.tables[2].note == "The same in all: action: detect; severity: high."
    assert [[str(one) for one in row[-1]] for row in page.tables[2].rows] == [[], ["tags: (empty) -> x"]]
    assert [row[0] for row in deployment.changes_table([entry(**writes)], "t").rows] == [
        "delete",
        "update",
        "create",
        "create",
    ]


FILES = {"plan.json": json_bytes({"b": 1, "a": "\x1b\u202e"}), "report.html": b"<p>"}


def test_evidence_is_whole_private_and_verifies(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "run"
    evidence.write(str(folder), FILES)
    assert sorted(path.name for path in folder.iterdir()) == ["SHA256SUMS", "plan.json", "report.html"]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert evidence.verify(str(folder)) == []
    assert evidence.same(str(folder), FILES)
    assert not evidence.same(str(folder), {"plan.json": b""})
    assert evidence.read(str(folder), "plan.json") == {"a": "\x1b\u202e", "b": 1}
    assert [path.name for path in folder.parent.iterdir()] == ["run"]


def test_evidence_is_never_overwritten(tmp_path: Path) -> None:
    evidence.write(str(tmp_path / "run"), FILES)
    with pytest.raises(evidence.EvidenceError, match="never overwritten"):
        evidence.write(str(tmp_path / "run"), {})
    assert evidence.same(str(tmp_path / "run"), FILES)


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(evidence.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        evidence.write(str(tmp_path / "run"), FILES)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("plan.json", b"{}", "plan.json was changed"),
        ("plan.json", None, "plan.json is missing"),
        ("more.json", b"{}", "more.json is not listed"),
        ("SHA256SUMS", None, "SHA256SUMS is missing"),
        ("SHA256SUMS", b"", "SHA256SUMS is empty"),
        ("SHA256SUMS", b"0" * 64 + b"  ../../etc/passwd\n", "line 1 cannot be read"),
    ],
)
def test_tampering_is_told(tmp_path: Path, name: str, content: object, problem: str) -> None:
    evidence.write(str(tmp_path / "run"), FILES)
    if content is None:
        (tmp_path / "run" / name).unlink()
    else:
        (tmp_path / "run" / name).write_bytes(bytes(content))  # type: ignore[call-overload]
    assert any(problem in sentence for sentence in evidence.verify(str(tmp_path / "run")))


def test_a_link_is_no_evidence(tmp_path: Path) -> None:
    evidence.write(str(tmp_path / "run"), FILES)
    plan = tmp_path / "run" / "plan.json"
    plan.rename(tmp_path / "elsewhere")
    plan.symlink_to(tmp_path / "elsewhere")
    assert evidence.verify(str(tmp_path / "run")) == ["plan.json is not a plain file."]


def test_linked_sums_are_none(tmp_path: Path) -> None:
    evidence.write(str(tmp_path / "run"), {"plan.json": b"{}"})
    sums = tmp_path / "run" / evidence.SUMS
    sums.rename(tmp_path / "elsewhere")
    sums.symlink_to(tmp_path / "elsewhere")
    assert evidence.verify(str(tmp_path / "run")) == ["SHA256SUMS is not a plain file."]


def test_bytes_are_the_same_for_the_same_document() -> None:
    assert json_bytes({"a": 1, "b": [2]}) == json_bytes({"b": [2], "a": 1})


def test_of_a_write_that_differs_only_what_differs_is_told() -> None:
    record = {"type": "domain", "value": "a", "severity": "low", "tags": ["t"]}
    short = [{"name": "soc", "deleted_iocs": [record]}]
    long = [{"name": "soc", "deleted_iocs": [{**record, "description": "by hand"}]}]
    told = "delete domain a (list soc): approved"
    assert approval.differences(short, long) == [f"{told} without; now description: by hand -> (empty)"]
    assert approval.differences(long, short) == [f"{told} description: by hand -> (empty); no longer"]


def test_a_page_says_which_change_who_and_when_before_the_rest() -> None:
    facts = {
        "ansible_version": "2.21",
        "change_id": "CHG1",
        "requester": "jane",
        "started": "2026-01-01T00:00:00Z",
    }
    document = {"title": "t", "status": "planned", "plan_digest": "d", "lists": [], "facts": facts}
    names = [name for name, _value in deployment.run_page(document).facts]
    assert names == ["Change ID", "Requester", "Started", "Plan digest", "Ansible version"]

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit finds, kind by kind, and how it is summed up."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Optional

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.report.audit import (
    audit_document,
    audit_page,
)
from ansible_collections.threatops.falcon.plugins.module_utils.report.findings import (
    KINDS,
    TONES,
    count,
    findings,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)


def guarded(kind: str, value: str) -> Optional[str]:
    return "private network" if value.startswith("10.") else None


def found(result: Optional[dict[str, Any]] = None, *records: dict[str, Any]) -> list[tuple[str, str]]:
    lists = [{"name": "soc", "source": "soc", **(result or {})}]
    return [(one["kind"], one["value"]) for one in findings(lists, records, NOW, 30, guarded)]


def item(value: str, **more: Any) -> dict[str, Any]:
    return {"type": "domain", "value": value, **more}


@pytest.mark.parametrize(
    ("key", "entry", "kind"),
    [
        ("created_iocs", item("a"), "missing"),
        ("updated_iocs", item("a", before={"tags": []}, after={"tags": ["x"]}), "changed"),
        ("updated_iocs", item("a", before={"action": "no_action"}, after={"action": "prevent"}), "disabled"),
        ("updated_iocs", item("a", before={"action": "no_action"}, after={"action": "allow"}), "changed"),
        (
            "updated_iocs",
            item("a", before={"mobile_action": "no_action"}, after={"mobile_action": "detect"}),
            "disabled",
        ),
        ("updated_iocs", item("a", before={"action": "detect"}, after={"action": "no_action"}), "changed"),
        ("deleted_iocs", item("a", source="soc"), "extra"),
        ("foreign_iocs", item("a", source="them"), "foreign"),
        ("protected_iocs", item("a", reason="r"), "protected"),
        ("failed_iocs", item("a", message="m"), "invalid"),
    ],
)
def test_kinds_of_a_plan(key: str, entry: dict[str, Any], kind: str) -> None:
    assert found({key: [entry]}) == [(kind, "a")]


def test_a_rejected_line() -> None:
    one = findings([{"rejected": [{"path": "f", "line": 3, "text": "bad", "reason": "why"}]}], [], NOW, 30)[0]
    assert (one["kind"], one["value"], one["detail"]) == ("rejected", "bad", "f line 3: why")


@pytest.mark.parametrize(
    ("record", "kinds"),
    [
        (item("a", source="soc", expired=True), ["expired"]),
        (item("a", source="soc", expiration="2026-11-24T12:00:00Z"), ["expired"]),
        (item("a", source="soc", expiration="2026-12-24T12:00:00Z"), ["expiring"]),
        (item("a", source="soc", expiration="2026-12-24T12:00:01Z"), []),
        (item("a", source="soc", expired=True, deleted=True), []),
        (item("a", source="them", expired=True), []),
        (item("10.0.0.1", source="them", action="detect"), ["unprotected"]),
        (item("10.0.0.1", source="them", mobile_action="prevent"), ["unprotected"]),
        (item("10.0.0.1", source="them", action="allow", mobile_action="no_action"), []),
        (item("11.0.0.1", source="them", action="detect"), []),
    ],
)
def test_kinds_of_records(record: dict[str, Any], kinds: list[str]) -> None:
    assert [kind for kind, _value in found({}, record)] == kinds


def test_without_an_owner_every_expired_record_counts() -> None:
    assert found({"source": ""}, item("a", source="them", expired=True)) == [("expired", "a")]


def test_an_expired_record_is_not_called_disabled() -> None:
    update = item("a", before={"action": "no_action"}, after={"action": "detect"})
    both = found({"updated_iocs": [update]}, item("a", source="soc", expired=True))
    assert both == [("changed", "a"), ("expired", "a")]


def test_fields_are_told_before_and_after_sorted() -> None:
    update = item("a", before={"tags": ["b"], "severity": "low"}, after={"tags": ["a"], "severity": "high"})
    one = findings([{"name": "x", "updated_iocs": [update]}], [], NOW, 30)[0]
    assert one["changes"] == [
        {"field": "severity", "before": "low", "after": "high"},
        {"field": "tags", "before": ["b"], "after": ["a"]},
    ]
    assert one["detail"] == "differs in severity, tags"


def test_every_kind_has_a_tone() -> None:
    assert set(TONES) == set(KINDS)


def test_the_zero_time_is_never_and_capitals_are_the_same_hash() -> None:
    """As the planner has it: one place decides each."""
    value = "AB" * 32
    record = {"type": "sha256", "value": value, "expired": True, "expiration": "2026-01-01T00:00:00Z"}
    change = {"before": {"action": "no_action"}, "after": {"action": "prevent"}}
    result = {"updated_iocs": [{"type": "sha256", "value": value.lower(), **change}]}
    assert ("changed", value.lower()) in found(result, {**record, "source": "soc"})
    never = {"type": "domain", "value": "a.example", "source": "soc", "expiration": "0001-01-01T00:00:00Z"}
    assert not found(None, never)


def document(result: dict[str, Any], fail_on: list[str]) -> dict[str, Any]:
    lists = [{"name": "soc", "source": "soc", **result}]
    one = findings(lists, [], NOW, 30)
    return audit_document("t", lists, one, fail_on, {"b": 1, "a": ""}, "2026-11-24T12:00:00Z")


def test_the_document_and_its_verdict() -> None:
    result = {"created_iocs": [item("a")], "counts": {"desired": 5, "unchanged": 3, "ignored": 1}}
    passed, failed = document(result, ["extra"]), document(result, ["missing"])
    assert passed["schema"] == "threatops.falcon/audit/1"
    assert passed["summary"] == "3 of 4 in sync; 1 missing"
    assert passed["facts"] == {"b": 1}
    assert not passed["failed"]
    assert failed["failed_on"] == ["missing"]
    assert audit_page(passed).tone == "warning"
    assert audit_page({**passed, "fail_on": []}).verdict.startswith("Findings: ")
    assert audit_page({**passed, "fail_on": ["extra"]}).verdict.startswith("Passed, with findings: ")
    assert audit_page(failed).tone == "bad"
    assert audit_page(document({}, [])).tone == "good"
    assert count(passed["findings"])["missing"] == 1


def test_what_could_not_be_looked_for_fails_its_gate() -> None:
    stopped = {"code": "purge_unreadable", "message": "iocs[0] cannot be read", "items": ["iocs[0]"]}
    result = {"purge_stopped": stopped, "failed_iocs": [item("a b")]}
    assert document(result, ["extra"])["failed_on"] == ["extra"]
    assert "extra not known" in document(result, [])["summary"]

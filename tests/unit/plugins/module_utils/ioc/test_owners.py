# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who owns an indicator, by its source or by a tag, and how a list moves from one to the other."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc import owners
from ansible_collections.threatops.falcon.tests.unit.planning import decide, item, record

DETECT = {"action": "detect", "severity": "high"}


@pytest.mark.parametrize(
    ("source", "tags", "by_tag", "by_source"),
    [
        ("", [], "", ""),
        ("soc", [], "soc", "soc"),
        ("virustotal", [], "", "virustotal"),
        ("", ["owner:soc"], "soc", "soc"),
        ("virustotal", [" owner:soc "], "soc", "soc"),
        ("soc", ["owner:ops"], "ops", "soc"),
        ("soc", ["owner:soc", "owner:ops"], "ops", "soc"),
        ("ops", ["owner:"], "", "ops"),
    ],
)
def test_owner_of(source: str, tags: List[str], by_tag: str, by_source: str) -> None:
    found = {"source": source, "tags": tags}
    assert owners.owner_of(found, "tag", "soc") == by_tag
    assert owners.owner_of(found, "source", "soc") == by_source


def test_one_indicator_looks_at_both() -> None:
    assert owners.owner_of({"source": "vt", "tags": ["owner:soc"]}, "either", "ops") == "soc"
    assert owners.owner_of({"source": "vt", "tags": ["owner:soc"]}, "either", "soc") == "soc"
    assert owners.owner_of({"source": "vt"}, "either", "soc") == "vt"
    kept = decide([item(**DETECT)], [tagged("owner:soc")], source="soc", owned_by="either", owner="")
    assert not kept.changes


def test_without_a_name_nobody_owns_by_tag() -> None:
    assert owners.owner_of({"source": "a"}, "tag", "") == ""


def tagged(*tags: str, **fields: Any) -> Dict[str, Any]:
    return record(tags=list(tags), **fields)


def by_tag(raw: Dict[str, Any], records: List[Dict[str, Any]], **options: Any) -> Any:
    # By tag the source of an item is an ordinary field, so the reader knows no owner.
    return decide([raw], records, source="soc", owned_by="tag", owner="", **options)


def test_a_new_one_gets_a_tag_and_no_source() -> None:
    after = by_tag(item(**DETECT, tags=["t"]), []).changes[0].after
    assert after["tags"] == ["t", "owner:soc"]
    assert "source" not in after
    assert by_tag(item(**DETECT, source="vt"), []).changes[0].after["source"] == "vt"


def test_moving_from_source_to_tag_and_back() -> None:
    before = tagged("t", source="soc")
    moved = by_tag(item(**DETECT), [before])
    assert moved.changes[0].after == {"tags": ["t", "owner:soc"]}
    assert not by_tag(item(**DETECT), [tagged("t", "owner:soc", source="soc")]).changes
    back = decide([item(**DETECT)], [tagged("t", "owner:soc")], source="soc")
    assert back.changes[0].after == {"source": "soc", "tags": ["t"]}
    assert not decide([item(**DETECT)], [tagged("t", source="soc")], source="soc").changes


def test_a_tag_that_an_item_names_stays() -> None:
    found = decide([item(**DETECT, tags=["owner:soc"])], [tagged("owner:soc", source="soc")], source="soc")
    assert not found.changes


def test_another_owner_is_foreign_whatever_the_source_says() -> None:
    found = by_tag(item(**DETECT), [tagged("owner:ops", source="soc")])
    assert found.foreign == [{"type": "domain", "value": "evil.example", "source": "ops"}]
    assert found.refusals
    adopted = by_tag(item(**DETECT), [tagged("owner:ops", source="soc")], on_foreign="adopt")
    assert adopted.changes[0].after == {"tags": ["owner:soc"]}


def test_purge_by_tag() -> None:
    mine, theirs = (
        tagged("owner:soc", value="a.example"),
        tagged("owner:ops", source="soc", value="b.example"),
    )
    old = record(value="c.example", source="soc")
    found = by_tag(item(**DETECT, value="x.example"), [mine, theirs, old], purge=True)
    assert sorted(change.value for change in found.of("delete")) == ["a.example", "c.example"]
    assert found.owned == 2


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("on_foreign", ["fail", "skip"])
def test_adopt_unowned(state: str, on_foreign: str) -> None:
    raw = item(**DETECT, state=state)
    options = {"source": "soc", "adopt_unowned": True, "on_foreign": on_foreign}
    free = decide([raw], [record()], **options)
    assert not free.foreign
    assert len(free.changes) == 1
    taken = decide([raw], [record(source="ops")], **options)
    assert taken.foreign[0]["source"] == "ops"
    assert not taken.changes
    assert decide([raw], [record()], source="soc").foreign

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users write: spellings that Ansible takes, and what is wrong with the others."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.fields import FieldProblem, UnknownChoice
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.item import ItemReader, read_defaults
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.reading import read, truth


@pytest.mark.parametrize(
    "name, written, value",
    [
        ("description", 5, "5"),
        ("description", 1.5, "1.5"),
        ("expiration", datetime.date(2030, 1, 1), "2030-01-01"),
        ("expiration_days", "30", 30),
        ("applied_globally", "yes", True),
        ("applied_globally", 0, False),
        ("tags", "a, b", ["a", "b"]),
        ("tags", "", []),
        ("tags", [""], []),
        ("tags", ("a", 1), ["a", "1"]),
        ("tags", 7, ["7"]),
    ],
)
def test_spellings_that_ansible_takes(name: str, written: object, value: object) -> None:
    assert read({name: written}) == ({name: value}, [])


@pytest.mark.parametrize(
    "name, written, said",
    [
        ("description", {"a": 1}, "expected text, got a mapping"),
        ("description", [], "expected text, got a list"),
        ("expiration_days", True, "expected an integer, got"),
        ("expiration_days", "x", "expected an integer, got"),
        ("expiration_days", 1.5, "expected an integer, got"),
        ("applied_globally", "perhaps", "expected true or false"),
        ("applied_globally", [], "expected true or false"),
        ("tags", {"a": 1}, "expected a list"),
        ("tags", True, "expected a list, got a boolean"),
        ("tags", ["a", None], "expected text, got NoneType"),
        ("action", "block", "must be one of no_action"),
        ("severity", "x" * 200, "must be one of"),
        ("platform", ["windows"], "did you mean platforms"),
        ("zzz", 1, "unknown field"),
    ],
)
def test_what_is_wrong_names_the_field(name: str, written: object, said: str) -> None:
    fields, (problem,) = read({name: written})
    assert not fields or isinstance(problem, UnknownChoice)
    assert problem.field == name
    assert said in str(problem)


def test_none_is_omitted_and_an_item_is_a_mapping() -> None:
    assert read({"description": None}) == ({}, [])
    assert "must be a mapping" in str(read("evil.example")[1][0])
    assert truth(True) is True


def test_an_item_that_is_no_mapping_cannot_be_identified() -> None:
    found = ItemReader(None, None).read("evil.example", 3, "iocs[3]")
    assert not found.identified
    assert "mapping" in found.problem


@pytest.mark.parametrize("value, said", [("", "is empty"), ("  ", "is empty"), (None, "is missing")])
def test_an_item_without_a_value_is_told_so(value: Any, said: str) -> None:
    found = ItemReader(None, None).read({"type": "domain", "value": value, "state": "absent"})
    assert not found.identified
    assert said in found.problem


def test_another_owner_on_an_item_is_an_error_whatever_is_wanted_of_it() -> None:
    reader = ItemReader(None, None, "soc")
    for state in ("present", "absent"):
        other = reader.read({"type": "domain", "value": "a.example", "state": state, "source": "apac"})
        assert "'apac'" in other.problem and "'soc'" in other.problem
        assert not reader.read(
            {"type": "domain", "value": "a.example", "state": state, "source": "soc"}
        ).problem


def test_deleted_records_can_be_pasted_back() -> None:
    found = ItemReader(None, None).read(
        {"id": "x", "type": "domain", "value": "a.example", "action": "no_action"}
    )
    assert not found.problem
    assert "id" not in found.fields


@pytest.mark.parametrize(
    "defaults, by_type, said",
    [
        ({"type": "domain"}, None, "type: belongs to an item"),
        ({"severity": "huge"}, None, "severity"),
        ({"applied_globally": True, "host_groups": ["x"]}, None, "host_groups"),
        ({"host_groups": ["x", " "]}, None, "host_groups"),
        ({"expiration": "2030-01-01", "expiration_days": 3}, None, "expiration_days"),
        (None, {"sha1": {}}, "types must be among"),
        (None, ["sha256"], "a mapping of types"),
        (None, {"domain": {"colour": 1}}, "defaults_by_type.domain"),
        ([], None, None),
    ],
)
def test_wrong_defaults_stop_everything(defaults: Any, by_type: Any, said: Any) -> None:
    if said is None:
        assert ItemReader(defaults, by_type)
        return
    with pytest.raises(FieldProblem, match=said):
        ItemReader(defaults, by_type)


@pytest.mark.parametrize(
    "own, defaults, expected",
    [
        ({"expiration": "never"}, {"expiration_days": 3}, None),
        ({}, {"expiration_days": 3, "renew_within_days": 1}, 3),
        ({"expiration_days": 5}, {"expiration_days": 3}, 5),
    ],
)
def test_an_expiration_of_its_own_beats_the_default(own: Any, defaults: Any, expected: Any) -> None:
    found = ItemReader(defaults, None).read({"type": "domain", "value": "a.example", **own})
    assert (None if found.life is None else found.life.days) == expected
    assert not found.problem


def test_nearer_defaults_go_first_and_file_names_to_hashes_only() -> None:
    reader = ItemReader({"filename": "a.exe", "tags": ["far"]}, None)
    nearer = read_defaults({"tags": ["near"]}, "feed")
    domain = reader.read({"type": "domain", "value": "a.example"}, nearer=nearer)
    digest = reader.read({"type": "md5", "value": "a" * 32}, nearer=nearer)
    assert domain.fields["tags"] == ("near",) and "filename" not in domain.fields
    assert digest.fields["filename"] == "a.exe"


def test_scope_that_the_item_leaves_open_takes_the_groups_of_the_defaults() -> None:
    reader = ItemReader({"host_groups": ["Servers"], "applied_globally": False}, None)
    found = reader.read({"type": "domain", "value": "a.example", "applied_globally": False})
    assert found.fields["host_groups"] == ("Servers",)

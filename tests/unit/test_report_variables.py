# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Exported variables mean to Ansible what they meant to the tenant.

This file stands here since ansible-test lets tests of module_utils import nothing but module_utils.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.threatops.falcon.plugins.module_utils.report.variables import (
    quoted,
    scalar,
    variables,
)

ODD = [
    "plain",
    "Plain",
    "no",
    "null",
    "~",
    "",
    " lead and trail ",
    "1e3",
    "0o17",
    "2026-11-24",
    "a: b # c",
    "- dash",
    "\"double\" and 'single' \\ back",
    "line\nbreak\ttab\r",
    "\x00\x07\x1b[31m\x7f\x85\x9f\xad",
    "\u200b\u202e\u2028\u2029\ufeff\ufffe\uffff",
    "é ü 漢 😀 \U000e0041",
    "*anchor &x !tag %YAML",
    "<<",
    "=",
]
TEMPLATES = ["{{ lookup('pipe', 'id') }}", "{% for x in y %}", "{# comment #}", "a {{ b"]


@pytest.mark.parametrize("text", ODD)
def test_yaml_reads_a_text_back(text: str) -> None:
    line = f"value: {scalar(text)}\nlist: {scalar([text, text])}\n"
    assert yaml.safe_load(line) == {"value": text, "list": [text, text]}
    assert line.isprintable() or all(part.isprintable() for part in line.splitlines())


def as_a_variable(folder: Path, text: str) -> object:
    """What a play sees of a variable whose file holds this YAML: templates are run."""
    (folder / "vars.yml").write_text(f"value: {text}\n", encoding="utf-8")
    loader = DataLoader()
    loaded = loader.load_from_file(str(folder / "vars.yml"), trusted_as_template=True)
    return Templar(loader=loader, variables=loaded).template(loaded["value"])


@pytest.mark.parametrize("text", ODD + TEMPLATES)
def test_ansible_reads_a_text_back_and_runs_nothing(tmp_path: Path, text: str) -> None:
    assert as_a_variable(tmp_path, '"{{ 6 * 7 }}"') == 42  # it would run
    assert as_a_variable(tmp_path, scalar(text)) == text


def test_a_half_pair_becomes_a_replacement_character() -> None:
    assert yaml.safe_load(quoted("a\ud800b")) == "a\ufffdb"


def items() -> list[dict[str, Any]]:
    return [
        {"type": "sha256", "value": "e3", "platforms": ["windows"], "applied_globally": True, "id": "1"},
        {"type": "domain", "value": "b", "tags": [], "source": "soc", "expiration": "2027-01-01T00:00:00Z"},
        {"type": "domain", "value": "a", "host_groups": ["0" * 32], "source": "soc", "unknown": 1},
    ]


def test_a_file_of_an_owner() -> None:
    text = "".join(variables(items(), "soc", "by\nus"))
    assert text.startswith(
        "---\n# by\\nus\nfalcon_ioc_source: soc\nfalcon_iocs:\n  - type: domain\n    value: a\n"
    )
    loaded = yaml.safe_load(text)
    assert [item["value"] for item in loaded["falcon_iocs"]] == ["a", "b", "e3"]
    assert not any({"id", "source", "unknown"} & set(item) for item in loaded["falcon_iocs"])


def test_a_file_without_an_owner_keeps_it_on_the_items() -> None:
    loaded = yaml.safe_load("".join(variables(items(), "", "x")))
    assert "falcon_ioc_source" not in loaded
    assert loaded["falcon_iocs"][0]["source"] == "soc"


def test_nothing_is_an_empty_list() -> None:
    assert yaml.safe_load("".join(variables([], "soc", "x"))) == {
        "falcon_ioc_source": "soc",
        "falcon_iocs": [],
    }


def test_order_of_input_does_not_matter() -> None:
    assert list(variables(items(), "", "x")) == list(variables(items()[::-1], "", "x"))


def test_ten_times_as_many_take_about_ten_times_as_long() -> None:
    def seconds(number: int) -> float:
        many = [{**items()[1], "value": f"{one}.example"} for one in range(number)]
        began = time.process_time()
        "".join(variables(many, "", "x"))
        return time.process_time() - began

    seconds(100)
    assert seconds(20_000) < 30 * max(seconds(2_000), 0.005)

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of fields: all follow it, so that a new field is one entry."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.fields import (
    EXPORTED,
    FIELDS,
    FREE,
    SHAPES,
    WRITTEN,
    FieldProblem,
    misshapen,
)

PLUGINS = Path(__file__).resolve().parents[5] / "plugins"

NEW = '        _text("description", singular=True),\n'
USE = """
import datetime
from ansible_collections.threatops.falcon.plugins.module_utils.ioc import diff, fields
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.item import ItemReader
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.plan import plan
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.policy import Policy
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.record import to_item, unlike
from ansible_collections.threatops.falcon.plugins.module_utils.report.variables import variables
from ansible_collections.threatops.falcon.plugins.module_utils.task.indicator_options import INDICATOR

policy = Policy(now=datetime.datetime.now(datetime.timezone.utc))
item = {"type": "domain", "value": "a.example", "action": "no_action"}
reader = ItemReader({"campaign": "by default"}, None)
own = reader.read({**item, "campaign": "mine"})
assert own.fields["campaign"] == "mine"
assert reader.read(item).fields["campaign"] == "by default"
assert "campaign" in ItemReader(None, None).read({**item, "campaign": []}).problem

(created,) = plan([own], [], policy).changes
assert created.body["campaign"] == created.after["campaign"] == "mine"
assert "campaign=mine" in diff.texts([created])["after"]
record = {**created.predicted(), "id": "1" * 64}
assert not plan([own], [record], policy).changes

(updated,) = plan([reader.read({**item, "campaign": "other"})], [record], policy).changes
assert (updated.before, updated.after) == ({"campaign": "mine"}, {"campaign": "other"})
(cleared,) = plan([reader.read({**item, "campaign": ""})], [record], policy).changes
assert cleared.body == {"campaign": ""} and "campaign" not in cleared.predicted()

assert to_item(record)["campaign"] == "mine"
assert any("campaign: mine" in line for line in variables([to_item(record)], "", "c"))
assert unlike({"campaign": "other"}, record) == ["campaign"]
assert fields.misshapen({**record, "campaign": 7}) == ["campaign"]
assert INDICATOR.options["campaign"] == {"type": "str"}
"""


def test_a_field_is_added_in_one_place(tmp_path: Path) -> None:
    copy = tmp_path / "ansible_collections" / "threatops" / "falcon" / "plugins" / "module_utils"
    shutil.copytree(PLUGINS / "module_utils", copy, ignore=shutil.ignore_patterns("__pycache__"))
    table = copy / "ioc" / "fields.py"
    text = table.read_text(encoding="utf-8")
    assert text.count(NEW) == 1
    table.write_text(text.replace(NEW, f'{NEW}        _text("campaign"),\n'), encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-c", USE],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def test_what_follows_from_the_table() -> None:
    assert {"id", "type", "value", "metadata"} <= set(SHAPES)
    assert {"action", "source", "filename"} <= WRITTEN and not WRITTEN & {"state", "ignore", "id", "ring"}
    assert set(FREE) == {"description", "source", "tags"}
    assert EXPORTED[:2] == ("type", "value") and "id" not in EXPORTED
    for field in FIELDS.values():
        assert not field.choices or field.kind in ("str", "list")


@pytest.mark.parametrize(
    "record, keys",
    [
        ({"tags": [None]}, ["tags"]),
        ({"tags": "x", "severity": 5}, ["severity", "tags"]),
        ({"applied_globally": "yes", "metadata": "x", "id": 5}, ["applied_globally", "metadata", "id"]),
        ({"tags": None, "metadata": {}, "applied_globally": None}, []),
    ],
)
def test_what_no_record_holds(record: dict[str, object], keys: list[str]) -> None:
    assert misshapen(record) == keys


def test_a_foreign_name_of_a_field_never_reaches_a_terminal() -> None:
    problem = FieldProblem("\x1b[2J" + "x" * 1000, "unknown field")
    assert "\x1b" not in str(problem) and len(str(problem)) < 200

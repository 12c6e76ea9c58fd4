# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module has an action plugin that runs the same task with the same options."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.api import version
from ansible_collections.threatops.falcon.plugins.plugin_utils.run_task import RunTask

PLUGINS = Path(version.__file__).parents[2]
PACKAGE = "ansible_collections.threatops.falcon.plugins"
MODULES = sorted(path.stem for path in (PLUGINS / "modules").glob("falcon*.py"))


def test_there_are_as_many_actions_as_modules() -> None:
    assert sorted(path.stem for path in (PLUGINS / "action").glob("falcon*.py")) == MODULES


@pytest.mark.parametrize("name", MODULES)
def test_an_action_runs_the_task_of_its_module(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    action = importlib.import_module(f"{PACKAGE}.action.{name}").ActionModule
    module = importlib.import_module(f"{PACKAGE}.modules.{name}")
    handed: list[Any] = []
    monkeypatch.setattr(module, "run_module", lambda spec, task, **_more: handed.extend((spec, task)))
    module.main()
    assert issubclass(action, RunTask)
    assert handed == [action.SPEC, action.TASK]

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a task runs in-process, and what the task is then given and gives."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.basic import env_fallback
from ansible.plugins.action.normal import ActionModule as RunModule

from ansible_collections.threatops.falcon.plugins.module_utils.api.errors import ConfigurationError
from ansible_collections.threatops.falcon.plugins.module_utils.task.base import Context, TaskFailed
from ansible_collections.threatops.falcon.plugins.module_utils.task.options import ArgumentSpec
from ansible_collections.threatops.falcon.plugins.plugin_utils import run_task, token_place
from ansible_collections.threatops.falcon.plugins.plugin_utils.ansible_core import TAGS_TRUSTED_TEXT
from ansible_collections.threatops.falcon.plugins.plugin_utils.run_task import RunTask

SECRET = "s3cr3t-canary-as-long-as-those-of-Falcon"
SPEC = ArgumentSpec(
    {
        "name": {"type": "str", "aliases": ["title"], "fallback": (env_fallback, ["TEST_NAME"])},
        "secret": {"type": "str", "no_log": True, "fallback": (env_fallback, ["TEST_SECRET"])},
        "number": {"type": "int", "default": 3},
        "items": {"type": "list", "elements": "raw", "default": []},
        "file": {"type": "path"},
        "one": {"type": "str"},
        "other": {"type": "str"},
    },
    mutually_exclusive=[("one", "other")],
)
AS_A_MODULE = {"ran": "as a module"}


class Shell:
    tmpdir = None

    def env_prefix(self, **_environment: Any) -> str:
        return ""


class Templar:
    def template(self, value: Any) -> Any:
        return value


@pytest.fixture(autouse=True)
def no_module_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RunModule, "run", lambda self, tmp=None, task_vars=None: dict(AS_A_MODULE))
    monkeypatch.setattr(run_task, "injects_invocation", lambda variables: False)


class Case:
    """One run of an action plugin."""

    def __init__(self, args: Mapping[str, Any] | None = None, **more: Any) -> None:
        self.params: Mapping[str, Any] = {}
        self.context = Context()
        self.environment: dict[str, str] = {}
        self.answer: Any = {"changed": False}
        self.connection = {
            "ansible_name": "ansible.builtin.local",
            "become": None,
            **more.pop("connection", {}),
        }
        self.task = {
            "args": dict(args or {}),
            "action": "threatops.falcon.test",
            "async_val": 0,
            "check_mode": False,
            "diff": False,
            "environment": {},
            "no_log": False,
            **more,
        }

    def run(self, **variables: Any) -> dict[str, Any]:
        case = self

        def task(params: Mapping[str, Any], context: Context) -> Any:
            case.params, case.context, case.environment = params, context, dict(os.environ)
            if isinstance(case.answer, Exception):
                raise case.answer
            return case.answer(params, context) if callable(case.answer) else case.answer

        class Action(RunTask):
            pass

        Action.SPEC, Action.TASK = SPEC, task
        action = Action(
            SimpleNamespace(**self.task),
            SimpleNamespace(_shell=Shell(), **self.connection),
            SimpleNamespace(),
            None,
            Templar(),
            None,
        )
        return action.run(task_vars=variables)


@pytest.mark.parametrize(
    "case",
    [
        Case(connection={"ansible_name": "ansible.builtin.ssh"}),
        Case(connection={"ansible_name": "community.general.chroot"}),
        Case(connection={"become": object()}),
        Case(async_val=10),
        Case(environment={"PYTHONPATH": "/opt/lib"}),
        Case(environment={"LD_LIBRARY_PATH": "/opt/lib"}),
    ],
)
def test_what_asks_for_a_module_gets_one(case: Case) -> None:
    assert case.run() == AS_A_MODULE


@pytest.mark.parametrize("value", [False, "no", "false", 0])
def test_a_variable_turns_it_off(value: object) -> None:
    assert Case().run(threatops_falcon_in_process=value) == AS_A_MODULE


@pytest.mark.parametrize("variables", [{}, {"threatops_falcon_in_process": True}])
def test_else_it_runs_here(variables: dict[str, Any]) -> None:
    assert Case().run(**variables) == {"changed": False}


def test_without_requests_the_module_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_task, "REQUESTS_IMPORT_ERROR", "No module named requests")
    assert Case().run() == AS_A_MODULE


def test_options_are_validated_as_for_a_module() -> None:
    case = Case({"title": 5, "number": "7", "items": ({"a": 1},), "file": "~/x"})
    case.run()
    assert case.params["name"] == "5"
    assert case.params["number"] == 7
    assert case.params["file"] == os.path.expanduser("~/x")
    assert case.params["items"] == [{"a": 1}]
    assert case.params["one"] is None


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            {"nam": "x"},
            "Unsupported parameters for (threatops.falcon.test) module: nam. Supported parameters include: ",
        ),
        (
            {"number": "seven"},
            "argument 'number' is of type <class 'str'> and we were unable to convert to int",
        ),
        ({"number": [7]}, "argument 'number' is of type <class 'list'> and we were unable to convert to int"),
        ({"one": "1", "other": "2"}, "parameters are mutually exclusive: one|other"),
    ],
)
def test_wrong_options_fail_as_for_a_module(args: dict[str, Any], message: str) -> None:
    result = Case(args).run()
    assert result["failed"] is True
    if TAGS_TRUSTED_TEXT:  # these releases name a type without its decoration
        message = re.sub(r"<class '(\w+)'>", r"\1", message)
    assert result["msg"].startswith(message)


def test_a_long_list_is_not_copied_again() -> None:
    class Uncopyable(dict):  # type: ignore[type-arg]
        def __deepcopy__(self, memo: object) -> object:
            raise AssertionError("copied")

    case = Case({"items": [Uncopyable(a=1)]})
    case.answer = lambda params, context: {"changed": False, "count": len(params["items"])}
    assert case.run()["count"] == 1


def test_the_environment_of_the_task_is_seen_and_goes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KEPT", "before")
    monkeypatch.delenv("TEST_NAME", raising=False)
    case = Case(environment={"TEST_NAME": "from the task", "TEST_KEPT": 1})
    case.run()
    assert case.params["name"] == "from the task"
    assert case.environment["TEST_KEPT"] == "1"
    assert os.environ["TEST_KEPT"] == "before"
    assert "TEST_NAME" not in os.environ


def test_the_environment_goes_again_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_NAME", raising=False)
    case = Case(environment={"TEST_NAME": "x"})
    case.answer = ZeroDivisionError()
    assert case.run()["code"] == "internal"
    assert "TEST_NAME" not in os.environ


@pytest.mark.parametrize(
    "case",
    [Case({"secret": SECRET}), Case(environment={"TEST_SECRET": SECRET})],
    ids=["option", "environment"],
)
def test_a_secret_is_in_no_result(case: Case) -> None:
    def answer(params: Mapping[str, Any], context: Context) -> dict[str, Any]:
        context.warn(f"warned of {params['secret']}")
        return {"changed": True, "iocs": [{"value": params["secret"]}], "text": f"-{params['secret']}-"}

    case.answer = answer
    result = case.run()
    assert result["changed"] is True
    assert result["warnings"]
    assert SECRET not in repr(result)


def test_a_secret_is_in_no_complaint_about_options() -> None:
    result = Case({"secret": SECRET, "number": SECRET}).run()
    assert result["failed"] is True
    assert SECRET not in repr(result)


def test_a_failure_of_the_task_is_a_result() -> None:
    case = Case()
    case.answer = TaskFailed("it failed", {"changed": True, "counts": {"created": 1}})
    assert case.run() == {"changed": True, "counts": {"created": 1}, "failed": True, "msg": "it failed"}


def test_an_error_of_falcon_is_a_result() -> None:
    case = Case()
    case.answer = ConfigurationError("it cannot work", hint="Change it.")
    assert case.run() == {
        "changed": False,
        "failed": True,
        "code": "configuration",
        "msg": "it cannot work. Change it.",
        "hint": "Change it.",
    }


def test_check_mode_reaches_the_task() -> None:
    case = Case(check_mode=True)
    case.run()
    assert case.context.check_mode is True


def test_the_invocation_is_told_where_modules_tell_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_task, "injects_invocation", lambda variables: True)
    result = Case({"name": "x", "secret": SECRET}).run()
    assert result["invocation"]["module_args"]["name"] == "x"
    assert SECRET not in repr(result)


@pytest.mark.parametrize(
    ("case", "variables", "wanted"),
    [
        (Case(), {}, True),
        (Case(no_log=True), {}, False),
        (Case(), {"threatops_falcon_progress": False}, False),
    ],
)
def test_progress_is_told_unless_unwanted(case: Case, variables: dict[str, Any], wanted: bool) -> None:
    case.run(**variables)
    assert (case.context.progress is not None) is wanted


def test_the_token_is_kept_where_only_this_run_looks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(token_place.constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    case = Case()
    case.run()
    assert case.context.token_file is not None
    assert Path(case.context.token_file).parent == tmp_path


def test_items_of_a_loop_share_their_connections() -> None:
    first, second = Case(), Case()
    first.run()
    second.run()
    assert first.context.session is second.context.session is not None

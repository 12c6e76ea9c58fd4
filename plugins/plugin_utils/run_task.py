# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the task of a module in Ansible's own process, where that is the same as running the module."""

from __future__ import annotations

import contextlib
import os
from typing import Any, ClassVar, Dict, Iterator, Mapping, Optional

from ansible import constants
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action.normal import ActionModule as RunModule
from ansible.utils.display import Display

from ..module_utils.api.deps import REQUESTS_IMPORT_ERROR
from ..module_utils.task.base import (
    Context,
    Task,
    kept_from_data,
    perform,
    shown_options,
    without_secret_sentences,
)
from ..module_utils.task.options import ArgumentSpec
from .ansible_core import in_a_role_of, injects_invocation
from .plain import plain
from .progress import ProgressLines
from .secrets import scrubbed
from .sessions import SessionCache
from .token_place import remove_with_run, token_path
from .variables import misspelt

COLLECTION = "threatops.falcon"
#: The variables that users set.
IN_PROCESS, PROGRESS = "threatops_falcon_in_process", "threatops_falcon_progress"

# What a Python and its libraries read when they start; set for a task, it asks for a process of its own.
_READ_AT_START = ("PYTHON", "LD_", "DYLD_", "OPENSSL_", "SSL_", "LC_", "LANG")

# Sessions of the items of a loop: Ansible runs one task of one host in one process, which ends with the task.
_SESSIONS = SessionCache()


# Ansible's main process imports this file before it starts a worker for the first task.
remove_with_run()


class _Uncopied(list):  # type: ignore[type-arg]
    """A list that Ansible's validator need not copy: a long one takes seconds, and nobody else holds it."""

    def __deepcopy__(self, memo: Dict[int, Any]) -> _Uncopied:
        return self


class _UncopiedMapping(dict):  # type: ignore[type-arg]
    """The same for a mapping that Ansible's validator does not look into."""

    def __deepcopy__(self, memo: Dict[int, Any]) -> _UncopiedMapping:
        return self


def _uncopied(options: Any, spec: Mapping[str, Any]) -> Any:
    """Options in which nothing that may be long is copied.

    A list where none is expected stays as it is: it is a mistake, which Ansible calls by the name of its class.
    """
    if not isinstance(options, dict):
        return options
    known = {alias: option for name, option in spec.items() for alias in (name, *option.get("aliases", ()))}
    return {name: _uncopied_value(value, known.get(name, {})) for name, value in options.items()}


def _uncopied_value(value: Any, option: Mapping[str, Any]) -> Any:
    kind, inside = option.get("type"), option.get("options")
    if isinstance(value, list) and kind in ("list", "raw"):
        return _Uncopied([_uncopied(element, inside) for element in value] if inside else value)
    if isinstance(value, dict) and kind == "raw":
        return _UncopiedMapping(value)
    return _uncopied(value, inside) if inside and kind == "dict" else value


class RunTask(RunModule):
    """An action plugin that gives what the module of the same name gives.

    It runs in-process where the connection is local, without ``become`` and without ``async``, and where
    ``requests`` is there for Ansible's own Python. Otherwise, and where the variable
    ``threatops_falcon_in_process`` is false, Ansible runs the module.
    """

    SPEC: ClassVar[ArgumentSpec]
    TASK: ClassVar[Task]

    def run(self, tmp: Optional[str] = None, task_vars: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        variables = task_vars or {}
        wrong = misspelt(variables) if in_a_role_of(COLLECTION, self._task) else ""
        if wrong and "account" not in self._task.args:  # which only says again what an earlier task has said
            return {"failed": True, "msg": f"{wrong} Nothing was read or written."}
        environment = self._environment()
        if not self._is_same(variables, environment):
            result: Dict[str, Any] = super().run(tmp, task_vars)
            return result
        with _environ(environment):
            return self._run_here(variables)

    def _is_same(self, variables: Mapping[str, Any], environment: Mapping[str, str]) -> bool:
        return (
            REQUESTS_IMPORT_ERROR is None
            and self._connection.ansible_name == "ansible.builtin.local"
            and self._connection.become is None
            and not self._task.async_val
            and not any(name.startswith(_READ_AT_START) for name in environment)
            and self._switch(variables, IN_PROCESS)
        )

    def _switch(self, variables: Mapping[str, Any], name: str) -> bool:
        """A variable that is on unless it says otherwise."""
        return bool(boolean(self._templar.template(variables.get(name, True)), strict=False))

    def _environment(self) -> Dict[str, str]:
        """The keyword ``environment`` of the task, as its module would find it."""
        given: Dict[str, Any] = {}
        self._compute_environment_string(given)
        return {str(name): str(value) for name, value in given.items()}

    def _run_here(self, variables: Mapping[str, Any]) -> Dict[str, Any]:
        options = _uncopied(self.options(plain(self._task.args)), self.SPEC.options)
        validation = ModuleArgumentSpecValidator(self.SPEC.options, **self.SPEC.constraints()).validate(
            options
        )
        params = {**options, **validation.validated_parameters}
        context = self._context(variables)
        if validation.error_messages:
            text = validation.errors.msg
            if isinstance(validation.errors[0], UnsupportedError):
                text = f"Unsupported parameters for ({self._task.action}) module: {text}"
            result = scrubbed({"failed": True, "msg": text}, validation._no_log_values)
        else:
            result = perform(type(self).TASK, params, context)
        if context.warnings:
            result["warnings"] = context.warnings
        if injects_invocation(variables):
            result["invocation"] = {"module_args": shown_options(params, self.SPEC.options)}
        return scrubbed(without_secret_sentences(result, params), kept_from_data(validation._no_log_values))

    def options(self, given: Dict[str, Any]) -> Dict[str, Any]:
        """The options of the task as they were given, before they are validated."""
        return given

    def _context(self, variables: Mapping[str, Any]) -> Context:
        lines: Optional[ProgressLines] = None
        if not self._task.no_log and self._switch(variables, PROGRESS):
            name = f"{self._task.action.rpartition('.')[2]} for {variables.get('inventory_hostname', 'localhost')}"
            lines = ProgressLines(_show, name)
        return Context(
            check_mode=self._task.check_mode,
            token_file=token_path(),
            progress=lines,
            session=_SESSIONS,
        )


def _show(line: str) -> None:
    """On standard error, so that a result that is read by a program stays readable."""
    Display().display(line, color=constants.COLOR_VERBOSE, stderr=True)


@contextlib.contextmanager
def _environ(given: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for a while."""
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

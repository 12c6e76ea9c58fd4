# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every task has in common: where it runs, how it fails, and how a module runs it.

A task is a function from options to a result. It knows nothing of C{AnsibleModule}, so that the same function runs
in a module and, in-process, in an action plugin.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..api.deps import REQUESTS_IMPORT_ERROR
from ..api.errors import FalconError
from .options import ArgumentSpec

Params = Mapping[str, Any]
Result = Dict[str, Any]
#: Told phase, done, total (if known) and, while waiting, until when (seconds since the epoch).
Progress = Callable[[str, int, Optional[int], Optional[float]], None]


@dataclass
class Context:
    """Where a task runs.

    @ivar token_file: where the token of this playbook run is kept; none outside the controller's own process
    @ivar session: gives the HTTP session of earlier items of a loop, if there were any, for so many connections
    @ivar progress: told now and then how far a long task is: phase, done, total, and until when it waits
    @ivar warnings: what the user is to be told besides the result
    """

    check_mode: bool = False
    token_file: Optional[str] = None
    session: Optional[Callable[[Any, int], Any]] = None
    progress: Optional[Progress] = None
    warnings: List[str] = field(default_factory=list)

    def warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)


Task = Callable[[Params, Context], Result]


class TaskFailed(Exception):
    """A task that did not do all it was asked; C{result} says what it did."""

    def __init__(self, message: str, result: Optional[Result] = None) -> None:
        super().__init__(message)
        self.message = message
        self.result: Result = result or {}


def perform(task: Task, params: Params, context: Context) -> Result:
    """Run a task to its result, a failed one included: C{failed} and C{msg} then say so, as in every Ansible result."""
    try:
        return task(params, context)
    except TaskFailed as failure:
        return {"changed": False, **failure.result, "failed": True, "msg": failure.message}
    except FalconError as error:
        return {"changed": False, **error.details(), "failed": True, "msg": str(error)}


class Module(AnsibleModule):  # type: ignore[misc]
    """A module whose result is what the task says, and no facts about a file that its C{path} names."""

    def add_path_info(self, kwargs: Result) -> Result:
        return kwargs


def url_secrets(params: Params) -> List[str]:
    """Passwords inside the URLs that a user has given: Ansible shows the options of a task at C{-vvv}."""
    found = []
    for name in ("proxy", "base_url"):
        match = re.match(r"[^/]*//[^/@]*?:(.+)@", str(params.get(name) or ""))
        if match:
            found.append(match[1])
    return found


def run_module(spec: ArgumentSpec, task: Task, needs_requests: bool = True) -> None:
    """Run a task as an Ansible module."""
    module = Module(spec.options, supports_check_mode=True, **spec.constraints())
    if needs_requests and REQUESTS_IMPORT_ERROR is not None:
        module.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    module.no_log_values.update(url_secrets(module.params))
    context = Context(check_mode=module.check_mode)
    result = perform(task, module.params, context)
    for text in context.warnings:
        module.warn(text)
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)

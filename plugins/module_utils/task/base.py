# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every task has in common: where it runs, how it fails, and how a module runs it.

A task is a function from options to a result. It knows nothing of ``AnsibleModule``, so that the same function runs
in a module and, in-process, in an action plugin.
"""

from __future__ import annotations

import platform
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, Mapping, Optional

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..api.counters import Counters
from ..api.deps import REQUESTS_IMPORT_ERROR
from ..api.errors import ConfigurationError, FalconError
from ..api.redact import SHORTEST_IN_DATA, clean, mask, shown_url, url_secrets
from ..api.version import VERSION
from ..ioc.wording import visible
from .options import ArgumentSpec

Params = Mapping[str, Any]
Result = Dict[str, Any]
#: Told phase, done, total (if known) and, while waiting, until when (seconds since the epoch).
Progress = Callable[[str, int, Optional[int], Optional[float]], None]

_ISSUES = "https://github.com/threatops/threatops.falcon/issues"
_INTERRUPTED = (
    "The run was interrupted. The result says what was written; run in check mode to see what is still to do."
)
_HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
_URLS = ("proxy", "base_url")
# How the names of options that hold a path end.
_PATHS = ("path", "dir", "dest", "folder", "file")
# Keys of a result that hold sentences, not data of the user or the tenant.
_SENTENCES = ("msg", "hint", "exception", "warnings")


@dataclass
class Context:
    """Where a task runs.

    ``token_file``: where the token of this playbook run is kept; none outside the controller's own process. ``session``
    gives the HTTP session of earlier items of a loop, for so many connections. ``progress`` is told now and
    then how far a long task is. ``warnings``: what the user is to be told besides the result, also of a task
    that fails. ``spent``: what each client of the task has sent so far. ``so_far`` gives the result up to
    this moment of a task that writes.
    """

    check_mode: bool = False
    token_file: str | None = None
    session: Callable[[Any, int], Any] | None = None
    progress: Progress | None = None
    warnings: list[str] = field(default_factory=list)
    spent: list[Counters] = field(default_factory=list)
    so_far: Callable[[], Result] | None = None

    def warn(self, text: str) -> None:
        """Tell the user something, once."""
        text = visible(text)
        if text not in self.warnings:
            self.warnings.append(text)


Task = Callable[[Params, Context], Result]


class TaskFailed(Exception):
    """A task that did not do all it was asked; ``result`` says what it did."""

    def __init__(self, message: str, result: Result | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.result: Result = result or {}


def perform(task: Task, params: Params, context: Context) -> Result:
    """Run a task to its result, also when it fails: ``failed`` and ``msg`` then say so, as Ansible expects."""
    try:
        _refuse_nul(params)
        return task(params, context)
    except TaskFailed as failure:
        return {"changed": False, **failure.result, "failed": True, "msg": visible(failure.message)}
    except FalconError as error:
        return {"changed": False, **error.details(), "failed": True, "msg": str(error)}
    except KeyboardInterrupt:
        done, _lost = _done_so_far(context)
        if context.check_mode or not done:
            raise
        return {"changed": False, **done, "failed": True, "code": "interrupted", "msg": _INTERRUPTED}
    # The one net beneath every task: after a write, a traceback would lose the account of what was written.
    except Exception as fault:  # noqa: BLE001
        return _our_fault(fault, context)


def _refuse_nul(params: Params) -> None:
    """A path with a NUL character raises ValueError deep in the standard library."""
    for name, value in params.items():
        if name.endswith(_PATHS) and isinstance(value, str) and "\0" in value:
            raise ConfigurationError(f"{name} contains a NUL character")


def _our_fault(fault: Exception, context: Context) -> Result:
    """The result of a task that ended with an exception nobody expected, with what is known of its work."""
    done, lost = _done_so_far(context)
    writes = sum(counters.write for counters in context.spent)
    frames = traceback.extract_tb(fault.__traceback__)
    place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"
    after = ""
    if writes and not done:
        after = f" {writes} write requests had been sent; run in check mode to see what they did."
    if lost:
        after += f" The account of what was done could not be made ({lost})."
    text = clean(fault)
    return {
        "changed": bool(writes) and not context.check_mode,
        **done,
        "code": "internal",
        "failed": True,
        "exception": "".join(traceback.format_exception(type(fault), fault, fault.__traceback__)),
        "msg": f"This is a fault of threatops.falcon {VERSION}, not of your input: {type(fault).__name__} at {place}"
        f"{f', {text}' if text else ''}.{after} Please report it at {_ISSUES} with this message, the traceback (-vvv), "
        f"the release of ansible-core, and Python {platform.python_version()}.",
    }


def _done_so_far(context: Context) -> tuple[Result, str]:
    """What the task had done, and why that is not known."""
    if context.so_far is None:
        return {}, ""
    try:
        return context.so_far(), ""
    except Exception as fault:  # noqa: BLE001  # part of the net: a second fault must not hide the first
        return {}, type(fault).__name__


class Module(AnsibleModule):  # type: ignore[misc]
    """A module whose result is what the task says, and no facts about a file that its ``path`` names."""

    def add_path_info(self, kwargs: Result) -> Result:
        """Ansible calls this for every result, also when options are wrong."""
        kwargs.setdefault("invocation", {"module_args": shown_options(self.params, self.argument_spec)})
        return kwargs

    def _log_invocation(self) -> None:
        """Ansible logs the options; it does not recognize every form of a password in a URL."""
        given: Result = self.params
        self.params: Result = without_url_secrets(given)
        try:
            super()._log_invocation()
        finally:
            self.params = given


def without_url_secrets(params: Params) -> Result:
    """Options as they can be shown: no user name, password or token in a URL."""
    shown = dict(params)
    for name in _URLS:
        if isinstance(shown.get(name), str):
            shown[name] = shown_url(shown[name])
    auth = shown.get("auth")
    if isinstance(auth, dict) and isinstance(auth.get("base_url"), str):
        shown["auth"] = {**auth, "base_url": shown_url(auth["base_url"])}
    return shown


def shown_options(params: Params, options: Mapping[str, Any]) -> Result:
    """Options as Ansible shows them at ``-vvv``, without anything secret. ``options`` is the argument spec."""
    return _without_no_log(without_url_secrets(params), options)


def _without_no_log(params: Params, options: Mapping[str, Any]) -> Result:
    secret = {
        name
        for known, option in options.items()
        if option.get("no_log")
        for name in (known, *option.get("aliases", ()))
    }
    inner = {name: option["options"] for name, option in options.items() if "options" in option}
    shown = {}
    for name, value in params.items():
        if name in secret and value:
            value = _HIDDEN
        elif name in inner and isinstance(value, dict):
            value = _without_no_log(value, inner[name])
        shown[name] = value
    return shown


def without_secret_sentences(result: Result, params: Params) -> Result:
    """A result whose messages hold no part of a password in a URL that the user gave. Its data is left as it is."""
    auth = params.get("auth")
    urls = [params.get(name) for name in _URLS] + [auth.get("base_url") if isinstance(auth, dict) else None]
    secrets = [secret for url in urls if isinstance(url, str) for secret in url_secrets(url)]
    if not secrets:
        return result
    cleaned = dict(result)
    for name in _SENTENCES:
        value = cleaned.get(name)
        if isinstance(value, str):
            cleaned[name] = mask(value, secrets)
        elif isinstance(value, list):
            cleaned[name] = [mask(text, secrets) if isinstance(text, str) else text for text in value]
    return cleaned


def kept_from_data(no_log_values: Any) -> set[str]:
    """The secrets to look for in all data of a result: a shorter one could be a part of an honest value."""
    return {str(value) for value in no_log_values if len(str(value)) >= SHORTEST_IN_DATA}


def run_module(spec: ArgumentSpec, task: Task, needs_requests: bool = True) -> None:
    """Run a task as an Ansible module."""
    module = Module(spec.options, supports_check_mode=True, **spec.constraints())
    if needs_requests and REQUESTS_IMPORT_ERROR is not None:
        module.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    context = Context(check_mode=module.check_mode)
    result = without_secret_sentences(perform(task, module.params, context), module.params)
    module.no_log_values = kept_from_data(module.no_log_values)
    for text in without_secret_sentences({"warnings": context.warnings}, module.params)["warnings"]:
        module.warn(text)
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)

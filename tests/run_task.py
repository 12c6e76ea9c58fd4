# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the tasks of the modules on a tenant: in this process, or as the module's own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, Dict, Mapping, Tuple

from ansible_collections.threatops.falcon.plugins.module_utils.task import (
    auth,
    doctor,
    info,
    ioc,
    iocs,
    observed,
)
from ansible_collections.threatops.falcon.plugins.module_utils.task.base import Context, Task, perform
from ansible_collections.threatops.falcon.plugins.module_utils.task.options import ArgumentSpec

Result = Dict[str, Any]
TASKS: Dict[str, Tuple[ArgumentSpec, Task]] = {
    "falcon_iocs": (iocs.SPEC, iocs.run),
    "falcon_ioc": (ioc.SPEC, ioc.run),
    "falcon_ioc_info": (info.SPEC, info.run),
    "falcon_ioc_hosts_info": (observed.HOSTS, observed.hosts),
    "falcon_ioc_processes_info": (observed.PROCESSES, observed.processes),
    "falcon_auth": (auth.SPEC, auth.run),
    "falcon_doctor_info": (doctor.SPEC, doctor.run),
}


def defaults(spec: ArgumentSpec) -> Dict[str, Any]:
    """Every option as Ansible would fill it in, environment aside."""
    return {name: option.get("default") for name, option in spec.options.items()}


def access(tenant: Any) -> Dict[str, Any]:
    """The options that lead to a simulated tenant."""
    return {"base_url": tenant.url, "client_id": tenant.client_id, "client_secret": tenant.client_secret}


def run(name: str, tenant: Any, check: bool = False, **options: Any) -> Result:
    """Run a task in this process; the result is as the module's, with ``warnings``."""
    spec, task = TASKS[name]
    context = Context(check_mode=check)
    params = {**defaults(spec), "protect": {}, **access(tenant), **options}
    result = perform(task, params, context)
    result["warnings"] = context.warnings
    return result


def start_module(
    name: str, tenant: Any, environment: Mapping[str, str] | None = None, check: bool = False, **options: Any
) -> subprocess.Popen[bytes]:
    """Start a module as Ansible does: its arguments come by standard input, nothing of them is on the command line."""
    arguments = {"_ansible_check_mode": check, "_ansible_remote_tmp": os.environ.get("TMPDIR", "/tmp")}
    process = subprocess.Popen(
        [sys.executable, "-m", f"ansible_collections.threatops.falcon.plugins.modules.{name}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **(environment or {})},
    )
    assert process.stdin is not None
    process.stdin.write(
        json.dumps({"ANSIBLE_MODULE_ARGS": {**arguments, **access(tenant), **options}}).encode()
    )
    process.stdin.close()
    process.stdin = None
    return process


def run_module(name: str, tenant: Any, **options: Any) -> Result:
    """Run a module in a process of its own, to its result."""
    output, errors = start_module(name, tenant, **options).communicate(timeout=120)
    assert output, errors.decode()
    result: Result = json.loads(output)
    return result

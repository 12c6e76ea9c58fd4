# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run every integration target in-process and as modules, and compare what their tasks returned."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from difflib import unified_diff
from functools import partial
from pathlib import Path
from typing import Any

import nox

from .support import ROOT, compile_ansible, work

TARGETS = ROOT / "tests" / "integration" / "targets"
# What differs between two runs of the same play: ids that a tenant makes up, times, ports, folders of the run.
_NAMED = re.compile(
    r"(?P<folder>/[^\s\"']*/sessions/integration/(?:here|modules))"
    r"|(?P<instant>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z|\d{8}T\d{6}(?:\.\d+)?Z)"
    r"|(?P<uuid>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
    r"|(?P<digits>\b[0-9a-f]{12,64}\b)"
    r"|(?P<address>127\.0\.0\.1:\d+)"
)
# Modules run as processes of their own, so that each asks for its token; the rest measures time or names Pythons.
# Tasks that run in-process tell each other what they changed within the last half minute, and read that by id as well:
# `requests.read` is one higher there. A module process may run on another host, and is told nothing.
_IGNORED = {
    "token",
    "waited_seconds",
    "access_token",
    "expires_in",
    "ansible_facts",
    "_ansible_no_log",
    "read",
}


def both_ways(session: nox.Session, only: Sequence[str] = ()) -> None:
    """Run the targets, or only some, and compare; end the session where a target fails or a result differs."""
    compile_ansible(session)
    different, failed, compared = [], [], 0
    targets = sorted(path.parent.parent.name for path in TARGETS.glob("*/tasks/main.yml"))
    for target in only or (name for name in targets if not name.startswith("setup_")):
        # Roles and playbooks run the tasks of modules; an inventory plugin always runs in Ansible's own process.
        ways = ("here", "modules") if target.startswith("falcon_") else ("here",)
        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(partial(_results, session, target), ways))
        here, modules = results[0], results[-1]
        session.log(f"{target}: {len(here)} lines of results, {' and '.join(ways)}")
        compared += len(here) - 1
        failed += [target] if "failed" in (here[-1], modules[-1]) else []
        if here != modules:
            different.append(target)
            print("\n".join(unified_diff(modules, here, f"{target} as modules", "in-process", lineterm="")))
    if failed:
        session.error(f"targets failed: {', '.join(failed)}")
    if different:
        session.error(f"results differ: {', '.join(different)}")
    if not compared:
        session.error("no result was recorded")


def _results(session: nox.Session, target: str, way: str) -> list[str]:
    """What the tasks of a target return, and whether it passed."""
    folder = work(session) / way
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"output_dir": str(folder), "threatops_falcon_in_process": way == "here"},
        "roles": [target],
    }
    playbook, record = work(session) / f"{target}.{way}.json", work(session) / f"{target}.{way}.results"
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    record.write_text("", encoding="utf-8")
    settings = {
        "ANSIBLE_ROLES_PATH": str(TARGETS),
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback"),
        "ANSIBLE_CALLBACKS_ENABLED": "record_results",
        "RECORD_RESULTS": str(record),
    }
    words = ("ansible-playbook", "-e", "ansible_python_interpreter={{ansible_playbook_python}}", playbook)
    done = subprocess.run(
        words,
        env={**os.environ, **settings},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(f"{target} ({way}) exited with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return [*_comparable(record.read_text(encoding="utf-8")), "failed" if done.returncode else "passed"]


def _comparable(text: str) -> list[str]:
    """A record with made-up names numbered in the order in which they appear.

    Times have no number: whether two of them fall into one second is luck.
    """
    names: dict[str, str] = {}

    def numbered(match: re.Match[str]) -> str:
        if match.lastgroup == "instant":
            return "<instant>"
        return names.setdefault(match[0], f"<{match.lastgroup} {len(names)}>")

    lines = []
    for line in text.splitlines():
        lines.extend(json.dumps(_without_ignored(json.loads(line)), indent=1).splitlines())
    return [_NAMED.sub(numbered, line) for line in lines]


def _without_ignored(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_ignored(part) for name, part in value.items() if name not in _IGNORED}
    if isinstance(value, list):
        return [_without_ignored(part) for part in value]
    return value

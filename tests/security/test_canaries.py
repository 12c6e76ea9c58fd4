# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A canary secret, its tokens and a proxy's password appear nowhere; what a hostile tenant says is inert."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from simulator_fixture import Tenant, start_thread

PROXY_PASSWORD = "canary-of-a-proxy-password"
HOSTILE = "{{ lookup('pipe', 'echo pw' ~ 'ned') }} \x1b[31mred\x1b[0m \x07 {% raw %}"

PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/threatops.falcon.falcon: "{{ access }}"
  tasks:
    - threatops.falcon.falcon_iocs:
        iocs: [{type: domain, value: canary.example, action: detect, severity: high}]
        source: canary
      diff: true
    - threatops.falcon.falcon_iocs:
        iocs: [{type: domain, value: hostile.example, action: detect, severity: low}]
        on_foreign: adopt
      diff: true
    - threatops.falcon.falcon_ioc_info:
        type: domain
        value: hostile.example
      register: seen
    - ansible.builtin.debug:
        msg: "{{ seen.iocs[0].description }}"
    - threatops.falcon.falcon_iocs:
        iocs: [{type: domain, value: refused.example, action: detect, severity: high}]
        retries: 0
      ignore_errors: true
    - threatops.falcon.falcon_ioc_info:
        types: [md5]
        retries: 0
      ignore_errors: true
    - threatops.falcon.falcon_ioc_info:
        proxy: "http://user:PROXY_PASSWORD@127.0.0.1:9"
        retries: 0
      ignore_errors: true
    - threatops.falcon.falcon_ioc_info:
        base_url: "https://user:PROXY_PASSWORD@falcon.example"
      ignore_errors: true
    - threatops.falcon.falcon_ioc:
        type: domain
        value: canary.example
        state: absent
      diff: true
""".replace("PROXY_PASSWORD", PROXY_PASSWORD)


class Watch(threading.Thread):
    """Looks at every process below this one, and at the files of the run, while it lasts."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self._folder = folder
        self._ended = threading.Event()
        self.command_lines: set[bytes] = set()
        self.environments: set[bytes] = set()
        self.loose: set[str] = set()

    def run(self) -> None:
        while not self._ended.wait(0.02):
            for process in _descendants(os.getpid()):
                self._look(process)
            for path in self._folder.rglob("*"):
                try:
                    facts = path.stat()
                    private = facts.st_mode & 0o077 == 0
                    if path.is_file() and not private and b"access" in path.read_bytes():
                        self.loose.add(str(path))
                except OSError:
                    continue

    def _look(self, process: int) -> None:
        for name, found in (("cmdline", self.command_lines), ("environ", self.environments)):
            try:
                found.add(Path(f"/proc/{process}/{name}").read_bytes())
            except OSError:
                continue

    def end(self) -> None:
        self._ended.set()
        self.join()


def _descendants(root: int) -> Iterator[int]:
    for entry in Path(f"/proc/{root}/task").glob("*/children"):
        try:
            children = [int(word) for word in entry.read_text().split()]
        except OSError:
            continue
        for child in children:
            yield child
            yield from _descendants(child)


@pytest.fixture
def hostile() -> Iterator[tuple[Tenant, Any]]:
    """A tenant that says back what it knows, in errors and in records."""
    tenant, running = start_thread("--empty")
    tenant.seed(
        indicators=[
            {
                "type": "domain",
                "value": "hostile.example",
                "action": "detect",
                "severity": "medium",
                "platforms": ["windows", "mac", "linux"],
                "applied_globally": True,
                "description": f"{tenant.client_secret} {HOSTILE}",
                "tags": [tenant.client_secret, "\x1b]0;title\x07"],
            }
        ]
    )
    echo = f"client_secret={tenant.client_secret} {HOSTILE}"
    tenant.faults(
        {"match": {"body_contains": "refused.example"}, "do": {"status": 400, "message": echo}},
        {"match": {"query_contains": "md5"}, "do": {"status": 403, "message": echo}},
    )
    yield tenant, running
    tenant.close()
    running.stop()


@pytest.mark.parametrize("given", ["option", "environment"])
@pytest.mark.parametrize("in_process", [True, False], ids=["in-process", "module"])
def test_no_canary_at_any_verbosity(
    hostile: tuple[Tenant, Any], in_process: bool, given: str, tmp_path: Path
) -> None:
    tenant, running = hostile
    (tmp_path / "play.yml").write_text(PLAYBOOK, encoding="utf-8")
    secret = tenant.client_secret
    access = {"base_url": tenant.url, "client_id": tenant.client_id}
    extra = {"threatops_falcon_in_process": in_process, "access": access}
    environment = {
        **{name: text for name, text in os.environ.items() if not name.startswith(("ANSIBLE_", "FALCON_"))},
        "ANSIBLE_COLLECTIONS_PATH": os.path.abspath(os.environ["PYTHONPATH"].split(os.pathsep)[0]),
        "ANSIBLE_LOCAL_TEMP": str(tmp_path / "local"),
        "ANSIBLE_REMOTE_TMP": str(tmp_path / "remote"),
        "ANSIBLE_LOG_PATH": str(tmp_path / "log"),
        "ANSIBLE_HOME": str(tmp_path / "home"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }
    if given == "option":
        (tmp_path / "secret.json").write_text(json.dumps({"secret": secret}), encoding="utf-8")
        access["client_secret"] = "{{ secret }}"
    else:
        environment["FALCON_CLIENT_SECRET"] = secret
    (tmp_path / "vars.json").write_text(json.dumps(extra), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "ansible",
        "playbook",
        "-vvvv",
        "-i",
        "localhost,",
        "-c",
        "local",
        "play.yml",
    ]
    command += ["-e", "@vars.json", "-e", f"ansible_python_interpreter={sys.executable}"]
    command += ["-e", "@secret.json"] if given == "option" else []
    issued: set[str] = set()
    watch = Watch(tmp_path / "local")
    watch.start()
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    collector = threading.Thread(target=_collect, args=(running, issued, process), daemon=True)
    collector.start()
    output = process.communicate(timeout=180)[0]
    collector.join()
    watch.end()

    text = output.decode()
    assert "failed=0" in text and "ignored=4" in text, text[-3000:]
    assert len(issued) >= 1
    assert "hostile.example" in text and "lookup('pipe', 'echo pw' ~ 'ned')" in text, (
        "nothing hostile was shown at all"
    )
    written = text + (tmp_path / "log").read_text(encoding="utf-8")
    for canary in (secret, PROXY_PASSWORD, *issued):
        assert canary not in written, f"{canary[:6]}... stands in the output"
        assert not any(canary.encode() in line for line in watch.command_lines)
        if given == "option":
            assert not any(canary.encode() in line for line in watch.environments)
    assert len(watch.command_lines) > 1
    assert "\x1b[31m" not in written.replace("\x1b[0;31m", "") and "\x07" not in written
    assert "pwned" not in written.replace("'echo pw' ~ 'ned'", "")
    assert watch.loose == set(), "a file with a token can be read by others"
    assert not list((tmp_path / "local").rglob("*oken*")), "a token outlives its run"


def _collect(running: Any, issued: set[str], process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        issued.update(list(running.simulator.credentials.tokens))
        time.sleep(0.02)

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A canary secret, its tokens and a proxy's password appear nowhere; what a hostile tenant says is inert."""

from __future__ import annotations

import json
import os
import subprocess
import sys
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


AUDIT = Path(__file__).parent / "audit"


class Audit:
    """What every Python process of a run started and left readable, as audit/sitecustomize.py wrote it down."""

    def __init__(self, record: Path) -> None:
        entries = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
        by_kind = {
            kind: [one["content"] for one in entries if one["kind"] == kind]
            for kind in ("process", "start", "loose")
        }
        self.command_lines = [str(process["command"]) for process in by_kind["process"]]
        self.command_lines += [str(started) for started in by_kind["start"]]
        self.environments = [str(process["environment"]) for process in by_kind["process"]]
        self.loose = by_kind["loose"]


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
        "AUDIT_RECORD": str(tmp_path / "audit.jsonl"),
        "AUDIT_FOLDER": str(tmp_path / "local"),
        "PYTHONPATH": os.pathsep.join([str(AUDIT), os.environ["PYTHONPATH"]]),
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
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=600,
        check=False,
    )
    issued = set(running.simulator.credentials.tokens)
    audit = Audit(tmp_path / "audit.jsonl")

    text = done.stdout.decode()
    assert "failed=0" in text and "ignored=4" in text, text[-3000:]
    assert len(issued) >= 1
    assert "hostile.example" in text and "lookup('pipe', 'echo pw' ~ 'ned')" in text, (
        "nothing hostile was shown at all"
    )
    written = text + (tmp_path / "log").read_text(encoding="utf-8")
    for canary in (secret, PROXY_PASSWORD, *issued):
        assert canary not in written, f"{canary[:6]}... stands in the output"
        assert not any(canary in line for line in audit.command_lines)
        if given == "option":
            assert not any(canary in line for line in audit.environments)
    assert any("play.yml" in line for line in audit.command_lines), "nothing was audited"
    modules = [line for line in audit.command_lines if "AnsiballZ_falcon" in line]
    assert bool(modules) is not in_process
    assert "\x1b[31m" not in written.replace("\x1b[0;31m", "") and "\x07" not in written
    assert "pwned" not in written.replace("'echo pw' ~ 'ned'", "")
    assert audit.loose == [], "a file with a token can be read by others"
    assert not list((tmp_path / "local").rglob("*oken*")), "a token outlives its run"

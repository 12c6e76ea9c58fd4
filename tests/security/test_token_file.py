# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook run that is ended by a signal leaves no token behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from simulator_fixture import start_thread

PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - threatops.falcon.falcon_ioc_info:
        types: [domain]
        base_url: "BASE_URL"
        client_id: "CLIENT_ID"
        retries: 0
      loop: "{{ range(500) | list }}"
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_no_token_outlives_a_run_that_is_ended(number: signal.Signals, tmp_path: Path) -> None:
    tenant, running = start_thread("--empty")
    text = PLAYBOOK.replace("BASE_URL", tenant.url).replace("CLIENT_ID", tenant.client_id)
    (tmp_path / "play.yml").write_text(text, encoding="utf-8")
    environment = {
        **{name: text for name, text in os.environ.items() if not name.startswith(("ANSIBLE_", "FALCON_"))},
        "FALCON_CLIENT_SECRET": tenant.client_secret,
        "ANSIBLE_COLLECTIONS_PATH": os.path.abspath(os.environ["PYTHONPATH"].split(os.pathsep)[0]),
        "ANSIBLE_LOCAL_TEMP": str(tmp_path / "local"),
        "ANSIBLE_HOME": str(tmp_path / "home"),
    }
    output = tmp_path / "output"
    process = subprocess.Popen(
        [sys.executable, "-m", "ansible", "playbook", "-i", "localhost,", "-c", "local", "play.yml"],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output.open("wb"),
        stderr=subprocess.STDOUT,
        # A shell that runs the tests in the background has its children ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        end = time.monotonic() + 60
        while not list((tmp_path / "local").glob("*/threatops_falcon_token.json")):
            assert time.monotonic() < end, "no token was kept at all"
            assert process.poll() is None, output.read_text()
            time.sleep(0.05)
        process.send_signal(number)
        assert process.wait(60) != 0, output.read_text()
        assert not list((tmp_path / "local").rglob("*oken*")), output.read_text()
    finally:
        process.kill()
        process.wait()
        tenant.close()
        running.stop()

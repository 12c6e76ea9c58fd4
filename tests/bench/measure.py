# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run one contestant against a tenant of its own, and take its time, its memory and its requests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SIMULATOR = ROOT / "tests" / "simulator"
START_SECONDS = 300


@dataclass(frozen=True)
class Measurement:
    """What one run took.

    ``seconds``: wall clock
    ``peak``: of the process that took most, in MB
    """

    seconds: float
    peak: float
    tokens: int = 0
    reads: int = 0
    writes: int = 0


class Failure(Exception):
    """A contestant did not do its work; the text ends its output."""


class Tenant:
    """A simulator in a process of its own."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self._url = ready["url"]
        self.environment = {
            "BENCH_URL": ready["url"],
            "BENCH_CLIENT_ID": ready["client_id"],
            "BENCH_CLIENT_SECRET": ready["client_secret"],
        }

    def run(self, command: list[str], folder: Path, timed_inside: bool = False) -> Measurement:
        """Run a command to its end.

        ``timed_inside``: the last line that it prints is the seconds to count
        Raises Failure: it exited with an error
        """
        self._ask("DELETE", "log")
        output = folder / "output"
        with output.open("w", encoding="utf-8") as file:
            started = time.monotonic()
            process = subprocess.Popen(
                command, env=environment() | self.environment, stdout=file, stderr=file, cwd=folder
            )
            _pid, status, used = os.wait4(process.pid, 0)
            seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        text = output.read_text(encoding="utf-8")
        if process.returncode != 0:
            raise Failure(f"{' '.join(command)} exited with {process.returncode}:\n{text[-2000:]}")
        if timed_inside:
            seconds = float(text.splitlines()[-1])
        methods = [(entry["method"], entry["path"]) for entry in self._ask("GET", "log")["entries"]]
        tokens = methods.count(("POST", "/oauth2/token"))
        reads = sum(method == "GET" for method, _path in methods)
        return Measurement(seconds, used.ru_maxrss / 1000, tokens, reads, len(methods) - tokens - reads)

    def indicators(self) -> list[dict[str, Any]]:
        """Everything that it holds, as it holds it."""
        held: list[dict[str, Any]] = self._ask("GET", "dump")["indicators"]
        return held

    def _ask(self, method: str, name: str) -> dict[str, Any]:
        request = urllib.request.Request(f"{self._url}/simulator/{name}", method=method)
        with urllib.request.urlopen(request, timeout=300) as answer:
            content: dict[str, Any] = json.load(answer)
        return content


def environment() -> dict[str, str]:
    """Nothing of the user's own settings."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("ANSIBLE_", "FALCON_"))}
    cache = ROOT / ".cache"
    return kept | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
        "ANSIBLE_COLLECTIONS_PATH": str(cache / "link"),
        "ANSIBLE_HOME": str(cache / "ansible"),
        "ANSIBLE_REMOTE_TMP": str(cache / "ansible" / "tmp"),
        "ANSIBLE_ACTION_PLUGINS": str(Path(__file__).parent / "action"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }


@contextmanager
def tenant(stored: int, latency: float) -> Iterator[Tenant]:
    """Start a simulator that holds generated indicators and waits so many milliseconds before each answer."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready"
        options = ["--port", "0", "--empty", "--seed-count", str(stored), "--quirk", "rate_limit=0"]
        command = [
            sys.executable,
            str(SIMULATOR),
            *options,
            "--latency",
            str(latency),
            "--ready-file",
            str(ready),
        ]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            try:
                deadline = time.monotonic() + START_SECONDS
                while not ready.exists():
                    if process.poll() is not None or time.monotonic() > deadline:
                        raise Failure("the simulator did not start")
                    time.sleep(0.05)
                yield Tenant(json.loads(ready.read_text(encoding="utf-8")))
            finally:
                process.terminate()

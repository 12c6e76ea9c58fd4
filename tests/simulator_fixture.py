# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pytest fixtures that give tests a running simulator.

``simulator``           an empty tenant (API clients only), reset before each test; one server thread for the whole run
``demo_simulator``      the same server with the demo content, reset before each test
``simulator_process``   a fresh ``python tests/simulator`` process of one's own

Each yields a Tenant. A test folder gets them with ``from simulator_fixture import simulator`` in its conftest.py
(tests/conftest.py does that for everything below tests/).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import requests

TESTS = Path(__file__).resolve().parent
START_SECONDS = 20.0


class Tenant:
    """A running simulator: where it is, how to sign in, and its admin operations."""

    def __init__(self, url: str, client_id: str, client_secret: str) -> None:
        self.url = url
        self.client_id = client_id
        self.client_secret = client_secret
        self.cid = "20879a8064904ecfbb62c118a6a19411"
        self._session = requests.Session()
        self._session.trust_env = False

    def log(self, method: str | None = None, path: str = "") -> list[dict[str, Any]]:
        """Requests so far, oldest first; of one method, or below a path."""
        wanted = {"path": path, **({"method": method} if method else {})}
        entries: list[dict[str, Any]] = self._ask("GET", "log", params=wanted)["entries"]
        return entries

    def clear_log(self) -> None:
        """Forget the requests so far."""
        self._ask("DELETE", "log")

    def violations(self) -> list[dict[str, Any]]:
        """Requests that a careful client would not have sent."""
        entries: list[dict[str, Any]] = self._ask("GET", "violations")["entries"]
        return entries

    def dump(self, **query: str) -> dict[str, Any]:
        """Everything stored; ``cid`` and ``filter`` narrow it."""
        return self._ask("GET", "dump", params=query)

    def indicators(self, *, deleted: bool = False) -> list[dict[str, Any]]:
        """Stored indicators; deleted ones on request."""
        return [record for record in self.dump()["indicators"] if deleted or not record["deleted"]]

    def seed(self, content: Mapping[str, Any] | None = None, **parts: Any) -> dict[str, Any]:
        """Store indicators, host_groups, hosts, sightings, processes, clients, legacy_iocs, generate={count: N}."""
        return self._ask("POST", "seed", {**(content or {}), **parts})

    def faults(self, *rules: Mapping[str, Any]) -> None:
        """Replace the scripted faults; none ends all trouble."""
        self._ask("POST", "faults", {"faults": list(rules)})

    def fault_counts(self) -> list[dict[str, Any]]:
        """The rules with how often each was seen and fired."""
        rules: list[dict[str, Any]] = self._ask("GET", "faults")["faults"]
        return rules

    def quirk(self, **values: Any) -> None:
        """Set quirks of the tenant; also strict=, legacy=."""
        self._ask("POST", "quirk", values)

    def clock(self, offset_seconds: float) -> None:
        """Move the tenant's clock to this distance from the real time."""
        self._ask("POST", "clock", {"offset_seconds": offset_seconds})

    def drop_tokens(self) -> None:
        """End every token."""
        self._ask("POST", "tokens")

    def reset(self, content: str = "initial") -> None:
        """Back to the start, with the content "initial", "demo" or "empty"."""
        self._ask("POST", "reset", {"content": content})

    def token(
        self, client_id: str | None = None, client_secret: str | None = None, member_cid: str = ""
    ) -> str:
        """A bearer token."""
        form = {
            "client_id": client_id or self.client_id,
            "client_secret": client_secret or self.client_secret,
            "member_cid": member_cid,
        }
        answer = self._session.post(
            f"{self.url}/oauth2/token",
            data={name: value for name, value in form.items() if value},
            timeout=10,
        )
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def call(self, method: str, path: str, *, token: str | None = None, **more: Any) -> requests.Response:
        """A signed request to the tenant (``more`` as for requests)."""
        headers = {"Authorization": f"Bearer {token or self.token()}", **more.pop("headers", {})}
        return self._session.request(
            method, self.url + path, headers=headers, timeout=more.pop("timeout", 30), **more
        )

    def close(self) -> None:
        """Close the admin connection."""
        self._session.close()

    def _ask(
        self,
        method: str,
        name: str,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        answer = self._session.request(
            method, f"{self.url}/simulator/{name}", json=body, params=params, timeout=120
        )
        content: dict[str, Any] = answer.json()
        if answer.status_code != 200:
            raise AssertionError(f"simulator refused {method} {name}: {content.get('error')}")
        return content


def start_thread(*arguments: str) -> tuple[Tenant, Any]:
    """Serve in a thread of this process: a tenant in some milliseconds. The second value has stop()."""
    if str(TESTS) not in sys.path:
        sys.path.insert(0, str(TESTS))
    from simulator import demo, server

    running = server.prepare(server.read_arguments(["--port", "0", *arguments]))
    running.start()
    return Tenant(running.url, demo.CLIENT_ID, demo.CLIENT_SECRET), running


def start_process(
    arguments: Sequence[str] = (), python: str = sys.executable
) -> tuple[Tenant, subprocess.Popen[bytes]]:
    """Run ``python tests/simulator`` on a free port and wait until it listens."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        process = subprocess.Popen(
            [python, str(TESTS / "simulator"), "--port", "0", "--ready-file", str(ready), *arguments],
            stdout=subprocess.DEVNULL,
        )
        end = time.monotonic() + START_SECONDS
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > end:
                process.kill()
                raise RuntimeError(f"the simulator did not start (exit status {process.poll()})")
            time.sleep(0.02)
        known = json.loads(ready.read_text(encoding="utf-8"))
    return Tenant(known["url"], known["client_id"], known["client_secret"]), process


def stop_process(process: subprocess.Popen[bytes]) -> int:
    """Stop a process as an operator would; returns its exit status."""
    if process.poll() is None:
        os.kill(process.pid, signal.SIGTERM)
    return process.wait(timeout=10)


@pytest.fixture(scope="session")
def simulator_server() -> Iterator[Tenant]:
    """The one server thread of a test run."""
    for needed in ("starlette", "uvicorn", "lark", "yaml"):
        pytest.importorskip(needed)
    tenant, running = start_thread("--empty")
    yield tenant
    tenant.close()
    running.stop()


@pytest.fixture
def simulator(simulator_server: Tenant) -> Tenant:
    """An empty tenant."""
    simulator_server.reset("empty")
    return simulator_server


@pytest.fixture
def demo_simulator(simulator_server: Tenant) -> Tenant:
    """The demo tenant."""
    simulator_server.reset("demo")
    return simulator_server


@pytest.fixture
def simulator_process() -> Iterator[Tenant]:
    """A process of its own with the demo tenant."""
    tenant, process = start_process()
    yield tenant
    tenant.close()
    stop_process(process)

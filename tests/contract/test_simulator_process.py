# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python tests/simulator`` as a user runs it: start, stop, state, seed, the admin operations."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
import yaml
from simulator_fixture import TESTS, Tenant, start_process, stop_process

pytest.importorskip("starlette")

README = (TESTS / "simulator" / "README.md").read_text(encoding="utf-8")
SEED = {
    "clients": [{"client_id": "3" * 32, "client_secret": "t" * 40, "scopes": ["ioc_management_read"]}],
    "host_groups": [{"name": "Mine"}],
    "indicators": [{"type": "domain", "value": "seeded.test", "source": "soc"}],
}


def test_it_says_that_it_is_ready_and_stops_at_once() -> None:
    command = [sys.executable, str(TESTS / "simulator"), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    line = process.stdout.readline()
    found = re.fullmatch(r"Falcon simulator ready: (\S+)  client_id=(\w{32})  client_secret=(\w{40})\n", line)
    assert found, line
    tenant = Tenant(*found.groups())
    assert tenant.call("GET", "/iocs/combined/indicator/v1").status_code == 200
    started = time.monotonic()
    assert stop_process(process) == 0
    assert time.monotonic() - started < 3
    with pytest.raises(requests.ConnectionError):
        tenant.log()


def test_state_is_kept_in_a_file(tmp_path: Path) -> None:
    state, seed = str(tmp_path / "state.db"), tmp_path / "seed.yml"
    seed.write_text(yaml.safe_dump(SEED), encoding="utf-8")
    arguments = ["--state", state, "--seed", str(seed)]
    tenant, process = start_process(arguments)
    row = {
        "type": "ipv4",
        "value": "192.0.2.9",
        "action": "no_action",
        "platforms": ["mac"],
        "applied_globally": True,
    }
    tenant.call("POST", "/iocs/entities/indicators/v1", json={"indicators": [row]}).raise_for_status()
    before = tenant.dump()
    assert stop_process(process) == 0
    tenant, process = start_process(arguments)
    assert tenant.dump()["indicators"] == before["indicators"]
    assert [group["name"] for group in tenant.dump()["host_groups"]] == ["Mine"]
    assert (
        tenant.call("GET", "/iocs/combined/indicator/v1", token=tenant.token("3" * 32, "t" * 40)).status_code
        == 200
    )
    assert stop_process(process) == 0


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--quirk", "colour=red"], "unknown quirk 'colour'"),
        (["--quirk", "max_page=few"], "max_page must be an integer"),
        (["--seed", "/nowhere/seed.yml"], "/nowhere/seed.yml"),
        (["--faults", "FILE"], "rule 1"),
        (["--port", "TAKEN"], "in use"),
    ],
)
def test_a_wrong_command_line_ends_with_one_line(tmp_path: Path, arguments: list[str], text: str) -> None:
    bad = tmp_path / "faults.yml"
    bad.write_text("- {do: explode}\n", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = [{"FILE": str(bad), "TAKEN": port}.get(word, word) for word in arguments]
        command = [
            sys.executable,
            str(TESTS / "simulator"),
            *([] if "--port" in words else ["--port", "0"]),
            *words,
        ]
        result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert result.returncode == 2 and result.stdout == ""
    assert result.stderr.count("\n") == 1 and text in result.stderr


def test_seeds_are_checked(simulator: Tenant) -> None:
    for seed in (
        {"colours": []},
        {"indicators": [{"type": "domain"}]},
        {"indicators": [{"type": "url", "value": "x"}]},
        {"indicators": {}},
    ):
        with pytest.raises(AssertionError):
            simulator.seed(seed)
    with pytest.raises(AssertionError, match="40 word characters"):
        simulator.seed(clients=[{"client_id": "1" * 32, "client_secret": "short", "scopes": []}])
    with pytest.raises(AssertionError, match="unknown scopes"):
        simulator.seed(clients=[{"client_id": "1" * 32, "client_secret": "s" * 40, "scopes": ["everything"]}])


def test_seeding_a_known_pair_is_a_change_behind_everybodys_back(simulator: Tenant) -> None:
    simulator.seed(SEED)
    before = simulator.indicators()[0]
    simulator.seed(
        indicators=[{"type": "domain", "value": "seeded.test", "action": "detect", "severity": "low"}]
    )
    after = simulator.indicators()[0]
    assert (after["id"], after["source"], after["action"]) == (before["id"], "soc", "detect")
    assert after["modified_on"] > before["modified_on"]


def test_reset_goes_back_to_the_start(simulator: Tenant) -> None:
    simulator.seed(SEED)
    simulator.quirk(max_page=5, legacy=True, strict=False)
    simulator.faults({"do": {"status": 500}})
    simulator.clock(1000)
    simulator.reset("demo")
    dump = simulator.dump()
    assert len(dump["indicators"]) == 11 and len(dump["hosts"]) == 260 and simulator.fault_counts() == []
    assert simulator.call("GET", "/iocs/combined/indicator/v1", params={"limit": 2000}).status_code == 200
    assert simulator.call("GET", "/indicators/queries/iocs/v1").status_code == 404
    simulator.reset("empty")
    assert simulator.dump()["indicators"] == [] and len(simulator.dump()["clients"]) == 3


def test_admin_answers_this_machine_alone() -> None:
    from simulator.admin import Admin, load_content
    from simulator.context import Simulator
    from starlette.applications import Starlette

    anyio = pytest.importorskip("anyio")
    simulator = Simulator()
    admin = Starlette(routes=Admin(simulator, lambda: load_content(simulator, with_demo=False)).routes())

    def status(address: str) -> int:
        sent: list[dict[str, object]] = []
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/simulator/log",
            "query_string": b"",
            "headers": [],
            "client": (address, 1),
        }

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        async def ask() -> None:
            await admin(scope, receive, send)

        anyio.run(ask)
        return int(str(sent[0]["status"]))

    assert [status(address) for address in ("127.0.0.1", "::1", "192.0.2.7", "10.0.0.1")] == [
        200,
        200,
        403,
        403,
    ]


def test_readme_names_every_quirk_fault_scope_and_option() -> None:
    from simulator.auth import SCOPES
    from simulator.faults import ACTIONS, EXTRAS
    from simulator.quirks import CHOICES

    for name, choice in CHOICES.items():
        row = next((line for line in README.splitlines() if line.startswith(f"| `{name}` ")), "")
        assert row, f"README.md has no row for the quirk {name}"
        for value in choice.values or (str(choice.default),):
            assert value in row, f"{name}: {value}"
    for word in [*ACTIONS, *EXTRAS, *SCOPES]:
        assert f"`{word}`" in README, word
    usage = subprocess.run(
        [sys.executable, str(TESTS / "simulator"), "--help"], capture_output=True, text=True, check=True
    )
    for option in set(re.findall(r"--[a-z][a-z-]+", usage.stdout)) - {"--help", "--no-strict"}:
        assert f"`{option}" in README, option


def test_demo_credentials_are_the_documented_ones() -> None:
    from simulator import demo

    for text in (
        demo.CLIENT_ID,
        demo.CLIENT_SECRET,
        demo.READER_ID,
        demo.WITHOUT_GROUPS_ID,
        demo.CHILD_CIDS[0],
    ):
        assert text in README
    assert json.dumps(demo.content())

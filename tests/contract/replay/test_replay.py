# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded answers of real tenants, and small ones of the same shape, against our client.

The small ones are in ``answers`` beside this file. The recorded ones are in the folder that FALCON_RECORDED names, or
in ``../shared/recorded`` beside the checkout; without them those cases are skipped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from contract.replay.player import TOKEN_PATH, Player, Recorded, envelope, listing, playing
from run_task import run
from simulator import likeness
from simulator.quirks import Quirks

from ansible_collections.threatops.falcon.plugins.module_utils.api.client import Client, Connection
from ansible_collections.threatops.falcon.plugins.module_utils.api.errors import FalconError

HERE = Path(__file__).resolve().parent
RECORDED = Path(os.environ.get("FALCON_RECORDED") or HERE.parents[3] / "shared" / "recorded")
SMALL = sorted((HERE / "answers").glob("*.json"))
REAL = sorted(RECORDED.glob("*.json")) if RECORDED.is_dir() else []
SHARED = sorted((HERE / "shared").glob("*.json"))
HASH = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
COMBINED, ENTITIES = "/iocs/combined/indicator/v1", "/iocs/entities/indicators/v1"
RAN_ON = "/iocs/queries/indicators"


@pytest.fixture
def player() -> Iterator[Player]:
    with playing() as one:
        yield one


def client_of(player: Player) -> Client:
    return Client(
        Connection(
            client_id=player.client_id, client_secret=player.client_secret, base_url=player.url, retries=0
        )
    )


def trace_of(recorded: Recorded) -> str:
    return str(recorded.body.get("meta", {}).get("trace_id", ""))[:64]


def told(recorded: Recorded) -> str:
    return str(recorded.body["errors"][0]["message"])


def token(player: Player, recorded: Recorded) -> None:
    player.repeat(recorded)
    result = run("falcon_auth", player, retries=0)
    if recorded.status == 201:
        assert not result.get("failed"), result["msg"]
        assert result["auth"]["access_token"] == recorded.body["access_token"]
        assert 0 < result["auth"]["expires_in"] <= recorded.body["expires_in"]
    else:
        assert result["failed"] and result["status"] == recorded.status
        assert told(recorded).rstrip(".") in result["msg"] and trace_of(recorded) in result["msg"]


def refused_search(player: Player, recorded: Recorded) -> None:
    player.repeat(recorded, COMBINED)
    result = run("falcon_ioc_info", player, types=["domain"], retries=0)
    assert result["failed"] and result["status"] == recorded.status
    assert told(recorded).rstrip(".") in result["msg"]


def combined(player: Player, recorded: Recorded) -> None:
    if recorded.status >= 300:
        refused_search(player, recorded)
        return
    player.repeat(recorded)
    result = run("falcon_ioc_info", player, filter="type:'domain'", retries=0, max_wait=0)
    total = recorded.body.get("meta", {}).get("pagination", {}).get("total")
    if total is not None and total > len(recorded.rows):
        assert result["failed"], "a listing that is cut short is no listing"
        return
    assert not result.get("failed"), result["msg"]
    assert [one["id"] for one in result["iocs"]] == [one["id"] for one in recorded.rows]
    for shown, stored in zip(result["iocs"], recorded.rows):
        assert {name: shown.get(name) for name in ("type", "value", "action", "platforms")} == {
            name: stored.get(name) for name in ("type", "value", "action", "platforms")
        }


def create(player: Player, recorded: Recorded) -> None:
    player.repeat(recorded)
    (made,) = recorded.rows
    asked = {
        name: made[name] for name in ("type", "value", "action", "platforms", "applied_globally", "source")
    }
    result = run("falcon_ioc", player, state="present", **asked)
    assert not result.get("failed"), result["msg"]
    assert (result["operation"], result["indicator"]["id"]) == ("created", made["id"])


def delete(player: Player, recorded: Recorded) -> None:
    (one,) = recorded.rows
    stored = {
        "id": one,
        "type": "domain",
        "value": "gone.example",
        "action": "no_action",
        "severity": "",
        "platforms": ["linux"],
        "applied_globally": True,
        "deleted": False,
        "expired": False,
    }
    player.put("GET", COMBINED, listing([stored]))
    player.repeat(recorded)
    result = run("falcon_ioc", player, state="absent", type="domain", value="gone.example")
    assert not result.get("failed"), result["msg"]
    assert (result["operation"], result["indicator"]["id"]) == ("deleted", one)


def hosts(player: Player, recorded: Recorded) -> None:
    ids = [row["device_id"] for row in recorded.rows]
    player.put("GET", f"{RAN_ON}/devices/v1", envelope(ids, {"limit": 100, "offset": ""}))
    body = recorded.body if not recorded.partial else envelope(recorded.rows)
    for method in ("GET", "POST"):
        player.put(method, "/devices/entities/devices/v2", body, recorded.status, recorded.headers)
    result = run("falcon_ioc_hosts_info", player, type="domain", value="seen.example")
    assert not result.get("failed"), result["msg"]
    for shown, stored in zip(result["hosts"], recorded.rows):
        assert {name: shown.get(name) for name in stored} == stored
    assert len(result["hosts"]) == len(recorded.rows)


def processes(player: Player, recorded: Recorded) -> None:
    (detail,) = recorded.rows
    one = "pid:" + detail["process_id"].replace("pid:", "")
    count = {"type": "sha256", "value": HASH, "device_count": 1, "limit_exceeded": False}
    player.put("GET", "/iocs/aggregates/indicators/device-count/v1", envelope([count]))
    player.put("GET", f"{RAN_ON}/devices/v1", envelope([detail["device_id"]], {"limit": 100, "offset": ""}))
    player.put("GET", f"{RAN_ON}/processes/v1", envelope([one], {"limit": 100, "offset": ""}))
    player.repeat(recorded)
    result = run("falcon_ioc_processes_info", player, type="sha256", value=HASH)
    assert not result.get("failed"), result["msg"]
    assert [shown["file_name"] for shown in result["processes"]] == [detail["file_name"]]
    assert result["warnings"] == []


def plain(player: Player, recorded: Recorded) -> None:
    """Read the envelope alone: of a route that no module of ours uses, or of a request that the doctor sent."""
    player.repeat(recorded)
    client = client_of(player)
    try:
        if recorded.status >= 300:
            with pytest.raises(FalconError) as refusal:
                client.request(recorded.method, recorded.path, purpose="replay an answer")
            assert refusal.value.status == recorded.status
            assert told(recorded).rstrip(".") in str(refusal.value)
            return
        answer = client.request(recorded.method, recorded.path, purpose="replay an answer")
    finally:
        client.close()
    assert answer.resources == recorded.rows and answer.errors == (recorded.body.get("errors") or [])
    assert answer.pagination == recorded.body.get("meta", {}).get("pagination", {})


CHECKS: dict[tuple[str, str], Callable[[Player, Recorded], None]] = {
    ("POST", "/oauth2/token"): token,
    ("GET", COMBINED): combined,
    ("POST", ENTITIES): create,
    ("DELETE", ENTITIES): delete,
    ("GET", "/devices/entities/devices/v1"): hosts,
    ("GET", "/devices/entities/devices/v2"): hosts,
    ("GET", "/devices/combined/devices/v1"): hosts,
    ("GET", "/processes/entities/processes/v1"): processes,
}


def replay(player: Player, file: Path) -> None:
    recorded = Recorded.read(file)
    check = CHECKS.get((recorded.method, recorded.path), plain)
    if recorded.status == 403 and check is plain:
        check = refused_search
    check(player, recorded)


@pytest.mark.parametrize("file", SMALL, ids=lambda file: str(file.stem))
def test_a_small_answer(player: Player, file: Path) -> None:
    replay(player, file)


@pytest.mark.parametrize("file", REAL or [None], ids=lambda file: file.stem if file else "none")
def test_a_recorded_answer(player: Player, file: Any) -> None:
    if file is None:
        pytest.skip(f"no recorded answers: neither FALCON_RECORDED nor {RECORDED.name} beside the checkout")
    replay(player, file)


@pytest.mark.parametrize("file", SHARED, ids=lambda file: str(file.stem))
def test_a_shared_report(player: Player, file: Path) -> None:
    """What a user's doctor has seen: each answer against our client, and the tenant as the simulator plays it."""
    report = json.loads(file.read_text(encoding="utf-8"))
    assert report["format"] == "threatops.falcon.doctor/1" and report["exchanges"]
    for one in report["exchanges"]:
        if not isinstance(one["body"], dict):
            continue  # an HTML page, of which the form was kept and nothing else
        recorded = Recorded(file.stem, one["method"], one["path"], one["status"], one["headers"], one["body"])
        (token if one["path"] == TOKEN_PATH else plain)(player, recorded)
        player.answers.clear()
    likeness.apply(Quirks(), likeness.resemble(str(file)))
    assert likeness.resemble(str(file))


def test_every_kind_of_answer_is_here_in_small() -> None:
    """Without the recorded files each check still runs at least once."""
    kinds = {CHECKS.get((one.method, one.path), plain) for one in map(Recorded.read, SMALL)}
    assert kinds == {*CHECKS.values(), plain}

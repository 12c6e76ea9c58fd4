# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One token for all that run together, and a quiet replacement for one that is no longer accepted."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ansible_collections.threatops.falcon.plugins.module_utils.api.client import Client
from ansible_collections.threatops.falcon.plugins.module_utils.api.connection import Connection

PATH = "/iocs/combined/indicator/v1"


def ask(simulator: Any, token_file: Path) -> Client:
    """What one process of a run does."""
    client = Client(
        Connection(
            client_id=simulator.client_id,
            client_secret=simulator.client_secret,
            base_url=simulator.url,
            token_file=str(token_file),
        )
    )
    client.request("GET", PATH, purpose="list indicators")
    client.close()
    return client


def tokens(simulator: Any) -> int:
    return len(simulator.log("POST", "/oauth2/token"))


def test_many_at_once_get_one_token(simulator: Any, tmp_path: Path) -> None:
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _number: ask(simulator, tmp_path / "token"), range(10)))
    assert tokens(simulator) == 1


def test_a_revoked_token_is_replaced_once_and_quietly(simulator: Any, tmp_path: Path) -> None:
    ask(simulator, tmp_path / "token")
    simulator.drop_tokens()
    with ThreadPoolExecutor(10) as pool:
        clients = list(pool.map(lambda _number: ask(simulator, tmp_path / "token"), range(10)))
    assert tokens(simulator) == 2
    assert [client.warnings for client in clients] == [[]] * 10


def test_what_is_kept_is_for_its_owner_alone(simulator: Any, tmp_path: Path) -> None:
    ask(simulator, tmp_path / "token")
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    assert simulator.client_secret not in "".join(path.read_text() for path in tmp_path.iterdir())


def test_where_nothing_can_be_kept_each_asks(simulator: Any, tmp_path: Path) -> None:
    for _time in range(2):
        ask(simulator, tmp_path / "missing" / "token")
    assert tokens(simulator) == 2

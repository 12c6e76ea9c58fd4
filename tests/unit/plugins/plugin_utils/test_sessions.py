# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions are reused by the same connection, in the same process, for a while."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.api.connection import Connection
from ansible_collections.threatops.falcon.plugins.plugin_utils import sessions
from ansible_collections.threatops.falcon.plugins.plugin_utils.sessions import LONGEST_IDLE, SessionCache

CONNECTION = Connection(client_id="a", client_secret="b", base_url="http://127.0.0.1:1")


def test_same_connection_same_session() -> None:
    cache = SessionCache()
    assert cache(CONNECTION, 4) is cache(replace(CONNECTION, timeout=5, retries=0), 4)


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "x"},
        {"client_secret": "x"},
        {"access_token": "x"},
        {"member_cid": "x"},
        {"cloud": "eu-1"},
        {"base_url": "http://127.0.0.1:2"},
        {"proxy": "http://127.0.0.1:3"},
        {"validate_certs": False},
        {"ca_path": "/x"},
    ],
)
def test_another_connection_another_session(change: dict[str, object]) -> None:
    cache = SessionCache()
    assert cache(CONNECTION, 4) is not cache(replace(CONNECTION, **change), 4)  # type: ignore[arg-type]


def test_more_connections_another_session() -> None:
    cache = SessionCache()
    assert cache(CONNECTION, 1) is not cache(CONNECTION, 4)


def test_a_session_that_was_idle_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = SessionCache()
    first = cache(CONNECTION, 4)
    now = sessions.time.monotonic() + LONGEST_IDLE + 1
    monkeypatch.setattr(sessions.time, "monotonic", lambda: now)
    assert cache(CONNECTION, 4) is not first


def test_a_forked_process_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    cache = SessionCache()
    first = cache(CONNECTION, 4)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert cache(CONNECTION, 4) is not first

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was changed a moment ago is remembered: within a process, and within a run."""

from __future__ import annotations

import os
import stat

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.api import recent
from ansible_collections.threatops.falcon.plugins.module_utils.api.recent import Recent


@pytest.fixture
def now(monkeypatch):
    clock = [1_800_000_000.0]
    monkeypatch.setattr(recent.time, "time", lambda: clock[0])
    return clock


def test_changes_are_remembered_for_a_while(now):
    memory = Recent()
    assert memory.among("t", ["a"]) == set()
    memory.note("t", ["a", "b"])
    now[0] += 29
    assert memory.among("t", ["a", "c"]) == {"a"}
    assert memory.among("another tenant", ["a"]) == set()
    now[0] += 2
    assert memory.among("t", ["a"]) == set()


def test_a_search_that_lags_longer_is_mistrusted_longer(now):
    memory = Recent()
    memory.note("t", ["a"])
    now[0] += 100
    assert memory.among("t", ["a"], settle=60) == {"a"}


def test_the_tasks_of_a_run_share_a_file(now, tmp_path):
    file = str(tmp_path / "token.changed")
    assert Recent().among("t", ["a"], file=file) == set()
    Recent().note("t", ["a"], file)
    os.utime(file, (now[0], now[0]))
    now[0] += 20
    Recent().note("t", ["b"], file)
    os.utime(file, (now[0], now[0]))
    now[0] += 11
    assert Recent().among("t", ["a", "b", "c"], file=file) == {"b"}
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    now[0] += 100
    assert Recent().among("t", ["b"], file=file) == set()
    now[0] += 1000
    Recent().note("t", ["c"], file)
    with open(file, encoding="ascii") as stream:
        assert [line.split()[2] for line in stream] == ["c"]


def test_a_file_that_cannot_be_used_is_no_memory(now, tmp_path):
    Recent().note("t", ["a"], str(tmp_path / "missing" / "file"))
    assert Recent().among("t", ["a"], file=str(tmp_path)) == set()
    broken = tmp_path / "broken"
    broken.write_bytes(b"9999999999.000\xff t x\n")
    assert Recent().among("t", ["x"], file=str(broken)) == set()


def test_when_a_search_will_show_what_was_written(now, tmp_path):
    memory, file = Recent(), str(tmp_path / "changed")
    assert memory.due("t", 5) == memory.due("t", 5, file) == 0
    memory.wrote("t", file)
    os.utime(file, (now[0], now[0]))
    now[0] += 2
    assert memory.due("t", 5) == Recent().due("t", 5, file) == 3
    assert memory.due("another tenant", 5) == 0
    now[0] += 5
    assert memory.due("t", 5, file) == 0

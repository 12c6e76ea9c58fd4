# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines of progress: few, and true."""

from __future__ import annotations

from collections.abc import Iterator
from time import gmtime, strftime

import pytest

from ansible_collections.threatops.falcon.plugins.plugin_utils import progress
from ansible_collections.threatops.falcon.plugins.plugin_utils.progress import ProgressLines


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now + 1_700_000_000

    localtime = staticmethod(gmtime)
    strftime = staticmethod(strftime)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    fake = Clock()
    monkeypatch.setattr(progress, "time", fake)
    yield fake


@pytest.fixture
def lines() -> list[str]:
    return []


def test_a_short_run_says_nothing(clock: Clock, lines: list[str]) -> None:
    report = ProgressLines(lines.append, "falcon_iocs for web1")
    for done in range(49):
        clock.now += 0.1
        report("reading", done, 49)
    assert lines == []


def test_a_long_run_speaks_every_few_seconds(clock: Clock, lines: list[str]) -> None:
    report = ProgressLines(lines.append, "falcon_iocs for web1")
    for second in range(22):
        report("creating", second * 200, 10_000)
        clock.now += 1
    assert lines == [
        f"falcon_iocs for web1: creating {done} of 10000, 200 a second" for done in (1000, 2000, 3000, 4000)
    ]


def test_a_rate_is_that_of_its_phase(clock: Clock, lines: list[str]) -> None:
    report = ProgressLines(lines.append, "x")
    report("reading", 50_000, None)
    clock.now += 6
    report("creating", 0, 100)
    clock.now += 10
    report("creating", 5, 100)
    assert lines == ["x: creating 0 of 100", "x: creating 5 of 100, 0.5 a second"]


def test_a_long_wait_is_told_at_once_and_once(clock: Clock, lines: list[str]) -> None:
    report = ProgressLines(lines.append, "x")
    report("creating", 600, 10_000)
    clock.now += 2
    until = clock.time() + 40
    for _thread in range(4):
        report("creating", 600, 10_000, until)
    end = strftime("%H:%M:%S", gmtime(until))
    assert lines == [f"x: creating 600 of 10000, waiting for Falcon until {end}"]
    clock.now += 41
    report("creating", 800, 10_000)
    assert len(lines) == 1
    clock.now += 5
    report("creating", 800, 10_000)
    assert len(lines) == 2


def test_a_total_may_be_unknown(clock: Clock, lines: list[str]) -> None:
    report = ProgressLines(lines.append, "x")
    clock.now += 6
    report("reading", 2000, None)
    assert lines == ["x: reading 2000"]

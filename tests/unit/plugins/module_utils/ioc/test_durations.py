# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lengths of time and relative instants as users write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc import durations


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("24h", timedelta(hours=24)),
        ("2d", timedelta(days=2)),
        (" 90M ", timedelta(minutes=90)),
        ("1w", timedelta(days=7)),
        ("30s", timedelta(seconds=30)),
        ("0", timedelta()),
        (0, timedelta()),
        ("0d", timedelta()),
        ("36500d", timedelta(days=36500)),
    ],
)
def test_duration(text: object, length: timedelta) -> None:
    assert durations.duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "24", 24, "h", "-1d", "+1d", "1.5h", "1y", "2 d", True, None, "٣d", "1d\n2"]
)
def test_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match="is not a valid duration; write a number and a unit"):
        durations.duration(text)


@pytest.mark.parametrize("text", ["36501d", "999999999w"])
def test_too_long_a_duration(text: str) -> None:
    with pytest.raises(ValueError, match="the longest duration is 36500d"):
        durations.duration(text)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("+7d", timedelta(days=7)),
        ("-30d", timedelta(days=-30)),
        ("+12h", timedelta(hours=12)),
        ("+0d", timedelta()),
    ],
)
def test_offset(text: str, length: timedelta) -> None:
    assert durations.is_relative(text)
    assert durations.offset(text) == length


@pytest.mark.parametrize("text", ["7d", "2026-01-01", "+7", "never", "+-1d"])
def test_no_offset(text: str) -> None:
    assert not durations.is_relative(text)
    with pytest.raises(ValueError, match="is not a relative time"):
        durations.offset(text)


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(days=30), "30d"),
        (timedelta(hours=36), "36h"),
        (timedelta(minutes=90), "90m"),
        (timedelta(seconds=61), "61s"),
        (timedelta(), "0s"),
    ],
)
def test_shown(length: timedelta, text: str) -> None:
    assert durations.shown(length) == text

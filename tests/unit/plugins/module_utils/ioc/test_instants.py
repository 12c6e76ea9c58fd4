# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instants that select indicators, absolute and relative."""

from __future__ import annotations

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc import expiry
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.instants import instant
from ansible_collections.threatops.falcon.tests.unit.planning import NOW


@pytest.mark.parametrize(
    ("text", "whole_day", "found"),
    [
        ("+7d", True, "2026-06-08T12:00:00Z"),
        (" -30d ", False, "2026-05-02T12:00:00Z"),
        ("+12h", False, "2026-06-02T00:00:00Z"),
        ("2026-12-31", True, "2026-12-31T23:59:59Z"),
        ("2026-12-31", False, "2026-12-31T00:00:00Z"),
        ("2026-12-31T01:02:03+01:00", False, "2026-12-31T00:02:03Z"),
    ],
)
def test_instant(text: str, whole_day: bool, found: str) -> None:
    assert expiry.wire(instant(text, NOW, whole_day)) == found


@pytest.mark.parametrize("text", ["never", "soon", "7d", "", "+7y"])
def test_no_instant(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a valid time; use an RFC 3339 time such as .* or -30d"):
        instant(text, NOW)

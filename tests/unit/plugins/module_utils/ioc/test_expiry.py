# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instants, as users and tenants write them."""

from __future__ import annotations

import datetime

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc import expiry

UTC = datetime.timezone.utc


@pytest.mark.parametrize(
    "text, wire",
    [
        ("2030-01-31", "2030-01-31T23:59:59Z"),
        ("2030-01-31T10:00:00Z", "2030-01-31T10:00:00Z"),
        ("2030-01-31t10:00:00z", "2030-01-31T10:00:00Z"),
        ("2030-01-31 10:00:00+02:00", "2030-01-31T08:00:00Z"),
        ("2030-01-31T10:00:00-01:30", "2030-01-31T11:30:00Z"),
        ("2030-01-31T10:00:00.250Z", "2030-01-31T10:00:00.25Z"),
        ("2030-01-31T23:59:60Z", "2030-01-31T23:59:59Z"),
        ("never", expiry.ZERO_TIME),
    ],
)
def test_what_users_write(text: str, wire: str) -> None:
    assert expiry.wire(expiry.parse(text)) == wire


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2030-13-01",
        "2030-02-30",
        "2030-01-01T25:00:00Z",
        "2030-01-01T10:00:00",
        "0001-01-01T00:00:00+10:00",
    ],
)
def test_what_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError, match="is not a valid expiration"):
        expiry.parse(text)


@pytest.mark.parametrize("text", [None, "", 7, "0001-01-01T00:00:00Z", "nonsense", "9999-99-99T00:00:00Z"])
def test_a_tenant_that_says_nothing_useful_means_never(text: object) -> None:
    assert expiry.stored(text) is None


def test_nanoseconds_of_a_tenant_are_read() -> None:
    assert expiry.stored("2030-01-01T00:00:00.123456789Z") == datetime.datetime(
        2030, 1, 1, 0, 0, 0, 123456, UTC
    )


def test_shown_as_users_write_it() -> None:
    assert expiry.shown(None) == "never"
    assert expiry.shown(datetime.datetime(2030, 1, 1, tzinfo=UTC)) == "2030-01-01T00:00:00Z"

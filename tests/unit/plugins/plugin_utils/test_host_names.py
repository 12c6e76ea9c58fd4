# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts of a tenant may be called in an inventory."""

from __future__ import annotations

import pytest

from ansible_collections.threatops.falcon.plugins.plugin_utils.host_names import unique, usable

ID = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    "name", ["web-01", "WEB_01.example.net", "bücher-pc", "10.1.2.3", "2001:db8::7", "host-localhost", ID]
)
def test_usable(name: str) -> None:
    assert usable(name, ID)


@pytest.mark.parametrize(
    "name",
    [
        None,
        "",
        7,
        "{{ lookup('pipe','id') }}",
        "<img src=x onerror=alert(1)>",
        "two words",
        "a,b",
        "a:b",
        "web[0:9]",
        "web*",
        "!web",
        "&web",
        "~web",
        "@web",
        "-i",
        ".web",
        "../../etc/passwd",
        "/etc/passwd",
        "a/b",
        "web\n",
        "web\x00",
        "web\u202e",
        "all",
        "ALL",
        "ungrouped",
        "localhost",
        "LocalHost.localdomain",
        "localhost6",
        "ip6-loopback",
        "127.0.0.1",
        "127.9.9.9",
        "::1",
        "0.0.0.0",
        "f" * 32,
        "web_" + "F" * 32,
        "x" * 254,
    ],
)
def test_not_usable(name: object) -> None:
    assert not usable(name, ID)


def test_hosts_of_one_name_are_told_apart() -> None:
    assert unique([("web", "1"), ("db", "2"), ("web", "3")]) == ["web_1", "db", "web_3"]

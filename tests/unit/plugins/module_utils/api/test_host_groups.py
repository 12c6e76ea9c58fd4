# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Host groups by name."""

from __future__ import annotations

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.api.errors import (
    IncompleteView,
    PermissionRefused,
)
from ansible_collections.threatops.falcon.plugins.module_utils.api.host_groups import HostGroups


def groups(*names):
    return [{"id": f"{number:032x}", "name": name} for number, name in enumerate(names)]


def test_names_in_one_request(falcon, connect):
    falcon.script = [falcon.ok(groups("Servers", "servers", "Servers (old)", "Laptops"), total=4)]
    found = HostGroups(connect()).resolve(["SERVERS", "laptops", "nobody", "Servers"])
    assert {name: [group["name"] for group in some] for name, some in found.items()} == {
        "servers": ["Servers", "servers"],
        "laptops": ["Laptops"],
        "nobody": [],
    }
    assert len(falcon.requests) == 1
    assert falcon.requests[0].get("filter") == "name:['laptops','nobody','servers']"


def test_more_than_one_page(falcon, connect):
    every = groups(*(f"g{number}" for number in range(700)))

    def handler(request):
        start = int(request.get("offset"))
        return falcon.ok(every[start : start + int(request.get("limit"))], total=700)

    falcon.handler = handler
    assert HostGroups(connect()).resolve(["G699"])["g699"][0]["id"] == every[699]["id"]
    assert len(falcon.requests) == 2


@pytest.mark.parametrize("name", ["a*b", "x'y\"z", "n" * 20_000])
def test_a_name_that_no_filter_can_hold(falcon, connect, name):
    falcon.script = [falcon.ok(groups(name, "aXb"), total=2)]
    assert len(HostGroups(connect()).resolve([name])[name.lower()]) == 1
    assert falcon.requests[0].get("filter") is None


def test_suggestions(falcon, connect):
    falcon.handler = lambda request: falcon.ok(groups("Servers", "Laptops", "Kiosk"), total=3)
    found = HostGroups(connect()).suggestions(["server", "zzz"])
    assert found == {"server": ["Servers"], "zzz": ["Kiosk", "Laptops", "Servers"]}
    assert len(falcon.requests) == 1


def test_suggestions_are_bounded_whatever_the_tenant_holds(falcon, connect):
    every = groups(*(f"Servers {number:05}" for number in range(500)))
    falcon.handler = lambda request: falcon.ok(every, total=20_000)
    found = HostGroups(connect()).suggestions([f"Servrs {number:05}" for number in range(300)])
    assert len(falcon.requests) == 1
    assert len(found) == 10 and "Servers 00003" in found["Servrs 00003"]


def test_pages_behind_the_first_are_read_at_the_same_time(falcon, connect):
    every = groups(*(f"g{number:04}" for number in range(1700)))

    def handler(request):
        start = int(request.get("offset"))
        return falcon.ok(every[start : start + 500], total=len(every))

    falcon.handler = handler
    found = HostGroups(connect(concurrency=4)).resolve(["G1699", *("x\\" + str(n) for n in range(2))])
    assert len(found["g1699"]) == 1
    assert sorted(int(request.get("offset")) for request in falcon.requests) == [0, 500, 1000, 1500]


def test_half_a_list_is_none(falcon, connect):
    falcon.handler = lambda request: falcon.ok([], total=2)
    with pytest.raises(IncompleteView):
        HostGroups(connect()).resolve(["x"])


def test_a_missing_scope_is_named(falcon, connect):
    falcon.handler = lambda request: falcon.error(403)
    with pytest.raises(PermissionRefused, match="look up host groups") as caught:
        HostGroups(connect()).resolve(["x"])
    assert "Host Groups: Read" in caught.value.hint

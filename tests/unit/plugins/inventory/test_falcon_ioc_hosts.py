# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory falcon_ioc_hosts: names, variables, groups and the cache."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader

from ansible_collections.threatops.falcon.plugins.inventory import falcon_ioc_hosts
from ansible_collections.threatops.falcon.plugins.module_utils.api.errors import Unavailable
from ansible_collections.threatops.falcon.plugins.module_utils.task.base import Context, TaskFailed
from ansible_collections.threatops.falcon.plugins.plugin_utils.ansible_core import TAGS_TRUSTED_TEXT

if TAGS_TRUSTED_TEXT:
    from ansible.template import trust_as_template

HASH = {"type": "sha256", "value": "a1" * 32}
DOMAIN = {"type": "domain", "value": "beacon.example.net"}
TEMPLATE = "{{ lookup('pipe', 'id') }}"
SECRET = "canary-secret"


def trusted(value: Any) -> Any:
    """A value as it comes from a file that the user wrote."""
    if isinstance(value, str):
        return trust_as_template(value) if TAGS_TRUSTED_TEXT else value
    if isinstance(value, list):
        return [trusted(one) for one in value]
    if isinstance(value, dict):
        return {trusted(name): trusted(one) for name, one in value.items()}
    return value


class Case:
    """One inventory; ``hosts`` is what the tenant says, unless it is ``error``."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hosts: list[dict[str, Any]] = []
        self.error: Exception | None = None
        self.asked: list[dict[str, Any]] = []
        self.cache: dict[str, Any] = {}
        self.extra_vars: dict[str, Any] = {}
        self.options: dict[str, Any] = {
            "client_id": "client",
            "client_secret": SECRET,
            "base_url": "http://127.0.0.1:1",
            "iocs": [HASH],
            "hostnames": ["hostname", "device_id"],
            "vars_prefix": "falcon_",
            "host_group_names": False,
            "leading_separator": True,
        }
        monkeypatch.setattr(falcon_ioc_hosts, "hosts", self._find)

    def _find(self, params: dict[str, Any], context: Context) -> dict[str, Any]:
        self.asked.append(params)
        if self.error:
            raise self.error
        context.warn("a warning")
        return {"hosts": self.hosts}

    def parse(
        self, cache: bool = True, path: str = "x.falcon_ioc_hosts.yml", **options: Any
    ) -> InventoryData:
        plugin = falcon_ioc_hosts.InventoryModule()
        known = trusted({**self.options, **options})
        plugin.get_option = known.get
        plugin._read_config_data = lambda path: plugin._vars.update(trusted(self.extra_vars))
        plugin.get_cache_key = lambda path: f"key-{path}"
        plugin._cache = self.cache
        inventory = InventoryData()
        plugin.parse(inventory, DataLoader(), path, cache)
        return inventory


@pytest.fixture
def case(monkeypatch: pytest.MonkeyPatch) -> Case:
    return Case(monkeypatch)


def host(number: int, **fields: Any) -> dict[str, Any]:
    return {"device_id": f"{number:032x}", "hostname": f"host-{number}", "observed": [HASH], **fields}


def test_hosts_become_hosts_with_their_fields(case: Case) -> None:
    case.hosts = [host(2, status="normal"), host(1, tags=["a"], groups=["g"], observed=[HASH, DOMAIN])]
    inventory = case.parse()
    assert list(inventory.hosts) == ["host-1", "host-2"]
    variables = inventory.hosts["host-1"].vars
    assert variables["falcon_tags"] == ["a"]
    assert variables["falcon_groups"] == ["g"]
    assert variables["falcon_observed"] == [HASH, DOMAIN]
    assert variables["falcon_observed_types"] == ["sha256", "domain"]
    assert variables["falcon_observed_values"] == [HASH["value"], DOMAIN["value"]]
    assert not {"tags", "groups", "observed"}.intersection(variables)
    assert case.asked[0]["iocs"] == [HASH]
    assert case.asked[0]["details"] is True


def test_preferences_are_tried_in_order(case: Case) -> None:
    case.hosts = [
        host(1, machine_domain="example.net"),
        host(2, hostname="localhost", local_ip="192.0.2.2"),
        host(3, hostname=TEMPLATE),
        host(4, hostname="twin"),
        host(5, hostname="twin"),
    ]
    inventory = case.parse(hostnames=["hostname ~ '.' ~ machine_domain", "hostname", "local_ip"])
    assert sorted(inventory.hosts) == [
        f"{3:032x}",
        "192.0.2.2",
        "host-1.example.net",
        f"twin_{4:032x}",
        f"twin_{5:032x}",
    ]


def test_a_preference_without_its_field_fails_when_strict(case: Case) -> None:
    case.hosts = [host(1)]
    with pytest.raises(AnsibleParserError, match=r"^hostnames: hostname ~ machine_domain"):
        case.parse(hostnames=["hostname ~ machine_domain"], strict=True)


def test_expressions_know_fields_with_and_without_prefix(case: Case) -> None:
    case.hosts = [
        host(1, local_ip="192.0.2.1", status="contained", platform_name="Linux", host_groups=["Web Servers"]),
        host(2, local_ip="192.0.2.2", status="normal", platform_name="Mac", observed=[DOMAIN]),
    ]
    inventory = case.parse(
        compose={"ansible_host": "local_ip"},
        groups={"open": "falcon_status != 'contained'"},
        keyed_groups=[
            {"prefix": "platform", "key": "platform_name"},
            {"prefix": "saw", "key": "observed_values"},
            {"prefix": "group", "key": "host_groups"},
        ],
    )
    assert inventory.hosts["host-1"].vars["ansible_host"] == "192.0.2.1"
    members = {name: [one.name for one in group.hosts] for name, group in inventory.groups.items()}
    assert members["open"] == ["host-2"]
    assert members["platform_Linux"] == ["host-1"]
    assert members["saw_beacon_example_net"] == ["host-2"]
    assert members["group_Web_Servers"] == ["host-1"]


def test_what_hosts_say_is_never_a_template(
    case: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    proof = tmp_path / "proof"
    evil = f"{{{{ lookup('pipe', 'touch {proof}') }}}}"
    case.hosts = [host(1, hostname=evil, tags=[evil], last_login_user=evil)]
    inventory = case.parse(
        compose={"who": "last_login_user", "both": "hostname ~ tags[0]"},
        groups={"some": "hostname == 'x'"},
        keyed_groups=[{"prefix": "tag", "key": "tags"}, {"prefix": "name", "key": "hostname"}],
        strict=True,
    )
    (only,) = inventory.hosts.values()
    assert only.name == f"{1:032x}"
    assert only.vars["who"] == only.vars["falcon_hostname"] == evil
    assert only.vars["both"] == evil * 2
    assert not proof.exists()
    assert all(name.replace("_", "").isalnum() for name in inventory.groups)


def test_a_field_cannot_pose_as_an_option_or_break_out_of_a_name(case: Case) -> None:
    case.hosts = [host(1, base_url="https://evil.example", client_secret="x", **{"a b": 1, "ansible-x": 2})]
    variables = case.parse().hosts["host-1"].vars
    assert {name for name in variables if not name.startswith("inventory_")} == {
        "falcon_device_id",
        "falcon_hostname",
        "falcon_observed",
        "falcon_observed_types",
        "falcon_observed_values",
    }


@pytest.mark.parametrize("prefix", ["", "1", "a-b", "{{ x }}"])
def test_a_prefix_makes_names_of_variables(case: Case, prefix: str) -> None:
    with pytest.raises(AnsibleParserError, match="vars_prefix"):
        case.parse(vars_prefix=prefix)


def test_the_users_own_values_may_be_templates(case: Case) -> None:
    case.extra_vars = {"hash": HASH["value"], "all_of_them": [DOMAIN]}
    case.parse(iocs=[{"type": "sha256", "value": "{{ hash }}"}])
    case.parse(iocs="{{ all_of_them }}")
    assert [params["iocs"] for params in case.asked] == [[HASH], [DOMAIN]]
    assert case.asked[0]["iocs"][0]["value"].__class__ is str


@pytest.mark.parametrize("iocs", ["domain", {"type": "domain"}, ["domain"]])
def test_iocs_are_a_list_of_mappings(case: Case, iocs: Any) -> None:
    with pytest.raises(AnsibleParserError, match="iocs has to be a list of mappings"):
        case.parse(iocs=iocs)


def test_nothing_is_kept_without_the_option_cache(case: Case) -> None:
    case.parse()
    case.parse()
    assert (len(case.asked), case.cache) == (2, {})


def test_the_cache_answers_the_second_time(case: Case) -> None:
    case.hosts = [host(1)]
    case.options["cache"] = True
    first, second = case.parse(), case.parse()
    assert list(first.hosts) == list(second.hosts) == ["host-1"]
    assert len(case.asked) == 1
    assert SECRET not in str(case.cache)
    case.hosts = [host(2)]
    assert list(case.parse(cache=False).hosts) == ["host-2"]  # somebody asks for fresh ones
    assert list(case.parse().hosts) == ["host-2"]
    assert len(case.asked) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"iocs": [DOMAIN]},
        {"base_url": "http://127.0.0.1:2"},
        {"member_cid": "c" * 32},
        {"client_id": "other"},
        {"auth": {"access_token": "t", "base_url": "http://127.0.0.1:3"}},
        {"auth": {"access_token": "of another tenant"}},
        {"host_group_names": True},
    ],
)
def test_another_question_has_another_place_in_the_cache(case: Case, change: dict[str, Any]) -> None:
    case.options["cache"] = True
    case.parse()
    case.parse(client_secret="another secret, the same client")
    assert len(case.asked) == 1
    case.parse(**change)
    assert len(case.asked) == 2


@pytest.mark.parametrize("error", [TaskFailed("an option is wrong"), Unavailable("Falcon is away")])
def test_what_goes_wrong_is_an_error_of_the_inventory(case: Case, error: Exception) -> None:
    case.error = error
    with pytest.raises(AnsibleParserError, match=r"an option is wrong|Falcon is away"):
        case.parse()


def test_requests_is_needed(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(falcon_ioc_hosts, "REQUESTS_IMPORT_ERROR", "no such module")
    with pytest.raises(AnsibleParserError, match="requests"):
        case.parse()


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("hunt.falcon_ioc_hosts.yml", True),
        ("falcon_ioc_hosts.yaml", True),
        ("falcon_hosts.yml", False),
        ("falcon_ioc_hosts.ini", False),
    ],
)
def test_files_are_told_by_their_names(tmp_path: Path, name: str, ours: bool) -> None:
    path = tmp_path / name
    verify: Callable[[str], bool] = falcon_ioc_hosts.InventoryModule().verify_file
    assert not verify(str(path))
    path.write_text("plugin: threatops.falcon.falcon_ioc_hosts\n")
    assert verify(str(path)) is ours

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must agree across files, and what must not stand in any of them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.threatops.falcon.plugins.module_utils.api import version
from ansible_collections.threatops.falcon.tests.unit.snippets import (
    argument_spec,
    fragment_options,
    role_variables,
)

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path.stem for path in ROOT.glob("plugins/modules/*.py") if path.stem != "__init__")
ROLES = sorted(path.name for path in ROOT.glob("roles/*") if path.is_dir())
LICENCE_LINE = "SPDX-" + "License-Identifier: "
# KiB of the wrapper that carries a module to where it runs. Ansible's own share is about 163 of them, and all that a
# module imports goes along. One that passes this imports something by accident.
WRAPPER_KIB = 640


def load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def tracked() -> list[Path]:
    """The files of the repository; of a copy without one, all files."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True
        ).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        listed = ""
    names = [ROOT / name for name in listed.split("\0") if name]
    return [path for path in names or ROOT.rglob("*") if path.is_file() and ".cache" not in path.parts]


def test_one_version() -> None:
    released = load("galaxy.yml")["version"]
    assert released == version.VERSION
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").replace("\\", "")
    assert f"v{released}" in changelog
    written = re.findall(
        r"threatops[.-]falcon[:=>-]*(\d+\.\d+\.\d+)", (ROOT / "README.md").read_text(encoding="utf-8")
    )
    assert set(written) <= {released}


def test_one_lowest_ansible() -> None:
    lowest = re.search(r">=(\d+\.\d+)", load("meta/runtime.yml")["requires_ansible"])
    assert lowest
    assert f"ansible-core {lowest[1]}" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert f'"{lowest[1]}"' in (ROOT / "noxfile.py").read_text(encoding="utf-8")


def test_action_group_is_every_module() -> None:
    assert sorted(load("meta/runtime.yml")["action_groups"]["falcon"]) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_every_module_takes_the_defaults_of_the_group(module: str) -> None:
    """One that did not would fail as soon as a playbook sets the shared options for the group."""
    shared = {*fragment_options("threatops.falcon.auth"), *fragment_options("threatops.falcon.transport")}
    assert shared - set(argument_spec(module)[0]) == set()


@pytest.mark.parametrize("module", MODULES)
def test_secrets_are_marked(module: str) -> None:
    options = argument_spec(module)[0]
    assert options["client_secret"]["no_log"] is True
    assert options["auth"]["options"]["access_token"]["no_log"] is True
    # Not a secret: masking it would mask created_by in results.
    assert options["client_id"]["no_log"] is False


@pytest.fixture(scope="module")
def wrapper_bytes() -> dict[str, int]:
    """The size of what Ansible sends for each module, as Ansible itself builds it."""
    collections = Path(version.__file__).parents[6]
    measured = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "wrapper_sizes.py"), str(collections), *MODULES],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(measured.stdout)


@pytest.mark.parametrize("module", MODULES)
def test_wrapper_stays_small(module: str, wrapper_bytes: dict[str, int]) -> None:
    assert wrapper_bytes[module] < WRAPPER_KIB * 1024


@pytest.mark.parametrize("module", MODULES)
def test_every_module_is_tested(module: str) -> None:
    """A target on the simulator, and unit tests of the task that the module runs."""
    assert (ROOT / "tests" / "integration" / "targets" / module / "tasks" / "main.yml").is_file()
    source = (ROOT / "plugins" / "modules" / f"{module}.py").read_text(encoding="utf-8")
    (task,) = set(re.findall(r"module_utils\.task\.(\w+) import", source)) - {"base"}
    tests = [path.read_text(encoding="utf-8") for path in ROOT.glob("tests/unit/plugins/**/*.py")]
    used = re.compile(rf"module_utils\.task\.{task}\b|module_utils\.task import [^\n]*\b{task}\b")
    assert any(used.search(text) for text in tests), f"no unit test of module_utils/task/{task}.py"


@pytest.mark.parametrize("role", ROLES)
def test_role_defaults_are_those_that_are_documented(role: str) -> None:
    defaults = load(f"roles/{role}/defaults/main.yml") or {}
    documented = {
        name: option["default"] for name, option in role_variables(role).items() if "default" in option
    }
    assert set(defaults) - set(role_variables(role)) == set()
    assert {name: value for name, value in defaults.items() if name in documented} == documented
    templated = {name for name, value in defaults.items() if isinstance(value, str) and "{{" in value}
    empty = {name for name, value in defaults.items() if value in (None, "", [], {})}
    assert set(defaults) - set(documented) - templated - empty == set(), "a default that is not documented"


@pytest.mark.parametrize("role", ROLES)
def test_role_says_what_it_is(role: str) -> None:
    for file in ("README.md", "meta/argument_specs.yml", "meta/main.yml", "tasks/main.yml"):
        assert (ROOT / "roles" / role / file).is_file(), file


def test_every_file_names_its_licence() -> None:
    without_comments = (".json", ".csv", ".png", ".svg", ".txt", ".md", ".ico", ".stix")
    missing = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.suffix not in without_comments
        and path.name not in ("COPYING", "changelog.yaml")
        and "fragments" not in path.parts
        and LICENCE_LINE not in path.read_text(encoding="utf-8", errors="replace")[:1000]
    ]
    assert missing == []


def test_no_path_of_a_developers_machine() -> None:
    forbidden = ["/" + "work/", "/" + "root/", ".py" + "env/versions/3.", "/" + "home/runner"]
    found = [
        f"{path.relative_to(ROOT)}: {words}"
        for path in tracked()
        for words in forbidden
        if words.encode() in path.read_bytes()
    ]
    assert found == []


def test_feeds_playbook_takes_every_option_and_loops_over_no_secret() -> None:
    """Ansible prints the item of a failed loop whole, whatever the module marks as secret."""
    check, fetch, _role = load("playbooks/feeds.yml")[0]["tasks"]
    options = set(argument_spec("falcon_ioc_feed_fetch")[0])
    shared = {*fragment_options("threatops.falcon.auth"), *fragment_options("threatops.falcon.transport")}
    taken = fetch["threatops.falcon.falcon_ioc_feed_fetch"]
    assert options - shared <= set(taken) <= options
    assert check["vars"]["_keys"] == list(taken)
    assert fetch["loop"] == "{{ range(falcon_ioc_feed_sources | default([]) | length) | list }}"


def test_readme_names_every_module_role_playbook_and_plugin() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    playbooks = [f"threatops.falcon.{path.stem}" for path in ROOT.glob("playbooks/*.yml")]
    plugins = [
        *(path.stem for path in ROOT.glob("plugins/filter/*.yml")),
        *(path.stem for folder in ("lookup", "inventory") for path in ROOT.glob(f"plugins/{folder}/*.py")),
    ]
    named = {name for name in (*MODULES, *ROLES, *playbooks, *plugins) if f"`{name}`" in readme}
    assert {*MODULES, *ROLES, *playbooks, *plugins} - named == set()

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Imports run downwards only: modules and other plugins, then task, then api, then ioc."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
PREFIX = "ansible_collections.threatops.falcon.plugins"
UTILS = f"{PREFIX}.module_utils"

# What a folder may import of this collection, beside itself.
MAY_IMPORT = {
    "module_utils/ioc": [],
    "module_utils/report": [f"{UTILS}.ioc"],
    "module_utils/api": [f"{UTILS}.ioc"],
    "module_utils/task": [f"{UTILS}.api", f"{UTILS}.ioc", f"{UTILS}.report"],
    "plugin_utils": [UTILS],
    "modules": [UTILS],
    "action": [UTILS, f"{PREFIX}.plugin_utils"],
    "lookup": [f"{PREFIX}.plugin_utils"],
    "filter": [f"{UTILS}.ioc", f"{PREFIX}.plugin_utils"],
    "inventory": [UTILS, f"{PREFIX}.plugin_utils"],
    "doc_fragments": [],
}
# Third-party packages that a folder may use. idna comes with requests; yaml is tried when a list is YAML.
STANDARD = set(sys.stdlib_module_names) | {"__future__"}
THIRD_PARTY = {
    "module_utils/ioc": {"idna", "yaml"},
    "module_utils/report": set(),
    "module_utils/api": {"requests", "urllib3"},
    "module_utils/task": {"ansible"},
}


def sources(folder: str) -> list[Path]:
    return sorted((PLUGINS / folder).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file, as an absolute name."""
    package = [PREFIX, *path.relative_to(PLUGINS).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, [start, node.module]))
            yield from (f"{module}.{alias.name}" for alias in node.names)


def inside(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def test_every_folder_has_a_rule() -> None:
    folders = {path.relative_to(PLUGINS).parent.as_posix() for path in PLUGINS.rglob("*.py")}
    unruled = {
        folder for folder in folders if not any(f"{folder}/".startswith(f"{rule}/") for rule in MAY_IMPORT)
    }
    assert unruled - {"module_utils"} == set()


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_imports_run_downwards(folder: str) -> None:
    own = f"{PREFIX}.{folder.replace('/', '.')}"
    wrong = [
        f"{path.relative_to(PLUGINS)} imports {name}"
        for path in sources(folder)
        for name in imports(path)
        if inside(name, PREFIX) and not any(inside(name, package) for package in [own, *MAY_IMPORT[folder]])
    ]
    assert wrong == []


@pytest.mark.parametrize("folder", THIRD_PARTY)
def test_packages_from_outside(folder: str) -> None:
    wrong = [
        f"{path.relative_to(PLUGINS)} imports {name}"
        for path in sources(folder)
        for name in imports(path)
        if not inside(name, "ansible_collections")
        and name.partition(".")[0] not in STANDARD | THIRD_PARTY[folder]
    ]
    assert wrong == []


def test_one_file_imports_requests() -> None:
    importing = {
        path.relative_to(PLUGINS).as_posix()
        for path in PLUGINS.rglob("*.py")
        if any(name.partition(".")[0] in ("requests", "urllib3") for name in imports(path))
    }
    assert importing <= {"module_utils/api/deps.py"}


def test_only_the_edge_ends_a_module() -> None:
    """exit_json and fail_json belong to the task layer and to the plugins; what lies under them raises."""
    ending = [
        f"{path.relative_to(PLUGINS)}:{node.lineno}"
        for folder in ("module_utils/ioc", "module_utils/report", "module_utils/api")
        for path in sources(folder)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("exit_json", "fail_json")
    ]
    assert ending == []


def test_the_rules_notice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that breaks the direction is seen, in each way that Python can write it."""
    monkeypatch.setattr(sys.modules[__name__], "PLUGINS", tmp_path)
    bad = tmp_path / "module_utils" / "ioc" / "bad.py"
    bad.parent.mkdir(parents=True)
    bad.write_text(
        f"import requests\nfrom {UTILS}.api.client import Client\n"
        "def later():\n    from ..task import many\n    from .plan import x\n",
        encoding="utf-8",
    )
    assert list(imports(bad)) == [
        "requests",
        f"{UTILS}.api.client.Client",
        f"{UTILS}.task.many",
        f"{UTILS}.ioc.plan.x",
    ]
    with pytest.raises(AssertionError):
        test_imports_run_downwards("module_utils/ioc")
    with pytest.raises(AssertionError):
        test_packages_from_outside("module_utils/ioc")
    with pytest.raises(AssertionError):
        test_one_file_imports_requests()

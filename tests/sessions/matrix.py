# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run tests on one release of ansible-core, in an environment of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nox

from .support import (
    CACHE,
    ROOT,
    VENV,
    compile_ansible,
    copy_of_the_tree,
    environment,
    find_python,
    run_ansible_test,
    work,
)

#: Folders of tests/unit/plugins; the other plugins know nothing of Ansible.
MEETS_ANSIBLE = ("action", "inventory", "module_utils/task", "plugin_utils")
REQUIREMENTS = ("tests/unit/requirements.txt", "tests/simulator/requirements.txt")


@dataclass(frozen=True)
class Release:
    """One release of ansible-core in an environment, and a copy of the tree for ansible-test."""

    session: nox.Session
    python: str
    venv: Path
    tree: Path

    def units(self, *folders: str) -> None:
        """Unit tests in these folders of tests/unit/plugins."""
        unit = ROOT / "tests" / "unit" / "plugins"
        found = [folder for folder in folders if (unit / folder).is_dir()]
        self._ansible_test("units", *(f"tests/unit/plugins/{folder}/" for folder in found))

    def integration(self, *targets: str) -> None:
        """These integration targets, or all of them."""
        self._ansible_test("integration", "--continue-on-error", *targets)

    def _ansible_test(self, *words: str) -> None:
        where = ("--local", "--python", self.python)
        run_ansible_test(self.session, self.tree, words[0], *where, *words[1:], venv=self.venv)


@contextmanager
def release(session: nox.Session, core: str, *pythons: str) -> Iterator[Release]:
    """The newest patch of a release of ansible-core, on the first of these Pythons that this machine has."""
    found = next(((version, path) for version in pythons if (path := find_python(version))), None)
    if not found:
        session.skip(f"no Python {' or '.join(pythons)} on this machine; ansible-core {core} needs one")
    version, python = found
    venv = CACHE / "matrix" / core
    pinned = (ROOT / "tests" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    constraints = work(session) / f"constraints-{core}.txt"
    constraints.write_text(
        "\n".join(line for line in pinned if not line.startswith(("ansible-core==", "resolvelib=="))),
        encoding="utf-8",
    )
    uv = VENV / "bin" / "uv"
    session.run(uv, "venv", "--clear", "--quiet", "--python", python, venv, silent=True)
    files = [word for name in REQUIREMENTS for word in ("-r", ROOT / name)]
    session.run(
        *(uv, "pip", "install", "--quiet", "--python", venv / "bin" / "python", "--constraint", constraints),
        *(f"ansible-core=={core}.*", *files),
        silent=True,
    )
    compile_ansible(session, venv)
    session.run(venv / "bin" / "ansible", "--version", env=environment(venv), silent=True)
    yield Release(session, version, venv, copy_of_the_tree(session, core))

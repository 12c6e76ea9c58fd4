# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run commands into a log, and give ansible-test the surroundings that it needs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
LINK = CACHE / "link"
VENV = Path(sys.prefix)
# A step that hangs must end in time for its log to be read.
STEP_SECONDS = 1200


class Skipped(Exception):
    """This machine cannot run the step; the text says why."""


class Failed(Exception):
    """A command of the step failed, or a check of its own did."""


def environment(venv: Path = VENV) -> dict[str, str]:
    """What every command finds: the venv first, this checkout as the collection, none of the user's own settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ANSIBLE_", "FALCON_", "PYTEST_", "MAKE"))
        and name not in ("MFLAGS", "PYTHONPATH")
    }
    # pyenv's shims look like Pythons, and do not start unless a version is chosen.
    path = [folder for folder in kept.get("PATH", "").split(os.pathsep) if Path(folder).name != "shims"]
    return kept | {
        "PATH": os.pathsep.join([str(venv / "bin"), *path]),
        "ANSIBLE_COLLECTIONS_PATH": str(LINK),
        "ANSIBLE_HOME": str(CACHE / "ansible"),
        "ANSIBLE_REMOTE_TMP": str(CACHE / "ansible" / "tmp"),
        "PYTHONPATH": str(LINK),
        "PYTHONDONTWRITEBYTECODE": "1",
        "UV_SYSTEM_CERTS": "1",
        "UV_PYTHON_DOWNLOADS": "never",
    }


def link_collection() -> None:
    """Make this checkout the collection that every command finds, as LINK."""
    subprocess.run([ROOT / "scripts" / "link_collection"], check=True, stdout=subprocess.DEVNULL)


class Run:
    """Run the commands of one step; their output goes to the step's log."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.work = CACHE / "gates" / name
        self.log = CACHE / "logs" / f"{name}.log"
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._file: TextIO = self.log.open("w", encoding="utf-8")

    def say(self, text: str) -> None:
        self._file.write(text + "\n")
        self._file.flush()

    def __call__(
        self,
        *command: str | Path,
        cwd: Path = ROOT,
        venv: Path = VENV,
        extra: Mapping[str, str] | None = None,
        without: tuple[str, ...] = (),
    ) -> None:
        """Run one command; raise Failed unless it exits 0. `extra` is added to its environment, `without` left out."""
        words = [str(word) for word in command]
        self.say(f"$ {' '.join(words)}")
        env = {name: value for name, value in environment(venv).items() if name not in without} | dict(
            extra or {}
        )
        try:
            done = subprocess.run(
                words,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=self._file,
                stderr=subprocess.STDOUT,
                timeout=STEP_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise Failed(f"{words[0]}: {problem}") from problem
        if done.returncode != 0:
            raise Failed(f"{' '.join(words)} exited with {done.returncode}")


def copy_of_the_tree(run: Run) -> Path:
    """Copy what git knows or would add to where ansible-test wants a collection; it refuses symlinks to a checkout."""
    tree = run.work / "ansible_collections" / "threatops" / "falcon"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, tree / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    # Its own repository, or ansible-test asks the one around it, which ignores this folder, and finds nothing.
    run("git", "init", "--quiet", tree)
    return tree


def ansible_test(run: Run, tree: Path, *arguments: str, venv: Path = VENV, path_behind: str = "") -> None:
    """Run ansible-test in a copy of the tree, with a home of its own so that nothing of the user's is read or kept.

    What stands in `path_behind` is looked up after everything else on the PATH.
    """
    home = CACHE / "home"
    seed_pip(run, home, venv)
    path = os.pathsep.join(filter(None, [environment(venv)["PATH"], path_behind]))
    usual = ("ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_HOME", "ANSIBLE_REMOTE_TMP", "PYTHONPATH")
    run(
        "ansible-test",
        *arguments,
        cwd=tree,
        venv=venv,
        extra={"HOME": str(home), "PATH": path},
        without=usual,
    )


def seed_pip(run: Run, home: Path, venv: Path) -> None:
    """Put the pip that ansible-test starts its own venvs with where it looks for it.

    It would download the same from a host of the Ansible project, which a closed network does not reach; the wheel from
    the package index does the same job. The file is the one that its error message says may be put there by hand.
    """
    packages = next((venv / "lib").glob("python3*/site-packages"))
    source = (packages / "ansible_test/_internal/python_requirements.py").read_text(encoding="utf-8")
    versions = set(re.findall(r"\bpip='([\d.]+)'", source))
    if not versions:
        raise Failed("The version of pip that ansible-test wants was not found in its source.")
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in versions:
        target = cache / f"get_pip_{version.replace('.', '_')}.py"
        if target.exists():
            continue
        run(
            VENV / "bin" / "python",
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--dest",
            cache,
            f"pip=={version}",
        )
        wheel = cache / f"pip-{version}-py3-none-any.whl"
        target.write_text(
            "import sys\n"
            f"sys.path.insert(0, {str(wheel)!r})\n"
            "from pip._internal.cli.main import main\n"
            "options = [word for word in sys.argv[1:] if word not in ('--no-setuptools', '--no-wheel')]\n"
            "sys.exit(main(['install', *options]))\n",
            encoding="utf-8",
        )

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the sessions of noxfile.py share: folders, the environment of commands, and what ansible-test needs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
LINK = CACHE / "link"
#: ansible-test keeps its own environments below the user's home.
HOME = CACHE / "home"
VENV = Path(sys.prefix)


def environment(venv: Path = VENV) -> dict[str, str]:
    """What every command finds: the venv first, this checkout as the collection, none of the user's own settings."""
    for name in list(os.environ):
        if name.startswith(("ANSIBLE_", "FALCON_", "PYTEST_", "MAKE")) or name == "MFLAGS":
            del os.environ[name]
    # pyenv's shims look like Pythons, and do not start unless a version is chosen.
    path = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if Path(folder).name != "shims"]
    return {
        "PATH": os.pathsep.join([str(venv / "bin"), *path]),
        "ANSIBLE_COLLECTIONS_PATH": str(LINK),
        "ANSIBLE_HOME": str(CACHE / "ansible"),
        "ANSIBLE_REMOTE_TMP": str(CACHE / "ansible" / "tmp"),
        "PYTHONPATH": str(LINK),
        "PYTHONDONTWRITEBYTECODE": "1",
        "UV_SYSTEM_CERTS": "1",
        "UV_PYTHON_DOWNLOADS": "never",
    }


def work(session: nox.Session) -> Path:
    """A folder for the files of one session."""
    folder = CACHE / "sessions" / session.name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def tracked_files(*options: str) -> list[str]:
    """Files that git knows, or what its options for ls-files ask for."""
    words = ["git", "ls-files", "-z", *options]
    listed = subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    return [name for name in listed.stdout.decode().split("\0") if name]


def copy_of_the_tree(session: nox.Session, name: str = "tree") -> Path:
    """Copy what git knows or would add to where ansible-test wants a collection; it refuses symlinks to a checkout."""
    tree = work(session) / name / "ansible_collections" / "threatops" / "falcon"
    shutil.rmtree(tree, ignore_errors=True)
    for relative in tracked_files("--cached", "--others", "--exclude-standard"):
        source, target = ROOT / relative, tree / relative
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    # Its own repository, or ansible-test asks the one around it, which ignores this folder, and finds nothing.
    session.run("git", "init", "--quiet", tree, silent=True)
    return tree


def build(session: nox.Session) -> Path:
    """Build the artifact from a copy, which holds nothing that tools left in the checkout."""
    folder = work(session)
    for old in folder.glob("threatops-falcon-*.tar.gz"):
        old.unlink()
    session.run(
        *("ansible-galaxy", "collection", "build", copy_of_the_tree(session), "--output-path", folder),
        silent=True,
    )
    return next(folder.glob("threatops-falcon-*.tar.gz"))


def other_pythons() -> list[Path]:
    """The folders of pyenv's Pythons, one a minor version."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    return [folder for minor in range(9, 15) for folder in sorted(versions.glob(f"3.{minor}.*/bin"))[-1:]]


def find_python(version: str) -> Path | None:
    """Find a Python that really runs as this version."""
    named = [Path(shutil.which(f"python{version}") or "")]
    for candidate in [Path(sys.executable)] + [folder / "python" for folder in other_pythons()] + named:
        test = f"import sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != {version!r})"
        if (
            candidate.is_file()
            and subprocess.run([candidate, "-c", test], capture_output=True, check=False).returncode == 0
        ):
            return candidate
    return None


def run_ansible_test(
    session: nox.Session, tree: Path, *words: str, venv: Path = VENV, path_behind: Sequence[Path] = ()
) -> None:
    """Run ansible-test in a copy of the tree, with a home of its own so that nothing of the user's is read or kept.

    The folders in ``path_behind`` are searched after everything else on the PATH.
    """
    ours = environment(venv)
    path = os.pathsep.join([ours["PATH"], *(str(folder) for folder in path_behind)])
    unset = dict.fromkeys(("ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_HOME", "ANSIBLE_REMOTE_TMP", "PYTHONPATH"))
    with session.chdir(tree):
        session.run(
            # By its path: nox looks commands up where it runs itself.
            *(venv / "bin" / "ansible-test", words[0], "--color", "no", *words[1:]),
            env={"HOME": str(HOME), "PATH": path, **unset},
            silent=True,
        )


def compile_ansible(session: nox.Session, venv: Path = VENV) -> None:
    """Compile ansible-core once: uv does not, and every start of a session would, as they write no bytecode."""
    packages = next((venv / "lib").glob("python3*/site-packages"))
    session.run(
        *(venv / "bin" / "python", "-m", "compileall", "-q", "-x", "/ansible/modules/"),
        *(packages / name for name in ("ansible", "jinja2", "yaml")),
        env={"PYTHONDONTWRITEBYTECODE": None},
        success_codes=[0, 1],  # a file that this Python cannot read stays as it is
        silent=True,
    )


def seed_pip(session: nox.Session) -> None:
    """Put the pip with which ansible-test sanity starts its own venvs where it looks for it.

    It would download the same from a host of the Ansible project, which a closed network does not reach; the wheel from
    the package index does the same job. The file is the one that its error message says may be put there by hand.
    """
    packages = next((VENV / "lib").glob("python3*/site-packages"))
    source = (packages / "ansible_test/_internal/python_requirements.py").read_text(encoding="utf-8")
    versions = set(re.findall(r"\bpip='([\d.]+)'", source))
    if not versions:
        session.error("The version of pip that ansible-test wants was not found in its source.")
    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in versions:
        target = cache / f"get_pip_{version.replace('.', '_')}.py"
        if target.exists():
            continue
        session.run(
            *(VENV / "bin" / "python", "-m", "pip", "download", "--quiet", "--no-deps"),
            *("--dest", cache, f"pip=={version}"),
            silent=True,
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

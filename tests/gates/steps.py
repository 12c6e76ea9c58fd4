# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of `make test`: each function is one, its docstring says what it shows, and it fails by raising Failed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from both_ways import both_ways
from tools import CACHE, ROOT, VENV, Failed, Run, Skipped, ansible_test, copy_of_the_tree

PLUGIN_TYPES = {"modules": "module", "inventory": "inventory"}
COVERAGE = CACHE / "coverage"
# Folders of tests/unit/plugins; the other plugins know nothing of Ansible.
MEETS_ANSIBLE = ("action", "inventory", "module_utils/task", "plugin_utils")
# Reads what the others recorded, so it waits for them.
LAST = ("coverage",)
STEPS: dict[str, Callable[[Run], None]] = {}


def step(function: Callable[[Run], None]) -> Callable[[Run], None]:
    STEPS[function.__name__.replace("_", "-")] = function
    return function


# Two steps run at a time, in this order: the long ones first.


@step
def sanity(run: Run) -> None:
    """ansible-test sanity, all tests, no ignore file; import and compile under the oldest and newest Python, too."""
    tree = copy_of_the_tree(run)
    if list(tree.glob("tests/sanity/ignore-*.txt")):
        raise Failed("tests/sanity holds an ignore file")
    found = _other_pythons()
    pythons = os.pathsep.join(str(folder) for folder in (*found[:1], *found[-1:]))
    ansible_test(run, tree, "sanity", "--local", "--color", "no", path_behind=pythons)


@step
def core_2_19(run: Run) -> None:
    """Integration targets, and unit tests of what meets Ansible, on ansible-core 2.19, the oldest supported."""
    _matrix_row(run, "2.19", "3.11", units=MEETS_ANSIBLE)


@step
def core_2_20(run: Run) -> None:
    """Integration targets, and unit tests of what meets Ansible or the network, on ansible-core 2.20."""
    _matrix_row(run, "2.20", "3.13", "3.12", "3.14", units=(*MEETS_ANSIBLE, "module_utils/api"))


@step
def integration(run: Run) -> None:
    """Every integration target in-process and as modules: both pass, and the results of all tasks are the same."""
    both_ways(run)


@step
def units(run: Run) -> None:
    """Unit tests of every part, alone; the steps core-... run them the way ansible-test does."""
    COVERAGE.mkdir(parents=True, exist_ok=True)
    data = {"COVERAGE_FILE": str(COVERAGE / run.name)}
    run("pytest", "-q", "--cov", "--cov-report=", "-n", "2", "tests/unit", extra=data)


@step
def contract(run: Run) -> None:
    """The simulator judged by others: FalconPy as a client, FalconPy's table of the API, Schemathesis."""
    run("pytest", "-q", "tests/contract")


@step
def faults(run: Run) -> None:
    """Every fault in the matrix ends converged or failed with exact names, and the next run converges."""
    run("pytest", "-q", "tests/faults")


@step
def properties(run: Run) -> None:
    """Random desired and observed states: check mode says what apply does, and a second run changes nothing."""
    run("pytest", "-q", "tests/properties")


@step
def scale(run: Run) -> None:
    """Many indicators, many child CIDs, many events."""
    run("pytest", "-q", "tests/scale")


@step
def security(run: Run) -> None:
    """A canary secret appears nowhere, whatever the verbosity."""
    run("pytest", "-q", "tests/security")


@step
def package(run: Run) -> None:
    """Build the artefact, install it elsewhere, and read the documentation of every plugin from there."""
    artefact = _build(run)
    installed = run.work / "installed"
    collection = installed / "ansible_collections" / "threatops" / "falcon"

    def there(*command: str | Path) -> None:
        """Run a command that finds the installed copy and nothing of this checkout."""
        run(
            *command,
            cwd=run.work,
            extra={"ANSIBLE_COLLECTIONS_PATH": str(installed)},
            without=("PYTHONPATH",),
        )

    there("ansible-galaxy", "collection", "install", artefact, "-p", installed, "--no-deps")
    strays = {path.name for path in (collection / "tests").iterdir()} - {"config.yml", "simulator"}
    strays |= {path.name for path in collection.iterdir() if path.name.startswith(".")}
    if strays:
        raise Failed(f"the artefact holds {', '.join(sorted(strays))}; see build_ignore in galaxy.yml")
    for folder, kind in PLUGIN_TYPES.items():
        names = sorted(path.stem for path in (ROOT / "plugins" / folder).glob("*.py"))
        there("ansible-doc", "-t", kind, *(f"threatops.falcon.{name}" for name in names))
    for role in sorted(path.name for path in ROOT.glob("roles/*")):
        there("ansible-doc", "-t", "role", f"threatops.falcon.{role}")
    for playbook in sorted(path.stem for path in ROOT.glob("playbooks/*.yml")):
        there("ansible-playbook", "--syntax-check", f"threatops.falcon.{playbook}")
    there("python", collection / "tests" / "simulator", "--help")


@step
def importer(run: Run) -> None:
    """Galaxy's own checks of the artefact."""
    artefact = _build(run)
    run("python", "-m", "galaxy_importer.main", artefact, cwd=run.work, without=("ANSIBLE_COLLECTIONS_PATH",))
    complaints = [
        line
        for line in run.log.read_text(encoding="utf-8").splitlines()
        if line.startswith(("WARNING", "ERROR"))
    ]
    if complaints:
        raise Failed(f"galaxy-importer complains:\n{chr(10).join(complaints)}")


@step
def release(run: Run) -> None:
    """Two builds of the same commit are equal, byte for byte, and what is installed is what its manifest says."""
    for umask in ("022", "077"):
        target = run.work / umask
        run("bash", "-c", f"umask {umask} && {ROOT}/scripts/build_release {target}")
    run("cmp", run.work / "022" / "SHA256SUMS", run.work / "077" / "SHA256SUMS")
    artefact = next((run.work / "022").glob("*.tar.gz"))
    there = {"ANSIBLE_COLLECTIONS_PATH": str(run.work / "installed")}
    for words in (
        ("install", artefact, "-p", run.work / "installed"),
        ("verify", "threatops.falcon", "--offline"),
    ):
        run("ansible-galaxy", "collection", *words, extra=there, without=("PYTHONPATH",))


@step
def docs(run: Run) -> None:
    """The documentation site builds without a warning, and its internal links lead somewhere."""
    run("bash", ROOT / "scripts" / "build_docs", run.work / "site")


@step
def demo(run: Run) -> None:
    """`make demo` tells its story to the end."""
    run("bash", ROOT / "scripts" / "with_simulator", ROOT / "scripts" / "demo")


@step
def newcomer(run: Run) -> None:
    """README and the getting-started guide, followed to the letter."""
    run("pytest", "-q", "tests/newcomer")


@step
def nox(run: Run) -> None:
    """What antsibull-nox checks beyond the other steps: unwanted files, action groups, licences, its own settings."""
    run(
        *("uv", "tool", "run", "--python", VENV / "bin" / "python", "--from", "nox==2026.10.20"),
        *("--with", "antsibull-nox==1.10.0", "--with", "ansible-core"),
        *("nox", "-db", "uv", "-s", "extra-checks", "license-check", "antsibull-nox-config"),
    )


@step
def ansible_lint(run: Run) -> None:
    """ansible-lint, profile production, nothing skipped."""
    run("ansible-lint", "--offline", "--profile", "production", extra={"HOME": str(CACHE / "home")})


@step
def docs_lint(run: Run) -> None:
    """The documentation of plugins and roles, and every reference in it."""
    run(
        "antsibull-docs",
        "lint-collection-docs",
        "--plugin-docs",
        "--skip-rstcheck",
        "--validate-collection-refs",
        "self",
        ".",
    )


@step
def mypy(run: Run) -> None:
    """Types, strictly, of everything that the modules are made of."""
    names = sorted(
        f"ansible_collections.threatops.falcon.plugins.{folder}"
        for folder in ("module_utils", "plugin_utils")
        if (ROOT / "plugins" / folder).is_dir()
    )
    packages = [word for name in names for word in ("-p", name)]
    run(
        "mypy",
        "--config-file",
        ".mypy.ini",
        "--cache-dir",
        run.work / "cache",
        *packages,
        without=("PYTHONPATH",),
    )


@step
def ruff(run: Run) -> None:
    """Style and likely bugs."""
    run("ruff", "check", "--no-cache", ".")


@step
def format(run: Run) -> None:  # noqa: A001  # the step is called what the command is called
    """Formatting, as `ruff format` leaves it."""
    run("ruff", "format", "--no-cache", "--check", ".")


@step
def yamllint(run: Run) -> None:
    """YAML files."""
    run("yamllint", "--strict", ".")


@step
def shellcheck(run: Run) -> None:
    """Shell scripts."""
    scripts = [
        path
        for path in _tracked()
        if path.is_file() and path.read_bytes().startswith((b"#!/usr/bin/env bash", b"#!/bin/sh"))
    ]
    run("shellcheck", *scripts)


@step
def reuse(run: Run) -> None:
    """Licence and copyright of every file."""
    run("reuse", "lint")


@step
def changelog(run: Run) -> None:
    """Changelog fragments."""
    run("antsibull-changelog", "lint")


@step
def coverage(run: Run) -> None:
    """What the unit tests ran: every branch of the pure core (ioc/), and at least 90 % of all plugins."""
    recorded = sorted(COVERAGE.iterdir()) if COVERAGE.is_dir() else []
    if not recorded:
        raise Failed("nothing was recorded; run the step units in the same go")
    data = {"COVERAGE_FILE": str(run.work / "coverage")}
    run("coverage", "combine", "--keep", *recorded, extra=data)
    run("coverage", "report", "--skip-covered", "--show-missing", "--fail-under=90", extra=data)
    run(
        "coverage",
        "report",
        "--skip-covered",
        "--include=*/module_utils/ioc/*",
        "--fail-under=100",
        extra=data,
    )


def _tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name]


def _build(run: Run) -> Path:
    """Build the artefact from a copy, which holds nothing that tools left in the checkout."""
    run("ansible-galaxy", "collection", "build", copy_of_the_tree(run), "--output-path", run.work)
    return next(run.work.glob("threatops-falcon-*.tar.gz"))


def _other_pythons() -> list[Path]:
    """The folders of pyenv's Pythons, one a minor version."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    return [folder for minor in range(9, 15) for folder in sorted(versions.glob(f"3.{minor}.*/bin"))[-1:]]


def _python(version: str) -> Path | None:
    """Find a Python that really runs as this version."""
    shims = [Path(shutil.which(f"python{version}") or "")]
    for candidate in [Path(sys.executable)] + [folder / "python" for folder in _other_pythons()] + shims:
        test = f"import sys, venv; sys.exit('%d.%d' % sys.version_info[:2] != {version!r})"
        if (
            candidate.is_file()
            and subprocess.run([candidate, "-c", test], capture_output=True, check=False).returncode == 0
        ):
            return candidate
    return None


def _matrix_row(run: Run, core: str, *pythons: str, units: tuple[str, ...]) -> None:
    """Unit tests in these folders, and integration targets, in a venv with the newest release of one ansible-core."""
    found = next(((version, path) for version in pythons if (path := _python(version))), None)
    if not found:
        raise Skipped(f"no Python {' or '.join(pythons)} on this machine; ansible-core {core} needs one")
    version, python = found
    venv = CACHE / "matrix" / core
    constraints = run.work / "constraints.txt"
    pinned = (ROOT / "tests" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    constraints.write_text(
        "\n".join(line for line in pinned if not line.startswith("ansible-core==")), encoding="utf-8"
    )
    uv = VENV / "bin" / "uv"
    requirements = [
        ROOT / "tests" / "unit" / "requirements.txt",
        ROOT / "tests" / "simulator" / "requirements.txt",
    ]
    run(uv, "venv", "--clear", "--quiet", "--python", python, venv)
    run(
        uv,
        "pip",
        "install",
        "--quiet",
        "--python",
        venv / "bin" / "python",
        "--constraint",
        constraints,
        f"ansible-core=={core}.*",
        *(word for file in requirements for word in ("-r", file)),
    )
    run("ansible", "--version", venv=venv)
    tree = copy_of_the_tree(run)
    folders = [f"tests/unit/plugins/{folder}/" for folder in units]
    ansible_test(run, tree, "units", "--local", "--python", version, "--color", "no", *folders, venv=venv)
    ansible_test(
        run,
        tree,
        "integration",
        "--continue-on-error",
        "--local",
        "--python",
        version,
        "--color",
        "no",
        venv=venv,
    )

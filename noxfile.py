# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every check of the project, one nox session each. `make test` runs them all, two at a time; `nox -s NAME` runs one.

The sessions run in the environment that `make venv` builds with pinned versions. What `antsibull-nox.toml` adds comes
from the Ansible community's own tool.
"""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from pathlib import Path

import nox

try:
    import antsibull_nox
except ImportError:
    sys.exit("antsibull-nox is missing here. `make venv` installs it; then run .cache/venv/bin/nox.")

sys.path.insert(0, str(Path(__file__).resolve().parent / "tests"))

from sessions import matrix
from sessions.both_ways import both_ways
from sessions.support import (
    CACHE,
    ROOT,
    VENV,
    build,
    copy_of_the_tree,
    environment,
    other_pythons,
    run_ansible_test,
    seed_pip,
    tracked_files,
    work,
)

nox.needs_version = ">=2026.4"
nox.options.default_venv_backend = "none"
nox.options.error_on_external_run = False
os.environ.update(environment())
antsibull_nox.load_antsibull_nox_toml()

PLUGIN_TYPES = {"modules": "module", "inventory": "inventory", "lookup": "lookup", "filter": "filter"}


def pytest(session: nox.Session, *words: str | Path) -> None:
    session.run("python", "-m", "pytest", "-q", *words, *session.posargs)


@nox.session
def sanity(session: nox.Session) -> None:
    """ansible-test sanity, every test, no ignore file; import and compile on the oldest and newest Python, too."""
    tree = copy_of_the_tree(session)
    if list(tree.glob("tests/sanity/ignore-*.txt")):
        session.error("tests/sanity holds an ignore file")
    seed_pip(session)
    pythons = other_pythons()
    run_ansible_test(session, tree, "sanity", "--local", path_behind=[*pythons[:1], *pythons[-1:]])


@nox.session
def integration(session: nox.Session) -> None:
    """Integration targets on the newest ansible-core; modules run both in-process and as modules and agree."""
    both_ways(session, session.posargs)


@nox.session(name="core-oldest")
def core_oldest(session: nox.Session) -> None:
    """Integration targets, and unit tests of what meets Ansible, on ansible-core 2.16, the oldest supported."""
    with matrix.release(session, "2.16", "3.11", "3.12", "3.10") as release:
        release.units(*matrix.MEETS_ANSIBLE)
        release.integration()


@nox.session(name="core-between")
def core_between(session: nox.Session) -> None:
    """What differs between releases: unit tests of what meets Ansible, a role, the inventory; on 2.18, 2.19, 2.20."""
    for core, *pythons in (("2.18", "3.11", "3.12"), ("2.19", "3.13", "3.12"), ("2.20", "3.13", "3.12")):
        with matrix.release(session, core, *pythons) as release:
            release.units(*matrix.MEETS_ANSIBLE)
            release.integration("inventory_falcon_ioc_hosts", "role_ioc_export")


@nox.session
def units(session: nox.Session) -> None:
    """Unit tests; every branch of the pure core (ioc/) and at least 90 % of all plugins are covered."""
    data = work(session) / "coverage"
    session.env["COVERAGE_FILE"] = str(data)
    pytest(session, "-n", "2", "--cov", "--cov-report=", "tests/unit")
    if session.posargs:
        return  # a part of the tests covers a part of the code
    session.run("coverage", "report", "--skip-covered", "--show-missing", "--fail-under=90")
    session.run("coverage", "report", "--skip-covered", "--include=*/module_utils/ioc/*", "--fail-under=100")


@nox.session(name="units-fast")
def units_fast(session: nox.Session) -> None:
    """The unit tests without coverage, for the inner loop."""
    pytest(session, "-n", "2", "tests/unit")


@nox.session
def contract(session: nox.Session) -> None:
    """The simulator judged by others: FalconPy as a client, FalconPy's table of the API, Schemathesis, recordings."""
    pytest(session, "tests/contract")


@nox.session
def faults(session: nox.Session) -> None:
    """Every fault of the matrix ends converged or failed with exact names, and the next run converges."""
    pytest(session, "tests/faults")


@nox.session
def system(session: nox.Session) -> None:
    """Random lists and tenants, secrets, many children, and README and guides followed to the letter."""
    pytest(session, "tests/properties", "tests/scale", "tests/security", "tests/newcomer")


@nox.session
def bench(session: nox.Session) -> None:
    """The benchmark in small: every contestant leaves the tenant as asked, field by field. Times are not judged."""
    session.run("python", "tests/bench", "quick", silent=True)


@nox.session
def package(session: nox.Session) -> None:
    """Build the artifact twice with equal bytes, install it, read every plugin's documentation; Galaxy's own checks."""
    folder = work(session)
    for umask in ("022", "077"):
        session.run("bash", "-c", f"umask {umask} && scripts/build_release {folder / umask}", silent=True)
    session.run("cmp", folder / "022" / "SHA256SUMS", folder / "077" / "SHA256SUMS")
    artifact = next((folder / "022").glob("*.tar.gz"))
    installed = folder / "installed"
    there = {"ANSIBLE_COLLECTIONS_PATH": str(installed), "PYTHONPATH": None}

    def run(*command: str | Path) -> None:
        """Run a command that finds the installed copy and nothing of this checkout."""
        with session.chdir(folder):
            session.run(*command, env=there, silent=True)

    run("ansible-galaxy", "collection", "install", artifact, "-p", installed, "--no-deps")
    run("ansible-galaxy", "collection", "verify", "threatops.falcon", "--offline")
    collection = installed / "ansible_collections" / "threatops" / "falcon"
    strays = {path.name for path in (collection / "tests").iterdir()} - {"config.yml", "simulator"}
    strays |= {path.name for path in collection.iterdir() if path.name.startswith(".")}
    if strays:
        session.error(f"the artifact holds {', '.join(sorted(strays))}; see build_ignore in galaxy.yml")
    for kind, plugin_type in PLUGIN_TYPES.items():
        # A filter is documented in a file of its own, beside the one that holds it.
        ending = "*.yml" if kind == "filter" else "*.py"
        names = sorted(path.stem for path in (ROOT / "plugins" / kind).glob(ending))
        if names:
            run("ansible-doc", "-t", plugin_type, *(f"threatops.falcon.{name}" for name in names))
    roles = sorted(path.name for path in ROOT.glob("roles/*"))
    run("ansible-doc", "-t", "role", *(f"threatops.falcon.{role}" for role in roles))
    playbooks = sorted(path.stem for path in ROOT.glob("playbooks/*.yml"))
    run("ansible-playbook", "--syntax-check", *(f"threatops.falcon.{playbook}" for playbook in playbooks))
    run("python", collection / "tests" / "simulator", "--help")
    importer(session, build(session))


def importer(session: nox.Session, artifact: Path) -> None:
    """Galaxy's own checks of the artifact, without a complaint."""
    with session.chdir(work(session)):
        said = session.run(
            # It pins what nox needs newer, so it has an environment of its own.
            *("uv", "tool", "run", "--python", VENV / "bin" / "python", "--from", "galaxy-importer==0.4.44"),
            *("--with", f"ansible-core=={version('ansible-core')}"),
            *("python", "-m", "galaxy_importer.main", artifact),
            env={"ANSIBLE_COLLECTIONS_PATH": None},
            silent=True,
        )
    complaints = [line for line in str(said).splitlines() if line.startswith(("WARNING", "ERROR"))]
    if complaints:
        session.error("galaxy-importer complains:\n" + "\n".join(complaints))


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation site builds without a warning, and its internal links lead somewhere."""
    session.run("bash", "scripts/build_docs", work(session) / "site", silent=True)


@nox.session
def demo(session: nox.Session) -> None:
    """`make demo` runs to the end."""
    session.run("bash", "scripts/with_simulator", "scripts/demo", silent=True)


@nox.session(name="lint-ansible")
def lint_ansible(session: nox.Session) -> None:
    """ansible-lint (profile production, nothing skipped), and antsibull-docs on plugins and roles."""
    home = {"HOME": str(CACHE / "home")}
    session.run("ansible-lint", "--offline", "--profile", "production", env=home)
    words = ("--plugin-docs", "--skip-rstcheck", "--validate-collection-refs", "self")
    session.run("antsibull-docs", "lint-collection-docs", *words, ".")


@nox.session
def mypy(session: nox.Session) -> None:
    """Types, strictly, of everything that the modules are made of."""
    packages = "ansible_collections.threatops.falcon.plugins"
    cache = CACHE / "mypy"
    session.run(
        *("mypy", "--config-file", ".mypy.ini", "--cache-dir", cache),
        *("-p", f"{packages}.module_utils", "-p", f"{packages}.plugin_utils"),
        env={"PYTHONPATH": None},
    )


@nox.session
def style(session: nox.Session) -> None:
    """ruff, yamllint, shellcheck, licenses of every file, changelog fragments."""
    session.run("ruff", "check", "--no-cache", ".")
    session.run("ruff", "format", "--no-cache", "--check", ".")
    session.run("yamllint", "--strict", ".")
    tracked = [ROOT / name for name in tracked_files()]
    first_lines = (b"#!/usr/bin/env bash", b"#!/bin/sh")
    scripts = [path for path in tracked if path.is_file() and path.read_bytes().startswith(first_lines)]
    session.run("shellcheck", *scripts)
    session.run("reuse", "lint", "--quiet")
    session.run("antsibull-changelog", "lint")


if __name__ == "__main__":
    nox.main()

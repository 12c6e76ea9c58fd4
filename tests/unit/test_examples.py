# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every example that users copy is accepted by the argument specs, roles and readers of this checkout."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.threatops.falcon.tests.unit import snippets
from ansible_collections.threatops.falcon.tests.unit.snippets import Snippet

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path.stem for path in ROOT.glob("plugins/modules/falcon_*.py"))


@pytest.mark.parametrize("snippet", snippets.examples(), ids=lambda snippet: snippet.place)
def test_examples_of_plugins(snippet: Snippet) -> None:
    assert snippets.problems(snippet) == []


@pytest.mark.parametrize("snippet", snippets.documents(), ids=lambda snippet: snippet.place)
def test_snippets_of_documents(snippet: Snippet) -> None:
    assert snippets.problems(snippet) == []


@pytest.mark.parametrize("snippet", snippets.commands(), ids=lambda snippet: snippet.place)
def test_commands_of_documents(snippet: Snippet) -> None:
    assert snippets.command_problems(snippet) == []


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_an_example_of_itself(module: str) -> None:
    own = [snippet for snippet in snippets.examples() if snippet.place == f"EXAMPLES of {module}"]
    assert own, "no EXAMPLES"
    assert module in [name for snippet in own for name, _given in snippets.tasks(snippet)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- threatops.falcon.falcon_no: {}", "there is no module threatops.falcon.falcon_no"),
        ("- ping: {}\n- block:\n    - debug: {}", "debug is not a fully qualified name"),
        ("- threatops.falcon.falcon_iocs: {iocs: [], purgee: true}", "falcon_iocs: purgee"),
        ("- threatops.falcon.falcon_iocs: {iocs: [], on_foreign: skipp}", "must be one of"),
        (
            "- threatops.falcon.falcon_iocs: {iocs: [{type: domain, value: example.org, colour: red}]}",
            "item 0: colour",
        ),
        (
            "- hosts: all\n  module_defaults:\n    group/threatops.falcon.falcon: {client: x}",
            "there is no option client",
        ),
        ("- ansible.builtin.include_role: {name: threatops.falcon.no_role}", "there is no role"),
        ("falcon_iocs:\n  - {type: sha256, value: abc}", "item 0: value"),
        ("- [", "this is not YAML"),
    ],
)
def test_a_wrong_example_is_noticed(text: str, problem: str) -> None:
    found = " ".join(snippets.problems(Snippet("here", text)))
    assert problem in found


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("$ ansible-playbook threatops.falcon.deply", "would not find threatops.falcon.deply"),
        ("ansible-playbook a.yml \\\n  -e ioc_deploy_purg=true", "variable ioc_deploy_purg"),
        ("$ ansible localhost -m threatops.falcon.falcon_ioc_info -a 'type=url'", "must be one of"),
        ("$ ansible-doc threatops.falcon.falcon_no", "would not find"),
        ("$ make tset", "no target tset"),
        ("$ python tests/simulator --prot 8787", "no option --prot"),
        ("$ pip install -r tests/simulator/needs.txt", "there is no file"),
    ],
)
def test_a_wrong_command_is_noticed(text: str, problem: str) -> None:
    assert problem in " ".join(snippets.command_problems(Snippet("here", text)))

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a deployment shows by itself, and where."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.threatops.falcon.plugins.plugin_utils import screen


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any, bool]]:
    said: list[tuple[str, Any, bool]] = []

    class Display:
        def display(self, line: str, color: Any = None, stderr: bool = False) -> None:
            said.append((line, color, stderr))

    monkeypatch.setattr(screen, "Display", Display)
    monkeypatch.setattr(screen.constants, "DEFAULT_STDOUT_CALLBACK", "default")
    monkeypatch.setattr(screen.cli, "CLIARGS", {})
    return said


def test_a_diff_has_the_colors_of_ansibles_own(shown: list[tuple[str, Any, bool]]) -> None:
    screen.show_changes(
        ["--- tenant: a", "+++ inventory: a", "@@ 1 to create @@", "+create domain x", " ... and 1 more"]
    )
    constants = screen.constants
    assert [color for _line, color, _stderr in shown] == [
        constants.COLOR_DIFF_REMOVE,
        constants.COLOR_DIFF_ADD,
        constants.COLOR_DIFF_LINES,
        constants.COLOR_DIFF_ADD,
        None,
        None,
    ]
    assert shown[-1][0] == "" and not any(stderr for _line, _color, stderr in shown)


def test_nothing_to_change_shows_nothing(shown: list[tuple[str, Any, bool]]) -> None:
    screen.show_changes([])
    screen.show_account([])
    assert shown == []


@pytest.mark.parametrize(
    ("callback", "arguments", "stderr"),
    [
        ("default", {}, False),
        ("ansible.builtin.default", {}, False),
        ("community.general.yaml", {}, False),
        ("ansible.posix.json", {}, True),
        ("minimal", {}, True),
        ("oneline", {}, True),
        ("somebodys.own.document", {}, True),
        ("default", {"module_name": "threatops.falcon.falcon_ioc_deployment"}, True),
    ],
)
def test_where_a_program_reads_the_lines_are_on_standard_error(
    shown: list[tuple[str, Any, bool]],
    monkeypatch: pytest.MonkeyPatch,
    callback: str,
    arguments: dict[str, str],
    stderr: bool,
) -> None:
    monkeypatch.setattr(screen.constants, "DEFAULT_STDOUT_CALLBACK", callback)
    monkeypatch.setattr(screen.cli, "CLIARGS", arguments)
    screen.show_account(["Plan for a: 1 to create", "  x: why"])
    assert [one[2] for one in shown] == [stderr, stderr]
    assert shown[1][1] == screen.constants.COLOR_WARN

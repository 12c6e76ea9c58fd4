# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a deployment shows by itself, whatever a callback hides: its changes, its plan or its account.

On standard output, where the callback writes for people. Where it writes for a program, and in ad-hoc commands, these
lines are on standard error, so that what a program reads stays readable.
"""

from __future__ import annotations

from collections.abc import Sequence

from ansible import constants
from ansible import context as cli
from ansible.utils.display import Display

#: Callbacks that write for people, line by line.
_FOR_PEOPLE = ("default", "yaml", "debug", "dense", "unixy", "diy", "selective", "actionable", "skippy")


def writes_for_people() -> bool:
    """Whether standard output is a screen, and not a document or the lines of an ad-hoc command."""
    callback = str(constants.DEFAULT_STDOUT_CALLBACK).rpartition(".")[2]
    return callback in _FOR_PEOPLE and "module_name" not in cli.CLIARGS


def show_changes(lines: Sequence[str]) -> None:
    """A diff in the colors of Ansible's own."""
    for line in lines:
        _show(line, _color_of(line))
    if lines:
        _show("", None)


def show_account(lines: Sequence[str], refused: bool = False) -> None:
    """The plan or the account; what was not applied stands out."""
    for line in lines:
        if line.startswith("  "):
            color = constants.COLOR_WARN
        elif " to " in line.split(":")[-1] or refused:
            color = constants.COLOR_CHANGED
        else:
            color = None
        _show(line, color)


def _color_of(line: str) -> str | None:
    if line.startswith("+"):
        return str(constants.COLOR_DIFF_ADD)
    if line.startswith("-"):
        return str(constants.COLOR_DIFF_REMOVE)
    return str(constants.COLOR_DIFF_LINES) if line.startswith("@@") else None


def _show(line: str, color: str | None) -> None:
    Display().display(line, color=color, stderr=not writes_for_people())

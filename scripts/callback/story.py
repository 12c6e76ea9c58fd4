# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the demonstration shows: its own steps, what is said, and what changes. How the roles get there is left out."""

from __future__ import annotations

from typing import Any

from ansible.plugins.callback.default import CallbackModule as Default

DOCUMENTATION = r"""
name: story
type: stdout
short_description: The steps of the demonstration, without those that only prepare
description: Ansible's default output, of tasks that say or change something, or whose name begins with a number.
extends_documentation_fragment: [default_callback, result_format_callback]
"""


class CallbackModule(Default):
    """Ansible's default output, with most of it left out."""

    CALLBACK_NAME = "story"

    def v2_playbook_on_include(self, included_file: Any) -> None:
        """Say nothing of files."""

    def v2_runner_on_ok(self, result: Any) -> None:
        """Show steps, what is said, what changes; counts in one line."""
        counts = result.result.get("ioc_deploy_counts") if result.task.action.endswith("debug") else None
        if counts:
            for name, numbers in counts.items():
                parts = [f"{number} {what}" for what, number in numbers.items() if number]
                self._display.display(f"counts of {name}: {', '.join(parts)}", color="green")
        elif result.task.get_name()[:1].isdigit() or result.task.action.endswith("debug"):
            super().v2_runner_on_ok(result)
        elif result.result.get("changed"):
            self._display.display("changed", color="yellow")

    def v2_runner_on_failed(self, result: Any, **_more: Any) -> None:
        """Show the message alone: one stop is part of the story, and any other ends it with the message last."""
        if "counts" not in result.result:  # the role itself tells later what its list could not do
            self._display.display(f"stopped: {result.result.get('msg', result.result)}", color="red")

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the result of every task of this collection to a file, one JSON document a line."""

from __future__ import annotations

import json
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: record_results
type: notification
short_description: Write results of this collection's tasks to a file
description: For the comparison of the ways in which they run.
options:
  path:
    description: The file.
    env: [{name: RECORD_RESULTS}]
    required: true
    type: path
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "record_results"
    CALLBACK_NEEDS_ENABLED = True

    def _write(self, event: str, result: Any) -> None:
        if not result.task.action.startswith("threatops.falcon."):
            return
        entry = {
            "event": event,
            "action": result.task.action,
            "task": result.task.name,
            "result": result.result,
        }
        with open(self.get_option("path"), "a", encoding="utf-8") as file:
            file.write(json.dumps(entry, default=str, sort_keys=True) + "\n")

    def v2_runner_on_ok(self, result: Any) -> None:
        self._write("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._write("failed, ignored" if ignore_errors else "failed", result)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._write("item ok", result)

    def v2_runner_item_on_failed(self, result: Any) -> None:
        self._write("item failed", result)

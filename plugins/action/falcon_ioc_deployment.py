# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs ``threatops.falcon.falcon_ioc_deployment`` in-process, and shows its plan or its account."""

from __future__ import annotations

from typing import Any, Dict, Optional

from ..module_utils.task import deployment
from ..plugin_utils.run_task import RunTask
from ..plugin_utils.screen import show_account, show_changes


class ActionModule(RunTask):
    SPEC, TASK = deployment.SPEC, deployment.run

    def run(self, tmp: Optional[str] = None, task_vars: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
        result = super().run(tmp, task_vars)
        diff_lines = result.pop("diff_lines", [])
        _shorten(result.get("invocation", {}).get("module_args", {}))
        if not self._task.no_log:
            shown = self._task.args.get("screen", "all")
            if shown in ("all", "changes") and (self._task.diff or result.get("refusals")):
                show_changes(diff_lines)
            if shown == "all":
                show_account(result.get("summary", []), bool(result.get("refusals")))
        if "account" in self._task.args:
            result.pop("summary", None)  # it has been shown
        return result

    def options(self, given: Dict[str, Any]) -> Dict[str, Any]:
        """The options as they were given; a variable of the inventory that is there and holds nothing is told apart
        from one that is not there.
        """
        inventory = given.get("inventory")
        if isinstance(inventory, dict) and "iocs" in inventory and inventory["iocs"] is None:
            return {**given, "inventory": {**inventory, "iocs": ""}}
        return given


def _shorten(options: Dict[str, Any]) -> None:
    """Say how many items were given instead of repeating them: a long list would be sent around, and kept, twice."""
    for given in [options.get("inventory"), *(options.get("lists") or ())]:
        if isinstance(given, dict) and isinstance(given.get("iocs"), (list, dict)):
            given["iocs"] = f"({len(given['iocs'])} not shown)"

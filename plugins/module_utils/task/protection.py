# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is never blocked, as a task's options say it."""

from __future__ import annotations

from typing import Callable, Dict, List, Optional

from ..ioc.protection import Protection
from ..ioc.protection.warning_lists import ProtectionProblem
from .base import Params, TaskFailed


class Guard:
    """The option protect of a task.

    warn is told what a warning list does not protect. Raises TaskFailed where a value is none or a file cannot be
    read.
    """

    def __init__(self, params: Params, warn: Optional[Callable[[str], None]] = None) -> None:
        try:
            self._protection = Protection.build(params.get("protect"))
        except ProtectionProblem as problem:
            raise TaskFailed(f"protect: {problem}") from problem
        if warn is None:
            return
        for notice in self._protection.notices:
            warn(f"protect: {notice.message} ({notice.code})")

    def reason(self, kind: str, value: str) -> Optional[str]:
        """Why an indicator must not be detected or prevented; None where it may."""
        return self._protection.reason(kind, value)

    def overridden(self) -> List[Dict[str, str]]:
        """What passed only because the option override names it."""
        return [{"type": kind, "value": value} for kind, value in dict.fromkeys(self._protection.overridden)]

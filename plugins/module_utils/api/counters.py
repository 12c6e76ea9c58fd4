# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run has cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class Counters:
    """What a run has cost: requests sent by kind, further tries among them, seconds waited."""

    token: int = 0
    read: int = 0
    write: int = 0
    retried: int = 0
    waited_seconds: float = 0.0

    def dict(self) -> dict[str, Any]:
        """As it is returned to users."""
        return {**vars(self), "waited_seconds": round(self.waited_seconds, 1)}

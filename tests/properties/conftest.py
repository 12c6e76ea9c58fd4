# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long to search: a short while in ``make test``, longer with ``HYPOTHESIS_PROFILE=long``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from ansible_collections.threatops.falcon.plugins.module_utils.api import retry

sys.path.insert(0, str(Path(__file__).resolve().parent))

# One tenant serves all examples of a test and is emptied before each; slow machines are no failure.
_COMMON = {"deadline": None, "suppress_health_check": list(HealthCheck), "print_blob": True, "database": None}
settings.register_profile("short", max_examples=25, stateful_step_count=15, **_COMMON)
settings.register_profile("middle", max_examples=200, stateful_step_count=20, **_COMMON)
settings.register_profile("long", max_examples=1000, stateful_step_count=40, **_COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits that nobody asked for are short."""
    monkeypatch.setattr(retry, "FIRST_WAIT", 0.01)

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The soak test for a short while; `make soak` runs it for longer."""

from __future__ import annotations

import sys
from pathlib import Path

from simulator_fixture import start_process, stop_process

sys.path.insert(0, str(Path(__file__).resolve().parent))

from soak import soak, until

SECONDS = 25


def test_books_of_three_owners_agree_with_the_tenant() -> None:
    tenant, process = start_process(["--empty"])
    try:
        owners, struck = soak(tenant, until(SECONDS, 2000), seed=20261124)
    finally:
        tenant.close()
        stop_process(process)
    assert struck > 0
    assert all(owner.runs > 3 for owner in owners)

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""make soak: 10,000 random operations by three owners, or as many as SOAK_MINUTES allow. SOAK_SEED repeats a run."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from simulator_fixture import start_process, stop_process
from soak import soak, until

OPERATIONS = 10_000


def main() -> int:
    minutes = float(os.environ.get("SOAK_MINUTES", "10"))
    seed = int(os.environ.get("SOAK_SEED") or time.time())
    print(f"{OPERATIONS} operations or {minutes:g} minutes; SOAK_SEED={seed}", flush=True)
    tenant, process = start_process(["--empty"])
    started = time.monotonic()
    try:
        owners, struck = soak(tenant, until(minutes * 60, OPERATIONS), seed)
        requests = len(tenant.log())
    finally:
        tenant.close()
        stop_process(process)
    for owner in owners:
        print(
            f"{owner.name:6} {owner.operations:6} operations in {owner.runs} runs, {owner.failed_runs} of them failed "
            f"honestly; {len(owner.books)} indicators, as the runs said"
        )
    print(f"{requests} requests, {struck} faults, {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())

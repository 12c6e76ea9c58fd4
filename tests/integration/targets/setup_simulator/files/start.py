# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start a simulator, detached, and print what it says when it is ready: start.py SIMULATOR FOLDER."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

SECONDS = 60


def main(simulator: str, folder: Path) -> str:
    ready, log = folder / "simulator.ready", folder / "simulator.log"
    ready.unlink(missing_ok=True)
    command = [sys.executable, simulator, "--port", "0", "--ready-file", str(ready)]
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    end = time.monotonic() + SECONDS
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > end:
            sys.exit(f"The simulator did not start: {log.read_text(encoding='utf-8')}")
        time.sleep(0.05)
    return ready.read_text(encoding="utf-8")


if __name__ == "__main__":
    print(main(sys.argv[1], Path(sys.argv[2])))

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entry point of ``python tests/simulator``."""

from __future__ import annotations

import sys
from pathlib import Path

# Run as a folder, Python puts this folder first on the path; the package is one level up.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

try:
    from simulator.server import main
except ModuleNotFoundError as problem:
    requirements = Path(__file__).resolve().parent / "requirements.txt"
    sys.exit(
        f"simulator: {sys.executable} lacks {problem.name}. Install it with: pip install -r {requirements}"
    )

if __name__ == "__main__":
    sys.exit(main())

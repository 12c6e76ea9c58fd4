# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only place that imports requests, so that everything else can be imported without it."""

from __future__ import annotations

import traceback
from typing import Optional

__all__ = ["REQUESTS_IMPORT_ERROR", "requests", "urllib3"]

#: The traceback of the failed import, for ``missing_required_lib``; ``None`` when requests is there.
REQUESTS_IMPORT_ERROR: Optional[str] = None

try:
    import requests
    import urllib3
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()
    requests = None  # type: ignore[assignment]
    urllib3 = None  # type: ignore[assignment]

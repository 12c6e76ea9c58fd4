# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which API a task talks to."""

from __future__ import annotations

from ..api.api import IndicatorApi
from ..api.client import Client
from ..api.current import Current
from ..api.legacy import Legacy
from .base import Params


def open_api(client: Client, params: Params) -> IndicatorApi:
    """The API that the option `api` names; both have the same verbs."""
    if params.get("api") == "legacy":
        return Legacy(client)
    return Current(client, params.get("batch_size") or 200, params.get("page_size") or 2000)

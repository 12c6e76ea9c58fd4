# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of ``falcon_auth``: one token for later tasks."""

from __future__ import annotations

from .base import Context, Params, Result
from .connection import connect
from .options import CONNECTION

SPEC = CONNECTION


def run(params: Params, context: Context) -> Result:
    """Fetch a token, in check mode too, since that changes nothing.

    Raises FalconError when Falcon refuses the credentials, or cannot be reached.
    """
    client = connect(params, context, concurrency=1)
    try:
        auth = client.auth()
        requests = client.requests.dict()
    finally:
        client.close()
    return {"changed": False, "auth": auth, "requests": requests}

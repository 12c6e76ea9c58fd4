# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP sessions that outlive an item of a loop, so that the next item finds its connections open."""

from __future__ import annotations

import os
import time
from typing import Any, Dict, Tuple

from ..module_utils.api.connection import Connection
from ..module_utils.api.transport import new_session

#: Seconds after which a connection may have been closed by the other side, or by something in between.
LONGEST_IDLE = 30.0


class SessionCache:
    """Sessions by who connects to where.

    Ansible runs one task of one host in one process, all items of a loop included; the process ends with the task,
    and its connections with it.
    """

    def __init__(self) -> None:
        self._kept: Dict[Tuple[Any, ...], Tuple[float, Any]] = {}

    def __call__(self, connection: Connection, concurrency: int) -> Any:
        """The session of this connection, a new one where there is none or it has been idle for long."""
        key = (
            os.getpid(),  # a socket must not be shared with a process that this one was forked from
            concurrency,
            *(connection.client_id, connection.client_secret, connection.access_token, connection.member_cid),
            *(connection.cloud, connection.base_url, connection.proxy),
            *(connection.validate_certs, connection.ca_path),
        )
        used, session = self._kept.get(key, (0.0, None))
        now = time.monotonic()
        if session is None or now - used > LONGEST_IDLE:
            if session is not None:
                session.close()
            session = new_session(concurrency)
        self._kept[key] = (now, session)
        return session

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults below HTTP: a connection that is reset, an answer that is cut short, silence."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

CONNECTION = "simulator.connection"
"""Key of the connection's transport among the extensions of an ASGI scope."""
_POLL_SECONDS = 0.05


async def hang(request: Request, seconds: float) -> None:
    """Wait, or until the client gives up."""
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end and not await request.is_disconnected():
        await asyncio.sleep(min(_POLL_SECONDS, max(0.0, end - time.monotonic())))


class ClosedConnection(Response):
    """No answer: the connection is closed with a TCP reset."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self.transport: asyncio.Transport = request.scope["extensions"][CONNECTION]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Close instead of sending."""
        connection: socket.socket | None = self.transport.get_extra_info("socket")
        if connection is not None:
            # Lingering for zero seconds makes the close a reset.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()
        await _until_closed(receive)


class TruncatedResponse(Response):
    """Half of the body, then the connection is closed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the announced length, but not all of it."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send(
            {"type": "http.response.body", "body": bytes(self.body)[: len(self.body) // 2], "more_body": True}
        )
        transport: asyncio.Transport = scope["extensions"][CONNECTION]
        transport.close()
        await _until_closed(receive)


async def _until_closed(receive: Receive) -> None:
    message: dict[str, Any] = {"type": ""}
    while message["type"] != "http.disconnect":
        message = dict(await receive())

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the options of a task to a client."""

from __future__ import annotations

from typing import Any

from ..api.client import Client
from ..api.connection import Connection
from ..api.errors import ConfigurationError
from ..api.regions import AUTODISCOVER
from .base import Context, Params

# Option, least and most of it, and what it is where it is not given.
_NUMBERS: tuple[tuple[str, int, int, float], ...] = (
    ("timeout", 1, 3600, 30),
    ("retries", 0, 100, 5),
    ("max_wait", 0, 86_400, 60),
    ("settle", 0, 600, 0),
)


def connect(params: Params, context: Context, concurrency: int = 4) -> Client:
    """Open a client as the options ``options.CONNECTION`` say. Nothing is sent yet.

    Its warnings go to the context as soon as they come up, so that a task that fails keeps them. Raises
    FalconError when the options cannot be used.
    """
    auth = params.get("auth") or {}
    numbers: dict[str, Any] = {}
    for name, least, most, default in _NUMBERS:
        given = params.get(name)
        numbers[name] = default if given is None else given
        if not least <= numbers[name] <= most:
            raise ConfigurationError(f"{name} must be a number from {least} to {most}, got {given}")
    connection = Connection(
        client_id=params.get("client_id") or "",
        client_secret=params.get("client_secret") or "",
        access_token=auth.get("access_token") or "",
        cloud=auth.get("cloud") or params.get("cloud") or AUTODISCOVER,
        base_url=auth.get("base_url") or params.get("base_url") or "",
        member_cid=params.get("member_cid") or "",
        proxy=params.get("proxy") or "",
        validate_certs=bool(params.get("validate_certs", True)),
        ca_path=params.get("ca_path") or "",
        user_agent=params.get("user_agent") or "",
        token_file=context.token_file,
        **numbers,
    )
    session = context.session(connection, concurrency) if context.session else None
    client = Client(connection, concurrency, context.progress, session, context.warn)
    context.spent.append(client.requests)
    return client

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an HTTP answer holds: its JSON envelope, each part in a plain form even where it was null or missing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Callable, Mapping


@dataclass
class Reply:
    """One HTTP answer. ``body`` is its JSON object or ``None``; ``page`` says that it is HTML instead."""

    status: int
    headers: Mapping[str, str]
    body: dict[str, Any] | None = None
    page: bool = False


@dataclass
class Answer:
    """The envelope of an answer.

    ``page``: it is an HTML page instead. ``listed``: ``resources`` was a list.
    """

    status: int
    resources: list[Any]
    errors: list[dict[str, Any]]
    pagination: dict[str, Any]
    trace_id: str = ""
    page: bool = False
    listed: bool = True


def parse(status: int, headers: Mapping[str, str], raw: bytes) -> Reply:
    """Read the body of an answer; one that is no JSON object is left out."""
    reply = Reply(status, headers)
    reply.page = raw[:64].lstrip().startswith(b"<") or "html" in headers.get("Content-Type", "")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        body = None
    if isinstance(body, dict):
        reply.body, reply.page = body, False
    return reply


def open_envelope(reply: Reply, hide: Callable[[object], str]) -> Answer:
    """The envelope in plain form. ``hide`` makes a tenant's text fit for messages."""
    body = reply.body or {}
    resources, errors = body.get("resources"), body.get("errors")
    pagination = _meta(reply).get("pagination")
    return Answer(
        status=reply.status,
        resources=resources if isinstance(resources, list) else [],
        errors=[item if isinstance(item, dict) else {"message": item} for item in errors]
        if isinstance(errors, list)
        else [],
        pagination=pagination if isinstance(pagination, dict) else {},
        trace_id=trace_id(reply, hide),
        page=reply.page,
        listed=isinstance(resources, list),
    )


def _meta(reply: Reply) -> Mapping[str, Any]:
    meta = (reply.body or {}).get("meta")
    return meta if isinstance(meta, dict) else {}


def trace_id(reply: Reply, hide: Callable[[object], str]) -> str:
    """``meta.trace_id``, or the header that carries it; empty when there is neither."""
    return hide(_meta(reply).get("trace_id") or reply.headers.get("X-Cs-Traceid", ""))[:64]


def first_error(body: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The first of an envelope's ``errors``, empty when there is none."""
    errors = body.get("errors") if body else None
    found = errors[0] if isinstance(errors, list) and errors else {}
    return found if isinstance(found, dict) else {"message": found}


def error_code(body: Mapping[str, Any] | None) -> int | None:
    """``errors[0].code`` where it is a number."""
    code = first_error(body).get("code")
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def hidden_code(reply: Reply) -> int:
    """The code of an error inside an answer that claims success and brings nothing, 0 otherwise."""
    if reply.status >= 300 or not reply.body or reply.body.get("resources"):
        return 0
    return error_code(reply.body) or 0


def well_formed(row: Any) -> bool:
    """Whether a resource is an indicator that can be told from others: it has an id, and its type and value are text.

    What else is odd about it is for the planner, which leaves it alone and names it; it is no reason to take the
    view for a partial one.
    """
    if not isinstance(row, dict) or not row.get("id") or not isinstance(row["id"], (str, int)):
        return False
    return all(isinstance(row.get(name), (str, type(None))) for name in ("type", "value"))

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tenant says: the vendor's envelope, and refusals as exceptions."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

JSON_TYPE = "application/json"
IOC_MANAGER = "ioc-manager"


_compact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


@dataclass
class Answer:
    """One response before it is written.

    ``resources`` holds JSON texts, so that stored records are passed on as they are. ``None`` in ``resources``,
    ``errors`` or ``pagination`` means null, null, and absent. With ``null_errors`` an empty ``errors`` is null.
    """

    status: int = 200
    resources: list[str] | None = field(default_factory=list)
    errors: list[dict[str, Any]] | None = field(default_factory=list)
    pagination: dict[str, Any] | None = None
    powered_by: str = IOC_MANAGER
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = JSON_TYPE
    raw: str | None = None
    with_resources: bool = True
    null_errors: bool = False
    trace_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started: float = field(default_factory=time.perf_counter)

    def body(self) -> bytes:
        """The bytes of the body."""
        if self.raw is not None:
            return self.raw.encode()
        meta: dict[str, Any] = {
            "query_time": time.perf_counter() - self.started,
            "powered_by": self.powered_by,
            "trace_id": self.trace_id,
        }
        if self.pagination is not None:
            meta["pagination"] = self.pagination
        errors = self.errors or (None if self.null_errors else self.errors)
        text = f'{{"meta":{_compact(meta)},"errors":{_compact(errors)}'
        if self.with_resources:
            rows = "null" if self.resources is None else f"[{','.join(self.resources)}]"
            text += f',"resources":{rows}'
        return (text + "}").encode()


def records(texts: Sequence[str], **more: Any) -> Answer:
    """An answer of ready JSON texts."""
    return Answer(resources=list(texts), **more)


def values(items: Sequence[object], **more: Any) -> Answer:
    """An answer of values that are still to be turned into JSON."""
    return Answer(resources=[_compact(item) for item in items], **more)


def error(code: int, message: str) -> dict[str, Any]:
    """One entry of ``errors`` (msa.APIError)."""
    return {"code": code, "message": message}


class Refusal(Exception):
    """A request that the tenant does not accept; it becomes an envelope with an error status."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        resources: Sequence[object] | None = None,
        powered_by: str = IOC_MANAGER,
        violation: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.resources = resources
        self.powered_by = powered_by
        self.violation = violation
        self.headers = headers or {}

    def answer(self) -> Answer:
        """The envelope of this refusal. ``resources`` is absent unless rows are named, as on the vendor's gateway."""
        return values(
            self.resources or [],
            status=self.status,
            errors=[error(self.status, self.message)],
            powered_by=self.powered_by,
            headers=dict(self.headers),
            with_resources=self.resources is not None,
        )


class HtmlPage(Exception):
    """A page of the gateway in front of the API: not JSON."""

    def __init__(self, status: int, title: str) -> None:
        super().__init__(title)
        self.status = status

    def answer(self) -> Answer:
        """The page."""
        return html_page(self.status, str(self))


def html_page(status: int, title: str) -> Answer:
    """An HTML page as a gateway writes it."""
    head = f"<html>\r\n<head><title>{status} {title}</title></head>\r\n"
    text = f"{head}<body><center><h1>{status} {title}</h1></center><hr><center>nginx</center></body>\r\n</html>\r\n"
    return Answer(status=status, raw=text, content_type="text/html")

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that repeats one recorded answer, and what a client needs around it to get there.

A recorded answer is a JSON file ``{request, status, headers, body, kind}``; ``request`` starts with method and path.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN_PATH = "/oauth2/token"
META = {"query_time": 0.01, "powered_by": "ioc-manager", "trace_id": "00000000-0000-4000-8000-000000000000"}
# Not sent again: the server here frames its own answers.
_FRAMING = {"content-length", "content-encoding", "connection", "date", "server", "transfer-encoding"}


@dataclass(frozen=True)
class Recorded:
    """One recorded answer. ``partial``: only the records of it were kept, the envelope around them was not."""

    name: str
    method: str
    path: str
    status: int
    headers: dict[str, str]
    body: dict[str, Any]
    partial: bool = False

    @classmethod
    def read(cls, file: Path) -> Recorded:
        content = json.loads(file.read_text(encoding="utf-8"))
        method, _space, target = content["request"].partition(" ")
        if method not in ("GET", "POST", "PATCH", "DELETE"):
            method, target = (
                "GET",
                "/iocs/combined/indicator/v1",
            )  # "any request" in the words of who recorded it
        path = urlsplit(target.split(" ")[0].split(";")[0]).path
        return cls(
            file.stem,
            method,
            path,
            content["status"],
            content.get("headers", {}),
            content["body"],
            "resources" in content["body"] and "meta" not in content["body"],
        )

    @property
    def rows(self) -> list[Any]:
        """``resources``, empty where there are none."""
        return self.body.get("resources") or []


def envelope(rows: list[Any], pagination: dict[str, Any] | None = None) -> dict[str, Any]:
    """An ordinary answer."""
    meta = {**META, **({"pagination": pagination} if pagination is not None else {})}
    return {"meta": meta, "errors": None, "resources": rows}


def listing(rows: list[Any]) -> dict[str, Any]:
    """A whole listing on one page."""
    return envelope(rows, {"limit": 100, "total": len(rows), "offset": len(rows)})


@dataclass
class Player:
    """Answers by path: the recorded answer, and others that a test puts beside it."""

    url: str = ""
    client_id: str = "1" * 32
    client_secret: str = "s" * 40
    answers: dict[tuple[str, str], tuple[int, dict[str, str], Any]] = field(default_factory=dict)
    seen: list[tuple[str, str, dict[str, list[str]]]] = field(default_factory=list)

    def put(
        self, method: str, path: str, body: Any, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        """Answer a path with this."""
        self.answers[method, path] = (status, headers or {}, body)

    def repeat(self, recorded: Recorded, path: str = "") -> None:
        """Answer with what was recorded, or with its records in an ordinary envelope where only those were kept."""
        body = recorded.body
        if recorded.partial:
            body = listing(recorded.rows) if "/combined/" in recorded.path else envelope(recorded.rows)
        self.put(recorded.method, path or recorded.path, body, recorded.status, recorded.headers)

    def reply(self, method: str, target: str) -> tuple[int, dict[str, str], Any]:
        """What to answer a request with."""
        parts = urlsplit(target)
        query = parse_qs(parts.query)
        self.seen.append((method, parts.path, query))
        if (method, parts.path) in self.answers:
            status, headers, body = self.answers[method, parts.path]
            if status < 300 and ("after" in query or query.get("offset", ["0"])[0] not in ("0", "")):
                body = {**body, "resources": []}  # nothing follows the one page that was recorded
            return status, headers, body
        if parts.path == TOKEN_PATH:
            return 201, {}, {"access_token": "token", "expires_in": 1799, "token_type": "bearer"}
        return 200, {}, listing([])


@contextmanager
def playing(tls: ssl.SSLContext | None = None) -> Iterator[Player]:
    """A player on a port of its own, behind TLS where a context is given."""
    player = Player()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, body = player.reply(self.command, self.path)
            raw = json.dumps(body).encode()
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in _FRAMING:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        # The names that http.server looks for.
        do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    player.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield player
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant that answers from a script, and a clock that does not wait."""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.api import (
    pace,
    retry,
    token,
    token_file,
    transport,
)
from ansible_collections.threatops.falcon.plugins.module_utils.api.client import Client
from ansible_collections.threatops.falcon.plugins.module_utils.api.connection import Connection

SECRET = "canarySecretcanarySecretcanarySecret1234"


@dataclass
class Request:
    """What a client has sent."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    raw: bytes
    target: str

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    def get(self, name: str) -> str | None:
        return dict(self.query).get(name)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.query if key == name]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Said:
    """One answer of the script. `then`: reset or hang instead of answering, or trickle: byte by byte."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    then: str = ""


Handler = Callable[[Request], Said]


class Falcon:
    """A tenant on loopback. Answers of `script` are given in order; `handler` answers what the script does not."""

    def __init__(self) -> None:  # noqa: C901  # a handler, method by method
        self.requests: list[Request] = []
        self.tokens: list[Request] = []
        self.script: list[Said | Handler] = []
        self.token_script: list[Said] = []
        self.handler: Handler | None = None
        self.valid_for = 1799
        self.trickled = threading.Event()
        self._issued = 0
        self._lock = threading.Lock()
        outer = self

        class Serve(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def answer(self) -> None:
                parts = urlsplit(self.path)
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Request(
                    self.command,
                    parts.path,
                    parse_qsl(parts.query, keep_blank_values=True),
                    {name.lower(): value for name, value in self.headers.items()},
                    raw,
                    self.path,
                )
                self.send(outer.answer(request))

            do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815

            def send(self, said: Said) -> None:
                if said.then == "reset":
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.close_connection = True
                    self.connection.close()
                    return
                if said.then == "hang":
                    time.sleep(0.8)
                raw = said.raw if said.raw is not None else json.dumps(said.body).encode()
                self.send_response_only(said.status)  # no Date: the clock of the tests runs ahead
                headers = {
                    "Content-Type": "application/json",
                    "Content-Length": str(len(raw)),
                    **said.headers,
                }
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                if said.then == "trickle":
                    self._trickle(raw)
                    return
                self.wfile.write(raw)
                if said.then == "truncate":
                    self.close_connection = True

            def _trickle(self, raw: bytes) -> None:
                for at in range(len(raw)):
                    try:
                        self.wfile.write(raw[at : at + 1])
                        self.wfile.flush()
                    except OSError:
                        return
                    outer.trickled.wait(0.02)

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *args: Any) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Serve)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: Request) -> Said:
        with self._lock:
            if request.path == "/oauth2/token":
                self.tokens.append(request)
                if self.token_script:
                    return self.token_script.pop(0)
                return self.token()
            self.requests.append(request)
            said = self.script.pop(0) if self.script else self.handler
        if said is None:
            return Said(599, {"errors": [{"code": 599, "message": "the script has ended"}]})
        return said(request) if callable(said) else said

    def token(self, **headers: str) -> Said:
        self._issued += 1
        body = {"access_token": f"token-{self._issued}", "expires_in": self.valid_for, "token_type": "bearer"}
        return Said(201, body, headers)

    @staticmethod
    def ok(
        resources: Any = (), status: int = 200, errors: Any = (), headers: Any = None, **pagination: Any
    ) -> Said:
        """An envelope of success; keywords are its pagination."""
        meta = {"query_time": 0.01, "trace_id": "trace-1", "pagination": pagination}
        if isinstance(resources, tuple):
            resources = list(resources)
        body = {"meta": meta, "resources": resources, "errors": list(errors) if errors is not None else None}
        return Said(status, body, headers or {})

    @staticmethod
    def error(status: int, message: str = "no", resources: Any = (), headers: Any = None) -> Said:
        """An envelope of failure."""
        body = {
            "meta": {"query_time": 0.01, "trace_id": "trace-e"},
            "errors": [{"code": status, "message": message}],
            "resources": list(resources),
        }
        return Said(status, body, headers or {})

    @staticmethod
    def html(status: int = 503) -> Said:
        return Said(status, raw=b"<html><body>gateway</body></html>", headers={"Content-Type": "text/html"})

    @staticmethod
    def raw(text: bytes, status: int = 200, **headers: str) -> Said:
        return Said(status, raw=text, headers=headers)

    reset = Said(then="reset")
    trickle = Said(then="trickle", raw=b" " * 1000)

    def late(self, said: Said) -> Said:
        return Said(said.status, said.body, said.headers, said.raw, "hang")

    @staticmethod
    def cut(said: Said) -> Said:
        """Half of an answer, then the connection ends."""
        raw = json.dumps(said.body).encode()
        return Said(said.status, None, {"Content-Length": str(len(raw))}, raw[: len(raw) // 2], "truncate")

    def seen(self) -> list[str]:
        return [str(request) for request in self.requests]


class Tenant:
    """Enough of `/iocs/*` to write to: what it stores, and how strict it is."""

    def __init__(self, falcon: Falcon) -> None:
        self.falcon = falcon
        self.records: dict[str, dict[str, Any]] = {}
        self.largest_batch = 2000
        self.names_rows = True
        self.bad: Callable[[dict[str, Any]], bool] = lambda row: row.get("description") == "bad"
        self.full = False
        self.echo: Callable[[list[Any]], Any] = lambda rows: rows
        self._lock = threading.Lock()
        falcon.handler = self

    def add(self, value: str, kind: str = "domain", **fields: Any) -> dict[str, Any]:
        record = {
            "id": f"{len(self.records) + 1:064x}",
            "type": kind,
            "value": value,
            "deleted": False,
            **fields,
        }
        self.records[record["id"]] = record
        return record

    def live(self) -> list[dict[str, Any]]:
        return [record for record in self.records.values() if not record["deleted"]]

    def __call__(self, request: Request) -> Said:
        with self._lock:
            if len(request.target) > 19_000:
                return self.falcon.html(414)
            if request.path == "/iocs/combined/indicator/v1":
                return self._combined(request)
            assert request.path == "/iocs/entities/indicators/v1", request.path
            return getattr(self, f"_{request.method.lower()}")(request)

    def _combined(self, request: Request) -> Said:
        query = request.get("filter") or ""
        lists = {
            name: {one[1:-1] for one in re.findall(r"'[^']*'|\"[^\"]*\"", text)}
            for name, text in re.findall(r"(value|source|tags):\[([^\]]*)\]", query)
        }
        fits = any if query.startswith("(") else all
        found = [
            record
            for record in self.live()
            if not lists
            or fits(wanted.intersection(_texts(record.get(name))) for name, wanted in lists.items())
        ]
        start, limit = (
            int(request.get("after") or request.get("offset") or 0),
            int(request.get("limit") or 100),
        )
        page = found[start : start + limit]
        after = {"after": str(start + len(page))} if page else {}
        return self.falcon.ok(page, total=len(found), limit=limit, offset=start + len(page), **after)

    def _get(self, request: Request) -> Said:
        ids = request.all("ids")
        unknown = [one for one in ids if one not in self.records]
        errors = [{"code": 404, "message": f"{one} not found"} for one in unknown]
        if len(unknown) == len(ids):
            return self.falcon.error(404, "not found")
        return self.falcon.ok([self.records[one] for one in ids if one in self.records], errors=errors)

    def _problems(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        known = {(record["type"], record["value"]) for record in self.live()}
        problems = []
        for number, row in enumerate(rows, 1):
            if self.bad(row):
                problems.append(
                    {"row": number, "type": None, "value": None, "message_type": "error", "field_name": "description",
                     "message": "is bad"}
                )  # fmt: skip
            elif (row.get("type"), row.get("value")) in known:
                text = f"Warning: Duplicate type: '{row['type']}' and value: '{row['value']}' combination."
                problems.append(
                    {
                        "row": number,
                        "type": row["type"],
                        "value": row["value"],
                        "message_type": "warning",
                        "message": text,
                    }
                )
        return problems

    def _refuse(self, rows: list[dict[str, Any]]) -> Said | None:
        if len(rows) > self.largest_batch:
            return self.falcon.error(400, "too many")
        problems = self._problems(rows)
        if problems:
            shown = problems if self.names_rows else []
            return self.falcon.error(400, "One or more indicators have a warning or invalid input", shown)
        return None

    def _post(self, request: Request) -> Said:
        assert set(request.body) <= {"comment", "indicators"}
        rows = request.body["indicators"]
        if self.full:
            return self.falcon.error(400, "Limit of 1 million indicators reached.")
        refusal = self._refuse(rows)
        if refusal:
            return refusal
        made = [self.add(row["value"], row["type"], **{k: v for k, v in row.items() if k not in ("type", "value")})
                for row in rows]  # fmt: skip
        return self.falcon.ok(self.echo(made), status=201, errors=None)

    def _patch(self, request: Request) -> Said:
        assert set(request.body) <= {"comment", "indicators"}
        rows = request.body["indicators"]
        assert all("type" not in row and "value" not in row for row in rows)
        refusal = self._refuse([{k: v for k, v in row.items() if k != "id"} for row in rows])
        if refusal:
            return refusal
        if any(row["id"] not in self.records or self.records[row["id"]]["deleted"] for row in rows):
            return self.falcon.error(404, "not found")
        for row in rows:
            self.records[row["id"]].update(row)
        return self.falcon.ok(self.echo([self.records[row["id"]] for row in rows]), errors=None)

    def _delete(self, request: Request) -> Said:
        ids = request.all("ids")
        assert request.get("filter") is None and 0 < len(ids) <= 200
        if any(one not in self.records or self.records[one]["deleted"] for one in ids):
            return self.falcon.error(404, "not found")
        for one in ids:
            self.records[one]["deleted"] = True
        return self.falcon.ok(self.echo(ids), errors=None)

    def lost(self, how: Said) -> Handler:
        """Do what is asked, then answer something else."""

        def answer(request: Request) -> Said:
            self(request)
            return how

        return answer


class Clock:
    """Time that passes when somebody sleeps, and by itself."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    def time(self) -> float:
        return time.time() + self.ahead

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.ahead += seconds


@pytest.fixture
def falcon() -> Iterator[Falcon]:
    tenant = Falcon()
    yield tenant
    tenant.stop()


@pytest.fixture
def tenant(falcon: Falcon) -> Tenant:
    return Tenant(falcon)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Waiting takes no time, and is counted."""
    fake = Clock()
    stand_in = SimpleNamespace(monotonic=fake.monotonic, time=fake.time)
    for module in (pace, retry, token, token_file, transport):
        monkeypatch.setattr(module, "time", stand_in)
    monkeypatch.setattr(pace.Waits, "sleep", lambda self, seconds: fake.sleep(seconds))
    return fake


@pytest.fixture
def connect(falcon: Falcon, clock: Clock) -> Iterator[Callable[..., Client]]:
    """Make clients of the tenant; keywords are those of the connection, and concurrency."""
    clients = []

    def make(concurrency: int = 1, **options: Any) -> Client:
        known = {"client_id": "a" * 32, "client_secret": SECRET, "base_url": falcon.url, "timeout": 5.0}
        client = Client(Connection(**{**known, **options}), concurrency=concurrency)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def secret() -> str:
    return SECRET


def _texts(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

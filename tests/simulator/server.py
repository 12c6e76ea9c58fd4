# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line and the running server."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any, Callable

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from . import demo, seed
from .admin import Admin, load_content
from .answers import JSON_TYPE, Refusal
from .context import Simulator
from .faults import BadRule
from .gateway import Gateway, allowed_methods
from .likeness import BUNDLES, apply, resemble
from .quirks import UnknownQuirk
from .store import Store
from .wire import CONNECTION

_LONGEST_HEAD = 1 << 20
"""Bytes of request line and headers that are read at all; the tenant's own limit is the quirk max_url."""


class SimulatorProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 protocol, with the connection's transport in the scope: scripted resets need it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wrap the application once a connection."""
        super().connection_made(transport)
        # Headers and body go out as two packets; on a kept-alive connection the second would wait 40 ms for the other
        # side's acknowledgement of the first.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        application = self.app

        async def with_transport(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})[CONNECTION] = transport
            await application(scope, receive, send)

        self.app = with_transport


def build(simulator: Simulator, initial: Callable[[], None]) -> ASGIApp:
    """The application: the admin routes, and the gateway for everything else."""
    gateway = Gateway(simulator)

    async def serve(request: Request) -> Response:
        return await gateway(request)

    async def unknown_admin(request: Request) -> Response:
        return JSONResponse({"error": "no such admin route"}, status_code=404)

    async def failed(request: Request, problem: Exception) -> Response:
        # A defect of the simulator: the client sees an envelope, the traceback goes to the simulator's own stderr.
        refusal = Refusal(500, f"internal error of the simulator: {type(problem).__name__}")
        return Response(refusal.answer().body(), status_code=500, media_type=JSON_TYPE)

    routes = [
        *Admin(simulator, initial).routes(),
        Route("/simulator/{rest:path}", unknown_admin),
        Route("/{path:path}", serve, methods=allowed_methods()),
    ]
    return Starlette(routes=routes, exception_handlers={Exception: failed})


class RunningServer:
    """A server on a bound socket. ``url`` answers as soon as the object exists, because the socket listens already."""

    def __init__(
        self,
        simulator: Simulator,
        host: str = "127.0.0.1",
        port: int = 0,
        initial: Callable[[], None] | None = None,
    ) -> None:
        self.simulator = simulator
        self.socket = socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=256
        )
        bound = self.socket.getsockname()[1]
        self.url = f"http://[{host}]:{bound}" if ":" in host else f"http://{host}:{bound}"
        application = build(simulator, initial or (lambda: load_content(simulator, with_demo=True)))
        self._server = uvicorn.Server(
            uvicorn.Config(
                application,
                http=SimulatorProtocol,
                ws="none",
                lifespan="off",
                log_level="warning",
                access_log=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=1,
                h11_max_incomplete_event_size=_LONGEST_HEAD,
            )
        )
        self._thread: threading.Thread | None = None

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT."""
        self._server.run(sockets=[self.socket])

    def start(self) -> None:
        """Serve in a thread until stop()."""
        self._thread = threading.Thread(target=self.run, name="falcon-simulator", daemon=True)
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.005)

    def ask_to_stop(self) -> None:
        """Stop soon."""
        self._server.should_exit = True

    def stop(self) -> None:
        """Stop the thread and free the port."""
        self.ask_to_stop()
        if self._thread:
            self._thread.join(timeout=10)
        self.socket.close()
        self.simulator.store.close()


def read_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python tests/simulator",
        description="A Falcon tenant on this machine: the custom-IOC API, with its state in SQLite.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument(
        "--port", type=int, default=8787, help="port, 0 for any free one (default %(default)s)"
    )
    parser.add_argument(
        "--state",
        default=":memory:",
        metavar="FILE",
        help="keep the tenant in this file (default: in memory)",
    )
    parser.add_argument(
        "--seed", metavar="FILE", help="start with the content of this YAML or JSON file instead of the demo"
    )
    parser.add_argument(
        "--empty", action="store_true", help="start with the demo's API clients and nothing else"
    )
    parser.add_argument("--seed-count", type=int, default=0, metavar="N", help="add N generated indicators")
    parser.add_argument("--legacy", action="store_true", help="serve the five operations removed in 2021")
    parser.add_argument(
        "--latency", type=float, default=0, metavar="MS", help="milliseconds to wait before each answer"
    )
    parser.add_argument("--faults", metavar="FILE", help="scripted faults (YAML or JSON)")
    parser.add_argument(
        "--quirk",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="behave differently in one point, see README.md; repeatable",
    )
    parser.add_argument(
        "--like",
        metavar="NAME|FILE",
        help=f"behave like a whole tenant: {', '.join(sorted(BUNDLES))}, or a report of threatops.falcon.doctor",
    )
    # Its name in version 1.0.
    parser.add_argument("--stance", action="append", dest="quirk", help=argparse.SUPPRESS)
    parser.add_argument(
        "--strict",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="refuse and record unknown parameters and fields",
    )
    parser.add_argument(
        "--ready-file",
        metavar="FILE",
        help="write url, client_id, client_secret and pid here, as JSON, once listening",
    )
    return parser.parse_args(arguments)


def prepare(options: argparse.Namespace) -> RunningServer:
    """A server as the command line asks. Raises BadSeed, BadRule, UnknownQuirk and OSError."""
    like = resemble(options.like) if options.like else {}
    simulator = Simulator(
        store=Store(options.state),
        strict=options.strict,
        legacy=options.legacy or bool(like.get("legacy")),
        latency_seconds=options.latency / 1000,
    )
    apply(simulator.quirks, like)
    for text in options.quirk:
        name, _equals, value = text.partition("=")
        simulator.quirks.set(name, value)
    if options.faults:
        simulator.faults.set(seed.read_file(options.faults))

    def initial() -> None:
        fresh = simulator.store.is_empty()
        load_content(simulator, with_demo=fresh and not options.empty and not options.seed)
        if options.seed:
            content = seed.read_file(options.seed)
            # API clients are not part of the kept state.
            seed.load(
                simulator,
                content
                if fresh or not isinstance(content, dict)
                else {"clients": content.get("clients", [])},
            )
        if fresh and options.seed_count:
            seed.generate(simulator, simulator.store.tenant(seed.DEMO_CID), options.seed_count)

    initial()
    simulator.quirks.keep()
    return RunningServer(simulator, options.host, options.port, initial)


def main(arguments: list[str] | None = None) -> int:
    """Run the simulator; returns the exit status."""
    options = read_arguments(arguments)
    try:
        server = prepare(options)
    except (seed.BadSeed, BadRule, UnknownQuirk, OSError) as problem:
        print(f"simulator: {problem}", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises these again after it has stopped; being stopped is no failure.
        signal.signal(number, lambda _number, _frame: server.ask_to_stop())
    ready: dict[str, Any] = {
        "url": server.url,
        "client_id": demo.CLIENT_ID,
        "client_secret": demo.CLIENT_SECRET,
        "pid": os.getpid(),
    }
    print(
        f"Falcon simulator ready: {server.url}  client_id={demo.CLIENT_ID}  client_secret={demo.CLIENT_SECRET}",
        flush=True,
    )
    if options.ready_file:
        _write_whole(options.ready_file, json.dumps(ready))
    server.run()
    server.simulator.store.close()
    return 0


def _write_whole(path: str, text: str) -> None:
    """Write a file that is never seen half written."""
    with open(f"{path}.new", "w", encoding="utf-8") as stream:
        stream.write(text)
    os.replace(f"{path}.new", path)

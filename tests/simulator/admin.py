# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant's back door under /simulator: what was asked, what is stored, and switches.

For this machine only, without a token.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import Any, Callable

import yaml
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import demo, seed
from .context import Simulator
from .faults import ACTIONS, BadRule
from .fql import Condition, FqlError, compile_filter
from .properties import FILTERS
from .quirks import CHOICES, UnknownQuirk

_LOOPBACK = ("127.", "::1", "::ffff:127.")
_BAD = (seed.BadSeed, BadRule, FqlError, UnknownQuirk)

Handler = Callable[[Request], Awaitable[Response]]


class Admin:
    """The admin operations of one simulator."""

    def __init__(self, simulator: Simulator, initial: Callable[[], None]) -> None:
        self.simulator = simulator
        self.initial = initial
        self.strict, self.legacy = simulator.strict, simulator.legacy

    def routes(self) -> list[Route]:
        """Routes below /simulator."""
        table = (
            ("GET", "log", self.log),
            ("DELETE", "log", self.clear_log),
            ("GET", "violations", self.violations),
            ("GET", "dump", self.dump),
            ("POST", "seed", self.seed),
            ("GET", "faults", self.show_faults),
            ("POST", "faults", self.set_faults),
            ("GET", "quirk", self.show_quirks),
            ("POST", "quirk", self.set_quirks),
            ("POST", "clock", self.set_clock),
            ("POST", "tokens", self.tokens),
            ("POST", "reset", self.reset),
        )
        return [
            Route(f"/simulator/{name}", self._guarded(handler), methods=[method])
            for method, name, handler in table
        ]

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: Request) -> Response:
            address = request.client.host if request.client else ""
            if not address.startswith(_LOOPBACK):
                return JSONResponse({"error": "only this machine may ask"}, status_code=403)
            try:
                return await handler(request)
            except _BAD as problem:
                return JSONResponse({"error": str(problem)}, status_code=400)

        return guarded

    async def log(self, request: Request) -> Response:
        """Entries, filtered by method and by the start of the path when those are given."""
        method, path = request.query_params.get("method"), request.query_params.get("path", "")
        entries = [
            entry
            for entry in self.simulator.journal.entries
            if (not method or entry["method"] == method.upper()) and entry["path"].startswith(path)
        ]
        return JSONResponse({"entries": entries})

    async def clear_log(self, request: Request) -> Response:
        """Forget all entries."""
        self.simulator.journal.clear()
        return JSONResponse({"cleared": True})

    async def violations(self, request: Request) -> Response:
        """Entries that a careful client would not have caused."""
        return JSONResponse({"entries": self.simulator.journal.violations()})

    async def dump(self, request: Request) -> Response:
        """Everything stored in one CID, secrets left out; ``filter`` limits the indicators."""
        simulator = self.simulator
        simulator.store.expire(simulator.clock.milliseconds())
        cid = request.query_params.get("cid", seed.DEMO_CID)
        tenant = simulator.store.tenant(cid)
        text = request.query_params.get("filter", "")
        condition = compile_filter(text, FILTERS, simulator.clock.milliseconds()) if text else Condition()
        return JSONResponse(
            {
                "cid": cid,
                "indicators": simulator.store.matching(tenant, condition),
                "host_groups": simulator.store.things.everything("host_group", tenant),
                "hosts": simulator.store.things.everything("host", tenant),
                "processes": simulator.store.things.everything("process", tenant),
                "legacy_iocs": simulator.store.things.everything("legacy_ioc", tenant),
                "sightings": simulator.store.sightings.everything(tenant),
                "clients": [client.public() for client in simulator.credentials.clients.values()],
                "tokens": len(simulator.credentials.tokens),
            }
        )

    async def seed(self, request: Request) -> Response:
        """Store content."""
        content = await _content(request)
        with self.simulator.store.visible_at_once():
            return JSONResponse({"loaded": seed.load(self.simulator, content)})

    async def show_faults(self, request: Request) -> Response:
        """The rules with their counters."""
        return JSONResponse({"faults": self.simulator.faults.shown(), "actions": dict(ACTIONS)})

    async def set_faults(self, request: Request) -> Response:
        """Replace the rules; an empty list ends all trouble."""
        content = await _content(request)
        self.simulator.faults.set(content.get("faults") if isinstance(content, dict) else content)
        return JSONResponse({"rules": len(self.simulator.faults.rules)})

    async def show_quirks(self, request: Request) -> Response:
        """Answers in force, with what else is on offer."""
        offered = {
            name: {
                "default": choice.default,
                "values": list(choice.values) or choice.kind,
                "meaning": choice.meaning,
            }
            for name, choice in CHOICES.items()
        }
        return JSONResponse({"quirks": self.simulator.quirks.all(), "offered": offered})

    async def set_quirks(self, request: Request) -> Response:
        """Choose answers; ``strict`` and ``legacy`` (true or false) are set the same way."""
        content = await _content(request)
        if not isinstance(content, dict):
            raise UnknownQuirk("an object of names and values is needed")
        for name in ("strict", "legacy"):
            if name in content:
                setattr(self.simulator, name, bool(content.pop(name)))
        self.simulator.quirks.update(content)
        return JSONResponse({"quirks": self.simulator.quirks.all()})

    async def set_clock(self, request: Request) -> Response:
        """Move the tenant's clock to ``offset_seconds`` from the real time, to which tokens and limits keep."""
        content = await _content(request)
        offset = content.get("offset_seconds") if isinstance(content, dict) else None
        if not isinstance(offset, (int, float)) or isinstance(offset, bool):
            raise UnknownQuirk("offset_seconds must be a number")
        self.simulator.clock.offset_seconds = float(offset)
        return JSONResponse({"offset_seconds": offset})

    async def tokens(self, request: Request) -> Response:
        """End every token."""
        self.simulator.credentials.tokens.clear()
        return JSONResponse({"tokens": 0})

    async def reset(self, request: Request) -> Response:
        """Back to the start: content, clients, tokens, quirks, faults, clock, limits, log."""
        content = await _content(request)
        start: str | None = content.get("content", "initial") if isinstance(content, dict) else None
        if start not in ("initial", "demo", "empty"):
            raise UnknownQuirk("content must be initial, demo or empty")
        simulator = self.simulator
        simulator.strict, simulator.legacy = self.strict, self.legacy
        simulator.store.clear()
        simulator.credentials.tokens.clear()
        simulator.credentials.clients.clear()
        simulator.faults.set([])
        simulator.quirks.reset()
        simulator.clock.offset_seconds = 0.0
        simulator.limits.reset()
        if start == "initial":
            self.initial()
        else:
            load_content(simulator, with_demo=start == "demo")
        simulator.journal.clear()
        return JSONResponse({"content": start})


def load_content(simulator: Simulator, *, with_demo: bool) -> None:
    """The demo, or its clients alone."""
    if not with_demo:
        seed.load(simulator, {"clients": demo.clients()})
        return
    seed.load(simulator, demo.content())
    for cid in demo.CHILD_CIDS:
        seed.load(simulator, demo.child_content(cid))


async def _content(request: Request) -> Any:
    """A JSON or YAML body (JSON first: it is much faster to read)."""
    body = await request.body()
    if not body:
        return {}
    try:
        return json.loads(body)
    except ValueError:
        try:
            return yaml.safe_load(body)
        except yaml.YAMLError as problem:
            raise seed.BadSeed(f"neither JSON nor YAML: {problem}") from None

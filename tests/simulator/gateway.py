# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a request is handled: log, scripted fault, token, limits, scope, parameters, operation."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from . import journal, seed
from .answers import IOC_MANAGER, Answer, HtmlPage, Refusal, error, html_page
from .auth import GATEWAY, Token, form_names
from .context import Call, Operation, Parameter, Simulator
from .routes import BY_ROUTE, PATHS
from .search import read_filter
from .wire import ClosedConnection, TruncatedResponse, hang

TOKEN_PATH, REVOKE_PATH = "/oauth2/token", "/oauth2/revoke"
_SCOPE_TEXTS = {
    "not_permitted": "access denied, scope not permitted",
    "authorization_failed": "access denied, authorization failed",
}
_RATE_TEXT = "API rate limit exceeded."


class Gateway:
    """Answers every request outside /simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    async def __call__(self, request: Request) -> Response:
        """Serve one request."""
        started = time.perf_counter()
        body = await request.body()
        fault = self.simulator.faults.pick(request.method, request.url.path, request.url.query, body)
        entry = self._open_entry(request, body, fault)
        if self.simulator.latency_seconds:
            await asyncio.sleep(self.simulator.latency_seconds)
        answer = await self._fault_before(request, fault)
        if answer is None:
            answer = self._perform(request, body, entry)
            answer = await self._fault_after(request, fault, answer)
        if isinstance(answer, Answer):
            answer.started = started
        entry.update(
            status=answer.status if isinstance(answer, Answer) else None,
            milliseconds=round((time.perf_counter() - started) * 1000, 3),
        )
        if not isinstance(answer, Answer):
            return answer
        answer.headers.setdefault("Date", self.simulator.clock.http_date())
        return _written(answer, truncate=bool(fault.get("truncate")))

    def _open_entry(self, request: Request, body: bytes, fault: dict[str, Any]) -> journal.Entry:
        simulator = self.simulator
        path = request.url.path
        token = simulator.credentials.find(request.headers.get("authorization", ""))
        query = [
            [name, simulator.credentials.hide(value)] for name, value in request.query_params.multi_items()
        ]
        target = path if not request.url.query else f"{path}?{request.url.query}"
        return simulator.journal.add(
            {
                "time": time.time(),
                "method": request.method,
                "path": path,
                "query": query,
                "url_length": len(target),
                "body_bytes": len(body),
                "body": dict(form_names(body)) if path == TOKEN_PATH else {},
                "client_id": token.client.client_id if token else None,
                "cid": token.cid if token else None,
                "user_agent": simulator.credentials.hide(request.headers.get("user-agent", "")),
                "fault": fault,
                "violations": [],
                "status": None,
            }
        )

    # scripted faults

    async def _fault_before(self, request: Request, fault: dict[str, Any]) -> Answer | Response | None:
        simulator = self.simulator
        authorization = request.headers.get("authorization", "")
        if "latency" in fault:
            await asyncio.sleep(fault["latency"] / 1000)
        if "hang_before" in fault:
            await hang(request, fault["hang_before"])
            return ClosedConnection(request)
        if "reset_before" in fault:
            return ClosedConnection(request)
        if "expire_token" in fault:
            simulator.credentials.drop(authorization)
        if "revoke_token" in fault:
            simulator.credentials.tokens.clear()
        if "seed_before" in fault:
            seed.load(simulator, fault["seed_before"])
        if "delete_before" in fault:
            self._delete_behind(authorization, fault["delete_before"])
        if "redirect" in fault:
            return _redirect(fault)
        if "status" in fault:
            return self._status(fault, int(fault["status"]))
        if "html" in fault:
            return html_page(int(fault["html"]), "Bad Gateway")
        return None

    async def _fault_after(
        self, request: Request, fault: dict[str, Any], answer: Answer
    ) -> Answer | Response:
        if "seed_after" in fault:
            seed.load(self.simulator, fault["seed_after"])
        if "hang_after_commit" in fault:
            await hang(request, fault["hang_after_commit"])
        if "reset_after_commit" in fault:
            return ClosedConnection(request)
        if "status_after_commit" in fault:
            return self._status(fault, int(fault["status_after_commit"]))
        if "html_after_commit" in fault:
            return html_page(int(fault["html_after_commit"]), "Bad Gateway")
        return _distort(request, fault, answer)

    def _status(self, fault: dict[str, Any], status: int) -> Answer:
        text = (
            _RATE_TEXT if status == 429 else "internal server error" if status >= 500 else "request refused"
        )
        answer = Answer(
            status=status,
            errors=[error(int(fault.get("code", status)), fault.get("message", text))],
            with_resources=False,
            powered_by=GATEWAY,
        )
        if status == 429:
            answer.headers.update(
                self._retry_header(time.time() + float(fault.get("retry_after", 1)), fault.get("form"))
            )
        answer.headers.update({str(name): str(value) for name, value in fault.get("headers", {}).items()})
        return answer

    def _delete_behind(self, authorization: str, text: str) -> None:
        token = self.simulator.credentials.find(authorization)
        if token:
            call = Call(self.simulator, token.client, self.simulator.store.tenant(token.cid), {}, None)
            doomed = self.simulator.store.matching(call.tenant, read_filter(call, text, None))
            self.simulator.store.change(call.tenant, [{**record, "deleted": True} for record in doomed])

    # without a fault

    def _perform(self, request: Request, body: bytes, entry: journal.Entry) -> Answer:
        headers: dict[str, str] = {}
        try:
            answer = self._route(request, body, entry, headers)
        except Refusal as refusal:
            if refusal.violation:
                entry["violations"].append(refusal.violation)
            answer = refusal.answer()
        except HtmlPage as page:
            answer = page.answer()
        refused_token = request.url.path == TOKEN_PATH and answer.status != 201
        if request.url.path not in (TOKEN_PATH, REVOKE_PATH) or refused_token:
            headers.update(self._region_header())
        answer.headers = {**headers, **answer.headers}
        answer.null_errors = (
            answer.powered_by == IOC_MANAGER and self.simulator.quirks.text("errors_on_success") == "null"
        )
        return answer

    def _region_header(self) -> dict[str, str]:
        quirks = self.simulator.quirks
        # A tenant has one region: the one that its token answers name goes before the default.
        region = quirks.text("token_region")
        region = quirks.text("region") if region == "none" else region
        return {} if region == "none" else {"X-Cs-Region": region}

    def _route(self, request: Request, body: bytes, entry: journal.Entry, headers: dict[str, str]) -> Answer:
        simulator = self.simulator
        path, method = request.url.path, request.method
        address = request.client.host if request.client else ""
        if entry["url_length"] > simulator.quirks.number("max_url"):
            raise Refusal(
                414,
                "request URI too long",
                powered_by=GATEWAY,
                violation=f"URL of {entry['url_length']} bytes",
            )
        if path in (TOKEN_PATH, REVOKE_PATH):
            return self._token_service(request, body, address, headers)
        token = self._authenticate(request, address, headers)
        operation = BY_ROUTE.get((method, path))
        if operation is None:
            if path in PATHS:
                allowed = ", ".join(known for known, known_path in BY_ROUTE if known_path == path)
                raise Refusal(
                    405,
                    "405: Method Not Allowed",
                    powered_by=GATEWAY,
                    violation="method not offered",
                    headers={"Allow": allowed},
                )
            raise Refusal(404, "404: Page Not Found", powered_by=GATEWAY, violation="unknown path")
        self._check_open(operation, token)
        simulator.store.expire(
            simulator.clock.milliseconds() - simulator.quirks.number("expiry_delay") * 1000
        )
        simulator.store.index(simulator.quirks.seconds("search_lag"), simulator.quirks.seconds("total_lag"))
        parameters = _read_parameters(operation, request.query_params.multi_items(), simulator.strict)
        call = Call(
            simulator,
            token.client,
            simulator.store.tenant(token.cid),
            parameters,
            _read_body(operation, body),
            entry["violations"],
        )
        entry["body"] = journal.summary(call.body)
        answer = operation.handler(call)
        entry["rows"] = len(answer.resources or [])
        return answer

    def _token_service(self, request: Request, body: bytes, address: str, headers: dict[str, str]) -> Answer:
        simulator = self.simulator
        if request.method != "POST":
            raise Refusal(405, "405: Method Not Allowed", powered_by=GATEWAY, headers={"Allow": "POST"})
        limit = simulator.quirks.number("token_rate_limit")
        self._count(f"token:{address}", limit, headers)
        if request.url.path == REVOKE_PATH:
            return simulator.credentials.revoke(body, request.headers.get("authorization", ""))
        answer = simulator.credentials.issue(body, simulator.quirks.number("token_lifetime"))
        region = simulator.quirks.text("token_region")
        if region != "none":
            answer.headers["X-Cs-Region"] = region
        return answer

    def _authenticate(self, request: Request, address: str, headers: dict[str, str]) -> Token:
        simulator = self.simulator
        token = simulator.credentials.find(request.headers.get("authorization", ""))
        if token is None:
            self._count(f"bad token:{address}", simulator.quirks.number("bad_token_rate_limit"), headers)
            raise Refusal(401, "access denied, invalid bearer token", powered_by=GATEWAY)
        self._count(f"cid:{token.cid}", simulator.quirks.number("rate_limit"), headers)
        return token

    def _count(self, key: str, limit: int, headers: dict[str, str]) -> None:
        free_at = self.simulator.limits.take(key, limit)
        remaining = self.simulator.limits.remaining(key, limit) if limit else 6000
        headers.update({"X-Ratelimit-Limit": str(limit or 6000), "X-Ratelimit-Remaining": str(remaining)})
        if free_at is not None:
            told = max(time.time(), free_at - self.simulator.quirks.seconds("retry_after_short_by"))
            headers.update(self._retry_header(told, None))
            raise Refusal(429, _RATE_TEXT, powered_by=GATEWAY)

    def _retry_header(self, at: float, form: str | None) -> dict[str, str]:
        form = form or self.simulator.quirks.text("retry_after")
        if form == "missing":
            return {}
        if form == "retry-after":
            return {"Retry-After": str(max(0, round(at - time.time())))}
        return {"X-Ratelimit-Retryafter": str(int(at * 1000) if form == "milliseconds" else -int(-at // 1))}

    def _check_open(self, operation: Operation, token: Token) -> None:
        simulator = self.simulator
        if operation.legacy_only and not simulator.legacy:
            status = int(simulator.quirks.text("removed_routes"))
            raise Refusal(
                status,
                "404: Page Not Found" if status == 404 else "access denied, authorization failed",
                powered_by=GATEWAY,
                violation="removed operation",
            )
        scopes = operation.scopes
        asked = simulator.quirks.text("ran_on_scope")
        if len(scopes) > 1 and asked != "either":
            scopes = frozenset([f"{asked}_read"])
        if not scopes & token.client.scopes:
            raise Refusal(403, _SCOPE_TEXTS[simulator.quirks.text("scope_refusal")], powered_by=GATEWAY)


def _read_parameters(operation: Operation, sent: Sequence[tuple[str, str]], strict: bool) -> dict[str, Any]:
    known = {parameter.name: parameter for parameter in operation.parameters}
    found: dict[str, Any] = {}
    for name, text in sent:
        parameter = known.get(name)
        if parameter is None:
            if strict:
                raise Refusal(400, f"unknown query parameter '{name}'", violation=f"unknown parameter {name}")
            continue
        value = _read_value(parameter, text)
        if parameter.multi:
            found.setdefault(name, []).append(value)
        elif name in found and strict:
            raise Refusal(
                400, f"query parameter '{name}' is repeated", violation=f"repeated parameter {name}"
            )
        else:
            found[name] = value
    for parameter in operation.parameters:
        if parameter.required and not found.get(parameter.name):
            raise Refusal(
                400,
                f"query parameter '{parameter.name}' is required",
                violation=f"missing parameter {parameter.name}",
            )
    return found


def _read_value(parameter: Parameter, text: str) -> Any:
    if parameter.kind == "integer":
        if text.isascii() and text.lstrip("-").isdigit() and len(text) < 10:
            return int(text)
    elif parameter.kind == "boolean":
        if text in ("true", "false"):
            return text == "true"
    elif text or not parameter.multi:
        return text
    raise Refusal(
        400,
        f"invalid value '{text}' for query parameter '{parameter.name}'",
        violation=f"bad value of {parameter.name}",
    )


def _read_body(operation: Operation, body: bytes) -> Any:
    if not operation.has_body:
        return None
    try:
        content = json.loads(body)
        # Half of a surrogate pair can be written in JSON, but is no text that could be stored or sent back.
        json.dumps(content, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Refusal(
            400, "Provided data does not match expected format", violation="body is not JSON"
        ) from None
    return content


def _redirect(fault: dict[str, Any]) -> Answer:
    headers = {"Location": str(fault["redirect"])}
    if "region" in fault:
        headers["X-Cs-Region"] = str(fault["region"])
    return Answer(status=308, headers=headers, errors=[], with_resources=False, powered_by=GATEWAY)


def _distort(request: Request, fault: dict[str, Any], answer: Answer) -> Answer:
    """The faults that change the usual answer."""
    pagination = answer.pagination
    if pagination is not None:
        if "total_shifts" in fault:
            pagination["total"] = max(0, pagination.get("total", 0) + int(fault["total_shifts"]))
        if "repeat_after" in fault and "after" in request.query_params:
            pagination["after"] = request.query_params["after"]
        if "after_missing" in fault:
            pagination.pop("after", None)
    if "drop_rows" in fault and answer.resources:
        answer.resources = answer.resources[int(fault["drop_rows"]) :]
    if "resources_null" in fault:
        answer.resources = None
    if "resources_missing" in fault:
        answer.with_resources = False
    if "errors_on_2xx" in fault and answer.status < 300:
        answer.errors = [error(int(fault.get("code", 500)), str(fault["errors_on_2xx"]))]
    if "wrong_content_type" in fault:
        answer.content_type = str(fault["wrong_content_type"])
    return answer


def _written(answer: Answer, *, truncate: bool) -> Response:
    headers = {**answer.headers, "X-Cs-Traceid": answer.trace_id}
    kind = TruncatedResponse if truncate else Response
    return kind(
        content=answer.body(), status_code=answer.status, headers=headers, media_type=answer.content_type
    )


def allowed_methods() -> list[str]:
    """Methods that reach the gateway; the others are answered by the framework."""
    return ["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS"]

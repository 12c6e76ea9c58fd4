# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""API clients, their scopes, and the tokens they were given."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote_plus

from .answers import Answer, Refusal

SCOPES = frozenset(
    [
        "ioc_management_read",
        "ioc_management_write",
        "iocs_read",
        "iocs_write",
        "hosts_read",
        "host_groups_read",
    ]
)
"""Read and write access to IOC Management, IOCs (Indicators of Compromise), Hosts and Host Groups."""

TOKEN_SERVICE = "csam"
GATEWAY = "crowdstrike-api-gateway"

_CLIENT_ID = re.compile(r"[0-9a-fA-F]{32}")
_HIDDEN = "********"
_TOKEN_LIKE = re.compile(r"[\w-]{64,}")
_HEX = re.compile(r"[0-9a-fA-F]+")
_SECRET = re.compile(r"\w{40}")
_MEMBER_CID = re.compile(r"([0-9a-fA-F]{32})(?:-[0-9A-Za-z]{2})?")


@dataclass(frozen=True)
class Client:
    """An API client: ``children`` are CIDs it may choose with member_cid."""

    client_id: str
    client_secret: str
    name: str
    cid: str
    scopes: frozenset[str]
    children: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _CLIENT_ID.fullmatch(self.client_id):
            raise ValueError(f"client_id {self.client_id!r} is not 32 hex digits")
        if not _SECRET.fullmatch(self.client_secret):
            raise ValueError(f"the secret of client {self.client_id} is not 40 word characters")
        unknown = self.scopes - SCOPES
        if unknown:
            raise ValueError(
                f"unknown scopes {', '.join(sorted(unknown))}; there are {', '.join(sorted(SCOPES))}"
            )

    def public(self) -> dict[str, object]:
        """Everything but the secret."""
        return {
            "client_id": self.client_id,
            "name": self.name,
            "cid": self.cid,
            "scopes": sorted(self.scopes),
            "children": list(self.children),
        }


@dataclass
class Token:
    """A bearer token's owner, tenant and end (real time, epoch seconds)."""

    client: Client
    cid: str
    expires: float


class Credentials:
    """All clients and live tokens."""

    def __init__(self) -> None:
        self.clients: dict[str, Client] = {}
        self.tokens: dict[str, Token] = {}

    def add(self, client: Client) -> None:
        """Make a client known, or replace it."""
        self.clients[client.client_id.lower()] = client

    def issue(self, body: bytes, lifetime: int) -> Answer:
        """Answer POST /oauth2/token. Raises Refusal."""
        form = _form(body)
        client_id = form.get("client_id", "")
        if not _CLIENT_ID.fullmatch(client_id):
            raise Refusal(
                400, f"Failed to generate access token for clientID={client_id}.", powered_by=TOKEN_SERVICE
            )
        client = self.clients.get(client_id.lower())
        if client is None or not secrets.compare_digest(
            client.client_secret.encode(), form.get("client_secret", "").encode()
        ):
            raise Refusal(403, "Failed to issue access token - Not Authorized", powered_by=TOKEN_SERVICE)
        text = secrets.token_urlsafe(48)
        self.tokens[text] = Token(
            client, self._tenant(client, form.get("member_cid", "")), time.time() + lifetime
        )
        return Answer(
            status=201, raw=f'{{"access_token":"{text}","expires_in":{lifetime},"token_type":"bearer"}}'
        )

    def revoke(self, body: bytes, authorization: str) -> Answer:
        """Answer POST /oauth2/revoke, which takes HTTP Basic. Raises Refusal."""
        client_id, secret = _basic(authorization)
        client = self.clients.get(client_id.lower())
        if client is None or not secrets.compare_digest(client.client_secret.encode(), secret.encode()):
            raise Refusal(403, "access denied, authorization failed", powered_by=TOKEN_SERVICE)
        self.tokens.pop(_form(body).get("token", ""), None)
        return Answer(errors=[], with_resources=False, powered_by=TOKEN_SERVICE)

    def find(self, authorization: str) -> Token | None:
        """The token of a bearer header if it is live."""
        token = self.tokens.get(bearer(authorization))
        return token if token and token.expires > time.time() else None

    def drop(self, authorization: str) -> None:
        """End a token."""
        self.tokens.pop(bearer(authorization), None)

    def hide(self, text: str) -> str:
        """A text with every known secret, and whatever could be a token, blotted out."""
        for client in self.clients.values():
            text = text.replace(client.client_secret, _HIDDEN)
        return _TOKEN_LIKE.sub(lambda run: run[0] if _HEX.fullmatch(run[0]) else _HIDDEN, text)

    def _tenant(self, client: Client, member_cid: str) -> str:
        if not member_cid:
            return client.cid
        found = _MEMBER_CID.fullmatch(member_cid)
        cid = found.group(1).lower() if found else ""
        if cid != client.cid and cid not in client.children:
            raise Refusal(403, "access denied, authorization failed", powered_by=TOKEN_SERVICE)
        return cid


def bearer(authorization: str) -> str:
    """The token of an Authorization header, or an empty text."""
    kind, _space, text = authorization.partition(" ")
    return text.strip() if kind.lower() == "bearer" else ""


def form_names(body: bytes) -> Mapping[str, str]:
    """What a log may show of a token request."""
    form = _form(body)
    return {name: form[name] for name in ("client_id", "member_cid") if name in form}


def _form(body: bytes) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}


def _basic(authorization: str) -> tuple[str, str]:
    kind, _space, text = authorization.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        client_id, _colon, secret = base64.b64decode(text).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote_plus(client_id), unquote_plus(secret)

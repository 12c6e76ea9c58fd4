# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token that opens a tenant, and the region where it is valid."""

from __future__ import annotations

import re
import threading
import time
from contextlib import contextmanager
from typing import Any, Iterator, NoReturn
from urllib.parse import urlencode, urlsplit

from .connection import Connection
from .envelope import Reply, error_code, first_error, trace_id
from .errors import AuthenticationError, ConfigurationError, FalconError
from .notices import Notices
from .redact import Secrets
from .regions import (
    AUTODISCOVER,
    COMMERCIAL,
    REGIONS,
    check_base_url,
    check_cloud,
    is_loopback,
    joined,
    named_region,
    origin,
    place_of,
    region_of,
)
from .retry import Sender
from .scopes import NOT_AUTHORIZED, explain_denial
from .token_file import TokenFile, key_of
from .transport import Trouble

#: Seconds a token lives when its answer does not say.
_LIFETIME = 1799.0
_TOKEN_PATH = "/oauth2/token"  # noqa: S105
# Seconds to wait before a token that was only just issued is sent once more: it may not be known everywhere yet.
_PAUSES = (0.5, 1.0)
_CHECK = "Check client_id, client_secret, member_cid, cloud (or base_url), and the account's IP allow-list."


class TokenSource:
    """The token in use, and the region it is used in.

    One token for all threads; each is replaced at most once for being refused, and credentials that were refused are
    not tried again.

    Raises ConfigurationError for a connection that cannot work.
    """

    def __init__(
        self, connection: Connection, sender: Sender, secrets: Secrets, notices: Notices, user_agent: str
    ) -> None:
        self._connection = connection
        self._sender = sender
        self._secrets = secrets
        self._notices = notices
        self._user_agent = user_agent
        self._lock = threading.Lock()
        self._token = connection.access_token or ""
        self._expires = float("inf")
        self._renew = float("inf")
        self._refusal: FalconError | None = None
        # A token that was asked for here and has not been accepted yet, how often it was sent again, and whether one
        # before it was refused as well.
        self._unproven = ""
        self._refused = 0
        self._good = ""
        self._refused_new = False
        self._trial = threading.RLock()
        for text in (connection.client_secret, self._token):
            secrets.add(text or "")
        name = check_cloud(connection.cloud or AUTODISCOVER)
        if connection.base_url:
            secrets.add_url(connection.base_url)
            self.base_url = check_base_url(connection.base_url)
        else:
            self.base_url = REGIONS.get(name, REGIONS["us-1"])
        self._discovers = not connection.base_url and (name == AUTODISCOVER or name in COMMERCIAL)
        self._file: TokenFile | None = None
        if not self._token and not connection.has_credentials():
            raise ConfigurationError(
                "There are no credentials",
                hint="Set client_id and client_secret (or FALCON_CLIENT_ID and FALCON_CLIENT_SECRET), or auth.",
            )
        if connection.token_file and connection.has_credentials() and not self._token:
            key = key_of(
                connection.client_id, connection.client_secret, connection.member_cid, self.base_url, name
            )
            self._file = TokenFile(connection.token_file, key)
            self._take_from_file()

    def _take_from_file(self) -> None:
        """Use the token in the file, unless it is the one in use already."""
        kept = self._file.load() if self._file else None
        if (
            kept
            and kept["token"] != self._token
            and kept["base_url"] in (self.base_url, *(COMMERCIAL.values() if self._discovers else ()))
        ):
            self.base_url = kept["base_url"]
            self._accept(kept["token"], kept["expires"] - time.time())

    def _accept(self, token: str, lifetime: float) -> None:
        now = time.monotonic()
        self._token = token
        self._secrets.add(token)
        self._expires = now + lifetime
        # A minute before its end, but a token that never lives a minute is used for most of its life.
        self._renew = self._expires - min(60.0, lifetime / 4)

    @property
    def cloud(self) -> str:
        """The region's name; ``autodiscover`` for a base URL of the user's own."""
        known = {url: name for name, url in REGIONS.items()}
        return known.get(self.base_url, self._connection.cloud or AUTODISCOVER)

    def expires_in(self) -> int | None:
        """Seconds that the token will live, if known."""
        return None if self._expires == float("inf") else max(0, int(self._expires - time.monotonic()))

    def token(self) -> str:
        """A token to send; asked for when there is none yet or the present one is about to end.

        Raises AuthenticationError when Falcon refuses the credentials.
        """
        with self._lock:
            if self._refusal is not None:
                raise self._refusal
            if not self._token or (time.monotonic() >= self._renew and self._connection.has_credentials()):
                self._get_another()
            return self._token

    @contextmanager
    def trial(self) -> Iterator[str]:
        """The token to send. One that no request was accepted with yet is tried by one request at a time: were it
        refused, all threads would have sent it.

        Raises AuthenticationError when Falcon refuses the credentials.
        """
        token = self.token()
        if token == self._good:
            yield token
            return
        with self._trial:
            yield self.token()

    def proven(self, token: str) -> None:
        """A request was accepted with this token."""
        self._good = token
        self._refused_new = False
        if self._unproven == token:
            self._unproven, self._refused = "", 0

    def refused(self, token: str) -> None:
        """A request was refused with this token (HTTP 401). When this returns, :meth:`trial` gives the one to try next.

        The token is replaced; threads that were refused together get the same new one. A second new token in a row that
        is refused is sent again after a pause, in which Falcon may learn of it. Raises AuthenticationError
        when that does not help, now and for every later use.
        """
        if self._unproven != token or not self._refused_new:
            self._refused_new = self._unproven == token
            self._replace(token)
            return
        if self._refused == len(_PAUSES):
            self.refuse_new_token()
        self._sender.pause(_PAUSES[self._refused])
        self._refused += 1

    def _replace(self, refused: str) -> None:
        with self._lock:
            if self._refusal is not None:
                raise self._refusal
            if self._token != refused:
                return
            if not self._connection.has_credentials():
                self._refuse(
                    AuthenticationError(
                        "Falcon no longer accepts the access token in the option auth (HTTP 401)",
                        status=401,
                        hint="Run falcon_auth again, or give client_id and client_secret as well.",
                    )
                )
            self._get_another()

    def refuse_new_token(self) -> NoReturn:
        """A token that was only just issued was refused too: there is no use in going on.

        Raises AuthenticationError, now and for every later use.
        """
        with self._lock:
            self._refuse(
                AuthenticationError(
                    "Falcon issues tokens for these credentials but does not accept them (HTTP 401)",
                    status=401,
                    hint=_CHECK,
                )
            )

    def _refuse(self, error: FalconError) -> NoReturn:
        self._refusal = error
        raise error

    def _get_another(self) -> None:
        """Another token than the one in use: what another process of this run has got meanwhile, else a new one."""
        if self._file is None:
            self._ask()
            return
        with self._file.locked():
            token = self._token
            self._take_from_file()
            if self._token == token or time.monotonic() >= self._renew:
                self._ask()

    def _ask(self) -> None:
        reply = self._sender.exchange(self._post, "get an access token")
        if reply.status >= 300:
            self._refuse(self._refusal_of(reply))
        body = reply.body or {}
        region = region_of(reply.headers)
        if self._discovers and region is not None:
            self._move_to(region)
        lifetime = body.get("expires_in")
        known = isinstance(lifetime, (int, float)) and 0 < lifetime < 1e6
        self._accept(body["access_token"], float(lifetime) if known else _LIFETIME)  # type: ignore[arg-type]
        self._unproven, self._refused = self._token, 0
        if self._file is not None:
            self._file.save(self._token, self.base_url, time.time() + self._expires - time.monotonic())

    def _refusal_of(self, reply: Reply) -> AuthenticationError:
        said: Any = first_error(reply.body).get("message")
        where, region = place_of(self.base_url), named_region(reply.headers)
        hint, reason = _CHECK, ""
        if reply.status == 403:
            reason, about_access = explain_denial(said, "")
            if reason == NOT_AUTHORIZED:
                hint = about_access
            else:
                reason = ""
        elif reply.status not in (400, 401):
            hint = "This is not how Falcon's token endpoint answers: check base_url and cloud."
        if region and self.base_url in REGIONS.values() and REGIONS[region] != self.base_url:
            hint += f" The answer names the region {region}."
        return AuthenticationError(
            f"Could not get an access token: Falcon at {where} refuses these credentials: "
            f'HTTP {reply.status}, "{self._secrets.hide(said or "no reason")}"',
            reply.status,
            error_code(reply.body),
            trace_id(reply, self._secrets.hide),
            hint,
            reason,
            region,
        )

    def _move_to(self, region: str) -> None:
        named = self._connection.cloud
        if named in COMMERCIAL and named != region:
            self._notices.say("region", f"This account lives in {region}, not in {named}: {region} is used.")
        self.base_url = REGIONS[region]

    def _post(self) -> Reply:
        """Ask for a token once, following Falcon's own redirects (308) and no others."""
        connection = self._connection
        form = {"client_id": connection.client_id or "", "client_secret": connection.client_secret or ""}
        if connection.member_cid:
            form["member_cid"] = connection.member_cid
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "User-Agent": self._user_agent,
        }
        url = self.base_url + _TOKEN_PATH
        for _hop in range(3):
            reply = self._sender.send("token", "POST", url, headers, urlencode(form).encode())
            if not 300 <= reply.status < 400:
                break
            url = self.redirected(reply, url)
        if 300 <= reply.status < 400:
            raise ConfigurationError(
                "The token endpoint redirects without end",
                reply.status,
                trace_id=trace_id(reply, self._secrets.hide),
                hint="Check base_url and cloud.",
            )
        token = (reply.body or {}).get("access_token")
        if reply.status < 300 and not (isinstance(token, str) and re.fullmatch(r"[!-~]+", token)):
            raise Trouble(
                "Falcon's answer holds no access token",
                status=reply.status,
                kind="answer",
                trace_id=trace_id(reply, self._secrets.hide),
                region=named_region(reply.headers),
            )
        return reply

    def redirected(self, reply: Reply, url: str) -> str:
        """Where to send a request that was redirected: the same host, or a region of Falcon's.

        Raises ConfigurationError when it leads anywhere else; credentials do not go there.
        """
        location = reply.headers.get("Location", "")
        target = joined(url, location)
        if location and origin(target) and origin(target) == origin(url):
            return target
        region = region_of(reply.headers)
        present = urlsplit(self.base_url)
        inside = self.base_url in REGIONS.values() and self.base_url not in COMMERCIAL.values()
        if region is None or inside or is_loopback(present.hostname or ""):
            place = place_of(target) or ("an address that cannot be read" if location else "nowhere")
            raise ConfigurationError(
                f"{present.netloc} redirects to {self._secrets.hide(place)}, "
                "which is not one of Falcon's regions; no credentials were sent there",
                reply.status,
                trace_id=trace_id(reply, self._secrets.hide),
                hint="Set cloud or base_url to where the tenant is.",
            )
        self._move_to(region)
        parts = urlsplit(url)
        return self.base_url + parts.path + (f"?{parts.query}" if parts.query else "")

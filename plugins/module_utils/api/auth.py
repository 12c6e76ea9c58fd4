# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a tenant lives, and the token that opens it."""

from __future__ import annotations

import re
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Dict, Iterator, List, NoReturn, Optional
from urllib.parse import urlencode, urljoin, urlsplit

from .errors import AuthenticationError, ConfigurationError, FalconError
from .token_file import TokenFile, key_of
from .transport import Reply, Transport, Trouble, first_error, is_loopback, refused_credentials

if TYPE_CHECKING:
    from .client import Connection

#: The vendor's regions and the hosts that serve them.
REGIONS: Dict[str, str] = {
    "us-1": "https://api.crowdstrike.com",
    "us-2": "https://api.us-2.crowdstrike.com",
    "us-3": "https://api.us-3.crowdstrike.com",
    "eu-1": "https://api.eu-1.crowdstrike.com",
    "us-gov-1": "https://api.laggar.gcw.crowdstrike.com",
    "us-gov-2": "https://api.us-gov-2.crowdstrike.mil",
}
# No answer leads into a government cloud, or out of one.
_COMMERCIAL = {name: url for name, url in REGIONS.items() if "gov" not in name}

#: Seconds a token lives when its answer does not say.
_LIFETIME = 1799.0
_TOKEN_PATH = "/oauth2/token"  # noqa: S105


def check_base_url(text: str) -> str:
    """The base URL in its plain form, without a trailing slash.

    @raise ConfigurationError: It is no URL to send a secret to: plain http to another machine, credentials or a
        query inside it, anything that two readers could understand differently.
    """
    found = re.fullmatch(
        r"(https?)://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?(/[A-Za-z0-9._~/-]*)?", text.strip()
    )
    if found is None or int((found[3] or ":1")[1:]) > 65535:
        raise ConfigurationError(
            "base_url must be https://HOST[:PORT][/PATH], without credentials, query or fragment"
        )
    if found[1] == "http" and not is_loopback(found[2].strip("[]")):
        raise ConfigurationError(
            "base_url: plain http is only allowed to this machine (localhost, 127.0.0.0/8, ::1)",
            hint="Use https.",
        )
    return found[0].rstrip("/")


def _region_of(reply: Reply) -> Optional[str]:
    """The commercial region that an answer names by header, or by a redirect to its host."""
    name = reply.headers.get("X-Cs-Region", "").strip().lower()
    if name in _COMMERCIAL:
        return name
    target = _origin(reply.headers.get("Location", ""))
    return next((region for region, url in _COMMERCIAL.items() if url == target), None)


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    return (
        f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port else "") if "@" not in parts.netloc else ""
    )


class Session:
    """The token in use, and the region it is used in. One token for all threads; each is replaced at most once
    for being refused, and credentials that were refused are not tried again.
    """

    def __init__(self, connection: Connection, transport: Transport) -> None:
        self._connection = connection
        self._transport = transport
        self._lock = threading.Lock()
        self._token = connection.access_token or ""
        self._expires = float("inf")
        self._renew = float("inf")
        self._refusal: Optional[FalconError] = None
        #: A token that was asked for here and has not been accepted yet.
        self.unproven = ""
        self._good = ""
        self._refused_in_a_row = 0
        self._trial = threading.RLock()
        self.secrets: List[str] = [text for text in (connection.client_secret, self._token) if text]
        name = connection.cloud or "autodiscover"
        if name != "autodiscover" and name not in REGIONS:
            raise ConfigurationError(f"cloud: {name} is none of autodiscover, {', '.join(REGIONS)}")
        self.base_url = (
            check_base_url(connection.base_url) if connection.base_url else REGIONS.get(name, REGIONS["us-1"])
        )
        self._discovers = not connection.base_url and name not in ("us-gov-1", "us-gov-2")
        self._file: Optional[TokenFile] = None
        if not self._token and not self._has_credentials():
            raise ConfigurationError(
                "There are no credentials",
                hint="Set client_id and client_secret (or FALCON_CLIENT_ID and FALCON_CLIENT_SECRET), or auth.",
            )
        if connection.token_file and self._has_credentials() and not self._token:
            key = key_of(
                connection.client_id, connection.client_secret, connection.member_cid, self.base_url, name
            )
            self._file = TokenFile(connection.token_file, key)
            self._take_from_file()

    def _has_credentials(self) -> bool:
        return bool(self._connection.client_id and self._connection.client_secret)

    def _take_from_file(self) -> None:
        """Use the token in the file, unless it is the one in use already."""
        kept = self._file.load() if self._file else None
        if (
            kept
            and kept["token"] != self._token
            and kept["base_url"] in (self.base_url, *(_COMMERCIAL.values() if self._discovers else ()))
        ):
            self.base_url = kept["base_url"]
            self._accept(kept["token"], kept["expires"] - time.time())

    def _accept(self, token: str, lifetime: float) -> None:
        now = time.monotonic()
        self._token = token
        self.secrets.append(token)
        self._expires = now + lifetime
        # A minute before its end, but a token that never lives a minute is used for most of its life.
        self._renew = self._expires - min(60.0, lifetime / 4)

    @property
    def cloud(self) -> str:
        """The region's name; C{autodiscover} for a base URL of the user's own."""
        known = {url: name for name, url in REGIONS.items()}
        return known.get(self.base_url, self._connection.cloud or "autodiscover")

    def expires_in(self) -> Optional[int]:
        """Seconds that the token will live, if known."""
        return None if self._expires == float("inf") else max(0, int(self._expires - time.monotonic()))

    def token(self) -> str:
        """A token to send; asked for when there is none yet or the present one is about to end.

        @raise AuthenticationError: Falcon refuses the credentials.
        """
        with self._lock:
            if self._refusal is not None:
                raise self._refusal
            if not self._token or (time.monotonic() >= self._renew and self._has_credentials()):
                self._get_another()
            return self._token

    def replace(self, refused: str) -> str:
        """Another token than the one that was refused with 401. Threads that were refused together get the same one."""
        with self._lock:
            if self._refusal is not None:
                raise self._refusal
            if self._token == refused:
                if not self._has_credentials():
                    self._refuse(
                        AuthenticationError(
                            "Falcon does not accept the access token of auth any more (HTTP 401)",
                            status=401,
                            hint="Run falcon_auth again, or give client_id and client_secret as well.",
                        )
                    )
                self._get_another()
            return self._token

    @contextmanager
    def trial(self) -> Iterator[str]:
        """The token to send. One that no request was accepted with yet is tried by one request at a time: were it
        refused, all threads would have sent it.

        @raise AuthenticationError: Falcon refuses the credentials.
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
        self._refused_in_a_row = 0
        if self.unproven == token:
            self.unproven = ""

    def hopeless(self, refused: str) -> bool:
        """Whether a refused token was only just issued, after another that was refused too."""
        self._refused_in_a_row += 1
        return self._refused_in_a_row > 1 and self.unproven == refused

    def refuse_new_token(self) -> NoReturn:
        """A token that was only just issued was refused too: there is no use in going on.

        @raise AuthenticationError: Always, now and for every later use.
        """
        with self._lock:
            self._refuse(
                refused_credentials(
                    "Falcon issues tokens for these credentials but does not accept them (HTTP 401)",
                    status=401,
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
        reply = self._transport.exchange(self._post, "get an access token")
        body = reply.body or {}
        if reply.status >= 300:
            said, where = first_error(body), urlsplit(self.base_url).netloc
            text = self._transport.hide(said.get("message") or "no reason")
            code = said.get("code")
            meta = body.get("meta")
            error = refused_credentials(
                f'Falcon at {where} refuses these credentials: HTTP {reply.status}, "{text}"',
                status=reply.status,
                code=code if isinstance(code, int) else None,
                trace_id=self._transport.hide(meta.get("trace_id") or "")[:64]
                if isinstance(meta, dict)
                else "",
            )
            if reply.status not in (400, 401, 403):
                error.hint = "This is not how Falcon's token endpoint answers: check base_url and cloud."
            self._refuse(error)
        region = _region_of(reply)
        if self._discovers and region is not None:
            self._move_to(region)
        lifetime = body.get("expires_in")
        known = isinstance(lifetime, (int, float)) and 0 < lifetime < 1e6
        self._accept(body["access_token"], float(lifetime) if known else _LIFETIME)  # type: ignore[arg-type]
        self.unproven = self._token
        if self._file is not None:
            self._file.save(self._token, self.base_url, time.time() + self._expires - time.monotonic())

    def _move_to(self, region: str) -> None:
        named = self._connection.cloud
        if named in _COMMERCIAL and named != region:
            self._transport.say(
                "region", f"This account lives in {region}, not in {named}: {region} is used."
            )
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
            "User-Agent": self._transport.user_agent,
        }
        url = self.base_url + _TOKEN_PATH
        for _hop in range(3):
            reply = self._transport.send("token", "POST", url, headers, urlencode(form).encode())
            if not 300 <= reply.status < 400:
                break
            url = self.redirected(reply, url)
        if 300 <= reply.status < 400:
            raise ConfigurationError(
                "The token endpoint redirects without end", hint="Check base_url and cloud."
            )
        token = (reply.body or {}).get("access_token")
        if reply.status < 300 and not (isinstance(token, str) and re.fullmatch(r"[!-~]+", token)):
            raise Trouble("the answer holds no access token", status=reply.status, kind="answer")
        return reply

    def redirected(self, reply: Reply, url: str) -> str:
        """Where to send a request that was redirected: the same host, or a region of Falcon's.

        @raise ConfigurationError: It leads anywhere else; credentials do not go there.
        """
        try:
            target = urljoin(url, reply.headers.get("Location", ""))
        except ValueError:
            target = ""
        if reply.headers.get("Location") and _origin(target) == _origin(url):
            return target
        region = _region_of(reply)
        present = urlsplit(self.base_url)
        inside = self.base_url in REGIONS.values() and self.base_url not in _COMMERCIAL.values()
        if region is None or inside or is_loopback(present.hostname or ""):
            raise ConfigurationError(
                f"{present.netloc} redirects to {self._transport.hide(urlsplit(target).netloc or 'nowhere')}, "
                "which is not one of Falcon's regions; no credentials were sent there",
                status=reply.status,
                hint="Set cloud or base_url to where the tenant is.",
            )
        self._move_to(region)
        return self.base_url + urlsplit(url).path + (f"?{urlsplit(url).query}" if urlsplit(url).query else "")

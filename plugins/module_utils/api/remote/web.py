# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask a feed server: HTTPS alone, bounded in size and time, whole answers or an error."""

from __future__ import annotations

import base64
import json
import os
import time
from dataclasses import dataclass, field
from typing import Any, Mapping
from urllib.parse import urljoin, urlsplit

from ..deps import REQUESTS_IMPORT_ERROR, requests, urllib3
from ..errors import ConfigurationError, FalconError
from ..pace import asked_wait, jitter
from ..proxies import Proxies
from ..redact import Secrets, shown_url
from ..regions import is_host, is_loopback
from ..transport import new_session, verification
from ..version import VERSION

_MOST_REDIRECTS = 5
_CHUNK = 256 * 1024
_FIRST_WAIT = 0.5
_SHORTEST_SECRET = 4
#: Statuses that pass by themselves: too early, too often, or the server's own trouble.
_PASSING = frozenset((408, 425, 429, 500, 502, 503, 504))
_REDIRECTS = frozenset((301, 302, 303, 307, 308))


class DownloadFailed(FalconError):
    """A feed server gave no usable answer."""

    code = "download"


@dataclass(frozen=True)
class Page:
    """One answer. ``content`` is the body as it was sent, with its content encoding undone."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    url: str

    def json(self, purpose: str) -> Any:
        """The body as JSON. Raises DownloadFailed when it is something else."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            kind = "a web page" if self.content.lstrip()[:1] == b"<" else "something else"
            raise DownloadFailed(
                f"Could not {purpose}: {shown_url(self.url)} answered HTTP {self.status} with {kind} instead of JSON",
                hint="Check url, and kind.",
            ) from None


@dataclass(frozen=True)
class Access:
    """How to reach a feed server: the options of the module by the same names. Sizes are bytes, times seconds."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    username: str = ""
    password: str = field(default="", repr=False)
    authorization: str = field(default="", repr=False)
    proxy: str = field(default="", repr=False)
    validate_certs: bool = True
    ca_path: str = ""
    timeout: float = 30.0
    retries: int = 5
    max_wait: float = 60.0
    max_size: int = 256 * 1024 * 1024
    user_agent: str = ""


class _Trouble(Exception):
    """One try that came to nothing, and may be tried again. ``wait``: seconds that the server asks to wait."""

    def __init__(self, what: str, status: int | None = None, wait: float | None = None) -> None:
        super().__init__(what)
        self.status = status
        self.wait = wait


class Web:
    """Sends requests that only read, as often as needed and allowed."""

    def __init__(self, access: Access) -> None:
        if REQUESTS_IMPORT_ERROR is not None:
            raise ConfigurationError("The Python library requests is not installed where this task runs")
        self._access = access
        self._secrets = Secrets()
        for secret in (access.password, access.authorization, *access.headers.values()):
            if len(str(secret)) >= _SHORTEST_SECRET:  # "1" is no secret, and stands in many messages
                self._secrets.add(str(secret))
        self._proxies = Proxies(access.proxy, self._secrets.add_url)
        self._verify = verification(access.validate_certs, os.path.expanduser(access.ca_path))
        self._session = new_session(1)
        self._private = self._credentials()
        self._received = 0

    def _credentials(self) -> dict[str, str]:
        """Headers that are sent to the server of the user's URL and to nobody else."""
        headers = {str(name): str(text) for name, text in self._access.headers.items()}
        if self._access.username or self._access.password:
            pair = f"{self._access.username}:{self._access.password}".encode()
            headers["Authorization"] = "Basic " + base64.b64encode(pair).decode("ascii")
            self._secrets.add(headers["Authorization"])
        elif self._access.authorization:
            headers["Authorization"] = self._access.authorization
        return headers

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def read(
        self, purpose: str, url: str, headers: Mapping[str, str] | None = None, body: Any = None
    ) -> Page:
        """Ask with GET, or with POST where there is a body to send as JSON, and return the answer, whatever its status.

        Only statuses that pass by themselves are asked again. Raises ConfigurationError for a URL, proxy or certificate
        file that cannot be used, and DownloadFailed where no whole answer came in all the tries.
        """
        check_url(url)
        started, tries = time.monotonic(), 0
        while True:
            try:
                return self._follow(url, headers or {}, body)
            except _Trouble as trouble:
                tries += 1
                wait = (
                    trouble.wait
                    if trouble.wait is not None
                    else _FIRST_WAIT * 2 ** min(tries - 1, 10) * jitter(0.7, 1.3)
                )
                wait = min(wait, self._access.max_wait)
                if tries > self._access.retries:
                    seconds = time.monotonic() - started
                    raise DownloadFailed(
                        f"Could not {purpose}: {trouble}, in {tries} tries over {seconds:.0f} s ({shown_url(url)})",
                        status=trouble.status,
                    ) from None
                time.sleep(wait)

    def _follow(self, url: str, headers: Mapping[str, str], body: Any) -> Page:
        home = _origin(url)
        for _step in range(_MOST_REDIRECTS + 1):
            private = self._private if _origin(url) == home else {}
            page = self._send(url, {**headers, **private}, body)
            if page.status not in _REDIRECTS:
                return page
            target = page.headers.get("Location", "")
            try:
                url = urljoin(url, target)
                check_url(url)
            except (ConfigurationError, ValueError):
                raise DownloadFailed(
                    f"{shown_url(page.url)} redirects to {self._secrets.hide(target)!r}, which is no https address",
                    status=page.status,
                ) from None
        raise DownloadFailed(f"{shown_url(url)} redirects in a circle")

    def _send(self, url: str, headers: Mapping[str, str], body: Any) -> Page:
        data = None if body is None else json.dumps(body).encode()
        agent = f"{self._access.user_agent} threatops-falcon/{VERSION}".strip()
        sent = {"User-Agent": agent, **({"Content-Type": "application/json"} if data else {}), **headers}
        proxies = self._proxies.route(url)
        try:
            with self._session.request(
                "GET" if data is None else "POST",
                url,
                data=data,
                headers=sent,
                proxies=proxies,
                verify=self._verify,
                timeout=self._access.timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                status, found = response.status_code, response.headers
                if status in _PASSING:
                    raise _Trouble(
                        f"the server answered HTTP {status}", status, asked_wait(found, time.time())
                    )
                content = self._content(response)
        except (
            requests.exceptions.RequestException,
            urllib3.exceptions.HTTPError,
            ValueError,
            OSError,
        ) as error:
            raise self._lost(error) from None
        return Page(status, found, content, url)

    def _content(self, response: Any) -> bytes:
        deadline = time.monotonic() + max(300.0, 10 * self._access.timeout)
        parts, size, most = [], 0, self._access.max_size
        for part in response.iter_content(_CHUNK):
            size += len(part)
            if self._received + size > most:
                raise DownloadFailed(
                    f"{shown_url(response.url)} sends more than {most} bytes",
                    hint="Raise max_size if that is right.",
                )
            if time.monotonic() > deadline:
                raise _Trouble("the answer does not come to an end")
            parts.append(part)
        announced = response.headers.get("Content-Length", "")
        # Older urllib3 does not notice that a connection ended early.
        if announced.isdigit() and not response.headers.get("Content-Encoding") and int(announced) != size:
            raise _Trouble(f"the answer has {size} of the {announced} bytes that it announced")
        self._received += size
        return b"".join(parts)

    def _lost(self, error: Exception) -> Exception:
        text = self._secrets.hide(error)
        known = requests.exceptions
        if isinstance(error, known.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
            return ConfigurationError(
                f"The server's certificate is not trusted: {text}",
                hint="Set ca_path to the authority that signed it.",
            )
        if isinstance(
            error, (known.InvalidURL, known.InvalidSchema, known.MissingSchema, known.InvalidHeader)
        ):
            return ConfigurationError(
                f"The request cannot be sent: {text}", hint="Check url, headers and proxy."
            )
        if isinstance(error, known.Timeout):
            return _Trouble(f"no answer within {self._access.timeout:g} seconds")
        return _Trouble(f"the connection broke: {text}")


def check_url(url: str) -> None:
    """Raise ConfigurationError unless a URL is https, or plain http to this machine, and has a host and no password."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise ConfigurationError(f"url: {shown_url(url)!r} is not a valid URL") from None
    if parts.scheme not in ("https", "http") or not is_host(f"[{host}]" if ":" in host else host):
        raise ConfigurationError(f"url: {shown_url(url)!r} must begin with https:// and name a host")
    if "@" in parts.netloc:
        raise ConfigurationError("url: credentials do not belong in a URL", hint="Use username and password.")
    if parts.scheme == "http" and not is_loopback(host):
        raise ConfigurationError(
            f"url: plain http is allowed to this machine only, not to {host}", hint="Use https."
        )


def refuse(purpose: str, page: Page) -> DownloadFailed:
    """The error for an answer that is a refusal, with what usually helps."""
    hints = {
        401: "Check username and password, api_key or headers.",
        403: "Check username and password, api_key or headers, and what they may read.",
        404: "Check url and collection.",
        406: "The server does not speak this protocol at this address; check url and kind.",
    }
    message = f"Could not {purpose}: {shown_url(page.url)} answered HTTP {page.status}"
    return DownloadFailed(message, status=page.status, hint=hints.get(page.status, ""))


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)

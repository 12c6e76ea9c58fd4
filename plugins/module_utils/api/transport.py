# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP request: a session, proxies, certificates, one answer or what became of it.

Whether an answer is good, and whether to try again, is decided in ``retry``.
"""

from __future__ import annotations

import http.client
import os
import re
import threading
import time
import warnings
from dataclasses import dataclass
from typing import Any, Callable, Mapping

from .counters import Counters
from .deps import REQUESTS_IMPORT_ERROR, requests, urllib3
from .envelope import Reply, parse
from .errors import ConfigurationError
from .proxies import Proxies
from .redact import Secrets

#: Longest answer to read. A page of 2,000 indicators is about 2 MB.
LARGEST_ANSWER = 64 * 1024 * 1024
_CHUNK = 256 * 1024


def new_session(concurrency: int) -> Any:
    """A ``requests.Session`` that keeps this many connections to a host and never follows a redirect."""
    session = requests.Session()
    # Proxies reads the environment itself: requests would also take passwords from ~/.netrc, and let
    # REQUESTS_CA_BUNDLE win over what the user has set here.
    session.trust_env = False
    # Even with allow_redirects=False requests parses Location, and raises ValueError for a malformed one.
    session.get_redirect_target = _no_redirect  # type: ignore[method-assign]
    adapter = requests.adapters.HTTPAdapter(pool_connections=4, pool_maxsize=max(1, concurrency))
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _no_redirect(resp: Any) -> str | None:  # noqa: ARG001  # named as requests names it
    return None


@dataclass(eq=False)
class Trouble(Exception):
    """One try that came to nothing. ``sent``: the request may have been carried out.

    ``wait``: seconds that the answer asks to wait; 0: it names a time that has passed.
    """

    what: str
    sent: bool = True
    status: int | None = None
    wait: float | None = None
    page: bool = False
    kind: str = "connection"
    api_code: int | None = None
    trace_id: str = ""
    region: str = ""


class Transport:
    """A session and the rules for its use. Thread-safe.

    ``timeout`` is the longest silence of the other side, in seconds. A ``session`` that is given has connections that
    others use too, and is not closed here.
    """

    def __init__(
        self,
        *,
        proxy: str | None,
        validate_certs: bool,
        ca_path: str | None,
        timeout: float,
        concurrency: int,
        secrets: Secrets,
        session: Any = None,
    ) -> None:
        if REQUESTS_IMPORT_ERROR is not None:
            raise ConfigurationError("The Python library requests is not installed where this task runs")
        self.counters = Counters()
        #: Told method, URL and reply of every answer that could be read, refusals included.
        self.watch: Callable[[str, str, Reply], None] | None = None
        self._timeout = timeout
        self._secrets = secrets
        self._lock = threading.Lock()
        self._proxies = Proxies(proxy, secrets.add_url)
        self._verify = verification(validate_certs, ca_path)
        self._shared = session is not None
        self._session = session if session is not None else new_session(concurrency)

    def send(self, kind: str, method: str, url: str, headers: Mapping[str, str], data: bytes | None) -> Reply:
        """Send a request once and read the whole answer.

        ``kind`` is ``token``, ``read`` or ``write``; what a token's answer holds is not searched for secrets. Raises
        Trouble for no answer, or one that cannot be read, ConfigurationError for a request that cannot be sent.
        """
        proxies = self._proxies.route(url)
        with self._lock:
            setattr(self.counters, kind, getattr(self.counters, kind) + 1)
        try:
            with self._session.request(
                method,
                url,
                data=data,
                headers=dict(headers),
                proxies=proxies,
                verify=self._verify,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                status, found = response.status_code, response.headers
                raw = self._read(response)
        # requests lets a few errors of the standard library through; each has a test.
        except (
            requests.exceptions.RequestException,
            urllib3.exceptions.HTTPError,
            ValueError,
            OSError,
        ) as error:
            raise self._lost(error) from None
        reply = self._parsed(status, found, raw, kind)
        if self.watch is not None:
            self.watch(method, url, reply)
        return reply

    def _parsed(self, status: int, headers: Mapping[str, str], raw: bytes, kind: str) -> Reply:
        if kind == "token":
            return parse(status, headers, raw)
        reply = parse(status, headers, self._secrets.scrub(raw))
        if reply.body is not None and b"\\" in raw:
            reply.body = self._secrets.scrub_value(reply.body)
        return reply

    @property
    def longest_body(self) -> float:
        """Seconds that the body of an answer may take, however steadily it comes."""
        return max(60.0, 10 * self._timeout)

    def _read(self, response: Any) -> bytes:
        deadline = time.monotonic() + self.longest_body
        chunks, size = [], 0
        # Reads what has arrived (urllib3 2), so that an answer that trickles in meets the deadline.
        read1 = getattr(response.raw, "read1", None)
        parts = (
            iter(lambda: read1(_CHUNK, decode_content=True), b"") if read1 else response.iter_content(_CHUNK)
        )
        for chunk in parts:
            size += len(chunk)
            if size > LARGEST_ANSWER:
                raise Trouble(f"Falcon's answer is longer than {LARGEST_ANSWER >> 20} MiB", kind="answer")
            if time.monotonic() > deadline:
                raise Trouble("Falcon's answer does not come to an end", kind="timeout")
            chunks.append(chunk)
        return b"".join(chunks)

    def _lost(self, error: Exception) -> Exception:
        """What a failed exchange means: whether the request can have arrived, and whether to try again."""
        name = requests.exceptions
        cause = getattr(error.args[0], "reason", error.args[0]) if error.args else error
        text = self._secrets.hide(_reason(error if isinstance(cause, str) else cause))
        if isinstance(error, name.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
            return ConfigurationError(
                f"The server's certificate is not trusted: {text}",
                reason="certificate",
                hint="Set ca_path to the authority that signed it (a proxy's, for instance).",
            )
        unusable = (name.InvalidURL, name.InvalidSchema, name.MissingSchema, name.InvalidHeader)
        if isinstance(error, unusable):
            return ConfigurationError(
                f"The request cannot be sent: {text}", hint="Check base_url, proxy and the proxy variables."
            )
        if isinstance(error, name.ConnectTimeout):
            return Trouble(f"no connection within {self._timeout:g} seconds", False, kind="timeout")
        if isinstance(error, name.Timeout) or "timed out" in str(error).lower():
            return Trouble(f"no answer within {self._timeout:g} seconds", kind="timeout")
        if isinstance(error, name.ProxyError):
            return Trouble(f"the proxy refused the connection: {text}", False)
        if isinstance(cause, urllib3.exceptions.NewConnectionError):
            reason = re.sub(r"^.*?: (?=Failed|\[)", "", text)
            return Trouble(f"no connection: {reason}", False)
        return Trouble(f"the connection broke: {text}")

    def close(self) -> None:
        """Close the connections."""
        if not self._shared:
            self._session.close()


def verification(validate_certs: bool, ca_path: str | None) -> bool | str:
    if not validate_certs:
        warnings.filterwarnings("ignore", message="Unverified HTTPS request")
        return False
    if ca_path:
        path = os.path.expanduser(ca_path)
        if "\0" in path or not os.path.exists(path):
            raise ConfigurationError(f"ca_path: there is no file or folder {path!r}")
        return path
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True


def _reason(cause: object) -> object:
    """What the innermost of nested exceptions says: ``('Connection aborted.', ConnectionResetError(104, ...))``."""
    while isinstance(cause, Exception) and cause.args and isinstance(cause.args[-1], Exception):
        cause = cause.args[-1]
    if isinstance(cause, http.client.IncompleteRead):
        return "the answer ended too early"
    return getattr(cause, "strerror", None) or cause

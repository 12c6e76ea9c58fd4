# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTTP session, what is sent through it, and how often it is tried."""

from __future__ import annotations

import http.client
import ipaddress
import json
import os
import re
import threading
import time
import warnings
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional, Union
from urllib.parse import urlsplit

from .deps import REQUESTS_IMPORT_ERROR, requests, urllib3
from .errors import AmbiguousWrite, AuthenticationError, ConfigurationError, Unavailable, clean
from .pace import Pace, asked_wait, jitter

#: Longest answer to read. A page of 2,000 indicators is about 2 MB.
LARGEST_ANSWER = 64 * 1024 * 1024
# A request with all of its tries and waits takes no longer than the greater of this and five times max_wait.
_BUDGET = 300.0
_CHUNK = 256 * 1024
#: Seconds to wait after the first failure where Falcon does not say; doubled after each further one.
FIRST_WAIT = 0.5


def is_loopback(host: str) -> bool:
    """Whether a host name can only be this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def new_session(concurrency: int) -> Any:
    """A C{requests.Session} that keeps so many connections to a host."""
    session = requests.Session()
    # Transport reads the environment itself: requests would also take passwords from ~/.netrc, and let
    # REQUESTS_CA_BUNDLE win over what the user has set here.
    session.trust_env = False
    adapter = requests.adapters.HTTPAdapter(pool_connections=4, pool_maxsize=max(1, concurrency))
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


@dataclass
class Counters:
    """What a run has cost: requests sent by kind, further tries among them, seconds waited."""

    token: int = 0
    read: int = 0
    write: int = 0
    retried: int = 0
    waited_seconds: float = 0.0

    def dict(self) -> Dict[str, Any]:
        """As it is returned to users."""
        return {**vars(self), "waited_seconds": round(self.waited_seconds, 1)}


@dataclass
class Reply:
    """One HTTP answer. C{body} is its JSON object, C{None} when it has none; C{page} tells HTML from the rest."""

    status: int
    headers: Mapping[str, str]
    body: Optional[Dict[str, Any]] = None
    page: bool = False


@dataclass(eq=False)
class Trouble(Exception):
    """One try that came to nothing. C{sent}: the request may have been carried out."""

    what: str
    sent: bool = True
    status: Optional[int] = None
    wait: Optional[float] = None
    page: bool = False
    kind: str = "connection"


@dataclass
class Transport:
    """A session and the rules for its use. Thread-safe.

    @param retries: Further tries after the first.
    @param max_wait: Longest single wait, seconds.
    @param timeout: Longest silence of the other side, seconds.
    @param session: A L{new_session} whose connections others use too; it is not closed here.
    """

    proxy: Optional[str]
    validate_certs: bool
    ca_path: Optional[str]
    timeout: float
    retries: int
    max_wait: float
    concurrency: int
    user_agent: str = ""
    session: Optional[Any] = None
    counters: Counters = field(default_factory=Counters)
    warnings: List[str] = field(default_factory=list)
    on_wait: Callable[[float], None] = lambda _until: None
    hide: Callable[[object], str] = clean
    scrub: Callable[[bytes], bytes] = bytes

    def __post_init__(self) -> None:
        if REQUESTS_IMPORT_ERROR is not None:
            raise ConfigurationError("The Python library requests is not installed where this task runs")
        self._lock = threading.Lock()
        self._said: Dict[str, int] = {}
        self._proxies: Dict[str, Dict[str, str]] = {}
        self.closed = threading.Event()
        self.pace = Pace(self.concurrency, self.sleep, self._count_wait)
        self._verify = self._verification()
        self._session = self.session or new_session(self.concurrency)

    def _verification(self) -> Union[bool, str]:
        if not self.validate_certs:
            warnings.filterwarnings("ignore", message="Unverified HTTPS request")
            return False
        if self.ca_path:
            path = os.path.expanduser(self.ca_path)
            if not os.path.exists(path):
                raise ConfigurationError(f"ca_path: there is no {path}")
            return path
        return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True

    def _route(self, url: str) -> Dict[str, str]:
        """The proxies for a URL. What is not encrypted never leaves this machine, by a proxy neither."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._proxies:
            found = dict(requests.utils.get_environ_proxies(url, no_proxy=None))
            if self.proxy:
                found = {"http": self.proxy, "https": self.proxy}
            chosen = found.get(parts.scheme) or found.get("all")
            if chosen and parts.scheme == "http" and not is_loopback(_host(chosen)):
                if self.proxy:
                    raise ConfigurationError(
                        "proxy: plain http may only go through a proxy on this machine",
                        hint="Use a base_url with https.",
                    )
                found = {}
            self._proxies[origin] = found
        return self._proxies[origin]

    def send(
        self, kind: str, method: str, url: str, headers: Mapping[str, str], data: Optional[bytes]
    ) -> Reply:
        """Send a request once, when it is its turn, and read the whole answer.

        @raise Trouble: No answer, one that cannot be read, or one that asks to come again.
        """
        self.pace.take_turn()
        if self.closed.is_set():
            raise _stopped()
        with self._lock:
            setattr(self.counters, kind, getattr(self.counters, kind) + 1)
        try:
            with self._session.request(
                method,
                url,
                data=data,
                headers=dict(headers),
                proxies=self._route(url),
                verify=self._verify,
                timeout=self.timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                reply = Reply(response.status_code, response.headers)
                raw = self._read(response)
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
            raise self._lost(error) from None
        if kind != "token":
            raw = self.scrub(raw)
        self._interpret(reply, raw, kind)
        return reply

    @property
    def longest_body(self) -> float:
        """Seconds that the body of an answer may take, however steadily it comes."""
        return max(60.0, 10 * self.timeout)

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

    def _interpret(self, reply: Reply, raw: bytes, kind: str) -> None:
        """Parse an answer, and raise when it is one to come again for."""
        reply.page = raw[:64].lstrip().startswith(b"<") or "html" in reply.headers.get("Content-Type", "")
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError):
            body = None
        if isinstance(body, dict):
            reply.body, reply.page = body, False
        status = reply.status
        if status == 429 or _hidden_code(reply) == 429:
            wait = asked_wait(reply.headers, time.time())
            raise Trouble("Falcon's rate limit is used up (HTTP 429)", False, 429, wait, kind="rate")
        # Tokens and refused tokens have limits of their own, which say nothing about that of the requests.
        if kind != "token" and status != 401:
            self.pace.observe(reply.headers)
        if status >= 500 or status == 408 or _hidden_code(reply) >= 500:
            said = f': "{self.hide(_message(reply.body))}"' if _message(reply.body) else ""
            what = (
                f"Falcon answered HTTP {status}{' with a page instead of JSON' if reply.page else ''}{said}"
            )
            raise Trouble(
                what, True, status, asked_wait(reply.headers, time.time()), reply.page, kind="server"
            )
        if status < 300 and reply.body is None:
            what = "a page" if reply.page else "something else"
            raise Trouble(
                f"Falcon answered HTTP {status} with {what} instead of JSON",
                status=status,
                page=reply.page,
                kind="answer",
            )

    def _lost(self, error: Exception) -> Exception:
        """What a failed exchange means: whether the request can have arrived, and whether to try again."""
        name = requests.exceptions
        cause = getattr(error.args[0], "reason", error.args[0]) if error.args else error
        text = self.hide(_reason(error if isinstance(cause, str) else cause))
        if isinstance(error, name.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
            return ConfigurationError(
                f"The server's certificate is not trusted: {text}",
                hint="Set ca_path to the authority that signed it (a proxy's, for instance).",
            )
        if isinstance(error, (name.InvalidURL, name.InvalidSchema, name.MissingSchema, name.InvalidHeader)):
            return ConfigurationError(f"The request cannot be sent: {text}")
        if isinstance(error, name.ConnectTimeout):
            return Trouble(f"no connection within {self.timeout:g} seconds", False, kind="timeout")
        if isinstance(error, name.Timeout) or "timed out" in str(error).lower():
            return Trouble(f"no answer within {self.timeout:g} seconds", kind="timeout")
        if isinstance(error, name.ProxyError):
            return Trouble(f"the proxy does not let us through: {text}", False)
        if isinstance(cause, urllib3.exceptions.NewConnectionError):
            reason = re.sub(r"^.*?: (?=Failed|\[)", "", text)
            return Trouble(f"no connection: {reason}", False)
        return Trouble(f"the connection broke: {text}")

    def exchange(
        self,
        attempt: Callable[[], Reply],
        purpose: str,
        write: bool = False,
        size_may_be_refused: bool = False,
    ) -> Reply:
        """Make attempts until one gives an answer to act upon.

        @param purpose: What is attempted, for messages: C{"list indicators"}.
        @param write: Do not repeat what may have been carried out.
        @param size_may_be_refused: An HTML page, and HTTP 500 twice, are answers too: with these, gateways refuse
            what is too large.
        @raise AmbiguousWrite: A write of which the answer was lost.
        @raise Unavailable: Every try failed.
        """
        started = time.monotonic()
        tries = 0
        while True:
            try:
                return attempt()
            except Trouble as trouble:
                tries += 1
                if write and trouble.sent:
                    lost = AmbiguousWrite(f"Could not {purpose}: {trouble.what}", status=trouble.status)
                    lost.wait, lost.page = trouble.wait, trouble.page
                    raise lost from None
                passing = trouble.status in (502, 503, 504) and tries == 1
                refusal = (trouble.page and not passing) or (trouble.status == 500 and tries > 1)
                if size_may_be_refused and refusal:
                    return Reply(trouble.status or 0, {}, None, page=trouble.page)
                wait = self.delay(tries, trouble.wait)
                late = time.monotonic() - started + wait > max(_BUDGET, 5 * self.max_wait)
                if tries > self.retries or late:
                    raise self._gave_up(purpose, trouble, tries, time.monotonic() - started) from None
                self.say_retry(trouble, wait)
                if trouble.kind == "rate":
                    self.on_wait(time.time() + wait)
                    self.pace.refused(wait)
                    with self._lock:
                        self.counters.retried += 1
                else:
                    self.back_off(wait)

    def delay(self, tries: int, asked: Optional[float] = None) -> float:
        """Seconds to wait after so many failed tries: what Falcon asks for, else 0.5, 1, 2 ... with jitter."""
        wait = asked if asked is not None else FIRST_WAIT * 2 ** min(tries - 1, 16) * jitter(0.7, 1.3)
        return min(wait, self.max_wait)

    def _count_wait(self, seconds: float) -> None:
        with self._lock:
            self.counters.waited_seconds += seconds

    def back_off(self, seconds: float) -> None:
        """Wait before a further try, and count both."""
        with self._lock:
            self.counters.retried += 1
        self._count_wait(seconds)
        self.on_wait(time.time() + seconds)
        self.sleep(seconds)

    def sleep(self, seconds: float) -> None:
        """Wait, unless the client is closed meanwhile.

        @raise Unavailable: It was.
        """
        if self.closed.wait(seconds):
            raise _stopped()

    def close(self) -> None:
        """End all waiting and close the connections."""
        self.closed.set()
        if self.session is None:
            self._session.close()

    def say(self, kind: str, text: str) -> None:
        """Add a warning, once for each kind."""
        with self._lock:
            if kind not in self._said:
                self._said[kind] = 1
                self.warnings.append(text)

    def say_retry(self, trouble: Trouble, wait: float) -> None:
        """Tell once what kinds of trouble were met and overcome."""
        if trouble.kind == "rate":
            self.say(
                "rate", f"Falcon asked to wait: its rate limit was used up. The first wait took {wait:.1f} s."
            )
        else:
            self.say(trouble.kind, f"A request had to be repeated: {trouble.what}.")

    def _gave_up(self, purpose: str, trouble: Trouble, tries: int, seconds: float) -> Unavailable:
        many = f", in {tries} tries over {seconds:.0f} s" if tries > 1 else ""
        hint = (
            "Run again later; what was done is found then. The options retries and max_wait allow for more."
        )
        if trouble.kind == "connection":
            hint = "Check base_url, cloud and proxy, and whether this machine reaches them."
        elif trouble.kind == "timeout":
            hint = "The option timeout allows for a slower answer."
        return Unavailable(f"Could not {purpose}: {trouble.what}{many}", status=trouble.status, hint=hint)


def _stopped() -> Unavailable:
    return Unavailable("The run was stopped while waiting for Falcon")


def refused_credentials(message: str, **facts: Any) -> AuthenticationError:
    """The error for credentials that Falcon does not take."""
    return AuthenticationError(
        message,
        hint="Check client_id, client_secret, member_cid, cloud (or base_url), and the account's IP allow-list.",
        **facts,
    )


def _reason(cause: object) -> object:
    """What the innermost of nested exceptions says: C{('Connection aborted.', ConnectionResetError(104, ...))}."""
    while isinstance(cause, Exception) and cause.args and isinstance(cause.args[-1], Exception):
        cause = cause.args[-1]
    if isinstance(cause, http.client.IncompleteRead):
        return "the answer ended too early"
    return getattr(cause, "strerror", None) or cause


def _host(url: str) -> str:
    return urlsplit(url if "://" in url else f"//{url}").hostname or ""


def first_error(body: Optional[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The first of an envelope's C{errors}, empty when there is none."""
    errors = body.get("errors") if body else None
    found = errors[0] if isinstance(errors, list) and errors else {}
    return found if isinstance(found, dict) else {"message": found}


def _message(body: Optional[Mapping[str, Any]]) -> object:
    return first_error(body).get("message")


def _hidden_code(reply: Reply) -> int:
    """The code of an error inside an answer that claims success and brings nothing, 0 otherwise."""
    if reply.status >= 300 or not reply.body or reply.body.get("resources"):
        return 0
    code = first_error(reply.body).get("code")
    return code if isinstance(code, int) else 0

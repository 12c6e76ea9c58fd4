# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which proxy a request goes through."""

from __future__ import annotations

import re
from typing import Callable
from urllib.parse import quote, unquote, urlsplit

from .deps import requests
from .errors import ConfigurationError
from .redact import split_userinfo
from .regions import is_host, is_loopback

_SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
_PLACE = re.compile(r"([^:\[\]/?#]+|\[[^\[\]]*\])(:\d{1,5})?/?")


def plain_proxy(text: str, name: str = "proxy") -> str:
    """The URL of a proxy in a form that every library reads the same way, its credentials encoded.

    ``name`` is the option or variable that holds it. Raises ConfigurationError, which does not repeat the URL.
    """
    scheme, userinfo, rest = split_userinfo(text.strip())
    scheme = scheme.lower()[:-3] or "http"
    place = _PLACE.fullmatch(rest)
    if scheme not in _SCHEMES or place is None or not is_host(place[1]):
        raise ConfigurationError(
            f"{name} must be [http://][USER:PASSWORD@]HOST[:PORT]",
            hint=f"The scheme may be one of {', '.join(_SCHEMES)}.",
        )
    if int((place[2] or ":1")[1:]) not in range(1, 65536):
        raise ConfigurationError(f"{name}: the port must be between 1 and 65535")
    if not userinfo:
        return f"{scheme}://{place[1]}{place[2] or ''}"
    user, colon, password = userinfo.partition(":")
    try:
        unquote(userinfo).encode("latin-1")
    except UnicodeEncodeError:
        raise ConfigurationError(
            f"{name}: user name and password may only have characters of ISO 8859-1"
        ) from None
    return f"{scheme}://{_encoded(user)}{colon}{_encoded(password)}@{place[1]}{place[2] or ''}"


def _encoded(text: str) -> str:
    """Percent-encoded; what is encoded already stays as it is."""
    return quote(re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text), safe="%", encoding="utf-8")


class Proxies:
    """The proxies by origin. ``given`` is the option of the user; without it the environment decides.

    ``note`` is told each URL of a proxy in use, whose credentials are secret.
    """

    def __init__(self, given: str | None, note: Callable[[str], None]) -> None:
        self._note = note
        if given:
            note(given)
        self._given = plain_proxy(given) if given else ""
        if self._given:
            note(self._given)
        self._known: dict[str, dict[str, str]] = {}

    def route(self, url: str) -> dict[str, str]:
        """The proxies for a URL, as requests takes them. Plain http never leaves this machine, not by a proxy either.

        Raises ConfigurationError for a proxy that cannot be used.
        """
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._known:
            self._known[origin] = self._choose(url, parts.scheme)
        return self._known[origin]

    def _choose(self, url: str, scheme: str) -> dict[str, str]:
        chosen = self._given or self._from_environment(url, scheme)
        if not chosen:
            return {}
        if scheme == "http" and not is_loopback(urlsplit(chosen).hostname or ""):
            if self._given:
                raise ConfigurationError(
                    "proxy: plain http may only go through a proxy on this machine",
                    hint="Use a base_url with https.",
                )
            return {}
        return {"http": chosen, "https": chosen}

    def _from_environment(self, url: str, scheme: str) -> str:
        try:
            found = dict(requests.utils.get_environ_proxies(url, no_proxy=None))
        except ValueError:
            raise ConfigurationError(
                "The environment variable NO_PROXY cannot be read", hint="List hosts, separated by commas."
            ) from None
        for name in (scheme, "all"):
            if found.get(name):
                self._note(found[name])
                plain = plain_proxy(found[name], f"The environment variable {name.upper()}_PROXY")
                self._note(plain)
                return plain
        return ""

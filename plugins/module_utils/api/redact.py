# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep secrets, control characters and endless text out of what people read."""

from __future__ import annotations

import re
from typing import Any, Iterable
from urllib.parse import quote, quote_plus, unquote

#: What takes the place of a secret.
MASK = "********"
#: How much of a tenant's own text a message carries.
LONGEST_TEXT = 300
#: Shorter secrets could be part of honest data, where they are left alone. Falcon's have 40 characters,
#: tokens hundreds.
SHORTEST_IN_DATA = 16
# A shorter password of a proxy is not looked for by itself in messages: it could be an ordinary word.
_SHORTEST_PASSWORD = 8

_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_USERINFO = re.compile(r"(?<=://)[^\s\"'<>]*@")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def clean(text: object, secrets: Iterable[str] = (), longest: int = LONGEST_TEXT) -> str:
    """Text of a tenant made fit for a message: one bounded line, no control characters, no secret."""
    # Bounded before it is searched: a tenant may send a gigabyte. A secret that this cuts lies far behind the end.
    line = str(text)[: longest + 4000]
    line = _USERINFO.sub(f"{MASK}@", _ANSI.sub("", mask(line, secrets)))
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in line).split())
    return line if len(line) <= longest else line[:longest] + "..."


def mask(text: str, secrets: Iterable[str]) -> str:
    """Text without any of the secrets, as they are or as a URL holds them."""
    for secret in secrets:
        if secret:
            for form in (secret, quote(secret, safe=""), quote_plus(secret)):
                text = text.replace(form, MASK)
    return text


def split_userinfo(url: str) -> tuple[str, str, str]:
    """The scheme with its ``://`` (may be empty), all that stands before the last ``@``, and the rest.

    Passwords are often not encoded, so ``/``, ``#`` and ``?`` do not end them here.
    """
    found = _SCHEME.match(url)
    scheme = found[0] if found else ""
    userinfo, _at, rest = url[len(scheme) :].rpartition("@")
    return scheme, userinfo, rest


def shown_url(url: str) -> str:
    """A URL that can be shown: without user name, password or token."""
    scheme, userinfo, rest = split_userinfo(url)
    return f"{scheme}{MASK}@{rest}" if userinfo else url


def url_secrets(url: str) -> list[str]:
    """What must not be shown of a URL, in each spelling in which a library may repeat it."""
    _scheme, userinfo, _rest = split_userinfo(url)
    password = userinfo.partition(":")[2] or userinfo
    texts = [userinfo] + ([password] if len(password) >= _SHORTEST_PASSWORD else [])
    return [text for text in dict.fromkeys([*texts, *map(unquote, texts)]) if text]


class Secrets:
    """What this client must never show.

    Messages are searched for all of it. Data that a tenant returns is searched for secrets of Falcon's length only:
    whatever is shorter could be part of an honest value, and a changed value would be taken for drift.
    """

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._in_data: list[str] = []

    def add(self, secret: str) -> None:
        """A client secret or a token."""
        if secret and secret not in self._texts:
            self._texts.append(secret)
            if len(secret) >= SHORTEST_IN_DATA:
                self._in_data.append(secret)

    def add_url(self, url: str) -> None:
        """A URL whose user name, password or token is secret; looked for in messages only."""
        self._texts.extend(text for text in url_secrets(url) if text not in self._texts)

    def hide(self, text: object) -> str:
        """A text fit for a message, see :func:`clean`."""
        return clean(text, self._texts)

    def scrub(self, raw: bytes) -> bytes:
        """An answer in which no secret is echoed: what it holds goes into results, diffs and reports."""
        for secret in self._in_data:
            raw = raw.replace(secret.encode(), MASK.encode())
        return raw

    def scrub_value(self, value: Any) -> Any:
        """The same for a JSON value, whose strings may have been written with escapes."""
        if isinstance(value, str):
            for secret in self._in_data:
                value = value.replace(secret, MASK)
            return value
        if isinstance(value, list):
            return [self.scrub_value(element) for element in value]
        if isinstance(value, dict):
            return {self.scrub_value(name): self.scrub_value(element) for name, element in value.items()}
        return value

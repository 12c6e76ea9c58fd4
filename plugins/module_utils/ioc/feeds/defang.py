# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole texts, refanged and defanged: what the filters of the same names do."""

from __future__ import annotations

import ipaddress
import re

from ..values import ValueProblem, normalise
from .names import is_plausible_domain
from .refang import clean, mark, refang, unmark

_TOKEN = re.compile(r"\S+")
#: A word without the punctuation around it.
_WORD = re.compile(r"[^\s,;\"'<>()\[\]{}|`]+")
_URL = re.compile(
    r"(?P<scheme>https?|ftp)(?P<colon>://)(?P<host>[^/?#]+)(?P<rest>.*)\Z", re.IGNORECASE | re.DOTALL
)
_DEFANGED_SCHEMES = {"http": "hxxp", "https": "hxxps", "ftp": "fxp"}


def refang_text(text: str) -> str:
    """A text in which every defanged word is plain again. A text that is one value is read as a feed reads it."""
    if not _TOKEN.sub("", text.strip()):
        return refang(text)
    return _TOKEN.sub(lambda word: unmark(word[0]), mark(clean(text)))


def defang_text(text: str) -> str:
    """A text in which nobody can click a URL, a domain or an address. What is defanged already stays as it is."""
    return _WORD.sub(lambda word: _defanged(word[0]), text)


def _defanged(word: str) -> str:
    body = word.rstrip(".:!?")
    end = word[len(body) :]
    url = _URL.match(body)
    if url:
        scheme = _DEFANGED_SCHEMES[url["scheme"].lower()]
        return f"{scheme}{url['colon']}{_host(url['host'])}{url['rest']}{end}"
    if _is_address(body) or _is_domain(body):
        return _host(body) + end
    return word


def _host(host: str) -> str:
    return host.replace(":", "[:]") if _is_address(host) and ":" in host else host.replace(".", "[.]")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_domain(text: str) -> bool:
    name, _colon, port = text.partition(":")
    if port and not port.isdigit():
        return False
    try:
        return "." in name and is_plausible_domain(normalise("domain", name), name)
    except ValueProblem:
        return False

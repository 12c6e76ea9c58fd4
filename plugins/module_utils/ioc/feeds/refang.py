# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Undo what publishers do to indicators so that nobody clicks them: C{[.]}, C{hxxp}, invisible characters."""

from __future__ import annotations

import re

# Marks stand where a report had a defanged character, so that a reader can tell it from a plain one.
DOT = "\ue000"
COLON = "\ue001"
AT = "\ue002"

_INVISIBLE = [0xAD, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A)]
_SPACES = [0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000]
_DOTS = [0x3002, 0xFF0E, 0xFF61]
_TABLE = {
    **dict.fromkeys(_INVISIBLE),
    **dict.fromkeys(_SPACES, " "),
    **dict.fromkeys(_DOTS, "."),
    **dict.fromkeys((ord(DOT), ord(COLON), ord(AT)), "?"),  # nobody but us may write a mark
}

_OPEN, _CLOSE = r"\\?[\[({<]", r"\\?[\])}>]"  # Markdown may escape them
_MARKS = (
    (
        re.compile(rf" ?{_OPEN} ?(?:\.|dot) ?{_CLOSE} ?(?=\w)|\[\.(?=\w)|(?<=\w)\.\](?=\w)", re.IGNORECASE),
        DOT,
    ),
    (re.compile(rf"{_OPEN} ?:(//?)? ?{_CLOSE}"), COLON + r"\1"),
    (re.compile(rf" ?{_OPEN} ?(?:@|at) ?{_CLOSE} ?(?=\w)", re.IGNORECASE), AT),
    (re.compile(r"\[/\]"), "/"),
    (re.compile(r"(?<!\w)h\[(?:tt|xx)\]p", re.IGNORECASE), "hxxp"),
)
_BRACKET = re.compile(r"[\[({<]|\.\]")
_SCHEME = re.compile(r"(?:h(?:[x*_]{2}|tx|xt)p|meow)(s?)(?=\W|_)", re.IGNORECASE)
_FILE_SCHEME = re.compile(r"fxp(s?)(?=\W)", re.IGNORECASE)


def clean(text: str) -> str:
    """Take out what cannot be seen (byte-order marks, zero-width characters), and make every space a plain one."""
    return text if text.isascii() else text.translate(_TABLE)


def mark(text: str) -> str:
    """Put L{DOT}, L{COLON} and L{AT} where a cleaned text is defanged by brackets."""
    if _BRACKET.search(text):
        for pattern, replacement in _MARKS:
            text = pattern.sub(replacement, text)
    return text


def unmark(text: str) -> str:
    """Write a marked text plainly, schemes included."""
    text = text.replace(DOT, ".").replace(COLON, ":").replace(AT, "@")
    if text[:1] in "hHmM":
        text = _SCHEME.sub(r"http\1", text, count=1) if _SCHEME.match(text) else text
    elif text[:1] in "fF" and _FILE_SCHEME.match(text):
        text = _FILE_SCHEME.sub(r"ftp\1", text, count=1)
    return text


def is_defanged(marked: str) -> bool:
    """Whether a token of a marked text was defanged."""
    return DOT in marked or COLON in marked or bool(_SCHEME.match(marked) or _FILE_SCHEME.match(marked))


def refang(text: str) -> str:
    """The plain form of one value as written in a feed."""
    return unmark(mark(clean(text).strip()))


_AUTHORITY = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?[/\\]{1,3}(.*)", re.DOTALL)
_HOST = re.compile(r"(?:[^/\\?#\s]*@)?(\[[^\]]*\]?|[^/\\?#\s\[\](){}<>,;|\"'`]*)")


def host_of(url: str) -> str:
    """The host of a URL, with or without scheme; a user, a port, the path and what follows are dropped.

    One slash is read as browsers read it (the URL standard of WHATWG). Empty where there is no host.
    """
    match = _AUTHORITY.match(url)
    host = _HOST.match(match.group(2) if match else url)
    return without_port(host.group(1)) if host else ""


def without_port(host: str) -> str:
    """A host or address without its port, and without the brackets of an IPv6 address."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    name, colon, port = host.rpartition(":")
    if colon and ":" not in name and (port.isdigit() or not port):
        return name
    return host

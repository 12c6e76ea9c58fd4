# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Undo what publishers do to indicators so that nobody clicks them: [.], hxxp, invisible characters.

Nothing here changes a value that is valid as it is written. Every pattern is linear in the length of its text.
"""

from __future__ import annotations

import re

# Marks stand where a report had a defanged character, so that a reader can tell it from a plain one.
DOT = "\ue000"
COLON = "\ue001"
AT = "\ue002"

_JOINERS = "\u200c\u200d"
_INVISIBLE = [0xAD, 0x180E, 0xFEFF, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x206A)]
_SPACES = [0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000]
_DOTS = [0x3002, 0xFF0E, 0xFF61]
_TABLE = {
    **dict.fromkeys(_INVISIBLE),
    **dict.fromkeys(_SPACES, " "),
    **dict.fromkeys(_DOTS, "."),
    **dict.fromkeys((ord(DOT), ord(COLON), ord(AT)), "?"),  # nobody but us may write a mark
}
# Between letters of other scripts a joiner is part of the name (RFC 5892, appendix A).
_STRAY_JOINER = re.compile(rf"(?<![^\x00-\x7f])[{_JOINERS}]|[{_JOINERS}](?![^\x00-\x7f])")

_OPEN, _CLOSE = r"\\?[\[({<]", r"\\?[\])}>]"  # Markdown may escape them
_MARKS = (
    (
        re.compile(
            rf" ?{_OPEN} ?(?:\.|dot) ?{_CLOSE} ?(?=\w)|\[\.(?=\w)|(?<=\w)\.\](?=\w)|\[,\](?=\w)",
            re.IGNORECASE,
        ),
        DOT,
    ),
    (re.compile(rf"{_OPEN} ?:(//?)? ?{_CLOSE}"), COLON + r"\1"),
    (re.compile(rf" ?{_OPEN} ?(?:@|at) ?{_CLOSE} ?(?=\w)", re.IGNORECASE), AT),
    (re.compile(r"\[/\]"), "/"),
    (re.compile(r"(?<!\w)h\[(?:tt|xx)\]p", re.IGNORECASE), "hxxp"),
)
_BRACKET = re.compile(r"[\[({<]|\.\]")
# The same word without a colon or slashes behind it is part of a name: meow.xyz, hxxps-login.top.
_SCHEME = re.compile(rf"(?:h(?:[x*_]{{2}}|tx|xt)p|meow)(s?)_?(?=:|{COLON}|[/\\]{{2}})", re.IGNORECASE)
_FILE_SCHEME = re.compile(rf"fxp(s?)(?=:|{COLON}|[/\\]{{2}})", re.IGNORECASE)
_LOST_COLON = re.compile(r"((?:http|ftp)s?)(?=[/\\]{2}\w)", re.IGNORECASE)
# A URL with nothing in it that RFC 3986 does not allow, and a host that is written plainly.
_PLAIN_URL = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*://(?:\[[0-9A-Fa-f:.]+\]|[^\s/?#\\\[\](){}<>]+)(?::\d*)?(?:[/?#][^\s\[\]{}<>\\]*)?\Z"
)
_SPREADSHEET = re.compile(r'="([^"]*)"\Z')


def clean(text: str) -> str:
    """Take out what cannot be seen (byte-order marks, zero-width characters), and make every space a plain one."""
    return text if text.isascii() else _STRAY_JOINER.sub("", text.translate(_TABLE))


def mark(text: str) -> str:
    """Put DOT, COLON and AT where a cleaned text is defanged by brackets."""
    if _BRACKET.search(text):
        for pattern, replacement in _MARKS:
            text = pattern.sub(replacement, text)
    return text


def unmark(text: str) -> str:
    """Write a marked text plainly, including its scheme."""
    text = text.replace(DOT, ".").replace(COLON, ":").replace(AT, "@")
    if text[:1] in "hHmM":
        text = _SCHEME.sub(r"http\1", text, count=1) if _SCHEME.match(text) else text
    elif text[:1] in "fF" and _FILE_SCHEME.match(text):
        text = _FILE_SCHEME.sub(r"ftp\1", text, count=1)
    lost = _LOST_COLON.match(text)
    return f"{lost.group()}:{text[lost.end() :]}" if lost else text


def is_defanged(marked: str) -> bool:
    """Whether a token of a marked text was defanged."""
    return DOT in marked or COLON in marked or has_defanged_scheme(marked)


def has_defanged_scheme(marked: str) -> bool:
    """Whether a text begins with a scheme that nobody can click: hxxp, meow, fxp, with its colon or slashes."""
    return bool(_SCHEME.match(marked) or _FILE_SCHEME.match(marked))


def refang(text: str) -> str:
    """The plain form of one value as written in a feed."""
    text = clean(text).strip()
    if text[:1] == "=":
        written = _SPREADSHEET.match(text)  # how a spreadsheet keeps digits from being counted as a number
        text = written.group(1).strip() if written else text
    if _PLAIN_URL.match(text) and not has_defanged_scheme(text):
        return text
    return unmark(mark(text))


_AUTHORITY = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?[/\\]{1,3} ?(.*)", re.DOTALL)
_HOST = re.compile(r"(?:[^/\\?#\s]*@)?(\[[^\]]*\]?|[^/\\?#\s\[\](){}<>,;|\"'`]*)")
_PORT = re.compile(r" ?[0-9]{1,5}\Z")


def host_of(url: str) -> str:
    """The host of a URL, with or without scheme; a user, a port, the path and what follows are dropped.

    One slash is read as browsers read it (the URL standard of WHATWG). Empty where there is no host.
    """
    match = _AUTHORITY.match(url)
    host = _HOST.match(match.group(2) if match else url)
    return without_port(host.group(1)) if host else ""


def without_port(host: str) -> str:
    """A host or address without its port (host:443, host|443), and without the brackets of an IPv6 address."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    name, pipe, port = host.rpartition("|")
    if pipe and "|" not in name and _PORT.match(port):
        return name.rstrip()
    name, colon, port = host.rpartition(":")
    if colon and ":" not in name and (port.isdigit() or not port):
        return name
    return host

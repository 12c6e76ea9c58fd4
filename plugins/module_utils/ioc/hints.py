# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What to write instead of a value that is not one of its type: hints for the mistakes that people make."""

from __future__ import annotations

import re

_DEFANGED = re.compile(r"\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)|\[:\]|\[://\]|^hxxp", re.IGNORECASE)
_DOT = re.compile(r"[\[({](?:\.|dot)[\])}]", re.IGNORECASE)
_URL = re.compile(r"[a-z][a-z0-9+.-]{1,20}:/{1,2}([^\s/?#]+)", re.IGNORECASE)
_IPV4 = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3})(.*)", re.ASCII)
_IPV6_PORT = re.compile(r"\[([0-9a-f:.]+)\]:\d+", re.IGNORECASE | re.ASCII)
_NETWORK = re.compile(r"[0-9a-f:.]+/\d{1,3}", re.IGNORECASE | re.ASCII)
_HEX = re.compile(r"[0-9a-f]+", re.IGNORECASE | re.ASCII)
_HASHES = {32: "md5", 40: "sha1", 64: "sha256"}
_NETWORK_TYPES = frozenset(("domain", "all_subdomains", "ipv4", "ipv6"))


def hint(kind: str, text: str) -> str:
    """What a user who gave a text for a type most likely wants, as the end of a message; or an empty text."""
    if len(text) > 2000:
        return ""
    if kind in _NETWORK_TYPES:
        return _network_hint(kind, text)
    found = _HASHES.get(len(text)) if _HEX.fullmatch(text) else None
    if found == "sha1":
        return "; it looks like a sha1, which Falcon does not take"
    return f"; it looks like a {found}, use type {found}" if found and found != kind else ""


def _network_hint(kind: str, text: str) -> str:
    if _DEFANGED.search(text):
        plain = _DOT.sub(".", text).replace("[:]", ":").replace("[://]", "://")
        return f"; it is defanged, write {_host(re.sub('^hxxp', 'http', plain, flags=re.IGNORECASE))}"
    if _NETWORK.fullmatch(text):
        return "; Falcon takes single addresses, not networks"
    if "/" in text:
        return f"; it is a URL, write its host: {_host(text)}"
    with_port = _IPV6_PORT.fullmatch(text)
    if with_port:
        return f"; leave the port out: {with_port[1]}"
    address = _IPV4.fullmatch(text)
    if address and address[2].startswith(":") and address[2][1:].isdigit():
        return f"; leave the port out: {address[1]}"
    if address and not address[2] and kind != "ipv4":
        return "; it looks like an address, use type ipv4"
    if text.count(":") > 1 and kind != "ipv6":
        return "; it looks like an address, use type ipv6"
    host, colon, port = text.partition(":")
    if colon and port.isdigit():
        return f"; leave the port out: {host}"
    if "@" in text:
        return "; it looks like an e-mail address, which Falcon does not take"
    return ""


def _host(text: str) -> str:
    """The host of a URL, or the text without a path where it has no scheme."""
    url = _URL.match(text)
    host = url[1] if url else re.split("[/?#]", text, maxsplit=1)[0]
    host = host.rpartition("@")[2]
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0] if host.count(":") == 1 else host

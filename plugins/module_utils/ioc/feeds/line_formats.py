# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Block lists as resolvers and browsers load them: hosts files, Adblock filters, dnsmasq options, RPZ zones.

Each reader takes one cleaned line and returns its values and faults; [] for what is only the list's own machinery (a
title, an SOA record), None for a line of another format.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Callable, Dict, List, Optional, Sequence

from ..values import recognise
from .model import Fault, words

Found = Optional[List[Any]]

# Where hosts files send what they block (hosts(5) has one address and its names a line).
_SINKHOLES = words("0.0.0.0 127.0.0.1 127.0.0.2 127.0.1.1 127.1 0 :: ::0 ::1")
_OWN_NAMES = words(
    "localhost localhost.localdomain localhost4 localhost6 localhost4.localdomain4 localhost6.localdomain6 local "
    "broadcasthost ip6-localhost ip6-loopback ip6-localnet ip6-mcastprefix ip6-allnodes ip6-allrouters ip6-allhosts "
    "0.0.0.0"
)
# Options of Adblock filters that widen a rule or say where in a page it counts; the domain is blocked all the same.
_HARMLESS = words(
    "all important document doc popup third-party 3p network subdocument frame script image media object "
    "xmlhttprequest xhr other ping websocket stylesheet css font empty"
)
_ADBLOCK = re.compile(r"(@@)?\|\|([^\^$/|\s]+)((?:[\^/|][^$\s]*)?)(?:\$(\S*))?\Z")
_DNSMASQ = re.compile(r"(address|server|local)=/([^\s]*)/([^/\s]*)\Z")
_TTL = re.compile(r"\d{1,10}[smhdwSMHDW]?\Z")
_BLOCKED = words(". *. rpz-drop. rpz-tcp-only.")
_MARKS_OF_A_ZONE = words("$ttl $origin")
_CLASS, _RECORDS = "IN", words("CNAME A AAAA TXT SOA NS MX DNAME PTR SRV")


def hosts(text: str) -> Found:
    """One line of a hosts file: the names given for a sinkhole address, never the address itself."""
    body = text.partition("#")[0].split()
    if len(body) < 2 or not _is_address(body[0].partition("%")[0]):
        return None
    names = [name.rstrip(".").lower() for name in body[1:]]
    if body[0] not in _SINKHOLES:
        if all(name in _OWN_NAMES for name in names):
            return []  # ff02::1 ip6-allnodes
        return [
            Fault(
                "a name that leads to an address; only names that lead nowhere are blocked",
                False,
                "hosts_entry",
            )
        ]
    taken: List[Any] = [("domain", name) for name in names if "." in name and name not in _OWN_NAMES]
    if taken or all(name in _OWN_NAMES for name in names):
        return taken
    return [Fault("a name without a domain, such as localhost", False, "hosts_entry")]


def _is_address(text: str) -> bool:
    known = recognise(text)
    return text in _SINKHOLES or (known is not None and known[0] in ("ipv4", "ipv6"))


def adblock(text: str) -> Found:
    """One Adblock filter: ||evil.top^ blocks a domain; what an option or a path narrows does not."""
    if text.startswith("!") or (text.startswith("[") and "adblock" in text.lower()):
        return []
    match = _ADBLOCK.match(text)
    if match is None:
        return None
    exception, name, rest, options = match.groups()
    if exception:
        return [Fault("an exception of a filter list; its domain is allowed", False, "allowed")]
    names = {option.partition("=")[0].lstrip("~").lower() for option in (options or "").split(",") if option}
    if rest not in ("", "^", "^|") or not names <= _HARMLESS:
        return [Fault("a filter for a part of a site; an indicator is the whole domain", False, "narrowed")]
    if "*" in name:
        return [Fault("a wildcard; Falcon takes single domains", False, "wildcard")]
    return [("domain", name)]


def dnsmasq(text: str) -> Found:
    """One dnsmasq option: address=/evil.top/0.0.0.0, server=/evil.top/ and local=/evil.top/, of one or more names."""
    match = _DNSMASQ.match(text.partition(" #")[0].strip())
    if match is None:
        return None
    option, names, target = match.groups()
    if target == "#" and option != "address":
        return [Fault("a name that the usual servers answer for; it is allowed", False, "allowed")]
    if option == "server" and target:
        return [Fault("a name that another server answers for; it is not blocked", False, "allowed")]
    return [
        Fault("a wildcard; Falcon takes single domains", False, "wildcard")
        if name in ("", "#")
        else ("domain", name)
        for name in names.split("/")
    ]


def zone(text: str) -> Found:
    """One record of a response policy zone: evil.top CNAME . blocks, rpz-passthru. allows."""
    body = text.partition(";")[0].split()
    if not body or body[0].lower() in _MARKS_OF_A_ZONE or body[0] in ("@", ")"):
        return []
    rest = body[1:]
    while rest and (_TTL.match(rest[0]) or rest[0].upper() == _CLASS):
        rest = rest[1:]
    if len(rest) < 2 or rest[0].upper() not in _RECORDS:
        return [] if _is_machinery(body) else None
    owner, record, target = body[0], rest[0].upper(), rest[1].lower()
    if record in ("SOA", "NS", "MX", "TXT"):
        return []
    if record == "CNAME" and target == "rpz-passthru.":
        return [Fault("rpz-passthru: the domain is allowed", False, "allowed")]
    return [_trigger(owner.rstrip(".").lower())]


def _is_machinery(body: Sequence[str]) -> bool:
    """Whether a line continues an SOA record, or is a record of the zone itself."""
    return body[0].upper() in ("IN", "NS", "SOA", "MX") or all(
        _TTL.match(word.rstrip(")")) or word == ")" for word in body
    )


def _trigger(owner: str) -> Any:
    head, found, _rest = owner.partition(".rpz-ip")
    if found:
        return _address_of(head.split("."))
    if ".rpz-" in owner:
        return Fault("a rule about name servers or clients", False, "narrowed")
    if owner.startswith("*."):
        return Fault("a wildcard; Falcon takes single domains", False, "wildcard")
    return "domain", owner


def _address_of(labels: List[str]) -> Any:
    """The address that an owner such as 32.5.113.0.203.rpz-ip means; its first label is the length of the prefix."""
    length, parts = labels[0], labels[:0:-1]
    if len(parts) == 4 and all(map(str.isdigit, parts)):
        written = ".".join(parts)
    else:
        written = ":".join(part.replace("zz", "") for part in parts)
        written = f":{written}" if parts[:1] == ["zz"] else written + ":" * (parts[-1:] == ["zz"])
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        return Fault(f"{'.'.join(labels)[:80]!r} is not an address", True, "invalid_value")
    if length != str(address.max_prefixlen):
        return Fault("a network (CIDR); Falcon takes single addresses", False, "network")
    return "address", written


_READERS: Dict[str, Callable[[str], Found]] = {
    "hosts": hosts,
    "adblock": adblock,
    "dnsmasq": dnsmasq,
    "zone": zone,
}


def reader_of(sample: Sequence[str]) -> Optional[Callable[[str], Found]]:
    """The reader for a text that is a block list, or None. Most lines that are no comments must be of the format."""
    lines = [text for text in map(str.strip, sample) if text and not text.startswith(("#", ";", "!", "//"))]
    for name, read in _READERS.items():
        found = [read(text) for text in lines]
        values = any(not isinstance(value, Fault) for one in found for value in one or ())
        known = sum(1 for one in found if one is not None)
        if values and known >= 0.6 * len(lines) and (name != "zone" or _is_zone(lines)):
            return read
    return None


def _is_zone(lines: Sequence[str]) -> bool:
    """Whether records are a policy and not somebody's list of DNS answers."""
    return any(
        text.split()[0].lower() in _MARKS_OF_A_ZONE
        or " SOA " in f" {text.upper()} "
        or text.split()[-1].lower() in _BLOCKED
        for text in lines
    )

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which words publishers use for which type of indicator.

A kind is what a feed says that a value is: sha256, md5, hash, file (a hash or a name), address, domain, url, uri (a URL
or only its path), all_subdomains, any (the feed does not say), or a tuple of kinds for values like domain|ip.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from typing import Dict, Optional, Tuple, Union

from ..values import HASH_LENGTHS
from .model import Fault, words

Kind = Union[str, Tuple[str, ...]]

_WORDS: Dict[str, str] = {
    "sha256": "sha256 filehashsha256 hashsha256 sha256hash filesha256 filehashessha256 sha256sum sha2 sha2256 "
    "hashessha256",
    "md5": "md5 filehashmd5 hashmd5 md5hash filemd5 md5sum hashesmd5",
    "hash": "hash filehash hashes checksum filehashes samplehash malwarehash hashvalue payloadhash",
    "file": "file files sample samples stixfile fileindicator",
    "address": "ip ipv4 ipv6 ipaddr ipaddress ipv4addr ipv6addr ipv4address ipv6address ipport ipsrc ipdst "
    "srcip dstip sourceip destinationip destip c2ip ips ipaddresses hostip address remoteip serverip c2ipaddress "
    "ipindicator ipv4s ipv6s",
    "domain": "domain domainname domains hostname hostnames fqdn fqdns host c2domain subdomain domainhostname "
    "domainnames c2domains xopenctihostname domainindicator maliciousdomain",
    "url": "url urls uri c2url website site downloadurl urldomain maliciousurl urlindicator",
    "uri": "uripath urlpath",
    "any": "any ioc iocs indicator indicators observable observables c2 c2server network networkindicator value "
    "domainip ipdomain c2s c2servers domainsips c2address malware payload payloads dropper executable binary",
    "all_subdomains": "allsubdomains",
}
_KINDS: Dict[str, Kind] = {word: kind for kind, known in _WORDS.items() for word in known.split()}
_KINDS.update({f"filename|{word}": ("filename", word) for word in HASH_LENGTHS})
_KINDS["malwaresample"] = ("filename", "md5")
_KINDS["domain|ip"] = ("domain", "address")
_KINDS.update({f"{word}|port": ("address", "port") for word in ("ipsrc", "ipdst", "ip")})
_KINDS["hostname|port"] = _KINDS["domain|port"] = ("domain", "port")

# Words that turn a known word into something else: an "imphash (md5)" is no hash of a file.
_OTHERWISE = words(
    "imphash ja3 ja3s jarm hassh x509 cert certificate fingerprint thumbprint authentihash pehash "
    "telfhash tlsh ssdeep vhash richpe serial email mail path pattern regex range cidr parameter "
    "registrar version user count description mac gateway wallet bitcoin btc ethereum eth monero xmr crypto "
    "import fuzzy section icon rich key mutex password rdns ptr reverse nameserver isp registrant whois"
)
#: Types that feeds have and Falcon has not, so that none of them is taken for a misspelling.
_NOT_TAKEN = words(
    "sha1 sha224 sha384 sha512 sha3 ssdeep tlsh imphash ja3 ja3s jarm email mutex cidr asn filename filepath "
    "path registry regkey cve yara sigma snort useragent process service btc wallet account phone port text comment "
    "description information info other tool actor campaign malwarefamily ttp certificate ipset ips4 cpe"
)
_WITHIN = ("sha256", "md5", "ipv4", "ipv6", "ip", "domain", "hostname", "url", "hash", "hashes")


def kind_of(label: str, whole: bool = False) -> Optional[Kind]:
    """What a publisher's word for a type means, or None for a type that Falcon does not take.

    With whole only the word itself counts, not a word within others (for the headings of columns).
    """
    return _kind_of(label[:200], whole)


@lru_cache(maxsize=8192)
def _kind_of(label: str, whole: bool) -> Optional[Kind]:
    lower = label.lower()
    squashed = re.sub(r"[^a-z0-9|]", "", lower)
    if squashed in _KINDS:
        return _KINDS[squashed]
    found = re.findall(r"[a-z0-9]+", lower)
    if whole or len(found) > 4 or not _OTHERWISE.isdisjoint(found):
        return None
    return next((_KINDS[word] for word in _WITHIN if word in found), None)


def is_unknown(label: str) -> bool:
    """Whether a word may be a misspelt type, as opposed to one that is known to be something else."""
    return kind_of(label) is None and not is_something_else(label)


def is_something_else(label: str) -> bool:
    """Whether a label has a word that turns what it names into something that Falcon does not take."""
    return not _OTHERWISE.isdisjoint(re.findall(r"[a-z0-9]+", label.lower()))


@lru_cache(maxsize=8192)
def misspelt(label: str) -> str:
    """The type that a label is a misspelling of; empty where it is none."""
    word = re.sub(r"[^a-z0-9]", "", label.lower())
    if len(word) < 3 or word in _KINDS or word in _NOT_TAKEN or not is_unknown(label):
        return ""
    near = get_close_matches(word, list(_KINDS), n=1, cutoff=0.75)
    return near[0] if near else ""


@lru_cache(maxsize=8192)
def is_type_word(label: str) -> bool:
    """Whether a label speaks of types at all: one that is read, one that is not taken, or a misspelling."""
    word = re.sub(r"[^a-z0-9]", "", label.lower())
    if word in _NOT_TAKEN or not is_unknown(label) or misspelt(label):
        return kind_of(label) != "any"
    return False


def not_taken(label: str) -> Fault:
    """Why a value of a type that Falcon does not take gives no indicator."""
    return Fault(
        f"type {' '.join(label.split())[:40] or 'unknown'} is not one that Falcon takes",
        False,
        "type_not_taken",
    )

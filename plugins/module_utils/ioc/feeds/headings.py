# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the heading of a column, or the key of a record, says about what is under it."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from typing import Dict, NamedTuple, Optional, Sequence

from .kinds import Kind, kind_of
from .model import words

#: Headings of the column that says of which type a value is, and of the column of values.
TYPE = words(
    "type indicatortype ioctype kind observabletype attributetype indicatorkind entitytype valuetype datatype "
    "indicatorsorttype xopenctimainobservabletype"
)
VALUE = words(
    "data value values indicatorvalue iocvalue indicatordata observablevalue artifact attributevalue artifactvalue "
    "indicatorofcompromise"
)
#: Headings that mean the type beside a column of values, and the values otherwise.
EITHER = words("indicator indicators ioc iocs observable observables")
PATTERN = words("pattern stixpattern indicatorpattern")

_FIELD_WORDS: Dict[str, str] = {
    "action": "action indicatoraction policyaction",
    "mobile_action": "mobileaction actionmobile",
    "severity": "severity severitylevel",
    "platforms": "platform platforms osplatform",
    "applied_globally": "appliedglobally applyglobally global allhosts appliedtoallhosts isglobal",
    "host_groups": "hostgroup hostgroups hostgroupid hostgroupids hostgroupname hostgroupnames",
    "expiration": "expiration expirationdate expirationtime",
    "description": "description desc indicatordescription note notes comment comments context details info remarks "
    "additionalinfo confidenceadditionalinfo",
    "source": "source",
    "tags": "tag tags labels attributetag objectlabel",
    "filename": "filename filenames metadatafilename metadata",
}
#: Earlier words of a field go before later ones where a table has several.
_RANK = {
    word: (field, rank) for field, known in _FIELD_WORDS.items() for rank, word in enumerate(known.split())
}
#: The publisher's own end of an indicator.
_END = words(
    "validuntil expire expires expireson expiresat expireddate expiry expirydate expirytime expiredat enddate endtime "
    "validto"
)
_SWITCHES: Dict[str, str] = {
    **dict.fromkeys(words("toids"), "to_ids"),
    **dict.fromkeys(words("isactive active enabled isenabled"), "active"),
    **dict.fromkeys(words("revoked isrevoked"), "revoked"),
    **dict.fromkeys(words("deleted isdeleted"), "deleted"),
    "fromparent": "from_parent",
    **dict.fromkeys(words("patterntype patternlanguage"), "pattern_type"),
    **dict.fromkeys(
        words(
            "falsepositive isfalsepositive fp benign isbenign whitelisted iswhitelisted allowlisted isallowlisted"
        ),
        "benign",
    ),
    **dict.fromkeys(words("malicious ismalicious"), "malicious"),
    **dict.fromkeys(
        words(
            "verdict status action classification disposition reputation assessment result conclusion decision "
            "judgement judgment threat list listtype"
        ),
        "verdict",
    ),
}
_LINKS = words(
    "link links reference references ref refs referenceurl referenceurls referencelink referencelinks sourceurl "
    "sourceurls sourcelink report reports reporturl reportlink externalreference externalreferences blog blogurl "
    "blogpost article articleurl articlelink permalink virustotal vt vtlink vturl virustotallink urlhauslink "
    "urlhausreference urlscan citation citations tweet tweeturl moreinfo furtherreading originalsource analysislink "
    "sandboxlink bazaarlink threatfoxlink publication publicationurl"
)
_KNOWN = words(
    "id createdon createdby createdtimestamp modifiedon modifiedby modifiedtimestamp expired parentcidname cid "
    "uuid eventid category date threattype malwarealias confidencelevel reporter anonymous"
)
#: The first and the last address of a range.
_RANGE_STARTS = words("start startip startaddress ipstart rangestart startrange firstip netstart")
_RANGE_ENDS = words("end endip endaddress ipend rangeend endrange lastip netend")
_PARENTS = words("metadata hashes hash filehashes ioc indicator file")


class Role(NamedTuple):
    """What a heading says.

    name is type, value, either, pattern, kind (with the kind of its values), field (with the name of the field),
    end, switch (with what it switches), range start, range end, link or known (a column that means nothing to us).
    rank orders several headings of one field.
    """

    name: str
    kind: Kind = ""
    field: str = ""
    switch: str = ""
    rank: int = 0


def squash(heading: str) -> str:
    """A heading without anything but its letters and digits, in lower case."""
    return re.sub(r"[^a-z0-9]", "", heading.lower())


@lru_cache(maxsize=4096)
def role_of(heading: str) -> Optional[Role]:
    """What a heading says, or None where it says nothing that we know."""
    if not 0 < len(heading) <= 60:
        return None
    parent, dot, child = heading.rpartition(".")
    if dot and squash(parent) in _PARENTS and squash(heading) != "metadatafilename":
        return role_of(child)
    word = squash(heading)
    switch = _SWITCHES.get(word, "")
    if word in _RANK:
        field, rank = _RANK[word]
        return Role("field", field=field, rank=rank, switch=switch)
    if switch:
        return Role("switch", switch=switch)
    for name, known in (
        ("range start", _RANGE_STARTS),
        ("range end", _RANGE_ENDS),
        ("type", TYPE),
        ("value", VALUE),
        ("either", EITHER),
        ("pattern", PATTERN),
        ("end", _END),
    ):
        if word in known:
            return Role(name)
    if word in _LINKS:
        return Role("link")
    kind = kind_of(heading, whole=True)
    if kind is not None:
        return Role("kind", kind=kind)
    return Role("known") if word in _KNOWN else None


def holds_indicators(role: Optional[Role]) -> bool:
    """Whether a heading names a column of types or values, so that a row of such headings is a header."""
    return role is not None and role.name in _OF_INDICATORS


_OF_INDICATORS = ("type", "value", "either", "pattern", "kind", "range start", "range end")


def count(cells: Sequence[str]) -> int:
    """How many of the cells are headings that we know."""
    return sum(1 for cell in cells if role_of(cell.strip()) is not None)


def meant(heading: str) -> str:
    """The field, or type or value, that an unknown heading looks like; empty where it looks like none."""
    word = squash(heading)
    if len(word) < 4 or role_of(heading) is not None:
        return ""
    known = {**{word: field for word, (field, _rank) in _RANK.items()}, **dict.fromkeys(TYPE, "type")}
    known.update(dict.fromkeys(VALUE, "value"))
    known.update(dict.fromkeys(_END, "expiration"))
    near = get_close_matches(word, list(known), n=1, cutoff=0.85)
    return known[near[0]] if near else ""

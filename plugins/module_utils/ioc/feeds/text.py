# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text and Markdown: hashes anywhere but in a URL; domains, addresses and URLs where defanged or alone on a line.

A text that is a block list (a hosts file, Adblock filters, dnsmasq options, an RPZ zone) is read by line_formats.
"""

from __future__ import annotations

import re
from typing import Any, Iterator, List, Optional, Tuple

from ..values import recognise
from . import line_formats, source
from .labels import judge
from .model import Fault, Row
from .refang import clean, has_defanged_scheme, host_of, is_defanged, mark, unmark
from .report import Outline, is_plain_url, is_report, speaks_of_versions
from .tokens import (
    NOT_ALONE,
    PLAIN_ADDRESS,
    PLAIN_URL,
    Value,
    find,
    has_evidence,
    has_hash,
    is_address,
    is_domain,
)

# The mark of a list, a box to tick, or both.
_BULLET = re.compile(
    r"(?:[-*+•·–—]+|>|\(?\d{1,4}[.)]|\[\d{1,4}\]|\(?[A-Za-z]\)) (?:\[[ xX]\] )?|[•·]+|\[[ xX]\] "
)
_COMMENT = re.compile(r"#(?!#)|//|;")
# A remark, or a port written apart from its address.
_TRAILER = re.compile(
    r" (?:(?:#|//|;|<--).*|\(?(?::|port |tcp[ /]|udp[ /])\d{1,5}\)?)\Z", re.IGNORECASE | re.DOTALL
)
_EDGES = " \t'\"`\u2018\u2019\u201c\u201d<>|,;!="
_NAME = re.compile(r"[\w.*-]+\Z")
_LINK = Fault("a link to a source of the report, not an indicator", False, "report_link")
_FILE = Fault("a file name; Falcon does not take them", False, "file_name")
_NOTHING = Fault("no indicator in this line", False, "no_indicator")


def rows(numbered: Iterator[Tuple[int, str]], beginning: str = "") -> Iterator[Row]:
    """Read a report or a plain list; every line is a row, unless it is blank, a comment or a heading.

    beginning is the first part of the text, by which its format and the meaning of its links are told.
    """
    sample = source.without_comment_block(beginning.splitlines())
    block_list = line_formats.reader_of([clean(text) for text in sample[:400]])
    links_are_sources = block_list is None and is_report(sample)
    outline = Outline()
    for number, written in numbered:
        cleaned = clean(written).strip()
        text = " ".join(cleaned.split())
        if not any(map(str.isalnum, text)):
            outline.rule(text)
            continue
        listed = block_list(text) if block_list is not None else None
        if listed is not None:
            if listed:
                yield Row(number, written, listed, {})
            continue
        values, about = _read_line(mark(text), cleaned, outline, links_are_sources)
        if _COMMENT.match(text) and not values:
            outline.heading(text, False)
        elif _COMMENT.match(text):
            yield Row(number, written, [Fault("a comment", False, "comment")], {})
        elif values or not outline.heading(text, _BULLET.match(text) is not None):
            yield Row(number, written, values or [_NOTHING], {"description": about} if about else {})


def _read_line(text: str, cleaned: str, outline: Outline, links_are_sources: bool) -> Tuple[List[Value], str]:
    """The values and faults of one marked line, and what it says besides."""
    if not has_evidence(text):
        outline.row(cleaned)
        return [], ""
    bare, has_bullet = _without_dressing(text)
    is_table = "|" in bare and (is_defanged(bare) or text.startswith("|"))
    if bare and " " not in bare and not is_table:
        alone = _alone(bare, has_bullet)
        if alone:
            outline.row(cleaned)
            is_link = links_are_sources or outline.in_references
            if is_link and _is_link(alone[0], bare, outline.in_references):
                return [_LINK], ""
            return alone, ""
    found = find(text)
    values = found.values + _of_cells(outline.row(cleaned), outline, found.faults)
    if not values:
        return [_LINK if outline.in_references and one == PLAIN_URL else one for one in found.faults], ""
    about = text.replace(found.first, " ", 1) if _is_hash(found.first) else text
    return values + found.faults, unmark(about.strip(" \t-–—|:,;#*>`'\"→"))


def _is_hash(written: str) -> bool:
    return has_hash(written) and written.isalnum()


def _without_dressing(text: str) -> Tuple[str, bool]:
    """A line without the mark of a list, remarks, a port beside it, quotes and emphasis; whether it had that mark."""
    bullet = _BULLET.match(text)
    bare = _TRAILER.sub("", text[bullet.end() :] if bullet else text).strip(_EDGES).rstrip(".")
    if bare.startswith("**") and bare.endswith("**"):
        bare = bare[2:-2].strip(_EDGES)
    if is_defanged(bare):
        bare = bare.lstrip("-")  # a bullet with no space
    return bare, bullet is not None


def _alone(bare: str, in_list: bool) -> List[Value]:
    """The value of a line that holds nothing else; [] where what is in it is told by its tokens."""
    defanged = is_defanged(bare)
    plain = unmark(bare)
    is_url = "://" in plain
    if bare.endswith(".*") or "](" in bare or ("@" in plain and not is_url):
        return []  # a pattern of names; a link of Markdown; an e-mail address
    if is_url and in_list and not defanged:
        return []  # a link in a list is how a report cites its sources
    if plain.count(":") > 1 and not is_url and not any(map(str.isdigit, plain)):
        return []
    kind: Optional[str] = "any"
    if defanged and not is_url and "/" not in plain and not any(map(str.isdigit, plain.rpartition(".")[2])):
        if not _NAME.match(host_of(plain)):
            return []  # code or a pattern
        kind = "domain" if is_domain(plain, True) or recognise(host_of(plain)) is None else None
    if kind is None:
        return [_FILE]
    outcomes: List[Any] = judge(kind, plain)
    if len(outcomes) > 1 or (isinstance(outcomes[0], Fault) and outcomes[0].code == "no_indicator"):
        return []
    return [(kind, plain) if not isinstance(outcomes[0], Fault) or outcomes[0].malformed else outcomes[0]]


def _is_link(value: Value, bare: str, in_references: bool) -> bool:
    """Whether a value alone on its line is a source that a report cites: plain, and not at a bare address."""
    if isinstance(value, Fault) or is_defanged(bare) or has_defanged_scheme(bare):
        return False
    host = recognise(host_of(bare))
    is_named = host is not None and host[0] == "domain"
    return is_named and (is_plain_url(bare) or in_references)


def _of_cells(cells: List[str], outline: Outline, faults: List[Value]) -> List[Value]:
    """Plain addresses alone in their cell, and plain values in a column whose heading names a type."""
    if speaks_of_versions(cells):
        return []
    plain: List[Value] = []
    for position, cell in enumerate(cells):
        kind = outline.kind_at(position)
        if " " in cell or not cell or is_defanged(mark(cell)) or has_hash(cell):
            continue
        if is_address(cell):
            value: Value = ("address", cell)
        elif kind is not None and not isinstance(judge(kind, cell)[0], Fault):
            value = ("domain" if is_domain(cell, False) and "/" not in cell else "url", cell)
        elif is_domain(cell, False) and "/" not in cell:
            faults.append(Fault(f"a domain that {NOT_ALONE}", False, "not_defanged"))
            continue
        else:
            continue
        plain.append(value)
    for _address in plain:
        if PLAIN_ADDRESS in faults:
            faults.remove(PLAIN_ADDRESS)
    return plain

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files in HTML or XML, which are no feeds: error pages, and the formats before STIX 2."""

from __future__ import annotations

import re
from typing import Iterator

from .model import Fault, Feed, FeedProblem, Row, Stop

_HTML = re.compile(
    r"\s*(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_XML = re.compile(r"\s*(?:<\?xml\b|<(?:[\w-]{1,40}:)?(?:ioc|STIX_Package|OpenIOC|IOCBucket|rss|feed)\b)")
_ADVICE = (
    (
        re.compile(r"openioc|<(?:\w{1,40}:)?ioc\b|iocbucket", re.IGNORECASE),
        "OpenIOC",
        "export it as STIX 2 or CSV",
    ),
    (
        re.compile(r"stix_package|stix\.mitre\.org", re.IGNORECASE),
        "STIX 1",
        "convert it to STIX 2 (such as with stix2-elevator), or ask its publisher for STIX 2.1",
    ),
    (
        re.compile(r"<(?:rss|feed)\b", re.IGNORECASE),
        "a news feed (RSS or Atom)",
        "fetch the list that it announces",
    ),
)


def is_html(beginning: str) -> bool:
    """Whether a file begins like a page of HTML."""
    return _HTML.match(beginning.lstrip("\ufeff")) is not None


def is_xml(beginning: str) -> bool:
    """Whether a file begins like a document in XML."""
    beginning = beginning.lstrip("\ufeff")
    return _XML.match(beginning) is not None and not is_html(beginning)


def html_rows(feed: Feed) -> Iterator[object]:
    """A page gives nothing, and stops every purge: it was served in place of a feed."""
    yield Stop(feed.path, "feed_format", "the file is an HTML page, such as an error page, and not a feed")
    yield Row(1, "an HTML page", [Fault("an HTML page; nothing in it is read", False, "html")], {})


def refuse_xml(path: str, beginning: str) -> FeedProblem:
    """The problem that names what the document is, and what to do about it."""
    for pattern, name, advice in _ADVICE:
        if pattern.search(beginning[:20000]):
            return FeedProblem(f"{path}: this is {name}, in XML, which is not read; {advice}")
    return FeedProblem(f"{path}: this is XML, which is not read; export it as STIX 2, MISP JSON or CSV")

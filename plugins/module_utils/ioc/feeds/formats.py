# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The formats of feeds, in the order in which they are tried.

To add one, write a file with a function that recognizes it and one that reads it, and name both here.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Iterator, NamedTuple, Optional, Sequence, Tuple

from . import (
    delimited,
    item_list,
    json_lines,
    line_formats,
    markup,
    misp,
    own_table,
    pulses,
    records,
    source,
    stix,
    terraform,
    text,
)
from .model import Feed, FeedProblem, Stop
from .refang import clean


class DocumentFormat(NamedTuple):
    """A format whose files are JSON or YAML: option is its name in the option format, title what people call it."""

    option: str
    title: str
    recognizes: Callable[[Any], bool]
    rows: Callable[[Any, Feed], Iterator[Any]]


class TextFormat(NamedTuple):
    """A format that is read line by line. recognizes is asked with the first lines of the file."""

    option: str
    title: str
    recognizes: Callable[[Any], bool]
    rows: Callable[[Feed], Iterator[Any]]


def _is_block_list(sample: Sequence[str]) -> bool:
    return line_formats.reader_of([clean(line) for line in sample]) is not None


def _text(feed: Feed) -> Iterator[Any]:
    return text.rows(source.lines(feed.path), source.head(feed.path))


DOCUMENTS: Tuple[DocumentFormat, ...] = (
    DocumentFormat("stix", "STIX", stix.is_stix, stix.rows),
    DocumentFormat("misp", "MISP", misp.is_misp, misp.rows),
    DocumentFormat("list", "Terraform", terraform.is_terraform, terraform.rows),
    DocumentFormat("list", "pulses of OTX", pulses.is_pulses, pulses.rows),
    DocumentFormat("list", "a list of items with type and value", item_list.is_list, item_list.rows),
    DocumentFormat("list", "a list of records", records.is_records, records.rows),
)
TEXTS: Tuple[TextFormat, ...] = (
    TextFormat("csv", "a table of our own export", own_table.is_export, own_table.rows),
    TextFormat("text", "a block list", _is_block_list, _text),  # a hosts file is no table of addresses
    TextFormat("csv", "a table", delimited.is_table, delimited.rows),
    TextFormat("text", "text", lambda _sample: True, _text),
)
#: What the option format takes.
OPTIONS = ("auto", "csv", "text", "stix", "misp", "list")

#: Lines at the beginning of a file by which a format is recognized.
SAMPLE = 200
_JSON = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[\[{\"\]]|[\[{]\s*\Z)")


def rows(feed: Feed) -> Iterator[Any]:
    """Read one feed: its rows, and what there is to say about the file.

    Raises FeedProblem where the file cannot be read or parsed, or is not in the format that the user names.
    """
    beginning = source.head(feed.path)
    seen = recognized(beginning)
    if feed.format in ("auto", "list", "stix", "misp") and seen in ("html", "xml"):
        if seen == "xml":
            raise markup.refuse_xml(feed.path, beginning)
        return markup.html_rows(feed)
    if feed.format in ("csv", "text"):
        return _of_lines(feed, beginning, seen)
    if seen == "json lines":
        return json_lines.rows(feed, lambda document: document_rows(document, feed), _is_record)
    if seen == "json" or feed.format in ("stix", "misp"):
        return document_rows(source.json_of(feed.path), feed)
    if seen == "yaml" or feed.format == "list":
        return document_rows(item_list.yaml_of(feed.path), feed)
    return _of_lines(feed, beginning, seen)


def recognized(beginning: str) -> str:
    """What the beginning of a file shows: json, json lines, yaml, html, xml, csv, or nothing."""
    beginning = beginning.lstrip("\ufeff")
    if markup.is_html(beginning):
        return "html"
    if markup.is_xml(beginning):
        return "xml"
    sample = beginning.splitlines()[:SAMPLE]
    if _JSON.match(beginning):
        return "json lines" if json_lines.is_json_lines(sample) else "json"
    if item_list.is_yaml(beginning):
        return "yaml"
    return ""


def _of_lines(feed: Feed, beginning: str, seen: str) -> Iterator[Any]:
    sample = source.without_comment_block(beginning.splitlines())[:SAMPLE]
    known = own_table.is_export(sample) or _is_block_list(sample)
    if feed.columns or (feed.format == "csv" and not known):
        chosen = next((one for one in TEXTS if one.rows is delimited.rows), TEXTS[-1])
    else:
        fits = (one for one in TEXTS if feed.format != "text" or one.option == "text")
        chosen = next((one for one in fits if one.recognizes(sample)), TEXTS[-1])
    wrong = _not_as_told(feed, sample, seen)
    if wrong is not None:
        yield wrong
    yield from chosen.rows(feed)


def _not_as_told(feed: Feed, sample: Any, seen: str) -> Optional[Stop]:
    """A stop where the user names a format and the file is beyond doubt in another."""
    if feed.format == "auto":
        return None
    if not seen and feed.format == "text" and delimited.is_firm_table(sample):
        seen = "csv"
    if seen in ("", "yaml"):
        return None
    names = {
        "csv": "a table with a header",
        "html": "an HTML page",
        "xml": "XML",
        "json": "JSON",
        "json lines": "JSON lines",
    }
    return Stop(feed.path, "feed_format", f"the file reads like {names[seen]}, but format is {feed.format}")


def document_rows(document: Any, feed: Feed) -> Iterator[Any]:
    """Read a parsed document by the first format that recognizes it, of those that the user allows.

    Raises FeedProblem where there is none.
    """
    allowed = [one for one in DOCUMENTS if feed.format in ("auto", one.option)]
    for one in allowed:
        if one.recognizes(document):
            return one.rows(document, feed)
    titles = list(dict.fromkeys(one.title for one in allowed))
    if len(titles) == 1:
        raise FeedProblem(f"{feed.path}: this is not {titles[0]}")
    raise FeedProblem(f"{feed.path}: this is neither {', nor '.join(titles)}")


def _is_record(document: Any) -> bool:
    """Whether a line of JSON is a record or item of a list, rather than a document of its own."""
    return (
        isinstance(document, dict)
        and not any(one.recognizes(document) for one in DOCUMENTS if one.option != "list")
        and records.is_record(document)
    )

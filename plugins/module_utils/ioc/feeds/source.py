# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read files from disk without trusting them: bounded lines, bounded documents, errors that name the place."""

from __future__ import annotations

import codecs
import io
import json
from typing import Any, Iterator, List, Sequence, Tuple

from ..files import FileProblem, open_regular, read_regular
from .model import FeedProblem

#: Longest line, in characters. The longest line of the reports we know is 8,000.
MAX_LINE = 1 << 20
#: Largest JSON or YAML document, in bytes; it is held in memory at about six times its size.
MAX_DOCUMENT = 256 << 20
#: Largest table or text, in bytes; they are read line by line.
MAX_TEXT = 4 << 30

#: Lines that are kept of a comment at the top of a text.
_KEPT = 30

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def head(path: str, size: int = 65536) -> str:
    """The beginning of a file as text. Raises FeedProblem where it cannot be read, or is no text."""
    try:
        with open_regular(path, MAX_TEXT) as stream:
            raw = stream.read(size)
    except FileProblem as problem:
        raise FeedProblem(f"{path}: {problem}") from problem
    except OSError as problem:
        raise FeedProblem(f"{path}: cannot be read: {problem.strerror}") from problem
    text = raw.decode(_encoding(raw), errors="replace")
    _refuse_binary(path, 1, text)
    return text


def is_comment_block(beginning: Sequence[str]) -> bool:
    """Whether all lines are comments, or blank."""
    return all(map(_is_remark, beginning))


def without_comment_block(beginning: Sequence[str]) -> List[str]:
    """The first lines of a text without a long comment at their top; its last lines stay, which may be headings."""
    end = next((place for place, text in enumerate(beginning) if not _is_remark(text)), len(beginning))
    return list(beginning[max(0, end - _KEPT) :])


def _is_remark(text: str) -> bool:
    text = text.lstrip(" \t\ufeff")
    return not text or text.startswith(("#", "!", ";", "//"))


def lines(path: str) -> Iterator[Tuple[int, str]]:
    """The lines of a text file with their numbers from 1, without line ends.

    Raises FeedProblem where the file cannot be read, is no text, or has a line without end.
    """
    head(path, 4096)
    try:
        with open_regular(path, MAX_TEXT) as raw:
            encoding = _encoding(raw.read(4))
            raw.seek(0)
            stream = io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline="")
            number = 0
            while True:
                line = stream.readline(MAX_LINE)
                if not line:
                    return
                number += 1
                if len(line) >= MAX_LINE and line[-1] not in "\r\n":
                    raise FeedProblem(
                        f"{path}: line {number} is longer than {MAX_LINE} characters; this is no feed"
                    )
                if "\0" in line:
                    _refuse_binary(path, number, line)
                yield number, line.rstrip("\r\n")
    except FileProblem as problem:
        raise FeedProblem(f"{path}: {problem}") from problem
    except OSError as problem:
        raise FeedProblem(f"{path}: cannot be read: {problem.strerror}") from problem


def text_of(path: str) -> str:
    """A whole document as text. Raises FeedProblem where it cannot be read, is too large, or is no text."""
    try:
        raw = read_regular(path, MAX_DOCUMENT)
    except FileProblem as problem:
        raise FeedProblem(f"{path}: {problem}") from problem
    try:
        return raw.decode(_encoding(raw))
    except UnicodeDecodeError as problem:
        line = raw.count(b"\n", 0, problem.start) + 1
        raise FeedProblem(f"{path}: line {line}: byte {problem.start} is not UTF-8 text") from problem


def json_of(path: str) -> Any:
    """A JSON document. Raises FeedProblem where it cannot be read or parsed."""
    text = text_of(path)
    try:
        return json.loads(text)
    except json.JSONDecodeError as problem:
        where = f"line {problem.lineno}, column {problem.colno}"
        if problem.pos >= len(text.rstrip()):
            raise FeedProblem(
                f"{path}: the JSON ends too early, at {where}; the file may be cut"
            ) from problem
        raise FeedProblem(f"{path}: {where}: this is not JSON: {problem.msg}") from problem
    except RecursionError as problem:
        raise FeedProblem(f"{path}: the JSON is nested too deeply") from problem
    except ValueError as problem:  # an integer of more digits than Python reads
        raise FeedProblem(f"{path}: this is not JSON: {problem}") from problem


def _encoding(raw: bytes) -> str:
    return next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")


def _refuse_binary(path: str, number: int, text: str) -> None:
    before, found, _after = text.partition("\0")
    if found or text.count("\ufffd") > max(len(text) // 10, 20):
        number += before.count("\n") if found else 0
        raise FeedProblem(f"{path}: line {number} is not text; this is a binary file")

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Indicators as inventory variables: sorted YAML that means to Ansible what it meant to the tenant.

A writer of its own: PyYAML is not on every managed machine, and slow without its C library. Texts are quoted;
one that Ansible would take for a template is marked ``!unsafe``, so that nothing a tenant holds is run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..ioc.fields import EXPORTED
from ..ioc.json_text import SURROGATE, UNSEEN

_PLAIN = re.compile(r"[a-z][a-z0-9_]*")
_WORDS = frozenset(
    ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
)  # YAML 1.1 reads these otherwise
_TEMPLATE = re.compile(r"\{[{%#]")


def variables(items: Iterable[Mapping[str, Any]], source: str, comment: str) -> Iterator[str]:
    """The lines of a file: ``falcon_iocs``, and ``falcon_ioc_source`` where there is a ``source``.

    ``items`` are in the vocabulary of ``falcon_iocs``, in any order. ``comment`` is one line of text.
    """
    yield "---\n"
    yield f"# {quoted(comment)[1:-1]}\n"
    if source:
        yield f"falcon_ioc_source: {scalar(source)}\n"
    ordered = sorted(items, key=lambda item: (str(item.get("type")), str(item.get("value"))))
    yield "falcon_iocs:\n" if ordered else "falcon_iocs: []\n"
    for item in ordered:
        lead = "  - "
        for name in EXPORTED:
            if name in item and not (name == "source" and source):
                yield f"{lead}{name}: {scalar(item[name])}\n"
                lead = "    "


def scalar(value: object) -> str:
    """One value in YAML: a word as it is, any other text in double quotes, a list in brackets."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(scalar(one) for one in value)}]"
    text = str(value)
    if _PLAIN.fullmatch(text) and text not in _WORDS:
        return text
    return f"!unsafe {quoted(text)}" if _TEMPLATE.search(text) else quoted(text)


def quoted(text: str) -> str:
    """A text in double quotes on one line. A half of a surrogate pair, which no file can hold, becomes
    U+FFFD.
    """
    return UNSEEN.sub(_escape, json.dumps(SURROGATE.sub("\ufffd", text), ensure_ascii=False))


def _escape(match: re.Match[str]) -> str:
    number = ord(match.group())
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words that several messages share: how a foreign text, a number of things or a long list of names is shown."""

from __future__ import annotations

import reprlib
import unicodedata
from typing import Sequence

#: Longest text of a user or a tenant that a message repeats, in characters.
LONGEST_SHOWN = 80

_BRIEF = reprlib.Repr()
_BRIEF.maxlevel = 2
_BRIEF.maxlist = _BRIEF.maxtuple = _BRIEF.maxdict = _BRIEF.maxset = 4
_BRIEF.maxstring = _BRIEF.maxother = LONGEST_SHOWN


def visible(text: str) -> str:
    """A text without characters that a terminal would act on or hide; they are shown as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char if unicodedata.category(char)[0] != "C" else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def shortened(text: str, most: int = LONGEST_SHOWN) -> str:
    """At most so many characters of a text, on a terminal as they are."""
    return visible(text if len(text) <= most else text[: most - 3] + "...")


def brief(value: object) -> str:
    """A value of any type as text, bounded in width and depth: aliases of YAML can stand for more than memory holds."""
    return str(value) if value is None or isinstance(value, (str, int, float)) else _BRIEF.repr(value)


def quoted(value: object) -> str:
    """A value as a message repeats it: shortened, and in quotes so that odd characters are seen."""
    text = value if isinstance(value, str) else brief(value)
    return repr(text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "...")


def some(names: Sequence[str], separator: str = ", ", most: int = 10) -> str:
    """The first names, ten unless told otherwise, and how many more there are."""
    rest = len(names) - most
    return separator.join(names[:most]) + (f" and {rest:,} more" if rest > 0 else "")


def number(count: int, singular: str, plural: str = "") -> str:
    """A count and what is counted, in the form that fits: "1 deletion", "2,000 deletions"."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"

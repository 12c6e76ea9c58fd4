# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the cells of a table, or the values of a foreign record, say of the fields of an indicator.

Each function reads one field in the words of the API, of the console, and of people; it raises ValueError where it
cannot, so that a wrong word is never taken for a right one.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Callable, Dict, List, Optional, Tuple

from ..expiry import NEVER, shown
from ..fields import ACTIONS, PLATFORMS, SEVERITIES
from ..reading import truth
from . import dates
from .refang import clean

#: What Windows PowerShell's Export-Csv writes in the place of a list.
LOST_LIST = "System.Object[]"

_LIST_SEPARATORS = re.compile(r"[;|\n]|,(?![^\[]{0,500}\])")
_POWERSHELL = re.compile(r"@\{(?:[^{}]*; )?filename=([^;{}]*)")
_ACTIONS: Dict[str, str] = {
    **{action.replace("_", ""): action for action in ACTIONS},
    "none": "no_action",
    "detectonly": "detect",
    "block": "prevent",
    "prevention": "prevent",
    "detection": "detect",
    "blockhidedetection": "prevent_no_ui",
    "blockandhidedetection": "prevent_no_ui",
    "preventnoui": "prevent_no_ui",
}
_SEVERITIES: Dict[str, str] = {**{severity: severity for severity in SEVERITIES}, "info": "informational"}
_PLATFORMS: Dict[str, Tuple[str, ...]] = {
    **{platform: (platform,) for platform in PLATFORMS},
    **dict.fromkeys(("macos", "osx", "macosx", "darwin"), ("mac",)),
    **dict.fromkeys(("win", "microsoftwindows"), ("windows",)),
    **dict.fromkeys(("iphone", "iphoneos", "ipados"), ("ios",)),
}
#: Words of the API for actions: a column that holds others speaks of something else.
API_ACTIONS = frozenset(ACTIONS)


def _word(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def elements(value: Any) -> List[str]:
    """A list, or a text that holds one, by semicolons, bars, commas or lines, or as JSON writes it."""
    if isinstance(value, (list, tuple)):
        parts = [part for part in value if isinstance(part, (str, int, float))]
        if len(parts) != len(value):
            raise ValueError("is not a list of texts")
        return [str(part).strip() for part in parts if str(part).strip()]
    text = str(value).strip()
    if LOST_LIST in text:
        raise ValueError(f"is {LOST_LIST}: the list was lost when the file was written")
    if text[:1] in "[{(" and text[-1:] in "]})":
        text = text[1:-1]
    return [
        part for part in (part.strip().strip("'\"").strip() for part in _LIST_SEPARATORS.split(text)) if part
    ]


def _action(value: Any) -> str:
    word = _word(str(value))
    if word not in _ACTIONS:
        raise ValueError("is not an action of Falcon")
    return _ACTIONS[word]


def _severity(value: Any) -> str:
    word = _word(str(value))
    if word not in _SEVERITIES:
        raise ValueError("is not a severity of Falcon")
    return _SEVERITIES[word]


def _platforms(value: Any) -> List[str]:
    found: List[str] = []
    for element in elements(value):
        known = _PLATFORMS.get(_word(element))
        if known is None:
            raise ValueError("is not a platform of Falcon")
        found.extend(known)
    return list(dict.fromkeys(found))


def _expiration(value: Any) -> str:
    text = str(value).strip()
    if dates.is_never(text):
        return NEVER
    end = dates.instant(text)
    if end is None:
        raise ValueError(
            "is not a date that can be read in one way only; write 2030-12-31 or 2030-12-31T23:59:59Z"
        )
    return text if "T" in text and text.endswith("Z") else shown(end)


def _text(value: Any) -> str:
    if not isinstance(value, (str, int, float)):
        raise ValueError("is not text")
    return clean(str(value)).strip()


def _filename(value: Any) -> str:
    """A file name, also as PowerShell writes a record within a cell: @{filename=a.exe}."""
    text = _text(value)
    match = _POWERSHELL.match(text)
    return match.group(1).strip() if match else text


_READERS: Dict[str, Callable[[Any], Any]] = {
    "action": _action,
    "mobile_action": _action,
    "severity": _severity,
    "platforms": _platforms,
    "applied_globally": truth,
    "host_groups": elements,
    "expiration": _expiration,
    "description": _text,
    "source": _text,
    "tags": lambda value: list(dict.fromkeys(clean(tag).strip() for tag in elements(value))),
    "filename": _filename,
}
#: The fields that a table can give.
FIELDS = tuple(_READERS)


@lru_cache(maxsize=8192)
def _of_text(field: str, text: str) -> Tuple[Any, Optional[str]]:
    try:
        return _READERS[field](text), None
    except ValueError as problem:
        return None, str(problem)


def read_field(field: str, value: Any) -> Any:
    """Read one field of an indicator.

    Raises ValueError with the reason where the value cannot be understood.
    """
    if not isinstance(value, str) or field in ("description", "filename"):
        return _READERS[field](value)
    found, problem = _of_text(field, value)
    if problem is not None:
        raise ValueError(problem)
    return list(found) if isinstance(found, list) else found

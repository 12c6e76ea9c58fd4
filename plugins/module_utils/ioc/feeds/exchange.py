# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What our own exports write so that every field comes back: in the cells of a table, in STIX and in MISP.

A table has one column for each field. A cell is plain where it can be; a text or list that a cell or a spreadsheet
would change is written as JSON. A STIX indicator carries its fields in a property extension, an attribute of MISP in
tags such as threatops-falcon:severity="high". The writers in report.exports and the readers of feeds both follow
this file.
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from .. import json_text
from ..expiry import parse
from ..fields import EXPORTED, FIELDS, WRITTEN
from ..reading import truth
from ..values import TYPES, Identity, ValueProblem, normalise
from . import cells

#: The fields that are written to an indicator, in the order in which exports have them.
FIELD_NAMES: Tuple[str, ...] = tuple(name for name in EXPORTED if name in WRITTEN)
#: The header of an exported table.
COLUMNS: Tuple[str, ...] = ("type", "value", *FIELD_NAMES)

#: Identifies the extension that holds an indicator of Falcon (STIX 2.1, section 7.3).
EXTENSION = "extension-definition--8a3d2f6e-1f0b-5c1d-9a57-2f4f6f0d7c11"
#: The namespace of our tags in MISP (machine tags: namespace:predicate="value").
NAMESPACE = "threatops-falcon"
#: The types of attributes in MISP for the types of Falcon.
MISP_TYPES: Dict[str, str] = {
    "sha256": "sha256",
    "md5": "md5",
    "domain": "domain",
    "all_subdomains": "domain",
    "ipv4": "ip-dst",
    "ipv6": "ip-dst",
}

_LISTS = frozenset(name for name in FIELD_NAMES if FIELDS[name].kind == "list")
#: Fields whose cells are read in the words of people as well: Windows, High, TRUE.
_WORDED = frozenset(("action", "mobile_action", "severity", "platforms", "applied_globally"))
# What a spreadsheet takes for a formula, what begins JSON or a comment, and what spreadsheets take off.
_OPENS = re.compile(r"[=+\-@\uff1d\uff0b\uff0d\uff20\"'\[{#]")
_LIST_SIGNS = re.compile(r"[;|,\"'\[\](){}]")
_CONTROL = re.compile(r"[\x00-\x1f]")
_TAG = re.compile(rf"{NAMESPACE}:([a-z_]+)=(\".*\")\Z", re.DOTALL)


# --- tables ------------------------------------------------------------------------------------------------------


def cell(value: Any) -> str:
    """A field as the cell of a table."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        texts = [str(one) for one in value]
        plain = all(_is_plain(text) and not _LIST_SIGNS.search(text) for text in texts)
        return ";".join(texts) if plain else json_text.dumps(texts)
    text = str(value)
    return text if _is_plain(text) else json_text.dumps(text)


def _is_plain(text: str) -> bool:
    """Whether tables and spreadsheets keep a text as it is."""
    return (
        text == text.strip()
        and not _OPENS.match(text)
        and not any(pattern.search(text) for pattern in (_CONTROL, json_text.UNSEEN, json_text.SURROGATE))
    )


def of_cell(name: str, text: str) -> Any:
    """The field that a cell holds. What cannot be understood comes back as it is, so that the item is refused."""
    if name == "expiration":
        return _expiration(text)
    if name in _WORDED:
        try:
            return cells.read_field(name, text)
        except ValueError:
            pass
    given = _json(text) if text[:1] in ('"', "[") else None
    if name in _LISTS:
        is_list = isinstance(given, list) and all(isinstance(one, str) for one in given)
        return given if is_list else cells.elements(text)
    return given if isinstance(given, str) else text


def _expiration(text: str) -> str:
    try:
        parse(text)
    except ValueError:
        try:
            return str(cells.read_field("expiration", text))
        except ValueError:
            pass
    return text


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


# --- STIX --------------------------------------------------------------------------------------------------------


def of_extension(one: Mapping[str, Any], values: Iterable[Tuple[Any, str]]) -> Optional[Dict[str, Any]]:
    """The item in the extension of a STIX object that has extensions, or None where none of them can be used.

    values are the kinds and texts that its pattern stands for: the item must be of one of them, so that a pattern
    that somebody has edited is not overruled.
    """
    extension = one["extensions"].get(EXTENSION)
    given = extension.get("indicator") if isinstance(extension, Mapping) else None
    item = _item(given) if isinstance(given, Mapping) else None
    if item is None or not any(_is_value(item, text) for _kind, text in values):
        return None
    return item


def _is_value(item: Mapping[str, Any], text: str) -> bool:
    try:
        return normalise(item["type"], text) == normalise(item["type"], item["value"])
    except ValueProblem:
        return False


def _item(given: Mapping[str, Any]) -> Optional[Dict[str, Any]]:
    """Of what is given the type, the value and the fields that are written to an indicator; None if unusable."""
    if identity(given.get("type"), given.get("value")) is None:
        return None
    return {name: given[name] for name in COLUMNS if name in given}


def identity(kind: Any, value: Any) -> Optional[Identity]:
    """Type and normalized value, or None where the value is not of that type."""
    if not isinstance(kind, str) or kind not in TYPES or not isinstance(value, str):
        return None
    try:
        return kind, normalise(kind, value)
    except ValueProblem:
        return None


def fields(item: Mapping[str, Any]) -> Dict[str, Any]:
    """An item without its type and value."""
    return {name: value for name, value in item.items() if name in FIELD_NAMES}


# --- MISP --------------------------------------------------------------------------------------------------------


def to_tags(item: Mapping[str, Any]) -> List[str]:
    """The names of the tags of an attribute: those of the item as they are, and its fields in our namespace.

    The description is the comment of the attribute.
    """
    found = [_tag("type", item["type"])]
    for name in FIELD_NAMES:
        if name in item and name not in ("tags", "description"):
            value = item[name]
            values = value if isinstance(value, (list, tuple)) else [value]
            found.extend(_tag(name, one) for one in values)
    for tag in item.get("tags") or ():
        found.append(_tag("tag", tag) if str(tag).startswith(f"{NAMESPACE}:") else str(tag))
    return found


def _tag(name: str, value: Any) -> str:
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    return f"{NAMESPACE}:{name}={json_text.dumps(text)}"


def of_tags(attribute: Mapping[str, Any], names: Iterable[str]) -> Optional[Dict[str, Any]]:
    """The item of an attribute of MISP whose tags our export wrote, or None where it wrote none."""
    own: Dict[str, List[str]] = {}
    tags: List[str] = []
    for name in names:
        match = _TAG.match(name)
        value = _json(match.group(2)) if match else None
        if match is None or not isinstance(value, str):
            tags.append(name)
        elif match.group(1) == "tag":
            tags.append(value)
        else:
            own.setdefault(match.group(1), []).append(value)
    if not own:
        return None
    given: Dict[str, Any] = {"type": own.get("type", [""])[0], "value": attribute.get("value")}
    for name in FIELD_NAMES:
        if name in own:
            given[name] = own[name] if name in _LISTS else _flag(name, own[name][0])
    if tags:
        given["tags"] = tags
    if isinstance(attribute.get("comment"), str) and attribute["comment"]:
        given["description"] = attribute["comment"]
    return _item(given) if MISP_TYPES.get(given["type"]) == attribute.get("type") else None


def _flag(name: str, text: str) -> Any:
    if FIELDS[name].kind != "bool":
        return text
    try:
        return truth(text)
    except ValueError:
        return text

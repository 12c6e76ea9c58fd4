# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fields of an item as users write it: one table that the argument specs and the item reader both follow.

Ansible's own validator names no index and takes about 90 microseconds an item; lists of 100,000 items go through
L{read} instead. Both accept the same spellings, since both are driven by L{FIELDS}.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from .values import TYPES

#: C{action_query_v1}
ACTIONS = ("no_action", "allow", "detect", "prevent", "prevent_no_ui")
#: C{severity_query_v1}, lowest first
SEVERITIES = ("informational", "low", "medium", "high", "critical")
#: C{platform_query_v1}
DESKTOP_PLATFORMS = ("windows", "mac", "linux")
MOBILE_PLATFORMS = ("ios", "android")
PLATFORMS = DESKTOP_PLATFORMS + MOBILE_PLATFORMS

TRUE_WORDS = frozenset(("y", "yes", "on", "1", "true", "t", "1.0"))
FALSE_WORDS = frozenset(("n", "no", "off", "0", "false", "f", "0.0"))


class FieldProblem(ValueError):
    """What is wrong with one field of an item.

    @ivar field: the field's name
    """

    def __init__(self, field: str, text: str) -> None:
        super().__init__(f"{field}: {text}")
        self.field = field


@dataclass(frozen=True)
class Field:
    """One field of an item.

    @ivar kind: C{str}, C{int}, C{bool} or C{list} (of text)
    @ivar choices: the only values it takes; none where it is free
    @ivar default_for_all: it may stand in C{defaults} and C{defaults_by_type}
    """

    name: str
    kind: str = "str"
    choices: Tuple[str, ...] = ()
    default_for_all: bool = True


FIELDS: Dict[str, Field] = {
    field.name: field
    for field in (
        Field("state", choices=("present", "absent"), default_for_all=False),
        Field("type", choices=TYPES, default_for_all=False),
        Field("value", default_for_all=False),
        Field("action", choices=ACTIONS),
        Field("mobile_action", choices=ACTIONS),
        Field("severity", choices=(*SEVERITIES, "")),
        Field("platforms", "list", choices=PLATFORMS),
        Field("applied_globally", "bool"),
        Field("host_groups", "list"),
        Field("expiration"),
        Field("expiration_days", "int"),
        Field("renew_within_days", "int"),
        Field("description"),
        Field("source"),
        Field("tags", "list"),
        Field("filename"),
        Field("policy", choices=("detect", "none")),
        Field("share_level", choices=("red",)),
        Field("ignore", "bool", default_for_all=False),
        Field("id", default_for_all=False),
    )
}


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, (int, float)):
        return str(value)
    raise ValueError(f"text is wanted, got {_kind_of(value)}")


def _integer(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        try:
            return int(value.strip())
        except ValueError:
            pass
    raise ValueError(f"a whole number is wanted, got {_shown(value)}")


def truth(value: object) -> bool:
    """Read a boolean in any of the spellings that Ansible takes.

    @raise ValueError: it is none of them
    """
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, (str, int, float)) else ""
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError(f"true or false is wanted, got {_shown(value)}")


def _texts(value: object) -> List[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")] if value else []
    if isinstance(value, (list, tuple)):
        # Of an option that is an empty text Ansible makes a list of one empty text.
        return [_text(element) for element in value] if list(value) != [""] else []
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return [str(value)]
    raise ValueError(f"a list is wanted, got {_kind_of(value)}")


_READERS: Dict[str, Callable[[object], Any]] = {"str": _text, "int": _integer, "bool": truth, "list": _texts}


def read(
    raw: object, allowed: Optional[Callable[[Field], bool]] = None
) -> Tuple[Dict[str, Any], List[FieldProblem]]:
    """Read the fields of one item, or of one mapping of defaults.

    A field that is C{None} counts as omitted, as everywhere in Ansible.

    @param raw: the mapping as it was written
    @param allowed: which fields may stand in it; all where omitted
    @return: the fields that were given, each in its Python type, and what is wrong with the others
    """
    if not isinstance(raw, Mapping):
        return {}, [FieldProblem("item", f"a mapping is wanted, got {_kind_of(raw)}")]
    fields: Dict[str, Any] = {}
    problems: List[FieldProblem] = []
    for name, value in raw.items():
        field = FIELDS.get(name) if isinstance(name, str) else None
        if field is None or (allowed is not None and not allowed(field)):
            problems.append(_unknown(str(name), field))
            continue
        if value is None:
            continue
        try:
            fields[field.name] = _checked(field, _READERS[field.kind](value))
        except ValueError as problem:
            problems.append(FieldProblem(field.name, str(problem)))
    return fields, problems


def _checked(field: Field, value: Any) -> Any:
    if field.choices:
        given: Sequence[str] = value if field.kind == "list" else (value,)
        for element in given:
            if element not in field.choices:
                choices = ", ".join(choice or '""' for choice in field.choices)
                raise ValueError(f"{_shown(element)} is none of {choices}")
    return value


def _unknown(name: str, field: Optional[Field]) -> FieldProblem:
    """A field that does not exist, or that may not stand where it stands."""
    from difflib import get_close_matches

    if field is not None:
        return FieldProblem(name, "stands on an item, it cannot be a default")
    near = get_close_matches(name, list(FIELDS), n=1)
    return FieldProblem(name, "there is no such field here" + (f"; did you mean {near[0]}?" if near else ""))


def _kind_of(value: object) -> str:
    return {dict: "a mapping", list: "a list", bool: "a boolean"}.get(type(value), type(value).__name__)


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else str(value)
    return repr(text if len(text) <= 80 else text[:77] + "...")

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the fields that users write, in every spelling that Ansible takes.

Ansible's own validator names no index and takes about 90 microseconds an item; lists of 100,000 items are read here
instead. Both accept the same spellings, since both follow `fields.FIELDS`.
"""

from __future__ import annotations

import datetime
import re
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from .fields import FIELDS, Field, FieldProblem, UnknownChoice
from .wording import quoted, shortened

Fields = Dict[str, Any]

TRUE_WORDS = frozenset(("y", "yes", "on", "1", "true", "t", "1.0"))
FALSE_WORDS = frozenset(("n", "no", "off", "0", "false", "f", "0.0"))

#: What the name of a platform, type or action looks like, known or not.
_CHOICE = re.compile(r"[a-z][a-z0-9_]{1,39}", re.ASCII)


def read(raw: object, allowed: Optional[Callable[[Field], bool]] = None) -> Tuple[Fields, List[FieldProblem]]:
    """Read the fields of one item, or of one mapping of defaults.

    A field that is None counts as omitted, as everywhere in Ansible. `allowed` says which fields may be given; all
    where it is left out. Returns the fields that were given, each in its Python type, and what is wrong with the
    others. A value that only a newer Falcon may know is returned, and reported as an `UnknownChoice`.
    """
    if not isinstance(raw, Mapping):
        return {}, [FieldProblem("item", f"must be a mapping, got {_kind_of(raw)}")]
    fields: Fields = {}
    problems: List[FieldProblem] = []
    for name, value in raw.items():
        field = FIELDS.get(name) if isinstance(name, str) else None
        if field is None or (allowed is not None and not allowed(field)):
            problems.append(_unknown(str(name), field))
            continue
        if value is None:
            continue
        try:
            found = _READERS[field.kind](value)
            problem = _choice_problem(field, found) if field.choices else None
        except ValueError as wrong:
            problem = FieldProblem(field.name, str(wrong))
        if problem is not None:
            problems.append(problem)
        if problem is None or isinstance(problem, UnknownChoice):
            fields[field.name] = found
    return fields, problems


def normal(given: Fields, problems: List[FieldProblem]) -> Fields:
    """Bring given fields into normal form, on an item or among defaults; what is wrong is added to the problems."""
    fields: Fields = {}
    for name, value in given.items():
        if name in ("id", "share_level"):
            continue
        try:
            fields[name] = FIELDS[name].normal(value)
        except ValueError as problem:
            problems.append(FieldProblem(name, str(problem)))
    if "expiration" in given and "expiration_days" in given:
        problems.append(FieldProblem("expiration_days", "cannot be combined with expiration"))
    if "policy" in fields:
        if "action" in fields:
            problems.append(FieldProblem("policy", "cannot be combined with action, which means the same"))
        fields["action"] = "detect" if fields["policy"] == "detect" else "no_action"
    return fields


def truth(value: object) -> bool:
    """Read a boolean in any of the spellings that Ansible takes; raises ValueError where it is none of them."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, (str, int, float)) else ""
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ValueError(f"expected true or false, got {quoted(value)}")


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    if isinstance(value, (int, float)):
        return str(value)
    raise ValueError(f"expected text, got {_kind_of(value)}")


def _integer(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        try:
            return int(value.strip())
        except ValueError:
            pass
    raise ValueError(f"expected an integer, got {quoted(value)}")


def _texts(value: object) -> List[str]:
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")] if value else []
    if isinstance(value, (list, tuple)):
        # Of an option that is an empty text Ansible makes a list of one empty text.
        return [_text(element) for element in value] if list(value) != [""] else []
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return [str(value)]
    raise ValueError(f"expected a list, got {_kind_of(value)}")


_READERS: Dict[str, Callable[[object], Any]] = {"str": _text, "int": _integer, "bool": truth, "list": _texts}


def _choice_problem(field: Field, value: Any) -> Optional[FieldProblem]:
    given: Sequence[str] = value if field.kind == "list" else (value,)
    unknown = [element for element in given if element not in field.choices]
    if not unknown:
        return None
    choices = ", ".join(choice or '""' for choice in field.choices)
    text = f"must be one of {choices}, got {quoted(unknown[0])}"
    if field.open and all(_CHOICE.fullmatch(element) for element in unknown):
        return UnknownChoice(field.name, text, unknown[0])
    return FieldProblem(field.name, text)


def _unknown(name: str, field: Optional[Field]) -> FieldProblem:
    """A field that does not exist, or that may not be where it is."""
    from difflib import get_close_matches  # slow to import, and seldom needed

    if field is not None:
        return FieldProblem(name, "belongs to an item, it cannot be a default")
    near = get_close_matches(name[:80], list(FIELDS), n=1)
    return FieldProblem(shortened(name), "unknown field" + (f"; did you mean {near[0]}?" if near else ""))


def _kind_of(value: object) -> str:
    return {dict: "a mapping", list: "a list", bool: "a boolean"}.get(type(value), type(value).__name__)

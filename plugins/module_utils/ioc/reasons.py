# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reasons as data: why a plan is refused, why an item failed, why an item was left alone.

Each has a code, in snake case and stable, for whoever decides, and a message for whoever reads. No code of this
collection reads a message.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional

from .values import DOMAIN_LENGTH
from .wording import shortened, some, visible

INVALID, INHERITED = "invalid", "inherited"
IGNORED, LEFT, FOREIGN, PROTECTED, ODD, REACHED = (
    *("ignored", "left_to_earlier_list", "foreign", "protected", "odd_record", "reached"),
)


@dataclass
class Refusal:
    """Why nothing may be written, or why nothing is purged.

    `items` names what it is about, in full; the message names the first few. `option` is the option that decides,
    as the message writes it, so that a role can put its own variable there. `list` is the name of the list in a
    deployment of several.
    """

    code: str
    message: str
    items: List[str] = field(default_factory=list)
    option: str = ""
    list: str = ""

    def as_dict(self) -> Dict[str, Any]:
        shown = {"code": self.code, "message": self.message, "items": self.items}
        return {**shown, "list": self.list} if self.list else shown

    @property
    def brief(self) -> str:
        """The message without the names, for where the plan is shown beside it."""
        text = self.message
        for separator in (", ", "; "):
            text = text.replace(f": {some(self.items, separator)}", "") if self.items else text
        return text

    def __str__(self) -> str:
        return self.message


def name_of(kind: str, value: str) -> str:
    """An indicator as a message names it."""
    return " ".join(part for part in (shortened(kind), _whole(value)) if part)


def _whole(value: str) -> str:
    """A value as it is where it can be one of an indicator, so that it can be compared; else its beginning."""
    return visible(value) if len(value) <= DOMAIN_LENGTH else shortened(value)


@dataclass
class Failure:
    """An item, or an owned indicator, that was not brought to what was asked.

    `operation` is what was attempted: validate, create, update or delete. `purge` says that no item names the
    indicator: a purge was to delete it.
    """

    kind: str
    value: str
    operation: str
    message: str
    index: Optional[int] = None
    place: str = ""
    code: str = INVALID
    purge: bool = False

    def as_dict(self) -> Dict[str, Any]:
        return {
            "index": self.index,
            "type": self.kind,
            "value": self.value,
            "operation": self.operation,
            "code": self.code,
            "message": self.message,
        }

    @property
    def where(self) -> str:
        """The place in the list and the indicator, as far as they are known."""
        name = name_of(self.kind, self.value)
        place = visible(self.place)
        return " ".join(part for part in (place, f"({name})" if name and place else name) if part)

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


@dataclass
class SetAside:
    """An item that is left alone on purpose: nothing is written for it, and that is no failure.

    `code` is ignored, left_to_earlier_list, foreign, protected, odd_record or reached (by more hosts than allowed).
    `details` are what is particular to the code: the `source` of a foreign one, the `reason` of a protected one, the
    `list` that one is left to.
    """

    code: str
    kind: str
    value: str
    message: str
    index: Optional[int] = None
    place: str = ""
    details: Dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> Dict[str, Any]:
        return {"type": self.kind, "value": self.value, **self.details}

    def __str__(self) -> str:
        return f"{name_of(self.kind, self.value)}: {self.message}"

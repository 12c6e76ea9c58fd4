# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One write to a tenant, as data."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional

from . import durations, ring_tags
from .fields import shown
from .item import Desired
from .record import Record, predicted, to_item
from .values import Identity

CREATE, UPDATE, DELETE = "create", "update", "delete"


def no_objection(*_about: Any) -> None:
    """No objection."""


@dataclass(frozen=True)
class Vocabulary:
    """What the API that a plan is for can express.

    `severities` says that it has severities, `counts_days` that it takes a number of days instead of an expiration.
    `refuse` says why a body cannot be written, naming the option; None where it can.
    """

    severities: bool = True
    counts_days: bool = False
    refuse: Callable[[str, Mapping[str, Any]], Optional[str]] = no_objection


#: The current API can express everything.
CURRENT = Vocabulary()


@dataclass
class Change:
    """One write.

    `body` is what is sent, without `id`. `before` has the fields that change, in the vocabulary of items, as they are,
    and `after` as they will be: what is sent, and what Falcon changes by itself along with it. Where the expiration
    is stamped, `life` says how far ahead of now.
    """

    operation: str
    kind: str
    value: str
    desired: Optional[Desired] = None
    record: Optional[Record] = None
    body: Dict[str, Any] = field(default_factory=dict)
    before: Dict[str, Any] = field(default_factory=dict)
    after: Dict[str, Any] = field(default_factory=dict)
    life: Optional[datetime.timedelta] = None

    @property
    def identity(self) -> Identity:
        return self.kind, self.value

    @property
    def purge(self) -> bool:
        """Whether no item asks for it: a purge does."""
        return self.desired is None

    @property
    def id(self) -> str:
        return str(self.record.get("id", "")) if self.record else ""

    def predicted(self) -> Record:
        """The record as it will be, as far as a client can know."""
        body = {name: value for name, value in self.body.items() if name != "expiration_days"}
        if len(body) < len(self.body):
            body["expiration"] = self.after["expiration"]
        return predicted(self.record, body)

    def canonical(self) -> List[Any]:
        """What the digest of a plan is made of: what changes, from what to what, on which record."""
        after = dict(self.after)
        if self.life is not None and "expiration" in after:
            after["expiration"] = f"+{durations.shown(self.life)}"
        before = to_item(self.record) if self.operation == DELETE and self.record else self.before
        return [self.operation, self.kind, self.value, self.id, _ordered(before), _ordered(after)]


def _ordered(fields: Mapping[str, Any]) -> Dict[str, Any]:
    """Fields without the order of their lists, which means nothing and which a tenant may change."""
    found = {name: sorted(value) if isinstance(value, list) else value for name, value in fields.items()}
    if found.get("tags"):  # when a ring was entered says nothing about what is done
        found["tags"] = sorted(ring_tags.without_stamp(tag) for tag in found["tags"])
    return found


def asked(item: Desired) -> Dict[str, Any]:
    """What an item asks for, in the vocabulary of items, its owner aside."""
    fields = shown({name: value for name, value in item.fields.items() if name != "source"})
    if item.life is not None:
        fields["expiration"] = f"+{durations.shown(item.life)}"
    if item.ring:
        fields["ring"] = item.ring
    if item.ignore:
        return {"ignore": True}
    return {"state": item.state, **fields}

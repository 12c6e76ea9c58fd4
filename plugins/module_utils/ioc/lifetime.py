# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long an indicator lives: renewed, retired when its time is over, never longer than allowed. Pure."""

from __future__ import annotations

import datetime
from typing import Iterable, Mapping, Optional, Sequence

from . import expiry
from .fields import STORED, FieldProblem
from .item import Desired
from .record import Record, has_expired

KEEP, RENEW, DELETE_EXPIRED = "keep", "renew", "delete"


def renewed(item: Desired, expired: str, now: datetime.datetime) -> Desired:
    """An item whose own end has passed, or is near, takes the lifetime of its defaults instead.

    That is what lets a record as `falcon_ioc_info` returns it be renewed. It happens with `renew_within_days`, or
    where `expired` is renew.
    """
    end = item.fields.get("expiration")
    if item.fallback_life is None or end is None or not (item.renew_within or expired == RENEW):
        return item
    if end > now + datetime.timedelta(days=item.renew_within):
        return item
    return _with_life(item, item.fallback_life)


def _with_life(item: Desired, life: datetime.timedelta) -> Desired:
    fields = {name: value for name, value in item.fields.items() if name != "expiration"}
    return item.replaced(fields=fields, life=life)


def later_end(item: Desired, now: datetime.datetime) -> bool:
    """Whether the item itself sets an expiration in the future, or none at all."""
    if "expiration" not in item.fields:
        return False
    end = item.fields["expiration"]
    return end is None or end > now


def retired(item: Desired, own: Sequence[Record], buried: Iterable[Record], now: datetime.datetime) -> bool:
    """Whether the time of a listed indicator is over, where expired ones are deleted.

    It is where its record has expired, or where there is none and its own end has passed, or the last record of the
    list had expired when it was deleted. A later end that the item itself names revives it. `buried` are the list's
    own deleted records.
    """
    if later_end(item, now):
        return False
    if own:
        return all(has_expired(record, now) for record in own)
    if "expiration" in item.fields:
        return True
    last = max(buried, key=_gone, default=None)
    return last is not None and died_of_age(last)


def _gone(record: Record) -> datetime.datetime:
    """When a deleted record was deleted; a record that does not tell comes before all others."""
    return expiry.stored(record.get("modified_on")) or datetime.datetime.min.replace(
        tzinfo=datetime.timezone.utc
    )


def needs_history(item: Desired, own: Sequence[Record]) -> bool:
    """Whether only the tenant's deleted records tell if the time of an indicator is over."""
    return not own and "expiration" not in item.fields


def died_of_age(record: Mapping[str, object]) -> bool:
    """Whether a deleted record had expired by the time it was deleted."""
    end = STORED["expiration"](record)
    gone = expiry.stored(record.get("modified_on"))
    return end is not None and gone is not None and end <= gone


def outlives(
    item: Desired, record: Optional[Record], longest: datetime.timedelta, now: datetime.datetime
) -> bool:
    """Whether an indicator would live longer than allowed from now on. An end that is never is longer than any."""
    if "expiration" in item.fields:
        end = item.fields["expiration"]
        return end is None or end > now + longest
    if item.life is not None and item.life > longest:
        return True
    end = STORED["expiration"](record) if record is not None else None
    if end is None:
        return item.life is None
    return bool(end > now + longest)


def capped(item: Desired, longest: datetime.timedelta) -> Desired:
    """The item with the longest lifetime that is allowed."""
    life = longest if item.life is None else min(item.life, longest)
    return _with_life(item, life).replaced(longest=longest)


def check_renewal(item: Desired, record: Record, expired: str, now: datetime.datetime) -> None:
    """Raises FieldProblem where an expired record is to be renewed and nothing says for how long."""
    if expired == RENEW and has_expired(record, now) and item.life is None and not later_end(item, now):
        raise FieldProblem(
            "expiration_days", "is required to renew an expired indicator; set it in the defaults"
        )

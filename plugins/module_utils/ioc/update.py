# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One item and its record: what has to be written so that the record is as the item asks."""

from __future__ import annotations

import datetime
from typing import Any, Dict, Optional, Sequence, Tuple

from . import fit, rules
from .change import UPDATE, Change, Vocabulary
from .fields import STORED, FieldProblem, in_order, shown, unknown_platforms
from .item import Desired
from .reading import Fields
from .record import Record, actions_of, has_expired, holds

#: What a change of these may require of the severity.
_DECIDING = ("action", "mobile_action", "platforms")


def updated(
    item: Desired, record: Record, now: datetime.datetime, vocabulary: Vocabulary
) -> Optional[Change]:
    """The write that brings a record to what an item asks, or None where nothing has to change.

    Raises FieldProblem where the item asks for what the record cannot become.
    """
    fields = item.fields
    wanted = {name: value for name, value in fields.items() if not holds(record, name, value)}
    if not wanted and item.life is None and not _needs_groups(fields, record) and _fits(item, record):
        return None
    stored = STORED["platforms"](record)
    if "platforms" in wanted:
        wanted["platforms"] = in_order((*wanted["platforms"], *unknown_platforms(stored)))
    platforms: Sequence[str] = wanted.get("platforms") or stored
    fit.drop_unfit(item, wanted, platforms)
    fit.check_fit(item, platforms)
    _scope(fields, record, wanted)
    life = _expire(item, record, wanted, now, vocabulary)
    if has_expired(record, now) and "expiration" not in wanted:
        for name in rules.ACTION_PLATFORMS:  # expiry has reset them: not drift
            wanted.pop(name, None)
    _act(item, record, wanted, platforms, vocabulary)
    if not wanted:
        return None
    before, after = _told(record, wanted, platforms)
    body = fit.body_of(item.kind, _with_actions(record, wanted, platforms), life, vocabulary)
    return Change(UPDATE, item.kind, item.value, item, record, body, before, after, life)


def _told(record: Record, wanted: Fields, platforms: Sequence[str]) -> Tuple[Dict[str, Any], Dict[str, Any]]:
    """The fields that the write changes as they are and as they will be, its side effects included."""
    before = {name: STORED[name](record) for name in wanted}
    after = dict(wanted)
    if "applied_globally" in wanted:
        before["host_groups"] = STORED["host_groups"](record)
        after.setdefault("host_groups", ())
    if "platforms" in wanted:
        stored = STORED["platforms"](record)
        for name, used in rules.ACTION_PLATFORMS.items():
            found = STORED[name](record)
            if used(stored) and not used(platforms):  # Falcon drops the action along with its platforms
                before[name] = found
                if found != "no_action":
                    after[name] = "no_action"
            elif used(platforms) and not used(stored) and name in after:
                before[name] = "no_action"  # whatever the record says of platforms that it does not use
    return shown(before), shown(after)


def _fits(item: Desired, record: Record) -> bool:
    """Whether an item without drift asks for nothing impossible of the record as it is."""
    fields = item.fields
    if fields.keys().isdisjoint(("action", "mobile_action", "severity")):
        return True
    platforms = STORED["platforms"](record)
    if any(name in fields and not rules.accepts(name, platforms) for name in rules.ACTION_PLATFORMS):
        return False
    return not fields.get("severity") or not rules.severity_refused(actions_of(record))


def _needs_groups(fields: Fields, record: Record) -> bool:
    return bool(fields.get("host_groups")) and bool(STORED["applied_globally"](record))


def _scope(fields: Fields, record: Record, wanted: Fields) -> None:
    """Switch between global and host groups as a whole: exactly one of them holds."""
    if fields.get("host_groups"):
        if STORED["applied_globally"](record):
            wanted["applied_globally"] = False
            wanted["host_groups"] = fields["host_groups"]
    elif wanted.get("applied_globally") is False:
        raise FieldProblem("applied_globally", "false needs host_groups")
    else:
        wanted.pop("host_groups", None)


def _expire(
    item: Desired, record: Record, wanted: Fields, now: datetime.datetime, vocabulary: Vocabulary
) -> Optional[datetime.timedelta]:
    """Decide on the expiration. Returns how far ahead of now it is stamped, where it is."""
    if item.life is not None:
        end = STORED["expiration"](record)
        window = datetime.timedelta(days=item.renew_within)
        late = item.longest is not None and end is not None and end > now + item.longest
        if end is None or has_expired(record, now) or end - now < window or late:
            wanted["expiration"] = fit.stamp(item.life, now, vocabulary)
            return item.life
    else:
        fit.check_ahead(wanted.get("expiration"), now)
    return None


def _act(
    item: Desired, record: Record, wanted: Fields, platforms: Sequence[str], vocabulary: Vocabulary
) -> None:
    """Make actions, platforms and severity fit together after the change."""
    if "platforms" in wanted:
        stored = STORED["platforms"](record)
        for name, used in rules.ACTION_PLATFORMS.items():
            if used(platforms) and not used(stored):
                if name not in item.fields:
                    adding = "desktop" if name == "action" else "mobile"
                    raise FieldProblem(name, f"is required when {adding} platforms are added")
                wanted[name] = item.fields[name]
    merged = {name: wanted.get(name, STORED[name](record)) for name in rules.ACTION_PLATFORMS}
    actions = rules.effective_actions({**merged, "platforms": platforms})
    stored_severity = STORED["severity"](record)
    asked = item.fields.get("severity")
    decided = not wanted.keys().isdisjoint(_DECIDING)
    if rules.severity_refused(actions):
        if asked and "severity" not in item.defaulted:
            raise FieldProblem("severity", "cannot be combined with action allow")
        wanted.pop("severity", None)
        if stored_severity and (decided or asked == ""):
            wanted["severity"] = ""
    elif decided or "severity" in wanted:
        severity = fit.severity_for(item, actions, wanted.get("severity", stored_severity), vocabulary)
        if severity != stored_severity:
            wanted["severity"] = severity


def _with_actions(record: Record, wanted: Fields, platforms: Sequence[str]) -> Fields:
    """With a new expiration the actions go along, since expiry may have reset them."""
    if "expiration" not in wanted:
        return wanted
    sent = dict(wanted)
    for name, used in rules.ACTION_PLATFORMS.items():
        if used(platforms):
            sent.setdefault(name, STORED[name](record))
    return sent

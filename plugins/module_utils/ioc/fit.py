# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of an item fits its platforms, its actions and the API: shared by creation and update.

A problem with the item is raised as a FieldProblem that names the field.
"""

from __future__ import annotations

import datetime
from typing import Any, Dict, Mapping, Optional, Sequence, Set

from . import durations, expiry, rules
from .change import Vocabulary
from .fields import DESKTOP_PLATFORMS, FIELDS, MOBILE_PLATFORMS, FieldProblem
from .item import Desired
from .reading import Fields

#: Longest `description` and `source` that are sent, in characters (the legacy API's limit).
LONGEST_TEXT = 200


def drop_unfit(item: Desired, fields: Fields, platforms: Sequence[str]) -> None:
    """Take out the defaults that turn out not to fit the platforms."""
    for name in rules.ACTION_PLATFORMS:
        if name in item.defaulted and not rules.accepts(name, platforms):
            fields.pop(name, None)


def check_fit(item: Desired, platforms: Sequence[str]) -> None:
    own = set(item.fields).difference(item.defaulted)
    if "action" in own and not rules.accepts("action", platforms):
        names = ", ".join(DESKTOP_PLATFORMS)
        raise FieldProblem("action", f"needs at least one of the platforms {names}; use mobile_action")
    if "mobile_action" in own and not rules.accepts("mobile_action", platforms):
        raise FieldProblem(
            "mobile_action", f"needs at least one of the platforms {', '.join(MOBILE_PLATFORMS)}"
        )


def severity_for(item: Desired, actions: Set[str], severity: str, vocabulary: Vocabulary) -> str:
    """The severity that goes with the actions.

    Raises FieldProblem where one is needed and there is none, or where there is one that does not fit.
    """
    if severity and rules.severity_refused(actions):
        raise FieldProblem("severity", "cannot be combined with action allow")
    if not severity and vocabulary.severities and rules.severity_required(actions):
        if item.by_policy:
            return "medium"
        needing = " and ".join(sorted(actions.intersection(("detect", "prevent"))))
        raise FieldProblem("severity", f"is required with action {needing}")
    return severity


def stamp(life: datetime.timedelta, now: datetime.datetime, vocabulary: Vocabulary) -> datetime.datetime:
    """The end of a life that begins now, to the second; the legacy API cuts it to midnight."""
    end = (now + life).replace(microsecond=0)
    return end.replace(hour=0, minute=0, second=0) if vocabulary.counts_days else end


def check_ahead(end: Optional[datetime.datetime], now: datetime.datetime) -> None:
    if end is not None and end <= now:
        raise FieldProblem(
            "expiration", f"{expiry.shown(end)} is in the past; Falcon takes only one in the future"
        )


def body_of(
    kind: str, wanted: Fields, life: Optional[datetime.timedelta], vocabulary: Vocabulary
) -> Dict[str, Any]:
    """Fields in the wire form of `api.IndicatorCreateReqV1` and `api.IndicatorUpdateReqV1`.

    Raises FieldProblem where a text is too long, or where the API has no place for a field.
    """
    body: Dict[str, Any] = {}
    for name, value in wanted.items():
        if name in ("description", "source") and len(value) > LONGEST_TEXT:
            raise FieldProblem(name, f"has {len(value)} characters, at most {LONGEST_TEXT} are allowed")
        if name == "expiration" and life is not None and vocabulary.counts_days:
            body["expiration_days"] = _whole_days(life)
        else:
            body.update(FIELDS[name].body(value))
    _check_vocabulary(kind, body, vocabulary)
    return body


def _whole_days(life: datetime.timedelta) -> int:
    if life % datetime.timedelta(days=1):
        raise FieldProblem(
            "expiration", f"the legacy API takes whole days only, got +{durations.shown(life)}"
        )
    return life.days


def _check_vocabulary(kind: str, body: Mapping[str, Any], vocabulary: Vocabulary) -> None:
    reason = vocabulary.refuse(kind, body)
    if reason is not None:
        raise FieldProblem("api", reason)

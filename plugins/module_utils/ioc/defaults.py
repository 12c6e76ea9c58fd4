# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Defaults: which of them an item takes, and what is wrong with them themselves."""

from __future__ import annotations

import datetime
from typing import Any, Callable, Optional, Sequence

from . import durations, rules
from .fields import FREE, FieldProblem
from .reading import Fields, normal, read


def read_defaults(raw: object, place: str) -> Fields:
    """Read a mapping of defaults, called `place` in a message.

    Raises FieldProblem where a field is unknown, or its value is wrong.
    """
    given, problems = read(raw, lambda field: field.default_for_all)
    fields = normal(given, problems)
    if fields.get("applied_globally") and fields.get("host_groups"):
        problems.append(FieldProblem("host_groups", "cannot be combined with applied_globally: true"))
    problems.extend(renewal_problems(fields))
    if problems:
        raise FieldProblem(place, "; ".join(str(problem) for problem in problems))
    return fields


def renewal_problems(fields: Fields) -> list[FieldProblem]:
    """A renewal that is due as soon as it has happened never settles."""
    window, life = fields.get("renew_within_days"), life_of(fields)
    if window is None or life is None or datetime.timedelta(days=window) < life:
        return []
    days = (
        f"expiration_days {life.days}"
        if "expiration_days" in fields
        else f"expiration +{durations.shown(life)}"
    )
    text = f"must be less than {days}, got {window}; it would be renewed by every run"
    return [FieldProblem("renew_within_days", text)]


def life_of(fields: Fields) -> Optional[datetime.timedelta]:
    """How long an indicator lives from now on, where fields say that and not an instant."""
    if "expiration_days" in fields:
        return datetime.timedelta(days=fields["expiration_days"])
    end = fields.get("expiration")
    return end if isinstance(end, datetime.timedelta) else None


class Chooser:
    """Chooses, field by field, the first default that an item of this type and with these fields can take."""

    def __init__(self, kind: str, own: Fields, layers: Sequence[Fields]) -> None:
        self._kind = kind
        self._own = own
        self._layers = layers
        self.chosen: Fields = {}

    def run(self) -> Fields:
        kind = self._kind
        self._take("platforms", lambda found: set(found) & set(rules.platforms_for(kind)))
        if "platforms" in self.chosen:
            self.chosen["platforms"] = tuple(
                name for name in self.chosen["platforms"] if name in rules.platforms_for(kind)
            )
        platforms = self._own.get("platforms") or self.chosen.get("platforms")
        # Without any, those of the record count, which may be all that the type has: what they do not take is
        # dropped when they are known.
        possible = platforms or rules.platforms_for(kind)
        if rules.is_desktop(possible):
            self._take("action", lambda action: action in rules.actions_for(kind), along=("policy",))
        if rules.is_mobile(possible):
            self._take("mobile_action", lambda action: action in rules.mobile_actions_for(kind))
        likely = platforms or rules.default_platforms(kind)
        actions = rules.effective_actions({**self.chosen, **self._own, "platforms": likely})
        self._take("severity", lambda severity: not severity or not rules.severity_refused(actions))
        self._take_scope()
        self._take_expiration()
        for name in (*FREE, "ring"):
            self._take(name)
        if rules.takes_filename(kind):
            self._take("filename")
        return self.chosen

    def _take(
        self, name: str, fits: Callable[[Any], Any] = lambda _value: True, along: Sequence[str] = ()
    ) -> None:
        if name in self._own:
            return
        for layer in self._layers:
            if name in layer and fits(layer[name]):
                self.chosen.update((each, layer[each]) for each in (name, *along) if each in layer)
                return

    def _take_scope(self) -> None:
        if "host_groups" in self._own or self._own.get("applied_globally"):
            return
        names = [name for name in ("host_groups", "applied_globally") if name not in self._own]
        self._take_together(names)

    def _take_expiration(self) -> None:
        if "expiration" not in self._own and "expiration_days" not in self._own:
            self._take_together(["expiration", "expiration_days"])
        elif life_of(self._own) is None:
            lives = (life_of(layer) for layer in self._layers)
            life = next((found for found in lives if found is not None), None)
            if life is not None:
                self.chosen["fallback_life"] = life
        if life_of({**self.chosen, **self._own}) is not None or "fallback_life" in self.chosen:
            self._take("renew_within_days")

    def _take_together(self, names: Sequence[str]) -> None:
        """From the first layer that has any of them: they say one thing between them."""
        for layer in self._layers:
            if any(name in layer for name in names):
                self.chosen.update((name, layer[name]) for name in names if name in layer)
                return

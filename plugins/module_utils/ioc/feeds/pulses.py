# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pulses of AlienVault OTX: one, a list of them, or an answer that holds some."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping

from .model import Feed, Stop
from .records import rows_of


def is_pulses(document: Any) -> bool:
    """Whether a document holds pulses."""
    pulses = _pulses(document)
    return bool(pulses) and all(map(_is_pulse, pulses[:5]))


def rows(document: Any, feed: Feed) -> Iterator[Any]:
    """Read the indicators of every pulse; the number of a row is the ordinal of its indicator."""
    if isinstance(document, Mapping) and document.get("next"):
        yield Stop(feed.path, "feed_partial", "the answer names a next page of pulses")
    yield from rows_of([item for pulse in _pulses(document) for item in _items(pulse)], feed)


def _pulses(document: Any) -> List[Any]:
    if isinstance(document, list):
        return document
    results = document.get("results") if isinstance(document, Mapping) else None
    return results if isinstance(results, list) else [document]


def _is_pulse(one: Any) -> bool:
    inner = one.get("indicators") if isinstance(one, Mapping) else None
    return (
        isinstance(inner, list)
        and "name" in one
        and all(isinstance(each, Mapping) and "indicator" in each for each in inner[:5])
    )


def _items(pulse: Any) -> List[Dict[str, Any]]:
    """The indicators of a pulse, with its tags, and its name where they have no description of their own."""
    if not isinstance(pulse, Mapping):
        return []
    found = []
    for one in pulse.get("indicators") or []:
        if isinstance(one, Mapping):
            description = one.get("description") or one.get("title") or pulse.get("name")
            found.append(
                {
                    "type": one.get("type"),
                    "value": one.get("indicator"),
                    "description": description,
                    "tags": pulse.get("tags"),
                    "is_active": one.get("is_active"),
                    "expires": one.get("expiration"),
                }
            )
    return found

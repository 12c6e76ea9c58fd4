# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's tagged or wrapped values as plain Python values, as a module would receive them."""

from __future__ import annotations

from typing import Any, Dict

from .ansible_core import as_sent_to_a_module

_AS_THEY_ARE = frozenset((str, int, float, bool, type(None)))


def plain(value: object) -> Any:
    """A value without tags, in the types that JSON has.

    Ansible sends a module its options as JSON; this returns what the module would read, without writing the JSON.
    What is neither a mapping, a list nor a plain scalar, such as a value that is still encrypted, goes through
    Ansible's own encoder, which raises where a module could not be sent the value either.
    """
    return _plain(value, {})


def _plain(value: object, names: Dict[str, str]) -> Any:
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        copy: Dict[str, Any] = {}
        for name, element in value.items():
            known = (
                names.get(name) if isinstance(name, str) else as_sent_to_a_module({name: None}).popitem()[0]
            )
            if known is None:  # one text for the same name in all items of a long list
                known = names[_text(name)] = _text(name)
            copy[known] = element if type(element) in _AS_THEY_ARE else _plain(element, names)
        return copy
    if isinstance(value, (list, tuple, set)):
        return [_plain(element, names) for element in value]
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    return as_sent_to_a_module(value)


def _text(value: str) -> str:
    """Plain text, whatever class Ansible has wrapped it in: str() of its unsafe text is unsafe text again."""
    return str.__str__(value)

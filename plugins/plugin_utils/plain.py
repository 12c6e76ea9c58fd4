# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's tagged values as plain Python values, as a module would receive them."""

from __future__ import annotations

import json
from typing import Any, Dict

from ansible.module_utils.common.json import Direction, get_module_encoder

_AS_THEY_ARE = frozenset((str, int, float, bool, type(None)))


def plain(value: object) -> Any:
    """A value without tags, in the types that JSON has.

    Ansible sends a module its options as JSON; this gives what the module reads, without writing the text. What is
    neither a mapping, a list nor a plain scalar, such as a value still encrypted, is left to Ansible's own encoder.

    @raise Exception: what Ansible's encoder raises where a module could not be sent the value either
    """
    return _plain(value, {})


def _plain(value: object, names: Dict[str, str]) -> Any:
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict):
        copy: Dict[str, Any] = {}
        for name, element in value.items():
            known = names.get(name) if isinstance(name, str) else _encoded({name: None}).popitem()[0]
            if known is None:  # one text for the same name in all items of a long list
                known = names[str(name)] = str(name)
            copy[known] = element if type(element) in _AS_THEY_ARE else _plain(element, names)
        return copy
    if isinstance(value, (list, tuple, set)):
        return [_plain(element, names) for element in value]
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    return _encoded(value)


def _encoded(value: object) -> Any:
    return json.loads(json.dumps(value, cls=get_module_encoder("legacy", Direction.CONTROLLER_TO_MODULE)))

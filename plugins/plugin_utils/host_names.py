# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of inventory hosts from what the hosts of a tenant call themselves.

A host tells its own name, so whoever controls the host controls the name. As an inventory name it becomes part of
host patterns and of the paths of ``host_vars`` files, and ``localhost`` would turn a play against the controller.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Sequence

_NAME = re.compile(r"\w[\w.-]{0,252}\Z")
_DEVICE_ID_AT_END = re.compile(r"[0-9a-f]{32}\Z", re.IGNORECASE)
# Names that mean something to Ansible, or the machine that runs it.
_TAKEN = re.compile(r"(?:all|ungrouped|localhost(?:\..*)?|localhost[46](?:\..*)?|ip6-.*)\Z", re.IGNORECASE)


def usable(name: object, device_id: str) -> bool:
    """Whether a host may bear this name in an inventory.

    A name that ends like the id of another host is not usable, so that nobody can take another host's name.
    """
    if not isinstance(name, str) or not name:
        return False
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        pass
    else:
        return not (address.is_loopback or address.is_unspecified)
    if not _NAME.match(name) or _TAKEN.match(name):
        return False
    return not _DEVICE_ID_AT_END.search(name) or name == device_id


def unique(chosen: Sequence[tuple[str, str]]) -> list[str]:
    """One name for each (name, device id): hosts of the same name are told apart by their ids."""
    numbers = Counter(name for name, _device_id in chosen)
    return [name if numbers[name] == 1 else f"{name}_{device_id}" for name, device_id in chosen]

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which action, platform and severity fits which type of indicator.

The tables are those of the vendor's Terraform provider (resource `custom_ioc`), whose acceptance tests run
against a real tenant. A type, platform or action that is not among them may come with a newer Falcon: nothing is
said against it here.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, FrozenSet, Mapping, Sequence, Set, Tuple

from .fields import ACTIONS, DESKTOP_PLATFORMS, MOBILE_PLATFORMS, PLATFORMS

_HASH_TYPES = ("sha256", "md5")

_PLATFORMS_BY_TYPE: Dict[str, Tuple[str, ...]] = {
    "sha256": DESKTOP_PLATFORMS,
    "md5": DESKTOP_PLATFORMS,
    "domain": PLATFORMS,
    "ipv4": PLATFORMS,
    "ipv6": PLATFORMS,
    "all_subdomains": MOBILE_PLATFORMS,
}

#: Actions that make the sensor act on what it sees, so that a wrong value does harm.
GUARDED_ACTIONS: FrozenSet[str] = frozenset(("detect", "prevent", "prevent_no_ui"))

_DESKTOP = frozenset(DESKTOP_PLATFORMS)
_MOBILE = frozenset(MOBILE_PLATFORMS)


def platforms_for(kind: str) -> Tuple[str, ...]:
    """The platforms that a type can be used on."""
    return _PLATFORMS_BY_TYPE.get(kind, PLATFORMS)


def takes_platform(kind: str, platform: str) -> bool:
    return platform in platforms_for(kind) or platform not in PLATFORMS


def default_platforms(kind: str) -> Tuple[str, ...]:
    """The platforms of a new indicator that names none."""
    return MOBILE_PLATFORMS if kind == "all_subdomains" else DESKTOP_PLATFORMS


def actions_for(kind: str) -> Tuple[str, ...]:
    """What `action`, the one for desktop platforms, can be."""
    if kind in ("domain", "ipv4", "ipv6"):
        return ("no_action", "detect")
    return () if kind == "all_subdomains" else ACTIONS


def takes_action(kind: str, action: str) -> bool:
    """Whether `action` fits a type that has one."""
    return action in actions_for(kind) or action not in ACTIONS


def mobile_actions_for(kind: str) -> Tuple[str, ...]:
    """What `mobile_action` can be."""
    return () if kind in _HASH_TYPES else ACTIONS


def takes_filename(kind: str) -> bool:
    """Whether a type takes a file name."""
    return kind in _HASH_TYPES


def is_desktop(platforms: Sequence[str]) -> bool:
    return not _DESKTOP.isdisjoint(platforms)


def is_mobile(platforms: Sequence[str]) -> bool:
    return not _MOBILE.isdisjoint(platforms)


def effective_actions(fields: Mapping[str, Any]) -> Set[str]:
    """The actions that count, given the platforms: Falcon fills the other one with `no_action` by itself."""
    platforms = fields.get("platforms") or ()
    actions = set()
    if is_desktop(platforms):
        actions.add(str(fields.get("action") or "no_action"))
    if is_mobile(platforms):
        actions.add(str(fields.get("mobile_action") or "no_action"))
    return actions


#: The platforms that an action is for.
ACTION_PLATFORMS: Dict[str, Callable[[Sequence[str]], bool]] = {
    "action": is_desktop,
    "mobile_action": is_mobile,
}


def accepts(name: str, platforms: Sequence[str]) -> bool:
    """Whether an action may be given for these platforms; nothing is known about what an unknown one takes."""
    return ACTION_PLATFORMS[name](platforms) or not set(PLATFORMS).issuperset(platforms)


def severity_required(actions: Set[str]) -> bool:
    return not actions.isdisjoint(("detect", "prevent"))


def severity_refused(actions: Set[str]) -> bool:
    """Every action but `allow` takes a severity."""
    return actions == {"allow"}

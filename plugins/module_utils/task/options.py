# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Argument specs as values that merge, with the constraints between options beside the options they bind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Tuple

from ansible.module_utils.basic import env_fallback

from ..api.regions import AUTODISCOVER, CLOUDS


@dataclass(frozen=True)
class ArgumentSpec:
    """Options and what binds them; ``+`` merges two.

    ``options``: as ``argument_spec`` of an Ansible module
    """

    options: Dict[str, Any]
    mutually_exclusive: List[Any] = field(default_factory=list)
    required_together: List[Tuple[str, ...]] = field(default_factory=list)
    required_one_of: List[Tuple[str, ...]] = field(default_factory=list)
    required_if: List[Tuple[Any, ...]] = field(default_factory=list)
    required_by: Dict[str, Tuple[str, ...]] = field(default_factory=dict)

    def __add__(self, other: ArgumentSpec) -> ArgumentSpec:
        return ArgumentSpec(
            {**self.options, **other.options},
            self.mutually_exclusive + other.mutually_exclusive,
            self.required_together + other.required_together,
            self.required_one_of + other.required_one_of,
            self.required_if + other.required_if,
            {**self.required_by, **other.required_by},
        )

    def constraints(self) -> Dict[str, Any]:
        return {
            "mutually_exclusive": self.mutually_exclusive,
            "required_together": self.required_together,
            "required_one_of": self.required_one_of,
            "required_if": self.required_if,
            "required_by": self.required_by,
        }


def _from_environment(variable: str) -> Dict[str, Any]:
    return {"fallback": (env_fallback, [variable])}


AUTH = ArgumentSpec(
    {
        "client_id": {
            "type": "str",
            "no_log": False,
            "aliases": ["falcon_client_id"],
            **_from_environment("FALCON_CLIENT_ID"),
        },
        "client_secret": {
            "type": "str",
            "no_log": True,
            "aliases": ["falcon_client_secret"],
            **_from_environment("FALCON_CLIENT_SECRET"),
        },
        "auth": {
            "type": "dict",
            "options": {
                "access_token": {"type": "str", "no_log": True},
                "cloud": {"type": "str"},
                "base_url": {"type": "str"},
                "expires_in": {"type": "int"},
            },
        },
        "member_cid": {"type": "str", **_from_environment("FALCON_MEMBER_CID")},
        "cloud": {
            "type": "str",
            "choices": list(CLOUDS),
            "default": AUTODISCOVER,
            **_from_environment("FALCON_CLOUD"),
        },
        "base_url": {"type": "str", **_from_environment("FALCON_BASE_URL")},
    }
)

TRANSPORT = ArgumentSpec(
    {
        "proxy": {"type": "str", **_from_environment("FALCON_PROXY_URL")},
        "validate_certs": {"type": "bool", "default": True},
        "ca_path": {"type": "path"},
        "timeout": {"type": "int", "default": 30},
        "retries": {"type": "int", "default": 5},
        "max_wait": {"type": "int", "default": 60},
        "settle": {"type": "float", "default": 0.0},
        "user_agent": {"type": "str", **_from_environment("FALCON_USER_AGENT")},
    }
)

API = ArgumentSpec(
    {
        "api": {
            "type": "str",
            "choices": ["current", "legacy"],
            "default": "current",
            **_from_environment("FALCON_API"),
        },
    }
)

#: What every module that talks to Falcon takes.
CONNECTION = AUTH + TRANSPORT + API


PROTECTION = ArgumentSpec(
    {
        "protect": {
            "type": "dict",
            "default": {},
            "options": {
                "builtin": {"type": "bool", "default": True},
                "values": {"type": "list", "elements": "str"},
                "networks": {"type": "list", "elements": "str"},
                "domains": {"type": "list", "elements": "str"},
                "files": {"type": "list", "elements": "path"},
                "override": {"type": "list", "elements": "str"},
            },
        },
        "on_protected": {"type": "str", "choices": ["fail", "skip"], "default": "fail"},
    }
)

#: How a write is sent.
WRITING = ArgumentSpec(
    {
        "comment": {"type": "str"},
        "ignore_warnings": {"type": "bool", "default": False},
        "retrodetects": {"type": "bool", "default": False},
    }
)

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fields of one indicator as options; apart, so that modules that take none do not ship the table of fields."""

from __future__ import annotations

from typing import Any, Dict

from ..ioc.fields import FIELDS
from .options import ArgumentSpec


def _field(name: str) -> Dict[str, Any]:
    description = FIELDS[name]
    option: Dict[str, Any] = {"type": description.kind}
    if description.kind == "list":
        option["elements"] = "str"
    if description.choices:
        option["choices"] = list(description.choices)
    return option


#: The fields of one indicator, straight from the table that also reads the items of a list.
INDICATOR = ArgumentSpec(
    {
        **{name: _field(name) for name in FIELDS if name not in ("id", "ignore")},
        "state": {**_field("state"), "default": "present"},
        "type": {**_field("type"), "required": True},
        "value": {"type": "str", "required": True},
    },
    mutually_exclusive=[("expiration", "expiration_days"), ("action", "policy")],
    required_by={"renew_within_days": ("expiration_days",)},
)

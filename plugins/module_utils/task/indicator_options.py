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
        **{name: _field(name) for name in FIELDS if name not in ("ignore", "ring")},
        "state": {**_field("state"), "default": "present"},
    },
    required_one_of=[("type", "id")],
    required_together=[("type", "value")],
    mutually_exclusive=[("expiration", "expiration_days"), ("action", "policy")],
    required_by={"renew_within_days": ("expiration_days",)},
)

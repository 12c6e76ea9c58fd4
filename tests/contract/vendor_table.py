# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendor's API as FalconPy carries it: every operation with its query parameters.

Each exception below is a parameter that no published description has, with the clients that use it.
"""

from __future__ import annotations

Parameters = dict[str, str]

UNPUBLISHED: dict[tuple[str, str], Parameters] = {
    # Cortex XSOAR and PSFalcon page QueryIOCs and select several legacy indicators at once.
    ("GET", "/indicators/queries/iocs/v1"): {"limit": "integer", "offset": "integer", "sort": "string"},
    ("GET", "/indicators/entities/iocs/v1"): {"ids": "array"},
    ("PATCH", "/indicators/entities/iocs/v1"): {"ids": "array"},
    ("DELETE", "/indicators/entities/iocs/v1"): {"ids": "array"},
}


def vendor_table() -> dict[tuple[str, str], Parameters]:
    """Query parameters with their types, by method and path."""
    from falconpy._endpoint import api_endpoints

    table: dict[tuple[str, str], Parameters] = {}
    for _operation, method, path, _description, _service, parameters, *_rest in api_endpoints:
        found = table.setdefault((method, path.split("?")[0]), {})
        for parameter in parameters:
            if isinstance(parameter, dict) and parameter["in"] == "query":
                found[parameter["name"]] = parameter["type"]
    for route, more in UNPUBLISHED.items():
        table[route].update(more)
    return table

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every route and query parameter of the simulator is one of the vendor's, and the OpenAPI document says the same."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))

pytest.importorskip("falconpy")
pytest.importorskip("starlette")

from simulator.routes import OPERATIONS
from vendor_table import vendor_table

TABLE = vendor_table()
KINDS = {"string": "string", "integer": "integer", "boolean": "boolean"}
OPENAPI = Path(__file__).resolve().parent.parent / "simulator" / "openapi.yaml"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_operation_is_the_vendors(operation: object) -> None:
    route = (operation.method, operation.path)  # type: ignore[attr-defined]
    assert route in TABLE
    for parameter in operation.parameters:  # type: ignore[attr-defined]
        assert parameter.name in TABLE[route], f"{route} has no {parameter.name}"
        wanted = TABLE[route][parameter.name]
        if wanted == "array":
            assert parameter.multi
        elif not parameter.multi:  # a repeated string is published as a string
            assert KINDS[parameter.kind] == wanted


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_no_published_parameter_is_missing(operation: object) -> None:
    route = (operation.method, operation.path)  # type: ignore[attr-defined]
    assert set(TABLE[route]) == {parameter.name for parameter in operation.parameters}  # type: ignore[attr-defined]


def test_openapi_document_describes_exactly_these_operations() -> None:
    document = yaml.safe_load(OPENAPI.read_text(encoding="utf-8"))
    described = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            described[(method.upper(), path)] = {
                (parameter["name"], parameter.get("required", False))
                for parameter in operation.get("parameters", [])
            }
    services = {("POST", "/oauth2/token"), ("POST", "/oauth2/revoke")}
    assert set(described) - services == {(operation.method, operation.path) for operation in OPERATIONS}
    for operation in OPERATIONS:
        wanted = {(parameter.name, parameter.required) for parameter in operation.parameters}
        assert described[(operation.method, operation.path)] == wanted, operation.name

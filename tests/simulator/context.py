# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operation gets to work with: the simulator's parts, and one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Callable

from .answers import Answer, Refusal
from .auth import Client, Credentials
from .clock import Clock
from .faults import Faults
from .journal import Journal
from .limits import Limits
from .quirks import Quirks
from .store import Store


@dataclass
class Simulator:
    """Everything that one running simulator knows."""

    store: Store = field(default_factory=Store)
    strict: bool = True
    legacy: bool = False
    latency_seconds: float = 0.0
    quirks: Quirks = field(default_factory=Quirks)
    clock: Clock = field(default_factory=Clock)
    credentials: Credentials = field(default_factory=Credentials)
    limits: Limits = field(default_factory=Limits)
    journal: Journal = field(default_factory=Journal)
    faults: Faults = field(default_factory=Faults)


@dataclass(frozen=True)
class Parameter:
    """A query parameter: ``kind`` is string, integer or boolean; ``multi`` is a repeated key."""

    name: str
    kind: str = "string"
    required: bool = False
    multi: bool = False


@dataclass
class Call:
    """One authorised call of an operation."""

    simulator: Simulator
    client: Client
    tenant: int
    parameters: dict[str, Any]
    body: Any
    violations: list[str] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.simulator.store

    @property
    def quirks(self) -> Quirks:
        return self.simulator.quirks

    def text(self, name: str) -> str:
        """A string parameter, empty when it was not sent."""
        return str(self.parameters.get(name, ""))

    def flag(self, name: str) -> bool | None:
        """A boolean parameter, None when it was not sent."""
        value: bool | None = self.parameters.get(name)
        return value

    def number(self, name: str, default: int) -> int:
        """An integer parameter."""
        return int(self.parameters.get(name, default))

    def many(self, name: str) -> list[str]:
        """A repeated parameter, each value once."""
        return list(dict.fromkeys(self.parameters.get(name, [])))

    def object_body(self) -> dict[str, Any]:
        """The body, which must be a JSON object. Raises Refusal."""
        if not isinstance(self.body, dict):
            raise Refusal(400, "the request body must be a JSON object")
        return self.body

    def know_fields(self, body: dict[str, Any], known: Sequence[str]) -> None:
        """Refuse fields the operation does not have when the tenant is strict. Raises Refusal."""
        unknown = sorted(set(body) - set(known))
        if unknown and self.simulator.strict:
            raise Refusal(
                400, f"unknown field '{unknown[0]}'", violation=f"unknown field {', '.join(unknown)}"
            )


@dataclass(frozen=True)
class Operation:
    """One route: any of ``scopes`` opens it."""

    name: str
    method: str
    path: str
    handler: Callable[[Call], Answer]
    scopes: frozenset[str]
    parameters: tuple[Parameter, ...] = ()
    has_body: bool = False
    legacy_only: bool = False

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What belongs to the write test: its source and reserved values together. Nothing else is ever deleted."""

from __future__ import annotations

import hashlib
import ipaddress
from typing import Sequence

from ..api.errors import RequestRefused
from ..ioc.record import Record
from .doctor_probe import COMBINED, ENTITIES, Probe

SOURCE = "threatops.falcon.doctor"
#: The SHA-256 of this text is the one hash that the test uses.
HASHED_TEXT = "threatops.falcon doctor"
SHA256 = hashlib.sha256(HASHED_TEXT.encode()).hexdigest()
#: Names under this top-level domain are reserved for documentation (RFC 2606).
RESERVED_NAMES = ".example"
_NETWORKS = tuple(
    ipaddress.ip_network(text)
    for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)


def is_ours(record: Record) -> bool:
    """Whether an indicator is a leftover: it has the source of the test and a reserved value."""
    return record.get("source") == SOURCE and _is_reserved(str(record.get("type")), str(record.get("value")))


def _is_reserved(kind: str, value: str) -> bool:
    if kind == "sha256":
        return value.lower() == SHA256
    if kind == "domain":
        return value.lower().endswith(RESERVED_NAMES)
    try:
        return any(ipaddress.ip_address(value) in network for network in _NETWORKS)
    except ValueError:
        return False


def find_leftovers(probe: Probe) -> list[Record]:
    """Leftovers that are alive: what search shows is read again by id, since search may be behind.

    Raises FalconError.
    """
    found = probe.ask(
        COMBINED,
        [("filter", f"source:['{SOURCE}']+deleted:false"), ("limit", "100")],
        purpose="look for leftovers of the write test",
    )
    ids = [
        str(row["id"]) for row in found.resources if isinstance(row, dict) and is_ours(row) and row.get("id")
    ]
    return [record for record in by_id(probe, ids) if is_ours(record)]


def by_id(probe: Probe, ids: Sequence[str]) -> list[Record]:
    """Live indicators by id. Raises FalconError."""
    if not ids:
        return []
    try:
        rows = probe.ask(
            ENTITIES, [("ids", one) for one in ids], purpose="read indicators of the write test"
        ).resources
    except RequestRefused as error:
        if error.status != 404:
            raise
        rows = error.answer.resources
        if not rows and len(ids) > 1:  # a tenant that answers 404 as soon as one of several is unknown
            return [record for one in ids for record in by_id(probe, [one])]
    return [row for row in rows if isinstance(row, dict) and row.get("id") in ids and not row.get("deleted")]

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is exported of one indicator, and what the formats have in common."""

from __future__ import annotations

import datetime
import uuid
from typing import Any, Dict, Iterable, List, NamedTuple, Optional

from ...ioc import expiry

#: Is near the beginning of every exported file but a table, and tells one from a file of the user's own.
MARK = "Exported by threatops.falcon.falcon_ioc_export"
#: Names of objects are derived from it, so that the same tenant gives the same file.
_NAMESPACE = uuid.UUID("5d3c0f0e-6a36-4b7e-9d0c-3f0f5a3f6a11")
_EARLIEST = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


class Exported(NamedTuple):
    """An indicator in the vocabulary of falcon_iocs, and when the tenant says that it was created and modified."""

    item: Dict[str, Any]
    created: Optional[str] = None
    modified: Optional[str] = None


def present(indicators: Iterable[Exported]) -> List[Exported]:
    """What other tools may be given, in order: what is to be absent or left alone is for falcon_iocs alone."""
    found = [one for one in indicators if one.item.get("state") != "absent" and not one.item.get("ignore")]
    return sorted(found, key=lambda one: (str(one.item["type"]), str(one.item["value"])))


def created(one: Exported) -> datetime.datetime:
    return expiry.stored(one.created) or _EARLIEST


def modified(one: Exported) -> datetime.datetime:
    return max(expiry.stored(one.modified) or _EARLIEST, created(one))


def uuid_of(*parts: str) -> str:
    """A UUID that the same parts always give."""
    return str(uuid.uuid5(_NAMESPACE, "\0".join(parts).encode("utf-8", "replace").decode("utf-8")))

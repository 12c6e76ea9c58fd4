# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An export as JSON in the shape of `api.IndicatorCreateReqsV1`: the body of POST /iocs/entities/indicators/v1."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Sequence

from ...ioc import json_text
from ...ioc.feeds import exchange
from .model import MARK, Exported, present


def text(indicators: Sequence[Exported], _owner: str) -> str:
    """The body of a request that creates the indicators."""
    bodies = [_body(one.item) for one in present(indicators)]
    return json_text.dumps({"comment": MARK, "indicators": bodies}, indent=2) + "\n"


def _body(item: Mapping[str, Any]) -> Dict[str, Any]:
    body = {name: item[name] for name in exchange.COLUMNS if name in item and name != "filename"}
    body.setdefault("applied_globally", False)
    if "filename" in item:
        body["metadata"] = {"filename": item["filename"]}
    return body

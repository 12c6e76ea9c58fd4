# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON that an editor and a terminal show as it is: letters are written plainly, what cannot be seen is escaped."""

from __future__ import annotations

import json
import re
from typing import Any, Optional

#: Characters that a reader cannot see, that some programs take for line ends, or that a text file cannot hold.
UNSEEN = re.compile(
    "[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffc\ufffe\uffff]"
    "|[\U000e0000-\U000e007f]"
)
SURROGATE = re.compile("[\ud800-\udfff]")


def dumps(value: Any, indent: Optional[int] = None) -> str:
    """A value as JSON text that reads back equal, halves of surrogate pairs included."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return SURROGATE.sub(_escape, UNSEEN.sub(_escape, text))


def _escape(match: re.Match[str]) -> str:
    return json.dumps(match.group())[1:-1]

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a list of indicators, in one place: for falcon_iocs, and for every list of a deployment.

A new option of lists is added to LIST_POLICY (or LIST_CONTENT, where it is about what the list holds), to the
documentation fragment list_options, and to lists.ListOptions.
"""

from __future__ import annotations

from typing import Any, Dict

from .feed_options import FEEDS
from .lifecycle_options import LIFECYCLE
from .options import PROTECTION, ArgumentSpec

#: What a list holds, and whose it is.
LIST_CONTENT = FEEDS + ArgumentSpec(
    {
        "iocs": {"type": "list", "elements": "raw", "default": [], "aliases": ["indicators"]},
        "iocs_from": {"type": "list", "elements": "path", "default": []},
        "source": {"type": "str"},
    }
)

#: How far the run of a list may go. A deployment takes these once for all of its lists, and for each list.
LIST_POLICY = (
    PROTECTION
    + LIFECYCLE
    + ArgumentSpec(
        {
            "defaults": {"type": "dict", "default": {}},
            "defaults_by_type": {"type": "dict", "default": {}},
            "purge": {"type": "bool", "default": False, "aliases": ["prune"]},
            "purge_allow_empty": {"type": "bool", "default": False},
            "purge_allow_rejects": {"type": "bool", "default": False},
            "max_deletions": {"type": "str"},
            "max_shrink": {"type": "str", "default": "50%"},
            "on_foreign": {"type": "str", "choices": ["fail", "skip", "adopt"], "default": "fail"},
            "on_error": {"type": "str", "choices": ["continue", "fail"], "default": "continue"},
        }
    )
)

LIST = LIST_CONTENT + LIST_POLICY

#: How the tenant is read and written to.
SENDING = ArgumentSpec(
    {
        "batch_size": {"type": "int", "default": 200},
        "page_size": {"type": "int", "default": 2000},
        "concurrency": {"type": "int", "default": 4},
    }
)


def without_defaults(spec: ArgumentSpec) -> Dict[str, Any]:
    """The options of a list of several: one that is not given is that of the deployment."""
    return {
        name: {key: value for key, value in option.items() if key != "default"}
        for name, option in spec.options.items()
    }

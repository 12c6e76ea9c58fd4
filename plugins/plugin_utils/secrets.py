# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets kept out of results, as ``AnsibleModule`` keeps them out."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List

from ansible.module_utils.common.parameters import remove_values


def scrubbed(result: Dict[str, Any], secrets: Iterable[str]) -> Dict[str, Any]:
    """A result in which no secret is left.

    ``remove_values`` does the work, but it copies all it is given, and takes minutes for a million records. So it is
    called only when there is something to remove. Top-level booleans and ``None`` are kept, as ``AnsibleModule`` does.
    """
    texts = [str(secret) for secret in secrets if str(secret)]
    if not texts or not _holds_any(result, texts):
        return result
    kept = {name: value for name, value in result.items() if value is None or isinstance(value, bool)}
    return {**remove_values(result, texts), **kept}


def _holds_any(value: object, texts: List[str]) -> bool:
    pending = [value]
    while pending:
        current = pending.pop()
        if isinstance(current, dict):
            current = current.values()
        elif not isinstance(current, (list, tuple, set)):
            current = (current,)
        for element in current:
            if isinstance(element, (dict, list, tuple, set)):
                pending.append(element)
            elif element is not None:
                written = element if isinstance(element, str) else str(element)
                for text in texts:
                    if text in written:
                        return True
    return False

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters: to_iocs, refang and defang. Their documentation is in the YAML files beside this one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds.defang import (
    defang_text,
    refang_text,
)
from ansible_collections.threatops.falcon.plugins.plugin_utils.feed_items import FeedNotRead, items_of_text
from ansible_collections.threatops.falcon.plugins.plugin_utils.plain import plain


def to_iocs(
    text: object,
    format: str = "auto",  # noqa: A002  # called as the key of a feed
    types: Sequence[str] | None = None,
    url_to: str = "domain",
) -> Any:
    """The indicators in a text, each once, as items of falcon_iocs."""
    if not isinstance(text, str):
        raise AnsibleFilterError(f"to_iocs: expected text, got {type(text).__name__}")
    try:
        return items_of_text(plain(text), {"format": format, "types": plain(types), "url_to": url_to})
    except FeedNotRead as problem:
        raise AnsibleFilterError(f"to_iocs: {problem}") from problem


def refang(value: object) -> Any:
    """A text, or every text of a list, made plain again."""
    return _each("refang", refang_text, value)


def defang(value: object) -> Any:
    """A text, or every text of a list, that nobody can click."""
    return _each("defang", defang_text, value)


def _each(name: str, change: Callable[[str], str], value: object) -> Any:
    if isinstance(value, str):
        return change(plain(value))
    if isinstance(value, (list, tuple)):
        return [_each(name, change, element) for element in value]
    raise AnsibleFilterError(f"{name}: expected text or a list of texts, got {type(value).__name__}")


class FilterModule:
    """The filters of the collection."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """By name, as Ansible asks for them."""
        return {"to_iocs": to_iocs, "refang": refang, "defang": defang}

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Feeds for plugins that are no modules: the items of files, or of a text, as falcon_ioc_feed_info returns them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from typing import Any

from ..module_utils.task import feed
from ..module_utils.task.base import Context, TaskFailed

Items = list[dict[str, Any]]


class FeedNotRead(Exception):
    """A feed that cannot be read; the text says why."""


def items_of_files(paths: list[str], options: Mapping[str, Any]) -> tuple[Items, list[dict[str, Any]]]:
    """The items of feed files, and the rows that gave none. Raises FeedNotRead for a file that cannot be read."""
    feeds = [{**options, "path": path} for path in paths]
    try:
        result = feed.run({"feeds": feeds, "on_reject": "report"}, Context())
    except TaskFailed as failure:
        raise FeedNotRead(failure.message) from failure
    return result["iocs"], result["rejected"]


def items_of_text(text: str, options: Mapping[str, Any]) -> Items:
    """The items of a text, read as a feed file of the same content would be."""
    if not text.strip():
        return []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "text")
        with open(path, "w", encoding="utf-8", errors="surrogatepass") as stream:
            stream.write(text)
        try:
            return items_of_files([path], options)[0]
        except FeedNotRead as problem:
            raise FeedNotRead(str(problem).replace(path, "the text")) from problem

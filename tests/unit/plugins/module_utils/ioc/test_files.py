# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of others: regular, bounded, or a clear error."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds import source
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds.model import FeedProblem
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.files import FileProblem, read_regular

UNREADABLE = "/proc/self/mem"  # a regular file whose beginning gives an input/output error

needs_proc = pytest.mark.skipif(not Path(UNREADABLE).exists(), reason="this system has no /proc")


def test_a_regular_file(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(b"abc")
    assert read_regular(str(tmp_path / "list"), 3) == b"abc"
    with pytest.raises(FileProblem, match="its 3 bytes are more than the 2"):
        read_regular(str(tmp_path / "list"), 2)


@needs_proc
def test_a_file_that_does_not_tell_its_size() -> None:
    with pytest.raises(FileProblem, match="holds more than the 2 bytes"):
        read_regular("/proc/self/stat", 2)


@needs_proc
def test_a_file_that_cannot_be_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileProblem, match="cannot be read: "):
        read_regular(UNREADABLE, 2)
    with pytest.raises(FeedProblem, match="cannot be read: "):
        source.head(UNREADABLE)
    monkeypatch.setattr(source, "head", lambda _path, _size: "")
    with pytest.raises(FeedProblem, match="cannot be read: "):
        list(source.lines(UNREADABLE))
    with pytest.raises(FeedProblem, match="cannot be read: "):
        list(source.lines("/absent/feed"))

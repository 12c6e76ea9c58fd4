# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The troubleshooting guide quotes messages that the code really gives."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "docsite" / "rst" / "troubleshooting_guide.rst"


def quoted() -> list[str]:
    """The messages that are titles of sections; an ellipsis stands for what differs."""
    titles = re.findall(r"^(.*``.*)\n\^+$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    return [message for title in titles for message in re.findall(r"``(.*?)``", title)]


def texts() -> list[str]:
    """Every text in the sources, with an ellipsis for each value that is put into it."""
    found = []
    for path in ROOT.glob("plugins/module_utils/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = (part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
                found.append("".join(map(str, parts)))
    return found


TEXTS = texts()


def said(message: str) -> bool:
    pieces = [re.escape(piece.strip()) for piece in message.split("…") if piece.strip()]
    pattern = re.compile(".*".join(pieces), re.DOTALL)
    return any(pattern.search(text) for text in TEXTS)


@pytest.mark.parametrize("message", quoted())
def test_messages_of_the_guide_are_those_of_the_code(message: str) -> None:
    assert said(message), "no text in plugins/module_utils says that"


def test_a_message_that_nobody_says_is_noticed() -> None:
    assert quoted()
    assert not said("There are no … credentials here")

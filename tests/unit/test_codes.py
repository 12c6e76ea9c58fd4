# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of codes lists the codes that the code base gives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "docsite" / "rst" / "codes.rst").read_text(encoding="utf-8")

#: A code where it is given: an error class, a refusal, a stop of a purge, a failed write.
GIVEN = re.compile(r"""(?:\bcode(?:: [\w\[\]]+)? ?= ?|"code": |Refusal\(\s*|Stop\([\w.]+, )"([a-z_]+)\"""")
#: The code of the base class, which nothing raises.
NEVER_SEEN = {"failed"}


def given() -> set[str]:
    folders = ("api", "task", "ioc")
    paths = [path for folder in folders for path in (ROOT / "plugins/module_utils" / folder).rglob("*.py")]
    found = {code for path in paths for code in GIVEN.findall(path.read_text(encoding="utf-8"))}
    guards = (ROOT / "plugins/module_utils/ioc/guards.py").read_text(encoding="utf-8")
    for values in re.findall(
        r"^[A-Z_]+(?:, [A-Z_]+)* = (\"[a-z_]+\"(?:, \"[a-z_]+\")*)$", guards, re.MULTILINE
    ):
        found.update(re.findall(r"[a-z_]+", values))
    return found - NEVER_SEEN


@pytest.mark.parametrize("code", sorted(given()))
def test_every_code_is_on_the_page(code: str) -> None:
    assert f"``{code}``" in PAGE


def test_codes_are_found() -> None:
    assert {"max_deletions", "foreign", "permission", "feed_empty", "not_counted"} <= given()

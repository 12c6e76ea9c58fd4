# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reasons as data."""

from __future__ import annotations

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.reasons import Refusal
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.wording import some

NAMES = [f"domain {number}.example" for number in range(30)]


@pytest.mark.parametrize("separator", [", ", "; "])
def test_a_brief_message_names_nothing(separator: str) -> None:
    message = f"30 deletions, and max_deletions allows 7: {some(NAMES, separator)}; set x"
    assert Refusal("max_deletions", message, NAMES).brief == "30 deletions, and max_deletions allows 7; set x"


def test_a_message_without_names_is_brief() -> None:
    assert Refusal("empty_list", "it is: empty").brief == "it is: empty"

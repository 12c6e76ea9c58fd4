# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole texts, defanged so that nobody can click what is in them, and refanged."""

from __future__ import annotations

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds.defang import (
    defang_text,
    refang_text,
)


@pytest.mark.parametrize(
    "plain, defanged",
    [
        ("https://evil.com/a.b?c=d.e", "hxxps://evil[.]com/a.b?c=d.e"),
        ("HTTP://192.0.2.1:8080/x", "hxxp://192[.]0[.]2[.]1:8080/x"),
        ("ftp://files.evil.com", "fxp://files[.]evil[.]com"),
        ("evil.com", "evil[.]com"),
        ("evil.com:443", "evil[.]com:443"),
        ("192.0.2.1", "192[.]0[.]2[.]1"),
        ("2001:db8::1", "2001[:]db8[:][:]1"),
        ("Blocked evil.com, 192.0.2.1.", "Blocked evil[.]com, 192[.]0[.]2[.]1."),
        ("Seen at https://evil.com/!", "Seen at hxxps://evil[.]com/!"),
    ],
)
def test_what_can_be_clicked_is_defanged_and_comes_back(plain: str, defanged: str) -> None:
    assert defang_text(plain) == defanged
    assert defang_text(defanged) == defanged
    assert refang_text(defanged).lower() == plain.lower()


@pytest.mark.parametrize(
    "text", ["", "No indicator here.", "evil.com:port", "e.g. a word", "a..b", "setup.exe", "a" * 64]
)
def test_other_words_stay_as_they_are(text: str) -> None:
    assert defang_text(text) == text


def test_the_words_of_a_text_are_refanged_each_by_itself() -> None:
    assert refang_text("see hxxps://evil[.]com/x and\n192[.]0[.]2[.]1 now") == (
        "see https://evil.com/x and\n192.0.2.1 now"
    )

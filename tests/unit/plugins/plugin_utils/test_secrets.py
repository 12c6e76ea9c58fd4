# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret is left in a result, and a result without one is not copied."""

from __future__ import annotations

from ansible.module_utils.common.parameters import remove_values

from ansible_collections.threatops.falcon.plugins.plugin_utils.secrets import scrubbed

SECRET = "s3cr3t-canary"


def test_as_ansible_removes_them() -> None:
    result = {
        "changed": True,
        "msg": f"Falcon said {SECRET}",
        "list": [{"deep": (f"a {SECRET} b",)}, 5, None],
        "exact": SECRET,
        "rest": "untouched",
    }
    cleaned = scrubbed(result, {SECRET})
    assert SECRET not in repr(cleaned)
    assert cleaned == {**remove_values(result, [SECRET]), "changed": True}
    assert cleaned["rest"] == "untouched"


def test_numbers_count_too() -> None:
    assert scrubbed({"number": 12345}, ["234"]) == remove_values({"number": 12345}, ["234"])


def test_top_level_booleans_stay() -> None:
    assert (
        scrubbed({"changed": False, "failed": True, "none": None, "msg": "False"}, ["False"])["changed"]
        is False
    )


def test_a_result_without_a_secret_is_the_same_object() -> None:
    result = {"iocs": [{"value": "a.example"}] * 3}
    assert scrubbed(result, {SECRET, ""}) is result
    assert scrubbed(result, ()) is result

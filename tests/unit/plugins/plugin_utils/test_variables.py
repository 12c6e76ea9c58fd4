# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Misspelt variables of the roles are errors that name the right one; variables of people's own are left alone."""

from __future__ import annotations

import pytest

from ansible_collections.threatops.falcon.plugins.plugin_utils.variables import distance, known, misspelt


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("ioc_deploy_purg", "ioc_deploy_purge"),
        ("ioc_deploy_max_deletion", "ioc_deploy_max_deletions"),
        ("ioc_deploy_require_aproval", "ioc_deploy_require_approval"),
        ("ioc_audit_fail", "ioc_audit_fail_on"),
        ("ioc_hunt_sorce", "ioc_hunt_source"),
        ("ioc_export_destination", "ioc_export_dest"),
        ("falcon_ioc_feed", "falcon_ioc_feeds"),
        ("falcon_ioc", "falcon_iocs"),
        ("falcon_icos", "falcon_iocs"),
        ("falcon_ioc_default_by_type", "falcon_ioc_defaults_by_type"),
        ("falcon_cleint_secret", "falcon_client_secret"),
    ],
)
def test_a_misspelt_variable_names_the_right_one(name: str, meant: str) -> None:
    told = misspelt(["ansible_host", name, "ioc_deploy_purge"])
    assert told == f"{name} is not a variable of threatops.falcon; did you mean {meant}?"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "falcon_iocs_emea",
            "falcon_iocs2",
            "falcon_ioc_feeds_folder",
            "falcon_cid",
            "falcon_tags",
            "falcon_hosts",
        ),
        *("my_ioc_deploy_purg", "ioc_deploy_counts", "ioc_audit_summary", "falcon_sensor_version", "ioc"),
    ],
)
def test_a_variable_of_somebodys_own_is_left_alone(name: str) -> None:
    assert misspelt([name]) == ""


def test_every_documented_variable_is_known() -> None:
    assert misspelt(sorted(known())) == ""
    assert {
        "falcon_iocs",
        "falcon_ioc_files",
        "ioc_deploy_purge",
        "ioc_hunt_iocs",
        "ioc_export_dest",
    } <= known()


def test_a_name_that_is_close_to_nothing_is_still_an_error() -> None:
    assert misspelt(["ioc_export_dir"]) == (
        "ioc_export_dir is not a variable of threatops.falcon; "
        "ansible-doc -t role threatops.falcon.ioc_export lists the variables."
    )


@pytest.mark.parametrize(
    ("first", "second", "steps"),
    [("", "ab", 2), ("ab", "ab", 0), ("ab", "ba", 1), ("abc", "axc", 1), ("abc", "ac", 1)],
)
def test_distance(first: str, second: str, steps: int) -> None:
    assert distance(first, second) == distance(second, first) == steps

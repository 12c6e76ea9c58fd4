# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of falcon_ioc, on a simulated tenant."""

from __future__ import annotations

from typing import Any

from run_task import run

from ansible_collections.threatops.falcon.plugins.module_utils.task import ioc

OPERATIONS = ("created", "none", "updated", "deleted", "none")
EVIL = {"type": "domain", "value": "Evil.Example."}


def test_the_life_of_an_indicator_in_check_mode_and_for_real(simulator: Any) -> None:
    fields = {**EVIL, "action": "detect", "severity": "high", "description": "d"}
    steps = [
        fields,
        fields,
        {**EVIL, "description": ""},
        {**EVIL, "state": "absent"},
        {**EVIL, "state": "absent"},
    ]
    for operation, step in zip(OPERATIONS, steps):
        planned = run("falcon_ioc", simulator, check=True, **{"state": "present", **step})
        done = run("falcon_ioc", simulator, **{"state": "present", **step})
        assert planned["operation"] == done["operation"] == operation
        assert planned["changed"] is done["changed"] is (operation != "none")
        assert planned["diff"] == done["diff"]
        for name in ("type", "value", "action", "severity"):
            assert planned["indicator"].get(name) == done["indicator"].get(name)
    assert done["indicator"] == {}
    assert simulator.violations() == []


def test_a_problem_names_the_field(simulator: Any) -> None:
    result = run("falcon_ioc", simulator, state="present", **EVIL, action="prevent", severity="low")
    assert result["failed"] and "action: domain takes no_action or detect" in result["msg"]
    assert simulator.log() == []
    missing = run("falcon_ioc", simulator, state="present", **EVIL)
    assert "action: is required for a new indicator" in missing["msg"]
    assert missing["operation"] == "none"


def test_protection_fails_or_leaves_alone(simulator: Any) -> None:
    own = {
        **EVIL,
        "action": "detect",
        "severity": "low",
        "state": "present",
        "protect": {"domains": ["example"]},
    }
    assert "protected" in run("falcon_ioc", simulator, **own)["msg"]
    skipped = run("falcon_ioc", simulator, **own, on_protected="skip")
    assert not skipped.get("failed") and skipped["operation"] == "none"
    assert skipped["protected_iocs"][0]["value"] == "evil.example"
    assert any("left alone" in text for text in skipped["warnings"])
    passed = run(
        "falcon_ioc", simulator, **{**own, "protect": {"domains": ["example"], "override": ["evil.example"]}}
    )
    assert passed["operation"] == "created" and any("overridden" in text for text in passed["warnings"])


def test_an_expired_one_is_said(simulator: Any) -> None:
    simulator.seed(
        indicators=[{"type": "domain", "value": "evil.example", "expiration": "2020-01-01T00:00:00Z"}]
    )
    result = run("falcon_ioc", simulator, state="present", **EVIL)
    assert any("has expired" in text for text in result["warnings"])


def test_the_spec_takes_every_field_of_an_item() -> None:
    assert {"policy", "share_level", "expiration_days", "renew_within_days", "filename"} <= set(
        ioc.SPEC.options
    )

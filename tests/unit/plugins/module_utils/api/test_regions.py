# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of clouds stands in one place; what must be written out elsewhere is held equal to it."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from ansible_collections.threatops.falcon.plugins.doc_fragments.auth import ModuleDocFragment
from ansible_collections.threatops.falcon.plugins.module_utils.api.regions import (
    CLOUDS,
    COMMERCIAL,
    REGIONS,
    named_region,
    origin,
    region_of,
)
from ansible_collections.threatops.falcon.plugins.module_utils.task.options import AUTH

GUIDE = Path(__file__).resolve().parents[5] / "docs" / "docsite" / "rst" / "authentication_guide.rst"


def test_the_option_and_its_documentation_name_every_cloud() -> None:
    documented = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]["cloud"]
    assert documented["choices"] == AUTH.options["cloud"]["choices"] == list(CLOUDS)
    assert documented["default"] == AUTH.options["cloud"]["default"] == "autodiscover"


def test_the_guide_names_every_cloud_with_its_address() -> None:
    table = re.findall(
        r"\* - ``([a-z0-9-]+)``\n     - ``(https://[^`]+)``", GUIDE.read_text(encoding="utf-8")
    )
    assert dict(table) == REGIONS


def test_no_other_source_holds_an_address_of_a_cloud() -> None:
    plugins = GUIDE.parents[3] / "plugins"
    holding = {
        path.name
        for path in plugins.rglob("*.py")
        if any(url in path.read_text(encoding="utf-8") for url in REGIONS.values())
    }
    assert holding <= {"regions.py", "falcon_auth.py"}, "a sample of a result may"


def test_what_an_answer_names() -> None:
    assert named_region({"X-Cs-Region": " US-GOV-1 "}) == "us-gov-1"
    assert named_region({"X-Cs-Region": "mars"}) == named_region({}) == ""
    assert region_of({"X-Cs-Region": "us-gov-1"}) is None
    for name, url in COMMERCIAL.items():
        assert region_of({"Location": f"{url}/oauth2/token"}) == region_of({"X-Cs-Region": name}) == name


def test_where_a_url_leads() -> None:
    assert origin("https://HOST.example:8443/x") == "https://host.example:8443"
    for text in ("https://u@host", "https://[::1", "https://host:x"):
        assert origin(text) == ""

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of lists and the fields of items are documented once, and as the code takes them."""

from __future__ import annotations

import yaml

from ansible_collections.threatops.falcon.plugins.doc_fragments.list_options import ModuleDocFragment
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.fields import FIELDS
from ansible_collections.threatops.falcon.plugins.module_utils.task.deployment_options import LIST_OPTIONS


def test_every_field_of_an_item_is_documented() -> None:
    documented = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]["iocs"]["suboptions"]
    assert set(documented) == set(FIELDS)


def test_every_option_of_a_list_is_documented() -> None:
    documented = yaml.safe_load(ModuleDocFragment.LISTS)["options"]["lists"]["suboptions"]
    assert set(documented) == set(LIST_OPTIONS)
    assert not any("default" in option for option in documented.values())

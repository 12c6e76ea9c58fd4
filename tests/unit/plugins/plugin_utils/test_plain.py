# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tagged values become what a module would read."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from ansible.module_utils.common.json import Direction, get_module_encoder
from ansible.parsing.dataloader import DataLoader

from ansible_collections.threatops.falcon.plugins.plugin_utils.plain import plain

TEXT = """
text: hello
number: 7
fraction: 1.5
yes: true
nothing: null
day: 2030-12-31
instant: 2030-12-31T23:59:59Z
list: [a, [b, 1], {c: [d]}]
1: numbered
"""


def types(value: Any) -> set[type]:
    kind = type(value)
    if kind is dict:
        return {dict} | {kind for pair in value.items() for part in pair for kind in types(part)}
    if kind is list:
        return {list} | {kind for element in value for kind in types(element)}
    return {kind}


def as_a_module_reads(value: Any) -> Any:
    return json.loads(json.dumps(value, cls=get_module_encoder("legacy", Direction.CONTROLLER_TO_MODULE)))


def test_equals_what_ansible_sends() -> None:
    tagged = DataLoader().load(TEXT, file_name="/test.yml")
    assert any("Tagged" in type(value).__name__ for value in tagged.values())
    assert plain(tagged) == as_a_module_reads(tagged)
    assert types(plain(tagged)) <= {dict, list, str, int, float, bool, type(None)}


@pytest.mark.parametrize(
    "value",
    [("a", 1), {"s"}, datetime.date(2030, 1, 2), {"day": datetime.date(2030, 1, 2)}, {1: {True: "x"}}],
)
def test_odd_types_are_as_ansible_sends_them(value: Any) -> None:
    assert plain(value) == as_a_module_reads(value)


def test_a_name_is_one_text_in_all_items() -> None:
    items = plain(DataLoader().load("[{type: md5}, {type: sha256}]", file_name="/test.yml"))
    first, second = ([*item] for item in items)
    assert first[0] is second[0]
    assert types(first[0]) == {str}


def test_what_ansible_cannot_send_is_refused() -> None:
    with pytest.raises(TypeError):
        plain({"value": object()})

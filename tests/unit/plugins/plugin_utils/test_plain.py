# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tagged values become what a module would read."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader

from ansible_collections.threatops.falcon.plugins.plugin_utils.ansible_core import (
    TAGS_TRUSTED_TEXT,
    as_sent_to_a_module,
    untrusted,
)
from ansible_collections.threatops.falcon.plugins.plugin_utils.plain import plain

PLAIN = {dict, list, str, int, float, bool, type(None)}

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


def test_equals_what_ansible_sends() -> None:
    tagged = DataLoader().load(TEXT, file_name="/test.yml")
    kind = "Tagged" if TAGS_TRUSTED_TEXT else "AnsibleUnicode"
    assert any(kind in type(value).__name__ for value in tagged.values())
    assert plain(tagged) == as_sent_to_a_module(tagged)
    assert types(plain(tagged)) <= PLAIN


@pytest.mark.parametrize(
    "value",
    [
        ("a", 1),
        *([{"s"}] if TAGS_TRUSTED_TEXT else []),
        datetime.date(2030, 1, 2),
        {"day": datetime.date(2030, 1, 2)},
        {1: {True: "x"}},
    ],
)
def test_odd_types_are_as_ansible_sends_them(value: Any) -> None:
    assert plain(value) == as_sent_to_a_module(value)


def test_a_name_is_one_text_in_all_items() -> None:
    items = plain(DataLoader().load("[{type: md5}, {type: sha256}]", file_name="/test.yml"))
    first, second = ([*item] for item in items)
    assert first[0] is second[0]
    assert types(first[0]) == {str}


def test_what_ansible_cannot_send_is_refused() -> None:
    with pytest.raises(TypeError):
        plain({"value": object()})


def test_text_marked_as_untrusted_is_plain_text_again() -> None:
    """Up to ansible-core 2.18 what a host or a lookup says is text of a class of its own, in keys and in lists."""
    said = untrusted({"name": "{{ evil }}", "list": ["a", {"deep": "b"}]})
    assert plain(said) == {"name": "{{ evil }}", "list": ["a", {"deep": "b"}]}
    assert types(plain(said)) <= PLAIN
    assert types(plain({untrusted("key"): 1})) <= PLAIN


@pytest.mark.skipif(
    TAGS_TRUSTED_TEXT, reason="from ansible-core 2.19 on text is marked where it is trusted instead"
)
def test_what_is_not_trusted_is_marked_so() -> None:
    from ansible.utils.unsafe_proxy import AnsibleUnsafe

    assert isinstance(untrusted("{{ evil }}"), AnsibleUnsafe)


@pytest.mark.skipif(
    TAGS_TRUSTED_TEXT, reason="from ansible-core 2.19 on Ansible decrypts before it calls a plugin"
)
def test_what_is_still_encrypted_is_sent_decrypted() -> None:
    """As Ansible does with the options of a module."""
    from ansible.parsing.vault import VaultLib, VaultSecret

    vault = VaultLib([("default", VaultSecret(b"password"))])
    loader = DataLoader()
    loader.set_vault_secrets([("default", VaultSecret(b"password"))])
    encrypted = vault.encrypt("the secret").decode()
    text = "secret: !vault |\n" + "".join(f"  {line}\n" for line in encrypted.splitlines())
    assert plain(loader.load(text, file_name="/test.yml")) == {"secret": "the secret"}

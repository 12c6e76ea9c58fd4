# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No value means more than itself."""

from __future__ import annotations

import random
import re
from urllib.parse import parse_qsl

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.api import fql
from ansible_collections.threatops.falcon.plugins.module_utils.api.selection import matches, to_fql

HOSTILE = [
    "x'],deleted:[true",
    "x',value:*'*",
    'x",value:*"*',
    "x'+type:'md5",
    "*",
    "*evil*",
    "a\\'b",
    "back\\",
    "new\nline",
    "nul\x00",
    "esc\x1b[0m",
    "both ' and \"",
    "plain",
    "o'neil",
    'say "x"',
    "!not",
    ">=1",
    "[a,b]",
    "a,b",
    "a+b",
    "(x)",
    "ünï",
    "",
    " ",
    "\u202e",
    "\ud800",
]


def parse_list(term):
    """An own reading of `field:['a',"b"]`: the values, or None when it is anything else."""
    found = re.fullmatch(r"(\w+):\[(.*)\]", term, re.DOTALL)
    values, rest = [], found[2]
    while rest:
        quote = rest[0]
        assert quote in "'\"", rest
        end = rest.index(quote, 1)
        values.append(rest[1:end])
        rest = rest[end + 1 :]
        if rest:
            assert rest[0] == ",", rest
            rest = rest[1:]
            assert rest
    return found[1], values


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values(value):
    if fql.quotable(value):
        assert parse_list(fql.one_of("value", [value])) == ("value", [value])
    else:
        with pytest.raises(ValueError, match="not quotable"):
            fql.literal(value)


def test_random_values_match_only_themselves():
    dice = random.Random(7)
    alphabet = "ab'\"\\*,:+()[]!~<>= \t\n\x00\x7fé"
    held = 0
    for _round in range(5000):
        values = [
            "".join(dice.choices(alphabet, k=dice.randrange(8))) for _round in range(dice.randrange(1, 4))
        ]
        if all(fql.quotable(value) for value in values):
            held += 1
            assert parse_list(fql.one_of("source", values)) == ("source", values)
    assert held > 100


@pytest.mark.parametrize("value", ["a+b&c=d#e;f%g h", "o'neil", "ü\u2603", "[x]", "a/b?c", "\ud800"])
def test_queries_arrive_as_they_were_meant(value):
    encoded = fql.encode([("filter", value), ("ids", "1"), ("ids", "2")])
    expected = value.encode(errors="replace").decode()
    assert parse_qsl(encoded) == [("filter", expected), ("ids", "1"), ("ids", "2")]
    assert not set(encoded) & set('+ #;[]"<>\\') and encoded.isascii()
    assert encoded.count("&") == 2


@pytest.mark.parametrize("value", ["evil.example", "2001:db8::1", "o'neil", "ü x", "a+b"])
def test_the_room_that_a_value_takes(value):
    one, two = (len(fql.encode([("f", fql.one_of("value", [value] * count))])) for count in (1, 2))
    assert fql.room_of(value) == two - one


def test_or_is_in_parentheses():
    assert fql.both([fql.either(["a:1", "b:2"]), "", "c:3"]) == "(a:1,b:2)+c:3"


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({}, "deleted:false"),
        ({"filter": "type:'md5'"}, "type:'md5'"),
        ({"types": ["md5", "sha256"], "values": "x"}, "type:['md5','sha256']+value:['x']+deleted:false"),
        ({"expired": True, "deleted": True}, "expired:true+deleted:true"),
        ({"sources": ["o'neil"], "include_deleted": True}, 'source:["o\'neil"]+(deleted:true,deleted:false)'),
        (
            {"expires_after": "2026-01-01T00:00:00Z", "created_before": "2026-02-01T00:00:00Z"},
            "expiration:>='2026-01-01T00:00:00Z'+created_on:<='2026-02-01T00:00:00Z'+deleted:false",
        ),
        ({"host_groups": ["a" * 32], "tags": []}, f"host_groups:['{'a' * 32}']+deleted:false"),
    ],
)
def test_selections(selection, expected):
    assert to_fql(selection) == (expected, {})


def test_what_no_filter_can_hold_is_compared():
    query, unsent = to_fql({"sources": ["a*b"], "tags": ["x\\y"], "types": ["md5"]})
    assert query == "type:['md5']+deleted:false"
    assert matches({"source": "a*b", "tags": ["q", "x\\y"]}, unsent)
    assert not matches({"source": "aXb", "tags": ["x\\y"]}, unsent)
    assert not matches({"source": "a*b"}, unsent)

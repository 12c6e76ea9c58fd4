# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Expressions of other people: the same matches as Python's, and no text that takes long."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.protection import patterns
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.protection.patterns import (
    PatternProblem,
    Patterns,
)

ATOMS = st.sampled_from(
    ["a", "B", "b", "-", r"\.", ".", "[a-c]", "[^a]", "[a.-]", "[]a]", r"[\d_]", r"\d", r"\w", r"\S", r"\W", r"\D",
     r"\s", "^", "$", r"\b", r"\B", r"\A", r"\Z", r"\x61", r"\-", "1", "{", "}", "]"]
)  # fmt: skip
REPEATS = st.sampled_from(["", "", "", "*", "+", "?", "*?", "+?", "{2}", "{1,2}", "{0,1}?", "{,2}", "{1,}"])
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("({}){}".format, inner, REPEATS),
        st.builds("(?:{}){}".format, inner, REPEATS),
        st.builds("(?P<n>{})".format, st.sampled_from(["a", "b+"])),
        st.builds("{}|{}".format, inner, inner),
        st.builds("{}{}".format, inner, inner),
    ),
    max_leaves=8,
)
# Python releases disagree on \\B in an empty text.
VALUES = st.text(alphabet="abc1._-{}]", min_size=1, max_size=12)


def matches(expression: str, value: str) -> bool:
    made = Patterns()
    made.add(expression, "rule")
    return made.rule_of(value) is not None


@settings(max_examples=600, deadline=None)
@given(expression=EXPRESSIONS, value=VALUES)
def test_the_same_matches_as_python(expression: str, value: str) -> None:
    try:
        compiled = re.compile(expression, re.IGNORECASE)
    except re.error:
        return
    try:
        found = matches(expression, value)
    except PatternProblem:
        return
    assert found == (compiled.search(value) is not None), (expression, value)


@pytest.mark.parametrize(
    ("expression", "value", "found"),
    [
        (r"^([a-z]+)+\.gov$", "www.gov.example", False),
        (r"^([a-z]+)+\.gov$", "agency.gov", True),
        (r"^([a-z0-9-]+\.)*site\.example$", "a.b.site.example", True),
        (r"(?i)SITE", "mysite.example", True),
        (r"(?i:Site)", "mysite.example", True),
        (r"(?P<name>a|b)c", "bc", True),
        (r"(?<name>a|b)c", "ac", True),
        ("", "anything", True),
        ("a||b", "x", True),
        ("()x", "x", True),
        (r"a{2,3}b", "aab", True),
        (r"^a{2,3}b", "aaaab", False),
        ("a{,}", "a{,}", True),
        ("a{x}", "a{x}", True),
        ("a{2", "a{2", True),
        (r"\t|\f", "x", False),
        ("[a", None, None),
        ("(a", None, None),
        ("a)", None, None),
        ("*a", None, None),
        ("a**", None, None),
        ("a++", None, None),
        ("a{3,2}", None, None),
        ("a\\", None, None),
        (r"(a)\1", None, None),
        (r"(?P=n)", None, None),
        ("(?=a)", None, None),
        ("(?<!a)b", None, None),
        ("(?>a)", None, None),
        ("(?P<n", None, None),
        (r"\xzz", None, None),
        (r"\q", None, None),
        ("[b-a]", None, None),
        (r"[\d-z]", None, None),
        ("[[:alpha:]]", None, None),
        ("a{1,99999}", None, None),
        ("(((){9999}){9999}){9999}", None, None),
        ("(" * 60 + "a" + ")" * 60, None, None),
    ],
)
def test_expressions(expression: str, value: str | None, found: bool | None) -> None:
    if value is None:
        with pytest.raises(PatternProblem):
            Patterns().add(expression, "rule")
    else:
        assert matches(expression, value) is found


def test_the_first_rule_is_told_and_a_bad_one_leaves_the_others() -> None:
    made = Patterns()
    assert made.rule_of("x") is None
    made.add("pool|mine", "first")
    with pytest.raises(PatternProblem):
        made.add("a{2}(", "broken")
    made.add("mine", "second")
    made.add("mine", "again")
    made.add("^ad[0-9]", "third")
    assert [made.rule_of(value) for value in ("xmine", "ad7", "ad")] == ["first", "third", None]


@pytest.mark.parametrize(
    ("expression", "piece"),
    [
        (r"^([a-z]+)+\.gov$", "a"),
        (r"(a|a)*$b", "a"),
        (r"(.*)*(.*)*x$", "a"),
        (r"(a|b)*a(a|b){12}$", "ab"),
        ("(a?){50}a{50}b", "a"),
    ],
)
def test_the_work_grows_with_the_text_and_no_faster(
    expression: str, piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patterns, "MOST_STEPS", 50)  # what is remembered hides the work
    work = 0
    compute = Patterns._compute

    def counted(self: Patterns, states: frozenset[int], before: str, after: str) -> object:
        nonlocal work
        work += len(self._states)
        return compute(self, states, before, after)

    monkeypatch.setattr(Patterns, "_compute", counted)
    made = Patterns()
    made.add(expression, "rule")
    for length in (50, 400):
        work = 0
        assert made.rule_of(piece * (length // len(piece)) + "!") is None
        assert work <= (length + 2) * len(made._states)

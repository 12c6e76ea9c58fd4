# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every pattern of ours against its worst text: eight times the text takes about eight times as long.

Patterns are found by reading the sources; worst texts are made from the parts of each pattern that repeat. Time is that
of the processor, so that other work on the machine does not count, and a quadratic pattern is far past the bound.
"""

from __future__ import annotations

import ast
import importlib
import re
import time
import warnings
from pathlib import Path
from typing import Any, Iterator

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    sre_parse: Any = importlib.import_module("re._parser" if hasattr(re, "_parser") else "sre_parse")

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "ansible_collections.threatops.falcon"
ANCHORED = {"match", "fullmatch"}
CALLS = {"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}
SMALL = 2000
TIMES, BOUND = 8, 28  # a quadratic pattern takes 64 times as long
TOO_SHORT_TO_TELL = 0.03  # seconds


def sources() -> list[Path]:
    return sorted(
        path
        for folder in ("module_utils", "plugin_utils", "inventory", "filter", "lookup", "action")
        for path in (ROOT / "plugins" / folder).rglob("*.py")
    )


def is_call_of_re(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.func.attr in CALLS
    )


def used_anchored(tree: ast.Module, name: str) -> bool:
    """Whether all that a module does with a compiled pattern begins where its text begins."""
    uses = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
    } & CALLS
    return bool(uses) and uses <= ANCHORED


def compiled_in(value: Any) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, (list, tuple, set, frozenset)):
        for one in value:
            yield from compiled_in(one)
    elif isinstance(value, dict):
        yield from compiled_in(list(value.values()))


def patterns() -> Iterator[tuple[str, re.Pattern[str], bool]]:
    """Name, pattern, and whether it is only ever matched at the beginning of a text."""
    for path in sources():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [node for node in ast.walk(tree) if is_call_of_re(node)]
        if not calls:
            continue
        where = path.relative_to(ROOT / "plugins")
        dotted = ".".join([PACKAGE, "plugins", *where.with_suffix("").parts])
        module = importlib.import_module(dotted.removesuffix(".__init__"))
        for name, value in vars(module).items():
            for number, pattern in enumerate(compiled_in(value)):
                if not hasattr(module, "__name__") or isinstance(pattern.pattern, bytes):
                    continue
                yield f"{where}:{name}[{number}]", pattern, used_anchored(tree, name)
        for call in calls:
            argument = call.args[0] if isinstance(call, ast.Call) and call.args else None
            assert isinstance(call, ast.Call)
            assert isinstance(call.func, ast.Attribute)
            if call.func.attr == "compile":
                continue
            assert isinstance(argument, ast.Constant), (
                f"{where}:{call.lineno}: compile the pattern at the top"
            )
            yield f"{where}:{call.lineno}", re.compile(argument.value), call.func.attr in ANCHORED


PATTERNS = list(patterns())


def sample(items: Any) -> str:
    """A text that parsed items match, or nearly."""
    made = ""
    for operator, argument in items:
        name = str(operator)
        if name == "LITERAL":
            made += chr(argument)
        elif name == "NOT_LITERAL":
            made += "b" if argument == ord("a") else "a"
        elif name == "ANY":
            made += "a"
        elif name == "IN":
            made += member(argument)
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            made += sample(argument[2]) * max(argument[0], 1 if argument[0] == 0 and argument[1] > 1 else 0)
        elif name == "SUBPATTERN":
            made += sample(argument[-1])
        elif name == "BRANCH":
            made += sample(argument[1][0])
    return made


def member(members: Any) -> str:
    negated = str(members[0][0]) == "NEGATE"
    for character in "a1 .-:/" + "".join(map(chr, range(33, 127))) + "\t\ue000\u200c":
        if negated != any(holds(one, character) for one in members if str(one[0]) != "NEGATE"):
            return character
    return "a"


def holds(one: Any, character: str) -> bool:
    operator, argument = one
    name = str(operator)
    if name == "LITERAL":
        return ord(character) == argument
    if name == "RANGE":
        return argument[0] <= ord(character) <= argument[1]
    category = {"DIGIT": r"\d", "SPACE": r"\s", "WORD": r"\w"}
    kind = str(argument).rpartition("_")[2]
    return bool(re.match(category[kind], character)) != ("NOT" in str(argument))


def pumps(items: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """What comes before a part that repeats without end, and one round of it."""
    for operator, argument in items:
        name = str(operator)
        if name in ("MAX_REPEAT", "MIN_REPEAT"):
            if argument[1] > 100:
                yield before, sample(argument[2])
                yield before, before + sample(argument[2])
            yield from pumps(argument[2], before)
        elif name == "SUBPATTERN":
            yield from pumps(argument[-1], before)
        elif name == "BRANCH":
            for branch in argument[1]:
                yield from pumps(branch, before)
                yield before, sample(branch)
        before += sample([(operator, argument)])
    yield "", before


def worst_texts(pattern: re.Pattern[str]) -> set[tuple[str, str]]:
    made = set(pumps(sre_parse.parse(pattern.pattern, pattern.flags)))
    common = {
        ("", piece)
        for piece in (" ", "a", "a.", "1", "1.", ":", "[", "(", "\\", "a@", "\n", "/", "a+", '"', "&", "-")
    }
    return {(before, piece) for before, piece in made | common if piece}


def seconds(pattern: re.Pattern[str], anchored: bool, text: str) -> float:
    start = time.process_time()
    if anchored:
        pattern.match(text)
    else:
        for _match in pattern.finditer(text):
            pass
    return time.process_time() - start


@pytest.mark.parametrize(
    ("pattern", "anchored"), [one[1:] for one in PATTERNS], ids=[one[0] for one in PATTERNS]
)
def test_a_pattern_is_linear(pattern: re.Pattern[str], anchored: bool) -> None:
    for before, piece in worst_texts(pattern):
        for end in ("\0", "", "!\n"):
            small = before + piece * (SMALL // len(piece)) + end
            large = before + piece * (TIMES * SMALL // len(piece)) + end
            long = seconds(pattern, anchored, large)
            if long < TOO_SHORT_TO_TELL:
                continue
            long = min(long, *(seconds(pattern, anchored, large) for _again in range(2)))
            short = min(seconds(pattern, anchored, small) for _again in range(3))
            assert long < TOO_SHORT_TO_TELL or long < BOUND * max(short, 0.0002), (
                pattern.pattern,
                before,
                piece,
                end,
            )


def test_the_patterns_are_found() -> None:
    assert len(PATTERNS) > 60
    assert any(name.startswith("module_utils/ioc/feeds/refang.py") for name, _pattern, _anchored in PATTERNS)


def test_a_pattern_that_is_not_linear_is_seen() -> None:
    with pytest.raises(AssertionError):
        test_a_pattern_is_linear(re.compile(r"\s+\Z"), False)
    assert ("", "a") in worst_texts(re.compile(r"(?:a|aa)+\Z"))

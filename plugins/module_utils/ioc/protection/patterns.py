# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Match regular expressions that other people wrote, in time proportional to the text.

Warning lists may hold any expression, and Python's own matcher backtracks: ^([a-z]+)+\\.gov$ takes hours on one domain.
A thread cannot be stopped, and a child process with a time limit would give another answer on a slow machine, so that
a check and a run could disagree. Therefore expressions are matched here by an automaton (Thompson's construction),
which never backtracks. It knows what such lists use: literals, classes, groups, alternatives, repeats and anchors.
What only a backtracking matcher can do (references to groups, look-around, atomic groups) is refused by name.

Values are in normal form: lower-case ASCII. Matching ignores case and finds a match anywhere in the value.
"""

from __future__ import annotations

from typing import Callable, Dict, FrozenSet, List, NamedTuple, Optional, Set, Tuple

#: Most states of one expression; a repeat such as {1,1000} is as many copies.
MOST_STATES = 4000
#: Deepest nesting of groups.
MOST_DEPTH = 50
#: Most steps that are remembered; past that the memory starts anew.
MOST_STEPS = 20000

_ASCII = frozenset(map(chr, range(128)))
_DIGITS = frozenset("0123456789")
_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_BLANKS = frozenset(" \t\n\r\f\v")
_CLASSES = {"d": _DIGITS, "w": _WORD, "s": _BLANKS}
_CONTROL = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "e": "\x1b"}
_ANCHORS = {"b": "word", "B": "inside", "A": "start", "Z": "end", "z": "end"}


class PatternProblem(ValueError):
    """An expression that is not matched; the text says why."""


class _State(NamedTuple):
    """A set of characters and the next state, an anchor and the next state, or a choice of next states."""

    chars: Optional[FrozenSet[str]]
    anchor: str
    next: Tuple[int, ...]


_Piece = Callable[[int], int]  # given the state that follows, makes the states of a piece and gives the first


class _Parser:
    """Reads one expression into states; the states of all expressions of a list are one automaton."""

    def __init__(self, text: str, states: List[_State]) -> None:
        self._text = text
        self._at = 0
        self._states = states
        self._first = len(states)
        self._depth = 0
        self._work = 0

    def parse(self, accept: int) -> int:
        """Add the states of the expression, which lead to the state accept; gives the first one."""
        piece = self._alternatives()
        if self._at < len(self._text):
            raise PatternProblem("a ) has no (")
        return piece(accept)

    def _add(self, state: _State) -> int:
        self._spend()
        if len(self._states) - self._first >= MOST_STATES:
            raise PatternProblem(f"its repeats need more than {MOST_STATES} states")
        self._states.append(state)
        return len(self._states) - 1

    def _spend(self) -> None:
        """Count the work, since groups that match nothing can be repeated without a state."""
        self._work += 1
        if self._work > 4 * MOST_STATES:
            raise PatternProblem("its repeats are too many")

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        character = self._peek()
        if not character:
            raise PatternProblem("it ends too early")
        self._at += 1
        return character

    def _alternatives(self) -> _Piece:
        branches = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            branches.append(self._sequence())
        if len(branches) == 1:
            return branches[0]
        return lambda after: self._add(_State(None, "", tuple(branch(after) for branch in branches)))

    def _sequence(self) -> _Piece:
        pieces: List[_Piece] = []
        while self._peek() not in ("", "|", ")"):
            pieces.append(self._repeated(self._atom()))

        def build(after: int) -> int:
            self._spend()
            for piece in reversed(pieces):
                after = piece(after)
            return after

        return build

    def _repeated(self, piece: _Piece) -> _Piece:
        least, most = self._bounds()
        if least is None:
            return piece
        if self._peek() == "?":
            self._at += 1  # a lazy repeat finds the same values
        elif self._peek() == "+":
            raise PatternProblem("a possessive repeat is not supported")
        if self._bounds()[0] is not None:
            raise PatternProblem("a repeat of a repeat")
        return self._repeat(piece, least, most)

    def _bounds(self) -> Tuple[Optional[int], Optional[int]]:
        character = self._peek()
        if character in ("*", "+", "?") and character:
            self._at += 1
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[character]
        if character != "{":
            return None, None
        body, closed, _rest = self._text[self._at + 1 :].partition("}")
        low, comma, high = body.partition(",")
        if (
            not closed
            or not (low or high)
            or not all(part.isdecimal() and len(part) < 6 for part in (low, high) if part)
        ):
            return None, None  # a brace is a character like any other
        self._at += len(body) + 2
        least = int(low or 0)
        most = int(high) if high else (None if comma else least)
        if most is not None and most < least:
            raise PatternProblem(f"{{{body}}} is no range")
        return least, most

    def _repeat(self, piece: _Piece, least: int, most: Optional[int]) -> _Piece:
        def build(after: int) -> int:
            if most is None:
                loop = self._add(_State(None, "", ()))
                self._states[loop] = _State(None, "", (piece(loop), after))
                after = loop
            for _optional in range((most or least) - least):
                after = self._add(_State(None, "", (piece(after), after)))
            for _needed in range(least):
                after = piece(after)
            return after

        return build

    def _atom(self) -> _Piece:
        character = self._take()
        if character == "(":
            return self._group()
        if character == "[":
            return self._of(self._class())
        if character == "\\":
            return self._escape()
        if character in ("*", "+", "?"):
            raise PatternProblem(f"there is nothing before {character} to repeat")
        if character in ("^", "$"):
            return self._anchor("start" if character == "^" else "end")
        return self._of(_ASCII if character == "." else frozenset((character,)))

    def _of(self, chars: FrozenSet[str]) -> _Piece:
        # Values are in lower case, and case does not matter.
        lower = frozenset(character.lower() for character in chars)
        return lambda after: self._add(_State(lower, "", (after,)))

    def _anchor(self, name: str) -> _Piece:
        return lambda after: self._add(_State(None, name, (after,)))

    def _group(self) -> _Piece:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise PatternProblem(f"its groups are nested more than {MOST_DEPTH} deep")
        if self._peek() == "?":
            self._at += 1
            self._kind_of_group()
        if self._text[self._at - 1] == ")":  # flags alone, such as (?i)
            self._depth -= 1
            return lambda after: after
        piece = self._alternatives()
        if self._peek() != ")":
            raise PatternProblem("a ( has no )")
        self._at += 1
        self._depth -= 1
        return piece

    def _kind_of_group(self) -> None:
        rest = self._text[self._at :]
        if rest.startswith(("P<", "<")) and not rest.startswith(("<=", "<!")):
            _name, closed, _after = rest.partition(">")
            if not closed:
                raise PatternProblem("the name of a group has no end")
            self._at += len(_name) + 1
            return
        flags = rest[: len(rest) - len(rest.lstrip("i"))]
        if rest[len(flags) : len(flags) + 1] == ":" or (flags and rest[len(flags) : len(flags) + 1] == ")"):
            self._at += len(flags) + 1
            return
        if rest.startswith(("=", "!", "<=", "<!")):
            raise PatternProblem("look-around is not supported, since it needs backtracking")
        raise PatternProblem(f"(?{rest[:1]} is not supported")

    def _escape(self) -> _Piece:
        character = self._take()
        if character in _ANCHORS:
            return self._anchor(_ANCHORS[character])
        if (character.isdecimal() and character != "0") or character in ("k", "g"):
            raise PatternProblem("a reference to a group is not supported, since it needs backtracking")
        return self._of(self._escaped(character))

    def _escaped(self, character: str) -> FrozenSet[str]:
        if character.lower() in _CLASSES:
            chars = _CLASSES[character.lower()]
            return chars if character.islower() else _ASCII - chars
        if character == "x":
            digits = self._text[self._at : self._at + 2]
            try:
                code = int(digits, 16)
            except ValueError:
                raise PatternProblem(f"\\x{digits} is no character") from None
            self._at += 2
            return frozenset((chr(code),))
        if character in _CONTROL:
            return frozenset((_CONTROL[character],))
        if character.isalnum():
            raise PatternProblem(f"\\{character} is not supported")
        return frozenset((character,))

    def _class(self) -> FrozenSet[str]:
        negated = self._peek() == "^"
        self._at += negated
        chars: Set[str] = set()
        first = True
        while first or self._peek() != "]":
            first = False
            low = self._member()
            if self._peek() == "-" and self._text[self._at + 1 : self._at + 2] not in ("]", ""):
                self._at += 1
                high = self._member()
                if len(low) != 1 or len(high) != 1 or min(low) > min(high):
                    raise PatternProblem("a range within [] goes backwards")
                low = frozenset(map(chr, range(ord(min(low)), min(ord(min(high)), 127) + 1)))
            chars |= low
        self._at += 1
        both = frozenset(chars | {character.swapcase() for character in chars})
        return _ASCII - both if negated else both

    def _member(self) -> FrozenSet[str]:
        character = self._take()
        if character == "[" and self._peek() in (":", ".", "="):
            raise PatternProblem(f"[{self._peek()} within [] is not supported")
        return self._escaped(self._take()) if character == "\\" else frozenset((character,))


class Patterns:
    """Expressions that are tried together."""

    def __init__(self) -> None:
        self._states: List[_State] = []
        self._starts: List[int] = []
        self._accepts: Dict[int, str] = {}
        self._seen: Set[str] = set()
        self._steps: Dict[Tuple[FrozenSet[int], str, str], Tuple[Optional[int], FrozenSet[int]]] = {}

    def add(self, text: str, rule: str) -> None:
        """Add an expression and the rule that it stands for. Raises PatternProblem where it is not matched here."""
        if text in self._seen:
            return
        before = len(self._states)
        accept = before
        self._states.append(_State(None, "accept", ()))
        try:
            start = _Parser(text, self._states).parse(accept)
        except PatternProblem:
            del self._states[before:]
            raise
        self._seen.add(text)
        self._accepts[accept] = rule
        self._starts.append(start)
        self._steps = {}

    def rule_of(self, value: str) -> Optional[str]:
        """The rule of the first expression that is found in a value, or None."""
        if not self._starts:
            return None
        starts = frozenset(self._starts)
        current: FrozenSet[int] = frozenset()
        best: Optional[int] = None
        before = ""
        for after in [*value, ""]:
            found, current = self._step(current | starts, before, after)
            if found is not None and (best is None or found < best):
                best = found
            before = after
        return None if best is None else self._accepts[best]

    def _step(self, states: FrozenSet[int], before: str, after: str) -> Tuple[Optional[int], FrozenSet[int]]:
        key = (states, before, after)
        known = self._steps.get(key)
        if known is None:
            if len(self._steps) >= MOST_STEPS:
                self._steps = {}
            known = self._steps[key] = self._compute(states, before, after)
        return known

    def _compute(
        self, states: FrozenSet[int], before: str, after: str
    ) -> Tuple[Optional[int], FrozenSet[int]]:
        """The first state that accepts between two characters, and the states after the second one."""
        pending, seen = list(states), set(states)
        accepted: List[int] = []
        following: Set[int] = set()
        while pending:
            number = pending.pop()
            state = self._states[number]
            if state.anchor == "accept":
                accepted.append(number)
            elif state.chars is not None:
                if after in state.chars:
                    following.update(state.next)
            elif _holds(state.anchor, before, after):
                fresh = [one for one in state.next if one not in seen]
                seen.update(fresh)
                pending.extend(fresh)
        return min(accepted, default=None), frozenset(following)


def _holds(anchor: str, before: str, after: str) -> bool:
    if anchor == "start":
        return not before
    if anchor == "end":
        return not after
    if anchor:
        is_boundary = (before in _WORD) != (after in _WORD)
        return is_boundary == (anchor == "word")
    return True

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is never detected or prevented: addresses, domains and hashes whose blocking hurts the blocker.

Only values are judged here; whether an indicator's action is one that is guarded is for the caller to say.
"""

from __future__ import annotations

from typing import Any, Callable, List, Mapping, Optional, Set

from ..files import FileProblem, read_regular
from ..values import Identity, ValueProblem, normalise, recognise
from .matcher import Rules, builtin_rules
from .warning_lists import MAX_FILE, Notice, ProtectionProblem, add_file, add_network

Load = Callable[[str], str]


class Protection:
    """The values that are protected, and the rule that protects each.

    overridden are the identities that a rule protects and the option override lets pass, in the order they were asked
    for; notices are what people should know about the files that were read.
    """

    def __init__(self) -> None:
        self._rules = Rules()
        self._override: Set[str] = set()
        self.overridden: List[Identity] = []
        self.notices: List[Notice] = []

    @classmethod
    def build(cls, options: Optional[Mapping[str, Any]], load: Optional[Load] = None) -> Protection:
        """Make a protection from the option protect.

        Its keys are builtin (true unless given), values, networks, domains, files and override. load reads a file;
        from disk where omitted. Raises ProtectionProblem where a value is none, or where a file cannot be read or is
        no warning list.
        """
        options = options or {}
        made = cls()
        if options.get("builtin") is not False:
            made._rules.take(builtin_rules())
        for value in options.get("values") or ():
            known = _known(str(value), "values")
            made._rules.add_value(known, f"values: {known[1]}")
        for text in options.get("networks") or ():
            add_network(made._rules, str(text), "networks")
        for name in options.get("domains") or ():
            made._add_domain(str(name))
        for path in options.get("files") or ():
            made.notices += add_file(made._rules, str(path), (load or _from_disk)(str(path)))
        for value in options.get("override") or ():
            made._override.add(_known(str(value), "override")[1])
        return made

    def reason(self, kind: str, value: str) -> Optional[str]:
        """Why a value in normal form must not be detected or prevented, or None if it may be."""
        rule = self._rules.rule_of(kind, value)
        if rule is not None and value in self._override:
            self.overridden.append((kind, value))
            return None
        return rule

    def _add_domain(self, name: str) -> None:
        try:
            domain = normalise("domain", name.strip().lstrip("*").lstrip("."))
        except ValueProblem as problem:
            raise ProtectionProblem(f"domains: {problem}") from problem
        self._rules.add_domain(domain, f"domains: {domain}")


def _known(text: str, option: str) -> Identity:
    known = recognise(text)
    if known is None:
        raise ProtectionProblem(f"{option}: {text[:80]!r} is not a hash, address or domain")
    return known


def _from_disk(path: str) -> str:
    try:
        return read_regular(path, MAX_FILE).decode("utf-8-sig")
    except FileProblem as problem:
        raise ProtectionProblem(f"{path}: {problem}") from problem
    except UnicodeDecodeError as problem:
        raise ProtectionProblem(f"{path}: is not UTF-8 text") from problem

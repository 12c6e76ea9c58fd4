# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables of the roles that are misspelt: a guard that nobody reads would be open without a word.

A name that begins like a variable of a role must be one. Of the names that begin with falcon_, which people use for
variables of their own, only one that is close to a variable of ours is taken for a mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from pathlib import Path

ROLES = Path(__file__).resolve().parents[2] / "roles"

_OURS = ("ioc_deploy_", "ioc_audit_", "ioc_hunt_", "ioc_export_")
_ADDED = re.compile(r"_|\d")
_SHARED = "falcon_"
#: Variables that are documented in no argument spec: what playbooks read, and what roles set for later tasks.
_BESIDE = frozenset(
    (
        *("falcon_hosts", "falcon_ioc_feed_sources"),
        *("ioc_deploy_counts", "ioc_deploy_plan_digest", "ioc_deploy_status", "ioc_deploy_evidence"),
        *("ioc_audit_summary", "ioc_audit_counts", "ioc_hunt_summary", "ioc_hunt_counts"),
    )
)
#: No option of an argument spec, since Ansible would copy every item of it; see roles/ioc_deploy.
_UNVALIDATED = "falcon_iocs"
_OPTION = re.compile(r"^ {6}([a-z_0-9]+):", re.MULTILINE)
#: Changes of one letter that make a name another one; more, and it is somebody's own.
_CLOSE = 2


@cache
def known() -> frozenset[str]:
    """The variables that the roles document."""
    specs = sorted(ROLES.glob("*/meta/argument_specs.yml"))
    documented = {name for path in specs for name in _OPTION.findall(path.read_text(encoding="utf-8"))}
    return frozenset({*documented, _UNVALIDATED})


def misspelt(variables: Iterable[str]) -> str:
    """What is wrong with the names of variables, in one sentence for each; nothing where all are right."""
    suspects = [
        name
        for name in variables
        if isinstance(name, str) and name.startswith((*_OURS, _SHARED)) and name not in _BESIDE
    ]
    told = []
    for name in sorted(set(suspects) - known()):
        if name.startswith(_SHARED):
            meant = _meant(name)
            if meant:
                told.append(f"{name} is not a variable of threatops.falcon; did you mean {meant}?")
        else:
            told.append(f"{name} is not a variable of threatops.falcon; {_hint(name)}")
    return " ".join(told)


def _hint(name: str) -> str:
    """What to write instead of a name that begins like a variable of a role. The beginning, which all of them share,
    makes no two of them alike.
    """
    role = next(one for one in _OURS if name.startswith(one))
    ends = sorted(one[len(role) :] for one in known() if one.startswith(role))
    near = get_close_matches(name[len(role) :], ends, n=1, cutoff=0.5)
    if near:
        return f"did you mean {role}{near[0]}?"
    return f"ansible-doc -t role threatops.falcon.{role.rstrip('_')} lists the variables."


def _meant(name: str) -> str:
    """The variable of ours that a name is close to. One that adds to a name of ours is somebody's own."""
    shared = sorted(one for one in known() if one.startswith(_SHARED))
    if any(name.startswith(one) and _ADDED.match(name[len(one) :]) for one in shared):
        return ""
    near = [(distance(name, one), one) for one in shared if abs(len(one) - len(name)) <= _CLOSE]
    return min((one for one in near if one[0] <= _CLOSE), default=(0, ""))[1]


def distance(one: str, other: str) -> int:
    """How many letters are added, left out, changed or swapped between two names."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        above, before, row = before, row, [at]
        for across, wanted in enumerate(other, 1):
            steps = [before[across] + 1, row[across - 1] + 1, before[across - 1] + (letter != wanted)]
            if at > 1 and across > 1 and letter == other[across - 2] and one[at - 2] == wanted:
                steps.append(above[across - 2] + 1)
            row.append(min(steps))
    return row[-1]

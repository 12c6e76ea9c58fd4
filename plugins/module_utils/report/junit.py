# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings as JUnit XML, the form in which pipelines show failures.

One suite a kind of finding. A kind without findings is one passed case. Findings of a kind that fails the
audit are failures, those of another kind are skipped cases: seen, and not failing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from .page import Change, clean

MOST_CASES = 1000
"""Cases of one suite; a last one says how many more there are. Pipelines choke on more."""


def junit(
    title: str, kinds: Mapping[str, str], found: Iterable[Mapping[str, Any]], fail_on: Collection[str]
) -> str:
    """The document. ``kinds`` gives the meaning of each kind; ``found`` are findings, ``fail_on`` kinds."""
    by_kind: dict[str, list[Mapping[str, Any]]] = {kind: [] for kind in kinds}
    for one in found:
        by_kind[one["kind"]].append(one)
    suites = [_suite(kind, kinds[kind], by_kind[kind], kind in fail_on) for kind in kinds]
    tests, failures = sum(suite[1] for suite in suites), sum(suite[2] for suite in suites)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuites name={_attribute(title)} tests="{tests}" failures="{failures}" errors="0">\n'
        + "".join(suite[0] for suite in suites)
        + "</testsuites>\n"
    )


def _suite(kind: str, meaning: str, found: Sequence[Mapping[str, Any]], fails: bool) -> tuple[str, int, int]:
    """The element, its number of cases and of failures."""
    cases = [_case(kind, one, fails) for one in found[:MOST_CASES]]
    more = len(found) - MOST_CASES
    if more > 0:
        cases.append(_outcome(kind, f"and {more} more", meaning, "see the JSON or CSV report", fails))
    if not found:
        cases.append(
            f'    <testcase classname="ioc_audit.{kind}" name={_attribute(f"nothing is {kind}")}/>\n'
        )
    failures = len(cases) if found and fails else 0
    skipped = len(cases) if found and not fails else 0
    head = (
        f'  <testsuite name="{kind}" tests="{len(cases)}" failures="{failures}" errors="0" '
        f'skipped="{skipped}">\n'
        f'    <properties><property name="meaning" value={_attribute(meaning)}/></properties>\n'
    )
    return head + "".join(cases) + "  </testsuite>\n", len(cases), failures


def _case(kind: str, one: Mapping[str, Any], fails: bool) -> str:
    changes = [str(Change(change["field"], change["before"], change["after"])) for change in one["changes"]]
    name = f"{one['type']} {one['value']}".strip() or one["detail"]
    return _outcome(kind, name, one["detail"], "\n".join(changes), fails)


def _outcome(kind: str, name: object, message: object, text: str, fails: bool) -> str:
    element = "failure" if fails else "skipped"
    body = "\n".join(escape(clean(line)) for line in text.split("\n"))
    return (
        f'    <testcase classname="ioc_audit.{kind}" name={_attribute(name)}>'
        f"<{element} message={_attribute(message)}>{body}</{element}></testcase>\n"
    )


def _attribute(value: object) -> str:
    return quoteattr(clean(value))

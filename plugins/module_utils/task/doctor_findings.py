# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the doctor finds: checks, and facts by the number of an open point, with the words that they can take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Union

PASSED, WARNING, FAILED, SKIPPED = "passed", "warning", "failed", "skipped"
_ORDER = (PASSED, WARNING, FAILED)

#: Host Groups and so on, as the Falcon console names them, with what does not work without the scope.
SCOPES: dict[str, str] = {
    "IOC Management:read": "every module that reads indicators, and all planning",
    "IOC Management:write": "creating, updating and deleting indicators",
    "IOCs (Indicators of Compromise):read": "falcon_ioc_processes_info, device counts and the legacy API",
    "Hosts:read": "details of hosts in falcon_ioc_hosts_info and the inventory plugin",
    "Host Groups:read": "host groups by name",
}

Word = Union[str, int]


@dataclass(frozen=True)
class Question:
    """An open point of the API. ``words`` are the answers; none for a number."""

    text: str
    expected: Word
    words: tuple[str, ...] = ()


#: The numbers are those that the simulator guide uses too.
QUESTIONS: dict[str, Question] = {
    "U1": Question("Answer of the operations that were removed in 2021", "404", ("404", "403", "200")),
    "U2": Question("Largest page of a listing", "2000", ("2000", "1000", "500", "100")),
    "U3": Question(
        "A batch with one invalid indicator: nothing or the rest is stored",
        "all_or_nothing",
        ("all_or_nothing", "partial"),
    ),
    "U4": Question(
        "Creating an indicator that exists with ignore_warnings",
        "upsert",
        ("upsert", "unchanged", "second_record", "refused"),
    ),
    "U5": Question(
        "What makes two indicators duplicates",
        "type_and_value",
        ("type_and_value", "more_than_type_and_value"),
    ),
    "U6": Question("Case of stored domains", "lower_case", ("lower_case", "kept")),
    "U7": Question("A severity in capitals", "accepted", ("accepted", "refused")),
    "U9": Question("Longest description", "200", ("200", "longer")),
    "U11": Question(
        "Deleted indicators in a search that does not mention them", "excluded", ("excluded", "included")
    ),
    "U12": Question("Status of a read of an unknown id", "404", ("404", "200", "400")),
    "U14": Question("A filter on an unknown property", "nothing", ("nothing", "refused")),
    "U15": Question("Status of a listing beyond 10,000 by offset", "500", ("500", "400", "200")),
    "U17": Question(
        "Scope for the hosts that observed an indicator", "ioc_management", ("ioc_management", "iocs")
    ),
    "U18": Question("Status of a look-up of an unknown host", "404", ("404", "200", "400")),
    "U19": Question("A host group filter name:'x'", "partial", ("partial", "exact")),
    "U20": Question("expiration: null in an update", "unchanged", ("unchanged", "cleared")),
    "U26": Question("The platform ios", "accepted", ("accepted", "refused")),
    "U27": Question("A success that carries errors", "no", ("no", "yes")),
    "U28": Question("Seconds until an expired indicator says so", 0),
    "U29": Question("Pagination in the answer to a read by id", "absent", ("absent", "shown")),
    "U30": Question("Seconds until a search shows a write (10: ten or more)", 0),
    "U31": Question(
        "Default order of a listing, which moves when it is written to",
        "modified_on",
        ("modified_on", "created_on"),
    ),
}


@dataclass
class Findings:
    """What was found so far, in the order in which it is shown."""

    checks: list[dict[str, str]] = field(default_factory=list)
    seen: dict[str, Word] = field(default_factory=dict)
    #: Indicators of an earlier write test that was interrupted.
    leftovers: list[dict[str, str]] = field(default_factory=list)
    settle: int = 0
    region: str = ""

    def add(self, name: str, status: str, message: str, hint: str = "") -> None:
        """Add a check."""
        self.checks.append({"name": name, "status": status, "message": message, "hint": hint})

    def status(self, name: str) -> str:
        """The status of a check, skipped where it was not made."""
        return next((check["status"] for check in self.checks if check["name"] == name), SKIPPED)

    def amend(self, name: str, status: str, message: str, hint: str = "") -> None:
        """Replace a check by what was found later."""
        for check in self.checks:
            if check["name"] == name:
                check.update(status=status, message=message, hint=hint)

    def fact(self, number: str, seen: object) -> None:
        """Note what was seen. A word that is not among those of the point is noted as it is."""
        if seen is not None:
            self.seen[number] = seen if isinstance(seen, int) else str(seen)

    def facts(self) -> list[dict[str, Any]]:
        """Every point: what the collection assumes, what was seen, and whether the two agree (null: not seen)."""
        return [self._fact(number, question) for number, question in QUESTIONS.items()]

    def _fact(self, number: str, question: Question) -> dict[str, Any]:
        expected: Word = self.settle if number == "U30" else question.expected
        seen = self.seen.get(number)
        agrees: bool | None = None
        if isinstance(seen, int) and isinstance(expected, int):
            agrees = seen <= expected
        elif seen is not None:
            agrees = seen == expected
        return {
            "id": number,
            "question": question.text,
            "expected": expected,
            "seen": seen,
            "agrees": agrees,
        }

    def verdict(self) -> str:
        """The worst status of all checks."""
        return max((check["status"] for check in self.checks if check["status"] in _ORDER), key=_ORDER.index)

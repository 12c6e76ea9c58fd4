# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fault matrix: what goes wrong, where, and what must come of it.

Each stage is one run of ``falcon_iocs`` on a list of 600 whose work is nearly all of one kind. A fault converges when
the one run in which it happens ends with the tenant as desired, changed and counts as without the fault, and nothing
written twice. A hopeless one fails: in bounded time, saying why, with every item that was not written named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

ITEMS = 600
ENTITIES = "/iocs/entities/indicators/v1"
COMBINED = "/iocs/combined/indicator/v1"
TOKEN = "/oauth2/token"

Rule = Mapping[str, Any]
Faults = Callable[["Stage"], list[Rule]]


@dataclass(frozen=True)
class Stage:
    """A run: what it does most, and the requests that a fault of this stage strikes.

    ``hit``: the first of them to strike when only one is struck.
    """

    name: str
    method: str
    path: str
    hit: int
    counts: Mapping[str, int]

    def rule(self, do: Any, **match: Any) -> Rule:
        return {"match": {"method": self.method, "path": self.path, **match}, "do": do}

    def once(self, do: Any) -> list[Rule]:
        return [self.rule(do, nth=self.hit)]

    def always(self, do: Any) -> list[Rule]:
        return [self.rule(do)]


STAGES = {
    stage.name: stage
    for stage in (
        Stage("token", "POST", TOKEN, 1, {"unchanged": 600}),
        Stage("read", "GET", COMBINED, 2, {"unchanged": 600}),
        Stage("create", "POST", ENTITIES, 2, {"created": 600}),
        Stage("update", "PATCH", ENTITIES, 2, {"updated": 600}),
        Stage("delete", "DELETE", ENTITIES, 2, {"deleted": 400, "unchanged": 200}),
    )
}
WRITES = ("create", "update", "delete")
ALL = tuple(STAGES)


@dataclass(frozen=True)
class Case:
    """One fault in one stage.

    ``group``: where it stands in the published table. ``extra``: the most requests it may cost above a run without
    faults. ``counts``: what differs from the stage's own. ``fails``: what the message must say (a regular expression)
    where the run cannot converge; ``nothing``: it fails before there is anything to count. ``left``: how many of the
    600 indicators are not as desired afterwards. ``next_run``: whether the next run, without the fault, converges.
    """

    name: str
    stage: str
    faults: Faults = lambda _stage: []
    quirk: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    fails: str = ""
    nothing: bool = False
    extra: int = 0
    seconds: float = 20.0
    left: int = 0
    next_run: bool = True
    odd_group: bool = False
    group: str = ""

    @property
    def id(self) -> str:
        return f"{self.stage}: {self.name}"


def _each(
    stages: tuple[str, ...], name: str, do: Any, extra: Mapping[str, int] | int, **more: Any
) -> Iterator[Case]:
    for stage in stages:
        most = extra if isinstance(extra, int) else extra.get(stage, extra.get("other", 0))
        yield Case(name, stage, lambda at, do=do: at.once(do), extra=most, **more)


# A lost answer to a write costs a look at what was done (100 ids a request, or one listing) and what is sent again.
_READ_BACK = {"create": 2, "update": 3, "delete": 3, "other": 1}
# Committed already: only the look.
_SEEN = {"create": 1, "update": 2, "delete": 2, "other": 1}


def passing() -> Iterator[Case]:
    """Faults that strike once and are survived in the same run."""
    for name, do in (
        ("429 until a second (epoch seconds)", {"status": 429, "retry_after": 1}),
        (
            "429 until a second (epoch milliseconds)",
            {"status": 429, "retry_after": 1, "form": "milliseconds"},
        ),
        ("429 that does not say until when", {"status": 429, "form": "missing"}),
        ("429 until a moment in the past", {"status": 429, "retry_after": -3600}),
    ):
        yield from _each(ALL, name, do, 1)
    far = {"status": 429, "retry_after": 10**8}
    yield from _each(ALL, "429 until three years from now", far, 1, options={"max_wait": 1})
    for status in (500, 502, 504):
        yield from _each(ALL, f"{status}, nothing done", {"status": status}, _READ_BACK)
    yield from _each(ALL, "503 with an HTML page, nothing done", {"html": 503}, _READ_BACK)
    yield from _each(ALL, "connection reset, nothing done", "reset_before", _READ_BACK)
    yield from _each(WRITES, "connection reset after the commit", "reset_after_commit", _SEEN)
    yield from _each(WRITES, "500 after the commit", {"status_after_commit": 500}, _SEEN)
    yield from _each(WRITES, "503 with an HTML page after the commit", {"html_after_commit": 503}, _SEEN)
    yield from _each(
        WRITES,
        "silence past the timeout, after the commit",
        {"hang_after_commit": 3},
        _SEEN,
        options={"timeout": 2},
    )
    yield from _each(ALL, "silence past the timeout", {"hang_before": 3}, _READ_BACK, options={"timeout": 1})
    yield from _each(ALL, "answer cut in the middle", "truncate", _SEEN)
    yield from _each(ALL, "JSON under the content type text/html", {"wrong_content_type": "text/html"}, 0)
    yield from _each(ALL, "`resources` is null", "resources_null", {**_SEEN, "token": 0})
    yield from _each(ALL, "there is no `resources`", "resources_missing", {**_SEEN, "token": 0})
    yield from _each(WRITES, "success with `errors`", {"errors_on_2xx": "internal error"}, 0)
    yield from _each(("read",), "success with `errors`", {"errors_on_2xx": "internal error"}, 1)
    # Requests under way at the same time are refused as well.
    yield from _each(("read", *WRITES), "the token expires in the middle", "expire_token", 4)
    yield from _each(("read", *WRITES), "all tokens are revoked in the middle", "revoke_token", 8)
    for stage in ALL:
        yield Case(
            "every answer takes 300 ms", stage, lambda at: [{"do": {"latency": 300}}], options={"timeout": 10}
        )


def lagging() -> Iterator[Case]:
    """A search that shows writes half a second late, while reads by id are current."""
    late: Mapping[str, Any] = {"quirk": {"search_lag": 0.5}, "options": {"settle": 2}, "extra": 20}
    for stage in WRITES:
        yield Case("nothing else goes wrong", stage, **late)
    for name, do in (
        ("connection reset after the commit", "reset_after_commit"),
        ("503 with an HTML page after the commit", {"html_after_commit": 503}),
        ("connection reset, nothing done", "reset_before"),
        ("`resources` is null", "resources_null"),
    ):
        for stage in WRITES:
            yield Case(name, stage, lambda at, do=do: at.once(do), **late)
    yield Case(
        "the total of a listing lags too",
        "create",
        lambda at: at.once("reset_after_commit"),
        quirk={"search_lag": 0.5, "total_lag": 0.5},
        options={"settle": 2},
        extra=20,
    )
    half = {"errors_on_2xx": "shard failed", "code": 500, "drop_rows": 60}
    for stage, path, number in (("create", COMBINED, 2), ("update", ENTITIES, 1), ("delete", ENTITIES, 5)):
        for name, do in (("reset_before", "nothing done"), ("reset_after_commit", "after the commit")):
            yield Case(
                f"connection reset, {do}, and half of what is read back",
                stage,
                lambda at, name=name, path=path, number=number: [
                    at.rule(name, nth=at.hit),
                    {"match": {"method": "GET", "path": path, "nth": number}, "do": half},
                ],
                extra=8,
            )


def reading() -> Iterator[Case]:
    """What a listing can look like."""
    for shift in (-500, -1, 1, 500):
        yield Case(
            f"a page says {shift:+} for the total",
            "read",
            lambda at, n=shift: at.once({"total_shifts": n}),
            extra=5,
        )
    yield Case("a page repeats its `after`", "read", lambda at: at.once("repeat_after"), extra=4)
    yield Case("no page has an `after`", "read", lambda at: at.always("after_missing"))
    yield Case("a page lacks rows", "read", lambda at: at.once({"drop_rows": 50}), extra=4)
    yield Case("the last page has no `after`", "read", quirk={"after_on_last_page": "missing"})
    yield Case("an empty page is null", "read", quirk={"empty_resources": "null"})
    yield Case("deleted indicators are shown", "read", quirk={"deleted_in_search": "include"})
    for answer in ("400", "html", "html_200", "500"):
        yield Case(
            f"500 rows a page at most, more is refused ({answer})",
            "read",
            quirk={"max_page": 500, "too_large": answer},
            options={"page_size": 2000},
            extra=4,
        )
        yield Case(
            f"100 rows a page at most, more is refused ({answer})",
            "read",
            quirk={"max_page": 100, "too_large": answer},
            options={"page_size": 2000},
            extra=10,
        )
    yield Case(
        "500 rows a page at most, whatever is asked for",
        "read",
        quirk={"max_page": 500, "too_large": "cap"},
        options={"page_size": 2000},
        extra=2,
    )


def refusing() -> Iterator[Case]:
    """A tenant that takes less, or says no in its own way."""
    yield Case("50 rows a batch at most", "create", quirk={"max_batch": 50}, extra=24)
    yield Case("50 rows a batch at most", "update", quirk={"max_batch": 50}, extra=24)
    yield Case("50 ids a request at most", "delete", quirk={"max_ids": 50}, extra=32)
    yield Case("URLs of 8,000 bytes at most", "create", quirk={"max_url": 8000}, extra=6)
    yield Case("URLs of 8,000 bytes at most", "delete", quirk={"max_url": 8000}, extra=8)
    for stage in WRITES:
        yield Case(
            "a batch is refused once, without a reason", stage, lambda at: at.once({"status": 400}), extra=6
        )
    for status in ("400", "200"):
        yield Case(
            f"one row is refused by name (HTTP {status})",
            "create",
            quirk={"row_errors_status": status},
            odd_group=True,
            counts={"created": 599, "failed": 1},
            fails=r"host5|iocs\[5\]",
            extra=3,
            left=1,
            next_run=False,
        )
    yield Case(
        "one row is refused by name, the others are stored (201)",
        "create",
        quirk={"create_partial": "on"},
        odd_group=True,
        counts={"created": 599, "failed": 1},
        fails=r"iocs\[5\]",
        extra=3,
        left=1,
        next_run=False,
    )
    yield Case(
        "one row spoils its batch, without a reason",
        "create",
        lambda at: [at.rule({"status": 400}, body_contains='"host005.bad.example"')],
        counts={"created": 599, "failed": 1},
        fails=r"iocs\[5\].*HTTP 400",
        extra=30,
        left=1,
    )
    yield Case(
        "one row breaks the tenant (500)",
        "create",
        lambda at: [at.rule({"status": 500}, body_contains='"host005.bad.example"')],
        counts={"created": 599, "failed": 1},
        fails=r"1 of 600 items failed: iocs\[5\].*HTTP 500.* the rest was applied: 599 created",
        extra=50,
        left=1,
    )
    yield Case(
        "the tenant is full after 400",
        "create",
        quirk={"quota": 403},
        counts={"created": 400, "failed": 200},
        fails="Limit of 1 million indicators reached",
        left=200,
    )


def racing() -> Iterator[Case]:
    """Somebody else writes between our reading and our writing."""

    def made(at: Stage, **fields: Any) -> list[Rule]:
        stored = {"type": "domain", "value": "host007.bad.example", "action": "detect", "severity": "high"}
        stored.update(platforms=["windows", "mac", "linux"], applied_globally=True, tags=["listed"], **fields)
        return [at.rule({"seed_before": {"indicators": [stored]}}, nth=1)]

    yield Case(
        "the same indicator was created meanwhile",
        "create",
        lambda at: made(at, source="threat-intel"),
        counts={"created": 599, "unchanged": 1},
        extra=3,
    )
    yield Case(
        "a different one of the same value was created meanwhile",
        "create",
        lambda at: made(at, source="threat-intel", description="by hand"),
        options={
            "defaults": {"action": "detect", "severity": "high", "tags": ["listed"], "description": "listed"}
        },
        counts={"created": 599, "updated": 1},
        extra=4,
    )
    yield Case(
        "somebody else's of the same value was created meanwhile",
        "create",
        lambda at: made(at, source="soc"),
        counts={"created": 599, "failed": 1},
        fails="host007.bad.example.*is now owned by 'soc': somebody else created it meanwhile",
        extra=3,
        left=1,
        next_run=False,
    )
    yield Case(
        "somebody else's was created meanwhile, on_foreign: skip",
        "create",
        lambda at: made(at, source="soc"),
        options={"on_foreign": "skip"},
        counts={"created": 599, "foreign": 1},
        extra=3,
        left=1,
        next_run=False,
    )
    yield Case(
        "somebody else's was created meanwhile, on_foreign: adopt",
        "create",
        lambda at: made(at, source="soc"),
        options={"on_foreign": "adopt"},
        counts={"created": 599, "updated": 1},
        extra=4,
    )
    for unknown in ("404", "200"):
        yield Case(
            f"one was deleted meanwhile (unknown ids: {unknown})",
            "update",
            lambda at: [at.rule({"delete_before": "value:['host007.bad.example']"}, nth=1)],
            quirk={"unknown_id": unknown},
            counts={"updated": 599, "created": 1},
            extra=8,
        )
        for mixed in ("partial", "refuse") if unknown == "404" else ("partial",):
            yield Case(
                f"one was deleted meanwhile (unknown ids: {unknown}, among known ones: {mixed})",
                "delete",
                lambda at: [at.rule({"delete_before": "value:['host407.bad.example']"}, nth=1)],
                quirk={"unknown_id": unknown, "mixed_ids": mixed},
                counts={"deleted": 399},
                extra=8,
            )


_NEVER = {
    "create": {"counts": {"created": 0, "failed": 600}, "left": 600},
    "update": {"counts": {"updated": 0, "failed": 600}, "left": 600},
    "delete": {"counts": {"deleted": 0, "purge_failed": 400}, "left": 400},
    "read": {"nothing": True},
    "token": {"nothing": True},
}


def hopeless() -> Iterator[Case]:
    """Faults that stay."""
    faults: Mapping[str, tuple[Any, str]] = {
        "500": ({"status": 500}, "HTTP 500"),
        "503 with an HTML page": ({"html": 503}, "HTTP 503 with a page"),
        "429": ({"status": 429, "retry_after": 0.2}, r"rate limit is used up \(HTTP 429\)"),
        "the connection is reset": ("reset_before", "the connection broke"),
        "silence past the timeout": ({"hang_before": 3}, "no answer within 1 seconds"),
        "the answer is cut": ("truncate", "the connection broke"),
        "403": ({"status": 403}, "needs the scope IOC Management: |refuses these credentials"),
        "401": ({"status": 401}, r"does not accept them \(HTTP 401\)|refuses these credentials"),
        "a refusal without a reason": ({"status": 400}, "HTTP 400"),
    }
    for name, (do, message) in faults.items():
        for stage in ALL:
            most: dict[str, Any] = dict(_NEVER[stage])
            if name == "the answer is cut" and stage in WRITES:
                continue  # committed each time, see below
            options = {"timeout": 1, "retries": 1} if "silence" in name else {"max_wait": 1}
            extra = 100 if name in ("a refusal without a reason", "500", "503 with an HTML page") else 40
            yield Case(
                name,
                stage,
                lambda at, do=do: at.always(do),
                fails=message,
                options=options,
                extra=extra,
                **most,
            )
    for stage in WRITES:
        yield Case(
            "every answer is lost after the commit",
            stage,
            lambda at: at.always("reset_after_commit"),
            extra=9,
        )
        yield Case("every answer is cut", stage, lambda at: at.always("truncate"), extra=9)
        yield Case("every `resources` is null", stage, lambda at: at.always("resources_null"), extra=9)
    for name, do in (
        ("every `resources` is null", "resources_null"),
        ("every total is one too many", {"total_shifts": 1}),
        ("every page lacks rows", {"drop_rows": 1}),
        ("every page has `errors`", {"errors_on_2xx": "internal error"}),
    ):
        yield Case(
            name,
            "read",
            lambda at, do=do: at.always(do),
            fails="Could not list indicators",
            nothing=True,
            extra=20,
        )
    # A page that repeats its token could hide anything behind it.
    yield Case(
        "every page repeats its `after`",
        "read",
        lambda at: at.always("repeat_after"),
        fails="Falcon says there are 600 but shows 400",
        nothing=True,
        extra=20,
    )


def every() -> Iterator[Case]:
    """The whole matrix, each case with the heading that it stands under."""
    for group, make in (
        ("Passing faults", passing),
        ("A search that lags behind, and halves of what is read back", lagging),
        ("Odd listings", reading),
        ("Small tenants and refusals", refusing),
        ("Somebody else writes at the same time", racing),
        ("Faults that stay", hopeless),
    ):
        for case in make():
            yield replace(case, group=group)

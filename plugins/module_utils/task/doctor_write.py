# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The write test: harmless indicators of reserved values, with a source of their own, that never stay."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any, Callable, Iterator, Sequence

from ..api.errors import FalconError, PermissionRefused, RequestRefused
from ..ioc.record import Record
from .doctor_facts import note_by_id, order_of
from .doctor_findings import FAILED, PASSED, Findings
from .doctor_probe import COMBINED, Probe
from .doctor_reserved import RESERVED_NAMES, SHA256, SOURCE, by_id, find_leftovers, is_ours

#: Seconds for which the doctor waits until search shows a write.
LONGEST_LAG = 10
_SOON = 3
# Falcon's words for a full tenant, which has no code of its own.
_FULL = "limit of 1 million"

_DOMAIN = f".threatops-falcon-doctor{RESERVED_NAMES}"
_MAIN = ("domain", f"main{_DOMAIN}")
_HASH = ("sha256", SHA256)
_EXPIRING = ("ipv4", "192.0.2.113")
_OTHERS = (("ipv6", "2001:db8::113"), ("domain", f"Mixed-Case{_DOMAIN}"))
_PROBES = tuple(("domain", f"{name}{_DOMAIN}") for name in ("atomic", "capitals", "long", "mobile"))
_ALL = (_MAIN, _HASH, _EXPIRING, *_OTHERS, *_PROBES)


class WriteTest:
    """One run of the test. ``settled``: seconds that were found to pass before search shows a write."""

    def __init__(self, probe: Probe, findings: Findings) -> None:
        self._probe = probe
        self._findings = findings
        self._ids: list[str] = []
        self._unsure = False
        self._refusal: RequestRefused | None = None

    def run(self, leftovers: Sequence[Record]) -> int:
        """Delete the leftovers, test, and delete all that was made, also when interrupted.

        Returns how many leftovers were deleted. Raises FalconError when the test cannot go on.
        """
        self._ids = [str(record["id"]) for record in leftovers]
        with _stoppable():
            try:
                self._delete_made()
                self._test()
            finally:
                self._clean_up()
        return len(leftovers)

    # the test

    def _test(self) -> None:
        taken = self._values_in_use()
        if taken:
            raise RequestRefused(
                f"The write test needs values that other indicators have: {', '.join(taken)}",
                hint=f"They are reserved for documentation. Delete these indicators, or their source is not {SOURCE}.",
            )
        first = self._create(
            [
                self._row(*_MAIN),
                self._row(*_HASH),
                self._row(*_EXPIRING),
                *(self._row(*pair) for pair in _OTHERS),
            ]
        )
        if first is None:
            raise self._refusal or RequestRefused("Falcon stored none of the indicators of the write test")
        main = next((record for record in first if record.get("value") == _MAIN[1]), {})
        expiring = next((record for record in first if record.get("value") == _EXPIRING[1]), {})
        self._measure_lag(str(main.get("id")))
        self._note_case(first)
        for step in (
            lambda: self._duplicates(main),
            self._atomicity,
            self._no_hidden_errors,
            lambda: self._variant("U7", _PROBES[1], severity="HIGH"),
            lambda: self._variant("U9", _PROBES[2], description="x" * 201),
            lambda: self._variant("U26", _PROBES[3], platforms=["ios"], mobile_action="no_action"),
            lambda: self._updates(main),
            lambda: self._expiry(expiring),
            lambda: note_by_id(self._findings, self._probe, str(main.get("id"))),
            self._order,
            lambda: self._deletion(main),
        ):
            self._attempt(step)

    def _attempt(self, step: Callable[[], None]) -> None:
        """One step; that Falcon refuses it is an answer too, and no reason to leave out the others."""
        try:
            step()
        except RequestRefused as error:
            self._probe.context.warn(f"A step of the write test was refused: {error.message}.")

    def _values_in_use(self) -> list[str]:
        values = ",".join(
            f"'{spelling}'" for _kind, value in _ALL for spelling in dict.fromkeys((value, value.lower()))
        )
        found = self._probe.ask(
            COMBINED,
            [("filter", f"value:[{values}]+deleted:false"), ("limit", "100")],
            purpose="look for the values of the write test",
        )
        foreign = [str(row["id"]) for row in found.resources if isinstance(row, dict) and not is_ours(row)]
        return [f"{row['type']} {row['value']}" for row in by_id(self._probe, foreign)]

    def _create(self, rows: list[dict[str, Any]], *, ignore_warnings: bool = False) -> list[Record] | None:
        """Create; None where the whole request was refused."""
        params = [("ignore_warnings", "true")] if ignore_warnings else []
        body = {"comment": "write test of threatops.falcon.doctor", "indicators": rows}
        self._unsure = True  # until the answer is known
        try:
            answer = self._probe.write(
                "POST", params=params, body=body, purpose="create indicators of the write test"
            )
        except PermissionRefused as error:
            self._unsure = False
            self._findings.amend("scope:IOC Management:write", FAILED, error.message, error.hint)
            raise
        except RequestRefused as error:
            self._unsure = False
            if self._findings.status("scope:IOC Management:write") != PASSED:
                self._granted()
            self._refusal = error
            if _FULL in error.message.lower():
                self._findings.amend(
                    "quota", FAILED, error.message, "Delete expired indicators (purge_expired)."
                )
            return None
        self._unsure = False
        self._granted()
        records = [row for row in answer.resources if isinstance(row, dict) and row.get("id")]
        self._ids += [str(row["id"]) for row in records if row["id"] not in self._ids]
        if answer.errors:
            self._findings.fact("U27", "yes")
        return records or None

    def _granted(self) -> None:
        self._findings.amend("scope:IOC Management:write", PASSED, "Granted")

    def _measure_lag(self, one: str) -> None:
        for seconds in range(LONGEST_LAG + 1):
            if seconds:
                self._probe.client.pause(1)
            if self._shows(_MAIN[1], one, "deleted:false"):
                break
        self._findings.fact("U30", seconds)

    def _shows(self, value: str, one: str, condition: str = "") -> bool:
        fql = f"value:['{value}']" + (f"+{condition}" if condition else "")
        found = self._probe.ask(COMBINED, [("filter", fql), ("limit", "10")], purpose="look for an indicator")
        return any(isinstance(row, dict) and row.get("id") == one for row in found.resources)

    def _note_case(self, records: Sequence[Record]) -> None:
        spelled = _OTHERS[1][1]
        stored = next(
            (str(row.get("value")) for row in records if str(row.get("value")).lower() == spelled.lower()), ""
        )
        if stored:
            self._findings.fact("U6", "kept" if stored == spelled else "lower_case")

    def _duplicates(self, main: Record) -> None:
        again = self._row(*_MAIN, platforms=["linux"])
        made = self._create([again])
        self._findings.fact("U5", "type_and_value" if made is None else "more_than_type_and_value")
        forced = self._create([self._row(*_MAIN, description="created again")], ignore_warnings=True)
        if forced is None:
            self._findings.fact("U4", "refused")
        elif forced and forced[0]["id"] != main.get("id"):
            self._findings.fact("U4", "second_record")
        elif forced:
            same = forced[0].get("description") != "created again"
            self._findings.fact("U4", "unchanged" if same else "upsert")

    def _atomicity(self) -> None:
        good, bad = self._row(*_PROBES[0]), self._row("ipv4", "192.0.2.not-an-address")
        first = self._create([good, bad])
        if first is not None:
            self._findings.fact(
                "U3",
                "partial" if any(row.get("value") == good["value"] for row in first) else "all_or_nothing",
            )
            return
        # Were it stored in spite of the refusal, it would now be a duplicate.
        second = self._create([good])
        self._findings.fact("U3", "all_or_nothing" if second else "partial")

    def _no_hidden_errors(self) -> None:
        self._findings.seen.setdefault("U27", "no")

    def _variant(self, number: str, pair: tuple[str, str], **fields: Any) -> None:
        made = self._create([self._row(*pair, **fields)])
        words = ("longer", "200") if number == "U9" else ("accepted", "refused")
        self._findings.fact(number, words[0] if made else words[1])

    def _updates(self, main: Record) -> None:
        one = {"id": main["id"]}
        self._update({**one, "description": "changed by the write test", "tags": ["write-test"]})
        after = self._update({**one, "expiration": None, "severity": "low"})
        self._findings.fact("U20", "unchanged" if after.get("expiration") else "cleared")
        self._update(
            {
                **one,
                "description": "",
                "tags": [],
                "severity": "",
                "expiration": _instant(self._probe.now(), 86_400),
            }
        )

    def _order(self) -> None:
        """What a listing is ordered by, read off an indicator that was changed after it was created."""
        self._probe.client.pause(int(self._findings.seen.get("U30") or 0))
        answer = self._probe.ask(
            COMBINED,
            [("filter", f"value:['{_MAIN[1]}']+deleted:false"), ("limit", "1")],
            purpose="read an indicator",
        )
        rows = [row for row in answer.resources if isinstance(row, dict)]
        if rows:
            self._findings.fact("U31", order_of(rows[0], answer.pagination.get("after")))

    def _update(self, row: dict[str, Any]) -> Record:
        answer = self._probe.write(
            "PATCH", body={"indicators": [row]}, purpose="update an indicator of the write test"
        )
        return next((found for found in answer.resources if isinstance(found, dict)), {})

    def _expiry(self, record: Record) -> None:
        """Let an indicator expire in a moment, and look every second whether it says so."""
        client = self._probe.client
        now = self._probe.now()
        end = int(now) + _SOON  # an expiration has whole seconds
        self._update({"id": record["id"], "expiration": _instant(end, 0)})
        client.pause(end - now + 0.2)
        for seconds in range(LONGEST_LAG + 1):
            if seconds:
                client.pause(1)
            if any(row.get("expired") for row in by_id(self._probe, [str(record["id"])])):
                break
        self._findings.fact("U28", seconds)

    def _deletion(self, main: Record) -> None:
        """Delete, look whether search still shows it, and create it again."""
        one = str(main["id"])
        self._probe.write("DELETE", params=[("ids", one)], purpose="delete an indicator of the write test")
        for seconds in range(LONGEST_LAG + 1):
            if seconds:
                self._probe.client.pause(1)
            if self._shows(_MAIN[1], one, "deleted:true"):
                self._findings.fact("U11", "included" if self._shows(_MAIN[1], one) else "excluded")
                break
        self._create([self._row(*_MAIN)])

    def _row(self, kind: str, value: str, **fields: Any) -> dict[str, Any]:
        """A harmless indicator: it only stores the value, on one platform, for a day."""
        return {
            "type": kind,
            "value": value,
            "action": "no_action",
            "platforms": ["windows"],
            "applied_globally": True,
            "source": SOURCE,
            "description": "write test, may be deleted",
            "expiration": _instant(self._probe.now(), 86_400),
            **fields,
        }

    # cleaning up

    def _clean_up(self) -> None:
        """Delete what was made, and say what could not be deleted."""
        try:
            if self._unsure:
                self._look_for_lost()
            self._delete_made()
        except FalconError as error:
            self._findings.leftovers = [{"type": kind, "value": value} for kind, value in _ALL]
            self._probe.context.warn(
                f"Indicators of the write test could not be deleted: {error.message}. Run the write test again: "
                f"it deletes what has the source {SOURCE} and a reserved value.",
            )

    def _look_for_lost(self) -> None:
        """An answer was lost, or not waited for: search shows what was made, within its lag."""
        lag = self._findings.seen.get("U30")
        for seconds in range((LONGEST_LAG if lag is None else int(lag)) + 1):
            if seconds:
                self._probe.client.pause(1)
            found = [str(record["id"]) for record in find_leftovers(self._probe)]
            if set(found) - set(self._ids):
                self._ids += found
                return

    def _delete_made(self) -> None:
        for record in by_id(self._probe, list(dict.fromkeys(self._ids))):
            if not is_ours(record):
                continue
            try:
                self._probe.write(
                    "DELETE",
                    params=[("ids", str(record["id"]))],
                    purpose="delete an indicator of the write test",
                )
            except RequestRefused as error:
                if error.status != 404:
                    raise
        alive = [record for record in by_id(self._probe, self._ids) if is_ours(record)]
        self._findings.leftovers = [{"type": str(one["type"]), "value": str(one["value"])} for one in alive]
        self._ids = [str(record["id"]) for record in alive]


def _instant(now: float, seconds: int) -> str:
    return datetime.fromtimestamp(now + seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def _stoppable() -> Iterator[None]:
    """Let the first SIGTERM or SIGINT raise, so that the test cleans up, and ignore those that follow.

    Signals can only be set in the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGTERM, signal.SIGINT)

    def stop(_number: int, _frame: Any) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

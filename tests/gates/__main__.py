# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make test`: run the steps two at a time, time each, keep a log of each, and say what passed."""

from __future__ import annotations

import shutil
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from steps import COVERAGE, LAST, STEPS
from tools import ROOT, Failed, Run, Skipped, link_collection

AT_A_TIME = 2
LAST_LINES = 60


@dataclass(frozen=True)
class Result:
    name: str
    verdict: str
    seconds: float
    reason: str


def perform(name: str) -> Result:
    run = Run(name)
    started = time.monotonic()
    try:
        STEPS[name](run)
        verdict, reason = "passed", ""
    except Skipped as why:
        verdict, reason = "skipped", str(why)
    except Failed as why:
        verdict, reason = "failed", str(why)
    except Exception:  # noqa: BLE001  # a step that breaks has failed, and the others go on
        run.say(traceback.format_exc())
        verdict, reason = "failed", "the step itself broke"
    result = Result(name, verdict, time.monotonic() - started, reason)
    run.say(f"{verdict} {reason}")
    show(result, run)
    return result


def show(result: Result, run: Run) -> None:
    lines = [
        f"{result.verdict:8}{result.seconds:6.1f} s  {result.name:14} {result.reason or STEPS[result.name].__doc__}"
    ]
    if result.verdict == "failed":
        lines += [
            f"    | {line}"
            for line in run.log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
        ]
        lines.append(f"    The whole log: {run.log.relative_to(ROOT)}")
    print("\n".join(lines), flush=True)


def main(wanted: list[str]) -> int:
    if wanted == ["list"]:
        for name, function in STEPS.items():
            print(f"{name:14} {function.__doc__}")
        return 0
    unknown = [name for name in wanted if name not in STEPS]
    if unknown:
        print(f"Unknown steps: {' '.join(unknown)}. There are: {' '.join(STEPS)}", file=sys.stderr)
        return 2
    started = time.monotonic()
    names = wanted or list(STEPS)
    shutil.rmtree(COVERAGE, ignore_errors=True)
    link_collection()
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        results = list(pool.map(perform, (name for name in names if name not in LAST)))
    results += [perform(name) for name in names if name in LAST]
    counts = {
        verdict: sum(result.verdict == verdict for result in results)
        for verdict in ("passed", "failed", "skipped")
    }
    print(f"\nThe logs are in .cache/logs. All steps together took {time.monotonic() - started:.0f} s.")
    print(
        f"{counts['passed']} passed, {counts['failed']} failed"
        + (f", {counts['skipped']} skipped" if counts["skipped"] else "")
    )
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make bench`: every contestant does the same work on the simulator, in one run; prints the table.

BENCH=quick does little work once, in under 3 minutes, and writes nothing. BENCH=full (or nothing) runs every row three
times and also writes the table into docs/docsite/rst/performance.rst. Further words choose rows:
BENCH="full create-10k list-1m" measures these alone and writes nothing.

A time counts only when the contestant's tenant holds what was asked, field by field. The contestants of a row take
turns, so that a machine that slows down slows all of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from jobs import Job, differences
from measure import Failure, Measurement, tenant
from table import Cell, Row, as_text, write_documentation

HERE = Path(__file__).resolve().parent
LATENCY = 100.0


@dataclass(frozen=True)
class Contestant:
    """Somebody who can do a job.

    ``play``: the playbook of the job that it runs, or nothing for a script
    ``each``: it takes one item after the other, so that the time of all is estimated from a sample of this size
    """

    title: str
    play: str = ""
    script: str = ""
    extra: tuple[str, ...] = ()
    each: int = 0

    def command(self, folder: Path) -> list[str]:
        if self.play:
            return ["ansible-playbook", *self.extra, str(folder / f"{self.play}.yml")]
        return [sys.executable, str(HERE / "scripts.py"), self.script, str(folder)]


INLINE = Contestant("falcon_iocs, list in variables", "inline")
CORE = Contestant("(ansible-core alone, list in variables)", "core")
ROLE = Contestant("role ioc_deploy, list in variables", "role")
FEED = Contestant("falcon_iocs, feed file (CSV)", "feed")
FEED_LIST = Contestant("falcon_iocs, list file (JSON)", "feed-list")
INFO = Contestant("falcon_ioc_info", "info")
LOOP = Contestant("loop of falcon_ioc, in-process", "loop", each=100)
AS_MODULES = Contestant(
    "loop of falcon_ioc, as modules", "loop", extra=("-e", '{"threatops_falcon_in_process": false}'), each=10
)
URI = Contestant("loop of ansible.builtin.uri", "uri", each=10)
ONE_BY_ONE = Contestant("FalconPy, one by one", script="falconpy-one-by-one", each=100)
BATCHES = Contestant("FalconPy, batches of 200", script="falconpy-batches")
FLOOR = Contestant("floor: requests, answer known", script="floor")

EVERY = (INLINE, FEED, LOOP, AS_MODULES, URI, ONE_BY_ONE, BATCHES, FLOOR)
LISTS = (INLINE, FEED, BATCHES, FLOOR)


@dataclass(frozen=True)
class Work:
    title: str
    job: Job
    contestants: tuple[Contestant, ...]
    latency: float = LATENCY
    whole: bool = False


FULL = (
    Work("create 1,000", Job("create-1k", 1_000, 0), EVERY),
    Work("create 10,000", Job("create-10k", 10_000, 0), EVERY),
    Work("no change, 10,000", Job("no-change-10k", 10_000, 10_000), (INLINE, ROLE, CORE, *EVERY[1:])),
    Work(
        "no change, 100,000",
        Job("no-change-100k", 100_000, 100_000),
        (INLINE, CORE, FEED, FEED_LIST, BATCHES, FLOOR),
    ),
    Work("1 % changed of 10,000", Job("changed-10k", 10_000, 10_000, changed=100), (*EVERY[:4], *EVERY[5:])),
    Work("purge 100 of 10,000", Job("purge-10k", 9_900, 10_000, purge=True), LISTS),
    Work("list 1,000,000", Job("list-1m", 0, 1_000_000), (INFO, BATCHES, FLOOR)),
    Work(
        "200 unchanged, no latency",
        Job("loop-200", 200, 200),
        (LOOP, AS_MODULES, URI, FLOOR),
        latency=0,
        whole=True,
    ),
)
QUICK = (
    Work(
        "create 200", Job("create-200", 200, 0), (INLINE, ROLE, FEED, LOOP, URI, ONE_BY_ONE, BATCHES, FLOOR)
    ),
    Work(
        "1 % changed of 1,000",
        Job("changed-1k", 1_000, 1_000, changed=100),
        (INLINE, CORE, FEED, BATCHES, FLOOR),
    ),
    Work("purge 10 of 1,000", Job("purge-1k", 990, 1_000, purge=True), LISTS),
    Work("list 20,000", Job("list-20k", 0, 20_000), (INFO, BATCHES, FLOOR)),
)
QUICK_SAMPLE = 5
ROUNDS = 3


def main(words: list[str]) -> int:
    kind = words.pop(0) if words and words[0] in ("quick", "full") else "full"
    works = [work for work in (QUICK if kind == "quick" else FULL) if not words or work.job.name in words]
    if not works:
        print(f"There are these rows: {' '.join(work.job.name for work in (*FULL, *QUICK))}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        empty = start_of_a_play(Path(folder))
        print(f"An empty play takes {empty.seconds:.2f} s; it is subtracted from every play.", flush=True)
        rows = []
        for work in works:
            row = measured(work, Path(folder), empty.seconds, kind == "quick")
            print(as_text(row), flush=True)
            rows.append(row)
    sizes = wrapper_sizes()
    print("\n".join(f"{name:30} {size / 1024:6.1f} KiB" for name, size in sizes.items()))
    if kind == "full" and not words:
        write_documentation(rows, sizes, empty.seconds, LATENCY)
    return 0


def start_of_a_play(folder: Path) -> Measurement:
    """The shortest of three."""
    prepare(Job("empty", 0, 0), folder / "empty")
    with tenant(0, 0) as there:
        runs = [
            there.run(["ansible-playbook", str(folder / "empty" / "empty.yml")], folder / "empty")
            for _run in range(3)
        ]
    return min(runs, key=lambda run: run.seconds)


def measured(work: Work, folder: Path, empty: float, quick: bool) -> Row:
    """Every contestant in turn, as often as there are rounds."""
    runs: dict[Contestant, list[Measurement]] = {contestant: [] for contestant in work.contestants}
    for number in range(1 if quick else ROUNDS):
        for contestant in work.contestants:
            print(f"  {work.title}, round {number + 1}: {contestant.title} ...", file=sys.stderr, flush=True)
            runs[contestant].append(_once(work, contestant, folder, quick))
    cells = []
    for contestant, done in runs.items():
        job = _job(work, contestant, quick)
        scale = work.job.listed / job.listed if job.listed != work.job.listed else 1
        seconds = [(run.seconds - (empty if contestant.play else 0)) * scale for run in done]
        cells.append(Cell(contestant.title, seconds, done, job.listed if scale != 1 else None, scale))
    return Row(work.title, cells)


def _job(work: Work, contestant: Contestant, quick: bool) -> Job:
    """The work, or a sample of it for a contestant that takes one item after the other."""
    each = min(contestant.each, QUICK_SAMPLE) if quick else contestant.each
    sampled = each and not work.whole and each < work.job.listed
    return work.job.shortened(each) if sampled else work.job


def _once(work: Work, contestant: Contestant, folder: Path, quick: bool) -> Measurement:
    """One run on a tenant of its own. Raises Failure where the tenant is not what was asked."""
    job = _job(work, contestant, quick)
    place = folder / f"{job.name}-{job.listed}"
    if not place.exists():
        prepare(job, place)
    with tenant(job.stored, work.latency) as there:
        run = there.run(contestant.command(place), place, timed_inside=bool(contestant.script))
        if contestant is not CORE and job.listed:  # what only lists counts what it has read
            wrong = differences(job, there.indicators())
            if wrong:
                raise Failure(f"{contestant.title} left {len(wrong)} differences, the first: {wrong[0]}")
    return run


def prepare(job: Job, folder: Path) -> None:
    subprocess.run([sys.executable, str(HERE / "jobs.py"), str(folder), json.dumps(asdict(job))], check=True)


def wrapper_sizes() -> dict[str, int]:
    """Bytes that Ansible sends for each module, as it builds them itself."""
    root = HERE.parents[1]
    names = sorted(path.stem for path in (root / "plugins" / "modules").glob("falcon*.py"))
    script = root / "tests" / "unit" / "wrapper_sizes.py"
    done = subprocess.run(
        [sys.executable, str(script), str(root / ".cache" / "link"), *names],
        check=True,
        capture_output=True,
        text=True,
    )
    sizes: dict[str, int] = json.loads(done.stdout)
    return sizes


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

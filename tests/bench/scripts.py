# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contestants that are no Ansible: a script that knows the answer, and FalconPy in two ways.

Run as `python tests/bench/scripts.py CONTESTANT FOLDER`; the last line printed is the seconds that the work took,
without the start of Python and its imports.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

URL, CLIENT_ID, CLIENT_SECRET = (
    os.environ[f"BENCH_{name}"] for name in ("URL", "CLIENT_ID", "CLIENT_SECRET")
)
BATCH, PAGE = 200, 2000
COMBINED, ENTITIES = f"{URL}/iocs/combined/indicator/v1", f"{URL}/iocs/entities/indicators/v1"
SOURCE = "generated"


def body(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "source": SOURCE, "platforms": ["windows", "mac", "linux"], "applied_globally": True}


def floor(job: dict[str, Any], folder: Path) -> None:
    """One request after the other, nothing decided: read as many pages as there are, send what is known to be needed.

    It takes ids off the pages that it reads anyway; it does not look at anything else.
    """
    import requests

    listed = json.loads((folder / "list.json").read_text(encoding="utf-8"))
    session = requests.Session()
    form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    token = session.post(f"{URL}/oauth2/token", data=form, timeout=60).json()["access_token"]
    session.headers["Authorization"] = f"Bearer {token}"
    ids: dict[str, str] = {}
    seen = 0
    after = ""
    for _page in range(-(-job["stored"] // PAGE)):
        place = {"after": after} if after else {}
        query = {"filter": f"source:'{SOURCE}'", "limit": str(PAGE), **place}
        answer = session.get(COMBINED, params=query, timeout=300).json()
        after = answer["meta"]["pagination"].get("after", "")
        seen += len(answer["resources"])
        if job["changed"] or job["purge"]:
            ids.update((row["value"], row["id"]) for row in answer["resources"])
    if seen != job["stored"]:
        raise SystemExit(f"{seen} of {job['stored']} indicators were read")
    missing = [body(item) for item in listed[job["stored"] :]]
    for batch in batches(missing):
        session.post(ENTITIES, json={"indicators": batch}, timeout=60).raise_for_status()
    changed = listed[: job["stored"] : job["changed"]] if job["changed"] else []
    updates = [{"id": ids[item["value"]], "severity": item["severity"]} for item in changed]
    for batch in batches(updates):
        session.patch(ENTITIES, json={"indicators": batch}, timeout=60).raise_for_status()
    if job["purge"]:
        named = {item["value"] for item in listed}
        extra = [one for text, one in ids.items() if text not in named]
        for batch in batches(extra):
            session.delete(ENTITIES, params=[("ids", one) for one in batch], timeout=60).raise_for_status()


def batches(rows: list[Any]) -> Iterator[list[Any]]:
    for at in range(0, len(rows), BATCH):
        yield rows[at : at + BATCH]


def falcon() -> Any:
    from falconpy import IOC

    return IOC(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, base_url=URL)


def succeeded(answer: dict[str, Any]) -> list[dict[str, Any]]:
    if answer["status_code"] >= 300:
        raise SystemExit(f"FalconPy: {answer['body'].get('errors')}")
    resources: list[dict[str, Any]] = answer["body"]["resources"]
    return resources


def falconpy_one_by_one(job: dict[str, Any], folder: Path) -> None:
    """Search for each item, then create or update it."""
    service = falcon()
    for item in json.loads((folder / "list.json").read_text(encoding="utf-8")):
        found = succeeded(service.indicator_combined(filter=f"value:'{item['value']}'"))
        if not found:
            succeeded(service.indicator_create(body={"indicators": [body(item)]}))
        elif found[0]["severity"] != item["severity"]:
            succeeded(
                service.indicator_update(
                    body={"indicators": [{"id": found[0]["id"], "severity": item["severity"]}]}
                )
            )


def falconpy_batches(job: dict[str, Any], folder: Path) -> None:
    """List everything of the source, compare, and write in batches, one after the other."""
    service = falcon()
    stored: dict[str, dict[str, Any]] = {}
    after = None
    while True:
        more = {"after": after} if after else {}
        answer = service.indicator_combined(filter=f"source:'{SOURCE}'", limit=PAGE, **more)
        rows = succeeded(answer)
        stored.update((row["value"], row) for row in rows)
        after = answer["body"]["meta"]["pagination"].get("after")
        if not rows or not after or len(stored) >= answer["body"]["meta"]["pagination"]["total"]:
            break
    if len(stored) != job["stored"]:
        raise SystemExit(f"{len(stored)} of {job['stored']} indicators were read")
    if job["listed"] == 0:
        return
    listed = json.loads((folder / "list.json").read_text(encoding="utf-8"))
    creates = [body(item) for item in listed if item["value"] not in stored]
    for batch in batches(creates):
        succeeded(service.indicator_create(body={"indicators": batch}))
    updates = [
        {"id": stored[item["value"]]["id"], "severity": item["severity"]}
        for item in listed
        if item["value"] in stored and stored[item["value"]]["severity"] != item["severity"]
    ]
    for batch in batches(updates):
        succeeded(service.indicator_update(body={"indicators": batch}))
    if job["purge"]:
        named = {item["value"] for item in listed}
        for batch in batches([row["id"] for text, row in stored.items() if text not in named]):
            succeeded(service.indicator_delete(ids=batch))


CONTESTANTS: dict[str, Callable[[dict[str, Any], Path], None]] = {
    "floor": floor,
    "falconpy-one-by-one": falconpy_one_by_one,
    "falconpy-batches": falconpy_batches,
}


def main(name: str, folder: Path) -> None:
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    if name.startswith("falconpy"):
        import falconpy  # noqa: F401  # outside of what is timed
    else:
        import requests  # noqa: F401
    started = time.monotonic()
    CONTESTANTS[name](job, folder)
    print(time.monotonic() - started)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work that is measured, and the files that describe it to each contestant.

The simulator's generated indicators are known beforehand: number N is the SHA-256 of the text "N". A job is a list of
such indicators and a tenant that holds some of them already.
"""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOURCE = "generated"
CONNECTION = {
    "base_url": "{{ lookup('ansible.builtin.env', 'BENCH_URL') }}",
    "client_id": "{{ lookup('ansible.builtin.env', 'BENCH_CLIENT_ID') }}",
    "client_secret": "{{ lookup('ansible.builtin.env', 'BENCH_CLIENT_SECRET') }}",
}
DEFAULTS = {"action": "detect", "severity": "medium", "platforms": ["windows", "mac", "linux"]}


@dataclass(frozen=True)
class Job:
    """What a tenant holds, and what it is to hold.

    ``listed``: how many indicators the list names, from number 0 on
    ``stored``: how many the tenant holds already, from number 0 on
    ``changed``: every n-th indicator of the list has a severity that differs from the tenant; 0 means none
    ``purge``: delete what the tenant holds and the list does not name
    """

    name: str
    listed: int
    stored: int
    changed: int = 0
    purge: bool = False

    def shortened(self, items: int) -> Job:
        """The same work on fewer items, for contestants that take one item after the other."""
        stored = min(self.stored, items)
        return Job(self.name, min(items, self.listed), stored, self.changed, self.purge)

    def severity(self, number: int) -> str:
        return "high" if self.changed and number % self.changed == 0 else "medium"


def value(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def items(job: Job) -> list[dict[str, Any]]:
    """The list as a user would write it."""
    return [
        {"type": "sha256", "value": value(number), "action": "detect", "severity": job.severity(number)}
        for number in range(job.listed)
    ]


def expected(job: Job) -> dict[str, dict[str, Any]]:
    """What the tenant holds when the work is done, by value."""
    asked = {**DEFAULTS, "type": "sha256", "source": SOURCE, "applied_globally": True, "deleted": False}
    kept = job.listed if job.purge else max(job.listed, job.stored)
    return {
        value(number): {**asked, "severity": job.severity(number) if number < job.listed else "medium"}
        for number in range(kept)
    }


def differences(job: Job, held: list[dict[str, Any]]) -> list[str]:
    """Where a tenant is not what was asked, field by field."""
    wanted = expected(job)
    found = {record["value"]: record for record in held if not record.get("deleted")}
    wrong = [f"{text} is missing" for text in wanted.keys() - found.keys()]
    wrong += [f"{text} should not be there" for text in found.keys() - wanted.keys()]
    for text in wanted.keys() & found.keys():
        for name, asked in wanted[text].items():
            have = found[text].get(name)
            if (sorted(have or ()) != sorted(asked)) if isinstance(asked, list) else have != asked:
                wrong.append(f"{text}: {name} is {have!r}, not {asked!r}")
    return sorted(wrong)


def write(job: Job, folder: Path) -> None:
    """Write the job for every contestant: list.json, feed.csv, and a playbook for each way of Ansible's."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = items(job)
    facts = {"listed": job.listed, "stored": job.stored, "purge": job.purge, "changed": job.changed}
    _json(folder / "job.json", facts)
    _json(folder / "list.json", listed)
    with (folder / "feed.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        columns = ("type", "value", "action", "severity")
        rows.writerow(columns)
        rows.writerows([item[name] for name in columns] for item in listed)
    options = {"source": SOURCE, "purge": job.purge, "defaults": DEFAULTS}
    one = {name: f"{{{{ item.{name} }}}}" for name in ("type", "value", "action", "severity")} | {
        "source": SOURCE
    }
    lists = {"iocs": listed}
    quiet = {"label": "x"}
    _play(folder, "empty", [])
    _play(folder, "inline", [_task("falcon_iocs", options | {"iocs": "{{ iocs }}"})], lists)
    _play(folder, "core", [{"nothing": options | {"iocs": "{{ iocs }}"}}], lists)
    _play(folder, "feed", [_task("falcon_iocs", options | {"feeds": [{"path": str(folder / "feed.csv")}]})])
    _play(
        folder,
        "feed-list",
        [_task("falcon_iocs", options | {"feeds": [{"path": str(folder / "list.json")}]})],
    )
    _play(folder, "loop", [_task("falcon_ioc", one) | {"loop": "{{ iocs }}", "loop_control": quiet}], lists)
    _play(folder, "uri", _uri_tasks(quiet), lists)
    count = {"ansible.builtin.assert": {"that": f"found.iocs | length == {job.stored}", "quiet": True}}
    _play(folder, "info", [_task("falcon_ioc_info", {"sources": [SOURCE]}) | {"register": "found"}, count])
    connection = {f"falcon_{name}": text for name, text in CONNECTION.items()}
    deployed = {"falcon_iocs": listed, "falcon_ioc_source": SOURCE, "falcon_ioc_defaults": DEFAULTS}
    role = {"ansible.builtin.include_role": {"name": "threatops.falcon.ioc_deploy"}}
    options = {"ioc_deploy_purge": job.purge, "ioc_deploy_max_deletions": "100%"}
    _play(folder, "role", [role], connection | deployed | options)


def _uri_tasks(quiet: dict[str, str]) -> list[dict[str, Any]]:
    """What people write who have no module: ask for each item, then create those that are not there."""
    url = CONNECTION["base_url"]
    headers = {"Authorization": "Bearer {{ token.json.access_token }}"}
    body = {"client_id": CONNECTION["client_id"], "client_secret": CONNECTION["client_secret"]}
    return [
        {
            "ansible.builtin.uri": {
                "url": f"{url}/oauth2/token",
                "method": "POST",
                "body_format": "form-urlencoded",
                "body": body,
                "status_code": 201,
            },
            "register": "token",
        },
        {
            "ansible.builtin.uri": {
                "url": f"{url}/iocs/combined/indicator/v1?filter=value:'{{{{ item.value }}}}'",
                "headers": headers,
            },
            "loop": "{{ iocs }}",
            "loop_control": quiet,
            "register": "found",
        },
        {
            "ansible.builtin.uri": {
                "url": f"{url}/iocs/entities/indicators/v1",
                "method": "POST",
                "headers": headers,
                "body_format": "json",
                "body": {"indicators": ["{{ item.item | combine(everywhere) }}"]},
                "status_code": 201,
            },
            "loop": "{{ found.results }}",
            "loop_control": quiet,
            "vars": {
                "everywhere": {
                    "platforms": DEFAULTS["platforms"],
                    "applied_globally": True,
                    "source": SOURCE,
                }
            },
            "when": "item.json.resources | length == 0",
        },
    ]


def _task(module: str, options: dict[str, Any]) -> dict[str, Any]:
    return {f"threatops.falcon.{module}": CONNECTION | options}


def _play(
    folder: Path, name: str, tasks: list[dict[str, Any]], variables: dict[str, Any] | None = None
) -> None:
    play = {"hosts": "localhost", "gather_facts": False, "vars": variables or {}, "tasks": tasks}
    _json(folder / f"{name}.yml", [play])


def _json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Run as a process of its own, so that the memory that a long list takes is not counted for a contestant."""
    folder, job = Path(arguments[0]), Job(**json.loads(arguments[1]))
    write(job, folder)


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])

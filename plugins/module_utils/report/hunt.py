# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report of a hunt: who saw what, when, and what ran. One document, and the page that shows it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from .page import Chart, Column, Count, Page, Table, heading

SCHEMA = "threatops.falcon/hunt/1"

BARS = 20
"""Indicators in the chart: those that most hosts saw."""

HOST_FIELDS = (
    "device_id",
    "hostname",
    "platform_name",
    "os_version",
    "status",
    "local_ip",
    "external_ip",
    "mac_address",
    "machine_domain",
    "site_name",
    "last_login_user",
    "host_groups",
    "tags",
    "first_seen",
    "last_seen",
)
"""What a report holds of the record of a host (``DeviceapiDeviceSwagger``)."""

TONES = {
    "normal": "neutral",
    "contained": "good",
    "containment_pending": "warning",
    "lift_containment_pending": "warning",
}
"""How the containment status of a host that saw an indicator is meant."""

_CONTAINED = ("contained", "containment_pending")
# Characters of an indicator that there is room for: in the chart, and in the table of hosts.
_IN_CHART = 18
_IN_CELL = {"sha256": 23, "md5": 23}
_IN_CELL_ELSE = 33
_MOST_IN_CELL = 4

Record = Mapping[str, Any]


def hunt_document(
    title: str,
    iocs: Sequence[Record],
    hosts: Sequence[Record],
    processes: Sequence[Record],
    facts: Record,
    generated: str,
) -> dict[str, Any]:
    """The hunt as data, in the form of ``schema`` ``threatops.falcon/hunt/1``.

    ``iocs`` and ``hosts`` are as ``falcon_ioc_hosts_info`` returns them, ``processes`` as
    ``falcon_ioc_processes_info`` does. ``generated`` is an RFC 3339 time. ``sightings`` has a row for every
    process by which a host saw an indicator, and one for a host that saw it without a process that is
    known, in the order of time. Keys are only ever added to this schema; one that goes or changes its
    meaning makes a new number.
    """
    sightings = _sightings(hosts, processes)
    by_host: dict[str, list[Record]] = defaultdict(list)
    by_ioc: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for row in sightings:
        by_host[row["device_id"]].append(row)
        by_ioc[row["type"], row["value"]].append(row)
    counts = {
        "iocs": len(iocs),
        "seen": len(by_ioc),
        "hosts": len(hosts),
        "contained": sum(1 for host in hosts if host.get("status") in _CONTAINED),
        "processes": len({process["process_id"] for process in processes}),
    }
    return {
        "schema": SCHEMA,
        "title": title,
        "generated": generated,
        "summary": _summary(counts),
        "counts": counts,
        "facts": dict(sorted(facts.items())),
        "iocs": [
            {
                "type": ioc["type"],
                "value": ioc["value"],
                "device_count": ioc.get("device_count", 0),
                "limit_exceeded": bool(ioc.get("limit_exceeded")),
                **_span(by_ioc.get((ioc["type"], ioc["value"]), [])),
                "hosts": len({row["device_id"] for row in by_ioc.get((ioc["type"], ioc["value"]), [])}),
            }
            for ioc in iocs
        ],
        "hosts": [
            {
                **{name: host[name] for name in HOST_FIELDS if host.get(name)},
                **_span(by_host.get(host["device_id"], [])),
                "observed": list(host["observed"]),
            }
            for host in hosts
        ],
        "sightings": sightings,
    }


def _sightings(hosts: Sequence[Record], processes: Sequence[Record]) -> list[dict[str, Any]]:
    """A row for every host, indicator and process; empty texts where Falcon knows no process."""
    ran: dict[tuple[str, str, str], list[Record]] = defaultdict(list)
    for process in processes:
        for one in process["observed"]:
            ran[process["device_id"], one["type"], one["value"]].append(process)
    rows = []
    for host in hosts:
        for one in host["observed"]:
            for process in ran.get((host["device_id"], one["type"], one["value"])) or [{}]:
                rows.append(
                    {
                        "started": str(process.get("start_timestamp") or ""),
                        "ended": str(process.get("stop_timestamp") or ""),
                        "device_id": str(host["device_id"]),
                        "hostname": str(host.get("hostname") or ""),
                        "platform": str(host.get("platform_name") or ""),
                        "containment": str(host.get("status") or ""),
                        "local_ip": str(host.get("local_ip") or ""),
                        "last_seen": str(host.get("last_seen") or ""),
                        "host_groups": list(host.get("host_groups") or ()),
                        "type": str(one["type"]),
                        "value": str(one["value"]),
                        "process_id": str(process.get("process_id") or ""),
                        "file_name": str(process.get("file_name") or ""),
                        "command_line": str(process.get("command_line") or ""),
                    }
                )
    # What has no time comes last.
    return sorted(rows, key=lambda row: (not row["started"], row["started"], row["hostname"]))


def _span(rows: Sequence[Record]) -> dict[str, Any]:
    """How many processes there were, and when the first and the last of them started."""
    started = [row["started"] for row in rows if row["started"]]
    return {
        "processes": len({row["process_id"] for row in rows if row["process_id"]}),
        "first_started": min(started, default=""),
        "last_started": max(started, default=""),
    }


def _summary(counts: Mapping[str, int]) -> str:
    if not counts["hosts"]:
        return f"No host observed any of {_number(counts['iocs'], 'indicator')}."
    seen = f"{counts['seen']:,} of {_number(counts['iocs'], 'indicator')}"
    return (
        f"{_number(counts['hosts'], 'host')} observed {seen}, {_number(counts['processes'], 'process', 'es')} "
        f"involved; {counts['contained']:,} contained."
    )


def _number(count: int, thing: str, plural: str = "s") -> str:
    return f"{count:,} {thing}{'' if count == 1 else plural}"


def hunt_page(document: Record) -> Page:
    """The document for people."""
    counts = document["counts"]
    platforms = Counter(str(host.get("platform_name") or "unknown") for host in document["hosts"])
    facts = [
        ("Time", document["generated"]),
        *((heading(name), value) for name, value in document["facts"].items()),
    ]
    if platforms:
        facts.insert(
            1, ("Platforms", ", ".join(f"{name} {number:,}" for name, number in platforms.most_common()))
        )
    ran = [row["started"] for row in document["sightings"] if row["started"]]
    if ran:
        facts.insert(1, ("Processes started", f"{min(ran)} to {max(ran)}"))
    open_hosts = counts["hosts"] - counts["contained"]
    busiest = sorted(document["iocs"], key=lambda ioc: -ioc["hosts"])[:BARS]
    bars = [
        Count(_short(str(ioc["value"]), _IN_CHART), ioc["hosts"], "bad") for ioc in busiest if ioc["hosts"]
    ]
    more = f" (the {BARS} that most hosts saw)" if counts["seen"] > BARS else ""
    return Page(
        title=document["title"],
        verdict=document["summary"],
        tone="bad" if open_hosts else "warning" if counts["hosts"] else "good",
        facts=facts,
        counts=[
            Count("hosts", counts["hosts"], "bad" if counts["hosts"] else "good"),
            Count("not contained", open_hosts, "bad" if open_hosts else "good"),
            Count("indicators seen", counts["seen"], "bad" if counts["seen"] else "good"),
            Count("indicators looked for", counts["iocs"]),
            Count("processes", counts["processes"], "warning" if counts["processes"] else "neutral"),
        ],
        chart=Chart(f"Hosts by indicator{more}", bars) if bars else None,
        tables=[
            _hosts_table(document["hosts"]),
            sightings_table(document["sightings"]),
            _iocs_table(document["iocs"]),
        ],
    )


def _short(value: str, longest: int) -> str:
    """Start and end of a long value: the one tells hashes apart, the other domains."""
    half = (longest - 1) // 2
    return value if len(value) <= longest else f"{value[:half]}\u2026{value[-half:]}"


def _observed(host: Record) -> str:
    """A few of what a host observed; the table of sightings has all of it."""
    values = [_short(str(one["value"]), _IN_CELL.get(one["type"], _IN_CELL_ELSE)) for one in host["observed"]]
    more = len(values) - _MOST_IN_CELL
    return ", ".join(values[:_MOST_IN_CELL]) + (f" and {more} more" if more > 0 else "")


def _hosts_table(hosts: Sequence[Record]) -> Table:
    columns = [
        Column("Host", "code"),
        Column("Platform", "label"),
        Column("System"),
        Column("Containment", "label"),
        Column("Indicators", "number"),
        Column("Observed", "code"),
        Column("Processes", "number"),
        Column("First process", "time"),
        Column("Last process", "time"),
        Column("Address", "code"),
        Column("User"),
        Column("Groups and tags", "list"),
        Column("First seen", "time"),
        Column("Last seen", "time"),
        Column("Device ID", "code"),
    ]
    rows = [
        [
            host.get("hostname") or host["device_id"],
            host.get("platform_name") or "unknown",
            host.get("os_version"),
            host.get("status") or "unknown",
            len(host["observed"]),
            _observed(host),
            host["processes"],
            host["first_started"],
            host["last_started"],
            host.get("local_ip"),
            host.get("last_login_user"),
            [*(host.get("host_groups") or ()), *(host.get("tags") or ())],
            host.get("first_seen"),
            host.get("last_seen"),
            host["device_id"],
        ]
        for host in sorted(hosts, key=lambda host: -len(host["observed"]))
    ]
    return Table(
        "Hosts",
        columns,
        rows,
        note="First and last seen are when the host was in touch with Falcon. To find the hosts of one whole "
        "indicator, search the table of what ran, which names each of them.",
        empty="No host observed any of the indicators.",
        tones=TONES,
    )


def sightings_csv(sightings: Sequence[Record]) -> Table:
    """One row for each sighting, with what a responder needs to know of its host: the CSV file."""
    table = sightings_table(sightings)
    more = {
        Column("Containment", "label"): "containment",
        Column("Address", "code"): "local_ip",
        Column("Last seen", "time"): "last_seen",
        Column("Host groups", "list"): "host_groups",
    }
    rows = [[*row, *(one.get(name, "") for name in more.values())] for row, one in zip(table.rows, sightings)]
    return Table(table.title, [*table.columns, *more], rows)


def sightings_table(sightings: Sequence[Record]) -> Table:
    """One row for each sighting: a table of the page."""
    columns = [
        Column("Started", "time"),
        Column("Host", "code"),
        Column("Platform", "label"),
        Column("Type", "label"),
        Column("Indicator", "code"),
        Column("Program", "code"),
        Column("Command line", "code"),
        Column("Ended", "time"),
        Column("Device ID", "code"),
        Column("Process ID", "code"),
    ]
    names = ("platform", "type", "value", "file_name", "command_line", "ended", "device_id", "process_id")
    rows = [
        [row["started"], row["hostname"] or row["device_id"], *(row[name] for name in names)]
        for row in sightings
    ]
    return Table(
        "What ran, by time",
        columns,
        rows,
        note="Without a time: Falcon knows that the host observed the indicator, and no process of it.",
        empty="Nothing.",
    )


def _iocs_table(iocs: Sequence[Record]) -> Table:
    columns = [
        Column("Type", "label"),
        Column("Indicator", "code"),
        Column("Hosts listed", "number"),
        Column("Hosts counted"),
        Column("Processes", "number"),
        Column("First process", "time"),
        Column("Last process", "time"),
    ]
    rows = [
        [
            ioc["type"],
            ioc["value"],
            ioc["hosts"],
            f"{ioc['device_count']:,}{' or more' if ioc['limit_exceeded'] else ''}",
            ioc["processes"],
            ioc["first_started"],
            ioc["last_started"],
        ]
        for ioc in sorted(iocs, key=lambda ioc: -ioc["hosts"])
    ]
    return Table("Indicators", columns, rows, empty="No indicator was looked for.")

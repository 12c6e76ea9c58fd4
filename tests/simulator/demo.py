# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo tenant: clients, host groups, 260 hosts, indicators of several owners, and who saw them.

Everything is made up; addresses and names are from the ranges reserved for documentation.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from .seed import DEMO_CID, device_id, group_id

CLIENT_ID = "5e11ab1e5e11ab1e5e11ab1e5e11ab1e"
CLIENT_SECRET = "demo_secret_for_the_simulator_0000000001"
READER_ID = "5e11ab1e5e11ab1e5e11ab1e00000002"
READER_SECRET = "demo_secret_for_the_simulator_0000000002"
WITHOUT_GROUPS_ID = "5e11ab1e5e11ab1e5e11ab1e00000003"
WITHOUT_GROUPS_SECRET = "demo_secret_for_the_simulator_0000000003"
CHILD_CIDS = ("c41d0000000000000000000000000001", "c41d0000000000000000000000000002")

ALL_SCOPES = [
    "ioc_management_read",
    "ioc_management_write",
    "iocs_read",
    "iocs_write",
    "hosts_read",
    "host_groups_read",
]

GROUPS = ("Servers", "Domain Controllers", "Workstations", "Laptops", "Production", "Test Lab")
HOST_COUNT = 258
STRANGE_HOSTNAMES = ("<img src=x onerror=alert(1)>", "{{ lookup('pipe','id') }}")

SEEN_EVERYWHERE = {"type": "domain", "value": "beacon.example.net"}
SEEN_HASH = {"type": "sha256", "value": "73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac"}
SEEN_ADDRESS = {"type": "ipv4", "value": "198.51.100.23"}

_PLATFORMS = (
    ("Windows", "0", "Windows Server 2022"),
    ("Windows", "0", "Windows 11"),
    ("Mac", "1", "Sequoia (15)"),
    ("Linux", "3", "Debian GNU 12"),
)


def clients() -> list[dict[str, Any]]:
    """A client with every scope (also for two child CIDs), one that only reads, one without the Host Groups scope."""
    return [
        {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "name": "demo",
            "scopes": ALL_SCOPES,
            "children": list(CHILD_CIDS),
        },
        {
            "client_id": READER_ID,
            "client_secret": READER_SECRET,
            "name": "reader",
            "scopes": [scope for scope in ALL_SCOPES if scope.endswith("_read")],
        },
        {
            "client_id": WITHOUT_GROUPS_ID,
            "client_secret": WITHOUT_GROUPS_SECRET,
            "name": "no host groups",
            "scopes": [scope for scope in ALL_SCOPES if scope != "host_groups_read"],
        },
    ]


def content() -> dict[str, Any]:
    """The whole demo as a seed."""
    hosts = _hosts()
    return {
        "cid": DEMO_CID,
        "clients": clients(),
        "host_groups": _groups(),
        "hosts": hosts,
        "processes": _processes(),
        "indicators": _indicators(),
        "sightings": _sightings([host["device_id"] for host in hosts]),
    }


def child_content(cid: str) -> dict[str, Any]:
    """What a child CID holds: one group, and an indicator that its parent pushed."""
    return {
        "cid": cid,
        "host_groups": [{"id": group_id(f"Servers of {cid}"), "name": "Servers"}],
        "indicators": [
            {
                "type": "domain",
                "value": "from-parent.example.org",
                "action": "detect",
                "severity": "high",
                "source": "parent",
                "from_parent": True,
                "parent_cid_name": "Example Holding",
            }
        ],
    }


def _groups() -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = [
        {"id": group_id(name), "name": name, "description": f"{name} of the demo"} for name in GROUPS
    ]
    # A name twice, and names that differ in case alone: the tenant allows both.
    groups.append(
        {
            "id": "ab000000000000000000000000000001",
            "name": "Twice",
            "group_type": "dynamic",
            "assignment_rule": "platform_name:'Windows'",
        }
    )
    groups.append(
        {
            "id": "ab000000000000000000000000000002",
            "name": "twice",
            "group_type": "dynamic",
            "assignment_rule": "platform_name:'Linux'",
        }
    )
    return groups


def _hosts() -> list[dict[str, Any]]:
    hosts = []
    for number in range(HOST_COUNT):
        platform, platform_id, version = _PLATFORMS[number % len(_PLATFORMS)]
        hosts.append(_host(f"host-{number:03d}", number, platform, platform_id, version))
    for place, name in enumerate(STRANGE_HOSTNAMES):
        hosts.append(_host(name, HOST_COUNT + place, "Windows", "0", "Windows 11"))
    return hosts


def _host(name: str, number: int, platform: str, platform_id: str, version: str) -> dict[str, Any]:
    server = "Server" in version or platform == "Linux"
    return {
        "device_id": device_id(name),
        "hostname": name,
        "local_ip": f"192.0.2.{number % 250 + 1}",
        "external_ip": "203.0.113.5",
        "mac_address": f"42-01-0a-80-{number // 256:02x}-{number % 256:02x}",
        "platform_id": platform_id,
        "platform_name": platform,
        "os_version": version,
        "agent_version": "7.18.17106.0",
        "status": "contained" if number % 50 == 7 else "normal",
        "groups": [group_id("Servers" if server else "Workstations")],
        "tags": ["FalconGroupingTags/demo"],
        "first_seen": "2025-01-10T12:40:18Z",
        "last_seen": "2026-02-01T08:12:33Z",
        "product_type": "3" if server else "1",
        "product_type_desc": "Server" if server else "Workstation",
        "system_manufacturer": "Example",
        "reduced_functionality_mode": "no",
    }


def _processes() -> list[dict[str, Any]]:
    processes = []
    for number in range(3):
        device = device_id(f"host-{number:03d}")
        for local in (528715079668 + number, 528715080001 + number):
            processes.append(
                {
                    "device_id": device,
                    "process_id": f"pid:{device}:{local}",
                    "process_id_local": str(local),
                    "file_name": "\\Device\\HarddiskVolume1\\Users\\demo\\Downloads\\invoice.exe",
                    "command_line": f'"C:\\Users\\demo\\Downloads\\invoice.exe" /silent /id {number}',
                    "start_timestamp": "2026-01-31T09:05:51Z",
                    "start_timestamp_raw": "134141367510000000",
                    "stop_timestamp": "2026-01-31T09:06:43Z",
                    "stop_timestamp_raw": "134141368030000000",
                }
            )
    return processes


def _sightings(devices: list[str]) -> list[dict[str, Any]]:
    pids = [process["process_id"] for process in _processes()]
    return [
        {**SEEN_EVERYWHERE, "devices": devices[:248] + devices[-2:]},
        {**SEEN_HASH, "devices": devices[:5], "processes": pids},
        {**SEEN_ADDRESS, "devices": devices[-2:]},
    ]


def _indicators() -> list[dict[str, Any]]:
    today = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    past, soon, later = (
        (today + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ") for days in (-20, 5, 200)
    )
    everyone = {"applied_globally": True, "severity": "medium", "action": "detect"}
    return [
        {
            **SEEN_EVERYWHERE,
            **everyone,
            "source": "soc",
            "severity": "high",
            "description": "command and control",
            "tags": ["campaign-1"],
        },
        {
            **SEEN_HASH,
            "source": "soc",
            "action": "prevent",
            "severity": "high",
            "metadata": {"filename": "invoice.exe", "signed": False, "av_hits": -1},
            "expiration": later,
        },
        {**SEEN_ADDRESS, **everyone, "source": "soc", "expiration": soon},
        {
            "type": "ipv6",
            "value": "2001:db8::1",
            **everyone,
            "source": "partner",
            "created_by": "partner@example.com",
        },
        {"type": "domain", "value": "old.example.org", **everyone, "source": "partner", "expiration": past},
        {"type": "domain", "value": "old.example.com", **everyone, "source": "soc", "expiration": past},
        {
            "type": "md5",
            "value": "9e107d9d372bb6826bd81d3542a419d6",
            "source": "helpdesk",
            "action": "allow",
            "host_groups": [group_id("Test Lab")],
            "description": "known good tool",
        },
        {
            "type": "all_subdomains",
            "value": "phish.example.net",
            "mobile_action": "prevent",
            "severity": "medium",
            "source": "mobile team",
        },
        {"type": "domain", "value": "nobody.example.org", **everyone},
        {
            "type": "ipv4",
            "value": "203.0.113.99",
            "source": "",
            "created_by": "internal@crowdstrike.com",
            "modified_by": "",
        },
        {"type": "domain", "value": "deleted.example.org", **everyone, "source": "soc", "deleted": True},
    ]

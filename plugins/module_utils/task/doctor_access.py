# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether this client gets in, and what it may do: clock, token, region, child CID, scopes, sizes, limits."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..api.errors import (
    AuthenticationError,
    ConfigurationError,
    FalconError,
    PermissionRefused,
    RequestRefused,
)
from ..api.regions import AUTODISCOVER, REGIONS
from .base import Params
from .doctor_findings import FAILED, PASSED, SCOPES, SKIPPED, WARNING, Findings
from .doctor_probe import COMBINED, Probe

_CLOCK_WARNING, _CLOCK_FAILURE = 60, 300
_PAGES = (2000, 1000, 500, 100)
# Below this share of the rate limit others of the tenant leave too little for a run.
_SCARCE = 0.1
_SAMPLE = "192.0.2.1"
_NO_PROCESS = "pid:" + "0" * 32 + ":0"
_NO_TOKEN = "Without a token nothing can be asked"  # noqa: S105  # a sentence


def open_tenant(probe: Probe) -> FalconError | None:
    """Ask for a token; returns why there is none."""
    try:
        probe.client.auth()
    except FalconError as error:
        return error
    return None


def check_clock(findings: Findings, probe: Probe) -> None:
    """Falcon's clock against this machine's."""
    offset = probe.clock_offset
    if offset is None:
        findings.add("clock", SKIPPED, "No answer told the time")
        return
    off = abs(offset)
    if off <= _CLOCK_WARNING:
        findings.add("clock", PASSED, "The clock of this machine agrees with Falcon's")
        return
    # In tens of seconds, so that two runs in a row say the same.
    message = f"The clock of this machine is {round(off, -1):.0f} s {'behind' if offset > 0 else 'ahead of'} Falcon's"
    hint = "Set the clock (NTP): expirations, tokens and waits are computed with it."
    findings.add("clock", FAILED if off > _CLOCK_FAILURE else WARNING, message, hint)


def check_token(findings: Findings, probe: Probe, error: FalconError | None) -> None:
    """Whether a token was issued, for how long, and the limit of asking for one."""
    if error is not None:
        findings.add("token", FAILED, error.message, error.hint)
        return
    lifetime = probe.client.auth()["expires_in"]
    lives = f"It lives for {round(lifetime / 60)} minutes" if lifetime else "It comes from the option auth"
    _left, limit = probe.limits.get("token", (0, 0))
    limited = f"; {limit} tokens a minute may be asked for" if limit else ""
    findings.add("token", PASSED, f"Falcon issues a token. {lives}{limited}")


def check_region(findings: Findings, params: Params, probe: Probe, error: FalconError | None) -> None:
    """The option cloud against the region that Falcon names, also where it refuses the token."""
    region = probe.region or getattr(error, "region", "")
    findings.region = region
    auth = params.get("auth") or {}
    base_url = auth.get("base_url") or params.get("base_url") or ""
    cloud = auth.get("cloud") or params.get("cloud") or AUTODISCOVER
    by_url = {urlsplit(url).hostname: name for name, url in REGIONS.items()}
    wanted = by_url.get(urlsplit(base_url).hostname, "") if base_url else ""
    wanted = cloud if cloud != AUTODISCOVER else wanted
    if not region:
        findings.add("region", SKIPPED, "Falcon names no region (X-Cs-Region)")
    elif wanted and wanted != region:
        # Between commercial regions the client follows Falcon to the right one; a base_url it does not leave.
        followed = error is None and not base_url
        findings.add(
            "region",
            WARNING if followed else FAILED,
            f"cloud is {wanted}, but Falcon names the region {region}",
            f"Set cloud: {region}" + (", and base_url to its address." if base_url else "."),
        )
    else:
        how = (
            "as cloud says" if wanted else "found by autodiscovery" if not base_url else "as Falcon names it"
        )
        findings.add("region", PASSED, f"{region}, {how}")


def check_member(findings: Findings, params: Params, cid: str, error: FalconError | None) -> None:
    """The child CID. ``cid``: the CID of a host's record, empty where there is none."""
    member = str(params.get("member_cid") or "")
    if not member:
        findings.add("member_cid", SKIPPED, "No member_cid is given: the tenant of the API client is used")
    elif error is not None:
        findings.add("member_cid", SKIPPED, _NO_TOKEN, "A wrong member_cid is refused in the same way.")
    elif not cid:
        findings.add("member_cid", PASSED, "Falcon accepts the member_cid; no host tells its CID")
    elif same_cid(cid, member):
        findings.add("member_cid", PASSED, "The hosts belong to the member_cid")
    else:
        findings.add(
            "member_cid", FAILED, "The hosts belong to another CID than the member_cid", "Check member_cid."
        )


def same_cid(one: str, other: str) -> bool:
    """Whether two CIDs are the same; case and the checksum after the hyphen do not count."""
    return one.strip().lower().partition("-")[0] == other.strip().lower().partition("-")[0]


def check_scopes(findings: Findings, probe: Probe) -> str:
    """Every scope that a module needs, found out by asking. Returns the CID of a host, if there is one."""
    cid = ""
    _try_scope(findings, probe, "IOC Management:read", COMBINED, [("limit", "1")])
    findings.add(
        "scope:IOC Management:write",
        SKIPPED,
        "Not tried: it takes a write",
        "The write test tries it (doctor_write_test).",
    )
    _try_scope(
        findings,
        probe,
        "IOCs (Indicators of Compromise):read",
        "/processes/entities/processes/v1",
        [("ids", _NO_PROCESS)],
    )
    if _try_scope(findings, probe, "Hosts:read", "/devices/queries/devices/v1", [("limit", "1")]):
        cid = _cid_of_a_host(probe)
    _try_scope(findings, probe, "Host Groups:read", "/devices/combined/host-groups/v1", [("limit", "1")])
    return cid


def _try_scope(
    findings: Findings, probe: Probe, scope: str, path: str, params: list[tuple[str, str]]
) -> bool:
    name = f"scope:{scope}"
    try:
        probe.ask(path, params, purpose=f"use the scope {scope}")
    except PermissionRefused as error:
        findings.add(name, FAILED, f"{error.message}. It is needed for {SCOPES[scope]}", error.hint)
    except RequestRefused as error:
        # An unknown id or value is refused after access was granted.
        findings.add(name, PASSED, "Granted" if error.status in (400, 404) else f"HTTP {error.status}")
    except FalconError as error:
        findings.add(name, WARNING, error.message, error.hint)
        return False
    else:
        findings.add(name, PASSED, "Granted")
    return findings.status(name) == PASSED


def _cid_of_a_host(probe: Probe) -> str:
    try:
        ids = probe.ask("/devices/queries/devices/v1", [("limit", "1")], purpose="find a host").resources
        if not ids:
            return ""
        details = probe.ask(
            "/devices/entities/devices/v2", method="POST", body={"ids": ids[:1]}, purpose="read a host"
        )
    except FalconError:
        return ""
    return next(
        (str(row["cid"]) for row in details.resources if isinstance(row, dict) and row.get("cid")), ""
    )


def check_page_size(findings: Findings, probe: Probe) -> int:
    """The largest page that the tenant takes, which is returned; 0 for none."""
    for size in _PAGES:
        try:
            answer = probe.ask(
                COMBINED,
                [("limit", str(size)), ("sort", "created_on.asc")],
                purpose=f"list {size} indicators",
                size_may_be_refused=size > _PAGES[-1],
            )
        except PermissionRefused:
            break
        except RequestRefused:
            continue
        except FalconError as error:
            if error.status == 500 and size > _PAGES[-1]:  # so do some tenants refuse a page
                continue
            findings.add("page_size", WARNING, error.message, error.hint)
            return 0
        limit = answer.pagination.get("limit")
        taken = limit if isinstance(limit, int) and 0 < limit < size else size
        findings.fact("U2", str(taken))
        small = taken < _PAGES[0]
        findings.add(
            "page_size",
            WARNING if small else PASSED,
            f"This tenant takes pages of {taken} indicators",
            f"Set page_size: {taken} to save a refused request in each run." if small else "",
        )
        return taken
    refused = findings.status("scope:IOC Management:read") == FAILED
    findings.add("page_size", SKIPPED if refused else FAILED, "No page of indicators can be read")
    return 0


def check_rate_limit(findings: Findings, probe: Probe) -> None:
    """How much of the tenant's requests a minute is left."""
    left, limit = probe.limits.get("api", (0, 0))
    if not limit:
        findings.add("rate_limit", SKIPPED, "No answer told the rate limit")
    elif left < limit * _SCARCE:
        findings.add(
            "rate_limit",
            WARNING,
            f"Less than {_SCARCE:.0%} of the {limit} requests a minute are left",
            "Find out which other clients of the tenant send requests, and run at another time.",
        )
    else:
        # In fifths, so that two runs in a row say the same.
        share = min(80, int(5 * left / limit) * 20)
        findings.add(
            "rate_limit", PASSED, f"{limit} requests a minute, of which more than {share} % are left"
        )


def skipped_reason(error: FalconError) -> str:
    """What is said of the checks that a missing token prevents."""
    if isinstance(error, (AuthenticationError, ConfigurationError)):
        return _NO_TOKEN
    return "Falcon cannot be reached"

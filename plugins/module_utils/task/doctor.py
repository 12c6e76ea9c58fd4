# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of falcon_doctor_info.

In this order: the software and the network of this machine; a token; what the client may do; what the tenant holds;
the open points of the API; the write test, where it is asked for twice. Nothing is decided on what another task needs:
each finding stands for itself, and what could not be tried is skipped by name.
"""

from __future__ import annotations

import os

from ..api.deps import REQUESTS_IMPORT_ERROR
from ..api.errors import ConfigurationError, FalconError
from ..report import doctor as report
from ..report.files import holds, json_bytes, replace
from .base import Context, Params, Result, TaskFailed
from .doctor_access import (
    check_clock,
    check_member,
    check_page_size,
    check_rate_limit,
    check_region,
    check_scopes,
    check_token,
    open_tenant,
    same_cid,
    skipped_reason,
)
from .doctor_facts import read_facts
from .doctor_findings import FAILED, SCOPES, SKIPPED, Findings
from .doctor_local import check_network, check_software, check_tls
from .doctor_probe import Probe
from .doctor_reserved import SOURCE, find_leftovers
from .doctor_share import share
from .doctor_tenant import check_host_groups, check_tenant
from .doctor_write import WriteTest
from .options import CONNECTION, PROTECTION, ArgumentSpec

SPEC = (
    CONNECTION
    + ArgumentSpec({"protect": PROTECTION.options["protect"]})
    + ArgumentSpec(
        {
            "write_test": {"type": "bool", "default": False},
            "confirm_cid": {"type": "str"},
            "share": {"type": "path"},
            "report_dir": {"type": "path"},
            "fail_on": {"type": "str", "choices": ["failed", "warning", "never"], "default": "failed"},
            "host_groups": {"type": "list", "elements": "str", "default": []},
            "variables": {"type": "raw"},
            "max_indicators": {"type": "int", "default": 100_000},
        }
    )
)

_AFTER_TOKEN = (
    *(f"scope:{name}" for name in SCOPES),
    *("page_size", "rate_limit", "quota", "expired", "owners", "protection", "host_groups"),
)


def run(params: Params, context: Context) -> Result:
    """Look at everything, and fail afterwards where ``fail_on`` says so; the result is whole either way.

    Raises TaskFailed for a failed verdict, or for a write test that is not confirmed.
    """
    findings = Findings(settle=int(params.get("settle") or 0))
    outcome: Result = {"status": SKIPPED, "message": "The write test was not asked for"}
    shared: Result = {}
    removed = 0
    check_software(findings)
    try:
        if REQUESTS_IMPORT_ERROR is not None:
            raise ConfigurationError("Nothing can be sent without requests")
        probe = Probe(params, context)
    except ConfigurationError as error:
        _give_up(findings, error)
    else:
        try:
            cid = _look(findings, params, probe, context)
            if params.get("write_test"):
                outcome, removed = _write_test(findings, params, probe, context, cid)
            shared = share(findings, probe.exchanges)
        finally:
            probe.close()
    result = _result(findings, outcome, shared)
    result["changed"] = _keep(result, params, context, shared) | bool(removed)
    report.complete(result, params.get("report_dir") or "")
    _judge(result, params)
    return result


def _look(findings: Findings, params: Params, probe: Probe, context: Context) -> str:
    """All that reading shows. Returns the CID of the tenant, where a host tells it."""
    check_network(findings, params)
    error = open_tenant(probe)
    trouble = error.message if isinstance(error, ConfigurationError) and error.reason == "certificate" else ""
    check_tls(findings, params, probe.certificate, trouble)
    check_clock(findings, probe)
    check_token(findings, probe, error)
    if error is not None:
        check_region(findings, params, probe, error)
        check_member(findings, params, "", error)
        _skip(findings, skipped_reason(error))
        return ""
    shown_first, findings.checks = findings.checks, []
    cid = check_scopes(findings, probe)
    scopes, findings.checks = findings.checks, shown_first
    # These two are read off the answers to the first requests, and shown before them.
    check_region(findings, params, probe, None)
    check_member(findings, params, cid, None)
    findings.checks += scopes
    page_size = check_page_size(findings, probe)
    check_rate_limit(findings, probe)
    check_tenant(findings, params, probe, page_size)
    check_host_groups(findings, params, probe)
    read_facts(findings, probe)
    if page_size:
        try:
            found = find_leftovers(probe)
        except FalconError as failure:
            context.warn(f"Leftovers of a write test could not be looked for: {failure.message}.")
        else:
            findings.leftovers = [{"type": str(one["type"]), "value": str(one["value"])} for one in found]
    return cid


def _skip(findings: Findings, reason: str) -> None:
    for name in _AFTER_TOKEN:
        findings.add(name, SKIPPED, reason)


def _give_up(findings: Findings, error: FalconError) -> None:
    """Options that cannot work: nothing can be asked, and every check says so."""
    for name in ("dns", "proxy", "tls", "clock"):
        findings.add(name, SKIPPED, "No connection was made")
    findings.add("token", FAILED, error.message, error.hint)
    for name in ("region", "member_cid"):
        findings.add(name, SKIPPED, "No connection was made")
    _skip(findings, "No connection was made")


def _write_test(
    findings: Findings, params: Params, probe: Probe, context: Context, cid: str
) -> tuple[Result, int]:
    """The write test, if it is confirmed. Returns what became of it, and how many leftovers were deleted."""
    refusal = _not_confirmed(params, context, cid)
    if refusal:
        return {"status": FAILED, "code": "not_confirmed", "message": refusal}, 0
    if findings.status("token") == FAILED or findings.status("scope:IOC Management:read") == FAILED:
        return {"status": SKIPPED, "message": "Indicators cannot be read, so nothing is written"}, 0
    if context.check_mode:
        return {"status": SKIPPED, "message": "In check mode nothing is written"}, 0
    test = WriteTest(probe, findings)
    try:
        removed = test.run(find_leftovers(probe))
    except FalconError as error:
        message = f"{error.message.rstrip('.')}. {error.hint}".strip().rstrip(".")
        return {"status": FAILED, "code": error.code, "message": message}, 0
    kept = "Some indicators could not be deleted" if findings.leftovers else "Nothing was left behind"
    status = FAILED if findings.leftovers else "passed"
    return {
        "status": status,
        "message": f"Indicators with the source {SOURCE} were made and deleted. {kept}",
    }, removed


def _not_confirmed(params: Params, context: Context, cid: str) -> str:
    """Why the write test is refused; empty where the CID that was typed is the tenant's, as far as that can be told."""
    typed = str(params.get("confirm_cid") or "").strip()
    known = cid or str(params.get("member_cid") or "")
    if not typed:
        return "The write test is asked for twice: give the CID of the tenant as confirm_cid (doctor_confirm_cid)"
    if known and not same_cid(typed, known):
        return "confirm_cid is not the CID of this tenant: nothing was written"
    if not known:
        context.warn("No host tells the CID of this tenant: confirm_cid was taken as it was typed.")
    return ""


def _result(findings: Findings, outcome: Result, shared: Result) -> Result:
    lag = findings.seen.get("U30")
    return {
        "checks": findings.checks,
        "facts": findings.facts(),
        "verdict": findings.verdict() if outcome["status"] != FAILED else FAILED,
        "region": findings.region,
        "leftovers": findings.leftovers,
        "write_test": outcome,
        "settle": lag if isinstance(lag, int) else None,
        "share_preview": shared,
    }


def _keep(result: Result, params: Params, context: Context, shared: Result) -> bool:
    """Write the files that were asked for, where they differ. Returns whether any does.

    Raises TaskFailed where a file cannot be written.
    """
    files: dict[str, bytes] = {}
    folder = params.get("report_dir")
    if folder:
        files.update({os.path.join(folder, name): content for name, content in report.files(result).items()})
    if params.get("share") and shared:
        files[params["share"]] = json_bytes(shared)
    changed = {path: content for path, content in files.items() if not holds(path, content)}
    if context.check_mode:
        return bool(changed)
    for path, content in changed.items():
        try:
            os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
            replace(path, content)
        except OSError as error:
            raise TaskFailed(
                f"Could not write {path}: {error.strerror}", {**result, "code": "not_written", "path": path}
            ) from None
    return bool(changed)


def _judge(result: Result, params: Params) -> None:
    fail_on = params.get("fail_on") or "failed"
    if fail_on == "never" or result["verdict"] not in (FAILED, fail_on):
        return
    raise TaskFailed(result["summary"][-1], {**result, "code": "doctor"})

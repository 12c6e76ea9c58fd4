# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schemathesis, a generator of requests good and bad, against the simulator and its OpenAPI document."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from simulator_fixture import start_process, stop_process

pytest.importorskip("schemathesis")

DOCUMENT = Path(__file__).resolve().parent.parent / "simulator" / "openapi.yaml"
UNLIMITED = [f"--quirk={name}=0" for name in ("rate_limit", "token_rate_limit", "bad_token_rate_limit")]
LEFT_OUT = (
    # The rules of indicators (which action fits which type, ...) say more than a schema can.
    "positive_data_acceptance",
    # The token service answers 403 to a wrong secret, as the vendor's does.
    "ignored_auth",
)


@pytest.mark.openapi
def test_answers_fit_the_document_and_bad_requests_are_refused(tmp_path: Path) -> None:
    tenant, process = start_process(["--legacy", "--quirk=beyond_10000=400", *UNLIMITED])
    try:
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run", str(DOCUMENT), "--url", tenant.url),
            *("-H", f"Authorization: Bearer {tenant.token()}", "--exclude-path", "/oauth2/revoke"),
            *("--phases", "coverage,fuzzing", "--max-examples", "3", "--seed", "1", "--no-color"),
            *("--exclude-checks", ",".join(LEFT_OUT)),
        ]
        result = subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, timeout=300, check=False
        )
        assert result.returncode == 0, result.stdout[-8000:] + result.stderr[-2000:]
    finally:
        tenant.close()
        assert stop_process(process) == 0

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One list to 50 children of a parent CID on one simulated tenant: one token each, and a failing child stops nobody."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Dict

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHILDREN = 50


def test_one_list_to_fifty_children(simulator: Any, tmp_path: Path) -> None:
    children = {
        f"child-{number:02}": {"falcon_member_cid": f"{number:032x}"} for number in range(1, CHILDREN + 1)
    }
    known = [child["falcon_member_cid"] for child in children.values()][:-1]
    simulator.seed(
        clients=[
            {
                "client_id": "c" * 32,
                "client_secret": "s" * 40,
                "cid": simulator.cid,
                "children": known,
                "scopes": ["ioc_management_read", "ioc_management_write"],
            }
        ]
    )
    inventory: Dict[str, Any] = {
        "all": {
            "vars": {
                "falcon_base_url": simulator.url,
                "falcon_client_id": "c" * 32,
                "falcon_client_secret": "s" * 40,
                "falcon_ioc_source": "mssp-core",
                "falcon_iocs": [
                    {
                        "type": "domain",
                        "value": f"evil{number}.example",
                        "action": "detect",
                        "severity": "high",
                    }
                    for number in range(20)
                ],
            },
            "children": {"children": {"hosts": children}},
        }
    }
    (tmp_path / "inventory.yml").write_text(yaml.safe_dump(inventory))
    command = ["ansible-playbook", "-i", "inventory.yml", "-f", "4", "-e", f"fan_out_report_dir={tmp_path}"]
    ran = subprocess.run(
        [*command, str(ROOT / "docs" / "examples" / "mssp" / "fan_out.yml")],
        cwd=tmp_path,
        env={**os.environ, "ANSIBLE_HOME": str(tmp_path / "ansible"), "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    output = ran.stdout + ran.stderr
    assert ran.returncode != 0, "the last child is unknown to the parent, and that has to be said"
    assert "Some children are not as declared" in output
    report = json.loads((tmp_path / "fan_out.json").read_text())
    rows = {row[0]: row[1:] for row in report["tables"][0]["rows"]}
    assert len(rows) == CHILDREN
    failed = rows.pop(f"child-{CHILDREN:02}")
    assert failed[:5] == [0, 0, 0, 0, 0] and failed[5]
    assert all(row == [20, 0, 0, 0, 0, ""] for row in rows.values())
    tokens = [entry for entry in simulator.log("POST", "/oauth2/token") if entry["status"] == 201]
    assert len(tokens) == CHILDREN - 1
    writes = simulator.log("POST", "/iocs/entities/indicators/v1")
    assert len(writes) == CHILDREN - 1

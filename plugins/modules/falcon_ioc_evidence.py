#!/usr/bin/python
# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: falcon_ioc_evidence
short_description: Prove what a deployment of Falcon IOCs planned and did
version_added: 1.0.0
description:
  - Writes an evidence folder from what M(threatops.falcon.falcon_iocs) returned, verifies that a folder is intact, or reads one back to undo
    the run that it documents.
  - No request is sent to Falcon. The connection options of the other modules are accepted, and those that are not secret are recorded.
  - A folder is created complete, by a single rename, with mode 0700 and files of mode 0600. It is never overwritten. The same input gives
    byte-identical files, except for times.
author:
  - threatops.falcon contributors (@threatops)
notes:
  - C(SHA256SUMS) reveals accidental changes, and changes by someone who cannot also rewrite C(SHA256SUMS). For stronger protection, sign that
    file or store its digest elsewhere.
  - Files are written on the machine that runs the task.
extends_documentation_fragment:
  - threatops.falcon.attributes
  - threatops.falcon.auth
  - threatops.falcon.transport
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: partial
    details: With O(state=present), each run creates a new folder, named by its time. To reproduce a folder, set O(started), and C(finished) in O(facts).
options:
  state:
    description:
      - V(present) compares the plan with O(approved_plan), then writes a folder.
      - V(verified) checks the folder O(path), and fails naming every file that was changed, added or removed.
      - V(rollback) does the same as V(verified), and returns RV(iocs) and RV(expected).
    type: str
    choices: [present, verified, rollback]
    default: present
  path:
    description:
      - With O(state=present), the folder in which the run's own folder is created, named by time, change number and plan. Without it, nothing
        is written, but O(approved_plan) is still compared.
      - With the other states, the folder of one run. It is then required.
    type: path
  status:
    description:
      - How far the run has got. V(started) writes a folder whose name ends in C(.unfinished), before the first write to the tenant. The next
        call with the same O(started) and another status removes it.
      - V(planned) is a check-mode run. V(applied), V(failed) and V(refused) have a O(result).
    type: str
    choices: [started, planned, applied, failed, refused]
    default: planned
  title:
    description: The heading of the report.
    type: str
    default: Deployment of Falcon IOCs
  lists:
    description: The lists of the run, in the order in which they are applied. O(plan) and O(result) have the same order.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What to call the list.
        type: str
      source:
        description: Its owner.
        type: str
  plan:
    description: What M(threatops.falcon.falcon_iocs) returned in check mode, one element for each list.
    type: list
    elements: dict
    default: []
  result:
    description: What it returned when it applied them, one element for each list. Lists at the end that never ran may be omitted.
    type: list
    elements: dict
    default: []
  messages:
    description: What went wrong, most important first.
    type: list
    elements: str
    default: []
  facts:
    description: Anything else to include in the evidence, by name.
    type: dict
    default: {}
  change_id:
    description: The change number. It is part of the folder's name.
    type: str
  requester:
    description: Who requested the change.
    type: str
  reason:
    description: The reason for the change.
    type: str
  started:
    description: When the run started, as an RFC 3339 time in UTC. It is part of the folder's name. The default is now.
    type: str
  approved_plan:
    description:
      - The plan that was approved, as a digest, as the path of its C(plan.json) or of the folder that contains it, or as a mapping of list names
        to either.
      - Any other plan is refused. If the approved plan is available, either by its path or by its digest with its evidence in O(path), every
        difference is named. The evidence of the refusal is written. A plan that changes nothing needs no approval.
    type: raw
  expected_check:
    description:
      - With O(state=rollback), what M(threatops.falcon.falcon_iocs) returned in check mode for RV(expected). The task fails and names
        everything that it would change, because that has been changed since the run.
    type: dict
  undo_check:
    description:
      - With O(state=rollback), what it returned in check mode for RV(iocs). The task fails and names indicators that the run created, that
        would be deleted, and to which someone has added something since.
    type: dict
seealso:
  - module: threatops.falcon.falcon_iocs
  - module: threatops.falcon.falcon_ioc_report
"""

EXAMPLES = r"""
- name: Plan
  threatops.falcon.falcon_iocs:
    source: soc-emea
    iocs: "{{ falcon_iocs }}"
  check_mode: true
  register: planned

- name: Keep the plan, and stop here unless it is the approved one
  threatops.falcon.falcon_ioc_evidence:
    path: evidence
    lists: [{name: soc-emea, source: soc-emea}]
    plan: ["{{ planned }}"]
    change_id: CHG0031337
    approved_plan: "{{ approved_digest }}"
  register: evidence

- name: Check that the evidence is as it was written
  threatops.falcon.falcon_ioc_evidence:
    state: verified
    path: "{{ evidence.path }}"

- name: Read what undoes a run
  threatops.falcon.falcon_ioc_evidence:
    state: rollback
    path: evidence/20261124T120000Z-CHG0031337-0123456789ab
  register: rollback
"""

RETURN = r"""
path:
  description: The folder. Empty if none was requested. In check mode, the one that would be written.
  returned: always
  type: str
  sample: evidence/20261124T120000Z-CHG0031337-0123456789ab
plan_digest:
  description:
    - The digest of the run. This is the digest of its list if there is only one, otherwise a SHA-256 over the names and digests of all lists.
    - Empty if a list could not be planned.
  returned: if O(state) is V(present) or V(rollback)
  type: str
approved:
  description: Whether the plan is the approved one. Also true if no approved plan was given.
  returned: if O(state) is V(present)
  type: bool
differences:
  description: How the plan differs from the approved one, one sentence for each difference.
  returned: if O(state) is V(present)
  type: list
  elements: str
status:
  description: The status that was recorded. It is V(refused) if the plan is not the approved one.
  returned: if O(state) is V(present)
  type: str
files:
  description:
    - The names of the files. C(plan.json) contains the plan, C(result.json) the result if there is one, C(changes.csv) and C(report.html) are
      for people, and C(SHA256SUMS) covers all of them.
    - C(plan.json) has the schema C(threatops.falcon/plan/1), C(result.json) the schema C(threatops.falcon/result/1). Both have C(schema),
      C(title), C(status), C(plan_digest), C(facts) and C(lists). Each list has its C(name), its C(source) and every key that
      M(threatops.falcon.falcon_iocs) returned for it. C(result.json) also has C(messages).
  returned: if O(state) is V(present)
  type: list
  elements: str
problems:
  description: What is wrong with the folder, one sentence for each file.
  returned: if O(state) is V(verified) or V(rollback)
  type: list
  elements: str
iocs:
  description: The items that undo the run, for M(threatops.falcon.falcon_iocs).
  returned: if O(state) is V(rollback)
  type: list
  elements: dict
expected:
  description: What the run's indicators look like now if nobody has changed them since, as items for M(threatops.falcon.falcon_iocs).
  returned: if O(state) is V(rollback)
  type: list
  elements: dict
facts:
  description: What the evidence says about the run, such as C(change_id), C(started) and C(client_id).
  returned: if O(state) is V(rollback)
  type: dict
changed_since:
  description: The indicators that someone else has changed since the run, one sentence for each.
  returned: if O(state) is V(rollback)
  type: list
  elements: str
"""

from ansible_collections.threatops.falcon.plugins.module_utils.task.base import run_module
from ansible_collections.threatops.falcon.plugins.module_utils.task.evidence import SPEC, run


def main() -> None:
    run_module(SPEC, run, needs_requests=False)


if __name__ == "__main__":
    main()

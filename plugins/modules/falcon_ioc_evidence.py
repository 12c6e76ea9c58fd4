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
  - Writes a folder of evidence from what M(threatops.falcon.falcon_iocs) returned, checks that a folder is intact, or reads one back to undo
    the run that it is about.
  - Nothing is asked of Falcon. The options that other modules connect with are taken as well, and those that are no secret are recorded.
  - A folder appears complete, by one rename, with mode 0700 and files of mode 0600. It is never overwritten. The same inputs give the same
    bytes, but for the times.
author:
  - threatops.falcon contributors (@threatops)
notes:
  - C(SHA256SUMS) shows a change by accident, or by somebody who could not write C(SHA256SUMS) too. For more, sign that file or keep its own
    digest in another place.
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
    details: With O(state=present) a run at another time is another folder. Give O(started) and C(finished) among O(facts) to repeat one.
options:
  state:
    description:
      - V(present) writes a folder, after it has compared the plan with O(approved_plan).
      - V(verified) fails and names every file of O(path) that was changed, added or removed.
      - V(rollback) does as V(verified), and returns RV(iocs) and RV(expected).
    type: str
    choices: [present, verified, rollback]
    default: present
  path:
    description:
      - With O(state=present) the folder in which the run gets its folder, named by time, change number and plan. Without it nothing is
        written; O(approved_plan) is compared all the same.
      - With the other states the folder of one run, in which case it is required.
    type: path
  status:
    description:
      - How far the run is. V(started) writes a folder whose name ends in C(.unfinished), before the first write to the tenant. The next call
        with the same O(started) and another status takes it away.
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
    description: What M(threatops.falcon.falcon_iocs) returned in check mode, an element a list.
    type: list
    elements: dict
    default: []
  result:
    description: What it returned when it applied them, an element a list. Lists that never ran may be left out at the end.
    type: list
    elements: dict
    default: []
  messages:
    description: What went wrong, most important first.
    type: list
    elements: str
    default: []
  facts:
    description: Anything else that belongs into the evidence, by name.
    type: dict
    default: {}
  change_id:
    description: The number of the change. It is part of the folder's name.
    type: str
  requester:
    description: Who asked for it.
    type: str
  reason:
    description: Why.
    type: str
  started:
    description: When the run began, RFC 3339 in UTC. It is part of the folder's name. The default is now.
    type: str
  approved_plan:
    description:
      - The plan that was approved, as a digest, as the path of its C(plan.json) or of the folder that holds it, or as a mapping of list names
        to either.
      - A plan that is another one is refused, with every difference named where the approved plan is at hand - by its path, or by its digest if
        its evidence lies in O(path). The evidence of the refusal is written. A plan that changes nothing needs no approval.
    type: raw
  expected_check:
    description:
      - With O(state=rollback), what M(threatops.falcon.falcon_iocs) returned in check mode for RV(expected). The task fails and names
        whatever it would change, for that was changed since the run.
    type: dict
  undo_check:
    description:
      - With O(state=rollback), what it returned in check mode for RV(iocs). The task fails and names indicators that the run created, that
        would be deleted, and that somebody has added to since.
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
  description: The folder. Empty if none was asked for. In check mode the one that would be written.
  returned: always
  type: str
  sample: evidence/20261124T120000Z-CHG0031337-0123456789ab
plan_digest:
  description:
    - The digest of the run, which is that of its only list, or SHA-256 over the names and digests of all lists.
    - Empty if a list could not be planned.
  returned: if O(state) is V(present) or V(rollback)
  type: str
approved:
  description: Whether the plan is the approved one, or none was named.
  returned: if O(state) is V(present)
  type: bool
differences:
  description: What keeps the plan from being the approved one, a sentence each.
  returned: if O(state) is V(present)
  type: list
  elements: str
status:
  description: The status that was written. A plan that is not the approved one is V(refused).
  returned: if O(state) is V(present)
  type: str
files:
  description:
    - The names of the files. C(plan.json) has the plan, C(result.json) the result if there is one, C(changes.csv) and C(report.html) are for
      people, C(SHA256SUMS) is over all of them.
    - C(plan.json) is of schema C(threatops.falcon/plan/1), C(result.json) of schema C(threatops.falcon/result/1). Both have C(schema), C(title),
      C(status), C(plan_digest), C(facts) and C(lists), which has the C(name), the C(source) and every key that
      M(threatops.falcon.falcon_iocs) returned for each list. C(result.json) also has C(messages).
  returned: if O(state) is V(present)
  type: list
  elements: str
problems:
  description: What is wrong with the folder, a sentence a file.
  returned: if O(state) is V(verified) or V(rollback)
  type: list
  elements: str
iocs:
  description: What undoes the run, as items for M(threatops.falcon.falcon_iocs).
  returned: if O(state) is V(rollback)
  type: list
  elements: dict
expected:
  description: What its indicators must look like now if nobody changed them since, as items for M(threatops.falcon.falcon_iocs).
  returned: if O(state) is V(rollback)
  type: list
  elements: dict
facts:
  description: What the evidence says of the run, such as C(change_id), C(started), C(client_id).
  returned: if O(state) is V(rollback)
  type: dict
changed_since:
  description: The indicators that somebody else changed since the run, a sentence each.
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

#!/usr/bin/python
# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: falcon_ioc_deployment
short_description: Deploy several lists of custom indicators of compromise (IOCs) to CrowdStrike Falcon in one run
version_added: 1.1.0
description:
  - Reads the tenant once, plans all lists, checks the plan against its limits and its approval, records evidence, applies the plan list by
    list, and shows the plan or what was done.
  - For a single list, use M(threatops.falcon.falcon_iocs). An indicator that appears in several lists belongs to the first of them, and one
    that moves from one list of the deployment to another changes its owner.
  - The plan of all lists has one digest, RV(plan_digest). It is always the same for the same state, whether or not the plan is refused.
author:
  - threatops.falcon contributors (@threatops)
notes:
  - The API client needs the scope C(IOC Management) with C(Read) and C(Write), or only C(Read) in check mode. Names of host groups require
    C(Host Groups) with C(Read).
  - The task prints its report to standard output, or to standard error if the callback plugin produces machine-readable output.
extends_documentation_fragment:
  - threatops.falcon.attributes
  - threatops.falcon.auth
  - threatops.falcon.transport
  - threatops.falcon.indicator
  - threatops.falcon.list_options.policy
  - threatops.falcon.list_options.lists
  - threatops.falcon.list_options.sending
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: The task itself prints a labeled diff for each list. It is also in RV(lists).
  idempotent:
    support: full
options:
  rollback_from:
    description:
      - The evidence folder of a run to undo, instead of O(lists). What that run deleted is created again, what it updated is set back, and what
        it created is deleted.
      - The rollback is checked completely before the first write, and refused if someone else has changed one of the indicators since that run.
    type: path
  account:
    description:
      - Show the report of an earlier task of this module, and return the C(msg) of its failure. Nothing else is done.
      - A role uses this with C(failed_when), so that the report is the last thing on the screen and a refusal is one short sentence.
    type: dict
    suboptions:
      summary:
        description: RV(summary) of that task.
        type: list
        elements: str
      msg:
        description: Its C(msg), if it failed.
        type: str
  audit:
    description:
      - Only plan, as in check mode, and ignore every limit that could refuse the plan, so that all differences are reported.
      - For each list with an owner, indicators that the owner has in the tenant but that are not in the list are planned as deletions. No
        evidence is recorded.
    type: bool
    default: false
  approved_plan:
    description:
      - The plan that was approved, as its digest, as the path of its C(plan.json) or of the folder that contains it, or as a mapping of list
        names to either. Any other plan is refused, in check mode too. If the approved plan is available, the differences are named.
      - A plan without changes needs no approval.
    type: raw
  require_approval:
    description: Refuse to run without O(approved_plan), except in check mode.
    type: bool
    default: false
  require_change_id:
    description: Refuse to run without O(change_id).
    type: bool
    default: false
  change_id:
    description: The change number. It is recorded in the audit comment of every write, in the evidence, and in the name of the evidence folder.
    type: str
  requester:
    description: Who requested the change, recorded in the audit comment and the evidence.
    type: str
  reason:
    description: Reason for the change, recorded in the audit comment and the evidence.
    type: str
  evidence_dir:
    description:
      - The folder in which the run creates its evidence folder, in the format of M(threatops.falcon.falcon_ioc_evidence), also in check mode and
        after a refusal. Without it, no evidence is recorded.
    type: path
  summary_file:
    description: A file to which the plan or the report is appended as Markdown, such as the job summary of a pipeline.
    type: path
  title:
    description: The heading of the report and of the summary.
    type: str
  screen:
    description:
      - What the task prints. V(all) prints the plan or report, and in diff mode or after a refusal also the diff. V(changes) prints only the
        diff. V(none) prints nothing.
    type: str
    choices: [all, changes, none]
    default: all
  variables:
    description:
      - The caller's names for the options, so that messages can name the caller's variables. Maps option names to variable names, such as
        C(on_foreign=ioc_deploy_on_foreign).
    type: dict
    default: {}
seealso:
  - module: threatops.falcon.falcon_iocs
  - module: threatops.falcon.falcon_ioc_evidence
  - module: threatops.falcon.falcon_ioc_report
"""

EXAMPLES = r"""
- name: Deploy a list and a feed, each with an owner of its own
  threatops.falcon.falcon_ioc_deployment:
    client_id: "{{ falcon_client_id }}"
    client_secret: "{{ falcon_client_secret }}"
    change_id: CHG0031337
    requester: jane
    evidence_dir: evidence
    purge: true
    max_deletions: 5, 10%
    defaults: {action: detect, severity: high}
    lists:
      - name: soc-emea
        source: soc-emea
        iocs_from: [iocs/*.yml]
      - name: qakbot
        source: feed:qakbot
        on_foreign: skip
        feeds:
          - path: feeds/qakbot.csv

- name: Plan, and keep the plan for somebody who approves it
  threatops.falcon.falcon_ioc_deployment:
    evidence_dir: evidence
    lists:
      - name: soc-emea
        source: soc-emea
        iocs: "{{ falcon_iocs }}"
  check_mode: true
  diff: true
  register: planned

- name: Apply exactly that plan
  threatops.falcon.falcon_ioc_deployment:
    evidence_dir: evidence
    approved_plan: "{{ planned.plan_digest }}"
    require_approval: true
    lists:
      - name: soc-emea
        source: soc-emea
        iocs: "{{ falcon_iocs }}"

- name: Undo a run
  threatops.falcon.falcon_ioc_deployment:
    rollback_from: evidence/20261124T120000.000Z-CHG0031337-0123456789ab
    evidence_dir: evidence
"""

RETURN = r"""
status:
  description:
    - How far the run got. V(planned) in check mode, V(refused) if nothing may be written, V(applied), or V(failed) if not everything could be
      done.
  type: str
  returned: when a plan could be made
  sample: applied
lists:
  description:
    - For each list, in order, what M(threatops.falcon.falcon_iocs) returns, plus the C(name), C(source) and C(status) of the list.
    - The status of a list has the same values as RV(status), or is V(not_begun) if an earlier failure kept the list from being applied.
  type: list
  elements: dict
  returned: when a plan could be made
counts:
  description: What was done, or would be done in check mode, summed over all lists.
  type: dict
  returned: when a plan could be made
planned:
  description: What was planned, whether refused or not, summed over all lists.
  type: dict
  returned: when a plan could be made
counts_by_list:
  description: The counts of each list, by list name.
  type: dict
  returned: when a plan could be made
plan_digest:
  description: SHA-256 of the plan of all lists, in hexadecimal digits.
  type: str
  returned: when a plan could be made
  sample: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
refusals:
  description:
    - Why the plan was refused and nothing was written. Empty if it was not refused.
    - Each is a mapping with C(code), the reason for programs, C(message), the same for people, and C(items), everything that it applies
      to. C(list) names the list, if it applies to one.
    - The codes are those of M(threatops.falcon.falcon_iocs), V(missing) if a required change number or approval was not given,
      V(changed_since) for a rollback, and V(name_twice) and V(owner_twice).
  type: list
  elements: dict
  returned: always
conflicts:
  description: Indicators that appear in two lists with different settings. The first list wins.
  type: list
  elements: dict
  returned: when a plan could be made
  sample: []
evidence:
  description: The evidence folder of this run. Empty if none was requested.
  type: str
  returned: when a plan could be made
  sample: evidence/20261124T120000.000Z-CHG0031337-0123456789ab
summary:
  description: The plan or the report in a few lines, for people.
  type: list
  elements: str
  returned: when a plan could be made
  sample:
    - "Applied to soc-emea: 3 created, 120 unchanged"
markdown:
  description: The same in Markdown, with the changes.
  type: str
  returned: when a plan could be made
columns_read:
  description: Which column of a table was read as which field, by feed path.
  type: dict
  returned: when a plan could be made
requests:
  description: How many requests were sent, by kind, and how many seconds were spent waiting.
  type: dict
  returned: when a plan could be made
trace_ids:
  description: Falcon's trace IDs of the writes of this run, at most 10,000 of them.
  type: list
  elements: str
  returned: when a plan could be made
"""

from ansible_collections.threatops.falcon.plugins.module_utils.task.base import run_module
from ansible_collections.threatops.falcon.plugins.module_utils.task.deployment import SPEC, run


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()

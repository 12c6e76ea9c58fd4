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
  - Plans all lists from one reading of the tenant, checks the plan against its limits and its approval, keeps evidence, applies the plan list
    by list, and shows the plan or what was done.
  - M(threatops.falcon.falcon_iocs) is the case of one list. An indicator that an earlier list names is left to that list, and one that moves
    from one list of the deployment to another changes its owner.
  - The plan of all lists has one digest, RV(plan_digest). It is the same however often the same state is planned, and whether or not the plan
    was refused.
author:
  - threatops.falcon contributors (@threatops)
notes:
  - The API client needs the scope C(IOC Management) with C(Read) and C(Write), in check mode C(Read) alone. Names of host groups need
    C(Host Groups) with C(Read).
  - What the task shows by itself goes to standard output, or to standard error where the callback plugin writes for a program.
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
    details: The task shows the diff itself, a labelled one for each list. It is also in RV(lists).
  idempotent:
    support: full
options:
  rollback_from:
    description:
      - The folder of evidence of a run to undo, instead of O(lists). What that run deleted is created, what it updated is set back, what it
        created is deleted.
      - It is checked whole before the first write, and refused where somebody else has changed one of the indicators since that run.
    type: path
  account:
    description:
      - Show the account of an earlier task of this module, and return the C(msg) of its failure. Nothing else is done.
      - A role uses this with C(failed_when), so that the account is the last thing on the screen, and a refusal one short sentence.
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
      - Only plan, as in check mode, and lift every limit that could refuse the plan, so that all differences are reported.
      - Of each list with an owner, what the owner has in the tenant and the list does not name is planned as a deletion. Evidence is not kept.
    type: bool
    default: false
  approved_plan:
    description:
      - The plan that was approved, as its digest, as the path of its C(plan.json) or of the folder that holds it, or as a mapping of list names
        to either. Any other plan is refused, in check mode too, and what differs is named where the approved plan is at hand.
      - A plan without changes needs no approval.
    type: raw
  require_approval:
    description: Outside check mode, refuse to run without O(approved_plan).
    type: bool
    default: false
  require_change_id:
    description: Refuse to run without O(change_id).
    type: bool
    default: false
  change_id:
    description: The number of the change. It goes into the audit comment of every write, and into the evidence and the name of its folder.
    type: str
  requester:
    description: Who requested the change, recorded in the audit comment and the evidence.
    type: str
  reason:
    description: Reason for the change, recorded in the audit comment and the evidence.
    type: str
  evidence_dir:
    description:
      - Where the run writes its folder of evidence, as M(threatops.falcon.falcon_ioc_evidence) describes it, in check mode and after a refusal
        too. Without it no evidence is kept.
    type: path
  summary_file:
    description: A file to which the plan or the account is appended as Markdown, such as the job summary of a pipeline.
    type: path
  title:
    description: The heading of the report and of the summary.
    type: str
  screen:
    description:
      - What the task shows by itself. V(all) is the diff, in diff mode or where the plan was refused, and the plan or account. V(changes) is the
        diff alone.
    type: str
    choices: [all, changes, none]
    default: all
  variables:
    description:
      - What the caller calls the options, so that messages name the caller's variables. A mapping of names of options to names of variables,
        such as C(on_foreign=ioc_deploy_on_foreign).
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
    - How far the run came. V(planned) in check mode, V(refused) where nothing may be written, V(applied), or V(failed) where not all of it
      could be done.
  type: str
  returned: when a plan could be made
  sample: applied
lists:
  description:
    - What M(threatops.falcon.falcon_iocs) returns, for each list in order, with the C(name), C(source) and C(status) of the list.
    - The status of a list is one of RV(status), or V(not_begun) for a list that an earlier failure has kept from being applied.
  type: list
  elements: dict
  returned: when a plan could be made
counts:
  description: What was done, in check mode what would be done; the sums of all lists.
  type: dict
  returned: when a plan could be made
planned:
  description: What was decided, refused or not; the sums of all lists.
  type: dict
  returned: when a plan could be made
counts_by_list:
  description: The counts of each list, by its name.
  type: dict
  returned: when a plan could be made
plan_digest:
  description: SHA-256 of the plan of all lists, in hexadecimal digits.
  type: str
  returned: when a plan could be made
  sample: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
refusals:
  description: Why the plan was refused, so that nothing was written. Empty where it was not.
  type: list
  elements: dict
  returned: always
  contains:
    code:
      description:
        - The reason, for a program. Those of M(threatops.falcon.falcon_iocs), V(missing) for a change number or an approval that is required,
          V(changed_since) for a rollback, V(name_twice) and V(owner_twice).
      type: str
      returned: always
    message:
      description: The reason, for people.
      type: str
      returned: always
    items:
      description: All that the reason is about.
      type: list
      elements: str
      returned: always
    list:
      description: The list that it is about.
      type: str
      returned: if it is about one
conflicts:
  description: Indicators that two lists name and want different things of. The first list wins.
  type: list
  elements: dict
  returned: when a plan could be made
  sample: []
evidence:
  description: The folder of evidence of this run. Empty where none was asked for.
  type: str
  returned: when a plan could be made
  sample: evidence/20261124T120000.000Z-CHG0031337-0123456789ab
summary:
  description: The plan or the account in a few lines, for people.
  type: list
  elements: str
  returned: when a plan could be made
  sample:
    - "Applied to soc-emea: 3 created, 120 unchanged"
markdown:
  description: The same as Markdown, with the changes.
  type: str
  returned: when a plan could be made
columns_read:
  description: Which column of a table was read as which field, by the path of the feed.
  type: dict
  returned: when a plan could be made
requests:
  description: How many requests were sent, by kind, and how long was waited.
  type: dict
  returned: when a plan could be made
trace_ids:
  description: Falcon's ids of the writes of this run, at most 10,000 of them.
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

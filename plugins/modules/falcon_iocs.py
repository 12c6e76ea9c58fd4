#!/usr/bin/python
# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: falcon_iocs
short_description: Deploy a list of custom indicators of compromise (IOCs) to CrowdStrike Falcon
version_added: 1.0.0
description:
  - Compares a list of indicators with the tenant, and creates, updates and deletes what differs, in batches.
  - Everything relevant in the tenant is read completely, or the task fails. Nothing is written before the plan is complete and every check has
    passed. Check mode makes the same plan and stops there.
  - With O(source), the list has an owner. O(purge) then deletes indicators that the owner has in the tenant but that are not in the list, and
    nothing else.
author:
  - threatops.falcon contributors (@threatops)
notes:
  - The API client needs the scope C(IOC Management) with C(Read) and C(Write), or only C(Read) in check mode. Names of host groups require
    C(Host Groups) with C(Read).
extends_documentation_fragment:
  - threatops.falcon.attributes
  - threatops.falcon.auth
  - threatops.falcon.transport
  - threatops.falcon.indicator
  - threatops.falcon.feeds
  - threatops.falcon.list_options
  - threatops.falcon.list_options.sending
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  approved_plan:
    description:
      - The RV(plan_digest) of an earlier run in check mode. Any other plan fails before the first write, in check mode too.
      - A plan without changes is always allowed. Changes that remain after a partial run need a new approval.
    type: str
seealso:
  - module: threatops.falcon.falcon_ioc
  - module: threatops.falcon.falcon_ioc_info
  - module: threatops.falcon.falcon_ioc_feed_info
"""

EXAMPLES = r"""
- name: Apply a list that the SOC owns, and delete what it owns and no longer names
  threatops.falcon.falcon_iocs:
    client_id: "{{ falcon_client_id }}"
    client_secret: "{{ falcon_client_secret }}"
    source: soc-emea
    purge: true
    max_deletions: 10%
    defaults:
      severity: high
    defaults_by_type:
      sha256: {action: prevent}
      domain: {action: detect, expiration_days: 90}
    iocs:
      - type: sha256
        value: 4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865
        filename: invoice.exe
      - type: domain
        value: evil.example
        tags: [phishing]
      - type: ipv4
        value: 203.0.113.7
        state: absent

- name: Make a plan and show it
  threatops.falcon.falcon_iocs:
    source: soc-emea
    purge: true
    iocs: "{{ falcon_iocs }}"
  check_mode: true
  diff: true
  register: plan

- name: Apply exactly the plan that was approved
  threatops.falcon.falcon_iocs:
    source: soc-emea
    purge: true
    iocs: "{{ falcon_iocs }}"
    approved_plan: "{{ plan.plan_digest }}"
    comment: CHG0031337

- name: Apply a published feed, and never block our own network
  threatops.falcon.falcon_iocs:
    source: feed:qakbot
    feeds:
      - path: feeds/qakbot.csv
        defaults: {action: detect, severity: high}
    protect:
      domains: [example.com]
      networks: [198.51.100.0/24]
    on_protected: skip
"""

RETURN = r"""
counts:
  description:
    - The number of indicators by outcome.
    - C(desired) is the sum of C(created), C(updated), C(unchanged), C(failed), C(foreign), C(protected), C(reached), C(ignored) and the items with
      C(state=absent). Deletions by O(purge), failed deletions by O(purge) (C(purge_failed)) and C(rejected) feed lines are counted in addition.
    - These count what was done, or would be done in check mode. If the plan was refused, nothing was done; see RV(planned).
  type: dict
  returned: when a plan could be made
  sample:
    desired: 3
    created: 1
    updated: 1
    deleted: 1
    unchanged: 0
    ignored: 0
    foreign: 0
    protected: 0
    reached: 0
    rejected: 0
    failed: 0
    purge_failed: 0
planned:
  description:
    - The same counts as planned, whether or not the plan was refused. In check mode, RV(planned) and RV(counts) agree unless the plan was refused.
  type: dict
  returned: when a plan could be made
  sample:
    desired: 3
    created: 1
    updated: 1
    deleted: 1
    unchanged: 0
    ignored: 0
    foreign: 0
    protected: 0
    reached: 0
    rejected: 0
    failed: 0
refusals:
  description:
    - Why the plan was refused and nothing was written. Empty if it was not refused.
    - Each is a mapping with C(code), the reason for programs, C(message), the same for people, and C(items), everything that it applies
      to.
    - The codes are V(max_deletions), V(empty_list), V(foreign), V(protected), V(not_approved), V(invalid), V(purge_unreadable), V(feed_shrunk),
      V(max_life), V(reach), V(held), or the code of what stopped a purge under O(on_error=fail).
  type: list
  elements: dict
  returned: when a plan could be made
purge_stopped:
  description:
    - Why O(purge) deleted nothing, in the form of an element of RV(refusals). Empty if it was not stopped.
  type: dict
  returned: when a plan could be made
created_iocs:
  description: The indicators that were created, with their fields. In check mode and after a refusal, those that were planned.
  type: list
  elements: dict
  returned: when a plan could be made
  sample:
    - type: domain
      value: evil.example
      action: detect
      severity: high
updated_iocs:
  description: The indicators that were updated, with only the changed fields. In check mode and after a refusal, those that were planned.
  type: list
  elements: dict
  returned: when a plan could be made
  contains:
    id:
      description: Falcon's ID of the record.
      type: str
      returned: always
    type:
      description: The type.
      type: str
      returned: always
    value:
      description: The value.
      type: str
      returned: always
    before:
      description: The changed fields as they were.
      type: dict
      returned: always
    after:
      description: The changed fields as they are now.
      type: dict
      returned: always
deleted_iocs:
  description:
    - The indicators that were deleted. In check mode and after a refusal, those that were planned. Each is complete, in the form of an item of
      O(iocs) plus its C(id), so that it can be pasted back.
  type: list
  elements: dict
  returned: when a plan could be made
  sample:
    - id: 889e8f9b4c5a1d2e3f40516273849506a7b8c9d0e1f2031425364758697a8b9c
      type: ipv4
      value: 203.0.113.7
      action: detect
      severity: low
      platforms: [windows, mac, linux]
      applied_globally: true
      source: soc-emea
failed_iocs:
  description: Items that are invalid, and writes that failed. C(index) is the position in O(iocs), or null for items that came from elsewhere.
  type: list
  elements: dict
  returned: when a plan could be made
  sample:
    - index: 3
      type: domain
      value: not a domain
      operation: validate
      message: "value: 'not a domain' is not a domain name"
foreign_iocs:
  description: Items that another source owns, or that are unowned, with the owner in C(source).
  type: list
  elements: dict
  returned: when a plan could be made
  sample:
    - type: domain
      value: evil.example
      source: soc-apac
protected_iocs:
  description: Items that are protected, with the C(reason).
  type: list
  elements: dict
  returned: when a plan could be made
  sample:
    - type: ipv4
      value: 192.168.0.1
      reason: private address (RFC 1918)
promoted_iocs:
  description: Indicators that moved to another ring of O(rings).
  type: list
  elements: dict
  returned: when a plan could be made
  sample: [{type: domain, value: evil.example, from: canary, to: servers}]
waiting_iocs:
  description: Indicators whose hold time in their C(ring) is not over, with the time C(until) which they wait.
  type: list
  elements: dict
  returned: when a plan could be made
  sample: [{type: domain, value: evil.example, ring: canary, until: "2026-11-26T10:00:00Z"}]
held_iocs:
  description: Indicators that stay in their ring because more hosts have observed them than the ring, or O(max_hosts), allows.
  type: list
  elements: dict
  returned: when a plan could be made
  sample: [{type: domain, value: evil.example, ring: canary, device_count: 12, limit_exceeded: false, max_hosts: 5}]
ring_notes:
  description:
    - Indicators whose ring is not the one in their tag, with the C(ring) to which they were assigned, a C(code) and a C(message).
    - The codes are V(untagged), V(unknown_ring), V(doubled), V(future), V(unreadable), V(kept_as_it_is) and V(moved_by_item).
  type: list
  elements: dict
  returned: when a plan could be made
  sample: []
reach:
  description: Indicators that would start to block, and that more than O(max_hosts) hosts have observed.
  type: list
  elements: dict
  returned: when a plan could be made
  sample: [{type: domain, value: evil.example, device_count: 12, limit_exceeded: false}]
overridden_iocs:
  description: Items that are protected but were allowed because O(protect.override) lists them.
  type: list
  elements: dict
  returned: when a plan could be made
  sample: []
columns_read:
  description: Which column of each table among the feeds, or which key of each list of records, was read as which field, by path.
  type: dict
  returned: when a plan could be made
  sample: {feeds/partner.csv: {Indicator: value, Type: type, Risk: severity}}
rejected:
  description: Feed rows that yielded no indicator.
  type: list
  elements: dict
  returned: when a plan could be made
  sample:
    - path: feeds/qakbot.csv
      line: 12
      text: sha1,da39a3ee5e6b4b0d3255bfef95601890afd80709
      reason: Falcon takes no sha1
      malformed: false
status:
  description:
    - How far the run got. V(planned) in check mode, V(refused) if nothing may be written, V(applied), or V(failed) if not everything could be
      done.
  type: str
  returned: when a plan could be made
  sample: applied
source:
  description: The owner of the list.
  type: str
  returned: when a plan could be made
requests:
  description: How many requests were sent, by kind, and how many seconds were spent waiting.
  type: dict
  returned: when a plan could be made
  sample:
    token: 1
    read: 2
    write: 1
    retried: 0
    waited_seconds: 0.0
trace_ids:
  description: Falcon's trace IDs of the writes of this run, at most 10,000 of them. CrowdStrike support and Falcon's audit log use these IDs.
  type: list
  elements: str
  returned: when a plan could be made
plan_digest:
  description:
    - SHA-256 of the plan. The same desired state and the same observed state give the same digest.
    - Comments and sending options are not part of it. A relative expiration is included as its number of days.
  type: str
  returned: when a plan could be made
  sample: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
diff:
  description: The changes, before and after, as text. At most 200 entries are shown.
  type: dict
  returned: when a plan could be made
  contains:
    before:
      description: The fields as they were.
      type: str
      returned: always
    after:
      description: The fields as they are now.
      type: str
      returned: always
"""

from ansible_collections.threatops.falcon.plugins.module_utils.task.base import run_module
from ansible_collections.threatops.falcon.plugins.module_utils.task.iocs import SPEC, run


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: falcon_doctor_info
short_description: Find out what this API client may do, and how this CrowdStrike Falcon tenant behaves
version_added: 1.1.0
description:
  - Looks at the software and the network of the machine, the clock, the token, the region, every scope that a module of this collection needs,
    the sizes that the tenant takes, and what the tenant holds, and says what does not work and what to do about it.
  - Reads only, unless O(write_test) is set. What cannot be tried is reported as skipped, never left out.
  - Answers points that the documentation of the API leaves open, each as what the collection assumes and what the tenant does.
author:
  - threatops.falcon contributors (@threatops)
notes:
  - No scope is required. A missing scope is a failed check, with what does not work without it.
  - The playbook C(threatops.falcon.doctor) runs this module with the variables of the inventory and prints its report.
extends_documentation_fragment:
  - threatops.falcon.attributes
  - threatops.falcon.auth
  - threatops.falcon.transport
attributes:
  check_mode:
    support: full
    details: Every read is made. The write test is left out, and no file is written.
  diff_mode:
    support: N/A
    details: Nothing that can be compared is changed.
  idempotent:
    support: full
    details: Files are written only where what was found differs.
options:
  write_test:
    description:
      - Also create, update, expire and delete a few indicators, to find out what reading cannot tell. It takes less than a minute.
      - They have reserved values (documentation networks, names under C(.example), the SHA-256 of a fixed text), the action V(no_action), the
        source C(threatops.falcon.doctor) and an expiration of one day. They are deleted at the end, also when the task is interrupted.
      - What an earlier test left over is deleted first. Nothing else is ever deleted.
      - Requires O(confirm_cid).
    type: bool
    default: false
  confirm_cid:
    description:
      - The CID of the tenant, typed in as a confirmation of O(write_test). Its case and the checksum after the hyphen do not matter.
      - It is compared with the CID of a host, or with O(member_cid). Where neither is known, it is taken as it is, with a warning.
    type: str
  share:
    description:
      - Write what was found to this file in a form that can be given away. Every ID, value, name, CID, host, address, time and trace ID is
        replaced by a stand-in. Nothing is ever sent.
      - See RV(share_preview) for its content, in check mode before anything is written.
    type: path
  report_dir:
    description: Write C(doctor.json), C(doctor.html) and C(doctor.md) to this folder, which is created if needed.
    type: path
  fail_on:
    description: Fail the task if a check has this status, or a worse one. The result is complete either way.
    type: str
    choices: [failed, warning, never]
    default: failed
  host_groups:
    description: Names or IDs of host groups that have to exist.
    type: list
    elements: str
    default: []
  variables:
    description: Variables of any structure. All C(host_groups) in them, at any depth, have to exist, as with O(host_groups).
    type: raw
  max_indicators:
    description: How many indicators to read for the checks C(expired), C(owners) and C(protection), at most. They name it if that is not all.
    type: int
    default: 100000
  protect:
    description:
      - What must never be detected or prevented. Indicators of the tenant that do so are reported.
    type: dict
    default: {}
    suboptions:
      builtin:
        description:
          - Guard private, shared, loopback, link-local, multicast, broadcast and unspecified addresses, well-known public
            resolvers, the hashes of the empty file, and the vendor's own domains.
        type: bool
        default: true
      values:
        description: Exact values.
        type: list
        elements: str
      networks:
        description: Networks, such as V(203.0.113.0/24). Every address in them is guarded.
        type: list
        elements: str
      domains:
        description: Domains. Each covers itself and everything under it.
        type: list
        elements: str
      files:
        description: MISP warning lists (JSON) on the machine that runs the task.
        type: list
        elements: path
      override:
        description: Exact values that pass all the same.
        type: list
        elements: str
seealso:
  - module: threatops.falcon.falcon_auth
  - ref: ansible_collections.threatops.falcon.docsite.troubleshooting_guide
    description: What the doctor checks, and what its words mean.
"""

EXAMPLES = r"""
- name: Look at this machine, the API client and the tenant
  threatops.falcon.falcon_doctor_info:
    client_id: "{{ falcon_client_id }}"
    client_secret: "{{ falcon_client_secret }}"
    fail_on: never
  register: doctor

- name: Print the report
  ansible.builtin.debug:
    var: doctor.summary

- name: Test writes as well, and keep the report
  threatops.falcon.falcon_doctor_info:
    write_test: true
    confirm_cid: 0123456789ABCDEF0123456789ABCDEF-12
    report_dir: reports/doctor
    share: reports/doctor-share.json
"""

RETURN = r"""
checks:
  description:
    - What was checked, in the order in which a person would look.
    - The names are C(python), C(requests), C(ansible_core), C(collection), C(dns), C(proxy), C(tls), C(clock), C(token), C(region),
      C(member_cid), a C(scope:NAME:ACCESS) for each scope, C(page_size), C(rate_limit), C(quota), C(expired), C(owners), C(protection) and
      C(host_groups).
  type: list
  elements: dict
  returned: always
  contains:
    name:
      description: What was checked.
      type: str
      returned: always
    status:
      description: V(passed), V(warning), V(failed), or V(skipped) for what was not tried.
      type: str
      returned: always
    message:
      description: What was found.
      type: str
      returned: always
    hint:
      description: What to do about it. Empty where there is nothing to do.
      type: str
      returned: always
  sample:
    - {name: clock, status: passed, message: The clock of this machine agrees with Falcon's, hint: ""}
facts:
  description: Points that the documentation of the API leaves open. The troubleshooting guide has a table of them, with their words.
  type: list
  elements: dict
  returned: always
  contains:
    id:
      description: The number of the point.
      type: str
      returned: always
    question:
      description: What is open.
      type: str
      returned: always
    expected:
      description: What this collection assumes, a word or a number.
      type: raw
      returned: always
    seen:
      description: What the tenant does, a word or a number. V(null) where that could not be found out.
      type: raw
      returned: always
    agrees:
      description: Whether the two agree. V(null) where RV(facts[].seen) is.
      type: bool
      returned: always
  sample:
    - {id: U2, question: Largest page of a listing, expected: "2000", seen: "500", agrees: false}
verdict:
  description: The worst status of all checks, V(passed), V(warning) or V(failed).
  type: str
  returned: always
region:
  description: The region that Falcon names. Empty where it names none.
  type: str
  returned: always
  sample: eu-1
settle:
  description: Seconds by which search was behind writes, a good value for the option C(settle) of every module. V(null) without a write test.
  type: int
  returned: always
  sample: 1
write_test:
  description: What became of the write test. C(status) is V(passed), V(failed) or V(skipped).
  type: dict
  returned: always
  sample: {status: skipped, message: The write test was not asked for}
leftovers:
  description: Indicators of a write test that are still there, each with C(type) and C(value).
  type: list
  elements: dict
  returned: always
  sample: []
share_preview:
  description: The content of the file that O(share) writes. Empty where no connection could be made.
  type: dict
  returned: always
summary:
  description: The report for a screen, line by line. The last line is the verdict.
  type: list
  elements: str
  returned: always
  sample:
    - "Healthy: 20 checks passed, 3 skipped."
markdown:
  description: The report in Markdown.
  type: str
  returned: always
"""

from ansible_collections.threatops.falcon.plugins.module_utils.task.base import run_module
from ansible_collections.threatops.falcon.plugins.module_utils.task.doctor import SPEC, run


def main() -> None:
    # Also without requests: the doctor is there to say so.
    run_module(SPEC, run, needs_requests=False)


if __name__ == "__main__":
    main()

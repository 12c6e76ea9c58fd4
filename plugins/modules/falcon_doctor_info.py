#!/usr/bin/python
# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: falcon_doctor_info
short_description: Check what this API client may do and how this CrowdStrike Falcon tenant behaves
version_added: 1.1.0
description:
  - Checks the software and the network of the machine, the clock, the token, the region, every scope that a module of this collection needs,
    the request sizes that the tenant accepts, and the contents of the tenant. Reports what does not work and how to fix it.
  - Only reads, unless O(write_test) is set. A check that cannot be run is reported as skipped, never omitted.
  - Answers questions that the API documentation leaves open, comparing what this collection assumes with what the tenant does.
author:
  - threatops.falcon contributors (@threatops)
notes:
  - No scope is required. A missing scope is reported as a failed check, along with what does not work without it.
  - The playbook C(threatops.falcon.doctor) runs this module with the variables of the inventory and prints its report.
extends_documentation_fragment:
  - threatops.falcon.attributes
  - threatops.falcon.auth
  - threatops.falcon.transport
attributes:
  check_mode:
    support: full
    details: Everything is read. The write test is not run, and no file is written.
  diff_mode:
    support: N/A
    details: There is nothing to show a diff of.
  idempotent:
    support: full
    details: Files are written only if the findings differ.
options:
  write_test:
    description:
      - Also create, update, expire and delete a few indicators, to find out what cannot be learned by reading. This takes less than a minute.
      - They have reserved values (documentation networks, names under C(.example), the SHA-256 of a fixed text), the action V(no_action), the
        source C(threatops.falcon.doctor) and an expiration of one day. They are deleted at the end, even if the task is interrupted.
      - Leftovers of an earlier test are deleted first. Nothing else is ever deleted.
      - Requires O(confirm_cid).
    type: bool
    default: false
  confirm_cid:
    description:
      - The CID of the tenant, entered to confirm O(write_test). Its case and the checksum after the hyphen do not matter.
      - It is compared with the CID of a host, or with O(member_cid). If neither is known, it is accepted as it is, with a warning.
    type: str
  share:
    description:
      - Write an anonymized copy of the findings to this file, which is safe to share. Every ID, value, name, CID, host, address, time and
        trace ID is replaced with a placeholder. Nothing is ever sent.
      - RV(share_preview) shows its content. Use check mode to see it before anything is written.
    type: path
  report_dir:
    description: Write C(doctor.json), C(doctor.html) and C(doctor.md) to this folder, which is created if needed.
    type: path
  fail_on:
    description: Fail the task if a check has this status or a worse one. The result is complete either way.
    type: str
    choices: [failed, warning, never]
    default: failed
  host_groups:
    description: Names or IDs of host groups that must exist.
    type: list
    elements: str
    default: []
  variables:
    description: Variables of any structure. All C(host_groups) in them, at any depth, must exist, as with O(host_groups).
    type: raw
  max_indicators:
    description: The maximum number of indicators to read for the checks C(expired), C(owners) and C(protection). They say so if there are more.
    type: int
    default: 100000
  protect:
    description:
      - Values that must never be detected or prevented. Indicators of the tenant that do so are reported.
    type: dict
    default: {}
    suboptions:
      builtin:
        description:
          - Protect private, shared, loopback, link-local, multicast, broadcast and unspecified addresses, well-known public
            resolvers, the hashes of the empty file, and CrowdStrike's own domains.
        type: bool
        default: true
      values:
        description: Exact values to protect.
        type: list
        elements: str
      networks:
        description: Networks, such as V(203.0.113.0/24). Every address in them is protected.
        type: list
        elements: str
      domains:
        description: Domains. Each covers itself and all of its subdomains.
        type: list
        elements: str
      files:
        description: MISP warning lists (JSON) on the machine that runs the task.
        type: list
        elements: path
      override:
        description: Exact values that are exempt from protection.
        type: list
        elements: str
seealso:
  - module: threatops.falcon.falcon_auth
  - ref: ansible_collections.threatops.falcon.docsite.troubleshooting_guide
    description: What the doctor checks, and what its answers mean.
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
    - The checks, in the order in which a person would work through them.
    - The names are C(python), C(requests), C(ansible_core), C(collection), C(dns), C(proxy), C(tls), C(clock), C(token), C(region),
      C(member_cid), one C(scope:NAME:ACCESS) for each scope, C(page_size), C(rate_limit), C(quota), C(expired), C(owners), C(protection) and
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
      description: V(passed), V(warning), V(failed), or V(skipped) if the check was not run.
      type: str
      returned: always
    message:
      description: What was found.
      type: str
      returned: always
    hint:
      description: What to do about it. Empty if there is nothing to do.
      type: str
      returned: always
  sample:
    - {name: clock, status: passed, message: The clock of this machine agrees with Falcon's, hint: ""}
facts:
  description: Questions that the API documentation leaves open. The troubleshooting guide lists them with their possible answers.
  type: list
  elements: dict
  returned: always
  contains:
    id:
      description: The number of the question.
      type: str
      returned: always
    question:
      description: The question.
      type: str
      returned: always
    expected:
      description: What this collection assumes, as a word or a number.
      type: raw
      returned: always
    seen:
      description: What the tenant does, as a word or a number. V(null) if that could not be determined.
      type: raw
      returned: always
    agrees:
      description: Whether the two agree. V(null) if RV(facts[].seen) is V(null).
      type: bool
      returned: always
  sample:
    - {id: U2, question: Largest page of a listing, expected: "2000", seen: "500", agrees: false}
verdict:
  description: The worst status of all checks, V(passed), V(warning) or V(failed).
  type: str
  returned: always
region:
  description: The region that Falcon reports. Empty if it reports none.
  type: str
  returned: always
  sample: eu-1
settle:
  description: The number of seconds by which search lagged behind writes, a good value for the option C(settle) of every module. V(null) without a write test.
  type: int
  returned: always
  sample: 1
write_test:
  description: The outcome of the write test. C(status) is V(passed), V(failed) or V(skipped).
  type: dict
  returned: always
  sample: {status: skipped, message: The write test was not asked for}
leftovers:
  description: Indicators of a write test that still exist, each with C(type) and C(value).
  type: list
  elements: dict
  returned: always
  sample: []
share_preview:
  description: The content of the file that O(share) writes. Empty if no connection could be made.
  type: dict
  returned: always
summary:
  description: The report as text, line by line. The last line is the verdict.
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

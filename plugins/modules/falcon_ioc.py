#!/usr/bin/python
# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: falcon_ioc
short_description: Manage one custom indicator of compromise (IOC) in CrowdStrike Falcon
version_added: 1.0.0
description:
  - Creates, updates or deletes one custom indicator. Fields whose options are omitted are left alone.
  - An indicator is identified by O(type) and O(value).
  - For more than a few indicators, use M(threatops.falcon.falcon_iocs), which takes a whole list and sends it in batches.
author:
  - threatops.falcon contributors (@threatops)
notes:
  - The API client needs the scope C(IOC Management) with C(Read) and C(Write), or only C(Read) in check mode. Names in O(host_groups) require
    C(Host Groups) with C(Read).
extends_documentation_fragment:
  - threatops.falcon.attributes
  - threatops.falcon.auth
  - threatops.falcon.transport
  - threatops.falcon.indicator
  - threatops.falcon.indicator.fields
  - threatops.falcon.lifecycle.reach
options:
  id:
    description:
      - Falcon's ID of the indicator to delete, instead of O(type) and O(value). Only valid with O(state=absent).
      - If the ID is unknown, or the indicator is already deleted, nothing changes. If O(type) and O(value) are also given and the ID belongs
        to a different indicator, that is an error.
    type: str
    version_added: 1.1.0
  on_foreign:
    description:
      - What to do if O(source) is given and the indicator is owned by another source, or by a list that marks its indicators with a tag
        C(owner:NAME). An unowned indicator is always taken over.
      - V(fail) writes nothing, in check mode too, and names the owner. V(skip) leaves the indicator alone. V(adopt) takes it over, or
        deletes it with O(state=absent).
    type: str
    choices: [fail, skip, adopt]
    default: fail
    version_added: 1.1.0
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
seealso:
  - module: threatops.falcon.falcon_iocs
  - module: threatops.falcon.falcon_ioc_info
"""

EXAMPLES = r"""
- name: Block a file on every host
  threatops.falcon.falcon_ioc:
    client_id: "{{ falcon_client_id }}"
    client_secret: "{{ falcon_client_secret }}"
    type: sha256
    value: 4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865
    action: prevent
    severity: high
    description: Loader of last week's phishing campaign
    filename: invoice.exe
    tags: [phishing]

- name: Detect a domain on the servers of one host group for 90 days, renewed when 10 are left
  threatops.falcon.falcon_ioc:
    type: domain
    value: evil.example
    action: detect
    severity: medium
    platforms: [windows, linux]
    host_groups: [Servers]
    expiration_days: 90
    renew_within_days: 10

- name: Remove an indicator, and say why in Falcon's audit log
  threatops.falcon.falcon_ioc:
    type: ipv4
    value: 203.0.113.7
    state: absent
    comment: CHG0031337 false positive
"""

RETURN = r"""
operation:
  description: What was done, or would be done in check mode. One of V(created), V(updated), V(deleted) and V(none).
  type: str
  returned: when a plan could be made
  sample: created
indicator:
  description:
    - The record as Falcon holds it after the task. In check mode, the record as it would be, as far as that can be predicted.
    - For a deleted indicator, the record as it was before. Empty if there is no record.
  type: dict
  returned: when a plan could be made
  sample:
    id: 889e8f9b4c5a1d2e3f40516273849506a7b8c9d0e1f2031425364758697a8b9c
    type: domain
    value: evil.example
    action: detect
    severity: medium
    platforms: [windows, linux]
    applied_globally: true
diff:
  description: The fields that change, before and after, as text.
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
protected_iocs:
  description: The indicator and why it is protected, if it is.
  type: list
  elements: dict
  returned: when a plan could be made
  contains:
    type:
      description: The type.
      type: str
      returned: always
    value:
      description: The value.
      type: str
      returned: always
    reason:
      description: The rule that protects it.
      type: str
      returned: always
requests:
  description: How many requests were sent, by kind, and how many seconds were spent waiting.
  type: dict
  returned: when a plan could be made
  sample:
    token: 1
    read: 1
    write: 1
    retried: 0
    waited_seconds: 0.0
"""

from ansible_collections.threatops.falcon.plugins.module_utils.task.base import run_module
from ansible_collections.threatops.falcon.plugins.module_utils.task.ioc import SPEC, run


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()

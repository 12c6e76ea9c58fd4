#!/usr/bin/python
# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: falcon_ioc_processes_info
short_description: Find the processes that involved indicators of compromise (IOCs)
version_added: 1.0.0
description:
  - Finds what ran on the hosts that observed a hash, a domain or an address. Each process is returned with its command line and its times.
  - Falcon answers for one indicator and one host at a time, so the task sends one request for each pair. Use O(device_ids) to limit the hosts.
  - If nothing ran, or no host observed anything, the list is empty.
author:
  - threatops.falcon contributors (@threatops)
notes:
  - The API client needs the scopes C(IOC Management) and C(IOCs (Indicators of Compromise\)) with C(Read).
  - Falcon keeps processes for a limited time. Hosts that observed an indicator before that have none.
  - If the current C(/iocs/*) endpoint answers C(404), the legacy C(/indicators/*) endpoint is queried too before the task concludes that
    nothing ran.
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
    support: full
options:
  type:
    description:
      - The type of one indicator to look for. Needs O(value).
      - Sensors do not record sightings for C(all_subdomains), so that type is refused.
    type: str
    choices: [sha256, md5, domain, ipv4, ipv6]
  value:
    description:
      - The hash, domain or address, in any notation. It is normalized.
      - It need not be an indicator of the tenant.
    type: str
  iocs:
    description:
      - Several indicators to look for in one task. Each is a mapping with V(type) and V(value). Duplicates are looked up once.
      - An empty list is an error with the C(code) V(nothing_to_look_for), so that a search for nothing cannot pass for a clean result.
      - Other keys are ignored, so items of M(threatops.falcon.falcon_iocs), and the results of M(threatops.falcon.falcon_ioc_info) and
        M(threatops.falcon.falcon_ioc_feed_info), can be passed as they are.
      - An element with C(device_count) and C(device_ids), as returned in RV(threatops.falcon.falcon_ioc_hosts_info#module:iocs), is not looked
        up again.
    type: list
    elements: dict
  details:
    description: Return the record of each process. If false, only its C(process_id) and C(device_id) are returned.
    type: bool
    default: true
  device_ids:
    description: Only look for processes on these hosts. An empty list means no hosts.
    type: list
    elements: str
seealso:
  - module: threatops.falcon.falcon_ioc_hosts_info
"""

EXAMPLES = r"""
- name: What resolved this domain?
  threatops.falcon.falcon_ioc_processes_info:
    client_id: "{{ falcon_client_id }}"
    client_secret: "{{ falcon_client_secret }}"
    type: domain
    value: beacon.example.net
  register: ran

- name: Show the command lines
  ansible.builtin.debug:
    msg: "{{ ran.processes | map(attribute='command_line') | unique }}"

- name: What ran a file on one host
  threatops.falcon.falcon_ioc_processes_info:
    type: sha256
    value: 4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865
    device_ids: [15dbb9d8f06b45fe9f61eb46e829d986]

- name: Find the hosts of several indicators
  threatops.falcon.falcon_ioc_hosts_info:
    iocs:
      - {type: domain, value: beacon.example.net}
      - {type: ipv4, value: 203.0.113.7}
  register: seen

- name: Find their processes, without looking for the hosts again
  threatops.falcon.falcon_ioc_processes_info:
    iocs: "{{ seen.iocs }}"
"""

RETURN = r"""
processes:
  description:
    - Each process that involved at least one of the indicators, once. This is the process record as Falcon returns it
      (C(entities.processes)), plus C(observed).
    - With O(details=false), and for processes of which Falcon no longer has a record, only C(process_id), C(device_id) and C(observed).
  type: list
  elements: dict
  returned: always
  contains:
    process_id:
      description: Falcon's ID of the process.
      type: str
      returned: always
    device_id:
      description: The ID of the host (AID).
      type: str
      returned: always
    observed:
      description: The requested indicators that the process involved, each with C(type) and C(value).
      type: list
      elements: dict
      returned: always
    file_name:
      description: The path of the program.
      type: str
      returned: if O(details=true)
    command_line:
      description: The command line.
      type: str
      returned: if O(details=true)
    start_timestamp:
      description: When it started, as an RFC 3339 time.
      type: str
      returned: if O(details=true)
    stop_timestamp:
      description: When it ended, as an RFC 3339 time.
      type: str
      returned: if O(details=true) and the process has ended
  sample:
    - process_id: pid:15dbb9d8f06b45fe9f61eb46e829d986:528715079668
      device_id: 15dbb9d8f06b45fe9f61eb46e829d986
      file_name: \Device\HarddiskVolume1\Users\demo\invoice.exe
      command_line: '"C:\Users\demo\invoice.exe" /silent'
      start_timestamp: "2026-01-31T09:05:51Z"
      stop_timestamp: "2026-01-31T09:06:43Z"
      observed:
        - type: domain
          value: beacon.example.net
iocs:
  description: Each indicator that was looked for, and the hosts that observed it.
  type: list
  elements: dict
  returned: always
  contains:
    type:
      description: The type.
      type: str
      returned: always
    value:
      description: The normalized value.
      type: str
      returned: always
    device_count:
      description: How many hosts observed it, as counted by Falcon. If this is not the number of C(device_ids), there is a warning.
      type: int
      returned: always
    limit_exceeded:
      description: Whether Falcon stopped counting, which makes C(device_count) a lower bound.
      type: bool
      returned: always
    device_ids:
      description: The IDs of all hosts that observed it, as listed by Falcon. Empty if no host did.
      type: list
      elements: str
      returned: always
  sample:
    - type: domain
      value: beacon.example.net
      device_count: 1
      limit_exceeded: false
      device_ids: [15dbb9d8f06b45fe9f61eb46e829d986]
requests:
  description: How many requests were sent, by kind, and how many seconds were spent waiting.
  type: dict
  returned: always
  sample:
    token: 1
    read: 5
    write: 0
    retried: 0
    waited_seconds: 0.0
"""

from ansible_collections.threatops.falcon.plugins.module_utils.task.base import run_module
from ansible_collections.threatops.falcon.plugins.module_utils.task.observed import PROCESSES, processes


def main() -> None:
    run_module(PROCESSES, processes)


if __name__ == "__main__":
    main()

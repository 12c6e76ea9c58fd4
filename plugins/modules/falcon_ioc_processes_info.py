#!/usr/bin/python
# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: falcon_ioc_processes_info
short_description: Find the processes by which hosts observed indicators of compromise (IOCs)
version_added: 1.0.0
description:
  - Finds what ran on the hosts that observed a hash, a domain or an address. Every process comes with its command line and its times.
  - Falcon answers for one indicator and one host at a time, so a task sends one request for each pair of them. Restrict it with O(device_ids).
  - Where nothing ran, or nobody observed anything, the list is empty.
author:
  - threatops.falcon contributors (@threatops)
notes:
  - The API client needs the scopes C(IOC Management) and C(IOCs (Indicators of Compromise\)) with C(Read).
  - Falcon keeps processes for a limited time. Hosts that observed an indicator before that have none.
  - Where today's C(/iocs/*) answers C(404), C(/indicators/*) is asked before nothing is said to have run.
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
      - Sensors keep no sightings by C(all_subdomains), so that type is refused.
    type: str
    choices: [sha256, md5, domain, ipv4, ipv6]
  value:
    description:
      - The hash, domain or address, in any spelling. It is brought into normal form.
      - It need not be an indicator of the tenant.
    type: str
  iocs:
    description:
      - Many indicators to look for in one task. Each is a mapping with V(type) and V(value). One that repeats another is looked for once.
      - An empty list is an error with the C(code) V(nothing_to_look_for), since a search for nothing clears nobody.
      - Other keys are ignored, so that items of M(threatops.falcon.falcon_iocs), and what M(threatops.falcon.falcon_ioc_info) and
        M(threatops.falcon.falcon_ioc_feed_info) return, fit as they are.
      - An element that says C(device_count) and C(device_ids), as RV(threatops.falcon.falcon_ioc_hosts_info#module:iocs) does, is not looked up
        again.
    type: list
    elements: dict
  details:
    description: Return the record of each process. Without it a process is its C(process_id) and C(device_id) alone.
    type: bool
    default: true
  device_ids:
    description: Ask for the processes of these hosts alone. An empty list is no host.
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
    - Each process that involved at least one of the indicators, once. It is the record of the process as Falcon gives it
      (C(entities.processes)), with C(observed) beside it.
    - With O(details=false), and for processes that Falcon has no record of any more, C(process_id), C(device_id) and C(observed) alone.
  type: list
  elements: dict
  returned: always
  contains:
    process_id:
      description: The id of the process in Falcon.
      type: str
      returned: always
    device_id:
      description: The id of the host (AID).
      type: str
      returned: always
    observed:
      description: What the process involved, of what was looked for. Each has C(type) and C(value).
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
      description: When it started, RFC 3339.
      type: str
      returned: if O(details=true)
    stop_timestamp:
      description: When it ended, RFC 3339.
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
      description: The value in normal form.
      type: str
      returned: always
    device_count:
      description: How many hosts observed it, as Falcon counts them. There is a warning when that is not the number of C(device_ids).
      type: int
      returned: always
    limit_exceeded:
      description: Whether Falcon stopped counting, which makes C(device_count) a lower bound.
      type: bool
      returned: always
    device_ids:
      description: The ids of the hosts that observed it, all of them, as Falcon lists them. Empty when nobody did.
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
  description: How many requests were sent, by kind, and how long was waited.
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

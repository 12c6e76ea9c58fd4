#!/usr/bin/python
# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: falcon_ioc_hosts_info
short_description: Find the hosts that observed indicators of compromise (IOCs)
version_added: 1.0.0
description:
  - Finds every host on which the sensor has observed a hash, a domain or an address, with the record of each host.
  - Many indicators share the requests of one task. Hosts are listed 100 per request, and host records are read up to 5,000 per request.
  - An indicator that no host has observed gives an empty list.
author:
  - threatops.falcon contributors (@threatops)
notes:
  - The API client needs the scopes C(IOC Management) and C(IOCs (Indicators of Compromise\)) with C(Read), and, unless O(details=false),
    C(Hosts) with C(Read).
  - Falcon counts and lists hosts with two different services, which may lag behind a detection and disagree for a while.
  - If the current C(/iocs/*) endpoint answers C(404), the legacy C(/indicators/*) endpoint is queried too before an indicator counts as
    unobserved.
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
    description: Return the record of each host. If false, only the C(device_id) of each host is returned, and the scope C(Hosts) is not needed.
    type: bool
    default: true
  host_group_names:
    description: Add the names of its host groups to the record of each host, as C(host_groups). This requires the scope C(Host Groups) with C(Read).
    type: bool
    default: false
seealso:
  - module: threatops.falcon.falcon_ioc_processes_info
  - plugin: threatops.falcon.falcon_ioc_hosts
    plugin_type: inventory
  - module: threatops.falcon.falcon_ioc_info
"""

EXAMPLES = r"""
- name: Who resolved this domain?
  threatops.falcon.falcon_ioc_hosts_info:
    client_id: "{{ falcon_client_id }}"
    client_secret: "{{ falcon_client_secret }}"
    type: domain
    value: beacon.example.net
  register: seen

- name: Name them
  ansible.builtin.debug:
    msg: "{{ seen.hosts | map(attribute='hostname') | sort }}"

- name: Hosts that observed anything of a report, and how often each indicator was seen
  threatops.falcon.falcon_ioc_hosts_info:
    iocs:
      - {type: sha256, value: 4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865}
      - {type: ipv4, value: 203.0.113.7}
    details: false
  register: counted

# A hash was published an hour ago: block it, find who ran it, and hand those hosts to the play that contains them.
- name: Respond to a published hash
  hosts: localhost
  gather_facts: false
  vars:
    published: 4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865
  tasks:
    - name: Block it on every host
      threatops.falcon.falcon_ioc:
        type: sha256
        value: "{{ published }}"
        action: prevent
        severity: critical
        source: incident-4711
        comment: INC-4711

    - name: Find who has it
      threatops.falcon.falcon_ioc_hosts_info:
        type: sha256
        value: "{{ published }}"
      register: seen

    - name: Find what ran there
      threatops.falcon.falcon_ioc_processes_info:
        iocs: "{{ seen.iocs }}"
      register: ran

    - name: Make an inventory group of those that are not contained yet
      ansible.builtin.add_host:
        name: "{{ item.device_id }}"
        groups: [affected]
        device_id: "{{ item.device_id }}"
      loop: "{{ seen.hosts }}"
      when: item.status | default('normal') not in ['contained', 'containment_pending']
      loop_control:
        label: "{{ item.device_id }}"
      changed_when: false

- name: Contain them
  hosts: affected
  gather_facts: false
  connection: local
  tasks:
    - name: Hand over to the play that contains hosts
      ansible.builtin.debug:
        msg: "Contain {{ device_id }}, for example with crowdstrike.falcon.host_contain"
"""

RETURN = r"""
hosts:
  description:
    - Each host that observed at least one of the indicators, once. This is the host record as Falcon returns it
      (C(PostDeviceDetailsV2)), plus C(observed).
    - With O(details=false), and for hosts of which Falcon no longer has a record, only C(device_id) and C(observed).
  type: list
  elements: dict
  returned: always
  contains:
    device_id:
      description: The ID of the host (AID).
      type: str
      returned: always
    observed:
      description: The requested indicators that the host observed, each with C(type) and C(value).
      type: list
      elements: dict
      returned: always
    hostname:
      description: The name of the host, as the host itself reports it.
      type: str
      returned: if O(details=true)
    platform_name:
      description: V(Windows), V(Mac) or V(Linux).
      type: str
      returned: if O(details=true)
    status:
      description: V(normal), V(containment_pending), V(contained) or V(lift_containment_pending).
      type: str
      returned: if O(details=true)
    host_groups:
      description: The names of the host groups that the host is in.
      type: list
      elements: str
      returned: if O(host_group_names=true)
  sample:
    - device_id: 15dbb9d8f06b45fe9f61eb46e829d986
      hostname: WEB-01
      platform_name: Windows
      status: normal
      local_ip: 192.0.2.7
      first_seen: "2025-02-10T12:40:18Z"
      last_seen: "2026-02-01T08:12:33Z"
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
from ansible_collections.threatops.falcon.plugins.module_utils.task.observed import HOSTS, hosts


def main() -> None:
    run_module(HOSTS, hosts)


if __name__ == "__main__":
    main()

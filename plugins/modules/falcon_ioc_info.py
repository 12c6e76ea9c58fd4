#!/usr/bin/python
# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: falcon_ioc_info
short_description: Find custom indicators of compromise (IOCs) in CrowdStrike Falcon
version_added: 1.0.0
description:
  - Returns the indicators that match, whole and all of them, however many there are.
  - Select one indicator by O(type) and O(value), or with FQL by O(filter), or with any of the other options. All options have to hold, and of
    a list any element.
  - Deleted indicators are left out unless they are asked for.
author:
  - threatops.falcon contributors (@threatops)
notes:
  - The API client needs the scope C(IOC Management) with C(Read). Names in O(host_groups) need C(Host Groups) with C(Read), and O(device_count)
    needs C(IOCs) with C(Read).
extends_documentation_fragment:
  - threatops.falcon.attributes
  - threatops.falcon.auth
  - threatops.falcon.transport
attributes:
  check_mode:
    support: full
  diff_mode:
    support: N/A
    details: Nothing is changed.
  idempotent:
    support: full
options:
  type:
    description: The type of one indicator.
    type: str
    choices: [sha256, md5, domain, ipv4, ipv6, all_subdomains]
  value:
    description: The value of one indicator. It is asked for in normal form and as it is written, a hash in capitals too.
    type: str
  filter:
    description: A filter in Falcon Query Language (FQL). It is sent as it is written.
    type: str
  types:
    description: Select these types.
    type: list
    elements: str
    choices: [sha256, md5, domain, ipv4, ipv6, all_subdomains]
  values:
    description: Select these values, in normal form or as they are written.
    type: list
    elements: str
  actions:
    description: Select these actions on desktop platforms.
    type: list
    elements: str
    choices: [no_action, allow, detect, prevent, prevent_no_ui]
  severities:
    description: Select these severities.
    type: list
    elements: str
    choices: [informational, low, medium, high, critical]
  platforms:
    description: Select what is used on any of these platforms.
    type: list
    elements: str
    choices: [windows, mac, linux, ios, android]
  sources:
    description: Select these sources, that is, owners.
    type: list
    elements: str
  tags:
    description: Select what has any of these tags.
    type: list
    elements: str
  host_groups:
    description: Select what is scoped to any of these host groups, by name or by id.
    type: list
    elements: str
  created_by:
    description: Select what these API clients (client ID) or users (e-mail address) created.
    type: list
    elements: str
  modified_by:
    description: Select what these API clients or users changed last.
    type: list
    elements: str
  policies:
    description: The actions in the words of the founding API. V(detect) is V(detect) and V(none) is V(no_action).
    type: list
    elements: str
    choices: [detect, none]
  share_levels:
    description: The founding API's visibility. It had one value and today's API has none, so it selects everything.
    type: list
    elements: str
    choices: [red]
  expires_after:
    description:
      - Select what expires at this time or later, as an RFC 3339 time or a date (from its start in UTC on).
      - A time relative to now is written as V(+7d), V(-30d) or V(+12h).
    type: str
  expires_before:
    description:
      - Select what expires at this time or before, as an RFC 3339 time or a date (to its end in UTC).
      - A time relative to now is written as in O(expires_after).
    type: str
  created_after:
    description: Select what was created at this time or later, as O(expires_after).
    type: str
  created_before:
    description: Select what was created at this time or before, as O(expires_before).
    type: str
  expired:
    description: Select what has, or has not, expired.
    type: bool
  deleted:
    description: Select deleted indicators alone, or none of them.
    type: bool
  include_deleted:
    description: Select deleted indicators too.
    type: bool
  deleted_by:
    description: Select what this API client or user deleted.
    type: str
  sort:
    description: A property and a direction, such as V(modified_on.desc).
    type: str
  limit:
    description: Return at most so many. RV(total) counts all of them.
    type: int
  device_count:
    description: Add to each indicator on how many hosts it was observed. This sends one request for each.
    type: bool
    default: false
  from_parent:
    description: Select what was inherited from a parent CID alone, or what is the tenant's own alone.
    type: bool
seealso:
  - module: threatops.falcon.falcon_iocs
  - module: threatops.falcon.falcon_ioc_hosts_info
"""

EXAMPLES = r"""
- name: Look one indicator up
  threatops.falcon.falcon_ioc_info:
    client_id: "{{ falcon_client_id }}"
    client_secret: "{{ falcon_client_secret }}"
    type: domain
    value: evil.example

- name: Find what one team owns and what expires within this year
  threatops.falcon.falcon_ioc_info:
    sources: [soc-emea]
    expires_before: "2026-12-31"
    sort: expiration.asc
  register: expiring

- name: Find what was deleted by an API client
  threatops.falcon.falcon_ioc_info:
    deleted_by: d2f0e4b0a3c14a7e9b8c7d6e5f4a3b2c

- name: Find with FQL, and see on how many hosts each was observed
  threatops.falcon.falcon_ioc_info:
    filter: type:'sha256'+action:['prevent','prevent_no_ui']
    device_count: true
"""

RETURN = r"""
iocs:
  description: The records, as Falcon gives them. With O(api=legacy) they come in the words of today's API as well.
  type: list
  elements: dict
  returned: success
  sample:
    - id: 889e8f9b4c5a1d2e3f40516273849506a7b8c9d0e1f2031425364758697a8b9c
      type: domain
      value: evil.example
      action: detect
      mobile_action: no_action
      severity: medium
      platforms: [windows, linux]
      applied_globally: true
      source: soc-emea
      expired: false
      deleted: false
      from_parent: false
      created_on: "2026-03-28T11:13:16.301Z"
      created_by: d2f0e4b0a3c14a7e9b8c7d6e5f4a3b2c
      modified_on: "2026-03-28T11:13:16.301Z"
      modified_by: d2f0e4b0a3c14a7e9b8c7d6e5f4a3b2c
total:
  description: How many match, whatever O(limit) says.
  type: int
  returned: success
  sample: 1
fql:
  description: The filter that was sent.
  type: str
  returned: success
  sample: type:['domain']+value:['evil.example']+deleted:false
requests:
  description: How many requests were sent, by kind, and how long was waited.
  type: dict
  returned: success
"""

from ansible_collections.threatops.falcon.plugins.module_utils.task.base import run_module
from ansible_collections.threatops.falcon.plugins.module_utils.task.info import SPEC, run


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()

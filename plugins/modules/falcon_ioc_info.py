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
  - Returns the full records of all matching indicators, however many there are.
  - Select a single indicator by O(type) and O(value), any indicators by an FQL O(filter), or use the other options. An indicator must match all
    options that are set, and for an option that is a list, any of its elements.
  - Deleted indicators are not returned unless requested.
author:
  - threatops.falcon contributors (@threatops)
notes:
  - The API client needs the scope C(IOC Management) with C(Read). Names in O(host_groups) require C(Host Groups) with C(Read), and
    O(device_count) requires C(IOCs) with C(Read).
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
    description: The value of one indicator. Falcon is queried for the normalized value and for the value as written, and for a hash also in uppercase.
    type: str
  filter:
    description: A filter in Falcon Query Language (FQL). It is sent unchanged.
    type: str
  types:
    description: Select these types.
    type: list
    elements: str
    choices: [sha256, md5, domain, ipv4, ipv6, all_subdomains]
  values:
    description: Select these values, normalized or as written.
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
    description: Select indicators that apply to any of these platforms.
    type: list
    elements: str
    choices: [windows, mac, linux, ios, android]
  sources:
    description: Select indicators with these sources (owners).
    type: list
    elements: str
  tags:
    description: Select indicators with any of these tags.
    type: list
    elements: str
  host_groups:
    description: Select indicators that are scoped to any of these host groups, given by name or by ID.
    type: list
    elements: str
  created_by:
    description: Select indicators created by these API clients (client ID) or users (email address).
    type: list
    elements: str
  modified_by:
    description: Select indicators last modified by these API clients or users.
    type: list
    elements: str
  policies:
    description: Select actions in the terms of the legacy API. V(detect) means V(detect) and V(none) means V(no_action).
    type: list
    elements: str
    choices: [detect, none]
  share_levels:
    description: The visibility field of the legacy API. It had only one value, and the current API has no such field, so this selects everything.
    type: list
    elements: str
    choices: [red]
  expires_after:
    description:
      - Select indicators that expire at this time or later, given as an RFC 3339 time or a date (from its start in UTC).
      - A time relative to now is written as V(+7d), V(-30d) or V(+12h).
    type: str
  expires_before:
    description:
      - Select indicators that expire at this time or earlier, given as an RFC 3339 time or a date (through its end in UTC).
      - A time relative to now is written as for O(expires_after).
    type: str
  created_after:
    description: Select indicators that were created at this time or later, in the format of O(expires_after).
    type: str
  created_before:
    description: Select indicators that were created at this time or earlier, in the format of O(expires_before).
    type: str
  expired:
    description: Select only indicators that have expired (V(true)), or only those that have not (V(false)).
    type: bool
  deleted:
    description: Select only deleted indicators (V(true)), or only those that are not deleted (V(false)).
    type: bool
  include_deleted:
    description: Select deleted indicators as well.
    type: bool
  deleted_by:
    description: Select indicators deleted by this API client or user.
    type: str
  sort:
    description: A property and a direction, such as V(modified_on.desc).
    type: str
  limit:
    description: The maximum number of indicators to return. RV(total) counts all matches.
    type: int
  device_count:
    description: Add the number of hosts that observed it to each indicator. This sends one request per indicator.
    type: bool
    default: false
  from_parent:
    description: Select only indicators inherited from a parent CID (V(true)), or only the tenant's own (V(false)).
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
  description: The records, as Falcon returns them. With O(api=legacy), they also have the fields of the current API.
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
  description: The number of matches, regardless of O(limit).
  type: int
  returned: success
  sample: 1
fql:
  description: The filter that was sent.
  type: str
  returned: success
  sample: type:['domain']+value:['evil.example']+deleted:false
requests:
  description: How many requests were sent, by kind, and how many seconds were spent waiting.
  type: dict
  returned: success
"""

from ansible_collections.threatops.falcon.plugins.module_utils.task.base import run_module
from ansible_collections.threatops.falcon.plugins.module_utils.task.info import SPEC, run


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()

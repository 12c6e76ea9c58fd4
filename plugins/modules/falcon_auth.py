#!/usr/bin/python
# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: falcon_auth
short_description: Fetch a CrowdStrike Falcon access token for later tasks
version_added: 1.0.0
description:
  - Fetches one access token and returns it, together with the region in which it is valid, for the O(auth) option of the other modules.
  - On the controller, the modules of this collection already share one token for a whole playbook run. Use this module for tasks that
    run on other machines, or to pass a token to other collections.
author:
  - threatops.falcon contributors (@threatops)
notes:
  - The result contains the token. Set C(no_log) on the task if its output is stored.
extends_documentation_fragment:
  - threatops.falcon.attributes
  - threatops.falcon.auth
  - threatops.falcon.transport
attributes:
  check_mode:
    support: full
    details: The token is fetched in check mode too, because that changes nothing.
  diff_mode:
    support: N/A
    details: Nothing is changed.
  idempotent:
    support: full
seealso:
  - module: threatops.falcon.falcon_iocs
"""

EXAMPLES = r"""
- name: Fetch a token
  threatops.falcon.falcon_auth:
    client_id: "{{ falcon_client_id }}"
    client_secret: "{{ falcon_client_secret }}"
  register: falcon
  no_log: true

- name: Use it
  threatops.falcon.falcon_ioc_info:
    auth: "{{ falcon.auth }}"
    types: [domain]
"""

RETURN = r"""
auth:
  description: A value for the O(auth) option of the other modules.
  type: dict
  returned: success
  contains:
    access_token:
      description: The bearer token.
      type: str
      returned: success
    cloud:
      description: The region in which the token is valid.
      type: str
      returned: success
      sample: us-2
    base_url:
      description: The base URL at which the token is valid.
      type: str
      returned: success
      sample: https://api.us-2.crowdstrike.com
    expires_in:
      description: The lifetime of the token in seconds.
      type: int
      returned: when known
      sample: 1799
requests:
  description: How many requests were sent, by kind, and how many seconds were spent waiting.
  type: dict
  returned: success
"""

from ansible_collections.threatops.falcon.plugins.module_utils.task.auth import SPEC, run
from ansible_collections.threatops.falcon.plugins.module_utils.task.base import run_module


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()

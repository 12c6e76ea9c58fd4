# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials and tenant. The options match those of the vendor's own crowdstrike.falcon collection."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  client_id:
    description:
      - The ID of an API client, created in the Falcon console.
      - If not set, the environment variable E(FALCON_CLIENT_ID) is used.
      - This is not a secret. It appears in results as the creator of the indicators that this API client created.
    type: str
    aliases: [falcon_client_id]
  client_secret:
    description:
      - The secret of the API client. It is never shown.
      - If not set, the environment variable E(FALCON_CLIENT_SECRET) is used.
    type: str
    aliases: [falcon_client_secret]
  auth:
    description:
      - An access token fetched earlier, as returned by M(threatops.falcon.falcon_auth) in RV(threatops.falcon.falcon_auth#module:auth).
        The result of the C(auth) module in the C(crowdstrike.falcon) collection works as well.
      - It replaces O(client_id), O(client_secret), O(member_cid) and O(cloud), and saves each task a token request.
      - If O(client_id) and O(client_secret) are also given, a token that Falcon no longer accepts is replaced with a new one.
    type: dict
    suboptions:
      access_token:
        description: The bearer token. It is never shown.
        type: str
      cloud:
        description: The region that issued the token.
        type: str
      base_url:
        description: The base URL that issued the token, if it is not that of a Falcon region.
        type: str
      expires_in:
        description: The lifetime of the token in seconds. Ignored; accepted so that the whole result can be passed on.
        type: int
  member_cid:
    description:
      - The customer ID (CID) of the child tenant to act on, if the API client belongs to a parent CID (Falcon Flight Control).
      - If not set, the environment variable E(FALCON_MEMBER_CID) is used.
    type: str
  cloud:
    description:
      - The region of the tenant.
      - V(autodiscover) asks C(us-1), which returns the region of the API client. The government clouds V(us-gov-1) and
        V(us-gov-2) cannot be discovered and must be set explicitly.
      - If not set, the environment variable E(FALCON_CLOUD) is used, then V(autodiscover).
    type: str
    choices: [autodiscover, us-1, us-2, us-3, eu-1, us-gov-1, us-gov-2]
    default: autodiscover
  base_url:
    description:
      - The base URL of the API if it is not that of a Falcon region, for example a gateway or the simulator. It overrides
        O(cloud).
      - Plain C(http) is accepted for loopback addresses only; anything else is refused before a secret is sent.
      - If not set, the environment variable E(FALCON_BASE_URL) is used.
    type: str
"""

    # For plugins other than modules: the environment variables from which Ansible itself reads the same options.
    PLUGINS = r"""
options:
  client_id:
    env:
      - name: FALCON_CLIENT_ID
  client_secret:
    env:
      - name: FALCON_CLIENT_SECRET
  member_cid:
    env:
      - name: FALCON_MEMBER_CID
  cloud:
    env:
      - name: FALCON_CLOUD
  base_url:
    env:
      - name: FALCON_BASE_URL
"""

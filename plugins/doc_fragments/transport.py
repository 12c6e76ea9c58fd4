# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How requests travel."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  api:
    description:
      - V(current) is today's C(/iocs/*). V(legacy) is C(/indicators/*), which only tenants and gateways of its time still answer.
      - If not set, the environment variable E(FALCON_API) is used, then V(current).
    type: str
    choices: [current, legacy]
    default: current
  proxy:
    description:
      - The URL of a proxy for all requests. Credentials in it are never shown.
      - If not set, the environment variable E(FALCON_PROXY_URL) is used, then the usual E(HTTPS_PROXY), E(HTTP_PROXY) and E(NO_PROXY).
    type: str
  validate_certs:
    description: Whether the certificate of the server is verified.
    type: bool
    default: true
  ca_path:
    description: A file or folder of CA certificates to trust instead of the bundled ones.
    type: path
  timeout:
    description: Seconds to wait for a connection, and for the next part of an answer.
    type: int
    default: 30
  retries:
    description:
      - Further attempts after the first one of a request that failed in passing.
      - A write is only sent again when it provably did not happen; otherwise the tenant is read first.
      - A new token after a C(401) is not counted; reading back a write, with its resending, counts as one.
    type: int
    default: 5
  max_wait:
    description: The longest single wait, in seconds, before a request is tried again.
    type: int
    default: 60
  user_agent:
    description:
      - Text that is put before the collection's own in the C(User-Agent) of every request.
      - If not set, the environment variable E(FALCON_USER_AGENT) is used.
    type: str
requirements:
  - requests
"""

    # For plugins that are no modules: where Ansible itself looks for the same options.
    PLUGINS = r"""
options:
  api:
    env:
      - name: FALCON_API
  proxy:
    env:
      - name: FALCON_PROXY_URL
  user_agent:
    env:
      - name: FALCON_USER_AGENT
"""

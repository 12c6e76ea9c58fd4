# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How requests are sent."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  api:
    description:
      - V(current) uses the C(/iocs/*) endpoints. V(legacy) uses C(/indicators/*), which CrowdStrike switched off in 2021;
        only gateways and appliances from that time still answer it.
      - If not set, the environment variable E(FALCON_API) is used, then V(current).
    type: str
    choices: [current, legacy]
    default: current
  proxy:
    description:
      - The URL of a proxy for all requests, C([http://][USER:PASSWORD@]HOST[:PORT]). The scheme may also be C(https) or,
        with C(PySocks) installed, C(socks5h).
      - Everything between the scheme and the last C(@) is secret and never shown. Characters such as C(/), C(#) or C(?) in
        a password need not be encoded.
      - If not set, the environment variable E(FALCON_PROXY_URL) is used, then the standard E(HTTPS_PROXY), E(HTTP_PROXY) and E(NO_PROXY).
    type: str
  validate_certs:
    description: Whether to verify the server's certificate.
    type: bool
    default: true
  ca_path:
    description: A file or folder of CA certificates to trust instead of the bundled ones.
    type: path
  timeout:
    description: Seconds to wait for a connection, and for the next part of a response.
    type: int
    default: 30
  retries:
    description:
      - How many times to retry a request that failed temporarily, after the first attempt.
      - A write is sent again only if it certainly did not take effect; otherwise the tenant is read first.
      - Getting a new token after a C(401) does not count. Reading back a write and sending it again counts as one attempt.
    type: int
    default: 5
  max_wait:
    description:
      - The longest single wait, in seconds, before a request is tried again.
      - If Falcon's rate limit lasts longer than Falcon announced, the request is retried for up to this many more seconds, but
        no more than 60.
    type: int
    default: 60
  settle:
    description:
      - How many seconds Falcon's search may lag behind a write in your tenant.
      - What a write has just changed may be missing from searches for this long, so the module waits before it concludes
        that an indicator does not exist.
      - Use V(0) unless you have seen such a lag. M(threatops.falcon.falcon_doctor_info) can measure it.
    type: float
    default: 0.0
  user_agent:
    description:
      - Text to put before the collection's own name in the C(User-Agent) header of every request.
      - If not set, the environment variable E(FALCON_USER_AGENT) is used.
    type: str
requirements:
  - requests
"""

    # For plugins other than modules: the environment variables from which Ansible itself reads the same options.
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

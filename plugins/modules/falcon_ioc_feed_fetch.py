#!/usr/bin/python
# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: falcon_ioc_feed_fetch
short_description: Download a remote threat feed to a file
version_added: 1.1.0
description:
  - Downloads a feed from an HTTPS URL, a TAXII 2.1 collection or a MISP instance to a file, so that it can be kept in Git, reviewed as a diff,
    and deployed with O(threatops.falcon.falcon_iocs#module:feeds) like any other feed.
  - The file is replaced atomically, and only with a complete response. A response without indicators, or with far fewer than the file has,
    replaces nothing, and the task fails; see O(min_share).
  - The task reports a change only if the content of the file changes.
  - No request is sent to Falcon. O(client_id), O(client_secret) and the other connection options are accepted so that they can be set for the
    whole action group, but their values are never used or sent.
author:
  - threatops.falcon contributors (@threatops)
extends_documentation_fragment:
  - threatops.falcon.attributes
  - threatops.falcon.auth
  - threatops.falcon.transport
attributes:
  check_mode:
    support: full
    details: The feed is fetched and compared, but no file is written.
  diff_mode:
    support: full
    details: Shows the indicators that were added and removed.
  idempotent:
    support: full
options:
  url:
    description:
      - The URL. It must start with V(https://), or with V(http://) for loopback addresses, and must not contain credentials.
      - "For TAXII: the URL of the discovery endpoint, of an API root or of a collection. For MISP: the URL of the instance."
    type: str
    required: true
  dest:
    description:
      - The file to write, on the machine that runs the task. Its folder must exist.
      - The version that the server reports for a downloaded file (C(ETag), C(Last-Modified)) is stored next to it, in a hidden file whose name
        ends in C(.fetch.json).
    type: path
    required: true
  kind:
    description:
      - The kind of server at O(url).
      - V(auto) decides by the URL. It means V(misp) if the URL ends in C(/attributes/restSearch), V(taxii) if its path contains C(/taxii2/) or
        C(/collections/) or O(collection) is set, and V(file) otherwise.
    type: str
    choices: [auto, file, taxii, misp]
    default: auto
  collection:
    description:
      - "For TAXII: the ID, alias or title of the collection, if the URL does not name it and the server has several."
      - "For MISP: a tag that the attributes must have."
    type: str
  added_after:
    description:
      - "For TAXII and MISP: only fetch what was added or changed after this time, given as RFC 3339 or as a relative time such as V(-30d) or
        V(-12h)."
    type: str
  headers:
    description: HTTP headers to send, for example with an API key. They are sent only to the server of O(url), not to servers that it redirects to.
    type: dict
    default: {}
  username:
    description: User name, for HTTP basic authentication.
    type: str
  password:
    description: Password, for HTTP basic authentication.
    type: str
  api_key:
    description:
      - An API key to send in the C(Authorization) header, unchanged for MISP and as a C(Bearer) token otherwise.
      - If the server expects a different header, use O(headers).
    type: str
  max_size:
    description: The maximum number of bytes to accept, over all responses.
    type: int
    default: 268435456
  sha256:
    description: The SHA-256 that the downloaded feed must have, in hexadecimal digits.
    type: str
  min_share:
    description:
      - The minimum number of indicators that a response must have, as a percentage of those in the existing file. If it has fewer, or none, the
        file is left as it is and the task fails.
      - V(0%) accepts any response that is a feed.
    type: str
    default: 50%
seealso:
  - module: threatops.falcon.falcon_ioc_feed_info
  - module: threatops.falcon.falcon_iocs
"""

EXAMPLES = r"""
- name: Fetch a feed over HTTPS
  threatops.falcon.falcon_ioc_feed_fetch:
    url: https://feeds.example.com/c2.csv
    dest: feeds/c2.csv

- name: Fetch a TAXII collection
  threatops.falcon.falcon_ioc_feed_fetch:
    url: https://taxii.example.com/taxii2/
    collection: high-confidence
    username: "{{ taxii_username }}"
    password: "{{ taxii_password }}"
    dest: feeds/high-confidence.json

- name: Fetch what a MISP instance has published for detection in the last 90 days
  threatops.falcon.falcon_ioc_feed_fetch:
    url: https://misp.example.com
    kind: misp
    api_key: "{{ misp_api_key }}"
    added_after: -90d
    dest: feeds/misp.json

- name: Fetch a feed that wants its key in a header of its own
  threatops.falcon.falcon_ioc_feed_fetch:
    url: https://feeds.example.net/export/json
    headers:
      Auth-Key: "{{ feed_key }}"
    dest: feeds/partner.json
  register: partner

- name: Show what is new and what went
  ansible.builtin.debug:
    msg: "{{ partner.counts }}"
"""

RETURN = r"""
dest:
  description: The file.
  type: str
  returned: when the feed was fetched
  sample: feeds/c2.csv
kind:
  description: The kind of server that was queried, V(file), V(taxii) or V(misp).
  type: str
  returned: when the feed was fetched
  sample: file
status:
  description:
    - V(created) or V(updated) if the file was written, or would be in check mode.
    - V(unchanged) if the response matches the file, V(not_modified) if the server reported no change without sending the feed.
  type: str
  returned: when the feed was fetched
  sample: updated
bytes:
  description: The size of the feed in bytes.
  type: int
  returned: when the feed was fetched
  sample: 48213
sha256:
  description: The SHA-256 of the feed.
  type: str
  returned: when the feed was fetched
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
counts:
  description: How many indicators the feed has, and how many were added and removed.
  type: dict
  returned: when the feed was fetched
  contains:
    indicators:
      description: Indicators in the response, counting each type and value once.
      type: int
      returned: always
      sample: 812
    added:
      description: Indicators that the file did not have.
      type: int
      returned: always
      sample: 14
    removed:
      description: Indicators that only the file had.
      type: int
      returned: always
      sample: 3
added_iocs:
  description: The indicators that were added, at most 1,000.
  type: list
  elements: dict
  returned: when the feed was fetched
  sample:
    - type: domain
      value: beacon.example.net
removed_iocs:
  description: The indicators that were removed, at most 1,000.
  type: list
  elements: dict
  returned: when the feed was fetched
  sample:
    - type: ipv4
      value: 203.0.113.7
code:
  description:
    - Why the file was left as it is. V(feed_empty), V(feed_shrunk), V(feed_format) if the response is not a feed, V(feed_partial) if the response
      says that there is more, or V(download) if the server refused the request or did not send a complete response.
  type: str
  returned: when the task failed for one of these reasons
  sample: feed_shrunk
"""

from ansible_collections.threatops.falcon.plugins.module_utils.task.base import run_module
from ansible_collections.threatops.falcon.plugins.module_utils.task.feed_fetch import SPEC, run


def main() -> None:
    """Run the module."""
    run_module(SPEC, run)


if __name__ == "__main__":
    main()

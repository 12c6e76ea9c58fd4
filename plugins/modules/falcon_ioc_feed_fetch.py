#!/usr/bin/python
# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: falcon_ioc_feed_fetch
short_description: Fetch a remote threat feed into a file
version_added: 1.1.0
description:
  - Brings a feed from an HTTPS address, a TAXII 2.1 collection or a MISP instance into a file, so that it can be kept in Git, reviewed as a diff,
    and deployed with O(threatops.falcon.falcon_iocs#module:feeds) like any other.
  - The file is replaced in one step, and only by a whole answer. An answer without indicators, or with far fewer than the file holds, replaces
    nothing and fails; see O(min_share).
  - The task is only changed when the content of the file changes.
  - Falcon is not asked. The options O(client_id), O(client_secret) and so on are accepted, so that they can be set for the whole action group,
    and never used or sent.
author:
  - threatops.falcon contributors (@threatops)
extends_documentation_fragment:
  - threatops.falcon.attributes
  - threatops.falcon.auth
  - threatops.falcon.transport
attributes:
  check_mode:
    support: full
    details: The feed is fetched and compared, and no file is written.
  diff_mode:
    support: full
    details: Shows the indicators that came and went.
  idempotent:
    support: full
options:
  url:
    description:
      - The address. It must be V(https://), or V(http://) on this machine, and holds no credentials.
      - "For TAXII: the address of the discovery, of an API root or of a collection. For MISP: the address of the instance."
    type: str
    required: true
  dest:
    description:
      - The file, where the task runs. Its folder must exist.
      - What the server says about the version of a downloaded file (C(ETag), C(Last-Modified)) is kept beside it, in a hidden file that ends in
        C(.fetch.json).
    type: path
    required: true
  kind:
    description:
      - What answers at O(url).
      - V(auto) goes by the address, V(taxii) where it has C(/taxii2/) or C(/collections/) in its path or O(collection) is set, V(misp) where it
        ends in C(/attributes/restSearch), else V(file).
    type: str
    choices: [auto, file, taxii, misp]
    default: auto
  collection:
    description:
      - "For TAXII: the id, alias or title of the collection, where the address does not name it and the server has several."
      - "For MISP: a tag that the attributes must have."
    type: str
  added_after:
    description:
      - "For TAXII and MISP: only what was added, or changed, after this date. RFC 3339, or a relative time such as V(-30d) or V(-12h)."
    type: str
  headers:
    description: HTTP headers to send, for example for an API key. They are only sent to the server of O(url), and not to one that it redirects to.
    type: dict
    default: {}
  username:
    description: User name, for HTTP basic authentication.
    type: str
  password:
    description: Password, for HTTP basic authentication.
    type: str
  api_key:
    description: A key that is sent as C(Authorization), for MISP as it is, else as C(Bearer). Use O(headers) where a server wants another header.
    type: str
  max_size:
    description: The most bytes to accept, in all answers together.
    type: int
    default: 268435456
  sha256:
    description: The SHA-256 that the downloaded feed must have, in hexadecimal digits.
    type: str
  min_share:
    description:
      - How many indicators an answer must have, as a share of what the file has. With fewer, or with none, the file stays and the task fails.
      - V(0%) takes any answer that is a feed.
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
  description: What was asked, V(file), V(taxii) or V(misp).
  type: str
  returned: when the feed was fetched
  sample: file
status:
  description:
    - V(created) or V(updated) when the file was written, or would be in check mode.
    - V(unchanged) when the answer is what the file holds, V(not_modified) when the server says so without sending it.
  type: str
  returned: when the feed was fetched
  sample: updated
bytes:
  description: The size of the feed.
  type: int
  returned: when the feed was fetched
  sample: 48213
sha256:
  description: The SHA-256 of the feed.
  type: str
  returned: when the feed was fetched
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
counts:
  description: How many indicators the feed has, and how many came and went.
  type: dict
  returned: when the feed was fetched
  contains:
    indicators:
      description: Indicators of the answer, each type and value once.
      type: int
      returned: always
      sample: 812
    added:
      description: Those that the file did not have.
      type: int
      returned: always
      sample: 14
    removed:
      description: Those that only the file had.
      type: int
      returned: always
      sample: 3
added_iocs:
  description: The indicators that came, at most 1,000.
  type: list
  elements: dict
  returned: when the feed was fetched
  sample:
    - type: domain
      value: beacon.example.net
removed_iocs:
  description: The indicators that went, at most 1,000.
  type: list
  elements: dict
  returned: when the feed was fetched
  sample:
    - type: ipv4
      value: 203.0.113.7
code:
  description:
    - Why the file was left as it is, V(feed_empty), V(feed_shrunk), V(feed_format) for an answer that is no feed, V(feed_partial) for one that
      says that there is more, V(download) where the server refused or gave no whole answer.
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

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: iocs
short_description: The indicators of feed files, as items for M(threatops.falcon.falcon_iocs)
version_added: 1.1.0
description:
  - Reads feed files on the controller, exactly as O(threatops.falcon.falcon_iocs#module:feeds) does, for playbooks that
    make decisions based on their content.
  - To only deploy a feed, use O(threatops.falcon.falcon_iocs#module:feeds), which is faster and safer because it also
    stops a purge if the feed is broken.
author:
  - threatops.falcon contributors (@threatops)
options:
  _terms:
    description: Paths of feed files. A relative path is searched for in C(files/) of the role and next to the playbook.
    type: list
    elements: str
    required: true
  format:
    description: The format of the files. V(auto) detects it from their content.
    type: str
    choices: [auto, csv, text, stix, misp, list]
    default: auto
  types:
    description: Only indicators of these types. All types if omitted.
    type: list
    elements: str
    choices: [sha256, md5, domain, ipv4, ipv6, all_subdomains]
  url_to:
    description: V(domain) reduces a URL to its host. V(skip) skips URLs.
    type: str
    choices: [domain, skip]
    default: domain
  to_ids:
    description: For MISP, V(respect) leaves out attributes not flagged for detection, and V(ignore) includes them.
    type: str
    choices: [respect, ignore]
    default: respect
  columns:
    description: For tables, which column holds which field, by heading or by number, counting from 1.
    type: dict
    default: {}
  defaults:
    description: Field values for items that do not set them.
    type: dict
    default: {}
seealso:
  - module: threatops.falcon.falcon_ioc_feed_info
  - plugin: threatops.falcon.to_iocs
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show the domains of a feed
  ansible.builtin.debug:
    msg: "{{ query('threatops.falcon.iocs', 'feeds/partner.csv', types=['domain']) | map(attribute='value') }}"

- name: Stop if a feed contains one of our own hosts
  ansible.builtin.assert:
    that: item.value not in our_domains
  loop: "{{ query('threatops.falcon.iocs', 'feeds/partner.csv', types=['domain']) }}"
  vars:
    our_domains: [www.example.com]
"""

RETURN = r"""
_list:
  description: The indicators, each type and value once, with any other fields found in the feed.
  type: list
  elements: dict
  sample:
    - type: domain
      value: beacon.example.net
      description: C2 server
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleError, AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display

from ansible_collections.threatops.falcon.plugins.plugin_utils.feed_items import FeedNotRead, items_of_files
from ansible_collections.threatops.falcon.plugins.plugin_utils.plain import plain

_OPTIONS = ("format", "types", "url_to", "to_ids", "columns", "defaults")


class LookupModule(LookupBase):
    """The items of feed files."""

    def run(self, terms: list[Any], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        """Read every file in turn. Raises AnsibleLookupError for one that cannot be read."""
        self.set_options(var_options=variables, direct=kwargs)
        options = {name: plain(self.get_option(name)) for name in _OPTIONS}
        paths = []
        for term in terms:
            try:
                path = self.find_file_in_search_path(variables, "files", str(term), ignore_missing=True)
            except AnsibleError as problem:
                raise AnsibleLookupError(f"iocs: {term}: {problem}") from problem
            if path is None:
                raise AnsibleLookupError(f"iocs: there is no file {term} in files/ or beside the playbook")
            paths.append(plain(path))
        try:
            items, rejected = items_of_files(paths, options)
        except FeedNotRead as problem:
            raise AnsibleLookupError(f"iocs: {problem}") from problem
        malformed = [row for row in rejected if row["malformed"]]
        if malformed:
            first = malformed[0]
            Display().warning(
                f"iocs: {len(malformed)} malformed rows gave no indicator, the first at {first['path']} line "
                f"{first['line']}: {first['reason']}"
            )
        return items

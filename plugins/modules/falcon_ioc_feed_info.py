#!/usr/bin/python
# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: falcon_ioc_feed_info
short_description: Read published threat feeds as indicators of compromise (IOCs) for CrowdStrike Falcon
version_added: 1.0.0
description:
  - Reads feeds in CSV, text, STIX and MISP formats and the exports of other tools. Returns the indicators that they contain, and the rows that
    yielded none, with the reason.
  - Feeds are read exactly as O(feeds) of M(threatops.falcon.falcon_iocs) reads them, so you can check a feed before you deploy it.
  - Nothing is sent anywhere, and no credentials are needed. The connection options are accepted so that they can be set for the whole action
    group, but they are not used.
author:
  - threatops.falcon contributors (@threatops)
extends_documentation_fragment:
  - threatops.falcon.attributes
  - threatops.falcon.auth
  - threatops.falcon.transport
  - threatops.falcon.feeds
attributes:
  check_mode:
    support: full
    details: Nothing is ever changed.
  diff_mode:
    support: N/A
    details: Nothing is ever changed.
  idempotent:
    support: full
options:
  feeds:
    required: true
  on_reject:
    description:
      - V(report) returns rejected rows in RV(rejected).
      - V(fail) does the same, and also fails the task if there are any, malformed or not. To fail on malformed rows only, check
        RV(counts.malformed).
    type: str
    choices: [report, fail]
    default: report
seealso:
  - module: threatops.falcon.falcon_iocs
"""

EXAMPLES = r"""
- name: Read a feed
  threatops.falcon.falcon_ioc_feed_info:
    feeds:
      - path: feeds/qakbot.csv
  register: feed

- name: Show what was not taken, and why
  ansible.builtin.debug:
    var: feed.rejected

- name: Stop the pipeline on a broken line
  ansible.builtin.assert:
    that: feed.counts.malformed == 0

- name: Read several feeds as one list, hashes and domains only
  threatops.falcon.falcon_ioc_feed_info:
    feeds:
      - path: feeds/event-583.json
        format: misp
        to_ids: ignore
        types: [sha256, md5, domain]
        defaults:
          action: detect
          severity: high
          tags: [machete]
      - path: feeds/partner.tsv
        columns:
          type: 2
          value: 5
          description: Remarks
        url_to: skip

- name: Read a spreadsheet whose columns have names of their own, and nothing of it but severities and tags
  threatops.falcon.falcon_ioc_feed_info:
    feeds:
      - path: feeds/team.csv
        columns:
          value: Artifact
          severity: Risk
        fields: [severity, tags]
  register: team

- name: Show which columns were read as what, and what stops a purge
  ansible.builtin.debug:
    msg: "{{ {'columns': team.columns_read, 'stops': team.stops} }}"
"""

RETURN = r"""
iocs:
  description:
    - The indicators, each type and value once, in the form of the items of M(threatops.falcon.falcon_iocs).
    - Other fields are included if the feed has them, and the C(defaults) of the feed are filled in.
  type: list
  elements: dict
  returned: when the feeds could be read
  sample:
    - type: sha256
      value: f42670b63d8e4eca6f360ec2bbdd6c518b18ea91581e310f42f03cb482f85a23
      description: Malicious Excel sheet
    - type: ipv4
      value: 203.0.113.72
      description: C2 URLs observed
rejected:
  description: The rows, or parts of rows, that yielded no indicator.
  type: list
  elements: dict
  returned: when the feeds could be read
  contains:
    path:
      description: The file.
      type: str
      returned: always
      sample: feeds/qakbot.csv
    line:
      description: The line, counting from 1. In JSON and YAML documents, the position of the attribute, object or item.
      type: int
      returned: always
      sample: 12
    text:
      description: The first 160 characters of the row.
      type: str
      returned: always
      sample: sha256,784ca9fe97e58d55,Hook.dll payload
    reason:
      description: Why it yielded no indicator.
      type: str
      returned: always
      sample: a sha256 is 64 hexadecimal digits, got '784ca9fe97e58d55'
    malformed:
      description: Whether the row is of a type that Falcon supports but its value is broken. Such a row stops O(threatops.falcon.falcon_iocs#module:purge).
      type: bool
      returned: always
      sample: true
    code:
      description: The reason, for programs. The guide to feeds lists the codes. Codes are stable, texts are not.
      type: str
      returned: always
      sample: invalid_value
stops:
  description: Why O(threatops.falcon.falcon_iocs#module:purge) would not delete anything based on these feeds.
  type: list
  elements: dict
  returned: when the feeds could be read
  contains:
    path:
      description: The file.
      type: str
      returned: always
      sample: feeds/qakbot.csv
    code:
      description:
        - V(feed_empty) if the feed yielded no indicator.
        - V(feed_partial) if it says that it is incomplete.
        - V(feed_format) if it is something else, such as an error page.
      type: str
      returned: always
      sample: feed_partial
    message:
      description: The reason, for people.
      type: str
      returned: always
      sample: the envelope of TAXII says that there are more objects than it holds
columns_read:
  description: Which column of each table, or which key of each list of records, was read as which field, by feed path.
  type: dict
  returned: when the feeds could be read
  sample: {feeds/partner.csv: {Indicator: value, Type: type, Risk: severity}}
counts:
  description: The number of indicators and rows.
  type: dict
  returned: when the feeds could be read
  contains:
    entries:
      description: Indicators, counting each once.
      type: int
      returned: always
      sample: 161
    by_type:
      description: Indicators of each type.
      type: dict
      returned: always
      sample: {sha256: 40, domain: 59, ipv4: 62}
    duplicates:
      description: Duplicates that were dropped.
      type: int
      returned: always
      sample: 66
    rejected:
      description: Rows that yielded no indicator.
      type: int
      returned: always
      sample: 3
    malformed:
      description: Rejected rows that are malformed.
      type: int
      returned: always
      sample: 1
    by_reason:
      description: Rejected rows by reason.
      type: dict
      returned: always
      sample: {a network (CIDR); Falcon takes single addresses: 3}
    by_code:
      description: Rejected rows by code.
      type: dict
      returned: always
      sample: {network: 3}
"""

from ansible_collections.threatops.falcon.plugins.module_utils.task.base import run_module
from ansible_collections.threatops.falcon.plugins.module_utils.task.feed import SPEC, run


def main() -> None:
    run_module(SPEC, run, needs_requests=False)


if __name__ == "__main__":
    main()

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Threat feeds, wherever a module takes them."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  feeds:
    description:
      - Files of indicators, as publishers write them, on the machine that runs the task.
      - Defanged values (C([.]), C(hxxp), V((dot\))) are read as what they stand for. A URL becomes its host, a port is dropped, and of a pair
        such as C(domain|ip) every half that is an indicator is taken.
      - What Falcon has no type for (networks in CIDR notation, sha1, file names, wallets) is rejected with a reason, as is every other row that
        gives no indicator. A row that is of a type that Falcon takes, and broken, is called malformed.
      - Repeats, within a feed or across feeds, collapse to the first.
    type: list
    elements: dict
    suboptions:
      path:
        description: The file.
        type: path
        required: true
      format:
        description:
          - V(csv) is a table with any delimiter, with or without a header. Values are read from the columns that hold types and values,
            never from notes or links. Columns of other fields are read too, see O(feeds[].fields).
          - V(text) is a report or a plain list. Hashes count anywhere except inside a URL. A domain, an address or a URL counts only where it is
            defanged or alone on its line.
          - V(stix) is a STIX 2.0 or 2.1 bundle, or an envelope of TAXII. A pattern of equality comparisons joined by C(OR) is read, and what
            C(AND) adds without narrowing it, such as other hashes of the same file. Any other pattern is rejected.
          - V(misp) is a MISP event, or an export of events or attributes. What is deleted in MISP is rejected.
          - V(list) is a list of items in the shape of the option C(iocs) of M(threatops.falcon.falcon_iocs), or of records as the API, FalconPy,
            PSFalcon, Terraform, abuse.ch and OTX write them, in JSON, JSON lines or YAML. YAML needs PyYAML on the machine that runs the task.
          - V(auto) decides by content. Where the file is beyond doubt in another format than the one that is named, no purge follows it.
        type: str
        choices: [auto, csv, text, stix, misp, list]
        default: auto
      defaults:
        description:
          - Field values for the items of this feed that omit them.
          - A default that an item cannot take is not applied to it.
        type: dict
        default: {}
      url_to:
        description: V(domain) makes a URL its host, which may be an address. V(skip) rejects URLs.
        type: str
        choices: [domain, skip]
        default: domain
      columns:
        description:
          - Which columns of a table, or which keys of a list of records, hold what, where it cannot be found out. A mapping of V(type), V(value)
            and the fields that O(feeds[].fields) takes to the heading of a column, or to its number from 1.
          - What is not named is found as usual. With V(value) and without V(type) the value itself tells its type.
        type: dict
        default: {}
      types:
        description: Take only these types. The others are rejected with that reason.
        type: list
        elements: str
        choices: [sha256, md5, domain, ipv4, ipv6, all_subdomains]
      to_ids:
        description:
          - V(respect) rejects MISP attributes that are flagged as not for detection.
          - V(ignore) takes them all the same.
        type: str
        choices: [respect, ignore]
        default: respect
      fields:
        description:
          - The fields of an indicator that the feed may set, besides its type and value. All of them where it is omitted.
          - In a list with an owner the C(source) of a feed is ignored, with a warning.
        type: list
        elements: str
        choices:
          - action
          - mobile_action
          - severity
          - platforms
          - applied_globally
          - host_groups
          - expiration
          - description
          - source
          - tags
          - filename
"""

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The C(feeds) option of every module that reads threat feeds."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  feeds:
    description:
      - Threat feed files, in the form in which they are published, on the machine that runs the task.
      - Defanged values (C([.]), C(hxxp), V((dot\))) are refanged. A URL is reduced to its host, a port is dropped, and from a pair
        such as C(domain|ip) each half that is an indicator is used.
      - Values for which Falcon has no type (networks in CIDR notation, sha1, file names, wallets) are rejected with a reason, as is every other
        row that yields no indicator. A row of a type that Falcon supports whose value is broken is called malformed.
      - Duplicates, within a feed or across feeds, collapse to the first occurrence.
    type: list
    elements: dict
    suboptions:
      path:
        description: Path of the feed file.
        type: path
        required: true
      format:
        description:
          - V(csv) is a table with any delimiter, with or without a header. Values are read from the columns that hold types and values,
            never from notes or links. Columns with other fields are read too, see C(fields).
          - V(text) is a report or a plain list. Hashes count anywhere except inside a URL. A domain, an address or a URL counts only if it is
            defanged or alone on its line.
          - V(stix) is a STIX 2.0 or 2.1 bundle, or a TAXII envelope. A pattern of equality comparisons joined by C(OR) is read, as are
            C(AND) terms that do not narrow it, such as other hashes of the same file. Any other pattern is rejected.
          - V(misp) is a MISP event, or an export of events or attributes. Attributes that were deleted in MISP are rejected.
          - V(list) is a list of items in the form of the option C(iocs) of M(threatops.falcon.falcon_iocs), or of records as the API, FalconPy,
            PSFalcon, Terraform, abuse.ch and OTX write them, in JSON, JSON lines or YAML. YAML needs PyYAML on the machine that runs the task.
          - V(auto) detects the format from the content. If the file is clearly in a different format than the one named here, nothing is
            purged.
        type: str
        choices: [auto, csv, text, stix, misp, list]
        default: auto
      defaults:
        description:
          - Field values for items of this feed that do not set them.
          - A default that does not apply to an item, such as an action that its type does not allow, is left off that item.
        type: dict
        default: {}
      url_to:
        description: V(domain) reduces a URL to its host, which may be an address. V(skip) rejects URLs.
        type: str
        choices: [domain, skip]
        default: domain
      columns:
        description:
          - Which columns of a table, or which keys of a list of records, hold which field, if that cannot be detected. Maps V(type), V(value)
            and the fields listed for C(fields) to the heading of a column, or to its number, counting from 1.
          - Fields that are not mapped here are detected as usual. With V(value) but no V(type), the type is derived from the value.
        type: dict
        default: {}
      types:
        description: Use only these types. Indicators of other types are rejected with that reason.
        type: list
        elements: str
        choices: [sha256, md5, domain, ipv4, ipv6, all_subdomains]
      to_ids:
        description:
          - V(respect) rejects MISP attributes that are flagged as not for detection.
          - V(ignore) uses them anyway.
        type: str
        choices: [respect, ignore]
        default: respect
      fields:
        description:
          - The fields of an indicator that the feed may set, besides its type and value. All of them if omitted.
          - In a list that has an owner, the C(source) field of a feed is ignored, with a warning.
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

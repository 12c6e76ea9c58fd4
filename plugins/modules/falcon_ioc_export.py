#!/usr/bin/python
# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: falcon_ioc_export
short_description: Write the indicators of a CrowdStrike Falcon tenant as inventory variables, CSV, JSON, STIX or MISP
version_added: 1.0.0
description:
  - Reads the custom indicators of a tenant, or of selected owners, and writes them as sorted YAML that can be used as inventory variables.
    Deploying the export right away changes nothing.
  - With O(split), each owner gets its own file, with the owner's name in C(falcon_ioc_source).
  - With O(formats), the same indicators are also written in formats for other tools. Each of these files can be read back as a feed of this
    collection without losing a field.
  - Text that Ansible would treat as a template is marked C(!unsafe), so that nothing stored in a tenant is ever evaluated.
  - The files only change when the tenant does, so they can be kept under version control as a backup.
author:
  - threatops.falcon contributors (@threatops)
notes:
  - The API client needs the scope C(IOC Management) with C(Read).
  - Host groups are written as IDs.
  - Records that cannot be items of a list, because their value does not match their type or exists twice in the tenant, are left out with a
    warning.
extends_documentation_fragment:
  - threatops.falcon.attributes
  - threatops.falcon.auth
  - threatops.falcon.transport
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  dest:
    description: The file to write, or with O(split), the folder. Missing folders of the path are created. Files have mode 0600.
    type: path
    required: true
  formats:
    description:
      - The formats to write. V(yaml) is written to O(dest) itself, the others next to it, under its name without C(.yml) and with their own
        suffixes.
      - V(csv) (C(NAME.csv)) has a column for each field, named as in the API. Text that a spreadsheet would change or treat as a formula is
        written as a JSON string, and a list whose elements contain separators as a JSON list.
      - V(json) (C(NAME.json)) is the body of the API request that creates the indicators.
      - V(stix) (C(NAME.stix.json)) is a STIX 2.1 bundle. Fields that STIX does not have are in a property extension of each indicator.
      - V(misp) (C(NAME.misp.json)) is an unpublished MISP event. Fields that attributes do not have are in tags such as
        C(threatops-falcon:severity="high").
      - Deleted and inherited indicators are written to V(yaml) only, since other tools would create them.
    type: list
    elements: str
    choices: [yaml, csv, json, stix, misp]
    default: [yaml]
    version_added: 1.0.0
  split:
    description:
      - Write one file for each owner. The file is named after the owner if its name is a simple word, otherwise its name contains a digest.
      - When a whole tenant is exported, files that an earlier export wrote for owners that no longer exist are removed. Other files are left
        alone.
    type: bool
    default: false
  sources:
    description: Export only indicators with these owners.
    type: list
    elements: str
  types:
    description: Export only these types.
    type: list
    elements: str
    choices: [sha256, md5, domain, ipv4, ipv6, all_subdomains]
  expires_after:
    description:
      - Export only indicators that expire at this time or later, given as an RFC 3339 time or a date (from its start in UTC).
      - A time relative to now is written as V(+7d), V(-30d) or V(+12h).
    type: str
  expires_before:
    description: Export only indicators that expire at this time or earlier, in the format of O(expires_after). A date includes its whole day in UTC.
    type: str
  created_after:
    description: Export only indicators that were created at this time or later, in the format of O(expires_after).
    type: str
  created_before:
    description: Export only indicators that were created at this time or earlier, in the format of O(expires_before).
    type: str
  include_expired:
    description: Also export expired indicators, as they are. They have no effect.
    type: bool
    default: false
  include_deleted:
    description: Also export deleted indicators, as items with C(state=absent).
    type: bool
    default: false
  include_inherited:
    description: Also export indicators inherited from a parent CID, as items with C(ignore=true).
    type: bool
    default: false
seealso:
  - module: threatops.falcon.falcon_ioc_info
  - module: threatops.falcon.falcon_iocs
"""

EXAMPLES = r"""
- name: Keep a backup of the tenant, one file for each owner
  threatops.falcon.falcon_ioc_export:
    client_id: "{{ falcon_client_id }}"
    client_secret: "{{ falcon_client_secret }}"
    dest: backup
    split: true

- name: Give the list of an owner to other tools
  threatops.falcon.falcon_ioc_export:
    dest: share/soc-emea.yml
    sources: [soc-emea]
    formats: [yaml, csv, json, stix, misp]

- name: Bring what was made by hand under code
  threatops.falcon.falcon_ioc_export:
    dest: group_vars/emea/iocs.yml
    sources: [soc-emea]
"""

RETURN = r"""
files:
  description: The files that were written, or would be written in check mode.
  returned: success
  type: list
  elements: str
  sample: [backup/soc-emea.yml, backup/without_source.yml]
removed:
  description: Removed files of owners that no longer exist.
  returned: success
  type: list
  elements: str
counts:
  description: How many indicators were read, and what was done with them.
  returned: success
  type: dict
  contains:
    records:
      description: Number of records read.
      type: int
      returned: success
    exported:
      description: Number of indicators exported.
      type: int
      returned: success
    expired:
      description: Left out because they have expired.
      type: int
      returned: success
    inherited:
      description: Left out because they are inherited.
      type: int
      returned: success
    repeated:
      description: Left out because the same type and value was already exported.
      type: int
      returned: success
    unusable:
      description: Left out because the value does not match its type.
      type: int
      returned: success
requests:
  description: How many requests were sent, as for M(threatops.falcon.falcon_iocs).
  returned: success
  type: dict
"""

from ansible_collections.threatops.falcon.plugins.module_utils.task.base import run_module
from ansible_collections.threatops.falcon.plugins.module_utils.task.export import SPEC, run


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()

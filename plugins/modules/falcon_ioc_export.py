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
  - Reads the custom indicators of a tenant, or of some owners, and writes them as sorted YAML that is ready to be inventory variables.
    Deploying it at once changes nothing.
  - With O(split) every owner gets a file of its own with its name in C(falcon_ioc_source).
  - With O(formats) the same indicators are written for other tools as well. Each of these files is also a feed of this collection
    that brings every field back.
  - Texts that Ansible would take for templates are marked C(!unsafe), so that nothing a tenant holds is run.
  - The files are the same as long as the tenant is, so that they can be kept under version control as a backup.
author:
  - threatops.falcon contributors (@threatops)
notes:
  - The API client needs the scope C(IOC Management) with C(Read).
  - Host groups are written by their ids.
  - Records that cannot be items of a list, because their value does not fit their type or the tenant holds it twice, are left out with a warning.
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
    description: The file to write, or with O(split) the folder. What is missing of the path is made. Files have mode 0600.
    type: path
    required: true
  formats:
    description:
      - What to write. V(yaml) is O(dest) itself; the others are beside it, under its name without C(.yml) and with an ending of their own.
      - V(csv) (C(NAME.csv)) has a column for each field by the names of the API. A text that a spreadsheet would change or take for
        a formula is written as a JSON string, a list whose elements hold separators as a JSON list.
      - V(json) (C(NAME.json)) is the body of the API request that creates the indicators.
      - V(stix) (C(NAME.stix.json)) is a STIX 2.1 bundle. What STIX has no place for is in a property extension of each indicator.
      - V(misp) (C(NAME.misp.json)) is an unpublished MISP event. What attributes have no place for is in tags such as
        C(threatops-falcon:severity="high").
      - Deleted and inherited indicators are written to V(yaml) only, since other tools would create them.
    type: list
    elements: str
    choices: [yaml, csv, json, stix, misp]
    default: [yaml]
    version_added: 1.0.0
  split:
    description:
      - One file for each owner. The file of an owner has its name where that is a simple word, and a digest of it in the name otherwise.
      - Of a whole tenant, files that an earlier export wrote for an owner that is gone are removed. Other files are left alone.
    type: bool
    default: false
  sources:
    description: Only what these own.
    type: list
    elements: str
  types:
    description: Only these types.
    type: list
    elements: str
    choices: [sha256, md5, domain, ipv4, ipv6, all_subdomains]
  expires_after:
    description:
      - Only what expires at this time or later, as an RFC 3339 time or a date (from its start in UTC on).
      - A time relative to now is written as V(+7d), V(-30d) or V(+12h).
    type: str
  expires_before:
    description: Only what expires at this time or before, as O(expires_after); a date counts to its end in UTC.
    type: str
  created_after:
    description: Only what was created at this time or later, as O(expires_after).
    type: str
  created_before:
    description: Only what was created at this time or before, as O(expires_before).
    type: str
  include_expired:
    description: Write expired indicators too, as they are, which is without effect.
    type: bool
    default: false
  include_deleted:
    description: Write deleted indicators too, as items that are to be absent.
    type: bool
    default: false
  include_inherited:
    description: Write what comes from a parent CID too, as items that are to be left alone.
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
  description: The files, in check mode those that would be written.
  returned: success
  type: list
  elements: str
  sample: [backup/soc-emea.yml, backup/without_source.yml]
removed:
  description: Files of owners that are gone.
  returned: success
  type: list
  elements: str
counts:
  description: How many indicators there were, and what became of them.
  returned: success
  type: dict
  contains:
    records:
      description: Read.
      type: int
      returned: success
    exported:
      description: Written.
      type: int
      returned: success
    expired:
      description: Left out as expired.
      type: int
      returned: success
    inherited:
      description: Left out as inherited.
      type: int
      returned: success
    repeated:
      description: Left out because the same type and value was written already.
      type: int
      returned: success
    unusable:
      description: Left out because the value does not fit its type.
      type: int
      returned: success
requests:
  description: What was sent, as for M(threatops.falcon.falcon_iocs).
  returned: success
  type: dict
"""

from ansible_collections.threatops.falcon.plugins.module_utils.task.base import run_module
from ansible_collections.threatops.falcon.plugins.module_utils.task.export import SPEC, run


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()

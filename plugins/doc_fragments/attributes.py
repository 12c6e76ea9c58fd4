# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode, diff mode, idempotence and module defaults, as every module documents them."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: In C(check_mode), reads everything, writes nothing, and returns what it would do.
  diff_mode:
    description: Shows what changes, or would change, in C(diff) mode.
  idempotent:
    description: Running it again with the same options against an unchanged tenant changes nothing.
  action_group:
    description: Use C(group/threatops.falcon.falcon) in C(module_defaults) to set the options that the modules share.
    support: full
    membership:
      - threatops.falcon.falcon
notes:
  - On a C(local) connection, without C(become) or C(async), the task runs inside Ansible's own process if the Python library C(requests) is
    installed. The result is the same, and each loop item takes milliseconds. Set the variable C(threatops_falcon_in_process=false) to turn
    this off. See R(Performance, ansible_collections.threatops.falcon.docsite.performance).
"""

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module says of check mode, diff mode, repetition and module defaults."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Does every read and no write in C(check_mode), and returns what it would do.
  diff_mode:
    description: Shows what changes, or would change, in C(diff) mode.
  idempotent:
    description: Run again with the same options against the same tenant, changes nothing.
  action_group:
    description: Use C(group/threatops.falcon.falcon) in C(module_defaults) to set the options that the modules share.
    support: full
    membership:
      - threatops.falcon.falcon
notes:
  - On a C(local) connection, without C(become) and C(async), the task runs in Ansible's own process when the Python library C(requests) is
    there. It returns what the module returns, and items of a loop take milliseconds. The variable C(threatops_falcon_in_process=false) turns
    that off. See R(Performance, ansible_collections.threatops.falcon.docsite.performance).
"""

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs ``threatops.falcon.falcon_ioc`` in-process; see ``plugin_utils.run_task``."""

from __future__ import annotations

from ..module_utils.task import ioc
from ..plugin_utils.run_task import RunTask


class ActionModule(RunTask):
    SPEC, TASK = ioc.SPEC, ioc.run

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of plugins that are no modules, as the tasks of ``module_utils`` take them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ..module_utils.task.options import ArgumentSpec
from .plain import plain


class HasOptions(Protocol):
    """A plugin of Ansible's, as far as options go."""

    def get_option(self, option: str) -> Any: ...


def read_options(plugin: HasOptions, spec: ArgumentSpec, template: Callable[[Any], Any]) -> dict[str, Any]:
    """The values of a plugin for the options of a module.

    Values are decrypted and have none of Ansible's tags.

    ``template``: resolves templates, such as ``templar.template``; what was not written by the user is no template
    """
    return {name: plain(template(plugin.get_option(name))) for name in spec.options}

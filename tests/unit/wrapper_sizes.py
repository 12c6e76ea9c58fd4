# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Print the bytes that Ansible sends for each module: wrapper_sizes.py COLLECTIONS_FOLDER MODULE..."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ansible.executor.module_common import modify_module
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar


def size(collections: Path, module: str) -> int:
    modules = collections / "ansible_collections/threatops/falcon/plugins/modules"
    built = modify_module(
        module_name=f"ansible_collections.threatops.falcon.plugins.modules.{module}",
        module_path=str(modules / f"{module}.py"),
        module_args={},
        templar=Templar(loader=DataLoader()),
        task_vars={"ansible_python_interpreter": sys.executable},
        module_compression="ZIP_DEFLATED",
    )
    return len(built.b_module_data)


if __name__ == "__main__":
    folder = Path(sys.argv[1]).absolute()
    init_plugin_loader([str(folder)])
    print(json.dumps({module: size(folder, module) for module in sys.argv[2:]}))

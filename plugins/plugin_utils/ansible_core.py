# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names of ansible-core that are not part of its public interface, and what differs between its releases.

ansible-core 2.19 replaced "unsafe" text, which must never be templated, with "trusted" text, which alone may be, and
renamed the encoder of module options. Everything that depends on the release is in this file.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Mapping

from ansible import constants
from ansible.module_utils.common import json as common_json

#: ansible-core 2.19 and newer: text carries a tag where it may be templated.
TAGS_TRUSTED_TEXT = hasattr(common_json, "get_module_encoder")


def as_sent_to_a_module(value: object) -> Any:
    """A value after its trip to a module as JSON, the way ansible-core itself sends options.

    Raises what ansible-core's encoder raises where it could not send the value, for example TypeError.
    """
    if TAGS_TRUSTED_TEXT:
        encoder = common_json.get_module_encoder("legacy", common_json.Direction.CONTROLLER_TO_MODULE)
        return json.loads(json.dumps(value, cls=encoder))
    return json.loads(json.dumps(value, cls=common_json.AnsibleJSONEncoder, vault_to_text=True))


def untrusted(value: Any) -> Any:
    """A value of somebody else's, marked so that ansible-core never templates it."""
    if TAGS_TRUSTED_TEXT:
        return value  # only what is tagged as trusted is templated
    from ansible.utils.unsafe_proxy import wrap_var

    return wrap_var(value)


def injects_invocation(variables: Mapping[str, Any]) -> bool:
    """Whether results say how a module was called: always, up to the release of ansible-core that has a setting."""
    if constants.config.get_configuration_definition("INJECT_INVOCATION") is None:
        return True
    settings: Dict[str, Any] = {"variables": dict(variables)}
    return bool(constants.config.get_config_value("INJECT_INVOCATION", **settings))


def in_a_role_of(collection: str, task: Any) -> bool:
    """Whether a task is part of a role of this collection."""
    role = getattr(task, "_role", None)
    return role is not None and getattr(role, "_role_collection", None) == collection

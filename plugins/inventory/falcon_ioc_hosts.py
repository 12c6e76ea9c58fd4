# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: falcon_ioc_hosts
short_description: Inventory of the hosts that observed indicators of compromise (IOCs)
version_added: 1.0.0
description:
  - Builds an inventory of the hosts on which the Falcon sensor has observed given hashes, domains or addresses.
  - The configuration is a YAML file whose name ends in C(falcon_ioc_hosts.yml) or C(falcon_ioc_hosts.yaml).
  - Names and facts that come from hosts and tenants are treated as data and never evaluated as templates.
author:
  - threatops.falcon contributors (@threatops)
notes:
  - The API client needs the scopes C(IOC Management), C(IOCs (Indicators of Compromise\)) and C(Hosts) with C(Read).
  - The connection options may be templates, for example with a lookup, and may be encrypted with Ansible Vault.
extends_documentation_fragment:
  - constructed
  - inventory_cache
  - threatops.falcon.auth
  - threatops.falcon.auth.plugins
  - threatops.falcon.transport
  - threatops.falcon.transport.plugins
options:
  plugin:
    description: Identifies the file as a configuration of this plugin.
    type: str
    required: true
    choices: [threatops.falcon.falcon_ioc_hosts]
  iocs:
    description:
      - The indicators, a list of mappings with V(type) (V(sha256), V(md5), V(domain), V(ipv4) or V(ipv6)) and
        V(value). They need not be indicators of the tenant.
      - A template that returns such a list works as well. It can use extra variables.
      - Other keys are ignored, so items of M(threatops.falcon.falcon_iocs) can be used as they are.
    type: raw
    required: true
  hostnames:
    description:
      - The name of a host in the inventory, in order of preference. Each element is the name of a field of the
        host, or a Jinja2 expression that uses fields.
      - A name that Ansible could mistake for something else is skipped. These are names with characters other
        than letters, digits, V(_), V(.) and V(-), names for the machine that runs Ansible (such as
        V(localhost)), and names of groups that Ansible creates.
      - If several hosts would get the same name, the C(device_id) is appended to each. A host that is left
        without a name is named by its C(device_id).
    type: list
    elements: str
    default: [hostname, device_id]
  host_group_names:
    description:
      - Look up the names of the hosts' groups, as C(host_groups).
      - This requires the scope C(Host Groups) with C(Read).
    type: bool
    default: false
  vars_prefix:
    description:
      - The prefix for each field of a host that becomes a variable. It is needed because fields such as
        C(tags) and C(groups) have names that Ansible reserves.
      - In O(compose), O(groups), O(keyed_groups) and O(hostnames), fields are available with and without the
        prefix.
      - In addition to the fields there are C(observed) (a list of C(type) and C(value)), C(observed_types) and
        C(observed_values).
    type: str
    default: falcon_
seealso:
  - module: threatops.falcon.falcon_ioc_hosts_info
"""

EXAMPLES = r"""
# hunt.falcon_ioc_hosts.yml: credentials come from FALCON_CLIENT_ID and FALCON_CLIENT_SECRET
plugin: threatops.falcon.falcon_ioc_hosts
iocs:
  - {type: sha256, value: 4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865}
  - {type: domain, value: beacon.example.net}
hostnames: [hostname, local_ip]
host_group_names: true
compose:
  ansible_host: local_ip
groups:
  not_contained: status not in ['contained', 'containment_pending']
keyed_groups:
  - {prefix: ioc_type, key: observed_types}
  - {prefix: saw, key: observed_values}
  - {prefix: platform, key: platform_name}
  - {prefix: status, key: status}
  - {prefix: group, key: host_groups}
  - {prefix: tag, key: tags}

---
# any.falcon_ioc_hosts.yml: ansible-inventory -i any.falcon_ioc_hosts.yml --graph -e hash=4355a46b...
plugin: threatops.falcon.falcon_ioc_hosts
client_id: "{{ lookup('community.hashi_vault.vault_kv2_get', 'falcon').secret.client_id }}"
client_secret: "{{ lookup('community.hashi_vault.vault_kv2_get', 'falcon').secret.client_secret }}"
cloud: eu-1
iocs:
  - {type: sha256, value: "{{ hash }}"}
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/falcon_ioc_hosts
cache_timeout: 900
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ansible_collections.threatops.falcon.plugins.module_utils.api.deps import REQUESTS_IMPORT_ERROR
from ansible_collections.threatops.falcon.plugins.module_utils.api.errors import FalconError
from ansible_collections.threatops.falcon.plugins.module_utils.task.base import Context, TaskFailed
from ansible_collections.threatops.falcon.plugins.module_utils.task.observed import hosts
from ansible_collections.threatops.falcon.plugins.module_utils.task.options import CONNECTION
from ansible_collections.threatops.falcon.plugins.plugin_utils.ansible_core import untrusted
from ansible_collections.threatops.falcon.plugins.plugin_utils.host_names import unique, usable
from ansible_collections.threatops.falcon.plugins.plugin_utils.options import read_options
from ansible_collections.threatops.falcon.plugins.plugin_utils.plain import plain

_FIELD = re.compile(r"[a-z][a-z0-9_]*\Z")
_PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
# The options that determine which hosts there are. They make up the cache key, and none of them is secret.
_IDENTITY = ("api", "base_url", "client_id", "cloud", "member_cid", "iocs", "host_group_names")

Host = dict[str, Any]


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """The hosts that observed indicators."""

    NAME = "threatops.falcon.falcon_ioc_hosts"

    def verify_file(self, path: str) -> bool:
        """Whether the file is a configuration of this plugin, by its name."""
        return super().verify_file(path) and path.endswith(("falcon_ioc_hosts.yml", "falcon_ioc_hosts.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Fill the inventory.

        Raises AnsibleParserError if the configuration cannot be used, or Falcon could not be queried.
        """
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        if not _PREFIX.match(self.get_option("vars_prefix")):
            raise AnsibleParserError(
                "vars_prefix has to start with a letter and to be part of a variable's name"
            )
        found = self._cached_hosts(path, cache)
        # A host chooses its own name and tags; nothing that it says is ever a template.
        variables = [untrusted(_variables(host)) for host in found]
        names = unique([(self._name(host), str(host["device_id"])) for host in variables])
        for name, facts in sorted(zip(names, variables), key=lambda pair: pair[0]):
            self._add(name, facts)

    def _cached_hosts(self, path: str, cache: bool) -> list[Host]:
        """The hosts from Ansible's cache where it is in use and knows them, else from Falcon."""
        params = self._params()
        if not self.get_option("cache"):
            return self._find_hosts(params)
        auth = params["auth"] or {}
        # A token that is given decides which tenant answers. Only the digest of it all is kept.
        identity = [*(params[name] for name in _IDENTITY), auth.get("base_url"), auth.get("access_token")]
        digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
        key = f"{self.get_cache_key(path)}_{digest[:16]}"
        if cache:
            try:
                known: list[Host] = self._cache[key]
            except KeyError:
                pass
            else:
                return known
        self._cache[key] = self._find_hosts(params)
        return self._cache[key]

    def _params(self) -> dict[str, Any]:
        """The options as the task of M(threatops.falcon.falcon_ioc_hosts_info) takes them."""
        self.templar.available_variables = self._vars
        params = read_options(self, CONNECTION, self.templar.template)
        iocs = plain(self.templar.template(self.get_option("iocs")))
        if not isinstance(iocs, list) or not all(isinstance(ioc, Mapping) for ioc in iocs):
            raise AnsibleParserError("iocs has to be a list of mappings with type and value")
        params.update(iocs=iocs, details=True, host_group_names=self.get_option("host_group_names"))
        return params

    def _find_hosts(self, params: dict[str, Any]) -> list[Host]:
        if REQUESTS_IMPORT_ERROR is not None:
            raise AnsibleParserError(missing_required_lib("requests"))
        context = Context(check_mode=True)
        try:
            found: list[Host] = hosts(params, context)["hosts"]
        except TaskFailed as failure:
            raise AnsibleParserError(failure.message) from failure
        except FalconError as error:
            raise AnsibleParserError(str(error)) from error
        finally:
            for text in context.warnings:
                self.display.warning(text)
        return found

    def _name(self, facts: Host) -> str:
        """The first preference that gives a usable name, or the id of the host."""
        device_id = str(facts["device_id"])
        for preference in self.get_option("hostnames"):
            try:
                name = facts.get(preference) if _FIELD.match(preference) else self._compose(preference, facts)
            except AnsibleError as error:  # a field that this host does not have
                if self.get_option("strict"):
                    raise AnsibleParserError(f"hostnames: {preference}: {error}") from error
                continue
            if usable(name, device_id):
                return str(name)
            self.display.vvv(f"{device_id}: {name!r} is not fit for the name of a host")
        return device_id

    def _add(self, name: str, facts: Host) -> None:
        """Add one host with its variables and groups."""
        prefix = self.get_option("vars_prefix")
        prefixed = {prefix + field: value for field, value in facts.items()}
        self.inventory.add_host(name)
        for variable, value in prefixed.items():
            self.inventory.set_variable(name, variable, value)
        strict = self.get_option("strict")
        known = {**facts, **prefixed}
        self._set_composite_vars(self.get_option("compose"), known, name, strict)
        self._add_host_to_composed_groups(self.get_option("groups"), known, name, strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), known, name, strict)


def _variables(host: Host) -> Host:
    """The fields of a host, and what it observed in the form that C(keyed_groups) can use."""
    # A field may not pose as the variable that holds, by the prefix's default, an option of the collection.
    facts = {
        name: value for name, value in host.items() if _FIELD.match(name) and name not in CONNECTION.options
    }
    observed = facts["observed"]
    facts["observed_types"] = list(dict.fromkeys(one["type"] for one in observed))
    facts["observed_values"] = [one["value"] for one in observed]
    return facts

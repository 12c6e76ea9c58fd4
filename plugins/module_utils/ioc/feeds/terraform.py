# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Terraform: crowdstrike_custom_ioc in a state or plan (terraform show -json), and in a state file."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping

from .model import Feed, Stop
from .records import rows_of

_RESOURCE = "crowdstrike_custom_ioc"
#: What the provider keeps for itself.
_ITS_OWN = frozenset(
    ("id", "last_updated", "created_by", "created_on", "modified_by", "modified_on", "expired", "deleted")
)


def is_terraform(document: Any) -> bool:
    """Whether a document is a state or plan as terraform show -json writes it, or a state file."""
    return isinstance(document, Mapping) and (
        (
            "format_version" in document
            and not {"values", "planned_values", "terraform_version"}.isdisjoint(document)
        )
        or ("terraform_version" in document and "lineage" in document)
    )


def rows(document: Any, feed: Feed) -> Iterator[Any]:
    """Read every custom indicator; the number of a row is the ordinal of its resource."""
    if document.get("errored") is True:
        yield Stop(feed.path, "feed_partial", "the plan of Terraform ended with errors")
    yield from rows_of([_item(one) for one in _resources(document)], feed)


def _resources(document: Mapping[str, Any]) -> List[Mapping[str, Any]]:
    for name in ("planned_values", "values"):
        inner = document.get(name)
        if isinstance(inner, Mapping):
            return list(_of_module(inner.get("root_module")))
    return [
        instance["attributes"]
        for resource in _mappings(document.get("resources"))
        if resource.get("type") == _RESOURCE and resource.get("mode", "managed") == "managed"
        for instance in _mappings(resource.get("instances"))
        if isinstance(instance.get("attributes"), Mapping)
    ]


def _of_module(module: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(module, Mapping):
        return
    for resource in _mappings(module.get("resources")):
        if resource.get("type") == _RESOURCE and resource.get("mode", "managed") == "managed":
            values = resource.get("values")
            if isinstance(values, Mapping):
                yield values
    for child in _mappings(module.get("child_modules")):
        yield from _of_module(child)


def _mappings(value: Any) -> List[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _item(values: Mapping[str, Any]) -> Dict[str, Any]:
    """The attributes of a resource as a record; the provider writes host_groups: ["all"] for everywhere."""
    item = {name: value for name, value in values.items() if name not in _ITS_OWN and value is not None}
    if item.get("host_groups") == ["all"]:
        del item["host_groups"]
        item["applied_globally"] = True
    return item

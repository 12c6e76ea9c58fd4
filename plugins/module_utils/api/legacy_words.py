# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vocabulary of the legacy API, /indicators/*, against that of the current one."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple

from ..ioc.record import Record
from .errors import NotSupported
from .selection import LISTS, Selection

_DESKTOP = ["windows", "mac", "linux"]
TYPES = ("sha256", "md5", "domain", "ipv4", "ipv6")
_DATED = ("domain", "ipv4", "ipv6")
_ACTIONS = {"detect": "detect", "no_action": "none"}
_SORTS = {"type": "type", "value": "value", "action": "policy", "expiration": "expiration_timestamp"}
_QUERY = ("types", "values", "sources", "share_levels", "created_by")
_INSTANTS = {"expires_after": "from.expiration_timestamp", "expires_before": "to.expiration_timestamp"}
_RENAMED = {
    "expiration_timestamp": "expiration",
    "created_timestamp": "created_on",
    "modified_timestamp": "modified_on",
    "created_by": "created_by",
    "modified_by": "modified_by",
    "source": "source",
    "description": "description",
}

#: Type and value of an indicator, as the tenant has them.
Pair = Tuple[str, str]


def to_record(row: Mapping[str, Any]) -> Record:
    """A legacy record as the current API would show it."""
    record: Record = {
        "id": f"{row.get('type')}:{row.get('value')}",
        "type": row.get("type"),
        "value": row.get("value"),
        "action": "detect" if row.get("policy") == "detect" else "no_action",
        "mobile_action": "no_action",
        "platforms": list(_DESKTOP),
        "applied_globally": True,
        "expired": False,
        "deleted": bool(row.get("deleted")),
        "from_parent": False,
    }
    record.update((name, row[old]) for old, name in _RENAMED.items() if row.get(old))
    return record


def to_body(fields: Mapping[str, Any]) -> Dict[str, Any]:
    """The fields of a create or update, as the legacy API names them."""
    body = {
        name: fields[name]
        for name in ("type", "value", "expiration_days", "source", "description")
        if name in fields
    }
    if "action" in fields:
        body["policy"] = _ACTIONS[fields["action"]]
    return body


def inexpressible(kind: str, body: Mapping[str, Any]) -> Optional[str]:
    """Which option of a create or update this API cannot express; None if it can express all."""
    platforms = body.get("platforms")
    cannot = {
        f"type {kind}": kind not in TYPES,
        f"action {body.get('action')}": body.get("action", "detect") not in _ACTIONS,
        "mobile_action": body.get("mobile_action", "no_action") != "no_action",
        "severity": bool(body.get("severity")),
        "platforms (it always means windows, mac and linux)": platforms is not None
        and set(platforms) != set(_DESKTOP),
        "host_groups": bool(body.get("host_groups")),
        "applied_globally: false": body.get("applied_globally") is False and not body.get("host_groups"),
        "tags": bool(body.get("tags")),
        "filename": bool((body.get("metadata") or {}).get("filename")),
        "expiration (it takes expiration_days)": "expiration" in body,
        f"expiration_days with type {kind}": "expiration_days" in body and kind not in _DATED,
    }
    named = [option for option, given in cannot.items() if given]
    return f"the legacy API cannot express {', '.join(named)}; use api: current" if named else None


def refuse_unknown(selection: Selection, from_parent: Optional[bool]) -> None:
    """Raise NotSupported for what this API has no way to search by."""
    taken = {*LISTS, *_QUERY, *_INSTANTS, "deleted", "include_deleted", "deleted_by"}
    odd = [name for name, given in selection.items() if given not in (None, [], "") and name not in taken]
    if odd or from_parent is not None:
        raise NotSupported(
            f"The legacy API cannot search by {', '.join(odd) or 'from_parent'}", hint="Use api: current."
        )


def possible(selection: Selection) -> Optional[Dict[str, Any]]:
    """The selection without the types and actions that this API does not have; None where it asks for no other."""
    narrowed = dict(selection)
    for name, held in (("types", TYPES), ("actions", tuple(_ACTIONS))):
        if selection.get(name):
            narrowed[name] = [one for one in selection[name] if one in held]
            if not narrowed[name]:
                return None
    return narrowed


def sort_of(sort: str) -> str:
    """A sort in the words of this API. Raises NotSupported when it has none for it."""
    prop, _separator, order = sort.replace("|", ".").rpartition(".")
    prop, order = (prop, order) if prop else (order, "asc")
    if prop not in _SORTS:
        raise NotSupported(f"The legacy API cannot sort by {prop}", hint=f"It can by {', '.join(_SORTS)}.")
    return f"{_SORTS[prop]}.{order}"


def parameters(selection: Selection) -> Tuple[List[Pair], Dict[str, List[str]]]:
    """The parameters of a query, and what of the selection has none (see selection.matches())."""
    # A comma separates values, so a source that holds one cannot be asked for.
    unsent = [] if all("," not in source for source in selection.get("sources") or ()) else ["sources"]
    params = [
        (name, str(value)) for name in _QUERY if name not in unsent for value in selection.get(name) or ()
    ]
    params += [("policies", _ACTIONS[action]) for action in selection.get("actions") or ()]
    params += [
        (parameter, str(selection[name])) for name, parameter in _INSTANTS.items() if selection.get(name)
    ]
    rest = {
        LISTS[name]: list(selection[name])
        for name in LISTS
        if selection.get(name) and (name in unsent or name not in (*_QUERY, "actions"))
    }
    return params, rest

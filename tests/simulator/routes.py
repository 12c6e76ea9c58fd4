# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every route of the tenant with its query parameters and scopes. Names are the vendor's operation ids."""

from __future__ import annotations

from typing import Callable

from . import changes, hosts, legacy, lookups, observations, search
from .answers import Answer
from .context import Call, Operation, Parameter

_READ = frozenset(["ioc_management_read"])
_WRITE = frozenset(["ioc_management_write"])
_OBSERVE = frozenset(["ioc_management_read", "iocs_read"])
_OLD_READ = frozenset(["iocs_read"])
_OLD_WRITE = frozenset(["iocs_write"])
_HOSTS = frozenset(["hosts_read"])
_GROUPS = frozenset(["host_groups_read"])

_IDS = Parameter("ids", multi=True)
_IDS_REQUIRED = Parameter("ids", required=True, multi=True)
_FILTER = Parameter("filter")
_PARENT = Parameter("from_parent", "boolean")
_SEARCH = (
    _FILTER,
    Parameter("offset", "integer"),
    Parameter("limit", "integer"),
    Parameter("sort"),
    Parameter("after"),
    _PARENT,
)
_WRITE_FLAGS = (Parameter("retrodetects", "boolean"), Parameter("ignore_warnings", "boolean"))
_PAIR = (Parameter("type", required=True), Parameter("value", required=True))
_TOKEN_PAGE = (Parameter("limit"), Parameter("offset"))
_SET_PAGE = (Parameter("offset"), Parameter("limit", "integer"))
_FILTER_PAGE = (_FILTER, Parameter("offset", "integer"), Parameter("limit", "integer"), Parameter("sort"))
_DEVICE = Parameter("device_id", required=True)
_OLD_PAIR = (Parameter("type"), Parameter("value"), _IDS)
_OLD_LISTS = ("types", "values", "policies", "sources", "share_levels", "created_by", "deleted_by")
_OLD_QUERY = (
    *(Parameter(name, multi=True) for name in _OLD_LISTS),
    Parameter("from.expiration_timestamp"),
    Parameter("to.expiration_timestamp"),
    Parameter("include_deleted"),
    Parameter("limit", "integer"),
    Parameter("offset", "integer"),
    Parameter("sort"),
)

_INDICATORS = "/iocs/entities/indicators/v1"
_OLD_IOCS = "/indicators/entities/iocs/v1"

Handler = Callable[[Call], Answer]

OPERATIONS: tuple[Operation, ...] = (
    Operation("indicator_combined_v1", "GET", "/iocs/combined/indicator/v1", search.combined, _READ, _SEARCH),
    Operation("indicator_search_v1", "GET", "/iocs/queries/indicators/v1", search.search, _READ, _SEARCH),
    Operation("indicator_get_v1", "GET", _INDICATORS, search.get, _READ, (_IDS_REQUIRED,)),
    Operation(
        "indicator_create_v1", "POST", _INDICATORS, changes.create, _WRITE, _WRITE_FLAGS, has_body=True
    ),
    Operation(
        "indicator_update_v1", "PATCH", _INDICATORS, changes.update, _WRITE, _WRITE_FLAGS, has_body=True
    ),
    Operation(
        "indicator_delete_v1",
        "DELETE",
        _INDICATORS,
        changes.delete,
        _WRITE,
        (_FILTER, _IDS, Parameter("comment"), _PARENT),
    ),
    Operation(
        "indicator_aggregate_v1",
        "POST",
        "/iocs/aggregates/indicators/v1",
        search.aggregate,
        _READ,
        (_FILTER, _PARENT),
        has_body=True,
    ),
    Operation(
        "GetIndicatorsReport",
        "POST",
        "/iocs/entities/indicators-reports/v1",
        search.report,
        _READ,
        has_body=True,
    ),
    Operation("action_query_v1", "GET", "/iocs/queries/actions/v1", lookups.query_actions, _READ, _SET_PAGE),
    Operation("action_get_v1", "GET", "/iocs/entities/actions/v1", lookups.get_actions, _READ, (_IDS,)),
    Operation(
        "ioc_type_query_v1", "GET", "/iocs/queries/ioc-types/v1", lookups.query_types, _READ, _SET_PAGE
    ),
    Operation(
        "platform_query_v1", "GET", "/iocs/queries/platforms/v1", lookups.query_platforms, _READ, _SET_PAGE
    ),
    Operation(
        "severity_query_v1",
        "GET",
        "/iocs/queries/severities/v1",
        lookups.query_severities,
        _READ,
        _SET_PAGE,
    ),
    Operation(
        "indicator_get_device_count_v1",
        "GET",
        "/iocs/aggregates/indicators/device-count/v1",
        observations.device_count,
        _OBSERVE,
        _PAIR,
    ),
    Operation(
        "indicator_get_devices_ran_on_v1",
        "GET",
        "/iocs/queries/indicators/devices/v1",
        observations.devices,
        _OBSERVE,
        _PAIR + _TOKEN_PAGE,
    ),
    Operation(
        "indicator_get_processes_ran_on_v1",
        "GET",
        "/iocs/queries/indicators/processes/v1",
        observations.processes,
        _OBSERVE,
        (*_PAIR, _DEVICE, *_TOKEN_PAGE),
    ),
    Operation(
        "DevicesCount",
        "GET",
        "/indicators/aggregates/devices-count/v1",
        observations.legacy_device_count,
        _OLD_READ,
        _PAIR,
    ),
    Operation(
        "DevicesRanOn",
        "GET",
        "/indicators/queries/devices/v1",
        observations.legacy_devices,
        _OLD_READ,
        _PAIR + _TOKEN_PAGE,
    ),
    Operation(
        "ProcessesRanOn",
        "GET",
        "/indicators/queries/processes/v1",
        observations.legacy_processes,
        _OLD_READ,
        (*_PAIR, _DEVICE, *_TOKEN_PAGE),
    ),
    Operation(
        "entities_processes",
        "GET",
        "/processes/entities/processes/v1",
        observations.process_details,
        _OLD_READ,
        (_IDS_REQUIRED,),
    ),
    Operation(
        "GetDeviceDetailsV2",
        "GET",
        "/devices/entities/devices/v2",
        hosts.get_devices,
        _HOSTS,
        (_IDS_REQUIRED,),
    ),
    Operation(
        "PostDeviceDetailsV2",
        "POST",
        "/devices/entities/devices/v2",
        hosts.post_devices,
        _HOSTS,
        has_body=True,
    ),
    Operation(
        "QueryDevicesByFilter",
        "GET",
        "/devices/queries/devices/v1",
        hosts.query_devices,
        _HOSTS,
        _FILTER_PAGE,
    ),
    Operation(
        "queryCombinedHostGroups",
        "GET",
        "/devices/combined/host-groups/v1",
        hosts.combined_groups,
        _GROUPS,
        _FILTER_PAGE,
    ),
    Operation(
        "queryHostGroups", "GET", "/devices/queries/host-groups/v1", hosts.query_groups, _GROUPS, _FILTER_PAGE
    ),
    Operation(
        "getHostGroups",
        "GET",
        "/devices/entities/host-groups/v1",
        hosts.get_groups,
        _GROUPS,
        (_IDS_REQUIRED,),
    ),
    Operation("GetIOC", "GET", _OLD_IOCS, legacy.get, _OLD_READ, _OLD_PAIR, legacy_only=True),
    Operation("CreateIOC", "POST", _OLD_IOCS, legacy.create, _OLD_WRITE, has_body=True, legacy_only=True),
    Operation(
        "UpdateIOC", "PATCH", _OLD_IOCS, legacy.update, _OLD_WRITE, _OLD_PAIR, has_body=True, legacy_only=True
    ),
    Operation("DeleteIOC", "DELETE", _OLD_IOCS, legacy.delete, _OLD_WRITE, _OLD_PAIR, legacy_only=True),
    Operation(
        "QueryIOCs",
        "GET",
        "/indicators/queries/iocs/v1",
        legacy.query,
        _OLD_READ,
        _OLD_QUERY,
        legacy_only=True,
    ),
)

BY_ROUTE: dict[tuple[str, str], Operation] = {
    (operation.method, operation.path): operation for operation in OPERATIONS
}
PATHS = frozenset(operation.path for operation in OPERATIONS)

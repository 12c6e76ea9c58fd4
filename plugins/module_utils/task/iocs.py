# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of falcon_iocs: a whole list, owned by somebody. It is a deployment of one list."""

from __future__ import annotations

import datetime
from typing import Tuple

from .base import Context, Params, Result, TaskFailed
from .list_options import LIST, SENDING
from .list_result import failure_message, list_result, warn
from .lists import ListOptions, read_list
from .options import CONNECTION, WRITING, ArgumentSpec
from .reconcile import Reconciliation, Sending

LARGEST_BATCH = 2000  # rows that PSFalcon submits at once
MOST_CONNECTIONS = 32

_NUMBERS: Tuple[Tuple[str, int], ...] = (
    ("batch_size", LARGEST_BATCH),
    ("page_size", LARGEST_BATCH),
    ("concurrency", MOST_CONNECTIONS),
)

SPEC = CONNECTION + LIST + WRITING + SENDING + ArgumentSpec({"approved_plan": {"type": "str"}})


def run(params: Params, context: Context) -> Result:
    """Bring what a tenant holds to what a list says.

    Raises TaskFailed where the options contradict each other, the plan was refused, or not all of it could be done,
    and FalconError where the tenant could not be asked.
    """
    check_numbers(params)
    read = read_list(ListOptions.parse(params), datetime.datetime.now(datetime.timezone.utc), context.warn)
    reconciliation = Reconciliation(params, context, Sending.parse(params), params["concurrency"])

    def told() -> Result:
        (account,) = reconciliation.told
        return {
            **list_result(account, read, reconciliation.groups, not context.check_mode),
            "requests": reconciliation.client.requests.dict(),
            "trace_ids": list(reconciliation.client.trace_ids),
        }

    try:
        plan = reconciliation.plan([read.request])
        context.so_far = told
        (account,) = reconciliation.apply(plan)
        result = told()
    finally:
        reconciliation.close()
    warn(account, read, context)
    message = failure_message([account], [read], not context.check_mode, reconciliation.fault)
    if message:
        raise TaskFailed(message, {**result, **reconciliation.fault_details()})
    return result


def check_numbers(params: Params) -> None:
    """Raise TaskFailed where a number that decides about requests is out of its range."""
    for name, most in _NUMBERS:
        if not 1 <= params[name] <= most:
            raise TaskFailed(f"{name} is a number from 1 to {most}, got {params[name]}")

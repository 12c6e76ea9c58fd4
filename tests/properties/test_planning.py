# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every plan of every deployment: the pure functions alone, on a tenant that is a dictionary."""

from __future__ import annotations

import copy
import datetime
from typing import Any

import lists
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.threatops.falcon.plugins.module_utils.ioc import diff
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.change import Change
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.deployment import (
    DeploymentPlan,
    ListRequest,
    plan_deployment,
)
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.fields import STORED
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.item import ItemReader
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.plan import plan
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.policy import DeletionLimit, Policy
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.record import identity

Record = dict[str, Any]
NOW = datetime.datetime(2026, 6, 1, 12, tzinfo=datetime.timezone.utc)
GROUPS = ["c" * 32, "d" * 32]
DESKTOP, MOBILE = {"windows", "mac", "linux"}, {"ios", "android"}
SCOPES = st.sampled_from([{"applied_globally": True}, {"applied_globally": False, "host_groups": GROUPS[:1]}])


@st.composite
def records(draw: st.DrawFn, odd: bool = True) -> list[Record]:
    """What a tenant holds: in groups, expired, inherited, without a scope, of several owners, and odd."""
    found = []
    for number, (kind, value) in enumerate(draw(st.lists(st.sampled_from(lists.PAIRS), unique=True))):
        fields = draw(lists.contents(kind))
        record: Record = {
            "id": f"{number:064x}", "type": kind, "value": value, "action": "no_action", "mobile_action": "no_action",
            **{name: field for name, field in fields.items() if field not in ("", [], "never")},
            **draw(st.sampled_from([{"applied_globally": True}, {"applied_globally": False, "host_groups": GROUPS}])),
            "source": draw(st.sampled_from(["", *lists.OWNERS])), "expired": False, "deleted": False,
            "from_parent": draw(st.sampled_from([False] * 8 + [True])),
        }  # fmt: skip
        if record.pop("filename", ""):
            record["metadata"] = {"filename": "evil.exe"}
        if draw(st.sampled_from([False] * 5 + [True])):
            record.update(expiration="2020-01-01T00:00:00Z", expired=True, action="no_action")
            record["mobile_action"] = "no_action"
        how = draw(st.sampled_from([None] * 12 + ["scope", "tags", "platform"])) if odd else None
        if how == "scope":
            record.update(applied_globally=False, host_groups=[])
        elif how == "tags":
            record["tags"] = [None]
        elif how == "platform":
            record["platforms"] = [*record["platforms"], "chromeos"]
        if not record["source"]:
            del record["source"]
        found.append(record)
    return found


@st.composite
def a_list(draw: st.DrawFn, name: str) -> ListRequest:
    items = draw(lists.desired_lists())
    for item in items:
        if item.get("state") != "absent" and "ignore" not in item and draw(st.booleans()):
            item.update(draw(SCOPES))
    limit = draw(st.sampled_from([None, None, "1", "1, 50%", "100%"]))
    policy = Policy(
        now=NOW,
        source=name,
        purge=draw(st.booleans()),
        purge_allow_empty=True,
        max_deletions=DeletionLimit.parse(limit) if limit else None,
        on_foreign=draw(st.sampled_from(["fail", "skip", "adopt"])),
        on_error=draw(st.sampled_from(["continue", "continue", "fail"])),
    )
    defaults = {"severity": "low", "action": "detect"} if draw(st.booleans()) else {}
    reader = ItemReader(defaults, {}, name)
    return ListRequest(
        name, [reader.read(raw, number, f"iocs[{number}]") for number, raw in enumerate(items)], policy
    )


@st.composite
def deployments(draw: st.DrawFn) -> list[ListRequest]:
    owners = draw(st.lists(st.sampled_from(lists.OWNERS), unique=True, min_size=1, max_size=3))
    return [draw(a_list(owner)) for owner in owners]


def write(tenant: dict[str, Record], change: Change) -> None:
    """What Falcon does with one write, side effects included; strict where its rules are known."""
    if change.operation == "delete":
        del tenant[change.id]
        return
    body = copy.deepcopy(change.body)
    record = tenant.setdefault(change.id or f"new-{change.kind}-{change.value}", {"from_parent": False})
    fresh = len(record) == 1
    record.setdefault("id", change.id or f"new-{change.kind}-{change.value}")
    if record.get("expired") and "expiration" not in body:
        assert "action" not in body and "mobile_action" not in body, "of no use before it is renewed"
    if "metadata" in body:
        record["metadata"] = {**record.get("metadata", {}), **body.pop("metadata")}
    if body.get("expiration", "").startswith("0001"):
        record.pop("expiration", None)
        record["expired"] = False
        del body["expiration"]
    elif "expiration" in body:
        assert body["expiration"] > "2026-06-01T12:00:00Z"
        record["expired"] = False
    record.update(body)
    platforms = set(record["platforms"])
    for name, used in (("action", DESKTOP), ("mobile_action", MOBILE)):
        if not platforms & used:
            record[name] = "no_action"
        elif fresh:
            assert name in body
    if record.get("applied_globally"):
        record["host_groups"] = []
    elif fresh or not {"applied_globally", "host_groups"}.isdisjoint(body):
        assert record["host_groups"]
    actions = [
        record[name] for name, used in (("action", DESKTOP), ("mobile_action", MOBILE)) if platforms & used
    ]
    assert record.get("severity") or not {"detect", "prevent"} & set(actions)
    assert not record.get("severity") or set(actions) != {"allow"}


def normal(record: Record) -> dict[str, Any]:
    return {
        name: sorted(value) if isinstance(value, tuple) else value
        for name, value in ((name, stored(record)) for name, stored in STORED.items())
    }


def apply(found: DeploymentPlan, content: list[Record]) -> list[Record]:
    """Carry out a plan, and compare every write with what was said of it."""
    tenant = {record["id"]: copy.deepcopy(record) for record in content}
    for change in found.changes:
        earlier = normal(tenant[change.id]) if change.id else None
        write(tenant, change)
        if change.operation == "delete":
            continue
        after = normal(tenant[change.id or f"new-{change.kind}-{change.value}"])
        assert normal(change.predicted()) == after, "the prediction"
        if earlier is None:
            continue
        shown = {**dict.fromkeys(("severity", "description", "source", "filename"), ""), **change.after}
        assert {name for name in after if after[name] != earlier[name]} <= set(change.after) | {"host_groups"}
        for name in change.after:
            told = ItemReader(None, None).read(
                {"type": change.kind, "value": change.value, "id": "x", name: shown[name]}
            )
            if name not in ("action", "mobile_action", "host_groups"):
                value = told.fields[name]
                assert (sorted(value) if isinstance(value, tuple) else value) == after[name]
            else:
                assert list(shown[name]) == list(after[name])
    return list(tenant.values())


def check_sums(found: DeploymentPlan) -> None:
    for one in found.plans:
        planned = one.planned()
        counted = sum(
            planned[name]
            for name in ("created", "updated", "unchanged", "failed", "foreign", "protected", "ignored")
        )
        assert planned["desired"] == counted + one.absent


@given(content=records(), deployment=deployments())
def test_what_is_planned_is_what_happens_and_then_nothing(
    content: list[Record], deployment: list[ListRequest]
) -> None:
    found = plan_deployment(deployment, content)
    check_sums(found)
    touched = [change.identity for change in found.changes]
    assert len(set(touched)) == len(touched), "two lists write one indicator"
    named = {item.identity for request in deployment for item in request.desired if item.identified}
    by_purge = {change.identity for change in found.changes if change.purge}
    assert not by_purge & named
    odd = {identity(record) for record in content if record.get("tags") == [None]}
    assert not odd & set(touched)
    owners = {request.policy.source for request in deployment}
    adopting = any(request.policy.on_foreign == "adopt" for request in deployment)
    for change in found.changes:
        assert change.record is None or adopting or change.record.get("source", "") in owners
        assert change.record is None or not change.record.get("from_parent")

    after = apply(found, content)
    again = plan_deployment(deployment, after)
    assert not again.changes, [(change.operation, change.identity, change.after) for change in again.changes]


@given(content=records(), deployment=deployments(), data=st.data())
def test_one_digest_for_one_state(
    content: list[Record], deployment: list[ListRequest], data: st.DataObject
) -> None:
    found = plan_deployment(deployment, content)
    shuffled = [
        {
            **record,
            **{name: record[name][::-1] for name in ("tags", "platforms", "host_groups") if name in record},
        }
        for record in data.draw(st.permutations(content))
    ]
    assert plan_deployment(deployment, shuffled).digest() == found.digest()
    lifted = [
        ListRequest(
            one.name,
            one.desired,
            Policy(**{**vars(one.policy), "max_deletions": None, "on_error": "continue"}),
        )
        for one in deployment
    ]
    approved = plan_deployment(lifted, content, found.digest())
    assert approved.digest() == found.digest()
    assert {refusal.code for refusal in approved.refusals} <= {"foreign"}
    if len(deployment) == 1:
        one = deployment[0]
        assert plan(one.desired, content, one.policy).digest() == found.digest()


@given(content=records(odd=False), deployment=deployments())
def test_what_was_updated_goes_back(content: list[Record], deployment: list[ListRequest]) -> None:
    """The fields before, as items, bring back what was there."""
    found = plan_deployment(deployment, content)
    after = {record["id"]: record for record in apply(found, content)}
    original = {record["id"]: record for record in content}
    for change in found.changes:
        was = original.get(change.id)
        if change.operation != "update" or was is None or was["expired"]:
            continue
        item = ItemReader(None, None).read({"type": change.kind, "value": change.value, **change.before})
        assert not item.problem, item.problem
        undo = plan([item], [after[change.id]], Policy(now=NOW))
        assert not undo.failures, undo.failures[0].message
        for one in undo.changes:
            write(after, one)
        assert normal(after[change.id]) == normal(was)


@given(content=records(), deployment=deployments())
def test_the_diff_names_every_change_and_gives_no_field_away(
    content: list[Record], deployment: list[ListRequest]
) -> None:
    found = plan_deployment(deployment, content)
    for one in found.plans:
        shown = diff.texts(one.changes, one.name)
        before, after = shown["before"].splitlines(), shown["after"].splitlines()
        for change in one.changes:
            name = f"{change.operation} {change.kind} {change.value}"
            for lines, missing in ((before, "create"), (after, "delete")):
                told = [line for line in lines if line == name or line.startswith(f"{name}: ")]
                assert len(told) == (0 if change.operation == missing else 1)
        if len(one.changes) == 1 and one.changes[0].operation == "update":
            assert before != after

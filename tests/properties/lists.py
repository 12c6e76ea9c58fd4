# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random lists, tenants and options that can really occur, over few values so that they meet each other."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

OWNERS = ("alpha", 'beta\'s "list"', "gamma, inc.")
VALUES: dict[str, list[str]] = {
    "domain": ["a.example", "b.example", "xn--mnchen-3ya.example"],
    "sha256": ["0" * 63 + "1", "ab" * 32],
    "md5": ["f" * 32],
    "ipv4": ["198.51.100.7", "198.51.100.8"],
    "ipv6": ["2001:db8::1"],
    "all_subdomains": ["c.example"],
}
SPELLINGS = {
    "a.example": ["A.Example", "a.example."],
    "ab" * 32: ["AB" * 32],
    "2001:db8::1": ["2001:0DB8:0:0::1"],
    "xn--mnchen-3ya.example": ["MÜNCHEN.example"],
}
PAIRS = [(kind, value) for kind, values in VALUES.items() for value in values]
SEVERITIES = ("informational", "low", "medium", "high", "critical")
TEXTS = st.sampled_from(
    ["", "seen in the wild", "tab\there", "{{ lookup('pipe', 'id') }}", "Ünïcode ☠", "it's"]
)
TAGS = st.lists(st.sampled_from(["t1", "t2", "Tag 3"]), unique=True, max_size=3)
FUTURE = st.sampled_from(["2099-12-31T23:59:59Z", "2098-01-01", "never"])


def _actions(kind: str, platforms: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    desktop = [name for name in platforms if name in ("windows", "mac", "linux")]
    mobile = [name for name in platforms if name in ("ios", "android")]
    any_action = ["no_action", "allow", "detect", "prevent", "prevent_no_ui"]
    fields: dict[str, Any] = {}
    if desktop:
        fields["action"] = st.sampled_from(
            any_action if kind in ("sha256", "md5") else ["no_action", "detect"]
        )
    if mobile:
        fields["mobile_action"] = st.sampled_from(any_action)
    return st.fixed_dictionaries(fields)


def _platforms(kind: str) -> list[str]:
    if kind == "all_subdomains":
        return ["ios", "android"]
    return ["windows", "mac", "linux"] + ([] if kind in ("sha256", "md5") else ["ios", "android"])


@st.composite
def contents(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """The fields of an indicator, all given, that fit together."""
    platforms = draw(st.lists(st.sampled_from(_platforms(kind)), min_size=1, unique=True))
    fields: dict[str, Any] = {"platforms": platforms, **draw(_actions(kind, platforms))}
    if {fields.get("action"), fields.get("mobile_action")} - {None} != {"allow"}:
        fields["severity"] = draw(st.sampled_from(SEVERITIES))
    fields["description"] = draw(TEXTS)
    fields["tags"] = draw(TAGS)
    fields["expiration"] = draw(FUTURE)
    if kind in ("sha256", "md5"):
        fields["filename"] = draw(st.sampled_from(["", "evil.exe"]))
    return fields


@st.composite
def items(draw: st.DrawFn, pair: tuple[str, str]) -> dict[str, Any]:
    """One item of a list: to be present with all or some fields, to be absent, or left alone."""
    kind, value = pair
    written = draw(st.sampled_from([value, *SPELLINGS.get(value, [])]))
    item: dict[str, Any] = {"type": kind, "value": written}
    how = draw(st.sampled_from(["whole", "whole", "whole", "part", "days", "absent", "ignore", "bad"]))
    if how == "absent":
        return {**item, "state": "absent"}
    if how == "ignore":
        return {**item, "ignore": True}
    if how == "bad":
        return {**item, "action": "explode"}
    fields = draw(contents(kind))
    if how == "part":
        kept = draw(st.lists(st.sampled_from(sorted(fields)), unique=True))
        fields = {name: fields[name] for name in kept}
    if how == "days":
        fields.pop("expiration")
        fields["expiration_days"] = draw(st.sampled_from([30, 90]))
    return {**item, **fields}


@st.composite
def desired_lists(draw: st.DrawFn) -> list[dict[str, Any]]:
    pairs = draw(st.lists(st.sampled_from(PAIRS), unique=True, max_size=len(PAIRS)))
    return [draw(items(pair)) for pair in pairs]


@st.composite
def tenants(draw: st.DrawFn) -> list[dict[str, Any]]:
    """What a tenant holds: of several owners, by hand without one, expired, some of it deleted."""
    found = []
    for kind, value in draw(st.lists(st.sampled_from(PAIRS), unique=True)):
        fields = {name: field for name, field in draw(contents(kind)).items() if field not in ("", [])}
        expiration = draw(st.sampled_from(["", "2020-01-01T00:00:00Z", "2099-12-31T23:59:59Z"]))
        fields["expiration"] = expiration
        filename = fields.pop("filename", "")
        if filename:
            fields["metadata"] = {"filename": filename}
        source = draw(st.sampled_from(["", *OWNERS]))
        found.append(
            {
                "type": kind,
                "value": value,
                "applied_globally": True,
                **{name: field for name, field in fields.items() if field},
                **({"source": source} if source else {}),
                "deleted": draw(st.sampled_from([False, False, False, True])),
            }
        )
    return found


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    """How far a run may go."""
    options: dict[str, Any] = {
        "source": draw(st.sampled_from(OWNERS)),
        "purge": draw(st.booleans()),
        "purge_allow_empty": draw(st.booleans()),
        "on_foreign": draw(st.sampled_from(["fail", "skip", "adopt"])),
        "on_error": draw(st.sampled_from(["continue", "continue", "fail"])),
        "max_deletions": draw(st.sampled_from([None, None, None, "1", "50%"])),
        "batch_size": draw(st.sampled_from([1, 2, 200])),
        "page_size": draw(st.sampled_from([3, 2000])),
    }
    if draw(st.booleans()):
        options["defaults"] = {"severity": "low", "tags": ["default"], "action": "detect"}
    return options

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No input makes a reader do anything else than give entries and rejects, or say what is wrong with the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds import read
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds.labels import judge
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.feeds.model import (
    Entry,
    FeedProblem,
    Reject,
)
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.values import TYPES, normalise

LENIENT = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

WORDS = (
    "sha256 ip domain url type value Indicator Data evil[.]example hxxp:// 1.2.3 [.] (dot) [:] /24 ::1 [ ] // @ ? # -"
    ' % xn-- . .. *. " , ; | ' + "a1" * 32 + " " + "c3" * 16 + " " + "0" * 5000
)
PIECES = st.sampled_from([*WORDS.split(), *"\t\n\r \ufeff\ue000\u00df\u3002"])
DIRT = st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=40).map("".join)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), DIRT)
NAMES = (
    "type value objects pattern hashes Event Attribute Object response id Tag name deleted to_ids info comment iocs"
    " labels revoked indicator file SHA-256 0"
)
KEYS = st.sampled_from(NAMES.split())
DOCUMENTS = st.recursive(
    st.one_of(
        SCALARS, st.sampled_from(["indicator", "file", "observed-data", "bundle", "sha256", "domain|ip"])
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=5)),
    max_leaves=25,
)


def drain(path: Path, **feed: Any) -> None:
    try:
        for outcome in read({"path": str(path), **feed}):
            if isinstance(outcome, Entry):
                kind, value = outcome.item["type"], outcome.item["value"]
                assert kind in TYPES
                assert normalise(kind, value) == value
                assert len(str(outcome.item.get("description", ""))) <= 200 or feed.get("format") == "list"
            elif isinstance(outcome, Reject):
                assert outcome.reason
                assert outcome.line > 0
                assert len(outcome.text) <= 160
    except FeedProblem as problem:
        assert str(path) in str(problem)


@LENIENT
@pytest.mark.parametrize("form", ["auto", "csv", "text"])
@given(text=DIRT)
def test_any_text(tmp_path: Path, form: str, text: str) -> None:
    path = tmp_path / "feed"
    path.write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    drain(path, format=form)


@LENIENT
@given(raw=st.binary(max_size=300))
def test_any_bytes(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "feed"
    path.write_bytes(raw)
    for form in ("auto", "csv", "text", "stix", "misp", "list"):
        drain(path, format=form)


@LENIENT
@given(document=DOCUMENTS)
def test_any_document(tmp_path: Path, document: Any) -> None:
    path = tmp_path / "feed"
    path.write_text(json.dumps(document), encoding="utf-8")
    for form in ("auto", "stix", "misp", "list"):
        drain(path, format=form)


@LENIENT
@given(text=DIRT)
def test_any_pattern(tmp_path: Path, text: str) -> None:
    path = tmp_path / "feed"
    objects = [
        {"type": "indicator", "pattern": pattern}
        for pattern in (text, f"[domain-name:value = '{text}']", f"[file:hashes.MD5 = 'x'] {text}")
    ]
    path.write_text(json.dumps({"objects": objects}), encoding="utf-8")
    drain(path)


@settings(max_examples=200, deadline=None)
@given(
    kind=st.sampled_from(
        ["sha256", "md5", "hash", "address", "domain", "url", "uri", "any", "all_subdomains"]
    ),
    text=DIRT,
)
def test_any_value(kind: str, text: str) -> None:
    for outcome in judge(kind, text):
        assert outcome

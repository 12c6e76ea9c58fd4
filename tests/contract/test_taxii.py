# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""falcon_ioc_feed_fetch against medallion, the TAXII 2.1 server of OASIS."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import medallion
import pytest
from werkzeug.serving import make_server

from ansible_collections.threatops.falcon.plugins.module_utils.task.base import Context, perform
from ansible_collections.threatops.falcon.plugins.module_utils.task.feed_fetch import SPEC, run

MANY, CLOSED = "91a7b528-80eb-42ed-a74d-c6fbd5a26116", "52892447-4d7e-4f70-b94d-d7f22742ff63"
COUNT = 55


def indicator(number: int, version: int, **fields: Any) -> dict[str, Any]:
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--00000000-0000-4000-8000-{number:012}",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": f"2026-01-0{version}T00:00:00.000Z",
        "valid_from": "2026-01-01T00:00:00Z",
        "pattern_type": "stix",
        "pattern": f"[domain-name:value = 'host{number}.example']",
        **fields,
    }


def collection(
    ident: str, title: str, objects: list[dict[str, Any]], readable: bool = True
) -> dict[str, Any]:
    manifest = [
        {
            "id": one["id"],
            "date_added": f"2026-02-{1 + number // 10:02}T00:00:{number % 60:02}.000000Z",
            "version": one["modified"],
            "media_type": "application/stix+json;version=2.1",
        }
        for number, one in enumerate(objects)
    ]
    return {
        "id": ident,
        "title": title,
        "can_read": readable,
        "can_write": False,
        "media_types": ["application/stix+json;version=2.1"],
        "objects": objects,
        "manifest": manifest,
    }


@pytest.fixture(scope="module")
def taxii(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a medallion with pages of 20 objects."""
    objects = [indicator(number, 1) for number in range(COUNT)]
    objects += [
        indicator(0, 2, revoked=True),
        indicator(1, 2, pattern="[domain-name:value = 'newer.example']"),
    ]
    relationship = {
        **indicator(99, 1),
        "type": "relationship",
        "id": "relationship--00000000-0000-4000-8000-000000000099",
    }
    data = {
        "/discovery": {
            "title": "Feeds",
            "default": "http://localhost/feeds/",
            "api_roots": ["http://localhost/feeds/"],
        },
        "feeds": {
            "information": {
                "title": "Feeds",
                "versions": ["application/taxii+json;version=2.1"],
                "max_content_length": 104857600,
            },
            "status": [],
            "collections": [
                collection(MANY, "high confidence", [*objects, relationship]),
                collection(CLOSED, "closed", [], readable=False),
            ],
        },
    }
    path = tmp_path_factory.mktemp("taxii") / "data.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    app = medallion.application_instance
    configuration = {
        "users": {"reader": "password-of-a-reader"},
        "taxii": {"max_page_size": 20},
        "backend": {
            "module": "medallion.backends.memory_backend",
            "module_class": "MemoryBackend",
            "filename": str(path),
        },
    }
    for name in configuration:
        medallion.set_config(app, name, configuration)
    medallion.register_blueprints(app)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    root = f"http://127.0.0.1:{server.server_port}/feeds/"
    app.medallion_backend.data["/discovery"].update(default=root, api_roots=[root])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def fetch(url: str, dest: Path, **options: Any) -> dict[str, Any]:
    defaults = {name: option.get("default") for name, option in SPEC.options.items()}
    access = {"username": "reader", "password": "password-of-a-reader", "retries": 0}
    return perform(run, {**defaults, "url": url, "dest": str(dest), **access, **options}, Context())


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("/taxii2/", {"collection": "high confidence"}),
        ("/taxii2/", {}),  # the only one that may be read
        ("/feeds/", {"kind": "taxii", "collection": MANY}),
        (f"/feeds/collections/{MANY}/", {}),
        (f"/feeds/collections/{MANY}/objects/", {}),
    ],
)
def test_a_collection_is_read_whole(taxii: str, tmp_path: Path, path: str, options: dict[str, Any]) -> None:
    dest = tmp_path / "feed.json"
    result = fetch(taxii + path, dest, **options)
    assert result.get("msg") is None
    assert result["counts"]["indicators"] == COUNT - 1, "one is revoked"
    objects = json.loads(dest.read_text(encoding="utf-8"))["objects"]
    assert len(objects) == COUNT and {one["type"] for one in objects} == {"indicator"}
    assert any("newer.example" in one["pattern"] for one in objects)
    assert fetch(taxii + path, dest, **options)["changed"] is False


def test_what_was_added_later_alone(taxii: str, tmp_path: Path) -> None:
    dest = tmp_path / "feed.json"
    result = fetch(f"{taxii}/feeds/collections/{MANY}/", dest, added_after="2026-02-05T00:00:49Z")
    assert 0 < result["counts"]["indicators"] < 10


@pytest.mark.parametrize(
    ("path", "options", "said"),
    [
        ("/taxii2/", {"collection": "no such"}, "no such"),
        ("/taxii2/", {"collection": "closed"}, "may not be read"),
        (f"/feeds/collections/{CLOSED}/", {}, "403"),
        (f"/feeds/collections/{MANY}/", {"password": "wrong"}, "401"),
        ("/nowhere/", {"kind": "taxii"}, "404"),
    ],
)
def test_what_cannot_be_read_is_said(
    taxii: str, tmp_path: Path, path: str, options: dict[str, Any], said: str
) -> None:
    result = fetch(taxii + path, tmp_path / "feed.json", **options)
    assert result["failed"] and result["code"] == "download" and said in result["msg"], result["msg"]
    assert list(tmp_path.iterdir()) == []

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of falcon_ioc_feed_fetch, against servers that behave and servers that do not."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ansible_collections.threatops.falcon.plugins.module_utils.task.base import Context, perform
from ansible_collections.threatops.falcon.plugins.module_utils.task.feed_fetch import SPEC, run
from ansible_collections.threatops.falcon.tests.feed_server import Answer, FeedServer, Request, serve

SECRET = "s3cr3t-of-a-feed-server"


def table(*names: str) -> bytes:
    return ("type,value\n" + "".join(f"domain,{name}\n" for name in names)).encode()


SMALL = table("one.example", "two.example", "three.example", "four.example")


class Feed:
    """A server, and the file that its feed is fetched into."""

    def __init__(self, server: FeedServer, folder: Path) -> None:
        self.server = server
        self.dest = folder / "feed.csv"

    def says(self, *answers: Answer) -> None:
        """The answers to come, the last of which stays."""
        queue = list(answers)
        self.server.answer = lambda _request: queue.pop(0) if len(queue) > 1 else queue[0]

    def fetch(self, check: bool = False, **options: Any) -> dict[str, Any]:
        defaults = {name: option.get("default") for name, option in SPEC.options.items()}
        params = {
            **defaults,
            "url": f"{self.server.url}/feed.csv",
            "dest": str(self.dest),
            "retries": 1,
            "max_wait": 0,
        }
        return perform(run, {**params, **options}, Context(check_mode=check))

    def has(self, content: bytes) -> bool:
        """Whether the file has this content, and its folder holds nothing but what belongs there."""
        names = {path.name for path in self.dest.parent.iterdir()}
        assert names <= {self.dest.name, f".{self.dest.name}.fetch.json"}, names
        return self.dest.exists() and self.dest.read_bytes() == content


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Feed]:
    with serve(lambda _request: Answer(404)) as server:
        yield Feed(server, tmp_path)


def test_a_feed_is_fetched_and_then_unchanged(feed: Feed) -> None:
    feed.says(Answer(body=SMALL))
    first = feed.fetch()
    assert first["changed"] and first["status"] == "created" and feed.has(SMALL)
    assert first["counts"] == {"indicators": 4, "added": 4, "removed": 0}
    assert "domain one.example" in first["diff"]["after"]
    again = feed.fetch()
    assert not again["changed"] and again["status"] == "unchanged"
    assert again["diff"] == {"before": "", "after": ""}


def test_check_mode_writes_nothing_and_says_the_same(feed: Feed) -> None:
    feed.says(Answer(body=SMALL, headers={"ETag": '"1"'}))
    predicted = feed.fetch(check=True)
    assert list(feed.dest.parent.iterdir()) == []
    assert predicted == feed.fetch()


def test_what_came_and_went_is_named(feed: Feed) -> None:
    feed.dest.write_bytes(SMALL)
    feed.says(Answer(body=table("one.example", "two.example", "five.example")))
    result = feed.fetch()
    assert result["status"] == "updated"
    assert result["added_iocs"] == [{"type": "domain", "value": "five.example"}]
    assert [ioc["value"] for ioc in result["removed_iocs"]] == ["three.example", "four.example"]
    assert result["diff"] == {
        "before": "domain three.example\ndomain four.example\n",
        "after": "domain five.example\n",
    }


class TestConditions:
    """ETag and Last-Modified: a server vouches only for a file that is as it was fetched."""

    @staticmethod
    def versioned(request: Request) -> Answer:
        if request.headers.get("If-None-Match") == '"1"':
            return Answer(304)
        return Answer(body=SMALL, headers={"ETag": '"1"', "Last-Modified": "Wed, 25 Nov 2026 10:00:00 GMT"})

    def test_the_server_is_asked_whether_it_changed(self, feed: Feed) -> None:
        feed.server.answer = self.versioned
        feed.fetch()
        result = feed.fetch()
        assert result["status"] == "not_modified" and not result["changed"]
        assert result["counts"] == {"indicators": 4, "added": 0, "removed": 0}

    def test_an_edited_file_is_fetched_whole(self, feed: Feed) -> None:
        feed.server.answer = self.versioned
        feed.fetch()
        feed.dest.write_bytes(SMALL + b"domain,mine.example\n")
        result = feed.fetch()
        assert "If-None-Match" not in feed.server.asked[-1].headers
        assert result["status"] == "updated" and feed.has(SMALL)

    def test_another_address_is_another_feed(self, feed: Feed) -> None:
        feed.server.answer = self.versioned
        feed.fetch()
        feed.fetch(url=f"{feed.server.url}/other.csv")
        assert "If-None-Match" not in feed.server.asked[-1].headers

    def test_a_304_that_nobody_asked_for_is_an_error(self, feed: Feed) -> None:
        feed.dest.write_bytes(SMALL)
        feed.says(Answer(304))
        result = feed.fetch()
        assert result["failed"] and result["code"] == "download" and feed.has(SMALL)

    @pytest.mark.parametrize("note", ["", "[", "[]", '{"url": 1}', '{"etag": 7}'])
    def test_a_broken_note_is_no_note(self, feed: Feed, note: str) -> None:
        feed.says(Answer(body=SMALL))
        feed.fetch()
        (feed.dest.parent / ".feed.csv.fetch.json").write_text(note)
        assert feed.fetch()["status"] == "unchanged"

    def test_the_note_does_not_tell_the_address(self, feed: Feed) -> None:
        feed.server.answer = self.versioned
        feed.fetch(url=f"{feed.server.url}/feed.csv?key={SECRET}")
        assert SECRET not in (feed.dest.parent / ".feed.csv.fetch.json").read_text()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(body=b""), "feed_empty"),
        (Answer(body=b"type,value\n"), "feed_empty"),
        (Answer(body=table("one.example")), "feed_shrunk"),
        (Answer(body=b"<!DOCTYPE html><html><body>Maintenance</body></html>"), "feed_format"),
        (Answer(body=SMALL, length=len(SMALL) + 10), "download"),
        (Answer(404), "download"),
        (Answer(500), "download"),
        (Answer(302, headers={"Location": "http://feeds.example/feed.csv"}), "download"),
        (Answer(302, headers={"Location": "http://[::1"}), "download"),
        (Answer(302, headers={"Location": "/feed.csv"}), "download"),
    ],
    ids=["empty", "heading", "shrunk", "page", "cut", "gone", "broken", "plain", "odd", "circle"],
)
@pytest.mark.parametrize("check", [False, True])
def test_a_bad_answer_replaces_nothing(feed: Feed, answer: Answer, code: str, check: bool) -> None:
    feed.dest.write_bytes(SMALL)
    feed.says(answer)
    result = feed.fetch(check)
    assert result["failed"] and result["changed"] is False and result["code"] == code, result
    assert feed.has(SMALL)


def test_a_share_of_zero_takes_what_is_left(feed: Feed) -> None:
    feed.dest.write_bytes(SMALL)
    feed.says(Answer(body=b"type,value\n"))
    assert feed.fetch(min_share="0%")["status"] == "updated"
    assert feed.has(b"type,value\n")


def test_what_passes_is_asked_again(feed: Feed) -> None:
    feed.says(Answer(503), Answer(body=SMALL))
    assert feed.fetch()["status"] == "created"


def test_a_feed_that_is_too_large_is_not_read_to_its_end(feed: Feed) -> None:
    feed.says(Answer(body=SMALL * 1000))
    result = feed.fetch(max_size=1000)
    assert result["failed"] and "max_size" in result["msg"] and not feed.dest.exists()


def test_a_sum_that_differs_replaces_nothing(feed: Feed) -> None:
    feed.says(Answer(body=SMALL))
    assert feed.fetch(sha256="0" * 64)["failed"] and not feed.dest.exists()
    known = feed.fetch()["sha256"]
    assert not feed.fetch(sha256=known.upper()).get("failed")


def test_credentials_stay_with_the_server_they_are_for(feed: Feed) -> None:
    with serve(lambda _request: Answer(body=SMALL)) as other:
        feed.says(Answer(302, headers={"Location": f"{other.url}/feed.csv"}))
        result = feed.fetch(headers={"Auth-Key": SECRET}, api_key=SECRET)
        assert result["status"] == "created"
        asked = {name.lower() for name in other.asked[0].headers}
        assert not asked & {"auth-key", "authorization"}
    assert feed.server.asked[0].headers["Auth-Key"] == SECRET
    assert feed.server.asked[0].headers["Authorization"] == f"Bearer {SECRET}"


def test_a_secret_is_in_no_message(feed: Feed) -> None:
    feed.says(Answer(302, headers={"Location": f"ftp://{SECRET}/"}))
    result = feed.fetch(headers={"Auth-Key": SECRET})
    assert result["failed"] and SECRET not in json.dumps(result)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"url": "http://feeds.example/x"}, "plain http"),
        ({"url": "https://user:pass@feeds.example/x"}, "credentials"),
        ({"url": "https://[1:2]/x"}, "url"),
        ({"url": "feeds.example"}, "url"),
        ({"url": "file:///etc/passwd"}, "url"),
        ({"min_share": "half"}, "min_share"),
        ({"min_share": "200%"}, "min_share"),
        ({"max_size": 0}, "max_size"),
        ({"sha256": "abc"}, "sha256"),
        ({"api_key": "key", "username": "me"}, "api_key"),
        ({"headers": {"X": ["a"]}}, "headers"),
        ({"timeout": 0}, "timeout"),
        ({"added_after": "-3d"}, "added_after"),
        ({"kind": "misp", "added_after": "soon"}, "added_after"),
        ({"kind": "misp", "added_after": "never"}, "added_after"),
        ({"dest": "/no/such/folder/feed.csv"}, "dest"),
        ({"dest": "/"}, "dest"),
        ({"ca_path": "/no/such/file"}, "ca_path"),
        ({"proxy": "http://u:p@"}, "proxy"),
    ],
)
def test_wrong_options_are_named_before_anything_is_sent(
    feed: Feed, options: dict[str, Any], named: str
) -> None:
    result = feed.fetch(**options)
    assert result["failed"] and named in result["msg"], result["msg"]
    assert feed.server.asked == []


def test_a_folder_that_cannot_be_written_is_said(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_source: str, _target: str) -> None:
        raise OSError(28, "No space left on device")

    feed.says(Answer(body=SMALL))
    monkeypatch.setattr(os, "replace", full)
    result = feed.fetch()
    assert result["failed"] and "No space left" in result["msg"] and list(feed.dest.parent.iterdir()) == []


class TestMisp:
    """A MISP instance: paging, deleted attributes, and answers that go in a circle."""

    @staticmethod
    def attributes(count: int) -> list[dict[str, Any]]:
        return [
            {
                "uuid": f"00000000-0000-4000-8000-{number:012}",
                "type": "domain",
                "category": "Network activity",
                "to_ids": number % 2 == 0,
                "value": f"host{number}.example",
                "deleted": number == 1,
            }
            for number in range(count)
        ]

    @staticmethod
    def server(attributes: list[dict[str, Any]], most: int = 400) -> Callable[[Request], Answer]:
        def answer(request: Request) -> Answer:
            asked = json.loads(request.body)
            size = min(asked["limit"], most)
            page = attributes[(asked["page"] - 1) * size : asked["page"] * size]
            return Answer(body=json.dumps({"response": {"Attribute": page}}).encode())

        return answer

    def test_every_page_is_read_whatever_its_size(self, feed: Feed) -> None:
        feed.server.answer = self.server(self.attributes(1001))
        result = feed.fetch(url=feed.server.url, kind="misp", api_key=SECRET)
        kept = json.loads(feed.dest.read_text())["response"]["Attribute"]
        assert len(kept) == 1000 and not any(one["deleted"] for one in kept)
        assert result["counts"]["indicators"] == 501, "those that are flagged for detection"
        asked = feed.server.asked[0]
        assert asked.method == "POST" and asked.path == "/attributes/restSearch"
        assert asked.headers["Authorization"] == SECRET
        assert feed.fetch(url=feed.server.url, kind="misp", api_key=SECRET)["status"] == "unchanged"

    def test_a_tag_and_a_date_narrow_the_search(self, feed: Feed) -> None:
        feed.server.answer = self.server(self.attributes(4))
        feed.fetch(
            url=f"{feed.server.url}/attributes/restSearch", collection="tlp:white", added_after="2026-01-02"
        )
        asked = json.loads(feed.server.asked[0].body)
        assert asked["tags"] == ["tlp:white"] and asked["timestamp"].startswith("2026-01-0")

    def test_an_instance_without_pages_is_read_once(self, feed: Feed) -> None:
        body = json.dumps({"response": {"Attribute": self.attributes(10)}}).encode()
        feed.says(Answer(body=body))
        assert feed.fetch(url=feed.server.url, kind="misp")["counts"]["indicators"] == 5

    def test_a_circle_is_no_end(self, feed: Feed) -> None:
        body = json.dumps({"response": {"Attribute": self.attributes(1000)}}).encode()
        feed.says(Answer(body=body))
        assert feed.fetch(url=feed.server.url, kind="misp")["code"] == "download"

    @pytest.mark.parametrize(
        "body", [b"[]", b'{"response": {}}', b'{"errors": "no"}', b"<html>", b'{"response": [1]}']
    )
    def test_something_else_is_refused(self, feed: Feed, body: bytes) -> None:
        feed.says(Answer(body=body))
        assert feed.fetch(url=feed.server.url, kind="misp")["code"] == "download"


class TestTaxii:
    """TAXII 2.1 as servers really speak it; tests/contract has the reference server."""

    ROOT = "/api/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/"

    @staticmethod
    def indicator(number: int, version: int = 1, **fields: Any) -> dict[str, Any]:
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

    def pages(self, *envelopes: dict[str, Any]) -> Callable[[Request], Answer]:
        def answer(request: Request) -> Answer:
            asked = parse_qs(urlsplit(request.path).query)
            number = int(asked.get("next", ["0"])[0])
            return Answer(body=json.dumps(envelopes[min(number, len(envelopes) - 1)]).encode())

        return answer

    def fetch(self, feed: Feed, **options: Any) -> dict[str, Any]:
        return feed.fetch(url=feed.server.url + self.ROOT, **options)

    def test_the_newest_version_counts_and_a_revoked_one_is_none(self, feed: Feed) -> None:
        feed.server.answer = self.pages(
            {"objects": [self.indicator(1, 2, revoked=True), self.indicator(2)], "more": True, "next": "1"},
            {"objects": [self.indicator(1, 1), self.indicator(3)]},
        )
        assert self.fetch(feed)["counts"]["indicators"] == 2
        names = [
            one["pattern"] for one in json.loads(feed.dest.read_text())["objects"] if not one.get("revoked")
        ]
        assert names == ["[domain-name:value = 'host2.example']", "[domain-name:value = 'host3.example']"]
        asked = [parse_qs(urlsplit(request.path).query) for request in feed.server.asked]
        assert all("limit" in query for query in asked), "some servers fail on next without limit"

    @pytest.mark.parametrize(
        "envelope",
        [
            {"objects": [], "more": True, "next": "1"},
            {"more": True},
            {"more": True, "next": "1"},
        ],
    )
    def test_a_listing_that_does_not_end_is_not_taken(self, feed: Feed, envelope: dict[str, Any]) -> None:
        feed.server.answer = self.pages({"objects": [self.indicator(1)], "more": True, "next": "1"}, envelope)
        assert self.fetch(feed)["code"] == "download" and not feed.dest.exists()

    def test_a_circle_is_known_by_objects_that_are_not_new(self, feed: Feed) -> None:
        page = {"objects": [self.indicator(1)], "more": True, "next": "1"}
        feed.server.answer = self.pages(page, page)
        result = self.fetch(feed)
        assert result["code"] == "download" and len(feed.server.asked) == 2

    def test_one_token_for_all_pages_is_fine(self, feed: Feed) -> None:
        pages = [[self.indicator(number)] for number in range(3)]

        def answer(_request: Request) -> Answer:
            objects = pages.pop(0)
            return Answer(body=json.dumps({"objects": objects, "more": bool(pages), "next": "same"}).encode())

        feed.server.answer = answer
        assert self.fetch(feed)["counts"]["indicators"] == 3

    def test_the_date_of_the_last_object_leads_on_where_there_is_no_token(self, feed: Feed) -> None:
        def answer(request: Request) -> Answer:
            later = "added_after" in parse_qs(urlsplit(request.path).query)
            body = {"objects": [self.indicator(2 if later else 1)], "more": not later}
            headers = {"X-TAXII-Date-Added-Last": "2026-01-01T00:00:00.000Z"}
            return Answer(body=json.dumps(body).encode(), headers=headers)

        feed.server.answer = answer
        assert self.fetch(feed)["counts"]["indicators"] == 2

    def test_a_server_without_filters_is_asked_without(self, feed: Feed) -> None:
        def answer(request: Request) -> Answer:
            if "match" in request.path:
                return Answer(400)
            return Answer(body=json.dumps({"objects": [self.indicator(1)]}).encode())

        feed.server.answer = answer
        assert self.fetch(feed)["counts"]["indicators"] == 1

    def test_a_refusal_is_said(self, feed: Feed) -> None:
        feed.says(Answer(401))
        result = self.fetch(feed)
        assert result["code"] == "download" and "401" in result["msg"]

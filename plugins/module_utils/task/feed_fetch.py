# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task of falcon_ioc_feed_fetch: a remote feed becomes a file that can be reviewed, kept and deployed.

1. Ask the server, whole or not at all (``api/remote``).
2. Read the answer as the feed reader would, beside the file in place.
3. Compare: an answer without indicators, or with far fewer than the file, replaces nothing.
4. Put it in place in one step, and note how it was fetched, so that the next run can ask whether it has changed.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import re
import stat
import tempfile
from dataclasses import dataclass
from typing import Any, Mapping
from urllib.parse import urlsplit

from ..api.errors import ConfigurationError
from ..api.remote import misp, taxii
from ..api.remote.web import Access, DownloadFailed, Page, Web, check_url, refuse
from ..ioc import expiry
from ..ioc.feeds import read_all
from ..ioc.feeds.model import FeedProblem, Stop
from ..ioc.values import Identity
from .base import Context, Params, Result, TaskFailed
from .options import CONNECTION, ArgumentSpec

#: Indicators that came or went, as a result lists them; the counts are whole.
MOST_LISTED = 1000
#: Lines of the diff, each way.
MOST_SHOWN = 200
_RELATIVE = re.compile(r"([+-])(\d{1,5})([dh])\Z")

SPEC = CONNECTION + ArgumentSpec(
    {
        "url": {"type": "str", "required": True},
        "dest": {"type": "path", "required": True},
        "kind": {"type": "str", "choices": ["auto", "file", "taxii", "misp"], "default": "auto"},
        "collection": {"type": "str"},
        "added_after": {"type": "str"},
        "headers": {"type": "dict", "no_log": True, "default": {}},
        "username": {"type": "str"},
        "password": {"type": "str", "no_log": True},
        "api_key": {"type": "str", "no_log": True},
        "max_size": {"type": "int", "default": 256 * 1024 * 1024},
        "sha256": {"type": "str"},
        "min_share": {"type": "str", "default": "50%"},
    }
)


@dataclass(frozen=True)
class Fetched:
    """What a server sent: the bytes for the file, or nothing where it vouches for the file as it is."""

    content: bytes | None
    etag: str = ""
    last_modified: str = ""


def run(params: Params, context: Context) -> Result:
    """Fetch a feed into a file.

    Raises TaskFailed where the options contradict each other, or the answer must not replace the file, FalconError
    where the server cannot be asked or refuses.
    """
    _check(params)
    dest = str(params["dest"])
    share = _share(params["min_share"])
    kind = _kind(params)
    before = _read_file(dest)
    note = _read_note(dest, before, params["url"], kind)
    web = Web(_access(params, kind))
    try:
        fetched = _fetch(web, params, kind, note)
    finally:
        web.close()
    result: Result = {"changed": False, "dest": dest, "kind": kind}
    if fetched.content is None:
        had = _contents(dest).indicators
        return {**result, "status": "not_modified", **_facts(before or b""), **_difference(had, had)}
    _verify(fetched.content, params.get("sha256"))
    had = _contents(dest).indicators if before is not None else {}
    has = _candidate(dest, fetched.content)
    result.update(status="unchanged", **_facts(fetched.content), **_difference(had, has.indicators))
    if fetched.content == before:
        if not context.check_mode:
            _write_note(dest, fetched, params["url"], kind)
        return result
    _refuse_a_loss(had, has, share, result)
    result.update(changed=True, status="created" if before is None else "updated")
    if not context.check_mode:
        _put(dest, fetched.content)
        _write_note(dest, fetched, params["url"], kind)
    return result


def _check(params: Params) -> None:
    check_url(str(params["url"]))
    if params.get("api_key") and (params.get("username") or params.get("password")):
        raise TaskFailed(
            "api_key cannot go with username and password: both are sent as the header Authorization"
        )
    if any(not isinstance(text, (str, int, float)) for text in (params.get("headers") or {}).values()):
        raise TaskFailed("headers: every value must be text")
    if params["max_size"] < 1:
        raise TaskFailed(f"max_size: expected at least 1 byte, got {params['max_size']}")
    if params.get("sha256") and not re.fullmatch(r"[0-9A-Fa-f]{64}", params["sha256"].strip()):
        raise TaskFailed("sha256: expected 64 hexadecimal digits")
    folder = os.path.dirname(os.path.abspath(params["dest"]))
    if not os.path.isdir(folder):
        raise TaskFailed(f"dest: the folder {folder} does not exist")
    if os.path.lexists(params["dest"]) and not stat.S_ISREG(os.lstat(params["dest"]).st_mode):
        raise TaskFailed(f"dest: {params['dest']} is not a regular file")


def _share(text: object) -> float:
    written = re.fullmatch(r"\s*(\d{1,3})\s*%?\s*", str(text))
    if written is None or int(written[1]) > 100:
        raise TaskFailed(f"min_share: expected a share from 0% to 100%, got {text!r}")
    return int(written[1]) / 100


def _kind(params: Params) -> str:
    """What speaks at a URL, where the user leaves it to us: by the address alone, so that it never changes."""
    if params["kind"] != "auto":
        return str(params["kind"])
    path = urlsplit(str(params["url"])).path.rstrip("/")
    if path.endswith("/attributes/restSearch"):
        return "misp"
    if params.get("collection") or re.search(r"/taxii2?(?:/|\Z)|/collections/[^/]+(?:/objects)?\Z", path):
        return "taxii"
    return "file"


def _access(params: Params, kind: str) -> Access:
    for name, least, most in (("timeout", 1, 3600), ("retries", 0, 100), ("max_wait", 0, 86_400)):
        if not least <= params[name] <= most:
            raise ConfigurationError(f"{name} must be from {least} to {most}, got {params[name]}")
    key = params.get("api_key") or ""
    return Access(
        headers=params.get("headers") or {},
        username=params.get("username") or "",
        password=params.get("password") or "",
        authorization=key if kind == "misp" or not key else f"Bearer {key}",
        proxy=params.get("proxy") or "",
        validate_certs=bool(params["validate_certs"]),
        ca_path=params.get("ca_path") or "",
        timeout=params["timeout"],
        retries=params["retries"],
        max_wait=params["max_wait"],
        max_size=params["max_size"],
        user_agent=params.get("user_agent") or "",
    )


def _added_after(params: Params, kind: str) -> str:
    text = str(params.get("added_after") or "").strip()
    if not text:
        return ""
    if kind == "file":
        raise TaskFailed("added_after is for TAXII and MISP; a file is always fetched whole")
    relative = _RELATIVE.match(text)
    if relative:
        span = datetime.timedelta(
            **{"d": {"days": int(relative[2])}, "h": {"hours": int(relative[2])}}[relative[3]]
        )
        now = datetime.datetime.now(datetime.timezone.utc)
        moment = now + span if relative[1] == "+" else now - span
    else:
        try:
            found = expiry.parse(text)
        except ValueError as problem:
            raise TaskFailed(f"added_after: {problem}; or write -30d or -12h") from problem
        if found is None:
            raise TaskFailed("added_after: expected a date, or -30d or -12h")
        moment = found
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _fetch(web: Web, params: Params, kind: str, note: Mapping[str, str]) -> Fetched:
    url, collection, after = str(params["url"]), params.get("collection") or "", _added_after(params, kind)
    if kind == "taxii":
        objects = taxii.read_collection(web, url, collection, after)
        return Fetched(_json(taxii.bundle(objects, f"{url}#{collection}")))
    if kind == "misp":
        return Fetched(_json({"response": {"Attribute": misp.read_attributes(web, url, collection, after)}}))
    purpose = "download the feed"
    conditions = {"If-None-Match": note.get("etag", ""), "If-Modified-Since": note.get("last_modified", "")}
    page = web.read(purpose, url, {name: text for name, text in conditions.items() if text})
    if page.status == 304 and note:
        return Fetched(None)
    if page.status == 304:
        raise DownloadFailed(
            f"Could not {purpose}: HTTP 304, and nothing was asked that it could answer", status=304
        )
    if page.status != 200:
        raise refuse(purpose, page)
    return Fetched(page.content, _header(page, "ETag"), _header(page, "Last-Modified"))


def _header(page: Page, name: str) -> str:
    text = str(page.headers.get(name, ""))
    return text if len(text) <= 1000 and text.isprintable() else ""


def _json(document: Any) -> bytes:
    """JSON that is read as a diff: one value a line, keys sorted."""
    return (json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _verify(content: bytes, wanted: str | None) -> None:
    found = hashlib.sha256(content).hexdigest()
    if wanted and found != wanted.strip().lower():
        raise TaskFailed(
            f"The feed is not what was expected: its SHA-256 is {found}, and sha256 says {wanted.strip()}"
        )


def _read_file(path: str) -> bytes | None:
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise TaskFailed(f"dest: {path} cannot be read: {problem.strerror}") from problem


def _facts(content: bytes) -> Result:
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


@dataclass(frozen=True)
class Contents:
    """What the feed reader finds in a file: its indicators, and why it should not be trusted as a whole feed."""

    indicators: Mapping[Identity, None]
    stop: Stop | None = None


def _contents(path: str) -> Contents:
    try:
        collected = read_all([{"path": path}])
    except FeedProblem as problem:
        return Contents({}, Stop(path, "feed_format", str(problem)))
    found = {(entry.item["type"], entry.item["value"]): None for entry in collected.entries}
    stops = [stop for stop in collected.stops if stop.code in ("feed_format", "feed_partial")]
    return Contents(found, stops[0] if stops else None)


def _candidate(dest: str, content: bytes) -> Contents:
    """The indicators of an answer, read under a name with the same ending, which is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, os.path.basename(dest))
        with open(path, "wb") as stream:
            stream.write(content)
        return _contents(path)


def _refuse_a_loss(had: Mapping[Identity, None], answer: Contents, share: float, result: Result) -> None:
    """Keep the file where an answer has no indicator, or far fewer: most likely the publisher has a bad day."""
    has = answer.indicators
    if answer.stop is not None:
        message = f"The answer is no whole feed: {answer.stop.message}. The file was left as it is."
        raise TaskFailed(message, {**result, "code": answer.stop.code})
    if share == 0 or (has and len(has) >= len(had) * share):
        return
    what = f"holds {len(has)} indicators" if has else "holds no indicator"
    than = f", and the file {len(had)}; min_share is {share:.0%}" if had else ""
    raise TaskFailed(
        f"The answer {what}{than}. The file was left as it is. If the answer is right, lower min_share (0% takes any).",
        {**result, "code": "feed_shrunk" if has else "feed_empty"},
    )


def _difference(had: Mapping[Identity, None], has: Mapping[Identity, None]) -> Result:
    added = [identity for identity in has if identity not in had]
    removed = [identity for identity in had if identity not in has]
    return {
        "counts": {"indicators": len(has), "added": len(added), "removed": len(removed)},
        "added_iocs": [{"type": kind, "value": value} for kind, value in added[:MOST_LISTED]],
        "removed_iocs": [{"type": kind, "value": value} for kind, value in removed[:MOST_LISTED]],
        "diff": {"before": _lines(removed), "after": _lines(added)},
    }


def _lines(identities: list[Identity]) -> str:
    lines = [f"{kind} {value}" for kind, value in identities[:MOST_SHOWN]]
    rest = len(identities) - MOST_SHOWN
    return "".join(f"{line}\n" for line in [*lines, *([f"... and {rest} more"] if rest > 0 else [])])


def _note_path(dest: str) -> str:
    folder, name = os.path.split(dest)
    return os.path.join(folder, f".{name}.fetch.json")


def _read_note(dest: str, content: bytes | None, url: str, kind: str) -> Mapping[str, str]:
    """What the server said of the file that is in place. A file that was edited since is fetched whole."""
    try:
        with open(_note_path(dest), encoding="utf-8") as stream:
            note = json.load(stream)
    except (OSError, ValueError, RecursionError):
        return {}
    same = isinstance(note, dict) and note.get("url") == _digest(url) and note.get("kind") == kind
    if not same or content is None or note.get("sha256") != hashlib.sha256(content).hexdigest():
        return {}
    return {
        name: note[name]
        for name in ("etag", "last_modified")
        if isinstance(note.get(name), str) and note[name]
    }


def _digest(url: str) -> str:
    """A URL may hold a key in its query, and the note lies beside a file that is shared."""
    return hashlib.sha256(url.encode()).hexdigest()


def _write_note(dest: str, fetched: Fetched, url: str, kind: str) -> None:
    content = fetched.content or b""
    if not fetched.etag and not fetched.last_modified:
        return
    note = {
        "etag": fetched.etag,
        "last_modified": fetched.last_modified,
        "kind": kind,
        "sha256": hashlib.sha256(content).hexdigest(),
        "url": _digest(url),
    }
    text = json.dumps(note, indent=2, sort_keys=True) + "\n"
    if _read_file(_note_path(dest)) != text.encode():
        _put(_note_path(dest), text.encode())


def _put(path: str, content: bytes) -> None:
    """Put a file in place in one step: whoever reads it sees the old one or the new one, whole."""
    folder, name = os.path.split(os.path.abspath(path))
    mode = stat.S_IMODE(os.stat(path).st_mode) if os.path.exists(path) else 0o644
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except OSError as problem:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        raise TaskFailed(f"dest: {path} cannot be written: {problem.strerror}") from problem

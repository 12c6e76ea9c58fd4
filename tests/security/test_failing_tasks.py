# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a task fails, what it then still tells, and what of its options and data is shown."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
import run_task as run_task_module
from ansible.module_utils.common.parameters import PASS_VARS
from run_task import access, run, run_module

from ansible_collections.threatops.falcon.plugins.module_utils.api.client import Client
from ansible_collections.threatops.falcon.plugins.module_utils.task.base import (
    Context,
    perform,
    shown_options,
    without_secret_sentences,
)
from ansible_collections.threatops.falcon.plugins.module_utils.task.options import CONNECTION
from ansible_collections.threatops.falcon.plugins.plugin_utils import run_task

PASSWORD = "S3cretPart"
#: Every task that talks to Falcon, with options that make it send a request.
TASKS: dict[str, dict[str, Any]] = {
    "falcon_ioc": {"type": "domain", "value": "a.example", "action": "no_action"},
    "falcon_iocs": {"iocs": [{"type": "domain", "value": "a.example", "action": "no_action"}]},
    "falcon_ioc_info": {"types": ["domain"]},
    "falcon_ioc_hosts_info": {"type": "domain", "value": "a.example"},
    "falcon_ioc_processes_info": {"type": "domain", "value": "a.example"},
    "falcon_auth": {},
}


def run_either_way(way: str, name: str, tenant: Any, **options: Any) -> dict[str, Any]:
    """The result of a module, or of the same task in-process, with its invocation."""
    if way == "module":
        # Releases that do not know the switch always give the invocation.
        switch = {"_ansible_inject_invocation": True} if "inject_invocation" in PASS_VARS else {}
        return run_module(name, tenant, **switch, **options)
    spec, task = run_task_module.TASKS[name]

    class Action(run_task.RunTask):
        SPEC, TASK = spec, task

    action = Action(
        SimpleNamespace(
            args={**access(tenant), **options}, action=f"threatops.falcon.{name}", async_val=0, check_mode=False,
            diff=False, environment={}, no_log=False,
        ),
        SimpleNamespace(
            _shell=SimpleNamespace(tmpdir=None, env_prefix=lambda **_environment: ""),
            ansible_name="ansible.builtin.local", become=None,
        ),
        SimpleNamespace(), None, SimpleNamespace(template=lambda value: value), None,
    )  # fmt: skip
    return action.run(task_vars={"threatops_falcon_progress": False})


@pytest.fixture(autouse=True)
def show_invocations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_task, "injects_invocation", lambda variables: True)


class Forward(BaseHTTPRequestHandler):
    """A proxy for plain http, as far as this collection uses one."""

    def answer(self) -> None:
        parts = urlsplit(self.path)
        connection = http.client.HTTPConnection(parts.netloc, timeout=10)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        connection.request(self.command, f"{parts.path}?{parts.query}", raw, dict(self.headers.items()))
        reply = connection.getresponse()
        body = reply.read()
        connection.close()
        self.send_response(reply.status)
        for name in ("Content-Type", "X-Ratelimit-Remaining"):
            if reply.headers[name]:
                self.send_header(name, reply.headers[name])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def forward_proxy() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Forward)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("name", TASKS)
def test_warnings_are_kept_when_a_task_fails(simulator: Any, name: str) -> None:
    path = "/oauth2/token" if name == "falcon_auth" else "/iocs/.*"
    simulator.faults(
        {"match": {"path": path, "times": 1}, "do": {"status": 503}},
        {"match": {"path": path}, "do": {"status": 400, "message": "no"}},
    )
    result = run(name, simulator, **TASKS[name])
    assert result["failed"]
    assert any("had to be repeated" in text for text in result["warnings"]), result


@pytest.mark.parametrize("name", TASKS)
def test_a_final_fault_is_told_with_its_trace_id(simulator: Any, name: str) -> None:
    path = "/oauth2/token" if name == "falcon_auth" else "/iocs/.*"
    simulator.faults({"match": {"path": path}, "do": {"status": 503}})
    result = run(name, simulator, retries=0, **TASKS[name])
    assert result["failed"]
    assert result["trace_id"] and result["trace_id"] in result["msg"]
    assert (result["status"], result["code"]) == (503, "unavailable")


# The net.


def test_an_unexpected_exception_is_told_as_ours() -> None:
    def task(params: Any, context: Context) -> Any:
        context.warn("said before")
        raise KeyError("odd\x1b[31m")

    context = Context()
    result = perform(task, {}, context)
    assert result["failed"] and result["code"] == "internal" and result["changed"] is False
    assert (
        "fault of threatops.falcon" in result["msg"] and "KeyError at test_failing_tasks.py:" in result["msg"]
    )
    assert "report it at https://" in result["msg"] and result["msg"].isprintable()
    assert "Traceback" in result["exception"]
    assert context.warnings == ["said before"]


def test_what_was_done_before_an_unexpected_exception_is_kept() -> None:
    def task(params: Any, context: Context) -> Any:
        context.so_far = lambda: {"changed": True, "counts": {"created": 10}}
        raise ZeroDivisionError

    result = perform(task, {}, Context())
    assert result["changed"] is True and result["counts"] == {"created": 10} and result["code"] == "internal"


def test_an_account_that_fails_too_does_not_hide_the_fault() -> None:
    def task(params: Any, context: Context) -> Any:
        context.so_far = lambda: {}["nothing"]
        raise ZeroDivisionError

    result = perform(task, {}, Context())
    assert "ZeroDivisionError at" in result["msg"] and "could not be made (KeyError)" in result["msg"]


def test_writes_that_were_sent_are_told_when_there_is_no_account(
    simulator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Client.request

    def broken(self: Client, method: str, *args: Any, **options: Any) -> Any:
        answer = real(self, method, *args, **options)
        if method == "POST":
            raise LookupError("after the write")
        return answer

    monkeypatch.setattr(Client, "request", broken)
    result = run("falcon_ioc", simulator, **TASKS["falcon_ioc"])
    assert result["failed"] and result["code"] == "internal" and result["changed"] is True
    assert len(simulator.indicators()) == 1


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_the_net_lets_an_interrupt_through(interrupt: type[BaseException]) -> None:
    def task(params: Any, context: Context) -> Any:
        raise interrupt

    with pytest.raises(interrupt):
        perform(task, {}, Context())


@pytest.mark.parametrize(
    "options",
    [
        {"ca_path": "/etc/a\0b"},
        {"evidence_dir": "/tmp/a\0b"},
    ],
)
def test_a_nul_is_refused_by_name(simulator: Any, options: Any) -> None:
    result = run("falcon_iocs", simulator, **{**TASKS["falcon_iocs"], **options})
    assert result["code"] == "configuration"
    assert result["msg"] == f"{next(iter(options))} contains a NUL character."


# What is shown.

URLS = [
    f"http://u:{PASSWORD}/rest@127.0.0.1:9",
    f"http://{PASSWORD}@127.0.0.1:9",
    f"u:{PASSWORD}@127.0.0.1:9",
    f"http://u:{PASSWORD}@[1:2]",
    f"http://u:{PASSWORD}@",
]


@pytest.mark.parametrize("way", ["module", "in-process"])
@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("option", ["proxy", "base_url", "auth", "environment", "wrong options"])
def test_no_password_in_a_url_is_shown(
    simulator: Any, monkeypatch: pytest.MonkeyPatch, way: str, url: str, option: str
) -> None:
    given: dict[str, Any] = {"base_url": "https://falcon.example"}
    if option == "environment":
        monkeypatch.setenv("FALCON_PROXY_URL", url)
    elif option == "auth":
        given["auth"] = {"access_token": "t" * 30, "base_url": url}
    elif option == "wrong options":
        given.update(proxy=url, nonsense=1)
    else:
        given[option] = url
    result = run_either_way(way, "falcon_ioc_info", simulator, types=["domain"], retries=0, **given)
    assert result["failed"] and result.get("code") != "internal"
    assert PASSWORD not in json.dumps(result)
    assert simulator.client_secret not in json.dumps(result)
    assert "invocation" in result


@pytest.mark.parametrize("way", ["module", "in-process"])
def test_a_short_password_does_not_change_data(simulator: Any, forward_proxy: str, way: str) -> None:
    """The word stands in a value, in a severity and in a tag, and none of them is a secret."""
    proxy = forward_proxy.replace("http://", "http://svc:high@")
    item = {
        "type": "domain",
        "value": "highway.example",
        "action": "detect",
        "severity": "high",
        "tags": ["high"],
    }
    wanted = {"proxy": proxy, "base_url": simulator.url}
    result = run_either_way(way, "falcon_iocs", simulator, iocs=[item], **wanted)
    assert [(one["value"], one["severity"]) for one in result["created_iocs"]] == [
        ("highway.example", "high")
    ]
    result = run_either_way(way, "falcon_ioc_info", simulator, types=["domain"], **wanted)
    (found,) = result["iocs"]
    assert (found["value"], found["severity"], found["tags"]) == ("highway.example", "high", ["high"])
    assert result["invocation"]["module_args"]["types"] == ["domain"]
    assert "svc:high" not in json.dumps(result)


@pytest.mark.parametrize("way", ["module", "in-process"])
def test_a_real_secret_is_shown_in_no_data(simulator: Any, way: str) -> None:
    simulator.seed(
        indicators=[
            {
                "type": "domain", "value": "a.example", "action": "no_action",
                "description": f"holds {simulator.client_secret}",
            }
        ]
    )  # fmt: skip
    result = run_either_way(way, "falcon_ioc_info", simulator, types=["domain"])
    assert len(result["iocs"]) == 1
    assert simulator.client_secret not in json.dumps(result)


def test_options_as_they_are_shown() -> None:
    params = {
        "client_secret": "x",
        "falcon_client_secret": "x",
        "client_id": "c",
        "proxy": "http://u:p@h",
        "auth": {"access_token": "t", "base_url": "https://u:p@h", "cloud": None},
        "base_url": None,
    }
    hidden = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    assert shown_options(params, CONNECTION.options) == {
        "client_secret": hidden,
        "falcon_client_secret": hidden,
        "client_id": "c",
        "proxy": "http://********@h",
        "auth": {"access_token": hidden, "base_url": "https://********@h", "cloud": None},
        "base_url": None,
    }


def test_sentences_are_cleaned_and_data_is_not() -> None:
    result = {"msg": "u:p failed", "warnings": ["u:p"], "iocs": [{"value": "u:p"}]}
    assert without_secret_sentences(result, {"proxy": "http://u:p@h"}) == {
        "msg": "******** failed",
        "warnings": ["********"],
        "iocs": [{"value": "u:p"}],
    }
    assert without_secret_sentences(result, {}) is result

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the doctor looks at on this machine, before anything is sent to Falcon."""

from __future__ import annotations

import platform
import socket
import sys
from urllib.parse import urlsplit

from ansible.module_utils.ansible_release import __version__ as ansible_version

from ..api.deps import REQUESTS_IMPORT_ERROR, requests
from ..api.errors import ConfigurationError
from ..api.proxies import Proxies
from ..api.redact import shown_url
from ..api.regions import AUTODISCOVER, REGIONS, is_loopback
from ..api.version import VERSION
from .base import Params
from .doctor_findings import FAILED, PASSED, SKIPPED, WARNING, Findings

_LOWEST_PYTHON = (3, 9)
_LOWEST_ANSIBLE = (2, 16)
_CONNECT_SECONDS = 10.0


def check_software(findings: Findings) -> None:
    """Python, requests, ansible-core and this collection."""
    version = platform.python_version()
    if sys.version_info[:2] >= _LOWEST_PYTHON:
        findings.add("python", PASSED, f"Python {version}")
    else:
        findings.add("python", FAILED, f"Python {version} is too old", "Use Python 3.9 or newer.")
    if REQUESTS_IMPORT_ERROR is None:
        findings.add("requests", PASSED, f"requests {requests.__version__}")
    else:
        findings.add(
            "requests",
            FAILED,
            "requests is not installed",
            f"Install it for {sys.executable}: pip install requests",
        )
    core = tuple(int(part) for part in ansible_version.split(".")[:2])
    if core >= _LOWEST_ANSIBLE:
        findings.add("ansible_core", PASSED, f"ansible-core {ansible_version}")
    else:
        findings.add(
            "ansible_core",
            FAILED,
            f"ansible-core {ansible_version} is too old",
            "Use ansible-core 2.16 or newer.",
        )
    findings.add("collection", PASSED, f"threatops.falcon {VERSION}")


def target_url(params: Params) -> str:
    """Where the first request goes: base_url, or the address of the region."""
    auth = params.get("auth") or {}
    cloud = auth.get("cloud") or params.get("cloud") or AUTODISCOVER
    return str(auth.get("base_url") or params.get("base_url") or REGIONS.get(cloud) or REGIONS["us-1"])


def _proxy_for(params: Params) -> str:
    """The URL of the proxy that requests go through, empty for none. Raises ConfigurationError."""
    url = target_url(params)
    route = Proxies(str(params.get("proxy") or "") or None, lambda _url: None).route(url)
    return route.get("https" if url.startswith("https:") else "http", "")


def check_network(findings: Findings, params: Params) -> None:
    """Name resolution and the proxy."""
    try:
        proxy = _proxy_for(params)
    except ConfigurationError as error:
        findings.add("dns", SKIPPED, "Which proxy to look for cannot be told")
        findings.add("proxy", FAILED, error.message, error.hint)
        return
    host, port = _place(proxy or target_url(params))
    if host is None:
        findings.add("dns", SKIPPED, "The address of Falcon or of the proxy cannot be read")
    else:
        _check_name(findings, host, bool(proxy))
    if not proxy:
        findings.add("proxy", PASSED, "No proxy is used")
    elif host is None or findings.status("dns") == FAILED:
        findings.add(
            "proxy", FAILED, f"The proxy {shown_url(proxy)} cannot be found", "Check the option proxy."
        )
    else:
        _check_proxy(findings, proxy, host, port)


def _check_name(findings: Findings, host: str, of_proxy: bool) -> None:
    whose = "the proxy" if of_proxy else "Falcon"
    try:
        socket.getaddrinfo(host, None)
    except (OSError, UnicodeError) as error:
        findings.add(
            "dns",
            FAILED,
            f"{host} ({whose}) does not resolve: {getattr(error, 'strerror', None) or error}",
            "Check the name server of this machine, and base_url, cloud and proxy.",
        )
    else:
        findings.add(
            "dns", PASSED, f"{host} ({whose}) {'is this machine' if is_loopback(host) else 'resolves'}"
        )


def _check_proxy(findings: Findings, proxy: str, host: str, port: int) -> None:
    try:
        with socket.create_connection((host, port), timeout=_CONNECT_SECONDS):
            findings.add("proxy", PASSED, f"Requests go through the proxy {shown_url(proxy)}")
    except OSError as error:
        findings.add(
            "proxy",
            FAILED,
            f"The proxy {shown_url(proxy)} does not accept a connection: {error.strerror or error}",
            "Check the option proxy, or the variables HTTPS_PROXY and NO_PROXY.",
        )


def _place(url: str) -> tuple[str | None, int]:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        return parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return None, 0


def check_tls(
    findings: Findings, params: Params, certificate: dict[str, object] | None, trouble: str
) -> None:
    """The server's certificate. ``trouble``: why it was not accepted, empty where it was not the matter."""
    url = target_url(params)
    if url.startswith("http:"):
        findings.add("tls", SKIPPED, "Plain http to this machine")
    elif trouble:
        findings.add(
            "tls",
            FAILED,
            trouble,
            "If a proxy inspects TLS, set ca_path to a file with its certificate authority.",
        )
    elif not params.get("validate_certs", True):
        findings.add(
            "tls", WARNING, "Certificates are not verified (validate_certs: false)", "Set ca_path instead."
        )
    elif certificate is None:
        findings.add("tls", SKIPPED, "No connection was made")
    else:
        own = ", trusted through ca_path" if params.get("ca_path") else ""
        findings.add("tls", PASSED, f"The certificate is signed by {issuer(certificate)}{own}")


def issuer(certificate: dict[str, object]) -> str:
    """The organization, or the name, of the authority that signed a certificate."""
    names = certificate.get("issuer")
    found = {
        str(key): str(value) for group in (names if isinstance(names, tuple) else ()) for key, value in group
    }
    return found.get("organizationName") or found.get("commonName") or "an unnamed authority"

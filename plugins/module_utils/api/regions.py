# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vendor's clouds: the one table of their names and addresses, and which of them an answer points to."""

from __future__ import annotations

import ipaddress
import re
from typing import Mapping
from urllib.parse import urljoin, urlsplit

from .errors import ConfigurationError

#: Every region by the name that the option ``cloud`` uses.
REGIONS: dict[str, str] = {
    "us-1": "https://api.crowdstrike.com",
    "us-2": "https://api.us-2.crowdstrike.com",
    "us-3": "https://api.us-3.crowdstrike.com",
    "eu-1": "https://api.eu-1.crowdstrike.com",
    "us-gov-1": "https://api.laggar.gcw.crowdstrike.com",
    "us-gov-2": "https://api.us-gov-2.crowdstrike.mil",
}
#: Ask us-1, which names the region that the API client lives in.
AUTODISCOVER = "autodiscover"
#: Values of the option ``cloud``.
CLOUDS = (AUTODISCOVER, *REGIONS)
#: No answer leads into a government cloud, or out of one.
COMMERCIAL = {name: url for name, url in REGIONS.items() if "gov" not in name}

_BASE_URL = re.compile(
    r"(https?)://([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?(/[A-Za-z0-9._~/-]*)?"
)


def check_cloud(name: str) -> str:
    """The name of a region, or ``autodiscover``.

    Raises ConfigurationError for any other name.
    """
    if name not in CLOUDS:
        raise ConfigurationError(f"cloud: {name!r} must be one of {', '.join(CLOUDS)}")
    return name


def check_base_url(text: str) -> str:
    """The base URL in its plain form, without a trailing slash.

    Raises ConfigurationError for a URL that must not get a secret: plain http to another machine, credentials or a
    query inside it, anything that two readers could understand differently. The message does not repeat the URL.
    """
    found = _BASE_URL.fullmatch(text.strip())
    if found is None or not 0 < int((found[3] or ":1")[1:]) <= 65535 or not is_host(found[2]):
        raise ConfigurationError(
            "base_url must be https://HOST[:PORT][/PATH], without credentials, query or fragment"
        )
    if found[1] == "http" and not is_loopback(found[2].strip("[]")):
        raise ConfigurationError(
            "base_url: plain http is only allowed to this machine (localhost, 127.0.0.0/8, ::1)",
            hint="Use https.",
        )
    return found[0].rstrip("/")


def is_host(text: str) -> bool:
    """Whether this is the name or address of a host as a URL holds it, an IPv6 address in brackets."""
    if text.startswith("["):
        try:
            ipaddress.IPv6Address(text[1:-1])
        except ValueError:
            return False
        return text.endswith("]")
    return len(text) <= 253 and all(
        0 < len(label) <= 63 and re.fullmatch(r"[A-Za-z0-9_-]+", label) for label in text.split(".")
    )


def is_loopback(host: str) -> bool:
    """Whether a host name can only be this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def origin(url: str) -> str:
    """Scheme, host and port of a URL; empty where it has credentials or cannot be read."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    return (
        f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port else "") if "@" not in parts.netloc else ""
    )


def joined(url: str, location: str) -> str:
    """Where a redirect from a URL leads; empty where that cannot be read."""
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def place_of(url: str) -> str:
    """Host and port of a URL for a message, without credentials; empty where it has none or cannot be read."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def named_region(headers: Mapping[str, str]) -> str:
    """The region that an answer names in ``X-Cs-Region``, empty for none that is known."""
    name = headers.get("X-Cs-Region", "").strip().lower()
    return name if name in REGIONS else ""


def region_of(headers: Mapping[str, str]) -> str | None:
    """The commercial region that an answer names, or redirects to the host of."""
    name = named_region(headers)
    if name in COMMERCIAL:
        return name
    target = origin(headers.get("Location", ""))
    return next((region for region, url in COMMERCIAL.items() if url == target), None)

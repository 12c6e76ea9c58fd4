# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is protected without being asked: addresses, hashes and domains whose blocking hurts the blocker."""

from __future__ import annotations

from typing import Tuple

from ..values import Identity

ADDRESSES: Tuple[Tuple[str, str], ...] = (
    # IANA IPv4 and IPv6 special-purpose address registries. The documentation ranges (RFC 5737, RFC 3849) are left
    # out on purpose: nobody can be harmed there, and examples and tests use them.
    ("10.0.0.0/8", "private (RFC 1918)"),
    ("172.16.0.0/12", "private (RFC 1918)"),
    ("192.168.0.0/16", "private (RFC 1918)"),
    ("100.64.0.0/10", "shared by carriers (RFC 6598)"),
    ("fc00::/7", "private (RFC 4193)"),
    ("127.0.0.0/8", "loopback (RFC 1122)"),
    ("::1/128", "loopback (RFC 4291)"),
    ("169.254.0.0/16", "link-local (RFC 3927)"),
    ("fe80::/10", "link-local (RFC 4291)"),
    ("224.0.0.0/4", "multicast (RFC 5771)"),
    ("ff00::/8", "multicast (RFC 4291)"),
    ("255.255.255.255/32", "broadcast (RFC 919)"),
    ("0.0.0.0/8", "unspecified (RFC 1122)"),
    ("::/128", "unspecified (RFC 4291)"),
)
RESOLVERS: Tuple[Tuple[str, str], ...] = (
    # As each operator publishes them.
    ("Google", "8.8.8.8 8.8.4.4 2001:4860:4860::8888 2001:4860:4860::8844"),
    ("Cloudflare", "1.1.1.1 1.0.0.1 2606:4700:4700::1111 2606:4700:4700::1001"),
    ("Cloudflare for families", "1.1.1.2 1.0.0.2 1.1.1.3 1.0.0.3 2606:4700:4700::1112 2606:4700:4700::1002"),
    ("Cloudflare for families", "2606:4700:4700::1113 2606:4700:4700::1003"),
    (
        "Quad9",
        "9.9.9.9 149.112.112.112 2620:fe::fe 2620:fe::9 9.9.9.10 149.112.112.10 2620:fe::10 2620:fe::fe:10",
    ),
    ("Quad9", "9.9.9.11 149.112.112.11 2620:fe::11 2620:fe::fe:11"),
    (
        "OpenDNS",
        "208.67.222.222 208.67.220.220 2620:119:35::35 2620:119:53::53 208.67.222.123 208.67.220.123",
    ),
    ("AdGuard", "94.140.14.14 94.140.15.15 2a10:50c0::ad1:ff 2a10:50c0::ad2:ff"),
    ("Level 3", "4.2.2.1 4.2.2.2 4.2.2.3 4.2.2.4 4.2.2.5 4.2.2.6"),
)
# The hashes of no bytes at all (RFC 1321 appendix A.5; NIST FIPS 180-4 example values).
EMPTY_FILE: Tuple[Identity, ...] = (
    ("md5", "d41d8cd98f00b204e9800998ecf8427e"),
    ("sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
)
# Console, API and sensor cloud of every region, as the vendor's sensor guides and its SDKs name them.
VENDOR_DOMAINS = ("crowdstrike.com", "crowdstrike.mil", "cloudsink.net", "humio.com")

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How to reach a tenant: the options of a connection as one value."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Connection:
    """Who connects to where, and how patiently.

    ``access_token`` is used as it is. ``token_file`` is a path in a private directory. ``timeout`` and ``max_wait`` are
    seconds. ``settle`` is how many seconds Falcon's search may lag behind a write.
    """

    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)
    cloud: str = "autodiscover"
    base_url: str | None = None
    member_cid: str | None = None
    proxy: str | None = field(default=None, repr=False)
    validate_certs: bool = True
    ca_path: str | None = None
    timeout: float = 30.0
    retries: int = 5
    max_wait: float = 60.0
    settle: float = 0.0
    user_agent: str | None = None
    token_file: str | None = None

    def has_credentials(self) -> bool:
        """Whether a token can be asked for."""
        return bool(self.client_id and self.client_secret)

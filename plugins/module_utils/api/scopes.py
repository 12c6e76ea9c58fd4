# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which scope a request needs, and what a refusal of access means."""

from __future__ import annotations

#: Reasons of an HTTP 403.
SCOPE_MISSING, NOT_AUTHORIZED, DENIED = "scope_missing", "not_authorized", "denied"

# The vendor's own texts, in lower case, which are all that tells the two apart: the code is 403 in both. "scope not
# permitted" was introduced in about 2025; "authorization failed" is older, and a scope no longer fixes it.
_TEXTS = {
    "access denied, scope not permitted": SCOPE_MISSING,
    "access denied, authorization failed": NOT_AUTHORIZED,
}
_NOT_A_SCOPE = (
    "check the IP allow-list of the tenant, the license for this feature, "
    "and that the API client belongs to this tenant"
)


def explain_denial(message: object, scope: str) -> tuple[str, str]:
    """The reason of an HTTP 403 as a code, and what to do about it.

    ``message`` is ``errors[0].message`` of the answer, ``scope`` what the request needs (empty for the token endpoint,
    which needs none).
    """
    reason = _TEXTS.get(" ".join(str(message or "").lower().split()).rstrip("."), DENIED)
    if not scope:
        return (
            reason,
            "Check the IP allow-list of the tenant, and that the API client belongs to this tenant.",
        )
    if reason == SCOPE_MISSING:
        return reason, f"Add the scope {scope} to the API client in the Falcon console."
    if reason == NOT_AUTHORIZED:
        return reason, (
            f"Falcon uses this text for other reasons than a missing scope: {_NOT_A_SCOPE}. "
            f"The request needs the scope {scope}."
        )
    return reason, f"The request needs the scope {scope}. If the API client has it, {_NOT_A_SCOPE}."


def scope_for(path: str, write: bool) -> str:
    """The scope, as the Falcon console names it, that a path requires of an API client."""
    if "host-groups" in path:
        return "Host Groups: Read"
    if path.startswith("/devices/"):
        return "Hosts: Read"
    legacy = "IOCs (Indicators of Compromise): " + ("Write" if write else "Read")
    if path.startswith(("/indicators/", "/processes/")):
        return legacy
    if "/indicators/devices/" in path or "/indicators/processes/" in path or "/device-count/" in path:
        return f"IOC Management: Read, and {legacy}"
    return "IOC Management: " + ("Write" if write else "Read")

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong when talking to Falcon, as sentences a user can act on."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, Optional
from urllib.parse import quote, quote_plus

_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_USERINFO = re.compile(r"(?<=://)[^/@\s]*@")

#: How much of a tenant's own text a message carries.
LONGEST_TEXT = 300


def clean(text: object, secrets: Iterable[str] = (), longest: int = LONGEST_TEXT) -> str:
    """Text of a tenant made fit for a message: one bounded line, no control characters, no secret."""
    # Bounded before it is searched: a tenant may send a gigabyte. A secret that this cuts lies far behind the end.
    line = str(text)[: longest + 4000]
    for secret in secrets:
        if secret:
            for form in (secret, quote(secret, safe=""), quote_plus(secret)):
                line = line.replace(form, "********")
    line = _USERINFO.sub("********@", _ANSI.sub("", line))
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in line).split())
    return line if len(line) <= longest else line[:longest] + "..."


class FalconError(Exception):
    """Base of every error of this package; C{str()} of it is the full sentence for a user.

    @param message: What was attempted and what came of it.
    @param status: The HTTP status of the answer, if there was one.
    @param code: Falcon's own code, C{errors[0].code} of the answer.
    @param trace_id: C{meta.trace_id} of the answer; the vendor's support asks for it.
    @param hint: What to do next.
    """

    def __init__(
        self,
        message: str,
        status: Optional[int] = None,
        code: Optional[int] = None,
        trace_id: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.trace_id = trace_id
        self.hint = hint

    def __str__(self) -> str:
        facts = []
        if self.status is not None and self.code is not None and self.code != self.status:
            facts.append(f"code {self.code}")
        if self.trace_id:
            facts.append(f"trace id {self.trace_id}")
        sentence = self.message.rstrip(".") + (f" ({', '.join(facts)})" if facts else "") + "."
        return f"{sentence} {self.hint}" if self.hint else sentence

    def details(self) -> Dict[str, Any]:
        """What is known beside the message, as keys of a failed result; only those that are known."""
        known = {"status": self.status, "code": self.code, "trace_id": self.trace_id, "hint": self.hint}
        return {name: value for name, value in known.items() if value not in (None, "")}


class ConfigurationError(FalconError):
    """The options cannot work; nothing was sent."""


class AuthenticationError(FalconError):
    """Falcon does not accept the credentials or the token."""


class PermissionRefused(FalconError):
    """The API client lacks a scope (HTTP 403)."""


class RequestRefused(FalconError):
    """Falcon read the request and refused it; nothing of it was carried out.

    C{answer} is the L{client.Answer}: ioc-manager names the offending rows of a batch in its resources.
    """

    answer: Any = None


class Unavailable(FalconError):
    """Falcon could not be reached, or gave no usable answer, in all the tries that were allowed."""


class AmbiguousWrite(Unavailable):
    """A write was sent and its answer was lost: it may or may not have been carried out.

    C{wait} is how many seconds Falcon asked to wait, if it did; C{page} says that the answer was an HTML page.
    """

    wait: Optional[float] = None
    page: bool = False


class IncompleteView(FalconError):
    """A listing could not be read to its end; what was read must not be acted upon."""


class NotSupported(FalconError):
    """The API in use has no way to do this."""


def scope_for(path: str, write: bool) -> str:
    """The scope, as the Falcon console names it, that a path asks of an API client."""
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

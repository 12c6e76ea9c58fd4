# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong when talking to Falcon, as sentences a user can act on."""

from __future__ import annotations

from typing import Any, ClassVar

#: Said with every error that the doctor could explain.
DOCTOR = "The playbook threatops.falcon.doctor finds out more."


class FalconError(Exception):
    """Base of every error of this package; ``str()`` of it is the full sentence for a user.

    ``code`` names the kind of error for programs. ``status`` is the HTTP status of the answer, ``api_code``
    Falcon's own ``errors[0].code``, ``trace_id`` its ``meta.trace_id``, which the vendor's support asks for;
    each as far as there was an answer. ``reason`` is a finer code where one kind has several causes,
    ``region`` the region that the answer names (``X-Cs-Region``), ``hint`` what to do next.
    """

    code: ClassVar[str] = "failed"
    #: Whether the doctor can find out more.
    examined: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        status: int | None = None,
        api_code: int | None = None,
        trace_id: str = "",
        hint: str = "",
        reason: str = "",
        region: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.api_code = api_code
        self.trace_id = trace_id
        self.hint = hint
        self.reason = reason
        self.region = region

    def __str__(self) -> str:
        facts = []
        if self.api_code is not None and self.api_code != self.status:
            facts.append(f"code {self.api_code}")
        if self.trace_id:
            facts.append(f"trace id {self.trace_id}")
        sentence = self.message.rstrip(".") + (f" ({', '.join(facts)})" if facts else "") + "."
        parts = [sentence, self.hint, DOCTOR if self.examined else ""]
        return " ".join(part for part in parts if part)

    def details(self) -> dict[str, Any]:
        """What is known beside the message, as keys of a failed result; only those that are known."""
        names = ("code", "reason", "status", "api_code", "trace_id", "region", "hint")
        known = {name: getattr(self, name) for name in names}
        return {name: value for name, value in known.items() if value not in (None, "")}


class ConfigurationError(FalconError):
    """The options cannot work; nothing was sent."""

    code = "configuration"


class AuthenticationError(FalconError):
    """Falcon does not accept the credentials or the token."""

    code = "authentication"
    examined = True


class PermissionRefused(FalconError):
    """Falcon denies access (HTTP 403); ``reason`` says whether a scope is missing, see ``scopes.explain_denial``."""

    code = "permission"
    examined = True


class RequestRefused(FalconError):
    """Falcon read the request and refused it; nothing of it was carried out.

    ``answer`` is the ``envelope.Answer``: ioc-manager names the offending rows of a batch in its resources.
    """

    code = "refused"
    answer: Any = None


class Unavailable(FalconError):
    """Falcon could not be reached, or gave no usable answer, in all the tries that were allowed."""

    code = "unavailable"
    examined = True


class Stopped(Unavailable):
    """The client was closed while it waited; there is nothing to examine."""

    examined = False


class AmbiguousWrite(Unavailable):
    """A write was sent and its answer was lost: it may or may not have been carried out.

    ``wait`` is how many seconds Falcon asked to wait, if it did; ``page`` says that the answer was an HTML page.
    """

    code = "ambiguous_write"
    wait: float | None = None
    page: bool = False


class IncompleteView(FalconError):
    """A listing could not be read to its end; what was read must not be acted upon."""

    code = "incomplete_view"
    examined = True


class NotSupported(FalconError):
    """The API in use has no way to do this."""

    code = "not_supported"

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One item that the tenant does not have: what has to be written."""

from __future__ import annotations

import datetime

from . import fit, rules
from .change import CREATE, Change, Vocabulary
from .fields import MOBILE_PLATFORMS, FieldProblem, shown
from .item import Desired
from .reading import Fields


def created(item: Desired, now: datetime.datetime, vocabulary: Vocabulary) -> Change:
    """The write that creates an indicator.

    Raises FieldProblem where something that a new indicator needs is missing, or does not fit.
    """
    fields = dict(item.fields)
    platforms = fields.setdefault("platforms", rules.default_platforms(item.kind))
    fit.drop_unfit(item, fields, platforms)
    fit.check_fit(item, platforms)
    _require_actions(fields)
    severity = fit.severity_for(item, rules.effective_actions(fields), fields.pop("severity", ""), vocabulary)
    _scope(fields)
    wanted = {name: value for name, value in fields.items() if value or name == "applied_globally"}
    if severity:
        wanted["severity"] = severity
    if item.life is not None:
        wanted["expiration"] = fit.stamp(item.life, now, vocabulary)
    fit.check_ahead(wanted.get("expiration"), now)
    body = {
        "type": item.kind,
        "value": item.value,
        **fit.body_of(item.kind, wanted, item.life, vocabulary),
    }
    return Change(CREATE, item.kind, item.value, item, None, body, {}, shown(wanted), item.life)


def _require_actions(fields: Fields) -> None:
    platforms = fields["platforms"]
    if rules.is_desktop(platforms) and "action" not in fields:
        raise FieldProblem(
            "action",
            "is required for a new indicator; set it on the item or in defaults (falcon_ioc_defaults)",
        )
    if rules.is_mobile(platforms) and "mobile_action" not in fields:
        raise FieldProblem(
            "mobile_action",
            f"is required for a new indicator on {' or '.join(MOBILE_PLATFORMS)}; set it on the item or in "
            "defaults (falcon_ioc_defaults)",
        )


def _scope(fields: Fields) -> None:
    if fields.get("host_groups"):
        fields["applied_globally"] = False
    elif fields.get("applied_globally") is False:
        raise FieldProblem("applied_globally", "false needs host_groups")
    else:
        fields["applied_globally"] = True
        fields.pop("host_groups", None)

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options about the life of indicators, for every module that takes lists."""

from __future__ import annotations

import yaml

REACH = r"""
max_hosts:
  description:
    - The most hosts that may have observed an indicator when it begins to block (V(prevent) or V(prevent_no_ui)), be it new, or by a change
      of action, scope, platforms or expiration. V(0) is a limit, too.
    - Only the hosts of indicators that are about to begin to block are counted, each indicator once in a run.
      A count that Falcon gave up (C(limit_exceeded)) is more than any limit. A 404 counts as no host.
    - An indicator whose hosts cannot be counted is not written, and the task fails naming it.
  type: int
  version_added: 1.1.0
on_reach:
  description:
    - What to do where more than C(max_hosts) hosts have observed an indicator that would begin to block.
    - V(fail) refuses the whole plan before the first write, in check mode, too.
    - V(detect) lets it detect only. An indicator that blocks already keeps what it blocks and gets no wider.
    - V(skip) leaves it out.
  type: str
  choices: [fail, detect, skip]
  default: fail
  version_added: 1.1.0
"""

LIFECYCLE = r"""
rings:
  description:
    - The stages of a rollout, in their order. A new indicator begins in the first ring. A run moves it to the next one once it has been in
      its ring for C(hold), if no more than C(max_hosts) hosts have observed it by then.
    - Each ring is a mapping with C(name); C(host_groups) (ids or names) or C(applied_globally=true); C(action), C(mobile_action) or neither;
      C(hold) (such as V(24h) or V(2d); no time if omitted) and C(max_hosts) (no count is asked for if omitted).
    - The scope and the action of a ring go before those of the defaults. An C(action) of an item itself is the most that it may reach;
      V(allow), V(no_action) and V(detect) stay what they are. A scope of an item itself is an error.
    - An action that a type cannot take gives way to the strongest of the rings so far that it can take; a domain stays at V(detect)
      on desktop platforms.
    - The ring that an indicator is in, and since when, is kept in the tenant as a tag such as C(ring:canary@2026-11-25T10:00:00Z).
      Nothing else keeps it. The time is no part of the plan's digest.
    - The field C(ring) of an item pins it to a ring for as long as the item says so. It gets there at once, and is not moved on from there.
    - An indicator of the list without such a tag counts as in the ring whose scope and action it has, else in the last one. A tag that names
      no ring of the list, lies in the future, is one of several or cannot be read counts for the ring whose scope and action the indicator
      has, else for the first one, and the hold starts again.
  type: list
  elements: dict
  version_added: 1.1.0
on_held:
  description:
    - What to do where an indicator is held in its ring since more hosts have observed it than the ring allows.
    - V(skip) leaves it in its ring and names it. V(fail) refuses the whole plan before the first write, in check mode, too.
  type: str
  choices: [skip, fail]
  default: skip
  version_added: 1.1.0
expired:
  description:
    - What to do with indicators of the list that have expired in the tenant.
    - V(keep) leaves those alone for which the item names no new end. C(expiration_days) revives them.
    - V(renew) gives them C(expiration_days), which an item or the defaults have to say. An C(expiration) of the item itself that has passed
      is replaced by the C(expiration_days) of the defaults.
    - V(delete) deletes them. Such an item counts as absent until it names a later C(expiration) itself.
  type: str
  choices: [keep, renew, delete]
  default: keep
  version_added: 1.1.0
purge_expired:
  description:
    - Delete expired indicators that the list owns and does not name, and nothing else. Needs C(source).
    - C(max_deletions) limits these deletions, too, and an unreadable line of a feed stops them.
  type: bool
  default: false
  version_added: 1.1.0
max_life:
  description:
    - The longest time from now that an indicator of the list may live, such as V(90d). No expiration is longer than any.
  type: str
  version_added: 1.1.0
on_max_life:
  description:
    - What to do with an indicator that would live longer than C(max_life).
    - V(fail) refuses the whole plan before the first write, in check mode, too. V(cap) sets the expiration to C(max_life) from now.
  type: str
  choices: [fail, cap]
  default: fail
  version_added: 1.1.0
unmanaged:
  description:
    - What happens to a field that neither an item nor the defaults name.
    - V(keep) leaves it as it is. V(reset) sets it to what a new indicator would have; an item that drops its C(host_groups) becomes global.
      Actions, which a new indicator has to name, are kept, and so are the tags of rings and owners.
  type: str
  choices: [keep, reset]
  default: keep
  version_added: 1.1.0
owned_by:
  description:
    - Where the owner of an indicator is kept.
    - V(source) keeps it in the field C(source). V(tag) keeps it in a tag C(owner:NAME), where C(NAME) is C(source); the field C(source) is then
      free for where an indicator comes from.
    - To move a list from one to the other, change this option. Until an indicator has been moved, either mark makes it the list's own.
  type: str
  choices: [source, tag]
  default: source
  version_added: 1.1.0
adopt_unowned:
  description:
    - Take over indicators that the list names and nobody owns, whatever C(on_foreign) says about those of others. Needs C(source).
  type: bool
  default: false
  version_added: 1.1.0
"""


class ModuleDocFragment:
    """Rings, reach, expiry, what is left out, owners."""

    #: For one indicator.
    REACH: str = yaml.safe_dump(
        {"options": yaml.safe_load(REACH)}, sort_keys=False, allow_unicode=True, width=140
    )

    DOCUMENTATION: str = yaml.safe_dump(
        {"options": yaml.safe_load(REACH + LIFECYCLE)}, sort_keys=False, allow_unicode=True, width=140
    )

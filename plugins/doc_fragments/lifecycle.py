# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options for the life cycle of indicators, for every module that takes lists."""

from __future__ import annotations

import yaml

REACH = r"""
max_hosts:
  description:
    - The maximum number of hosts that may have observed an indicator when it starts to block (V(prevent) or V(prevent_no_ui)), whether
      because it is new or because its action, scope, platforms or expiration changes. V(0) is a valid limit.
    - Hosts are counted only for indicators that are about to start blocking, once per indicator and run. If Falcon stops counting
      (C(limit_exceeded)), the count exceeds any limit. A 404 counts as no hosts.
    - An indicator whose hosts cannot be counted is not written, and the task fails and names it.
  type: int
  version_added: 1.1.0
on_reach:
  description:
    - What to do if more than C(max_hosts) hosts have observed an indicator that would start to block.
    - V(fail) refuses the whole plan before the first write, in check mode too.
    - V(detect) limits it to detection. An indicator that already blocks keeps its current scope and is not widened.
    - V(skip) leaves it out.
  type: str
  choices: [fail, detect, skip]
  default: fail
  version_added: 1.1.0
"""

LIFECYCLE = r"""
rings:
  description:
    - The stages of a rollout, in order. A new indicator starts in the first ring. A run moves it to the next ring once it has been in its
      current ring for C(hold), provided that no more than C(max_hosts) hosts have observed it by then.
    - Each ring is a mapping with C(name); C(host_groups) (IDs or names) or C(applied_globally=true); C(action), C(mobile_action) or neither;
      C(hold) (such as V(24h) or V(2d); no waiting time if omitted) and C(max_hosts) (hosts are not counted if omitted).
    - The scope and action of a ring take precedence over the defaults. An C(action) set on an item itself is the strongest action that it may
      reach; V(allow), V(no_action) and V(detect) are kept as they are. A scope set on an item itself is an error.
    - If a type does not support the action of a ring, it gets the strongest supported action of the rings up to there; a domain stays at
      V(detect) on desktop platforms.
    - The current ring of an indicator, and the time at which it entered that ring, are kept in the tenant as a tag such as
      C(ring:canary@2026-11-25T10:00:00Z), and nowhere else. The time is not part of the plan's digest.
    - The field C(ring) of an item pins it to a ring for as long as the field is set. The item moves there at once and stays there.
    - An indicator of the list without such a tag is assigned to the ring whose scope and action it has, otherwise to the last ring. If its
      tag names an unknown ring, is dated in the future, is not the only one or cannot be parsed, it is assigned to the ring whose scope and
      action it has, otherwise to the first ring, and the hold starts over.
  type: list
  elements: dict
  version_added: 1.1.0
on_held:
  description:
    - What to do if an indicator is held in its ring because more hosts have observed it than the ring allows.
    - V(skip) leaves it in its ring and names it. V(fail) refuses the whole plan before the first write, in check mode too.
  type: str
  choices: [skip, fail]
  default: skip
  version_added: 1.1.0
expired:
  description:
    - What to do with indicators of the list that have expired in the tenant.
    - V(keep) leaves them alone unless the item sets a new expiration. C(expiration_days) revives them.
    - V(renew) extends them by C(expiration_days), which the item or the defaults must set. If the item's own C(expiration) is in the past,
      it is replaced with the C(expiration_days) of the defaults.
    - V(delete) deletes them. Such an item counts as absent until its own C(expiration) is set to a later time.
  type: str
  choices: [keep, renew, delete]
  default: keep
  version_added: 1.1.0
purge_expired:
  description:
    - Delete expired indicators that the list owns but no longer contains, and nothing else. Requires C(source).
    - C(max_deletions) limits these deletions too, and an unreadable feed line stops them.
  type: bool
  default: false
  version_added: 1.1.0
max_life:
  description:
    - The maximum lifetime of an indicator in the list, counted from now, such as V(90d). An indicator without an expiration exceeds every
      limit.
  type: str
  version_added: 1.1.0
on_max_life:
  description:
    - What to do with an indicator that would live longer than C(max_life).
    - V(fail) refuses the whole plan before the first write, in check mode too. V(cap) sets the expiration to C(max_life) from now.
  type: str
  choices: [fail, cap]
  default: fail
  version_added: 1.1.0
unmanaged:
  description:
    - What to do with a field that is set neither on an item nor in the defaults.
    - V(keep) leaves it as it is. V(reset) sets it to the value that a new indicator would have; an item that drops its C(host_groups) becomes
      global. Actions are kept, because a new indicator has no default for them, and so are ring and owner tags.
  type: str
  choices: [keep, reset]
  default: keep
  version_added: 1.1.0
owned_by:
  description:
    - Where the owner of an indicator is recorded.
    - V(source) records it in the field C(source). V(tag) records it in a tag C(owner:NAME), where C(NAME) is the value of C(source); the field
      C(source) is then free to say where an indicator came from.
    - To move a list from one to the other, change this option. Until an indicator has been moved, either marking makes it the list's own.
  type: str
  choices: [source, tag]
  default: source
  version_added: 1.1.0
adopt_unowned:
  description:
    - Take over indicators of the list that have no owner, regardless of what C(on_foreign) says about indicators with another owner.
      Requires C(source).
  type: bool
  default: false
  version_added: 1.1.0
"""


class ModuleDocFragment:
    """Rings, reach, expiration, omitted fields and owners."""

    #: For one indicator.
    REACH: str = yaml.safe_dump(
        {"options": yaml.safe_load(REACH)}, sort_keys=False, allow_unicode=True, width=140
    )

    DOCUMENTATION: str = yaml.safe_dump(
        {"options": yaml.safe_load(REACH + LIFECYCLE)}, sort_keys=False, allow_unicode=True, width=140
    )

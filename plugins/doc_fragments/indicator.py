# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fields of an indicator, and what is never blocked."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  comment:
    description: A comment for Falcon's own audit log. It goes with every create, update and delete.
    type: str
  ignore_warnings:
    description:
      - Tell Falcon to write an indicator although it has a warning about it.
      - Errors are never ignored.
      - One of these warnings is that there is such an indicator already. With this option, what somebody else creates
        between the reading and the writing of a task may be overwritten unseen.
    type: bool
    default: false
  retrodetects:
    description: Ask Falcon to raise detections for past observations of what is created or updated as well.
    type: bool
    default: false
  protect:
    description:
      - What is never to be detected or prevented, so that nobody blocks their own network.
      - Only the actions V(detect), V(prevent) and V(prevent_no_ui) are guarded. V(allow) and V(no_action) are always possible.
    type: dict
    default: {}
    suboptions:
      builtin:
        description:
          - Guard private, shared, loopback, link-local, multicast, broadcast and unspecified addresses, well-known public
            resolvers, the hashes of the empty file, and the vendor's own domains.
        type: bool
        default: true
      values:
        description: Exact values.
        type: list
        elements: str
      networks:
        description: Networks, such as V(203.0.113.0/24). Every address in them is guarded.
        type: list
        elements: str
      domains:
        description: Domains. Each covers itself and everything under it.
        type: list
        elements: str
      files:
        description: MISP warning lists (JSON) on the machine that runs the task.
        type: list
        elements: path
      override:
        description: Exact values that pass all the same. They are named in the result.
        type: list
        elements: str
  on_protected:
    description:
      - V(fail) stops the task before the first write, in check mode too.
      - V(skip) leaves protected indicators out and names them.
    type: str
    choices: [fail, skip]
    default: fail
"""

    FIELDS = r"""
options:
  type:
    description: What kind of indicator it is. V(all_subdomains) is for mobile platforms only.
    type: str
    choices: [sha256, md5, domain, ipv4, ipv6, all_subdomains]
  value:
    description:
      - The hash, domain or address.
      - It is brought into normal form. Hashes and domains are lower case, domains have no trailing dot and are
        punycode where they are international, addresses are in canonical text.
    type: str
  state:
    description: Whether the indicator is to exist.
    type: str
    choices: [present, absent]
    default: present
  action:
    description:
      - What the sensor does on V(windows), V(mac) and V(linux). Needed to create an indicator for one of them.
      - Domains and addresses take V(no_action) and V(detect) only.
    type: str
    choices: [no_action, allow, detect, prevent, prevent_no_ui]
  mobile_action:
    description: What the sensor does on V(ios) and V(android). Needed to create an indicator for one of them.
    type: str
    choices: [no_action, allow, detect, prevent, prevent_no_ui]
  severity:
    description:
      - The severity of the detection. Needed with V(detect) and V(prevent), impossible with V(allow).
      - An empty string clears it. A severity that a new action cannot take is cleared by itself.
    type: str
    choices: [informational, low, medium, high, critical, '']
  platforms:
    description:
      - Where the indicator applies. The whole list is replaced.
      - A new indicator that names none is for V(windows), V(mac) and V(linux), one of type V(all_subdomains) for V(ios) and V(android).
    type: list
    elements: str
    choices: [windows, mac, linux, ios, android]
  applied_globally:
    description: Apply to all hosts. This is so for a new indicator that names no O(host_groups).
    type: bool
  host_groups:
    description:
      - Apply only to hosts of these groups, given by name or by id. Names are compared without regard to case.
      - 32 hexadecimal digits are an id and are not looked up, so that the scope C(Host Groups) is needed for names only.
      - An empty list needs O(applied_globally=true).
    type: list
    elements: str
  expiration:
    description:
      - When the indicator expires, as an RFC 3339 time, a date (the end of that day in UTC), or V(never), which clears it.
      - A time relative to now, such as V(+7d) or V(+12h), is stamped as O(expiration_days) is, and not again as long as it lies ahead.
      - Falcon then keeps the indicator, but sets its actions to V(no_action). That is not taken for drift.
      - When the expiration changes, the actions are sent again.
    type: str
  expiration_days:
    description:
      - Stamp an expiration so many days ahead when the indicator is created, has expired, has no expiration, or has less than
        O(renew_within_days) left. Otherwise it never causes a change.
    type: int
  renew_within_days:
    description: Renew an expiration of O(expiration_days) when it has fewer days than this left.
    type: int
  description:
    description: A text of at most 200 characters. An empty string clears it.
    type: str
  source:
    description: Where the indicator comes from, at most 200 characters. An empty string clears it.
    type: str
  tags:
    description: The tags. The whole list is replaced, an empty list clears it.
    type: list
    elements: str
  filename:
    description: The file name that goes with a hash. An empty string clears it.
    type: str
  policy:
    description:
      - The action in the words of the founding API. V(detect) is O(action=detect) and V(none) is O(action=no_action).
      - With V(detect) and no O(severity) a new indicator gets V(medium), since that API knew no severity.
    type: str
    choices: [detect, none]
  share_level:
    description: The founding API's visibility. It had one value and today's API has none, so it changes nothing.
    type: str
    choices: [red]
"""

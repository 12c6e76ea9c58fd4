# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fields of an indicator, and the options that protect values from being blocked."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  comment:
    description: A comment for Falcon's own audit log. It is sent with every create, update and delete.
    type: str
  ignore_warnings:
    description:
      - Tell Falcon to write an indicator even if it raises a warning about it.
      - Errors are never ignored.
      - One of these warnings is that the indicator already exists. With this option, an indicator that someone else creates
        between the task's read and its write may be silently overwritten.
    type: bool
    default: false
  retrodetects:
    description: Ask Falcon to also raise detections for past observations of the indicators that are created or updated.
    type: bool
    default: false
  protect:
    description:
      - Values that must never be detected or prevented, so that you cannot block your own network.
      - Only the actions V(detect), V(prevent) and V(prevent_no_ui) are restricted. V(allow) and V(no_action) are always permitted.
    type: dict
    default: {}
    suboptions:
      builtin:
        description:
          - Protect private, shared, loopback, link-local, multicast, broadcast and unspecified addresses, well-known public
            resolvers, the hashes of the empty file, and CrowdStrike's own domains.
        type: bool
        default: true
      values:
        description: Exact values to protect.
        type: list
        elements: str
      networks:
        description: Networks, such as V(203.0.113.0/24). Every address in them is protected.
        type: list
        elements: str
      domains:
        description: Domains. Each covers itself and all of its subdomains.
        type: list
        elements: str
      files:
        description: MISP warning lists (JSON) on the machine that runs the task.
        type: list
        elements: path
      override:
        description: Exact values that are exempt from protection. They are named in the result.
        type: list
        elements: str
  on_protected:
    description:
      - V(fail) stops the task before the first write, in check mode too.
      - V(skip) leaves out protected indicators and names them in the result.
    type: str
    choices: [fail, skip]
    default: fail
"""

    FIELDS = r"""
options:
  type:
    description: The type of the indicator. V(all_subdomains) is for mobile platforms only.
    type: str
    choices: [sha256, md5, domain, ipv4, ipv6, all_subdomains]
  value:
    description:
      - The hash, domain or address.
      - It is normalized. Hashes and domains are converted to lowercase, domains lose a trailing dot, internationalized domains become
        punycode, and addresses take their canonical text form.
    type: str
  state:
    description: Whether the indicator should exist.
    type: str
    choices: [present, absent]
    default: present
  action:
    description:
      - What the sensor does on V(windows), V(mac) and V(linux). Required to create an indicator for any of these platforms.
      - Domains and addresses support V(no_action) and V(detect) only.
    type: str
    choices: [no_action, allow, detect, prevent, prevent_no_ui]
  mobile_action:
    description: What the sensor does on V(ios) and V(android). Required to create an indicator for either platform.
    type: str
    choices: [no_action, allow, detect, prevent, prevent_no_ui]
  severity:
    description:
      - The severity of the detection. Required with V(detect) and V(prevent), not allowed with V(allow).
      - An empty string clears it. A severity that a new action does not allow is cleared automatically.
    type: str
    choices: [informational, low, medium, high, critical, '']
  platforms:
    description:
      - The platforms to which the indicator applies. The whole list is replaced.
      - The default for a new indicator is V(windows), V(mac) and V(linux), or V(ios) and V(android) for type V(all_subdomains).
    type: list
    elements: str
    choices: [windows, mac, linux, ios, android]
  applied_globally:
    description: Apply to all hosts. This is the default for a new indicator without O(host_groups).
    type: bool
  host_groups:
    description:
      - Apply only to hosts in these groups, given by name or by ID. Names are not case-sensitive.
      - A string of 32 hexadecimal digits is taken as an ID and not looked up, so the scope C(Host Groups) is needed only for names.
      - An empty list requires O(applied_globally=true).
    type: list
    elements: str
  expiration:
    description:
      - When the indicator expires, as an RFC 3339 time, a date (the end of that day in UTC), or V(never), which clears it.
      - A relative time, such as V(+7d) or V(+12h), is set once, like O(expiration_days), and not set again while it is still in the future.
      - Falcon keeps an expired indicator but sets its actions to V(no_action). This is not treated as drift.
      - When the expiration changes, the actions are sent again.
    type: str
  expiration_days:
    description:
      - Set the expiration to this many days from now when the indicator is created, has expired, has no expiration, or has less than
        O(renew_within_days) left. Otherwise it never causes a change.
    type: int
  renew_within_days:
    description: Renew an expiration set by O(expiration_days) when fewer than this many days are left.
    type: int
  description:
    description: A description of at most 200 characters. An empty string clears it.
    type: str
  source:
    description: The source of the indicator, at most 200 characters. An empty string clears it.
    type: str
  tags:
    description: The tags. The whole list is replaced; an empty list removes all tags.
    type: list
    elements: str
  filename:
    description: The file name to show for a hash. An empty string clears it.
    type: str
  policy:
    description:
      - The action in the terms of the legacy API. V(detect) means O(action=detect) and V(none) means O(action=no_action).
      - With V(detect) and no O(severity), a new indicator gets V(medium), because the legacy API had no severity.
    type: str
    choices: [detect, none]
  share_level:
    description: The visibility field of the legacy API. It had only one value, and the current API has no such field, so this changes nothing.
    type: str
    choices: [red]
"""

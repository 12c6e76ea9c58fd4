#!/usr/bin/python
# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: falcon_ioc_report
short_description: Report on Falcon IOCs as HTML, JSON, CSV or JUnit XML
version_added: 1.0.0
description:
  - Computes the findings of an audit from a check-mode result of M(threatops.falcon.falcon_iocs) and the records of
    M(threatops.falcon.falcon_ioc_info), and writes them as a page for people, as data for programs, and as test results for pipelines. It can
    also write the results of M(threatops.falcon.falcon_ioc_hosts_info) and M(threatops.falcon.falcon_ioc_processes_info), or any other facts,
    as the same kind of page.
  - The HTML is a single self-contained file whose tables can be sorted, filtered and paged in the browser. It has a light and a dark theme and
    prints well. The content of fields that come from a tenant or a feed is shown as text, never interpreted.
  - No request is sent to Falcon unless O(read) is set. The connection options of the other modules are accepted, and those that are not secret
    are included in the report.
author:
  - threatops.falcon contributors (@threatops)
notes:
  - Files have mode 0600 and are written on the machine that runs the task.
extends_documentation_fragment:
  - threatops.falcon.attributes
  - threatops.falcon.auth
  - threatops.falcon.transport
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: partial
    details: A report contains the time at which it was made. To reproduce one, set O(generated).
options:
  kind:
    description:
      - V(audit) computes and reports findings. V(hunt) reports which hosts observed O(iocs), when, and what ran. V(page) reports the content of
        O(page).
    type: str
    choices: [audit, hunt, page]
    default: audit
  title:
    description: The heading of the report.
    type: str
    default: Falcon IOCs
  dest:
    description: The folder for the files. It is created if needed. Without it, nothing is written.
    type: path
  name:
    description: The name of the files, without a suffix. The default is the value of O(kind).
    type: str
  formats:
    description:
      - The formats to write. V(html) writes a file with the suffix C(.html), V(json) C(.json), V(csv) C(.csv), V(junit) C(.xml).
      - A CSV file contains the findings, the sightings of a hunt, or the first table of a page. V(junit) is only for audits.
    type: list
    elements: str
    choices: [html, json, csv, junit]
    default: [html, json]
  facts:
    description: Anything else to include in the report, by name.
    type: dict
    default: {}
  generated:
    description: When the report was made, as an RFC 3339 time. The default is now; a page has no time by default.
    type: str
  lists:
    description: The lists that were compared. O(plan) has the same order.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What to call the list.
        type: str
      source:
        description: Its owner.
        type: str
  plan:
    description: What M(threatops.falcon.falcon_iocs) returned in check mode, one element for each list.
    type: list
    elements: dict
    default: []
  records:
    description: Indicators of the tenant as returned by M(threatops.falcon.falcon_ioc_info), in which to look for expired and unprotected ones.
    type: list
    elements: dict
    default: []
  iocs:
    description: With O(kind=hunt), the indicators that were looked for, as in RV(threatops.falcon.falcon_ioc_hosts_info#module:iocs).
    type: list
    elements: dict
    default: []
  hosts:
    description: With O(kind=hunt), the hosts that observed them, as in RV(threatops.falcon.falcon_ioc_hosts_info#module:hosts).
    type: list
    elements: dict
    default: []
  processes:
    description: With O(kind=hunt), the processes that ran, as in RV(threatops.falcon.falcon_ioc_processes_info#module:processes).
    type: list
    elements: dict
    default: []
  read:
    description:
      - Read the indicators from Falcon instead of taking them from O(records). V(sources) reads those of the owners of O(lists), V(tenant) reads
        all. With many thousands of indicators this is much faster than passing them in a variable. The API client needs the scope
        C(IOC Management) with C(Read).
    type: str
    choices: [none, sources, tenant]
    default: none
  expiring_days:
    description: An indicator that expires within this many days is reported as C(expiring).
    type: int
    default: 30
  fail_on:
    description: Fail the task if there are findings of these kinds, after writing the files.
    type: list
    elements: str
    choices: [missing, changed, disabled, extra, foreign, unprotected, expired, expiring, held, protected, invalid, rejected]
    default: []
  protect:
    description: Values that must never be detected or blocked, as for M(threatops.falcon.falcon_iocs).
    type: dict
    default: {}
    suboptions:
      builtin:
        description: Protect the values that the collection itself knows must not be blocked.
        type: bool
        default: true
      values:
        description: Exact values to protect.
        type: list
        elements: str
      networks:
        description: Networks in CIDR notation.
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
        description: Exact values that are exempt from protection.
        type: list
        elements: str
  page:
    description: The content of a report of O(kind=page).
    type: dict
    suboptions:
      verdict:
        description: The sentence to read first.
        type: str
        required: true
      tone:
        description: The tone of the verdict, which decides its color.
        type: str
        choices: [good, warning, bad, neutral]
        default: neutral
      counts:
        description: Numbers at the top, each with C(name), C(number) and C(tone).
        type: list
        elements: dict
        default: []
      chart:
        description: A bar chart, with a C(title) and C(bars), which have the form of O(page.counts).
        type: dict
      tables:
        description:
          - Tables, each with C(title), C(columns), C(rows) (a list of lists of cells), and optionally a C(note) and C(tones) (a mapping of words to
            tones).
          - A column is a name, or a mapping with C(name) and C(kind), which is C(text), C(code), C(number), C(time), C(list) or C(label) (one of a
            few words, with its own filter).
        type: list
        elements: dict
        default: []
seealso:
  - module: threatops.falcon.falcon_iocs
  - module: threatops.falcon.falcon_ioc_info
  - module: threatops.falcon.falcon_ioc_evidence
"""

EXAMPLES = r"""
- name: Compare, and write nothing to the tenant
  threatops.falcon.falcon_iocs:
    source: soc-emea
    purge: true
    purge_allow_empty: true
    on_foreign: skip
    on_protected: skip
    iocs: "{{ falcon_iocs }}"
  check_mode: true
  register: planned

- name: Report, and fail where something is missing or was changed
  threatops.falcon.falcon_ioc_report:
    title: Falcon IOCs of soc-emea
    dest: reports
    formats: [html, json, csv, junit]
    lists: [{name: soc-emea, source: soc-emea}]
    plan: ["{{ planned }}"]
    read: tenant
    fail_on: [missing, changed, disabled]

- name: Find who observed a domain
  threatops.falcon.falcon_ioc_hosts_info:
    iocs: [{type: domain, value: beacon.example.net}]
  register: seen

- name: Find what ran there
  threatops.falcon.falcon_ioc_processes_info:
    iocs: "{{ seen.iocs }}"
  register: ran

- name: Report it
  threatops.falcon.falcon_ioc_report:
    kind: hunt
    title: INC-4711
    dest: reports
    formats: [html, json, csv]
    iocs: "{{ seen.iocs }}"
    hosts: "{{ seen.hosts }}"
    processes: "{{ ran.processes }}"

- name: A page of one's own
  threatops.falcon.falcon_ioc_report:
    kind: page
    title: Feeds
    dest: reports
    name: feeds
    page:
      verdict: Two feeds were read.
      tone: good
      tables:
        - title: Feeds
          columns: [Feed, {name: Indicators, kind: number}]
          rows: [[qakbot.csv, 120], [drops.txt, 14]]
"""

RETURN = r"""
files:
  description:
    - The file of each format. Empty if O(dest) is not set. In check mode, the files that would be written.
    - The JSON of an audit has the schema C(threatops.falcon/audit/1). It has C(schema), C(title), C(generated), C(summary), C(failed), C(failed_on),
      C(fail_on), C(counts) (findings by kind), C(totals) (the counts of all lists), C(lists) (C(name), C(source), C(plan_digest), C(counts)),
      C(facts), and C(findings), each with C(kind), C(type), C(value), C(list), C(owner), C(detail) and C(changes) (C(field), C(before) as the
      tenant has it, C(after) as the list has it). Keys may be added in later versions, but are never removed.
    - That of a hunt has the schema C(threatops.falcon/hunt/1). It has C(schema), C(title), C(generated), C(summary), C(counts), C(facts), C(iocs) (with
      how many C(hosts) and C(processes), C(first_started), C(last_started)), C(hosts) (with the same of each, and C(observed)), and C(sightings), each
      with C(started), C(ended), C(device_id), C(hostname), C(platform), C(type), C(value), C(process_id), C(file_name) and C(command_line).
    - That of a page has the schema C(threatops.falcon/page/1), and contains what O(page) contains, with C(title) and C(facts).
  returned: always
  type: dict
  sample: {html: reports/audit.html, json: reports/audit.json}
summary:
  description: The findings or the hunt in one line, or the verdict of the page.
  returned: always
  type: str
  sample: 118 of 120 in sync; 1 missing, 1 disabled
counts:
  description: The number of findings of each kind, including zeros. For a hunt, the number of C(iocs), C(seen), C(hosts), C(contained) and C(processes).
  returned: if O(kind=audit) or O(kind=hunt)
  type: dict
failed_on:
  description: The kinds listed in O(fail_on) that were found.
  returned: if O(kind=audit)
  type: list
  elements: str
"""

from ansible_collections.threatops.falcon.plugins.module_utils.task.base import run_module
from ansible_collections.threatops.falcon.plugins.module_utils.task.report import SPEC, run


def main() -> None:
    run_module(SPEC, run)


if __name__ == "__main__":
    main()

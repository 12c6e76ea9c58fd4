# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a list of indicators: for falcon_iocs, and for a deployment, once for all lists and for each of them.

An option is documented once, here, and its argument spec is in module_utils/task/list_options.py.
"""

from __future__ import annotations

import re
from typing import Any, Dict

import yaml

from .feeds import ModuleDocFragment as Feeds
from .indicator import ModuleDocFragment as Indicator
from .lifecycle import LIFECYCLE, REACH

_CONTENT = r"""
iocs:
  description:
    - The indicators. Each is a mapping with the fields of M(threatops.falcon.falcon_ioc).
    - Listing the same type and value twice is an error.
  type: list
  elements: raw
  default: []
  aliases: [indicators]
iocs_from:
  description:
    - Files of indicators on the machine that runs the task, in addition to C(iocs), for lists that are kept in files of their own.
      Wildcards such as V(iocs/*.yml) are expanded in alphabetical order; a pattern that matches no file is an error.
    - A YAML or JSON file holds a list of items, or a mapping of named lists, optionally under C(falcon_iocs), C(iocs) or C(indicators). The
      header of a CSV file names fields of an item, and an empty cell means that the field is not set.
    - Unlike a feed, such a file must be correct. An invalid item is a failure, and an indicator that is listed twice is an error.
  type: list
  elements: path
  default: []
  version_added: 1.1.0
source:
  description:
    - The owner of this list. It is written to the C(source) field of every indicator, and a different C(source) on an item is an error.
    - Without it, no indicator is foreign, and C(source) is an ordinary field of an item.
  type: str
"""

_POLICY = r"""
defaults:
  description:
    - Field values for items that do not set them.
    - A default that does not apply to an item, such as an action that its type does not allow, is left off that item. Set on the item
      itself, the same value is an error.
  type: dict
  default: {}
defaults_by_type:
  description: Field values for items of a given type, by type. They take precedence over C(defaults).
  type: dict
  default: {}
purge:
  description:
    - Delete indicators that C(source) owns but that are not in the list. Requires C(source).
    - An item that cannot be identified, or a malformed feed line, stops all of these deletions. The rest is applied, and the task fails.
  type: bool
  default: false
  aliases: [prune]
purge_allow_empty:
  description: Let C(purge) delete everything that C(source) owns when no item of the list has C(state=present).
  type: bool
  default: false
purge_allow_rejects:
  description: Purge even if a feed has malformed lines.
  type: bool
  default: false
max_deletions:
  description:
    - The maximum number of deletions, including items with V(state=absent). If the plan has more, the task fails before the first write, in
      check mode too.
    - A count such as V(25), or a percentage such as V(10%) of what the source owned before the run, rounded down. If several are given,
      separated by commas, such as V(5, 10%), the largest applies. V(100%) means no limit.
  type: str
max_shrink:
  description:
    - The percentage by which the feeds of a list may shrink, compared with what the tenant holds for C(source). Feeds that shrink by more
      stop C(purge), because such feeds are more likely broken than right. V(100%) allows any shrinkage. Items of C(iocs) do not count on
      either side.
  type: str
  default: 50%
  version_added: 1.1.0
on_foreign:
  description:
    - What to do if an indicator of the list, with either C(state), is owned by another source, or unowned.
    - V(fail) stops before the first write, in check mode too, and names the owner. V(skip) leaves the indicator alone.
      V(adopt) takes it over, or deletes it if the item has C(state=absent).
  type: str
  choices: [fail, skip, adopt]
  default: fail
on_error:
  description:
    - What to do if an item is invalid or a write fails.
    - V(continue) applies everything else, then fails and names the failures.
    - V(fail) stops before the first write if an item is invalid. If a write fails, no new batch is started, and the indicators that were not
      sent are named.
  type: str
  choices: [continue, fail]
  default: continue
"""

_POLICY += REACH + LIFECYCLE

_SENDING = r"""
batch_size:
  description: Indicators per request, at most 2000. Batches are made smaller automatically if the tenant accepts fewer.
  type: int
  default: 200
page_size:
  description: Records per page when listing, at most 2000. Smaller pages from the tenant are handled automatically.
  type: int
  default: 2000
concurrency:
  description: Number of parallel connections for reads and writes.
  type: int
  default: 4
"""

_ITEM = r"""
ring:
  description:
    - Pin the indicator to this ring of C(rings) for as long as this field is set. It moves there at once and stays there.
    - This can also be set as a default.
  type: str
  version_added: 1.1.0
ignore:
  description: Leave the indicator alone. It is neither changed nor purged.
  type: bool
  default: false
id:
  description: Falcon's ID of the record. It is accepted so that deleted records can be pasted back, but it is not used.
  type: str
"""


def _fields_of_an_item() -> Dict[str, Any]:
    """The fields of falcon_ioc, plus those that only an item of a list has."""
    # The markup of a field refers to the option of falcon_ioc.
    text = re.sub(r"\bO\((?![\w.]*#)", "O(threatops.falcon.falcon_ioc#module:", Indicator.FIELDS)
    fields: Dict[str, Any] = {**yaml.safe_load(text)["options"], **yaml.safe_load(_ITEM)}
    for name in ("type", "value"):
        fields[name]["required"] = True
    return fields


def _content() -> Dict[str, Any]:
    options: Dict[str, Any] = yaml.safe_load(_CONTENT)
    options["iocs"]["suboptions"] = _fields_of_an_item()
    return options


def _as_of_falcon_iocs(text: str) -> str:
    """Make markup of options in a text refer to falcon_iocs, for modules that have the options at another depth."""
    return re.sub(r"\bO\((?![\w.]*#)", "O(threatops.falcon.falcon_iocs#module:", text)


def _of_one_list() -> Dict[str, Any]:
    """The options of one list among several; an option that is not set takes its value from the deployment."""
    shared = yaml.safe_load(Indicator.DOCUMENTATION)["options"]
    options = {
        "name": {"description": "The name of the list.", "type": "str", "required": True},
        **_content(),
        **yaml.safe_load(_as_of_falcon_iocs(Feeds.DOCUMENTATION))["options"],
        **yaml.safe_load(_POLICY),
        "protect": shared["protect"],
        "on_protected": shared["on_protected"],
    }
    for option in options.values():
        option.pop("default", None)
        option.pop("version_added", None)
    return options


def _of_an_inventory() -> Dict[str, Any]:
    one = _of_one_list()
    feed = {
        **{name: one[name] for name in one if name not in ("iocs", "iocs_from", "feeds")},
        **one["feeds"]["suboptions"],
    }
    feed["name"] = {
        "description": "The name of this feed's list. The default is the file name without its suffix.",
        "type": "str",
    }
    feed["source"] = {
        "description": "The owner of this feed. The default is the owner of the inventory (or C(feed)), a colon, and the name.",
        "type": "str",
    }
    policy = yaml.safe_load(_POLICY)["on_foreign"]
    return {
        "iocs": {
            "description": "The indicators of the inventory, as a list, or as a mapping of named lists, which are merged.",
            "type": "raw",
        },
        "iocs_from": one["iocs_from"],
        "feeds": {
            "description": "Feeds. Each becomes a list with its own owner.",
            "type": "list",
            "elements": "dict",
            "suboptions": feed,
        },
        "source": {"description": "The owner of C(iocs) and C(iocs_from).", "type": "str"},
        "feeds_on_foreign": {
            **policy,
            "description": "What to do with feed indicators that another source owns.",
            "default": "skip",
        },
    }


def _text(options: Dict[str, Any]) -> str:
    return yaml.safe_dump({"options": options}, sort_keys=False, allow_unicode=True, width=140)


class ModuleDocFragment:
    DOCUMENTATION: str = _text({**_content(), **yaml.safe_load(_POLICY)})

    #: Set once for all lists of a deployment.
    POLICY: str = _text(yaml.safe_load(_POLICY))

    SENDING: str = _text(yaml.safe_load(_SENDING))

    #: The lists of a deployment.
    LISTS: str = _text(
        {
            "lists": {
                "description": [
                    "The lists, in the order in which they are applied. Each needs its own name and its own owner.",
                    "A list takes the options of M(threatops.falcon.falcon_iocs). An option that is not set on a list takes its value from this task.",
                ],
                "type": "list",
                "elements": "dict",
                "suboptions": _of_one_list(),
            },
            "inventory": {
                "description": [
                    "The lists in the form in which an inventory holds them, instead of O(lists). The indicators that people "
                    "maintain are the first list, and each feed is a list of its own.",
                ],
                "type": "dict",
                "suboptions": _of_an_inventory(),
            },
        }
    )

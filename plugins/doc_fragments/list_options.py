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
    - The indicators. Each is a mapping with the fields of M(threatops.falcon.falcon_ioc), as there.
    - The same type and value twice is an error.
  type: list
  elements: raw
  default: []
  aliases: [indicators]
iocs_from:
  description:
    - Files of indicators on the machine that runs the task, which mean what C(iocs) means, for lists that are kept in files of their own.
      Wildcards such as V(iocs/*.yml) are expanded in alphabetical order; a name that matches no file is an error.
    - A YAML or JSON file holds a list of items, or a mapping of named lists, also under C(falcon_iocs), C(iocs) or C(indicators). The heading
      of a CSV file names fields of an item, and an empty cell is a field that is left out.
    - Unlike a feed, such a file must be correct. A wrong item is a failure, and an indicator that is listed twice is an error.
  type: list
  elements: path
  default: []
  version_added: 1.1.0
source:
  description:
    - The owner of this list. It is written to the C(source) of every indicator, and a different one on an item is an error.
    - Without it nothing is foreign, and C(source) is an ordinary field of an item.
  type: str
"""

_POLICY = r"""
defaults:
  description:
    - Field values for items that omit them.
    - A default that an item cannot take is not applied to it. On an item itself the same thing is an error.
  type: dict
  default: {}
defaults_by_type:
  description: Field values for items of one type each, which take precedence over C(defaults).
  type: dict
  default: {}
purge:
  description:
    - Delete what C(source) owns and the list does not name. Needs C(source).
    - An item that cannot be identified, or a malformed feed line, stops every such deletion. The rest is applied and the task fails.
  type: bool
  default: false
  aliases: [prune]
purge_allow_empty:
  description: Let C(purge) delete everything that C(source) owns when the list has no item left that is to be present.
  type: bool
  default: false
purge_allow_rejects:
  description: Purge although a feed has malformed lines.
  type: bool
  default: false
max_deletions:
  description:
    - The maximum number of deletions, V(state=absent) of items included. More than that fails before the first write, in check mode too.
    - A count such as V(25), or a share such as V(10%) of what the source owned before the run, rounded down. Of several that are joined by
      comma, such as V(5, 10%), the largest counts. V(100%) is no limit.
  type: str
max_shrink:
  description:
    - The share in percent by which the feeds of a list may shrink, compared with what the tenant holds of C(source). Feeds that shrink by more
      stop C(purge), since they are more likely broken than right. V(100%) allows any. Items of C(iocs) count on neither side.
  type: str
  default: 50%
  version_added: 1.1.0
on_foreign:
  description:
    - What to do when another source, or none, owns an indicator that the list names, to be present or absent.
    - V(fail) stops before the first write, in check mode too, and names the owner. V(skip) leaves it alone.
      V(adopt) takes it over, or deletes it where it is to be absent.
  type: str
  choices: [fail, skip, adopt]
  default: fail
on_error:
  description:
    - V(continue) applies all the rest, then fails naming the failures.
    - V(fail) stops before the first write when an item is invalid. When a write fails, no new batch starts, and what was not sent is named.
  type: str
  choices: [continue, fail]
  default: continue
"""

_POLICY += REACH + LIFECYCLE

_SENDING = r"""
batch_size:
  description: Indicators per request, at most 2000. A tenant that takes fewer is served all the same.
  type: int
  default: 200
page_size:
  description: Records per page of a listing, at most 2000. A tenant that gives fewer is served all the same.
  type: int
  default: 2000
concurrency:
  description: Connections that read and write at the same time.
  type: int
  default: 4
"""

_ITEM = r"""
ring:
  description:
    - Pin the indicator to this ring of C(rings), for as long as the item says so. It gets there at once, and is not moved on from there.
    - It may be a default, too.
  type: str
  version_added: 1.1.0
ignore:
  description: Leave the indicator alone. It is neither changed nor purged.
  type: bool
  default: false
id:
  description: Falcon's id of the record. It is accepted, so that deleted records can be pasted back, and not used.
  type: str
"""


def _fields_of_an_item() -> Dict[str, Any]:
    """The fields of falcon_ioc, and what an item of a list takes beside them."""
    # The markup of a field means the option of falcon_ioc.
    text = re.sub(r"\bO\((?![\w.]*#)", "O(threatops.falcon.falcon_ioc#module:", Indicator.FIELDS)
    fields: Dict[str, Any] = {**yaml.safe_load(text)["options"], **yaml.safe_load(_ITEM)}
    for name in ("type", "value"):
        fields[name]["required"] = True
    return fields


def _content() -> Dict[str, Any]:
    options: Dict[str, Any] = yaml.safe_load(_CONTENT)
    options["iocs"]["suboptions"] = _fields_of_an_item()
    return options


def _of_one_list() -> Dict[str, Any]:
    """The options of one list of several: one that is not given is that of the deployment."""
    shared = yaml.safe_load(Indicator.DOCUMENTATION)["options"]
    options = {
        "name": {"description": "What the list is called.", "type": "str", "required": True},
        **_content(),
        **yaml.safe_load(Feeds.DOCUMENTATION)["options"],
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
        "description": "What the list of this feed is called; without it, the name of the file without its suffix.",
        "type": "str",
    }
    feed["source"] = {
        "description": "The owner of this feed; without it, the owner of the inventory (or C(feed)), a colon and the name.",
        "type": "str",
    }
    policy = yaml.safe_load(_POLICY)["on_foreign"]
    return {
        "iocs": {
            "description": "The indicators of the inventory. A list, or a mapping of named lists, which are merged.",
            "type": "raw",
        },
        "iocs_from": one["iocs_from"],
        "feeds": {
            "description": "Feeds, each of which is a list with an owner of its own.",
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

    #: Once for all lists of a deployment.
    POLICY: str = _text(yaml.safe_load(_POLICY))

    SENDING: str = _text(yaml.safe_load(_SENDING))

    #: The lists of a deployment.
    LISTS: str = _text(
        {
            "lists": {
                "description": [
                    "The lists, in the order in which they are applied. Each needs a name and an owner of its own.",
                    "The options of a list are those of M(threatops.falcon.falcon_iocs). One that is not given is that of the deployment.",
                ],
                "type": "list",
                "elements": "dict",
                "suboptions": _of_one_list(),
            },
            "inventory": {
                "description": [
                    "The lists as an inventory has them, instead of O(lists). The first list is what people wrote, and every feed is a list of its own.",
                ],
                "type": "dict",
                "suboptions": _of_an_inventory(),
            },
        }
    )

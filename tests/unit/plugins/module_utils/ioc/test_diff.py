# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a reviewer reads."""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Tuple

from ansible_collections.threatops.falcon.plugins.module_utils.ioc import diff
from ansible_collections.threatops.falcon.plugins.module_utils.ioc.change import (
    CREATE,
    DELETE,
    UPDATE,
    Change,
)

RECORD: Dict[str, Any] = {
    "id": "1" * 64, "type": "domain", "value": "a.example", "action": "detect", "platforms": ["windows", "ios"],
    "mobile_action": "allow", "applied_globally": True, "description": "two words",
}  # fmt: skip
GROUP = "c" * 32


def create(value: str, **fields: Any) -> Change:
    return Change(
        CREATE, "domain", value, after={"platforms": ["windows"], "applied_globally": True, **fields}
    )


def update(value: str, before: Dict[str, Any], after: Dict[str, Any], **stored: Any) -> Change:
    return Change(UPDATE, "domain", value, before=before, after=after, record={**RECORD, **stored})


def lines(changes: Sequence[Change], **options: Any) -> Tuple[List[str], List[str]]:
    found = diff.texts(changes, **options)
    return found["before"].splitlines(), found["after"].splitlines()


def test_nothing_to_show() -> None:
    assert diff.texts([], "soc") == {"before": "", "after": ""} and diff.summary([]) == "0 changes"


def test_one_entry_says_all_of_it_and_no_more() -> None:
    assert diff.texts([create("a.example", action="detect")], "soc-emea") == {
        "before": "",
        "after": "create domain a.example: action=detect platforms=windows applied_globally=true\n",
        "before_header": "tenant: soc-emea",
        "after_header": "inventory: soc-emea",
    }


def test_deletions_first_and_every_line_names_its_indicator() -> None:
    before, after = lines(
        [
            create("new.example", action="detect"),
            update("a.example", {"severity": ""}, {"severity": "low"}),
            Change(DELETE, "domain", "old.example", record={**RECORD, "value": "old.example"}),
        ]
    )
    first = "1 to delete, 1 to update, 1 to create; unless shown: "
    first += "action=detect platforms=windows,ios applied_globally=true"
    assert before == [
        first,
        'delete domain old.example: mobile_action=allow description="two words"',
        'update domain a.example: severity=""',
    ]
    assert after == [
        first,
        "update domain a.example: severity=low",
        "create domain new.example: platforms=windows",
    ]


def test_two_that_are_swapped_keep_their_fields() -> None:
    before, after = lines(
        [
            update("a.example", {"severity": "low"}, {"severity": "high"}),
            update("b.example", {"severity": "high"}, {"severity": "low"}),
        ]
    )
    assert before[1:] == ["update domain a.example: severity=low", "update domain b.example: severity=high"]
    assert after[1:] == ["update domain a.example: severity=high", "update domain b.example: severity=low"]


def test_what_all_have_in_common_is_said_once() -> None:
    _before, after = lines([create(f"{name}.example", action="detect", tags=["x"]) for name in "abc"])
    assert after == [
        "3 to create; all: action=detect platforms=windows tags=x applied_globally=true",
        "create domain a.example",
        "create domain b.example",
        "create domain c.example",
    ]


def test_what_differs_from_most_is_shown() -> None:
    group = {"applied_globally": False, "host_groups": [GROUP]}
    changes = [create("a.example"), create("b.example"), create("c.example", **group)]
    _before, after = lines(changes, groups={GROUP: "Servers EMEA"})
    assert after[0] == "3 to create; unless shown: platforms=windows applied_globally=true"
    assert after[3] == 'create domain c.example: host_groups="Servers EMEA"'
    assert lines(changes)[1][3] == f"create domain c.example: host_groups={GROUP}"


def test_scope_is_shown_where_scope_or_action_change() -> None:
    changes = [
        update("a.example", {"action": "no_action"}, {"action": "detect"}),
        update("b.example", {"severity": ""}, {"severity": "low"}),
        update(
            "c.example",
            {"applied_globally": True, "host_groups": []},
            {"applied_globally": False, "host_groups": [GROUP]},
        ),
    ]
    before, after = lines(changes)
    assert before[1] == "update domain a.example: action=no_action applied_globally=true"
    assert after[1:] == [
        "update domain a.example: action=detect applied_globally=true",
        "update domain b.example: severity=low",
        f"update domain c.example: host_groups={GROUP}",
    ]


def test_an_update_of_one_that_differs_from_most_says_so() -> None:
    changes = [
        create("a.example", platforms=["windows", "ios"]),
        create("b.example", platforms=["windows", "ios"]),
        update(
            "c.example", {"severity": ""}, {"severity": "low"}, applied_globally=False, host_groups=[GROUP]
        ),
    ]
    before, after = lines(changes)
    assert before[1] == f'update domain c.example: severity="" host_groups={GROUP}'
    assert after[1] == f"update domain c.example: severity=low host_groups={GROUP}"


def test_neither_global_nor_in_a_group() -> None:
    changes = [update("a.example", {"host_groups": [GROUP]}, {"host_groups": []}, applied_globally=False)]
    assert lines(changes)[1] == ["update domain a.example: host_groups=[]"]


def test_the_lists_that_modules_return() -> None:
    found = diff.lists(
        [
            create("a.example"),
            update("a.example", {"severity": ""}, {"severity": "low"}),
            Change(DELETE, "domain", "a.example", record=RECORD),
        ]
    )
    assert found["created_iocs"][0]["value"] == "a.example"
    assert found["updated_iocs"][0]["before"] == {"severity": ""}
    assert found["deleted_iocs"][0]["id"] == "1" * 64


def test_each_kind_is_capped_with_a_count_of_its_own() -> None:
    most = diff.MOST_SHOWN
    changes = [create(f"a{number}.example") for number in range(most + 5)]
    changes += [
        update(f"b{number}.example", {"severity": ""}, {"severity": "low"}) for number in range(most + 1)
    ]
    changes += [
        Change(DELETE, "domain", f"c{number}.example", record=RECORD) for number in range(most + 2000)
    ]
    before, after = lines(changes)
    assert before[0].startswith(f"{most + 2000:,} to delete, {most + 1} to update, {most + 5} to create")
    assert before[most + 1] == "... and 2,000 more deletions" and len(before) == 2 + 2 * most
    assert after[most + 1] == "... and 1 more update" and after[-1] == "... and 5 more creations"


def test_what_a_terminal_would_act_on_is_shown_as_an_escape() -> None:
    assert diff.visible("plain") == "plain"
    assert diff.visible("ü") == "ü"
    assert diff.visible("a\x1b[31m\u202eb") == "a\\x1b[31m\\u202eb"


def test_the_lines_of_an_update_stand_together_and_each_kind_is_cut_off_by_itself(monkeypatch: Any) -> None:
    monkeypatch.setattr(diff, "MOST_SHOWN", 1)
    changes = [
        *(create(f"{number}.example", action="detect") for number in range(3)),
        *(update(f"u{number}.example", {"severity": "low"}, {"severity": "high"}) for number in range(2)),
        Change(DELETE, "domain", "old.example", record={**RECORD, "value": "old.example"}),
    ]
    told = diff.lines(changes, "soc\x1b")
    assert told[:2] == ["--- tenant: soc\\x1b", "+++ inventory: soc\\x1b"] and told[2].startswith(
        "@@ 1 to delete, 2 to"
    )
    assert [line.split(":")[0] for line in told[3:]] == [
        "-delete domain old.example",
        "-update domain u0.example",
        "+update domain u0.example",
        " ... and 1 more update",
        "+create domain 0.example",
        " ... and 2 more creations",
    ]
    assert diff.lines([], "soc") == []

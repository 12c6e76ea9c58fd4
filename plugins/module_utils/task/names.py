# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user calls the options: a role has variables of its own names, and messages name those."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Mapping

_WORD = re.compile(r"(?<![\w.])\w+")


@dataclass(frozen=True)
class Names:
    """The names of options as the user knows them, by the names of the module's options."""

    known: Mapping[str, str] = field(default_factory=dict)

    def of(self, option: str) -> str:
        return self.known.get(option, option)

    def in_text(self, text: str, *options: str) -> str:
        """A message that names options of the module, with the user's names for these."""
        meant = {option: self.known[option] for option in options if option in self.known}
        return _WORD.sub(lambda word: meant.get(word.group(), word.group()), text) if meant else text


#: The module's own names: nobody calls an option anything else.
OWN_NAMES = Names()

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Renew the top-level domains that plugins/module_utils/ioc/feeds/top_levels.py ships.

    python scripts/renew_top_level_domains.py                      # from IANA
    python scripts/renew_top_level_domains.py FILE "SOURCE" DATE   # from a copy: IANA's text, or a JSON list of names

The change belongs in a commit of its own; read its diff.
"""

from __future__ import annotations

import datetime
import json
import re
import sys
import textwrap
import urllib.request
from pathlib import Path

URL = "https://data.iana.org/TLD/tlds-alpha-by-domain.txt"
TARGET = Path(__file__).resolve().parents[1] / "plugins/module_utils/ioc/feeds/top_levels.py"
NAME = re.compile(r"[a-z][a-z0-9-]{0,61}[a-z0-9]\Z")


def names_of(text: str) -> list[str]:
    """The names in ASCII, in order; a name that is no top-level domain ends the run."""
    given = json.loads(text) if text.lstrip().startswith("[") else re.sub(r"#.*", "", text).split()
    names = sorted({str(name).lower().encode("idna").decode("ascii") for name in given})
    odd = [name for name in names if not NAME.match(name)]
    if odd or len(names) < 1000:
        raise SystemExit(f"This is not the list of top-level domains: {len(names)} names, {odd[:3]}")
    return names


def main(arguments: list[str]) -> None:
    if len(arguments) == 3:
        text, source, date = Path(arguments[0]).read_text(encoding="utf-8"), arguments[1], arguments[2]
    elif not arguments:
        with urllib.request.urlopen(URL, timeout=30) as answer:
            text = answer.read(1 << 20).decode("ascii")
        source, date = URL, datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    else:
        raise SystemExit(__doc__)
    names = names_of(text)
    head, mark, _old = TARGET.read_text(encoding="utf-8").partition("#: Where the list comes from")
    if not mark:
        raise SystemExit(f"{TARGET}: the line that begins with '#: Where the list comes from' is missing")
    lines = textwrap.wrap(" ".join(names), 104, break_on_hyphens=False)
    TARGET.write_text(
        head
        + mark
        + f', and its date.\nSOURCE = "{source}"\nDATE = "{date}"\n\n'
        + 'TOP_LEVELS = words(\n    """\n'
        + "\n".join(f"    {line}" for line in lines)
        + '\n    """\n)\n',
        encoding="utf-8",
    )
    print(f"{len(names)} top-level domains from {source}, {date}")


if __name__ == "__main__":
    main(sys.argv[1:])

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""README and the getting-started guide, followed to the letter: their files are written, their commands are run.

A block with a name (a caption, or the last file that the paragraph before it names) becomes that file. The lines of a
text block have to appear in what the command before it printed.
"""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "docsite" / "rst" / "getting_started_guide.rst"
README = ROOT / "README.md"
# What the tests of the artefact do, and what belongs to a shell of its own.
ELSEWHERE = (
    "python3 ",
    "pip ",
    "source ",
    "git ",
    "cd ",
    "make ",
    "ansible-galaxy ",
    "ansible-doc ",
    "unset ",
)


class Newcomer:
    """Somebody in an empty folder who types what is written.

    ``folder``: the empty folder
    ``known``: environment variables that are set before
    """

    def __init__(self, folder: Path, **known: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FALCON_")}
        own = {"ANSIBLE_HOME": str(folder / ".ansible"), "ANSIBLE_NOCOLOR": "1", "HOME": str(folder)}
        self.environment = {**kept, **own, **known}
        self.folder = folder
        self.printed = ""
        self.compared = 0
        self.ran: list[str] = []

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def type(self, command: str) -> None:
        """Run one line of a console block."""
        if command.startswith(ELSEWHERE):
            return
        words = shlex.split(command)
        if words[0] == "export":
            given = dict(word.split("=", 1) for word in words[1:])
            self.environment.update({name: value for name, value in given.items() if value != "..."})
            return
        assert words[0] == "ansible-playbook", command
        ran = subprocess.run(
            # The packages of the simulator are here already.
            [*words, "-e", f"simulator_python={sys.executable}"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        self.printed = ran.stdout + ran.stderr
        self.ran.append(command)
        wrong_on_purpose = "wrong.yml" in command
        assert bool(ran.returncode) == wrong_on_purpose, f"{command}\n{self.printed}"

    def compare(self, text: str) -> None:
        """Find what a page shows in what was printed, line by line and in its order."""
        seen = " ".join(self.printed.split())
        at = 0
        for line in filter(None, (line.strip() for line in text.splitlines())):
            wanted = " ".join(line.split())
            found = seen.find(wanted, at)
            assert found >= 0, f"{line}\nis not in, or not behind the line before in\n{self.printed}"
            at = found + len(wanted)
            self.compared += 1


def blocks_of_markdown(path: Path) -> Iterator[tuple[str, str, str]]:
    """Language, name and text of every block."""
    for before, language, text in re.findall(
        r"([^\n]*(?:\n[^\n`]*)?)\n\n```(\w+)\n(.*?)^```",
        path.read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    ):
        names = re.findall(r"`([\w./]+/[\w./]+)`", before)
        yield language, names[-1] if names else "", text


def blocks_of_guide(path: Path) -> Iterator[tuple[str, str, str]]:
    """Language, name and text of every block."""
    block = re.compile(
        r"^\.\. code-block:: (\w+)\n(?: +:caption: (\S+)\n)?\n((?: {4}[^\n]*\n|\n)+)", re.MULTILINE
    )
    for language, name, text in block.findall(path.read_text(encoding="utf-8")):
        yield language, name, re.sub(r"^ {4}", "", text, flags=re.MULTILINE)


def follow(newcomer: Newcomer, blocks: Iterator[tuple[str, str, str]]) -> None:
    for number, (language, name, text) in enumerate(blocks):
        if language == "console":
            for line in text.splitlines():
                if line.startswith("$ "):
                    newcomer.type(line.removeprefix("$ "))
        elif language == "text":
            newcomer.compare(text)
        elif name:
            newcomer.write(name, text)
        else:
            newcomer.write(f"playbook_{number}.yml", text)
            newcomer.type(f"ansible-playbook -i inventory playbook_{number}.yml")


def stop(newcomer: Newcomer) -> None:
    """Leave nothing running, whatever happened."""
    play = "- {hosts: localhost, connection: local, gather_facts: false, roles: [threatops.falcon.simulator]}"
    newcomer.write("stop.yml", play)
    newcomer.type("ansible-playbook stop.yml -e simulator_state=stopped")


def test_readme(simulator: Any, tmp_path: Path) -> None:
    newcomer = Newcomer(
        tmp_path,
        FALCON_BASE_URL=simulator.url,
        FALCON_CLIENT_ID=simulator.client_id,
        FALCON_CLIENT_SECRET=simulator.client_secret,
    )
    try:
        follow(newcomer, blocks_of_markdown(README))
    finally:
        stop(newcomer)
    assert len(newcomer.ran) == 5
    assert newcomer.compared == 10
    assert sorted(record["type"] for record in simulator.indicators()) == ["domain", "sha256"]


def test_getting_started(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    newcomer = Newcomer(tmp_path)
    try:
        follow(
            newcomer,
            ((kind, name, text.replace("8787", port)) for kind, name, text in blocks_of_guide(GUIDE)),
        )
    finally:
        stop(newcomer)
    assert len(newcomer.ran) == 9
    assert newcomer.compared == 21
    assert (tmp_path / "reports" / "audit.html").is_file()

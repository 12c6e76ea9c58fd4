# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serve a folder on a free loopback port, detached, and print the port and the process: serve.py FOLDER."""

from __future__ import annotations

import functools
import http.server
import json
import os
import subprocess
import sys


def serve(folder: str) -> None:
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    print(json.dumps({"port": server.server_address[1], "pid": os.getpid()}), flush=True)
    sys.stdout.close()
    server.serve_forever()


if __name__ == "__main__":
    if sys.argv[2:] == ["here"]:
        serve(sys.argv[1])
    process = subprocess.Popen(
        [sys.executable, __file__, sys.argv[1], "here"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )
    assert process.stdout is not None
    print(process.stdout.readline().strip())

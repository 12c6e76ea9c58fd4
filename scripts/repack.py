# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""repack.py ARTEFACT FOLDER SECONDS: write a collection artefact again so that equal content is equal bytes.

`ansible-galaxy collection build` lists files in the order of the file system, in FILES.json and in the archive, and
stores the times and modes that it finds. Here everything is sorted, and times, owners and modes are fixed.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path


def repack(artefact: Path, folder: Path, seconds: int) -> Path:
    """Write the artefact into `folder` with `seconds` since 1970 as the time of everything in it."""
    with tarfile.open(artefact) as archive:
        contents = {
            member.name: (member, archive.extractfile(member).read() if member.isfile() else b"")
            for member in archive.getmembers()
        }
    listing = json.loads(contents["FILES.json"][1])
    listing["files"].sort(key=lambda entry: entry["name"])
    files = json.dumps(listing, indent=1).encode()
    manifest = json.loads(contents["MANIFEST.json"][1])
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(files).hexdigest()
    contents["FILES.json"] = (contents["FILES.json"][0], files)
    contents["MANIFEST.json"] = (contents["MANIFEST.json"][0], json.dumps(manifest, indent=1).encode())

    # The manifest comes first, as Ansible itself packs it.
    first = ("MANIFEST.json", "FILES.json")
    target = folder / artefact.name
    with (
        target.open("wb") as raw,
        gzip.GzipFile("", "wb", 9, raw, mtime=seconds) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive,
    ):
        for name in sorted(contents, key=lambda name: (name not in first, name)):
            member, data = contents[name]
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = member.type, member.linkname
            entry.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            entry.mtime, entry.size = seconds, len(data)
            archive.addfile(entry, io.BytesIO(data))
    return target


if __name__ == "__main__":
    print(repack(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))

# Copyright (c) 2026 the threatops.falcon contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a dotted name that no feed calls a domain is one, or the name of a file, a program or a class."""

from __future__ import annotations

from typing import Optional

from .model import Fault, words
from .top_levels import TOP_LEVELS

# Extensions of files that are no top-level domains. A defanged name with one is the name of a file as well.
_FILES = words(
    "exe dll sys scr bat cmd ps1 psm1 psd1 vbs vbe js jse wsf wsh hta msi msp msix appx appxbundle lnk doc docx docm "
    "dotm dotx xls xlsx xlsm xlsb xlam ppt pptx pptm ppsx onepkg pdf rtf txt log ini cfg conf inf dat bin tmp bak "
    "old htm html xhtml shtml mht mhtml php php5 phtml asp aspx ashx asmx jsp jspx css scss less xml xsl xslt json "
    "yml yaml toml csv tsv rar 7z gz bz2 xz tar tgz iso img vhd vhdx vmdk dmg pkg deb rpm apk jar war ear class elf "
    "ocx cpl drv ko dylib pyc pyd pyw rb lua reg url eml msg png jpg jpeg gif bmp ico svg tif tiff webp mp3 mp4 avi "
    "wav swf sfx a3x aes enc db sqlite sqlite3 sql mdb cs vb vbproj csproj sln ttf woff woff2 eot evtx etl pcap pcapng "
    "lock htaccess arm arm5 arm6 arm7 mips mpsl m68k ppc sh4 x86 x64 ipa efi pem crt cer der p12 pfx jks keystore "
    "rules yar yara sig plist pdb dmp job manifest config nse nupkg whl egg c h cpp hpp asm "
    "go swift kt ts tsx jsx vue md5 sha1 sha256 asc gpg torrent chm hlp mui tlb lib obj o a bundle kext service "
    "socket timer desktop template ps1xml ejs crx xpi vsix"
)
# Top-level domains that are far more often the extension of a file where a name stands alone and plain.
_FILES_FIRST = words("zip mov sh py md ps so cab inc java map properties")
# Reserved for documentation and tests (RFC 2606), and for Tor (RFC 7686).
_RESERVED = words("example test invalid onion")
# Top-level domains that nobody takes for a word of a programming language.
_NEVER_CODE = words("com org info biz")
_COMMON = words(
    "com net org info biz name pro edu gov mil int xyz top club online site shop store live icu cyou cfd sbs buzz work "
    "website space fun host press mobi asia app dev page link click cloud tech digital world today life email network "
    "systems services agency center company solutions support expert finance money loan bid win vip men date trade "
    "stream download review party science racing faith webcam accountant country cricket wang ltd group team monster "
    "quest rest bar best lol one onion example test"
)
# How the names of program packages begin, which are domains back to front.
_PACKAGES = words("com org net android java javax")
_PROGRAMS = words("asp.net vb.net ado.net ml.net c#.net j#.net f#.net socket.io")
# The first and the last word of classes, objects and methods, where both are names that a domain may have, too.
_CODE_FIRST = words(
    "system microsoft windows wscript cscript shell java javax document window this self console os sys process "
    "request response event http net io android python win32"
)
_CODE_LAST = words(
    "net network io name id open link map media security services management tools host shell call date data run "
    "style in is as to do web cc box parts"
)


def is_plausible_domain(name: str, written: str, defanged: bool = False) -> bool:
    """Whether a name in normal form, written as it is in the feed, is a domain."""
    return name_fault(name, written, defanged) is None


def name_fault(name: str, written: str, defanged: bool = False) -> Optional[Fault]:
    """Why a name is the name of a file, a program or a class; None for a domain.

    A name that its author defanged is a domain unless its ending is the extension of a file. A plain one needs a
    top-level domain of IANA's, and must not look like a class (System.Net) or a package (com.vendor.app).
    """
    labels = name.split(".")
    top = labels[-1]
    if top in _FILES or (top in _FILES_FIRST and not defanged):
        return Fault("a file name; Falcon does not take them", False, "file_name")
    if defanged:
        return None
    if top not in TOP_LEVELS and top not in _RESERVED:
        return Fault(f"a name that does not end in a top-level domain: {top[:40]!r}", False, "not_a_domain")
    if _is_code(labels, written.rstrip(".")) or _is_package(labels):
        return Fault("the name of a program or a class, not a domain", False, "not_a_domain")
    return None


def _is_code(labels: list[str], written: str) -> bool:
    top = labels[-1]
    if ".".join(labels) in _PROGRAMS:
        return True
    if len(labels) == 2 and labels[0] in _CODE_FIRST and top in _CODE_LAST:
        return True
    ending = written.rpartition(".")[2]
    if top in _NEVER_CODE or written.isupper() or ending.islower():
        return top == "app" and written[:1].isupper() and not written.isupper()  # an application of macOS
    return any(map(str.isupper, ending))  # WScript.Network, System.IO


def _is_package(labels: list[str]) -> bool:
    top = labels[-1]
    unusual = len(top) > 2 and not top.startswith("xn--") and (top not in _COMMON or top == "app")
    return labels[0] in _PACKAGES and len(labels) > 2 and unusual

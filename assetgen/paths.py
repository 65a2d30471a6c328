"""Which project-relative paths may be read and written, by their text; never looks at a disk.

The rule is the same on every system, so that a project that is fine here is fine elsewhere.
"""

from __future__ import annotations

import re
from functools import lru_cache

MAX_COMPONENT = 255
"""Bytes of UTF-8 that one component may have."""

_DEVICE = r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])"
_IS_DEVICE = re.compile(rf"{_DEVICE} *(?:[.:]|\Z)", re.IGNORECASE)
# Spellings under which file systems find the folder `.git`: NTFS has a short name and streams and
# drops trailing dots and spaces.
_IS_GIT = re.compile(r"(?:\.git|git~[0-9]+)[. ]*(?:\Z|:)", re.IGNORECASE)
# Characters that HFS+ leaves out when it compares names.
_IGNORED = re.compile(r"[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_DRIVE = re.compile(r"[A-Za-z]:")
_PLAIN = re.compile(
    rf"(?!{_DEVICE} *(?:\.|\Z))[a-z0-9_](?:[a-z0-9_ .-]{{0,253}}[a-z0-9_-])?",
    re.IGNORECASE | re.ASCII,
)


def check_path(path: str) -> str | None:
    """Return why a project-relative path with `/` is unacceptable, or None if it is fine.

    The answer continues a sentence that begins with the path, such as ``is absolute``.
    """
    folder, slash, name = path.rpartition("/")
    if slash:
        why = _check_folder(folder)
        if why:
            return why
    elif _DRIVE.match(name):
        return "begins with a drive letter"
    return None if _PLAIN.fullmatch(name) else _check_component(name)


@lru_cache(maxsize=16384)
def _check_folder(folder: str) -> str | None:
    if not folder or folder[0] == "/":
        return "is absolute"
    if _DRIVE.match(folder):
        return "begins with a drive letter"
    return next(filter(None, map(_check_component, folder.split("/"))), None)


def _check_component(name: str) -> str | None:
    if name in ("", ".", ".."):
        return f"has a component '{name}'" if name else "has an empty component"
    if "\\" in name:
        return "has a backslash; write / between folders"
    if _CONTROL.search(name):
        return "has a control character"
    if _SURROGATE.search(name):
        return "is not valid Unicode"
    if name[-1] in ". ":
        return "has a component that ends with a dot or a space"
    if len(name.encode()) > MAX_COMPONENT:
        return f"has a component of more than {MAX_COMPONENT} bytes"
    if _IS_GIT.match(_IGNORED.sub("", name)):
        return "leads into .git"
    if _IS_DEVICE.match(name):
        return "has a component that is a device on Windows"
    return None

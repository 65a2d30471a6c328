"""Whether git is at work on the files of a folder; runs no git and reads nothing that it keeps."""

from __future__ import annotations

import os

LOCK = "index.lock"
STALE = 60.0
"""Seconds after which a lock is one that a git which was killed has left behind."""
MAX_LINK = 4096


def is_git_busy(root: str, now: float) -> bool:
    """Whether a git command, such as a checkout, is changing the working tree around ``root``.

    ``now``: seconds since the epoch.
    """
    folder = _git_folder(root)
    if folder is None:
        return False
    try:
        return now - os.stat(os.path.join(folder, LOCK)).st_mtime < STALE
    except OSError:
        return False


def _git_folder(root: str) -> str | None:
    """Return git's folder of the nearest working tree at or above ``root``."""
    folder = root
    while True:
        found = os.path.join(folder, ".git")
        if os.path.isdir(found):
            return found
        if os.path.isfile(found):
            return _linked(found)
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def _linked(path: str) -> str | None:
    """Return where the file `.git` of a linked working tree or a submodule leads."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(MAX_LINK)
    except (OSError, UnicodeDecodeError):
        return None
    if not text.startswith("gitdir: "):
        return None
    return os.path.normpath(os.path.join(os.path.dirname(path), text[8:].strip()))

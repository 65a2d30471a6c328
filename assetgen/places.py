"""Where a project and the user's own folders are on this machine; knows nothing of their contents.

The rules are those of platformdirs, written out because importing it takes longer than a whole
build that has nothing to do; a test keeps the two in agreement.
"""

from __future__ import annotations

import os
import posixpath
import sys

if sys.platform != "win32":
    import pwd

# typing and collections.abc take a fifth of a Python start each; type checkers know this name.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

SPEC_NAME = "assetgen.yaml"
MAX_PART = 200
"""Bytes of one component of a project's folder in the cache; file systems allow 255."""

_XDG = {"cache": ".cache", "config": ".config", "data": ".local/share"}
_MAC = {
    "cache": "Library/Caches",
    "config": "Library/Application Support",
    "data": "Library/Application Support",
}


def data_dir(environ: Mapping[str, str], platform: str = sys.platform) -> str:
    """Return the folder of the paid store and the ledger (`ASSETGEN_DATA_DIR`)."""
    own = environ.get("ASSETGEN_DATA_DIR")
    return os.path.abspath(own) if own else _default("data", environ, platform)


def cache_dir(environ: Mapping[str, str], platform: str = sys.platform) -> str:
    """Return the folder of what can be recomputed (`ASSETGEN_CACHE_DIR`)."""
    own = environ.get("ASSETGEN_CACHE_DIR")
    return os.path.abspath(own) if own else _default("cache", environ, platform)


def config_file(environ: Mapping[str, str], platform: str = sys.platform) -> str:
    """Return the path of the user's config file (`ASSETGEN_CONFIG`); it need not exist."""
    own = environ.get("ASSETGEN_CONFIG")
    if own:
        return os.path.abspath(own)
    separator = "\\" if platform == "win32" else "/"
    return _default("config", environ, platform) + separator + "config.toml"


def _default(use: str, environ: Mapping[str, str], platform: str) -> str:
    if platform == "win32":
        profile = environ.get("USERPROFILE", "C:")
        local = environ.get("LOCALAPPDATA") or f"{profile}\\AppData\\Local"
        folder = local.replace("/", "\\").rstrip("\\") + "\\assetgen"
        return folder + "\\Cache" if use == "cache" else folder
    base = environ.get(f"XDG_{use.upper()}_HOME", "")
    if not posixpath.isabs(base):
        base = posixpath.join(_home(environ), (_MAC if platform == "darwin" else _XDG)[use])
    return posixpath.join(base, "assetgen")


def _home(environ: Mapping[str, str]) -> str:
    home = environ.get("HOME", "")
    if posixpath.isabs(home) or sys.platform == "win32":
        return home
    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:  # a container's user without an entry
        return "/"


def find_root(start: str) -> str | None:
    """Return the real path of the nearest folder at or above ``start`` with a spec, or None."""
    folder = os.path.realpath(start)
    while True:
        if os.path.isfile(os.path.join(folder, SPEC_NAME)):
            return folder
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def project_folder(cache: str, root: str) -> str:
    """Return the folder under ``cache`` that belongs to the project at the real path ``root``.

    Two projects never share one, and no part is longer than :data:`MAX_PART` bytes.
    """
    escaped = os.fsencode(root)
    for sign in (b"%", b"/", b"\\", b":"):
        escaped = escaped.replace(sign, b"%%%02X" % sign[0])
    # No escape begins with %+, so a continuation cannot be taken for a file or another project.
    size = MAX_PART - 2
    parts = [escaped[i : i + size] for i in range(0, len(escaped), size)]
    return os.path.join(
        cache, "projects", *(os.fsdecode(b"%+" + p if i else p) for i, p in enumerate(parts))
    )

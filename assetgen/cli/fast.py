"""Recognises a build that has nothing to do, from its arguments alone; knows no spec and no click.

What this module does not understand is not an error: the real command line then has a look.
"""

from __future__ import annotations

from assetgen import __version__
from assetgen.places import cache_dir, config_file, find_root, project_folder
from assetgen.store.scope import scope_text, stamp_text
from assetgen.store.snapshot import Message, check

# typing and collections.abc take a fifth of a Python start each; type checkers know this name.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Flags that say how to do the work: where there is none they change nothing.
_SILENT = frozenset({"-y", "--yes", "--locked", "--offline", "--fail-fast", "--rebuy-lost"})
_COUNTS = frozenset({"-j", "--jobs", "--max-images"})
_AMOUNTS = frozenset({"--max-cost"})
_DIRECTORY = ("-C", "--directory")


class Request:
    """What a `build` was asked for, as far as it matters to an unchanged project."""

    __slots__ = ("directory", "draft", "excludes", "json", "targets")

    def __init__(self) -> None:
        self.directory = "."
        self.targets: list[str] = []
        self.excludes: list[str] = []
        self.draft = False
        self.json = False

    @property
    def scope(self) -> str:
        """The text that a snapshot must bear to answer this request."""
        return scope_text(self.targets, self.excludes, draft=self.draft, json=self.json)


def unchanged(argv: Sequence[str], environ: Mapping[str, str]) -> Message | None:
    """Return what `assetgen` with these arguments prints if it is a build with nothing to do."""
    request = parse(argv)
    root = find_root(request.directory) if request else None
    if request is None or root is None:
        return None
    folder = project_folder(cache_dir(environ), root)
    stamp = stamp_text(environ, config_file(environ))
    return check(folder, root, request.scope, stamp, __version__)


def parse(argv: Sequence[str]) -> Request | None:
    """Return the request if the arguments are a plain `build`, None if they need a real parser."""
    request = Request()
    words = list(reversed(argv))
    if words and words[-1].startswith(_DIRECTORY):
        name, value = _option(words)
        if name not in _DIRECTORY or not value or value.startswith("="):
            return None
        request.directory = value
    if not words or words.pop() != "build":
        return None
    while words:
        if not _take(request, words):
            return None
    return request


def _take(request: Request, words: list[str]) -> bool:
    """Consume the next argument (``words`` is reversed); whether it was understood."""
    word = words[-1]
    if not word.startswith("-"):
        request.targets.append(words.pop())
        return bool(word)
    if word in ("--draft", "--json"):
        setattr(request, words.pop()[2:], True)
        return True
    if word in _SILENT:
        words.pop()
        return True
    name, value = _option(words)
    if name in _COUNTS:
        return _is_count(value)
    if name in _AMOUNTS:
        whole, _, part = value.partition(".")
        return _is_count(whole) and (not part or _is_count(part))
    if name == "--exclude" and value and not value.startswith("-"):
        request.excludes.append(value)
        return True
    return False


def _option(words: list[str]) -> tuple[str, str]:
    """Consume `--name value`, `--name=value`, `-n value` or `-nvalue`; no value is ""."""
    word = words.pop()
    if word.startswith("--"):
        name, equals, value = word.partition("=")
    else:
        name, value = word[:2], word[2:]
        equals = value
    return name, value if equals else (words.pop() if words else "")


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 9

"""Ops of other packages: entry points of the group `assetgen.ops`, which the user's config enables.

A spec can name one; only the user can let it run. A plugin is a function that takes a picture (a
Pillow image of mode RGB or RGBA) and the spec's arguments by keyword, and returns one of these.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from PIL import Image

from assetgen.errors import ImageError, Kind, Problem, did_you_mean
from assetgen.ops.picture import MAX_PIXELS
from assetgen.ops.runner import Runner

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

GROUP = "assetgen.ops"

NO_PLUGIN_NAMED = Kind(
    "plugin-unnamed", "the op 'plugin' does not say which", "write op: with the plugin's name"
)
NOT_ENABLED = Kind(
    "plugin-not-enabled",
    "the plugin '{op}' is not enabled on this machine",
    "look at what it does, then add it to `plugins` in the user config",
)
NOT_INSTALLED = Kind(
    "plugin-not-installed", "the plugin '{op}' is enabled but not installed", "{step}"
)
PLUGIN_FAILED = Kind(
    "plugin-failed", "the plugin '{op}' failed: {error}", "see what it takes, or leave it out"
)
NO_PICTURE = Kind(
    "plugin-gave-no-picture",
    "the plugin '{op}' gave {found}, not a picture in RGB or RGBA of bearable size",
    "tell whoever wrote it",
)

_enabled: set[str] = set()


def enable(names: Iterable[str]) -> None:
    """Let these plugins run in this process, and no others."""
    _enabled.clear()
    _enabled.update(names)


def check_plugin(name: str, enabled: Collection[str]) -> tuple[Problem, ...]:
    """Return why a plugin cannot run here, if it cannot; loads none of its code."""
    if name not in enabled:
        return (Problem(NOT_ENABLED, facts={"op": name}),)
    installed = _entries().names
    if name not in installed:
        facts = {"op": name, "step": did_you_mean(name, installed)}
        return (Problem(NOT_INSTALLED, facts=facts),)
    return ()


def plugin(image: Image.Image, *, op: Any, **arguments: Any) -> Image.Image:
    """Return what the plugin ``op`` makes of ``image``. Raises ImageError."""
    name = str(op)
    problems = check_plugin(name, _enabled)
    if problems:
        raise ImageError(*problems)
    try:
        made: Any = _loaded(name)(image.copy(), **arguments)
    except Exception as error:  # somebody else's code
        problem = Problem(PLUGIN_FAILED, facts={"op": name, "error": str(error) or repr(error)})
        raise ImageError(problem) from error
    usable = isinstance(made, Image.Image) and made.mode in ("RGB", "RGBA")
    if not usable or made.width * made.height > MAX_PIXELS:
        found = f"{made.mode} {made.size}" if isinstance(made, Image.Image) else type(made).__name__
        raise ImageError(Problem(NO_PICTURE, facts={"op": name, "found": found}))
    picture: Image.Image = made
    return picture


@cache
def _loaded(name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = _entries()[name].load()
    return function


def _entries() -> EntryPoints:
    # Twenty milliseconds that only a plugin is worth.
    from importlib.metadata import entry_points

    return entry_points(group=GROUP)


def _check(args: Mapping[str, Any]) -> Iterable[Problem]:
    if "op" not in args:
        yield Problem(NO_PLUGIN_NAMED)


RUNNERS: Mapping[str, Runner] = {"plugin": Runner(plugin, {}, _check)}

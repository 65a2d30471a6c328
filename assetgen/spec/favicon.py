"""The files of a favicon as fields; which there are is the preset's to say."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assetgen.errors import Kind, Loc, Problem, SpecError
from assetgen.graph import Op
from assetgen.presets import BACKGROUND, PADDING, FaviconFile, OpArgs, favicon_files
from assetgen.spec.columns import Constant, Field, joined
from assetgen.spec.values import scalar_text

FAVICON_WORDS = ("name", "short_name", "theme_color", "background_color", "padding", "base")
"""The fields that say how a favicon looks and what it says."""

BAD_PADDING = Kind(
    "bad-favicon-padding",
    "padding is '{padding}', not a share of the icon's side",
    "write a share below 50%, such as 22%",
)

_SHARE = re.compile(r"([0-9]{1,2}(?:\.[0-9]{1,3})?)%")
_PAGES = {
    "html": ("favicon", ("theme_color",), "/"),
    "manifest": ("webmanifest", ("name", "short_name", "theme_color", "background_color"), ""),
}
"""The texts of a favicon: their content, what they say, and what stands before a file's name."""


@dataclass(frozen=True, slots=True)
class IconFields:
    """One file of a favicon; ``content`` is None for a picture."""

    path: Field
    ops: Field
    encode: Field
    content: Field
    formats: tuple[str, ...]


def icons(
    preset: str, folder: Field, words: Field, encode: Field, loc: Loc
) -> Iterator[IconFields]:
    """Yield the files of a preset: ``words`` is a mapping of :data:`FAVICON_WORDS`.

    Rendering them raises SpecError.
    """
    for number, file in enumerate(favicon_files(preset)):
        yield _icon(number, file, _Favicon(preset, loc), (folder, words, encode))


@dataclass(frozen=True, slots=True)
class _Favicon:
    preset: str
    loc: Loc

    def files(self, words: Mapping[str, Any]) -> tuple[FaviconFile, ...]:
        """Return the files as the words would have them."""
        background = str(words.get("background_color", BACKGROUND))
        padding = _padding(words, self.loc)
        return favicon_files(self.preset, background=background, padding=padding)


def _icon(
    number: int, file: FaviconFile, favicon: _Favicon, fields: tuple[Field, Field, Field]
) -> IconFields:
    folder, words, encode = fields

    def content(values: list[Any]) -> Op | None:
        return _page(file.use, favicon.files(values[0]), values[0])

    return IconFields(
        path=joined([folder], lambda values: posixpath.join(values[0], file.name)),
        ops=joined([words], lambda values: plain_ops(favicon.files(values[0])[number].ops)),
        encode=joined([encode], lambda values: _settings(values[0], file)),
        content=joined([words], content) if file.use in _PAGES else Constant(None),
        formats=(file.format,),
    )


def plain_ops(ops: Iterable[OpArgs]) -> tuple[Op, ...]:
    """Return the ops of a preset as ops."""
    return tuple(Op(name, dict(args)) for name, args in ops)


def _page(use: str, files: Sequence[FaviconFile], words: Mapping[str, Any]) -> Op | None:
    """Return what a text of a favicon says; None for a picture."""
    if use not in _PAGES:
        return None
    content, names, base = _PAGES[use]
    if use == "html":
        base = words.get("base", base)
    links = [
        [
            posixpath.join(base, file.name),
            file.use,
            file.sizes,
            "" if file.use == "manifest" else file.format,
        ]
        for file in files
        if file.use != "html" and (use == "html" or file.use != "manifest")
    ]
    return Op(content, {**{name: words[name] for name in names if name in words}, "links": links})


def _padding(words: Mapping[str, Any], loc: Loc) -> float:
    if "padding" not in words:
        return PADDING
    text = scalar_text(words["padding"])
    match = _SHARE.fullmatch(text)
    share = float(match[1]) / 100 if match else 1.0
    if share >= 0.5:
        raise SpecError(Problem(BAD_PADDING, loc, {"padding": text}))
    return share


def _settings(encode: Mapping[str, Any] | None, file: FaviconFile) -> dict[str, Any]:
    """Return encoder settings with those that the file itself needs."""
    given = dict(encode or {})
    return {**given, file.format: {**given.get(file.format, {}), **file.encode}}

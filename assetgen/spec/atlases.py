"""What an atlas packs, and the files that it comes to; places no sprite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assetgen.errors import Kind, Loc, Problem, SpecError
from assetgen.graph import Op
from assetgen.spec.columns import Columns, Constant, Field, data_field, joined
from assetgen.spec.exports import NO_OUTPUT, OutputField, link, within
from assetgen.spec.layers import Fields, listed
from assetgen.spec.model import Map
from assetgen.spec.template import compile
from assetgen.spec.values import scalar_text

LAYOUT = (
    "layout",
    "columns",
    "padding",
    "extrude",
    "trim",
    "power_of_two",
    "max_size",
    "pages",
)
"""Fields that decide where sprites go."""
DATA_FILES = ("json", "css", "tres")
"""Fields that name a file of frames, and the format of that file."""
DEFAULT_FRAME = "{{ name }}"
DEFAULT_FORMAT = "phaser-hash"
MAX_PAGES = 64

BAD_PAGES = Kind(
    "bad-atlas-pages",
    "pages is {pages}, not a whole number from 1 to {limit}",
    "write such a number",
)
NO_SHEET = Kind(
    "atlas-without-sheet",
    "`{field}` tells where frames are, and the atlas has `output: none`",
    "name the sheet's file in `output`",
)
NO_PAGE = Kind(
    "atlas-page-unnamed",
    "an atlas of {pages} pages writes each to a file of its own",
    "let `output` say which: art/sheet-{{{{ page }}}}.webp",
)
ONE_SHEET_EACH = Kind(
    "atlas-data-per-page",
    "the format '{format}' has one file of frames for each page",
    "let `{field}` say which: art/sheet-{{{{ page }}}}.json",
)


@dataclass(frozen=True, slots=True)
class Packing:
    """What an atlas takes, as written: patterns with their places, its animations, its frames.

    ``animations_at`` and ``loc`` are the places of the animations and of the frame's name.
    ``frame`` is the field of a frame's name; it sees ``name``, a target's name or a file's path,
    and ``stem``, the last part of that without its extension.
    """

    patterns: Sequence[tuple[str, Loc]]
    animations: Mapping[str, Mapping[str, Any]]
    animations_at: Loc
    frame: Field
    loc: Loc


def atlas_fields(fields: Fields, loc: Loc) -> list[OutputField]:
    """Return the sheets of an atlas, then its files of frames. Raises SpecError."""
    atlas: Map = fields.get("atlas")
    at = fields.at("output", loc)
    pages = _pages(atlas, loc)
    result: list[OutputField] = []
    sheets: list[Field] = []
    output = fields.get("output")
    if output not in (None, NO_OUTPUT):
        path = data_field(output, at)
        if pages > 1 and "page" not in path.names:
            raise SpecError(Problem(NO_PAGE, at, {"pages": pages}))
        encode = data_field(fields.get("encode"), fields.at("encode", loc))
        expect = data_field(fields.get("expect"), fields.at("expect", loc))
        for page in range(pages):
            sheet = within(path, {"page": Constant(page)})
            sheets.append(sheet)
            content = Constant(Op("sheet", {"page": page}))
            result.append(OutputField(sheet, at, encode=encode, expect=expect, content=content))
    for name in DATA_FILES:
        if atlas.get(name) is not None and not sheets:
            raise SpecError(Problem(NO_SHEET, at, {"field": name}))
        if atlas.get(name) is not None:
            result += _data_files(name, atlas, sheets, atlas.values_at.get(name, loc))
    return result


def _data_files(name: str, atlas: Map, sheets: Sequence[Field], loc: Loc) -> Iterator[OutputField]:
    kind = str(atlas.get("format") or DEFAULT_FORMAT) if name == "json" else name
    path = data_field(atlas[name], loc)
    each = "page" in path.names
    if kind == "pixi" and len(sheets) > 1 and not each:
        raise SpecError(Problem(ONE_SHEET_EACH, loc, {"format": kind, "field": name}))
    for page in range(len(sheets)) if each else (None,):
        file = within(path, {"page": Constant(page)}) if each else path
        # What a page's file says of its siblings is where their own files are.
        siblings = [within(path, {"page": Constant(n)}) for n in range(len(sheets))] if each else []

        def content(values: list[Any], page: int | None = page) -> Op:
            here, rest = values[0], values[1:]
            links = [link(one, here, None) for one in rest]
            args = {"kind": kind, "sheets": links[: len(sheets)], "page": page}
            return Op("frames", {**args, "siblings": links[len(sheets) :]})

        fields = [file, *sheets, *siblings]
        yield OutputField(file, loc, content=joined(fields, content), formats=(name,))


def _pages(atlas: Map, loc: Loc) -> int:
    pages = atlas.get("pages")
    if pages is None:
        return 1
    if isinstance(pages, bool) or not isinstance(pages, int) or not 1 <= pages <= MAX_PAGES:
        at = atlas.values_at.get("pages", loc)
        raise SpecError(Problem(BAD_PAGES, at, {"pages": scalar_text(pages), "limit": MAX_PAGES}))
    return pages


def packings(fields: Fields, columns: Columns, loc: Loc) -> list[tuple[dict[str, Any], Packing]]:
    """Return, for each cell, what decides where its sprites go, and what they are.

    Raises SpecError.
    """
    atlas: Map = fields.get("atlas")
    at_inputs = atlas.values_at.get("inputs", loc)
    layout = [name for name in LAYOUT if atlas.get(name) is not None]
    values = joined([data_field(atlas[name], atlas.values_at[name]) for name in layout], tuple)
    inputs = joined(
        [data_field(item, at) for item, at in listed(atlas["inputs"], at_inputs)], tuple
    )
    animations: Field = Constant({})
    moves_at = atlas.values_at.get("animations", loc)
    if atlas.get("animations") is not None:
        animations = data_field(atlas["animations"], moves_at)
    frame_at = atlas.values_at.get("frame", loc)
    frame = compile(str(atlas.get("frame") or DEFAULT_FRAME), frame_at)
    rows = zip(
        columns.render(values), columns.render(inputs), columns.render(animations), strict=True
    )
    result = []
    for placing, patterns, moves in rows:
        wanted = [(scalar_text(pattern), at_inputs) for pattern in patterns or ()]
        packing = Packing(wanted, _animations(moves or {}), moves_at, frame, frame_at)
        result.append((dict(zip(layout, placing or (), strict=False)), packing))
    return result


def _animations(moves: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return animations in their long form: name to frames (patterns), fps and loop."""
    result: dict[str, Mapping[str, Any]] = {}
    for name, value in moves.items():
        long = value if isinstance(value, Mapping) else {"frames": value}
        frames = long["frames"]
        result[str(name)] = {
            **long,
            "frames": (frames,) if isinstance(frames, str) else tuple(frames),
        }
    return result

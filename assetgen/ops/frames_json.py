"""Frames as JSON for Phaser 3 and PixiJS 8; knows no pixels.

The fields are those that their loaders read (Phaser: textures/parsers, MultiAtlasFile,
createFromAseprite; PixiJS: Spritesheet, spritesheetAsset).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from assetgen.errors import ImageError, Kind, Problem
from assetgen.ops.sheets import DataFile, Frame, SheetFile

ONE_PAGE = Kind(
    "atlas-pixi-pages",
    "a file for PixiJS holds one page, and this atlas has {pages}",
    "write one file for each: put {{{{ page }}}} into the path of `json`",
)

_APP = "assetgen"
_URL_UNSAFE = re.compile(r'[\x00-\x20%#?\\:"]')


def phaser_hash(data: DataFile) -> str:
    """Return the text of a hash of frames; that of a multi-atlas for several pages."""
    if len(data.pages) > 1:
        return _phaser_multi(data)
    return _phaser(_block("{", _keyed(data.frames, _durations(data)), "}"), data)


def phaser_array(data: DataFile) -> str:
    """Return the text of a list of frames; that of a multi-atlas for several pages."""
    if len(data.pages) > 1:
        return _phaser_multi(data)
    return _phaser(_block("[", _listed(data.frames, _durations(data)), "]"), data)


def _phaser(block: str, data: DataFile) -> str:
    (sheet,) = data.pages.values()
    meta = {**_meta(sheet), "scale": "1"}
    if data.animations:
        meta["frameTags"] = list(_tags(data))
    return _document([("frames", block), *_anims(data), ("meta", _json(meta))])


def _phaser_multi(data: DataFile) -> str:
    """Return the file of a multi-atlas.

    Phaser keeps, for a game to read, only what stands beside the frames of a page, so the
    animations stand there.
    """
    textures = []
    anims = _anims(data)
    for number, sheet in data.pages.items():
        own = [frame for frame in data.frames if frame.page == number]
        listed = _listed(own, _durations(data))
        about = {key: value for key, value in _meta(sheet).items() if key != "app"}
        fields = [(key, _json(value)) for key, value in {**about, "scale": 1}.items()]
        textures.append(_document([*fields, ("frames", _block("[", listed, "]")), *anims]).rstrip())
        anims = []
    return _document([("textures", f"[{', '.join(textures)}]"), ("meta", _json({"app": _APP}))])


def _anims(data: DataFile) -> list[tuple[str, str]]:
    lines = [
        _json(
            {
                "key": move.name,
                "type": "frame",
                "frames": [{"frame": name} for name in move.frames],
                "frameRate": _number(move.fps),
                "repeat": -1 if move.loop else 0,
            }
        )
        for move in data.animations
    ]
    return [("anims", _block("[", lines, "]"))] if lines else []


def _tags(data: DataFile) -> Iterator[dict[str, Any]]:
    """Yield Aseprite's tags, which are ranges: of animations whose frames follow each other."""
    at = {frame.name: n for n, frame in enumerate(data.frames)}
    for move in data.animations:
        numbers = [at[name] for name in move.frames]
        for direction, step in (("forward", 1), ("reverse", -1)):
            if numbers == list(range(numbers[0], numbers[0] + step * len(numbers), step)):
                low, high = min(numbers), max(numbers)
                tag = {"name": move.name, "from": low, "to": high, "direction": direction}
                yield tag if move.loop else {**tag, "repeat": "1"}
                break


def pixi(data: DataFile) -> str:
    """Return the text of a spritesheet. Raises ImageError for several pages."""
    if len(data.pages) > 1:
        raise ImageError(Problem(ONE_PAGE, facts={"pages": len(data.pages)}))
    (sheet,) = data.pages.values()
    # Without `scale`, the resolution is that of the sheet's name: 2 for `hero@2x.png`.
    meta = _meta(sheet)
    if data.siblings:
        meta["related_multi_packs"] = [_url(path) for path in data.siblings]
    shown = [f"{_json(move.name)}: {_json(move.frames)}" for move in data.animations]
    return _document(
        [
            ("frames", _block("{", _keyed(data.frames, {}), "}")),
            *([("animations", _block("{", shown, "}"))] if shown else []),
            ("meta", _json(meta)),
        ]
    )


def _meta(sheet: SheetFile) -> dict[str, Any]:
    size = {"w": sheet.width, "h": sheet.height}
    return {"app": _APP, "image": _url(sheet.path), "format": "RGBA8888", "size": size}


def _durations(data: DataFile) -> dict[str, int]:
    """Return for how many milliseconds a frame is shown, by its first animation."""
    return {
        name: round(1000 / move.fps) for move in reversed(data.animations) for name in move.frames
    }


def _listed(frames: Iterable[Frame], durations: Mapping[str, int]) -> list[str]:
    return [_json({"filename": frame.name, **_placed(frame, durations)}) for frame in frames]


def _keyed(frames: Iterable[Frame], durations: Mapping[str, int]) -> list[str]:
    return [f"{_json(frame.name)}: {_json(_placed(frame, durations))}" for frame in frames]


def _placed(frame: Frame, durations: Mapping[str, int]) -> dict[str, Any]:
    duration = durations.get(frame.name)
    size = {"w": frame.width, "h": frame.height}
    return {
        "frame": {"x": frame.x, "y": frame.y, **size},
        "rotated": False,
        "trimmed": frame.trimmed,
        "spriteSourceSize": {"x": frame.offset_x, "y": frame.offset_y, **size},
        "sourceSize": {"w": frame.source_width, "h": frame.source_height},
        **({} if duration is None else {"duration": duration}),
    }


def _document(fields: Iterable[tuple[str, str]]) -> str:
    return "{\n" + ",\n".join(f"{_json(name)}: {value}" for name, value in fields) + "\n}\n"


def _block(opening: str, lines: Iterable[str], closing: str) -> str:
    """Return one line for each item, so that a change of one is a change of one line."""
    return f"{opening}\n  " + ",\n  ".join(lines) + f"\n{closing}"


def _json(value: Any) -> str:
    return json.dumps(value)


def _url(path: str) -> str:
    """Return a path as a relative address; what a file's name may well have stays readable."""
    return _URL_UNSAFE.sub(lambda match: quote(match[0], safe=""), path)


def _number(value: float) -> float:
    return int(value) if value == int(value) else value

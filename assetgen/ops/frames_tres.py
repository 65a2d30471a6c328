"""Frames as a SpriteFrames resource of Godot 4; knows no pixels.

The format is Godot's text resource (resource_format_text.cpp, variant_parser.cpp); the properties
are those of SpriteFrames and AtlasTexture, whose margin holds what was trimmed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from assetgen.ops.sheets import Animation, DataFile, Frame, free

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def tres(data: DataFile) -> str:
    """Return a SpriteFrames; a frame that no animation shows is one of its own, by its name.

    A sheet's path is relative to the file, which Godot allows: so it does not matter in which
    folder the game's project is.
    """
    pages = {number: place for place, number in enumerate(data.pages, 1)}
    ids = {frame.name: f'"AtlasTexture_{n}"' for n, frame in enumerate(data.frames, 1)}
    steps = len(pages) + len(ids) + 1
    sheets = "".join(
        f'[ext_resource type="Texture2D" path={_string(sheet.path)} id="{pages[number]}"]\n'
        for number, sheet in data.pages.items()
    )
    listed = ", ".join(_animation(move, ids) for move in _all(data))
    return "\n".join(
        [
            f'[gd_resource type="SpriteFrames" load_steps={steps} format=3]\n',
            sheets,
            *(_texture(frame, ids[frame.name], pages[frame.page]) for frame in data.frames),
            f"[resource]\nanimations = [{listed}]\n",
        ]
    )


def _texture(frame: Frame, id: str, page: int) -> str:
    text = (
        f'[sub_resource type="AtlasTexture" id={id}]\n'
        f'atlas = ExtResource("{page}")\n'
        f"region = Rect2({frame.x}, {frame.y}, {frame.width}, {frame.height})\n"
    )
    if not frame.trimmed:
        return text
    right, below = frame.source_width - frame.width, frame.source_height - frame.height
    return text + f"margin = Rect2({frame.offset_x}, {frame.offset_y}, {right}, {below})\n"


def _all(data: DataFile) -> Iterator[Animation]:
    yield from data.animations
    shown = {name for move in data.animations for name in move.frames}
    taken = {move.name for move in data.animations}
    for frame in data.frames:
        if frame.name not in shown:
            yield Animation(free(frame.name, taken), (frame.name,), loop=False)


def _animation(move: Animation, ids: Mapping[str, str]) -> str:
    frames = ", ".join(
        f'{{\n"duration": 1.0,\n"texture": SubResource({ids[name]})\n}}' for name in move.frames
    )
    return (
        f'{{\n"frames": [{frames}],\n"loop": {"true" if move.loop else "false"},\n'
        f'"name": &{_string(move.name)},\n"speed": {float(move.fps)!r}\n}}'
    )


def _string(text: str) -> str:
    """Return a string of Godot's text format, in which only ASCII may be escaped (and NUL not)."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\0", "\ufffd")
    return '"' + _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + '"'

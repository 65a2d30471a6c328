"""Frames as classes of a style sheet; knows no pixels."""

from __future__ import annotations

import re
from urllib.parse import quote

from assetgen.ops.sheets import DataFile, free

_BREAKS_CLASS = re.compile(r"[\s\x00]+")
_PLAIN = re.compile(r"[A-Za-z0-9_-]|[^\x00-\x7f]")


def css(data: DataFile) -> str:
    """Return one class for each frame: an element of the sprite's size with the frame in it."""
    taken: set[str] = set()
    rules = []
    for frame in data.frames:
        name = free(_BREAKS_CLASS.sub("-", frame.name), taken)
        right = frame.source_width - frame.width - frame.offset_x
        bottom = frame.source_height - frame.height - frame.offset_y
        edges = (frame.offset_y, right, bottom, frame.offset_x)
        # Quoted as an address, a path holds nothing that ends a string of CSS.
        image = f'url("{quote(data.pages[frame.page].path, errors="replace")}")'
        position = f"{_pixels(-frame.x)} {_pixels(-frame.y)}"
        rules.append(
            f".{_class(name)} {{\n"
            "  display: inline-block;\n"
            "  box-sizing: content-box;\n"
            f"  width: {_pixels(frame.width)};\n"
            f"  height: {_pixels(frame.height)};\n"
            f"  padding: {' '.join(map(_pixels, edges))};\n"
            f"  background: {image} {position} no-repeat content-box;\n"
            "}\n"
        )
    return "\n".join(rules)


def _pixels(length: int) -> str:
    return f"{length}px" if length else "0"


def _class(name: str) -> str:
    """Return a class's name as an identifier of CSS (CSSOM: serialize an identifier)."""
    first = re.match(r"-?[0-9]|-\Z", name)
    plain = 0
    result = ""
    if first:  # a digit, or a hyphen before one, or alone, is no start of a name
        plain = len(first[0])
        sign = "-" if plain == 2 else ""
        result = f"{sign}\\{ord(first[0][-1]):x} "
    return result + "".join(map(_escaped, name[plain:]))


def _escaped(char: str) -> str:
    if _PLAIN.match(char):
        return char
    return f"\\{char}" if char.isprintable() else f"\\{ord(char):x} "

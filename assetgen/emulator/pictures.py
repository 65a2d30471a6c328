"""Draws the pictures that the emulated services deliver; knows no job, no service and no network.

A picture carries what was asked twice: as a few lines of text in a panel in its middle, and as
JSON in its metadata (:func:`note_of` reads it back). The ground around the panel is flat, so that
cutting out and trimming have something to work on. Equal arguments give equal bytes.
"""

from __future__ import annotations

import colorsys
import hashlib
import io
import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngImageFile

NOTE = "assetgen-emulator"
"""The keyword of the PNG text chunk; the JPEG comment and the WebP EXIF text begin with it."""

FORMATS = ("png", "jpeg", "webp")
MEDIA_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
HUES = 12
MAX_NOTE_TEXT = 5_000
"""Characters of a prompt that go into the metadata; a JPEG comment holds 65,533 bytes."""

_DESCRIPTION = 0x010E
_ADLER = 65521

Color = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a picture looks like without its text.

    Attributes:
        width, height: pixels.
        hue: 0 … HUES - 1.
        clear: whether the ground is transparent (PNG and WebP only).
    """

    width: int
    height: int
    hue: int
    clear: bool = False

    @property
    def mode(self) -> str:
        """Pillow's name of the pixel layout."""
        return "RGBA" if self.clear else "RGB"

    @property
    def ground(self) -> tuple[int, ...]:
        """The colour of the ground."""
        color = _color(self.hue, 0.35, 0.93)
        return (*color, 0) if self.clear else color

    @property
    def panel(self) -> tuple[int, ...]:
        """The colour of the panel."""
        color = _color(self.hue, 0.65, 0.35)
        return (*color, 255) if self.clear else color

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of the panel; right and bottom lie outside."""
        return (
            self.width // 8,
            self.height // 4,
            self.width - self.width // 8,
            self.height - self.height // 4,
        )

    @property
    def strip(self) -> tuple[int, int]:
        """The first row of the text, and the row after its last."""
        _, top, _, bottom = self.box
        rows = min(bottom - top, LINES * self.leading)
        first = (self.height - rows) // 2
        return first, first + rows

    @property
    def leading(self) -> int:
        """Rows from one line of text to the next."""
        return max(8, self.width // 32)


LINES = 4


class Paint(Protocol):
    """What makes a picture file of a size (width, height), a format and a note: :func:`draw`.

    The note has what :func:`note_of` returns. Equal arguments must give equal bytes.
    """

    def __call__(
        self, size: tuple[int, int], image_format: str, note: Mapping[str, Any], *, clear: bool
    ) -> bytes: ...


def draw(
    size: tuple[int, int], image_format: str, note: Mapping[str, Any], *, clear: bool = False
) -> bytes:
    """Return a picture file of ``size`` (width, height) that says and carries ``note``.

    ``image_format`` is one of FORMATS. A ``prompt`` in the note is cut after MAX_NOTE_TEXT.
    """
    said = dict(note, prompt=str(note.get("prompt", ""))[:MAX_NOTE_TEXT])
    # By job too: the services have no seed, and two calls never give the same picture.
    seed = f"{said['prompt']}{said.get('job', '')}"
    hue = hashlib.sha256(seed.encode("utf-8", "replace")).digest()[0] % HUES
    sheet = Sheet(*size, hue=hue, clear=clear and image_format != "jpeg")
    strip = _strip(sheet, _lines(said))
    text = json.dumps(said, ensure_ascii=True, separators=(",", ":"))
    if image_format == "png":
        return _png(sheet, strip, text)
    picture = _ground(sheet).copy()
    picture.paste(strip, (0, sheet.strip[0]))
    return _encoded(picture, image_format, text)


def note_of(data: bytes) -> dict[str, Any]:
    """Return the JSON that :func:`draw` put into a picture file; empty if it carries none."""
    with Image.open(io.BytesIO(data), formats=[name.upper() for name in FORMATS]) as picture:
        if isinstance(picture, PngImageFile):
            text = str(picture.text.get(NOTE, ""))
        elif picture.format == "JPEG":
            comment = picture.info.get("comment", b"")
            text = comment.decode("ascii", "replace").removeprefix(NOTE)
        else:
            text = str(picture.getexif().get(_DESCRIPTION, "")).removeprefix(NOTE)
    return dict(json.loads(text)) if text else {}


def _color(hue: int, saturation: float, value: float) -> Color:
    red, green, blue = colorsys.hsv_to_rgb(hue / HUES, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def _lines(note: Mapping[str, Any]) -> list[str]:
    number = f"{note.get('number', 1)}/{note.get('count', 1)}"
    prompt = " ".join(note["prompt"].encode("utf-8", "replace").decode().split())
    return [
        f"{note.get('service', '')}  {note.get('ratio', '')}  {number}",
        str(note.get("model", "")),
        prompt[:40],
        prompt[40:80] or str(note.get("job", ""))[-12:],
    ]


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


@lru_cache(maxsize=16)
def _ground(sheet: Sheet) -> Image.Image:
    picture = Image.new(sheet.mode, (sheet.width, sheet.height), sheet.ground)
    picture.paste(sheet.panel, sheet.box)
    return picture


@lru_cache(maxsize=64)
def _empty_strip(sheet: Sheet) -> Image.Image:
    first, after = sheet.strip
    strip = Image.new(sheet.mode, (sheet.width, after - first), sheet.ground)
    left, _, right, _ = sheet.box
    strip.paste(sheet.panel, (left, 0, right, after - first))
    return strip


def _strip(sheet: Sheet, lines: list[str]) -> Image.Image:
    strip = _empty_strip(sheet).copy()
    pen = ImageDraw.Draw(strip)
    font = _font(max(6, sheet.leading * 3 // 4))
    left = sheet.box[0] + sheet.leading // 2
    for number, line in enumerate(lines):
        pen.text((left, number * sheet.leading), line, (255,) * len(strip.mode), font)
    left, _, right, _ = sheet.box
    if right < sheet.width:  # long lines must not leave the panel
        strip.paste(sheet.ground, (right, 0, sheet.width, strip.height))
    return strip


def _encoded(picture: Image.Image, image_format: str, text: str) -> bytes:
    file = io.BytesIO()
    if image_format == "jpeg":
        picture.save(file, "JPEG", quality=80, comment=(NOTE + text).encode("ascii"))
    else:
        exif = Image.Exif()
        exif[_DESCRIPTION] = NOTE + text
        picture.save(file, "WEBP", quality=60, method=0, exif=exif)
    return file.getvalue()


@dataclass(frozen=True, slots=True)
class _Run:
    """Rows of a PNG, deflated so that runs can be put one after the other."""

    data: bytes
    adler: int
    length: int


def _deflated(rows: bytes, *, last: bool = False) -> _Run:
    deflate = zlib.compressobj(1, zlib.DEFLATED, -15)
    data = deflate.compress(rows) + deflate.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH)
    return _Run(data, zlib.adler32(rows), len(rows))


@lru_cache(maxsize=128)
def _around(sheet: Sheet) -> tuple[_Run, _Run]:
    """Return the rows above and below the text: nearly the whole work of a PNG, done once."""
    picture = _ground(sheet)
    first, after = sheet.strip
    above = picture.crop((0, 0, sheet.width, first))
    below = picture.crop((0, after, sheet.width, sheet.height))
    return _deflated(_rows(above)), _deflated(_rows(below), last=True)


def _rows(picture: Image.Image) -> bytes:
    stride = picture.width * len(picture.mode)
    pixels = picture.tobytes()
    return b"".join(
        b"\0" + pixels[start : start + stride] for start in range(0, len(pixels), stride)
    )


def _png(sheet: Sheet, strip: Image.Image, text: str) -> bytes:
    above, below = _around(sheet)
    middle = _deflated(_rows(strip))
    adler = _joined(_joined(above.adler, middle), below)
    color_type = 6 if sheet.clear else 2
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", *_size(sheet), 8, color_type, 0, 0, 0)),
            _chunk(b"tEXt", NOTE.encode("latin-1") + b"\0" + text.encode("ascii")),
            _chunk(
                b"IDAT",
                b"\x78\x01" + above.data + middle.data + below.data + struct.pack(">I", adler),
            ),
            _chunk(b"IEND", b""),
        )
    )


def _size(sheet: Sheet) -> tuple[int, int]:
    return sheet.width, sheet.height


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _joined(adler: int, after: _Run) -> int:
    """Return the Adler-32 sum of what ``adler`` sums up, followed by ``after`` (RFC 1950)."""
    low, high = adler & 0xFFFF, adler >> 16
    low_after, high_after = after.adler & 0xFFFF, after.adler >> 16
    total = (low + low_after - 1) % _ADLER
    weighted = (high + high_after + after.length * (low - 1)) % _ADLER
    return weighted << 16 | total

"""Pixels to bytes, in the formats of output files; knows no operation and no path.

The same picture and settings always give the same bytes, without EXIF, profiles, text or times;
the XMP packet that says where a picture comes from is the only metadata, if it is given.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from assetgen.errors import ImageError, Kind, Problem, did_you_mean
from assetgen.graph import NOTHING
from assetgen.ops import arguments, icon
from assetgen.ops.picture import has_alpha
from assetgen.ops.runner import Reader

ALPHA_LOST = Kind(
    "alpha-lost",
    "a {format} file has no transparency, and this picture is partly transparent",
    "lay it on a colour with the op 'flatten', or write png, webp or avif",
)
CANNOT_WRITE = Kind(
    "format-not-run",
    "this release does not write {format} files",
    "write one of: {known}",
)
NOT_ENCODED = Kind(
    "encode-failed",
    "a picture of {width} by {height} pixels cannot be written as {format}: {reason}",
    "make it smaller, or choose another format",
)
UNKNOWN_SETTING = Kind(
    "encode-unknown-setting", "{format} files have no setting '{setting}'", "{step}"
)
LOSSLESS_QUALITY = Kind(
    "encode-lossless-quality",
    "{format}: 'lossless' keeps every pixel, so there is no 'quality' to choose",
    "leave out one of the two",
)

CHROMAS = ("4:4:4", "4:2:2", "4:2:0")
PALETTE = 256
"""The most colours of a png that is written with a palette."""

_EFFORTS = {"png": 6, "webp": 6, "avif": 3}
"""The usual efforts: zlib's level; 3/2 of libwebp's method; 9 less libaom's speed."""
_QUALITIES = {"jpg": 90, "webp": 90, "avif": 75}


def encode(
    image: Image.Image,
    format: str,
    settings: Mapping[str, Any] = NOTHING,
    *,
    xmp: bytes | None = None,
) -> bytes:
    """Return the file of an RGB or RGBA picture.

    ``settings`` are those of the format (see :func:`check_settings`); ``xmp`` is a packet that
    goes into the file, except into ico, which has no place for one. An alpha channel without a
    transparent pixel is left out. Raises ImageError.
    """
    problems = check_settings(format, settings)
    if problems:
        raise ImageError(*problems)
    if image.mode == "RGBA" and not has_alpha(image):
        image = image.convert("RGB")
    if image.mode == "RGBA" and format == "jpg":
        raise ImageError(Problem(ALPHA_LOST, facts={"format": format}))
    values = {name: read(name, settings[name]) for name, read in _given(format, settings)}
    try:
        return _WRITERS[format](image, values, xmp)
    except (OSError, ValueError, RuntimeError) as error:
        facts = {
            "format": format,
            "width": str(image.width),
            "height": str(image.height),
            "reason": str(error),
        }
        raise ImageError(Problem(NOT_ENCODED, facts=facts)) from error


def check_settings(format: str, settings: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Return what is wrong with an encoder's settings; no picture is needed to see it."""
    readers = SETTINGS.get(format)
    if readers is None:
        facts = {"format": format, "known": ", ".join(WRITABLE)}
        return (Problem(CANNOT_WRITE, facts=facts),)
    problems = []
    for name in settings:
        if name not in readers and not name.startswith("x-") and settings[name] is not None:
            step = _NOT_HERE.get((format, name)) or did_you_mean(name, readers)
            facts = {"format": format, "setting": name, "step": step}
            problems.append(Problem(UNKNOWN_SETTING, facts=facts))
    for name, read in _given(format, settings):
        try:
            read(name, settings[name])
        except ImageError as error:
            problems.extend(error.problems)
    if settings.get("lossless") in (True, "true") and settings.get("quality") is not None:
        problems.append(Problem(LOSSLESS_QUALITY, facts={"format": format}))
    return tuple(problems)


def _given(format: str, settings: Mapping[str, Any]) -> Iterator[tuple[str, Reader]]:
    for name, read in SETTINGS[format].items():
        if settings.get(name) is not None:
            yield name, read


def _png(image: Image.Image, settings: Mapping[str, Any], xmp: bytes | None) -> bytes:
    """Return the smaller of a png of all channels and, of few colours, one with a palette."""
    if not settings.get("exact", True):
        image = _cleared(image)
    made = _png_file(image, settings, xmp)
    if image.getcolors(PALETTE) is None:
        return made
    # What finds colours loads numpy, which most files do not need.
    indexed = import_module("assetgen.ops.indexed").indexed(image, PALETTE)
    return min(made, _png_file(indexed, settings, xmp), key=len)


def _png_file(image: Image.Image, settings: Mapping[str, Any], xmp: bytes | None) -> bytes:
    info = PngInfo()
    if xmp:
        info.add_itxt("XML:com.adobe.xmp", xmp.decode())
    level = settings.get("effort", _EFFORTS["png"])
    return _saved(image, format="PNG", compress_level=level, pnginfo=info)


def _jpg(image: Image.Image, settings: Mapping[str, Any], xmp: bytes | None) -> bytes:
    return _saved(
        image,
        format="JPEG",
        quality=settings.get("quality", _QUALITIES["jpg"]),
        # Full colour resolution, as generated art is full of hard coloured edges.
        subsampling=settings.get("chroma", "4:4:4"),
        progressive=True,
        optimize=True,
        **({"xmp": xmp} if xmp else {}),
    )


def _webp(image: Image.Image, settings: Mapping[str, Any], xmp: bytes | None) -> bytes:
    effort = settings.get("effort", _EFFORTS["webp"])
    lossless = settings.get("lossless", False)
    quality = settings.get("quality", _QUALITIES["webp"])
    return _saved(
        image,
        format="WEBP",
        lossless=lossless,
        # Of a lossless file, libwebp takes this for how hard it is to try.
        quality=round(effort * 100 / 9) if lossless else quality,
        method=round(effort * 6 / 9),
        exact=settings.get("exact", False),
        xmp=xmp or b"",
    )


def _avif(image: Image.Image, settings: Mapping[str, Any], xmp: bytes | None) -> bytes:
    return _saved(
        image,
        format="AVIF",
        quality=settings.get("quality", _QUALITIES["avif"]),
        subsampling=settings.get("chroma", "4:2:0"),
        speed=9 - settings.get("effort", _EFFORTS["avif"]),
        # Tiling, and so the bytes, follow the number of threads.
        max_threads=1,
        autotiling=False,
        xmp=xmp or b"",
    )


def _ico(image: Image.Image, settings: Mapping[str, Any], xmp: bytes | None) -> bytes:
    frames = icon.frames(image, settings.get("sizes"))
    return icon.container([(frame.width, _png(frame, {"effort": 9}, None)) for frame in frames])


def _saved(image: Image.Image, **settings: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, **settings)
    return buffer.getvalue()


def _cleared(image: Image.Image) -> Image.Image:
    """Return ``image`` with black where it is fully transparent."""
    if image.mode != "RGBA":
        return image
    clear = image.getchannel("A").point(lambda alpha: 255 * (alpha == 0))
    image = image.copy()
    image.paste((0, 0, 0, 0), mask=clear)
    return image


def _quality(name: str, value: Any) -> int:
    return arguments.whole(name, value, 1, 100)


def _effort(name: str, value: Any) -> int:
    return arguments.whole(name, value, 0, 9)


def _chroma(name: str, value: Any) -> str:
    return arguments.choice(name, value, CHROMAS)


SETTINGS: Mapping[str, Mapping[str, Reader]] = {
    "png": {"effort": _effort, "exact": arguments.flag},
    "jpg": {"quality": _quality, "chroma": _chroma},
    "webp": {
        "quality": _quality,
        "lossless": arguments.flag,
        "effort": _effort,
        "exact": arguments.flag,
    },
    "avif": {"quality": _quality, "chroma": _chroma, "effort": _effort},
    "ico": {"sizes": icon.read_sizes},
}
"""The settings of each format, and what reads them."""

WRITABLE = tuple(SETTINGS)
"""The formats that this release writes."""

_LEAVE_OUT = "leave it out: a png keeps every pixel; the op 'quantize' makes it smaller"
_NOT_HERE = {
    ("png", "quality"): _LEAVE_OUT,
    ("png", "lossless"): _LEAVE_OUT,
    ("png", "chroma"): _LEAVE_OUT,
    ("jpg", "lossless"): "a jpg always loses a little: write png, or webp with 'lossless: true'",
    ("jpg", "exact"): "a jpg has no transparent pixels",
    ("avif", "exact"): "it is one of png and webp",
    # Pillow hands libavif no identity matrix, so that colours are rounded even at quality 100.
    ("avif", "lossless"): "it cannot be had: write png, or webp with 'lossless: true'",
    ("webp", "chroma"): "a webp is always 4:2:0: write jpg or avif, or webp with 'lossless: true'",
}
"""Settings that another format has, and what to do without them."""

_WRITERS: Mapping[str, Callable[[Image.Image, Mapping[str, Any], bytes | None], bytes]] = {
    "png": _png,
    "jpg": _jpg,
    "webp": _webp,
    "avif": _avif,
    "ico": _ico,
}

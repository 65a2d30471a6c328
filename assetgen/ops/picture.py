"""Bytes to pixels: full decoding of untrusted PNG, JPEG and WebP; knows no operation and no file.

Every picture that leaves here is complete, upright, in sRGB, and of mode RGB or RGBA.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

from assetgen.errors import AssetgenError, ImageError, Kind, Problem
from assetgen.ops.container import DAMAGED, fail, measure, sniff

MAX_PIXELS = 100_000_000
"""The largest picture that is decoded, in pixels: 400 MB of memory, four times 4k square."""

TOO_LARGE = Kind(
    "picture-too-large",
    "{name} is {width} by {height} pixels; more than {limit} million pixels are not decoded",
    "make it smaller",
)
ANIMATED = Kind(
    "picture-animated",
    "{name} is animated ({found} frames); only still pictures are read",
    "save the frame that is wanted as a picture of its own",
)

_SIDEWAYS = frozenset({5, 6, 7, 8})
"""EXIF orientations that swap width and height."""
_PLUGIN = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}
_SRGB = ImageCms.createProfile("sRGB")

# Sizes are checked before Pillow opens anything; its own check stays on behind that one, and at
# the same limit, since by default it only warns.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """What a complete picture is.

    Attributes:
        format: png, jpg or webp, by its bytes.
        width, height: in pixels, as seen (EXIF orientation applied).
        has_alpha: whether some pixel is not fully opaque.
    """

    format: str
    width: int
    height: int
    has_alpha: bool


def inspect(data: bytes, name: str = "the picture") -> PictureInfo:
    """Return what ``data`` is, after decoding all of it; ``name`` is for messages.

    Raises ImageError unless it is one complete PNG, JPEG or WebP picture of bearable size.
    """
    image = decode(data, name)
    return PictureInfo(sniff(data, name), image.width, image.height, has_alpha(image))


def claimed_pixels(data: bytes) -> int:
    """Return how many pixels the header of a picture claims; 0 if it is none."""
    try:
        with Image.open(io.BytesIO(data), formats=tuple(_PLUGIN.values())) as image:
            return image.width * image.height
    except Exception:  # whatever is wrong with it is told by whoever decodes it
        return 0


def outline(data: bytes, name: str = "the picture") -> tuple[int, int]:
    """Return (width, height) in pixels, as seen, of a picture that is whole by its structure.

    No pixel is decoded, so that what only their decoder finds is not found. Raises ImageError.
    """
    format = sniff(data, name)
    _check_size(data, format, name)
    try:
        with Image.open(io.BytesIO(data), formats=(_PLUGIN[format],)) as image:
            # Not getexif(): it decodes a PNG that has none.
            exif = Image.Exif()
            exif.load(image.info.get("exif", b""))
            turned = exif.get(ExifTags.Base.Orientation, 1) in _SIDEWAYS
            width, height = image.size
    except Exception as error:  # a decoder fed with hostile bytes raises whatever it likes
        raise ImageError(Problem(DAMAGED, facts={"name": name, "found": _why(error)})) from error
    return (height, width) if turned else (width, height)


def decode(data: bytes, name: str = "the picture") -> Image.Image:
    """Return the picture in ``data``, decoded to its last pixel, as RGB or RGBA in sRGB.

    Raises ImageError; ``name`` says in its message what ``data`` is.
    """
    format = sniff(data, name)
    _check_size(data, format, name)
    try:
        return _decoded(data, format, name)
    except AssetgenError:
        raise
    except Exception as error:  # a decoder fed with hostile bytes raises whatever it likes
        raise ImageError(Problem(DAMAGED, facts={"name": name, "found": _why(error)})) from error


def _why(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):  # whose text has an address in memory in it
        return "it cannot be decoded"
    return str(error) or repr(error)


def _check_size(data: bytes, format: str, name: str) -> None:
    width, height = measure(data, format, name)
    if width * height > MAX_PIXELS:
        limit = MAX_PIXELS // 1_000_000
        facts = {"name": name, "width": width, "height": height, "limit": limit}
        raise ImageError(Problem(TOO_LARGE, facts=facts))


def has_alpha(image: Image.Image) -> bool:
    """Return whether some pixel of an RGB or RGBA picture is not fully opaque."""
    if image.mode != "RGBA":
        return False
    lowest, _ = image.getchannel("A").getextrema()
    return bool(lowest != 255)


def _decoded(data: bytes, format: str, name: str) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=(_PLUGIN[format],)) as image:
        frames = getattr(image, "n_frames", 1)
        if frames > 1 and image.format != "MPO":
            fail(ANIMATED, name, str(frames))
        image.load()
        upright = ImageOps.exif_transpose(image)
        profile = image.info.get("icc_profile")
        plain = _in_srgb(_to_rgb(upright), profile) if profile else _to_rgb(upright)
    # What the file said of itself (text, EXIF, gamma) must not travel into an encoder.
    plain.info = {}
    return plain


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode in ("RGB", "RGBA") and "transparency" not in image.info:
        return image
    if image.mode.startswith("I"):  # 16 bits of grey, which convert() would clip to white
        image = image.convert("I").point(lambda value: value / 257).convert("L")
    see_through = image.has_transparency_data
    return image.convert("RGBA" if see_through else "RGB")


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Return ``image`` in sRGB, since no output carries a profile; an unfit one is ignored."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return image
        converted = ImageCms.profileToProfile(image, source, _SRGB)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return converted or image

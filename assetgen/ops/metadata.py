"""What a file says of itself besides its pixels: provenance in, all else out; decodes no pixels.

A PNG, JPEG or WebP is taken apart into its chunks; those that pixels need stay as they are.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from html import escape

from PIL import ExifTags, Image, ImageCms

from assetgen.ops.container import PNG_MAGIC

_CODES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{rdf}">'
    '<rdf:Description rdf:about="" xmlns:dc="{dc}" xmlns:xmp="{xmp}" xmlns:Iptc4xmpExt="{ext}">'
    "<xmp:CreatorTool>assetgen</xmp:CreatorTool>"
    "{reference}"
    "<Iptc4xmpExt:DigitalSourceType>{source}</Iptc4xmpExt:DigitalSourceType>"
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
)
_MOST_REFERENCE = 200

_JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\x00"
_JPEG_EXIF = b"Exif\x00\x00"
_JPEG_ICC = b"ICC_PROFILE\x00"
_JPEG_BARE = frozenset({0x01, 0xD8})
_JPEG_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
_JPEG_TABLES = frozenset({0xC4, 0xCC, 0xDB, 0xDC, 0xDD})
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}

_PNG_PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_PNG_XMP = b"XML:com.adobe.xmp\x00"
_PNG_GAMMA = 45_455
"""1 / 2.2, which browsers take for sRGB."""
_PNG_PRIMARIES = (31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000)
"""White, red, green and blue of sRGB, each x and y, in hundred-thousandths."""
_PNG_CICP = bytes([1, 13, 0, 1])

_WEBP_PIXELS = (b"ALPH", b"VP8 ", b"VP8L")

_ORIENTATION = re.compile(rb"""tiff:Orientation\s*(?:=\s*["']|>)\s*(\d+)""")
_MOST_PROFILE = 16 << 20


class SourceType(StrEnum):
    """How a picture came about, in the words of IPTC's NewsCodes."""

    TRAINED = "trainedAlgorithmicMedia"
    COMPOSITE = "compositeWithTrainedAlgorithmicMedia"
    ALGORITHMIC = "algorithmicMedia"


def provenance(source_type: str, reference: str) -> bytes:
    """Return an XMP packet: IPTC's digital source type, and ``reference`` to what it is made of.

    The first stands in Iptc4xmpExt:DigitalSourceType (IPTC Photo Metadata, Digital Source Type),
    the second, unless it is empty, in dc:source, beside xmp:CreatorTool. What XML cannot hold is
    left out of them.
    """
    return _PACKET.format(
        **{name: _NAMESPACES[name] for name in ("rdf", "dc", "xmp")},
        ext=_NAMESPACES["Iptc4xmpExt"],
        reference=f"<dc:source>{_plain_text(reference)}</dc:source>" if reference else "",
        source=_plain_text(_CODES + source_type),
    ).encode()


def clean(data: bytes, format: str, xmp: bytes | None) -> bytes:
    """Return a whole png, jpg or webp without metadata, with ``xmp`` in it if it is given.

    Pixels are not touched: palette, transparency and the colour model of a jpg stay. What is said
    of colours and rotation goes, so this is for pictures that are plain (:func:`is_plain`).
    """
    return _CLEANERS[format](data, xmp)


def is_plain(data: bytes, format: str) -> bool:
    """Return whether a whole png, jpg or webp looks the same without its metadata.

    It does not if it is to be turned, or if its colours are not those of sRGB.
    """
    said = _SPEAKERS[format](data)
    if not said.is_srgb or any(match[1] != b"1" for match in _ORIENTATION.finditer(said.xmp)):
        return False
    return _is_upright(said.exif) and _is_srgb_profile(said.profile)


@dataclass(frozen=True, slots=True)
class _Said:
    """What a file says of itself; ``is_srgb`` is what it says outside of its profile."""

    exif: bytes = b""
    xmp: bytes = b""
    profile: bytes = b""
    is_srgb: bool = True


def _plain_text(text: str) -> str:
    plain = "".join(c for c in text if c.isprintable())[:_MOST_REFERENCE]
    return escape(plain, quote=False)


def _is_upright(exif: bytes) -> bool:
    if not exif:
        return True
    tags = Image.Exif()
    try:
        tags.load(exif)
        return bool(tags.get(ExifTags.Base.Orientation, 1) == 1)
    except Exception:  # hostile tags make the parser raise whatever it likes
        return False


def _is_srgb_profile(profile: bytes) -> bool:
    """Whether a profile is none, sRGB, or so unfit that every reader ignores it."""
    if not profile:
        return True
    try:
        return "sRGB" in ImageCms.getProfileDescription(
            ImageCms.ImageCmsProfile(io.BytesIO(profile))
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return True


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield the name, the content and all the bytes of each chunk."""
    at = len(PNG_MAGIC)
    name = b""
    while name != b"IEND":
        body = at + 8 + int.from_bytes(data[at : at + 4])
        name = data[at + 4 : at + 8]
        yield name, data[at + 8 : body], data[at : body + 4]
        at = body + 4


def _clean_png(data: bytes, xmp: bytes | None) -> bytes:
    made = [PNG_MAGIC]
    for name, _, whole in _png_chunks(data):
        if name == b"IDAT" and xmp:
            made.append(_png_chunk(b"iTXt", _PNG_XMP + bytes(4) + xmp))
            xmp = None
        if name in _PNG_PIXELS:
            made.append(whole)
    return b"".join(made)


def _png_chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + name + body + zlib.crc32(name + body).to_bytes(4)


def _png_says(data: bytes) -> _Said:
    found: dict[bytes, bytes] = {}
    xmp = b""
    for name, body, _ in _png_chunks(data):
        if name == b"iTXt" and body.startswith(_PNG_XMP):
            xmp += body
        elif name not in _PNG_PIXELS:
            found.setdefault(name, body)
    srgb = b"sRGB" in found or (
        _near(found.get(b"gAMA"), (_PNG_GAMMA,)) and _near(found.get(b"cHRM"), _PNG_PRIMARIES)
    )
    srgb = srgb and found.get(b"cICP", _PNG_CICP) == _PNG_CICP
    return _Said(found.get(b"eXIf", b""), xmp, _unpacked(found.get(b"iCCP", b"")), srgb)


def _near(body: bytes | None, wanted: Iterable[int]) -> bool:
    """Whether the numbers of a chunk are absent, or within 1 % of what is wanted."""
    if body is None:
        return True
    numbers = [int.from_bytes(body[at : at + 4]) for at in range(0, len(body), 4)]
    return all(abs(a - b) <= 1000 for a, b in zip(numbers, wanted, strict=False))


def _unpacked(chunk: bytes) -> bytes:
    """Return the profile in an iCCP chunk; one that is broken is as good as none."""
    _, _, packed = chunk.partition(b"\x00")
    try:
        return zlib.decompressobj().decompress(packed[1:], _MOST_PROFILE)
    except zlib.error:
        return b""


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield the marker, the content and all the bytes of each segment, up to the end marker.

    The bytes of a scan include the coded pixels after it.
    """
    at = 2
    while found := _JPEG_MARKER.search(data, at):
        at = found.end()
        marker = data[at - 1]
        if marker == 0xD9:
            yield marker, b"", b"\xff\xd9"
            return
        if marker in _JPEG_BARE:
            continue
        end = at + int.from_bytes(data[at : at + 2])
        body = data[at + 2 : end]
        if marker == 0xDA:
            following = _JPEG_MARKER.search(data, end)
            end = following.start() if following else len(data)
        yield marker, body, b"\xff" + data[at - 1 : end]
        at = end


def _clean_jpeg(data: bytes, xmp: bytes | None) -> bytes:
    head, rest = [b"\xff\xd8"], []
    for marker, body, whole in _jpeg_segments(data):
        if marker == 0xE0 and body.startswith(b"JFIF\x00") and len(body) >= 14:
            if len(head) == 1:  # without the thumbnail that may be in it
                head.append(_jpeg_segment(0xE0, body[:12] + bytes(2)))
        elif (
            marker in _JPEG_TABLES
            or marker in _JPEG_FRAMES
            or marker in (0xDA, 0xD9)
            or (marker == 0xEE and body.startswith(b"Adobe"))
        ):
            rest.append(whole)
    if xmp:
        head.append(_jpeg_segment(0xE1, _JPEG_XMP + xmp))
    return b"".join(head + rest)


def _jpeg_segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2) + body


def _jpeg_says(data: bytes) -> _Said:
    exif = xmp = b""
    profile: dict[int, bytes] = {}
    channels = 3
    for marker, body, _ in _jpeg_segments(data):
        if marker == 0xE1 and body.startswith(_JPEG_EXIF):
            exif = exif or body
        elif marker == 0xE1 and body.startswith(_JPEG_XMP):
            xmp += body
        elif marker == 0xE2 and body.startswith(_JPEG_ICC) and len(body) > 14:
            profile[body[12]] = body[14:]
        elif marker in _JPEG_FRAMES and len(body) > 5:
            channels = body[5]
    parts = b"".join(profile[number] for number in sorted(profile))
    return _Said(exif, xmp, parts, channels in (1, 3))


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield the name, the content and all the bytes of each chunk."""
    at, end = 12, min(8 + int.from_bytes(data[4:8], "little"), len(data))
    while at + 8 <= end:
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : at + 8 + length]
        yield data[at : at + 4], body, _webp_chunk(data[at : at + 4], body)
        at += 8 + length + length % 2


def _webp_chunk(name: bytes, body: bytes) -> bytes:
    return name + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)


def _clean_webp(data: bytes, xmp: bytes | None) -> bytes:
    pixels = {name: (body, whole) for name, body, whole in _webp_chunks(data)}
    parts = [pixels[name][1] for name in _WEBP_PIXELS if name in pixels]
    if xmp or b"ALPH" in pixels:
        parts.insert(0, _webp_chunk(b"VP8X", _webp_features(data, pixels, bool(xmp))))
    if xmp:
        parts.append(_webp_chunk(b"XMP ", xmp))
    body = b"".join(parts)
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def _webp_features(
    data: bytes, pixels: Mapping[bytes, tuple[bytes, bytes]], has_xmp: bool
) -> bytes:
    """Return the content of VP8X: which chunks there are, and the size."""
    alpha = b"ALPH" in pixels
    if b"VP8L" in pixels:
        bits = int.from_bytes(pixels[b"VP8L"][0][1:5], "little")
        width, height, alpha = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), bool(bits >> 28 & 1)
    else:
        head = pixels[b"VP8 "][0]
        width, height = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    sides = b"".join((side - 1).to_bytes(3, "little") for side in (width, height))
    return bytes([alpha << 4 | has_xmp << 2, 0, 0, 0]) + sides


def _webp_says(data: bytes) -> _Said:
    found = {name: body for name, body, _ in _webp_chunks(data)}
    return _Said(found.get(b"EXIF", b""), found.get(b"XMP ", b""), found.get(b"ICCP", b""))


_CLEANERS: Mapping[str, Callable[[bytes, bytes | None], bytes]] = {
    "png": _clean_png,
    "jpg": _clean_jpeg,
    "webp": _clean_webp,
}
_SPEAKERS: Mapping[str, Callable[[bytes], _Said]] = {
    "png": _png_says,
    "jpg": _jpeg_says,
    "webp": _webp_says,
}

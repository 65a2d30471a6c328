"""The texts that a picture file carries beside its pixels; knows not what they mean.

Read from the bytes alone, without decoding a picture: PNG 1.2 sections 11.3.4.3 to 11.3.4.5 (tEXt,
zTXt, iTXt), Exif 2.32 (IFD 0 and the Exif IFD, little and big endian), JPEG APP1, WebP's EXIF
chunk. Everything is bounded, and what is damaged is as good as absent.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

MAX_TEXT = 2 << 20
"""Bytes of one text, unpacked; a graph of a few hundred nodes has a tenth of that."""
MAX_TEXTS = 64
MAX_PARTS = 100_000
"""Chunks or segments of one file that are looked at."""
MAX_FIELDS = 200

USER_COMMENT = "UserComment"
"""The name under which an Exif comment stands among the texts."""

_PNG = b"\x89PNG\r\n\x1a\n"
_EXIF_HEAD = b"Exif\x00\x00"
_ASCII = {0x010F, 0x0110, 0x010E}
"""Maker, model and description of IFD 0: where WebP savers without text chunks put `name:text`."""
_EXIF_IFD = 0x8769
_COMMENT = 0x9286
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 7: 1}
"""Bytes of one value of the Exif types byte, ascii, short, long and undefined."""


def texts(data: bytes) -> dict[str, str]:
    """Return the texts in a PNG, JPEG or WebP by their keywords; the first of a name counts.

    An Exif comment is there as :data:`USER_COMMENT`, and a text `name:…` in the Exif fields of
    maker, model or description as ``name``. Raises nothing.
    """
    found: dict[str, str] = {}
    for name, text in _all_texts(data):
        if name and text and len(found) < MAX_TEXTS:
            found.setdefault(name, text)
    return found


def _all_texts(data: bytes) -> Iterator[tuple[str, str]]:
    if data.startswith(_PNG):
        yield from _png_texts(data)
    elif data.startswith(b"\xff\xd8"):
        for exif in _jpeg_exif(data):
            yield from _exif_texts(exif)
    elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        for exif in _webp_exif(data):
            yield from _exif_texts(exif)


def _png_texts(data: bytes) -> Iterator[tuple[str, str]]:
    readers = {b"tEXt": _plain, b"zTXt": _packed, b"iTXt": _international}
    at = len(_PNG)
    for _ in range(MAX_PARTS):
        head = data[at : at + 8]
        if len(head) < 8 or head[4:] == b"IEND":
            return
        size = int.from_bytes(head[:4])
        body = at + 8
        if head[4:] in readers and size <= MAX_TEXT:
            yield readers[head[4:]](data[body : body + size])
        elif head[4:] == b"eXIf":
            yield from _exif_texts(data[body : body + size])
        at = body + size + 4


def _plain(body: bytes) -> tuple[str, str]:
    name, _, text = body.partition(b"\x00")
    return name.decode("latin-1"), _decoded(text)


def _packed(body: bytes) -> tuple[str, str]:
    name, _, rest = body.partition(b"\x00")
    return name.decode("latin-1"), _decoded(_unpacked(rest[1:]))


def _international(body: bytes) -> tuple[str, str]:
    name, _, rest = body.partition(b"\x00")
    is_packed, rest = rest[:1] == b"\x01", rest[2:]
    _language, _, rest = rest.partition(b"\x00")
    _translated, _, text = rest.partition(b"\x00")
    return name.decode("latin-1"), (_unpacked(text) if is_packed else text).decode(
        "utf-8", "replace"
    )


def _decoded(text: bytes) -> str:
    """Return text that should be Latin-1; many writers put UTF-8 there, which is seldom both."""
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _unpacked(packed: bytes) -> bytes:
    """Return what a zlib stream holds; nothing if it is damaged, or larger than a text may be."""
    stream = zlib.decompressobj()
    try:
        text = stream.decompress(packed, MAX_TEXT)
    except zlib.error:
        return b""
    return text if stream.eof else b""


def _jpeg_exif(data: bytes) -> Iterator[bytes]:
    at = 2
    for _ in range(MAX_PARTS):
        if data[at : at + 1] != b"\xff" or len(data) < at + 4:
            return
        marker = data[at + 1]
        if marker == 0xFF:  # filling before a marker
            at += 1
            continue
        if marker in (0xD9, 0xDA):  # the pixels begin, and no text stands after them
            return
        size = int.from_bytes(data[at + 2 : at + 4])
        body = data[at + 4 : at + 2 + size]
        if marker == 0xE1 and body.startswith(_EXIF_HEAD):
            yield body
        at += 2 + max(size, 2)


def _webp_exif(data: bytes) -> Iterator[bytes]:
    at = 12
    for _ in range(MAX_PARTS):
        head = data[at : at + 8]
        if len(head) < 8:
            return
        size = int.from_bytes(head[4:], "little")
        if head[:4] == b"EXIF":
            yield data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _exif_texts(exif: bytes) -> Iterator[tuple[str, str]]:
    tiff = exif.removeprefix(_EXIF_HEAD)
    order = {b"II*\x00": "little", b"MM\x00*": "big"}.get(tiff[:4])
    if order is None:
        return
    little = order == "little"
    for tag, value in _fields(tiff, _number(tiff[4:8], little), little):
        if tag in _ASCII:
            name, colon, text = value.decode("utf-8", "replace").rstrip("\x00").partition(":")
            if colon and name.isidentifier():
                yield name, text
        elif tag == _EXIF_IFD:
            inner = _fields(tiff, _number(value, little), little)
            comments = [text for tag, text in inner if tag == _COMMENT]
            if comments:
                yield USER_COMMENT, _comment(comments[0])


def _fields(tiff: bytes, at: int, little: bool) -> Iterator[tuple[int, bytes]]:
    """Yield the tag and the bytes of each field of the directory at ``at``."""
    for number in range(min(_number(tiff[at : at + 2], little), MAX_FIELDS)):
        entry = tiff[at + 2 + 12 * number :][:12]
        if len(entry) < 12:
            return
        size = _SIZES.get(_number(entry[2:4], little), 0) * _number(entry[4:8], little)
        place = _number(entry[8:12], little)
        if 0 < size <= MAX_TEXT:
            value = entry[8 : 8 + size] if size <= 4 else tiff[place : place + size]
            yield _number(entry[:2], little), value


def _number(data: bytes, little: bool) -> int:
    return int.from_bytes(data, "little" if little else "big")


def _comment(value: bytes) -> str:
    """Return an Exif comment: eight bytes that name its character code, then the text.

    The order of UTF-16's bytes is that of the file by the standard, and the other one with most
    writers, so the text itself tells it: most of it has a zero in every high byte.
    """
    code, text = value[:8], value[8:]
    if code == b"UNICODE\x00":
        big = text[0::2].count(0) >= text[1::2].count(0)
        return text.decode("utf-16-be" if big else "utf-16-le", "replace").strip("\x00\ufeff")
    if code in (b"ASCII\x00\x00\x00", bytes(8)):
        return _decoded(text).strip("\x00")
    return _decoded(value).strip("\x00")

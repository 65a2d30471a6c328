"""Reads the outer structure of PNG, JPEG and WebP bytes; knows no pixels and decodes nothing.

Decoders are lenient about a missing tail, and by then they have reserved memory for the size that
the header claims. So both are looked at here first, on nothing but the bytes.
"""

from __future__ import annotations

import re
import zlib
from typing import NoReturn

from assetgen.errors import ImageError, Kind, Problem

NOT_A_PICTURE = Kind(
    "not-a-picture",
    "{name} is not a picture: {found}",
    "give a PNG, JPEG or WebP picture",
)
LFS_POINTER = Kind(
    "lfs-pointer",
    "{name} is a git-LFS pointer, the picture itself is not here",
    "run 'git lfs pull'",
)
WRONG_FORMAT = Kind(
    "wrong-picture-format",
    "{name} is in the {found} format, which is not read here",
    "convert it to PNG, JPEG or WebP",
)
TRUNCATED = Kind(
    "picture-truncated",
    "{name} is cut short: {found}",
    "fetch or copy it again; the rest of it is missing",
)
DAMAGED = Kind(
    "picture-damaged",
    "{name} is damaged: {found}",
    "fetch it again, or save it anew from a program that can still open it",
)

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_FOREIGN = (
    (re.compile(rb"GIF8[79]a"), "GIF"),
    (re.compile(rb"BM.{4}\x00{4}", re.S), "BMP"),
    (re.compile(rb"II\*\x00|MM\x00\*"), "TIFF"),
    (re.compile(rb".{4}ftypavi[fs]", re.S), "AVIF"),
    (re.compile(rb".{4}ftyp(hei|mif|hev)", re.S), "HEIC"),
    (re.compile(rb"\x00\x00\x01\x00"), "ICO"),
    (re.compile(rb"\xff\x0a|\x00\x00\x00\x0cJXL "), "JPEG XL"),
    (re.compile(rb"8BPS"), "Photoshop"),
    (re.compile(rb"(?:\s*<\?xml[^>]*>)?(?:\s*<!--.*?-->)?\s*<svg\b", re.S | re.I), "SVG"),
)
_WORDS = (
    (re.compile(rb"\s*(<!doctype html|<html|<head|<body)", re.I), "it is a web page"),
    (re.compile(rb"\s*[{\[]"), "it is JSON text, perhaps an error message"),
    (re.compile(rb"\s*<"), "it is XML text, perhaps an error message"),
    (re.compile(rb"%PDF-"), "it is a PDF document"),
    (re.compile(rb"PK\x03\x04"), "it is a ZIP archive"),
)
_SIZED = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG markers that begin a frame and so tell its size."""
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
"""JPEG markers without a length."""
_NEXT_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")


def sniff(data: bytes, name: str) -> str:
    """Return ``png``, ``jpg`` or ``webp`` by the first bytes; ImageError for anything else."""
    if data.startswith(PNG_MAGIC):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    return _refuse(data, name)


def measure(data: bytes, format: str, name: str) -> tuple[int, int]:
    """Return (width, height) as the header claims, once the bytes are whole to their trailer.

    ``format`` is what :func:`sniff` returned. Bytes after the trailer are tolerated, as decoders
    do. Raises ImageError.
    """
    return {"png": _png, "jpg": _jpeg, "webp": _webp}[format](data, name)


def fail(kind: Kind, name: str, found: str) -> NoReturn:
    """Raise the ImageError of ``kind``."""
    raise ImageError(Problem(kind, facts={"name": name, "found": found}))


def _refuse(data: bytes, name: str) -> NoReturn:
    head = data[:2000]
    if not data:
        fail(NOT_A_PICTURE, name, "it is empty")
    if head.startswith(b"version https://git-lfs"):
        fail(LFS_POINTER, name, "")
    starts = (PNG_MAGIC, b"\xff\xd8\xff", b"RIFF")
    if any(magic.startswith(data) for magic in starts) or (
        head.startswith(b"RIFF") and len(data) < 12
    ):
        fail(TRUNCATED, name, f"it ends after {len(data)} bytes")
    for pattern, found in _FOREIGN:
        if pattern.match(head):
            fail(WRONG_FORMAT, name, found)
    for pattern, found in _WORDS:
        if pattern.match(head):
            fail(NOT_A_PICTURE, name, found)
    text = "".join(head.decode("utf-8", "replace").split()).isprintable()
    fail(NOT_A_PICTURE, name, "it is text" if text else "its first bytes are of no known format")


def _png(data: bytes, name: str) -> tuple[int, int]:
    size: tuple[int, int] | None = None
    at, end = len(PNG_MAGIC), len(data)
    view = memoryview(data)
    while True:
        if at + 12 > end:
            fail(TRUNCATED, name, "the PNG has no IEND chunk at its end")
        length = int.from_bytes(data[at : at + 4])
        kind = data[at + 4 : at + 8]
        body = at + 8 + length
        if length > 0x7FFF_FFFF or not kind.isalpha():
            fail(DAMAGED, name, f"no PNG chunk begins at byte {at}")
        if body + 4 > end:
            fail(TRUNCATED, name, "the last PNG chunk is not complete")
        if zlib.crc32(view[at + 4 : body]) != int.from_bytes(data[body : body + 4]):
            fail(DAMAGED, name, f"the PNG chunk at byte {at} has a wrong checksum")
        if size is None:
            if kind != b"IHDR" or length != 13:
                fail(DAMAGED, name, "the PNG does not begin with its header")
            size = (int.from_bytes(data[16:20]), int.from_bytes(data[20:24]))
        if kind == b"IEND":
            return size
        at = body + 4


def _jpeg(data: bytes, name: str) -> tuple[int, int]:
    size: tuple[int, int] | None = None
    at = 2
    while True:
        found = _NEXT_MARKER.search(data, at)
        if found is None:
            fail(TRUNCATED, name, "the JPEG has no end marker")
        at = found.end()
        marker = data[at - 1]
        if marker == 0xD9:
            if size is None:
                fail(DAMAGED, name, "the JPEG ends before its picture begins")
            return size
        if marker in _BARE:
            continue
        length = int.from_bytes(data[at : at + 2])
        if at + max(length, 2) > len(data):
            fail(TRUNCATED, name, "the last JPEG segment is not complete")
        if length < 2:
            fail(DAMAGED, name, f"the JPEG segment at byte {at} has no length")
        if marker in _SIZED and size is None:
            size = (int.from_bytes(data[at + 5 : at + 7]), int.from_bytes(data[at + 3 : at + 5]))
        at += length


def _webp(data: bytes, name: str) -> tuple[int, int]:
    riff = int.from_bytes(data[4:8], "little")
    if riff + 8 > len(data):
        fail(TRUNCATED, name, f"the WebP should have {riff + 8} bytes and has {len(data)}")
    kind, head = data[12:16], data[20:30]
    if len(head) < 10:
        fail(DAMAGED, name, "the WebP has no picture in it")
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        width, height = (int.from_bytes(head[at : at + 2], "little") for at in (6, 8))
        return width & 0x3FFF, height & 0x3FFF
    fail(DAMAGED, name, "the WebP begins with an unknown chunk")

"""The files of a favicon, and the card of a page: which sizes by which ops; draws none of them.

Sizes as of today's practice: Windows and bookmarks read favicon.ico, iOS takes the icon of 180
pixels for all devices ("Configuring Web Applications", Apple), and Chromium wants 192 and 512 in
the manifest, with icons for masks apart from the others (W3C, Web Application Manifest: icon
masks and safe zone).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

OpArgs = tuple[str, Mapping[str, Any]]
"""An op's name and its arguments."""

BACKGROUND = "#ffffff"
PADDING = 0.22
"""The border that leaves a square within the safe zone: its corners are 0.4 sides from the middle.

The safe zone is a circle of 0.8 sides, and (1 - 0.8 / sqrt 2) / 2 is 0.217.
"""
ICO_SIZES = (16, 32, 48)
APPLE, ANY, MASKABLE = 180, (192, 512), (192, 512)
OLD_ICONS, OLD_APPLE, OLD_ANY = (16, 32, 48, 96), (120, 152, 167), (256, 384)
"""What the full preset adds: tabs by size, iPhone and iPads by size, splash screens."""

OG_SIZE = 1200, 630


@dataclass(frozen=True, slots=True)
class FaviconFile:
    """One file of a favicon.

    Attributes:
        name: within the favicon's folder.
        format: as an output has it.
        use: icon, apple, any, maskable, manifest or html; the two last are texts.
        sides: the sides of the pictures in it, in pixels; one but for ico, none for texts.
        ops: what makes it of the picture.
        encode: the encoder's settings.
    """

    name: str
    format: str
    use: str
    sides: tuple[int, ...] = ()
    ops: tuple[OpArgs, ...] = ()
    encode: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sizes(self) -> str:
        """As HTML and the manifest have it, such as `16x16 32x32`."""
        return " ".join(f"{side}x{side}" for side in self.sides)


def favicon_files(
    preset: str, *, background: str = BACKGROUND, padding: float = PADDING
) -> tuple[FaviconFile, ...]:
    """Return the files of ``preset``: modern or full, which is modern and more.

    ``background`` is a colour that apple and maskable icons are laid on; ``padding`` is the empty
    border of maskable ones, as a share of their side (0 to less than 0.5).
    """
    full = preset == "full"
    return (
        FaviconFile("favicon.ico", "ico", "icon", ICO_SIZES, (), {"sizes": list(ICO_SIZES)}),
        *(_tabs() if full else ()),
        *_apple(background, full),
        *_app(full),
        *_maskable(background, padding),
        FaviconFile("manifest.webmanifest", "webmanifest", "manifest"),
        FaviconFile("favicon.html", "html", "html"),
    )


def og_ops(gravity: Any = "center") -> tuple[OpArgs, ...]:
    """Return what makes the card that other pages show of one, of 1200 by 630 pixels."""
    width, height = OG_SIZE
    crop = {"aspect_ratio": f"{width}:{height}", "gravity": gravity}
    return ("crop", crop), ("resize", {"width": width, "height": height, "fit": "cover"})


def _tabs() -> Iterator[FaviconFile]:
    for side in OLD_ICONS:
        name = f"favicon-{side}x{side}.png"
        yield FaviconFile(name, "png", "icon", (side,), _square(side, side))


def _apple(background: str, full: bool) -> Iterator[FaviconFile]:
    for side in (*(OLD_APPLE if full else ()), APPLE):
        name = "apple-touch-icon.png" if side == APPLE else f"apple-touch-icon-{side}x{side}.png"
        ops = _square(side, side, background)
        yield FaviconFile(name, "png", "apple", (side,), ops)


def _app(full: bool) -> Iterator[FaviconFile]:
    for side in sorted({*ANY, *(OLD_ANY if full else ())}):
        yield FaviconFile(f"icon-{side}.png", "png", "any", (side,), _square(side, side))


def _maskable(background: str, padding: float) -> Iterator[FaviconFile]:
    for side in MASKABLE:
        inner = max(1, int(side * (1 - 2 * padding)))
        ops = _square(side, inner, background)
        yield FaviconFile(f"icon-maskable-{side}.png", "png", "maskable", (side,), ops)


def _square(side: int, inner: int, background: str = "") -> tuple[OpArgs, ...]:
    """Return what sets a whole picture into the middle of a square, on a colour if there is one."""
    resize = ("resize", {"width": inner, "height": inner, "fit": "contain"})
    pad = {"width": side, "height": side}
    if not background:
        return resize, ("pad", pad)
    return resize, ("pad", {**pad, "color": background}), ("flatten", {"color": background})

"""Texts for web pages: a `<picture>`, a favicon's tags, a manifest; knows no picture and no file.

Values go in and text comes out; whatever they hold, it stays within its attribute.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

TYPES = {
    "avif": "image/avif",
    "webp": "image/webp",
    "jpg": "image/jpeg",
    "png": "image/png",
    "ico": "image/x-icon",
}
"""Formats and their media types, the one that a browser should try first in front."""

_MODERN = ("avif", "webp")
_ORIGIN = re.compile(r"(?:https?:)?//[A-Za-z0-9.\-:\[\]]+(?=/|\Z)")
_SAFE = "/~-._!$&'()*+;=:@"
"""What a path may hold as it is; not the comma, which parts the entries of a srcset."""


@dataclass(frozen=True, slots=True)
class PictureFile:
    """One file of a srcset: its address as a path or with an origin, its size, its format."""

    url: str
    width: int
    height: int
    format: str


@dataclass(frozen=True, slots=True)
class IconLink:
    """One file of a favicon.

    Attributes:
        url: as a path or with an origin.
        use: icon, apple, any, maskable or manifest.
        sizes: as HTML has them, such as `16x16 32x32`; empty for a manifest.
        format: of a picture; empty for a manifest.
    """

    url: str
    use: str
    sizes: str = ""
    format: str = ""


def picture_html(
    files: Sequence[PictureFile],
    *,
    sizes: str = "100vw",
    alt: str = "",
    placeholder: str = "",
) -> str:
    """Return a `<picture>`: a `<source>` for avif and webp each, an `<img>` of another format.

    Where there is none other, the last of those two is the `<img>`. ``sizes`` is how wide the
    picture is shown, as in HTML. A ``placeholder`` that is a data URI becomes the background, as
    an inline style (a content security policy must allow that, and images of `data:`); any other
    is a blurhash and becomes `data-blurhash`, for a script of the page.
    """
    formats = {file.format for file in files}
    order = [name for name in TYPES if name in formats]
    plain = next((name for name in order if name not in _MODERN), order[-1])
    lines = [
        f"  {_tag('source', type=TYPES[name], srcset=_srcset(files, name), sizes=sizes)}"
        for name in order
        if name in _MODERN and name != plain
    ]
    largest = max((file for file in files if file.format == plain), key=lambda file: file.width)
    behind = {"data-blurhash": placeholder} if placeholder else {}
    if placeholder.startswith("data:"):
        behind = {"style": f"background:url('{_in_css(placeholder)}') 50%/cover no-repeat"}
    image = _tag(
        "img",
        src=address(largest.url),
        srcset=_srcset(files, plain),
        sizes=sizes,
        width=str(largest.width),
        height=str(largest.height),
        alt=alt,
        loading="lazy",
        decoding="async",
        **behind,
    )
    return "\n".join(["<picture>", *lines, f"  {image}", "</picture>", ""])


def favicon_html(links: Iterable[IconLink], *, theme_color: str = "") -> str:
    """Return the tags of a page's head: icons, apple icons, the manifest, the theme's colour.

    Icons of the manifest (any, maskable) need no tag of their own.
    """
    lines = []
    for link in links:
        if link.use == "icon":
            kind = {"type": TYPES[link.format]} if link.format != "ico" else {}
            lines.append(_tag("link", rel="icon", **kind, sizes=link.sizes, href=address(link.url)))
        elif link.use == "apple":
            icon = _tag("link", rel="apple-touch-icon", sizes=link.sizes, href=address(link.url))
            lines.append(icon)
        elif link.use == "manifest":
            lines.append(_tag("link", rel="manifest", href=address(link.url)))
    if theme_color:
        lines.append(_tag("meta", name="theme-color", content=theme_color))
    return "\n".join([*lines, ""])


def webmanifest(
    links: Iterable[IconLink],
    *,
    name: str = "",
    short_name: str = "",
    theme_color: str = "",
    background_color: str = "",
) -> str:
    """Return a web app manifest with the icons for it; what is empty is left out.

    It says nothing of how the page is shown: who wants more of an app adds it.
    """
    words = {"name": name, "short_name": short_name}
    colors = {"theme_color": theme_color, "background_color": background_color}
    icons = [
        {
            "src": address(link.url),
            "sizes": link.sizes,
            "type": TYPES[link.format],
            "purpose": link.use,
        }
        for link in links
        if link.use in ("any", "maskable")
    ]
    given = {key: value for key, value in {**words, **colors}.items() if value}
    return json.dumps({**given, "icons": icons}, indent=2, ensure_ascii=False) + "\n"


def address(path: str) -> str:
    """Return a path, with or without `https://host` before it, as a URL; its scheme is no other."""
    origin = _ORIGIN.match(path)
    host = origin[0] if origin else ""
    rest = quote(path[len(host) :].replace("\\", "/"), safe=_SAFE)
    if not host and (":" in rest.partition("/")[0] or rest.startswith("//")):
        return f"./{rest}"
    return host + rest


def _srcset(files: Sequence[PictureFile], format: str) -> str:
    same = sorted((file for file in files if file.format == format), key=lambda file: file.width)
    return ", ".join(f"{address(file.url)} {file.width}w" for file in same)


def _in_css(text: str) -> str:
    return quote(text, safe="/~-._!$&*+;=:@,%")


def _tag(tag: str, /, **attributes: str) -> str:
    parts = [f'{name}="{escape(value, quote=True)}"' for name, value in attributes.items()]
    return f"<{' '.join([tag, *parts])}>"

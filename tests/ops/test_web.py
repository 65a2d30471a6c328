"""Texts for pages: what they say, and that nothing leaves its attribute."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetgen.ops.web import (
    IconLink,
    PictureFile,
    address,
    favicon_html,
    picture_html,
    webmanifest,
)


class Tags(HTMLParser):
    """All tags of a text with their attributes, and any text between them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.between = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.between += data.strip()


def files(*formats: str, widths: tuple[int, ...] = (960, 480)) -> list[PictureFile]:
    return [
        PictureFile(f"hero-{width}.{name}", width, width * 9 // 16, name)
        for width in widths
        for name in formats
    ]


def test_a_picture_element() -> None:
    """Modern formats are sources, avif first; the img has a fallback's files and its size."""
    tags = Tags(picture_html(files("jpg", "webp", "avif"), sizes="50vw", alt="A lighthouse"))
    picture, avif, webp, img = tags.found
    assert picture == ("picture", {})
    assert avif == (
        "source",
        {
            "type": "image/avif",
            "srcset": "hero-480.avif 480w, hero-960.avif 960w",
            "sizes": "50vw",
        },
    )
    assert webp[1]["type"] == "image/webp"
    assert img == (
        "img",
        {
            "src": "hero-960.jpg",
            "srcset": "hero-480.jpg 480w, hero-960.jpg 960w",
            "sizes": "50vw",
            "width": "960",
            "height": "540",
            "alt": "A lighthouse",
            "loading": "lazy",
            "decoding": "async",
        },
    )


@pytest.mark.parametrize(
    ("formats", "sources", "fallback"),
    [
        (("webp",), [], "hero-960.webp"),
        (("avif",), [], "hero-960.avif"),
        (("avif", "webp"), ["image/avif"], "hero-960.webp"),
        (("png", "avif"), ["image/avif"], "hero-960.png"),
        (("jpg",), [], "hero-960.jpg"),
    ],
)
def test_any_set_of_formats(formats: tuple[str, ...], sources: list[str], fallback: str) -> None:
    """There is always an img, of the format that most clients read."""
    found = Tags(picture_html(files(*formats))).found
    assert [tag[1]["type"] for tag in found if tag[0] == "source"] == sources
    assert found[-1][1]["src"] == fallback
    assert found[-1][1]["alt"] == ""


def test_placeholders() -> None:
    """A data URI is a background, a blurhash is an attribute, none is nothing."""
    tiny = picture_html(files("jpg"), placeholder="data:image/webp;base64,AAA+/=")
    style = Tags(tiny).found[-1][1]["style"]
    assert style == "background:url('data:image/webp;base64,AAA+/=') 50%/cover no-repeat"
    hashed = Tags(picture_html(files("jpg"), placeholder="LEHV6n%2WB<\"'&")).found[-1][1]
    assert hashed["data-blurhash"] == "LEHV6n%2WB<\"'&"
    assert "style" not in hashed
    assert not {"style", "data-blurhash"} & Tags(picture_html(files("jpg"))).found[-1][1].keys()


@given(st.text(), st.text(), st.text(), st.text())
def test_nothing_leaves_its_attribute(url: str, sizes: str, alt: str, placeholder: str) -> None:
    """Whatever the values hold, the tags and their attributes stay the same."""
    listed = [PictureFile(url, 480, 270, "jpg"), PictureFile(url, 480, 270, "avif")]
    tags = Tags(picture_html(listed, sizes=sizes, alt=alt, placeholder=placeholder))
    assert [tag for tag, _ in tags.found] == ["picture", "source", "img"]
    assert tags.between == ""
    allowed = {"src", "srcset", "sizes", "width", "height", "alt", "loading", "decoding"}
    assert tags.found[2][1].keys() - {"style", "data-blurhash"} == allowed
    srcset = tags.found[1][1]["srcset"] or ""
    assert re.fullmatch(r"[^\s,]* 480w", srcset)


@given(st.text(max_size=40))
def test_an_address_keeps_its_path(path: str) -> None:
    """It says the same path, on no other host and with no scheme of its own."""
    made = address(path.encode("utf-8", "ignore").decode())
    assert re.fullmatch(r"(?:(?:https?:)?//[\w.\-:\[\]]+)?[\w/~\-.!$&'()*+;=:@%]*", made, re.ASCII)
    if "//" not in path and ":" not in path:
        assert unquote(made) == path.replace("\\", "/")


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("art/my hero, 50%.png", "art/my%20hero%2C%2050%25.png"),
        ("/assets/a?b#c.png", "/assets/a%3Fb%23c.png"),
        ("https://cdn.example/x y.png", "https://cdn.example/x%20y.png"),
        ("//cdn.example/x.png", "//cdn.example/x.png"),
        ("javascript:alert(1)", "./javascript:alert(1)"),
        ("https://user@evil.example/", "./https://user@evil.example/"),
    ],
)
def test_addresses(path: str, wanted: str) -> None:
    """Paths are quoted, an origin stays, and what is neither becomes a path."""
    assert address(path) == wanted


ICONS = [
    IconLink("/favicon.ico", "icon", "16x16 32x32", "ico"),
    IconLink("/favicon-96x96.png", "icon", "96x96", "png"),
    IconLink("/apple-touch-icon.png", "apple", "180x180", "png"),
    IconLink("/icon-192.png", "any", "192x192", "png"),
    IconLink("/icon-maskable-512.png", "maskable", "512x512", "png"),
    IconLink("/manifest.webmanifest", "manifest"),
]


def test_the_tags_of_a_favicon() -> None:
    """One for each icon that is not the manifest's, the manifest, and the theme's colour."""
    found = Tags(favicon_html(ICONS, theme_color="#123456")).found
    assert [(tag, attributes.get("rel")) for tag, attributes in found] == [
        ("link", "icon"),
        ("link", "icon"),
        ("link", "apple-touch-icon"),
        ("link", "manifest"),
        ("meta", None),
    ]
    assert found[0][1] == {"rel": "icon", "sizes": "16x16 32x32", "href": "/favicon.ico"}
    assert found[1][1]["type"] == "image/png"
    assert found[4][1] == {"name": "theme-color", "content": "#123456"}
    assert "theme-color" not in favicon_html(ICONS)


def test_the_manifest() -> None:
    """It has the names, the colours and the icons for it, each with one purpose."""
    text = webmanifest(
        ICONS,
        name='The "Lighthouse"',
        short_name="Licht </script>",
        theme_color="#123456",
        background_color="#ffffff",
    )
    assert json.loads(text) == {
        "name": 'The "Lighthouse"',
        "short_name": "Licht </script>",
        "theme_color": "#123456",
        "background_color": "#ffffff",
        "icons": [
            {"src": "/icon-192.png", "sizes": "192x192", "type": "image/png", "purpose": "any"},
            {
                "src": "/icon-maskable-512.png",
                "sizes": "512x512",
                "type": "image/png",
                "purpose": "maskable",
            },
        ],
    }
    assert list(json.loads(webmanifest(ICONS))) == ["icons"]

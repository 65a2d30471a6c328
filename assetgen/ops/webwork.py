"""Files of web pages, of what their manifests say and of the picture that they show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PIL import Image

from assetgen.ops.geometry import scaled_size
from assetgen.ops.manifest import Manifest
from assetgen.ops.web import IconLink, PictureFile, favicon_html, picture_html, webmanifest


def write_snippet(manifest: Manifest, image: Image.Image) -> str:
    """Return the `<picture>` that shows ``image`` in the sizes that its manifest lists."""
    arguments = manifest.arguments
    files = []
    for url, width, format in arguments["files"]:
        size = scaled_size(image.size, int(width), None, "contain")
        files.append(PictureFile(url, *size, format))
    words = {name: str(arguments[name]) for name in ("sizes", "alt") if name in arguments}
    placeholder = _placeholder(arguments.get("placeholder", "lqip"), image)
    return picture_html(files, **words, placeholder=placeholder)


def _placeholder(kind: str, image: Image.Image) -> str:
    # Blurhashes load numpy, and few workers write snippets.
    from assetgen.ops.placeholder import blurhash, lqip

    return {"lqip": lqip, "blurhash": blurhash}[kind](image) if kind != "none" else ""


def write_page(manifest: Manifest) -> str:
    """Return the text of a file of a favicon."""
    arguments: Mapping[str, Any] = manifest.arguments
    links = [IconLink(*link) for link in arguments["links"]]
    words = {name: str(value) for name, value in arguments.items() if name != "links"}
    if manifest.op == "webmanifest":
        return webmanifest(links, **words)
    return favicon_html(links, **words)

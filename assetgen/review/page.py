"""The page that shows a document, as text and files; knows no project and makes no picture."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined

_COMMON = ("text.js", "model.js", "grid.js", "stage.js", "dialog.js", "detail.js")
_REVIEW = ("live.js", "actions.js")
_LAST = ("page.js",)
_REST = ("page.css", "icon.svg")
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "require-trusted-types-for": "'script'",
}
_SERVED = {"img-src": "'self' blob:", "connect-src": "'self'"}


@cache
def static_files() -> Mapping[str, bytes]:
    """Return what the page loads, by name."""
    folder = files("assetgen.review") / "static"
    return {n: (folder / n).read_bytes() for n in (*_COMMON, *_REVIEW, *_LAST, *_REST)}


def gallery_files() -> dict[str, bytes]:
    """Return what a page in a folder loads beside its data, by name."""
    return {name: data for name, data in static_files().items() if name not in _REVIEW}


def page_html(*, mode: str = "gallery", title: str = "", base: str | None = None) -> str:
    """Return the page. ``mode``: gallery (data in `data.js` beside it) or review (`data.json`).

    ``base`` is put before the names of what it loads; a review has it under `static/`.
    """
    is_review = mode == "review"
    scripts = (*_COMMON, *(_REVIEW if is_review else ()), *_LAST)
    if base is None:
        base = "static/" if is_review else ""
    data = () if is_review else ("data.js",)
    policy = _POLICY | (_SERVED if is_review else {})
    page: str = _template().render(
        mode=mode,
        title=title or "assetgen",
        base=base,
        scripts=(*data, *scripts),
        policy="; ".join(f"{name} {value}" for name, value in policy.items()),
    )
    return page


@cache
def _template() -> Any:
    text = (files("assetgen.review") / "templates" / "page.html").read_text(encoding="utf-8")
    environment = Environment(
        loader=DictLoader({"page.html": text}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")


def data_script(document: Mapping[str, Any]) -> bytes:
    """Return a document as the script `data.js`, which a page in a folder can load.

    (A browser lets such a page fetch nothing.) The document is in it as text, which is read many
    times as fast as a program, and in ASCII: nothing in it can end the script, or its text.
    """
    text = json.dumps(document, allow_nan=False, separators=(",", ":"))
    quoted = json.dumps(text).replace("<", "\\u003c")
    return f"(window.assetgen = window.assetgen || {{}}).data = JSON.parse({quoted});\n".encode()

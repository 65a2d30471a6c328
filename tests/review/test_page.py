"""The page as text: what it loads, its policy, and data that can end no script."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest

from assetgen.review.page import data_script, gallery_files, page_html, static_files
from tests.browser.sample import HOSTILE, whole


@pytest.mark.parametrize("mode", ["gallery", "review"])
def test_all_that_the_page_loads_is_in_the_package(mode: str) -> None:
    """Every script and style that it names is there, and nothing comes from elsewhere."""
    html = page_html(mode=mode)
    named = re.findall(r'(?:src|href)="([^"#]+)"', html)
    known = {f"static/{name}" for name in static_files()} | {"data.js", *gallery_files()}
    assert set(named) <= known
    assert ("static/actions.js" in named) == (mode == "review")
    assert "actions.js" not in gallery_files()


def test_a_gallery_may_connect_to_nothing() -> None:
    """The policy of a page in a folder lets scripts and pictures beside it in, and no more."""
    assert "default-src 'none'" in unescape(page_html())
    assert "connect-src" not in page_html()
    assert "connect-src 'self'" in unescape(page_html(mode="review"))
    assert "unsafe" not in page_html() + page_html(mode="review")


def test_a_title_is_text() -> None:
    """A project's folder may be called anything."""
    assert HOSTILE not in page_html(title=HOSTILE)
    assert "&lt;/script&gt;" in page_html(title=HOSTILE)


def test_data_is_ascii_that_ends_no_script() -> None:
    """The script of the data has no sign that a page or a script could take for its end."""
    sample = whole()
    sample.add("signs", prompt="\u2028\u2029 \U0001f600 \ud800 </script> <!-- ]]> ' \" \\")
    script = data_script(sample.document)
    assert script.isascii()
    assert b"<" not in script
    quoted = re.fullmatch(rb".*JSON\.parse\((\".*\")\);\n", script, re.S)
    assert quoted is not None
    assert json.loads(json.loads(quoted[1])) == sample.document


def test_no_script_makes_markup_of_text() -> None:
    """None of the ways in which a script makes markup, or a program, of text is in ours."""
    forbidden = re.compile(
        rb"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|"
        rb"createContextualFragment|setHTML|srcdoc|javascript:"
    )
    found = [name for name, data in static_files().items() if forbidden.search(data)]
    assert found == []

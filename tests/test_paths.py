"""Which project paths are refused, and with which words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetgen.paths import check_path


@pytest.mark.parametrize(
    "path",
    [
        "a.png",
        "art/hero/happy.png",
        "art/.hidden/x.webp",
        ".gitignore",
        ".github/logo.png",
        "art/Ünï código 画像.png",
        "art/with space.png",
        "console/common.png",
        "com10.png",
        "art/lpt.png",
        "a..b.png",
        "x" * 255,
        "art/16:9.png",
    ],
)
def test_an_ordinary_path_is_accepted(path: str) -> None:
    """Names that people use pass, those that only resemble refused ones too."""
    assert check_path(path) is None


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "empty component"),
        ("/etc/passwd", "absolute"),
        ("/x", "absolute"),
        ("//host/share", "absolute"),
        ("C:/x.png", "drive letter"),
        ("c:x.png", "drive letter"),
        ("C:", "drive letter"),
        ("a\\b.png", "backslash"),
        ("..\\b.png", "backslash"),
        ("../x.png", "'..'"),
        ("a/../x.png", "'..'"),
        ("a/..", "'..'"),
        ("./x.png", "'.'"),
        ("a//b.png", "empty component"),
        ("a/", "empty component"),
        (".git/config", ".git"),
        ("a/.GIT/hooks/x", ".git"),
        ("sub/.git", ".git"),
        ("git~1/config", ".git"),
        (".git::$INDEX_ALLOCATION/config", ".git"),
        (".g\u200cit/config", ".git"),
        ("nul", "device"),
        ("art/NUL.png", "device"),
        ("art/Com1.tar.gz", "device"),
        ("aux /x.png", "dot or a space"),
        ("con .png", "device"),
        ("lpt\u00b9.png", "device"),
        ("CONOUT$", "device"),
        ("a\x00b", "control"),
        ("a\nb", "control"),
        ("a\n", "control"),
        ("a\x9bb", "control"),
        ("a\ud800", "Unicode"),
        ("x" * 256, "255 bytes"),
        ("é" * 128, "255 bytes"),
        ("art./x.png", "dot or a space"),
        ("art/x.png ", "dot or a space"),
    ],
)
def test_a_dangerous_path_is_refused_with_its_reason(path: str, words: str) -> None:
    """What could leave the project, reach git or fail on another system is named."""
    why = check_path(path)
    assert why is not None
    assert words in why


@given(st.text(alphabet=st.sampled_from("ab./\\:~ .gGiItTnuNUL1\x00\u200c"), max_size=12))
def test_an_accepted_path_stays_below_its_folder(path: str) -> None:
    """Nothing accepted has a component that a system reads as a step elsewhere."""
    if check_path(path) is None:
        for part in path.split("/"):
            assert part not in ("", ".", "..")
            assert part.lower() not in (".git", "nul")
            assert "\\" not in part

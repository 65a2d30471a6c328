"""The folder of a gallery: ours alone, nothing followed out of it, nothing of others removed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from assetgen.errors import StoreError, UsageError
from assetgen.review.folder import MARK, NO_FOLDER, NOT_OURS, GalleryFolder

NAME = "a" * 64
OTHER = "b" * 64


def test_a_new_folder_is_left_alone_by_git(tmp_path: Path) -> None:
    """It is made with all above it, and ignores itself."""
    place = GalleryFolder(str(tmp_path / "out" / "page"))
    place.write("index.html", b"page")
    assert (tmp_path / "out" / "page" / "index.html").read_bytes() == b"page"
    assert (tmp_path / "out" / "page" / ".gitignore").read_text() == "*\n"


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    """Whatever holds other files is not written to."""
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError) as caught:
        GalleryFolder(str(tmp_path))
    assert caught.value.problems[0].kind is NOT_OURS
    assert os.listdir(tmp_path) == ["thesis.txt"]


def test_pictures_that_are_not_named_any_more_go(tmp_path: Path) -> None:
    """A second time, what is neither written nor found by its name is removed; nothing else."""
    first = GalleryFolder(str(tmp_path))
    for name in (f"thumbs/{NAME}.webp", f"thumbs/{OTHER}.webp", f"pictures/{OTHER}.png"):
        first.write(name, b"picture")
    (tmp_path / "pictures" / "mine.png").write_bytes(b"mine")
    (tmp_path / "notes.txt").write_text("mine")
    second = GalleryFolder(str(tmp_path))
    assert second.has(f"thumbs/{NAME}.webp")
    assert not second.has(f"thumbs/{'c' * 64}.webp")
    second.tidy()
    assert os.listdir(tmp_path / "thumbs") == [f"{NAME}.webp"]
    assert os.listdir(tmp_path / "pictures") == ["mine.png"]
    assert (tmp_path / "notes.txt").exists()


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link in place of the folder or of a folder in it is refused; of a file, it is replaced."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "link").symlink_to(outside)
    with pytest.raises(UsageError) as caught:
        GalleryFolder(str(tmp_path / "link"))
    assert caught.value.problems[0].kind is NO_FOLDER
    page = tmp_path / "page"
    page.mkdir()
    (page / MARK).touch()
    (page / "thumbs").symlink_to(outside)
    with pytest.raises(UsageError):
        GalleryFolder(str(page))
    (page / "thumbs").unlink()
    place = GalleryFolder(str(page))
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (page / "index.html").symlink_to(secret)
    (page / "data.js.new").symlink_to(secret)
    place.write("index.html", b"page")
    place.write("data.js", b"data")
    assert secret.read_text() == "secret"
    assert not (page / "index.html").is_symlink()


def test_a_file_where_the_folder_should_be_is_told(tmp_path: Path) -> None:
    """The disk's refusal is an error with the path, not a traceback."""
    (tmp_path / "page").write_text("a file")
    with pytest.raises(StoreError):
        GalleryFolder(str(tmp_path / "page"))

"""Which changes matter to a project, and which folders have to be watched for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from assetgen.app.watch.changes import Change, Event
from assetgen.app.watch.interest import MAX_FOLDERS, Interest, Sort, unsure, visible_folders

ADDED, MODIFIED, DELETED = Event

PROJECT = Interest.of(
    "/p",
    read=["assetgen.yaml", "data/rows.csv", "/home/config.toml"],
    made=["assetgen.lock", "art/a.png", "art/deep/b.png"],
    globs=["parts/*.yaml", "more/**/x?.yaml"],
    folders=["parts", "more", "more/one"],
)


def sort(event: Event, path: str, interest: Interest = PROJECT) -> Sort:
    return interest.sort(Change(event, path))


@pytest.mark.parametrize("event", list(Event))
@pytest.mark.parametrize("path", ["/p/assetgen.yaml", "/p/data/rows.csv", "/home/config.toml"])
def test_what_a_build_reads_matters_whatever_happens_to_it(event: Event, path: str) -> None:
    """Also the user's own settings, and a file that is replaced by a rename."""
    assert sort(event, path) is Sort.READ


@pytest.mark.parametrize("path", ["/p/assetgen.lock", "/p/art/a.png", "/p/art/deep/b.png"])
def test_what_a_build_writes_matters_only_if_somebody_else_wrote_it(path: str) -> None:
    """So it is a sort of its own."""
    assert sort(MODIFIED, path) is Sort.MADE


@pytest.mark.parametrize(
    "path",
    [
        "/p/readme.md",
        "/p/art/.assetgen-abc123",
        "/p/data/.rows.csv.swp",
        "/p/parts/notes.txt",
        "/p/parts/deep/a.yaml",
        "/p/.git/index",
        "/home/other.toml",
        "/elsewhere/assetgen.yaml",
    ],
)
def test_everything_else_is_nothing(path: str) -> None:
    """Temporary files, git's own, other programs' settings."""
    assert sort(MODIFIED, path) is Sort.NOTHING


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/p/parts/new.yaml", Sort.READ),
        ("/p/more/one/x1.yaml", Sort.READ),
        ("/p/more/two", Sort.MAYBE),
        ("/p/parts/new.yaml~", Sort.NOTHING),
        ("/p/parts/.new.yaml", Sort.NOTHING),
        ("/p/more/.hidden", Sort.NOTHING),
        ("/p/other/new.yaml", Sort.NOTHING),
    ],
)
def test_a_new_file_matters_if_an_include_finds_it(path: str, expected: Sort) -> None:
    """A new folder on the way of a pattern may hold one."""
    assert sort(ADDED, path) is expected


def test_a_hidden_file_matters_to_a_pattern_that_names_hidden_files() -> None:
    """As for the include itself."""
    interest = Interest.of("/p", globs=[".parts/*.yaml"], folders=[".parts"])
    assert sort(ADDED, "/p/.parts/a.yaml", interest) is Sort.READ


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/p/data", Sort.READ),
        ("/p/art", Sort.MADE),
        ("/p/art/deep", Sort.MADE),
        ("/p/parts", Sort.MAYBE),
        ("/p/docs", Sort.NOTHING),
    ],
)
def test_a_folder_that_goes_takes_what_is_in_it_along(path: str, expected: Sort) -> None:
    """A moved folder is one notice, about the folder alone."""
    assert sort(DELETED, path) is expected
    assert sort(ADDED, path) is expected


def test_any_visible_file_may_be_what_a_broken_spec_lacks() -> None:
    """Nobody knows which files it would name; hidden ones are left out."""
    broken = unsure(PROJECT)
    assert sort(ADDED, "/p/fonts/new.ttf", broken) is Sort.MAYBE
    assert sort(MODIFIED, "/p/whatever.txt", broken) is Sort.MAYBE
    assert sort(MODIFIED, "/p/assetgen.yaml", broken) is Sort.READ
    assert sort(MODIFIED, "/p/.git/index", broken) is Sort.NOTHING
    assert sort(ADDED, "/p/art/.assetgen-abc123", broken) is Sort.NOTHING
    assert sort(ADDED, "/elsewhere/new.ttf", broken) is Sort.NOTHING


def test_what_assetgen_keeps_for_itself_never_matters() -> None:
    """Also where the user put the stores into the project: else each build would cause the next."""
    interest = Interest.of(
        "/p", globs=["**/*.yaml"], folders=[".", "store"], searching=True, apart=["/p/store"]
    )
    assert sort(ADDED, "/p/store/x.yaml", interest) is Sort.NOTHING
    assert sort(MODIFIED, "/p/store", interest) is Sort.NOTHING
    assert sort(ADDED, "/p/stores.yaml", interest) is Sort.READ


def test_the_folders_on_the_way_are_watched_and_no_others(tmp_path: Path) -> None:
    """A folder that is made again would be lost without the one above it."""
    root = tmp_path / "p"
    for folder in ("art/deep", "data", "parts", "node_modules/x", "docs"):
        (root / folder).mkdir(parents=True)
    interest = Interest.of(
        str(root),
        read=["assetgen.yaml", "data/rows.csv", str(tmp_path / "home" / "none" / "config.toml")],
        made=["art/deep/b.png", "gone/c.png"],
        folders=["parts"],
    )
    expected = {str(root / name) for name in ("art", "art/deep", "data", "parts")}
    assert set(interest.watched()) == {*expected, str(root), str(tmp_path)}


def test_every_visible_folder_is_watched_for_a_broken_spec(tmp_path: Path) -> None:
    """But for those of packages, and not without end."""
    for folder in ("fonts/a", "node_modules/x", ".git/refs"):
        (tmp_path / folder).mkdir(parents=True)
    watched = unsure(Interest.of(str(tmp_path), read=["assetgen.yaml"])).watched()
    assert set(watched) == {str(tmp_path / name) for name in ("", "fonts", "fonts/a")}
    for number in range(MAX_FOLDERS + 5):
        (tmp_path / f"many{number}").mkdir()
    assert len(list(visible_folders(str(tmp_path)))) == MAX_FOLDERS

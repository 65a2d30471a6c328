"""Changes are told, by the system or by looking, also of folders that come and go."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pytest

from assetgen.app.watch.changes import Change, Event, Notices
from assetgen.app.watch.notices import LOOK_SECONDS, Either, Looking, SystemNotices
from assetgen.errors import Problem

SECONDS = 20.0


@pytest.fixture(params=[SystemNotices, lambda: Looking(lambda seconds: None)], ids=["told", "seen"])
def notices(request: pytest.FixtureRequest) -> Iterator[Notices]:
    """Each of the two ways; the one that looks does so without a rest."""
    one: Notices = request.param()
    yield one
    one.close()


def until(notices: Notices, wanted: Callable[[Change], bool]) -> list[Change]:
    """Return what is told, up to the change that is wanted."""
    end = time.monotonic() + SECONDS
    told: list[Change] = []
    while not any(map(wanted, told)):
        assert time.monotonic() < end, told
        told += notices.wait(0.1)
    return told


def about(path: Path) -> Callable[[Change], bool]:
    return lambda change: change.path == str(path)


def test_a_write_a_save_by_rename_and_a_removal_are_told(notices: Notices, tmp_path: Path) -> None:
    """As editors do it; twice in a second is twice."""
    file = tmp_path / "spec"
    file.write_text("one")
    assert notices.arm([str(tmp_path)])
    file.write_text("two")
    until(notices, about(file))
    file.write_text("six")
    until(notices, about(file))
    (tmp_path / "temp").write_text("new")
    os.replace(tmp_path / "temp", file)
    until(notices, about(file))
    file.unlink()
    until(notices, lambda change: change == Change(Event.DELETED, str(file)))


def test_only_the_named_folders_are_watched(notices: Notices, tmp_path: Path) -> None:
    """What happens deeper is somebody else's."""
    deep = tmp_path / "deep"
    deep.mkdir()
    notices.arm([str(tmp_path)])
    (deep / "file").write_text("x")
    (tmp_path / "file").write_text("x")
    assert all(change.path != str(deep / "file") for change in until(notices, _is_file))
    assert notices.arm([str(tmp_path), str(deep)])
    (deep / "file").write_text("yy")
    until(notices, about(deep / "file"))


def _is_file(change: Change) -> bool:
    return change.path.endswith("file")


def test_a_folder_that_is_made_again_is_watched_again(notices: Notices, tmp_path: Path) -> None:
    """Whoever watches is told of the folder, and asks for it once more."""
    folder = tmp_path / "art"
    folder.mkdir()
    both = [str(tmp_path), str(folder)]
    notices.arm(both)
    shutil.rmtree(folder)
    until(notices, about(folder))
    notices.arm(both)
    folder.mkdir()
    until(notices, about(folder))
    notices.arm(both)
    (folder / "file").write_text("x")
    until(notices, about(folder / "file"))


def test_folders_that_are_watched_already_are_nothing_new(notices: Notices, tmp_path: Path) -> None:
    """Nor is one that does not exist; what was not told yet is not lost."""
    other = tmp_path / "other"
    other.mkdir()
    assert notices.arm([str(tmp_path)])
    assert not notices.arm([str(tmp_path), str(tmp_path / "nowhere")])
    (tmp_path / "file").write_text("x")
    assert notices.arm([str(tmp_path), str(other)])
    until(notices, about(tmp_path / "file"))


def test_looking_rests_between_two_looks() -> None:
    """In the steps in which it is asked."""
    rests: list[float] = []
    looking = Looking(rests.append)
    looking.arm([])
    for _ in range(10):
        looking.wait(0.2)
    assert max(rests) == 0.2
    assert sum(rests) == pytest.approx(2.0, abs=LOOK_SECONDS)


class Refusing:
    """A system that is out of watches after a while."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.closed = False

    def arm(self, folders: Collection[str]) -> bool:
        if not self.left:
            raise OSError("OS file watch limit reached.")
        self.left -= 1
        return True

    def wait(self, seconds: float) -> list[Change]:
        return [Change(Event.ADDED, "told")]

    def close(self) -> None:
        self.closed = True


def test_where_the_system_gives_no_notices_it_is_said_and_looked(tmp_path: Path) -> None:
    """Once, and from then on without asking the system again."""
    said: list[Problem] = []
    system = Refusing(1)
    either = Either(system, Looking(lambda seconds: None), said.append)
    assert either.arm([str(tmp_path)])
    assert either.wait(0.1) == [Change(Event.ADDED, "told")]
    assert said == []
    assert either.arm([str(tmp_path)])
    (tmp_path / "file").write_text("x")
    until(either, about(tmp_path / "file"))
    either.arm([])
    assert system.closed
    assert [str(problem) for problem in said] == [
        "the system gives no notices of changes here (OS file watch limit reached.)"
    ]


def test_if_neither_can_nobody_pretends() -> None:
    """The error of the second one is told."""
    either = Either(Refusing(0), Refusing(0), lambda problem: None)
    with pytest.raises(OSError, match="limit"):
        either.arm([])

"""A checkout under way is known by git's own lock."""

from __future__ import annotations

import os
from pathlib import Path

from assetgen.app.watch.gitlock import STALE, is_git_busy


def test_git_is_busy_while_it_holds_its_lock(tmp_path: Path) -> None:
    """Also where the project is a folder of the working tree; not where there is no git."""
    project = tmp_path / "game" / "art"
    project.mkdir(parents=True)
    assert not is_git_busy(str(project), 1000.0)
    git = tmp_path / ".git"
    git.mkdir()
    assert not is_git_busy(str(project), 1000.0)
    lock = git / "index.lock"
    lock.touch()
    os.utime(lock, (1000, 1000))
    assert is_git_busy(str(project), 1000.0)
    assert is_git_busy(str(project), 1000.0 + STALE - 1)


def test_a_lock_that_a_killed_git_left_behind_is_no_hindrance(tmp_path: Path) -> None:
    """A watch that waits for ever would be worse than one build too many."""
    (tmp_path / ".git").mkdir()
    lock = tmp_path / ".git" / "index.lock"
    lock.touch()
    os.utime(lock, (1000, 1000))
    assert not is_git_busy(str(tmp_path), 1000.0 + STALE)


def test_a_linked_working_tree_has_its_lock_elsewhere(tmp_path: Path) -> None:
    """Its `.git` is a file; one that says something else is no hindrance."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / ".git").write_text("gitdir: ../main/.git/worktrees/tree\n")
    folder = tmp_path / "main" / ".git" / "worktrees" / "tree"
    folder.mkdir(parents=True)
    assert not is_git_busy(str(tree), 1000.0)
    (folder / "index.lock").touch()
    os.utime(folder / "index.lock", (1000, 1000))
    assert is_git_busy(str(tree), 1000.0)
    for odd in (b"", b"\xff", b"no link"):
        (tree / ".git").write_bytes(odd)
        assert not is_git_busy(str(tree), 1000.0)

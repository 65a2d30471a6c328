"""Files of commits, read from real repositories."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from assetgen.digest import sha256
from assetgen.errors import AssetgenError
from assetgen.store.git import Repository

ENVIRON = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "RUNWARE_API_KEY": "secret",
}
SOMEBODY = ["-c", "user.name=A", "-c", "user.email=a@example.com"]


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", *SOMEBODY, *arguments], cwd=folder, env=ENVIRON, check=True, capture_output=True
    )


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with two commits of a project that lies in a folder of it."""
    folder = tmp_path / "clone" / "game" / "art"
    folder.mkdir(parents=True)
    git(tmp_path / "clone", "init", "-b", "main")
    for text in ("one", "two"):
        (folder / "a.txt").write_text(text)
        git(tmp_path / "clone", "add", ".")
        git(tmp_path / "clone", "commit", "-m", text)
    return folder.parent


def refusal(root: Path, revision: str, environ: dict[str, str] = ENVIRON) -> str:
    with pytest.raises(AssetgenError) as caught:
        Repository(str(root), environ).commit(revision)
    return caught.value.problems[0].kind.name


def test_a_file_of_a_project_below_the_top(clone: Path) -> None:
    """Paths are the project's, wherever in the repository it lies."""
    repository = Repository(str(clone), ENVIRON)
    before, now = repository.commit("main~1"), repository.commit("HEAD")
    assert repository.read(before, "art/a.txt", 100) == b"one"
    assert repository.read(now, "art/a.txt", 100) == b"two"
    assert repository.read(now, "a.txt", 100) is None
    assert repository.read(now, "art", 100) is None


def test_a_file_that_is_too_large_is_refused_before_it_is_read(clone: Path) -> None:
    """The size is asked for first."""
    repository = Repository(str(clone), ENVIRON)
    with pytest.raises(AssetgenError) as caught:
        repository.read(repository.commit("HEAD"), "art/a.txt", 2)
    assert caught.value.problems[0].kind.name == "revision-file-too-large"


@pytest.mark.parametrize("revision", ["", "-", "--output=x", "a\nb"])
def test_what_could_be_an_option_is_no_revision(clone: Path, revision: str) -> None:
    """Git never sees it."""
    assert refusal(clone, revision) == "odd-revision"


@pytest.mark.parametrize("revision", ["nope", "HEAD~9", "HEAD:game", "main..HEAD", "HEAD --all"])
def test_what_is_no_single_commit_is_said_to_be_unknown(clone: Path, revision: str) -> None:
    """Ranges, trees and unknown names are none."""
    assert refusal(clone, revision) == "no-such-revision"


def test_a_folder_without_a_repository(tmp_path: Path) -> None:
    """It is said so, and not that git failed."""
    assert refusal(tmp_path, "HEAD") == "not-a-repository"


def test_a_machine_without_git(clone: Path) -> None:
    """A missing program is a plain error."""
    assert refusal(clone, "HEAD", {"PATH": str(clone)}) == "no-git"


def test_a_repository_that_git_does_not_trust(clone: Path) -> None:
    """What git says is told in one line."""
    (clone.parent / ".git" / "config").write_text("[core\n")
    assert refusal(clone, "HEAD") == "git-refused"


def test_a_large_file_that_was_fetched(clone: Path) -> None:
    """An object of git-LFS is found by its digest, and only if it has that digest."""
    data, other = b"picture", sha256(b"other")
    digest = sha256(data)
    for name in (digest, other):
        place = clone.parent / ".git/lfs/objects" / name[:2] / name[2:4]
        place.mkdir(parents=True)
        (place / name).write_bytes(data)
    repository = Repository(str(clone), ENVIRON)
    assert repository.large_file(digest, 100) == data
    assert repository.large_file(other, 100) is None
    assert repository.large_file(sha256(b"absent"), 100) is None


def test_what_a_partial_clone_lacks_is_not_fetched(clone: Path) -> None:
    """Nor is a command run that the repository's own settings name for fetching."""
    top, touched = clone.parent, clone.parent / "touched"
    blob = subprocess.run(
        ["git", "rev-parse", "HEAD:game/art/a.txt"], cwd=top, env=ENVIRON, capture_output=True
    ).stdout.decode()
    (top / ".git" / "objects" / blob[:2] / blob[2:].strip()).unlink()
    for name, value in (
        ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.url", f"ext::touch {touched}"),
        ("protocol.ext.allow", "always"),
        ("core.repositoryFormatVersion", "1"),
    ):
        git(top, "config", name, value)
    repository = Repository(str(clone), ENVIRON)
    assert repository.read(repository.commit("HEAD"), "art/a.txt", 100) is None
    assert not touched.exists()


def test_git_sees_no_key(clone: Path) -> None:
    """The environment that git gets holds what it needs, and no secret."""
    tools = clone.parent / "tools"
    tools.mkdir()
    program = tools / "git"
    program.write_text(f"#!/bin/sh\nenv > {clone.parent / 'seen'}\n")
    program.chmod(0o755)
    Repository(str(clone), {**ENVIRON, "PATH": f"{tools}:{ENVIRON['PATH']}"})
    seen = (clone.parent / "seen").read_text()
    assert "GIT_NO_LAZY_FETCH=1" in seen
    assert "secret" not in seen

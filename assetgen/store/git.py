"""Reads files out of the commits of a git repository; changes nothing, knows no lock or picture.

Git is asked as a program, without a shell, and only for objects as they are stored: no filter, hook
or text conversion of the repository runs, nothing is fetched, and no key is in its environment.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping

from assetgen.digest import Digest, sha256
from assetgen.errors import Kind, Problem, StoreError, UsageError
from assetgen.store.files import read_regular

SECONDS = 120
"""How long git may take for one object."""

NO_GIT = Kind(
    "no-git", "there is no git on the PATH, and a revision needs it", "install git and try again"
)
NO_REPOSITORY = Kind(
    "not-a-repository",
    "{root} is in no git repository",
    "run it in a clone, or compare without a revision",
)
NO_REVISION = Kind(
    "no-such-revision",
    "git knows no commit '{revision}' here",
    "'git log' lists the commits; a shallow clone has few of them: 'git fetch --unshallow'",
)
ODD_REVISION = Kind(
    "odd-revision",
    "'{revision}' is no name of a revision",
    "name a commit, a branch or a tag",
)
GIT_REFUSED = Kind(
    "git-refused", "git refused: {said}", "see what 'git status' says in the project's folder"
)
TOO_LARGE = Kind(
    "revision-file-too-large",
    "{path} of {revision} has more than {limit} MiB",
    "check that it is the right file; such a large one is not read",
)

_KEPT = ("PATH", "HOME", "USERPROFILE", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP", "XDG_CONFIG_HOME")
_ALWAYS = {
    "LC_ALL": "C",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    # An object that a partial clone lacks is not fetched: by newer gits, and by older ones.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_REPLACE_OBJECTS": "1",
}


class Repository:
    """The repository that a project's folder lies in; the folder may be below its top.

    Raises UsageError if there is no git, or no repository.
    """

    def __init__(self, root: str, environ: Mapping[str, str]) -> None:
        self._root = root
        self._environ = {
            name: value
            for name, value in environ.items()
            if name in _KEPT or name.startswith("GIT_CONFIG_")
        } | _ALWAYS
        self._prefix = self._text("rev-parse", "--show-prefix")

    def commit(self, revision: str) -> str:
        """Return the full name of the commit that ``revision`` means. Raises UsageError."""
        facts = {"revision": revision}
        if not revision or revision.startswith("-") or not revision.isprintable():
            raise UsageError(Problem(ODD_REVISION, facts=facts))
        done = self._run("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        if done.returncode:
            raise UsageError(Problem(NO_REVISION, facts=facts))
        return done.stdout.decode().strip()

    def read(self, commit: str, path: str, limit: int) -> bytes | None:
        """Return the bytes of a project's file as a commit has it, or None where it has none.

        ``commit`` is what :meth:`commit` returned. Raises StoreError for more than ``limit`` bytes.
        """
        name = f"{commit}:{self._prefix}{path}"
        size = self._run("cat-file", "-s", name)
        if size.returncode:
            return None
        if int(size.stdout) > limit:
            facts = {"path": path, "revision": commit[:12], "limit": limit >> 20}
            raise StoreError(Problem(TOO_LARGE, facts=facts))
        found = self._run("cat-file", "blob", name)
        return None if found.returncode else found.stdout

    def large_file(self, digest: Digest, limit: int) -> bytes | None:
        """Return the bytes of a git-LFS object if they were fetched once, or None."""
        common = os.path.join(self._root, self._text("rev-parse", "--git-common-dir"))
        path = os.path.join(common, "lfs", "objects", digest[:2], digest[2:4], digest)
        try:
            data = read_regular(path, digest[:12], limit)
        except StoreError:
            return None
        return data if data is not None and sha256(data) == digest else None

    def _text(self, *arguments: str) -> str:
        done = self._run(*arguments)
        if done.returncode == 0:
            return os.fsdecode(done.stdout).rstrip("\r\n")
        said = done.stderr.decode(errors="replace").strip().split("\n")[0]
        if "not a git repository" in said:
            raise UsageError(Problem(NO_REPOSITORY, facts={"root": self._root}))
        raise UsageError(Problem(GIT_REFUSED, facts={"said": said.removeprefix("fatal: ")}))

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(  # noqa: S603 # no shell, and no word of them is an option
                ["git", *arguments],  # noqa: S607 # the user's own git
                cwd=self._root,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except FileNotFoundError:
            raise UsageError(Problem(NO_GIT)) from None
        except (OSError, subprocess.TimeoutExpired) as error:
            facts = {"said": type(error).__name__}
            raise UsageError(Problem(GIT_REFUSED, facts=facts)) from None

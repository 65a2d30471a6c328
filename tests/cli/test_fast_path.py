"""Which command lines are answered without loading a command, and what they print."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assetgen import __version__
from assetgen.cli.fast import parse, unchanged
from assetgen.places import MAX_PART, cache_dir, config_file, data_dir, find_root, project_folder
from assetgen.store.scope import scope_text, stamp_text
from assetgen.store.snapshot import Message, clock, write

REPOSITORY = str(Path(__file__).parents[2])
PLAIN = scope_text()


def scope_of(line: str) -> str | None:
    request = parse(line.split())
    return request.scope if request else None


@pytest.mark.parametrize(
    "line",
    [
        "build",
        "build -y",
        "build --yes --locked --offline --fail-fast --rebuy-lost",
        "build -j 4",
        "build -j4",
        "build --jobs 4",
        "build --jobs=4",
        "build --max-images 0",
        "build --max-images=40 --max-cost 5.00",
        "build --max-cost=5",
        "-C . build",
        "-C. build",
        "--directory . build",
        "--directory=. build",
    ],
)
def test_flags_that_change_nothing_are_understood(line: str) -> None:
    """Where there is no work, how to do it does not matter."""
    assert scope_of(line) == PLAIN


@pytest.mark.parametrize(
    ("line", "scope"),
    [
        ("build hero", scope_text(["hero"])),
        ("build hero sword", scope_text(["sword", "hero", "hero"])),
        ("build +hero tag:icon hero/**", scope_text(["+hero", "tag:icon", "hero/**"])),
        ("build --draft", scope_text(draft=True)),
        ("build --json", scope_text(json=True)),
        ("build --exclude hero", scope_text(excludes=["hero"])),
        ("build a --exclude=b --draft -j2", scope_text(["a"], ["b"], draft=True)),
    ],
)
def test_flags_that_ask_for_something_else_are_part_of_the_scope(line: str, scope: str) -> None:
    """A snapshot answers only the question that it was taken for."""
    assert scope_of(line) == scope
    assert scope != PLAIN


@pytest.mark.parametrize(
    "line",
    [
        "",
        "plan",
        "hero build",
        "build --force",
        "build --help",
        "build --version",
        "build --",
        "build -",
        "build -yj4",
        "build -yy",
        "build -j",
        "build -j x",
        "build -j -4",
        "build -j=4",
        "build --jobs=",
        "build --jobs ٣",
        "build --max-images 1.5",
        "build --max-images 9999999999",
        "build --max-cost 5.5.5",
        "build --max-cost .5",
        "build --max-cost -1",
        "build --max-cost nan",
        "build --yes=1",
        "build --draft=1",
        "build --exclude",
        "build --exclude --draft",
        "build --exclude=",
        "build --dra",
        "-C build",
        "-C",
        "-C=. build",
        "-C . -C . build",
        "--directory= build",
        "-v build",
    ],
)
def test_everything_else_is_left_to_the_commands(line: str) -> None:
    """What is not understood for sure gets a real parser, and its messages."""
    assert parse(line.split()) is None


def test_an_empty_selector_is_left_to_the_commands() -> None:
    """An empty argument is a mistake of a script, not a question."""
    assert parse(["build", ""]) is None


def test_scopes_cannot_be_forged_by_a_selector() -> None:
    """A line break in a selector is no new line of the scope."""
    assert scope_text(["a']\ndraft=True"]) != scope_text(["a"], draft=True)
    assert scope_text(["a, b"]) != scope_text(["a", "b"])


def test_the_stamp_names_variables_and_hides_secrets() -> None:
    """Every ASSETGEN_ variable counts; the value of a secret one lands in no file."""
    plain = stamp_text({}, "/c")
    assert stamp_text({"HOME": "/h"}, "/c") == plain
    assert stamp_text({}, "/d") != plain
    assert stamp_text({"ASSETGEN_JOBS": "1"}, "/c") != stamp_text({"ASSETGEN_JOBS": "2"}, "/c")
    secret = stamp_text({"ASSETGEN_DRAFT_API_KEY": "hunter2"}, "/c")
    assert secret != plain
    assert "hunter2" not in secret


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    """Return the variables of a user whose folders are all below ``tmp_path``."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return {**kept, "HOME": str(tmp_path), "PYTHONPATH": REPOSITORY, **more}


def built(root: Path, environ: dict[str, str], scope: str = PLAIN) -> None:
    """Make ``root`` a project that was built just now, as ``scope`` asks."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "assetgen.yaml").write_text("version: 1\n")
    folder = project_folder(cache_dir(environ), str(root))
    later = clock(folder) + 10**10
    watched = [("assetgen.yaml", (root / "assetgen.yaml").stat(), "")]
    stamp = stamp_text(environ, config_file(environ))
    message = Message("Nothing to do.\n", "a warning\n")
    assert write(folder, str(root), scope, stamp, __version__, message, later, watched)


def assetgen(
    *argv: str, cwd: Path, environ: dict[str, str], code: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the console script's function in a process of its own, after ``code``."""
    program = f"import sys; {code}\nfrom assetgen.cli.main import main; main()"
    command = [sys.executable, "-c", program, *argv]
    return subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True)


def test_an_unchanged_project_is_answered_from_any_folder_below(tmp_path: Path) -> None:
    """The nearest spec at or above the working folder, or the one that was pointed at."""
    environ = environment(tmp_path)
    root = tmp_path.resolve() / "game"
    built(root, environ)
    below = root / "art" / "deep"
    below.mkdir(parents=True)
    for cwd, argv in ((root, ["build"]), (below, ["build"]), (tmp_path, ["-C", "game", "build"])):
        done = assetgen(*argv, cwd=cwd, environ=environ)
        assert (done.returncode, done.stdout, done.stderr) == (0, "Nothing to do.\n", "a warning\n")


def test_the_answer_comes_without_click(tmp_path: Path) -> None:
    """No command is loaded for a build with nothing to do, nor for the version."""
    environ = environment(tmp_path)
    built(tmp_path.resolve() / "game", environ)
    block = "sys.modules['click'] = None"
    done = assetgen("build", cwd=tmp_path / "game", environ=environ, code=block)
    assert (done.returncode, done.stdout) == (0, "Nothing to do.\n")
    done = assetgen("--version", cwd=tmp_path, environ=environ, code=block)
    assert (done.returncode, done.stdout) == (0, f"assetgen {__version__}\n")


def test_a_changed_spec_environment_or_scope_is_not_answered(tmp_path: Path) -> None:
    """Each of the three sends the build the long way."""
    environ = environment(tmp_path)
    root = tmp_path.resolve() / "game"
    built(root, environ)
    here = ["-C", str(root), "build"]
    assert unchanged(here, environ)
    assert unchanged([*here, "--draft"], environ) is None
    assert unchanged(here, {**environ, "ASSETGEN_JOBS": "1"}) is None
    (root / "assetgen.yaml").write_text("version: 1\nvars: {}\n")
    assert unchanged(here, environ) is None


def test_a_folder_without_a_spec_is_left_to_the_commands(tmp_path: Path) -> None:
    """The message about it is the command's."""
    assert unchanged(["-C", str(tmp_path / "nowhere"), "build"], environment(tmp_path)) is None
    assert find_root(str(tmp_path)) is None


def test_a_closed_pipe_ends_quietly(tmp_path: Path) -> None:
    """`assetgen build | true` says nothing on stderr and exits as a shell expects."""
    environ = environment(tmp_path)
    built(tmp_path.resolve() / "game", environ)
    read, end = os.pipe()
    os.close(read)
    command = [sys.executable, "-c", "from assetgen.cli.main import main; main()", "--version"]
    done = subprocess.run(command, env=environ, stdout=end, stderr=subprocess.PIPE)
    os.close(end)
    assert (done.returncode, done.stderr) == (141, b"")


def test_an_interruption_ends_quietly(tmp_path: Path) -> None:
    """Ctrl-C before any command has begun."""
    broken = (
        "class Broken:\n"
        "    def write(self, _): raise KeyboardInterrupt\n"
        "    def flush(self): pass\n"
        "sys.stdout = Broken()"
    )
    done = assetgen("--version", cwd=tmp_path, environ=environment(tmp_path), code=f"\n{broken}")
    assert (done.returncode, done.stderr) == (130, "")


FOLDERS = "user_data_dir user_cache_dir user_config_dir"


@pytest.mark.parametrize(
    ("platform", "module", "name"),
    [("linux", "unix", "Unix"), ("darwin", "macos", "MacOS"), ("win32", "windows", "Windows")],
)
@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"XDG_CACHE_HOME": "/x/cache", "XDG_DATA_HOME": "/x/data", "XDG_CONFIG_HOME": "/x/config"},
        {"XDG_CACHE_HOME": "relative", "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": "/x/config"},
        {"HOME": "relative"},
        {"HOME": ""},
    ],
    ids=["nothing", "xdg", "odd xdg", "relative home", "empty home"],
)
def test_the_folders_are_those_of_platformdirs(
    tmp_path: Path, platform: str, module: str, name: str, variables: dict[str, str]
) -> None:
    """The rules are written out here for speed, and must not drift."""
    local = "C:\\Users\\mira\\AppData\\Local"
    environ = environment(
        tmp_path, LOCALAPPDATA=local, WIN_PD_OVERRIDE_LOCAL_APPDATA=local, **variables
    )
    code = (
        f"from platformdirs.{module} import {name}\n"
        f"dirs = {name}('assetgen', appauthor=False)\n"
        f"print(*(getattr(dirs, name) for name in {FOLDERS.split()!r}), sep='\\n')"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    theirs = done.stdout.splitlines()
    if platform == "win32":
        theirs = [folder.replace("/", "\\") for folder in theirs]
    ours = [data_dir(environ, platform), cache_dir(environ, platform)]
    config = config_file(environ, platform)
    assert [*ours, config[: -len("/config.toml")]] == theirs
    assert config.endswith("config.toml")


def test_the_users_own_folders_come_first(tmp_path: Path) -> None:
    """Three variables move the three places, on every system."""
    environ = {
        "ASSETGEN_DATA_DIR": str(tmp_path / "d"),
        "ASSETGEN_CACHE_DIR": str(tmp_path / "c"),
        "ASSETGEN_CONFIG": str(tmp_path / "f.toml"),
    }
    for platform in ("linux", "darwin", "win32"):
        assert data_dir(environ, platform) == str(tmp_path / "d")
        assert cache_dir(environ, platform) == str(tmp_path / "c")
        assert config_file(environ, platform) == str(tmp_path / "f.toml")


ROOTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=400)


@given(st.lists(ROOTS.map(lambda text: "/" + text), min_size=2, max_size=2, unique=True))
def test_each_project_has_a_folder_of_its_own(roots: list[str]) -> None:
    """Different roots, different folders, and neither lies in the way of the other's files."""
    one, two = (project_folder("/cache", root) for root in roots)
    assert one != two
    assert os.path.join(one, "snapshot") != two
    for part in one.split("/"):
        assert len(os.fsencode(part)) <= MAX_PART
    assert one.startswith("/cache/projects/")


def test_a_project_folder_can_be_read() -> None:
    """Short paths stay recognisable."""
    assert project_folder("/c", "/home/mira/50%") == "/c/projects/%2Fhome%2Fmira%2F50%25"


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_every_edit_is_noticed(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    """Whatever is done to whichever file, right after the snapshot, ends the recognition."""
    chance = random.Random(seed)  # noqa: S311 # repeatable, not secret
    tmp_path = tmp_path_factory.mktemp("edits")
    environ = environment(tmp_path)
    root = tmp_path.resolve() / "game"
    root.mkdir()
    folder = project_folder(cache_dir(environ), str(root))
    files = [root / f"{number}.png" for number in range(chance.randint(1, 600))]
    before = clock(folder)
    (root / "assetgen.yaml").write_text("version: 1\n")
    for file in files:
        file.write_bytes(b"abc")
    taken = chance.choice([before, clock(folder)])
    watched = [
        (path.name, path.stat(), hashlib.sha256(path.read_bytes()).hexdigest())
        for path in (root / "assetgen.yaml", *files)
    ]
    stamp = stamp_text(environ, config_file(environ))
    write(folder, str(root), PLAIN, stamp, __version__, Message("ok"), taken, watched)
    argv = ["-C", str(root), "build"]
    assert unchanged(argv, environ)
    edit(chance, chance.choice(files))
    assert unchanged(argv, environ) is None


def edit(chance: random.Random, path: Path) -> None:
    """Change a file's bytes, or remove it, in one of the ways that hide best."""
    old = path.stat()
    kind = chance.choice(["same size", "longer", "restored time", "replaced", "removed"])
    if kind == "removed":
        path.unlink()
        return
    if kind == "replaced":
        path.rename(path.with_suffix(".old"))
    path.write_bytes(b"abcd" if kind == "longer" else b"abd")
    if kind != "same size":
        os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns))

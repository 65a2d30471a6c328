"""How the files of a spec become one, and that none outside the project is read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assetgen.errors import Loc, SpecError
from assetgen.spec.load import MAX_BYTES
from assetgen.spec.model import Spec
from assetgen.spec.sources import MAX_CHAIN, read_spec

MAIN = "assetgen.yaml"


def project(root: Path, files: dict[str, str]) -> str:
    """Write the files of a project and return its folder."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return str(root)


def read(root: Path, files: dict[str, str]) -> Spec:
    """Return the spec of a project; the main file gets its version."""
    main = "version: 1\n" + files.get(MAIN, "")
    return read_spec(project(root, {**files, MAIN: main}), MAIN)


def refused(root: Path, files: dict[str, str]) -> list[str]:
    """Return kind and place of each problem of a project."""
    with pytest.raises(SpecError) as caught:
        read(root, files)
    return [f"{problem.kind.name} {problem.loc}" for problem in caught.value.problems]


def test_a_spec_without_includes_is_its_file(tmp_path: Path) -> None:
    """Sections that are absent are empty."""
    spec = read(tmp_path, {MAIN: "targets: {a: b}\nkeep: bought\nbudget: {max_images: 3}"})
    assert spec.targets == {"a": "b"}
    assert (spec.styles, spec.defaults, spec.rows) == ({}, {}, {})
    assert (spec.keep, spec.budget) == ("bought", {"max_images": 3})
    assert (spec.files, spec.folders, spec.loc) == ((MAIN,), (), Loc(MAIN, 1, 1))


def test_includes_add_names_to_each_section(tmp_path: Path) -> None:
    """Entries keep their places; the main file comes first."""
    files = {
        MAIN: "include: [a.yaml, ./b.yaml]\ntargets: {one: x}\nstyles: {s: x}",
        "a.yaml": "version: 1\ntargets: {two: x}\nvars: {v: 1}\npresets: {p: {note: x}}",
        "b.yaml": "axes: {n: [1]}\nstyles: {t: x}\nx-own: 3",
    }
    spec = read(tmp_path, files)
    assert list(spec.targets) == ["one", "two"]
    assert (list(spec.styles), spec.vars, spec.axes) == (["s", "t"], {"v": 1}, {"n": [1]})
    assert list(spec.presets) == ["p"]
    assert spec.targets.keys_at["two"] == Loc("a.yaml", 2, 11)
    assert spec.files == (MAIN, "a.yaml", "b.yaml")


def test_globs_find_files_in_order_and_name_their_folders(tmp_path: Path) -> None:
    """Hidden names are left out; every glob and every folder that was listed is known."""
    files = {
        MAIN: "include: ['c/*.yaml', 'd/**/x?.yaml']",
        "c/b.yaml": "targets: {cb: x}",
        "c/a.yaml": "targets: {ca: x}",
        "c/.h.yaml": "targets: {ch: x}",
        "c/e/a.yaml": "targets: {cea: x}",
        "d/x1.yaml": "targets: {dx1: x}",
        "d/e/f/x2.yaml": "targets: {dx2: x}",
        "d/.git/x3.yaml": "targets: {dx3: x}",
        "d/e/y.txt": "no yaml",
    }
    spec = read(tmp_path, files)
    assert list(spec.targets) == ["ca", "cb", "dx2", "dx1"]
    assert set(spec.folders) == {"c", "d", "d/e", "d/e/f"}
    assert spec.globs == ("c/*.yaml", "d/**/x?.yaml")


def test_a_glob_that_finds_the_main_file_leaves_it_out(tmp_path: Path) -> None:
    """Including `*.yaml` beside the spec is no cycle."""
    spec = read(tmp_path, {MAIN: "include: '*.yaml'\ntargets: {a: x}", "b.yaml": "vars: {b: 1}"})
    assert spec.files == (MAIN, "b.yaml")
    assert spec.folders == (".",)


def test_a_file_included_twice_is_read_once(tmp_path: Path) -> None:
    """Two parts may need the same third one."""
    files = {
        MAIN: "include: [a.yaml, b.yaml]",
        "a.yaml": "include: c.yaml",
        "b.yaml": "include: [c.yaml]",
        "c.yaml": "targets: {c: x}",
    }
    assert read(tmp_path, files).files == (MAIN, "a.yaml", "c.yaml", "b.yaml")


def test_files_that_include_each_other_are_named(tmp_path: Path) -> None:
    """The chain is in the message."""
    files = {MAIN: "include: a.yaml", "a.yaml": "include: b.yaml", "b.yaml": "include: a.yaml"}
    with pytest.raises(SpecError) as caught:
        read(tmp_path, files)
    (problem,) = caught.value.problems
    assert str(problem) == ("b.yaml:1:10: the files include each other: a.yaml -> b.yaml -> a.yaml")


def test_a_chain_of_includes_ends_somewhere(tmp_path: Path) -> None:
    """A thousand files that include one another are refused, not followed."""
    chain = {f"f{n}.yaml": f"include: f{n + 1}.yaml" for n in range(MAX_CHAIN + 5)}
    found = refused(tmp_path, {MAIN: "include: f0.yaml", **chain})
    assert [text.split()[0] for text in found] == ["includes-too-deep"]


def test_a_name_given_twice_names_both_places(tmp_path: Path) -> None:
    """The other place may be in another file."""
    files = {MAIN: "include: a.yaml\ntargets: {one: x}", "a.yaml": "targets: {one: y}"}
    with pytest.raises(SpecError) as caught:
        read(tmp_path, files)
    (problem,) = caught.value.problems
    assert (problem.kind.name, problem.loc) == ("duplicate-name", Loc("a.yaml", 1, 11))
    assert problem.also == Loc(MAIN, 3, 11)


def test_what_belongs_to_the_main_file_is_refused_elsewhere(tmp_path: Path) -> None:
    """An included file cannot change the rules for all."""
    files = {MAIN: "include: a.yaml", "a.yaml": "budget: {}\nkeep: x\ndefaults: {}\nversion: 1"}
    assert refused(tmp_path, files) == [
        "main-file-only a.yaml:1:1",
        "main-file-only a.yaml:2:1",
        "main-file-only a.yaml:3:1",
    ]


def test_axes_read_their_data_files(tmp_path: Path) -> None:
    """Rows are found by the axis' name; paths are those of the project."""
    files = {
        MAIN: "include: sub/a.yaml\naxes: {p: {file: ./d/p.csv}, n: [1]}",
        "sub/a.yaml": "axes: {c: {file: d/c.yaml, path: cards}, k: {file: d/c.yaml, path: kinds}}",
        "d/p.csv": "sku\n7\n",
        "d/c.yaml": "cards: [a, b]\nkinds: [x]",
    }
    spec = read(tmp_path, files)
    assert spec.rows == {"p": [{"sku": "7"}], "c": ["a", "b"], "k": ["x"]}
    assert spec.files == (MAIN, "sub/a.yaml", "d/p.csv", "d/c.yaml")


def test_mistakes_of_all_files_are_reported_together(tmp_path: Path) -> None:
    """Syntax, schema, data and missing files do not hide each other."""
    files = {
        MAIN: "include: [a.yaml, b.yaml, gone.yaml]\naxes: {p: {file: p.csv}, q: {file: q.csv}}",
        "a.yaml": "targets: [",
        "b.yaml": "targts: {}",
        "p.csv": "a,b\n1\n",
    }
    assert refused(tmp_path, files) == [
        "no-value a.yaml:1:11",
        f"no-such-file {MAIN}:2:27",
        f"no-such-file {MAIN}:3:36",
        "unknown-key b.yaml:1:1",
        "ragged-row p.csv:2:1",
    ]


def test_a_missing_file_is_looked_for_nearby(tmp_path: Path) -> None:
    """Names in the same folder are compared."""
    with pytest.raises(SpecError) as caught:
        read(tmp_path, {MAIN: "include: c/styles.yaml", "c/styls.yaml": ""})
    assert caught.value.problems[0].step == "did you mean 'styls.yaml'?"


def test_a_missing_spec_is_said_so(tmp_path: Path) -> None:
    """Without a place, since nothing names it."""
    with pytest.raises(SpecError) as caught:
        read_spec(project(tmp_path, {"assetgen.yml": ""}), MAIN)
    (problem,) = caught.value.problems
    assert str(problem) == "there is no file 'assetgen.yaml'"
    assert problem.step == "did you mean 'assetgen.yml'?"


@pytest.mark.parametrize("text", ["", "# nothing yet\n"])
def test_an_empty_spec_is_said_so(tmp_path: Path, text: str) -> None:
    """An empty file is no crash."""
    with pytest.raises(SpecError) as caught:
        read_spec(project(tmp_path, {MAIN: text}), MAIN)
    assert caught.value.problems[0].kind.name == "empty-file"


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../x.yaml", "a/../../x.yaml", "..", "a//b", ".git/x.yaml", "C:/x", "."]
)
def test_a_path_out_of_the_project_is_refused(tmp_path: Path, path: str) -> None:
    """For includes and data files alike; no such file is looked at."""
    assert refused(tmp_path, {MAIN: f"include: {path}"}) == [f"bad-path {MAIN}:2:10"]
    assert refused(tmp_path, {MAIN: f"axes: {{a: {{file: {path}}}}}"}) == [f"bad-path {MAIN}:2:18"]


@pytest.mark.parametrize("pattern", ["../*.yaml", "/etc/*", "**/../x", ".git/*"])
def test_a_pattern_out_of_the_project_is_refused(tmp_path: Path, pattern: str) -> None:
    """Globs obey the same rule."""
    assert refused(tmp_path, {MAIN: f"include: ['{pattern}']"}) == [f"bad-path {MAIN}:2:11"]


def test_keep_must_stay_inside_too(tmp_path: Path) -> None:
    """Bought pictures are not written elsewhere."""
    assert refused(tmp_path, {MAIN: "keep: ../bought"}) == [f"bad-path {MAIN}:2:7"]


def test_symlinks_may_not_lead_out(tmp_path: Path) -> None:
    """Neither a file nor a folder on the way may; inside they are fine."""
    outside = tmp_path / "outside"
    root = tmp_path / "root"
    project(outside, {"x.yaml": "targets: {x: y}"})
    project(root, {"in/real.yaml": "targets: {r: y}"})
    os.symlink(outside / "x.yaml", root / "file.yaml")
    os.symlink(outside, root / "folder")
    os.symlink("in/real.yaml", root / "ok.yaml")
    assert refused(root, {MAIN: "include: [file.yaml, folder/x.yaml, 'folder/*', '*/x.yaml']"}) == [
        f"path-outside {MAIN}:2:11",
        f"path-outside {MAIN}:2:22",
        f"path-outside {MAIN}:2:37",
        f"no-match {MAIN}:2:49",
    ]
    assert list(read(root, {MAIN: "include: ok.yaml"}).targets) == ["r"]


def test_a_symlink_into_git_is_refused(tmp_path: Path) -> None:
    """What may not be named may not be reached either."""
    project(tmp_path, {".git/x.yaml": "targets: {x: y}"})
    os.symlink(".git/x.yaml", tmp_path / "x.yaml")
    assert refused(tmp_path, {MAIN: "include: x.yaml"}) == [f"path-outside {MAIN}:2:10"]


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    """A pipe without a writer does not hang, a folder is no crash."""
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder.yaml").mkdir()
    assert refused(tmp_path, {MAIN: "include: [pipe.yaml, folder.yaml]"}) == [
        f"not-a-file {MAIN}:2:11",
        f"not-a-file {MAIN}:2:22",
    ]


def test_a_loop_of_symlinks_is_refused(tmp_path: Path) -> None:
    """The system's own error does not escape."""
    os.symlink("loop.yaml", tmp_path / "loop.yaml")
    assert refused(tmp_path, {MAIN: "include: loop.yaml"}) == [f"unreadable-file {MAIN}:2:10"]


def test_a_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    """Four MiB for data files too."""
    files = {MAIN: "axes: {a: {file: big.csv}}", "big.csv": "a\n" + "x\n" * (MAX_BYTES // 2)}
    assert refused(tmp_path, files) == ["file-too-large big.csv:1:1"]


def test_a_glob_without_a_match_is_an_error(tmp_path: Path) -> None:
    """A folder that is missing or empty included nothing, which was not meant."""
    assert refused(tmp_path, {MAIN: "include: ['gone/*.yaml', '*.yml', 'a/**']"}) == [
        f"no-match {MAIN}:2:11",
        f"no-match {MAIN}:2:26",
        f"no-match {MAIN}:2:35",
    ]


def test_a_pattern_cannot_walk_for_ever(tmp_path: Path) -> None:
    """Many `**` over many folders visit each folder once for each part."""
    deep = "/".join(["d"] * 20)
    files = {MAIN: f"include: ['{'**/' * 600}*.yml']", f"{deep}/x.yml": "targets: {x: y}"}
    assert refused(tmp_path, files) == [f"too-many-folders {MAIN}:2:11"]


def test_a_spec_whose_schema_is_broken_still_reads_what_it_can(tmp_path: Path) -> None:
    """Sections of a wrong type are passed over without a crash."""
    files = {MAIN: "include: [3, a.yaml]\ntargets: 3\naxes: {a: {file: 3}, b: 3}", "a.yaml": "x: 1"}
    found = [text.split()[0] for text in refused(tmp_path, files)]
    assert sorted(found) == ["unknown-key", "wrong-type", "wrong-type", "wrong-type"]


def test_reading_a_spec_opens_only_its_own_files(tmp_path: Path) -> None:
    """An audit of a fresh interpreter sees no path outside the project opened."""
    root = project(tmp_path, {MAIN: "version: 1\ninclude: ['*.yaml']", "a.yaml": "targets: {a: b}"})
    script = (
        "import sys\n"
        "from assetgen.spec.sources import read_spec\n"
        "from assetgen.spec import validate\n"
        "from assetgen.spec.checks import compiled\n"
        "compiled(included=True); compiled(included=False)\n"
        "seen = []\n"
        "watched = ('open', 'os.scandir')\n"
        "sys.addaudithook(lambda e, a: seen.append(a[0]) if e in watched else None)\n"
        "read_spec(sys.argv[1], 'assetgen.yaml')\n"
        "print([p for p in seen if not str(p).startswith(sys.argv[1])])\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, os.path.realpath(root)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert run.stdout == "[]\n"


def test_files_that_are_not_written_yet(tmp_path: Path) -> None:
    """They are read with the rest, whether something includes them or not."""
    root = project(tmp_path, {MAIN: "version: 1\ninclude: [a.yaml]\ntargets: {m: one}"})
    more = {"a.yaml": b"include: [b.yaml]\ntargets: {a: two}", "b.yaml": b"targets: {b: three}"}
    spec = read_spec(root, MAIN, more={**more, "c.yaml": b"targets: {c: four}"})
    assert list(spec.targets) == ["m", "a", "b", "c"]
    assert list(tmp_path.rglob("*.yaml")) == [Path(root) / MAIN]

"""Files that stand in the way, were edited, or are no pictures: nothing is lost or overwritten."""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Callable

import pytest

from tests.e2e.refusal import contents, refused
from tests.e2e.sandbox import Sandbox

SWORD = "targets:\n  a: a sword\n"
EDIT = "targets:\n  a: {edit: ./in.png, prompt: x}\n"


def png(width: int, height: int) -> bytes:
    """Return a PNG of that size by its header, with next to no data."""
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0" * 100)),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def pointer(digest: str, size: int = 12345) -> str:
    """Return a git-LFS pointer."""
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {size}\n"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("../a.png", "has a component '..'"),
        ("/var/a.png", "is absolute"),
        ("C:/a.png", "begins with a drive letter"),
        (".git/a.png", "leads into .git"),
        ("sub/.GIT/hooks/a.png", "leads into .git"),
        ("art/con.png", "has a component that is a device on Windows"),
        ("art/a\\\\b.png", "has a backslash; write / between folders"),
        ("art/a\\u001bb.png", "has a control character"),
        ("art /a.png", "has a component that ends with a dot or a space"),
    ],
)
def test_an_output_path_that_is_not_allowed(box: Sandbox, path: str, why: str) -> None:
    """It is refused on every system alike."""
    box.spec(f'targets:\n  a: {{prompt: x, output: "{path}"}}\n')
    ran = refused(box, "  choose a path inside the project that is fine on every system")
    assert ran.err.startswith("assetgen.yaml:3:18: the output '")
    assert ran.err.splitlines()[0].endswith(f"' of 'a' {why}")


@pytest.mark.parametrize(
    ("one", "two"), [("art/E.png", "art/e.png"), ("art/\\u00e9.png", "art/e\\u0301.png")]
)
def test_two_outputs_that_some_system_takes_for_one(box: Sandbox, one: str, two: str) -> None:
    """Case and Unicode form do not tell files apart."""
    box.spec(
        f'targets:\n  a: {{prompt: x, output: "{one}"}}\n  b: {{prompt: y, output: "{two}"}}\n'
    )
    ran = refused(
        box,
        "  first given at assetgen.yaml:3:18",
        "  give each an output of its own, or leave out one of them; "
        "case does not tell files apart",
    )
    assert ran.err.startswith("assetgen.yaml:4:18: 'b' and 'a' both write '")


def test_an_output_over_an_input(box: Sandbox) -> None:
    """What the spec reads is not written."""
    box.write("in.png", png(1, 1))
    box.spec("targets:\n  a: {edit: ./in.png, prompt: x, output: in.png}\n")
    refused(
        box,
        "assetgen.yaml:3:34: 'a' would overwrite 'in.png', which the spec reads",
        "  write somewhere else, or refer to the target by its name",
    )


def test_an_output_below_another_output(box: Sandbox) -> None:
    """One path cannot be a file and a folder."""
    box.spec(
        "targets:\n  a: {prompt: x, output: art/a.png}\n  b: {prompt: y, output: art/a.png/b.png}\n"
    )
    refused(
        box,
        "assetgen.yaml:3:18: 'a' writes the file 'art/a.png', which is a folder for 'b'",
        "  rename one of the two",
    )


@pytest.mark.parametrize("command", ["build", "plan", "verify", "status"])
def test_a_symlinked_folder_of_outputs(box: Sandbox, command: str) -> None:
    """Nothing is written through it, wherever it leads."""
    (box.base / "elsewhere").mkdir()
    (box.root / "art").symlink_to(box.base / "elsewhere")
    box.spec(SWORD)
    refused(
        box,
        "assetgen.yaml:3:3: art/a.png goes through the symlink art",
        "  put a real folder there; outputs are not written through symlinks",
        command=(command,),
    )
    assert not list((box.base / "elsewhere").iterdir())


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (os.mkdir, "a folder"),
        (os.mkfifo, "a named pipe"),
        (lambda path: os.symlink("../../elsewhere.png", path), "a symlink"),
    ],
    ids=["folder", "fifo", "symlink"],
)
@pytest.mark.parametrize("command", ["build", "verify"])
def test_something_else_where_an_output_should_be(
    box: Sandbox, command: str, make: Callable[[str], None], what: str
) -> None:
    """It is named, nobody waits for a pipe, and no other target is bought first."""
    (box.root / "art").mkdir()
    make(str(box.root / "art/a.png"))
    box.spec("targets:\n  a: a sword\n  b: an axe\n")
    refused(
        box,
        f"assetgen.yaml:3:3: art/a.png is {what}, not a regular file",
        "  move it away, or put a regular file in its place",
        command=(command,),
    )


def test_a_file_where_the_folder_of_outputs_should_be(box: Sandbox) -> None:
    """The file that is in the way is named."""
    box.write("art", "mine")
    box.spec(SWORD)
    refused(
        box,
        "assetgen.yaml:3:3: art/a.png needs a folder where art is a file",
        "  move art away, or write the output somewhere else",
    )


def test_a_missing_input(box: Sandbox) -> None:
    """There is a place for it."""
    box.spec(EDIT)
    refused(
        box,
        "assetgen.yaml:3:13: the picture ./in.png is not there",
        "  put it there, or mend the reference",
    )


def test_a_misspelt_input(box: Sandbox) -> None:
    """The file beside it that was meant is offered."""
    box.write("pictures/hero.png", png(1, 1))
    box.spec("targets:\n  a: {edit: ./pictures/hreo.png, prompt: x}\n")
    refused(
        box,
        "assetgen.yaml:3:13: the picture ./pictures/hreo.png is not there",
        "  did you mean './pictures/hero.png'?",
    )


def test_an_input_without_its_dot(box: Sandbox) -> None:
    """A name that is a file says how files are written."""
    box.write("in.png", png(1, 1))
    box.spec("targets:\n  a: {edit: in.png, prompt: x}\n")
    refused(
        box,
        "assetgen.yaml:3:13: there is no target 'in.png'",
        "  it is a file: write ./in.png",
    )


def test_a_huge_input(box: Sandbox) -> None:
    """More than 64 MiB are not read."""
    with box.write("in.png", b"\x89PNG\r\n\x1a\n").open("r+b") as file:
        file.truncate(65 << 20)
    box.spec(EDIT)
    refused(
        box,
        "assetgen.yaml:3:13: in.png has more than 64 MiB",
        "  check that it is the right file; such a large one is not read",
    )


@pytest.mark.parametrize(
    ("data", "problem", "step"),
    [
        (
            png(20_000, 6_000),
            "is 20000 by 6000 pixels; more than 100 million pixels are not decoded",
            "make it smaller",
        ),
        (
            png(100, 100)[:20],
            "is cut short: the last PNG chunk is not complete",
            "fetch or copy it again; the rest of it is missing",
        ),
        (b"hello", "is not a picture: it is text", "give a PNG, JPEG or WebP picture"),
        (b"", "is not a picture: it is empty", "give a PNG, JPEG or WebP picture"),
        (
            b"GIF89a" + b"\0" * 100,
            "is in the GIF format, which is not read here",
            "convert it to PNG, JPEG or WebP",
        ),
        (
            b"<!DOCTYPE html><html>",
            "is not a picture: it is a web page",
            "give a PNG, JPEG or WebP picture",
        ),
    ],
    ids=["megapixels", "truncated", "text", "empty", "gif", "html"],
)
@pytest.mark.parametrize("kind", ["edit", "from"])
def test_an_input_that_is_no_usable_picture(
    box: Sandbox, kind: str, data: bytes, problem: str, step: str
) -> None:
    """It is found before anything is bought, also for free work."""
    box.write("in.png", data)
    rest = ", prompt: x" if kind == "edit" else ""
    box.spec(f"targets:\n  other: a dragon\n  a: {{{kind}: ./in.png{rest}}}\n")
    refused(box, f"assetgen.yaml:4:13: ./in.png {problem}", f"  {step}")


def test_an_input_whose_pixels_are_missing(box: Sandbox) -> None:
    """A whole file around too little data is damaged."""
    box.write("in.png", png(100, 100))
    box.spec(EDIT)
    assert refused(box).err.startswith("assetgen.yaml:3:13: ./in.png is damaged: ")


def test_an_input_that_leads_out_of_the_project(box: Sandbox) -> None:
    """Nothing outside is read, and so nothing of it is sent anywhere."""
    (box.base / "secret.png").write_bytes(png(1, 1))
    (box.root / "in.png").symlink_to(box.base / "secret.png")
    box.spec(EDIT)
    refused(
        box,
        "assetgen.yaml:3:13: in.png leads out of the project through a symlink",
        "  copy the file into the project",
    )


def test_an_input_path_that_leads_out_of_the_project(box: Sandbox) -> None:
    """The path alone says so."""
    box.spec("targets:\n  a: {edit: ./../in.png, prompt: x}\n")
    refused(box, "assetgen.yaml:3:13: the input file './../in.png' has a component '..'")


def test_an_input_that_links_to_nothing(box: Sandbox) -> None:
    """A link in a circle too is a broken link, and no missing file."""
    (box.root / "in.png").symlink_to("in.png")
    box.spec(EDIT)
    refused(
        box,
        "assetgen.yaml:3:13: ./in.png is a symlink that leads nowhere",
        "  put the picture itself there, or mend the link",
    )


@pytest.mark.parametrize(
    ("make", "what"), [(os.mkdir, "a folder"), (os.mkfifo, "a named pipe")], ids=["folder", "fifo"]
)
def test_an_input_that_is_no_file(box: Sandbox, make: Callable[[str], None], what: str) -> None:
    """Nobody waits for a pipe."""
    make(str(box.root / "in.png"))
    box.spec(EDIT)
    refused(box, f"assetgen.yaml:3:13: in.png is {what}, not a regular file")


@pytest.mark.parametrize("command", ["build", "plan"])
def test_a_git_lfs_pointer_as_input(box: Sandbox, command: str) -> None:
    """The picture has to be fetched."""
    box.write("in.png", pointer("a" * 64))
    box.spec(EDIT)
    refused(
        box,
        "assetgen.yaml:3:13: ./in.png is a git-LFS pointer, not the picture itself",
        "  run: git lfs pull",
        command=(command,),
    )


def test_a_git_lfs_pointer_as_output(box: Sandbox) -> None:
    """It is up to date when it points to the locked bytes; another one is an edit."""
    box.spec(SWORD)
    box.build()
    place = box.root / "art/a.png"
    good = place.read_bytes()
    text = pointer(hashlib.sha256(good).hexdigest(), len(good))
    place.write_text(text)
    assert box.ok("build").out == "1 target up to date\n"
    assert box.ok("build", "--locked").out == "1 target up to date\n"
    assert box.ok("verify").out == "1 target verified\n"
    assert place.read_text() == text
    place.write_text(pointer("a" * 64, len(good)))
    assert box.run("build").code == 1
    assert box.jobs() == 1


@pytest.mark.parametrize(
    ("spec", "data", "texts"),
    [
        (
            "axes: {p: {file: product.csv}}\n",
            ("products.csv", "sku\n1\n"),
            (
                "assetgen.yaml:2:18: there is no file 'product.csv'",
                "  did you mean 'products.csv'?",
            ),
        ),
        (
            "axes: {p: {file: p.csv}}\n",
            ("p.csv", "id,name\n1\n"),
            ("p.csv:2:1: the row has 1 cells, the header 2",),
        ),
        (
            "axes: {p: {file: p.json}}\n",
            ("p.json", '[{"id": 1},'),
            (
                "p.json:1:12: this cannot be read as JSON: Expecting value",
                "  correct the file here",
            ),
        ),
    ],
    ids=["missing", "ragged", "broken"],
)
def test_a_bad_data_file(
    box: Sandbox, spec: str, data: tuple[str, str], texts: tuple[str, ...]
) -> None:
    """The place in the data file is told."""
    box.write(*data)
    box.spec(f"{spec}targets: {{a: {{prompt: x, matrix: {{p: p}}}}}}\n")
    refused(box, *texts)


def test_a_deleted_output(box: Sandbox) -> None:
    """It is put back, for nothing."""
    box.spec(SWORD)
    box.build()
    place = box.root / "art/a.png"
    good = place.read_bytes()
    place.unlink()
    summary = box.build()
    assert (summary["bought"], summary["restored"]) == (0, 1)
    assert place.read_bytes() == good
    assert box.jobs() == 1


@pytest.mark.parametrize("edit", [b"", b"painted over", None], ids=["emptied", "new", "longer"])
def test_an_output_edited_by_hand(box: Sandbox, edit: bytes | None) -> None:
    """It is never overwritten, not even by --force; `restore` alone puts the built one back."""
    box.spec(SWORD)
    box.build()
    place = box.root / "art/a.png"
    good = place.read_bytes()
    edited = good + b"x" if edit is None else edit
    place.write_bytes(edited)
    before = contents(box.root)
    for arguments in (("build",), ("build", "--force")):
        ran = box.run(*arguments)
        assert (ran.code, contents(box.root)) == (1, before)
        assert (
            "[1/1] a  modified: art/a.png was edited by hand; it is left alone "
            "('assetgen adopt a art/a.png' keeps it, "
            "'assetgen restore a' puts the built picture back)\n"
        ) in ran.out
    refused(
        box,
        "assetgen.yaml:3:3: art/a.png is not what the lock records",
        "  'assetgen restore a', or take the file from version control",
        command=("verify",),
        code=1,
    )
    assert box.ok("restore", "a").out == "restored art/a.png\n"
    assert place.read_bytes() == good
    assert box.ok("build").out == "1 target up to date\n"
    assert box.jobs() == 1


def test_an_edited_output_under_a_changed_prompt(box: Sandbox) -> None:
    """The edit stays, and nothing is bought for a file that could not be written."""
    box.spec(SWORD)
    box.build()
    box.write("art/a.png", b"painted over")
    box.spec("targets:\n  a: an axe\n")
    assert box.run("build").code == 1
    assert (box.root / "art/a.png").read_bytes() == b"painted over"
    assert box.jobs() == 1


def test_a_file_that_was_there_before(box: Sandbox) -> None:
    """It is never overwritten; every command that meets it says to move it away."""
    box.write("art/a.png", b"mine")
    box.spec("targets:\n  a: a sword\n  b: {edit: a, prompt: x}\n")
    for arguments in (("build",), ("build", "--force")):
        ran = box.run(*arguments)
        assert ran.code == 1
        assert (
            "a  modified: art/a.png was there before; it is left alone "
            "('assetgen adopt a art/a.png' takes it in, or move it away to have a built)\n"
        ) in ran.out
        assert "b  blocked: needs a, whose file is not one that was built\n" in ran.out
        assert (
            "1 modified: left alone; 'assetgen adopt TARGET FILE' keeps the file, "
            "'assetgen restore TARGET' puts back what was built\n"
        ) in ran.out
    refused(
        box,
        "assetgen.yaml:3:3: art/a.png was there before a was ever built: "
        "there is nothing to put back",
        "  move it away, then 'assetgen build a'",
        command=("restore", "a"),
        code=1,
    )
    assert (box.root / "art/a.png").read_bytes() == b"mine"
    assert box.jobs() == 0
    (box.root / "art/a.png").rename(box.root / "mine.png")
    assert box.build()["bought"] == 2

"""The pictures of a page: only those that it names, verified, and each thumbnail made once."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from assetgen.app.page.gallery import document, look
from assetgen.app.page.pictures import Pictures, Place
from assetgen.app.project import Project, open_project
from assetgen.build.executor import InlineExecutor
from assetgen.digest import Digest, sha256
from assetgen.errors import ImageError, StoreError
from assetgen.ops.thumb import Facts
from assetgen.store.blobs import MemoryBlobs
from tests.e2e.sandbox import Sandbox


def png(color: str) -> bytes:
    """Return a picture's file."""
    buffer = io.BytesIO()
    Image.new("RGB", (600, 300), color).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Yield a project without targets' pictures."""
    box = Sandbox(tmp_path)
    box.spec("targets:\n  base: {prompt: a knight, output: base.png}\n")
    found = open_project(str(box.root), box.env)
    yield found
    found.close()


def test_a_thumbnail_is_made_once(project: Project) -> None:
    """The second time, and in another process, it comes out of the cache."""
    blobs, executor = MemoryBlobs(), InlineExecutor()
    digest = blobs.put(png("teal"))
    pictures = Pictures(project, executor)
    pictures.begin(blobs)
    assert pictures.place(digest) == {
        "thumb": f"thumbs/{digest}.webp",
        "full": f"pictures/{digest}.png",
        "width": 600,
        "height": 300,
        "alpha": False,
    }
    first = asyncio.run(pictures.thumb(digest))
    assert asyncio.run(pictures.thumb(digest)) == first
    other = Pictures(project, executor)
    assert other.cached_thumb(digest) == first
    assert len(executor.made) == 1


def test_facts_of_a_cached_thumbnail_need_no_picture(project: Project) -> None:
    """What is cached tells size and format, also where the picture is not here any more."""
    blobs = MemoryBlobs()
    digest = blobs.put(png("teal"))
    pictures = Pictures(project, InlineExecutor())
    pictures.begin(blobs)
    asyncio.run(pictures.thumb(digest))
    other = Pictures(project)
    other.begin(MemoryBlobs())
    assert other.facts(digest) == Facts("png", 600, 300, False)


def test_only_named_pictures_may_be_had(project: Project) -> None:
    """Those of the document before still are, for pages that have not heard of the new one."""
    blobs = MemoryBlobs()
    old, new = blobs.put(png("teal")), blobs.put(png("red"))
    pictures = Pictures(project, InlineExecutor())
    pictures.begin(blobs)
    pictures.place(old)
    assert old in pictures
    assert new not in pictures
    pictures.begin(blobs)
    pictures.place(new)
    assert old in pictures
    assert pictures.named == [new]
    pictures.begin(blobs)
    assert old not in pictures


def test_bytes_that_are_not_those_of_the_name_are_not_served(project: Project) -> None:
    """A file that changed since it was looked at is read from elsewhere, or not at all."""
    data = png("teal")
    digest = sha256(data)
    (Path(project.root) / "base.png").write_bytes(data)
    pictures = Pictures(project, InlineExecutor())
    pictures.begin(MemoryBlobs())
    assert pictures.place(digest, Place("base.png"))
    (Path(project.root) / "base.png").write_bytes(png("red"))
    with pytest.raises(StoreError):
        pictures.read(digest)
    blobs = MemoryBlobs()
    blobs.put(data)
    pictures.begin(blobs)
    assert pictures.read(digest) == data


def test_a_picture_that_cannot_be_decoded_is_left_out(project: Project) -> None:
    """Its header may look well: what a decoder refuses is no picture of the next document."""
    data = png("teal")
    blobs = MemoryBlobs()
    cut = bytearray(data)
    cut[60:70] = bytes(10)
    digest = blobs.put(bytes(cut))
    pictures = Pictures(project, InlineExecutor())
    pictures.begin(blobs)
    with pytest.raises(ImageError):
        asyncio.run(pictures.thumb(digest))
    pictures.spoil(digest)
    assert pictures.place(digest) is None
    assert digest not in pictures


def test_a_picture_that_appears_later_is_found(project: Project) -> None:
    """That it was not here once is not remembered."""
    data = png("teal")
    pictures = Pictures(project)
    pictures.begin(MemoryBlobs())
    assert pictures.place(sha256(data)) is None
    blobs = MemoryBlobs()
    blobs.put(data)
    pictures.begin(blobs)
    assert pictures.place(sha256(data)) is not None


def test_a_document_without_looks_reads_nothing(project: Project) -> None:
    """It names the pictures, and no byte of them is asked for."""

    class Unread(MemoryBlobs):
        def get(self, digest: Digest) -> bytes:
            raise AssertionError("a picture was read")

    blobs = Unread()
    digest = blobs.put(png("teal"))
    pictures = Pictures(project)
    pictures.begin(blobs, looks=False)
    assert pictures.place(digest)
    assert pictures.named == [digest]


def test_a_project_that_was_never_built_has_a_document(project: Project) -> None:
    """Its targets are there, without pictures."""
    pictures = Pictures(project)
    data = document(project, look(project), pictures, mode="review")
    assert data["mode"] == "review"
    assert data["targets"][0]["verdict"] == "run"
    assert data["targets"][0]["outputs"][0]["state"] == "missing"
    assert data["targets"][0]["version"] == ""
    assert pictures.named == []

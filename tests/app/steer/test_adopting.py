"""A file that somebody retouched: it is safe before anything may be written over it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from assetgen.app.consent import Caps
from assetgen.app.loading import load
from assetgen.app.planning import ALL, plan_loaded
from assetgen.app.project import Project, open_project
from assetgen.app.steer import verbs
from assetgen.errors import StoreError
from assetgen.plan.model import Mode
from assetgen.store.fs import DiskFs
from tests.app.test_paid_build import MODEL, Shop


class FullDisk(DiskFs):
    """A disk on which the lock finds no room."""

    def rename(self, temp: str, path: str) -> None:
        """Put a file into its place, but for the lock."""
        if path.endswith("assetgen.lock"):
            raise OSError(28, "No space left on device", path)
        super().rename(temp, path)


def png() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(file, "png")
    return file.getvalue()


def verdict(project: Project) -> str:
    return plan_loaded(project, load(project), ALL, Mode())["sword"].verdict.value


@pytest.mark.parametrize("with_ops", [False, True])
def test_an_adoption_that_is_not_written_leaves_the_edit_alone(
    tmp_path: Path, with_ops: bool
) -> None:
    """The lock could not be written: the file is still somebody's edit, and no build touches it."""
    shop = Shop(tmp_path)
    shop.spec(f"version: 1\ndefaults: {{model: {MODEL}}}\ntargets: {{sword: a rusty sword}}\n")
    assert shop.build(Caps(max_images=1)).bought == 1
    path = tmp_path / "project" / "art" / "sword.png"
    path.write_bytes(png())
    project = shop.project()
    assert verdict(project) == "modified"
    full = open_project(project.root, project.environ, fs=FullDisk())
    with pytest.raises(StoreError):
        verbs.adopt(full, "sword", png(), with_ops=with_ops)
    full.close()
    assert verdict(shop.project()) == "modified"
    shop.build(Caps(max_images=1))
    assert path.read_bytes() == png()

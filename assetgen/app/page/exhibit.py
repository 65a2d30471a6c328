"""Writes a project's gallery into a folder: document, thumbnails, pictures; draws no page."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass

from assetgen.app.compare.earlier import Earlier, earlier_of
from assetgen.app.page.gallery import View, document, look
from assetgen.app.page.pictures import Pictures
from assetgen.app.planning import ALL, Selection
from assetgen.app.project import Project
from assetgen.digest import Digest
from assetgen.errors import ImageError, StoreError
from assetgen.plan.model import Mode
from assetgen.review.folder import GalleryFolder
from assetgen.review.page import data_script, gallery_files, page_html
from assetgen.review.targets_csv import targets_csv

AT_ONCE = 6
"""Pictures that are held in memory together."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """What was written: the page's path, and how many targets and pictures it shows."""

    page: str
    targets: int
    pictures: int
    unreadable: int


def write_gallery(
    project: Project,
    folder: str,
    selection: Selection = ALL,
    mode: Mode | None = None,
    revision: str | None = None,
) -> Exhibit:
    """Write the gallery of a selection and return what is in it; in the project nothing changes.

    What differs from the git commit ``revision`` has before and after.

    Raises SpecError, LockError, UsageError, StoreError. A picture that cannot be read or decoded
    is left out of the page.
    """
    view = look(project, selection, mode)
    earlier = earlier_of(project, revision) if revision else None
    place = GalleryFolder(folder)
    try:
        return asyncio.run(_write(project, place, view, earlier))
    finally:
        project.close()


async def _write(
    project: Project, place: GalleryFolder, view: View, earlier: Earlier | None
) -> Exhibit:
    pictures = Pictures(project)
    try:
        # Which pictures there are is known without a look at them; what they are, by thumbnails.
        document(project, view, pictures, earlier=earlier, looks=False)
        failed = await _hang(pictures, place)
        data = document(project, view, pictures, earlier=earlier)
    finally:
        await pictures.close()
    place.write("index.html", page_html(title=data["project"]).encode())
    for name, content in gallery_files().items():
        place.write(name, content)
    place.write("data.js", data_script(data))
    place.write("targets.csv", targets_csv(data).encode())
    place.tidy()
    page = os.path.join(place.path, "index.html")
    return Exhibit(page, len(data["targets"]), len(pictures.named), failed)


async def _hang(pictures: Pictures, place: GalleryFolder) -> int:
    """Put all pictures that are named into the folder; returns how many could not be decoded."""
    places = asyncio.Semaphore(AT_ONCE)
    failed = 0

    async def hang(digest: Digest) -> None:
        nonlocal failed
        async with places:
            try:
                await _hang_one(pictures, place, digest)
            except ImageError:
                pictures.spoil(digest)
                failed += 1
            except StoreError:
                pictures.spoil(digest)  # it is not here: the page says so

    ends = await asyncio.gather(*map(hang, pictures.named), return_exceptions=True)
    for error in ends:
        if error is not None:
            raise error
    return failed


async def _hang_one(pictures: Pictures, place: GalleryFolder, digest: Digest) -> None:
    thumb = pictures.cached_thumb(digest)
    data = None
    if thumb is None:
        data = await asyncio.to_thread(pictures.read, digest)
        thumb = await pictures.thumb(digest, data)
    small, large = f"thumbs/{digest}.webp", f"pictures/{digest}{pictures.extension(digest)}"
    if not place.has(large):
        if data is None:
            data = await asyncio.to_thread(pictures.read, digest)
        place.write(large, data)
    if not place.has(small):
        place.write(small, thumb)

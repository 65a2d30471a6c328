"""The pictures that a page shows: where their bytes are, small ones made once; knows no page.

Only what a document names can be had: see :meth:`Pictures.place`. Pixels are decoded in workers.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from assetgen.app.project import Project
from assetgen.build.executor import Executor, ProcessExecutor
from assetgen.digest import Digest, sha256
from assetgen.errors import AssetgenError, Kind, Problem, StoreError
from assetgen.ops.thumb import Facts, claims, read_thumb, thumb_action
from assetgen.store.blobs import BlobStore

NO_PICTURE = Kind(
    "picture-not-here",
    "the bytes of {digest} can be read nowhere here",
    "pull them, or build where they were bought",
)
UNSEEN = Facts("png", 0, 0, False)
"""Of a picture that is not looked at."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture's bytes may be.

    Attributes:
        path: of a project file that has (or had) them; empty for none.
        key: the local action that made them; None for none.
        read: what else may give them; None for nothing.
    """

    path: str = ""
    key: Digest | None = None
    read: Callable[[], bytes | None] | None = None


NOWHERE = Place()


class Pictures:
    """Pictures by digest: facts, thumbnails and bytes.

    ``executor`` makes the thumbnails; by default processes of its own, started when they are first
    needed. :meth:`close` ends them. One object may serve many documents, one after the other.
    """

    def __init__(self, project: Project, executor: Executor | None = None) -> None:
        self._project = project
        self._executor = executor
        self._blobs: BlobStore = project.pictures()
        self._places: dict[Digest, Place] = {}
        self._former: dict[Digest, Place] = {}
        self._facts: dict[Digest, Facts | None] = {}
        self._spoilt: set[Digest] = set()
        self._looks = True

    def begin(self, blobs: BlobStore, *, looks: bool = True) -> None:
        """Begin another document; ``blobs`` holds the bought pictures from now on.

        Those of the document before may still be had, for pages that have not yet heard of the new
        one. Without ``looks`` no picture is read, and what the document says of them is void: it
        is only to know which there are.
        """
        self._blobs = blobs
        self._looks = looks
        self._former, self._places = self._places, {}

    def __contains__(self, digest: object) -> bool:
        """Whether the latest document, or the one before it, names this picture."""
        return digest in self._places or digest in self._former

    @property
    def named(self) -> list[Digest]:
        """The pictures that the latest document names."""
        return list(self._places)

    def place(self, digest: Digest, place: Place | None = None) -> dict[str, Any] | None:
        """Let a picture be had, and return what a document says of it; None if it is unreadable."""
        known = self._places.get(digest)
        if known is None or (place is not None and place.path):
            self._places[digest] = place or NOWHERE
        facts = self.facts(digest) if self._looks else UNSEEN
        if facts is None:
            del self._places[digest]
            return None
        return {
            "thumb": f"thumbs/{digest}.webp",
            "full": f"pictures/{digest}.{facts.format}",
            "width": facts.width,
            "height": facts.height,
            "alpha": facts.alpha,
        }

    def facts(self, digest: Digest) -> Facts | None:
        """Return what is known of a picture: by its thumbnail, else by its header.

        None if it cannot be read, or not be decoded.
        """
        if digest in self._spoilt:
            return None
        facts = self._facts.get(digest)
        if facts is None:
            facts = self._facts[digest] = self._look(digest)
        return facts

    def _look(self, digest: Digest) -> Facts | None:
        if self.cached_thumb(digest) is not None:
            return self._facts[digest]
        try:
            return claims(self.read(digest))
        except AssetgenError:
            return None

    def extension(self, digest: Digest) -> str:
        """Return the file name extension of a picture that the document names, with its dot."""
        facts = self._facts.get(digest)
        return f".{facts.format}" if facts else ".bin"

    def spoil(self, digest: Digest) -> None:
        """Take a picture for unreadable from now on: it cannot be decoded."""
        self._spoilt.add(digest)

    def read(self, digest: Digest) -> bytes:
        """Return the bytes of a picture. Raises StoreError if nothing here can read them."""
        place = self._places.get(digest) or self._former.get(digest) or NOWHERE
        for source in self._sources(digest, place):
            try:
                data = source()
            except AssetgenError:
                continue
            if data is not None and sha256(data) == digest:
                return data
        raise StoreError(Problem(NO_PICTURE, facts={"digest": digest[:12]}))

    def _sources(self, digest: Digest, place: Place) -> list[Callable[[], bytes | None]]:
        found: list[Callable[[], bytes | None]] = []
        path, key = place.path, place.key
        if path:
            found.append(lambda: self._project.workspace.read(path))
        found.append(lambda: self._blobs.get(digest))
        if key is not None:
            found.append(lambda: self._project.derived.get(key))
        if place.read is not None:
            found.append(place.read)
        return found

    def cached_thumb(self, digest: Digest) -> bytes | None:
        """Return the WebP of a thumbnail that was made before, or None."""
        data = self._project.derived.get(thumb_action(digest).key)
        return None if data is None else self._opened(digest, data)

    async def thumb(self, digest: Digest, data: bytes | None = None) -> bytes:
        """Return the WebP of a thumbnail, made once.

        ``data`` are the picture's bytes, of whom knows that none was made. Raises StoreError,
        ImageError.
        """
        cached = self.cached_thumb(digest) if data is None else None
        if cached is not None:
            return cached
        action = thumb_action(digest)
        if self._executor is None:
            self._executor = ProcessExecutor(os.cpu_count() or 2)
        blobs = {digest: self.read(digest) if data is None else data}
        (made,) = await self._executor.make([action.text], blobs)
        self._project.derived.put(action.key, made)
        return self._opened(digest, made) or b""

    def _opened(self, digest: Digest, thumb: bytes) -> bytes | None:
        """Return the WebP of a thumbnail, and remember its facts; None if it is none."""
        try:
            self._facts[digest], webp = read_thumb(thumb)
        except ValueError:
            return None
        return webp

    async def close(self) -> None:
        """End the workers."""
        if self._executor is not None:
            await self._executor.close()

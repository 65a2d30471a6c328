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
from assetgen.store.blobs import BlobStore, extension

NO_PICTURE = Kind(
    "picture-not-here",
    "the bytes of {digest} can be read nowhere here",
    "pull them, or build where they were bought",
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture's bytes may be.

    Attributes:
        path: of a project file that has (or had) them; empty for none.
        key: the local action that made them; None for none.
    """

    path: str = ""
    key: Digest | None = None


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
        self._extensions: dict[Digest, str] = {}
        self._spoilt: set[Digest] = set()

    def begin(self, blobs: BlobStore) -> None:
        """Begin another document; ``blobs`` holds the bought pictures from now on.

        Those of the document before may still be had, for pages that have not yet heard of the new
        one.
        """
        self._blobs = blobs
        self._former, self._places = self._places, {}

    def __contains__(self, digest: object) -> bool:
        """Whether the latest document, or the one before it, names this picture."""
        return digest in self._places or digest in self._former

    def place(
        self,
        digest: Digest,
        place: Place | None = None,
        *,
        like: Digest | None = None,
    ) -> dict[str, Any] | None:
        """Let a picture be had, and return what a document says of it; None if it is unreadable.

        ``like`` is another picture with the same pixels, whose thumbnail will do.
        """
        known = self._places.get(digest)
        if known is None or (place is not None and place.path):
            self._places[digest] = place or Place()
        facts = self.facts(digest)
        if facts is None or digest in self._spoilt:
            del self._places[digest]
            return None
        shown = like if like in self._places else digest
        return {
            "thumb": f"thumbs/{shown}.webp",
            "full": f"pictures/{digest}{self._extensions[digest]}",
            "width": facts.width,
            "height": facts.height,
            "alpha": facts.alpha,
        }

    def facts(self, digest: Digest) -> Facts | None:
        """Return what is known of a picture, by its header; None if it cannot be read."""
        if self._facts.get(digest) is None:
            self._facts[digest] = self._look(digest)
        return self._facts[digest]

    def _look(self, digest: Digest) -> Facts | None:
        try:
            data = self.read(digest)
        except AssetgenError:
            return None
        self._extensions[digest] = extension(data)
        return claims(data)

    @property
    def named(self) -> list[Digest]:
        """The pictures that the latest document names."""
        return list(self._places)

    def spoil(self, digest: Digest) -> None:
        """Take a picture for unreadable from now on: it cannot be decoded."""
        self._spoilt.add(digest)

    def extension(self, digest: Digest) -> str:
        """Return the file name extension of a picture that the document names."""
        return self._extensions.get(digest, ".bin")

    def read(self, digest: Digest) -> bytes:
        """Return the bytes of a picture. Raises StoreError if nothing here can read them."""
        place = self._places.get(digest) or self._former.get(digest) or Place()
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
        return found

    def cached_thumb(self, digest: Digest) -> bytes | None:
        """Return the WebP of a thumbnail that was made before, or None."""
        data = self._project.derived.get(thumb_action(digest).key)
        return None if data is None else _webp(data)

    async def thumb(self, digest: Digest) -> bytes:
        """Return the WebP of a thumbnail, made once. Raises StoreError, ImageError."""
        cached = self.cached_thumb(digest)
        if cached is not None:
            return cached
        action = thumb_action(digest)
        if self._executor is None:
            self._executor = ProcessExecutor(os.cpu_count() or 2)
        (made,) = await self._executor.make([action.text], {digest: self.read(digest)})
        self._project.derived.put(action.key, made)
        return _webp(made) or b""

    async def close(self) -> None:
        """End the workers."""
        if self._executor is not None:
            await self._executor.close()


def _webp(data: bytes) -> bytes | None:
    try:
        return read_thumb(data)[1]
    except ValueError:
        return None

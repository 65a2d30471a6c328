"""What the lock knows by key and by path, whatever its targets are called now; reads no lock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from assetgen.digest import Digest, sha256
from assetgen.state import LineState, LockLine, Take


class LockedResults:
    """Look-ups over all lines, so that a renamed target costs nothing. Made when first asked.

    ``seen`` is live: what a build has overwritten since is not found any more. ``live`` are the
    names in the spec.
    """

    def __init__(
        self,
        lines: Mapping[str, LockLine],
        seen: Mapping[str, Digest],
        pointers: Collection[str],
        live: Collection[str],
    ) -> None:
        self._live = live
        self._lines = lines
        self._seen = seen
        self._pointers = pointers
        self._read = False
        self._outputs: dict[Digest, tuple[str, Digest]] = {}
        self._keys: dict[tuple[str, Digest], Digest] = {}
        self._digests: set[Digest] = set()
        self._lines_of: dict[Digest, list[LockLine]] = {}
        self._picks: dict[Digest, Digest] = {}

    def _known(self) -> LockedResults:
        if not self._read:
            self._read = True
            for line in self._lines.values():
                self._add(line)
        return self

    def _add(self, line: LockLine) -> None:
        if line.key is not None:
            self._lines_of.setdefault(line.key, []).append(line)
            if line.state in (LineState.PICKED, LineState.ADOPTED) and line.bought:
                self._picks[line.key] = line.bought.sha256
        for path, record in line.outputs.items():
            self._digests.add(record.sha256)
            if self._seen.get(path) == record.sha256 and path not in self._pointers:
                self._outputs[record.key] = (path, record.sha256)
                self._keys[path, record.sha256] = record.key

    def takes(self, key: Digest, name: str) -> tuple[Take, ...]:
        """Return the takes that some line has for ``key``, for the target of this name.

        A file that was given to another target is none of its takes, unless that one left the
        spec: then it may have been renamed.
        """
        for line in self._known()._lines_of.get(key, ()):
            given = line.target == name or line.target not in self._live
            takes = tuple(take for take in line.takes if given or not take.adopted)
            if takes:
                return takes
        return ()

    def picked(self, key: Digest) -> Digest | None:
        """Return the digest of the take that some line says was picked for ``key``."""
        return self._known()._picks.get(key)

    def records(self, digest: Digest) -> bool:
        """Return whether some line records an output of these bytes."""
        return digest in self._known()._digests

    def result(self, key: Digest) -> Digest | None:
        """Return the digest of the output that the local action ``key`` made, if it is there."""
        path, digest = self._known()._outputs.get(key, ("", None))
        return digest if self._seen.get(path) == digest else None

    def key_at(self, path: str, digest: Digest) -> Digest | None:
        """Return the action that made the bytes ``digest`` at ``path``, as the lock has it."""
        return self._known()._keys.get((path, digest))

    def get(self, key: Digest, read: Callable[[str], bytes]) -> bytes | None:
        """Return that output's bytes, if they still stand where they stood."""
        digest = self.result(key)
        if digest is None:
            return None
        data = read(self._outputs[key][0])
        return data if sha256(data) == digest else None


def with_all_takes(line: LockLine, candidates: Sequence[LockLine]) -> LockLine:
    """Return ``line`` with the takes that other lines of the same key have besides."""
    known: dict[str, Take] = {take.sha256: take for take in line.takes}
    number = max((take.n for take in line.takes), default=0)
    for other in candidates:
        for take in other.takes if other.key == line.key else ():
            if take.sha256 not in known:
                number += 1
                known[take.sha256] = replace(take, n=number)
    return replace(line, takes=tuple(known.values()))

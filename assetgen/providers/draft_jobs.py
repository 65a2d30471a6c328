"""The draft provider's jobs on disk: one file each, made once; knows no drawing and no clock.

A job is JSON, `<sha256 of its id>.json`; the pictures that it refers to lie beside it by their
own sha256. Files belong to their user alone. Every function blocks.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from typing import Any

from assetgen.digest import sha256
from assetgen.graph import NOTHING
from assetgen.providers.base import Reference, Request

KEEP = 2 * 24 * 3600.0
"""Seconds after which a job and its pictures may be forgotten."""


@dataclass(frozen=True, slots=True)
class DraftJob:
    """A request that was accepted. ``accepted``: seconds since the epoch."""

    id: str
    accepted: float
    request: Request


class JobFolder:
    """The jobs in one folder, which several processes may share."""

    def __init__(self, path: str) -> None:
        self._path = path

    def add(self, job: DraftJob) -> bool:
        """Keep a new job; False if one of this id is there. Raises OSError."""
        os.makedirs(self._path, mode=0o700, exist_ok=True)
        for reference in job.request.references:
            self._keep_picture(reference.data)
        data = json.dumps(_to_json(job)).encode()
        name = self._job(job.id)
        try:
            _create(name, data)
        except FileExistsError:
            if self.get(job.id) is not None:
                return False
            # Torn by a power cut before anybody was told of it: the id is still free.
            os.unlink(name)
            _create(name, data)
        return True

    def get(self, job_id: str) -> DraftJob | None:
        """Return a job by its id, or None if there is none, or not all of it."""
        try:
            with open(self._job(job_id), "rb") as file:
                value = json.load(file)
            return self._from_json(value)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def prune(self, now: float) -> None:
        """Remove what is older than :data:`KEEP`; what cannot be removed stays."""
        with contextlib.suppress(OSError), os.scandir(self._path) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if now - entry.stat().st_mtime > KEEP:
                        os.unlink(entry.path)

    def _keep_picture(self, data: bytes) -> None:
        path = self._picture(sha256(data))
        try:
            _create(path, data)
        except FileExistsError:
            if os.path.getsize(path) == len(data):
                os.utime(path)
                return
            os.unlink(path)
            _create(path, data)

    def _from_json(self, value: dict[str, Any]) -> DraftJob:
        references = []
        for item in value["references"]:
            with open(self._picture(item["sha256"]), "rb") as file:
                data = file.read()
            if sha256(data) != item["sha256"]:
                raise ValueError("a picture of the job was cut short")
            references.append(Reference(item["role"], data, item["label"]))
        request = Request(**value["request"], references=tuple(references), facts=value["facts"])
        return DraftJob(value["id"], float(value["accepted"]), request)

    def _job(self, job_id: str) -> str:
        return os.path.join(self._path, sha256(job_id.encode("utf-8", "replace")) + ".json")

    def _picture(self, digest: str) -> str:
        return os.path.join(self._path, os.path.basename(digest) + ".input")


_PLAIN = ("kind", "model", "prompt", "aspect_ratio", "resolution", "quality")


def _to_json(job: DraftJob) -> dict[str, Any]:
    request = job.request
    facts = request.facts or NOTHING
    return {
        "id": job.id,
        "accepted": job.accepted,
        "request": {name: getattr(request, name) for name in _PLAIN},
        "facts": {name: facts[name] for name in ("target", "alpha", "take") if name in facts},
        "references": [
            {"role": item.role, "label": item.label, "sha256": sha256(item.data)}
            for item in request.references
        ],
    }


def _create(path: str, data: bytes) -> None:
    """Write a file that must not be there yet, to the disk. Raises OSError, FileExistsError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())

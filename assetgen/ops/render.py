"""The one entry to local work: manifests and the bytes that they read give the bytes of files.

Knows no target and no path: what a file is made of, and how, stands in its manifest alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PIL import Image

from assetgen.action import Input, local
from assetgen.digest import Digest, canonical_json, sha256
from assetgen.graph import Op
from assetgen.ops.chains import Branch, Pictures
from assetgen.ops.container import sniff
from assetgen.ops.encode import encode
from assetgen.ops.manifest import Manifest, read_manifest
from assetgen.ops.table import check_names
from assetgen.optable import OPS, RENDER_VERSION


def perform(texts: Sequence[str], blobs: Mapping[Digest, bytes]) -> list[bytes]:
    """Return the file of each manifest of ``texts``; ``blobs`` holds all that they read.

    What files have in common is done once: a picture is decoded once, and equal first steps run
    once. Raises ImageError.
    """
    manifests = [read_manifest(text) for text in texts]
    pictures = Pictures(blobs)
    made: dict[Digest, bytes] = {}
    renders: dict[Digest, list[Manifest]] = {}
    for manifest in manifests:
        if manifest.source is not None:
            renders.setdefault(manifest.source.sha256, []).append(manifest)
    for digest, group in renders.items():
        _render(digest, group, pictures, blobs, made)
    return [made[manifest.key] for manifest in manifests]


def render(source: bytes, ops: Sequence[Op], format: str) -> bytes:
    """Return ``source`` after ``ops``, none of which reads another file, as ``format``.

    Raises ImageError.
    """
    for op in ops:
        check_names(op)
    digest = sha256(source)
    chain = [[op.name, OPS[op.name].version, dict(op.args)] for op in ops]
    arguments = canonical_json({"format": format, "ops": chain})
    action = local(
        op="render",
        version=RENDER_VERSION,
        arguments=arguments,
        inputs=[Input("image", digest)],
    )
    return perform([action.text], {digest: source})[0]


def _render(
    digest: Digest,
    manifests: Sequence[Manifest],
    pictures: Pictures,
    blobs: Mapping[Digest, bytes],
    made: dict[Digest, bytes],
) -> None:
    """Make the files that start from one picture."""
    before = pictures.decoded(digest)

    def finish(manifest: Manifest, image: Image.Image) -> None:
        format = str(manifest.arguments["format"])
        if image is before and format == sniff(blobs[digest], ""):
            made[manifest.key] = blobs[digest]
        else:
            made[manifest.key] = encode(image, format)

    branches = [
        Branch(manifest.source.steps, partial(finish, manifest))
        for manifest in manifests
        if manifest.source is not None
    ]
    pictures.branch(before, branches)
    pictures.forget(digest)

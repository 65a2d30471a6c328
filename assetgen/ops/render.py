"""The one entry to local work: manifests and the bytes that they read give the bytes of files.

Knows no target and no path: what a file is made of, and how, stands in its manifest alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PIL import Image

from assetgen.action import Input, local
from assetgen.digest import Digest, canonical_json, sha256
from assetgen.errors import ImageError, Kind, Problem
from assetgen.graph import NOTHING, Op
from assetgen.ops.chains import Branch, Pictures
from assetgen.ops.contact import sheet_of, write_contact
from assetgen.ops.container import sniff
from assetgen.ops.encode import encode
from assetgen.ops.manifest import Manifest, read_manifest
from assetgen.ops.margins import measured, measured_text
from assetgen.ops.metadata import SourceType, clean, is_plain, provenance
from assetgen.ops.picture import decode
from assetgen.ops.sheetwork import pack_sheets
from assetgen.ops.table import check_names
from assetgen.ops.thumb import write_thumb
from assetgen.ops.webwork import write_page, write_snippet
from assetgen.optable import OPS, RENDER_VERSION

SOURCE_TYPES = {
    "model": SourceType.TRAINED,
    "mixed": SourceType.COMPOSITE,
    "draft": SourceType.ALGORITHMIC,
}
"""What a file says of its origin; of other origins it says nothing."""
REFERENCE_DIGITS = 16
ADOPTED = "the adopted file"

OTHER_FORMAT = Kind(
    "copy-other-format",
    "{name} is {found}, and not the {wanted} that it was adopted as",
    "take the lock from version control, or adopt the file anew",
)


def perform(
    texts: Sequence[str],
    blobs: Mapping[Digest, bytes],
    ready: Mapping[str, bytes] = NOTHING,
) -> list[bytes]:
    """Return the file of each manifest of ``texts``.

    ``blobs`` holds all that they read, but for parts that are ``ready``, by their names. What files
    have in common is done once: a picture is decoded once, equal first steps run once, and sheets
    with the same sprites are packed once. Raises ImageError.
    """
    manifests = [read_manifest(text) for text in texts]
    pictures = Pictures(blobs, ready)
    made: dict[Digest, bytes] = {}
    of_pictures: dict[Digest, list[Manifest]] = {}
    of_sprites = [manifest for manifest in manifests if manifest.sprites]
    for manifest in manifests:
        if manifest.op == "copy" and manifest.source is not None:
            made[manifest.key] = _copied(manifest, blobs[manifest.source.sha256])
        elif manifest.op == "contact":
            made[manifest.key] = write_contact(sheet_of(manifest.arguments), blobs)
        elif manifest.source is not None:
            of_pictures.setdefault(manifest.source.sha256, []).append(manifest)
        elif not manifest.sprites:
            made[manifest.key] = write_page(manifest).encode()
    for digest, group in of_pictures.items():
        made |= _render(digest, group, pictures, blobs)
    if of_sprites:
        made |= pack_sheets(of_sprites, pictures, _encoded)
    return [made[manifest.key] for manifest in manifests]


def render(source: bytes, ops: Sequence[Op], format: str) -> bytes:
    """Return ``source`` after ``ops``, none of which reads another file, as ``format``.

    Raises ImageError.
    """
    for op in ops:
        check_names(op)
    digest = sha256(source)
    chain = [[op.name, OPS[op.name].version, dict(op.args)] for op in ops]
    arguments = canonical_json({"format": format, "ops": chain, "origin": "none"})
    action = local(
        op="render",
        version=RENDER_VERSION,
        arguments=arguments,
        inputs=[Input("image", digest)],
    )
    return perform([action.text], {digest: source})[0]


def _copied(manifest: Manifest, data: bytes) -> bytes:
    """Return ``data`` if it is the whole picture that it goes for. Raises ImageError.

    A lock may call any bytes an adopted file, and this is the way into an output unchanged.
    """
    wanted, found = manifest.arguments.get("format"), sniff(data, ADOPTED)
    if found != wanted:
        facts = {"name": ADOPTED, "found": found, "wanted": wanted or "picture"}
        raise ImageError(Problem(OTHER_FORMAT, facts=facts))
    decode(data, ADOPTED)
    return data


def _render(
    digest: Digest,
    manifests: Sequence[Manifest],
    pictures: Pictures,
    blobs: Mapping[Digest, bytes],
) -> dict[Digest, bytes]:
    """Return the files that start from one picture."""
    made: dict[Digest, bytes] = {}
    before = pictures.decoded(digest)
    source = blobs[digest]

    def finish(manifest: Manifest, image: Image.Image) -> None:
        if manifest.op == "box":
            found = measured(image, manifest.arguments["threshold"])
            made[manifest.key] = measured_text(found).encode()
        elif manifest.op == "thumb":
            size = manifest.arguments["size"]
            made[manifest.key] = write_thumb(image, sniff(source, ""), size)
        elif manifest.op != "render":
            made[manifest.key] = write_snippet(manifest, image).encode()
        elif image is before and _goes_as_it_is(manifest, source):
            made[manifest.key] = clean(source, manifest.arguments["format"], _xmp(manifest))
        else:
            made[manifest.key] = _encoded(manifest, image)

    branches = [
        Branch(manifest.source.steps, partial(finish, manifest))
        for manifest in manifests
        if manifest.source is not None
    ]
    pictures.branch(before, branches)
    pictures.forget(digest)
    return made


def _goes_as_it_is(manifest: Manifest, source: bytes) -> bool:
    """Whether an unchanged picture is written without encoding it anew, which costs quality."""
    format = manifest.arguments["format"]
    same = format == sniff(source, "") and "encode" not in manifest.arguments
    return same and is_plain(source, format)


def _encoded(manifest: Manifest, image: Image.Image) -> bytes:
    arguments = manifest.arguments
    settings = arguments.get("encode", NOTHING)
    return encode(image, arguments["format"], settings, xmp=_xmp(manifest))


def _xmp(manifest: Manifest) -> bytes | None:
    """Return what a file says of where it comes from."""
    source_type = SOURCE_TYPES.get(manifest.arguments.get("origin", "model"))
    if source_type is None:
        return None
    # No key: equal pixels must give equal bytes, however they were asked for.
    made_of = manifest.source.sha256[:REFERENCE_DIGITS] if manifest.source else ""
    return provenance(source_type, made_of)

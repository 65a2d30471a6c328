"""Chains of ops, from a source's bytes to a file's bytes."""

from __future__ import annotations

import inspect as signatures
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from assetgen.action import Input, local
from assetgen.digest import canonical_json, sha256
from assetgen.errors import ImageError
from assetgen.graph import Op
from assetgen.ops.encode import WRITABLE, encode
from assetgen.ops.picture import decode, has_alpha, inspect
from assetgen.ops.render import perform, render
from assetgen.ops.table import HOME, check, runner
from assetgen.optable import CONTENTS, FORMATS, OPS


def saved(image: Image.Image, plugin: str, **settings: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, plugin, **settings)
    return buffer.getvalue()


def gradient(mode: str = "RGB", size: tuple[int, int] = (40, 30)) -> Image.Image:
    image = Image.linear_gradient("L").resize(size).convert(mode)
    if mode == "RGBA":
        image.putalpha(Image.radial_gradient("L").resize(size))
    return image


SOURCES = {
    "png": saved(gradient(), "PNG"),
    "jpg": saved(gradient(), "JPEG"),
    "webp": saved(gradient("RGBA"), "WEBP"),
}


@pytest.mark.parametrize("format", SOURCES)
@pytest.mark.parametrize("ops", [(), (Op("crop", {"aspect_ratio": "4:3"}),)])
def test_nothing_to_do(format: str, ops: tuple[Op, ...]) -> None:
    """Where no op changes a pixel, the source's own bytes are the result: nothing is encoded."""
    assert render(SOURCES[format], ops, format) == SOURCES[format]


def copied(data: bytes, **arguments: Any) -> bytes:
    """Return what becomes of an adopted file."""
    action = local(
        op="copy",
        version=CONTENTS["copy"],
        arguments=canonical_json(arguments),
        inputs=[Input("image", sha256(data))],
    )
    return perform([action.text], {sha256(data): data})[0]


@pytest.mark.parametrize("format", SOURCES)
def test_an_adopted_file_is_copied_byte_for_byte(format: str) -> None:
    """Nothing in it is cleaned away, since it is the user's."""
    assert copied(SOURCES[format], format=format) == SOURCES[format]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"#!/bin/sh\n", "the adopted file is not a picture: it is text"),
        (SOURCES["png"][:-20], "the adopted file is cut short"),
        (SOURCES["png"].replace(b"IDAT", b"JDAT"), "the adopted file is damaged"),
        (SOURCES["webp"], "the adopted file is webp, and not the png that it was adopted as"),
    ],
    ids=["text", "half a picture", "a damaged picture", "another format"],
)
def test_what_is_no_whole_picture_is_not_copied(data: bytes, told: str) -> None:
    """Somebody's lock calls it an adopted picture, which proves nothing."""
    with pytest.raises(ImageError, match=told):
        copied(data, format="png")


@pytest.mark.parametrize("format", WRITABLE)
def test_every_format_that_is_written(format: str) -> None:
    """The file is of the format, of the size asked for, and the same each time."""
    ops = [Op("crop", {"aspect_ratio": "1:1"}), Op("resize", {"width": 16})]
    made = render(SOURCES["png"], ops, format)
    with Image.open(io.BytesIO(made)) as image:
        assert image.format in (format.upper(), "JPEG")
        assert image.size == (16, 16)
    assert render(SOURCES["png"], ops, format) == made


@pytest.mark.parametrize("format", [f for f in WRITABLE if FORMATS[f]])
def test_transparency_survives(format: str) -> None:
    """Formats that can hold an alpha channel keep it."""
    made = encode(gradient("RGBA"), format)
    with Image.open(io.BytesIO(made)) as image:
        assert has_alpha(image.convert("RGBA"))


def test_png_holds_every_pixel() -> None:
    """Encoding as PNG loses nothing, and no metadata is added."""
    image = gradient("RGBA")
    made = encode(image, "png")
    assert decode(made) == image
    assert all(word not in made for word in (b"tEXt", b"iCCP", b"eXIf", b"pHYs", b"tIME"))


def test_transparency_in_a_jpg() -> None:
    """A jpg cannot hold it: an error where it shows, and nothing where it does not."""
    with pytest.raises(ImageError) as caught:
        render(SOURCES["webp"], (), "jpg")
    assert caught.value.problems[0].kind.name == "alpha-lost"
    assert inspect(encode(Image.new("RGBA", (4, 4), (1, 2, 3, 255)), "jpg")).format == "jpg"


def test_a_format_that_is_not_written_yet() -> None:
    """It is an error that lists what is."""
    with pytest.raises(ImageError, match="does not write tiff"):
        render(SOURCES["png"], (), "tiff")


def test_a_side_that_a_format_cannot_hold() -> None:
    """The encoder's refusal is an ImageError too."""
    with pytest.raises(ImageError, match="cannot be written as webp"):
        encode(Image.new("RGB", (20_000, 1)), "webp")


@pytest.mark.parametrize(
    ("op", "kind"),
    [
        (Op("crpo"), "op-unknown"),
        (Op("crop", {"ratio": "1:1"}), "op-unknown-argument"),
        (Op("resize", {"width": 10**6}), "op-argument"),
        (Op("resize"), "resize-what"),
        (Op("crop"), "crop-what"),
    ],
)
def test_an_op_that_cannot_run(op: Op, kind: str) -> None:
    """`check` sees it without a picture, and `render` refuses it with the same kind."""
    assert [problem.kind.name for problem in check(op)] == [kind]
    with pytest.raises(ImageError) as caught:
        render(SOURCES["png"], [op], "png")
    assert caught.value.problems[0].kind.name == kind


def test_a_good_op_passes_the_check() -> None:
    """Nothing is found where nothing is wrong."""
    ops = [
        Op("crop", {"aspect_ratio": "9:19.5", "gravity": "top-left"}),
        Op("crop", {"box": [0, 0, 5, 5]}),
        Op("resize", {"width": 1, "height": 2, "fit": "cover", "filter": "nearest"}),
        Op("resize", {"height": "720", "upscale": True}),
    ]
    assert [problem for op in ops for problem in check(op)] == []


def test_the_table_of_ops_tells_the_truth() -> None:
    """Each op takes the very arguments that the table lists, in its order."""
    assert list(HOME) != [] and set(HOME) == set(OPS)
    for name, info in OPS.items():
        signature = signatures.signature(runner(name).run)
        named = [p.name for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY]
        assert tuple(named) == info.args
        assert not info.short or info.short in info.args
        assert set(runner(name).readers) <= set(info.args)
        problems = check(Op(name, dict.fromkeys(info.args, "?")))
        assert all(problem.kind.name != "op-unknown-argument" for problem in problems)


@given(
    st.dictionaries(
        st.sampled_from([*OPS["crop"].args, *OPS["resize"].args]),
        st.none()
        | st.integers()
        | st.text("019:.-x", max_size=8)
        | st.lists(st.integers(), max_size=4),
    )
)
def test_arguments_of_any_kind(args: dict[str, Any]) -> None:
    """Whatever a spec says, the result is bytes or an ImageError."""
    for name in ("crop", "resize"):
        op = Op(name, {key: value for key, value in args.items() if key in OPS[name].args})
        try:
            made = render(SOURCES["png"], [op], "png")
        except ImageError:
            continue
        assert check(op) == ()
        assert inspect(made).format == "png"

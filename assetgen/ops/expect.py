"""What must hold of an output file, and whether it does; knows no operation and no target.

A file is judged by its own bytes, decoded as anything untrusted is: nothing is decoded that claims
more pixels than :data:`assetgen.ops.picture.MAX_PIXELS`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from PIL import Image, ImageStat, UnidentifiedImageError

from assetgen.aspect import parse_ratio
from assetgen.errors import ImageError, Kind, Problem
from assetgen.ops import icon
from assetgen.ops.container import DAMAGED, NOT_A_PICTURE, PNG_MAGIC
from assetgen.ops.picture import MAX_PIXELS, TOO_LARGE, decode, has_alpha
from assetgen.ops.sizes import Bounds
from assetgen.optable import FORMATS

WRONG_SIZE = Kind(
    "expect-size",
    "{path} is {width} by {height} pixels; {wanted} is expected",
    "add a resize or crop that gives it, or change 'expect'",
)
SMALL = Kind(
    "expect-min-size",
    "{path} is {width} by {height} pixels; at least {wanted} is expected",
    "ask for a higher resolution, cut less away, or change 'expect'",
)
HEAVY = Kind(
    "expect-max-bytes",
    "{path} has {found} bytes; at most {wanted} are expected",
    "{step}",
)
NOT_CLEAR = Kind(
    "expect-alpha",
    "{path} has no transparent pixel; some are expected",
    "add the op 'key', and look whether the model painted a plain background",
)
NOT_OPAQUE = Kind(
    "expect-opaque",
    "{path} has transparent pixels; none is expected",
    "add the op 'flatten' with a colour",
)
WRONG_RATIO = Kind(
    "expect-aspect-ratio",
    "{path} is {width} by {height} pixels, which is not {wanted}",
    "add 'crop: {wanted}', or change 'expect'",
)
BLANK = Kind(
    "expect-not-blank",
    "{path} is of one colour, or nearly so",
    "look at the picture; 'assetgen reroll' buys another",
)
CONTRADICTION = Kind("expect-contradiction", "{what}, which cannot both hold", "{step}")
NO_ALPHA_THERE = Kind(
    "expect-alpha-format",
    "transparent pixels are expected, and {format} files have none",
    "write png, webp or avif, or leave out 'alpha: true'",
)
BAD_EXPECTATION = Kind("expect-value", "{name}: '{value}' is not {wanted}", "{step}")
UNREACHABLE = Kind(
    "expect-unreachable",
    "{name} {wanted} is expected, and the file will be {found} pixels at most",
    "ask for a higher resolution, cut less away, or change 'expect'",
)
UNLIKE = Kind(
    "expect-other-size",
    "{name} {wanted} is expected, and the file will be {found} pixels",
    "change the ops so that they give it, or change 'expect'",
)

_SIZE = re.compile(r"([1-9]\d{0,5})x([1-9]\d{0,5})\Z", re.ASCII)
_BLANK_LEVELS = 1.5
"""The greatest standard deviation, in levels of 255, of a picture that nobody would call one."""
_SMALLER = {
    "png": "add 'quantize', resize it, or write webp",
    "ico": "ask for fewer sizes",
}


def check_expect(
    data: bytes, format: str, expect: Mapping[str, Any], path: str
) -> tuple[Problem, ...]:
    """Return what does not hold of a file; ``path`` is its name in messages.

    A file that cannot be decoded has that one problem. Of an ico, the largest picture counts.
    """
    found: list[Problem] = []
    most = expect.get("max_bytes")
    if most is not None and len(data) > int(most):
        step = _SMALLER.get(format, "lower its quality in 'encode', or resize it")
        facts = {"path": path, "found": len(data), "wanted": int(most), "step": step}
        found.append(Problem(HEAVY, facts=facts))
    if not any(_asked(expect, name) for name in _LOOKS):
        return tuple(found)
    try:
        image = _decoded(data, format, path)
    except ImageError as error:
        return (*found, *error.problems)
    for name, look in _LOOKS.items():
        if _asked(expect, name):
            problem = look(image, expect[name], path)
            found += [problem] if problem else []
    return tuple(found)


def contradictions(expect: Mapping[str, Any], format: str) -> tuple[Problem, ...]:
    """Return what no file of ``format`` can fulfil; no picture is needed to see it."""
    return tuple(_contradictions(expect, format))


def unreachable(expect: Mapping[str, Any], bounds: Bounds) -> tuple[Problem, ...]:
    """Return what no picture within ``bounds`` fulfils; it expects values that can be read."""
    return tuple(_unreachable(expect, bounds))


def _asked(expect: Mapping[str, Any], name: str) -> bool:
    return expect.get(name) not in (None, False, "false")


def _decoded(data: bytes, format: str, path: str) -> Image.Image:
    if format == "ico":
        return _largest_of(data, path)
    if format == "avif":
        return _guarded(data, "AVIF", path)
    return decode(data, path)


def _largest_of(data: bytes, path: str) -> Image.Image:
    try:
        pictures = icon.entries(data)
    except ValueError as error:
        raise ImageError(Problem(DAMAGED, facts={"name": path, "found": str(error)})) from error
    largest = pictures[-1]
    if largest.startswith(PNG_MAGIC):
        return decode(largest, path)
    # The directory says little of what a BMP claims: as an icon of its own it is measured first.
    side = min(int.from_bytes(largest[4:8], "little"), 256)
    return _guarded(icon.container([(side, largest)]), "ICO", path)


def _guarded(data: bytes, plugin: str, path: str) -> Image.Image:
    """Return a picture of a format that is not read elsewhere, unless it claims to be huge."""
    try:
        with Image.open(io.BytesIO(data), formats=(plugin,)) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                limit = MAX_PIXELS // 1_000_000
                facts = {"name": path, "width": width, "height": height, "limit": limit}
                raise ImageError(Problem(TOO_LARGE, facts=facts))
            image.load()
            return image.convert("RGBA" if image.has_transparency_data else "RGB")
    except ImageError:
        raise
    except Exception as error:  # a decoder fed with hostile bytes raises whatever it likes
        kind = DAMAGED if data[:4] == b"\x00\x00\x01\x00" or data[4:8] == b"ftyp" else NOT_A_PICTURE
        unreadable = isinstance(error, UnidentifiedImageError)  # whose text has an address in it
        found = "it cannot be decoded" if unreadable else str(error) or repr(error)
        raise ImageError(Problem(kind, facts={"name": path, "found": found})) from error


def _size(image: Image.Image, wanted: Any, path: str) -> Problem | None:
    if image.size == _pair(wanted):
        return None
    return Problem(WRONG_SIZE, facts=_facts(image, path, wanted))


def _min_size(image: Image.Image, wanted: Any, path: str) -> Problem | None:
    width, height = _pair(wanted) or (0, 0)
    if image.width >= width and image.height >= height:
        return None
    return Problem(SMALL, facts=_facts(image, path, wanted))


def _aspect_ratio(image: Image.Image, wanted: Any, path: str) -> Problem | None:
    ratio = parse_ratio(str(wanted))
    if ratio is None or _has_ratio(image.width, image.height, ratio):
        return None
    return Problem(WRONG_RATIO, facts=_facts(image, path, wanted))


def _alpha(image: Image.Image, wanted: Any, path: str) -> Problem | None:
    return None if has_alpha(image) else Problem(NOT_CLEAR, facts={"path": path})


def _opaque(image: Image.Image, wanted: Any, path: str) -> Problem | None:
    return Problem(NOT_OPAQUE, facts={"path": path}) if has_alpha(image) else None


def _not_blank(image: Image.Image, wanted: Any, path: str) -> Problem | None:
    # Premultiplied, so that the colours of what is not seen count for nothing.
    seen = image.convert("RGBa") if image.mode == "RGBA" else image
    if max(ImageStat.Stat(seen).stddev) > _BLANK_LEVELS:
        return None
    return Problem(BLANK, facts={"path": path})


_LOOKS: Mapping[str, Callable[[Image.Image, Any, str], Problem | None]] = {
    "size": _size,
    "min_size": _min_size,
    "aspect_ratio": _aspect_ratio,
    "alpha": _alpha,
    "opaque": _opaque,
    "not_blank": _not_blank,
}


def _facts(image: Image.Image, path: str, wanted: Any) -> dict[str, Any]:
    return {"path": path, "width": image.width, "height": image.height, "wanted": str(wanted)}


def _pair(text: Any) -> tuple[int, int] | None:
    match = _SIZE.match(str(text))
    return (int(match[1]), int(match[2])) if match else None


def _has_ratio(width: int, height: int, ratio: Fraction) -> bool:
    """Whether a size is within one pixel of a ratio, on either side."""
    return abs(width - height * ratio) <= 1 or abs(height - width / ratio) <= 1


def _contradictions(expect: Mapping[str, Any], format: str) -> Iterator[Problem]:
    yield from _unreadable(expect)
    size, least = _pair(expect.get("size")), _pair(expect.get("min_size"))
    ratio = parse_ratio(str(expect.get("aspect_ratio")))
    if size and least and (size[0] < least[0] or size[1] < least[1]):
        what = f"size {expect['size']} is below min_size {expect['min_size']}"
        yield _both(what, "leave out 'min_size': an exact size says more")
    if size and ratio and not _has_ratio(*size, ratio):
        what = f"size {expect['size']} is not {expect['aspect_ratio']}"
        yield _both(what, "leave out 'aspect_ratio': an exact size says more")
    if size and format == "ico" and max(size) > icon.LARGEST:
        yield _both(f"size {expect['size']} in an ico of at most 256 by 256", "write png")
    if _asked(expect, "alpha") and not FORMATS.get(format, True):
        yield Problem(NO_ALPHA_THERE, facts={"format": format})
    if _asked(expect, "alpha") and _asked(expect, "opaque"):
        yield _both("'alpha' wants transparent pixels and 'opaque' none", "leave out one of them")


def _unreadable(expect: Mapping[str, Any]) -> Iterator[Problem]:
    for name, wanted, step, fine in (
        ("size", "a size", "write it as 512x512", _pair),
        ("min_size", "a size", "write it as 512x512", _pair),
        ("aspect_ratio", "a ratio", "write it as 16:9", lambda text: parse_ratio(str(text))),
        ("max_bytes", "a number of bytes", "write it in digits, such as 200000", _count),
    ):
        value = expect.get(name)
        if value is not None and not fine(value):
            facts = {"name": name, "value": str(value), "wanted": wanted, "step": step}
            yield Problem(BAD_EXPECTATION, facts=facts)


def _count(value: Any) -> bool:
    return re.fullmatch(r"[1-9][0-9]{0,11}", str(value)) is not None


def _both(what: str, step: str) -> Problem:
    return Problem(CONTRADICTION, facts={"what": what, "step": step})


def _unreachable(expect: Mapping[str, Any], bounds: Bounds) -> Iterator[Problem]:
    for name in ("size", "min_size"):
        pair = _pair(expect.get(name))
        if pair and (pair[0] > bounds.most_width or pair[1] > bounds.most_height):
            facts = {"name": name, "wanted": expect[name], "found": bounds.most}
            yield Problem(UNREACHABLE, facts=facts)
            return
    size, exact = _pair(expect.get("size")), bounds.exact
    least = f"at least {bounds.least_width} by {bounds.least_height}"
    if size and (size[0] < bounds.least_width or size[1] < bounds.least_height):
        yield Problem(UNLIKE, facts={"name": "size", "wanted": expect["size"], "found": least})
    ratio = parse_ratio(str(expect.get("aspect_ratio")))
    if exact and ratio and not _has_ratio(*exact, ratio):
        found = f"{exact[0]} by {exact[1]}"
        facts = {"name": "aspect_ratio", "wanted": expect["aspect_ratio"], "found": found}
        yield Problem(UNLIKE, facts=facts)

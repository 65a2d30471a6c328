"""The chroma key and flatten over drawn pictures of which the true alpha is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from assetgen.errors import ImageError
from assetgen.ops.alpha import RUNNERS, flatten, key
from tests.ops.key_page import naive, score
from tests.ops.subjects import GREEN, NAMES, subject

RED = (200, 40, 30)


def blank(color: Any = GREEN, size: tuple[int, int] = (120, 100)) -> Image.Image:
    return Image.new("RGB", size, color)


def with_disc(image: Image.Image, color: Any = RED, box: Any = (30, 20, 90, 80)) -> Image.Image:
    """Return the picture with an anti-aliased ellipse on it."""
    large = Image.new("L", (image.width * 4, image.height * 4))
    ImageDraw.Draw(large).ellipse([4 * side for side in box], fill=255)
    image.paste(Image.new(image.mode, image.size, color), mask=large.resize(image.size, 4))
    return image


def alpha_of(image: Image.Image) -> Any:
    assert image.mode == "RGBA"
    return np.asarray(image.getchannel("A"))


def refusal(image: Image.Image, **args: Any) -> tuple[str, str]:
    """Return the kind and the words of the error that keying gives."""
    with pytest.raises(ImageError) as caught:
        key(image, **args)
    problem = caught.value.problems[0]
    return problem.kind.name, f"{problem.cause}; {problem.step}"


@pytest.mark.parametrize("name", NAMES)
def test_the_edge_has_less_halo_than_a_naive_key_leaves(name: str) -> None:
    """At most two fifths of it, on every picture; the naive key is the broken twin."""
    made = subject(name)
    ours, twin = score(key(made.picture), made), score(naive(made.picture), made)
    assert ours.halo <= 0.4 * twin.halo
    assert ours.halo < 6


@pytest.mark.parametrize("name", NAMES)
def test_the_subject_stays_and_the_backdrop_goes(name: str) -> None:
    """But for a few pixels in ten thousand."""
    made = subject(name)
    ours = score(key(made.picture), made)
    assert ours.lost <= 0.3
    assert ours.left <= 0.02


def test_the_measure_can_fail() -> None:
    """A cut-out that keeps all, and one that keeps nothing, are told from the truth."""
    made = subject("patches")
    assert score(made.truth, made).halo == 0
    all_of_it, none = made.picture.convert("RGBA"), Image.new("RGBA", made.picture.size)
    assert score(all_of_it, made).left == 100
    assert score(none, made).lost == 100
    assert min(score(cut, made).halo for cut in (all_of_it, none)) > 20


def test_an_edge_is_taken_apart() -> None:
    """A half-covered pixel is half opaque, and has the subject's colour alone."""
    image = blank()
    image.paste(RED, (40, 30, 80, 70))
    image.paste(((RED[0] + 0) // 2, (40 + 177) // 2, (30 + 64) // 2), (39, 30, 40, 70))
    red, green, blue, alpha = key(image).getpixel((39, 50))  # type: ignore[misc]
    assert abs(alpha - 128) <= 3
    assert max(abs(red - 200), abs(green - 40), abs(blue - 30)) <= 3


def test_a_patch_of_a_like_colour_inside_stays() -> None:
    """An eye that a global key would punch out."""
    image = with_disc(with_disc(blank()), (10, 168, 70), (50, 40, 70, 60))
    assert alpha_of(naive(image))[50, 60] == 0
    assert alpha_of(key(image))[50, 60] == 255


def test_a_hole_of_just_the_saturated_backdrop_goes() -> None:
    """The gap between an arm and a body."""
    image = with_disc(with_disc(blank()), GREEN, (50, 40, 70, 60))
    assert alpha_of(key(image))[50, 60] == 0


@pytest.mark.parametrize("color", [(255, 255, 255), (128, 128, 128), (0, 0, 0)])
def test_a_hole_of_a_backdrop_without_saturation_stays(color: tuple[int, int, int]) -> None:
    """On white it may as well be an eye or a shirt."""
    image = with_disc(with_disc(blank(color)), color, (50, 40, 70, 60))
    alpha = alpha_of(key(image))
    assert (alpha[50, 60], alpha[0, 0]) == (255, 0)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_what_was_given_is_not_changed(mode: str) -> None:
    """And the result has the same size."""
    image = with_disc(blank()).convert(mode)
    before = image.copy()
    assert key(image).size == image.size
    assert ImageChops.difference(image, before).getbbox() is None


@pytest.mark.parametrize("name", NAMES)
def test_transparent_pixels_have_no_colour(name: str) -> None:
    """So that nothing of the backdrop comes back when the picture is scaled."""
    pixels = np.asarray(key(subject(name).picture))
    assert not pixels[pixels[..., 3] == 0].any()


def test_a_second_time_changes_nothing() -> None:
    """What has been keyed has a see-through border, and is returned as it is."""
    once = key(subject("ring").picture)
    assert key(once) is once


def test_the_same_picture_gives_the_same_pixels() -> None:
    """Every time."""
    made = subject("vignette").picture
    assert key(made).tobytes() == key(made.copy()).tobytes()


def test_transparency_within_an_opaque_border_is_kept() -> None:
    """What was see-through stays so."""
    image = with_disc(blank()).convert("RGBA")
    image.putpixel((60, 50), (200, 40, 30, 100))
    assert alpha_of(key(image))[50, 60] == 100


def test_the_colour_is_that_which_the_model_painted() -> None:
    """Asked for #00ff00 it paints a darker green; the hint finds it anyway."""
    image = with_disc(blank((30, 200, 40)))
    for color in ("auto", "#1ec828", "rgb(40, 190, 50)"):
        assert alpha_of(key(image, color=color))[0, 0] == 0


def test_a_colour_chooses_between_two() -> None:
    """A band of the commonest colour at the bottom is part of the subject if another is named."""
    image = with_disc(blank((240, 240, 240)))
    image.paste(GREEN, (0, 0, 120, 30))
    assert alpha_of(key(image))[0, 0] == 255
    assert alpha_of(key(image, color="#00b140"))[0, 0] == 0
    assert alpha_of(key(image, color="#00b140"))[99, 0] == 255


def test_a_colour_that_the_border_has_not() -> None:
    """The error names what was measured."""
    kind, text = refusal(with_disc(blank()), color="magenta")
    assert kind == "key-other-backdrop"
    assert "#ff00ff" in text
    assert "#00b140" in text


def test_a_photo_has_no_backdrop() -> None:
    """A border of all colours: refused with what to ask the model for."""
    grain = np.random.default_rng(5).integers(0, 256, (100, 120, 3), np.uint8)
    photo = Image.fromarray(grain).filter(ImageFilter.GaussianBlur(2))
    pixels = np.asarray(photo, np.float64)
    wide = np.clip((pixels - pixels.mean()) * 5 + 128, 0, 255).astype(np.uint8)
    kind, text = refusal(Image.fromarray(wide))
    assert kind == "key-no-backdrop"
    assert "plain" in text


def test_nothing_but_backdrop() -> None:
    """An empty picture is refused instead of written."""
    kind, text = refusal(blank())
    assert kind == "key-nothing-left"
    assert "#00b140" in text


def test_a_larger_tolerance_takes_more() -> None:
    """0 to 1 of a channel's range, also as the text that a template gives."""
    image = blank()
    image.paste(RED, (40, 30, 80, 70))
    image.paste((30, 177, 64), (0, 0, 10, 10))
    assert alpha_of(key(image, softness=0))[5, 5] > 128
    assert alpha_of(key(image, softness=0, tolerance="0.2"))[5, 5] == 0


def test_softness_says_how_opaque_glass_may_be() -> None:
    """Glass of alpha 0.5 that touches the backdrop."""
    image = blank()
    image.paste((115, 203, 150), (30, 20, 90, 80))
    image.paste(RED, (50, 40, 70, 60))
    assert alpha_of(key(image, softness=0))[30, 60] == 255
    glass = key(image).getpixel((60, 30))
    assert isinstance(glass, tuple)
    red, green, blue, alpha = glass
    assert 120 <= alpha <= 150
    assert green <= max(red, blue)


def test_softness_on_black_lets_a_glow_through() -> None:
    """By itself a backdrop without saturation has sharp edges only."""
    image = Image.new("L", (120, 100))
    ImageDraw.Draw(image).ellipse((40, 30, 80, 70), fill=255)
    glow = image.filter(ImageFilter.GaussianBlur(9)).convert("RGB")
    half = int(np.argmin(np.abs(np.asarray(glow)[50, :60, 0].astype(int) - 100)))
    assert alpha_of(key(glow))[50, half] == 255
    soft = key(glow, softness=0.9).getpixel((half, 50))
    assert isinstance(soft, tuple)
    assert abs(soft[3] - 100) <= 12
    assert min(soft[:3]) >= 250


def test_despill_is_how_much_of_the_backdrop_leaves_the_colours() -> None:
    """None, half, or all of it; alpha is the same."""
    image = with_disc(blank(), (210, 210, 205))
    cuts = [key(image, despill=amount) for amount in (False, 0.5, True)]
    greens = []
    for cut in cuts:
        pixels = np.asarray(cut).astype(int)
        edge = (pixels[..., 3] > 20) & (pixels[..., 3] < 235)
        greens.append((pixels[..., 1] - pixels[..., 0])[edge].mean())
    assert greens[0] > 40
    assert abs(greens[1] - greens[0] / 2) < 5
    assert abs(greens[2]) < 3
    assert len({alpha_of(cut).tobytes() for cut in cuts}) == 1


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 12), st.integers(1, 12)).flatmap(
        lambda size: st.tuples(
            st.just(size), st.binary(min_size=size[0] * size[1], max_size=size[0] * size[1])
        )
    ),
    st.sampled_from([None, 0, 0.5, 1]),
)
def test_any_small_picture_is_keyed_or_refused(
    drawn: tuple[tuple[int, int], bytes], softness: float | None
) -> None:
    """No other error escapes, whatever the pixels and however few; hidden ones are black."""
    size, levels = drawn
    image = Image.frombytes("P", size, levels)
    image.putpalette([v for n in range(256) for v in ((n * 37) % 256, 177, (n // 8) * 8)])
    picture = image.convert("RGB")
    try:
        found = key(picture, softness=softness)
    except ImageError as error:
        assert error.problems[0].kind.name in ("key-no-backdrop", "key-nothing-left")
    else:
        assert (found.mode, found.size) == ("RGBA", size)
        pixels = np.asarray(found)
        assert not pixels[pixels[..., 3] == 0].any()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("color", "grean"),
        ("tolerance", 2),
        ("tolerance", "much"),
        ("softness", -1),
        ("despill", "yes"),
        ("despill", 1.5),
    ],
)
def test_a_wrong_argument_is_known_before_there_is_a_picture(name: str, value: Any) -> None:
    """And refused in the same words when there is one."""
    with pytest.raises(ImageError) as caught:
        RUNNERS["key"].readers[name](name, value)
    assert caught.value.problems[0].kind.name == "op-argument"
    problem = caught.value.problems[0]
    assert refusal(with_disc(blank()), **{name: value})[1] == f"{problem.cause}; {problem.step}"


def test_flatten_lays_on_white() -> None:
    """Or on the colour that is named."""
    image = Image.new("RGBA", (2, 1), (200, 0, 0, 128))
    assert flatten(image).getpixel((0, 0)) == (227, 127, 127)
    assert flatten(image, color="#000").getpixel((0, 0)) == (100, 0, 0)
    assert flatten(image).mode == "RGB"


def test_flatten_on_a_see_through_colour_keeps_alpha() -> None:
    """It adds to the alpha that there is."""
    image = Image.new("RGBA", (2, 1), (200, 0, 0, 128))
    assert alpha_of(flatten(image, color="#ffffff80"))[0, 0] == 192


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_flatten_leaves_an_opaque_picture_alone(mode: str) -> None:
    """The same object comes back."""
    image = Image.new(mode, (2, 1), "red")
    assert flatten(image) is image

"""What the op `text` draws, measured from its pixels: fonts here are made of rectangles."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from inspect import signature
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from assetgen.errors import ImageError
from assetgen.ops.fonts import shaping_available
from assetgen.ops.lines import LEAST_SIZE
from assetgen.ops.text import RUNNERS, check_text, text
from assetgen.optable import OPS
from tests.ops.make_font import Box, make_font, solid

LATIN = make_font("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,:;!?-()")
ALIGNMENTS = (
    "center",
    "left",
    "right",
    "top",
    "bottom",
    "top-left",
    "top-right",
    "bottom-left",
    "bottom-right",
)
ALEF, BET, GIMEL, DALET = "\u05d0\u05d1\u05d2\u05d3"

Runs = list[tuple[int, int]]


def plain(width: int = 400, height: int = 200, mode: str = "RGB") -> Image.Image:
    return Image.new(mode, (width, height), "white")


def ink_box(image: Image.Image) -> tuple[int, int, int, int]:
    """Return where a picture is not white."""
    white = Image.new("RGB", image.size, "white")
    found = ImageChops.difference(image.convert("RGB"), white).getbbox()
    assert found
    return found


def rows_and_runs(image: Image.Image) -> list[tuple[tuple[int, int], Runs]]:
    """Return each line of text: its top and bottom, and the left and right of its inked runs."""
    white = Image.new("RGB", image.size, "white")
    ink = ImageChops.difference(image.convert("RGB"), white).convert("L")
    found = []
    for top, bottom in stretches(ink.getprojection()[1]):
        line = ink.crop((0, top, ink.width, bottom))
        found.append(((top, bottom), stretches(line.getprojection()[0])))
    return found


def stretches(inked: Sequence[int]) -> Runs:
    edges = [at for at in range(len(inked) + 1) if _at(inked, at) != _at(inked, at - 1)]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _at(inked: Sequence[int], at: int) -> int:
    return inked[at] if 0 <= at < len(inked) else 0


def widths(runs: Runs) -> list[int]:
    return [right - left for left, right in runs]


def lines_of(image: Image.Image) -> int:
    return len(rows_and_runs(image))


def kind_of(**args: Any) -> str:
    with pytest.raises(ImageError) as caught:
        text(**args)
    return caught.value.problems[0].kind.name


# Lines and sizes


def test_words_wrap_into_lines_that_fit() -> None:
    """Three words of 4 em in a box of 10 em: two in the first line, one in the second."""
    drawn = text(plain(), text="abcd efgh ijkl", font=LATIN, size=40, fit="wrap")
    found = rows_and_runs(drawn)
    assert [len(runs) for _, runs in found] == [8, 4]


def test_lines_stand_a_line_height_apart() -> None:
    """With a line height of 1.5, lines at 40 pixels stand 60 pixels apart."""
    drawn = text(plain(), text="ab\ncd\nef", font=LATIN, size=40, line_height=1.5)
    tops = [top for (top, _), _ in rows_and_runs(drawn)]
    assert [low - high for high, low in pairwise(tops)] == [60, 60]


def test_shrink_takes_the_largest_size_that_fits() -> None:
    """One pixel more than what shrink takes would not have gone in."""
    words = "abc defgh ij klmno pq"
    drawn = text(plain(), text=words, font=LATIN)
    fits = [
        size
        for size in range(LEAST_SIZE, 200)
        if not refused(image=plain(), text=words, font=LATIN, size=size, fit="wrap")
    ]
    assert drawn.tobytes() == text(plain(), text=words, font=LATIN, size=fits[-1]).tobytes()
    assert fits[-1] > 40


def refused(**args: Any) -> bool:
    try:
        text(**args)
    except ImageError:
        return True
    return False


def test_a_size_bounds_what_shrink_takes() -> None:
    """A short word in a large box stands at the size that was given."""
    drawn = text(plain(), text="ab", font=LATIN, size=50)
    (((top, bottom), runs),) = rows_and_runs(drawn)
    assert bottom - top == 35
    assert widths(runs) == [40, 40]


def test_a_size_may_be_a_share_of_the_height() -> None:
    """25 % of 200 pixels are 50 pixels."""
    by_share = text(plain(), text="ab", font=LATIN, size="25%")
    assert by_share.tobytes() == text(plain(), text="ab", font=LATIN, size=50).tobytes()


def test_long_words_shrink_and_are_not_broken() -> None:
    """A word of 20 em in 400 pixels is set in one line of at most 20 pixels."""
    drawn = text(plain(), text="abcdefghijklmnopqrst", font=LATIN, size=80)
    (((top, bottom), runs),) = rows_and_runs(drawn)
    assert len(runs) == 20
    assert bottom - top <= 14


def test_what_does_not_fit_even_small_is_refused() -> None:
    """Shrinking ends where nobody could read it."""
    assert kind_of(image=plain(60, 20), text="abcdefghijkl", font=LATIN) == "text-does-not-fit"


def test_wrap_and_none_keep_their_size() -> None:
    """They refuse what does not fit, and what `none` may not wrap."""
    words = "abcd efgh ijkl"
    args: dict[str, Any] = {"image": plain(), "text": words, "font": LATIN}
    assert kind_of(**args, size=40, fit="none") == "text-does-not-fit"
    assert kind_of(**args, size=90, fit="wrap") == "text-does-not-fit"
    assert lines_of(text(**args, size=20, fit="none")) == 1
    assert kind_of(**args, fit="wrap") == "text-size"


def test_newlines_are_kept() -> None:
    """A written newline breaks where there is room, an empty line stays empty, ends are cut."""
    drawn = text(plain(), text="\nab\n\ncd\n", font=LATIN, size=20)
    found = rows_and_runs(drawn)
    assert len(found) == 2
    assert found[1][0][0] - found[0][0][0] == 48


def test_a_soft_hyphen_shows_only_where_a_line_ends() -> None:
    """The hyphen is a short bar; the soft hyphen of the word that is not broken is not seen."""
    font = make_font({"a": solid(), "-": Box(1000, 200, 300, 800, 400)})
    drawn = text(plain(), text="a\u00ada aa\u00adaaaa", font=font, size=50, fit="wrap")
    found = rows_and_runs(drawn)
    assert [widths(runs) for _, runs in found] == [[100, 100, 30], [200]]


def test_zero_width_spaces_break_and_hard_spaces_do_not() -> None:
    """What has no spaces can be given places to break; what belongs together stays together."""
    args: dict[str, Any] = {"image": plain(), "font": LATIN, "size": 40, "fit": "wrap"}
    assert lines_of(text(text="abcdef\u200bghijkl", **args)) == 2
    assert kind_of(text="abcdef\u00a0ghijkl", **args) == "text-does-not-fit"


def test_chinese_and_japanese_wrap_between_characters() -> None:
    """Five characters of 1 em in a box of 4 em: four, then one."""
    font = make_font("東京都千葉")
    drawn = text(plain(200, 200), text="東京都千葉", font=font, size=50, fit="wrap")
    assert [len(runs) for _, runs in rows_and_runs(drawn)] == [4, 1]


def test_no_line_begins_with_closing_punctuation() -> None:
    """The full stop that would come first takes the character before it along."""
    font = make_font({**dict.fromkeys("東京都千葉", Box()), "。": solid(1000, 200)})
    drawn = text(plain(200, 200), text="東京都千。葉", font=font, size=50, fit="wrap")
    found = rows_and_runs(drawn)
    assert [len(runs) for _, runs in found] == [3, 3]


def test_no_line_ends_with_an_opening_bracket() -> None:
    """The bracket goes to the next line with what it opens."""
    font = make_font({**dict.fromkeys("東京都千葉", Box()), "「": solid(500, 900)})
    drawn = text(plain(200, 200), text="東京都「千葉", font=font, size=50, fit="wrap")
    assert [len(runs) for _, runs in rows_and_runs(drawn)] == [3, 3]


def test_sizes_beyond_all_measure_are_refused_at_once() -> None:
    """A typing error in a size costs no memory."""
    args: dict[str, Any] = {"image": plain(), "font": LATIN, "text": "a"}
    assert kind_of(**args, size=65_535, fit="none") == "text-does-not-fit"
    assert kind_of(**args, size=65_535, fit="wrap") == "text-does-not-fit"


# Place


@pytest.mark.parametrize("align", ALIGNMENTS)
def test_text_stands_where_its_alignment_says(align: str) -> None:
    """A solid word in the middle of a picture, against each side of its box."""
    font = make_font({"H": solid(1000, 700), "p": solid(1000, 700, -240)})
    box = [100, 40, 200, 120]
    drawn = text(plain(), text="HH", font=font, size=50, box=box, align=align, line_height=1)
    left, top, right, bottom = ink_box(drawn)
    assert (right - left, bottom - top) == (100, 35)
    words = align.split("-")
    expected_left = 100 if "left" in words else 200 if "right" in words else 150
    assert left == expected_left
    # The line box is 50 pixels high, and capitals of 35 stand in its middle.
    expected_top = 48 if "top" in words else 117 if "bottom" in words else 82
    assert abs(top - expected_top) <= 1


def test_capitals_are_centred_to_the_eye() -> None:
    """As much room is above a capital as below it, whatever ascent the font claims."""
    drawn = text(plain(), text="H", font=LATIN, size=100)
    _, top, _, bottom = ink_box(drawn)
    assert abs(top - (200 - bottom)) <= 1


def test_accents_and_descenders_move_inwards() -> None:
    """Ink that would reach out of the box at its top or bottom is moved in, not cut."""
    font = make_font({"H": solid(), "Å": solid(1000, 1000), "g": solid(1000, 500, -400)})
    for word, align in (("HÅ", "top"), ("Hg", "bottom"), ("Åg", "top-left")):
        drawn = text(
            plain(),
            text=word,
            font=font,
            size=50,
            box=[50, 50, 300, 80],
            align=align,
            line_height=1,
        )
        _, top, _, bottom = ink_box(drawn)
        assert 50 <= top < bottom <= 130, word
        heights = {"HÅ": 50, "Hg": 55, "Åg": 70}
        assert bottom - top == heights[word]


def test_boxes_may_be_shares_of_the_picture() -> None:
    """10 % of 400 is 40, half of 200 is 100."""
    args: dict[str, Any] = {"text": "ab", "font": LATIN, "align": "top-left"}
    by_share = text(plain(), box=["10%", "50%", "80%", "50%"], **args)
    by_pixels = text(plain(), box=[40, 100, 320, 100], **args)
    assert by_share.tobytes() == by_pixels.tobytes()


def test_shares_that_round_up_stay_inside() -> None:
    """Two halves of 401 pixels are not refused for the pixel that rounding adds."""
    drawn = text(plain(403, 203), text="ab", font=LATIN, box=["12.5%", "50%", "87.5%", "50%"])
    assert drawn.size == (403, 203)


@pytest.mark.parametrize(
    "box", [[0, 0, 401, 10], [390, 0, 20, 10], [0, 0, 0, 10], [0, "60%", 10, "50%"]]
)
def test_boxes_outside_the_picture_are_refused(box: list[Any]) -> None:
    """A box must have some size and lie within the picture."""
    assert kind_of(image=plain(), text="a", font=LATIN, box=box) == "text-box"


# Colour


def test_half_transparent_colours_let_the_picture_through() -> None:
    """Half of red over white is pink, and nothing but the ink changes."""
    font = make_font({"a": solid()})
    drawn = text(plain(), text="a", font=font, size=100, color="#ff000080")
    assert drawn.mode == "RGB"
    assert drawn.getpixel((200, 100)) == (255, 127, 127)
    assert drawn.getpixel((10, 10)) == (255, 255, 255)


def test_text_on_transparent_pixels_has_its_own_colour() -> None:
    """What lies under full transparency does not bleed, and stays what it was elsewhere."""
    empty = Image.new("RGBA", (400, 200), (0, 255, 0, 0))
    font = make_font({"a": Box(1000, 105, 3, 893, 697)})
    drawn = text(empty, text="a", font=font, size=99, color="red")
    assert drawn.mode == "RGBA"
    assert drawn.getpixel((0, 0)) == (0, 255, 0, 0)
    seen = [pixel for _, pixel in drawn.getcolors(1000) or [] if isinstance(pixel, tuple)]
    assert {pixel[:3] for pixel in seen if pixel[3]} == {(255, 0, 0)}


def test_the_picture_is_not_changed_in_place() -> None:
    """An op returns another picture, and the same one where there is nothing to write."""
    image = plain()
    assert text(image, text="ab", font=LATIN) is not image
    assert image.getcolors() == [(400 * 200, (255, 255, 255))]
    assert text(image, text=" \n", font=LATIN) is image
    assert text(image, text="ab", font=LATIN, color="transparent") is image


def test_drawing_twice_gives_the_same_pixels() -> None:
    """Nothing depends on what was drawn before."""
    first = text(plain(), text="abc def", font=LATIN)
    text(plain(), text="other", font=make_font("other"))
    assert text(plain(), text="abc def", font=LATIN).tobytes() == first.tobytes()


# Kerning


@pytest.mark.parametrize(
    "args",
    [
        {"features": "feature kern { pos uni0041 uni0056 -200; } kern;"},
        {"features": "feature kern { pos [uni0041 uni0042] [uni0056] -200; } kern;"},
        {"kern": {("A", "V"): -200}},
        {"features": "feature kern { pos uni0041 uni0056 -200; } kern;", "outlines": "CFF"},
    ],
    ids=["pairs", "classes", "old table", "postscript outlines"],
)
def test_pairs_are_kerned_as_the_font_says(args: dict[str, Any]) -> None:
    """A and V stand a fifth of an em closer than two other letters."""
    glyphs = dict.fromkeys("ABV", Box(1000, 200, 0, 800, 700))
    font = make_font(glyphs, **args)
    (_, runs), *_ = rows_and_runs(text(plain(), text="AV", font=font, size=100))
    (_, other), *_ = rows_and_runs(text(plain(), text="VA", font=font, size=100))
    assert runs[1][0] - runs[0][1] == 20
    assert other[1][0] - other[0][1] == 40


# Direction


def hebrew_font() -> bytes:
    """Letters of 1, 2, 3 and 4 tenths of an em, each with a gap behind it."""
    letters = {
        letter: Box(100 * width + 200, 100, 0, 100 * width + 100, 700)
        for width, letter in enumerate((ALEF, BET, GIMEL, DALET), 1)
    }
    latin = {"a": Box(700, 100, 0, 600, 700), "b": Box(800, 100, 0, 700, 700)}
    return make_font({**letters, **latin, "5": Box(900, 100, 0, 800, 700)})


def hebrew(words: str, **args: Any) -> list[list[int]] | str:
    """Return the widths of each line's runs from left to right, or the kind of the refusal."""
    try:
        drawn = text(plain(400, 400), text=words, font=hebrew_font(), size=100, **args)
    except ImageError as error:
        return error.problems[0].kind.name
    return [widths(runs) for _, runs in rows_and_runs(drawn)]


def expected(lines: list[list[int]]) -> list[list[int]] | str:
    """Return what is to be seen: the lines where right-to-left text can be set, else a refusal."""
    return lines if shaping_available() else "text-layout"


def test_hebrew_runs_from_right_to_left() -> None:
    """The first letter stands at the right."""
    assert hebrew(ALEF + BET + GIMEL) == expected([[30, 20, 10]])


def test_latin_within_hebrew_keeps_its_direction() -> None:
    """The sentence runs to the left, the Latin word in it to the right."""
    assert hebrew(f"{ALEF} ab {BET}") == expected([[20, 50, 60, 10]])


def test_hebrew_wraps_before_it_is_ordered() -> None:
    """The first words stand in the first line, the last ones in the last."""
    words = f"{ALEF}{BET} {GIMEL} {DALET}{DALET} {ALEF}"
    found = hebrew(words, box=[0, 0, 250, 400], fit="wrap")
    assert found == expected([[30, 20, 10], [10, 40, 40]])


def test_a_number_at_the_start_of_a_line_is_ordered_as_in_its_sentence() -> None:
    """After Hebrew, a number belongs to the Hebrew: what follows it stands to its left.

    Laid out as if nothing stood before it, the line would begin with the number.
    """
    words = f"a {ALEF} 5 {BET}"
    found = hebrew(words, box=[0, 0, 250, 400], fit="wrap")
    assert found == expected([[50, 10], [20, 70]])


def test_direction_can_be_set_by_hand() -> None:
    """A text without letters of its own takes the direction that it is given."""
    assert hebrew("a 5", direction="ltr") == [[50, 70]]
    assert hebrew(f"{ALEF} a", direction="rtl") == expected([[50, 10]])
    assert hebrew(f"{ALEF} a", direction="ltr") == expected([[10, 50]])


def test_each_paragraph_has_its_own_direction() -> None:
    """A Latin line under a Hebrew one runs to the right."""
    assert hebrew(f"{ALEF}{BET}\nab") == expected([[20, 10], [50, 60]])


# Before any money


def problems(words: Any, font: bytes | None = LATIN, **args: Any) -> list[str]:
    able = args.pop("able", True)
    found = check_text({"text": words, **args}, font, shaping=lambda: able)
    return [problem.kind.name for problem in found]


def test_missing_glyphs_are_named_before_anything_is_bought() -> None:
    """The message names the characters, their code points, and the text that needs them."""
    (problem,) = check_text({"text": "Łódź\x07"}, LATIN)
    assert problem.kind.name == "font-lacks-glyphs"
    assert problem.cause == (
        r"the font has no 'Ł' (U+0141), 'ó' (U+00F3), 'ź' (U+017A), '\x07' (U+0007)"
        r" for the text 'Łódź\x07'"
    )


def test_a_soft_hyphen_needs_a_hyphen() -> None:
    """A font without one would show a hole at the end of a line."""
    assert problems("a\u00adb", make_font("ab")) == ["font-lacks-glyphs"]
    assert problems("a\u00adb", make_font("ab-")) == []


def test_of_many_missing_glyphs_five_are_named() -> None:
    """A text in another script would fill the screen."""
    (problem,) = check_text({"text": "東京都千葉県市原市"}, LATIN)
    assert problem.cause.count("U+") == 5
    assert "and 3 more" in problem.cause


def test_the_op_refuses_what_the_check_refuses() -> None:
    """Whoever calls the op unasked gets the same problem."""
    with pytest.raises(ImageError) as caught:
        text(plain(), text="Łódź", font=LATIN)
    assert caught.value.problems == check_text({"text": "Łódź"}, LATIN)


@pytest.mark.parametrize("words", ["שלום", "سلام", "नमस्ते", "สวัสดี", "e\u0323\u0304", "abc שלום"])
def test_without_a_layout_engine_other_scripts_are_refused(words: str) -> None:
    """What joins, stacks or runs to the left would come out wrong, so it is not drawn at all."""
    font = make_font({*words, *unicodedata.normalize("NFC", words)})
    assert problems(words, font, able=False) == ["text-layout"]
    assert problems(words, font, able=True) == []


@pytest.mark.parametrize(
    "words", ["Größe", "Łódź", "Ταχύ", "Быстро", "東京。", "한국어", "a\u0301"]
)
def test_plain_scripts_need_no_layout_engine(words: str) -> None:
    """Latin, Greek, Cyrillic, Chinese, Japanese and Korean are set without one, everywhere."""
    font = make_font(set(words) | {"á"})
    assert problems(words, font, able=False) == []


def test_plain_scripts_do_not_even_ask_for_one() -> None:
    """The layout is chosen by the text, so that a machine with an engine draws no other pixels."""

    def never() -> bool:
        raise AssertionError("asked for the layout engine")

    assert check_text({"text": "Bad, ab!"}, LATIN, shaping=never) == ()


def test_right_to_left_by_hand_needs_the_layout_engine() -> None:
    """Punctuation of a Latin text moves to its other end, which is not done here."""
    assert problems("abc!", direction="rtl", able=False) == ["text-layout"]


def test_a_font_that_is_not_there_is_not_this_check_s_to_find() -> None:
    """Without bytes only the layout is looked at; odd arguments are their readers' business."""
    assert problems("abc", None) == []
    assert problems("שלום", None, able=False) == ["text-layout"]
    assert problems([1, 2]) == []
    assert problems(2026) == []


def test_glyphs_beyond_measure_are_refused() -> None:
    """A glyph of thirty em would take memory for nothing."""
    font = make_font({"a": Box(100, 0, 0, 30_000, 30_000)})
    assert problems("a", font) == ["font-unreadable"]


# The runner


def test_arguments_are_those_of_the_table() -> None:
    """The op takes what the table of ops says, in its order."""
    taken = [name for name in signature(text).parameters if name != "image"]
    assert tuple(taken) == OPS["text"].args


@pytest.mark.parametrize(
    ("args", "kind"),
    [
        ({"text": "a"}, "text-what"),
        ({"font": "./a.ttf"}, "text-what"),
        ({"text": "a", "font": "./a.ttf", "fit": "none"}, "text-size"),
        ({"text": "a", "font": "./a.ttf", "box": ["60%", 0, "50%", 10]}, "text-box"),
        ({"text": "a", "font": "./a.ttf", "box": [0, 0, 0, 10]}, "text-box"),
    ],
)
def test_mistakes_are_found_without_a_picture(args: dict[str, Any], kind: str) -> None:
    """What the arguments alone show is refused before money."""
    assert [problem.kind.name for problem in RUNNERS["text"].check(args)] == [kind]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("box", [1, 2, 3]),
        ("box", "all"),
        ("box", [1, 2, 3, "120%"]),
        ("fit", "shrik"),
        ("align", "middle"),
        ("color", "greenish"),
        ("line_height", 0),
        ("direction", "up"),
        ("size", -1),
        ("text", [1]),
    ],
)
def test_odd_values_are_refused_by_their_readers(name: str, value: Any) -> None:
    """Each argument says what it should have been."""
    with pytest.raises(ImageError) as caught:
        RUNNERS["text"].readers[name](name, value)
    assert caught.value.problems[0].kind.name == "op-argument"
    assert name in caught.value.problems[0].cause


# Always


@settings(max_examples=150, deadline=None)
@given(
    words=st.text("abHg Å-東。「\n\u00ad\u200b", max_size=40),
    sides=st.tuples(st.integers(1, 160), st.integers(1, 120)),
    corner=st.tuples(st.integers(0, 40), st.integers(0, 40)),
    align=st.sampled_from(ALIGNMENTS),
    size=st.none() | st.integers(1, 90),
    line_height=st.sampled_from([0.5, 0.9, 1.2, 3]),
)
def test_ink_never_leaves_its_box(
    words: str,
    sides: tuple[int, int],
    corner: tuple[int, int],
    align: str,
    size: int | None,
    line_height: float,
) -> None:
    """Whatever text, box and alignment: it is refused, or all of its ink is inside the box."""
    left, top = corner
    image = plain(200, 160)
    try:
        drawn = text(
            image,
            text=words,
            font=WILD,
            size=size,
            box=[left, top, *sides],
            align=align,
            line_height=line_height,
        )
    except ImageError as error:
        assert error.problems[0].kind.name == "text-does-not-fit"
        return
    drawn.paste((255, 255, 255), (left, top, left + sides[0], top + sides[1]))
    assert drawn.getcolors() == [(200 * 160, (255, 255, 255))]


@settings(max_examples=100, deadline=None)
@given(
    words=st.text(
        "ab5 (-.\n\u00ad\u200b\u0301\u202b\u2067\u2069" + ALEF + BET + "\u0645\u0633", max_size=40
    ),
    sides=st.tuples(st.integers(1, 160), st.integers(1, 120)),
    align=st.sampled_from(ALIGNMENTS),
    direction=st.sampled_from(["auto", "ltr", "rtl"]),
)
def test_shaped_ink_never_leaves_its_box(
    words: str, sides: tuple[int, int], align: str, direction: str
) -> None:
    """Nor do mixed directions, marks and controls, in whatever order they come."""
    args: dict[str, Any] = {"text": words, "align": align, "direction": direction, "font": MIXED}
    try:
        drawn = text(plain(200, 160), box=[20, 30, *sides], **args)
    except ImageError as error:
        allowed = {"text-does-not-fit"} if shaping_available() else {"text-layout"}
        assert error.problems[0].kind.name in allowed | {"text-does-not-fit"}
        return
    drawn.paste((255, 255, 255), (20, 30, 20 + sides[0], 30 + sides[1]))
    assert drawn.getcolors() == [(200 * 160, (255, 255, 255))]


MIXED = make_font(
    {
        **dict.fromkeys("ab5(-.\u00e1" + ALEF + BET + "\u0645\u0633", Box()),
        "\u0301": Box(0, -600, 750, -300, 950),
    }
)
WILD = make_font(
    {
        "a": Box(),
        "b": Box(600, -80, -250, 700, 800),
        "H": solid(),
        "g": solid(500, 500, -300),
        "Å": solid(700, 1050),
        "-": Box(400, 50, 250, 350, 320),
        "東": Box(1000, 50, -80, 950, 850),
        "。": Box(1000, 50, -80, 300, 150),
        "「": Box(1000, 600, 0, 950, 850),
    }
)
"""Letters that reach out of their advance, above capitals and below the line."""

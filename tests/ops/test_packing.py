"""Packing rectangles: what must hold of every sheet, and what is said where none can be made."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assetgen.errors import ImageError, Problem
from assetgen.ops.packing import MAX_SIDE, Packed, Place, grid, pack

Size = tuple[int, int]
SIZES = st.lists(st.tuples(st.integers(1, 90), st.integers(1, 90)), min_size=1, max_size=60)


def wrong_with(sizes: Sequence[Size], packed: Packed, border: int = 0) -> Iterator[str]:
    """Yield every rule that a pack breaks."""
    if len(packed.places) != len(sizes):
        yield "a sprite has no place"
    taken: list[list[tuple[int, int, int, int]]] = [[] for _ in packed.sheets]
    for place, (width, height) in zip(packed.places, sizes, strict=False):
        right, bottom = place.x + width, place.y + height
        sheet = packed.sheets[place.page]
        if min(place.x, place.y) < border or right > sheet[0] or bottom > sheet[1]:
            yield "a sprite reaches outside"
        for x, y, r, b in taken[place.page]:
            if place.x < r and x < right and place.y < b and y < bottom:
                yield "two sprites overlap"
        taken[place.page].append((place.x, place.y, right, bottom))
    if not all(taken):
        yield "a page is empty"


def problem_of(run: Callable[[], object]) -> Problem:
    with pytest.raises(ImageError) as caught:
        run()
    return caught.value.problems[0]


def mixed(count: int) -> list[Size]:
    """Return sizes like those of a game: icons, figures, bars and a few large ones."""
    draw = random.Random(1)  # noqa: S311 # the same every time
    result: list[Size] = []
    for _ in range(count):
        kind = draw.choice(["icon", "icon", "figure", "bar", "large"])
        side = draw.choice([16, 24, 32, 48])
        result.append(
            {
                "icon": (side, side),
                "figure": (draw.randint(30, 90), draw.randint(50, 140)),
                "bar": (draw.randint(100, 300), draw.randint(10, 40)),
                "large": (draw.randint(90, 200), draw.randint(90, 200)),
            }[kind]
        )
    return result


@given(SIZES, st.integers(0, 5), st.booleans(), st.integers(1, 4))
def test_any_pack_is_right(sizes: list[Size], border: int, power: bool, pages: int) -> None:
    """Every sprite lies inside its sheet, none overlaps another, and no page is empty."""
    pages = min(pages, len(sizes))
    packed = pack(sizes, max_size=2048, pages=pages, power_of_two=power, border=border)
    assert list(wrong_with(sizes, packed, border)) == []
    assert len(packed.sheets) == pages
    assert all(max(sheet) <= 2048 for sheet in packed.sheets)
    if power:
        assert all(side & (side - 1) == 0 for sheet in packed.sheets for side in sheet)


@settings(max_examples=20)
@given(st.randoms(use_true_random=False), st.integers(101, 250), st.booleans())
def test_any_pack_of_many_is_right(draw: random.Random, count: int, power: bool) -> None:
    """The same holds of many sprites, of which some are much larger than the rest."""
    sizes = [(draw.randint(1, 40), draw.randint(1, 40)) for _ in range(count)]
    sizes += [(draw.randint(1, 600), draw.randint(1, 600)) for _ in range(draw.randint(0, 4))]
    packed = pack(sizes, max_size=4096, power_of_two=power)
    assert list(wrong_with(sizes, packed)) == []


@given(SIZES, st.integers(0, 5), st.booleans(), st.integers(1, 4), st.integers(1, 9) | st.none())
def test_any_grid_is_right(
    sizes: list[Size], border: int, power: bool, pages: int, columns: int | None
) -> None:
    """The same holds of a grid, whose cells are equal and filled in order, row by row."""
    pages = min(pages, len(sizes))
    packed = grid(
        sizes, columns=columns, max_size=8192, pages=pages, power_of_two=power, border=border
    )
    cell = (max(w for w, _ in sizes), max(h for _, h in sizes))
    assert list(wrong_with([cell] * len(sizes), packed, border)) == []
    assert list(packed.places) == sorted(packed.places, key=lambda p: (p.page, p.y, p.x))
    assert {(p.x - border) % cell[0] + (p.y - border) % cell[1] for p in packed.places} == {0}


@given(SIZES, st.integers(1, 3))
def test_packing_again_gives_the_same(sizes: list[Size], pages: int) -> None:
    """Equal sizes give equal places, whatever was packed in between."""
    pages = min(pages, len(sizes))
    assert pack(sizes, max_size=2048, pages=pages) == pack(list(sizes), max_size=2048, pages=pages)


@given(SIZES, st.randoms(use_true_random=False))
def test_the_order_of_sprites_does_not_change_a_sheet(
    sizes: list[Size], draw: random.Random
) -> None:
    """On one page the same sizes take the same places, whichever sprite comes first."""
    other = draw.sample(sizes, len(sizes))
    first, second = pack(sizes, max_size=2048), pack(other, max_size=2048)
    assert first.sheets == second.sheets
    taken = [
        sorted((p.x, p.y, *s) for p, s in zip(packed.places, of, strict=True))
        for packed, of in ((first, sizes), (second, other))
    ]
    assert taken[0] == taken[1]


def test_a_wrong_packer_is_found() -> None:
    """Sprites one pixel too near, one outside, one left out and an empty page are all seen."""
    sizes = [(20, 10)] * 12
    good = pack(sizes, max_size=2048)

    def broken(places: Sequence[Place], sheets: Sequence[Size] = good.sheets) -> set[str]:
        return set(wrong_with(sizes, Packed(tuple(sheets), tuple(places))))

    assert broken(good.places) == set()
    nearer = [Place(p.page, p.x - (n == 7), p.y) for n, p in enumerate(good.places)]
    assert broken(nearer) == {"two sprites overlap"}
    narrower = [(good.sheets[0][0] - 1, good.sheets[0][1])]
    assert broken(good.places, narrower) == {"a sprite reaches outside"}
    assert broken(good.places[1:]) >= {"a sprite has no place"}
    assert broken(good.places, [*good.sheets, (1, 1)]) == {"a page is empty"}


@pytest.mark.parametrize("pages", [1, 2])
def test_a_thousand_sprites_fill_their_sheets(pages: int) -> None:
    """Less than a tenth of the sheets is wasted, and they are about square."""
    sizes = mixed(1000)
    packed = pack(sizes, max_size=4096, pages=pages)
    area = sum(w * h for w, h in sizes)
    assert area > 0.9 * sum(w * h for w, h in packed.sheets)
    assert all(max(sheet) < 1.3 * min(sheet) for sheet in packed.sheets)


def test_powers_of_two_around_a_thousand_sprites() -> None:
    """They are the smallest that the area allows, and one side is at most twice the other."""
    sizes = mixed(1000)
    (sheet,) = pack(sizes, max_size=4096, power_of_two=True).sheets
    assert sum(w * h for w, h in sizes) > sheet[0] * sheet[1] / 2
    assert max(sheet) <= 2 * min(sheet)


def test_equal_sprites_leave_nothing_empty() -> None:
    """A thousand sprites of one size fill their sheet to the last pixel."""
    assert pack([(64, 64)] * 1000, max_size=4096).sheets == ((1600, 2560),)


def test_pages_hold_neighbours() -> None:
    """Sprites that follow each other share a page, so that an animation is not torn apart."""
    packed = pack([(30, 30)] * 10 + [(32, 28)] * 10, max_size=256, pages=2)
    assert [place.page for place in packed.places] == [0] * 10 + [1] * 10


def test_one_huge_sprite_among_small_ones() -> None:
    """Where neighbours cannot share a page, they are dealt out otherwise."""
    sizes = [(20, 20)] * 25 + [(100, 95)] + [(20, 20)] * 25
    packed = pack(sizes, max_size=160, pages=2)
    assert list(wrong_with(sizes, packed)) == []


def test_a_grid_is_as_wide_as_asked() -> None:
    """Columns are kept, also where the last row, or the only one, is not full."""
    packed = grid([(10, 20), (8, 8), (3, 3)], columns=2, max_size=100)
    assert packed.sheets == ((20, 40),)
    assert packed.places == (Place(0, 0, 0), Place(0, 10, 0), Place(0, 0, 20))
    assert grid([(10, 20)], columns=4, max_size=100).sheets == ((40, 20),)


def test_pages_of_a_grid_are_filled_alike() -> None:
    """Five sprites on four pages leave no page empty."""
    packed = grid([(10, 10)] * 5, max_size=100, pages=4)
    assert [place.page for place in packed.places] == [0, 0, 1, 2, 3]


@given(SIZES, st.integers(90, 200), st.booleans())
def test_what_does_not_fit_says_what_would(sizes: list[Size], side: int, power: bool) -> None:
    """The pages and the size that an error names are enough."""
    side = 128 if power else side
    try:
        pack(sizes, max_size=side, power_of_two=power)
    except ImageError as error:
        (problem,) = error.problems
        assert problem.kind.name == "atlas-too-small"
        pages, size = problem.facts["needed_pages"], problem.facts["needed_size"]
        assert f"`pages` to {pages}" in problem.step
        assert f"`max_size` to {size}" in problem.step
        assert len(pack(sizes, max_size=side, pages=pages, power_of_two=power).sheets) == pages
        assert pack(sizes, max_size=size, power_of_two=power).sheets


@given(SIZES, st.integers(90, 200), st.integers(1, 2) | st.none())
def test_a_grid_that_does_not_fit_says_what_would(
    sizes: list[Size], side: int, columns: int | None
) -> None:
    """The pages and the size that an error names are enough for a grid too."""
    columns = min(columns, side // max(w for w, _ in sizes)) if columns else None
    try:
        grid(sizes, columns=columns, max_size=side)
    except ImageError as error:
        facts = error.problems[0].facts
        assert grid(sizes, columns=columns, max_size=side, pages=facts["needed_pages"]).sheets
        assert grid(sizes, columns=columns, max_size=facts["needed_size"]).sheets


def test_what_fits_no_sheet_at_all_names_pages_only() -> None:
    """Where even the largest sheet is too small, only more pages help."""
    problem = problem_of(lambda: pack([(9000, 9000)] * 5, max_size=MAX_SIDE))
    assert problem.facts["needed_size"] is None
    assert problem.step == "set `pages` to 5, or make the sprites smaller (`resize`)"


@pytest.mark.parametrize("layout", [pack, grid])
def test_a_sprite_larger_than_a_sheet(layout: Callable[..., Packed]) -> None:
    """It is named by its number, with what it needs."""
    problem = problem_of(lambda: layout([(10, 10), (300, 10)], max_size=256))
    assert problem.kind.name == "atlas-sprite-too-large"
    assert "sprite 2 needs 300 by 10" in problem.cause


@pytest.mark.parametrize("layout", [pack, grid])
def test_more_pages_than_sprites(layout: Callable[..., Packed]) -> None:
    """A page that would stay empty is refused, as is an atlas of nothing."""
    problem = problem_of(lambda: layout([(10, 10)] * 2, max_size=256, pages=3))
    assert problem.kind.name == "atlas-too-many-pages"
    assert "3 pages are declared for 2 sprites" in problem.cause
    assert problem_of(lambda: layout([], max_size=256)).kind.name == "atlas-empty"


def test_columns_wider_than_a_sheet() -> None:
    """They are refused, with how many would fit."""
    problem = problem_of(lambda: grid([(100, 10)] * 9, columns=3, max_size=256))
    assert problem.kind.name == "atlas-too-many-columns"
    assert "`columns` to 2" in problem.step


def test_a_power_of_two_never_exceeds_the_largest_size() -> None:
    """The largest side is rounded down to a power of two, its border is part of it."""
    packed = pack([(60, 60)] * 4, max_size=200, power_of_two=True, border=2)
    assert packed.sheets == ((128, 128),)
    assert (
        problem_of(
            lambda: pack([(127, 10), (1, 1)], max_size=200, power_of_two=True, border=2)
        ).kind.name
        == "atlas-sprite-too-large"
    )

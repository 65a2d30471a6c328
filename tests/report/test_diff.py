"""What differs between two sides, in words and as data."""

from __future__ import annotations

from dataclasses import replace

from assetgen.action import Input
from assetgen.plan import reasons
from assetgen.plan.difference import (
    Comparison,
    Side,
    SideKind,
    TakePair,
    compare_locks,
    compare_plan,
    spent,
)
from assetgen.report.diff import diff_json, diff_lines, heading
from assetgen.report.takepair import takes_json, takes_lines
from assetgen.state import LineState, LockLine, OutputRecord, Take, Verdict
from tests.report.golden import golden, golden_json
from tests.report.samples import (
    EVIL,
    MODEL,
    because,
    decision,
    digest,
    line,
    plan,
    recipe,
    render,
    target,
)

OLD = "A young traveller at the edge of a cliff,\na small dog at his heels."
NEW = "An old traveller at the edge of a cliff,\na white cat at his heels."
REVISION = Side(SideKind.REVISION, "v1.0", "c0ffee0123456789")
TREE = Side(SideKind.TREE)


def taken(number: int, cost: float | None = 0.05, **fields: object) -> Take:
    """Return a bought take."""
    made = Take(number, digest(f"take {number}"), "runware", MODEL, cost)
    return replace(made, **fields)  # type: ignore[arg-type] # fields of a take


def before() -> dict[str, LockLine]:
    """Return the lock of the older side."""
    hero = line("hero", recipe("a hero"), {"art/hero.png": render("hero")})
    outfit = line("outfit", recipe("a coat", Input("image", digest("hero")), kind="edit"))
    return {
        "card": line("card", recipe(OLD), {"art/card.png": render("card")}),
        "hero": replace(hero, takes=(taken(1), taken(2))),
        "map": line("map", recipe("a map"), {"art/map.png": render("map")}),
        "moon": line("moon", recipe("a moon"), {"art/moon.png": render("moon")}),
        "outfit": outfit,
        "sword": replace(line("sword", recipe("a sword")), takes=(taken(7),)),
        "tree": line("tree", recipe("a tree"), {"art/tree.png": render("tree")}),
    }


def after() -> dict[str, LockLine]:
    """Return the lock of the newer side, in which everything happened once."""
    old = before()
    card = replace(
        line("card", recipe(NEW, resolution="2k"), {"art/card.png": render("other")}),
        takes=(taken(3), taken(4, None)),
        outputs={"art/card.png": OutputRecord(render("other").key, digest("new card"))},
    )
    hero = replace(
        old["hero"],
        takes=(taken(1, rejected=True), taken(2, note=f"better {EVIL}"), taken(5)),
        shown=2,
        state=LineState.PICKED,
        pinned=True,
        note="for the cover",
    )
    outfit = replace(
        line("outfit", recipe("a coat", Input("image", digest("other")), kind="edit")),
        takes=(taken(8, None, adopted=True),),
        state=LineState.ADOPTED,
    )
    return {
        "blade": replace(old["sword"], target="blade"),
        "card": card,
        "hero": hero,
        "map": replace(
            old["map"], outputs={"art/map.png": OutputRecord(digest("k"), digest("art/map.png"))}
        ),
        "moon": old["moon"],
        "outfit": outfit,
        "star": replace(line("star", recipe("a star")), takes=(taken(6),)),
    }


def two_locks() -> Comparison:
    """Return the comparison of :func:`before` with :func:`after`, whose moon was retouched."""
    seen = {record: digest(record) for record in ("art/card.png", "art/map.png")}
    seen |= {"art/card.png": digest("new card"), "art/moon.png": digest("retouched")}
    found = compare_locks(before(), after(), seen)
    return Comparison(REVISION, TREE, tuple(found), spent=spent(found))


def a_plan() -> Comparison:
    """Return the comparison of a last build with what the spec asks for now."""
    lines = before()
    card = decision(
        "card",
        Verdict.RUN,
        because(reasons.CHANGED, fields="prompt"),
        action=recipe(NEW),
        line=lines["card"],
        target=target("card", prompt=NEW),
    )
    hero = decision(
        "hero",
        Verdict.RESTORE,
        because(reasons.LOCAL_CHANGED, path="art/hero.png"),
        action=recipe("a hero"),
        line=lines["hero"],
        outputs={"art/hero.png": render("hero 2")},
    )
    edited = because(reasons.EDITED, path="art/map.png", target="map")
    mapped = decision("map", Verdict.MODIFIED, edited, line=lines["map"])
    blade = decision("blade", Verdict.RESTORE, action=recipe("a sword"))
    star = decision("star", Verdict.RUN, because(reasons.NEW))
    idle = decision("tree", Verdict.UP_TO_DATE, line=lines["tree"])
    made = plan(card, hero, mapped, blade, star, idle)
    seen = {"art/card.png": digest("art/card.png"), "art/map.png": digest("retouched")}
    found = compare_plan(made.decisions, lines, seen, ["moon", "sword"])
    return Comparison(Side(SideKind.BUILD), TREE, tuple(found), plan=made)


def test_two_locks() -> None:
    """Recipes, takes, decisions of people and files, each target once, then the money."""
    golden("diff.txt", diff_lines(two_locks()))


def test_two_locks_as_data() -> None:
    """The same as data."""
    golden_json("diff.json", diff_json(two_locks()))


def test_what_a_build_would_change() -> None:
    """Against the last build it is the plan, with what became of the files since."""
    golden("diff_plan.txt", diff_lines(a_plan(), local=lambda _: {render("hero").key: HERO}))


HERO = render("hero").text
DECIDED = "state, takes, shown take, pinned, note, take 1 rejected, take 2 note"


def test_colour_only_when_asked() -> None:
    """Colour adds codes around the same text, and none comes from a name or a note."""
    golden("diff_color.txt", diff_lines(two_locks(), color=True))
    assert "\x1b" not in diff_lines(two_locks())


def test_what_stands_above_pictures_side_by_side() -> None:
    """A few words for each target."""
    assert [(one.name, heading(one)) for one in two_locks().differences] == [
        ("blade", "renamed"),
        ("card", "changed: prompt, resolution, takes"),
        ("hero", f"changed: {DECIDED}, file missing"),
        ("map", "changed: local work, or what it reads"),
        ("moon", "changed: edited by hand"),
        ("outfit", "changed: image 1, state"),
        ("star", "added"),
        ("tree", "removed"),
    ]


def test_nothing_differs() -> None:
    """It says so, and that nothing was bought."""
    same = Comparison(REVISION, TREE, tuple(compare_locks(before(), before())))
    assert diff_lines(same) == (
        "v1.0 (c0ffee012345) -> working tree\n\n"
        "no target differs\n"
        "Nothing was bought between the two\n"
    )


def test_a_picture_that_two_targets_share_is_paid_once() -> None:
    """Two lines with one new take count one picture."""
    twin = {name: replace(line(name, recipe("x")), takes=(taken(9),)) for name in "ab"}
    found = spent(compare_locks({}, twin))
    assert (found.images, found.cost, found.unknown) == (1, 0.05, False)


def test_two_takes() -> None:
    """Which is shown, and what differs."""
    hero = after()["hero"]
    pair = TakePair(hero, hero.takes[0], hero.takes[1])
    golden("diff_takes.txt", takes_lines(pair))
    golden_json("diff_takes.json", takes_json(pair))

"""Mistakes as people, GitHub and programs read them."""

from __future__ import annotations

from assetgen.errors import Kind, Loc, Problem
from assetgen.report.problems import annotation, annotation_lines, problem_lines, problems_json
from tests.report.golden import golden, golden_json
from tests.report.samples import EVIL

UNKNOWN = Kind("unknown-key", "unknown key '{key}' in target '{target}'", "did you mean '{near}'?")
TWICE = Kind("duplicate", "target '{name}' is given twice", "rename one of them")
DISK = Kind("disk-full", "the disk is full")


def mistakes() -> list[Problem]:
    """Return mistakes in no order: one with two places, one without any."""
    return [
        Problem(DISK),
        Problem(TWICE, Loc("b.yaml", 3, 1), {"name": "hero"}, also=Loc("assetgen.yaml", 9, 3)),
        Problem(
            UNKNOWN,
            Loc("assetgen.yaml", 12, 5),
            {"key": "promt", "target": "hero", "near": "prompt"},
        ),
    ]


def test_all_mistakes_by_place_with_next_steps() -> None:
    """Mistakes are sorted by place; those without one come last; a count closes the list."""
    golden("problems.txt", problem_lines(mistakes()))


def test_one_mistake_needs_no_count() -> None:
    """A single mistake is two lines: what is wrong and what to do."""
    assert problem_lines(mistakes()[2:]) == (
        "assetgen.yaml:12:5: unknown key 'promt' in target 'hero'\n  did you mean 'prompt'?\n"
    )


def test_the_source_line_with_a_caret() -> None:
    """Where the file's lines are at hand, the place is shown in them."""
    source = [""] * 11 + ["    promt: a sword\n"]
    golden("problem_caret.txt", problem_lines(mistakes()[2:], sources={"assetgen.yaml": source}))


def test_a_caret_behind_wide_and_hidden_characters() -> None:
    """The caret stands under its column, counted in cells of what is really printed."""
    source = ["日\x1b promt: a"]
    problem = Problem(DISK, Loc("a.yaml", 1, 4))
    lines = problem_lines([problem], sources={"a.yaml": source}).splitlines()
    assert lines[1] == "      1 | 日\\x1b promt: a"
    assert lines[2].index("^") == len("      1 | ") + len("XX\\x1b ")


def test_a_place_beyond_the_file_has_no_caret() -> None:
    """Lines that do not reach the place (a file that changed meanwhile) are left out."""
    text = problem_lines(mistakes()[2:], sources={"assetgen.yaml": ["one line"]})
    assert len(text.splitlines()) == 2


def test_colour_only_when_asked() -> None:
    """Colour wraps places and causes."""
    golden("problems_color.txt", problem_lines(mistakes(), color=True))


def test_a_flood_of_mistakes_is_cut() -> None:
    """Beyond the limit mistakes are only counted."""
    flood = [Problem(DISK, Loc("a.yaml", n)) for n in range(1, 1201)]
    lines = problem_lines(flood).splitlines()
    assert lines[-2:] == ["… and 1,100 more", "1,200 problems"]
    assert len(lines) == 102


def test_github_annotations() -> None:
    """Each problem is one workflow command with its place and both sentences."""
    golden("problems_github.txt", annotation_lines(mistakes()))


def test_an_annotation_cannot_be_broken_out_of() -> None:
    """Separators in a file name, percent signs and line ends are escaped as the runner asks."""
    kind = Kind("k", "100% of {what}", "then\nthis")
    problem = Problem(kind, Loc("a,b:c%\n.yaml", 1, 2), {"what": "a\r\n::stop-commands::x"})
    assert annotation(problem) == (
        "::error file=a%2Cb%3Ac%25\\n.yaml,line=1,col=2"
        "::100%25 of a\\r\\n::stop-commands::x%0Athen%0Athis"
    )


def test_the_json_of_mistakes() -> None:
    """Mistakes as data, with the stable name of their kind."""
    golden_json("problems.json", problems_json(mistakes()))


def test_hostile_facts_are_escaped() -> None:
    """Neither facts nor file names reach the terminal raw."""
    problem = Problem(TWICE, Loc(EVIL, 1, 1), {"name": EVIL}, also=Loc(EVIL, 2, 1))
    text = problem_lines([problem], sources={EVIL: [EVIL]})
    assert "\x1b" not in text
    assert "\u202e" not in text

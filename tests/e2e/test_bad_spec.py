"""A spec with mistakes: each is told with its place and the next step, and nothing is ordered."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable

import pytest

from tests.e2e.refusal import refused
from tests.e2e.sandbox import Sandbox

TEMPLATES_ALLOW = (
    "  allowed are variables, fields, if, comparison, ~ and the filters "
    "default join lower replace slug title trim upper"
)
LETTERS = "abcdefghijkl"


def bomb() -> str:
    """Return nine aliases of nine aliases of …: 9^11 values in 500 bytes."""
    first = "x-a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    pairs = itertools.pairwise(LETTERS)
    rest = (f"x-{c}: &{c} [{', '.join([f'*{p}'] * 9)}]\n" for p, c in pairs)
    return first + "".join(rest) + "targets: {a: a sword}\n"


def test_an_open_bracket(box: Sandbox) -> None:
    """Both its place and the place where it should have ended are named."""
    box.spec("targets:\n  a: [x\n  b: c\n")
    refused(
        box,
        "assetgen.yaml:4:4: a ',' or the closing bracket is missing here; "
        "the bracket opens on line 3",
        "  add it, or quote the text before it",
    )


def test_an_open_quote(box: Sandbox) -> None:
    """The quote that is never closed is named, not the end of the file."""
    box.spec('targets:\n  a: "x\n  b: c\n')
    refused(box, "assetgen.yaml:3:6: this quote is never closed", "  close it")


def test_a_tab(box: Sandbox) -> None:
    """YAML has no tabs in front."""
    box.spec("targets:\n\ta: x\n")
    refused(box, "assetgen.yaml:3:1: a tab is used for indentation", "  indent with spaces")


def test_a_huge_file(box: Sandbox) -> None:
    """Four MiB is the limit; a byte more is not read."""
    box.spec("targets: {a: x}\n#" + "x" * (4 << 20))
    refused(
        box,
        "assetgen.yaml:1:1: the file has 4194332 bytes; at most 4194304 are read",
        "  split it with include:, or move long lists into a data file",
    )


@pytest.mark.parametrize("depth", [40, 100_000])
def test_deep_nesting(box: Sandbox, depth: int) -> None:
    """The 33rd level is where reading ends, however many follow."""
    box.spec(f"vars: {{a: {'[' * depth}{']' * depth}}}\ntargets: {{a: x}}\n")
    refused(
        box,
        "assetgen.yaml:2:41: the data is nested deeper than 32 levels here",
        "  make it flatter",
    )


def test_an_alias_bomb(box: Sandbox) -> None:
    """What the aliases stand for is counted before it is built."""
    box.spec(bomb())
    refused(
        box,
        "assetgen.yaml:7:10: the file holds more than 100000 values, aliases counted in full",
        "  split it, or move long lists into a data file",
    )


def test_a_python_tag(box: Sandbox) -> None:
    """It is refused by its name; nothing of it runs."""
    box.spec('targets: {a: !!python/object/apply:os.system ["touch pwned"]}\n')
    refused(
        box,
        "assetgen.yaml:2:14: the tag tag:yaml.org,2002:python/object/apply:os.system "
        "is not allowed",
        "  remove it",
    )
    assert not (box.root / "pwned").exists()


def test_a_duplicate_key(box: Sandbox) -> None:
    """Both places are told."""
    box.spec("targets:\n  a: x\n  a: y\n")
    refused(
        box,
        "assetgen.yaml:4:3: the key 'a' stands twice, first on line 3",
        "  first given at assetgen.yaml:3:3",
        "  remove one of the two",
    )


def test_one_name_in_two_files(box: Sandbox) -> None:
    """Both files are told."""
    box.spec("include: [more.yaml]\ntargets:\n  hero: x\n")
    box.write("more.yaml", "targets:\n  hero: y\n")
    refused(
        box,
        "more.yaml:2:3: 'hero' stands in `targets` twice, first in assetgen.yaml, line 4",
        "  first given at assetgen.yaml:4:3",
        "  rename or remove one of the two",
    )


@pytest.mark.parametrize(
    ("spec", "problem", "step"),
    [
        ("tragets: {a: x}\n", "2:1: unknown field 'tragets' in the spec", "'targets'"),
        (
            "targets:\n  a: {promt: x}\n",
            "3:7: unknown field 'promt' in a target",
            "'prompt'",
        ),
        (
            "targets:\n  hero: x\n  b: {edit: heroe, prompt: x}\n",
            "4:13: there is no target 'heroe'",
            "'hero'",
        ),
        (
            "styles: {ink: x}\ntargets:\n  a: {prompt: x, style: inc}\n",
            "4:25: there is no style 'inc'",
            "'ink'",
        ),
        (
            "presets: {sprite: {style: []}}\ntargets:\n  a: {prompt: x, use: sprit}\n",
            "4:23: there is no preset 'sprit'",
            "'sprite'",
        ),
        (
            "axes: {outfit: [a]}\ntargets:\n  a: {prompt: x, matrix: {outfit: outfits}}\n",
            "4:35: there is no axis 'outfits' in `axes:`",
            "'outfit'",
        ),
        (
            "targets:\n  a: {prompt: x, matrix: {o: [armor], exclude: [{o: armour}]}}\n",
            "3:53: axis 'o' has no value 'armour'",
            "'armor'",
        ),
        (
            "targets:\n  a: {prompt: x, matrix: {fit: [b]},\n"
            "    overrides: [{when: {fti: b}, set: {prompt: y}}]}\n",
            "4:25: the matrix has no axis 'fti'",
            "'fit'",
        ),
        (
            "targets:\n  a: {prompt: x, model: dratf}\n",
            "3:18: unknown model 'dratf'",
            "'draft'",
        ),
        ("include: [sytles.yaml]\n", "2:11: there is no file 'sytles.yaml'", "'styles.yaml'"),
    ],
    ids=["section", "key", "target", "style", "preset", "axis", "value", "when", "model", "file"],
)
def test_a_misspelt_word(box: Sandbox, spec: str, problem: str, step: str) -> None:
    """The nearest known one is offered."""
    box.write("styles.yaml", "styles: {}\n")
    box.spec(spec)
    refused(box, f"assetgen.yaml:{problem}", f"  did you mean {step}?")


def test_all_mistakes_are_told_at_once(box: Sandbox) -> None:
    """Unknown fields, styles, targets, models and files, in the spec and in what it includes."""
    box.spec(
        "include: [more.yaml]\n"
        "styles: {ink: x}\n"
        "targets:\n"
        "  hero: {promt: x}\n"
        "  elf: {prompt: x, style: inc}\n"
        "  orc: {edit: heroes, prompt: x}\n"
        "  imp: {edit: ./imp.png, prompt: x}\n"
        "  fay: {prompt: x, model: dratf}\n"
        '  gnu: "{{ colour }}"\n'
    )
    box.write("more.yaml", "targets:\n  cat: {prompt: x, stile: y}\n  dog: {from: orcs}\n")
    ran = refused(
        box,
        "assetgen.yaml:5:10: unknown field 'promt' in a target",
        "assetgen.yaml:6:27: there is no style 'inc'",
        "assetgen.yaml:7:15: there is no target 'heroes'",
        "assetgen.yaml:8:15: the picture ./imp.png is not there",
        "assetgen.yaml:9:20: unknown model 'dratf'",
        "assetgen.yaml:10:8: there is no variable 'colour' here",
        "more.yaml:2:20: unknown field 'stile' in a target",
        "more.yaml:3:15: there is no target 'orcs'",
        "8 problems",
    )
    assert ran.err.index("assetgen.yaml:10") < ran.err.index("more.yaml:2")


def test_a_broken_include_does_not_hide_the_rest(box: Sandbox) -> None:
    """A syntax error in one file and an unknown field in another are told together."""
    box.spec("include: [more.yaml]\ntargets:\n  a: {promt: x}\n")
    box.write("more.yaml", 'targets:\n  b: "x\n')
    refused(
        box,
        "assetgen.yaml:4:7: unknown field 'promt' in a target",
        "more.yaml:2:6: this quote is never closed",
        "2 problems",
    )


def test_a_target_of_a_broken_declaration_is_no_second_mistake(box: Sandbox) -> None:
    """What reads a target that could not be expanded is left alone."""
    box.spec("targets:\n  hero: {promt: x}\n  elf: {edit: hero, prompt: x}\n")
    ran = refused(box, "assetgen.yaml:3:10: unknown field 'promt' in a target")
    assert ran.err.count("assetgen.yaml:") == 1


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("{% for i in [1] %}a{% endfor %}", "templates have no loops"),
        ("{{ 2 * 3 }}", "templates have no arithmetic"),
        ("{{ range(3) }}", "templates have no calls"),
        ("{% include 'x' %}", "templates have no includes"),
        ("{% macro x() %}{% endmacro %}", "templates have no macros"),
    ],
)
def test_a_forbidden_construct_of_templates(box: Sandbox, template: str, problem: str) -> None:
    """The step lists what there is."""
    box.spec(f'targets:\n  a: "{template}"\n')
    refused(box, f"assetgen.yaml:3:6: {problem}", TEMPLATES_ALLOW)


def test_an_unknown_variable(box: Sandbox) -> None:
    """The nearest one is offered."""
    box.spec('vars: {game: Ashfall}\ntargets:\n  a: "{{ gane }}"\n')
    refused(
        box,
        "assetgen.yaml:4:6: there is no variable 'gane' here",
        "  did you mean 'game'?",
    )


def test_an_unknown_field_of_an_axis_value(box: Sandbox) -> None:
    """The axis and the value are named."""
    box.spec('targets:\n  a: {prompt: "{{ o.fraze }}", matrix: {o: {b: c}}}\n')
    refused(
        box,
        "assetgen.yaml:3:15: o 'b' has no field 'fraze'",
        "  known: id, index, phrase",
    )


def test_a_way_out_of_the_sandbox(box: Sandbox) -> None:
    """Python's own attributes are no fields."""
    box.spec(
        'targets:\n  a: "{{ \'\'.__class__.__mro__ }}"\n  b: "{{ x.__init__ }}"\nvars: {x: {}}\n'
    )
    ran = refused(box)
    assert "has no field '__class__'" in ran.err
    assert "has no field '__init__'" in ran.err


def test_a_template_bomb(box: Sandbox) -> None:
    """A rendered text, and every part of it on the way, has a limit."""
    box.spec(
        f"vars: {{a: {'x' * 15_000}}}\n"
        "targets:\n"
        '  a: "{{ a ~ a }}"\n'
        "  b: \"{{ a | replace('x', a) }}\"\n"
    )
    refused(
        box,
        "assetgen.yaml:4:6: the rendered text would be longer than 20,000 characters",
        "  shorten the values that '~' puts together",
        "assetgen.yaml:5:6: the rendered text would be longer than 20,000 characters",
        "  shorten the values that 'replace' puts together",
    )


@pytest.mark.parametrize("value", ["{{ game }}", "{{ game }} knight", "{% if game %}x{% endif %}"])
def test_an_unquoted_template(box: Sandbox, value: str) -> None:
    """YAML would take it for a mapping."""
    box.spec(f"targets:\n  a:\n    prompt: {value}\n")
    refused(
        box,
        "assetgen.yaml:4:13: a value begins with '{{' or '{%' outside quotes, "
        "which YAML takes for a mapping",
        '  put the whole value in quotes: "{{ name }}"',
    )


def test_a_matrix_of_a_thousand_million_cells(box: Sandbox) -> None:
    """They are counted, not made; no limit that cannot be set is suggested."""
    values = ", ".join(f"v{number}" for number in range(1000))
    box.spec(
        f"axes: {{x: [{values}]}}\ntargets:\n  t: {{prompt: x, matrix: {{a: x, b: x, c: x}}}}\n"
    )
    refused(
        box,
        "assetgen.yaml:4:26: the matrix has 1,000,000,000 cells, more than the limit of 10,000",
        "  exclude does not lower the count; use shorter axes, or several targets "
        "with fewer axes each",
    )


def test_a_matrix_above_its_limit(box: Sandbox) -> None:
    """The limit that would do is named, and does."""
    values = ", ".join(f"v{number}" for number in range(101))
    text = f"axes: {{x: [{values}]}}\ntargets:\n  t: {{prompt: x, matrix: {{a: x, b: x}}%s}}\n"
    box.spec(text % "")
    refused(
        box,
        "assetgen.yaml:4:26: the matrix has 10,201 cells, more than the limit of 10,000",
        "  exclude does not lower the count; if you want them all, write matrix_limit: 10201",
        command=("plan",),
    )
    box.spec(text % ", matrix_limit: 10201")
    assert len(box.ok("plan", "--json").json["targets"]) == 10201


def test_targets_that_need_each_other(box: Sandbox) -> None:
    """The way round is shown."""
    box.spec("targets:\n  a: {edit: b, prompt: x}\n  b: {edit: a, prompt: x}\n")
    refused(
        box,
        "assetgen.yaml:3:13: targets need each other: a -> b -> a",
        "  let one of them read something else",
    )


def test_files_that_include_each_other(box: Sandbox) -> None:
    """The way round is shown."""
    box.spec("include: [more.yaml]\n")
    box.write("more.yaml", "include: [assetgen.yaml]\n")
    refused(
        box,
        "more.yaml:1:11: the files include each other: assetgen.yaml -> more.yaml -> assetgen.yaml",
        "  remove one of the includes",
    )


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n"])
def test_an_empty_spec(box: Sandbox, text: str) -> None:
    """It has no version and no targets: a mistake, and no crash."""
    box.write("assetgen.yaml", text)
    ran = refused(box)
    assert ran.err.startswith("assetgen.yaml:1:")


def test_a_spec_without_targets(box: Sandbox) -> None:
    """There is nothing to do, which is fine."""
    box.spec("targets: {}\n")
    assert box.ok("build").out == "no targets to build\n"


def test_no_spec(box: Sandbox) -> None:
    """How to get one is told."""
    refused(
        box,
        "there is no assetgen.yaml here or in a folder above",
        "  'assetgen init' writes one, or say where with -C FOLDER",
    )


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (os.mkdir, "a folder"),
        (os.mkfifo, "a named pipe"),
        (lambda path: os.symlink("nowhere", path), "a symlink to nothing"),
    ],
    ids=["folder", "fifo", "dangling"],
)
def test_a_spec_that_is_no_file(box: Sandbox, make: Callable[[str], None], what: str) -> None:
    """It is told what it is, and nobody waits for a pipe."""
    make(str(box.root / "assetgen.yaml"))
    refused(
        box,
        f"{box.root}/assetgen.yaml is {what}, not a file",
        "  move it away, then 'assetgen init' writes a first spec",
    )


def test_a_spec_that_leads_out_of_the_project(box: Sandbox) -> None:
    """A symlink may not make another folder's file the spec."""
    (box.base / "other.yaml").write_text("version: 1\ntargets: {a: x}\n")
    (box.root / "assetgen.yaml").symlink_to(box.base / "other.yaml")
    refused(box, "'assetgen.yaml' leads out of the project through a symlink")


def test_line_ends_of_windows(box: Sandbox) -> None:
    """Places are right, and the prompt is the same: nothing is bought again."""
    text = "version: 1\ntargets:\n  a: |\n    a sword\n    of old\n"
    box.write("assetgen.yaml", (text + "  b: {promt: x}\n").replace("\n", "\r\n"))
    refused(box, "assetgen.yaml:6:7: unknown field 'promt' in a target")
    box.write("assetgen.yaml", text.replace("\n", "\r\n"))
    assert box.build()["bought"] == 1
    box.write("assetgen.yaml", text)
    assert box.ok("build").out == "1 target up to date\n"


@pytest.mark.parametrize(
    ("data", "place"),
    [("version: 1\n".encode("utf-16"), "1:1"), (b"version: 1\nvars: {a: \xe9}\n", "2:11")],
)
def test_a_spec_in_another_encoding(box: Sandbox, data: bytes, place: str) -> None:
    """The first byte that is not UTF-8 is named."""
    box.write("assetgen.yaml", data)
    refused(box, f"assetgen.yaml:{place}: the file is not UTF-8 here", "  save it as UTF-8")


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        (("build", "swrod"), ("no target matches 'swrod'", "  did you mean 'sword'?")),
        (("build", "tag:icno"), ("no target matches 'tag:icno'", "  did you mean 'tag:icon'?")),
        (("plan", "--exclude", "swrod"), ("  did you mean 'sword'?",)),
        (("show", "swrod"), ("  did you mean 'sword'?",)),
        (("why", "swrod"), ("  did you mean 'sword'?",)),
        (("graph", "hero/bse"), ("  did you mean 'hero/base'?",)),
        (("restore", "swrod"), ("  did you mean 'sword'?",)),
        (("pick", "swrod", "1"), ("  did you mean 'sword'?",)),
        (
            ("build", "--max-image", "1"),
            ("Error: No such option '--max-image'. Did you mean '--max-images'?",),
        ),
        (("bulid",), ("Error: No such command 'bulid'. Did you mean 'build'?",)),
        (
            ("build", "-j", "0"),
            ("Error: Invalid value for '-j' / '--jobs': 0 is not in the range x>=1.",),
        ),
        (
            ("build", "--max-cost", "nan"),
            ("Error: Invalid value for '--max-cost': nan is not an amount of USD.",),
        ),
        (
            ("build", "--max-cost", "inf"),
            ("Error: Invalid value for '--max-cost': inf is not an amount of USD.",),
        ),
        (
            ("build", "--max-cost=-1"),
            ("Error: Invalid value for '--max-cost': -1.0 is not in the range x>=0.",),
        ),
    ],
    ids=" ".join,
)
def test_a_wrong_command_line(
    box: Sandbox, arguments: tuple[str, ...], texts: tuple[str, ...]
) -> None:
    """It is usage, exit code 2, with the nearest right word."""
    box.spec("targets: {hero/base: a, sword: {prompt: c, tags: [icon]}}\n")
    refused(box, *texts, command=arguments)


def test_hostile_text_does_not_reach_the_terminal(box: Sandbox) -> None:
    """ANSI and bidi characters in names, prompts, tags and styles are printed as escapes."""
    evil = r"\u001b[31mred\u0007\u202elive"
    text = (
        f'styles: {{ink: "st{evil}"}}\n'
        "targets:\n"
        f'  "na\\u202eme": {{prompt: "a {evil} %s", output: art/x.png, style: ink,\n'
        f'    tags: ["t{evil}"]}}\n'
        '  "ch\\u2066ild": {edit: "na\\u202eme", prompt: x, output: "art/\\u202ey.png"}\n'
    )
    box.spec(text % "sword")
    said = [box.ok("plan"), box.ok("build"), box.ok("list"), box.ok("show", "na\u202eme")]
    box.spec(text % "axe")
    said += [
        box.ok(*command)
        for command in (
            ("plan", "-v"),
            ("why", "na\u202eme"),
            ("why", "ch\u2066ild"),
            ("status",),
            ("graph",),
            ("graph", "--format", "dot"),
            ("plan", "--json"),
        )
    ]
    for ran in said:
        assert not set("\x1b\x07\u202e\u2066") & set(ran.out + ran.err)
    assert r"\x1b[31mred\x07\u202elive" in said[3].out
    assert r"\x1b[31mred\x07\u202elive" in said[5].out


def test_hostile_text_in_an_excerpt(box: Sandbox) -> None:
    """The line of the spec that is shown under a problem is escaped too."""
    box.spec('targets:\n  a: {promt: "x\u202ey"}\n')
    ran = refused(box, r'      3 |   a: {promt: "x\u202ey"}')
    assert "\u202e" not in ran.err

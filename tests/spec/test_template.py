"""What templates may say, what they print, and how they refuse."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from assetgen.errors import Loc, Problem, SpecError
from assetgen.spec.template import compile
from assetgen.spec.values import MAX_TEXT, Value, slug

LOC = Loc("spec.yaml", 7, 3)
OUTFIT = Value(
    "outfit",
    "armor",
    {
        "id": "armor",
        "phrase": "scratched plate",
        "index": "01",
        "level": 3,
        "parts": ["helm", "greaves"],
        "maker": {"name": "Old Tom"},
        "nothing": None,
    },
)
SCOPE: dict[str, Any] = {
    "outfit": OUTFIT,
    "game": "Ashfall",
    "on": True,
    "half": 0.5,
    "empty": "",
    "long": "x" * 15_000,
}


def rendered(source: str) -> str:
    return compile(source, LOC).render(SCOPE)


def refused(source: str) -> Problem:
    with pytest.raises(SpecError) as caught:
        rendered(source)
    (problem,) = caught.value.problems
    assert problem.loc == LOC
    return problem


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("plain {text} % #", "plain {text} % #"),
        ("{{ game }}", "Ashfall"),
        ("{{ outfit }}", "armor"),
        ("{{ outfit.id }}/{{ outfit.index }}", "armor/01"),
        ("{{ outfit.phrase }}, {{ outfit['phrase'] }}", "scratched plate, scratched plate"),
        ("{{ outfit.maker.name }}", "Old Tom"),
        ("{{ outfit.parts[0] }} {{ outfit.parts[-1] }}", "helm greaves"),
        ("{{ on }} {{ half }} {{ outfit.level }}", "true 0.5 3"),
        ("{{ game ~ '-' ~ outfit ~ 2 }}", "Ashfall-armor2"),
        ("{% if outfit == 'armor' %}steel{% else %}cloth{% endif %}", "steel"),
        ("{% if empty %}a{% elif outfit.level > 2 and on %}b{% else %}c{% endif %}", "b"),
        ("{% if 1 < outfit.level <= 3 %}in{% endif %}", "in"),
        ("{% if outfit in ['armor', 'rags'] %}in{% endif %}", "in"),
        ("{% if 'rags' not in ['armor', outfit] %}out{% endif %}", "out"),
        ("{% if not empty or nowhere %}y{% endif %}", "y"),
        ("{% if outfit.level != -1 %}y{% endif %}", "y"),
        ("{{ 'a' if on else 'b' }}{{ 'c' if empty }}", "a"),
        ("{{ outfit.colour | default('red') }} {{ outfit.nothing | default('none') }}", "red none"),
        ("{{ nowhere.at.all | default }}|{{ empty | default('x', true) }}", "|x"),
        ("{% if nowhere is defined %}y{% else %}n{% endif %}", "n"),
        ("{% if outfit.phrase is defined %}y{% endif %}", "y"),
        (
            "{{ game | upper }} {{ game | lower }} {{ 'old tom' | title }}",
            "ASHFALL ashfall Old Tom",
        ),
        ("{{ '  a ' | trim }}{{ 'xax' | trim('x') }}", "aa"),
        ("{{ outfit.parts | join(', ') }}", "helm, greaves"),
        ("{{ game | replace('a', 'o') | replace('l', 'L', 1) }}", "AshfoLl"),
        ("{{ outfit.maker.name | slug }}", "old-tom"),
        ("{# a remark #}x", "x"),
        ("{% raw %}{{ as it is }}{% endraw %}", "{{ as it is }}"),
        ("a {%- if on %} b{% endif %}\n", "a b\n"),
    ],
)
def test_an_allowed_template_prints_its_values(source: str, text: str) -> None:
    """Variables, fields, if, comparison, ~ and the listed filters work as in Jinja."""
    assert rendered(source) == text


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("{% for x in game %}{{ x }}{% endfor %}", "loops"),
        ("{% macro m() %}{% endmacro %}", "macros"),
        ("{% set x = 1 %}", "set"),
        ("{% set x %}y{% endset %}", "set"),
        ("{% include 'x' %}", "includes"),
        ("{% import 'x' as y %}", "imports"),
        ("{% from 'x' import y %}", "imports"),
        ("{% extends 'x' %}", "inheritance"),
        ("{% block b %}{% endblock %}", "blocks"),
        ("{% filter upper %}x{% endfilter %}", "filter blocks"),
        ("{% call game() %}{% endcall %}", "calls"),
        ("{% with %}{% endwith %}", "with"),
        ("{{ game() }}", "calls"),
        ("{{ game.upper() }}", "calls"),
        ("{{ 1 + 1 }}", "arithmetic"),
        ("{{ 'x' * 9999999 }}", "arithmetic"),
        ("{{ 2 ** 99999 }}", "arithmetic"),
        ("{{ -game }}", "arithmetic"),
        ("{{ game[0:2] }}", "slices"),
        ("{{ {'a': 1} }}", "maps of their own"),
        ("{{ game is string }}", "tests but `is defined`"),
        ("{{ game | default(*outfit.parts) }}", "* arguments"),
    ],
)
def test_what_is_not_listed_does_not_exist(source: str, word: str) -> None:
    """Each construct beyond the list is refused by its name, before anything runs."""
    with pytest.raises(SpecError) as caught:
        compile(source, LOC)
    (problem,) = caught.value.problems
    assert problem.kind.name == "template-not-allowed"
    assert word in problem.cause


@pytest.mark.parametrize(
    "source",
    [
        "{{ game.__class__ }}",
        "{{ outfit.__class__ }}",
        "{{ outfit['__class__'] }}",
        "{{ outfit.fields }}",
        "{{ outfit.axis }}",
        "{{ outfit.parts.append }}",
        "{{ outfit.parts['__class__'] }}",
        "{{ outfit.maker.items }}",
        "{{ (1).real }}",
        "{{ ''.join }}",
        "{{ true.__doc__ }}",
    ],
)
def test_python_attributes_are_never_fields(source: str) -> None:
    """Only what the spec declares can be read; there is no way to the objects behind it."""
    assert refused(source).kind.name in ("template-unknown-field", "template-no-fields")


@pytest.mark.parametrize(
    ("source", "kind", "cause", "step"),
    [
        ("{{ gmae }}", "unknown-name", "no variable 'gmae'", "did you mean 'game'?"),
        ("{{ self }}", "unknown-name", "no variable 'self'", "known: "),
        ("{{ outfit.phrse }}", "unknown-field", "outfit 'armor' has no", "mean 'phrase'?"),
        ("{{ outfit.maker.nmae }}", "unknown-field", "'outfit.maker' has no", "mean 'name'?"),
        ("{{ game.phrase }}", "no-fields", "'game' is text", "write {{ game }}"),
        ("{{ game | uper }}", "unknown-filter", "no filter 'uper'", "did you mean 'upper'?"),
        ("{{ game | map('x') }}", "unknown-filter", "no filter 'map'", "known: default"),
        ("{{ game | replace('a') }}", "filter-arguments", "'replace'", "old, new, count"),
        ("{{ game | upper(1) }}", "filter-arguments", "'upper'", "it takes: none"),
        ("{{ game | trim(x=1) }}", "filter-arguments", "'trim'", "chars"),
        ("{{ game | join }}", "filter-value", "'join' got text", "arguments"),
        ("{{ game | replace('a', 'b', 'c') }}", "filter-value", "got text", "arguments"),
        ("{{ outfit.parts }}", "not-text", "is a list", "{{ outfit.parts | join(', ') }}"),
        ("{{ outfit.maker }}", "not-text", "is a map", "name"),
        ("{{ outfit.nothing }}", "not-text", "is null", "default('')"),
        ("{{ outfit.parts[2] }}", "no-item", "no item 2", "2 items"),
        ("{% if game < 3 %}{% endif %}", "not-comparable", "text and a number", "compare"),
        ("{% if 3 in game %}{% endif %}", "not-comparable", "'in'", "compare"),
        ("{{ game", "syntax", "cannot be read", "{{ }}"),
        ("{% if on %}", "syntax", "cannot be read", "{{ }}"),
        ("{% frob %}", "syntax", "frob", "{{ }}"),
        ("{{ \x00 }}", "syntax", "cannot be read", "{{ }}"),
        ("{{ '\\N{no such}' }}", "syntax", "cannot be read", "{{ }}"),
    ],
)
def test_a_mistake_says_what_and_what_next(source: str, kind: str, cause: str, step: str) -> None:
    """Every refusal names the thing, the place and the next step."""
    problem = refused(source)
    assert problem.kind.name == f"template-{kind}"
    assert cause in problem.cause
    assert step in problem.step


@pytest.mark.parametrize(
    "source",
    [
        "{{ long ~ long }}",
        "{{ long }}{{ long }}",
        "{{ 'xxxx' | replace('x', long) }}",
        "{{ long | replace('', long) }}",
        "{% if (long ~ long) == '' %}{% endif %}",
        "{{ [long, long] | join }}",
        "{{ long | replace('x', 'yy') | replace('y', '') }}",
        "{% if on %}{{ long }}{{ long }}{% endif %}",
    ],
)
def test_a_text_cannot_be_blown_up(source: str) -> None:
    """Neither the result nor anything on the way to it grows beyond the cap."""
    problem = refused(source)
    assert problem.kind.name == "template-too-long"
    assert "20,000" in problem.cause


@pytest.mark.parametrize(
    "source",
    [
        "{{ " + "(" * 9000,
        "{{ " + "(" * 90 + "game" + ")" * 90 + " ~ (" * 90,
        "{{ " + "not " * 4000 + "on }}",
        "{{ game" + " | lower" * 2000 + " }}",
        "{% if on %}" * 1500 + "{% endif %}" * 500,
        "{{ 1 if on else " * 1000,
        "{{ " + "9" * 5000 + " }}",
        "{{ game }}" + "x" * MAX_TEXT,
        "{{ [" + "[" * 500 + "]" * 500 + "] }}",
    ],
)
def test_a_monstrous_template_is_refused_at_once(source: str) -> None:
    """Depth and length are bounded, so that no library's own error escapes."""
    problem = refused(source)
    assert problem.kind.name in ("template-too-complex", "template-syntax")


def test_names_are_the_variables_that_a_template_reads() -> None:
    """They decide how often a field is rendered, those in branches included."""
    template = compile("{{ a.b }}{% if c %}{{ d[e] | default(f) }}{% endif %}", LOC)
    assert template.names == {"a", "c", "d", "e", "f"}
    assert compile("no braces", LOC).names == frozenset()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The High Priestess", "the-high-priestess"),
        ("Queen's  Gambit!", "queens-gambit"),
        ("Crème brûlée", "creme-brulee"),
        ("snake_case", "snake-case"),
        ("Ünï/código", "uni-codigo"),
        ("剣 と 盾", "剣-と-盾"),
        ("--", ""),
    ],
)
def test_a_slug_is_lower_case_words_joined_by_hyphens(text: str, expected: str) -> None:
    """Accents go, letters of other scripts stay."""
    assert slug(text) == expected


_ATOMS = st.sampled_from(
    ["a", "b", "n", "m.x", "m['y']", "l[0]", "'text'", "3", "missing", "m.missing", "l[9]"]
)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        st.tuples(
            inner, st.sampled_from(["upper", "lower", "title", "trim", "replace('e', 'oo')"])
        ).map(lambda p: f"({p[0]}) | {p[1]}"),
        pair.map(lambda p: f"({p[0]}) ~ ({p[1]})"),
        pair.map(lambda p: f"'y' if ({p[0]}) == ({p[1]}) and ({p[1]}) else 'n'"),
        pair.map(lambda p: f"({p[0]}) or ({p[1]})"),
        pair.map(lambda p: f"({p[0]}) if ({p[1]}) != 'x' else ({p[0]})"),
        pair.map(lambda p: f"'y' if ({p[0]}) < ({p[1]}) else ({p[1]})"),
        inner.map(lambda e: f"({e}) | default('d')"),
        inner.map(lambda e: f"'yes' if ({e}) is defined else 'no'"),
        inner.map(lambda e: f"'yes' if not ({e}) else 'no'"),
    )


@given(st.recursive(_ATOMS, _grown, max_leaves=6))
def test_what_renders_here_renders_alike_in_the_sandbox(expression: str) -> None:
    """Jinja's own immutable sandbox with strict undefined prints the same text."""
    scope = {"a": "Ash", "b": "", "n": 7, "m": {"x": "ex", "y": "why"}, "l": ["el"]}
    source = "<{{ " + expression + " }}{% if " + expression + " %}!{% endif %}>"
    try:
        ours = compile(source, LOC).render(scope)
    except SpecError:
        return
    sandbox = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    assert ours == sandbox.from_string(source).render(scope)


@given(st.text(alphabet="{}%#ab.|~()[]'\"if <=else end0*_-\n", max_size=40))
def test_no_text_breaks_the_compiler(source: str) -> None:
    """Whatever stands in a spec either renders or is refused in our own words."""
    try:
        result = compile(source, LOC).render({"a": "x", "b": {"a": 1}})
    except SpecError as error:
        assert all(problem.cause for problem in error.problems)
    else:
        assert len(result) <= MAX_TEXT

"""Which value of the spec accounts for the changed words of a prompt, where one does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from assetgen.spec.expand import expand
from assetgen.spec.origins import Origin, Origins
from tests.spec.build import make_spec

ROWS = {"product": [{"sku": "x1", "title": "red hat"}, {"sku": "x2", "title": "blue hat"}]}
SECTIONS: dict[str, Any] = {
    "vars": {"game": "Ashfall", "ratio": "3:4"},
    "styles": {
        "ink": "bold ink of {{ game }}",
        "flat": {"text": "flat colours", "avoid": ["shine", "text"]},
    },
    "axes": {
        "product": {"file": "data/products.csv", "id": "{{ sku }}"},
        "face": {"happy": "a smile", "sad": {"phrase": "tears", "eyes": "wet"}},
    },
    "targets": {
        "hero": {
            "prompt": "Mira, short hair",
            "style": ["ink", "flat"],
            "aspect_ratio": "{{ ratio }}",
        },
        "shop": {"matrix": {"product": "product"}, "prompt": "a {{ product.title | upper }}"},
        "shown": {"matrix": {"p": "product"}, "prompt": "a {{ p.title }} and a {{ p.title }}"},
        "face": {
            "matrix": {"f": "face"},
            "prompt": "now {{ f.phrase }}, {{ f.eyes | default('') }}",
        },
        "own": {"matrix": {"f": {"a": "one", "b": "two"}}, "prompt": "{{ f.phrase }} apple"},
        "chosen": "{% if game == 'Ashfall' %}grim{% else %}gay{% endif %} tile",
    },
}
HERO = "Mira, short hair\nbold ink of Ashfall\nflat colours\nAvoid: shine, text"


@dataclass(frozen=True)
class Case:
    """A former prompt, and what accounts for what it has become."""

    target: str
    old: str
    kind: str
    name: str
    was: str
    now: str
    row: int = 0


CASES = [
    Case("hero", HERO.replace("flat colours", "pale"), "style", "flat", "pale", "flat colours"),
    Case("hero", HERO.replace("\nflat colours", ""), "style", "flat", "", "flat colours"),
    Case("hero", HERO.replace("shine, text", "fog"), "style", "flat", "fog", "shine, text"),
    Case("hero", HERO.replace("Ashfall", "Emberfall"), "var", "game", "Emberfall", "Ashfall"),
    Case(
        "hero",
        HERO.replace("bold ink of", "ink of"),
        "style",
        "ink",
        "ink of Ashfall",
        "bold ink of Ashfall",
    ),
    Case("shop/x2", "a GREEN HAT", "axis", "product.title", "GREEN HAT", "BLUE HAT", 2),
    Case("shown/x1", "a cap and a cap", "axis", "product.title", "cap", "red hat", 1),
    Case("face/happy", "now a grin,", "axis", "face.phrase", "a grin", "a smile"),
    Case("face/sad", "now tears, dry", "axis", "face.eyes", "dry", "wet"),
    Case("own/b", "three apple", "axis", "f.phrase", "three", "two"),
]


def origin(target: str, old: str) -> Origin | None:
    spec = make_spec(ROWS, **SECTIONS)
    graph = expand(spec, file_exists=lambda _: False)
    return Origins(spec).of(graph.targets[target], old)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.target} {case.name} {case.was}")
def test_the_value_that_changed_is_named(case: Case) -> None:
    """With what it said then and says now; the narrowest where several account for it."""
    found = origin(case.target, case.old)
    assert found is not None
    assert (found.kind, found.name, found.row) == (case.kind, case.name, case.row)
    assert (found.old.strip(), found.new.strip()) == (case.was, case.now)
    assert (found.loc is None) == bool(case.row)
    assert found.file == ("data/products.csv" if case.row else "")


@pytest.mark.parametrize(
    ("target", "old"),
    [
        ("hero", HERO.replace("short", "long")),
        ("hero", HERO.replace("short", "long").replace("flat", "pale")),
        ("hero", HERO),
        ("shown/x1", "a cap and a hood"),
        ("chosen", "gay tile"),
        ("hero", ""),
    ],
)
def test_nothing_is_said_where_no_one_value_accounts_for_it(target: str, old: str) -> None:
    """The template itself, two edits at once, a comparison, or no change at all."""
    assert origin(target, old) is None


def test_a_target_of_another_spec_is_not_known() -> None:
    """Nothing is made up."""
    spec = make_spec(targets={"a": "x"})
    other = make_spec(ROWS, **SECTIONS)
    graph = expand(other, file_exists=lambda _: False)
    assert Origins(spec).of(graph.targets["hero"], "old") is None

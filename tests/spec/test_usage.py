"""Which declarations mention a style, a preset, an axis or a variable."""

from __future__ import annotations

from assetgen.spec.usage import Usage, usages
from tests.spec.build import make_spec


def usage(**sections: object) -> Usage:
    return usages(make_spec(**sections))["a"]  # type: ignore[arg-type] # sections of a spec


def test_what_the_layers_below_mention_counts() -> None:
    """Defaults, presets and overrides are part of a declaration."""
    found = usage(
        defaults={"use": "p", "model": "{{ which }}"},
        presets={"p": {"style": ["ink"]}},
        styles={"ink": "in {{ game }}", "flat": {"text": "flat", "avoid": ["{{ bad }}"]}},
        axes={"cat": {"x": "", "y": ""}},
        targets={
            "a": {
                "prompt": "a {{ face }}",
                "matrix": {"face": "cat"},
                "overrides": [{"when": {"face": "x"}, "set": {"style": ["+flat"]}}],
            }
        },
    )
    assert found.presets == {"p"}
    assert found.styles == {"ink", "flat"}
    assert found.variables == {"which", "game", "bad", "face"}
    assert found.deciding == set()
    assert found.axes == {("cat", "face")}


def test_what_is_only_printed_is_told_from_what_decides() -> None:
    """A condition may come out alike for two values, and a printed one does not."""
    prompt = "{{ a.phrase | upper }} {{- b }} {% if c %}x{% endif %} {{ 'y' if d == 1 else e }}"
    found = usage(targets={"a": prompt})
    assert found.variables == {"a", "b", "c", "d", "e"}
    assert found.deciding == {"c", "d", "e"}


def test_a_template_that_cannot_be_read_mentions_nothing() -> None:
    """Its mistake is told elsewhere."""
    assert usage(targets={"a": "{{ b("}).variables == set()

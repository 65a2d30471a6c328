"""The final prompt: the rendered text, labels, styles and what to avoid, each on its own line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assetgen.errors import Kind, Loc, Problem, SpecError, did_you_mean
from assetgen.spec.collect import Problems
from assetgen.spec.columns import Constant, Field, data_field
from assetgen.spec.layers import StyleName, listed
from assetgen.spec.model import Map
from assetgen.spec.values import MAX_TEXT, scalar_text

UNKNOWN_STYLE = Kind("unknown-style", "there is no style '{name}'", "{step}")
EMPTY_PROMPT = Kind(
    "empty-prompt",
    "the prompt is empty where it renders with these values",
    "give the value a phrase, or use `from` in an override for a free copy",
)
PROMPT_TOO_LONG = Kind(
    "prompt-too-long",
    "the prompt with its styles is longer than {limit:,} characters",
    "shorten the prompt or its styles",
)


@dataclass(frozen=True, slots=True)
class Style:
    """A named style: text that follows the prompt, and what `Avoid:` lists."""

    text: Field
    avoid: tuple[Field, ...] = ()


def style_table(styles: Map, problems: Problems) -> dict[str, Style]:
    """Return the styles of a spec by name."""
    table = {}
    for name, value in styles.items():
        style = problems.attempt(_style, value, styles.values_at[name])
        table[name] = style or Style(Constant(""))
    return table


def _style(value: Any, loc: Loc) -> Style:
    if not isinstance(value, Map):
        return Style(data_field(value, loc))
    text = data_field(value.get("text") or "", value.values_at.get("text", loc))
    avoid = listed(value.get("avoid"), value.values_at.get("avoid", loc))
    return Style(text, tuple(data_field(item, at) for item, at in avoid))


def chosen_styles(
    names: Sequence[StyleName], table: Mapping[str, Style], problems: Problems
) -> list[Style]:
    """Return the styles of a target; unknown ones are noted in ``problems``."""
    for style in names:
        if style.name not in table:
            step = did_you_mean(style.name, table)
            problems.add(UNKNOWN_STYLE, style.loc, name=style.name, step=step)
    return [table[style.name] for style in names if style.name in table]


@dataclass(frozen=True, slots=True)
class Prompt:
    """The field that renders to the final prompt.

    Attributes:
        labels: the number that the service gives a picture, and the text that names it.
    """

    body: Field
    loc: Loc
    labels: Sequence[tuple[int, Field]]
    styles: Sequence[Style]

    @property
    def names(self) -> frozenset[str]:
        """The variables of all parts."""
        parts = [self.body, *(field for _, field in self.labels)]
        for style in self.styles:
            parts += [style.text, *style.avoid]
        return frozenset().union(*(part.names for part in parts))

    def render(self, mapping: Mapping[str, Any], /) -> str:
        """Return the prompt. Raises SpecError if it is empty or too long."""
        body = str(self.body.render(mapping)).strip()
        if not body:
            raise SpecError(Problem(EMPTY_PROMPT, self.loc))
        if not self.labels and not self.styles:
            return body
        lines = [body]
        for number, field in self.labels:
            lines.append(f"Image {number}: {_text(field, mapping)}")
        lines += filter(None, [_text(style.text, mapping) for style in self.styles])
        avoid = [_text(field, mapping) for style in self.styles for field in style.avoid]
        if any(avoid):
            lines.append("Avoid: " + ", ".join(filter(None, avoid)))
        text = "\n".join(lines)
        if len(text) > MAX_TEXT:
            raise SpecError(Problem(PROMPT_TOO_LONG, self.loc, {"limit": MAX_TEXT}))
        return text


def _text(field: Field, mapping: Mapping[str, Any]) -> str:
    return scalar_text(field.render(mapping)).strip()

"""The final prompt: the rendered text, labels, styles and what to avoid, each on its own line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assetgen.errors import Kind, Loc, Problem, SpecError, did_you_mean
from assetgen.spec.collect import Problems
from assetgen.spec.columns import Computed, Constant, Field, data_field, joined
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


def prompt_field(
    body: Field, loc: Loc, labels: Sequence[tuple[int, Field]], styles: Sequence[Style]
) -> Field:
    """Return the field of the final prompt; rendering raises SpecError if it is empty or too long.

    ``labels``: the number under which the service sees a picture, and the text that names it.
    """
    lines = [_labelled(number, field) for number, field in labels]
    lines += [style.text for style in styles]
    lines.append(joined([item for style in styles for item in style.avoid], _avoided))
    tail = joined(lines, _tail)

    def render(scope: Mapping[str, Any]) -> str:
        text = str(body.render(scope)).strip()
        if not text:
            raise SpecError(Problem(EMPTY_PROMPT, loc))
        text += str(tail.render(scope))
        if len(text) > MAX_TEXT:
            raise SpecError(Problem(PROMPT_TOO_LONG, loc, {"limit": MAX_TEXT}))
        return text

    return Computed(body.names | tail.names, render)


def _labelled(number: int, field: Field) -> Field:
    return joined([field], lambda values: f"Image {number}: {scalar_text(values[0]).strip()}")


def _avoided(values: Sequence[Any]) -> str:
    texts = [text for value in values if (text := scalar_text(value).strip())]
    return f"Avoid: {', '.join(texts)}" if texts else ""


def _tail(values: Sequence[Any]) -> str:
    """Return the lines after the prompt itself, each with the line break before it."""
    return "".join(f"\n{text}" for value in values if (text := scalar_text(value).strip()))

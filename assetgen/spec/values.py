"""What templates print: axis values and plain scalars as text; knows no template syntax."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from assetgen.errors import Kind, did_you_mean
from assetgen.quick import quick

MAX_TEXT = 20_000
"""Characters that a rendered text, or any part of it on the way, may have."""

TOO_LONG = Kind(
    "template-too-long",
    "the rendered text would be longer than {limit:,} characters",
    "shorten the values that '{source}' puts together",
)
NOT_TEXT = Kind(
    "template-not-text",
    "{what} is {sort}, which cannot be printed",
    "{step}",
)
UNKNOWN_FIELD = Kind("template-unknown-field", "{owner} has no field '{name}'", "{step}")
NO_FIELDS = Kind("template-no-fields", "{owner} is {sort} and has no field '{name}'", "{step}")

_SLUG_BREAK = re.compile(r"[\W_]+")


class RenderError(Exception):
    """A value that cannot be used as the template wants; the template adds its place.

    Attributes:
        missing: the value is absent, which `default` and `is defined` forgive.
    """

    def __init__(self, kind: Kind, facts: Mapping[str, Any], *, missing: bool = False) -> None:
        super().__init__(kind.name)
        self.kind = kind
        self.facts = facts
        self.missing = missing


@quick
@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """One value of an axis: prints its id; equal only to itself.

    Attributes:
        axis: name of the axis, for messages.
        fields: what follows the dot in a template: id, phrase, index and the value's own fields.
    """

    axis: str
    id: str
    fields: Mapping[str, Any]


def scalar_text(value: Any) -> str:
    """Return a YAML scalar as it is written: true, 3, 0.5; the empty text for null."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Value):
        return value.id
    return str(value)


def sort_of(value: Any) -> str:
    """Return what a value is, in words that fit after "is"."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a map" if isinstance(value, Mapping) else "a list"


def text_of(value: Any, what: str) -> str:
    """Return what ``{{ value }}`` prints. Raises RenderError for null, lists, maps and bombs."""
    if type(value) is str:
        text = value
    elif isinstance(value, Value):
        text = value.id
    elif value is None:
        step = f"write {{{{ {what} | default('') }}}} if it may be missing"
        raise RenderError(NOT_TEXT, {"what": what, "sort": "null", "step": step}, missing=True)
    elif isinstance(value, list | tuple):
        step = f"write {{{{ {what} | join(', ') }}}}"
        raise RenderError(NOT_TEXT, {"what": what, "sort": "a list", "step": step})
    elif isinstance(value, Mapping):
        step = "print one of its fields: " + ", ".join(map(str, list(value)[:12]))
        raise RenderError(NOT_TEXT, {"what": what, "sort": "a map", "step": step})
    else:
        text = scalar_text(value)
    if len(text) > MAX_TEXT:
        raise RenderError(TOO_LONG, {"limit": MAX_TEXT, "source": what})
    return text


def field_of(value: Any, name: str, owner: str) -> Any:
    """Return a field of an axis value or a map. Raises RenderError; Python attributes are none."""
    if isinstance(value, Value):
        if name in value.fields:
            return value.fields[name]
        raise _unknown(f"{value.axis} '{value.id}'", name, value.fields)
    if isinstance(value, Mapping):
        if name in value:
            return value[name]
        raise _unknown(f"'{owner}'", name, value)
    facts = {
        "owner": f"'{owner}'",
        "sort": sort_of(value),
        "name": name,
        "step": f"write {{{{ {owner} }}}}",
    }
    raise RenderError(NO_FIELDS, facts, missing=True)


def _unknown(owner: str, name: str, known: Iterable[Any]) -> RenderError:
    step = did_you_mean(name, map(str, known))
    facts = {"owner": owner, "name": name, "step": step}
    return RenderError(UNKNOWN_FIELD, facts, missing=True)


def slug(text: str) -> str:
    """Return ``text`` in lower case, without accents, words joined by ``-``."""
    if not text.isascii():
        parts = unicodedata.normalize("NFKD", text)
        bare = "".join(c for c in parts if not unicodedata.combining(c))
        text = unicodedata.normalize("NFC", bare).replace("\u2019", "")
    return _SLUG_BREAK.sub("-", text.replace("'", "").lower()).strip("-")


def normal(text: str) -> str:
    """Return an id, a name or a reference in the one form in which they are compared (NFC)."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)

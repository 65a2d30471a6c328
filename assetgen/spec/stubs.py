"""Targets as the text of a new spec file; knows no picture and reads no file.

What is written loads as exactly what was asked for: a prompt is text here, so that braces in it are
no template.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from assetgen.errors import printable
from assetgen.spec.template import is_template
from assetgen.spec.values import MAX_TEXT
from assetgen.spec.yamltext import WIDTH, block, comment, inline

MAX_PROMPT, MAX_AVOID = 15_000, 4_000
"""Characters of a prompt and of what is to be avoided: together less than a final prompt may have,
so that a style of the user's fits beside them."""
LONGEST_NAME = 200
"""Characters that a name made of something else may have."""
MOST_TARGETS = 10_000
MOST_BYTES = 2 << 20
"""Of one file: half of what the loader reads, so that people can add to it."""

_OPENING = re.compile(r"\{[{%#]")
_ENDRAW = re.compile(r"\{%[-+]?\s*endraw")
_SPLIT = re.compile(r"[\W_]+|(?<=[a-z])(?=[A-Z])")
_NOT_IN_NAMES = re.compile(r"[*?\[\]\\:]")


@dataclass(frozen=True, slots=True)
class Stub:
    """A target to be written down.

    Attributes:
        prompt: text as it is meant, not a template; not empty.
        fields: further fields and their texts, none of them a template, in order.
        remark: what a comment says of it; empty for nothing.
    """

    name: str
    prompt: str
    fields: Mapping[str, str]
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """What stands in a file before its targets.

    Attributes:
        remarks: comments at the top, one paragraph each.
        version: whether it is a spec of its own, which needs one.
        include: further files of stubs.
        sections: `defaults`, `styles`, `presets` and the like: name → entry → its value, or its
            fields; a field of None is unset. Their texts may be templates (:func:`literal`).
    """

    remarks: Sequence[str]
    version: bool = False
    include: Sequence[str] = ()
    sections: Mapping[str, Mapping[str, str | Mapping[str, str | None]]] | None = None


def plain_text(text: str) -> str:
    """Return a text from outside as a spec can hold it.

    NFC; line ends as line feeds; no NUL and no half of an escaped pair; no space at the ends.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return unicodedata.normalize("NFC", text).strip()


def literal(text: str) -> str:
    """Return the template that prints ``text``: the text itself, unless it has braces like one."""
    if not is_template(text):
        return text
    if not _ENDRAW.search(text):
        return f"{{% raw %}}{text}{{% endraw %}}"
    return _OPENING.sub(lambda found: f'{{{{ "{found[0]}" }}}}', text)


def has_room(text: str, limit: int) -> bool:
    """Return whether ``text`` is not longer than that, nor its template than one may be."""
    return len(text) <= limit and len(literal(text)) <= MAX_TEXT


def words(name: str) -> str:
    """Return the words of a file's or target's name: `hero/idle_01` is `hero idle 01`."""
    return " ".join(part for part in _SPLIT.split(name) if part) or "a picture"


def legal_name(text: str) -> str:
    """Return a name for a target that is as near to ``text`` as names allow."""
    text = "".join("-" if unicodedata.category(c)[0] in "CZ" and c != " " else c for c in text)
    text = unicodedata.normalize("NFC", _NOT_IN_NAMES.sub("-", text)).strip()
    text = re.sub(r"\A[./+!\s-]+", "", text)[:LONGEST_NAME].rstrip("+/ ")
    return text or "picture"


def spec_text(head: Head, stubs: Iterable[Stub]) -> str:
    """Return the text of a spec file."""
    text = "".join(comment(remark, 0) for remark in head.remarks)
    if head.version:
        text += "version: 1\n"
    if head.include:
        text += f"include: [{', '.join(map(inline, head.include))}]\n"
    for name, entries in (head.sections or {}).items():
        if entries:
            text += f"\n{name}:\n" + "".join(_entry(*entry) for entry in entries.items())
    return text + "\ntargets:\n" + "".join(map(stub_text, stubs))


def stub_text(stub: Stub) -> str:
    """Return the lines of one target, which stand below `targets:`."""
    name = inline(stub.name)
    if not stub.fields:
        return _remarked(f"  {name}: ", stub.prompt, stub.remark)
    text = f"  {name}:\n" + _remarked("    prompt: ", stub.prompt, stub.remark)
    return text + "".join(_field(name, literal(value)) for name, value in stub.fields.items())


def in_files(stubs: Sequence[Stub]) -> list[list[Stub]]:
    """Return the stubs in as many groups as files are needed for them, in order."""
    groups: list[list[Stub]] = [[]]
    size = 0
    for stub in stubs:
        size += len(stub_text(stub).encode())
        if groups[-1] and (size > MOST_BYTES or len(groups[-1]) >= MOST_TARGETS):
            groups.append([])
            size = len(stub_text(stub).encode())
        groups[-1].append(stub)
    return groups


def _remarked(key: str, prompt: str, remark: str) -> str:
    """Return the line of a prompt with its remark: behind it where there is room, else above it."""
    indent = len(key) - len(key.lstrip())
    value = block(literal(prompt), indent + 2, len(key))
    beside = f"{key}{value}  # {printable(remark)}"
    if remark and "\n" not in value and len(beside) <= WIDTH:
        return beside + "\n"
    return (comment(remark, indent) if remark else "") + f"{key}{value}\n"


def _entry(name: str, value: str | Mapping[str, str | None]) -> str:
    if isinstance(value, str):
        return _field(name, value, 2)
    return f"  {inline(name)}:\n" + "".join(_field(*field) for field in value.items())


def _field(name: str, value: str | None, indent: int = 4) -> str:
    key = f"{' ' * indent}{inline(name)}: "
    return f"{key}{'null' if value is None else block(value, indent + 2, len(key))}\n"

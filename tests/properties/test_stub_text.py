"""Whatever text stubs are made of, the real loader gives it back."""

from __future__ import annotations

import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from assetgen.errors import Loc
from assetgen.spec.expand import expand
from assetgen.spec.load import load, load_value
from assetgen.spec.model import Map, Spec
from assetgen.spec.stubs import Head, Stub, has_room, legal_name, literal, plain_text, spec_text
from assetgen.spec.template import compile
from assetgen.spec.yamltext import block, inline

BRACES = ["{{", "}}", "{%", "%}", "{#", "#}", "endraw", "raw", "{% endraw %}"]
MARKS = [": ", " #", "- ", "'", '"', "\\", "|-", "---", "&a", "*a", "!t", ">"]
ODD = ["\x1b[31m", "\u2028", "\ufeff", "\t", "\x85", "\U0001f600", "\n", "\n\n", " ", "  "]
WORDS = ["yes", "null", "16:9", "1e3", "é", "…", "word", "a " * 60]
PIECES = st.sampled_from([*BRACES, *MARKS, *ODD, *WORDS])
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=12).map("".join))


def spec_of(text: str) -> Spec:
    """Return the spec that a file's text is."""
    doc = load(text.encode(), "imported.yaml")
    empty = Map(Loc("imported.yaml"))
    return Spec(
        loc=doc.loc,
        vars=empty,
        styles=doc.get("styles", empty),
        axes=empty,
        presets=doc.get("presets", empty),
        targets=doc["targets"],
        defaults=doc.get("defaults", empty),
        budget=empty,
        keep=None,
        rows={},
        files=("imported.yaml",),
        folders=(),
        noted=(),
        broken=frozenset(),
    )


@given(TEXTS)
@example("a" * 5_000)
@example("one two " * 700)
def test_a_text_loads_as_it_was(text: str) -> None:
    """On one line or as a block, as a value or in a list: YAML gives the text back."""
    text = plain_text(text)
    assert load_value(f"a: {inline(text)}\n".encode(), "f")["a"] == text
    for used in (4, 90):
        assert load_value(f"a:\n  b: {block(text, 4, used)}\n".encode(), "f")["a"]["b"] == text
    key = text[:90] or "x"  # YAML allows keys of 1,024 characters, quotes and escapes included
    assert list(load_value(f"{inline(key)}: 1\n".encode(), "f")) == [key]


@given(TEXTS)
def test_a_literal_prints_its_text(text: str) -> None:
    """Braces are no template where none was meant."""
    text = plain_text(text)
    assert compile(literal(text), Loc("f")).render({}) == text


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=5))
def test_targets_are_those_that_were_written(rows: list[tuple[str, str, str]]) -> None:
    """Names, prompts and what is avoided come through the loader and its templates unchanged."""
    stubs: dict[str, Stub] = {}
    styles: dict[str, dict[str, str | None]] = {}
    for name, prompt, avoid in rows:
        name, prompt, avoid = legal_name(name), plain_text(prompt), plain_text(avoid)
        if not prompt or not has_room(prompt, 15_000) or name in stubs:
            continue
        fields = {"output": f"art/{len(stubs)}.png"}
        if avoid:
            styles[f"avoid-{len(stubs)}"] = {"avoid": literal(avoid)}
            fields["style"] = f"avoid-{len(stubs)}"
        stubs[name] = Stub(name, prompt, fields, remark=prompt[:30])
    stubs["last"] = Stub("last", "a last one", {})
    head = Head(["Written by a test."], version=True, sections={"styles": styles})
    graph = expand(spec_of(spec_text(head, stubs.values())), file_exists=lambda _: False)
    assert list(graph.targets) == list(stubs)
    for number, stub in enumerate(list(stubs.values())[:-1]):
        target = graph.targets[stub.name]
        lines = target.prompt
        avoided = styles.get(f"avoid-{number}", {}).get("avoid")
        assert lines == stub.prompt + (
            f"\nAvoid: {compile(avoided, Loc('f')).render({})}" if avoided else ""
        )
        assert [one.path for one in target.outputs] == [f"art/{number}.png"]
        assert unicodedata.is_normalized("NFC", target.name)

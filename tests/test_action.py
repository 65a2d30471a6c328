"""A key is the hash of the canonical text of everything that determines a result."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assetgen.action import Input, fields, local, normal_text, paid
from assetgen.digest import canonical_json, sha256

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40)
MAYBE = st.none() | TEXT
INPUTS = st.lists(st.builds(Input, TEXT, TEXT.map(lambda t: sha256(t.encode()))), max_size=3)


@given(TEXT, TEXT, MAYBE, MAYBE, MAYBE, MAYBE, INPUTS)
def test_a_paid_manifest_is_canonical(
    model: str,
    prompt: str,
    ratio: str | None,
    resolution: str | None,
    quality: str | None,
    variant: str | None,
    inputs: list[Input],
) -> None:
    """The text that is hashed is the canonical JSON of the manifest that it says."""
    action = paid(
        kind="edit",
        model=model,
        prompt=prompt,
        aspect_ratio=ratio,
        resolution=resolution,
        quality=quality,
        variant=variant,
        inputs=inputs,
    )
    assert action.text == canonical_json(action.manifest)
    assert action.key == sha256(action.text.encode())
    assert action.manifest["prompt"] == normal_text(prompt)
    assert [i["sha256"] for i in action.manifest["inputs"]] == [i.sha256 for i in inputs]


@given(TEXT, st.integers(1, 9), st.dictionaries(TEXT, st.integers() | TEXT, max_size=3), INPUTS)
def test_a_local_manifest_is_canonical(
    op: str, version: int, arguments: dict[str, object], inputs: list[Input]
) -> None:
    """The same holds for local work."""
    action = local(op=op, version=version, arguments=canonical_json(arguments), inputs=inputs)
    assert action.text == canonical_json(action.manifest)
    assert action.key == sha256(action.text.encode())


@given(TEXT)
def test_normal_text_is_stable_and_has_no_trailing_space(text: str) -> None:
    """Normalising twice changes nothing, and no line ends in white space."""
    normal = normal_text(text)
    assert normal_text(normal) == normal
    assert all(line == line.rstrip() for line in normal.splitlines())


def test_trailing_space_and_composition_change_no_key() -> None:
    """What a person cannot see must not buy a picture."""
    one = paid(kind="generate", model="m", prompt="a cafe\u0301  \nby night \n")
    two = paid(kind="generate", model="m", prompt="a caf\u00e9\nby night")
    assert one.key == two.key


def test_missing_values_come_from_a_frozen_table() -> None:
    """A spec that says the default and one that says nothing have one key."""
    said = paid(kind="generate", model="m", prompt="p", aspect_ratio="1:1", resolution="1k")
    assert paid(kind="generate", model="m", prompt="p").key == said.key
    assert said.key == "075ca0d949e1fc7e9c128352c7e553a76ef050f25d49deb5b8508250fd4da21b"


def test_the_explanation_is_read_from_the_hashed_text() -> None:
    """Every scalar of the manifest has its path."""
    action = paid(kind="generate", model="m", prompt="p", inputs=[Input("image", sha256(b""))])
    found = dict(fields(action.text))
    assert found["prompt"] == "p"
    assert found["inputs[1].role"] == "image"

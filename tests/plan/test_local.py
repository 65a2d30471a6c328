"""Keys of free local work: what is in them, and what is not."""

from __future__ import annotations

import json
from typing import Any

from assetgen.digest import Digest, sha256
from assetgen.errors import Loc
from assetgen.graph import Op, Output, Reference, Target, TargetKind
from assetgen.plan.local import origin_of, output_actions
from assetgen.plan.model import Origin, Source

LOC = Loc("assetgen.yaml")
BASE = Source(sha256(b"base"))
RESIZE = Op("resize", {"width": 8})


def digest(word: str) -> Digest:
    return sha256(word.encode())


def target(*ops: Op, reads: tuple[Reference, ...] = (), **more: Any) -> Target:
    """Return a target that writes one file, and reads ``reads``."""
    output = Output(**{"path": "a.png", "format": "png", "ops": ops, **more.pop("output", {})})
    return Target("a", TargetKind.GENERATE, LOC, inputs=reads, outputs=(output,), **more)


def manifest(one: Target, base: Source = BASE, **given: Source) -> dict[str, Any]:
    """Return the manifest of the only file."""
    actions = output_actions(one, base, given)
    assert actions is not None
    (action,) = actions.values()
    value: dict[str, Any] = json.loads(action.text)
    return value


def overlay(name: str) -> tuple[Op, Reference]:
    return Op("overlay", {"image": name}), Reference("overlay", target=name)


def test_a_plain_file_has_the_key_that_it_always_had() -> None:
    """What is new in a release is in no key that does not use it."""
    found = manifest(target(Op("resize", {"width": 8})))
    assert found == {
        "arguments": {"format": "png", "ops": [["resize", 1, {"width": 8}]]},
        "inputs": [{"role": "image", "sha256": BASE.sha256}],
        "op": "render",
        "schema": 1,
        "version": 1,
    }


def test_what_an_op_reads_is_there_by_its_bytes() -> None:
    """A renamed target changes no key; other bytes do."""
    op, read = overlay("logo")
    logo = Source(digest("logo"), path="art/logo.png")
    first = manifest(target(op, reads=(read,)), logo=logo)
    assert first["inputs"][1] == {"role": "overlay", "sha256": digest("logo")}
    assert first["arguments"]["ops"] == [["overlay", 1, {"image": [2]}]]
    op, read = overlay("mark")
    assert manifest(target(op, reads=(read,)), mark=logo) == first
    other = Source(digest("other"))
    assert manifest(target(op, reads=(read,)), mark=other) != first


def test_only_what_a_file_itself_reads_is_in_its_key() -> None:
    """An overlay of one export changes no other."""
    op, read = overlay("logo")
    plain, marked = Output("a.png", "png"), Output("b.png", "png", (op,))
    both = Target("t", TargetKind.GENERATE, LOC, inputs=(read,), outputs=(plain, marked))
    one, two = (
        output_actions(both, BASE, {"logo": Source(digest(word))}) for word in ("old", "new")
    )
    assert one is not None and two is not None
    assert one["a.png"] == two["a.png"]
    assert one["b.png"] != two["b.png"]


def test_a_picture_without_a_file_brings_its_ops() -> None:
    """What is read of a target with `output: none` is its picture after its ops."""
    op, read = overlay("logo")
    plain = Source(digest("logo"))
    small = Source(digest("logo"), ops=(Op("resize", {"width": 4}),))
    assert manifest(target(op, reads=(read,)), logo=plain) != manifest(
        target(op, reads=(read,)), logo=small
    )
    inner, read_inner = overlay("mark")
    nested = Source(digest("logo"), ops=(inner,), given={"mark": Source(digest("mark"))})
    found = manifest(target(op, reads=(read,)), logo=nested)
    assert [item["sha256"] for item in found["inputs"]] == [
        BASE.sha256,
        digest("logo"),
        digest("mark"),
    ]
    assert read_inner.target == "mark"


def test_an_unknown_input_makes_an_unknown_key() -> None:
    """Nothing is guessed."""
    op, read = overlay("logo")
    assert output_actions(target(op, reads=(read,)), BASE, {}) is None
    assert output_actions(target(), None, {}) is None


def test_settings_of_the_encoder_are_in_the_key() -> None:
    """And so is provenance that is not as usual."""
    usual = manifest(target())
    assert manifest(target(output={"encode": {"effort": 3}})) != usual
    assert manifest(target(provenance=False))["arguments"]["origin"] == "none"
    drawn = Source(BASE.sha256, origin=Origin.DRAFT)
    assert manifest(target(), drawn)["arguments"]["origin"] == "draft"


def test_a_number_is_no_truth_value() -> None:
    """Neither for a plugin that is given one, nor in the key, whichever was seen before."""
    levels = (1, True, 0, False)
    ops = [Op("plugin", {"op": "melt", "level": level}) for level in levels]
    found = [manifest(target(op))["arguments"]["ops"][0][2]["level"] for op in ops]
    assert [str(level) for level in found] == ["1", "True", "0", "False"]


def test_where_pixels_come_from() -> None:
    """A file of the project on a bought picture makes it mixed; fonts do not count."""
    op, _ = overlay("./logo.png")
    own = Source(digest("logo"), origin=Origin.FILE)
    font = Op("text", {"text": "x", "font": "./f.ttf"})
    one = target()
    given = {"./logo.png": own, "./f.ttf": own}
    assert origin_of(one, BASE, (), given) is Origin.MODEL
    assert origin_of(one, BASE, (op,), given) is Origin.MIXED
    assert origin_of(one, BASE, (font,), given) is Origin.MODEL
    assert origin_of(one, own, (op,), given) is Origin.FILE


def atlas(*frames: str, layout: dict[str, Any] | None = None) -> Target:
    """Return an atlas of sprites by these names."""
    return Target(
        "sheet",
        TargetKind.ATLAS,
        LOC,
        inputs=tuple(Reference("sprite", target=name) for name in frames),
        outputs=(
            Output("s.webp", "webp", content=Op("sheet", {"page": 0})),
            Output("s.json", "json", content=Op("frames", {"kind": "pixi", "sheets": ["s.webp"]})),
        ),
        atlas={"layout": layout or {}, "frames": list(frames), "animations": {}},
    )


def test_names_of_frames_are_in_the_data_alone() -> None:
    """Renaming frames rewrites the JSON and not the sheet; the layout makes both anew."""
    sources = {"a": Source(digest("1")), "b": Source(digest("2"))}
    old = output_actions(atlas("a", "b"), None, sources)
    renamed = output_actions(
        atlas("x", "y"), None, {"x": Source(digest("1")), "y": Source(digest("2"))}
    )
    padded = output_actions(atlas("a", "b", layout={"padding": 4}), None, sources)
    assert old is not None and renamed is not None and padded is not None
    assert old["s.webp"] == renamed["s.webp"]
    assert old["s.json"] != renamed["s.json"]
    assert not set(old.values()) & set(padded.values())


def test_a_finished_file_goes_to_its_output_byte_for_byte() -> None:
    """The target's own ops are not done on it, and no settings of an encoder change it."""
    finished = Source(digest("retouched"), origin=Origin.FILE, finished="png")
    one = target(Op("resize", {"width": 8}), output={"encode": {"colors": 8}}, ops=(RESIZE,))
    assert manifest(one, finished) == {
        "arguments": {"format": "png"},
        "inputs": [{"role": "image", "sha256": digest("retouched")}],
        "op": "copy",
        "schema": 1,
        "version": 1,
    }


def test_what_else_is_made_of_a_finished_file() -> None:
    """An export's own ops are done on it, and another format is encoded from it."""
    finished = Source(digest("retouched"), origin=Origin.FILE, finished="png")
    small = Op("resize", {"width": 4})
    export = Output("b.webp", "webp", ops=(RESIZE, small))
    whole = Output("a.webp", "webp", ops=(RESIZE,))
    one = Target("a", TargetKind.GENERATE, LOC, ops=(RESIZE,), outputs=(whole, export))
    actions = output_actions(one, finished, {})
    assert actions is not None
    made = [json.loads(action.text)["arguments"] for action in actions.values()]
    assert made == [
        {"format": "webp", "ops": [], "origin": "file"},
        {"format": "webp", "ops": [["resize", 1, {"width": 4}]], "origin": "file"},
    ]

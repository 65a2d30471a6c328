"""The prompts of generated pictures, in the forms that their generators write."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetgen.ops.prompts import Said, said_by

SETTINGS = "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 9654, Size: 512x768, Model: dream"


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    """Return a node of a graph that was run."""
    return {"class_type": kind, "inputs": inputs}


def graph(positive: Any = "6", **more: Any) -> dict[str, Any]:
    """Return ComfyUI's first example graph, its sampler guided by these nodes."""
    return {
        "3": node(
            "KSampler", model=["4", 0], positive=[positive, 0], negative=["7", 0], sampler_name="x"
        ),
        "4": node("CheckpointLoaderSimple", ckpt_name="v1-5.safetensors"),
        "6": node("CLIPTextEncode", text="a glass bottle", clip=["4", 1]),
        "7": node("CLIPTextEncode", text="text, watermark", clip=["4", 1]),
        "8": node("VAEDecode", samples=["3", 0], vae=["4", 2]),
        "9": node("SaveImage", filename_prefix="ComfyUI", images=["8", 0]),
        **more,
    }


def comfy(data: object) -> Said | None:
    """Return what a file with this graph says."""
    return said_by({"prompt": json.dumps(data)})


def test_automatic1111() -> None:
    """Prompt, negative prompt and settings; both prompts may have several lines."""
    text = f"a knight,\n(red:1.2) cape\nNegative prompt: blurry,\nugly\n{SETTINGS}"
    said = said_by({"parameters": text})
    assert said == Said("a knight,\n(red:1.2) cape", "blurry,\nugly", "AUTOMATIC1111")
    assert said_by({"parameters": f"a knight\n{SETTINGS}"}) == Said("a knight", "", "AUTOMATIC1111")
    assert said_by({"parameters": "a knight"}) == Said("a knight", "", "AUTOMATIC1111")


def test_lines_that_extensions_add_are_no_prompt() -> None:
    """What follows the settings is left out."""
    text = f"a knight\n{SETTINGS}\nTemplate: a __job__\nNegative Template: x"
    assert said_by({"parameters": text}) == Said("a knight", "", "AUTOMATIC1111")


def test_no_prompt_is_none() -> None:
    """Settings alone are no prompt, and neither is a comment of a camera."""
    assert said_by({"parameters": SETTINGS}) is None
    assert said_by({"parameters": f"Negative prompt: x\n{SETTINGS}"}) is None
    assert said_by({"UserComment": "Taken at sunset"}) is None
    assert said_by({"Software": "GIMP", "prompt": "not json"}) is None
    assert said_by({}) is None


def test_an_exif_comment_of_a_generator() -> None:
    """It is known by its settings."""
    assert said_by({"UserComment": f"a knight\n{SETTINGS}"}) == Said(
        "a knight", "", "AUTOMATIC1111"
    )
    assert said_by({"UserComment": json.dumps(graph())}) == Said(
        "a glass bottle", "text, watermark", "ComfyUI"
    )


def test_json_under_the_same_name() -> None:
    """SwarmUI and Fooocus write JSON as `parameters`."""
    swarm = {"sui_image_params": {"prompt": "a cat", "negativeprompt": "dogs", "seed": 1}}
    assert said_by({"parameters": json.dumps(swarm)}) == Said("a cat", "dogs", "SwarmUI")
    fooocus = {"prompt": "a cat", "negative_prompt": "dogs", "version": "Fooocus v2.5"}
    assert said_by({"parameters": json.dumps(fooocus)}) == Said("a cat", "dogs", "Fooocus")


def test_invoke() -> None:
    """All three of its forms; the older two have negative words in square brackets."""
    new = {"generation_mode": "txt2img", "positive_prompt": "a moth", "negative_prompt": "a fly"}
    assert said_by({"invokeai_metadata": json.dumps(new)}) == Said("a moth", "a fly", "InvokeAI")
    middle = {"image": {"prompt": [{"prompt": "a moth [a fly]", "weight": 1.0}], "seed": 4}}
    assert said_by({"sd-metadata": json.dumps(middle)}) == Said("a moth", "a fly", "InvokeAI")
    dream = '"a "big" moth, [a fly] at night" -s50 -W512 -H512 -C7.5 -Ak_lms -S42'
    assert said_by({"Dream": dream}) == Said('a "big" moth, at night', "a fly", "InvokeAI")


def test_comfy_follows_the_sampler() -> None:
    """The texts are told apart by what they guide, not by their order."""
    assert comfy(graph()) == Said("a glass bottle", "text, watermark", "ComfyUI")


def test_comfy_through_what_lies_between() -> None:
    """Guidance, control nets and combinations are passed; what comes out of zeros is nothing."""
    between = graph(
        "20",
        **{
            "20": node("ControlNetApplyAdvanced", positive=["21", 0], negative=["7", 0]),
            "21": node("FluxGuidance", conditioning=["22", 0], guidance=3.5),
            "22": node("ConditioningCombine", conditioning_1=["6", 0], conditioning_2=["23", 0]),
            "23": node("CLIPTextEncodeSDXL", text_g="night", text_l="night", clip=["4", 1]),
            "7": node("ConditioningZeroOut", conditioning=["6", 0]),
        },
    )
    assert comfy(between) == Said("a glass bottle\nnight", "", "ComfyUI")


def test_comfy_with_a_guider_and_a_text_of_its_own_node() -> None:
    """SamplerCustomAdvanced is led by a guider, and an encoder by a node of text."""
    led = {
        "13": node("SamplerCustomAdvanced", guider=["22", 0], latent_image=["27", 0]),
        "22": node("BasicGuider", model=["30", 0], conditioning=["26", 0]),
        "26": node("FluxGuidance", conditioning=["6", 0]),
        "6": node("CLIPTextEncode", text=["40", 0], clip=["11", 0]),
        "40": node("PrimitiveStringMultiline", value="a paper boat"),
        "9": node("SaveImage", images=["8", 0]),
        "8": node("VAEDecode", samples=["13", 0]),
    }
    assert comfy(led) == Said("a paper boat", "", "ComfyUI")


def test_comfy_takes_the_sampler_of_what_is_saved() -> None:
    """A graph may sample more than once; what the saved picture was made of last counts."""
    twice = graph()
    twice["1"] = node("KSampler", positive=["50", 0], negative=["7", 0])
    twice["50"] = node("CLIPTextEncode", text="something else")
    assert comfy(twice) == Said("a glass bottle", "text, watermark", "ComfyUI")


def test_comfy_as_it_is_drawn() -> None:
    """The editor's own form has numbered links, and values without names."""
    drawn = {
        "nodes": [
            {
                "id": 3,
                "type": "KSampler",
                "inputs": [{"name": "positive", "link": 4}, {"name": "negative", "link": 6}],
                "widgets_values": [1566, "randomize", 20, 8, "euler", "normal", 1],
            },
            {"id": 6, "type": "CLIPTextEncode", "widgets_values": ["a glass bottle"]},
            {"id": 7, "type": "CLIPTextEncode", "widgets_values": ["text"]},
        ],
        "links": [[4, 6, 0, 3, 1, "CONDITIONING"], [6, 7, 0, 3, 2, "CONDITIONING"]],
    }
    assert said_by({"workflow": json.dumps(drawn)}) == Said("a glass bottle", "text", "ComfyUI")


def test_comfy_in_a_circle() -> None:
    """A graph that leads back to itself is no trap."""
    circle = graph("20", **{"20": node("Reroute", conditioning=["21", 0])})
    circle["21"] = node("Reroute", conditioning=["20", 0])
    assert comfy(circle) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["nodes", "links", "inputs", "class_type", "type", "id", "positive"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON, st.text(max_size=40))
def test_nothing_is_raised_for_what_files_may_say(data: object, text: str) -> None:
    """Whatever stands under the known names, a prompt or none comes of it."""
    for name in ("parameters", "invokeai_metadata", "sd-metadata", "Dream", "prompt", "workflow"):
        for value in (json.dumps(data), text):
            found = said_by({name: value})
            assert found is None or found.prompt.strip()


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 50_000, "9" * 10_000])
def test_json_that_is_deep_or_long_is_none(text: str) -> None:
    """Neither ends the program."""
    assert said_by({"prompt": text}) is None

"""Local work has equal bytes for equal keys, and another key wherever it has other bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from assetgen.action import Action
from assetgen.digest import Digest, canonical_json, sha256
from assetgen.ops.manifest import parts, read_manifest
from assetgen.ops.render import perform
from assetgen.plan.planner import make_plan
from assetgen.state import Past, Take
from tests.ops.make_font import Box, make_font
from tests.properties.little import CATALOGUE, MODEL
from tests.spec.build import expanded

Made = dict[str, tuple[Digest, bytes]]
"""The key and the bytes of each file, by its path."""
Forget = Callable[[dict[str, Any]], None]
"""Takes something out of a manifest."""


def png(red: int, mode: str = "RGBA", side: int = 24) -> bytes:
    """Return a picture that fades out towards its corners, if it can."""
    size = (side, side * 3 // 4)
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    image.paste((red, 40, 200), (side // 4, side // 4, side // 2, side // 2))
    if mode == "RGBA":
        image.putalpha(Image.radial_gradient("L").resize(size).point(lambda v: 255 - v))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


PHOTOS = [png(0), png(90), png(90, "RGB")]
LOGOS = [png(10, side=12), png(200, side=12), png(200, "RGB", 12)]
BOUGHT = [png(30, side=16), png(60, side=16), png(60, "RGB", 16)]
PROMPTS = ["a knight", "a king", "a queen"]
FONTS = [make_font("abc"), make_font({char: Box(600, 0, 0, 500, 600) for char in "abc"})]
FILES = {"photo": PHOTOS, "logo": LOGOS, "font": FONTS}

STEPS = st.one_of(
    st.sampled_from(["horizontal", "vertical"]).map(lambda axis: {"flip": {"axis": axis}}),
    st.sampled_from([90, 180]).map(lambda degrees: {"rotate": {"degrees": degrees}}),
    st.integers(8, 30).map(lambda width: {"resize": {"width": width, "upscale": True}}),
    st.integers(0, 3).map(lambda pixels: {"pad": {"pixels": pixels}}),
    st.tuples(st.integers(1, 2), st.sampled_from(["red", "#00ff0080"])).map(
        lambda both: {"border": {"width": both[0], "color": both[1]}}
    ),
    st.integers(1, 6).map(lambda radius: {"round": {"radius": radius}}),
    st.integers(2, 9).map(lambda colors: {"quantize": {"colors": colors}}),
    st.just({"grayscale": {}}),
)
CHAINS = st.lists(STEPS, max_size=3)

SET = {"set/p.webp", "set/index.html"}
POSTER = {"poster.webp", "thumb.jpg", *SET}
DATA = {"sheet.json", "sheet.css"}
SHEET = {*(f"sheet-{page}.png" for page in range(4)), *DATA}
ALL = {"framed.png", *POSTER, *SHEET}
PAGES = {"icons/favicon.html", "icons/manifest.webmanifest"}

KNOBS: dict[str, tuple[st.SearchStrategy[Any], set[str]]] = {
    "photo": (st.integers(0, 2), ALL),
    "logo": (st.integers(0, 2), ALL | {"mark.png"}),
    "font": (st.integers(0, 1), POSTER),
    "prompt": (st.sampled_from(PROMPTS), POSTER | SHEET | {"copy.png"}),
    "model": (st.sampled_from([MODEL, "draft"]), {"copy.png"}),
    "bought_ops": (CHAINS, POSTER | SHEET | {"copy.png"}),
    "photo_ops": (CHAINS, ALL),
    "mark_ops": (CHAINS, ALL | {"mark.png"}),
    "threshold": (st.sampled_from([None, 0, 8, 90]), POSTER),
    "position": (st.sampled_from(["center", "top-left", "bottom-right"]), POSTER),
    "opacity": (st.sampled_from([None, 0.5, 1]), POSTER),
    "words": (st.sampled_from(["a", "abc", "cab"]), POSTER),
    "ink": (st.sampled_from(["black", "#ff000080"]), POSTER),
    "thumb_ops": (CHAINS, {"thumb.jpg"}),
    "quality": (st.sampled_from([None, 20, 80]), {"poster.webp", "set/p.webp"}),
    "effort": (st.sampled_from([None, 0, 9]), ALL | {"mark.png"}),
    "poster_says": (st.booleans(), {"poster.webp", "thumb.jpg", "set/p.webp"}),
    "width": (st.integers(6, 9), SET),
    "alt": (st.sampled_from(["a knight", "a & b"]), {"set/index.html"}),
    "sizes": (st.sampled_from([None, "50vw"]), {"set/index.html"}),
    "placeholder": (st.sampled_from(["none", "lqip", "blurhash"]), {"set/index.html"}),
    "padding": (st.integers(0, 3), SHEET),
    "extrude": (st.integers(0, 2), SHEET),
    "trim": (st.booleans(), SHEET),
    "layout": (st.sampled_from(["packed", "grid"]), SHEET),
    "power_of_two": (st.booleans(), SHEET),
    "max_size": (st.sampled_from([128, 250]), SHEET),
    "sheet_says": (st.booleans(), SHEET - DATA),
    "sheet_ops": (st.sampled_from([[], [{"grayscale": {}}]]), SHEET - DATA),
    "format": (st.sampled_from(["phaser-hash", "phaser-array"]), {"sheet.json"}),
    "shown": (st.permutations(["bought", "mark", "photo"]).map(list), DATA),
    "fps": (st.sampled_from([4, 12]), DATA),
    "frame": (st.sampled_from(["{{ stem }}", "x-{{ stem }}"]), DATA),
    "icon_name": (st.sampled_from(["A", "B"]), {"icons/manifest.webmanifest"}),
    "theme": (st.sampled_from(["#102030", "#ffffff"]), PAGES),
}
"""What may be changed of the project, and the files that it may show in."""
PROJECTS = st.fixed_dictionaries({name: values for name, (values, _) in KNOBS.items()})
PLAIN: dict[str, Any] = {
    **dict.fromkeys(("photo", "logo", "font", "padding", "extrude"), 0),
    **dict.fromkeys(("threshold", "opacity", "quality", "effort", "sizes")),
    **{name: [] for name in ("bought_ops", "photo_ops", "mark_ops", "thumb_ops", "sheet_ops")},
    "prompt": "a knight",
    "model": MODEL,
    "position": "center",
    "words": "a",
    "ink": "black",
    "width": 8,
    "alt": "a knight",
    "placeholder": "none",
    "format": "phaser-hash",
    "fps": 4,
    "poster_says": True,
    "sheet_says": True,
    "trim": False,
    "power_of_two": False,
    "max_size": 128,
    "layout": "packed",
    "shown": ["mark", "photo"],
    "frame": "{{ stem }}",
    "icon_name": "A",
    "theme": "#102030",
}


LAYOUT = ("padding", "extrude", "trim", "layout", "power_of_two", "max_size")


def given_only(**values: Any) -> dict[str, Any]:
    """Return what is not None."""
    return {name: value for name, value in values.items() if value is not None}


def says(yes: bool) -> dict[str, Any]:
    return {} if yes else {"provenance": "none"}


def targets_of(knobs: Mapping[str, Any], to: str, files: str) -> dict[str, Any]:
    """Return the spec's targets, whose names begin with ``to``; their files are in ``files``."""
    k = knobs
    boxes = [f"{to}/turned", f"{to}/photo"]
    trim = given_only(same_box=boxes, threshold=k["threshold"], pad=1)
    logo = given_only(image=f"{to}/mark", position=k["position"], opacity=k["opacity"])
    text = {
        "text": k["words"],
        "font": f"./{files}/font.ttf",
        "color": k["ink"],
        "box": [0, 60, 80, 20],
    }
    srcset = given_only(
        widths=[k["width"]],
        formats=["webp"],
        output="set/p.webp",
        html="set/index.html",
        alt=k["alt"],
        sizes=k["sizes"],
        placeholder=k["placeholder"],
    )
    framed = [
        {"pad": {"width": 80, "height": 80}},
        {"overlay": {"image": f"{to}/mark", "opacity": 0.5}},
    ]
    marked = [
        {"trim": trim},
        {"pad": {"width": 80, "height": 80, "color": "#40506080"}},
        {"overlay": {"image": f"{to}/bought", "position": "left"}},
        {"overlay": logo},
        {"text": text},
    ]
    atlas = {
        "inputs": [f"{to}/bought", f"{to}/mark", f"{to}/photo", f"{to}/framed"],
        "pages": 4,
        **{name: k[name] for name in LAYOUT},
        "json": "sheet.json",
        "css": "sheet.css",
        "format": k["format"],
        "frame": k["frame"],
        "animations": {
            "walk": {"frames": [f"{to}/{name}" for name in k["shown"]], "fps": k["fps"]}
        },
    }
    icon = {"output": "icons", "name": k["icon_name"], "theme_color": k["theme"]}
    result = {
        "bought": {"prompt": k["prompt"], "model": k["model"], "ops": k["bought_ops"]},
        "photo": {"from": f"./{files}/photo.png", "ops": k["photo_ops"]},
        "copy": {"from": f"{to}/bought", "output": "copy.png"},
        "turned": {"from": f"{to}/photo", "ops": [{"flip": "horizontal"}]},
        "framed": {"from": f"{to}/photo", "ops": framed},
        "file": {"from": f"{to}/framed", "output": "framed.png"},
        "mark": {
            "from": f"./{files}/logo.png",
            "ops": k["mark_ops"],
            "output": "mark.png",
            "encode": {"png": given_only(effort=k["effort"])},
        },
        "poster": {
            "from": f"{to}/photo",
            "ops": marked,
            "output": "poster.webp",
            "encode": {"webp": given_only(quality=k["quality"])},
            "exports": [
                {"output": "thumb.jpg", "ops": [*k["thumb_ops"], {"flatten": "white"}]},
                {"srcset": srcset},
            ],
            **says(k["poster_says"]),
        },
        "sheet": {
            "atlas": atlas,
            "output": "sheet-{{ page }}.png",
            "ops": k["sheet_ops"],
            **says(k["sheet_says"]),
        },
        "icon": {"from": f"./{files}/logo.png", "exports": [{"favicon": icon}]},
    }
    for name in ("bought", "photo", "turned", "framed"):
        result[name]["output"] = "none"
    return {f"{to}/{name}": target for name, target in result.items()}


def turned_round(value: Any) -> Any:
    """Return ``value`` with the entries of each mapping in reverse."""
    if isinstance(value, dict):
        return {key: turned_round(item) for key, item in reversed(value.items())}
    return [turned_round(item) for item in value] if isinstance(value, list) else value


def built(knobs: Mapping[str, Any], *, otherwise: bool = False) -> Made:
    """Return all files of the project.

    ``otherwise``: under other names, out of moved files, written in another order, each file alone
    and with its parts prepared apart.
    """
    to, at = ("other/name", "moved/away") if otherwise else ("t", "in")
    targets = targets_of(knobs, to, at)
    given = {f"{at}/{name}.{'ttf' if name == 'font' else 'png'}": name for name in FILES}
    seen = {path: FILES[name][knobs[name]] for path, name in given.items()}
    graph = expanded(*seen, targets=turned_round(targets) if otherwise else targets)
    blobs = {sha256(data): data for data in (*seen.values(), *BOUGHT)}
    results: dict[Digest, bytes] = {}
    past = Past(
        seen={path: sha256(data) for path, data in seen.items()},
        takes=lambda key, name: (Take(1, sha256(BOUGHT[PROMPTS.index(knobs["prompt"])])),),
        readable=blobs.__contains__,
        result=lambda key: sha256(results[key]) if key in results else None,
    )
    made: Made = {}
    actions: dict[str, Action] = {}
    while True:
        plan = make_plan(graph, graph.targets, past, catalogue=CATALOGUE)
        wanted = {p: a for d in plan.decisions for p, a in (d.outputs or {}).items()}
        # Icons are large, and are rendered like all others: their texts are what is of interest.
        wanted = {p: a for p, a in wanted.items() if not p.startswith("icons/") or p in PAGES}
        missing = [action.text for action in wanted.values() if action.key not in results]
        if not missing:
            break
        files = [alone(text, blobs) for text in missing] if otherwise else perform(missing, blobs)
        for text, data in zip(missing, files, strict=True):
            results[sha256(text.encode())] = blobs[sha256(data)] = data
        actions = wanted
    for path, action in actions.items():
        MANIFESTS[action.key] = action
        made[path] = action.key, results[action.key]
    return made


MANIFESTS: dict[Digest, Action] = {}
"""What was hashed to each key."""


def alone(text: str, blobs: Mapping[Digest, bytes]) -> bytes:
    """Return a file that is made of nothing but what it needs, after its parts."""
    manifest = read_manifest(text)
    ready = {name: alone(part.text, blobs) for name, part in parts(manifest).items()}
    needed = {digest: blobs[digest] for digest in manifest.digests(ready)}
    return perform([text], needed, ready)[0]


def clashes(*projects: Made, forget: Forget | None = None) -> set[str]:
    """Return the files that have the key of other bytes, where keys ``forget`` something."""
    first: dict[Digest, bytes] = {}
    found = set()
    for made in projects:
        for path, (key, data) in made.items():
            if forget is not None:
                manifest = MANIFESTS[key].manifest
                forget(manifest)
                key = sha256(canonical_json(manifest).encode())
            if first.setdefault(key, data) != data:
                found.add(path)
    return found


QUICK = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(PROJECTS)
def test_two_ways_to_one_project(knobs: dict[str, Any]) -> None:
    """Names, places of files, order and preparation show in no key and in no file."""
    once = built(knobs)
    assert once.keys() == ALL | PAGES | {"mark.png", "copy.png"}
    assert built(knobs, otherwise=True) == once


@QUICK
@given(PROJECTS, st.sampled_from(sorted(KNOBS)), st.data())
def test_one_change(knobs: dict[str, Any], name: str, data: st.DataObject) -> None:
    """Bytes never change under a key, and no key changes of what the change is not about."""
    values, reached = KNOBS[name]
    value = data.draw(values.filter(lambda value: value != knobs[name]))
    before, after = built(knobs), built({**knobs, name: value})
    assert clashes(before, after) == set()
    assert {path for path in before if before[path][0] != after[path][0]} <= reached


CHANGES = [
    ("photo", 1, "poster.webp"),
    ("logo", 1, "poster.webp"),
    ("font", 1, "poster.webp"),
    ("model", "draft", "copy.png"),
    ("bought_ops", [{"grayscale": {}}], "poster.webp"),
    ("bought_ops", [{"pad": {"pixels": 1}}], "sheet.json"),
    ("quality", 20, "set/p.webp"),
    ("alt", "a & b", "set/index.html"),
    ("placeholder", "blurhash", "set/index.html"),
    ("poster_says", False, "thumb.jpg"),
    ("padding", 3, "sheet.json"),
    ("fps", 12, "sheet.json"),
    ("frame", "x-{{ stem }}", "sheet.css"),
    ("theme", "#ffffff", "icons/favicon.html"),
]


@pytest.mark.parametrize(("name", "value", "path"), CHANGES)
def test_a_change_that_shows(name: str, value: Any, path: str) -> None:
    """It has another key and other bytes, so that the properties above are about something."""
    before, after = built(PLAIN), built({**PLAIN, name: value})
    assert before[path][0] != after[path][0]
    assert before[path][1] != after[path][1]


def without(*names: str) -> Forget:
    """Forget arguments."""

    def forget(manifest: dict[str, Any]) -> None:
        for name in names:
            manifest["arguments"].pop(name, None)

    return forget


def without_bytes(role: str) -> Forget:
    """Forget what is read in one role."""

    def forget(manifest: dict[str, Any]) -> None:
        manifest["inputs"] = [one for one in manifest["inputs"] if one["role"] != role]

    return forget


def without_inner_ops(manifest: dict[str, Any]) -> None:
    """Forget what is done with pictures before they are read."""
    manifest["arguments"].pop("sprites", None)
    for _, _, args in manifest["arguments"].get("ops", ()):
        for name in ("image", "same_box"):
            if name in args:
                args[name] = [i if isinstance(i, int) else i["input"] for i in args[name]]


@pytest.mark.parametrize(
    ("forget", "name", "value", "path"),
    [
        (without("encode"), "quality", 20, "poster.webp"),
        (without("origin"), "poster_says", False, "poster.webp"),
        (without("origin"), "model", "draft", "copy.png"),
        (without("layout"), "padding", 3, "sheet-0.png"),
        (without("animations"), "fps", 12, "sheet.json"),
        (without("frames", "animations"), "frame", "x-{{ stem }}", "sheet.json"),
        (without("alt"), "alt", "a & b", "set/index.html"),
        (without("placeholder"), "placeholder", "blurhash", "set/index.html"),
        (without_bytes("font"), "font", 1, "poster.webp"),
        (without_bytes("overlay"), "logo", 1, "poster.webp"),
        (without_inner_ops, "bought_ops", [{"grayscale": {}}], "poster.webp"),
        (without_inner_ops, "bought_ops", [{"grayscale": {}}], "sheet-0.png"),
    ],
)
def test_a_key_that_forgets(forget: Forget, name: str, value: Any, path: str) -> None:
    """A manifest without one of the things that decide the bytes is found out."""
    before, after = built(PLAIN), built({**PLAIN, name: value})
    assert path in clashes(before, after, forget=forget)
    assert clashes(before, after) == set()

"""Local work through the installed command: what it gives, what it refuses, and when."""

from __future__ import annotations

import io
import json
import re
import shutil

import pytest
from PIL import Image

from tests.e2e.emulated import Market
from tests.e2e.sandbox import Sandbox
from tests.e2e.test_examples import change

PAID = "defaults: {model: xai/grok-imagine-image, providers: [runware]}\n"


def picture(box: Sandbox, path: str) -> Image.Image:
    """Return a picture of the project, decoded."""
    image = Image.open(io.BytesIO((box.root / path).read_bytes()))
    return image.convert("RGBA")


def source_type(box: Sandbox, path: str) -> str:
    """Return the digital source type that a file gives, or nothing."""
    data = (box.root / path).read_bytes()
    found = re.search(rb"digitalsourcetype/(\w+)<", data)
    return found[1].decode() if found else ""


def test_what_is_expected_is_checked_before_it_is_written(shop: Market) -> None:
    """What was bought is kept, so is the old file; a mended expectation costs nothing."""
    spec = PAID + "targets:\n  hero: {prompt: a knight, ops: [{resize: 64}]%s}\n"
    shop.spec(spec % "")
    shop.build("--max-images", "9")
    old = (shop.root / "art/hero.png").read_bytes()
    shop.spec(spec.replace("a knight", "a king") % ", expect: {max_bytes: 10}")
    ran = shop.run("build", "--max-images", "9")
    assert ran.code == 1
    said = r"assetgen\.yaml:(\d+:\d+): art/hero\.png has \d+ bytes; at most 10 are expected"
    place = re.search(said, ran.out)
    written = (shop.root / "assetgen.yaml").read_text().splitlines()[-1]
    column = written.index("expect") + 1
    assert place and place[1].endswith(f":{column}")
    assert (shop.root / "art/hero.png").read_bytes() == old
    assert len(shop.charges) == 2
    shop.spec(spec.replace("a knight", "a king") % ", expect: {max_bytes: 100000}")
    assert shop.build()["bought"] == 0
    assert len(shop.charges) == 2
    assert (shop.root / "art/hero.png").read_bytes() != old


def test_verify_holds_files_against_what_is_expected(box: Sandbox) -> None:
    """A new expectation makes nothing anew, and is told where it does not hold."""
    spec = "targets:\n  hero: {prompt: a knight%s}\n"
    box.spec(spec % "")
    box.build()
    assert box.ok("verify").code == 0
    box.spec(spec % ", expect: {alpha: true, min_size: 2000x2000}")
    ran = box.run("verify")
    assert ran.code == 1
    assert ran.err.count("art/hero.png") == 2
    assert "assetgen.yaml:" in ran.err


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ("ops: [{resize: 4000}]", "would enlarge a picture of at most 2048 by 2048 pixels"),
        ("ops: [{resize: 100}, {resize: 101}]", "would enlarge a picture of at most 100 by"),
        ("ops: [{trimm: 1}]", "did you mean 'trim'?"),
        ("ops: [{key: {tolerence: 1}}]", "did you mean 'tolerance'?"),
        ("ops: [{flip: sideways}]", "flip"),
        ("ops: [{text: {text: Hi, font: ./nowhere.ttf}}]", "the font ./nowhere.ttf is not there"),
        ("ops: [{text: {text: Hi, font: ./bad.ttf}}]", "bad.ttf"),
        ("ops: [{plugin: melt}]", "the plugin 'melt' is not enabled"),
        ("output: a.jpg, ops: [key]", "a jpg file has no transparency"),
        ("output: a.jpg, expect: {alpha: true}", "jpg"),
        ("expect: {size: 3000x3000}", "3000x3000"),
        ("output: a.webp, encode: {webp: {quality: 400}}", "400"),
        ("output: a.png, encode: {webp: {qualty: 4}}", "did you mean 'quality'?"),
        ("exports: [{favicon: {output: p, padding: 60%}}]", "60%"),
    ],
)
def test_what_the_spec_gives_away_is_told_before_money(
    shop: Market, fields: str, told: str
) -> None:
    """With its place, one line for the cause and one for the next step."""
    shop.write("bad.ttf", b"no font")
    shop.spec(PAID + f"targets:\n  hero: {{prompt: a knight, {fields}}}\n")
    ran = shop.run("build", "--max-images", "9")
    assert ran.code == 2
    assert told in ran.err
    assert re.search(r"^assetgen\.yaml:\d+:\d+: ", ran.err)
    assert shop.charges == []


def test_an_atlas_that_cannot_fit_is_told_before_money(shop: Market) -> None:
    """The sprites' sizes are known from their ops."""
    shop.spec(
        PAID + "targets:\n"
        "  hero:\n"
        "    prompt: 'a knight, {{ n }}'\n"
        "    matrix: {n: [1, 2, 3, 4, 5]}\n"
        "    ops: [{resize: {width: 100, height: 100, fit: cover}}]\n"
        "    output: none\n"
        "  sheet: {atlas: {inputs: 'hero/*', max_size: 210}, output: s.png}\n"
    )
    ran = shop.run("build", "--max-images", "9")
    assert (ran.code, shop.charges) == (2, [])
    assert re.match(r"assetgen\.yaml:\d+:\d+: 5 sprites do not fit into 1 page", ran.err)
    assert "set `pages` to 2" in ran.err


def test_what_is_wrong_with_an_atlas_is_told_before_money(shop: Market) -> None:
    """Also where no sprite is needed to see it."""
    shop.spec(
        PAID + "targets:\n"
        "  hero: {prompt: a knight, output: none}\n"
        "  sheet: {atlas: {inputs: hero, columns: 3}, output: s.png}\n"
    )
    ran = shop.run("build", "--max-images", "9")
    assert (ran.code, shop.charges) == (2, [])
    assert "add 'layout: grid'" in ran.err


def test_pages_of_an_atlas(box: Sandbox) -> None:
    """As many sheets as declared, and one file of frames for all."""
    box.spec(
        "targets:\n"
        "  hero:\n"
        "    prompt: 'a knight, {{ n }}'\n"
        "    matrix: {n: [1, 2, 3, 4, 5]}\n"
        "    ops: [{resize: 100}]\n"
        "    output: none\n"
        "  sheet:\n"
        "    atlas:\n"
        "      {inputs: 'hero/*', max_size: 210, pages: 2, json: s.json, format: phaser-array}\n"
        "    output: 's{{ page }}.png'\n"
    )
    box.build()
    textures = json.loads((box.root / "s.json").read_text())["textures"]
    assert [texture["image"] for texture in textures] == ["s0.png", "s1.png"]
    assert sum(len(texture["frames"]) for texture in textures) == 5
    assert max(picture(box, "s0.png").size) <= 210
    assert box.ok("verify").code == 0


def test_files_say_where_they_come_from(shop: Market) -> None:
    """Bought, drawn, of the project's own files, or put together of both; or nothing at all."""
    buffer = io.BytesIO()
    Image.new("RGB", (40, 40), "red").save(buffer, "PNG")
    shop.write("logo.png", buffer.getvalue())
    shop.spec(
        PAID + "targets:\n"
        "  bought: {prompt: a knight, output: bought.webp}\n"
        "  drawn: {prompt: a knight, model: draft, output: drawn.jpg}\n"
        "  own: {from: ./logo.png, ops: [{resize: 20}], output: own.png}\n"
        "  both: {from: bought, ops: [{overlay: ./logo.png}], output: both.avif}\n"
        "  silent: {from: bought, provenance: none, output: silent.png}\n"
    )
    shop.build("--max-images", "9")
    said = {
        path: source_type(shop, path)
        for path in ("bought.webp", "drawn.jpg", "own.png", "both.avif", "silent.png")
    }
    assert said == {
        "bought.webp": "trainedAlgorithmicMedia",
        "drawn.jpg": "algorithmicMedia",
        "own.png": "",
        "both.avif": "compositeWithTrainedAlgorithmicMedia",
        "silent.png": "",
    }


def test_one_changed_export_of_a_hundred(box: Sandbox) -> None:
    """One file is written, and the others are not touched."""
    exports = "".join(
        f"      - {{output: out/{n}.png, ops: [{{resize: {n + 8}}}]}}\n" for n in range(100)
    )
    spec = f"targets:\n  hero:\n    prompt: a knight\n    exports:\n{exports}"
    box.spec(spec)
    box.build()
    before = {path: path.stat().st_mtime_ns for path in (box.root / "out").iterdir()}
    assert len(before) == 100
    box.spec(spec.replace("resize: 50}", "resize: 51}"))
    event = next(e for e in box.ok("build", "--json").events if e["event"] == "target_done")
    assert event["written"] == ["out/42.png"]
    after = {path: path.stat().st_mtime_ns for path in (box.root / "out").iterdir()}
    assert [path.name for path in after if after[path] != before[path]] == ["42.png"]


def test_restore_makes_anything_again(box: Sandbox) -> None:
    """Sheets, snippets and boxed frames too, where the cache is empty."""
    box.spec(
        "targets:\n"
        "  raw: {prompt: 'a fox {{ n }}', matrix: {n: [1, 2]}, ops: [key], output: none}\n"
        "  fox:\n"
        "    from: 'raw/{{ n }}'\n"
        "    matrix: {n: [1, 2]}\n"
        "    ops: [{trim: {same_box: 'raw/*'}}, {resize: {height: 64}}]\n"
        "  sheet: {atlas: {inputs: 'fox/*', json: s.json}, output: s.webp}\n"
        "  page:\n"
        "    prompt: a hill\n"
        "    exports: [{srcset: {widths: [32], formats: [jpg], output: p.jpg, html: p.html}}]\n"
    )
    box.build()
    paths = ["art/fox/1.png", "art/fox/2.png", "s.json", "s.webp", "p.jpg", "p.html"]
    made = {path: (box.root / path).read_bytes() for path in paths}
    for path in paths:
        (box.root / path).unlink()
    box.ok("restore", "fox/1", "fox/2", "sheet", "page")
    assert {path: (box.root / path).read_bytes() for path in paths} == made
    assert picture(box, "art/fox/1.png").size == picture(box, "art/fox/2.png").size


PLUGIN = """\
from PIL import ImageOps


def melt(image, *, times=1):
    return ImageOps.flip(image) if times == 1 else None
"""


@pytest.fixture
def plugin(box: Sandbox) -> Sandbox:
    """A sandbox whose Python has a package with the plugin `melt`."""
    home = box.base / "site"
    home.mkdir()
    (home / "melting.py").write_text(PLUGIN)
    info = home / "melting-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: melting\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[assetgen.ops]\nmelt = melting:melt\n")
    box.variables["PYTHONPATH"] = str(home)
    return box


def test_a_plugin_that_the_user_enables(plugin: Sandbox) -> None:
    """It runs where the user config says so, and its failure is a line and not a traceback."""
    plugin.spec(
        "targets:\n  plain: {prompt: a fox}\n  melted: {from: plain, ops: [{plugin: melt}]}\n"
    )
    assert "plugins" in plugin.run("build").err
    (plugin.base / "config.toml").write_text('[ops]\nplugins = ["melt"]\n')
    plugin.variables["ASSETGEN_CONFIG"] = str(plugin.base / "config.toml")
    plugin.build()
    flipped = picture(plugin, "art/plain.png").transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    assert picture(plugin, "art/melted.png").tobytes() == flipped.tobytes()
    change(plugin, "assetgen.yaml", "{plugin: melt}", "{plugin: {op: melt, times: 2}}")
    ran = plugin.run("build")
    assert ran.code == 1
    assert "the plugin 'melt' gave NoneType" in ran.out
    assert "Traceback" not in ran.out + ran.err


def test_a_module_in_the_project_is_not_imported(box: Sandbox) -> None:
    """A repository that brings its own PIL or assetgen is not believed."""
    trap = "import pathlib; pathlib.Path('sprung').touch()\n"
    for name in ("PIL", "numpy", "json", "assetgen"):
        box.write(f"{name}/__init__.py", trap)
    box.spec("targets:\n  hero: {prompt: a knight, ops: [{resize: 64}, {quantize: 8}]}\n")
    box.build()
    assert not (box.root / "sprung").exists()


def test_a_stale_target_leaves_its_siblings_verified(box: Sandbox) -> None:
    """What shares its picture with a target that is new, or has other ops, is not called stale."""
    spec = (
        "targets:\n"
        "  hero: {prompt: a knight, resolution: 2k, exports: [{og: {output: og.jpg}}]}\n"
        "  small: {from: hero, ops: [{resize: 64}], output: small.jpg}\n"
        "  tiny: {from: hero, ops: [{resize: 32}], output: tiny.jpg}\n"
        "  happy: {edit: hero, prompt: smiling, output: happy.jpg}\n"
    )
    box.spec(spec)
    box.build()
    box.spec(spec.replace("resize: 32", "resize: 16") + "  sad: {edit: hero, prompt: in tears}\n")
    ran = box.run("verify")
    assert ran.code == 3
    assert "tiny is not what the spec says: local work changed for tiny.jpg" in ran.err
    assert "sad is not what the spec says: not made yet" in ran.err
    assert "2 problems" in ran.err
    (box.root / "og.jpg").unlink()
    assert "3 problems" in box.run("verify").err


def test_what_stands_before_the_addresses_of_a_favicon(box: Sandbox) -> None:
    """A folder, with or without a slash at its end."""
    for base in ("/static", "/static/"):
        favicon = f"{{favicon: {{output: p, base: {base}}}}}"
        box.spec(f"targets:\n  icon: {{prompt: x, exports: [{favicon}]}}\n")
        box.build()
        assert 'href="/static/favicon.ico"' in (box.root / "p/favicon.html").read_text()


def test_what_is_wrong_with_an_atlas_stands_where_it_is(box: Sandbox) -> None:
    """An animation of nothing has the place of the animations; a large sprite has its name."""
    sheet = "targets:\n  fox: {prompt: a fox, ops: [{resize: 300}], output: none}\n  sheet:\n"
    box.spec(
        sheet + "    atlas:\n      inputs: [fox]\n      frame: '{{ stem }}'\n"
        "      animations: {walk: 'owl*'}\n    output: s.png\n"
    )
    said = r"assetgen\.yaml:(\d+):\d+: the animation 'walk' takes 'owl\*'"
    found = re.match(said, box.run("build").err)
    assert found
    lines = (box.root / "assetgen.yaml").read_text().splitlines()
    assert "animations" in lines[int(found[1]) - 1]
    box.spec(sheet + "    atlas: {inputs: [fox], max_size: 200}\n    output: s.png\n")
    assert "'fox' needs at least 304 by" in box.run("build").err


def test_a_missing_font_is_not_mistaken_for_its_license(box: Sandbox) -> None:
    """Only fonts are proposed in its place."""
    box.write("fonts/OFL.txt", b"a license")
    box.spec("targets:\n  a: {prompt: x, ops: [{text: {text: hi, font: ./fonts/Old.ttf}}]}\n")
    err = box.run("build").err
    assert "the font ./fonts/Old.ttf is not there" in err
    assert "put it there, or mend the reference" in err


def test_every_wrong_operation_is_told_at_its_own_line(box: Sandbox) -> None:
    """Also behind the crop that an aspect ratio adds, and two wrong arguments of one operation."""
    box.spec(
        "targets:\n  a:\n    prompt: x\n    aspect_ratio: 4:3\n    ops:\n"
        "      - {pad: 12px}\n"
        "      - {key: {tolerance: 30, softness: 7}}\n"
        "      - {border: {color: fff}}\n"
        "      - {text: {text: hi, font: ./Old.ttf}}\n"
        "      - {text: {text: hi, font: Arial}}\n"
    )
    lines = (box.root / "assetgen.yaml").read_text().splitlines()
    found = re.findall(r"^assetgen\.yaml:(\d+):\d+: (.*)$", box.run("build").err, re.M)
    told = [(lines[int(line) - 1].split("{")[1].split(":")[0], cause) for line, cause in found]
    assert told == [
        ("pad", "pixels: '12px' is not a length"),
        ("key", "tolerance: 30 is not a number that it takes"),
        ("key", "softness: 7 is not a number that it takes"),
        ("border", "color: 'fff' is not a colour"),
        ("text", "the font ./Old.ttf is not there"),
        ("text", "the font 'Arial' is not a file of the project"),
    ]


def test_files_come_back_through_targets_without_one(shop: Market) -> None:
    """Without outputs and cache one build makes all of them again, and buys nothing."""
    shop.spec(
        PAID + "targets:\n"
        "  a: {prompt: a knight}\n"
        "  b: {prompt: a hill}\n"
        "  quiet: {from: a, ops: [{resize: 300}], output: none}\n"
        "  both: {from: b, ops: [{overlay: quiet}], output: none}\n"
        "  boxed: {from: both, ops: [{trim: {same_box: both}}, {resize: 64}]}\n"
        "  sheet: {atlas: {inputs: [both, boxed], json: s.json}, output: s.png}\n"
    )
    shop.build("--max-images", "9")
    paths = ["art/a.png", "art/b.png", "art/boxed.png", "s.png", "s.json"]
    made = {path: (shop.root / path).read_bytes() for path in paths}
    for path in paths:
        (shop.root / path).unlink()
    shutil.rmtree(shop.base / "cache")
    shop.ok("build", "--locked")
    assert {path: (shop.root / path).read_bytes() for path in paths} == made
    assert len(shop.charges) == 2

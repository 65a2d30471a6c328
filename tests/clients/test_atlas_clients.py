"""Atlases in the programs that load them: Phaser 3, PixiJS 8 and Chromium's style sheets.

Each draws frames at known places, and the picture of the page is compared with the sprites.
"""

from __future__ import annotations

import html
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageDraw

from assetgen.ops.atlas import Sheets, Sprite, compose
from assetgen.ops.encode import encode
from assetgen.ops.frames import frames_text
from assetgen.ops.sheets import SheetFile
from tests.clients.conftest import Browser, Look, Site

SIZE = (640, 400)
GROUND = (32, 64, 96)
CELL = 80
TOLERANCE = 3  # of 255, for half transparent pixels: they are multiplied in other orders
WALK = {"walk": {"frames": ["2", "3", "4"], "fps": 8}}
NAMES = ("hero/happy", 'a "b" c', "7up", "größe", "<i>&amp;</i>", "a{}\\b", "x.y#z")


def figure(seed: int) -> Image.Image:
    """Return a sprite of random pixels, some half transparent, with a wide transparent border."""
    draw = random.Random(seed)  # noqa: S311 # the same every time
    width, height = draw.randint(20, 70), draw.randint(20, 70)
    image = Image.new("RGBA", (width, height), (255, 0, 255, 0))
    left, top = draw.randint(0, 9), draw.randint(0, 9)
    right, bottom = width - draw.randint(0, 9), height - draw.randint(0, 9)
    for y in range(top, bottom):
        for x in range(left, right):
            alpha = draw.choice([255, 255, 255, 128, 0])
            image.putpixel((x, y), (*draw.choices(range(256), k=3), alpha))
    return image


def sprites() -> list[Sprite]:
    """Return twelve figures: some with numbers as names, some with names that need care."""
    names = [*(str(n) for n in range(5)), *NAMES]
    return [Sprite(name, figure(n)) for n, name in enumerate(names)]


def places(drawn: Sequence[Sprite]) -> dict[str, tuple[int, int]]:
    """Return where each sprite is to be seen on the page."""
    across = SIZE[0] // CELL
    return {
        sprite.name: (n % across * CELL + 5, n // across * CELL + 4)
        for n, sprite in enumerate(drawn)
    }


def expected(drawn: Sequence[Sprite]) -> Image.Image:
    """Return the page as it should be seen, made of the sprites alone."""
    page = Image.new("RGBA", SIZE, (*GROUND, 255))
    for sprite in drawn:
        page.alpha_composite(sprite.image, places(drawn)[sprite.name])
    return page.convert("RGB")


def difference(look: Look, wanted: Image.Image) -> int:
    """Return the largest difference of any channel of any pixel."""
    pixels = ImageChops.difference(look.picture, wanted)
    return max(high for _, high in pixels.getextrema())  # type: ignore[misc] # three channels


def write(site: Site, kind: str, sheets: Sheets, *, each: bool = False) -> list[str]:
    """Write the sheets and their data files, and return the names of these."""
    files = []
    for n, image in enumerate(sheets.images):
        (site.folder / f"sheet {n}.png").write_bytes(encode(image, "png"))
        files.append(SheetFile(f"sheet {n}.png", *image.size))
    extension = kind if kind in ("css", "tres") else "json"
    pages: Sequence[int | None] = range(len(files)) if each else [None]
    names = [f"data{'' if n is None else n}.{extension}" for n in pages]
    for number, name in zip(pages, names, strict=True):
        siblings = names if each else []
        moves: Mapping[str, Any] = WALK if kind != "pixi" or len(files) == 1 else {}
        text = frames_text(kind, files, sheets.frames, moves, number, siblings)
        (site.folder / name).write_text(text, encoding="utf-8")
    return names


def page(site: Site, body: str, head: str = "") -> str:
    """Write a page and return its address."""
    ground = "#" + "".join(f"{channel:02x}" for channel in GROUND)
    style = f"<style>body {{margin: 0; background: {ground}}} canvas {{display: block}}</style>"
    icon = '<link rel="icon" href="data:,">'
    text = f'<!doctype html><meta charset="utf-8">{icon}{style}{head}<body>{body}'
    (site.folder / "index.html").write_text(text, encoding="utf-8")
    return f"{site.url}/index.html"


PHASER = """
<script src="/lib/phaser.js"></script>
<script>
const shown = SHOWN;
window.ready = new Promise((resolve) => new Phaser.Game({
  type: Phaser.RENDERER, width: WIDTH, height: HEIGHT, backgroundColor: "GROUND",
  // Phaser's canvas draws half a pixel more where it rounds pixels, as it does for pixel art.
  render: { antialias: SMOOTH, roundPixels: false }, banner: false, audio: { noAudio: true },
  scene: {
    preload() { LOAD },
    create() {
      for (const [name, x, y] of shown)
        this.add.image(x, y, "atlas", name).setOrigin(0, 0).setScale(SCALE);
      const tagged = TAGS ? this.anims.createFromAseprite("atlas").map((a) => a.key) : [];
      this.anims.remove("walk");
      const anims = this.textures.get("atlas").customData.anims.map((anim) =>
        this.anims.create({ ...anim, defaultTextureKey: "atlas" }));
      const report = { tagged, anims: anims.map((anim) => ({
        key: anim.key, rate: anim.frameRate, repeat: anim.repeat,
        frames: anim.frames.map((frame) => frame.frame.name) })) };
      this.game.events.once("postrender", () => requestAnimationFrame(() => resolve(report)));
    },
  },
}));
</script>
"""


def phaser(
    site: Site,
    load: str,
    shown: Sequence[tuple[str, int, int]],
    *,
    renderer: str = "WEBGL",
    scale: int = 1,
    smooth: bool = False,
    tags: bool = False,
) -> str:
    """Write a page of Phaser and return its address."""
    filled = PHASER
    for name, value in {
        "SHOWN": json.dumps(shown).replace("</", "<\\/"),
        "RENDERER": renderer,
        "WIDTH": str(SIZE[0]),
        "HEIGHT": str(SIZE[1]),
        "GROUND": "#204060",
        "SMOOTH": json.dumps(smooth),
        "LOAD": load,
        "SCALE": str(scale),
        "TAGS": json.dumps(tags),
    }.items():
        filled = filled.replace(name, value)
    return page(site, filled)


def all_shown(drawn: Sequence[Sprite]) -> list[tuple[str, int, int]]:
    return [(name, x, y) for name, (x, y) in places(drawn).items()]


ATLAS = 'this.load.atlas("atlas", "sheet 0.png", "data.json");'
MULTI = 'this.load.multiatlas("atlas", "data.json");'
ANIM = {"key": "walk", "rate": 8, "repeat": -1, "frames": ["2", "3", "4"]}


@pytest.mark.parametrize("renderer", ["WEBGL", "CANVAS"])
@pytest.mark.parametrize("kind", ["phaser-hash", "phaser-array"])
def test_phaser_shows_an_atlas(browser: Browser, site: Site, kind: str, renderer: str) -> None:
    """Every frame is at its place, trimmed or not, and animations show the right frames."""
    drawn = sprites()
    write(site, kind, compose(drawn, {"trim": True, "extrude": 1}))
    look = browser.look(phaser(site, ATLAS, all_shown(drawn), renderer=renderer), SIZE)
    assert difference(look, expected(drawn)) <= TOLERANCE, look.messages
    assert look.report["anims"] == [ANIM]
    assert look.messages == []


def test_phaser_shows_several_pages(browser: Browser, site: Site) -> None:
    """One file loads three sheets, and their frames are one texture's."""
    drawn = sprites()
    sheets = compose(drawn, {"trim": True, "pages": 3, "padding": 1})
    assert len(sheets.images) == 3
    write(site, "phaser-hash", sheets)
    look = browser.look(phaser(site, MULTI, all_shown(drawn)), SIZE)
    assert difference(look, expected(drawn)) <= TOLERANCE, look.messages
    assert look.report["anims"] == [ANIM]


def test_phaser_reads_tags_as_of_aseprite(browser: Browser, site: Site) -> None:
    """Where frames have their numbers as names, `load.aseprite` finds the animations."""
    drawn = sprites()[:5]
    write(site, "phaser-hash", compose(drawn, {"layout": "grid"}))
    load = 'this.load.aseprite("atlas", "sheet 0.png", "data.json");'
    look = browser.look(phaser(site, load, all_shown(drawn), tags=True), SIZE)
    assert difference(look, expected(drawn)) <= TOLERANCE, look.messages
    assert look.report["tagged"] == ["walk"]


@pytest.mark.parametrize(("extrude", "bleeds"), [(1, False), (0, True)])
def test_extruded_edges_do_not_fade(
    browser: Browser, site: Site, extrude: int, bleeds: bool
) -> None:
    """Enlarged with smoothing, the edges of a sprite keep their colour if they are extruded."""
    drawn = [Sprite("tile", Image.new("RGB", (40, 30), (250, 200, 10)))]
    write_with_walk(site, compose(drawn, {"extrude": extrude}))
    url = phaser(site, ATLAS, [("tile", 10, 20)], scale=2, smooth=True)
    look = browser.look(url, SIZE)
    wanted = Image.new("RGB", SIZE, GROUND)
    ImageDraw.Draw(wanted).rectangle((10, 20, 10 + 80 - 1, 20 + 60 - 1), (250, 200, 10))
    assert (difference(look, wanted) > TOLERANCE) is bleeds, look.messages


def write_with_walk(site: Site, sheets: Sheets) -> None:
    """Write one sheet and a hash of its frames, with an animation of the first one."""
    (image,) = sheets.images
    (site.folder / "sheet 0.png").write_bytes(encode(image, "png"))
    moves = {"walk": {"frames": [sheets.frames[0].name]}}
    file = SheetFile("sheet 0.png", *image.size)
    text = frames_text("phaser-hash", [file], sheets.frames, moves)
    (site.folder / "data.json").write_text(text, encoding="utf-8")


PIXI = """
<script src="/lib/pixi.js"></script>
<script>
const shown = SHOWN;
window.ready = (async () => {
  const app = new PIXI.Application();
  await app.init({ width: WIDTH, height: HEIGHT, background: "GROUND", preference: "webgl",
    antialias: false, resolution: 1, autoStart: false });
  document.body.appendChild(app.canvas);
  const sheet = await PIXI.Assets.load("/FILE");
  for (const [name, x, y] of shown) {
    const texture = PIXI.Assets.get(name);
    texture.source.scaleMode = "nearest";
    const sprite = new PIXI.Sprite(texture);
    sprite.position.set(x, y);
    app.stage.addChild(sprite);
  }
  app.renderer.render(app.stage);
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  const animations = Object.entries(sheet.animations);
  return Object.fromEntries(animations.map(([key, list]) => [key, list.map((t) => t.label)]));
})();
</script>
"""


def pixi(site: Site, file: str, shown: Sequence[tuple[str, int, int]]) -> str:
    """Write a page of PixiJS and return its address."""
    filled = PIXI
    for name, value in {
        "SHOWN": json.dumps(shown).replace("</", "<\\/"),
        "WIDTH": str(SIZE[0]),
        "HEIGHT": str(SIZE[1]),
        "GROUND": "#204060",
        "FILE": file,
    }.items():
        filled = filled.replace(name, value)
    return page(site, filled)


def test_pixi_shows_an_atlas(browser: Browser, site: Site) -> None:
    """Every frame is at its place, trimmed or not, and animations hold the right frames."""
    drawn = sprites()
    (file,) = write(site, "pixi", compose(drawn, {"trim": True, "extrude": 2}))
    look = browser.look(pixi(site, file, all_shown(drawn)), SIZE)
    assert difference(look, expected(drawn)) <= TOLERANCE, look.messages
    assert look.report == {"walk": ["2", "3", "4"]}


def test_pixi_shows_several_pages(browser: Browser, site: Site) -> None:
    """Loading the file of any page loads the frames of all."""
    drawn = sprites()
    files = write(site, "pixi", compose(drawn, {"trim": True, "pages": 3}), each=True)
    look = browser.look(pixi(site, files[1], all_shown(drawn)), SIZE)
    assert difference(look, expected(drawn)) <= TOLERANCE, look.messages


def css(site: Site, drawn: Sequence[Sprite]) -> str:
    """Write a page of elements with the classes of all frames, and return its address."""
    elements = []
    for sprite, (x, y) in zip(drawn, places(drawn).values(), strict=True):
        name = html.escape("-".join(sprite.name.split()))
        elements.append(f'<i class="{name}" style="position:absolute;left:{x}px;top:{y}px"></i>')
    script = """<script>
      window.ready = new Promise((resolve) => addEventListener("load", () => resolve(
        [...document.querySelectorAll("i")].map((element) => {
          const box = element.getBoundingClientRect();
          return [box.width, box.height];
        }))));
    </script>"""
    head = '<link rel="stylesheet" href="data.css"><style>i {box-sizing: border-box}</style>'
    return page(site, "".join(elements) + script, head)


def test_classes_show_their_frames(browser: Browser, site: Site) -> None:
    """An element of a frame's class is as large as the sprite was and shows it, from any page."""
    drawn = sprites()
    write(site, "css", compose(drawn, {"trim": True, "pages": 2}))
    look = browser.look(css(site, drawn), SIZE)
    assert difference(look, expected(drawn)) <= TOLERANCE, look.messages
    assert look.report == [list(sprite.image.size) for sprite in drawn]


@pytest.mark.parametrize("client", ["phaser", "pixi", "css"])
@pytest.mark.parametrize("change", [{"x": 1}, {"y": -1}, {"offset_x": 1}, {"width": -1}])
def test_a_wrong_frame_is_seen(
    browser: Browser, site: Site, client: str, change: Mapping[str, int]
) -> None:
    """Data that is off by one pixel, for one frame of twelve, does not pass for right."""
    drawn = sprites()
    sheets = compose(drawn, {"trim": True, "extrude": 1})
    frames = list(sheets.frames)
    old = frames[7]
    frames[7] = replace(old, **{name: getattr(old, name) + by for name, by in change.items()})
    broken = Sheets(sheets.images, tuple(frames))
    write(site, {"phaser": "phaser-hash"}.get(client, client), broken)
    urls = {
        "phaser": lambda: phaser(site, ATLAS, all_shown(drawn)),
        "pixi": lambda: pixi(site, "data.json", all_shown(drawn)),
        "css": lambda: css(site, drawn),
    }
    look = browser.look(urls[client](), SIZE)
    assert difference(look, expected(drawn)) > 50

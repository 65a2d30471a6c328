"""A document with a target of every sort, and its pictures: what the page's tests look at."""

from __future__ import annotations

import colorsys
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, ImageDraw

from assetgen.digest import sha256
from assetgen.ops.thumb import SIZE, read_thumb, write_thumb
from assetgen.report.worddiff import word_diff
from assetgen.review.folder import GalleryFolder
from assetgen.review.page import data_script, gallery_files, page_html
from assetgen.review.targets_csv import targets_csv

HOSTILE = "</script><img src=x onerror=alert(1)>"
ANSI = "\x1b[31mred\x1b[0m and \u202egnp.exe\u202c and \u200bnothing"
LONG = "a lighthouse on a cliff in the last light of the day, " * 92

Json = dict[str, Any]


@dataclass
class Sample:
    """Targets and pictures, to be written as a gallery or served."""

    targets: list[Json] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def picture(
        self, seed: int, size: tuple[int, int] = (640, 640), *, alpha: bool = False
    ) -> Json:
        """Draw a picture and return what a document says of it."""
        image = draw(seed, size, alpha=alpha)
        buffer = io.BytesIO()
        image.save(buffer, "PNG", compress_level=1)
        data = buffer.getvalue()
        digest = sha256(data)
        thumb, full = f"thumbs/{digest}.webp", f"pictures/{digest}.png"
        self.files[full] = data
        self.files[thumb] = read_thumb(write_thumb(image, "png", SIZE))[1]
        return {"thumb": thumb, "full": full, "width": size[0], "height": size[1], "alpha": alpha}

    def add(self, name: str, **said: Any) -> Json:
        """Add a target; what is not said is as usual."""
        made = target(name, **said)
        self.targets.append(made)
        return made

    @property
    def document(self) -> Json:
        """The document of all targets."""
        verdicts: dict[str, int] = {}
        for one in self.targets:
            verdicts[one["verdict"]] = verdicts.get(one["verdict"], 0) + 1
        return {
            "version": 1,
            "mode": "gallery",
            "project": "ashfall",
            "build": None,
            "summary": {
                "targets": len(self.targets),
                "verdicts": verdicts,
                "images": _range(self.targets, lambda t: t["price"]["images"]),
                "cost": {**_range(self.targets, lambda t: t["price"]), "unknown": False},
                "spent": round(sum(t["cost"] or 0 for t in self.targets), 6),
            },
            "targets": self.targets,
        }

    def write(self, folder: str) -> str:
        """Write the gallery; returns the path of its page."""
        place = GalleryFolder(folder)
        place.write("index.html", page_html(title="ashfall").encode())
        for name, data in {**gallery_files(), **self.files}.items():
            place.write(name, data)
        place.write("data.js", data_script(self.document))
        place.write("targets.csv", targets_csv(self.document).encode())
        return f"{folder}/index.html"


def _range(targets: Iterable[Json], of: Any) -> dict[str, float]:
    found = [of(one) for one in targets]
    return {end: round(sum(one[end] for one in found), 6) for end in ("min", "max")}


def draw(seed: int, size: tuple[int, int], *, alpha: bool) -> Image.Image:
    """Return a picture that differs for each seed."""
    hue = seed * 47 % 360
    ground = (0, 0, 0, 0) if alpha else _color(hue, 30)
    image = Image.new("RGBA" if alpha else "RGB", size, ground)
    pen = ImageDraw.Draw(image)
    width, height = size
    for step in range(6):
        left = (seed * 31 + step * 97) % width
        top = (seed * 57 + step * 61) % height
        side = min(size) // (2 + step % 3)
        box = (left - side // 2, top - side // 2, left + side // 2, top + side // 2)
        (pen.ellipse if (seed + step) % 2 else pen.rectangle)(box, fill=_color(hue + step * 25, 55))
    return image


def _color(hue: int, light: int) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue % 360 / 360, 0.6, light / 80)
    return (round(red * 255), round(green * 255), round(blue * 255))


def target(name: str, **said: Any) -> Json:
    """Return a target of a document."""
    usual: Json = {
        "name": name,
        "kind": "generate",
        "tags": [],
        "verdict": "up_to_date",
        "summary": f"{name} is up to date: the lock has its recipe, and its files match",
        "reasons": [],
        "next": None,
        "at": {"file": "assetgen.yaml", "line": 12, "column": 3},
        "prompt": f"a painting of {name}",
        "styles": [],
        "model": "xai/grok-imagine-image-quality",
        "aspect_ratio": "1:1",
        "resolution": "1k",
        "quality": None,
        "variant": None,
        "note": "",
        "inputs": [],
        "dependants": [],
        "review": False,
        "waits": False,
        "pinned": False,
        "accepted": False,
        "state": "bought",
        "line_note": "",
        "made_of": {"prompt": None},
        "changes": [],
        "local_changes": [],
        "takes": [],
        "outputs": [],
        "before": None,
        "after": None,
        "cost": None,
        "providers": ["runware"],
        "price": price(0, 0.0),
        "version": sha256(name.encode())[:16],
    }
    return usual | said


def price(images: int, cost: float) -> Json:
    """Return what a build would buy."""
    return {"min": cost, "max": cost, "unknown": False, "images": {"min": images, "max": images}}


def take(n: int, picture: Mapping[str, Any] | None, **said: Any) -> Json:
    """Return a take of a target."""
    usual: Json = {
        "n": n,
        "sha256": sha256(f"take {n}".encode()),
        "provider": "runware",
        "model": "xai/grok-imagine-image-quality",
        "cost": 0.05,
        "note": "",
        "rejected": False,
        "adopted": False,
        "finished": "",
        "shown": n == 1,
        "picture": picture,
    }
    return usual | said


def output(path: str, picture: Mapping[str, Any] | None, state: str = "ok") -> Json:
    """Return an output of a target."""
    form = path.rpartition(".")[2]
    return {"path": path, "format": form, "bytes": 48_213, "state": state, "picture": picture}


def whole() -> Sample:
    """Return a sample with a target of every sort."""
    sample = Sample()
    base = [sample.picture(seed, (720, 960)) for seed in range(1, 5)]
    sample.add(
        "hero/base",
        tags=["hero"],
        prompt="Mira, 25, short copper hair, Ashfall uniform, neutral pose\n"
        "thick gouache strokes\nAvoid: text, watermark",
        styles=["gouache"],
        takes=[
            take(1, base[0], note="eyes look away", rejected=True, shown=False),
            take(2, base[1], shown=True),
            take(3, base[2], shown=False),
            take(4, base[3], shown=False, note="best hands"),
        ],
        outputs=[output("art/hero/base.png", sample.picture(2, (540, 720), alpha=True))],
        cost=0.2,
        review=True,
        waits=True,
        dependants=["outfit/casual", "outfit/armor"],
        summary="hero/base is up to date: the lock has its recipe, and its files match",
    )
    old, new = "a worn leather jacket, open", "a worn blue leather jacket, closed to the neck"
    before, after = sample.picture(11, (720, 960)), sample.picture(12, (720, 960))
    sample.add(
        "outfit/casual",
        kind="edit",
        tags=["hero", "outfit"],
        verdict="restore",
        prompt=f"Change only the clothes to {new}.",
        summary="outfit/casual will be put back from pictures that are known here, free",
        reasons=["take 1 of this recipe was made before"],
        changes=[
            {
                "field": "prompt",
                "at": {"file": "assetgen.yaml", "line": 31, "column": 7},
                "old": old,
                "new": new,
                "diff": [list(piece) for piece in word_diff(old, new)],
            }
        ],
        inputs=[{"role": "image", "target": "hero/base"}],
        takes=[take(1, before)],
        outputs=[output("art/outfit/casual.png", before, "old")],
        before=before,
        after=after,
        made_of={"prompt": f"Change only the clothes to {old}."},
        cost=0.05,
    )
    sample.add(
        "outfit/armor",
        kind="edit",
        tags=["hero", "outfit"],
        verdict="run",
        prompt="Change only the clothes to scratched plate armour.",
        summary="outfit/armor will be bought (1 picture, $0.05)",
        reasons=["not made yet"],
        inputs=[
            {"role": "image", "target": "hero/base"},
            {"role": "reference", "file": "refs/armour.png"},
        ],
        price=price(1, 0.05),
        state=None,
        providers=[],
        outputs=[output("art/outfit/armor.png", None, "missing")],
    )
    for number, name in enumerate(("potion", "coin", "key", "lantern", "scroll", "gem")):
        tiny = sample.picture(20 + number, (48, 48), alpha=True)
        sample.add(
            f"items/{name}",
            tags=["icon"],
            kind="derive" if number == 5 else "generate",
            takes=[] if number == 5 else [take(1, sample.picture(20 + number), cost=0.01)],
            outputs=[output(f"art/items/{name}.png", tiny), output(f"art/items/{name}.webp", tiny)],
            cost=None if number == 5 else 0.01,
            pinned=number == 1,
        )
    hand = sample.picture(41, (1280, 720))
    sample.add(
        "site/hero",
        tags=["site"],
        verdict="modified",
        summary="site/hero is left alone: a file is there that assetgen did not make",
        reasons=["public/hero.png was edited by hand; it is left alone"],
        next="next: 'assetgen restore site/hero' puts the built picture in its place",
        takes=[take(1, sample.picture(40, (1280, 720)), cost=0.25)],
        outputs=[output("public/hero.png", hand, "modified")],
        before=sample.picture(40, (1280, 720)),
        after=hand,
        cost=0.25,
        aspect_ratio="16:9",
    )
    sample.add(
        "site/crop",
        kind="derive",
        inputs=[{"role": "source", "target": "site/hero"}],
        tags=["site"],
        state=None,
        providers=[],
    )
    sample.add("npc/lost", verdict="lost", takes=[take(1, None)], cost=0.05, tags=["npc"])
    sample.add("npc/failed", verdict="failed", tags=["npc"], prompt="a tavern brawl", state=None)
    sample.add(
        f"evil/{HOSTILE}",
        tags=[HOSTILE],
        note=HOSTILE + ANSI,
        prompt=f"{HOSTILE}\n{ANSI}\n=HYPERLINK(1)",
        takes=[take(1, sample.picture(50), note=HOSTILE + ANSI, provider=HOSTILE)],
        outputs=[output(f"art/{HOSTILE}.png", sample.picture(51))],
        reasons=[HOSTILE],
        changes=[{"field": HOSTILE, "at": None, "old": ANSI, "new": HOSTILE}],
        cost=0.05,
        line_note=ANSI,
    )
    sample.add("=cmd|' /C calc'!A0", prompt=LONG, takes=[take(1, sample.picture(52))], cost=0.05)
    return sample

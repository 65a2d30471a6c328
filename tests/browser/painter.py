"""Paints what a prompt's words ask for, so that a tour of the review page has something to show.

A picture service draws each call anew; so does the painter: what the words leave open is decided
by the job. An edit keeps the scene of its input and changes what its own words name. Knows no
service: it is what an :class:`~assetgen.emulator.emulator.Emulator` draws with.
"""

from __future__ import annotations

import hashlib
import io
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image, ImageColor

from tests.browser.brush import Brush, Frame
from tests.browser.figures import Knight, key, knight, lantern, sword
from tests.browser.places import LIGHTS, landscape, tower, village, wood

HOURS = ("night", "teal", "plum", "dusk", "dawn")
PLUMES = ("#c8443f", "#e0b04c", "#4f9d8f", "#d97f9f", "#8466b0")
COATS = ("#4b6c8c", "#7c4f63", "#5b7a55", "#94623f", "#525b86")
TONES = {
    "red": "#b8403c",
    "yellow": "#e8bb3a",
    "green": "#4f8f5b",
    "blue": "#3f6ca8",
    "purple": "#6d4a93",
    "orange": "#d97b35",
}
PLAIN = "#cfe3d2"
SUBJECTS = ("knight", "lane", "forest", "lighthouse", "lantern", "sword", "key")
LIT = {"night": "night", "dusk": "dusk", "dawn": "dawn", "forest": "wood", "storm": "storm"}
GARMENTS = {"oilskin": "coat", "scarf": "scarf", "cloak": "cloak"}
FACES = ("happy", "brave", "sleepy", "surprised")


@dataclass(frozen=True, slots=True)
class Scene:
    """What is in a picture, and from how near."""

    subject: str
    light: str
    seed: bytes
    who: Knight = field(default_factory=Knight)
    near: bool = False


class Painter:
    """Draws pictures; remembers what it drew, since edits name their inputs by digest.

    Of a prompt with the word ``odd_once`` the first picture comes out wrong.
    """

    def __init__(self, odd_once: str = "") -> None:
        self._odd_once = odd_once
        self._odd_job = ""
        self._scenes: dict[str, Scene] = {}
        self._lock = threading.Lock()

    def __call__(
        self, size: tuple[int, int], image_format: str, note: Mapping[str, Any], *, clear: bool
    ) -> bytes:
        """Return the picture file of a job; ``clear`` is not known here."""
        scene = self._scene(note)
        data = _file(painted(size, scene), image_format)
        with self._lock:
            self._scenes[hashlib.sha256(data).hexdigest()] = scene
        return data

    def _scene(self, note: Mapping[str, Any]) -> Scene:
        prompt, job = str(note["prompt"]), str(note["job"])
        seed = hashlib.sha256(f"{job}/{note['number']}".encode()).digest()
        with self._lock:
            known = [self._scenes.get(digest) for digest in note["references"]]
            odd = bool(self._odd_once) and self._odd_once in prompt
            if odd:
                self._odd_job = self._odd_job or job
                odd = self._odd_job == job
        if known and known[0]:
            return edited(known[0], prompt, odd=odd)
        return imagined(prompt, seed)


def imagined(prompt: str, seed: bytes) -> Scene:
    """Return a scene for words; ``seed`` decides what they leave open."""
    words = _words(prompt)
    subject = next((one for one in SUBJECTS if one in words), "hills")
    light = next((light for word, light in LIT.items() if word in words), "")
    if not light:
        light = HOURS[seed[0] % len(HOURS)]
    who = Knight(coat=COATS[seed[10] % len(COATS)], plume=PLUMES[seed[11] % len(PLUMES)])
    return Scene(subject, light, seed, who)


def edited(scene: Scene, prompt: str, *, odd: bool = False) -> Scene:
    """Return a scene changed as words ask for; the composition stays."""
    words = _words(prompt)
    garment = next((GARMENTS[word] for word in GARMENTS if word in words), "")
    named = [tone for color, tone in TONES.items() if color in words]
    who = scene.who
    if garment == "scarf":
        who = replace(who, garment=garment, trim=named[0] if named else TONES["red"])
    elif garment:
        trim = "#e0b04c" if "gold" in words else "#f4ead0"
        who = replace(who, garment=garment, coat=named[0] if named else who.coat, trim=trim)
    face = next((one for one in FACES if one in words), who.face)
    who = replace(who, face=face, odd=odd)
    return replace(scene, who=who, near=scene.near or "shoulders" in words)


def _words(prompt: str) -> list[str]:
    return re.findall(r"[a-z]+", prompt.lower())


def painted(size: tuple[int, int], scene: Scene) -> Image.Image:
    """Return the picture of a scene, of a size in pixels (width, height)."""
    brush = Brush(size, PLAIN)
    middle = brush.aspect / 2
    if scene.subject == "lantern":
        lantern(brush, Frame(middle, 0.5, 0.74))
    elif scene.subject == "sword":
        sword(brush, Frame(middle, 0.5, 0.86))
    elif scene.subject == "key":
        key(brush, Frame(middle, 0.48, 0.8), PLAIN)
    else:
        light = LIGHTS[scene.light]
        landscape(brush, light, scene.seed)
        places = {"lane": village, "forest": wood, "lighthouse": tower}
        if scene.subject in places:
            places[scene.subject](brush, light, scene.seed)
        if scene.subject == "knight":
            _stand(brush, middle, scene)
    return brush.picture()


def _stand(brush: Brush, middle: float, scene: Scene) -> None:
    seed = scene.seed
    mirrored = bool(seed[12] % 2)
    if scene.near:
        knight(brush, Frame(middle, 1.42, 1.3, mirrored), scene.who)
        return
    tall = 0.5 + 0.12 * seed[13] / 255
    side = (-1 if mirrored else 1) * -0.05
    knight(brush, Frame(middle + side, 0.86 + 0.03 * seed[14] / 255, tall, mirrored), scene.who)


def retouched(data: bytes) -> bytes:
    """Return a picture as somebody with a paint program would hand it back: a warm frame of light.

    ``data`` and what is returned are PNG files of one size.
    """
    with Image.open(io.BytesIO(data), formats=["PNG"]) as opened:
        picture = opened.convert("RGB")
    warm = Image.new("RGB", picture.size, ImageColor.getrgb("#ffb45a"))
    picture = Image.blend(picture, warm, 0.18)
    return _file(picture, "png")


def _file(picture: Image.Image, image_format: str) -> bytes:
    file = io.BytesIO()
    picture.save(
        file, image_format.upper(), **({"compress_level": 3} if image_format == "png" else {})
    )
    return file.getvalue()

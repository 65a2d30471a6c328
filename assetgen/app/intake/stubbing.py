"""From examined pictures and rows to the targets of a new file: names, fields; writes no file."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from assetgen.app.intake.examining import Examined
from assetgen.app.loading import Loaded
from assetgen.aspect import parse_ratio
from assetgen.errors import Loc, SpecError
from assetgen.graph import NOTHING
from assetgen.spec.exports import DEFAULT_OUTPUT
from assetgen.spec.model import Spec
from assetgen.spec.outputs import folded
from assetgen.spec.stubs import (
    MAX_AVOID,
    MAX_PROMPT,
    Head,
    Stub,
    has_room,
    in_files,
    legal_name,
    literal,
    plain_text,
    spec_text,
    words,
)
from assetgen.spec.template import compile, is_template
from assetgen.spec.wishes import Wish, ratio_of

SQUARE = "1:1"
CHANGES = ("style", "ops", "exports", "encode", "expect")
"""Fields of `defaults` that would make of a picture something other than it is."""

BY_NAME = "no prompt was found: these are words of the file's name"
TOO_LONG = "its prompt is too long for a spec: these are words of the file's name"
AVOID_TOO_LONG = "its negative prompt is too long for a spec"
ODD_SIZE = "its size is not understood: {size}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A target to be: its name, and its picture or the row that wants one.

    Attributes:
        path: of the picture, or where one is wanted; "" for the project's default.
        source: the program or table that its prompt is from; "" for the file's name.
    """

    name: str
    path: str
    prompt: str
    source: str
    negative: str = ""
    ratio: str = ""
    resolution: str = ""
    picture: Examined | None = None
    remarks: tuple[str, ...] = ()


class Names:
    """Target names and output paths that are taken."""

    def __init__(self, known: Loaded) -> None:
        self._lines = known.lines
        self._names = set(known.graph.targets)
        self._paths = {
            folded(output.path): target.name for target in known.graph for output in target.outputs
        }

    def writer(self, path: str) -> str | None:
        """Return the target that writes ``path``, or one that no system tells from it."""
        return self._paths.get(folded(path))

    def is_free(self, name: str, path: str) -> bool:
        """Whether a target that writes ``path`` may have this name.

        A name that the lock still knows from a target of another file is not free.
        """
        line = self._lines.get(name)
        return name not in self._names and (line is None or path in line.outputs)

    def take(self, name: str, path: str) -> None:
        """Let nobody else have them."""
        self._names.add(name)
        if path:
            self._paths[folded(path)] = name

    def for_picture(self, path: str, folder: str) -> str:
        """Return a name made of a path: below ``folder``, else in full, else with its format."""
        stem, _, ending = path.rpartition(".")
        for text in (stem.removeprefix(folder), stem, f"{stem}-{ending}"):
            name = legal_name(text)
            if self.is_free(name, path):
                return name
        number = 2
        while not self.is_free(f"{name}-{number}", path):
            number += 1
        return f"{name}-{number}"


def common_folder(paths: Iterable[str]) -> str:
    """Return the folder that all paths are in, with a `/` at its end; "" for the root."""
    folders = {path.rpartition("/")[0] for path in paths}
    shared = os.path.commonpath(folders).replace(os.sep, "/") if folders else ""
    return f"{shared}/" if shared else ""


def default_path(spec: Spec, name: str, defaults: Mapping[str, str] = NOTHING) -> str:
    """Return where a target of this name is written without an `output`; "" if that is unclear.

    ``defaults`` go before those of the spec.
    """
    if spec.defaults.get("use") is not None:
        return ""
    template = defaults.get("output") or spec.defaults.get("output") or DEFAULT_OUTPUT
    if not isinstance(template, str):
        return ""
    try:
        path = compile(template, Loc("")).render({**spec.vars, "name": name})
    except SpecError:
        return ""
    return path.removeprefix("./")


def of_picture(name: str, picture: Examined, row: tuple[str, Wish] | None) -> Entry:
    """Return the target of a picture. A table's words go before those in the file."""
    said, prompt, source, negative = picture.said, "", "", ""
    if row is not None and row[1].prompt:
        prompt, source, negative = row[1].prompt, row[0], row[1].negative
    elif said is not None:
        prompt, source, negative = said.prompt, said.tool, said.negative
    prompt, remarks = plain_text(prompt), []
    if not prompt or not has_room(prompt, MAX_PROMPT):
        remarks.append(TOO_LONG if prompt else BY_NAME)
        prompt, source = words(name), ""
    negative, more = _avoid(negative)
    return Entry(
        name,
        picture.path,
        prompt,
        source,
        negative,
        ratio_of(picture.width, picture.height),
        picture=picture,
        remarks=(*remarks, *more),
    )


def of_row(name: str, path: str, row: Wish, table: str) -> Entry | None:
    """Return the target that a row wants; None where it says no prompt that a spec can hold."""
    prompt = plain_text(row.prompt)
    if not prompt or not has_room(prompt, MAX_PROMPT):
        return None
    negative, remarks = _avoid(row.negative)
    if row.odd:
        remarks.append(ODD_SIZE.format(size=row.odd))
    return Entry(
        name, path, prompt, table, negative, row.aspect_ratio, row.resolution, None, tuple(remarks)
    )


def _avoid(text: str) -> tuple[str, list[str]]:
    text = plain_text(text)
    if has_room(text, MAX_AVOID):
        return text, []
    return "", [AVOID_TOO_LONG]


@dataclass(slots=True)
class Writer:
    """Makes the text of the new file, and of further ones where there is too much for one.

    Attributes:
        known: the project as it is. file: the path of the new file.
        is_main: whether it is the project's main file, which has defaults of its own.
        folder: of all the pictures, as :func:`common_folder` gives it.
    """

    known: Loaded
    file: str
    is_main: bool
    folder: str
    _styles: dict[str, str] = field(default_factory=dict)

    def texts(self, entries: list[Entry]) -> dict[str, str]:
        """Return the text of each file by its path, the first one first."""
        defaults = self._defaults(entries) if self.is_main else {}
        neutral = self._neutral()
        preset = _free("imported", self.known.spec.presets) if neutral else ""
        stubs = [self._stub(*one, defaults, preset) for one in _with_variants(entries)]
        groups = in_files(stubs)
        files = [self._path(number) for number in range(len(groups))]
        head = Head(
            remarks=self._remarks(entries),
            version=self.is_main,
            include=files[1:],
            sections={
                "defaults": defaults,
                "styles": {name: {"avoid": literal(text)} for text, name in self._styles.items()},
                "presets": {preset: neutral} if preset else {},
            },
        )
        rest = Head(remarks=[_FURTHER.format(file=self.file)])
        heads = (head, *[rest] * (len(files) - 1))
        return {
            file: spec_text(before, group)
            for file, before, group in zip(files, heads, groups, strict=True)
        }

    def _remarks(self, entries: list[Entry]) -> list[str]:
        adopts = any(entry.picture for entry in entries)
        return [_YOURS, *[_KEPT] * adopts, *[_DRAWN] * self.is_main]

    def _path(self, number: int) -> str:
        stem, dot, ending = self.file.rpartition(".")
        if self.is_main and number:
            stem = "imported"
        return f"{stem}-{number + 1}{dot}{ending}" if number else self.file

    def _defaults(self, entries: list[Entry]) -> dict[str, str]:
        """Return the defaults under which most of the targets need no fields."""
        made: dict[str, str] = {}
        formats = Counter(e.path.rpartition(".")[2] for e in entries if e.picture)
        if formats and not is_template(self.folder):
            made["output"] = f"{self.folder}{{{{ name }}}}.{formats.most_common(1)[0][0]}"
        ratios = Counter(e.ratio for e in entries if e.picture and e.ratio)
        if ratios and ratios.most_common(1)[0][0] != SQUARE:
            made["aspect_ratio"] = ratios.most_common(1)[0][0]
        return made

    def _neutral(self) -> dict[str, str | None]:
        """Return the fields that keep the project's defaults off; none where they do nothing."""
        spec = self.known.spec
        given = [name for name in CHANGES if spec.defaults.get(name) is not None]
        if given or spec.defaults.get("use") is not None:
            return dict.fromkeys(given) or {"exports": None}
        return {}

    def _stub(self, entry: Entry, variant: str, defaults: Mapping[str, str], preset: str) -> Stub:
        fields: dict[str, str] = {}
        if preset and entry.picture:
            fields["use"] = preset
        if entry.negative:
            fields["style"] = self._style(entry.negative)
        usual = self.known.spec.defaults.get("aspect_ratio")
        if entry.ratio and not _same(entry.ratio, defaults.get("aspect_ratio", usual or SQUARE)):
            fields["aspect_ratio"] = entry.ratio
        if entry.resolution:
            fields["resolution"] = entry.resolution
        if variant:
            fields["variant"] = variant
        if entry.path and entry.path != default_path(self.known.spec, entry.name, defaults):
            fields["output"] = entry.path
        return Stub(entry.name, entry.prompt, fields, "; ".join(entry.remarks))

    def _style(self, negative: str) -> str:
        if negative not in self._styles:
            taken = {*self.known.spec.styles, *self._styles.values()}
            self._styles[negative] = _free("avoid", taken)
        return self._styles[negative]


def _same(one: str, other: object) -> bool:
    return isinstance(other, str) and parse_ratio(one) == parse_ratio(other) is not None


def _free(word: str, taken: Iterable[str]) -> str:
    used = set(taken)
    names = (word, *(f"{word}-{number}" for number in range(2, len(used) + 3)))
    return next(name for name in names if name not in used)


def _with_variants(entries: Iterable[Entry]) -> Iterator[tuple[Entry, str]]:
    """Yield entries with the word that keeps different pictures of one recipe apart."""
    known: dict[tuple[str, str, str, str], list[str]] = {}
    for entry in entries:
        recipe = (entry.prompt, entry.negative, entry.ratio, entry.resolution)
        digests = known.setdefault(recipe, [])
        digest = entry.picture.sha256 if entry.picture else ""
        if digest and digest not in digests:
            digests.append(digest)
        number = digests.index(digest) + 1 if digest else 1
        yield entry, f"v{number}" if number > 1 else ""


_YOURS = "Written by 'assetgen import', once; it is yours to edit."
_KEPT = (
    "The pictures were here before: a build keeps them as they are and buys nothing for them."
    " 'assetgen unpin TARGET' lets one follow its prompt again."
)
_DRAWN = (
    "Without a model, further pictures are drawn by the built-in `draft`: free, and without a key."
)
_FURTHER = "More of {file}, which includes this file."

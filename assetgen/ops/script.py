"""What a text asks of its layout: shaping, direction, places to break; knows no font and no width.

Rules of the Unicode annexes 9 (bidirectional text) and 14 (line breaking), as far as single lines
of posters, cards and labels need them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

SOFT_HYPHEN = "\u00ad"
ZERO_WIDTH_SPACE = "\u200b"

_COMPATIBLE = "\uf900-\ufaff\U0002f800-\U0002fa1f"
"""Ideographs that normalisation would replace by another shape of themselves."""

_NORMAL = re.compile(f"[^{_COMPATIBLE}]+")
_NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")

_SHAPED = (
    (0x0900, 0x109F),  # the scripts of India, Thai, Lao, Tibetan, Myanmar
    (0x1100, 0x11FF),  # Korean letters that form no whole syllable
    (0x1700, 0x18AF),  # Philippine scripts, Khmer, Mongolian
    (0x1900, 0x1C7F),
    (0x1CC0, 0x1CFF),
    (0xA800, 0xAAFF),
    (0xABC0, 0xABFF),
    (0xD7B0, 0xD7FF),
    (0x11000, 0x11FFF),
    (0x1F1E6, 0x1F1FF),  # flags are two letters
    (0x1F3FB, 0x1F3FF),  # skin tones
)
"""Blocks whose glyphs depend on their neighbours."""

_JOINERS = "\u200c\u200d"
_OPENING_CONTROLS = {"LRE", "RLE", "LRO", "RLO", "LRI", "RLI", "FSI"}
_ISOLATES = {"LRI", "RLI", "FSI"}
_REORDERED = {"R", "AL", "AN", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI", "PDF", "PDI"}
_MARKS = {"L": "\u200e", "R": "\u200f", "AL": "\u061c"}

_LATECOMERS = frozenset(
    "々〻ゝゞヽヾーｰ゛゜ﾞﾟ〜°℃ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶｧｨｩｪｫｬｭｮｯ"
    "ㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ"
)
"""What no line of Japanese begins with, besides punctuation that closes."""

_STARTERS = frozenset("#&*@¿¡\uff03\uff06\uff0a\uff20")
"""Punctuation that may begin a line."""

_TRAILER = re.compile(r"[!?:;\u00bb\u203a%\u2030\u00b0\u20ac$\u00a3]+(?= |$)")
"""What stands apart but belongs to the word before it: `40 %`, `9 €`, French `« oui » !`."""

_LEADER = re.compile(r"(?:^| )[\u00ab\u2039\u00bf\u00a1]+ $")

_HYPHENS = frozenset("-\u2010\u2013\u2014")
_GLUE = frozenset("\u00a0\u202f\u2007\u2060\ufeff")


def prepared(text: str) -> str:
    """Return ``text`` as it is set: composed, newlines as `\\n`, tabs as spaces."""
    plain = _NEWLINES.sub("\n", text).replace("\t", " ")
    return _NORMAL.sub(lambda run: unicodedata.normalize("NFC", run[0]), plain)


def is_invisible(char: str) -> bool:
    """Return whether a character has no shape of its own: a control of layout, not a glyph."""
    code = ord(char)
    return (
        char in "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\ufeff"
        or 0x180B <= code <= 0x180F
        or 0x200B <= code <= 0x200F
        or 0x202A <= code <= 0x202E
        or 0x2060 <= code <= 0x206F
        or 0xFE00 <= code <= 0xFE0F
        or 0xE0000 <= code <= 0xE0FFF
    )


def is_space(char: str) -> bool:
    """Return whether a character is a space of some width."""
    return unicodedata.category(char) == "Zs"


def needs_shaping(text: str) -> bool:
    """Return whether ``text`` (prepared) comes out wrong if its characters are set one by one."""
    if text.isascii():
        return False
    return any(map(_is_shaped, set(text)))


def _is_shaped(char: str) -> bool:
    if unicodedata.bidirectional(char) in _REORDERED or char in _JOINERS:
        return True
    if unicodedata.category(char)[0] == "M":
        return not is_invisible(char)
    return any(first <= ord(char) <= last for first, last in _SHAPED)


def first_strong(text: str) -> str | None:
    """Return `ltr` or `rtl`, by the first character that has a direction; None without one."""
    depth = 0
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in _ISOLATES:
            depth += 1
        elif kind == "PDI":
            depth = max(0, depth - 1)
        elif depth == 0 and kind in _MARKS:
            return "ltr" if kind == "L" else "rtl"
    return None


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a paragraph that no line may end within.

    Attributes:
        start, end: its place in the paragraph, without the spaces that follow it.
        spaces: the spaces that follow; they vanish at the end of a line.
        hyphen: whether a line that ends here shows a hyphen.
    """

    start: int
    end: int
    spaces: str = ""
    hyphen: bool = False


def pieces(paragraph: str) -> list[Piece]:
    """Cut a paragraph at the places where a line may end; it holds no newline.

    Lines end at spaces (not before a mark or a unit that stands apart, as in French), after hyphens
    and dashes between letters, at soft hyphens and zero-width spaces, and between CJK characters
    unless punctuation forbids it. Scripts that write no spaces and need a dictionary (Thai, Lao,
    Khmer) break at spaces and zero-width spaces only, Korean at spaces.
    """
    found: list[Piece] = []
    start = 0
    for place in (*_breaks(paragraph), len(paragraph)):
        whole = paragraph[start:place]
        body = whole.rstrip(" \u3000" + ZERO_WIDTH_SPACE + SOFT_HYPHEN)
        tail = whole[len(body) :]
        spaces = "".join(char for char in tail if char in " \u3000")
        hyphen = tail == SOFT_HYPHEN and place < len(paragraph)
        found.append(Piece(start, start + len(body), spaces, hyphen))
        start = place
    return found


def _breaks(text: str) -> Iterator[int]:
    for at in range(1, len(text)):
        before, after = text[at - 1], text[at]
        if after in " \u3000" or before in _GLUE or after in _GLUE:
            continue
        if before in " \u3000" + ZERO_WIDTH_SPACE + SOFT_HYPHEN:
            if before != " " or not (
                _TRAILER.match(text, at) or _LEADER.search(text, max(0, at - 8), at)
            ):
                yield at
        elif after == ZERO_WIDTH_SPACE or _sticks(after) or before in _JOINERS:
            continue
        elif before in _HYPHENS:
            if after.isalpha() and at > 1 and text[at - 2].isalnum():
                yield at
        elif (_is_cjk(before) or _is_cjk(after)) and not _closes(after) and not _opens(before):
            yield at


def _sticks(char: str) -> bool:
    """Return whether a character belongs to the one before it."""
    is_tone = 0x1F3FB <= ord(char) <= 0x1F3FF
    return is_invisible(char) or is_tone or unicodedata.category(char)[0] == "M"


def _closes(char: str) -> bool:
    """Return whether no line of Chinese or Japanese begins with a character."""
    if char in _LATECOMERS:
        return True
    return unicodedata.category(char) in ("Pe", "Pf", "Po") and char not in _STARTERS


def _opens(char: str) -> bool:
    """Return whether no line ends with a character."""
    return unicodedata.category(char) in ("Ps", "Pi", "Sc")


def _is_cjk(char: str) -> bool:
    """Return whether lines may end beside a character: Chinese, Japanese, full-width, emoji."""
    code = ord(char)
    korean = 0x1100 <= code <= 0x11FF or 0x3130 <= code <= 0x318F or 0xA960 <= code <= 0xD7FF
    return not korean and unicodedata.east_asian_width(char) in "WF"


def line_of(paragraph: str, start: int, end: int, direction: str) -> str:
    """Return a line of a paragraph so that it is ordered as in its paragraph.

    The order of a line hangs on what stands around it: the text before and after it is replaced by
    invisible marks of its direction, and embeddings that are open at its start are opened again.
    """
    line = paragraph[start:end]
    before, after = paragraph[:start], paragraph[end:]
    if not before.strip() and not after.strip():
        return line
    opened: list[str] = []
    for char in before:
        kind = unicodedata.bidirectional(char)
        if kind in _OPENING_CONTROLS:
            opened.append(char)
        elif kind in ("PDF", "PDI") and opened:
            opened.pop()
    base = "R" if direction == "rtl" else "L"
    last = _last_strong(before)
    closing = _first_kind(after, _last_strong(before + line) or base)
    return "".join(opened) + _MARKS.get(last, "") + line + _MARKS.get(closing, "")


def _last_strong(text: str) -> str:
    kinds = map(unicodedata.bidirectional, reversed(text))
    return next((kind for kind in kinds if kind in _MARKS), "")


def _first_kind(text: str, strong: str) -> str:
    """Return the direction of what follows a line; a number has that of the text before it."""
    for kind in map(unicodedata.bidirectional, text):
        if kind in _MARKS:
            return "L" if kind == "L" else "R"
        if kind in ("EN", "AN"):
            return "R" if kind == "AN" or strong != "L" else "L"
    return ""

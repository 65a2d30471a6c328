"""Finds traces of API keys in files and texts, plain or as programs are wont to encode them."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path


def traces(folder: Path, texts: Iterable[str], keys: Collection[str]) -> list[str]:
    """Return where a key is found: in which file below ``folder``, or in which of ``texts``."""
    forms = {form: key for key in keys for form in _forms(key)}
    places = [(str(path.relative_to(folder)), path.read_bytes()) for path in _files(folder)]
    places += [(f"text {number}", text.encode()) for number, text in enumerate(texts)]
    return [
        f"{place}: {key}"
        for place, data in places
        for form, key in forms.items()
        if form in data or form in data[::-1]
    ]


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path


def _forms(key: str) -> Iterator[bytes]:
    plain = key.encode()
    yield plain
    yield key.encode("utf-16-le")
    yield plain.hex().encode()
    for shift in range(3):
        # Its base64 depends on where it stands; what its neighbours decide is cut off.
        text = base64.b64encode(b"\0" * shift + plain)
        yield text[4 * (shift > 0) : -4]

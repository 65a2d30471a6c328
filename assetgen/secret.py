"""An API key that cannot be printed by accident; knows no service and no header."""

from __future__ import annotations

from collections.abc import Iterable

HIDDEN = "[key]"


class Secret:
    """A text that only :meth:`reveal` gives; its repr, str and format show nothing of it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text, for a header that goes to its own origin."""
        return self._text

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return HIDDEN

    def __reduce__(self) -> str:
        raise TypeError("a key is not copied into files")


def without(text: str, secrets: Iterable[Secret]) -> str:
    """Return ``text`` with every secret in it replaced: services may echo a key in a message."""
    for secret in secrets:
        if secret.reveal():
            text = text.replace(secret.reveal(), HIDDEN)
    return text
